"""Pareto/NBD beside its printed formulas in exact arithmetic, beside lifetimes, and beside simulation."""

import csv
import warnings
from pathlib import Path

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custval._kernels import pareto_nbd
from custval._kernels.maximize import standard_errors
from custval._kernels.pareto_integral import COARSE, Workspace, log_integral, log_integral_moments
from custval._kernels.pareto_nbd_objective import Objective
from custval._kernels.purchase_tuples import PurchaseTuples
from custval.errors import FitError

CDNOW = (0.55328, 10.57768, 0.60624, 11.66873)

positive = st.floats(-3, 3).map(lambda power: 10.0**power)
parameters = st.tuples(positive, positive, positive, positive)


@st.composite
def histories(draw):
    x, T = draw(st.one_of(st.integers(0, 3), st.integers(0, 500))), draw(st.floats(0.5, 1000))
    return x, 0.0 if x == 0 else T * draw(st.floats(1e-3, 1)), T


@pytest.fixture(scope="module")
def golden():
    with (Path(__file__).parent / "golden" / "pareto_nbd.csv").open() as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}


@pytest.fixture(scope="module")
def given_there(golden):
    theta = [golden[name] for name in ("r", "alpha", "s", "beta")]
    return theta, golden["x"], golden["t_x"], golden["T"], golden["t"]


def each_with_its_own(function, theta, *columns):
    """A function that takes one horizon, called for each row."""
    rows = zip(*theta, *columns, strict=True)
    return np.array([function(*row) for row in rows])


def simulate(theta, T, seed):
    n = T.size
    customer, time, truth = pareto_nbd.draw(*theta, T, np.random.default_rng(seed))
    t_x = np.zeros(n)
    np.maximum.at(t_x, customer, time)
    return np.bincount(customer, minlength=n).astype(float), t_x, truth


# -- likelihood and probability of being alive


def printed_parts(r, alpha, s, beta, x, t_x, T):
    """Alive at T, and gone before: the two terms of the printed likelihood, with its 2F1."""
    r, alpha, s, beta, t_x, T = map(mp.mpf, (r, alpha, s, beta, t_x, T))

    def a_0(y):
        if alpha >= beta:
            z = mp.hyp2f1(r + s + x, s + 1, r + s + x + 1, (alpha - beta) / (alpha + y))
            return z / (alpha + y) ** (r + s + x)
        z = mp.hyp2f1(r + s + x, r + x, r + s + x + 1, (beta - alpha) / (beta + y))
        return z / (beta + y) ** (r + s + x)

    common = mp.gamma(r + x) / mp.gamma(r) * alpha**r * beta**s
    gone = s / (r + s + x) * (a_0(t_x) - a_0(T))
    return common / ((alpha + T) ** (r + x) * (beta + T) ** s), common * gone


@settings(max_examples=60)
@given(parameters, histories())
def test_likelihood_and_probability_alive(theta, history):
    with mp.workdps(60):
        alive, gone = printed_parts(*theta, *history)
        likelihood, probability = float(mp.log(alive + gone)), float(alive / (alive + gone))
    assert pareto_nbd.log_likelihood(*theta, *history)[0] == pytest.approx(likelihood, rel=1e-10, abs=1e-10)
    assert pareto_nbd.probability_alive(*theta, *history)[0] == pytest.approx(probability, rel=1e-9, abs=1e-300)


def test_golden_likelihood_and_probabilities_alive(golden, given_there):
    theta, x, t_x, T, t = given_there
    np.testing.assert_allclose(
        pareto_nbd.log_likelihood(*theta, x, t_x, T), golden["log_likelihood"], rtol=1e-10, atol=1e-10
    )
    alive = pareto_nbd.probability_alive(*theta, x, t_x, T, after=np.stack([np.zeros(t.size), t], axis=1))
    np.testing.assert_allclose(alive[:, 0], golden["alive"], rtol=1e-9, atol=1e-300)
    np.testing.assert_allclose(alive[:, 1], golden["alive_after"], rtol=1e-9, atol=1e-300)


def test_rows_do_not_depend_on_each_other():
    # with the same parameters for all, distinct pairs are computed once; with different ones, each row by itself
    rng = np.random.default_rng(2)
    x, T = rng.integers(0, 5, 300).astype(float), rng.integers(5, 20, 300).astype(float)
    t_x = np.where(x > 0, np.ceil(T * rng.random(300)), 0.0)
    together = pareto_nbd.probability_alive(*CDNOW, x, t_x, T)
    some = np.append(np.full(300, CDNOW[0]), 2.0)
    apart = pareto_nbd.probability_alive(some, *CDNOW[1:], np.append(x, 1), np.append(t_x, 1), np.append(T, 1))
    np.testing.assert_allclose(together, apart[:300], rtol=1e-12)


# -- what who is alive does next


def test_golden_predictions(golden, given_there):
    theta, x, _, T, t = given_there
    own = t[:, None]  # a horizon for each row
    expected = pareto_nbd.expected_purchases_alive(*theta, x, T, own)[:, 0]
    np.testing.assert_allclose(expected, golden["expected"], rtol=1e-10)
    active = pareto_nbd.probability_active_alive(*theta, x, T, own)[:, 0]
    np.testing.assert_allclose(active, golden["active"], rtol=1e-9)
    np.testing.assert_allclose(pareto_nbd.probability_ever_alive(*theta, x, T), golden["ever"], rtol=1e-9)


def test_golden_counts(golden, given_there):
    theta, x, _, T, t = given_there
    n = golden["n"].astype(int)
    pmf = [pareto_nbd.purchase_pmf_alive(*row)[0] for row in zip(*theta, x, T, t, n, strict=True)]
    exactly, more = np.array([(row[-2], row[-1]) for row in pmf]).T
    np.testing.assert_allclose(exactly, golden["exactly_n"], rtol=1e-9, atol=1e-300)
    np.testing.assert_allclose(more, golden["more_than_n"], rtol=1e-9, atol=1e-300)


@given(parameters, st.integers(0, 5000), st.floats(0, 1000), positive, st.integers(0, 40))
def test_probabilities_of_counts_add_up(theta, x, T, t, n_max):
    # each is an integral of its own
    pmf = pareto_nbd.purchase_pmf_alive(*theta, x, T, t, n_max)
    assert pmf.shape == (1, n_max + 2)
    assert pmf.sum() == pytest.approx(1, rel=1e-9)
    active = pareto_nbd.probability_active_alive(*theta, x, T, t)[0]
    assert pmf[0, 1:].sum() == pytest.approx(active, rel=1e-9, abs=1e-300)
    ever = pareto_nbd.probability_ever_alive(*theta, x, T)[0]
    assert active <= ever * (1 + 1e-9)


def test_the_counts_have_the_expected_mean():
    pmf = pareto_nbd.purchase_pmf_alive(*CDNOW, [0, 3], [31.0, 31.0], 10.0, 120)
    mean = pareto_nbd.expected_purchases_alive(*CDNOW, [0, 3], [31.0, 31.0], 10.0)
    np.testing.assert_allclose(pmf[:, :-1] @ np.arange(121), mean, rtol=1e-9)


def test_no_time_no_purchases():
    assert pareto_nbd.purchase_pmf_alive(*CDNOW, [2, 0], 31.0, 0.0, 2).tolist() == [[1, 0, 0, 0]] * 2
    assert pareto_nbd.probability_active_alive(*CDNOW, [2, 0], 31.0, 0.0).tolist() == [0, 0]
    assert pareto_nbd.expected_purchases_alive(*CDNOW, [2, 0], 31.0, [0.0]).tolist() == [[0], [0]]


def test_lifetimes_says_the_same_where_it_is_finite():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from lifetimes import ParetoNBDFitter
    import pandas as pd

    fitter = ParetoNBDFitter()
    fitter.params_ = pd.Series(dict(zip(("r", "alpha", "s", "beta"), CDNOW, strict=True)))
    x, t_x, T = np.array([0.0, 1, 2, 9, 26]), np.array([0.0, 5.0, 30.43, 38.0, 30.86]), np.array([38.86] * 4 + [31.0])
    alive = pareto_nbd.probability_alive(*CDNOW, x, t_x, T)
    np.testing.assert_allclose(alive, fitter.conditional_probability_alive(x, t_x, T), rtol=1e-7)
    expected = fitter.conditional_expected_number_of_purchases_up_to_time(39.0, x, t_x, T)
    ours = alive * pareto_nbd.expected_purchases_alive(*CDNOW, x, T, 39.0)
    np.testing.assert_allclose(ours, expected, rtol=1e-7)
    new = [fitter.expected_number_of_purchases_up_to_time(t) for t in (1.0, 39.0)]
    np.testing.assert_allclose(pareto_nbd.expected_purchases_new(*CDNOW, [1.0, 39.0]), new, rtol=1e-9)
    # given the history, with those who have left at 0
    pmf = pareto_nbd.purchase_pmf_alive(*CDNOW, x, T, 39.0, 3)
    rows = list(zip(x, t_x, T, strict=True))
    for n in (1, 2, 3):
        theirs = [fitter.conditional_probability_of_n_purchases_up_to_time(n, 39.0, *row) for row in rows]
        np.testing.assert_allclose(alive * pmf[:, n], np.ravel(theirs), rtol=1e-5)


def test_where_lifetimes_has_no_number():
    theta, expected = (0.55, 10.58, 0.61, 11.67), {130: 6.112, 132: 6.2061}
    for x, value in expected.items():
        alive = pareto_nbd.probability_alive(*theta, x, 200.0, 200.0)
        got = alive * pareto_nbd.expected_purchases_alive(*theta, x, 200.0, 10.0)
        assert got[0] == pytest.approx(value, abs=6e-4)


# -- simulation


def test_simulated_customers_are_alive_as_often_as_said():
    theta, T = (0.8, 5.0, 0.9, 20.0), np.full(200_000, 52.0)
    x, t_x, truth = simulate(theta, T, 2)
    said = pareto_nbd.probability_alive(*theta, x, t_x, T)
    for some in (x == 0, x == 1, x > 3, said < 0.1, said > 0.9):
        error = np.sqrt((said[some] * (1 - said[some])).sum()) / some.sum()
        assert abs(truth["alive"][some].mean() - said[some].mean()) < 4 * error
    expected = pareto_nbd.expected_purchases_new(*theta, 52.0)
    assert abs(x.mean() - expected) < 4 * x.std() / np.sqrt(x.size)
    assert abs(truth["purchase_rate"].mean() - 0.8 / 5.0) < 4 * truth["purchase_rate"].std() / np.sqrt(x.size)
    assert abs(truth["dropout_rate"].mean() - 0.9 / 20.0) < 4 * truth["dropout_rate"].std() / np.sqrt(x.size)


def test_what_a_history_says_of_the_future():
    # the customers of a long simulation who are alive at 30 and have bought twice, in the next 20
    theta, n = (0.8, 5.0, 0.9, 20.0), 400_000
    customer, time, _ = pareto_nbd.draw(*theta, np.full(n, 50.0), np.random.default_rng(5))
    before = np.bincount(customer[time <= 30], minlength=n)
    after = np.bincount(customer[time > 30], minlength=n)
    t_x = np.zeros(n)
    np.maximum.at(t_x, customer[time <= 30], time[time <= 30])
    some = before == 2
    alive = pareto_nbd.probability_alive(*theta, 2.0, t_x[some], 30.0)
    pmf = pareto_nbd.purchase_pmf_alive(*theta, 2.0, 30.0, 20.0, 4)[0]
    said = alive.sum() * pmf
    said[0] += (1 - alive).sum()
    seen = np.bincount(np.minimum(after[some], 5), minlength=6)
    assert (np.abs(seen - said) < 4.5 * np.sqrt(said)).all()


def test_draws_of_the_future_have_the_stated_probabilities():
    n_draws = 200_000
    drawn = pareto_nbd.draw_future_alive(*CDNOW, [0, 4], [31.0, 31.0], 20.0, n_draws, np.random.default_rng(3))
    assert drawn.dtype == np.int64
    assert drawn.shape == (2, n_draws)
    pmf = pareto_nbd.purchase_pmf_alive(*CDNOW, [0, 4], [31.0, 31.0], 20.0, 4)
    for row, probability in zip(drawn, pmf, strict=True):
        share = np.bincount(np.minimum(row, 5), minlength=6) / n_draws
        assert (np.abs(share - probability) < 4.5 * np.sqrt(probability / n_draws)).all()


# -- the fit


def random_base(rng, n=300):
    x = rng.poisson(rng.gamma(0.5, 6, n)).astype(float)
    T = rng.integers(5, 60, n).astype(float)
    return x, np.where(x > 0, np.ceil(T * rng.random(n)), 0.0), T, rng.integers(1, 5, n).astype(float)


THETAS = [(-0.6, 0.1, -0.5, 0.3), (1.1, 1.4, -3.0, -2.3), (-3.0, -4.0, 3.4, 1.6), (4.0, 4.0, 5.0, 6.0)]


@pytest.mark.parametrize("theta", THETAS)
def test_objective_is_the_sum_of_likelihoods_and_its_derivatives_are_right(theta):
    x, t_x, T, w = random_base(np.random.default_rng(3))
    base = PurchaseTuples.of(x, t_x, T, w, zeros=True)
    objective, at = Objective(base), np.array(theta)
    value, gradient, hessian = objective(at)
    r, alpha, s, beta = np.exp(at)
    rows = pareto_nbd.log_likelihood(r, alpha * base.scale, s, beta * base.scale, x, t_x, T)
    assert value == pytest.approx(w @ rows + base.purchases * np.log(base.scale), rel=1e-12)
    size = 1e-3 * np.eye(4)
    for k, e in enumerate(size):
        # central differences of the fourth order
        ahead, behind, far, back = (objective(at + step) for step in (e, -e, 2 * e, -2 * e))
        slope = (8 * (ahead[0] - behind[0]) - (far[0] - back[0])) / 12e-3
        curve = (8 * (ahead[1] - behind[1]) - (far[1] - back[1])) / 12e-3
        assert gradient[k] == pytest.approx(slope, rel=1e-7, abs=1e-9 * abs(value))
        np.testing.assert_allclose(hessian[k], curve, rtol=1e-7, atol=1e-9 * np.abs(hessian).max())
    assert Objective(base, step=COARSE)(at)[0] == pytest.approx(value, rel=1e-7)


@pytest.mark.parametrize(
    "theta", [(13, 13, 0, 0), (0, 0, 13, 13), (-13, -13, -13, -13), (13, -13, 13, -13), (0, 0, -13, 13)]
)
def test_objective_is_right_out_to_the_bounds(theta):
    x, t_x, T = np.array([0.0, 1, 2, 40]), np.array([0.0, 4, 5, 7]), np.array([8.0, 9, 5, 10])
    base = PurchaseTuples.of(x, t_x, T, np.ones(4), zeros=True)
    value, gradient, hessian = Objective(base)(np.array(theta, dtype=float))
    with mp.workdps(120):
        r, alpha, s, beta = map(mp.exp, theta)
        parts = [
            printed_parts(r, alpha, s, beta, int(n), mp.mpf(a) / base.scale, mp.mpf(b) / base.scale)
            for n, a, b in zip(x, t_x, T, strict=True)
        ]
        wanted = float(mp.fsum(mp.log(here + gone) for here, gone in parts))
    assert value == pytest.approx(wanted, rel=1e-10)
    assert np.isfinite(gradient).all()
    assert np.isfinite(hessian).all()


def test_the_two_integrals_add_up_to_one():
    rng = np.random.default_rng(1)
    m, s, A, B = 10 ** rng.uniform(-5, 5, (4, 2000))
    left, buys = (np.exp(log_integral(m, s, A, B, leaving=leaving)) for leaving in (True, False))
    np.testing.assert_allclose(left + buys, 1, rtol=1e-9)
    assert np.quantile(np.abs(left + buys - 1), 0.99) < 1e-11
    again, mean, second = log_integral_moments(m, s, A, B, leaving=np.full(2000, True), step=0.1, work=Workspace())
    np.testing.assert_allclose(np.exp(again), left, rtol=1e-9)
    assert (mean > 0).all()
    assert (second[range(4), range(4)] >= 0).all()


@pytest.mark.parametrize(("k", "bound"), [(2, -14.0), (2, 14.0), (3, -14.0), (3, 14.0)])
def test_what_rules_a_limit_out_starts_with_as_many_alive(k, bound):
    at = np.array([-0.6, 0.1, -0.5, 0.3])
    held, start = pareto_nbd._limit(at, k, bound)
    _, _, s, beta = np.exp(start)
    assert -s * np.log1p(1 / beta) == pytest.approx(-np.exp(-0.5) * np.log1p(np.exp(-0.3)), rel=1e-9)
    assert (held, start[:2].tolist(), abs(start[3])) == (3, [-0.6, 0.1], 14.0)
    assert (start[3] < 0) == (k == 3 and bound < 0)


@pytest.mark.parametrize(
    ("limit", "included"),
    [((-14.0, -2.0), (-14.0, 14.0)), ((-14.0, 13.0), (-14.0, 14.0)), ((14.0, 13.0), (15.0, 14.0))],
)
def test_a_limit_of_beta_includes_those_of_s(limit, included):
    # nobody leaves, or everybody at the same rate; ruled out is what is lower by 1
    x, t_x, T, w = random_base(np.random.default_rng(5))
    objective = Objective(PurchaseTuples.of(x, t_x, T, w, zeros=True))
    there, here = (objective(np.array([-0.6, 0.1, *pair]))[0] for pair in (included, limit))
    assert abs(there - here) < 0.1


def test_fit_comes_back_to_the_truth_whatever_the_unit():
    theta, T = np.array([0.8, 6.0, 0.9, 20.0]), np.random.default_rng(1).integers(20, 100, 20_000).astype(float)
    x, t_x, _ = simulate(theta, T, 6)
    maximum = pareto_nbd.fit(x, t_x, T)
    assert maximum.status == "converged"
    assert (np.abs(maximum.parameters - theta) < 4 * standard_errors(maximum)).all()
    rows = pareto_nbd.log_likelihood(*maximum.parameters, x, t_x, T)
    assert maximum.log_likelihood == pytest.approx(rows.sum(), rel=1e-11)
    in_days = pareto_nbd.fit(x, 7 * t_x, 7 * T)
    np.testing.assert_allclose(in_days.parameters / maximum.parameters, [1, 7, 1, 7], rtol=1e-6)


def test_many_rows_are_fitted_as_few_are(monkeypatch):
    theta, T = (0.8, 6.0, 0.9, 20.0), np.random.default_rng(1).integers(20, 100, 20_000).astype(float)
    x, t_x, _ = simulate(theta, T, 6)
    plain = pareto_nbd.fit(x, t_x, T)
    monkeypatch.setattr(pareto_nbd, "_MANY", 1000)
    sampled = pareto_nbd.fit(x, t_x, T)
    assert sampled.n_evaluations < plain.n_evaluations
    np.testing.assert_allclose(sampled.parameters, plain.parameters, rtol=1e-6)


def test_weights_are_customers():
    x, t_x, T, w = random_base(np.random.default_rng(4), 600)
    times = w.astype(int)
    weighted = pareto_nbd.fit(x, t_x, T, w)
    repeated = pareto_nbd.fit(*(np.repeat(part, times) for part in (x, t_x, T)))
    np.testing.assert_allclose(weighted.log_parameters, repeated.log_parameters, atol=1e-5)
    assert weighted.log_likelihood == pytest.approx(repeated.log_likelihood, rel=1e-10)


def test_who_never_leaves_makes_a_boundary_and_the_prior_an_interior_mode():
    rng = np.random.default_rng(8)
    x = rng.poisson(rng.gamma(1.0, 5.0, 300)).astype(float)
    T = np.full(300, 30.0)
    t_x = np.where(x > 0, 30 * rng.random(300) ** (1 / np.maximum(x, 1)), 0.0)
    maximum = pareto_nbd.fit(x, t_x, T)
    assert maximum.status == "boundary"
    alive = pareto_nbd.probability_alive(*maximum.parameters, x, t_x, T)
    assert alive.mean() > 0.95
    mode = pareto_nbd.fit(x, t_x, T, prior=True)
    assert mode.status == "converged"
    assert mode.log_likelihood <= maximum.log_likelihood + 1e-6


def test_the_posterior_mode_has_no_slope():
    x, t_x, T, w = random_base(np.random.default_rng(9))
    mode = pareto_nbd.fit(x, t_x, T, w, prior=True)
    unit = np.log(w @ T / w.sum())
    belief = pareto_nbd.prior(w @ x / w.sum())

    def posterior(log_parameters):
        rows = pareto_nbd.log_likelihood(*np.exp(log_parameters), x, t_x, T)
        return w @ rows + belief(log_parameters - np.array([0, unit, 0, unit]))[0]

    at = mode.log_parameters
    slopes = [(posterior(at + e) - posterior(at - e)) / 2e-4 for e in 1e-4 * np.eye(4)]
    np.testing.assert_allclose(slopes, 0, atol=1e-4)


@pytest.mark.parametrize(("x", "t_x"), [([0, 0], [0, 0]), ([1, 2], [np.nan, 1]), ([1, 2], [-1, 1])])
def test_what_cannot_be_fitted_is_refused(x, t_x):
    with pytest.raises(FitError):
        pareto_nbd.fit(x, t_x, [5, 5])


# -- extremes


def test_extremes_stay_finite():
    x, t_x, T = (
        np.array([0.0, 0, 0, 5000, 5000, 1, 5000]),
        np.array([0.0, 0, 0, 1.0, 1e4, 1e-9, 1e6]),
        np.array([0.0, 1e-9, 1e6, 1e4, 1e4, 1e6, 1e6]),
    )
    times = [1e-9, 1.0, 1e6, 1e12]
    for theta in np.array(np.meshgrid(*[[1e-3, 1e3]] * 4)).reshape(4, -1).T:
        assert np.isfinite(pareto_nbd.log_likelihood(*theta, x, t_x, T)).all()
        for answer in (
            pareto_nbd.probability_alive(*theta, x, t_x, T, after=times),
            pareto_nbd.probability_active_alive(*theta, x, T, times),
            pareto_nbd.probability_ever_alive(*theta, x, T),
            *(pareto_nbd.purchase_pmf_alive(*theta, x, T, t, 5) for t in times),
        ):
            assert np.isfinite(answer).all()
            assert ((answer >= 0) & (answer <= 1)).all()
        for expected in (
            pareto_nbd.expected_purchases_alive(*theta, x, T, times),
            pareto_nbd.expected_purchases_new(*theta, times),
            pareto_nbd.draw_future_alive(*theta, x, T, 1e6, 3, np.random.default_rng(1)),
        ):
            assert np.isfinite(expected).all()
            assert (expected >= 0).all()
        _, time, truth = pareto_nbd.draw(*theta, T[T < 10], np.random.default_rng(1))
        assert np.isfinite(time).all()
        assert np.isfinite(truth["dropout_rate"]).all()
