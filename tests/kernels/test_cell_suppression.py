"""Suppression against exact linear algebra in fractions, and against all tables with the same totals."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from custval._kernels.cell_suppression import determined, suppress


def rank(rows):
    rows = [[Fraction(int(x)) for x in row] for row in rows]
    found = 0
    for column in range(len(rows[0]) if rows else 0):
        pivot = next((i for i in range(found, len(rows)) if rows[i][column]), None)
        if pivot is None:
            continue
        rows[found], rows[pivot] = rows[pivot], rows[found]
        for i in range(len(rows)):
            if i != found and rows[i][column]:
                factor = rows[i][column] / rows[found][column]
                rows[i] = [a - factor * b for a, b in zip(rows[i], rows[found], strict=True)]
        found += 1
    return found


def follows_exactly(lines, n):
    equations = []
    for line in lines:
        equations += [[int(x == number) for x in line] for number in set(line) - {-1}]
    if not equations:
        return [False] * n
    full = rank(equations)
    return [rank([*equations, [int(i == j) for i in range(n)]]) == full for j in range(n)]


@settings(max_examples=60)
@given(
    st.sets(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 1)), min_size=1, max_size=16), st.booleans()
)
def test_what_follows_from_totals(cells, three):
    cells = sorted(cells)
    if not three:
        cells = sorted({cell[:2] for cell in cells})
    keys = [[cell[:i] + cell[i + 1 :] for cell in cells] for i in range(len(cells[0]))]
    lines = [np.array([sorted(set(key)).index(k) for k in key]) for key in keys]
    many = np.full(len(cells), 7)  # far from 1, so that only sums tell
    assert determined(lines, many).tolist() == follows_exactly([line.tolist() for line in lines], len(cells))


def test_cells_of_one_that_can_be_no_more():
    # rows (1, 1) and (1, 5), columns (2, 6): the first row's sum of two tells both, and then the columns the others
    rows, columns = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    assert determined([rows, columns], np.array([1, 1, 1, 5])).all()
    # 1 can go up where its neighbours can go down
    assert not determined([rows, columns], np.array([1, 2, 2, 1])).any()


def test_a_large_ring_is_open_and_a_bridge_is_not():
    n = 400  # 2n cells around, solved iteratively; then two rings with a bridge
    rows = np.repeat(np.arange(n), 2)
    columns = np.concatenate([[i, (i + 1) % n] for i in range(n)])
    assert not determined([rows, columns], np.full(2 * n, 3)).any()
    bridged = [np.concatenate([rows, rows + n, [0]]), np.concatenate([columns, columns + n, [n]])]
    assert determined(bridged, np.full(4 * n + 1, 3)).nonzero()[0].tolist() == [4 * n]


COUNTS = st.lists(st.sampled_from([0, 1, 2, 3, 4, 7, 12, 20]), min_size=9, max_size=9)


@settings(max_examples=60)
@given(COUNTS, st.integers(2, 6))
def test_no_small_cell_is_given_back(counts, minimum):
    value = np.array(counts)
    rows, columns = np.repeat(np.arange(3), 3), np.tile(np.arange(3), 3)
    state, withheld = suppress(value, [rows, columns], minimum)
    small = (value > 0) & (value < minimum)
    assert np.array_equal(state == 0, small)
    assert not (state[value == 0] >= 0).any()
    hidden = np.flatnonzero(state >= 0)
    for place, line in enumerate([rows, columns]):
        for number in range(3):
            own = hidden[line[hidden] == number]
            if own.size and not withheld[place][number]:
                assert own.size >= 2
                assert value[own].sum() >= minimum
    known = [np.where(withheld[place][line[hidden]], -1, line[hidden]) for place, line in enumerate([rows, columns])]
    follows = follows_exactly([line.tolist() for line in known], len(hidden))
    assert not any(f for f, cell in zip(follows, hidden, strict=True) if small[cell])


def test_ones_alone_are_not_told_by_their_number():
    # ten cells are hidden and their sum is 10, so that each is 1
    state, _ = suppress(np.array([1] * 10 + [40, 30]), [np.zeros(12, dtype=np.int64)], 10)
    assert state.tolist() == [0] * 10 + [-1, 1]


def test_every_table_with_these_totals():
    # 3 × 3 with one small cell: by hand, four cells go; other tables have the same totals and another number there
    value = np.array([2, 20, 30, 25, 40, 50, 35, 60, 70])
    rows, columns = np.repeat(np.arange(3), 3), np.tile(np.arange(3), 3)
    state, withheld = suppress(value, [rows, columns], 5)
    hidden = np.flatnonzero(state >= 0)
    assert hidden.tolist() == [0, 1, 3, 4]
    assert not any(out.any() for out in withheld)
    totals = [np.bincount(line, weights=value) for line in (rows, columns)]
    possible = set()
    for first in range(60):
        trial = value.copy()
        trial[[0, 1, 3, 4]] = [first, 22 - first, 27 - first, 38 + first]
        same = all(
            np.array_equal(np.bincount(line, weights=trial), t) for line, t in zip((rows, columns), totals, strict=True)
        )
        if same and (trial >= 0).all():
            possible.add(first)
    assert len(possible) > 5


def test_what_cannot_be_protected_is_said():
    value = np.array([3, 0, 0, 50])
    rows, columns = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    state, withheld = suppress(value, [rows, columns], 10)
    assert state.tolist() == [0, -1, -1, -1]
    assert [out.tolist() for out in withheld] == [[True, False], [True, False]]


def test_nothing_to_do():
    for value in ([], [0, 0], [10, 11]):
        state, withheld = suppress(np.array(value, dtype=np.int64), [np.zeros(len(value), dtype=np.int64)], 10)
        assert (state == -1).all()
        assert not any(out.any() for out in withheld)


def test_many_dimensions():
    cells = np.array(list(itertools.product(range(4), range(4), range(4))))
    value = np.random.default_rng(3).integers(0, 60, len(cells))
    lines = [np.unique(np.delete(cells, axis, axis=1), axis=0, return_inverse=True)[1].reshape(-1) for axis in range(3)]
    state, withheld = suppress(value, lines, 10)
    hidden = np.flatnonzero(state >= 0)
    known = [np.where(withheld[place][line[hidden]], -1, line[hidden]) for place, line in enumerate(lines)]
    follows = follows_exactly([line.tolist() for line in known], len(hidden))
    assert not any(f for f, cell in zip(follows, hidden, strict=True) if 0 < value[cell] < 10)
