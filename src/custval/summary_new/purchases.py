"""Transactions or contracts in, one row per customer out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from custval._check import Moment, choice, flag, grain_and_unit, moment
from custval._frame import Table, enter, identifiers, labels, nulls, numbers, nw, refuse_nulls, stamps, times
from custval._frame import codes as codes_of
from custval._kernels import occasions as kernel
from custval._kernels.calendar import not_after, period_number, units_per_period, whole_periods
from custval.errors import ColumnError, CustvalError, DataError
from custval.typing import FloatArray, Grain, Instant, IntArray, IntoFrame

__all__ = ["calibration_holdout", "summarize", "summarize_contracts"]


def summarize(
    transactions: IntoFrame,
    *,
    grain: Grain = "D",
    unit: Grain | None = None,
    until: Instant | None = None,
    regularity: bool = False,
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

    Returns
    -------
    frame of the library that came in, sorted by `customer_id`
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
        If customers, times or amounts are missing, an amount is infinite, or `until` lies before all lines.

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
    lines = _read(transactions, grain_)
    if until is not None:
        end = moment(until, "until", lines.zone)
        _refuse_before(lines, end, "until")
        final = _period_of(end, grain_)
        lines = lines.where(not_after(lines.wall, end.stamp, whole_day=end.whole_day))
    else:
        final = int(lines.period.max()) if len(lines.code) else 0
    return _summary(lines, final, unit_, regularity=regularity).frame()


def calibration_holdout(
    transactions: IntoFrame,
    *,
    calibration_end: Instant,
    holdout_end: Instant | None = None,
    grain: Grain = "D",
    unit: Grain | None = None,
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
    grain, unit
        As in `summarize`.

    Returns
    -------
    frame of the library that came in, sorted by `customer_id`
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
    lines = _read(transactions, grain_)
    end = moment(calibration_end, "calibration_end", lines.zone)
    _refuse_before(lines, end, "calibration_end")
    before = not_after(lines.wall, end.stamp, whole_day=end.whole_day)
    split = _period_of(end, grain_)
    after = lines.period > split
    if not after.any():
        raise DataError(
            f"calibration_end={end} leaves no holdout: the data end on {lines.wall.max().astype('M8[D]')}",
            suggestion="choose an earlier calibration_end",
            code="window",
        )
    final = int(lines.period.max())
    if holdout_end is not None:
        last = moment(holdout_end, "holdout_end", lines.zone)
        final = _period_of(last, grain_)
        after &= not_after(lines.wall, last.stamp, whole_day=last.whole_day)
    if final <= split:
        raise DataError(
            f"the holdout is empty: holdout_end={holdout_end!r} lies in the same {grain_!r} period as "
            f"calibration_end={end} or before it",
            suggestion="choose a later holdout_end",
            code="window",
        )
    summary = _summary(lines.where(before), split, unit_, regularity=False)
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


def summarize_contracts(contracts: IntoFrame, *, unit: Grain, until: Instant | None = None) -> Any:
    """Summarize contracts to their duration in whole periods, one row per contract.

    `observed` with `duration` t: left in period t. Not observed: still there after t completed periods.

    Parameters
    ----------
    contracts : frame
        With `customer_id` and either `duration` and `observed`, or `started_at` and `ended_at` (null: still
        running). `ended_at` is the first day without the contract.
    unit : {"D", "W", "M", "Y"}
        The period between two renewals; months and years are calendar ones.
    until : date or time, optional
        The end of observation, inclusive; only for contracts with dates. The last date in the data if not given.

    Returns
    -------
    frame of the library that came in, in the order that came in
        `customer_id, duration, observed, unit`, then every other column but the two dates. Ended by `until`:
        `duration` = max(1, periods rounded up), observed. Running, or ending later: completed periods, not
        observed. Contracts that start after `until` have no row.

    Raises
    ------
    ColumnError
        If neither pair of columns is there, or both.
    DataError
        If a contract ends before it starts, or a duration is not a whole number (at least 1 where observed).

    Examples
    --------
    >>> import custval as cv
    >>> table = {
    ...     "customer_id": ["a", "b"],
    ...     "started_at": ["2024-01-31", "2024-01-01"],
    ...     "ended_at": ["2024-03-15", None],
    ... }
    >>> cv.summarize_contracts(cv.contracts(table), unit="M", until="2024-06-30")["duration"]
    [2, 5]
    """
    unit_ = choice(unit, "unit", ("D", "W", "M", "Y"))
    table = enter(contracts, "contracts")
    table.require("customer_id", door="contracts")
    refuse_nulls(table["customer_id"], table.what, "drop these rows first")
    if "started_at" in table and "ended_at" in table:
        _refuse_both(table)
        rows, duration, observed = _from_dates(table, unit_, until)
    else:
        table.require("duration", "observed", door="contracts")
        if until is not None:
            raise CustvalError("until needs started_at and ended_at; these contracts come with a duration")
        rows = np.arange(len(table))
        duration, observed = _from_durations(table)
    kept = replace(table, frame=table.rows(rows))
    dropped = {"customer_id", "duration", "observed", "unit", "started_at", "ended_at"}
    return table.make(
        {
            "customer_id": kept["customer_id"],
            "duration": duration,
            "observed": observed,
            "unit": labels(kept, "unit", np.zeros(len(rows), np.int64), [unit_]),
            **{name: kept[name] for name in kept.columns if name not in dropped},
        }
    )


@dataclass(frozen=True, slots=True)
class _Lines:
    """Transaction lines as arrays."""

    table: Table
    grain: str
    customers: nw.Series[Any]
    code: IntArray
    instant: NDArray[Any]
    wall: NDArray[Any]
    zone: str | None
    period: IntArray
    amount: FloatArray | None
    order: IntArray | None

    def where(self, mask: NDArray[np.bool_]) -> _Lines:
        if mask.all():
            return self
        return replace(
            self,
            code=self.code[mask],
            instant=self.instant[mask],
            wall=self.wall[mask],
            period=self.period[mask],
            amount=None if self.amount is None else self.amount[mask],
            order=None if self.order is None else self.order[mask],
        )


def _read(transactions: IntoFrame, grain: str) -> _Lines:
    table = enter(transactions, "transactions")
    table.require("customer_id", "timestamp", door="transactions")
    refuse_nulls(table["timestamp"], table.what, "drop these rows first: df = df[df['timestamp'].notna()]")
    stamp = times(table, "timestamp", "transactions")
    code, customers = identifiers(table, "customer_id", "transactions")
    amount = numbers(table, "amount") if "amount" in table else None
    order = _order_codes(table["order_id"]) if "order_id" in table else None
    period = period_number(stamp.wall, grain)
    return _Lines(table, grain, customers, code, stamp.instant, stamp.wall, stamp.zone, period, amount, order)


def _order_codes(series: nw.Series[Any]) -> IntArray:
    missing = nulls(series)
    if not missing.any():
        return codes_of(series, ordered=False)[0]
    result = np.full(len(series), -1, dtype=np.int64)
    result[~missing] = codes_of(series[np.flatnonzero(~missing)], ordered=False)[0]
    return result


def _period_of(end: Moment, grain: str) -> int:
    return int(period_number(np.array([end.last]), grain)[0])


def _refuse_before(lines: _Lines, end: Moment, name: str) -> None:
    if len(lines.code) and not_after(lines.wall, end.stamp, whole_day=end.whole_day).any():
        return
    span = f"from {lines.wall.min().astype('M8[D]')} to {lines.wall.max().astype('M8[D]')}" if len(lines.code) else ""
    raise DataError(
        f"{name}={end} lies before all lines of the data, which go {span}" if span else f"no lines before {name}={end}",
        suggestion=f"choose a later {name}",
        code="window",
    )


@dataclass(frozen=True, slots=True)
class _Summary:
    """A summary before it is packed: `rows` numbers the customers that have a row among all of the lines'."""

    lines: _Lines
    rows: IntArray
    columns: dict[str, Any]
    unit: str

    def frame(self, more: dict[str, Any] | None = None) -> Any:
        table = self.lines.table
        unit = labels(table, "unit", np.zeros(len(self.rows), np.int64), [self.unit])
        customers = self.lines.customers
        ids = customers if len(self.rows) == len(customers) else customers[self.rows]
        return table.make({"customer_id": ids, **self.columns, "unit": unit, **(more or {})})


def _summary(lines: _Lines, final: int, unit: str, *, regularity: bool) -> _Summary:
    """The summary of lines up to the period `final`; every line lies at or before it."""
    n = len(lines.customers)
    factor = units_per_period(lines.grain, unit)
    everyone = kernel.occasions(lines.code, n, lines.period, lines.amount)
    rows = np.flatnonzero(everyone.count)
    bought = everyone.of(rows)
    frequency = bought.count - 1
    first, last = bought.first(), bought.last()
    columns: dict[str, Any] = {
        "frequency": frequency,
        "recency": (last - first) * factor,
        "T": (final - first) * factor,
    }
    makes = lines.where(lines.amount > 0) if lines.amount is not None else lines
    if lines.amount is not None:
        money = bought.repeat_money()
        columns["monetary_value"] = np.divide(money, frequency, out=np.zeros(len(rows)), where=frequency > 0)
    columns["orders"] = _orders(makes, n)[rows]
    if lines.amount is not None:
        columns["total_amount"] = kernel.sums(lines.code, n, lines.amount)[rows]
    columns["time_since_last"] = (final - last) * factor
    earliest, latest = kernel.extremes(makes.code, n, makes.instant)
    backend = lines.table.frame.implementation
    columns["first_purchase"] = stamps("first_purchase", earliest[rows], lines.zone, backend)
    columns["last_purchase"] = stamps("last_purchase", latest[rows], lines.zone, backend)
    if regularity:
        columns["sum_log_intervals"] = bought.sum_log_intervals(factor)
    return _Summary(lines, rows, columns, unit)


def _orders(makes: _Lines, n: int) -> IntArray:
    if makes.order is None:
        return np.bincount(makes.code, minlength=n).astype(np.int64)
    return kernel.count_distinct(makes.code, n, makes.order)


def _refuse_both(table: Table) -> None:
    if "duration" in table and "observed" in table:
        raise ColumnError(
            f"{table.what} has both dates (started_at, ended_at) and durations (duration, observed), which may differ",
            column="duration",
            suggestion="drop one pair of columns",
        )


def _from_dates(table: Table, unit: str, until: Instant | None) -> tuple[IntArray, IntArray, NDArray[np.bool_]]:
    refuse_nulls(table["started_at"], table.what, "drop these rows, or fill in the start")
    start, end = times(table, "started_at", "contracts"), times(table, "ended_at", "contracts")
    if start.zone != end.zone:
        raise DataError(
            f"started_at and ended_at are in different time zones: {start.zone} and {end.zone}",
            suggestion="bring both to one zone first",
            code="mixed_zones",
        )
    first, last = start.wall.astype("M8[D]"), end.wall.astype("M8[D]")
    running = np.isnat(last)
    backwards = ~running & (last < first)
    if backwards.any():
        raise DataError(
            f"{table.what}: {int(backwards.sum()):,} contracts end before they start",
            column="ended_at",
            count=int(backwards.sum()),
            suggestion="correct or drop these rows",
            code="ends_before_start",
            examples=np.flatnonzero(backwards)[:5].tolist(),
        )
    if until is not None:
        final = moment(until, "until", start.zone).stamp.astype("M8[D]")
    else:
        final = np.concatenate([first, last[~running]]).max() if len(first) else np.datetime64("1970-01-01", "D")
    rows = np.flatnonzero(first <= final)
    first, last, running = first[rows], last[rows], running[rows]
    observed = ~running & (last <= final)
    ended = whole_periods(first, np.where(observed, last, first), unit, up=True)
    alive = whole_periods(first, np.full(len(first), final), unit, up=False)
    return rows, np.where(observed, np.maximum(ended, 1), alive), observed


def _from_durations(table: Table) -> tuple[IntArray, NDArray[np.bool_]]:
    duration = numbers(table, "duration")
    if table["observed"].dtype != nw.Boolean:
        flags = numbers(table, "observed")
        bad_flag = (flags != 0) & (flags != 1)
    else:
        refuse_nulls(table["observed"], table.what, "drop these rows first")
        flags = np.asarray(table["observed"].to_numpy(), dtype=np.float64)
        bad_flag = np.zeros(len(flags), dtype=bool)
    observed = flags == 1
    bad = bad_flag | (duration != np.floor(duration)) | (duration < observed)
    if bad.any():
        raise DataError(
            f"{table.what}: {int(bad.sum()):,} rows have no whole duration (at least 1 where observed), or an "
            "observed that is neither true nor false",
            column="duration",
            count=int(bad.sum()),
            suggestion="durations count completed periods; for flags in words: cv.contracts(df, true_values=('Yes',))",
            code="duration",
            examples=np.flatnonzero(bad)[:5].tolist(),
        )
    return duration.astype(np.int64), observed
