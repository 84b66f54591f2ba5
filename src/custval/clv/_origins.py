"""The windows of a comparison: calibration up to each cutoff, and a holdout of one length after it."""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from custval._check import Moment, SpanOf, moment
from custval._frame import Table, enter, numbers
from custval._kernels.calendar import not_after, period_number, period_start, shift, units_per_period
from custval._kernels.occasions import occasions
from custval.clv._baselines import AS_LAST, as_in_last_window, from_summary, seen
from custval.clv._predictive import Base
from custval.errors import CustvalError, CustvalWarning, DataError
from custval.summary import calibration_holdout
from custval.summary._lines import Lines, refuse_before
from custval.typing import FloatArray, Grain, IntArray

__all__ = ["Origin", "moments", "origins"]

# of the holdout: what may lie after the last line of the data
_UNSEEN = 0.1


@dataclass(frozen=True, slots=True)
class Origin:
    """One cutoff, and the customers with a purchase up to then.

    Attributes
    ----------
    cutoff : Moment
    table : Table
        The summary and the holdout, with the sums that models of regularity need.
    base : Base
    actual : array of shape (n,)
    customer : array of int64, shape (n,)
        Numbers of the customers, the same at every cutoff.
    rules : dict of str to array of shape (n,)
        Predictions without a model.
    notes : dict of str to str
        What there is to say of a rule at this cutoff.
    """

    cutoff: Moment
    table: Table
    base: Base
    actual: FloatArray
    customer: IntArray
    rules: dict[str, FloatArray]
    notes: dict[str, str]


def moments(cutoffs: Any, zone: str | None) -> list[Moment]:
    """Cutoffs in order of time, each once."""
    one = isinstance(cutoffs, (str, dt.date, np.datetime64)) or not isinstance(cutoffs, Iterable)
    found = {moment(value, "cutoffs", zone) for value in ([cutoffs] if one else cutoffs)}
    if not found:
        raise CustvalError("cutoffs must hold at least one date; got none", suggestion="cutoffs=['2024-06-30']")
    return sorted(found, key=lambda cutoff: cutoff.last)


def origins(lines: Lines, cutoffs: Iterable[Moment], horizon: SpanOf, unit: str) -> Iterator[Origin]:
    """Each cutoff with its windows.

    Raises
    ------
    CustvalError
        If the horizon is shorter than a period of the grain.
    DataError
        If a cutoff lies outside the data, or most of its holdout does.

    Warns
    -----
    CustvalWarning
        If a small part of a holdout lies after the last line of the data.
    """
    if horizon.days < units_per_period(lines.grain, "D"):
        raise CustvalError(
            f"the horizon {horizon} is shorter than a period of the grain {lines.grain!r}",
            suggestion=f"horizon='1{lines.grain}', or a finer grain",
        )
    for cutoff in cutoffs:
        refuse_before(lines, cutoff, "cutoff")
        # like every window of a summary it holds whole periods
        final = int(period_number(shift(np.array([cutoff.last]), horizon.count, horizon.unit), lines.grain)[0])
        _check_end(lines, cutoff, final)
        yield _origin(lines, cutoff, final, unit)


def _last_instant(period: int, grain: str) -> np.datetime64:
    instant: np.datetime64 = period_start(np.array([period + 1]), grain).astype("M8[us]")[0] - np.timedelta64(1, "us")
    return instant


def _check_end(lines: Lines, cutoff: Moment, final: int) -> None:
    split, last = cutoff.period(lines.grain), int(lines.period.max())
    if final <= last:
        return
    end = _last_instant(final, lines.grain).astype("M8[D]")
    what = f"the holdout of cutoff={cutoff} ends on {end}, and the data end on {lines.wall.max().astype('M8[D]')}"
    if final - last > _UNSEEN * (final - split):
        way = "choose an earlier cutoff, or a shorter horizon"
        raise DataError(f"{what}; {way}", suggestion=way, code="window")
    warnings.warn(f"{what}: nothing is taken to come after that", CustvalWarning, stacklevel=5)


def _origin(lines: Lines, cutoff: Moment, final: int, unit: str) -> Origin:
    grain = cast("Grain", lines.grain)
    split = cutoff.period(grain)
    frame = calibration_holdout(
        lines.table.leave(lines.table.frame),
        calibration_end=cutoff.stamp.astype("M8[D]") if cutoff.whole_day else cutoff.stamp,
        holdout_end=_last_instant(final, grain),
        grain=grain,
        unit=cast("Grain", unit),
    )
    before = lines.where(not_after(lines.wall, cutoff.stamp, whole_day=cutoff.whole_day))
    everyone = occasions(before.code, len(lines.customers), before.period, before.amount)
    customer = np.flatnonzero(everyone.count)
    bought = everyone.of(customer)
    table = enter(frame, "the holdout")
    regularity = {"sum_log_intervals": bought.sum_log_intervals(units_per_period(grain, unit))}
    table = enter(table.extend(regularity), "the holdout")
    base = Base(*(numbers(table, name) for name in ("frequency", "recency", "T", "holdout_T")))
    length, first = final - split, int(lines.period.min())
    last = as_in_last_window(bought, split, length, first)
    rules = {**from_summary(base.x, base.t_x, base.T, base.t), AS_LAST: last}
    actual = numbers(table, "holdout_frequency")
    return Origin(cutoff, table, base, actual, customer, rules, _notes(seen(split, length, first), length, grain))


def _notes(held: int, length: int, grain: str) -> dict[str, str]:
    if held == length:
        return {}
    return {AS_LAST: f"counted in {held} of the {length} periods ({grain}), where the data begin, and scaled up"}
