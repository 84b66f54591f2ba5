"""Ratios of gamma functions beside exact arithmetic."""

import mpmath as mp
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from custval._kernels.gamma_ratios import log_beta_ratio, log_rising

arguments = st.floats(-6, 12).map(lambda power: 10.0**power)
steps = st.one_of(st.integers(0, 5000).map(float), st.floats(-3, 4).map(lambda power: 10.0**power))


@given(arguments, steps)
def test_rising(a, k):
    with mp.workdps(50):
        wanted = float(mp.loggamma(mp.mpf(a) + k) - mp.loggamma(a))
    # to the rounding of the parts that do not cancel
    np.testing.assert_allclose(log_rising(a, k), wanted, rtol=1e-11, atol=1e-11)


@given(arguments, arguments, steps)
def test_mean_of_a_power(a, b, k):
    with mp.workdps(50):
        a_, b_ = mp.mpf(a), mp.mpf(b)
        wanted = float(mp.loggamma(a_ + k) + mp.loggamma(a_ + b_) - mp.loggamma(a_) - mp.loggamma(a_ + b_ + k))
    found = log_beta_ratio(np.array([a]), np.array([b]), np.array([k]))
    np.testing.assert_allclose(found, [wanted], rtol=1e-10, atol=1e-10)


def test_shapes():
    assert log_rising(np.ones((3, 1)), np.ones(4)).shape == (3, 4)
    assert log_beta_ratio(np.ones(3), np.ones(3), np.zeros(3)).tolist() == [0.0, 0.0, 0.0]
