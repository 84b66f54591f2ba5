"""Which rows of a lazy frame break a rule: columns of 0 and 1 beside those of the table, made in its engine."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from custval._check import Moment, moment, zone_named
from custval._frame import LazyTable, as_number, count_where, is_missing, nowhere, nw, wall_clock, zone_of_days
from custval._frame.engine_times import not_after
from custval.data_quality import _judge_rows_in_engine as rows
from custval.data_quality._days import require_days
from custval.data_quality._flag import Flag
from custval.data_quality._judge import EVERYWHERE, compares_days, condition_of
from custval.data_quality._judge_types import not_of_type_in_engine
from custval.data_quality._misfits import kind_of_column, misfit
from custval.data_quality._repeats_in_engine import count_of_equals, keys_of, place_among_equals
from custval.data_quality._rule import Rule
from custval.data_quality._wide import WIDE, whole
from custval.errors import ColumnError, CustvalError

__all__ = ["flagged", "flags_of", "refuse_unreadable_patterns"]

_LISTED = 1_000  # more values than these are no part of a query


def flags_of(rules: Sequence[Rule], table: LazyTable, prefix: str, key: str, tz: str | None) -> list[Flag]:
    """Say for each rule where it fails; nothing is run, unless a column cannot be read.

    Raises
    ------
    CustvalError
        If a rule needs an order of the rows, or what no engine does like another.
    DataError
        If it is not clear whose days are meant.
    """
    flags = []
    for number, rule in enumerate(rules):
        name = f"{prefix}fails_{number}"
        try:
            flags.append(_flag(rule, table, name, key, tz))
        except ColumnError as error:
            flags.append(Flag(rule, name, nw.lit(1), problem=str(error)))
    return _without_empty(flags, table)


def flagged(table: LazyTable, flags: Sequence[Flag]) -> nw.LazyFrame[Any]:
    """The table with the columns of these flags beside its own."""
    frame = table.frame
    working: dict[str, nw.Expr] = {}
    windows: dict[str, nw.Expr] = {}
    columns: dict[str, nw.Expr] = {}
    for flag in flags:
        working |= flag.working
        windows |= flag.windows
        columns[flag.column] = flag.fails
        if flag.ties is not None and flag.tied is not None:
            columns[flag.ties] = flag.tied
    frame = frame.with_columns(**working) if working else frame
    for on, values, found in (flag.lookup for flag in flags if flag.lookup is not None):
        frame = table.attach(frame, {on: values, found: np.ones(len(values), dtype=np.int64)}, [on])
    frame = frame.with_columns(**windows) if windows else frame
    for place in range(max((len(flag.stages) for flag in flags), default=0)):
        stage = [flag.stages[place] for flag in flags if place < len(flag.stages)]
        frame = frame.with_columns(**{name: made for columns in stage for name, made in columns.items()})
    try:
        return frame.with_columns(**columns) if columns else frame
    except Exception:
        refuse_unreadable_patterns(flags, table)  # DuckDB reads them when the query is put together
        raise


def refuse_unreadable_patterns(flags: Sequence[Flag], table: LazyTable) -> None:
    """After a query has failed: raise if it did because the engine cannot read a pattern."""
    for flag in flags:
        if flag.rule.check not in {"matches_pattern", "excludes_pattern"} or flag.problem is not None:
            continue
        try:
            table.facts(failures=count_where(_BY_ROW[flag.rule.check](flag.rule, table)))
        except Exception as error:
            raise CustvalError(
                f"{table.engine} cannot read the pattern of {flag.rule.name}, which on a lazy frame is read by the "
                f"engine and not by Python: {error}",
                column=flag.rule.columns[0],
                suggestion="write the pattern in the syntax of the engine, or collect the frame first",
                code="pattern",
            ) from error


def _without_empty(flags: list[Flag], table: LazyTable) -> list[Flag]:
    """A column without a value keeps every rule: engines differ in what type they give it."""
    doubtful = {flag.rule.columns[0] for flag in flags if flag.problem is not None and len(flag.rule.columns) == 1}
    if not doubtful:
        return flags
    names = sorted(doubtful)
    known = table.facts(
        **{f"known_{i}": count_where(~is_missing(name, table.schema[name])) for i, name in enumerate(names)}
    )
    empty = {name for i, name in enumerate(names) if not known[f"known_{i}"]}
    return [
        Flag(flag.rule, flag.column, nw.lit(0))
        if flag.problem is not None and set(flag.rule.columns) <= empty
        else flag
        for flag in flags
    ]


def _flag(rule: Rule, table: LazyTable, name: str, key: str, tz: str | None) -> Flag:
    if rule.check in _BY_WINDOW:
        return _BY_WINDOW[rule.check](rule, table, name, key)
    fails = _by_row(rule, table, tz)
    if len(rule.parameters.get("values", ())) > _LISTED:
        return _not_found(rule, table, name)
    return Flag(rule, name, as_number(fails))


def _by_row(rule: Rule, table: LazyTable, tz: str | None) -> nw.Expr:
    if rule.check in _BY_ROW:
        return _BY_ROW[rule.check](rule, table)
    if rule.check == "not_in_future":
        return _not_in_future(rule, table, tz)
    if compares_days(rule):
        require_days(table, rule.columns, tz)
    condition = condition_of(rule, table)
    if condition is None:
        raise CustvalError(f"there is no rule {rule.check!r}; rules are made by the functions of rules", code="rule")
    return condition


def _unique(rule: Rule, table: LazyTable, name: str, key: str) -> Flag:
    """Where rows are repeated, and where it is open which is the first."""
    columns = list(rule.columns) or table.columns
    working, keys = keys_of(table, columns, f"{name}_")
    known = None
    for column in rule.columns:
        known = _both(known, ~is_missing(column, table.schema[column]))
    repeated = as_number(_both(known, nw.col(f"{name}_n") > 1))
    if rule.parameters["keep"] == "none":
        return Flag(rule, name, repeated, working=working, windows={f"{name}_n": count_of_equals(keys, f"{name}_")})
    if not rule.columns:  # rows equal in all columns are the same, whichever is called the first
        place = place_among_equals(keys, keys[:1], f"{name}_")
        return Flag(rule, name, repeated, working=working, windows={f"{name}_n": place})
    further, order = keys_of(table, [key], f"{name}_")
    windows = {
        f"{name}_n": place_among_equals(keys, order, f"{name}_"),
        f"{name}_same": count_of_equals([*keys, *(column for column in order if column not in keys)], f"{name}_"),
    }
    tied = as_number(_both(known, nw.col(f"{name}_same") > 1))
    return Flag(rule, name, repeated, ties=f"{name}_ties", tied=tied, working={**working, **further}, windows=windows)


def _not_found(rule: Rule, table: LazyTable, name: str) -> Flag:
    """Where a value is none of many: these go up as a table, and are joined."""
    column, values = rule.columns[0], list(rule.parameters["values"])
    dtype = table.schema[column]
    kind: Any = nw.String
    if dtype.is_integer() and dtype not in WIDE:
        kind, values = nw.Int64, [int(value) for value in values if float(value).is_integer() and abs(value) < 2**63]
    elif dtype in WIDE:  # as text, which is exact
        values = list(map(str, whole(values)))
    elif dtype.is_numeric():
        kind, values = nw.Float64, [float(value) for value in values]
    on, found = f"{name}_value", f"{name}_found"
    missing = is_missing(column, dtype)
    working = {on: nw.when(~missing).then(nw.col(column).cast(kind))}
    absent = nw.col(found).is_null()
    fails = as_number(~missing & (~absent if rule.check == "not_in_set" else absent))
    return Flag(rule, name, fails, working=working, lookup=(on, values, found))


def _both(known: nw.Expr | None, condition: nw.Expr) -> nw.Expr:
    return condition if known is None else known & condition


def _matches_pattern(rule: Rule, table: LazyTable) -> nw.Expr:
    name = rule.columns[0]
    dtype = table.schema[name]
    if kind_of_column(dtype) != "text":
        raise misfit(rule, table, "text")
    text = nw.col(name) if dtype == nw.String else nw.col(name).cast(nw.String)
    # not ^ and $: in some dialects $ also stands before a newline at the end
    return ~nw.col(name).is_null() & ~text.str.contains(rf"\A(?:{rule.parameters['pattern']})\z")


def _excludes_pattern(rule: Rule, table: LazyTable) -> nw.Expr:
    name = rule.columns[0]
    dtype = table.schema[name]
    known = ~nw.col(name).is_null()
    if kind_of_column(dtype) != "text":
        return known & nowhere()
    text = nw.col(name) if dtype == nw.String else nw.col(name).cast(nw.String)
    return known & text.str.contains(rule.parameters["pattern"])


def _not_in_future(rule: Rule, table: LazyTable, tz: str | None) -> nw.Expr:
    name = rule.columns[0]
    wall, zone = wall_clock(table, name), getattr(table.schema[name], "time_zone", None)
    known, as_of = ~nw.col(name).is_null(), rule.parameters["as_of"]
    if as_of is not None:
        return known & ~not_after(wall, moment(as_of, "as_of", zone_of_days(table, name, tz) if zone else None))
    now = dt.datetime.now(dt.UTC)
    if zone is not None:
        return known & (nw.col(name) > nw.lit(now.astimezone(zone_named(zone))))
    latest = np.datetime64((now + EVERYWHERE).replace(tzinfo=None), "us")
    return known & ~not_after(wall, Moment(latest, whole_day=False))


_BY_WINDOW: dict[str, Callable[[Rule, LazyTable, str, str], Flag]] = {
    "constant": rows.constant,
    "monotone": rows.monotone,
    "near_duplicate": rows.near_duplicate,
    "no_outliers": rows.outlying,
    "refund_after_purchase": rows.unbought,
    "unique": _unique,
}
_BY_ROW: dict[str, Callable[[Rule, LazyTable], nw.Expr]] = {
    "excludes_pattern": _excludes_pattern,
    "matches_pattern": _matches_pattern,
    "of_type": not_of_type_in_engine,
}
