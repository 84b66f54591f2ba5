"""What a holdout says of a model, in plain words: the verdict, and what the caller is warned of."""

from __future__ import annotations

import warnings

import numpy as np

from custval._frame import Table
from custval.clv._judge import Judged, best_baseline
from custval.clv._predictive import Base
from custval.clv._purchase import PurchaseModel
from custval.clv._spend import informs, spend_columns
from custval.clv.gamma_gamma import GammaGammaModel
from custval.errors import CustvalWarning

__all__ = ["verdict", "warn_of_foreign_fit", "warn_of_mix"]

# the frame that calls `evaluate`
_CALLER = 3


def verdict(name: str, found: Judged, half: float, *, beats: bool, lowest_misses: bool) -> str:
    """Whether the total is right, whether the model pays, and where it fails."""
    own, rule = found.errors, best_baseline(found.baselines)
    share = f" ({own.bias / own.actual:+.1%})" if own.actual else ""
    chance = "within" if abs(own.bias) <= half else "beyond"
    total = (
        f"{name} predicts {own.predicted:,.0f} purchases where {own.actual:,.0f} came{share}, "
        f"{chance} what chance makes of a true model at {found.level:.0%}."
    )
    per_customer = (
        f"Its RMSE per customer, {own.rmse:.3f}, is {'below' if beats else 'not below'} that of the best rule without "
        f"a model ({rule}: {found.baselines[rule].rmse:.3f}) of those that a summary allows; `compare` knows a harder "
        f"one{'.' if beats else ': here the model does not pay.'}"
    )
    sentences = [total, per_customer]
    if lowest_misses:
        sentences.append(
            "The tenth of the customers with the lowest predictions bought more than expected, and more than tenths "
            "with higher predictions: do not write them off as lost."
        )
    if found.mix_changes:
        sentences.append("It is wrong in different ways about customers who came early and those who came late.")
    return " ".join(sentences)


def warn_of_mix(model: PurchaseModel, base: Base, found: Judged) -> None:
    """Warn if one set of parameters does not fit both early and late customers; say how to fit two."""
    if not found.mix_changes:
        return
    late = base.T[found.third == found.third.max()]
    # one digit is enough to read, and rounded up so that all of them are below
    border = f"{np.ceil(late.max() * 10) / 10:.10g}"
    warnings.warn(
        f"{type(model).__name__} is wrong in different ways about customers who came early and those who came late "
        f"(p = {found.p_value:.2g}; see by_acquisition): new customers are of another kind than old ones. Fit two "
        f'models, one with model.fit(X[X["T"] > {border}]) for those who came early, and one with '
        f'model.fit(X[X["T"] <= {border}]) for those who came late',
        CustvalWarning,
        stacklevel=_CALLER,
    )


def warn_of_foreign_fit(model: PurchaseModel, spend: GammaGammaModel | str | float | None, table: Table) -> None:
    """Warn of models that were fitted to more customers than the calibration has."""
    _compare(model, len(table), "customers")
    if isinstance(spend, GammaGammaModel) and hasattr(spend, "params_"):
        _compare(spend, int(informs(*spend_columns(table)).sum()), "repeat customers with spend")


def _compare(model: PurchaseModel | GammaGammaModel, here: int, whom: str) -> None:
    fitted = getattr(model, "n_customers_", 0)  # a model that was given its parameters has none
    if fitted > here:
        warnings.warn(
            f"{type(model).__name__} was fitted to {fitted:,} {whom}, and the calibration has {here:,}: if it has "
            "seen the holdout, or other customers, this is no test of it. Fit it on the calibration: "
            "split = cv.calibration_holdout(…), then model.fit(split) and evaluate(model, split)",
            CustvalWarning,
            stacklevel=_CALLER + 1,
        )
