"""The summary of transaction lines as a query, for lazy frames: nothing but a few numbers comes to Python.

Lines are grouped to customer × period, and those to customers. What the sums of a customer need of the first occasion
is joined onto the occasions, so that money is summed under conditions and never as a difference of sums.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from custval._check import Moment
from custval._frame import (
    LazyTable,
    count_where,
    look,
    nw,
    require_identifiers,
    require_numbers,
    wall_clock,
    zone_of_days,
)
from custval._frame.engine_times import ends_of, moment_number, not_after, period_number, refuse_infinite
from custval._kernels.calendar import units_per_period
from custval.summary._windows import before_all_lines

__all__ = ["LazyLines", "Window", "lazy_lines", "summarize_lazily", "up_to"]

_WAYS_OUT = {
    "customer_id": "leave these rows out first, as data_quality.clean_transactions does",
    "timestamp": "leave these rows out first",
    "amount": "leave these rows out, or fill them, first",
}

Span: TypeAlias = tuple[np.datetime64, np.datetime64]
"""The first and the last moment of the data, on their clock."""


@dataclass(frozen=True, slots=True)
class LazyLines:
    """Transaction lines in their engine.

    Attributes
    ----------
    frame : lazy frame
        `customer_id, timestamp, period`, and `amount`, `order_id` as far as there are such columns.
    has_amount, has_order : bool
    zone : str or None
    checked : bool
        Whether the data have been asked for the next two.
    span : tuple of datetime64, or None
        Their first and last moment; None if there are no lines.
    last_period : int or None
    """

    table: LazyTable
    frame: nw.LazyFrame[Any]
    grain: str
    has_amount: bool
    has_order: bool
    zone: str | None
    checked: bool
    span: Span | None
    last_period: int | None

    @property
    def wall(self) -> nw.Expr:
        """The wall clock of the lines."""
        return wall_clock(self.table, "timestamp")

    def refuse_before(self, end: Moment, name: str) -> None:
        """Raise if a window ends before all lines, as far as they have been asked for."""
        if not self.checked or (self.span is not None and end.last >= self.span[0]):
            return
        raise before_all_lines(end, name, self.span)


@dataclass(frozen=True, slots=True)
class Window:
    """The periods after `split` up to `final`: what is held out."""

    split: int
    final: int


def lazy_lines(table: LazyTable, grain: str, tz: str | None, *, check: bool) -> LazyLines:
    """Check transactions and number their periods, in the engine.

    Raises
    ------
    ColumnError
        If a column is missing or of a type that cannot serve.
    DataError
        If `check`, and customers, times or amounts are missing or infinite; if it is not clear whose days are meant.
    """
    table.require("customer_id", "timestamp", door="transactions")
    require_identifiers(table, "customer_id", "transactions")
    wall = wall_clock(table, "timestamp", "transactions")
    zone = zone_of_days(table, "timestamp", tz)
    stamp = nw.col("timestamp") if table.schema["timestamp"] != nw.Date else wall
    chosen = [nw.col("customer_id"), stamp.alias("timestamp"), period_number(wall, grain, table.engine).alias("period")]
    if "amount" in table:
        require_numbers(table, "amount")
        chosen.append(nw.col("amount").cast(nw.Float64))
    if "order_id" in table:
        chosen.append(nw.col("order_id"))
    span, last = _look(table, wall, grain) if check else (None, None)
    frame = table.frame.select(*chosen)
    return LazyLines(table, frame, grain, "amount" in table, "order_id" in table, zone, check, span, last)


def summarize_lazily(
    lines: LazyLines, final: int | None, unit: str, *, regularity: bool = False, held: Window | None = None
) -> Any:
    """The summary of lines up to the period `final` (None: their last), and of what is held out after it."""
    factor = units_per_period(lines.grain, unit)
    occasions = _occasions(lines)
    makes, now = nw.col("makes") > 0, None if held is None else nw.col("period") <= held.split
    occasions = occasions.with_columns(bought=nw.when(makes if now is None else makes & now).then(nw.col("period")))
    if lines.has_amount:
        # not a window over the occasions: DuckDB would group the lines twice for it
        occasions = occasions.join(_first_periods(lines, held), on="customer_id", how="left")
        repeats = nw.when(nw.col("bought") > nw.col("first")).then(nw.col("money"))
        occasions = occasions.with_columns(repeat_money=repeats.otherwise(nw.lit(0.0)))
    if regularity:
        occasions = _with_intervals(occasions, factor)
    customers = occasions.group_by("customer_id").agg(**_sums(lines, now, regularity=regularity))
    customers = customers.filter(nw.col("occasions") > 0)
    if lines.has_order:
        customers = customers.join(_orders(lines, held), on="customer_id", how="left")
    if final is None:  # nothing was asked of the data, so that their end is known to the engine only
        customers = customers.join(lines.frame.select(final=nw.col("period").max()), how="cross")
    return lines.table.leave(_columns(customers, lines, final, unit, factor, regularity=regularity, held=held))


def _look(table: LazyTable, wall: nw.Expr, grain: str) -> tuple[Span | None, int]:
    """One small aggregate: what must not be missing, and where the data begin and end."""
    first, last = wall.min(), wall.max()
    asked = {"first": moment_number(first), "last": moment_number(last), "period": period_number(last, grain)}
    if getattr(table.schema["timestamp"], "time_zone", None) is not None:
        # where clocks are set back at midnight, the last instant need not be on the last day
        asked = {"first": moment_number(wall).min(), "last": moment_number(wall).max()}
        asked["period"] = period_number(wall, grain).max()
    needed = {name: way for name, way in _WAYS_OUT.items() if name in table}
    asked |= ends_of("times", wall)
    found = look(table, needed, finite=["amount"] if "amount" in table else [], **asked)
    refuse_infinite(table, "timestamp", "times", found)
    if not found["rows"]:
        return None, 0
    return (np.datetime64(found["first"], "us"), np.datetime64(found["last"], "us")), found["period"]


def _makes(lines: LazyLines) -> nw.Expr:
    """Which lines make an occasion."""
    return nw.col("amount") > 0 if lines.has_amount else ~nw.col("period").is_null()


def _occasions(lines: LazyLines) -> nw.LazyFrame[Any]:
    """Customer × period: how many lines make an occasion of it, when the first and the last were, and the money."""
    asked: dict[str, nw.Expr] = {"makes": nw.col("made_at").count()}
    asked["first_line"], asked["last_line"] = nw.col("made_at").min(), nw.col("made_at").max()
    if lines.has_amount:
        asked["money"] = nw.col("amount").sum()
    # aggregates of plain columns only: those of conditions come out wrong on Dask
    each = lines.frame.with_columns(
        made_at=nw.when(_makes(lines)).then(nw.col("timestamp")),
    )
    return each.group_by("customer_id", "period").agg(**asked)


def _first_periods(lines: LazyLines, held: Window | None) -> nw.LazyFrame[Any]:
    """The period of each customer's first occasion."""
    makes = _makes(lines) if held is None else _makes(lines) & (nw.col("period") <= held.split)
    return lines.frame.filter(makes).group_by("customer_id").agg(first=nw.col("period").min())


def _with_intervals(occasions: nw.LazyFrame[Any], factor: float) -> nw.LazyFrame[Any]:
    # in periods without an occasion nothing is bought: they are put last, and their intervals are not counted
    order = nw.when(nw.col("bought").is_null()).then(nw.lit(1)).otherwise(nw.lit(0))
    occasions = occasions.with_columns(without=order)
    before = nw.col("bought").shift(1).over("customer_id", order_by=["without", "period"])
    occasions = occasions.with_columns(before=before)
    steps = nw.when(nw.col("bought") > nw.col("before")).then(nw.col("bought") - nw.col("before"))
    return occasions.with_columns(log_interval=(steps.cast(nw.Float64) * factor).log())


def _sums(lines: LazyLines, now: nw.Expr | None, *, regularity: bool) -> dict[str, nw.Expr]:
    """The aggregates of a customer over the periods; those of now, and those that are held out."""

    def in_time(column: str) -> nw.Expr:
        return nw.col(column) if now is None else nw.when(now).then(nw.col(column))

    bought = nw.col("bought")
    asked = {
        "occasions": bought.count(),
        "first_period": bought.min(),
        "last_period": bought.max(),
        "first_purchase": in_time("first_line").min(),
        "last_purchase": in_time("last_line").max(),
    }
    if not lines.has_order:
        asked["orders"] = in_time("makes").sum()
    if lines.has_amount:
        asked["repeat_money"] = nw.col("repeat_money").sum()
        asked["total_amount"] = in_time("money").sum()
    if regularity:
        asked["sum_log_intervals"] = nw.col("log_interval").sum()
    if now is not None:
        later = ~now & (nw.col("makes") > 0)
        asked["holdout_frequency"] = count_where(later)
        if lines.has_amount:
            asked["holdout_money"] = nw.when(later).then(nw.col("money")).otherwise(nw.lit(0.0)).sum()
    return asked


def _orders(lines: LazyLines, held: Window | None) -> nw.LazyFrame[Any]:
    """Distinct orders of each customer; a line without an order is one of its own."""
    makes = _makes(lines) if held is None else _makes(lines) & (nw.col("period") <= held.split)
    missing = nw.col("order_id").is_null()
    named = lines.frame.filter(makes, ~missing).select("customer_id", "order_id").unique()
    # counted after `unique`: distinct counts differ in how they take null, and Dask's are wrong
    each = named.select("customer_id", n_orders=nw.lit(1))
    alone = lines.frame.filter(makes, missing).select("customer_id", n_orders=nw.lit(1))
    return nw.concat([each, alone]).group_by("customer_id").agg(orders=nw.col("n_orders").sum())


def _columns(
    customers: nw.LazyFrame[Any],
    lines: LazyLines,
    final: int | None,
    unit: str,
    factor: float,
    *,
    regularity: bool,
    held: Window | None,
) -> nw.LazyFrame[Any]:
    """The columns of a summary, by name and in order."""
    first, last = nw.col("first_period"), nw.col("last_period")
    end = nw.col("final") if final is None else nw.lit(final)
    frequency = nw.col("occasions").cast(nw.Int64) - 1
    columns: dict[str, nw.Expr] = {
        "customer_id": nw.col("customer_id"),
        "frequency": frequency,
        "recency": (last - first).cast(nw.Float64) * factor,
        "T": (end - first).cast(nw.Float64) * factor,
    }
    if lines.has_amount:
        mean = nw.col("repeat_money") / frequency.cast(nw.Float64)
        columns["monetary_value"] = nw.when(frequency > 0).then(mean).otherwise(nw.lit(0.0))
    columns["orders"] = nw.col("orders").cast(nw.Int64)
    if lines.has_amount:
        columns["total_amount"] = nw.col("total_amount")
    columns["time_since_last"] = (end - last).cast(nw.Float64) * factor
    columns["first_purchase"], columns["last_purchase"] = nw.col("first_purchase"), nw.col("last_purchase")
    if regularity:
        columns["sum_log_intervals"] = nw.when(frequency > 0).then(nw.col("sum_log_intervals")).otherwise(nw.lit(0.0))
    columns["unit"] = nw.lit(unit)
    if held is not None:
        count = nw.col("holdout_frequency").cast(nw.Int64)
        columns["holdout_frequency"] = count
        columns["holdout_T"] = nw.lit(float((held.final - held.split) * factor))
        if lines.has_amount:
            mean = nw.col("holdout_money") / count.cast(nw.Float64)
            columns["holdout_monetary_value"] = nw.when(count > 0).then(mean).otherwise(nw.lit(0.0))
    return customers.select(**columns)


def up_to(lines: LazyLines, end: Moment) -> nw.Expr:
    """Which lines lie at or before a moment."""
    return not_after(lines.wall, end, lines.table.engine)
