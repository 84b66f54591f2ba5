"""Repeated whole numbers: beside a count of each, one by one."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from custval._kernels.repeated_integers import repeated

_TYPES = ("int8", "int16", "int32", "int64")
_LISTS = st.sampled_from(_TYPES).flatmap(
    lambda name: st.one_of(
        arrays(name, st.integers(0, 40)),
        arrays(name, st.integers(0, 40), elements=st.integers(-20, 20)),
        arrays(name, st.integers(0, 40), elements=st.sampled_from([np.iinfo(name).min, -1, 0, np.iinfo(name).max])),
    )
)


def slowly(values, *, but_first):
    count, seen, found = Counter(values.tolist()), set(), []
    for value in values.tolist():
        found.append(count[value] > 1 and not (but_first and value not in seen))
        seen.add(value)
    return found


@given(_LISTS, st.booleans())
def test_it_finds_what_a_count_finds(values, but_first):
    before = values.copy()
    assert repeated(values, but_first=but_first).tolist() == slowly(values, but_first=but_first)
    assert np.array_equal(values, before)


@pytest.mark.parametrize("but_first", [True, False])
@pytest.mark.parametrize("largest", [1_000, 60_000, 10**6, 2**62])
def test_many_rows_of_few_or_many_values(largest, but_first):
    values = np.random.default_rng(1).integers(-largest, largest, 20_000)
    values[::1_000] = values[5]
    assert repeated(values, but_first=but_first).tolist() == slowly(values, but_first=but_first)
