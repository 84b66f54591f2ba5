"""Distinct rows, against numpy's sort of whole rows."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from custval._kernels.tuples import count_distinct_rows, distinct_rows

values = st.one_of(
    st.integers(0, 30).map(float),
    st.integers(0, 30).map(lambda days: days / 7),
    st.floats(0, 1e6, allow_nan=False),
    st.sampled_from([0.0, 5e-324, 1e-300, 1.0, 1.0 + 2**-52, 1e300]),
)
tables = st.integers(1, 3).flatmap(lambda k: st.lists(st.tuples(*[values] * k), min_size=1, max_size=40))


@given(tables)
def test_rows_come_back_from_their_places(rows):
    columns = tuple(np.array(column) for column in zip(*rows, strict=True))
    distinct, place = distinct_rows(columns)
    for column, found in zip(columns, distinct, strict=True):
        np.testing.assert_array_equal(found[place], column)
    assert len({tuple(row) for row in np.stack(distinct, axis=1).tolist()}) == len(distinct[0]) == len(set(rows))


@given(tables, st.booleans())
def test_counts_are_those_of_a_sort_of_rows(rows, weighted):
    table = np.array(rows)
    weight = np.arange(1.0, len(rows) + 1) if weighted else None
    distinct, count = count_distinct_rows(tuple(table.T), weight)
    expected, inverse = np.unique(table, axis=0, return_inverse=True)
    np.testing.assert_array_equal(np.stack(distinct, axis=1), expected)
    np.testing.assert_array_equal(count, np.bincount(inverse.ravel(), weight, len(expected)))


def test_no_rows():
    empty = (np.zeros(0), np.zeros(0))
    assert count_distinct_rows(empty)[1].size == 0
    assert distinct_rows(empty)[1].size == 0
