"""Transactions in, one row per customer out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from custval._check import flag, grain_and_unit, moment
from custval._frame import LazyTable, enter_any, nw
from custval._kernels import occasions as kernel
from custval._kernels.calendar import not_after, units_per_period
from custval.errors import CustvalError
from custval.summary import _lines_in_engine as in_engine
from custval.summary._lines import read, refuse_before, summary_of
from custval.summary._windows import empty_holdout, no_holdout
from custval.typing import Grain, Instant, IntoFrame

__all__ = ["calibration_holdout", "summarize"]


def summarize(
    transactions: IntoFrame,
    *,
    grain: Grain = "D",
    unit: Grain | None = None,
    until: Instant | None = None,
    regularity: bool = False,
    tz: str | None = None,
    check: bool = True,
) -> Any:
    """Summarize transactions to one row per customer.

    A purchase *occasion* is a customer × `grain` period with at least one line of positive amount (every line
    counts where there is no `amount`). Negative lines lower the money of their own period's occasion; in a
    period without an occasion they lower `total_amount` only. Customers without an occasion up to `until` have
    no row.

    Parameters
    ----------
    transactions : frame
        With `customer_id` and `timestamp`; `amount` and `order_id` are used where present. Without `amount` the
        money columns are left out.
    grain : {"h", "D", "W", "M", "Y"}
        The calendar period within which purchases count as one occasion; weeks start on Monday. Days are days of
        the timestamps' own time zone.
    unit : {"h", "D", "W", "M", "Y"}, optional
        The unit of `recency`, `T` and `time_since_last`; the grain if not given. With grain "M" or "Y" it is the
        grain (times are differences of calendar periods), else it may be longer than the grain: a week is
        7 days, a month 30.436875, a year 365.2425.
    until : date or time, optional
        The end of observation, inclusive; a bare date means the whole day. The last line of the data if not given.
    regularity : bool
        Add `sum_log_intervals`, the sum of the logarithms of the intervals between occasions, in units.
    tz : str, optional
        The time zone whose days are meant, such as "Europe/Berlin"; it must be that of the timestamps. Needed on
        engines where the zone of the session decides (DuckDB, Spark, Ibis), for timestamps with a zone.
    check : bool
        For lazy frames: whether one small aggregate is run now, to refuse missing values and to find the end of the
        data. Without it they are not looked for.

    Returns
    -------
    frame of the library that came in, sorted by `customer_id`; a lazy frame in its engine, in any order
        `customer_id`; `frequency`, repeat occasions; `recency`, from the first to the last occasion; `T`, from the
        first occasion to `until`; `monetary_value`, mean amount per repeat occasion (0 if there is none);
        `orders`, distinct `order_id` among lines of positive amount (without `order_id`: those lines, and a line
        whose `order_id` is null counts as an order of its own); `total_amount`, the sum of all lines;
        `time_since_last`, `T` − `recency`; `first_purchase` and `last_purchase`, the times of the first and last
        line of an occasion; `unit`, so that the unit travels with the data.

    Raises
    ------
    ColumnError
        If a column is missing or of a type that cannot serve.
    DataError
        If customers, times or amounts are missing, an amount is infinite, or `until` lies before all lines; if `tz`
        is not the zone of the days.

    References
    ----------
    Fader, Hardie & Lee (2005). "Counting Your Customers" the Easy Way. Marketing Science 24(2), section 2:
    the summary (x, t_x, T) of a customer. Fader & Hardie (2013). The Gamma-Gamma Model of Monetary Value:
    the mean over repeat transactions.

    Examples
    --------
    >>> import custval as cv
    >>> tx = {
    ...     "customer_id": ["a", "a", "a", "b"],
    ...     "timestamp": ["2024-01-01", "2024-01-15", "2024-01-29", "2024-01-08"],
    ...     "amount": [10.0, 20.0, 40.0, 5.0],
    ... }
    >>> summary = cv.summarize(cv.transactions(tx), unit="W")
    >>> summary["frequency"], summary["recency"], summary["T"], summary["monetary_value"]
    ([2, 0], [4.0, 0.0], [4.0, 3.0], [30.0, 0.0])
    """
    grain_, unit_ = grain_and_unit(grain, unit)
    regularity = flag(regularity, "regularity")
    check = flag(check, "check")
    table = enter_any(transactions, "transactions", dask=not regularity)
    if isinstance(table, LazyTable):
        return _summarize_lazily(table, grain_, unit_, until, tz, regularity=regularity, check=check)
    lines = read(table, grain_, tz)
    if until is not None:
        end = moment(until, "until", lines.zone)
        refuse_before(lines, end, "until")
        final = end.period(grain_)
        lines = lines.where(not_after(lines.wall, end.stamp, whole_day=end.whole_day))
    else:
        final = int(lines.period.max()) if len(lines.code) else 0
    return summary_of(lines, final, unit_, regularity=regularity).frame()


def calibration_holdout(
    transactions: IntoFrame,
    *,
    calibration_end: Instant,
    holdout_end: Instant | None = None,
    grain: Grain = "D",
    unit: Grain | None = None,
    regularity: bool = False,
    tz: str | None = None,
    check: bool = True,
) -> Any:
    """Split transactions in time: a summary up to `calibration_end`, and what came after it.

    Lines after `calibration_end` within its own grain period count nowhere. Customers first seen in the holdout
    have no row.

    Parameters
    ----------
    transactions : frame
        As in `summarize`.
    calibration_end, holdout_end : date or time
        Ends of the two windows, inclusive; the holdout ends with the data if not given.
    grain, unit, regularity, tz, check
        As in `summarize`; without `check` a lazy frame needs `holdout_end`.

    Returns
    -------
    frame of the library that came in, sorted by `customer_id`; a lazy frame in its engine, in any order
        The columns of `summarize(until=calibration_end)`, then `holdout_frequency`, occasions in the periods after
        that of `calibration_end`, up to and with that of `holdout_end`; `holdout_T`, the length of the holdout in
        units; and, where there is `amount`, `holdout_monetary_value`, the mean amount per holdout occasion (0 if
        there is none).

    Raises
    ------
    ColumnError, DataError
        As in `summarize`, and a DataError if `calibration_end` lies outside the data or the holdout is empty.

    Examples
    --------
    >>> import custval as cv
    >>> tx = {
    ...     "customer_id": ["a", "a", "a", "b"],
    ...     "timestamp": ["2024-01-01", "2024-01-15", "2024-01-29", "2024-01-08"],
    ... }
    >>> split = cv.calibration_holdout(cv.transactions(tx), calibration_end="2024-01-20")
    >>> split["frequency"], split["holdout_frequency"], split["holdout_T"]
    ([1, 0], [1, 0], [9.0, 9.0])
    """
    grain_, unit_ = grain_and_unit(grain, unit)
    regularity = flag(regularity, "regularity")
    check = flag(check, "check")
    table = enter_any(transactions, "transactions")
    if isinstance(table, LazyTable):
        return _calibration_holdout_lazily(
            table, grain_, unit_, calibration_end, holdout_end, tz=tz, regularity=regularity, check=check
        )
    lines = read(table, grain_, tz)
    end = moment(calibration_end, "calibration_end", lines.zone)
    refuse_before(lines, end, "calibration_end")
    before = not_after(lines.wall, end.stamp, whole_day=end.whole_day)
    split = end.period(grain_)
    after = lines.period > split
    if not after.any():
        raise no_holdout(end, lines.wall.max())
    final = int(lines.period.max())
    if holdout_end is not None:
        last = moment(holdout_end, "holdout_end", lines.zone)
        final = last.period(grain_)
        after &= not_after(lines.wall, last.stamp, whole_day=last.whole_day)
    if final <= split:
        raise empty_holdout(grain_, end, holdout_end)
    summary = summary_of(lines.where(before), split, unit_, regularity=regularity)
    held = lines.where(after)
    bought = kernel.occasions(held.code, len(lines.customers), held.period, held.amount)
    count = bought.count[summary.rows]
    columns = {
        "holdout_frequency": count,
        "holdout_T": np.full(len(count), (final - split) * units_per_period(grain_, unit_)),
    }
    if held.amount is not None:
        money = bought.total_money()[summary.rows]
        columns["holdout_monetary_value"] = np.divide(money, count, out=np.zeros(len(count)), where=count > 0)
    return summary.frame(columns)


def _summarize_lazily(
    table: LazyTable, grain: str, unit: str, until: Instant | None, tz: str | None, *, regularity: bool, check: bool
) -> Any:
    lines = in_engine.lazy_lines(table, grain, tz, check=check)
    final = lines.last_period
    if until is not None:
        end = moment(until, "until", lines.zone)
        lines.refuse_before(end, "until")
        final = end.period(grain)
        lines = replace(lines, frame=lines.frame.filter(in_engine.up_to(lines, end)))
    return in_engine.summarize_lazily(lines, final, unit, regularity=regularity)


def _calibration_holdout_lazily(
    table: LazyTable,
    grain: str,
    unit: str,
    calibration_end: Instant,
    holdout_end: Instant | None,
    *,
    tz: str | None,
    regularity: bool,
    check: bool,
) -> Any:
    lines = in_engine.lazy_lines(table, grain, tz, check=check)
    end = moment(calibration_end, "calibration_end", lines.zone)
    lines.refuse_before(end, "calibration_end")
    split, final = end.period(grain), lines.last_period
    if final is not None and lines.span is not None and final <= split:
        raise no_holdout(end, lines.span[1])
    counts = in_engine.up_to(lines, end) | (nw.col("period") > split)
    if holdout_end is not None:
        last = moment(holdout_end, "holdout_end", lines.zone)
        final = last.period(grain)
        counts &= in_engine.up_to(lines, last)
    if final is None:
        raise CustvalError(
            "with check=False nothing is asked of the data, so the end of the holdout must be given",
            suggestion="holdout_end=…, or check=True",
        )
    if final <= split:
        raise empty_holdout(grain, end, holdout_end)
    lines = replace(lines, frame=lines.frame.filter(counts))
    return in_engine.summarize_lazily(lines, split, unit, regularity=regularity, held=in_engine.Window(split, final))
