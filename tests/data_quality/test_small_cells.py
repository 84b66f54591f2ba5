"""Tables of counts in every library: what is hidden, what stays, and what is refused."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    assert plain(columns["suppressed"])[0] == "small"
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
    assert found.frame["suppressed"] == ["small", None, "complementary"]


def test_unprotected_cells_are_named():
    found = suppress_small_cells({"city": ["a", "b"], "sex": ["f", "m"], "n": [4, 50]}, "n")
    assert (found.small, found.complementary) == (1, 0)
    assert found.unprotected == 1
    assert found.lines_without_total == {"city": [None, "a"], "sex": ["f", None]}


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
