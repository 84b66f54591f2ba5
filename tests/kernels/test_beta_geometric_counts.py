"""How many purchases: beside sums in high precision, beside lifetimes, and beside simulation."""

import warnings

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custval._kernels import bg_nbd, mbg_nbd
from custval._kernels.beta_geometric_counts import phases_reach, purchase_pmf

positive = st.floats(-3, 3).map(lambda power: 10.0**power)
CDNOW = (0.2425945, 4.4136019, 0.7929199, 2.4258881)


def exact_pmf(s, tau, a, b, n_max, k=1, behind=0):
    """By the definitions, in 60 digits: the chance of so many phases, times that of staying so often, or leaving."""
    with mp.workdps(60):
        s, tau, a, b = map(mp.mpf, (s, tau, a, b))
        z, y = tau / (1 + tau), 1 / (1 + tau)
        phases, term = [], y**s
        for i in range((n_max + 1) * k - behind):
            phases.append(term)
            term *= (s + i) / (i + 1) * z
        would = [mp.mpf(0)] * (n_max + 1)
        for i, chance in enumerate(phases):
            would[(i + behind) // k] += chance
        at_least = [1 - mp.fsum(would[:n]) for n in range(n_max + 2)]

        def stays(n):
            return mp.beta(a, b + n - 1) / mp.beta(a, b) if n > 0 else mp.mpf(1)

        pmf = [would[0]]
        for n in range(1, n_max + 1):
            left = mp.beta(a + 1, b + n - 1) / mp.beta(a, b)
            pmf.append(would[n] * stays(n) + at_least[n + 1] * left)
        return np.array([float(chance) for chance in [*pmf, at_least[n_max + 1] * stays(n_max + 1)]])


@given(
    st.floats(-3, 3.7).map(lambda power: 10.0**power),
    st.floats(-6, 6).map(lambda power: 10.0**power),
    positive,
    positive,
    st.integers(0, 12),
    st.integers(1, 4),
    st.integers(0, 3),
)
def test_probabilities_are_the_exact_ones(s, tau, a, b, n_max, k, behind):
    behind %= k
    found = purchase_pmf(*np.array([[s], [tau], [a], [b]]), n_max, k=k, behind=behind)[0]
    exact = exact_pmf(s, tau, a, b, n_max, k, behind)
    # the least tails are lost in 60 digits, or below the smallest number
    there = exact > 1e-40
    np.testing.assert_allclose(found[there], exact[there], rtol=1e-10)
    assert np.all(found[~there] < 1e-39)


def test_many_probabilities_of_a_frequent_buyer():
    s, tau, a, b = 5000.5, 0.1, 0.5, 4000.0
    found = purchase_pmf(*np.array([[s], [tau], [a], [b]]), 700)[0]
    exact = exact_pmf(s, tau, a, b, 700)
    there = exact > 1e-40
    np.testing.assert_allclose(found[there], exact[there], rtol=1e-9)
    assert there.sum() > 400


@settings(max_examples=50)
@given(st.integers(1, 3000), positive, st.floats(-2, 2).map(lambda power: 10.0**power))
def test_tails_of_the_phases(m, s, part):
    tau = part * m / s
    with mp.workdps(40):
        z = mp.mpf(tau) / (1 + mp.mpf(tau))
        term = mp.rf(mp.mpf(s), m) / mp.factorial(m) * z**m * (1 - z) ** mp.mpf(s)
        if term < mp.mpf("1e-250") and part < 1:
            return
        # P(N = m) times a hypergeometric series of positive terms
        exact = float(term * mp.hyp2f1(mp.mpf(s) + m, 1, m + 1, z))
    np.testing.assert_allclose(phases_reach(float(m), np.array([s]), np.array([tau]))[0], exact, rtol=1e-10)


@pytest.mark.parametrize("kernel", [bg_nbd, mbg_nbd])
@given(theta=st.tuples(positive, positive, positive, positive), x=st.integers(0, 5000), T=positive, t=positive)
def test_zero_is_inactive_and_the_sum_is_one(kernel, theta, x, T, t):
    pmf = kernel.purchase_pmf_alive(*theta, x, T, t, 20)
    np.testing.assert_allclose(pmf.sum(), 1, rtol=1e-10)
    active = kernel.probability_active_alive(*theta, x, T, t)[0]
    np.testing.assert_allclose(pmf[0, 1:].sum(), active, rtol=1e-9)
    np.testing.assert_allclose(pmf[0, 0], 1 - active, rtol=1e-9, atol=1e-15)
    assert kernel.probability_ever_alive(*theta, x, T) == 1


@pytest.mark.parametrize("kernel", [bg_nbd, mbg_nbd])
@pytest.mark.parametrize("theta", [CDNOW, (2.0, 10.0, 0.01, 1.0), (0.01, 0.5, 30.0, 60.0)])
def test_the_mean_is_what_is_expected(kernel, theta):
    x, T = np.array([0.0, 2, 40]), np.array([30.0, 40, 50])
    pmf = kernel.purchase_pmf_alive(*theta, x, T, 39.0, 3000)
    expected = kernel.expected_purchases_alive(*theta, x, T, 39.0)
    assert np.all(pmf[:, -1] < 1e-14)
    np.testing.assert_allclose(pmf[:, :-1] @ np.arange(3001.0), expected, rtol=1e-10)


@pytest.mark.parametrize("kernel", [bg_nbd, mbg_nbd])
@pytest.mark.parametrize("theta", [CDNOW, (2.0, 10.0, 0.3, 1.5)])
def test_draws_are_as_often_as_said(kernel, theta):
    x, T, n_draws = np.array([0.0, 3, 25]), np.array([10.0, 30, 50]), 200_000
    drawn = kernel.draw_future_alive(*theta, x, T, 40.0, n_draws, np.random.default_rng(1))
    assert drawn.shape == (3, n_draws)
    assert drawn.dtype == np.int64
    pmf = kernel.purchase_pmf_alive(*theta, x, T, 40.0, 12)
    seen = np.array([np.bincount(np.minimum(row, 13), minlength=14) for row in drawn]) / n_draws
    assert np.all(np.abs(seen - pmf) < 4.5 * np.sqrt(pmf * (1 - pmf) / n_draws) + 1e-9)


def test_lifetimes_says_the_same_of_new_customers():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from lifetimes import BetaGeoFitter, ModifiedBetaGeoFitter
    import pandas as pd

    r, alpha, a, b = CDNOW
    for fitter, kernel in ((BetaGeoFitter(), bg_nbd), (ModifiedBetaGeoFitter(), mbg_nbd)):
        fitter.params_ = pd.Series({"r": r, "alpha": alpha, "a": a, "b": b})
        for t in (1.0, 39.0, 200.0):
            theirs = [fitter.probability_of_n_purchases_up_to_time(t, n) for n in range(8)]
            alive = kernel.purchase_pmf_alive(r, alpha, a, b, 0.0, 0.0, t, 7)[0, :8]
            # of new MBG customers some leave at once
            stays = b / (a + b) if kernel is mbg_nbd else 1.0
            np.testing.assert_allclose(stays * alive + (1 - stays) * (np.arange(8) == 0), theirs, rtol=1e-8)


@pytest.mark.parametrize("kernel", [bg_nbd, mbg_nbd])
def test_extremes_stay_finite(kernel):
    x, T = np.array([0.0, 0, 5000, 5000, 1]), np.array([0.0, 1e6, 1.0, 1e4, 1e-9])
    rng = np.random.default_rng(3)
    for theta in ((1e-3, 1e-3, 1e-3, 1e-3), (1e3, 1e3, 1e3, 1e3), (1e-3, 1e3, 1e3, 1e-3), (1e3, 1e-3, 1e-3, 1e3)):
        for t in (1e-12, 1.0, 1e6, 1e15):
            pmf = kernel.purchase_pmf_alive(*theta, x, T, t, 50)
            assert np.isfinite(pmf).all()
            assert (pmf >= 0).all()
            np.testing.assert_allclose(pmf.sum(axis=1), 1, rtol=1e-9)
            drawn = kernel.draw_future_alive(*theta, x, T, t, 10, rng)
            assert (drawn >= 0).all()
    np.testing.assert_array_equal(kernel.purchase_pmf_alive(*CDNOW, x, T, 0.0, 2), np.eye(4)[[0] * 5])


@pytest.mark.parametrize("kernel", [bg_nbd, mbg_nbd])
def test_rows_in_blocks_are_rows(kernel, monkeypatch):
    from custval._kernels import beta_geometric_counts

    x, T = np.arange(30.0), np.linspace(1, 60, 30)
    whole = kernel.purchase_pmf_alive(*CDNOW, x, T, 9.0, 6)
    monkeypatch.setattr(beta_geometric_counts, "_BLOCK", 30)
    np.testing.assert_array_equal(kernel.purchase_pmf_alive(*CDNOW, x, T, 9.0, 6), whole)


@pytest.mark.parametrize("kernel", [bg_nbd, mbg_nbd])
def test_the_mode_of_the_posterior(kernel):
    rng, n = np.random.default_rng(5), 3000
    T = rng.uniform(20, 60, n)
    customer, time, _ = kernel.draw(0.6, 6.0, 0.8, 2.5, T, rng)
    x, t_x = np.bincount(customer, minlength=n).astype(float), np.zeros(n)
    np.maximum.at(t_x, customer, time)
    mode, plain = kernel.fit(x, t_x, T, prior=True), kernel.fit(x, t_x, T)
    in_units = np.array([0, np.log(T.mean()), 0, 0])
    belief = kernel.prior(x.mean())

    def posterior(log_parameters):
        rows = kernel.log_likelihood(*np.exp(log_parameters), x, t_x, T)
        return rows.sum() + belief(log_parameters - in_units)[0]

    # it is the top in every direction, near the likelihood's, whose value it reports
    top = posterior(mode.log_parameters)
    assert mode.status == "converged"
    assert all(posterior(mode.log_parameters + step) < top for step in 1e-3 * np.vstack([np.eye(4), -np.eye(4)]))
    rows = kernel.log_likelihood(*mode.parameters, x, t_x, T)
    np.testing.assert_allclose(mode.log_likelihood, rows.sum(), rtol=1e-12)
    assert plain.log_likelihood - 2 < mode.log_likelihood < plain.log_likelihood
    # few customers: no maximum of the likelihood, but a mode
    few = slice(4, 10)
    assert kernel.fit(x[few], t_x[few], T[few], prior=True).status == "converged"
    # in days as in weeks
    days = kernel.fit(x, 7 * t_x, 7 * T, prior=True)
    np.testing.assert_allclose(days.parameters, mode.parameters * [1, 7, 1, 1], rtol=1e-8)
