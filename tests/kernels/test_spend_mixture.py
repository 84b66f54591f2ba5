"""The mixture of mean amounts: counts against quadrature of the density, and both against draws."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from custval._kernels.gamma_gamma import draw, log_likelihood
from custval._kernels.spend_mixture import mean_spend_between, mean_spend_density

X, W = np.array([1.0, 2.0, 7.0]), np.array([30.0, 15.0, 5.0])


@pytest.mark.parametrize("theta", [(6.25, 3.74, 15.44), (0.6, 1.2, 300.0), (40.0, 0.7, 2.0)])
def test_counts_are_integrals_of_the_density(theta):
    edges = np.array([1e-9, 3.0, 20.0, 55.0])
    found = mean_spend_between(*theta, X, W, edges)

    def density(m):
        each = [float(w) * mpmath.exp(float(log_likelihood(*theta, x, float(m)))) for x, w in zip(X, W, strict=True)]
        return sum(each)

    for i in range(3):
        exact = float(mpmath.quad(density, np.linspace(edges[i], edges[i + 1], 12).tolist()))
        assert found[i] == pytest.approx(exact, rel=1e-3 if edges[i] < 1e-6 else 1e-8)
    np.testing.assert_allclose(
        mean_spend_density(*theta, X, W, np.array([3.0, 20.0])), [float(density(m)) / W.sum() for m in (3.0, 20.0)]
    )


def test_all_customers_are_counted():
    edges = np.array([0.0, 1e-3, 10.0, 1e4, 1e9, np.inf])
    found = mean_spend_between(6.25, 3.74, 15.44, X, W, edges)
    assert (found >= 0).all()
    assert found.sum() == pytest.approx(W.sum(), rel=1e-12)


def test_a_far_tail_keeps_its_digits():
    p, q, gamma = 2.0, 5.0, 10.0
    found = mean_spend_between(p, q, gamma, np.array([3.0]), np.array([1.0]), np.array([1e5, np.inf]))[0]
    z = gamma / (gamma + 3 * mpmath.mpf(10) ** 5)
    assert found == pytest.approx(float(mpmath.betainc(q, 3 * p, 0, z, regularized=True)), rel=1e-10)


def test_counts_are_those_of_draws():
    rng = np.random.default_rng(5)
    n = 200_000
    x = rng.choice([1, 2, 7], size=n, p=W / W.sum())
    spend, _ = draw(4.0, 3.0, 20.0, x, rng)
    m = np.add.reduceat(spend, np.cumsum(x) - x) / x
    edges = np.append(np.linspace(0, 120, 13), np.inf)
    expected = mean_spend_between(4.0, 3.0, 20.0, X, W / W.sum() * n, edges)
    actual = np.histogram(m, edges)[0]
    assert ((actual - expected) ** 2 / expected).sum() < 40  # of chi-square with 12 degrees, beyond 1e-4
