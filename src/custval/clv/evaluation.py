"""How far a fitted model of purchases can be trusted: its predictions beside what came afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from custval._check import choice, fraction
from custval._frame import Table, enter, examples, labels, numbers, to_mapping
from custval._kernels.holdout_metrics import Errors, lowest_group_misses, rank_groups
from custval._plots import bars_and_intervals
from custval._result import Result
from custval.clv._answers import float_column
from custval.clv._judge import THIRDS, Judged, best_baseline, judge
from custval.clv._predictive import Base, group_totals
from custval.clv._purchase import PurchaseModel, require_model
from custval.clv._revenue import Revenue, revenue_of
from custval.clv._verdict import verdict, warn_of_foreign_fit, warn_of_mix
from custval.clv.gamma_gamma import GammaGammaModel
from custval.errors import CustvalError, DataError
from custval.typing import FloatArray, IntArray, IntoFrame

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Evaluation", "evaluate"]

_HINT = "custval.calibration_holdout(transactions, calibration_end=…) makes such a table"
# frequencies that stand alone; those above stand together
_FREQUENCIES = 7
# that can be drawn
_GROUPS = ("frequency", "decile")


@dataclass(frozen=True, slots=True)
class Evaluation(Result):
    """A model's predictions beside what came.

    Attributes
    ----------
    model : str
    verdict : str
        What follows, in plain words.
    n : int
        Customers.
    interval : float
        The level of every interval here.
    actual_total, predicted_total, predicted_total_low, predicted_total_high : float
        Purchases in the holdout. The interval has both parts: what chance does once the parameters are known, and
        that they are estimates.
    bias, bias_low, bias_high : float
        The predicted total less the actual one, with its interval. An interval without 0 says that chance alone
        hardly makes such a difference, if the model is true.
    relative_bias : float
        `bias` over the actual total; NaN if nothing was bought.
    chance_error, parameter_error : float
        The two parts, as standard deviations of the total; the second is NaN for a model that was given its
        parameters.
    mae, rmse : float
        Mean absolute error and root of the mean squared error, per customer.
    correlation, gini : float
        Pearson's, and the normalized Gini coefficient of the actual purchases in the order of the predictions: 1
        is the best order there is, 0 no order. NaN where they do not exist.
    log_score : float
        Mean logarithm of the probability that the model gave to what came; nearer to 0 is better, and
        −∞ means that something came that the model excludes.
    coverage, coverage_expected : float
        The share of customers whose count lies in their own central interval, and the share that the model expects
        there: more than `interval`, since counts are whole numbers.
    baselines : frame
        `baseline, predicted_total, bias, mae, rmse, correlation, gini`: see Notes of `evaluate`.
    beats_baseline : bool
        Whether the RMSE is below that of every baseline.
    calibration : frame
        By tenths of the customers in the order of their predictions: `decile` (10 holds the highest), `n`,
        `predicted` and `actual` purchases per customer, and `low, high`, between which the actual ones are expected
        if the model and its parameters are true.
    by_frequency : frame
        By repeat purchases up to the holdout, "0" to "6" and "7+": `frequency, n, predicted, actual, low, high`.
    by_acquisition : frame
        By thirds of the customers in the order of their first purchases: `third` (1 came first), `n`, `T_low,
        T_high`, `predicted` and `actual` purchases in all, `bias`, `bias_low`, `bias_high`.
    acquisition_p_value : float
        Of the test that all thirds deviate in the same proportion; NaN if they are too small for it, or too equal.
    mix_changes : bool
        Whether it is below .01: the customers that came early and those that came late are not of one kind.
    lowest_decile_misses : bool
        Whether `calibration` is upside down at the bottom: the lowest decile bought more than its interval, more than
        at least two other deciles, and more than their intervals. Such customers are not lost.
    actual_revenue, predicted_revenue : float or None
        The money of the holdout: Σ holdout_frequency · holdout_monetary_value, and Σ of each customer's expected
        purchases times their expected spend. These and the following are None without `spend`.
    revenue_bias, relative_revenue_bias : float or None
        The predicted revenue less the actual one, and that over the actual one (NaN if nothing came in).
    revenue_bias_from_purchases, revenue_bias_from_spend : float or None
        The two parts of `revenue_bias`: the purchases too many or too few, at the actual spend per purchase; and the
        predicted purchases at another spend than that. NaN if nothing was bought.
    actual_spend_per_purchase, predicted_spend_per_purchase : float or None
        The mean spend of the purchases that came, and the expected spend weighted with the expected purchases.
    """

    model: str
    verdict: str
    n: int
    interval: float
    actual_total: float
    predicted_total: float
    predicted_total_low: float
    predicted_total_high: float
    bias: float
    bias_low: float
    bias_high: float
    relative_bias: float
    chance_error: float
    parameter_error: float
    mae: float
    rmse: float
    correlation: float
    gini: float
    log_score: float
    coverage: float
    coverage_expected: float
    baselines: Any
    beats_baseline: bool
    calibration: Any
    by_frequency: Any
    by_acquisition: Any
    acquisition_p_value: float
    mix_changes: bool
    lowest_decile_misses: bool
    actual_revenue: float | None = None
    predicted_revenue: float | None = None
    revenue_bias: float | None = None
    relative_revenue_bias: float | None = None
    revenue_bias_from_purchases: float | None = None
    revenue_bias_from_spend: float | None = None
    actual_spend_per_purchase: float | None = None
    predicted_spend_per_purchase: float | None = None

    def __str__(self) -> str:
        return self.verdict

    def to_frame(self) -> Any:
        """The calibration by tenths of the customers, in the library of the holdout."""
        return self.calibration

    def plot(self, ax: Axes | None = None, *, by: str = "frequency") -> Axes:
        """Draw actual and predicted purchases per customer, side by side.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; a new figure if not given.
        by : {"frequency", "decile"}
            Groups of customers: by repeat purchases up to the holdout, or by tenths of the predictions.

        Returns
        -------
        matplotlib Axes
        """
        if isinstance(ax, str):
            near = next((name for name in _GROUPS if name in ax.casefold()), _GROUPS[0])
            raise CustvalError(
                f"the first argument of plot is where to draw, matplotlib Axes; got {ax!r}: name the groups as "
                f'plot(by="{near}")',
                suggestion=f'plot(by="{near}")',
            )
        by = choice(by, "by", _GROUPS)
        groups = to_mapping(enter(self.by_frequency if by == "frequency" else self.calibration))
        return bars_and_intervals(
            ax,
            [str(name) for name in groups[by]],
            np.array(groups["actual"]),
            (np.array(groups["predicted"]), np.array(groups["low"]), np.array(groups["high"])),
            title=f"{self.model}: {self.n:,} customers",
            x_title="repeat purchases up to the holdout" if by == "frequency" else "decile of the predictions",
            y_title="purchases per customer in the holdout",
            bar_label="actual",
            point_label=f"predicted, {self.interval:.0%} interval",
        )


def evaluate(
    model: PurchaseModel,
    holdout: IntoFrame,
    *,
    interval: float = 0.9,
    spend: GammaGammaModel | str | float | None = None,
) -> Evaluation:
    """Compare a model's predictions with what came after its data.

    Parameters
    ----------
    model : fitted model of purchases, such as BetaGeoModel
        Fitted on the calibration part of the same table, or on older data.
    holdout : frame
        What `custval.calibration_holdout` returns: `frequency, recency, T`, and `holdout_frequency`, the purchases
        that came in `holdout_T`, which may differ between customers. A lazy frame is to be collected first.
    interval : float
        The level of the intervals.
    spend : fitted GammaGammaModel, column name, or number, optional
        The spend per purchase, as in `lifetime_value`: checks the forecast of revenue too, against
        `holdout_monetary_value`. A Gamma-Gamma model is fitted on the calibration as well.

    Returns
    -------
    Evaluation

    Raises
    ------
    ColumnError, DataError
        If the table has no holdout, or none of money where `spend` is given, no customers, values that no customer
        can have, or times in another unit than the model's.

    Warns
    -----
    CustvalWarning
        If customers who came early deviate otherwise than those who came late: one set of parameters does not fit
        both. Also if the model, or `spend`, was fitted to more customers than the calibration has: it may have seen the
        holdout. A fit to as many customers or fewer cannot be told by their number.

    Notes
    -----
    The errors are compared with three rules that need no model: "mean of the base", everyone buys at the rate Σ
    frequency / Σ T; "own rate so far", each at frequency / T; "own rate if bought lately", so for those whose last
    purchase is not longer ago than the holdout is long, and nothing for the others. They are the rules that a summary
    allows; `compare` has the transactions, and a harder one: "as many as in the last window".

    The interval of the total rests on a normal approximation: its variance is the sum of the customers' predictive
    variances, which come from the distribution of each one's count, and what the covariance of the parameters adds
    by the delta method. Parameters that run away (see `fit_status_`) are taken as known there.

    Revenue has no interval: to the chance of the purchases it would have to add that of each spend, and what neither
    model knows of its parameters. The spend part of its bias holds whose purchases they are, too: a model that gives
    too many purchases to those who spend little expects too little for each.

    The test of the mix takes the deviations of three groups by the time of the first purchase, and asks whether
    they are proportional to the predictions, against the same variances and covariances.

    References
    ----------
    Fader, Hardie & Lee (2005). "Counting Your Customers" the Easy Way. Marketing Science 24(2): conditional
    expectations by frequency, figure 5. Wübben & von Wangenheim (2008). Instant Customer Base Analysis: Managerial
    Heuristics Often "Get It Right". Journal of Marketing 72(3): what simple rules do.

    Examples
    --------
    >>> import custval as cv
    >>> purchases = cv.datasets.load_cdnow(sample=True).drop(columns="amount")
    >>> split = cv.calibration_holdout(purchases, calibration_end="1997-09-30", unit="W")
    >>> result = cv.clv.evaluate(cv.clv.BetaGeoModel().fit(split), split)
    >>> result.actual_total, round(result.predicted_total, 1), round(result.mae, 3)
    (1882.0, 1653.4, 0.785)

    With money:

    >>> split = cv.calibration_holdout(cv.datasets.load_cdnow(sample=True), calibration_end="1997-09-30", unit="W")
    >>> spend = cv.clv.GammaGammaModel().fit(split)
    >>> result = cv.clv.evaluate(cv.clv.BetaGeoModel().fit(split), split, spend=spend)
    >>> round(result.predicted_revenue), round(result.actual_revenue)
    (59931, 70976)
    >>> round(result.revenue_bias_from_purchases), round(result.revenue_bias_from_spend)
    (-8622, -2424)
    """
    require_model(model)
    level = fraction(interval, "interval")
    table, base, actual = _read(model, holdout)
    warn_of_foreign_fit(model, spend, table)
    found = judge(model, base, actual, level)
    warn_of_mix(model, base, found)
    result = _packed(type(model).__name__, table, base, actual, found)
    return result if spend is None else _with_money(result, revenue_of(spend, table, found.prediction.mean, actual))


def _read(model: PurchaseModel, holdout: IntoFrame) -> tuple[Table, Base, FloatArray]:
    table = enter(holdout, "the holdout")
    table.require("frequency", "recency", "T", "holdout_frequency", "holdout_T", hint=_HINT)
    base = Base(*model._read(table), numbers(table, "holdout_T"))
    actual = numbers(table, "holdout_frequency")
    if not len(table):
        raise DataError("the holdout has no customers", count=0, suggestion=_HINT, code="empty")
    _refuse((actual < 0) | (actual != np.floor(actual)), "holdout_frequency", "is a whole number of at least 0")
    _refuse(base.t <= 0, "holdout_T", "is longer than 0")
    if model._discrete:
        _refuse(base.t != np.floor(base.t), "holdout_T", f"is a whole number for a {type(model).__name__}")
    return table, base, actual


def _refuse(bad: Any, column: str, law: str) -> None:
    count = int(np.count_nonzero(bad))
    if count:
        raise DataError(
            f"the holdout: {column} {law}; {count:,} rows are not so (row {examples(bad, 1)[0]} is the first)",
            column=column,
            count=count,
            suggestion=_HINT,
            code="impossible",
            examples=examples(bad),
        )


def _packed(name: str, table: Table, base: Base, actual: FloatArray, found: Judged) -> Evaluation:
    own, prediction = found.errors, found.prediction
    half = found.width * found.total_error
    deciles = _deciles(actual, found)
    lowest = lowest_group_misses(deciles["actual"], deciles["high"])
    beats = own.rmse < found.baselines[best_baseline(found.baselines)].rmse
    return Evaluation(
        model=name,
        verdict=verdict(name, found, half, beats=beats, lowest_misses=lowest),
        n=len(base),
        interval=found.level,
        actual_total=own.actual,
        predicted_total=own.predicted,
        predicted_total_low=max(own.predicted - half, 0.0),
        predicted_total_high=own.predicted + half,
        bias=own.bias,
        bias_low=own.bias - half,
        bias_high=own.bias + half,
        relative_bias=own.bias / own.actual if own.actual else np.nan,
        chance_error=float(np.sqrt(prediction.variance.sum())),
        parameter_error=float(np.sqrt(found.parameter_variance)),
        mae=own.mae,
        rmse=own.rmse,
        correlation=own.correlation,
        gini=own.gini,
        log_score=found.log_score,
        coverage=found.coverage,
        coverage_expected=float(prediction.inside.mean()),
        baselines=_baseline_frame(table, found.baselines),
        beats_baseline=beats,
        calibration=table.make(deciles),
        by_frequency=_by_frequency(table, base, actual, found),
        by_acquisition=_by_acquisition(table, base, actual, found),
        acquisition_p_value=found.p_value,
        mix_changes=found.mix_changes,
        lowest_decile_misses=lowest,
    )


def _with_money(result: Evaluation, revenue: Revenue) -> Evaluation:
    return replace(
        result,
        verdict=f"{result.verdict} {revenue.sentence()}",
        actual_revenue=revenue.actual,
        predicted_revenue=revenue.predicted,
        revenue_bias=revenue.bias,
        relative_revenue_bias=revenue.relative_bias,
        revenue_bias_from_purchases=revenue.from_purchases,
        revenue_bias_from_spend=revenue.from_spend,
        actual_spend_per_purchase=revenue.actual_per_purchase,
        predicted_spend_per_purchase=revenue.predicted_per_purchase,
    )


def _baseline_frame(table: Table, baselines: Mapping[str, Errors]) -> Any:
    names, found = list(baselines), list(baselines.values())
    return table.make(
        {
            "baseline": labels(table, "baseline", np.arange(len(names)), names),
            "predicted_total": np.array([one.predicted for one in found]),
            **{name: np.array([getattr(one, name) for one in found]) for name in ("bias", "mae", "rmse")},
            **{name: float_column(table, [getattr(one, name) for one in found]) for name in ("correlation", "gini")},
        }
    )


def _means(actual: FloatArray, found: Judged, group: IntArray, k: int) -> tuple[IntArray, dict[str, Any]]:
    """The groups that hold customers, and their means with intervals."""
    n = np.bincount(group, minlength=k)
    there = np.flatnonzero(n)
    count = n[there]
    predicted, came, variance = (
        group_totals(group, k, values)[there] for values in (found.prediction.mean, actual, found.prediction.variance)
    )
    half = found.width * np.sqrt(variance)
    columns = {
        "n": count,
        "predicted": predicted / count,
        "actual": came / count,
        "low": np.maximum(predicted - half, 0.0) / count,
        "high": (predicted + half) / count,
    }
    return there, columns


def _deciles(actual: FloatArray, found: Judged) -> dict[str, Any]:
    there, columns = _means(actual, found, rank_groups(found.prediction.mean, 10), 10)
    return {"decile": there + 1, **columns}


def _by_frequency(table: Table, base: Base, actual: FloatArray, found: Judged) -> Any:
    group = np.minimum(base.x, _FREQUENCIES).astype(np.int64)
    there, columns = _means(actual, found, group, _FREQUENCIES + 1)
    names = [*map(str, range(_FREQUENCIES)), f"{_FREQUENCIES}+"]
    return table.make({"frequency": labels(table, "frequency", there, names), **columns})


def _by_acquisition(table: Table, base: Base, actual: FloatArray, found: Judged) -> Any:
    n = np.bincount(found.third, minlength=THIRDS)
    there = np.flatnonzero(n)
    predicted, came = (group_totals(found.third, THIRDS, v)[there] for v in (found.prediction.mean, actual))
    half = found.width * np.sqrt(np.diag(found.covariance)[there])
    times = [base.T[found.third == group] for group in there]
    bias = predicted - came
    return table.make(
        {
            "third": there + 1,
            "n": n[there],
            "T_low": np.array([T.min() for T in times]),
            "T_high": np.array([T.max() for T in times]),
            "predicted": predicted,
            "actual": came,
            "bias": bias,
            "bias_low": bias - half,
            "bias_high": bias + half,
        }
    )
