"""A forecast of money beside what came: revenue in a holdout, and whether purchases or spend are to blame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from custval._frame import Table, numbers
from custval.clv._valuation import spend_of
from custval.clv.gamma_gamma import GammaGammaModel
from custval.typing import FloatArray

__all__ = ["Revenue", "revenue_of"]

_HOW = "custval.calibration_holdout of transactions with amount makes it"


@dataclass(frozen=True, slots=True)
class Revenue:
    """Predicted and actual revenue of a holdout.

    Attributes
    ----------
    actual, predicted : float
    actual_purchases, predicted_purchases : float
        The totals that the revenue rests on.
    """

    actual: float
    predicted: float
    actual_purchases: float
    predicted_purchases: float

    @property
    def bias(self) -> float:
        """The predicted revenue less the actual one."""
        return self.predicted - self.actual

    @property
    def relative_bias(self) -> float:
        """The bias over the actual revenue; NaN if nothing came in."""
        return self.bias / self.actual if self.actual else np.nan

    @property
    def actual_per_purchase(self) -> float:
        """The mean spend of the purchases that came; NaN if none came."""
        return self.actual / self.actual_purchases if self.actual_purchases else np.nan

    @property
    def predicted_per_purchase(self) -> float:
        """The expected spend of a customer, weighted with the expected purchases."""
        return self.predicted / self.predicted_purchases if self.predicted_purchases else np.nan

    @property
    def from_purchases(self) -> float:
        """The part of the bias that is left if each purchase brings what it did on average."""
        return (self.predicted_purchases - self.actual_purchases) * self.actual_per_purchase

    @property
    def from_spend(self) -> float:
        """The rest of the bias: the predicted purchases at another spend than the actual one."""
        return self.predicted - self.predicted_purchases * self.actual_per_purchase

    def sentence(self) -> str:
        """What follows, in plain words."""
        share = f" ({self.relative_bias:+.1%})" if self.actual > 0 else ""
        text = f"Of revenue it predicts {self.predicted:,.0f} where {self.actual:,.0f} came{share}"
        if not self.actual_purchases:
            return f"{text}."
        return (
            f"{text}: {self.from_purchases:+,.0f} from the number of purchases, {self.from_spend:+,.0f} from the "
            f"spend per purchase ({self.predicted_per_purchase:,.2f} predicted, {self.actual_per_purchase:,.2f} came)."
        )


def revenue_of(
    spend: GammaGammaModel | str | float, table: Table, expected_purchases: FloatArray, actual: FloatArray
) -> Revenue:
    """Predicted and actual revenue of the customers of a holdout.

    Parameters
    ----------
    spend : GammaGammaModel, str or float
        As in `lifetime_value`.
    table : Table
        The holdout, with `holdout_monetary_value`.
    expected_purchases, actual : array of shape (n,)
        Purchases in the holdout.

    Returns
    -------
    Revenue
    """
    table.require("holdout_monetary_value", hint=_HOW)
    mean_spend = numbers(table, "holdout_monetary_value")
    return Revenue(
        actual=float(actual @ mean_spend),
        predicted=float(expected_purchases @ spend_of(spend, table)),
        actual_purchases=float(actual.sum()),
        predicted_purchases=float(expected_purchases.sum()),
    )
