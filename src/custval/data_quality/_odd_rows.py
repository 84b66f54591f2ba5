"""Rows that are no data: the header once more inside the table, and totals of the rows above."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from custval._frame import Table, nw
from custval.data_quality._measured import measured
from custval.typing import FloatArray, IntArray

__all__ = ["odd_rows"]

_MOST_TOTALS = 1_000


def odd_rows(
    table: Table, kinds: Sequence[str], words: Mapping[str, tuple[str | None, tuple[str, ...]]]
) -> tuple[tuple[int, str], ...]:
    """Row numbers and what the rows are: "header" or "total"."""
    found = dict.fromkeys(_headers(table, words).tolist(), "header")
    found |= dict.fromkeys(_totals(table, kinds, words).tolist(), "total")
    return tuple(sorted(found.items()))


def _equal(table: Table, column: str, texts: Sequence[str]) -> NDArray[np.bool_]:
    series = table[column].cast(nw.String)
    return np.asarray(series.is_in(list(texts)).fill_null(value=False).to_numpy(), dtype=bool)


def _headers(table: Table, words: Mapping[str, tuple[str | None, tuple[str, ...]]]) -> IntArray:
    """Rows in which most columns hold their own name; one column alone says nothing."""
    named = {column: own for column, (own, _) in words.items() if own is not None}
    if len(table.columns) < 2 or 2 * len(named) <= len(table.columns):
        return np.empty(0, dtype=np.int64)
    equal = np.zeros(len(table), dtype=np.int64)
    for column, own in named.items():
        equal += _equal(table, column, [own])
    return np.flatnonzero(2 * equal > len(table.columns))


def _totals(table: Table, kinds: Sequence[str], words: Mapping[str, tuple[str | None, tuple[str, ...]]]) -> IntArray:
    """Rows that are called a total and hold, in a column of numbers, the sum of others."""
    called = np.zeros(len(table), dtype=bool)
    for column, (_, totals) in words.items():
        if totals:
            called |= _equal(table, column, totals)
    rows = np.flatnonzero(called)
    if not 0 < rows.size <= min(_MOST_TOTALS, len(table) - 2):
        return np.empty(0, dtype=np.int64)
    is_total = np.zeros(rows.size, dtype=bool)
    for column, kind in zip(table.columns, kinds, strict=True):
        if kind == "number":
            is_total |= _sums(measured(table, column, kind), called, rows)
    found: IntArray = rows[is_total]
    return found


def _sums(values: FloatArray, called: NDArray[np.bool_], rows: IntArray) -> NDArray[np.bool_]:
    """Which of some rows hold the sum of all others, of those above, or of those since the last such row."""
    parts = np.where(called | ~np.isfinite(values), 0.0, values)
    above = np.cumsum(parts)
    until = above[rows]
    since = until - np.concatenate([[0.0], until[:-1]])
    size = 1e-9 * max(float(np.abs(parts).sum()), 1e-300)
    here = values[rows]
    close = [np.abs(here - wanted) <= size for wanted in (until, since, np.full(rows.size, above[-1]))]
    return np.asarray(np.any(close, axis=0) & (np.abs(here) > size))
