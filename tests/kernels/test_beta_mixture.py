import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import hyp2f1

from custval._kernels.beta_mixture import beta_expectation

any_positive = st.floats(-8, 8).map(lambda power: 10.0**power)


def moments(a, b):
    """E[1], E[1 + p], E[(1 + p)**2]."""
    powers = np.arange(3.0)
    return beta_expectation(lambda _, p: (1 + p)[:, None, :] ** powers[:, None], a, b, at_zero=2.0, at_one=2.0, width=3)


def exact_moments(a, b):
    mean = a / (a + b)
    return np.stack([np.ones_like(mean), 1 + mean, 1 + 2 * mean + mean * (a + 1) / (a + b + 1)], axis=-1)


@given(any_positive, any_positive)
def test_moments(a, b):
    np.testing.assert_allclose(moments([a], [b])[0], exact_moments(a, b), rtol=1e-10)
    # the same about the other end
    rest = beta_expectation(lambda _, p: (2 - p)[:, None, :], [a], [b], at_zero=1.0, at_one=1.0)
    assert rest[0, 0] == pytest.approx(1 + b / (a + b), rel=1e-10)


@given(st.floats(0.05, 30), st.floats(0.05, 30), st.floats(0.1, 30), st.floats(0, 0.9))
def test_power_functions_are_hypergeometric(a, b, s, z):
    got = beta_expectation(
        lambda _, p: np.exp(-s * np.log1p(-z * (1 - p)))[:, None, :], [a], [b], at_zero=s / (1 - z), at_one=s
    )
    # E[(1 - z (1 - p))**-s] is 2F1(s, b; a + b; z)
    assert got[0, 0] == pytest.approx(float(mp.hyp2f1(s, b, a + b, z)), rel=1e-9)
    assert got[0, 0] == pytest.approx(hyp2f1(s, b, a + b, z), rel=1e-6)


@pytest.mark.parametrize(("a", "b"), [(0.5, 0.5), (1e-6, 3.0), (40.0, 2.0), (2e4, 5e4), (3.0, 1e-6)])
def test_any_other_function(a, b):
    got = beta_expectation(lambda _, p: np.cos(p)[:, None, :] + 2, [a], [b], at_zero=1.0, at_one=1.0)[0, 0]
    # the cosine's series, moment by moment
    wanted, product, k = 2 + mp.mpf(1), mp.mpf(1), 0
    while k < 40:
        product *= -mp.mpf(a + k) * (a + k + 1) / ((a + b + k) * (a + b + k + 1) * (k + 1) * (k + 2))
        wanted, k = wanted + product, k + 2
    assert got == pytest.approx(float(wanted), rel=1e-10)


def test_blocks_do_not_change_the_answer():
    rng = np.random.default_rng(1)
    a, b = 10 ** rng.uniform(-6, 6, 3000), 10 ** rng.uniform(-6, 6, 3000)
    together = moments(a, b)
    assert together.shape == (3000, 3)
    np.testing.assert_allclose(together, exact_moments(a, b), rtol=1e-10)
    for row in rng.permutation(3000)[:40]:
        np.testing.assert_allclose(moments(a[[row]], b[[row]])[0], together[row], rtol=1e-10)


def test_no_rows():
    assert moments(np.zeros(0), np.zeros(0)).shape == (0, 3)


def test_one_b_for_all_rows():
    np.testing.assert_allclose(moments([1.0, 2.0], 2.0)[:, 1], [4 / 3, 3 / 2], rtol=1e-10)
