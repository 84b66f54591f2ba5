"""Discounting rules beside the sums and integrals themselves."""

import mpmath as mp
import numpy as np
import pytest

from custval._kernels.discounting import continuous_rule, discrete_rule

CURVES = {
    "line": lambda t: t,
    "logarithm": lambda t: np.log1p(t / 4),
    "power": lambda t: np.expm1(0.4 * np.log1p(t / 1e-3)),
    "saturates": lambda t: -np.expm1(-t / 30.0),
}


@pytest.mark.parametrize("curve", CURVES)
@pytest.mark.parametrize("delta", [0.5, 0.05, 1e-3, 2.6e-4])
def test_the_sum(curve, delta):
    f = CURVES[curve]
    j = np.arange(0, int(45 / delta) + 100, dtype=float)
    plain = np.sum(np.diff(f(j)) * np.exp(-delta * j[1:]))
    t, weight = discrete_rule(delta)
    assert len(t) < 600
    assert f(t) @ weight == pytest.approx(plain, rel=1e-10)


@pytest.mark.parametrize("delta", [2.0, 0.05, 1e-4, 1e-7])
def test_the_integral(delta):
    t, weight = continuous_rule(delta)
    assert t @ weight == pytest.approx(1 / delta, rel=1e-12)
    # a stream of e^{-t/30}: ∫ e^{-t/30} e^{-delta t} dt
    assert 30 * CURVES["saturates"](t) @ weight == pytest.approx(1 / (delta + 1 / 30), rel=1e-12)
    # the curve (1 + t)^0.4: its slope, discounted, is an incomplete gamma function
    exact = 0.4 * mp.e**delta * mp.mpf(delta) ** -0.4 * mp.gammainc(0.4, delta)
    assert np.expm1(0.4 * np.log1p(t)) @ weight == pytest.approx(float(exact), rel=1e-11)
