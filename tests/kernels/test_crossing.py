"""Crossing times beside closed forms."""

import numpy as np

from custval._kernels.crossing import crossing_times


def test_many_scales():
    rng = np.random.default_rng(0)
    n = 5_000
    shape, scale, level = 10 ** rng.uniform(-2, 3, n), 10 ** rng.uniform(-6, 6, n), rng.uniform(1e-6, 1, n)
    calls = []

    def function(rows, t):
        calls.append(rows.size)
        return -np.expm1(-shape[rows] * np.log1p(t / scale[rows]))

    with np.errstate(over="ignore"):
        exact = scale * np.expm1(-np.log1p(-level) / shape)
        found = crossing_times(function, level)
    far = exact > np.exp(690.0)
    assert np.isinf(found[far]).all()
    np.testing.assert_allclose(found[~far], exact[~far], rtol=1e-10)
    assert sum(calls) < 25 * n


def test_a_level_that_is_never_reached():
    found = crossing_times(lambda _, t: -0.4 * np.expm1(-t), np.array([0.3, 0.5]))
    assert np.isfinite(found[0])
    assert np.isinf(found[1])


def test_nobody():
    assert crossing_times(lambda _, t: t, np.zeros(0)).shape == (0,)
