"""MBG/NBD beside its printed formulas in exact arithmetic, beside lifetimes, and beside simulation."""

import warnings

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custval._kernels import mbg_nbd
from custval._kernels.bg_nbd_objective import Objective
from custval._kernels.purchase_tuples import PurchaseTuples

CDNOW = (0.52484316, 6.18308528, 0.89135939, 1.61400224)

positive = st.floats(-2, 2).map(lambda power: 10.0**power)


@st.composite
def histories(draw):
    x, T = draw(st.one_of(st.integers(0, 3), st.integers(0, 500))), draw(st.floats(0.5, 1000))
    return x, 0.0 if x == 0 else T * draw(st.floats(1e-3, 1)), T


def exact_parts(r, alpha, a, b, x, t_x, T):
    """The two terms of the likelihood (Batislam et al.): still here, and gone after the last purchase."""
    r, alpha, a, b, t_x, T = map(mp.mpf, (r, alpha, a, b, t_x, T))
    common = mp.gamma(r + x) / mp.gamma(r) * alpha**r
    alive = mp.beta(a, b + x + 1) / mp.beta(a, b) / (alpha + T) ** (r + x)
    gone = mp.beta(a + 1, b + x) / mp.beta(a, b) / (alpha + t_x) ** (r + x)
    return common * alive, common * gone


@given(st.tuples(positive, positive, positive, positive), histories())
def test_likelihood_and_probability_alive(theta, history):
    with mp.workdps(40):
        alive, gone = exact_parts(*theta, *history)
        likelihood, probability = float(mp.log(alive + gone)), float(alive / (alive + gone))
    found = mbg_nbd.log_likelihood(*theta, *history)
    np.testing.assert_allclose(found, likelihood, rtol=1e-9, atol=1e-9 * (1 + history[0]))
    np.testing.assert_allclose(mbg_nbd.probability_alive(*theta, *history)[0], probability, rtol=1e-8, atol=1e-300)


@given(st.tuples(positive, positive, positive, positive), histories(), positive)
def test_expectations(theta, history, t):
    r, alpha, a, b = theta
    x, _, T = history
    # of those alive p ~ Beta(a, b + x + 1); given p, (1 − (1 + p t / (alpha + T))^−(r + x)) / p are expected
    with mp.workdps(30):
        s, shape = mp.mpf(r) + x, mp.mpf(b) + x + 1
        tau = mp.mpf(t) / (mp.mpf(alpha) + T)

        def mean(c, d):
            return mp.beta(c, d) / mp.beta(a, shape)

        # ∫ (1 − (1 + p tau)^−s) p^(a−2) (1−p)^(shape−1): by parts in closed form with 2F1, for a ≠ 1
        if abs(a - 1) < 1e-3:
            return
        closed = mean(mp.mpf(a) - 1, shape) * (1 - mp.hyp2f1(s, mp.mpf(a) - 1, mp.mpf(a) - 1 + shape, -tau))
        stays = float(mp.hyp2f1(s, a, mp.mpf(a) + shape, -tau))
    np.testing.assert_allclose(mbg_nbd.expected_purchases_alive(r, alpha, a, b, x, T, t)[0], float(closed), rtol=1e-7)
    now, later = (mbg_nbd.probability_alive(*theta, *history, after=after)[0] for after in (0.0, t))
    np.testing.assert_allclose(later, now * stays, rtol=1e-8, atol=1e-300)


def test_new_customers():
    # of a new customer some leave at once; the others are as customers alive at x = 0, T = 0
    r, alpha, a, b = CDNOW
    found = mbg_nbd.expected_purchases_new(r, alpha, a, b, [1.0, 39.0])
    alive = mbg_nbd.expected_purchases_alive(r, alpha, a, b, 0.0, 0.0, [1.0, 39.0])[0]
    np.testing.assert_allclose(found, b / (a + b) * alive, rtol=1e-12)
    rng = np.random.default_rng(4)
    n = 400_000
    customer, time, _ = mbg_nbd.draw(r, alpha, a, b, np.full(n, 39.0), rng)
    for t, expected in zip((1.0, 39.0), found, strict=True):
        count = np.bincount(customer[time <= t], minlength=n)
        assert abs(count.mean() - expected) < 4 * count.std() / np.sqrt(n)


def test_simulated_customers_are_alive_as_often_as_said():
    r, alpha, a, b = 0.8, 5.0, 1.0, 3.0
    n = 200_000
    T = np.full(n, 52.0)
    customer, time, truth = mbg_nbd.draw(r, alpha, a, b, T, np.random.default_rng(2))
    x, t_x = np.bincount(customer, minlength=n).astype(float), np.zeros(n)
    np.maximum.at(t_x, customer, time)
    said = mbg_nbd.probability_alive(r, alpha, a, b, x, t_x, T)
    for some in (x == 0, x == 1, x > 3, said < 0.2, said > 0.8):
        error = np.sqrt((said[some] * (1 - said[some])).sum()) / some.sum()
        assert abs(truth["alive"][some].mean() - said[some].mean()) < 4 * error


def test_the_objective_is_the_likelihood_with_its_derivatives():
    rng = np.random.default_rng(3)
    n = 500
    T = rng.uniform(20, 80, n)
    customer, time, _ = mbg_nbd.draw(0.8, 5.0, 1.0, 3.0, T, rng)
    x, t_x = np.bincount(customer, minlength=n).astype(float), np.zeros(n)
    np.maximum.at(t_x, customer, time)
    w = rng.integers(1, 4, n).astype(float)
    base = PurchaseTuples.of(x, t_x, T, w, zeros=True)
    objective = Objective(base, first=True)
    for theta in ([0.7, 0.2, 0.9, 2.0], [3.0, 4.0, 0.05, 0.1], [0.05, 0.01, 30.0, 5.0]):
        at = np.log(theta)
        value, gradient, hessian = objective(at)
        r, alpha, a, b = theta
        plain = w @ mbg_nbd.log_likelihood(r, alpha * base.scale, a, b, x, t_x, T) + w @ x * np.log(base.scale)
        assert value == pytest.approx(plain, rel=1e-11)
        step = 1e-5 * np.eye(4)
        slopes = [(objective(at + s)[0] - objective(at - s)[0]) / 2e-5 for s in step]
        np.testing.assert_allclose(gradient, slopes, rtol=1e-6, atol=1e-5)
        curves = [(objective(at + s)[1] - objective(at - s)[1]) / 2e-5 for s in step]
        np.testing.assert_allclose(hessian, curves, rtol=1e-6, atol=1e-6 * np.abs(hessian).max())


def test_lifetimes_has_the_same_likelihood_and_probabilities():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from lifetimes import ModifiedBetaGeoFitter
    import pandas as pd

    fitter = ModifiedBetaGeoFitter()
    fitter.params_ = pd.Series(dict(zip(("r", "alpha", "a", "b"), CDNOW, strict=True)))
    x, t_x, T = np.array([0.0, 1, 2, 9]), np.array([0.0, 5.0, 30.43, 38.0]), np.full(4, 38.86)
    theirs = fitter.conditional_probability_alive(x, t_x, T)
    np.testing.assert_allclose(mbg_nbd.probability_alive(*CDNOW, x, t_x, T), theirs, rtol=1e-9)
    expected = fitter.conditional_expected_number_of_purchases_up_to_time(39.0, x, t_x, T)
    ours = mbg_nbd.probability_alive(*CDNOW, x, t_x, T) * mbg_nbd.expected_purchases_alive(*CDNOW, x, T, 39.0)
    np.testing.assert_allclose(ours, expected, rtol=1e-7)
    new = [fitter.expected_number_of_purchases_up_to_time(t) for t in (1.0, 39.0)]
    np.testing.assert_allclose(mbg_nbd.expected_purchases_new(*CDNOW, [1.0, 39.0]), new, rtol=1e-7)


def test_extremes_stay_finite():
    x, t_x, T = (
        np.array([0.0, 0, 5000, 5000, 1]),
        np.array([0.0, 0, 1.0, 1e4, 1e-9]),
        np.array([1e-9, 1e6, 1e4, 1e4, 1e6]),
    )
    for theta in ((1e-3, 1e-3, 1e-3, 1e-3), (1e3, 1e3, 1e3, 1e3), (0.5, 5.0, 1.0, 1e-6), (0.5, 5.0, 1e-6, 1.0)):
        for answer in (
            mbg_nbd.probability_alive(*theta, x, t_x, T, after=[0.0, 1.0, 1e5]),
            mbg_nbd.expected_purchases_alive(*theta, x, T, [1.0, 1e5]),
            mbg_nbd.expected_purchases_new(*theta, [0.0, 1.0, 1e5]),
        ):
            assert np.isfinite(answer).all()
            assert (answer >= 0).all()
