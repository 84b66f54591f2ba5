"""Which rows break a rule because of other rows of the table."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from custval._check import span
from custval._frame import Table, nulls, numbers, nw, times
from custval._kernels.refunds import net_refunds
from custval._kernels.robust import MAD_OF_NORMAL, group_quantiles
from custval.data_quality._groups import groups, known_rows
from custval.data_quality._misfits import kind_of_column, misfit
from custval.data_quality._repeats import repeats
from custval.data_quality._rule import Rule
from custval.data_quality._text import column_as_text
from custval.data_quality._wide import unsigned
from custval.errors import ColumnError
from custval.typing import FloatArray, IntArray

__all__ = ["FEWEST", "LEAST_SPREAD", "TO_DEVIATION", "constant", "monotone", "near_duplicate", "outlying", "unbought"]

FEWEST = 6  # rows of a group in which something can be unusual
LEAST_SPREAD = math.log(2.0)
TO_DEVIATION = 1.0 / MAD_OF_NORMAL


def monotone(rule: Rule, table: Table) -> NDArray[np.bool_]:
    """Rows that fall below the known one before."""
    order_by = rule.parameters["order_by"]
    name, *by = rule.columns if order_by is None else rule.columns[:-1]
    lines = known_rows(table, rule.columns)
    failing = np.zeros(len(table), dtype=bool)
    if not lines.size:
        return failing
    values = _ordered(table, name, lines)
    if rule.parameters["direction"] == "decreasing":
        values = ~values if values.dtype.kind == "i" else -values  # the least whole number has no negative
    group = groups(table, by, lines)
    if order_by is None:
        order = np.argsort(group, kind="stable")
    else:
        order = np.lexsort((values, _ordered(table, order_by, lines), group))
    values, same = values[order], group[order][1:] == group[order][:-1]
    falls = values[1:] <= values[:-1] if rule.parameters["strict"] else values[1:] < values[:-1]
    failing[lines[order[1:]]] = same & falls
    return failing


def _ordered(table: Table, name: str, lines: IntArray) -> NDArray[Any]:
    """The numbers, or the times as numbers, in these rows, none of them null."""
    series = table[name]
    if series.dtype == nw.UInt64:  # moved to where the signed ones are
        return (unsigned(series[lines]) ^ np.uint64(2**63)).view(np.int64)
    if series.dtype in (nw.Int128, nw.UInt128):
        ranks = np.unique(np.array(series[lines].to_list(), dtype=object), return_inverse=True)[1]
        return np.asarray(ranks, dtype=np.int64)
    if series.dtype.is_numeric():
        return np.asarray(series[lines].cast(nw.Int64 if series.dtype.is_integer() else nw.Float64).to_numpy())
    try:
        return times(table, name).instant[lines].view(np.int64)
    except ColumnError:
        return numbers(table, name, missing=True)[lines]


def near_duplicate(rule: Rule, table: Table) -> NDArray[np.bool_]:
    """Rows like an earlier one, but for the time, and a little later."""
    *columns, time = rule.columns
    compared = columns or [name for name in table.columns if name != time]
    failing = np.zeros(len(table), dtype=bool)
    if compared:
        alike = repeats(table, compared, "none")
        for column in [*columns, time]:
            alike &= ~nulls(table[column])
        lines = np.flatnonzero(alike)
    else:
        lines = known_rows(table, [time])
    if not lines.size:
        return failing
    group = groups(table, compared, lines)
    instant = times(table, time).instant[lines].astype("M8[us]").view(np.int64)
    order = np.lexsort((instant, group))
    group, instant = group[order], instant[order]
    # rows of one group and time stand together, and are all compared with what stands before the first of them
    begins = np.r_[True, (group[1:] != group[:-1]) | (instant[1:] != instant[:-1])]
    before = np.maximum.accumulate(np.where(begins, np.arange(lines.size), 0)) - 1
    gap = instant - instant[before]
    near = (before >= 0) & (group == group[before]) & (gap <= round(_seconds(rule) * 1e6))
    failing[lines[order[near]]] = True
    return failing


def _seconds(rule: Rule) -> float:
    return span(rule.parameters["within"], "within").days * 86_400


def unbought(rule: Rule, table: Table) -> NDArray[np.bool_]:
    """Refunds that no earlier sale of their group, not yet taken back, makes up for."""
    name, *by, time = rule.columns
    failing = np.zeros(len(table), dtype=bool)
    size = _finite(rule, table, name)
    instant = times(table, time).instant
    lines = known_rows(table, rule.columns)
    lines = lines[size[lines] != 0]
    size = size[lines]
    if not (size < 0).any():
        return failing
    order = np.lexsort((size < 0, instant[lines].view(np.int64)))
    place = np.empty(lines.size, dtype=np.int64)
    place[order] = np.arange(lines.size)
    netted = net_refunds(groups(table, by, lines), place, size < 0, np.abs(size))
    failing[lines] = (size < 0) & (netted.remaining > 0)
    return failing


def _finite(rule: Rule, table: Table, name: str) -> FloatArray:
    try:
        return numbers(table, name, missing=True)
    except ColumnError:
        raise misfit(rule, table, "numbers") from None


def constant(rule: Rule, table: Table) -> NDArray[np.bool_]:
    """Rows with another value than the most frequent one."""
    name = rule.columns[0]
    series = table[name]
    kind = kind_of_column(series.dtype)
    comparable = kind in {"text", "booleans"} or series.dtype == nw.Object or series.dtype.is_integer()
    if not comparable and not _whole(table, name, kind):
        raise misfit(rule, table, "text, whole numbers or booleans")
    lines = known_rows(table, [name])
    failing = np.zeros(len(table), dtype=bool)
    if not lines.size:
        return failing
    code = groups(table, [name], lines)
    count = np.bincount(code)
    most = np.flatnonzero(count == count.max())
    first = np.unique(code, return_index=True)[1]
    texts = column_as_text(series[lines[first[most]]])
    usual = most[min(range(most.size), key=lambda place: str(texts[place]))]
    failing[lines] = code != usual
    return failing


def _whole(table: Table, name: str, kind: str) -> bool:
    """Whether floats are whole numbers, as those of pandas are beside nulls."""
    if kind != "numbers":
        return False
    values = numbers(table, name, missing=True)
    return bool(np.all((values == np.rint(values)) | np.isnan(values)))


def outlying(rule: Rule, table: Table) -> NDArray[np.bool_]:
    """Rows whose size is of another order than that of their group."""
    name, *by = rule.columns
    size = np.abs(_finite(rule, table, name))
    lines = known_rows(table, rule.columns)
    lines = lines[size[lines] > 0]
    failing = np.zeros(len(table), dtype=bool)
    if not lines.size:
        return failing
    group, value = groups(table, by, lines), np.log(size[lines])
    # what is usual in a small group is not known: all rows say it
    small = np.bincount(group)[group] < FEWEST
    group[small] = -1
    everyone = np.zeros(lines.size, dtype=np.int64)
    middle, overall = _medians(value, group + 1), _medians(value, everyone)
    distance = np.abs(value - np.where(small, overall, middle))
    own, general = _medians(distance, group + 1), _medians(np.abs(value - overall), everyone)
    spread = np.maximum(TO_DEVIATION * np.where(small, general, own), LEAST_SPREAD)
    failing[lines] = (lines.size >= FEWEST) & (distance > rule.parameters["threshold"] * spread)
    return failing


def _medians(values: FloatArray, group: IntArray) -> FloatArray:
    """For each row the median of its group."""
    return group_quantiles(values, group, int(group.max()) + 1, 0.5)[group]
