"""Correlations against scipy's, their errors against simulation, and the leveled logarithm against the model."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from scipy import stats

from custval._kernels import gamma_gamma
from custval._kernels.spend_independence import elasticity, level_log_spend, pearson, spearman


@pytest.fixture
def rng():
    return np.random.default_rng(20240601)


def test_values_are_those_of_scipy(rng):
    u = rng.integers(1, 9, 300).astype(float)
    v = np.exp(0.1 * u + rng.normal(size=300)).round(1)
    ones = np.ones(300)
    assert pearson(u, v, ones).value == pytest.approx(stats.pearsonr(u, v).statistic, rel=1e-12)
    assert spearman(u, v, ones).value == pytest.approx(stats.spearmanr(u, v).statistic, rel=1e-12)
    assert elasticity(np.log(u), np.log(v), ones) == pytest.approx(stats.linregress(np.log(u), np.log(v)).slope)


def test_a_weight_is_that_many_rows(rng):
    u, v, w = rng.integers(1, 5, 40).astype(float), rng.gamma(2.0, size=40).round(1), rng.integers(1, 6, 40)
    for measure in (pearson, spearman):
        weighted, repeated = measure(u, v, w.astype(float)), measure(*(np.repeat(c, w) for c in (u, v, np.ones(40))))
        assert weighted.value == pytest.approx(repeated.value, rel=1e-12)
        assert weighted.error == pytest.approx(repeated.error, rel=1e-12)


def test_a_perfect_correlation_has_an_interval_up_to_it():
    u = np.arange(1.0, 9.0)
    for measure in (pearson, spearman):
        low, high = measure(u, u, np.ones(8)).interval(0.95)
        assert 0.9 < low <= high <= 1.0
        assert measure(u, -u, np.ones(8)).value == pytest.approx(-1.0)


def test_errors_are_those_that_samples_show(rng):
    # spend scatters less where there are more amounts, and its tail is long: Fisher's own error would not do
    u = rng.poisson(1.0, (800, 300)) + 1.0
    v = rng.gamma(0.5 * u) / u * rng.lognormal(size=u.shape)
    found = [pearson(row, other, np.ones(300)) for row, other in zip(u, np.log(v), strict=True)]
    spread = np.std([np.arctanh(one.value) for one in found])
    assert np.mean([one.error for one in found]) == pytest.approx(spread, rel=0.08)
    normal = rng.normal(size=(2, 800, 200))
    pairs = zip(normal[0], 0.5 * normal[0] + normal[1], strict=True)
    ranked = [spearman(row, other, np.ones(200)) for row, other in pairs]
    spread = np.std([np.arctanh(one.value) for one in ranked])
    assert np.mean([one.error for one in ranked]) == pytest.approx(spread, rel=0.08)
    # and p-values of what is independent are uniform
    p_values = [spearman(*pair, np.ones(200)).p_value for pair in zip(*normal, strict=True)]
    assert stats.kstest(p_values, "uniform").pvalue > 0.001


def test_the_p_value_is_that_of_a_normal_deviate():
    found = pearson(np.array([1.0, 2, 3, 4, 5, 6]), np.array([1.0, 3, 2, 5, 6, 4]), np.ones(6))
    z = abs(mpmath.atanh(found.value)) / found.error
    assert found.p_value == pytest.approx(float(mpmath.erfc(z / mpmath.sqrt(2))), rel=1e-12)
    low, high = found.interval(1 - found.p_value)
    assert min(abs(low), abs(high)) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("p", [0.05, 1.0, 6.25, 1e6])
def test_the_leveled_logarithm_is_what_it_says(p):
    x, m = np.array([1.0, 2.0, 60.0]), np.array([0.3, 20.0, 1e5])
    expected = [
        float(mpmath.log(b) - mpmath.digamma(mpmath.mpf(p) * a) + mpmath.log(mpmath.mpf(p) * a))
        for a, b in zip(x, m, strict=True)
    ]
    np.testing.assert_allclose(level_log_spend(p, x, m), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("p", "q"), [(6.25, 3.74), (1.0, 3.0), (0.4, 3.0)])
def test_of_independent_customers_ranks_are_correlated_and_leveled_logarithms_are_not(p, q, rng):
    x = rng.geometric(0.3, 100_000)
    spend, _ = gamma_gamma.draw(p, q, 30.0, x, rng)
    m = np.add.reduceat(spend, np.cumsum(x) - x) / x
    x, ones = x.astype(float), np.ones(x.size)
    leveled = pearson(np.log(x), level_log_spend(p, x, m), ones)
    assert abs(np.arctanh(leveled.value)) < 4 * leveled.error
    assert abs(pearson(x, m, ones).value) < 4 * pearson(x, m, ones).error
    assert spearman(x, m, ones).value > 0.03
