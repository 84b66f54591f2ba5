"""Priors: the normal densities they say they are, their derivatives, and a mode where a likelihood has no maximum."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import norm

from custval._kernels.priors import Prior, maximize_posterior

PRIOR = Prior(
    normals=(((1.0, -1.0, 0.0), 0.5, 1.0), ((0.0, 0.0, 1.0), -0.3, 0.4)), log_sums=((0, 2, 1.0, 1.5), (1, 2, 0.0, 0.7))
)


def plain(at):
    a, b, c = at
    return (
        norm.logpdf(a - b, 0.5, 1.0)
        + norm.logpdf(c, -0.3, 0.4)
        + norm.logpdf(np.log(np.exp(a) + np.exp(c)), 1.0, 1.5)
        + norm.logpdf(np.log(np.exp(b) + np.exp(c)), 0.0, 0.7)
    )


@pytest.mark.parametrize("at", [[0.0, 0.0, 0.0], [2.0, -1.0, 0.5], [-9.0, 9.0, 3.0]])
def test_the_density_and_its_derivatives(at):
    at = np.array(at)
    value, gradient, hessian = PRIOR(at)
    assert value - PRIOR(np.ones(3))[0] == pytest.approx(plain(at) - plain(np.ones(3)), rel=1e-12)
    step = 1e-5 * np.eye(3)
    slopes = [(PRIOR(at + s)[0] - PRIOR(at - s)[0]) / 2e-5 for s in step]
    np.testing.assert_allclose(gradient, slopes, rtol=1e-6, atol=1e-7)
    curves = [(PRIOR(at + s)[1] - PRIOR(at - s)[1]) / 2e-5 for s in step]
    np.testing.assert_allclose(hessian, curves, rtol=1e-6, atol=1e-7)


def no_events(theta):
    rate = np.exp(theta[0])
    return -3 * rate, np.array([-3 * rate]), np.array([[-3 * rate]])


def test_a_mode_where_the_likelihood_has_no_maximum():
    prior = Prior(normals=(((1.0,), -1.0, 1.5),))
    mode = maximize_posterior(no_events, prior, np.zeros(1))
    found = minimize_scalar(lambda u: 3 * np.exp(u) - norm.logpdf(u, -1.0, 1.5), bounds=(-10, 5), method="bounded")
    assert mode.status == "converged"
    assert mode.log_parameters[0] == pytest.approx(found.x, abs=1e-5)
    assert mode.log_likelihood == pytest.approx(-3 * mode.parameters[0], rel=1e-12)
    assert mode.hessian[0, 0] == pytest.approx(-3 * mode.parameters[0] - 1 / 1.5**2, rel=1e-9)


def test_without_a_prior_it_is_the_likelihood():
    assert maximize_posterior(no_events, None, np.zeros(1)).status == "boundary"
