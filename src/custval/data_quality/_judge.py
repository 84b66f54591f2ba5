"""Which rows break a rule.

What is decided row by row from constants alone (`not_null`, `in_range`, `in_set`, `expression`, …) is a narwhals
expression, for any engine (`condition_of`); what needs Python's regular expressions, the clock or other rows
reads arrays, and lazy frames have ways of their own for it.
"""

from __future__ import annotations

import datetime as dt
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from custval._check import moment
from custval._expression import Expression, from_data, parse_condition
from custval._frame import (
    LazyTable,
    Table,
    as_text_column,
    coded_texts,
    is_missing,
    is_times,
    nulls,
    nw,
    times,
    zone_of,
)
from custval._kernels.calendar import not_after
from custval.data_quality import _judge_rows as rows
from custval.data_quality._column_profile import kind_of
from custval.data_quality._days import names_a_day
from custval.data_quality._judge_types import not_of_type
from custval.data_quality._misfits import dtype_of, kind_of_column, kind_of_value, misfit
from custval.data_quality._repeats import repeats
from custval.data_quality._rule import Rule
from custval.data_quality._wide import WIDE, unsigned, whole
from custval.errors import ColumnError, DataError

__all__ = ["EVERYWHERE", "Judgment", "compares_days", "condition_of", "in_set", "judge", "none_of"]

_LARGEST = sys.float_info.max
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
    if rule.check != "not_null" and len(rule.columns) == 1 and _knows_nothing(table[rule.columns[0]]):
        return Judgment(np.zeros(len(table), dtype=bool))  # libraries differ in what type they give such a column
    try:
        table = _with_known_times(table, rule.columns)
        failing = _at_once(rule, table)
        if failing is None:
            condition = condition_of(rule, table)
            failing = _MASKS[rule.check](rule, table) if condition is None else _true(table, condition)
        return Judgment(failing)
    except (ColumnError, DataError) as error:
        return Judgment(np.ones(len(table), dtype=bool), str(error))
    except OverflowError:  # whole numbers of Python beyond every float
        if rule.check == "not_null":
            return Judgment(nulls(table[rule.columns[0]]))
        return Judgment(np.ones(len(table), dtype=bool), "holds whole numbers beyond the largest float")
    except UnicodeEncodeError:  # halves of characters, for which Arrow's text has no room
        texts = [as_text_column(table[name]) for name in rule.columns if table[name].dtype == nw.String]
        return judge(rule, replace(table, frame=table.frame.with_columns(*texts)))


def _knows_nothing(series: nw.Series[Any]) -> bool:
    return all(bool(nulls(rows).all()) for rows in (series.head(10), series))


def _at_once(rule: Rule, table: Table) -> NDArray[np.bool_] | None:
    """What the condition of a rule says, by faster means; None where there are none."""
    if rule.check in _WRITTEN and all(name in table for name in _WRITTEN[rule.check](rule).columns):
        return _WRITTEN[rule.check](rule).fails_on_arrays(table)
    if rule.check in {"in_set", "references"}:
        return none_of_at_once(rule, table)
    if rule.check == "not_in_set":
        others = none_of_at_once(rule, table)
        return None if others is None else ~others & ~nulls(table[rule.columns[0]])
    return None


def _true(table: Table, condition: nw.Expr) -> NDArray[np.bool_]:
    return np.asarray(table.frame.select(condition.alias("fails"))["fails"].to_numpy(), dtype=bool)


def _with_known_times(table: Table, columns: tuple[str, ...]) -> Table:
    """The table with the wall clock for times whose type the expressions do not know."""
    # narwhals does not read zones such as America/New_York off a type of pandas
    unknown = [name for name in columns if table[name].dtype != nw.Datetime and zone_of(table[name]) is not None]
    # pandas before 3.0 keeps far years as objects, and does not compare those with Arrow's times
    far = [name for name in columns if table[name].dtype == nw.Object and kind_of(table, name) == "time"]
    if far:
        unknown = [name for name in columns if name in far or is_times(table[name])]
    if not unknown:
        return table
    walls = {name: table.series(name, times(table, name).wall.astype("M8[us]")) for name in unknown}
    return replace(table, frame=table.frame.with_columns(*walls.values()))


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


def _not_null(rule: Rule) -> Expression:
    return from_data(["not", ["is_null", {"column": rule.columns[0]}]])


def _in_range(rule: Rule) -> Expression:
    column = {"column": rule.columns[0]}
    low, high, days = rule.parameters["low"], rule.parameters["high"], compares_days(rule)
    links = []
    if low is not None or not days:
        links.append(["<=", {"date": low} if days else -_LARGEST if low is None else low, column])
    if high is not None or not days:
        links.append(["<=", column, {"date": high} if days else _LARGEST if high is None else high])
    return from_data(["and", *links] if len(links) == 2 else links[0])


def _expression(rule: Rule) -> Expression:
    return parse_condition(rule.parameters["condition"])


_WRITTEN: dict[str, Callable[[Rule], Expression]] = {
    "not_null": _not_null,
    "in_range": _in_range,
    "expression": _expression,
}
"""Rules that are written in the language of expressions."""


def _written(rule: Rule, table: Table | LazyTable) -> nw.Expr:
    try:
        return _WRITTEN[rule.check](rule).fails(_readable(table))
    except ColumnError:
        if rule.check != "in_range":
            raise
        raise misfit(rule, table, "dates or times" if compares_days(rule) else "numbers") from None


def _readable(table: Table | LazyTable) -> Any:
    return table.frame if isinstance(table, LazyTable) else table


def in_set(rule: Rule, table: Table | LazyTable) -> nw.Expr:
    """Where a known value is none of those of a rule."""
    name, values = rule.columns[0], list(rule.parameters["values"])
    dtype = dtype_of(table, name)
    held, wanted = kind_of_column(dtype), kind_of_value(values[0]) if values else ""
    if values and held != wanted:
        raise misfit(rule, table, wanted)
    column, known = nw.col(name), ~nw.col(name).is_null()
    if held == "numbers" and dtype.is_integer() and dtype not in WIDE:
        column, values = column.cast(nw.Int64), [int(v) for v in values if float(v).is_integer() and abs(v) < 2**63]
    elif held == "numbers" and dtype in WIDE:  # of a lazy frame; floats would not be exact
        column, values = column.cast(nw.String), list(map(str, whole(values)))
    elif held == "numbers":
        column, values = column.cast(nw.Float64), [float(v) for v in values]
        known &= ~column.is_nan().fill_null(value=True)
    elif held == "text":
        column = column.cast(nw.String)
    return known & ~column.is_in(values).fill_null(value=False) if values else known


def none_of(rule: Rule, table: Table) -> NDArray[np.bool_]:
    """The same of a table that is in memory."""
    found = none_of_at_once(rule, table)
    return _true(table, in_set(rule, table)) if found is None else found


def none_of_at_once(rule: Rule, table: Table) -> NDArray[np.bool_] | None:
    """The same by faster or more exact means; None where there are none."""
    series, values = table[rule.columns[0]], frozenset(rule.parameters["values"])
    if series.dtype in WIDE and all(kind_of_value(value) == "numbers" for value in values):
        known = np.flatnonzero(~nulls(series))
        found = np.zeros(len(series), dtype=bool)
        found[known] = ~_are_among(series[known], values)
        return found
    return _none_of_texts(series, values)


def _are_among(series: nw.Series[Any], values: frozenset[Any]) -> NDArray[np.bool_]:
    """Which of these whole numbers, some beyond 2⁶³, are among the values: as floats they would not be exact."""
    if series.dtype == nw.UInt64:
        wanted = [value for value in whole(values) if 0 <= value < 2**64]
        # by sorting: the table that numpy looks numbers up in overflowed before 2.0
        return np.isin(unsigned(series), np.array(wanted, dtype=np.uint64), kind="sort")
    return np.array([value in values for value in series.to_list()], dtype=bool)


def _none_of_texts(series: nw.Series[Any], values: frozenset[Any]) -> NDArray[np.bool_] | None:
    """Of texts of pandas which are Python's own, or categories: each is looked up once; else None."""
    if not series.implementation.is_pandas() or kind_of_column(series.dtype) != "text":
        return None
    is_arrow = series.dtype == nw.String and series.to_native().dtype != object  # which looks them up itself
    if is_arrow or not all(isinstance(value, str) for value in values):
        return None
    try:
        code, distinct = coded_texts(series)
    except TypeError:  # among the texts is something that has no hash
        return None
    if not all(isinstance(text, str) for text in distinct):
        return None
    return np.array([*(text not in values for text in distinct), False], dtype=bool)[code]


def _not_in_set(rule: Rule, table: Table | LazyTable) -> nw.Expr:
    name = rule.columns[0]
    return ~is_missing(name, dtype_of(table, name)) & ~in_set(rule, table)


def _varied(rule: Rule, table: Table | LazyTable) -> nw.Expr:
    first, *others = rule.columns
    for name in rule.columns:
        if not dtype_of(table, name).is_numeric():
            raise misfit(rule, table, "numbers", name)
    same = ~is_missing(first, dtype_of(table, first))
    for name in others:
        same &= (nw.col(name) == nw.col(first)).fill_null(value=False)
    return same


_CONDITIONS: dict[str, Callable[[Rule, Table | LazyTable], nw.Expr]] = {
    **dict.fromkeys(_WRITTEN, _written),
    "in_set": in_set,
    "not_in_set": _not_in_set,
    "references": in_set,
    "varied": _varied,
}


# by other means: masks


def _unique(rule: Rule, table: Table) -> NDArray[np.bool_]:
    failing = repeats(table, rule.columns or None, rule.parameters["keep"])
    for column in rule.columns:
        failing &= ~nulls(table[column])
    return failing


def _matches_pattern(rule: Rule, table: Table) -> NDArray[np.bool_]:
    if kind_of_column(table[rule.columns[0]].dtype) != "text":
        raise misfit(rule, table, "text")
    matches = re.compile(rule.parameters["pattern"]).fullmatch
    return _where_text(table[rule.columns[0]], lambda text: matches(text) is None)


def _excludes_pattern(rule: Rule, table: Table) -> NDArray[np.bool_]:
    series = table[rule.columns[0]]
    search = re.compile(rule.parameters["pattern"]).search
    if series.dtype == nw.Object:
        found = [isinstance(value, str) and search(value) is not None for value in series.to_list()]
        return np.array(found, dtype=bool)
    if kind_of_column(series.dtype) != "text":
        return np.zeros(len(table), dtype=bool)
    return _where_text(series, lambda text: search(text) is not None)


def _where_text(series: nw.Series[Any], condition: Callable[[str], bool]) -> NDArray[np.bool_]:
    """Where a known text meets a condition, asked once for each distinct one."""
    code, distinct = coded_texts(series)
    # the last, at -1, is that of nulls
    return np.array([*(condition(str(text)) for text in distinct), False], dtype=bool)[code]


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


_MASKS: dict[str, Callable[[Rule, Table], NDArray[np.bool_]]] = {
    "unique": _unique,
    "matches_pattern": _matches_pattern,
    "excludes_pattern": _excludes_pattern,
    "not_in_future": _not_in_future,
    "of_type": not_of_type,
    "constant": rows.constant,
    "monotone": rows.monotone,
    "near_duplicate": rows.near_duplicate,
    "no_outliers": rows.outlying,
    "refund_after_purchase": rows.unbought,
}
