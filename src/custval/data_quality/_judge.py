"""Which rows break a rule.

What is decided row by row from constants alone (`not_null`, `in_range`, `in_set`, `references`, `expression`) is a
narwhals expression, for any engine (`condition_of`); what needs Python's regular expressions, the clock or other rows
reads arrays, and lazy frames have ways of their own for it.
"""

from __future__ import annotations

import datetime as dt
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from custval._check import moment
from custval._expression import from_data, parse_condition
from custval._frame import LazyTable, Table, codes, nulls, numbers, nw, times
from custval._kernels.calendar import not_after
from custval.data_quality._days import names_a_day
from custval.data_quality._repeats import repeats
from custval.data_quality._rule import Rule
from custval.errors import ColumnError, DataError
from custval.typing import IntArray

__all__ = ["EVERYWHERE", "WIDE", "Judgment", "compares_days", "condition_of", "judge", "kind_of_column", "misfit"]

_LARGEST = sys.float_info.max
WIDE = (nw.UInt64, nw.Int128, nw.UInt128)
EVERYWHERE = dt.timedelta(hours=14)  # of all zones UTC+14 is the first to see a day


@dataclass(frozen=True, slots=True)
class Judgment:
    """The rows that break a rule, and why all of them do where the rule could not be read."""

    failing: NDArray[np.bool_]
    problem: str | None = None


def judge(rule: Rule, table: Table) -> Judgment:
    """Find the rows that break a rule; all of them do if a column is of the wrong type.

    Raises
    ------
    ColumnError
        If a column is missing.
    """
    table.require(*rule.columns)
    if rule.check != "not_null" and len(rule.columns) == 1 and nulls(table[rule.columns[0]]).all():
        return Judgment(np.zeros(len(table), dtype=bool))  # libraries differ in what type they give such a column
    try:
        condition = condition_of(rule, table)
        if condition is not None:
            failing = table.frame.select(condition.alias("fails"))["fails"]
            return Judgment(np.asarray(failing.to_numpy(), dtype=bool))
        return Judgment(_MASKS[rule.check](rule, table))
    except (ColumnError, DataError) as error:
        return Judgment(np.ones(len(table), dtype=bool), str(error))


def condition_of(rule: Rule, table: Table | LazyTable) -> nw.Expr | None:
    """Where a rule fails, as an expression for any engine; None for a rule that is not decided row by row.

    Raises
    ------
    ColumnError
        If a column is of a type that does not fit.
    """
    return _CONDITIONS[rule.check](rule, table) if rule.check in _CONDITIONS else None


def compares_days(rule: Rule) -> bool:
    """Whether a rule compares times with days, so that it matters in which zone the days are counted."""
    if rule.check == "expression":
        return names_a_day(parse_condition(rule.parameters["condition"]))
    if rule.check == "in_range":
        return any(isinstance(bound, str) for bound in rule.parameters.values())
    return rule.check == "not_in_future" and rule.parameters["as_of"] is not None


# row by row: expressions


def _not_null(rule: Rule, table: Table | LazyTable) -> nw.Expr:
    return from_data(["not", ["is_null", {"column": rule.columns[0]}]]).fails(_readable(table))


def _readable(table: Table | LazyTable) -> Any:
    return table.frame if isinstance(table, LazyTable) else table


def _in_range(rule: Rule, table: Table | LazyTable) -> nw.Expr:
    column = {"column": rule.columns[0]}
    low, high = rule.parameters["low"], rule.parameters["high"]
    days = isinstance(low, str) or isinstance(high, str)
    links = []
    if low is not None or not days:
        links.append(["<=", {"date": low} if days else -_LARGEST if low is None else low, column])
    if high is not None or not days:
        links.append(["<=", column, {"date": high} if days else _LARGEST if high is None else high])
    try:
        return from_data(["and", *links] if len(links) == 2 else links[0]).fails(_readable(table))
    except ColumnError:
        raise misfit(rule, table, "dates or times" if days else "numbers") from None


def _in_set(rule: Rule, table: Table | LazyTable) -> nw.Expr:
    name, values = rule.columns[0], list(rule.parameters["values"])
    dtype = _dtype(table, name)
    held, wanted = kind_of_column(dtype), _kind_of(values[0]) if values else ""
    if values and held != wanted:
        raise misfit(rule, table, wanted)
    column, known = nw.col(name), ~nw.col(name).is_null()
    if held == "numbers" and dtype.is_integer() and dtype not in WIDE:
        column, values = column.cast(nw.Int64), [int(v) for v in values if float(v).is_integer() and abs(v) < 2**63]
    elif held == "numbers":
        column, values = column.cast(nw.Float64), [float(v) for v in values]
        known &= ~column.is_nan().fill_null(value=True)
    elif held == "text":
        column = column.cast(nw.String)
    return known & ~column.is_in(values).fill_null(value=False) if values else known


def misfit(rule: Rule, table: Table | LazyTable, wanted: str) -> ColumnError:
    """The error about a column whose type a rule cannot read."""
    name = rule.columns[0]
    held = kind_of_column(_dtype(table, name))
    message = f"{table.what}: column {name!r} must hold {wanted}, for {rule.name}; it holds {held}"
    return ColumnError(message, column=name, suggestion="convert the column first")


def _dtype(table: Table | LazyTable, name: str) -> Any:
    return table.schema[name] if isinstance(table, LazyTable) else table[name].dtype


def _kind_of(value: Any) -> str:
    return "booleans" if isinstance(value, bool) else "text" if isinstance(value, str) else "numbers"


def kind_of_column(dtype: Any) -> str:
    """What a column holds, in the words of the rules: text, booleans, numbers, or the type itself."""
    if dtype in (nw.String, nw.Categorical, nw.Enum):
        return "text"
    return "booleans" if dtype == nw.Boolean else "numbers" if dtype.is_numeric() else str(dtype)


def _expression(rule: Rule, table: Table | LazyTable) -> nw.Expr:
    return parse_condition(rule.parameters["condition"]).fails(_readable(table))


_CONDITIONS: dict[str, Callable[[Rule, Table | LazyTable], nw.Expr]] = {
    "not_null": _not_null,
    "in_range": _in_range,
    "in_set": _in_set,
    "references": _in_set,
    "expression": _expression,
}


# by other means: masks


def _unique(rule: Rule, table: Table) -> NDArray[np.bool_]:
    failing = repeats(table, rule.columns or None, rule.parameters["keep"])
    for column in rule.columns:
        failing &= ~nulls(table[column])
    return failing


def _matches_pattern(rule: Rule, table: Table) -> NDArray[np.bool_]:
    series = table[rule.columns[0]]
    failing = np.zeros(len(table), dtype=bool)
    known = np.flatnonzero(~nulls(series))
    if kind_of_column(series.dtype) != "text":
        raise misfit(rule, table, "text")
    code, distinct = codes(series[known], ordered=False)
    matches = re.compile(rule.parameters["pattern"]).fullmatch
    failing[known] = np.array([matches(str(text)) is None for text in distinct.to_list()])[code]
    return failing


def _not_in_future(rule: Rule, table: Table) -> NDArray[np.bool_]:
    name = rule.columns[0]
    column = times(table, name)
    as_of = rule.parameters["as_of"]
    if as_of is None:
        now = dt.datetime.now(dt.UTC).replace(tzinfo=None) + (EVERYWHERE if column.zone is None else dt.timedelta())
        return ~not_after(column.instant, np.datetime64(now, "us"), whole_day=False)
    latest = moment(as_of, "as_of", column.zone)
    # NaT is the least integer, and so never after anything
    return ~not_after(column.wall, latest.stamp, whole_day=latest.whole_day)


def _monotone(rule: Rule, table: Table) -> NDArray[np.bool_]:
    name, *by = rule.columns
    known = ~nulls(table[name])
    for column in by:
        known &= ~nulls(table[column])
    lines = np.flatnonzero(known)
    failing = np.zeros(len(table), dtype=bool)
    if not lines.size:
        return failing
    values = _ordered(table, name, lines)
    if rule.parameters["direction"] == "decreasing":
        values = -values
    group = np.zeros(lines.size, dtype=np.int64)
    for column in by:
        code, distinct = codes(table[column][lines], ordered=False)
        group = np.unique(group * len(distinct) + code, return_inverse=True)[1]
    order = np.argsort(group, kind="stable")
    values, same = values[order], group[order][1:] == group[order][:-1]
    falls = values[1:] <= values[:-1] if rule.parameters["strict"] else values[1:] < values[:-1]
    failing[lines[order[1:]]] = same & falls
    return failing


def _ordered(table: Table, name: str, lines: IntArray) -> NDArray[Any]:
    """The numbers, or the times as numbers, in these rows, none of them null."""
    series = table[name]
    if series.dtype.is_numeric():
        kind = nw.Int64 if series.dtype.is_integer() and series.dtype != nw.UInt64 else nw.Float64
        return np.asarray(series[lines].cast(kind).to_numpy())
    try:
        return times(table, name).instant[lines].view(np.int64)
    except ColumnError:
        return numbers(table, name, missing=True)[lines]


_MASKS: dict[str, Callable[[Rule, Table], NDArray[np.bool_]]] = {
    "unique": _unique,
    "matches_pattern": _matches_pattern,
    "not_in_future": _not_in_future,
    "monotone": _monotone,
}
