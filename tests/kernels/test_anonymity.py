"""k, l and t against the definitions written out over dictionaries, and against the tables of the papers."""

from __future__ import annotations

import math
from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custval._kernels.anonymity import (
    class_sizes,
    combine,
    distinct_diversity,
    entropy_diversity,
    equal_distance,
    occurring_pairs,
    ordered_distance,
)

# Li et al. 2007, tables 1 to 3: salary in thousands, and the classes of table 2 (by zip and age) and table 3
SALARY = np.array([3, 4, 5, 6, 11, 8, 7, 9, 10]) - 3
TABLE_2 = np.array([0, 0, 0, 1, 1, 1, 2, 2, 2])
TABLE_3 = np.array([0, 2, 0, 1, 1, 1, 2, 0, 2])


def test_the_example_of_t_closeness():
    found = ordered_distance(occurring_pairs(TABLE_2, SALARY))
    assert found[0] == pytest.approx(0.375, abs=1e-12)  # {3k, 4k, 5k}
    assert found[1] == pytest.approx(1 / 6, abs=1e-12)  # {6k, 8k, 11k}, printed as 0.167


def test_table_3_is_0167_close():
    assert ordered_distance(occurring_pairs(TABLE_3, SALARY)).max() == pytest.approx(1 / 6, abs=1e-12)


def test_the_patients_of_l_diversity():
    # Machanavajjhala et al. 2007, figure 2 (4-anonymous, one class all cancer) and figure 3 (3-diverse)
    heart, viral, cancer = 0, 1, 2
    condition = np.array([heart, heart, viral, viral, cancer, heart, viral, viral, cancer, cancer, cancer, cancer])
    four_anonymous = np.repeat([0, 1, 2], 4)
    pairs = occurring_pairs(four_anonymous, condition)
    assert class_sizes(four_anonymous).tolist() == [4, 4, 4]
    assert distinct_diversity(pairs).tolist() == [2, 3, 1]
    three_diverse = np.array([0, 1, 1, 0, 2, 2, 2, 2, 0, 1, 1, 0])
    pairs = occurring_pairs(three_diverse, condition)
    assert class_sizes(three_diverse).tolist() == [4, 4, 4]
    assert distinct_diversity(pairs).tolist() == [3, 3, 3]
    # each class holds two of one condition and one of each other: entropy 1.5 log 2
    assert entropy_diversity(pairs) == pytest.approx([2**1.5] * 3, rel=1e-12)


def slow(code, value):
    members = defaultdict(list)
    for c, v in zip(code, value, strict=True):
        members[c].append(v)
    everywhere, levels = Counter(value), sorted(set(value))
    n = len(value)
    for c in sorted(members):
        own, size = Counter(members[c]), len(members[c])
        entropy = -math.fsum(k / size * math.log(k / size) for k in own.values())
        equal = 0.5 * math.fsum(abs(own[v] / size - everywhere[v] / n) for v in levels)
        walk, ordered = 0.0, 0.0
        for v in levels:
            walk += own[v] / size - everywhere[v] / n
            ordered += abs(walk)
        yield size, len(own), math.exp(entropy), equal, ordered / (len(levels) - 1) if len(levels) > 1 else 0.0


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(0, 8)), min_size=1, max_size=60))
def test_against_the_definitions(rows):
    a, b, raw = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    code = combine([a, b], len(rows))
    value = np.unique(raw, return_inverse=True)[1].reshape(-1)
    pairs = occurring_pairs(code, value)
    sizes, distinct, entropy, equal, ordered = zip(*slow(code.tolist(), value.tolist()), strict=True)
    assert class_sizes(code).tolist() == list(sizes)
    assert distinct_diversity(pairs).tolist() == list(distinct)
    assert entropy_diversity(pairs) == pytest.approx(entropy, rel=1e-12)
    assert equal_distance(pairs) == pytest.approx(equal, abs=1e-12)
    assert ordered_distance(pairs) == pytest.approx(ordered, abs=1e-12)


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), max_size=30))
def test_combinations_are_numbered_in_order(rows):
    columns = [np.array([row[i] for row in rows], dtype=np.int64) for i in (0, 1)]
    ranks = {row: rank for rank, row in enumerate(sorted(set(rows)))}
    assert combine(columns, len(rows)).tolist() == [ranks[row] for row in rows]


def test_no_rows():
    none = np.zeros(0, dtype=np.int64)
    pairs = occurring_pairs(combine([none], 0), none)
    for measure in (distinct_diversity, entropy_diversity, equal_distance, ordered_distance):
        assert measure(pairs).size == 0


def test_no_quasi_identifier_is_one_class():
    assert combine([], 3).tolist() == [0, 0, 0]


def test_as_many_values_as_rows():
    n = 200_000
    rng = np.random.default_rng(5)
    code = combine([rng.integers(0, n // 3, n)], n)
    value = rng.permutation(n)
    found = ordered_distance(occurring_pairs(code, value))
    sample = int(code[0])
    own = np.sort(value[code == sample])
    walk = np.searchsorted(own, np.arange(n), side="right") / own.size - np.arange(1, n + 1) / n
    assert found[sample] == pytest.approx(np.abs(walk).sum() / (n - 1), rel=1e-10)
