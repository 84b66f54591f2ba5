"""The Pareto curve against a loop, and Gini's coefficient against all pairs."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import custval as cv
from custval.clv import pareto_curve

VALUES = st.lists(st.integers(-50, 1000).map(float), min_size=1, max_size=40).filter(lambda values: sum(values) > 0)


@given(VALUES, st.integers(1, 30))
def test_the_definition(values, points):
    curve = pareto_curve({"clv": values}, "clv", points=points)
    best = sorted(values, reverse=True)
    n, frame = len(values), curve.to_frame()
    for share, brought in zip(frame["share_of_customers"], frame["share_of_value"], strict=True):
        whole = int(share * n + 1e-9)
        part = best[whole] * (share * n - whole) if whole < n else 0.0
        assert brought == pytest.approx((sum(best[:whole]) + part) / sum(values), abs=1e-9)
    # the mean difference of all pairs, over twice the mean
    pairs = np.abs(np.subtract.outer(values, values)).mean()
    assert curve.gini == pytest.approx(pairs / (2 * np.mean(values)), abs=1e-9)
    assert curve.n_customers == n
    assert curve.total == sum(values)


def test_it_meets_the_cumulative_share_of_the_contribution():
    brought = cv.clv.contribution(cv.datasets.load_cdnow(sample=True))
    curve = pareto_curve(brought, "revenue", points=len(brought)).to_frame()
    np.testing.assert_allclose(curve["share_of_value"][1:], brought["cumulative_share"], rtol=1e-12)


def test_one_customer_of_five_is_the_best_fifth():
    assert pareto_curve({"margin": [1.0, 1.0, 6.0, 1.0, 1.0]}).share_of_best_fifth == pytest.approx(0.6)


def test_every_library_alike(frame_library, to_lists):
    frame = frame_library({"margin": [5.0, 1.0, 4.0]})
    points = pareto_curve(frame, points=3).to_frame()
    assert type(points) is type(frame)
    np.testing.assert_allclose(to_lists(points)["share_of_value"], [0, 0.5, 0.9, 1.0])


def test_it_is_drawn_and_sent():
    pyplot = pytest.importorskip("matplotlib.pyplot")
    curve = pareto_curve({"clv": [5.0, 1.0, 4.0, 8.0, 2.0]}, "clv")
    assert json.loads(json.dumps(curve.to_dict()))["n_customers"] == 5
    ax = curve.plot()
    assert ax.get_title() == "The best 20 % of 5 customers bring 40 %"
    np.testing.assert_allclose(ax.lines[1].get_ydata(), curve.to_frame()["share_of_value"])
    ax.figure.canvas.draw()
    assert "20 %" in [label.get_text() for label in ax.get_xticklabels()]
    pyplot.close(ax.figure)


@pytest.mark.parametrize("values", [[], [1.0, -1.0], [0.1, 0.2, -0.3], [-5.0]])
def test_without_a_whole_there_are_no_shares(values):
    with pytest.raises(cv.DataError, match="no whole"):
        pareto_curve({"margin": values})


def test_bad_arguments():
    with pytest.raises(cv.ColumnError, match="no column 'margin'"):
        pareto_curve({"revenue": [1.0]})
    with pytest.raises(cv.DataError, match="missing in 1"):
        pareto_curve({"margin": [1.0, None]})
    with pytest.raises(cv.CustvalError, match="points"):
        pareto_curve({"margin": [1.0]}, points=0)
