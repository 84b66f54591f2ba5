"""Tables of counts in every library: what is hidden, what stays, and what is refused."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from custval.data_quality import suppress_small_cells
from custval.errors import ColumnError, CustvalError, DataError

TABLE = {
    "region": ["n", "n", "n", "s", "s", "s"],
    "segment": ["a", "b", "c", "a", "b", None],
    "customers": [3, 40, 25, 60, 70, 30],
    "share": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6],
}


def plain(values):
    return [None if pd.isna(value) else value for value in values]


def test_every_library(frame_library, to_lists):
    found = suppress_small_cells(frame_library(TABLE), "customers", also="share")
    columns = to_lists(found.frame)
    # segments c and null have one cell each, so the region's third cell is alone in its column
    assert plain(columns["suppressed"])[0] == "suppressed"
    assert found._is_small.tolist() == [True] + [False] * 5
    hidden = [reason is not None for reason in plain(columns["suppressed"])]
    assert [value is None for value in plain(columns["customers"])] == hidden
    assert [value is None for value in plain(columns["share"])] == hidden
    assert columns["region"] == TABLE["region"]
    shown = [(a, b) for a, b in zip(plain(columns["customers"]), TABLE["customers"], strict=True) if a is not None]
    assert all(a == b for a, b in shown)
    assert found.small + found.complementary == sum(hidden)


def test_a_column_of_counts():
    # one dimension: the total of all is known
    found = suppress_small_cells({"city": ["a", "b", "c"], "n": [4, 50, 20]}, "n")
    assert found.frame["n"] == [None, 50, None]
    assert found.frame["suppressed"] == ["suppressed", None, "suppressed"]


def test_unprotected_cells_are_named():
    found = suppress_small_cells({"city": ["a", "b"], "sex": ["f", "m"], "n": [4, 50]}, "n")
    assert (found.small, found.complementary) == (1, 0)
    assert found.unprotected == 1
    assert found.lines_without_total == {"city": [None, "a", None], "sex": ["f", None, None]}


def test_the_grand_total_tells_too():
    found = suppress_small_cells({"a": ["x", "y", "z"], "b": ["p", "q", "r"], "n": [3, 40, 50]}, "n")
    withheld = [*zip(found.lines_without_total["a"], found.lines_without_total["b"], strict=True)]
    assert withheld == [(None, "p"), ("x", None), (None, None)]


def test_larger_totals_of_three_dimensions_tell_too():
    table = {"a": ["x", "x", "y"], "b": ["p", "q", "q"], "c": ["u", "v", "v"], "n": [3, 40, 50]}
    found = suppress_small_cells(table, "n")
    withheld = {*zip(*(found.lines_without_total[name] for name in "abc"), strict=True)}
    lines = {(None, "p", "u"), ("x", None, "u"), ("x", "p", None)}
    assert withheld >= lines | {("x", None, None), (None, "p", None), (None, None, "u"), (None, None, None)}
    assert ("y", None, None) not in withheld


def ranges(frame, dimensions, totals):
    """For each hidden cell the least and the largest whole number that the frame and the totals leave."""
    hidden = np.flatnonzero(frame["n"].isna())
    assert set(frame["suppressed"].dropna()) <= {"suppressed"}
    if not hidden.size:
        return {}
    matrix, right = [np.zeros(len(frame))], [0.0]
    for key, total in totals.items():
        inside = np.ones(len(frame), dtype=bool)
        for name, value in zip(dimensions, key, strict=True):
            inside &= True if value is None else (frame[name] == value).to_numpy()
        matrix.append(inside.astype(float))
        right.append(total - frame["n"][inside].sum())
    known = LinearConstraint(np.array(matrix)[:, hidden], right, right)
    found = {}
    for place, row in enumerate(hidden):
        ends = []
        for sign in (1.0, -1.0):
            aim = np.zeros(len(hidden))
            aim[place] = sign
            # zeros are never hidden, which everybody can read
            answer = milp(aim, constraints=known, integrality=np.ones(len(hidden)), bounds=Bounds(1, np.inf))
            assert answer.status in {0, 3, 4}  # 3 and 4: without end, where no total is known
            ends.append(sign * answer.fun if answer.status == 0 else np.inf)
        found[int(row)] = ends
    return found


@pytest.mark.parametrize("minimum", [2, 3, 5, 10])
def test_no_small_cell_follows_for_an_attacker_with_integer_programs(minimum):
    rng = np.random.default_rng(minimum)
    for shape in ((5,), (2, 2), (2, 3), (3, 3), (3, 4), (2, 2, 2), (2, 2, 3)) * 4:
        cells = np.indices(shape).reshape(len(shape), -1)
        names = list("abc")[: len(shape)]
        frame = pd.DataFrame({name: [f"{name}{i}" for i in own] for name, own in zip(names, cells, strict=True)})
        frame["n"] = rng.choice([0, 1, 1, 2, 3, 4, 6, 9, 11, 30], size=cells.shape[1])
        small = np.flatnonzero((frame["n"] > 0) & (frame["n"] < minimum))
        result = suppress_small_cells(frame, "n", minimum)
        withheld = pd.DataFrame(result.lines_without_total)
        secret = {tuple(None if pd.isna(x) else x for x in row) for row in withheld.itertuples(index=False)}
        totals = {}
        for key in itertools.product(*([*frame[name].unique(), None] for name in names)):
            inside = np.logical_and.reduce(
                [np.ones(len(frame), dtype=bool)]
                + [frame[name] == value for name, value in zip(names, key, strict=True) if value is not None]
            )
            if None in key and key not in secret:
                totals[key] = int(frame["n"][inside].sum())
        found = ranges(result.frame, names, totals)
        for row in small:
            low, high = found[int(row)]
            assert low < high, (shape, frame, row)


@given(st.lists(st.integers(0, 30), min_size=1, max_size=12), st.integers(1, 15))
def test_nothing_small_stays_and_nothing_changes(counts, minimum):
    frame = pd.DataFrame({"k": np.arange(len(counts)), "n": counts})
    before = frame.copy()
    found = suppress_small_cells(frame, "n", minimum)
    shown = found.frame["n"].dropna()
    assert not ((shown > 0) & (shown < minimum)).any()
    assert (shown == frame["n"][shown.index]).all()
    hidden = frame["n"][found.frame["n"].isna()]
    if len(hidden) and not found.unprotected:
        assert len(hidden) >= 2
        assert hidden.sum() >= minimum
    pd.testing.assert_frame_equal(frame, before)
    again = suppress_small_cells(frame, "n", minimum)
    pd.testing.assert_frame_equal(found.frame, again.frame)


def test_what_is_refused():
    for table, kwargs, error in (
        ({"k": ["secret", "secret"], "n": [1, 2]}, {}, DataError),
        ({"k": ["secret", "b"], "n": [1, -2]}, {}, DataError),
        ({"k": ["secret", "b"], "n": [1.5, 2]}, {}, DataError),
        ({"k": ["secret", "b"], "n": [1, None]}, {}, DataError),
        ({"k": [1, 2], "n": ["secret", "2"]}, {}, ColumnError),
        ({"k": ["secret", "b"], "n": [1, 2], "suppressed": [1, 2]}, {}, ColumnError),
        ({"k": ["secret", "b"], "n": [1, 2]}, {"by": "n"}, CustvalError),
        ({"k": ["secret", "b"], "n": [1, 2]}, {"by": "m"}, ColumnError),
        ({"k": ["secret", "b"], "n": [1, 2]}, {"minimum": 0}, CustvalError),
        ({"k": [["secret"], ["b"]], "n": [1, 2]}, {}, ColumnError),
    ):
        with pytest.raises(error) as caught:
            suppress_small_cells(table, "n", **kwargs)
        assert "secret" not in str(caught.value.to_dict())


def test_the_result():
    found = suppress_small_cells(TABLE, "customers", also=["share"])
    assert json.loads(json.dumps(found.to_dict()))["small"] == 1
    assert "segment" not in repr(found).replace("lines_without_total", "") or found.unprotected
    assert "0.4" not in repr(found) + found._repr_html_()
    assert (
        len(
            suppress_small_cells(
                pd.DataFrame({"k": pd.Series([], dtype=str), "n": pd.Series([], dtype=int)}), "n"
            ).frame
        )
        == 0
    )
