"""Errors, order and calibration of predicted counts, beside slow definitions and other libraries."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import mean_absolute_error, mean_squared_error

from custval._kernels import holdout_metrics as metrics

COUNTS = st.lists(st.integers(0, 6), min_size=2, max_size=30)
RNG = np.random.default_rng(5)


def lorenz_area(actual, score):
    """The area between the diagonal and the concentration curve, groups of equal scores in one step."""
    order = sorted(set(score))
    people, money, area = 0.0, 0.0, 0.0
    n, total = len(actual), float(sum(actual))
    for value in order:
        size = sum(s == value for s in score) / n
        worth = sum(a for a, s in zip(actual, score, strict=True) if s == value) / total
        area += size * (money + worth / 2)
        people, money = people + size, money + worth
    assert people == pytest.approx(1)
    return 0.5 - area


@given(COUNTS, st.data())
def test_gini_is_the_area_of_lorenz_curves(actual, data):
    predicted = data.draw(st.lists(st.integers(0, 4), min_size=len(actual), max_size=len(actual)))
    found = metrics.normalized_gini(np.array(actual, float), np.array(predicted, float))
    if len(set(actual)) == 1:
        assert np.isnan(found)
    else:
        assert found == pytest.approx(lorenz_area(actual, predicted) / lorenz_area(actual, actual), abs=1e-9)


def test_errors_are_those_of_other_libraries():
    actual, predicted = RNG.poisson(1.5, 200).astype(float), RNG.gamma(1.5, 1.0, 200)
    found = metrics.errors(actual, predicted)
    assert found.mae == pytest.approx(mean_absolute_error(actual, predicted))
    assert found.rmse == pytest.approx(np.sqrt(mean_squared_error(actual, predicted)))
    assert found.correlation == pytest.approx(stats.pearsonr(actual, predicted).statistic)
    assert (found.actual, found.predicted) == (actual.sum(), predicted.sum())
    assert found.bias == pytest.approx(sum(p - a for a, p in zip(actual, predicted, strict=True)))


def test_what_does_not_exist_is_nan():
    nothing = metrics.errors(np.zeros(0), np.zeros(0))
    assert nothing.bias == 0
    assert np.isnan([nothing.mae, nothing.rmse, nothing.correlation, nothing.gini]).all()
    assert np.isnan(metrics.correlation(np.ones(5), np.arange(5.0)))
    assert np.isnan(metrics.correlation(np.arange(5.0), np.ones(5)))
    assert metrics.correlation(np.arange(5.0), 1e200 * np.arange(5.0)) == pytest.approx(1)


@given(st.lists(st.integers(0, 8), max_size=40), st.integers(1, 12))
def test_groups_follow_the_values(values, k):
    groups = metrics.rank_groups(np.array(values, float), k)
    assert len(groups) == len(values)
    for value, group in zip(values, groups, strict=True):
        # the middle of the rows that equal it
        below, equal = sum(v < value for v in values), sum(v == value for v in values)
        assert group == int((below + equal / 2) / len(values) * k)


def test_distinct_values_make_groups_of_equal_size():
    groups = metrics.rank_groups(RNG.permutation(1_000) / 7.0, 10)
    assert np.bincount(groups).tolist() == [100] * 10


@pytest.mark.parametrize("n_max", [3, 10, 40, 400])
@pytest.mark.parametrize(("r", "p"), [(0.3, 0.2), (2.0, 0.5), (5.0, 0.1)])
def test_variance_of_a_negative_binomial(r, p, n_max):
    law = stats.nbinom(r, p)
    pmf = np.append(law.pmf(np.arange(n_max + 1)), law.sf(n_max))[None]
    spread = metrics.count_variance(pmf, np.array([law.mean()]))
    # at its own mean the tail has the least variance, which is what is left out
    missing = law.var() - spread.variance[0]
    n = np.arange(n_max + 1, 5_000)
    beyond = law.pmf(n)
    left_out = beyond @ np.square(n - beyond @ n / beyond.sum()) if beyond.sum() > 0 else 0.0
    assert missing == pytest.approx(left_out, abs=2e-6 * law.var())
    assert spread.tail[0] <= spread.variance[0]


@pytest.mark.parametrize("level", [0.5, 0.8, 0.9, 0.95])
def test_central_intervals(level):
    for law in (stats.nbinom(0.3, 0.1), stats.poisson(4), stats.binom(6, 0.5), stats.poisson(0.01)):
        pmf = np.append(law.pmf(np.arange(81)), law.sf(80))[None]
        low, high, inside = metrics.central_interval(pmf, level)
        tail = (1 - level) / 2
        assert low[0] == min(k for k in range(82) if law.cdf(k) >= tail - 1e-12)
        assert high[0] == min(k for k in range(82) if law.cdf(k) >= 1 - tail - 1e-12)
        assert inside[0] == pytest.approx(law.cdf(high[0]) - law.cdf(low[0] - 1))
        assert inside[0] >= level - 1e-9


def test_an_interval_may_reach_beyond_what_is_known():
    low, high, inside = metrics.central_interval(np.array([[0.5, 0.1, 0.4]]), 0.8)
    assert (low[0], high[0], inside[0]) == (0, 2, 1.0)


def test_p_values_of_one_common_factor_are_uniform():
    # correlated errors, and a common factor that is not 1
    predicted = np.array([300.0, 200.0, 100.0])
    root = np.linalg.cholesky(np.diag(predicted) + 0.001 * np.outer(predicted, predicted))
    rng = np.random.default_rng(1)
    p = [
        metrics.proportional(0.8 * predicted + root @ rng.normal(size=3), predicted, root @ root.T)[2]
        for _ in range(2_000)
    ]
    assert stats.kstest(p, "uniform").pvalue > 0.01
    assert np.isnan(metrics.proportional(predicted[:1], predicted[:1], np.eye(1))).all()


@pytest.mark.parametrize(
    ("actual", "high", "misses"),
    [
        ([0.5, 0.2, 0.3, 0.8], [0.2, 0.3, 0.4, 0.9], True),
        ([0.5, 0.2, 0.6, 0.8], [0.2, 0.3, 0.4, 0.9], False),  # more than one other only
        ([0.5, 0.2, 0.3, 0.8], [0.2, 0.3, 0.6, 0.9], False),  # within what chance makes of the third
        ([0.5, 0.2, 0.3, 0.8], [0.6, 0.3, 0.4, 0.9], False),  # within what chance makes of itself
        ([0.5], [0.2], False),
    ],
)
def test_the_lowest_group(actual, high, misses):
    assert metrics.lowest_group_misses(np.array(actual), np.array(high)) is misses
