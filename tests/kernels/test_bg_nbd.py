import csv
import warnings
from datetime import date
from importlib.util import find_spec
from pathlib import Path

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custval._kernels import bg_nbd, bg_nbd_fit
from custval._kernels.bg_nbd_objective import Objective
from custval._kernels.maximize import covariance, standard_errors
from custval._kernels.purchase_tuples import PurchaseTuples
from custval.errors import FitError

CDNOW = (0.2425945, 4.4136019, 0.7929199, 2.4258881)  # Fader, Hardie & Lee 2005, with CLVTools' digits
SHIPPED = Path(find_spec("lifetimes").submodule_search_locations[0]) / "datasets"

positive = st.floats(-3, 3).map(lambda power: 10.0**power)
any_positive = st.floats(-6, 6).map(lambda power: 10.0**power)
purchases = st.one_of(st.integers(0, 3), st.integers(0, 5000))


@st.composite
def histories(draw):
    x, T = draw(purchases), draw(st.floats(0.5, 1000))
    return x, 0.0 if x == 0 else T * draw(st.floats(1e-3, 1)), T


@pytest.fixture(scope="module")
def cdnow():
    """x, t_x, T in weeks of the 1/10 sample, same-day purchases merged, to 1997-09-30."""
    end, days = date(1997, 9, 30), {}
    for line in (SHIPPED / "CDNOW_sample.txt").read_text().splitlines():
        _, customer, day, *_ = line.split()
        day = date(int(day[:4]), int(day[4:6]), int(day[6:]))
        if day <= end:
            days.setdefault(customer, set()).add(day)
    x = [len(bought) - 1 for bought in days.values()]
    t_x = [(max(bought) - min(bought)).days / 7 for bought in days.values()]
    return np.array(x, float), np.array(t_x), np.array([(end - min(bought)).days / 7 for bought in days.values()])


@pytest.fixture(scope="module")
def golden():
    with (Path(__file__).parent / "golden" / "bg_nbd.csv").open() as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}


def lifetimes_fitter(theta):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from lifetimes import BetaGeoFitter
    import pandas as pd

    fitter = BetaGeoFitter()
    fitter.params_ = pd.Series(dict(zip(("r", "alpha", "a", "b"), theta, strict=True)))
    return fitter


def summarize(customer, time, n):
    t_x = np.zeros(n)
    np.maximum.at(t_x, customer, time)
    return np.bincount(customer, minlength=n).astype(float), t_x


# -- likelihood


def printed_likelihood(r, alpha, a, b, x, t_x, T):
    """Equation (6), with beta and gamma functions as they stand."""
    ratio = mp.gamma(r + x) * alpha**r / mp.gamma(r)
    alive = mp.beta(a, b + x) / mp.beta(a, b) * ratio / (alpha + T) ** (r + x)
    gone = mp.beta(a + 1, b + x - 1) / mp.beta(a, b) * ratio / (alpha + t_x) ** (r + x) if x > 0 else 0
    return alive + gone


@given(positive, positive, positive, positive, histories())
def test_likelihood_is_the_printed_one(r, alpha, a, b, history):
    with mp.workdps(40):
        wanted = float(mp.log(printed_likelihood(*map(mp.mpf, (r, alpha, a, b, *history)))))
    got = bg_nbd.log_likelihood(r, alpha, a, b, *history)
    assert got == pytest.approx(wanted, rel=1e-9, abs=1e-8)


def random_base(rng, n=200):
    x = rng.poisson(rng.gamma(0.5, 6, n)).astype(float)
    T = rng.integers(5, 60, n).astype(float)
    return x, np.where(x > 0, np.ceil(T * rng.random(n)), 0.0), T, rng.integers(1, 5, n).astype(float)


@pytest.mark.parametrize("seed", range(5))
def test_objective_is_the_sum_of_likelihoods(seed):
    rng = np.random.default_rng(seed)
    x, t_x, T, w = random_base(rng)
    base = PurchaseTuples.of(x, t_x, T, w)
    for theta in rng.normal(0, 2, (5, 4)):
        r, alpha, a, b = np.exp(theta)
        rows = bg_nbd.log_likelihood(r, alpha * base.scale, a, b, x, t_x, T)
        wanted = w @ rows + base.purchases * np.log(base.scale)
        assert Objective(base)(theta)[0] == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize(
    "theta", [(-1.4, 0.3, -0.2, 0.9), (13, 12, 13, 14), (-13, -13, -13, 1), (0, 0, -13, 13), (2, 2, 13, 0)]
)
def test_objective_and_its_derivatives_are_right_out_to_the_bounds(theta):
    x, t_x, T = np.array([0, 1, 1, 3, 7, 40.0]), np.array([0, 2, 9, 5, 9, 8.5]), np.array([10, 10, 9, 6, 10, 9.0])
    w = np.array([5, 1, 2, 1, 3, 1.0])
    base = PurchaseTuples.of(x, t_x, T, w)
    value, gradient, hessian = Objective(base)(np.array(theta, dtype=float))
    with mp.workdps(60):
        rows = [tuple(map(mp.mpf, row)) for row in zip(x, t_x, T, w, strict=True)]

        def exact(*log_parameters):
            r, alpha, a, b = map(mp.exp, log_parameters)
            alpha *= base.scale
            return sum(w * mp.log(printed_likelihood(r, alpha, a, b, x, t_x, T)) for x, t_x, T, w in rows)

        at = tuple(map(mp.mpf, theta))
        assert value == pytest.approx(float(exact(*at) + base.purchases * mp.log(base.scale)), rel=1e-13)
        for i in range(4):
            one = tuple(int(i == k) for k in range(4))
            assert gradient[i] == pytest.approx(float(mp.diff(exact, at, one)), rel=1e-9, abs=1e-12)
            for j in range(i, 4):
                two = tuple(one[k] + int(j == k) for k in range(4))
                assert hessian[i, j] == pytest.approx(float(mp.diff(exact, at, two)), rel=1e-7, abs=1e-11)
    np.testing.assert_array_equal(hessian, hessian.T)


# -- fit


def test_fit_of_cdnow_is_the_published_one(cdnow):
    maximum = bg_nbd.fit(*cdnow)
    assert maximum.status == "converged"
    assert maximum.log_likelihood == pytest.approx(-9582.429, abs=1e-3)
    assert np.all(np.abs(maximum.parameters - CDNOW) < 0.01 * standard_errors(maximum))
    assert maximum.log_likelihood == pytest.approx(bg_nbd.log_likelihood(*maximum.parameters, *cdnow).sum(), rel=1e-13)


def test_fit_of_the_shipped_summary_is_no_worse_than_that_of_lifetimes():
    data = np.genfromtxt(SHIPPED / "cdnow_customers_summary.csv", delimiter=",", names=True)
    x, t_x, T = data["frequency"], data["recency"], data["T"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitter = lifetimes_fitter(CDNOW).fit(x, t_x, T)
    theirs = bg_nbd.log_likelihood(*fitter.params_, x, t_x, T).sum()
    maximum = bg_nbd.fit(x, t_x, T)
    assert theirs <= maximum.log_likelihood <= theirs + 1e-3
    np.testing.assert_allclose(standard_errors(maximum), fitter.standard_errors_, rtol=0.05)


def test_the_unit_of_time_changes_alpha_only(cdnow):
    x, t_x, T = cdnow
    weeks, days = bg_nbd.fit(x, t_x, T), bg_nbd.fit(x, 7 * t_x, 7 * T)
    np.testing.assert_allclose(days.parameters, weeks.parameters * [1, 7, 1, 1], rtol=1e-9)
    assert days.log_likelihood == pytest.approx(weeks.log_likelihood - x.sum() * np.log(7), rel=1e-12)
    np.testing.assert_allclose(covariance(days, log=True), covariance(weeks, log=True), rtol=1e-7)


def test_weights_are_repeated_rows_and_order_does_not_matter():
    rng = np.random.default_rng(11)
    x, t_x, T, w = random_base(rng)
    rows = rng.permutation(np.repeat(np.arange(x.size), w.astype(int)))
    one, other = bg_nbd.fit(x, t_x, T, w), bg_nbd.fit(x[rows], t_x[rows], T[rows])
    np.testing.assert_allclose(other.parameters, one.parameters, rtol=1e-9)
    assert other.log_likelihood == pytest.approx(one.log_likelihood, rel=1e-12)


def test_a_sample_to_start_from_changes_nothing(monkeypatch):
    rng = np.random.default_rng(4)
    T = rng.uniform(50, 100, 20_000)
    x, t_x = summarize(*bg_nbd.draw(0.5, 8.0, 0.7, 2.0, T, rng)[:2], T.size)
    plain = bg_nbd.fit(x, t_x, T)
    monkeypatch.setattr(bg_nbd_fit, "_MANY", 1000)
    sampled = bg_nbd.fit(x, t_x, T)
    assert sampled.n_evaluations < plain.n_evaluations
    np.testing.assert_allclose(sampled.parameters, plain.parameters, rtol=1e-9)


def test_a_sample_without_an_interior_maximum_is_no_start(monkeypatch):
    rng = np.random.default_rng(5)
    T = rng.uniform(20, 40, 400)
    x, t_x = summarize(*bg_nbd.draw(*CDNOW, T, rng)[:2], T.size)
    plain = bg_nbd.fit(x, t_x, T)
    monkeypatch.setattr(bg_nbd_fit, "_MANY", 1)
    np.testing.assert_allclose(bg_nbd.fit(x, t_x, T).parameters, plain.parameters, rtol=1e-6)


@pytest.mark.parametrize(
    ("data", "code", "message"),
    [
        (([0, 0], [0, 0], [5, 9]), "no_repeat_purchases", "bought again"),
        (([1, np.nan], [1, 1], [5, 9]), "not_finite", "x is negative, NaN or infinite in 1 of 2 rows"),
        (([1, 2], [1, 1], [5, np.inf]), "not_finite", "T is negative"),
        (([1, 2], [-1, 1], [5, 9]), "not_finite", "t_x is negative"),
        (([1, 2], [1, 1], [5, 9], [1, -1]), "not_finite", "w is negative"),
    ],
)
def test_data_that_cannot_be_fitted(data, code, message):
    with pytest.raises(FitError, match=message) as caught:
        bg_nbd.fit(*data)
    assert caught.value.code == code


def test_parameters_come_back_within_their_intervals():
    truth, hits = np.log([0.4, 8.0, 0.8, 2.5]), np.zeros(4)
    for seed in range(20):
        rng = np.random.default_rng([seed, 1])
        T = rng.uniform(30, 60, 3000)
        x, t_x = summarize(*bg_nbd.draw(*np.exp(truth), T, rng)[:2], T.size)
        maximum = bg_nbd.fit(x, t_x, T)
        error = np.sqrt(np.diag(covariance(maximum, log=True)))
        hits += np.abs(maximum.log_parameters - truth) < 1.645 * error
    # 90 % of 20: fewer than 14 hits have a probability of 0.2 %
    assert np.all(hits >= 14)


# -- predictions


def predict(golden):
    theta = [golden[name] for name in ("r", "alpha", "a", "b")]
    history, t = [golden[name] for name in ("x", "t_x", "T")], golden["t"]
    rows = range(t.size)
    each = [np.column_stack([*theta, *history, t])[row] for row in rows]
    return {
        "alive": bg_nbd.probability_alive(*theta, *history),
        "alive_after": np.concatenate([bg_nbd.probability_alive(*row) for row in each]),
        "active": np.concatenate([bg_nbd.probability_active(*row) for row in each]),
        "expected": np.concatenate([bg_nbd.expected_purchases(*row) for row in each]),
    }


def test_predictions_are_right_for_all_parameters(golden):
    assert golden["t"].size > 300
    for name, got in predict(golden).items():
        np.testing.assert_allclose(got, golden[name], rtol=1e-9, atol=1e-300, err_msg=name)


def test_rows_and_horizons_are_computed_as_one_by_one():
    rng = np.random.default_rng(3)
    x = np.concatenate([np.zeros(5), rng.integers(0, 300, 60)]).astype(float)
    T = rng.uniform(1, 100, x.size)
    t_x, t = np.where(x > 0, T * rng.random(x.size), 0.0), np.array([1e-3, 1.0, 40.0, 1e5])
    for method in (bg_nbd.expected_purchases, bg_nbd.probability_active, bg_nbd.probability_alive):
        together = method(*CDNOW, x, t_x, T, t)
        assert together.shape == (x.size, t.size)
        for j, horizon in enumerate(t):
            np.testing.assert_allclose(method(*CDNOW, x, t_x, T, horizon), together[:, j], rtol=1e-10)
        np.testing.assert_allclose(method(*CDNOW, x[7], t_x[7], T[7], t), together[[7]], rtol=1e-10)
    vectors = [np.full(x.size, value) for value in CDNOW]
    np.testing.assert_array_equal(
        bg_nbd.expected_purchases(*vectors, x, t_x, T, t), bg_nbd.expected_purchases(*CDNOW, x, t_x, T, t)
    )


def test_published_point_value():
    assert bg_nbd.expected_purchases(*CDNOW, 2, 30.43, 38.86, 39.0) == pytest.approx(1.226, abs=5e-4)


def test_agrees_with_lifetimes_where_that_is_right():
    rng = np.random.default_rng(8)
    x = rng.integers(0, 30, 200).astype(float)
    T = rng.uniform(10, 80, 200)
    t_x = np.where(x > 0, T * rng.random(200), 0.0)
    fitter = lifetimes_fitter(CDNOW)
    np.testing.assert_allclose(
        bg_nbd.probability_alive(*CDNOW, x, t_x, T), fitter.conditional_probability_alive(x, t_x, T), rtol=1e-12
    )
    for t in (1.0, 39.0, 200.0):
        theirs = fitter.conditional_expected_number_of_purchases_up_to_time(t, x, t_x, T)
        np.testing.assert_allclose(bg_nbd.expected_purchases(*CDNOW, x, t_x, T, t), theirs, rtol=1e-9)
        theirs = fitter.expected_number_of_purchases_up_to_time(t)
        assert bg_nbd.expected_purchases_new(*CDNOW, t) == pytest.approx(theirs, rel=1e-9)


def printed_expectation(r, alpha, a, b, x, t_x, T, t):
    """Equation (10)."""
    z = t / (alpha + T + t)
    bracket = 1 - ((alpha + T) / (alpha + T + t)) ** (r + x) * mp.hyp2f1(r + x, b + x, a + b + x - 1, z)
    odds = a / (b + x - 1) * ((alpha + T) / (alpha + t_x)) ** (r + x) if x > 0 else 0
    return (a + b + x - 1) / (a - 1) * bracket / (1 + odds)


@given(positive, positive, positive, positive, st.integers(0, 40), st.floats(0, 1), positive, positive)
def test_expectation_is_the_printed_one(r, alpha, a, b, x, share, T, t):
    t_x = T * share if x else 0.0
    with mp.workdps(50):
        # beside the poles of the printed formula, which the expectation does not have
        shifted = mp.mpf(a) + mp.mpf("1e-20")
        wanted = float(printed_expectation(*map(mp.mpf, (r, alpha)), shifted, *map(mp.mpf, (b, x, t_x, T, t))))
    assert bg_nbd.expected_purchases(r, alpha, a, b, x, t_x, T, t) == pytest.approx(wanted, rel=1e-9)


@given(any_positive, any_positive, any_positive, any_positive, histories())
def test_laws_of_the_predictions(r, alpha, a, b, history):
    x, _, T = history
    t = T * np.array([1e-6, 1e-3, 0.1, 1, 10, 1e3, 1e6])
    alive = bg_nbd.probability_alive(r, alpha, a, b, *history)
    later = bg_nbd.probability_alive(r, alpha, a, b, *history, after=t)
    active = bg_nbd.probability_active(r, alpha, a, b, *history, t)
    expected = bg_nbd.expected_purchases(r, alpha, a, b, *history, t)
    loose = 1 + 1e-9
    for probability in (alive, later, active):
        assert np.all((probability >= 0) & (probability <= 1))
    if x == 0:
        assert alive == 1
    assert np.all(np.isfinite(expected))
    assert np.all(np.diff(later) <= 1e-9 * later[:, :-1])
    assert np.all(later <= alive)
    assert np.all(np.diff(active) >= 0)
    assert np.all(np.diff(expected) >= -1e-9 * expected[:, :-1])
    # at least one is expected of the active, and no more than of those who never leave
    assert np.all(active <= expected * loose)
    assert np.all(expected <= alive * (r + x) / (alpha + T) * t * loose)


@given(positive, positive, positive, positive, histories(), positive)
def test_predictions_do_not_know_the_unit_of_time(r, alpha, a, b, history, unit):
    x, t_x, T = history
    for method in (bg_nbd.expected_purchases, bg_nbd.probability_active, bg_nbd.probability_alive):
        one = method(r, alpha, a, b, x, t_x, T, 0.7 * T)
        other = method(r, unit * alpha, a, b, x, unit * t_x, unit * T, 0.7 * unit * T)
        # rounding of t / (alpha + T) counts (r + x) times
        np.testing.assert_allclose(other, one, rtol=1e-10)


def test_expected_purchases_at_no_time_are_none():
    assert bg_nbd.expected_purchases(*CDNOW, 3, 10.0, 20.0, 0.0) == 0
    assert bg_nbd.probability_active(*CDNOW, 3, 10.0, 20.0, 0.0) == 0
    assert bg_nbd.expected_purchases_new(*CDNOW, 0.0) == 0
    assert bg_nbd.expected_purchases_new(*CDNOW, np.array([[1.0, 2.0]])).shape == (1, 2)


# -- simulation


@pytest.mark.parametrize("theta", [CDNOW, (1.5, 10.0, 0.3, 0.5), (0.8, 5.0, 4.0, 4.0)])
def test_the_future_of_simulated_customers_is_as_predicted(theta):
    rng, n = np.random.default_rng(17), 100_000
    T, t = np.repeat([20.0, 60.0], n // 2), 30.0
    customer, time, truth = bg_nbd.draw(*theta, T + t, rng)
    assert np.all(np.diff(customer) >= 0)
    assert np.all((np.diff(time) > 0) | (np.diff(customer) > 0))
    past = time <= T[customer]
    x, t_x = summarize(customer[past], time[past], n)
    future = np.bincount(customer[~past], minlength=n)

    def same_mean(got, wanted):
        difference = got - wanted
        assert abs(difference.mean()) < 4.5 * difference.std() / np.sqrt(n)

    expected = bg_nbd.expected_purchases(*theta, x, t_x, T, t)
    same_mean(future, expected)
    same_mean(np.where(x == 1, future, 0), np.where(x == 1, expected, 0))
    same_mean(future > 0, bg_nbd.probability_active(*theta, x, t_x, T, t))
    same_mean(truth["alive"], bg_nbd.probability_alive(*theta, x, t_x, T, after=t))
    # what is expected of a new customer is what was seen, and what was to be expected then
    same_mean((x + expected)[T == 20], bg_nbd.expected_purchases_new(*theta, 50.0))


def test_draws_keep_to_the_story():
    rng, n = np.random.default_rng(23), 20_000
    T = rng.uniform(0, 50, n)
    customer, time, truth = bg_nbd.draw(0.7, 4.0, 1.2, 2.0, T, rng)
    count = np.bincount(customer, minlength=n)
    assert np.all((time > 0) & (time <= T[customer]))
    assert np.all(truth["alive"][count == 0])  # the first purchase is no occasion to leave
    assert not np.all(truth["alive"])
    rate, p = truth["purchase_rate"], truth["dropout_probability"]
    for values, mean, variance in ((rate, 0.7 / 4, 0.7 / 16), (p, 0.375, 0.375 * 0.625 / 4.2)):
        assert abs(values.mean() - mean) < 5 * np.sqrt(variance / n)
    # after the first repeat purchase a customer is gone with probability p
    once = np.flatnonzero(count >= 1)
    gone = (count[once] == 1) & ~truth["alive"][once]
    assert abs((gone - p[once]).mean()) < 5 * np.sqrt((p * (1 - p))[once].mean() / once.size)


@pytest.mark.parametrize("theta", [(1e-3, 1.0, 1e-8, 2.0), (0.5, 1e-3, 2.0, 1e-8), (5.0, 1.0, 1e-8, 1e-8)])
def test_draws_with_absurd_parameters(theta):
    T = np.full(2000, 3.0)
    customer, time, truth = bg_nbd.draw(*theta, T, np.random.default_rng(2))
    assert np.all((time > 0) & (time <= 3))
    assert np.all(truth["alive"][np.bincount(customer, minlength=2000) == 0])
    assert np.isfinite(truth["dropout_probability"]).all()
    none = bg_nbd.draw(*theta, np.zeros(0), np.random.default_rng(2))
    assert none[0].size == none[1].size == 0


def test_the_same_seed_draws_the_same():
    one = bg_nbd.draw(*CDNOW, np.full(50, 60.0), np.random.default_rng(5))
    other = bg_nbd.draw(*CDNOW, np.full(50, 60.0), np.random.default_rng(5))
    for mine, theirs in zip(one[:2], other[:2], strict=True):
        np.testing.assert_array_equal(mine, theirs)
