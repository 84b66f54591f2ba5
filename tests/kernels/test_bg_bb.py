"""BG/BB beside exact arithmetic, beside every possible history, beside lifetimes, and beside simulation."""

import csv
import itertools
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import binom, roots_sh_jacobi

from custval._kernels import bg_bb
from custval._kernels.bg_bb_objective import Objective
from custval._kernels.maximize import covariance
from custval.datasets import load_donations
from custval.errors import FitError

DONATIONS = (1.204, 0.750, 0.657, 2.783)  # Fader, Hardie & Shang 2010

positive = st.floats(-3, 3).map(lambda power: 10.0**power)
parameters = st.tuples(positive, positive, positive, positive)


@pytest.fixture(scope="module")
def donations():
    table = load_donations()
    return tuple(table[name].to_numpy() for name in ("frequency", "recency", "T", "weight"))


@pytest.fixture(scope="module")
def golden():
    with (Path(__file__).parent / "golden" / "bg_bb.csv").open() as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}


def summarize(customer, time, n):
    t_x = np.zeros(n)
    np.maximum.at(t_x, customer, time)
    return np.bincount(customer, minlength=n).astype(float), t_x


# -- in exact arithmetic


def test_everything_is_right_for_all_parameters(golden):
    theta = [golden[name] for name in ("alpha", "beta", "gamma", "delta")]
    x, t_x, n, m = (golden[name] for name in ("x", "t_x", "n", "m"))
    assert m.size == 60
    each = [(*row[:5], row[6], row[7]) for row in np.column_stack([*theta, x, t_x, n, m])]
    pmf = np.concatenate([bg_bb.purchase_pmf_alive(*row, 2) for row in each])
    found = {
        "log_likelihood": bg_bb.log_likelihood(*theta, x, t_x, n),
        "alive": bg_bb.probability_alive(*theta, x, t_x, n),
        "alive_after": np.concatenate(
            [bg_bb.probability_alive(*row) for row in np.column_stack([*theta, x, t_x, n, m])]
        ),
        "expected": np.concatenate([bg_bb.expected_purchases_alive(*row) for row in each]),
        "active": np.concatenate([bg_bb.probability_active_alive(*row) for row in each]),
        "ever": bg_bb.probability_ever_alive(*theta, x, n),
        "none": pmf[:, 0],
        "two": pmf[:, 2],
        "more_than_two": pmf[:, 3],
    }
    for name, values in found.items():
        # of a likelihood of nearly 1 the logarithm has the digits that 1 has
        least = 1e-15 if name == "log_likelihood" else 1e-300
        np.testing.assert_allclose(values, golden[name], rtol=1e-9, atol=least, err_msg=name)


# -- beside every possible history


def lives(theta, n):
    """Nodes of p and theta, their weights, and for each node P(life = j opportunities), j = 0, …, n - 1, and more.

    Probabilities are polynomials in p and theta, so that Gauss-Jacobi quadrature is exact.
    """
    alpha, beta, gamma, delta = theta
    p, w_p = roots_sh_jacobi(20, alpha + beta - 1, alpha)
    q, w_q = roots_sh_jacobi(20, gamma + delta - 1, gamma)
    weight = np.outer(w_p / w_p.sum(), w_q / w_q.sum())
    life = [np.broadcast_to(q * (1 - q) ** j, weight.shape) for j in range(n)]
    return p[:, None], weight, [*life, np.broadcast_to((1 - q) ** n, weight.shape)]


def history_probability(p, life, bought, last):
    """P(these purchases), by node, with a life of at least `last` opportunities."""
    n, chance = len(bought), 0.0
    for j in range(max(last, max((i + 1 for i in range(n) if bought[i]), default=0)), n + 1):
        seen = np.ones_like(p)
        for i in range(j):
            seen = seen * (p if bought[i] else 1 - p)
        chance = chance + life[j] * seen
    return chance


@pytest.mark.parametrize("theta", [DONATIONS, (0.3, 2.0, 1.0, 0.4), (5.0, 0.2, 2.0, 9.0)])
def test_every_history_of_a_few_opportunities(theta):
    n, m, total = 4, 3, 0.0
    p, weight, life = lives(theta, n)
    p, weight, whole = lives(theta, n + m)
    for bought in itertools.product((0, 1), repeat=n):
        x, t_x = sum(bought), max((i + 1 for i in range(n) if bought[i]), default=0)
        chance = (weight * history_probability(p, life, bought, 0)).sum()
        alive = (weight * history_probability(p, life, bought, n)).sum()
        total += chance
        np.testing.assert_allclose(bg_bb.log_likelihood(*theta, x, t_x, n), np.log(chance), rtol=1e-12)
        future = np.zeros(m + 1)
        later = 0.0
        for more in itertools.product((0, 1), repeat=m):
            future[sum(more)] += (weight * history_probability(p, whole, bought + more, n)).sum()
            later += (weight * history_probability(p, whole, bought + more, n + m)).sum()
        said = bg_bb.probability_alive(*theta, x, t_x, n, [0, m])
        np.testing.assert_allclose(said, [[alive / chance, later / chance]], rtol=1e-12)
        pmf = bg_bb.purchase_pmf_alive(*theta, x, n, m, 1)
        np.testing.assert_allclose(pmf, [[*future[:2] / alive, future[2:].sum() / alive]], rtol=1e-12)
        expected = bg_bb.expected_purchases_alive(*theta, x, n, m)
        np.testing.assert_allclose(expected, [future @ np.arange(m + 1) / alive], rtol=1e-12)
        active = bg_bb.probability_active_alive(*theta, x, n, m)
        np.testing.assert_allclose(active, [future[1:].sum() / alive], rtol=1e-12)
    assert total == pytest.approx(1.0, rel=1e-12)


@given(parameters, st.integers(0, 40))
def test_probabilities_of_all_histories_add_up(theta, n):
    # there are C(t_x - 1, x - 1) histories with x purchases of which the last is the t_x-th opportunity
    x, t_x = (part.ravel().astype(float) for part in np.meshgrid(np.arange(n + 1), np.arange(n + 1)))
    possible = ((x <= t_x) & (x > 0)) | ((x == 0) & (t_x == 0))
    x, t_x = x[possible], t_x[possible]
    number = np.where(x > 0, binom(t_x - 1, x - 1), 1.0)
    assert number @ np.exp(bg_bb.log_likelihood(*theta, x, t_x, n)) == pytest.approx(1.0, rel=1e-9)


# -- laws of the predictions


@given(parameters, st.integers(0, 60), st.data())
def test_laws_of_the_predictions(theta, n, data):
    x = data.draw(st.integers(0, n))
    t_x = 0 if x == 0 else data.draw(st.integers(x, n))
    t = np.array([0, 0.5, 1, 2, 10.1, 2000, 2048, 2048.5, 2100, 1e4, 1e6, 1e12])
    alive = bg_bb.probability_alive(*theta, x, t_x, n, t)
    expected = bg_bb.expected_purchases_alive(*theta, x, n, t)
    active = bg_bb.probability_active_alive(*theta, x, n, t)
    ever = bg_bb.probability_ever_alive(*theta, x, n)
    mean = (theta[0] + x) / (theta[0] + theta[1] + n)
    for values in (alive, expected, active, ever):
        assert np.all(np.isfinite(values) & (values >= 0))
    assert np.all(np.diff(alive) <= 0)
    assert np.all(np.diff(expected) >= 0)
    assert np.all(np.diff(active) >= -1e-12 * active[:, :-1])
    assert np.all(active <= ever[:, None] * (1 + 1e-12))
    assert np.all(active <= expected * (1 + 1e-9))
    assert np.all(expected <= mean * t * (1 + 1e-9))
    # one more opportunity: there, and buying
    step = expected[0, 8] - bg_bb.expected_purchases_alive(*theta, x, n, 2099.0)
    there = bg_bb.probability_alive(*theta, n, n, n, 2100.0)  # of someone alive at n
    np.testing.assert_allclose(step, mean * there, rtol=1e-6, atol=1e-11 * expected[0, 8])


@given(parameters, st.integers(0, 30), st.integers(0, 40), st.integers(0, 50))
def test_the_pmf_has_the_mean_and_the_sum(theta, x, m, n_max):
    pmf = bg_bb.purchase_pmf_alive(*theta, [x, 0], 30, m, n_max)
    assert pmf.shape == (2, n_max + 2)
    np.testing.assert_allclose(pmf.sum(axis=1), 1.0, rtol=1e-10)
    assert np.all(pmf[:, m + 1 : -1] == 0)
    np.testing.assert_allclose(
        pmf[:, 1:].sum(axis=1), bg_bb.probability_active_alive(*theta, [x, 0], 30, m), rtol=1e-9, atol=1e-300
    )
    if n_max >= m:
        mean = pmf[:, :-1] @ np.arange(n_max + 1)
        np.testing.assert_allclose(mean, bg_bb.expected_purchases_alive(*theta, [x, 0], 30, m), rtol=1e-9)


def test_a_horizon_of_many_opportunities():
    # the terms beyond the first 2048 as they are, one by one
    a, b, c, d = 3.0, 9.0, 1.3, 12.0
    i = np.arange(1, 300_001)
    there = np.cumprod((d + i - 1) / (c + d + i - 1))
    waits = np.cumprod(np.concatenate([[a / (a + b)], (b + i[:-1] - 1) / (a + b + i[:-1])]))
    for m in (2048, 2049, 5000, 300_000):
        expected = bg_bb.expected_purchases_alive(a, b, c, d, 0, 0, m)
        np.testing.assert_allclose(expected, a / (a + b) * there[:m].sum(), rtol=1e-10)
        active = bg_bb.probability_active_alive(a, b, c, d, 0, 0, m)
        np.testing.assert_allclose(active, (there * waits)[:m].sum(), rtol=1e-10)
    pmf = bg_bb.purchase_pmf_alive(a, b, c, d, [0.0], [0.0], 5000, 40)
    np.testing.assert_allclose(pmf.sum(), 1.0, rtol=1e-9)
    np.testing.assert_allclose(1 - pmf[0, 0], (there * waits)[:5000].sum(), rtol=1e-9)


@given(parameters, st.integers(0, 60), st.data())
def test_the_curve_between_whole_numbers_is_the_closed_form(theta, n, data):
    import mpmath as mp

    alpha, beta, gamma, delta = theta
    x = data.draw(st.integers(0, n))
    t = np.array([1.5, 33.3, 2047.5, 2048.25, 9000.7])
    with mp.workdps(60):
        c, d = mp.mpf(gamma) + mp.mpf("1e-25"), mp.mpf(delta) + n

        def there(m):
            stays = mp.exp(mp.loggamma(d + m) + mp.loggamma(c + d) - mp.loggamma(d) - mp.loggamma(c + d + m))
            return (d - (d + m) * stays) / (c - 1)

        wanted = [float((mp.mpf(alpha) + x) / (mp.mpf(alpha) + beta + n) * there(mp.mpf(m))) for m in t]
    found = bg_bb.expected_purchases_alive(alpha, beta, gamma, delta, x, n, t)
    np.testing.assert_allclose(found, [wanted], rtol=1e-9)


def test_rows_and_horizons_are_computed_as_one_by_one():
    rng = np.random.default_rng(3)
    n = rng.integers(0, 60, 70).astype(float)
    x = np.floor(rng.random(70) * (n + 1))
    t_x = np.where(x > 0, np.floor(x + rng.random(70) * (n - x + 1)), 0.0)
    t = np.array([0.0, 1.0, 7.5, 3000.0])
    vectors = [np.full(70, value) for value in DONATIONS]
    for method, history in (
        (bg_bb.probability_alive, (x, t_x, n)),
        (bg_bb.expected_purchases_alive, (x, n)),
        (bg_bb.probability_active_alive, (x, n)),
    ):
        together = method(*DONATIONS, *history, t)
        assert together.shape == (70, 4)
        np.testing.assert_array_equal(method(*vectors, *history, t), together)
        for j, horizon in enumerate(t):
            np.testing.assert_allclose(method(*DONATIONS, *history, horizon), together[:, j], rtol=1e-12)
        own = method(*DONATIONS, *history, t[np.arange(70) % 4][:, None])
        np.testing.assert_allclose(own[:, 0], together[np.arange(70), np.arange(70) % 4], rtol=1e-12)
        one = method(*DONATIONS, *(part[9] for part in history), t)
        np.testing.assert_allclose(one, together[[9]], rtol=1e-12)
    likelihood = bg_bb.log_likelihood(*DONATIONS, x, t_x, n)
    single = [bg_bb.log_likelihood(*DONATIONS, *row)[0] for row in zip(x, t_x, n, strict=True)]
    np.testing.assert_allclose(likelihood, single, rtol=1e-13)
    assert bg_bb.expected_purchases_new(*DONATIONS, [[1.0, 2.0]]).shape == (1, 2)
    none = np.zeros(0)
    assert bg_bb.probability_alive(*DONATIONS, none, none, none, t).shape == (0, 4)
    assert bg_bb.expected_purchases_alive(*DONATIONS, none, none, t).shape == (0, 4)
    assert bg_bb.probability_ever_alive(*DONATIONS, none, none).shape == (0,)
    assert bg_bb.purchase_pmf_alive(*DONATIONS, none, none, 3, 2).shape == (0, 4)


def lifetimes_fitter(theta):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from lifetimes import BetaGeoBetaBinomFitter
    import pandas as pd

    fitter = BetaGeoBetaBinomFitter()
    fitter.params_ = pd.Series(dict(zip(("alpha", "beta", "gamma", "delta"), theta, strict=True)))
    return fitter


def test_agrees_with_lifetimes_where_that_is_right(donations):
    fitter = lifetimes_fitter(DONATIONS)
    x, t_x, n, _ = donations
    # it adds 1e-15 to the likelihood
    theirs = fitter._loglikelihood(DONATIONS, x, t_x, n)
    np.testing.assert_allclose(bg_bb.log_likelihood(*DONATIONS, x, t_x, n), theirs, rtol=1e-9)
    for m in (0, 1, 5):
        theirs = fitter.conditional_probability_alive(m, x, t_x, n)
        np.testing.assert_allclose(bg_bb.probability_alive(*DONATIONS, x, t_x, n, m), theirs, rtol=1e-9)
    theirs = fitter.conditional_expected_number_of_purchases_up_to_time(5, x, t_x, n)
    alive = bg_bb.probability_alive(*DONATIONS, x, t_x, n)
    np.testing.assert_allclose(alive * bg_bb.expected_purchases_alive(*DONATIONS, x, n, 5), theirs, rtol=1e-9)


# -- fit


def random_base(rng, size=300, top=12):
    n = rng.integers(0, top, size)
    x = rng.binomial(n, rng.beta(0.8, 1.5, size))
    t_x = np.where(x > 0, x + rng.binomial(n - x, rng.random(size)), 0)
    return x, t_x, n, rng.integers(1, 5, size).astype(float)


@pytest.mark.parametrize("seed", range(5))
def test_objective_is_the_sum_of_likelihoods(seed, monkeypatch):
    # small blocks, so that pairs of many n stand together and apart
    monkeypatch.setattr("custval._kernels.bg_bb_objective._BLOCK", 7)
    rng = np.random.default_rng(seed)
    x, t_x, n, w = random_base(rng)
    objective = Objective(x, t_x, n, w)
    for theta in rng.normal(0, 2, (5, 4)):
        wanted = w @ bg_bb.log_likelihood(*np.exp(theta), x, t_x, n)
        value, gradient, hessian = objective(theta)
        assert value == pytest.approx(wanted, rel=1e-12)
        step = 1e-5 * np.eye(4)
        slopes = [(objective(theta + s)[0] - objective(theta - s)[0]) / 2e-5 for s in step]
        np.testing.assert_allclose(gradient, slopes, rtol=1e-6, atol=1e-6 * np.abs(gradient).max())
        curves = [(objective(theta + s)[1] - objective(theta - s)[1]) / 2e-5 for s in step]
        np.testing.assert_allclose(hessian, curves, rtol=1e-6, atol=1e-7 * np.abs(hessian).max())
        np.testing.assert_array_equal(hessian, hessian.T)


@pytest.mark.parametrize(
    "theta", [(13, 12, 13, 14), (-13, -13, -13, 1), (0, 0, -13, 13), (2, 13, 13, 0), (13, 0, 0, 0)]
)
def test_objective_and_its_derivatives_are_right_out_to_the_bounds(theta):
    import mpmath as mp

    x, t_x, n = np.array([0, 1, 1, 3, 7, 8]), np.array([0, 2, 9, 5, 9, 8]), np.array([10, 10, 9, 6, 10, 8])
    w = np.array([5, 1, 2, 1, 3, 1.0])
    value, gradient, hessian = Objective(x, t_x, n, w)(np.array(theta, dtype=float))
    with mp.workdps(60):

        def exact(*log_parameters):
            alpha, beta, gamma, delta = map(mp.exp, log_parameters)
            total = mp.mpf(0)
            for bought, last, count, weight in zip(*(part.tolist() for part in (x, t_x, n, w)), strict=True):
                still = mp.beta(alpha + bought, beta + count - bought) * mp.beta(gamma, delta + count)
                for k in range(last, count):
                    still += mp.beta(alpha + bought, beta + k - bought) * mp.beta(gamma + 1, delta + k)
                total += weight * mp.log(still / mp.beta(alpha, beta) / mp.beta(gamma, delta))
            return total

        at = tuple(map(mp.mpf, theta))
        assert value == pytest.approx(float(exact(*at)), rel=1e-12)
        for i in range(4):
            one = tuple(int(i == k) for k in range(4))
            assert gradient[i] == pytest.approx(float(mp.diff(exact, at, one)), rel=1e-8, abs=1e-12)
            for j in range(i, 4):
                two = tuple(one[k] + int(j == k) for k in range(4))
                assert hessian[i, j] == pytest.approx(float(mp.diff(exact, at, two)), rel=1e-7, abs=1e-11)


def test_fit_of_the_donations_is_the_published_one(donations):
    x, t_x, n, w = donations
    maximum = bg_bb.fit(x, t_x, n, w)
    assert maximum.status == "converged"
    assert maximum.log_likelihood == pytest.approx(-33225.581, abs=1e-3)
    np.testing.assert_allclose(maximum.parameters, DONATIONS, atol=5e-4)
    assert maximum.log_likelihood == pytest.approx(w @ bg_bb.log_likelihood(*maximum.parameters, x, t_x, n), rel=1e-13)
    rows = np.random.default_rng(1).permutation(np.repeat(np.arange(x.size), w))
    one_by_one = bg_bb.fit(x[rows], t_x[rows], n[rows])
    np.testing.assert_allclose(one_by_one.parameters, maximum.parameters, rtol=1e-8)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitter = lifetimes_fitter(DONATIONS).fit(x, t_x, n, w)
    theirs = w @ bg_bb.log_likelihood(*fitter.params_, x, t_x, n)
    assert theirs <= maximum.log_likelihood + 1e-8  # both sums round


def test_parameters_come_back_within_their_intervals():
    truth, hits = np.log(DONATIONS), np.zeros(4)
    for seed in range(20):
        rng = np.random.default_rng([seed, 1])
        n = rng.integers(3, 25, 4000).astype(float)
        x, t_x = summarize(*bg_bb.draw(*DONATIONS, n, rng)[:2], n.size)
        maximum = bg_bb.fit(x, t_x, n)
        assert maximum.status == "converged"
        error = np.sqrt(np.diag(covariance(maximum, log=True)))
        hits += np.abs(maximum.log_parameters - truth) < 1.645 * error
    # 90 % of 20: fewer than 14 hits have a probability of 0.2 %
    assert np.all(hits >= 14)


def test_customers_of_whom_none_leaves():
    # everybody buys at the last opportunity: nobody has left, so gamma / delta runs to 0
    x, t_x, n, w = np.array([1, 2, 3, 6, 9.0]), np.full(5, 10.0), np.full(5, 10.0), np.array([3, 1, 2, 1, 1.0])
    maximum = bg_bb.fit(x, t_x, n, w)
    assert maximum.status == "boundary"
    assert {2, 3} & set(maximum.runaway)
    assert maximum.parameters[2] / maximum.parameters[3] < 1e-5
    mode = bg_bb.fit(x, t_x, n, w, prior=True)
    assert mode.status == "converged"
    assert np.all(np.abs(mode.log_parameters) < 5)
    assert mode.log_likelihood < maximum.log_likelihood


def test_customers_who_are_all_alike_run_to_a_boundary():
    rng = np.random.default_rng(7)
    n = np.full(300, 8)
    x = np.full(300, 4) + rng.integers(0, 2, 300)
    maximum = bg_bb.fit(x, np.full(300, 8), n)
    assert maximum.status == "boundary"
    assert {0, 1} <= set(maximum.runaway)
    assert maximum.parameters[0] / maximum.parameters[:2].sum() == pytest.approx(x.mean() / 8, rel=1e-3)


def test_small_samples_end_well():
    for seed in range(12):
        rng = np.random.default_rng([seed, 2])
        n = rng.integers(1, 9, 40).astype(float)
        x, t_x = summarize(*bg_bb.draw(*DONATIONS, n, rng)[:2], n.size)
        maximum = bg_bb.fit(x, t_x, n)
        assert maximum.status in {"converged", "boundary"}
        assert maximum.log_likelihood >= bg_bb.log_likelihood(*DONATIONS, x, t_x, n).sum()
        mode = bg_bb.fit(x, t_x, n, prior=True)
        assert mode.status == "converged"
        belief = bg_bb.prior(x.sum() / n.sum())
        here = mode.log_likelihood + belief(mode.log_parameters)[0]
        for step in 1e-3 * np.concatenate([np.eye(4), -np.eye(4)]):
            there = mode.log_parameters + step
            assert bg_bb.log_likelihood(*np.exp(there), x, t_x, n).sum() + belief(there)[0] < here


def test_everybody_bought_at_every_opportunity():
    n = np.array([3.0, 5.0, 8.0])
    assert bg_bb.fit(n, n, n).status == "boundary"
    assert np.isfinite(bg_bb.fit(n, n, n, prior=True).log_parameters).all()


@pytest.mark.parametrize(
    ("data", "code", "message"),
    [
        (([0, 0], [0, 0], [5, 9]), "no_repeat_purchases", "bought again"),
        (([1, np.nan], [1, 1], [5, 9]), "impossible", "whole numbers of at least 0; 1 of 2 rows"),
        (([1, 2], [1, 2.5], [5, 9]), "impossible", "whole numbers"),
        (([1, 2], [1, 2], [5, np.inf]), "impossible", "whole numbers"),
        (([1, 3], [1, 2], [5, 9]), "impossible", "x is at most t_x"),
        (([1, 2], [6, 2], [5, 9]), "impossible", "t_x at most n"),
        (([0, 2], [1, 2], [5, 9]), "impossible", "t_x is 0 exactly"),
        (([1, 2], [1, 2], [5, 9], [1, -1]), "impossible", "w is a finite"),
    ],
)
def test_data_that_cannot_be_fitted(data, code, message):
    with pytest.raises(FitError, match=message) as caught:
        bg_bb.fit(*data)
    assert caught.value.code == code


# -- simulation


@pytest.mark.parametrize("theta", [DONATIONS, (0.5, 3.0, 1.0, 9.0)])
def test_the_future_of_simulated_customers_is_as_predicted(theta):
    rng, size, t = np.random.default_rng(17), 100_000, 5
    n = np.repeat([4.0, 12.0], size // 2)
    customer, time, truth = bg_bb.draw(*theta, n + t, rng)
    assert np.all((np.diff(time) > 0) | (np.diff(customer) > 0))
    assert np.all((time >= 1) & (time <= (n + t)[customer]) & (time == np.floor(time)))
    past = time <= n[customer]
    x, t_x = summarize(customer[past], time[past], size)
    future = np.bincount(customer[~past], minlength=size)
    alive = bg_bb.probability_alive(*theta, x, t_x, n)

    def same_mean(got, wanted):
        difference = got - wanted
        assert abs(difference.mean()) < 4.5 * difference.std() / np.sqrt(size)

    expected = alive * bg_bb.expected_purchases_alive(*theta, x, n, t)
    same_mean(future, expected)
    same_mean(np.where(x == 1, future, 0), np.where(x == 1, expected, 0))
    same_mean(future > 0, alive * bg_bb.probability_active_alive(*theta, x, n, t))
    same_mean(future == 2, alive * bg_bb.purchase_pmf_alive(*theta, x, n, t, 2)[:, 2])
    same_mean(truth["alive"], bg_bb.probability_alive(*theta, x, t_x, n, after=t))
    same_mean((x + future)[n == 4], np.full(size // 2, bg_bb.expected_purchases_new(*theta, 9.0)))
    same_mean(truth["purchase_probability"], theta[0] / (theta[0] + theta[1]))
    same_mean(truth["dropout_probability"], theta[2] / (theta[2] + theta[3]))


def test_draws_of_the_future_have_its_distribution():
    x, n, draws = np.array([0.0, 4.0]), np.array([3.0, 6.0]), 200_000
    found = bg_bb.draw_future_alive(*DONATIONS, x, n, 5, draws, np.random.default_rng(6))
    assert found.shape == (2, draws)
    assert found.dtype == np.int64
    pmf = bg_bb.purchase_pmf_alive(*DONATIONS, x, n, 5, 5)
    for row in range(2):
        seen = np.bincount(found[row], minlength=7) / draws
        assert np.all(np.abs(seen - pmf[row]) <= 4.5 * np.sqrt(pmf[row] * (1 - pmf[row]) / draws))


@pytest.mark.parametrize("theta", [(1e-3, 1.0, 1e-8, 2.0), (0.5, 1e-3, 2.0, 1e-8), (5.0, 1.0, 1e-8, 1e-8)])
def test_draws_with_absurd_parameters(theta, monkeypatch):
    monkeypatch.setattr(bg_bb, "_BLOCK", 1000)
    T = np.full(2000, 3.0)
    customer, time, truth = bg_bb.draw(*theta, T, np.random.default_rng(2))
    assert np.all((time >= 1) & (time <= 3))
    assert np.all(np.diff(customer) >= 0)
    assert np.isfinite(truth["dropout_probability"]).all()
    none = bg_bb.draw(*theta, np.zeros(0), np.random.default_rng(2))
    assert none[0].size == none[1].size == 0
    far = bg_bb.draw_future_alive(*theta, 0.0, 0.0, 1e30, 50, np.random.default_rng(2))
    assert np.all(far >= 0)


def test_blocks_of_draws_change_nothing(monkeypatch):
    T = np.random.default_rng(1).integers(0, 9, 500).astype(float)
    whole = bg_bb.draw(*DONATIONS, T, np.random.default_rng(5))
    monkeypatch.setattr(bg_bb, "_BLOCK", 50)
    parts = bg_bb.draw(*DONATIONS, T, np.random.default_rng(5))
    for mine, theirs in zip(whole[:2], parts[:2], strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_extremes_stay_finite():
    x, t_x, n = np.array([0, 0, 5000, 3, 1.0]), np.array([0, 0, 5000, 9, 1.0]), np.array([0, 5000, 5000, 5000, 1.0])
    for theta in [*itertools.product((1e-3, 1e3), repeat=4), (1.0, 1.0, 1.0, 1.0)]:
        for answer in (
            bg_bb.log_likelihood(*theta, x, t_x, n),
            bg_bb.probability_alive(*theta, x, t_x, n, after=[0.0, 1.0, 1e5]),
            bg_bb.expected_purchases_alive(*theta, x, n, [1.0, 1e5]),
            bg_bb.probability_active_alive(*theta, x, n, [1.0, 1e5]),
            bg_bb.probability_ever_alive(*theta, x, n),
            bg_bb.purchase_pmf_alive(*theta, x, n, 30, 3),
        ):
            assert np.isfinite(answer).all()
