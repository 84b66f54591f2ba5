"""The verdict on independence: by size, the same in every library, and right where the truth is known."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import custval as cv
from custval._kernels import gamma_gamma
from custval.clv import spend_independence

X = {
    "customer_id": list("abcdef"),
    "frequency": [1, 2, 3, 5, 0, 8],
    "monetary_value": [9.0, 12.0, 8.0, 11.0, 0.0, 15.0],
}


def base(n, elasticity, seed=3):
    """Customers whose mean spend is proportional to a power of their frequency."""
    rng = np.random.default_rng(seed)
    x = rng.geometric(0.25, n)
    spend, _ = gamma_gamma.draw(4.0, 4.0, 30.0, x, rng)
    m = np.add.reduceat(spend, np.cumsum(x) - x) / x * x**elasticity
    return pd.DataFrame({"frequency": x, "monetary_value": m})


def test_a_million_customers_may_be_independent_however_significant_the_rest_is():
    found = spend_independence(base(1_000_000, 0.02))
    p_value = found.to_frame().set_index("measure").loc["log", "p_value"]
    assert p_value < 1e-6
    assert found.independent
    assert found.effect_of_twice == pytest.approx(2**0.02 - 1, abs=0.003)
    assert found.verdict.startswith("frequency and spend are nearly independent")


@pytest.mark.parametrize("elasticity", [0.5, -0.5])
def test_dependence_is_seen(elasticity):
    found = spend_independence(base(20_000, elasticity))
    assert not found.independent
    assert np.sign(found.correlation) == np.sign(elasticity)
    # p is fitted as if there were none, which takes a part of it away
    assert 0.8 < found.effect_of_twice / (2**elasticity - 1) < 1.05
    assert ("more" if elasticity > 0 else "less") in found.verdict
    assert "outside ±0.2;" in found.verdict


def test_doubt_is_said():
    assert "though with so few customers the true one may lie outside" in spend_independence(X, tolerance=0.7).verdict
    assert "may lie within" in spend_independence(X, tolerance=0.3).verdict


def test_pearson_and_spearman_are_those_of_the_repeat_customers():
    found = spend_independence(X).to_frame()
    x, m = (np.delete(X[name], 4) for name in ("frequency", "monetary_value"))
    assert found["measure"] == ["pearson", "log", "spearman"]
    assert found["correlation"][0] == pytest.approx(stats.pearsonr(x, m).statistic)
    assert found["correlation"][2] == pytest.approx(stats.spearmanr(x, m).statistic)
    narrow = spend_independence(X, interval=0.5).to_frame()
    for row in range(3):
        assert found["low"][row] < narrow["low"][row] < found["correlation"][row]
        assert found["correlation"][row] < narrow["high"][row] < found["high"][row]


def test_rows_set_aside_are_counted():
    more = {name: [*values, *extra] for (name, values), extra in zip(X.items(), (["g"], [3], [-2.0]), strict=True)}
    found = spend_independence(more)
    assert found.to_frame() == spend_independence(X).to_frame()
    assert dict(found.account.set_aside) == {"no repeat occasion": 1, "mean spend not positive": 1}
    assert found.n == 5


def test_weights_are_rows():
    w = [1, 2, 3, 1, 2, 0]
    weighted = spend_independence({**X, "w": w}, sample_weight="w")
    repeated = spend_independence({name: np.repeat(values, w) for name, values in X.items()})
    assert weighted.n == repeated.n == 7
    np.testing.assert_allclose(weighted.to_frame()["correlation"], repeated.to_frame()["correlation"], rtol=1e-9)


def test_every_library_alike(frame_library, to_lists):
    frame = frame_library(X)
    found = spend_independence(frame)
    assert type(found.to_frame()) is type(frame)
    expected = spend_independence(X)
    got = to_lists(found.to_frame())
    assert list(got.pop("measure")) == expected.to_frame()["measure"]
    for name, values in got.items():
        np.testing.assert_allclose(list(values), expected.to_frame()[name], rtol=1e-12)
    assert json.loads(json.dumps(found.to_dict()))["verdict"] == str(expected)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"frequency": [0, 2, 3, 5, 0, 0]}, "at least 4 repeat customers"),
        ({"frequency": [2] * 6}, "the same frequency"),
        ({"monetary_value": [2.0] * 6}, "the same monetary_value"),
        ({"frequency": [0.5] * 6}, "whole number"),
        ({"frequency": [None, 2, 3, 5, 0, 0]}, "missing in 1 of 6"),
    ],
)
def test_bad_customers(change, words):
    with pytest.raises(cv.CustvalError, match=words):
        spend_independence({**X, **change})


@pytest.mark.parametrize("arguments", [{"interval": 1.0}, {"tolerance": 0.0}, {"sample_weight": [1, 2]}])
def test_bad_arguments(arguments):
    with pytest.raises(cv.CustvalError, match=next(iter(arguments))):
        spend_independence(X, **arguments)
