import warnings
from datetime import date
from importlib.util import find_spec
from pathlib import Path

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import gamma, invgamma

from custval._kernels import gamma_gamma
from custval._kernels.maximize import covariance
from custval.errors import FitError

PUBLISHED = (6.25, 3.74, 15.44)  # Fader & Hardie 2013
SHIPPED = Path(find_spec("lifetimes").submodule_search_locations[0]) / "datasets"

positive = st.floats(-2, 2).map(lambda power: 10.0**power)


@pytest.fixture(scope="module")
def cdnow():
    """x and m of the repeat buyers of the 1/10 sample, same-day purchases merged, to 1997-09-30."""
    spent = {}
    for line in (SHIPPED / "CDNOW_sample.txt").read_text().splitlines():
        _, customer, day, _, amount = line.split()
        if date(int(day[:4]), int(day[4:6]), int(day[6:])) <= date(1997, 9, 30):
            days = spent.setdefault(customer, {})
            days[day] = days.get(day, 0.0) + float(amount)
    repeat = [[days[day] for day in sorted(days)[1:]] for days in spent.values() if len(days) > 1]
    return np.array([len(amounts) for amounts in repeat], float), np.array([np.mean(amounts) for amounts in repeat])


def drawn(seed, n, theta=PUBLISHED):
    rng = np.random.default_rng(seed)
    x = 1 + rng.poisson(1.5, n)
    amount, _ = gamma_gamma.draw(*theta, x, rng)
    return x.astype(float), np.add.reduceat(amount, np.cumsum(x) - x) / x


def printed_density(p, q, gamma, x, m):
    """Equation (1a)."""
    front = mp.gamma(p * x + q) / (mp.gamma(p * x) * mp.gamma(q))
    return front * gamma**q * m ** (p * x - 1) * x ** (p * x) / (gamma + m * x) ** (p * x + q)


@given(positive, positive, positive, st.integers(1, 1000), positive)
def test_likelihood_is_the_printed_one(p, q, gamma, x, m):
    with mp.workdps(40):
        wanted = float(mp.log(printed_density(*map(mp.mpf, (p, q, gamma, x, m)))))
    assert gamma_gamma.log_likelihood(p, q, gamma, x, m) == pytest.approx(wanted, rel=1e-9, abs=1e-8)


@pytest.mark.parametrize("theta", [(1.8, 1.3, -0.8), (0, 0, 0), (1, 14, 14), (14, 1, -13), (-8, 2, 1), (2, -8, -8)])
def test_objective_and_its_derivatives_are_right_out_to_the_bounds(theta):
    x, m, w = np.array([1, 1, 2, 7, 30.0]), np.array([0.3, 1.1, 2.0, 0.9, 1.2]), np.array([2, 1, 1, 3, 1.0])
    value, gradient, hessian = gamma_gamma.Objective(x, m, w)(np.array(theta, dtype=float))
    with mp.workdps(60):
        rows = [tuple(map(mp.mpf, row)) for row in zip(x, m, w, strict=True)]

        def exact(*log_parameters):
            theta = tuple(map(mp.exp, log_parameters))
            return sum(w * mp.log(m * printed_density(*theta, x, m)) for x, m, w in rows)

        at = tuple(map(mp.mpf, theta))
        assert value == pytest.approx(float(exact(*at)), rel=1e-11)
        for i in range(3):
            one = tuple(int(i == k) for k in range(3))
            assert gradient[i] == pytest.approx(float(mp.diff(exact, at, one)), rel=1e-7, abs=1e-7)
            for j in range(3):
                two = tuple(one[k] + int(j == k) for k in range(3))
                assert hessian[i, j] == pytest.approx(float(mp.diff(exact, at, two)), rel=1e-7, abs=1e-7)


def test_fit_of_cdnow_is_the_published_one(cdnow):
    x, m = cdnow
    assert x.size == 946
    maximum = gamma_gamma.fit(x, m)
    assert maximum.status == "converged"
    assert maximum.log_likelihood == pytest.approx(-4055.9177, abs=1e-3)
    # printed to two digits
    assert maximum.parameters.round(2).tolist() == list(PUBLISHED)
    assert maximum.log_likelihood == pytest.approx(gamma_gamma.log_likelihood(*maximum.parameters, x, m).sum())


def test_fit_of_the_shipped_summary_agrees_with_lifetimes():
    data = np.genfromtxt(SHIPPED / "cdnow_customers_summary_with_transactions.csv", delimiter=",", names=True)
    data = data[data["x"] > 0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from lifetimes import GammaGammaFitter

        theirs = GammaGammaFitter().fit(data["x"], data["zbar"])
    maximum = gamma_gamma.fit(data["x"], data["zbar"])
    likelihood = gamma_gamma.log_likelihood(*theirs.params_[["p", "q", "v"]], data["x"], data["zbar"]).sum()
    # never below the peer's own maximum, but for the last digits of a sum of thousands of terms
    assert likelihood - 1e-9 <= maximum.log_likelihood <= likelihood + 1e-3
    np.testing.assert_allclose(
        gamma_gamma.expected_spend(*theirs.params_[["p", "q", "v"]], data["x"], data["zbar"]),
        theirs.conditional_expected_average_profit(data["x"], data["zbar"]),
        rtol=1e-12,
    )


def test_published_expectations(cdnow):
    data = np.genfromtxt(SHIPPED / "cdnow_customers_summary_with_transactions.csv", delimiter=",", names=True)[:10]
    theta = gamma_gamma.fit(*cdnow).parameters
    wanted = [24.65, 18.91, 35.17, 35.17, 35.17, 71.46, 18.91, 35.17, 27.28, 35.17]
    np.testing.assert_allclose(gamma_gamma.expected_spend(*theta, data["x"], data["zbar"]), wanted, atol=0.011)


def test_the_unit_of_money_changes_gamma_only(cdnow):
    x, m = cdnow
    dollars, cents = gamma_gamma.fit(x, m), gamma_gamma.fit(x, 100 * m)
    np.testing.assert_allclose(cents.parameters, dollars.parameters * [1, 1, 100], rtol=1e-9)
    assert cents.log_likelihood == pytest.approx(dollars.log_likelihood - x.size * np.log(100), rel=1e-12)
    np.testing.assert_allclose(covariance(cents, log=True), covariance(dollars, log=True), rtol=1e-7)


def test_weights_are_repeated_rows():
    x, m = drawn(1, 300)
    w = np.random.default_rng(2).integers(0, 4, x.size)
    one, other = gamma_gamma.fit(x, m, w), gamma_gamma.fit(np.repeat(x, w), np.repeat(m, w))
    np.testing.assert_allclose(other.parameters, one.parameters, rtol=1e-9)


def test_a_sample_to_start_from_changes_nothing(monkeypatch):
    x, m = drawn(3, 20_000)
    plain = gamma_gamma.fit(x, m)
    monkeypatch.setattr(gamma_gamma, "_MANY", 1000)
    sampled = gamma_gamma.fit(x, m)
    assert sampled.n_evaluations < plain.n_evaluations
    np.testing.assert_allclose(sampled.parameters, plain.parameters, rtol=1e-9)


def test_without_differences_between_customers_q_and_gamma_run_away():
    # the means of x amounts of one Gamma(3, 3), as quantiles, so that there is less spread than by chance
    share = (np.arange(40) + 0.5) / 40
    x = np.repeat([1.0, 4.0, 9.0], 40)
    maximum = gamma_gamma.fit(x, np.concatenate([gamma(3 * k, scale=1 / (3 * k)).ppf(share) for k in (1, 4, 9)]))
    assert (maximum.status, maximum.runaway, maximum.direction) == ("boundary", (1, 2), (1, 1))
    assert len(maximum.held) == 1
    p, q, scale = maximum.parameters
    assert p == pytest.approx(3, rel=0.1)
    assert p * scale / (q - 1) == pytest.approx(1, rel=0.02)


def test_without_scatter_within_customers_p_runs_away():
    share = (np.arange(40) + 0.5) / 40
    maximum = gamma_gamma.fit(np.repeat([1.0, 4.0, 9.0], 40), np.tile(invgamma(3, scale=3).ppf(share), 3))
    assert (maximum.status, maximum.runaway, maximum.direction) == ("boundary", (0, 2), (1, -1))
    p, q, scale = maximum.parameters
    assert q == pytest.approx(3, rel=0.1)
    assert p * scale / (q - 1) == pytest.approx(1.5, rel=0.05)


def test_parameters_come_back_within_their_intervals():
    truth, hits = np.log(PUBLISHED), np.zeros(3)
    for seed in range(20):
        maximum = gamma_gamma.fit(*drawn([seed, 9], 4000))
        error = np.sqrt(np.diag(covariance(maximum, log=True)))
        hits += np.abs(maximum.log_parameters - truth) < 1.645 * error
    # 90 % of 20: fewer than 14 hits have a probability of 0.2 %
    assert np.all(hits >= 14)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (([1, 2], [3.0, 3.0]), "no_spread"),
        (([1, 2], [3.0, 4.0], [1, 0]), "no_spread"),
        (([1, 2], [3.0, 0.0]), "not_finite"),
        (([0, 2], [3.0, 4.0]), "not_finite"),
        (([1, 2], [3.0, np.nan]), "not_finite"),
        (([1, 2], [3.0, 4.0], [1, -1]), "not_finite"),
    ],
)
def test_data_that_cannot_be_fitted(data, code):
    with pytest.raises(FitError) as caught:
        gamma_gamma.fit(*data)
    assert caught.value.code == code


@given(positive, positive, positive, st.integers(0, 50), positive)
def test_the_mean_exists_and_is_positive_or_is_infinite(p, q, gamma, x, m):
    spend, exists = gamma_gamma.expected_spend(p, q, gamma, x, m), gamma_gamma.mean_exists(p, q, x)
    assert np.isfinite(spend) == exists == (p * x + q > 1)
    assert spend > 0
    if exists and x:
        # equation (5) as printed: a weighted mean of the base's and the customer's, where both exist
        printed = mp.mpf(p) * (mp.mpf(gamma) + mp.mpf(m) * x) / (mp.mpf(p) * x + mp.mpf(q) - 1)
        assert spend == pytest.approx(float(printed), rel=1e-6)


def test_spend_of_who_has_not_bought_again_does_not_look_at_their_mean():
    spend = gamma_gamma.expected_spend(*PUBLISHED, np.array([0, 0, 0, 2]), np.array([0.0, np.nan, 99.0, 20.0]))
    base = 6.25 * 15.44 / 2.74
    np.testing.assert_allclose(spend, [base, base, base, 6.25 * (15.44 + 40) / (12.5 + 2.74)])


def test_drawn_amounts_are_as_expected():
    rng, n = np.random.default_rng(31), 200_000
    x = rng.integers(0, 5, n)
    amount, mean = gamma_gamma.draw(*PUBLISHED, x, rng)
    assert amount.size == x.sum()
    customer = np.repeat(np.arange(n), x)
    seen = np.bincount(customer, amount, n)
    noise = amount - mean[customer]
    assert abs(noise.mean()) < 5 * noise.std() / np.sqrt(amount.size)
    assert np.mean((noise / mean[customer]) ** 2) == pytest.approx(1 / 6.25, rel=0.02)
    # the conditional expectation is right on average for each number of amounts
    expected = gamma_gamma.expected_spend(*PUBLISHED, x, seen / np.maximum(x, 1))
    for k in range(5):
        error = (mean - expected)[x == k]
        assert abs(error.mean()) < 5 * error.std() / np.sqrt(error.size)


@pytest.mark.slow
def test_a_fit_ends_whatever_the_order_of_the_rows():
    # the likelihood is a sum of terms hundreds of times as large, and its gains near the maximum drown in rounding
    n = 100_000
    rng = np.random.default_rng(0)
    x = rng.geometric(0.25, n)
    spend, _ = gamma_gamma.draw(30.0, 20.0, 5.0, x, rng)
    m = np.add.reduceat(spend, np.cumsum(x) - x) / x
    place = np.round(np.log(m) * 1000)
    rows, which = np.unique(np.column_stack([x, place]), axis=0, return_inverse=True)
    w = np.bincount(which.ravel()).astype(float)
    x, m = rows[:, 0], np.exp(np.bincount(which.ravel(), np.log(m)) / w)
    fits = []
    for seed in range(30):
        order = np.random.default_rng(seed).permutation(len(w))
        fits.append(gamma_gamma.fit(x[order], m[order], w[order]))
    assert {found.status for found in fits} == {"converged"}
    np.testing.assert_allclose([found.parameters for found in fits], [fits[0].parameters] * 30, rtol=1e-6)
