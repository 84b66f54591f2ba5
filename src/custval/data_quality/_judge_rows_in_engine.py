"""Rules about rows beside other rows, written as windows for the engine of a lazy frame."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from custval._check import span
from custval._frame import LazyTable, as_number, is_missing, nw, to_mapping, wall_clock
from custval._frame.engine_times import moment_number
from custval.data_quality._flag import Flag
from custval.data_quality._judge_rows import FEWEST, LEAST_SPREAD, TO_DEVIATION
from custval.data_quality._misfits import kind_of_column, misfit
from custval.data_quality._repeats_in_engine import keys_of
from custval.data_quality._rule import Rule
from custval.data_quality._wide import WIDE
from custval.errors import CustvalError

__all__ = ["constant", "monotone", "near_duplicate", "outlying", "unbought"]

_COUNTED = 4.6e12  # sizes from here on are more than millionths of them can be counted
_MILLIONTHS = 1_000_000


def monotone(rule: Rule, table: LazyTable, name: str, key: str) -> Flag:
    """Rows that fall below the known one before, by a column that orders them.

    Raises
    ------
    CustvalError
        If it is the order of the rows that is meant: they have none.
    """
    order_by = rule.parameters["order_by"]
    if order_by is None:
        raise CustvalError(
            f"{table.what} is a lazy frame, whose rows have no order, and {rule.name} is about their order",
            suggestion='order_by="…", a column of times, or collect the frame first, sorted',
            code="lazy",
        )
    column, *by = rule.columns[:-1]
    ordered = _ordered(rule, table, column)
    value, order, before = f"{name}_value", f"{name}_order", f"{name}_before"
    working, keys = keys_of(table, by, f"{name}_")
    further, last_of_all = keys_of(table, [key], f"{name}_")
    known = f"{name}_known"
    working |= further | {
        known: _known(table, rule.columns),
        value: _reversed(ordered) if rule.parameters["direction"] == "decreasing" else ordered,
        order: _ordered(rule, table, order_by),
    }
    in_order = [order, value, *(one for one in last_of_all if one not in keys)]
    now, last = nw.col(value), nw.col(before)
    falls = now <= last if rule.parameters["strict"] else now < last
    stage = {before: nw.col(value).shift(1).over(*keys, known, order_by=in_order)}
    return Flag(rule, name, as_number((nw.col(known) == 1) & falls), working=working, stages=[stage])


def _known(table: LazyTable, columns: Iterable[str]) -> nw.Expr:
    """1 where nothing is null in these columns."""
    conditions = [~is_missing(column, table.schema[column]) for column in columns]
    return as_number(nw.all_horizontal(*conditions, ignore_nulls=False) if len(conditions) > 1 else conditions[0])


def _reversed(values: nw.Expr) -> nw.Expr:
    """Numbers in the opposite order; the least whole number has no negative, but it has one of these."""
    return -1 - values


def _ordered(rule: Rule, table: LazyTable, column: str) -> nw.Expr:
    dtype = table.schema[column]
    if dtype.is_numeric():
        whole = nw.Int128 if dtype in WIDE else nw.Int64
        return nw.col(column).cast(whole if dtype.is_integer() else nw.Float64)
    if dtype not in (nw.Date, nw.Datetime):
        raise misfit(rule, table, "numbers", column)
    return moment_number(wall_clock(table, column))


def near_duplicate(rule: Rule, table: LazyTable, name: str, key: str) -> Flag:
    """Rows like an earlier one, but for the time, and a little later."""
    del key
    *columns, time = rule.columns
    compared = columns or [column for column in table.columns if column != time]
    instant, known, lag, before = (f"{name}_{part}" for part in ("time", "known", "lag", "before"))
    working, keys = keys_of(table, compared, f"{name}_")
    working |= {known: _known(table, rule.columns), instant: moment_number(wall_clock(table, time))}
    # of rows of one time the first has the earlier time before it, and the others have their own
    stages = [
        {lag: nw.col(instant).shift(1).over(*keys, known, order_by=[instant])},
        {before: nw.col(lag).min().over(*keys, known, instant)},
    ]
    gap = nw.col(instant) - nw.col(before)
    limit = round(span(rule.parameters["within"], "within").days * 86_400e6)
    fails = as_number((nw.col(known) == 1) & (gap > 0) & (gap <= limit))
    return Flag(rule, name, fails, working=working, stages=stages)


def unbought(rule: Rule, table: LazyTable, name: str, key: str) -> Flag:
    """Refunds that no earlier sale of their group, not yet taken back, makes up for: see `_kernels.refunds`."""
    column, *by, time = rule.columns
    dtype = table.schema[column]
    if not dtype.is_numeric():
        raise misfit(rule, table, "numbers")
    size = nw.col(column)
    units = size.cast(nw.Int64)
    counted = size.abs() < _COUNTED
    if not dtype.is_integer():
        size = size.cast(nw.Float64)
        countable = nw.when(size.abs() < _COUNTED).then(size)
        counted, units = ~countable.is_null(), (countable * _MILLIONTHS).round(0).cast(nw.Int64)
    unit, instant, back, known = (f"{name}_{part}" for part in ("units", "time", "back", "known"))
    walk, least, before = (f"{name}_{part}" for part in ("walk", "least", "before"))
    working, keys = keys_of(table, by, f"{name}_")
    further, order = keys_of(table, [key], f"{name}_")
    working |= further | {
        known: _known(table, rule.columns) * as_number(counted),
        unit: nw.when(counted).then(units),
        instant: moment_number(wall_clock(table, time)),
        back: as_number(size < 0),
    }
    group, in_time = [*keys, known], [instant, back, *(one for one in order if one not in keys)]
    stages = [
        {walk: nw.col(unit).cum_sum().over(*group, order_by=in_time)},
        {least: nw.col(walk).cum_min().over(*group, order_by=in_time)},
        {before: nw.col(least).shift(1).over(*group, order_by=in_time)},
    ]
    # a refund that finds too little takes the walk to a new low below zero
    low = (nw.col(walk) < 0) & (nw.col(before).is_null() | (nw.col(walk) < nw.col(before)))
    fails = as_number((nw.col(known) == 1) & (nw.col(back) == 1) & low)
    return Flag(rule, name, fails, working=working, stages=stages)


def outlying(rule: Rule, table: LazyTable, name: str, key: str) -> Flag:
    """Rows whose size is of another order than that of their group."""
    del key
    column, *by = rule.columns
    if not table.schema[column].is_numeric():
        raise misfit(rule, table, "numbers")
    size = nw.col(column).cast(nw.Float64).abs()
    judged = (size > 0) & (size < math.inf)
    value, known, middle, rows, all_rows = (f"{name}_{part}" for part in ("value", "known", "middle", "rows", "all"))
    overall, distance, other, spread, general = (f"{name}_{part}" for part in ("overall", "far", "other", "own", "gen"))
    working, keys = keys_of(table, by, f"{name}_")
    one = f"{name}_one"
    working |= {
        one: nw.lit(1),
        known: _known(table, rule.columns) * as_number(judged),
        value: nw.when(judged).then(size).otherwise(nw.lit(1.0)).log(),
    }
    group, small = [*keys, known], nw.col(rows) < FEWEST
    # what is usual in a small group is not known: all rows say it
    stages: list[dict[str, nw.Expr]] = [
        {
            middle: nw.col(value).median().over(*group),
            rows: nw.col(one).sum().over(*group),
            overall: nw.col(value).median().over(known),
            all_rows: nw.col(one).sum().over(known),
        },
        {
            distance: (nw.col(value) - nw.when(small).then(nw.col(overall)).otherwise(nw.col(middle))).abs(),
            other: (nw.col(value) - nw.col(overall)).abs(),
        },
        {spread: nw.col(distance).median().over(*group), general: nw.col(other).median().over(known)},
    ]
    threshold = rule.parameters["threshold"]
    usual = nw.when(small).then(nw.col(general)).otherwise(nw.col(spread))
    far = (nw.col(distance) > usual * (threshold * TO_DEVIATION)) & (nw.col(distance) > threshold * LEAST_SPREAD)
    fails = as_number((nw.col(known) == 1) & (nw.col(all_rows) >= FEWEST) & far)
    return Flag(rule, name, fails, working=working, stages=stages)


def constant(rule: Rule, table: LazyTable, name: str, key: str) -> Flag:
    """Rows with another value than the most frequent one, which is asked for now: one row crosses."""
    del key
    column = rule.columns[0]
    dtype = table.schema[column]
    if kind_of_column(dtype) not in {"text", "booleans"} and not dtype.is_integer():
        raise misfit(rule, table, "text, whole numbers or booleans")
    known = ~nw.col(column).is_null()
    counts = table.frame.filter(known).group_by(column).agg(custval_rows=nw.len())
    text = nw.col(column) if dtype == nw.String else nw.col(column).cast(nw.String)
    ordered = counts.with_columns(custval_text=text).sort("custval_rows", "custval_text", descending=[True, False])
    found: Sequence[Any] = to_mapping(table.fetch(ordered.head(1)))[column]
    if not found:
        return Flag(rule, name, nw.lit(0))
    return Flag(rule, name, as_number(known & (nw.col(column) != nw.lit(found[0]))))
