"""Repeat purchases of a cohort over time, beside those that a model expects."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from custval._check import SpanOf, flag, grain_and_unit, moment, span
from custval._frame import Table, enter, labels, stamps, times, to_mapping
from custval._kernels.calendar import period_number, period_start, shift, units_per_period
from custval._plots import curves
from custval._result import Result
from custval.clv._answers import float_column
from custval.clv._purchase import PurchaseModel, require_model
from custval.clv._repeats import Repeats, repeats_of
from custval.clv._seasons import Seasons, ends_before, seasons_of
from custval.errors import CustvalError, CustvalWarning, DataError
from custval.summary._lines import Lines, read, refuse_before
from custval.summary._windows import no_holdout
from custval.typing import Grain, Instant, IntArray, IntoFrame

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Tracking", "tracking"]

# counted from the end of calibration, for models that count time in a unit
_STEPS = {"h": "1D", "D": "7D", "W": "7D", "M": "1M", "Y": "1Y"}
# of these, one is a period of the calendar
_CALENDAR = frozenset({"W", "M", "Y"})


@dataclass(frozen=True, slots=True)
class Tracking(Result):
    """Repeat purchases of the customers acquired during calibration, by period.

    Attributes
    ----------
    model : str
    verdict : str
        What follows, in plain words.
    n : int
        Customers.
    calibration_end : str
        Where calibration ends: the last day that belongs to it.
    periods : frame
        `period_end` (the last day, or hour, of it), `window` ("calibration", "holdout", or "both" where a calendar
        period holds the end of calibration), repeat purchases `actual` and `expected` in the period,
        `cumulative_actual`, `cumulative_expected` since the beginning, and `complete`: false for a first or last
        period that is shorter than the others, since the data begin or end within it.
    actual, expected : float
        Repeat purchases in the holdout.
    relative_error : float
        Expected over actual, less 1; NaN if nothing was bought.
    season : frame
        By whole months from the end of calibration: `month_end, actual, expected, ratio` (actual over expected), and
        `ratio_year_before`, that of the same month in the last year of calibration, relative to that year as a whole.
        Without a year of calibration it has no rows.
    season_share : float
        How much of the squared errors by month is gone when each month is expected to deviate as it did a year
        before; NaN if unknown.
    seasonal : bool
        Whether the errors are beyond chance and most of them are of that kind.
    """

    model: str
    verdict: str
    n: int
    calibration_end: str
    periods: Any
    actual: float
    expected: float
    relative_error: float
    season: Any
    season_share: float
    seasonal: bool

    def __str__(self) -> str:
        return self.verdict

    def to_frame(self) -> Any:
        """The periods, in the library of the transactions."""
        return self.periods

    def plot(self, ax: Axes | None = None, *, cumulative: bool = False) -> Axes:
        """Draw actual and expected repeat purchases over time, and where calibration ends.

        A last period that the end of the data cuts short is left out, since it would look like a collapse; the
        cumulative picture has it.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; a new figure if not given.
        cumulative : bool
            Since the beginning, instead of in each period.

        Returns
        -------
        matplotlib Axes
        """
        table = enter(self.periods)
        prefix = "cumulative_" if flag(cumulative, "cumulative") else ""
        columns = to_mapping(table, (f"{prefix}actual", f"{prefix}expected", "complete"))
        whole = cumulative or columns["complete"][-1] or len(columns["complete"]) == 1
        shown = slice(None if whole else -1)
        actual, expected = (np.array(columns[f"{prefix}{name}"])[shown] for name in ("actual", "expected"))
        return curves(
            ax,
            times(table, "period_end").wall[shown],
            {"actual": actual, self.model: expected},
            mark=np.datetime64(self.calibration_end),
            mark_label="end of calibration",
            title=f"{self.n:,} customers",
            x_title="end of period",
            y_title=f"{prefix.replace('_', ' ')}repeat purchases",
        )


def tracking(
    model: PurchaseModel,
    transactions: IntoFrame,
    calibration_end: Instant,
    grain: Grain = "D",
    every: str | None = None,
) -> Tracking:
    """Follow the repeat purchases of a cohort, and those that a model expects of it.

    Parameters
    ----------
    model : fitted model of purchases, such as BetaGeoModel
        Fitted up to `calibration_end`, on a summary with the same grain; it must know its unit of time.
    transactions : frame
        As in `custval.summarize`. A lazy frame is to be collected first.
    calibration_end : date or time
        Inclusive. The cohort are the customers with a purchase up to then.
    grain : {"h", "D", "W", "M", "Y"}
        As in `custval.summarize`.
    every : str, optional
        The length of a period. "1W", "1M" and "1Y" are periods of the calendar, others count from the end of
        calibration in both directions; so does the default, which is 7 days for models that count in days or weeks,
        one month or year for those that count in them. The last period may be cut short by the end of the data.

    Returns
    -------
    Tracking

    Raises
    ------
    ColumnError, DataError
        If columns are missing, `calibration_end` lies outside the data, or nobody had bought by then.
    CustvalError
        If the model does not know its unit of time, or `every` is shorter than the grain.

    Warns
    -----
    CustvalWarning
        If most of the error of the holdout is what the same months a year before show too.

    Notes
    -----
    Expected up to a time t is Σ E[X(t − t0)] over the customers, t0 being the first purchase of each: the model's
    expectation of a new customer, which knows nothing of what this cohort did.

    The season is looked for by months: the errors of the holdout with and without the ratio of actual to expected
    purchases that the same month had in the last year of calibration, relative to that year as a whole, so that a
    level that is wrong all the year round is no season. Errors within those of Poisson counts (at 1 %) are not put
    down to it.

    References
    ----------
    Fader, Hardie & Lee (2005). "Counting Your Customers" the Easy Way. Marketing Science 24(2), figures 3 and 4:
    incremental and cumulative repeat purchases.

    Examples
    --------
    >>> import custval as cv
    >>> purchases = cv.datasets.load_cdnow(sample=True).drop(columns="amount")
    >>> split = cv.calibration_holdout(purchases, calibration_end="1997-09-30", unit="W")
    >>> result = cv.clv.tracking(cv.clv.BetaGeoModel().fit(split), purchases, "1997-09-30")
    >>> result.actual, round(result.expected, 1), len(result.to_frame())
    (1882.0, 1666.7, 78)
    """
    require_model(model)
    if model.unit_ is None:
        raise CustvalError(
            "the model does not know its unit of time: its data had no column 'unit'",
            suggestion=f"{type(model).__name__}(unit='W'), or fit it on a table of custval.summarize",
        )
    grain_, unit = grain_and_unit(grain, model.unit_)
    lines = read(enter(transactions, "transactions"), grain_)
    end = moment(calibration_end, "calibration_end", lines.zone)
    refuse_before(lines, end, "calibration_end")
    repeats = repeats_of(model, lines, end, unit)
    if repeats.final <= repeats.split:
        raise no_holdout(end, lines.wall.max())
    if not repeats.n:
        raise DataError("nobody had bought by calibration_end: no line has a positive amount", count=0, code="empty")
    ends, complete = _ends(lines, repeats, every, unit)
    seasons = seasons_of(repeats, grain_, int(lines.period.min()))
    found = _packed(lines.table, repeats, _periods(lines.table, repeats, ends, complete, grain_), seasons, grain_)
    if found.seasonal:
        warnings.warn(found.verdict, CustvalWarning, stacklevel=2)
    return found


def _ends(lines: Lines, repeats: Repeats, every: str | None, unit: str) -> tuple[IntArray, NDArray[np.bool_]]:
    """The last period of the grain in each period to report, and whether the data hold all of it."""
    grain, first, final = lines.grain, int(lines.period.min()), repeats.final
    length = span(_STEPS[unit] if every is None else every, "every")
    if every is not None and length.days < units_per_period(grain, "D"):
        raise _too_short(length, grain)
    if every is not None and length.count == 1 and length.unit in _CALENDAR:
        number = period_number(period_start(np.array([first, final]), grain), length.unit)
        bounds = period_start(np.arange(number[0], number[1] + 2), length.unit)
    else:
        bounds = _steps(repeats, grain, first, length.count, length.unit)
    ends = ends_before(bounds, grain)
    if (np.diff(ends) <= 0).any():
        raise _too_short(length, grain)
    shown = np.append(ends[(ends >= first) & (ends < final)], final)
    complete = np.ones(len(shown), dtype=bool)
    complete[0] &= first - 1 in ends
    complete[-1] &= final in ends
    return shown, complete


def _too_short(every: SpanOf, grain: str) -> CustvalError:
    return CustvalError(f"every={every} is shorter than the grain {grain!r}", suggestion=f"every='1{grain}'")


def _steps(repeats: Repeats, grain: str, first: int, count: int, unit: str) -> NDArray[Any]:
    """Where periods begin that are counted from the end of calibration, in both directions."""
    start = period_start(np.array([repeats.split + 1]), grain)
    low, high = period_start(np.array([first, repeats.final + 1]), grain)
    bounds = [shift(start, 0, unit)[0]]
    for direction in (-1, 1):
        k = direction
        while low <= (bound := shift(start, k * count, unit)[0]) <= high:
            bounds.append(bound)
            k += direction
    return np.sort(np.array(bounds))


def _last_day(ends: IntArray, grain: str) -> NDArray[Any]:
    """The last day of each period, or the hour itself."""
    if grain == "h":
        return period_start(ends, grain)
    return period_start(ends + 1, grain) - np.timedelta64(86_400, "s")


def _packed(table: Table, repeats: Repeats, periods: Any, seasons: Seasons, grain: str) -> Tracking:
    both = np.array([repeats.split, repeats.final])
    actual, expected = (float(np.diff(of(both))[0]) for of in (repeats.actual, repeats.expected))
    name = type(repeats.model).__name__
    return Tracking(
        model=name,
        verdict=_verdict(name, actual, expected, seasons),
        n=repeats.n,
        calibration_end=str(_last_day(both[:1], grain)[0].astype("M8[h]" if grain == "h" else "M8[D]")),
        periods=periods,
        actual=actual,
        expected=expected,
        relative_error=expected / actual - 1.0 if actual else np.nan,
        season=_season(table, seasons, grain),
        season_share=seasons.share,
        seasonal=seasons.explain,
    )


def _periods(table: Table, repeats: Repeats, ends: IntArray, complete: NDArray[np.bool_], grain: str) -> Any:
    actual, expected = repeats.actual(ends), repeats.expected(ends)
    begins = np.append(np.iinfo(np.int64).min, ends[:-1])
    window = np.where(ends <= repeats.split, 0, np.where(begins >= repeats.split, 1, 2))
    return table.make(
        {
            "period_end": stamps("period_end", _last_day(ends, grain), None, table.frame.implementation),
            "window": labels(table, "window", window, ["calibration", "holdout", "both"]),
            "actual": np.diff(actual, prepend=0.0),
            "expected": np.diff(expected, prepend=0.0),
            "cumulative_actual": actual,
            "cumulative_expected": expected,
            "complete": complete,
        }
    )


def _season(table: Table, seasons: Seasons, grain: str) -> Any:
    ratio = np.divide(
        seasons.actual, seasons.expected, out=np.full(len(seasons.end), np.nan), where=seasons.expected > 0
    )
    return table.make(
        {
            "month_end": stamps("month_end", _last_day(seasons.end, grain), None, table.frame.implementation),
            "actual": seasons.actual,
            "expected": seasons.expected,
            "ratio": float_column(table, ratio),
            "ratio_year_before": float_column(table, seasons.year_before),
        }
    )


def _verdict(name: str, actual: float, expected: float, seasons: Seasons) -> str:
    share = f" ({expected / actual - 1:+.1%})" if actual else ""
    text = f"{name} expects {expected:,.0f} repeat purchases in the holdout, where {actual:,.0f} came{share}"
    if not seasons.explain:
        return f"{text}."
    return (
        f"{text}; {seasons.share:.0%} of its squared errors by month are those of the same months a year before: "
        "the season, which the model does not know, explains more than half of what it misses."
    )
