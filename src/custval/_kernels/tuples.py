"""Distinct rows of a summary, so that costly functions are computed once for each.

The likelihood of a purchase model depends on a customer's (frequency, recency, T) only, and its predictions on
pairs of them; customers share these values widely.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from custval.typing import FloatArray, IntArray

__all__ = ["count_distinct_rows", "distinct_rows"]

_LARGEST_KEY = 2**62
_SMALLEST_CELL = 1e-300


def _codes(values: FloatArray) -> tuple[FloatArray, IntArray]:
    # sorting a copy and searching it beats an argsort of all rows many times over
    ordered = np.sort(values)
    keep = np.ones(len(ordered), dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=keep[1:])
    distinct = ordered[keep]
    return distinct, _places(distinct, values)


def _places(distinct: FloatArray, values: FloatArray) -> IntArray:
    """The place of each value among the distinct ones."""
    span = distinct[-1] - distinct[0]
    if span == 0:
        return np.zeros(len(values), dtype=np.int64)
    # times lie on a grid, so cells of half the smallest gap hold one distinct value each: look them up
    cell = float(np.diff(distinct).min()) / 2
    if cell < max(span / max(4 * len(values), 65_536), _SMALLEST_CELL):
        if len(distinct) > len(values) // 8:
            # a search among so many misses the cache at every step
            order = np.argsort(values)
            place = np.empty(len(values), dtype=np.int64)
            place[order] = np.cumsum(np.diff(values[order], prepend=distinct[0]) > 0)
            return place
        return np.searchsorted(distinct, values).astype(np.int64, copy=False)
    scale = 1.0 / cell
    table = np.zeros(int(span * scale) + 2, dtype=np.int64)
    table[((distinct - distinct[0]) * scale).astype(np.int64)] = np.arange(len(distinct))
    return table[((values - distinct[0]) * scale).astype(np.int64)]


def _pack(columns: tuple[FloatArray, ...]) -> tuple[list[FloatArray], IntArray]:
    """The distinct values of each column, and each row as one integer."""
    distinct: list[FloatArray] = []
    key = np.zeros(len(columns[0]), dtype=np.int64)
    size = 1
    for column in columns:
        values, code = _codes(column)
        size *= max(len(values), 1)
        if size > _LARGEST_KEY:
            raise OverflowError("more combinations of values than an integer can number")
        key *= len(values)
        key += code
        distinct.append(values)
    return distinct, key


def _unpack(distinct: list[FloatArray], key: IntArray) -> tuple[FloatArray, ...]:
    columns = []
    for values in reversed(distinct):
        key, code = np.divmod(key, len(values))
        columns.append(values[code])
    return tuple(reversed(columns))


def count_distinct_rows(
    columns: tuple[FloatArray, ...], weight: FloatArray | None = None
) -> tuple[tuple[FloatArray, ...], FloatArray]:
    """Distinct rows and the total weight of each.

    Parameters
    ----------
    columns : tuple of arrays, each of shape (n,)
    weight : array of shape (n,), optional
        The weight of each row; 1 if not given.

    Returns
    -------
    distinct : tuple of arrays, each of shape (m,)
        The distinct rows, column by column, in increasing order.
    weight : array of shape (m,)
    """
    if not len(columns[0]):
        return columns, np.zeros(0)
    distinct, key = _pack(columns)
    if weight is None:
        key = np.sort(key)
        start = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]]))
        return _unpack(distinct, key[start]), np.diff(np.append(start, len(key))).astype(np.float64)
    rows, inverse = np.unique(key, return_inverse=True)
    return _unpack(distinct, rows), np.asarray(np.bincount(inverse.ravel(), weight, len(rows)), dtype=np.float64)


def distinct_rows(columns: tuple[FloatArray, ...]) -> tuple[tuple[FloatArray, ...], NDArray[np.intp]]:
    """Distinct rows, and for each row its place among them.

    Parameters
    ----------
    columns : tuple of arrays, each of shape (n,)

    Returns
    -------
    distinct : tuple of arrays, each of shape (m,)
    place : array of integers, shape (n,)
        `distinct[i][place]` is `columns[i]`.
    """
    if not len(columns[0]):
        return columns, np.zeros(0, dtype=np.intp)
    distinct, key = _pack(columns)
    combinations = int(np.prod([len(values) for values in distinct]))
    if combinations <= max(4 * len(key), 1_000_000):
        # few enough to look up, which needs no sorting
        there = np.zeros(combinations, dtype=bool)
        there[key] = True
        rows = np.flatnonzero(there)
        rank = np.cumsum(there) - 1
        return _unpack(distinct, rows), rank[key]
    rows, place = np.unique(key, return_inverse=True)
    return _unpack(distinct, rows), place.ravel()
