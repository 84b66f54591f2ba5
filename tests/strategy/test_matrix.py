"""The stage × value matrix: every customer in one cell, and the sums of the cells those of the view."""

from __future__ import annotations

import json
import math

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custval.errors import ColumnError
from custval.strategy import view_matrix

VIEW = {
    "stage": ["mature", "new", None, "new", "own", "mature"],
    "value_band": ["high", "low", "low", None, "low", "high"],
    "value": [9.0, 1.0, 2.0, None, 0.5, 11.0],
    "churn_probability": [0.1, None, 0.5, 0.25, 0.7, 0.3],
}


def test_cells_of_a_small_view(frame_library, to_lists):
    matrix = view_matrix(frame_library(VIEW))
    cells = {name: [None if pd.isna(x) else x for x in column] for name, column in to_lists(matrix.to_frame()).items()}
    assert matrix.n == 6
    assert matrix.stages == ("new", "mature", "own", "unknown")
    assert matrix.value_bands == ("low", "high", "unknown")
    assert cells["stage"] == [stage for stage in matrix.stages for _ in range(3)]
    assert cells["value_band"] == list(matrix.value_bands) * 4
    assert cells["n"] == [1, 0, 1, 0, 2, 0, 1, 0, 0, 1, 0, 0]
    assert cells["share"] == pytest.approx([n / 6 for n in cells["n"]])
    assert cells["value"] == [1.0, None, None, None, 20.0, None, 0.5, None, None, 2.0, None, None]
    expected = [None, None, 0.25, None, 0.2, None, 0.7, None, None, 0.5, None, None]
    assert [p is None for p in cells["churn_probability"]] == [p is None for p in expected]
    assert [p for p in cells["churn_probability"] if p is not None] == pytest.approx([0.25, 0.2, 0.7, 0.5])


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["new", "churned", "z", "a", None]),
        st.sampled_from(["low", "high", None]),
        st.one_of(st.none(), st.integers(0, 9).map(float)),
        st.one_of(st.none(), st.sampled_from([0.0, 0.25, 0.5, 1.0])),
    ),
    max_size=30,
)


@settings(max_examples=60)
@given(rows=ROWS)
def test_cells_are_what_counting_row_by_row_gives(rows):
    names = ["stage", "value_band", "value", "churn_probability"]
    view = pd.DataFrame(rows, columns=names).astype(
        {"stage": object, "value_band": object, "value": float, "churn_probability": float}
    )
    matrix = view_matrix(view)
    cells = matrix.to_frame()
    assert matrix.n == cells["n"].sum() == len(rows)
    assert len(cells) == len(matrix.stages) * len(matrix.value_bands)
    for stage, band, n, share, value, churn in cells.itertuples(index=False):
        inside = [row for row in rows if (row[0] or "unknown") == stage and (row[1] or "unknown") == band]
        assert n == len(inside)
        assert share == n / len(rows)
        worth = [row[2] for row in inside if row[2] is not None]
        risk = [row[3] for row in inside if row[3] is not None]
        assert value == sum(worth) if worth else math.isnan(value)
        assert churn == pytest.approx(sum(risk) / len(risk)) if risk else math.isnan(churn)


def test_it_can_be_sent_and_shown():
    matrix = view_matrix({**VIEW, "stage": ["<b>", "new", None, "new", "own", "<b>"]})
    assert json.loads(json.dumps(matrix.to_dict()))["n"] == 6
    shown = matrix._repr_html_()
    assert "<b>" not in shown
    assert "&lt;b&gt;" in shown
    assert shown.count("<td>") == len(matrix.stages) * len(matrix.value_bands)
    assert "<td>1 (16.7%)</td>" in shown


def test_a_view_without_customers_has_no_cells():
    matrix = view_matrix(pd.DataFrame(VIEW)[:0])
    assert matrix.n == 0
    assert len(matrix.to_frame()) == 0
    assert matrix.stages == ()


def test_a_frame_that_is_no_view_is_told_so():
    with pytest.raises(ColumnError, match="customer_view"):
        view_matrix({"stage": ["a"]})
    with pytest.raises(ColumnError, match="must hold numbers"):
        view_matrix({**VIEW, "value": ["x"] * 6})


def test_its_picture_has_a_cell_for_each_of_its_own():
    pyplot = pytest.importorskip("matplotlib.pyplot")
    matrix = view_matrix(VIEW)
    figure, ax = pyplot.subplots()
    assert matrix.plot(ax) is ax
    assert [label.get_text() for label in ax.get_yticklabels()] == list(matrix.stages)
    assert [label.get_text() for label in ax.get_xticklabels()] == list(matrix.value_bands)
    assert [text.get_text().split("\n")[0] for text in ax.texts] == [str(n) for n in matrix.to_frame()["n"]]
    pyplot.close(figure)
