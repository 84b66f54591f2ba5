"""Transaction lines as arrays, and the summary of them: the path of eager frames."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from custval._check import Moment
from custval._frame import (
    Table,
    identifiers,
    labels,
    nulls,
    numbers,
    nw,
    refuse_nulls,
    refuse_other_zone,
    stamps,
    times,
)
from custval._frame import codes as codes_of
from custval._kernels import occasions as kernel
from custval._kernels.calendar import not_after, period_number, units_per_period
from custval.summary._windows import before_all_lines
from custval.typing import FloatArray, IntArray

__all__ = ["Lines", "Summary", "read", "refuse_before", "summary_of"]


@dataclass(frozen=True, slots=True)
class Lines:
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

    def where(self, mask: NDArray[np.bool_]) -> Lines:
        """Some of the lines."""
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


def read(table: Table, grain: str, tz: str | None = None) -> Lines:
    """Transactions as arrays, checked."""
    table.require("customer_id", "timestamp", door="transactions")
    refuse_nulls(table["timestamp"], table.what, "drop these rows first: df = df[df['timestamp'].notna()]")
    stamp = times(table, "timestamp", "transactions")
    refuse_other_zone(stamp.zone, tz, table.what)
    code, customers = identifiers(table, "customer_id", "transactions")
    amount = numbers(table, "amount") if "amount" in table else None
    order = _order_codes(table["order_id"]) if "order_id" in table else None
    period = period_number(stamp.wall, grain)
    return Lines(table, grain, customers, code, stamp.instant, stamp.wall, stamp.zone, period, amount, order)


def _order_codes(series: nw.Series[Any]) -> IntArray:
    missing = nulls(series)
    if not missing.any():
        return codes_of(series, ordered=False)[0]
    result = np.full(len(series), -1, dtype=np.int64)
    result[~missing] = codes_of(series[np.flatnonzero(~missing)], ordered=False)[0]
    return result


def refuse_before(lines: Lines, end: Moment, name: str) -> None:
    """Raise if a window ends before all lines."""
    if len(lines.code) and not_after(lines.wall, end.stamp, whole_day=end.whole_day).any():
        return
    raise before_all_lines(end, name, (lines.wall.min(), lines.wall.max()) if len(lines.code) else None)


@dataclass(frozen=True, slots=True)
class Summary:
    """A summary before it is packed: `rows` numbers the customers that have a row among all of the lines'."""

    lines: Lines
    rows: IntArray
    columns: dict[str, Any]
    unit: str

    def frame(self, more: dict[str, Any] | None = None) -> Any:
        """The summary as a frame, and more columns behind it."""
        table = self.lines.table
        unit = labels(table, "unit", np.zeros(len(self.rows), np.int64), [self.unit])
        customers = self.lines.customers
        ids = customers if len(self.rows) == len(customers) else customers[self.rows]
        return table.make({"customer_id": ids, **self.columns, "unit": unit, **(more or {})})


def summary_of(lines: Lines, final: int, unit: str, *, regularity: bool) -> Summary:
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
    return Summary(lines, rows, columns, unit)


def _orders(makes: Lines, n: int) -> IntArray:
    if makes.order is None:
        return np.bincount(makes.code, minlength=n).astype(np.int64)
    return kernel.count_distinct(makes.code, n, makes.order)
