"""NBD beside its formulas in exact arithmetic, beside scipy's distribution, and beside simulation."""

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from custval._kernels import nbd
from custval._kernels.maximize import covariance, standard_errors
from custval._kernels.purchase_tuples import PurchaseTuples
from custval.errors import FitError

CDNOW = (0.385, 12.07)

positive = st.floats(-3, 3).map(lambda power: 10.0**power)
purchases = st.one_of(st.integers(0, 3), st.integers(0, 5000))


@given(positive, positive, purchases, st.floats(0, 1000))
def test_likelihood_is_that_of_a_mixture_of_poisson_processes(r, alpha, x, T):
    # the density of x times in (0, T] is lambda**x exp(-lambda T); lambda is integrated out by the gamma function
    with mp.workdps(40):
        a, s = mp.mpf(alpha), mp.mpf(r) + x
        wanted = float(mp.loggamma(s) - mp.loggamma(r) + r * mp.log(a) - s * mp.log(a + T))
    assert nbd.log_likelihood(r, alpha, x, T, T) == pytest.approx(wanted, rel=1e-9, abs=1e-8)


def exact_pmf(r, alpha, x, T, t, n_max):
    s, tau = mp.mpf(r) + x, mp.mpf(t) / (mp.mpf(alpha) + T)
    p = tau / (1 + tau)
    each = [mp.rf(s, k) / mp.factorial(k) * p**k * (1 + tau) ** -s for k in range(n_max + 1)]
    return [*each, mp.betainc(n_max + 1, s, 0, p, regularized=True)]


@given(positive, positive, purchases, st.floats(0, 1000), st.floats(-4, 5).map(lambda power: 10.0**power))
def test_the_future_is_negative_binomial(r, alpha, x, T, t):
    with mp.workdps(60):
        exact = exact_pmf(r, alpha, x, T, t, 12)
        assert abs(sum(exact) - 1) < mp.mpf("1e-40")  # the exact numbers are a distribution
        wanted = np.array([float(value) for value in exact])
        none, mean = 1 - exact[0], (mp.mpf(r) + x) * t / (mp.mpf(alpha) + T)
    found = nbd.purchase_pmf_alive(r, alpha, x, T, t, 12)
    # below the smallest normal number there are no digits to compare
    np.testing.assert_allclose(found, wanted[None], rtol=1e-9, atol=1e-300)
    np.testing.assert_allclose(nbd.probability_active_alive(r, alpha, x, T, t), [float(none)], rtol=1e-9)
    np.testing.assert_allclose(nbd.expected_purchases_alive(r, alpha, x, T, t), [float(mean)], rtol=1e-12)


def test_pmf_of_many_purchases():
    found = nbd.purchase_pmf_alive(*CDNOW, [5000.0, 0.0], [100.0, 5.0], 30.0, 3000)
    np.testing.assert_allclose(found.sum(axis=1), 1.0, rtol=1e-10)
    s, span = 5000 + CDNOW[0], 100 + CDNOW[1]
    wanted = stats.nbinom.pmf(np.arange(3001), s, span / (span + 30))
    np.testing.assert_allclose(found[0, :-1], wanted, rtol=1e-9, atol=1e-300)
    assert nbd.purchase_pmf_alive(*CDNOW, [3.0], [5.0], 0.0, 2).tolist() == [[1.0, 0.0, 0.0, 0.0]]
    assert nbd.purchase_pmf_alive(*CDNOW, [3.0], [5.0], 2.0, 0).sum() == pytest.approx(1.0, rel=1e-12)


@given(positive, positive, st.floats(3, 12).map(lambda power: 10.0**power))
def test_pmf_at_long_horizons(r, alpha, t):
    # all but a sliver of the time that is counted lies ahead
    found = nbd.purchase_pmf_alive(r, alpha, [0.0], 0.0, t, 2)[0]
    wanted = [float(part) for part in exact_pmf(r, alpha, 0, 0.0, t, 2)]
    np.testing.assert_allclose(found[-1], 1.0 - sum(wanted[:3]), rtol=1e-9, atol=1e-15)
    assert found.sum() == pytest.approx(1.0, rel=1e-12)


def test_shapes_and_those_who_never_leave():
    x, T, t = np.array([0.0, 3.0]), np.array([5.0, 9.0]), np.array([1.0, 2.0, 1e6])
    assert nbd.probability_alive(*CDNOW, x, T, T).tolist() == [1.0, 1.0]
    assert nbd.probability_alive(*CDNOW, x, T, T, after=t).tolist() == [[1.0] * 3] * 2
    assert nbd.probability_ever_alive(*CDNOW, x, T).tolist() == [1.0, 1.0]
    for method in (nbd.expected_purchases_alive, nbd.probability_active_alive):
        together = method(*CDNOW, x, T, t)
        assert together.shape == (2, 3)
        for j, horizon in enumerate(t):
            np.testing.assert_allclose(method(*CDNOW, x, T, horizon), together[:, j], rtol=1e-14)
        own = method(*CDNOW, x, T, np.array([[1.0], [1e6]]))
        np.testing.assert_allclose(own, [[together[0, 0]], [together[1, 2]]], rtol=1e-14)
        np.testing.assert_allclose(method(np.full(2, 0.385), np.full(2, 12.07), x, T, t), together, rtol=1e-14)
    new = nbd.expected_purchases_new(*CDNOW, [[0.0, 39.0]])
    np.testing.assert_allclose(new, [nbd.expected_purchases_alive(*CDNOW, 0.0, 0.0, [0.0, 39.0])[0]])
    np.testing.assert_allclose(nbd.probability_active_alive(*CDNOW, x, T, 1e300), 1.0, rtol=1e-9)


# -- fit


def random_base(rng, n=300):
    T = rng.integers(5, 60, n).astype(float)
    return rng.poisson(rng.gamma(0.5, 0.1, n) * T).astype(float), T, rng.integers(1, 5, n).astype(float)


@pytest.mark.parametrize("theta", [(-0.9, 0.3), (13, 12.5), (-13, 1), (2, -13)])
def test_objective_and_its_derivatives(theta):
    x, T, w = np.array([0, 1, 1, 3, 40.0]), np.array([10, 10, 9, 6, 9.0]), np.array([5, 1, 2, 1, 1.0])
    base = PurchaseTuples.of(x, np.zeros(5), T, w)
    value, gradient, hessian = nbd.Objective(base)(np.array(theta, dtype=float))
    with mp.workdps(60):

        def exact(*log_parameters):
            r, alpha = map(mp.exp, log_parameters)
            rows = zip(map(int, x), T / base.scale, w, strict=True)
            return sum(
                v * (mp.log(mp.rf(r, k)) + r * mp.log(alpha) - (r + k) * mp.log(alpha + time)) for k, time, v in rows
            )

        at = tuple(map(mp.mpf, theta))
        assert value == pytest.approx(float(exact(*at)), rel=1e-12)
        for i in range(2):
            one = tuple(int(i == k) for k in range(2))
            assert gradient[i] == pytest.approx(float(mp.diff(exact, at, one)), rel=1e-9, abs=1e-10)
            for j in range(2):
                two = tuple(one[k] + int(j == k) for k in range(2))
                assert hessian[i, j] == pytest.approx(float(mp.diff(exact, at, two)), rel=1e-7, abs=1e-10)


def test_fit_is_where_the_likelihood_is_largest():
    x, T, w = random_base(np.random.default_rng(1))
    maximum = nbd.fit(x, 0 * x, T, w)
    assert maximum.status == "converged"
    here = w @ nbd.log_likelihood(*maximum.parameters, x, 0 * x, T)
    assert maximum.log_likelihood == pytest.approx(here, rel=1e-12)
    error = standard_errors(maximum)
    for step in (0.05 * error * sign for sign in ([1, 0], [-1, 0], [0, 1], [0, -1], [1, 1], [-1, -1])):
        assert w @ nbd.log_likelihood(*(maximum.parameters + step), x, 0 * x, T) < here
    rows = np.repeat(np.arange(x.size), w.astype(int))
    days = nbd.fit(x[rows], 0 * rows, 7 * T[rows])
    np.testing.assert_allclose(days.parameters, maximum.parameters * [1, 7], rtol=1e-8)
    np.testing.assert_allclose(covariance(days, log=True), covariance(maximum, log=True), rtol=1e-6)


def test_customers_who_are_all_alike_are_poisson():
    # the variance of the counts is below their mean: the rate is purchases over time, and its error that of a Poisson
    x, T = np.array([2.0, 3, 2, 3, 3]), np.full(5, 10.0)
    maximum = nbd.fit(x, 0 * x, T)
    assert (maximum.status, maximum.runaway, maximum.direction) == ("boundary", (0, 1), (1, 1))
    r, alpha = maximum.parameters
    assert r / alpha == pytest.approx(13 / 50, rel=1e-5)
    poisson = x.sum() * np.log(13 / 50) - 13
    assert maximum.log_likelihood == pytest.approx(poisson, abs=1e-4)
    mode = nbd.fit(x, 0 * x, T, prior=True)
    assert mode.status == "converged"
    assert mode.log_likelihood < maximum.log_likelihood
    assert mode.parameters[0] / mode.parameters[1] == pytest.approx(13 / 50, rel=0.2)


def test_the_mode_has_the_largest_posterior():
    x, T, w = random_base(np.random.default_rng(2), 25)
    mode, scale = nbd.fit(x, 0 * x, T, w, prior=True), w @ T / w.sum()
    belief = nbd.prior(w @ x / w.sum())

    def posterior(log_parameters):
        value = w @ nbd.log_likelihood(*np.exp(log_parameters), x, 0 * x, T)
        return value + belief(log_parameters - [0, np.log(scale)])[0]

    here = posterior(mode.log_parameters)
    for step in 1e-3 * np.array([[1, 0], [-1, 0], [0, 1], [0, -1], [1, 1], [-1, -1]]):
        assert posterior(mode.log_parameters + step) < here


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (([0, 0], [0, 0], [5, 9]), "no_repeat_purchases"),
        (([1, np.nan], [1, 1], [5, 9]), "not_finite"),
        (([1, 2], [1, 1], [5, np.inf]), "not_finite"),
        (([1, 2], [1, 1], [5, 9], [1, -1]), "not_finite"),
    ],
)
def test_data_that_cannot_be_fitted(data, code):
    with pytest.raises(FitError) as caught:
        nbd.fit(*data)
    assert caught.value.code == code


# -- simulation


def test_the_future_of_simulated_customers_is_as_predicted():
    rng, n, t = np.random.default_rng(5), 200_000, 30.0
    T = np.repeat([20.0, 60.0], n // 2)
    customer, time, truth = nbd.draw(0.6, 9.0, T + t, rng)
    assert truth["alive"].all()
    assert abs(truth["purchase_rate"].mean() - 0.6 / 9) < 5 * truth["purchase_rate"].std() / np.sqrt(n)
    assert np.all((time > 0) & (time <= (T + t)[customer]))
    assert np.all((np.diff(time) > 0) | (np.diff(customer) > 0))
    x = np.bincount(customer[time <= T[customer]], minlength=n)
    future = np.bincount(customer[time > T[customer]], minlength=n)
    expected = nbd.expected_purchases_alive(0.6, 9.0, x, T, t)
    pmf = nbd.purchase_pmf_alive(0.6, 9.0, x, T, t, 3)
    for some in (T == 20, x == 0, x == 2):
        difference = (future - expected)[some]
        assert abs(difference.mean()) < 4.5 * difference.std() / np.sqrt(some.sum())
        for k in range(4):
            difference = ((future == k) - pmf[:, k])[some]
            assert abs(difference.mean()) < 4.5 * difference.std() / np.sqrt(some.sum())
    maximum = nbd.fit(x, 0 * x, T)
    assert np.all(np.abs(maximum.parameters - [0.6, 9.0]) < 4 * standard_errors(maximum))


def test_draws_of_the_future_have_its_distribution():
    x, T, draws = np.array([0.0, 4.0]), np.array([10.0, 20.0]), 200_000
    found = nbd.draw_future_alive(0.6, 9.0, x, T, 15.0, draws, np.random.default_rng(6))
    assert found.shape == (2, draws)
    assert found.dtype == np.int64
    pmf = nbd.purchase_pmf_alive(0.6, 9.0, x, T, 15.0, 4)
    for row in range(2):
        seen = np.bincount(np.minimum(found[row], 5), minlength=6) / draws
        assert np.all(np.abs(seen - pmf[row]) < 4.5 * np.sqrt(pmf[row] * (1 - pmf[row]) / draws))
    huge = nbd.draw_future_alive(1e3, 1e-3, 5000.0, 0.0, 1e30, 2, np.random.default_rng(6))
    assert np.all(huge > 0)


def test_no_customers():
    none = np.zeros(0)
    customer, time, _ = nbd.draw(*CDNOW, none, np.random.default_rng(1))
    assert customer.size == time.size == 0
    assert nbd.purchase_pmf_alive(*CDNOW, none, none, 1.0, 2).shape == (0, 4)
    assert nbd.expected_purchases_alive(*CDNOW, none, none, [1.0, 2.0]).shape == (0, 2)
