"""Which model of purchases to take: models and rules without one, at several origins in time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import clone

from custval._check import fraction, grain_and_unit, span
from custval._frame import Table, enter, labels, to_mapping
from custval._plots import ranked_points
from custval._result import Result
from custval.clv._advice import advise
from custval.clv._answers import float_column
from custval.clv._contest import MODEL, RULE, Score, Standing, hold, standings
from custval.clv._origins import moments, origins
from custval.clv._purchase import PurchaseModel
from custval.errors import CustvalError, DataError
from custval.summary._lines import read
from custval.typing import Grain, Instant, IntoFrame

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Comparison", "compare"]

_MEANS = ("rmse", "mae", "bias", "log_score", "correlation", "gini", "coverage", "aic", "bic")


@dataclass(frozen=True, slots=True)
class Comparison(Result):
    """Models and rules without a model in the order of their errors.

    Attributes
    ----------
    advice : str
        Two or three sentences: which model, by how much, and whether it beats the rules; by how much it misses the
        total; and what else decides trust: customers who came early and late that deviate differently, models that
        are one in effect, one-time buyers that never leave, another model with a clearly better log score.
    best : PurchaseModel or None
        An unfitted clone of the model with the smallest RMSE, to be fitted on all data; None if no fit succeeded.
        A rule is never the best model.
    beats_baseline : bool
        Whether that model's RMSE is below that of every rule.
    relative_bias : float
        By how much that model misses the purchases of all holdouts: Σ predicted / Σ actual − 1; NaN if there is none.
    mix_changes : bool
        Whether at some cutoff it errs otherwise for customers who came early than for those who came late: see
        `Evaluation`.
    ranking : frame
        `rank, model, kind` ("model" or "baseline"), then means over the cutoffs: `rmse, mae, bias` (of the total),
        `log_score, correlation, gini, coverage, aic, bic`, null where there is none; `relative_bias` (Σ predicted
        / Σ actual − 1 over the cutoffs), `n_cutoffs` with a prediction, at how many of them the mix of customers
        changes (`n_mix_changes`), and how many fits ended as `n_converged, n_boundary, n_failed`. Those that failed
        somewhere stand behind those that did not.
    by_cutoff : frame
        The same for each cutoff: `cutoff, model, kind, status, reason` (why a fit failed or ended on a boundary, or
        what there is to say of a rule), `n, actual, predicted, bias, mae, rmse, log_score, correlation, gini,
        coverage, aic, bic, mix_changes` (see `Evaluation`).
    interval : float
        The level of the intervals that `coverage` counts.
    """

    advice: str
    best: PurchaseModel | None
    beats_baseline: bool
    relative_bias: float
    mix_changes: bool
    ranking: Any
    by_cutoff: Any
    interval: float

    def __str__(self) -> str:
        return self.advice

    def to_frame(self) -> Any:
        """The ranking, in the library of the transactions."""
        return self.ranking

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the mean RMSE of every contestant; rules without a model are hollow.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; a new figure if not given.

        Returns
        -------
        matplotlib Axes
        """
        ranking = to_mapping(enter(self.ranking), ("model", "kind", "rmse"))
        shown = [place for place, rmse in enumerate(ranking["rmse"]) if rmse is not None]
        return ranked_points(
            ax,
            [ranking["model"][place] for place in shown],
            np.array([ranking["rmse"][place] for place in shown]),
            [ranking["kind"][place] == MODEL for place in shown],
            title="Errors on the holdout (hollow: without a model)",
            x_title="RMSE of the purchases of a customer",
        )


def compare(
    models: Mapping[str, PurchaseModel] | Sequence[PurchaseModel],
    transactions: IntoFrame,
    *,
    cutoffs: Sequence[Instant] | Instant,
    horizon: str,
    grain: Grain = "D",
    unit: Grain | None = None,
    interval: float = 0.9,
) -> Comparison:
    """Fit models up to each of several dates, and compare what they predict with what came.

    Parameters
    ----------
    models : mapping of str to model, or sequence of models
        Unfitted; in a sequence the class is the name.
    transactions : frame
        As in `custval.summarize`. A lazy frame is to be collected first.
    cutoffs : dates or times, or one
        The ends of calibration, inclusive. Several of them tell whether a model does well at any time of the year.
    horizon : str
        A span such as "26W": the length of each holdout.
    grain, unit
        As in `custval.summarize`.
    interval : float
        The level of the intervals that `coverage` counts.

    Returns
    -------
    Comparison

    Raises
    ------
    CustvalError
        If there are no models, one is no model of purchases, or the horizon is no span or zero.
    ColumnError, DataError
        As in `custval.calibration_holdout`, and a DataError if much of a holdout lies after the data.

    Warns
    -----
    CustvalWarning
        If a small part of a holdout lies after the last line of the data.

    Notes
    -----
    The rank is by the root of the mean squared error of a customer's number of purchases, since that is what an
    expectation minimizes: by the absolute error a model would win that predicts medians, which are 0 for most
    customers. RMSEs that differ by less than chance moves them are no reason to prefer a model: the advice says so,
    by the differences of the squared errors, customer by customer. AIC and BIC tell models apart that were fitted to
    the same data; those of models of other data (discrete opportunities, BG/BB) cannot be compared with them.

    The rules without a model are "as many as in the last window", each customer's repeat purchases in the time
    before the cutoff that is as long as the horizon; "mean of the base", everyone at the rate Σ frequency / Σ T; "own
    rate so far", each at frequency / T; and "own rate if bought lately", so if the last purchase lies in that last
    window, else none. Where the data begin later than that window, the count of the first rule is multiplied by the
    length of the horizon over that of the data up to the cutoff, and `reason` in `by_cutoff` says so. Where everybody
    has bought in that window, at every cutoff, the last two rules are one: then "own rate so far" stands for both.

    A fit that fails is a row with the reason.

    Examples
    --------
    >>> import custval as cv
    >>> purchases = cv.datasets.load_cdnow(sample=True).drop(columns="amount")
    >>> models = [cv.clv.BetaGeoModel(), cv.clv.ModifiedBetaGeoModel()]
    >>> result = cv.clv.compare(models, purchases, cutoffs="1997-09-30", horizon="39W", unit="W")
    >>> result.to_frame()[["rank", "model", "rmse"]].round(3).values.tolist()[:2]
    [[1, 'ModifiedBetaGeoModel', 1.607], [2, 'BetaGeoModel', 1.608]]
    """
    named = _named(models)
    level = fraction(interval, "interval")
    length = span(horizon, "horizon")
    grain_, unit_ = grain_and_unit(grain, unit)
    lines = read(enter(transactions, "transactions"), grain_)
    if not len(lines.code):
        raise DataError("transactions has no lines", count=0, code="empty")
    scores = hold(named, origins(lines, moments(cutoffs, lines.zone), length, unit_), level)
    order = standings(scores)
    models_, rules = ([one for one in order if one.kind == kind and one.n_cutoffs] for kind in (MODEL, RULE))
    beats = bool(models_) and models_[0].mean("rmse") < rules[0].mean("rmse")
    return Comparison(
        advice=advise(models_, rules[0]),
        best=clone(named[models_[0].name]) if models_ else None,
        beats_baseline=beats,
        relative_bias=models_[0].relative_bias if models_ else np.nan,
        mix_changes=bool(models_) and models_[0].n_mix_changes > 0,
        ranking=_ranking(lines.table, order),
        by_cutoff=_by_cutoff(lines.table, scores),
        interval=level,
    )


def _named(models: Any) -> dict[str, PurchaseModel]:
    """Models by name; those of one class are numbered."""
    if isinstance(models, Mapping):
        named = {str(name): model for name, model in models.items()}
        if len(named) < len(models):
            raise CustvalError(f"models need different names; got {', '.join(map(repr, models))}")
    elif isinstance(models, Sequence) and not isinstance(models, str):
        named = {}
        for model in models:
            name, k = type(model).__name__, 2
            while name in named:
                name, k = f"{type(model).__name__} ({k})", k + 1
            named[name] = model
    else:
        raise CustvalError(
            f"models must be a list or a dict of models; got {type(models).__name__}",
            suggestion="models=[BetaGeoModel(), ModifiedBetaGeoModel()]",
        )
    if not named:
        raise CustvalError("there are no models to compare", suggestion="models=[BetaGeoModel()]")
    for name, model in named.items():
        if not isinstance(model, PurchaseModel):
            what = f"the class {model.__name__}" if isinstance(model, type) else type(model).__name__
            raise CustvalError(f"models[{name!r}] must be a model of purchases, such as BetaGeoModel(); got {what}")
    return named


def _columns(table: Table, rows: Sequence[Any], names: Sequence[str], value: Any) -> dict[str, Any]:
    return {name: float_column(table, [value(row, name) for row in rows]) for name in names}


def _text(table: Table, name: str, values: Sequence[str]) -> Any:
    return labels(table, name, np.arange(len(values)), values)


def _ranking(table: Table, order: Sequence[Standing]) -> Any:
    return table.make(
        {
            "rank": np.arange(1, len(order) + 1),
            "model": _text(table, "model", [one.name for one in order]),
            "kind": _text(table, "kind", [one.kind for one in order]),
            **_columns(table, order, _MEANS, Standing.mean),
            "relative_bias": float_column(table, [one.relative_bias for one in order]),
            "n_cutoffs": np.array([one.n_cutoffs for one in order]),
            "n_mix_changes": np.array([one.n_mix_changes for one in order]),
            **{
                f"n_{status}": np.array([one.count(status) for one in order])
                for status in ("converged", "boundary", "failed")
            },
        }
    )


def _by_cutoff(table: Table, scores: Sequence[Score]) -> Any:
    texts = ("cutoff", "model", "kind", "status", "reason")
    fields = ("cutoff", "name", "kind", "status", "reason")
    numbers = ("actual", "predicted", "bias", "mae", "rmse", *_MEANS[3:])
    return table.make(
        {
            **{
                name: _text(table, name, [getattr(score, own) for score in scores])
                for name, own in zip(texts, fields, strict=True)
            },
            "n": np.array([score.n for score in scores]),
            **_columns(table, scores, numbers, Score.value),
            "mix_changes": np.array([score.mix_changes for score in scores]),
        }
    )
