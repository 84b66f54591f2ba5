"""BG/CNBD-k and MBG/CNBD-k beside their k = 1, beside exact arithmetic, and beside a slow simulation."""

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import betaincc

from custval._kernels import bg_cnbd, bg_nbd, cnbd_expectations, mbg_cnbd, mbg_nbd
from custval._kernels.cnbd_objective import RegularObjective
from custval._kernels.maximize import standard_errors
from custval._kernels.purchase_tuples import PurchaseTuples
from custval.errors import FitError

PAIRS = [(bg_cnbd, bg_nbd), (mbg_cnbd, mbg_nbd)]
KERNELS = [bg_cnbd, mbg_cnbd]
THETA = (1.2, 2.5, 0.8, 3.0)

positive = st.floats(-2, 2).map(lambda power: 10.0**power)
phases = st.integers(2, 12)


@st.composite
def histories(draw):
    x, T = draw(st.one_of(st.integers(0, 3), st.integers(0, 300))), draw(st.floats(0.5, 1000))
    return x, 0.0 if x == 0 else T * draw(st.floats(1e-3, 1)), T


def summarize(customer, time, n):
    x, t_x = np.bincount(customer, minlength=n).astype(float), np.zeros(n)
    np.maximum.at(t_x, customer, time)
    first = np.diff(customer, prepend=-1) > 0
    gap = np.where(first, time, np.diff(time, prepend=0.0))
    return x, t_x, np.bincount(customer, np.log(gap), n)


def exact_parts(k, r, alpha, a, b, x, t_x, T, c):
    """Still here, by the number of phases since t_x, and gone after the last purchase; without the intervals."""
    r, alpha, a, b, t_x, T = map(mp.mpf, (r, alpha, a, b, t_x, T))
    s = r + k * x
    # ∫ λ^(kx) e^(−λT) (λ(T − t_x))^j / j! Gamma(r, alpha) dλ
    alive = [
        alpha**r / mp.gamma(r) * mp.gamma(s + j) / (alpha + T) ** (s + j) * (T - t_x) ** j / mp.factorial(j)
        for j in range(k)
    ]
    stays = mp.beta(a, b + c) / mp.beta(a, b)
    gone = mp.mpf(0)
    if c:
        leaves = mp.beta(a + 1, b + c - 1) / mp.beta(a, b)
        gone = leaves * alpha**r / mp.gamma(r) * mp.gamma(s) / (alpha + t_x) ** s
    return [stays * part for part in alive], gone


# -- likelihood


@pytest.mark.parametrize(("kernel", "first"), [(bg_cnbd, 0), (mbg_cnbd, 1)])
@given(k=phases, theta=st.tuples(positive, positive, positive, positive), history=histories(), total=st.floats(-9, 9))
def test_likelihood_and_probability_alive(kernel, first, k, theta, history, total):
    x = history[0]
    with mp.workdps(40):
        alive, gone = exact_parts(k, *theta, *history, x + first)
        likelihood = float(mp.log(sum(alive) + gone) + (k - 1) * total - x * mp.loggamma(k))
        probability = float(sum(alive) / (sum(alive) + gone))
    found = kernel.log_likelihood(k, *theta, *history, total)
    np.testing.assert_allclose(found, likelihood, rtol=1e-9, atol=1e-9 * (1 + k * x))
    np.testing.assert_allclose(kernel.probability_alive(k, *theta, *history)[0], probability, rtol=1e-8, atol=1e-300)


def some_customers(kernel, k, n=2000, seed=0, theta=THETA):
    rng = np.random.default_rng(seed)
    T = np.ceil(rng.uniform(10, 60, n))
    customer, time, truth = kernel.draw(k, *theta, T, rng)
    return *summarize(customer, time, n), T, truth


@pytest.mark.parametrize(("kernel", "plain"), PAIRS)
def test_one_phase_is_the_plain_model(kernel, plain):
    x, t_x, _, T, _ = some_customers(kernel, 1)
    some = slice(300)
    left, right = kernel.fit(1, x, t_x, T), plain.fit(x, t_x, T)
    np.testing.assert_allclose(left.parameters, right.parameters, rtol=1e-9)
    np.testing.assert_allclose(left.log_likelihood, right.log_likelihood, rtol=1e-13)
    np.testing.assert_allclose(left.hessian, right.hessian, rtol=1e-8, atol=1e-8 * np.abs(right.hessian).max())
    x, t_x, T = x[some], t_x[some], T[some]
    t = np.array([1e-3, 5.0, 100.0, 1e5])
    pairs = [
        (kernel.log_likelihood(1, *THETA, x, t_x, T), plain.log_likelihood(*THETA, x, t_x, T)),
        (kernel.probability_alive(1, *THETA, x, t_x, T), plain.probability_alive(*THETA, x, t_x, T)),
        (kernel.probability_alive(1, *THETA, x, t_x, T, t), plain.probability_alive(*THETA, x, t_x, T, t)),
        (kernel.expected_purchases_alive(1, *THETA, x, t_x, T, t), plain.expected_purchases_alive(*THETA, x, T, t)),
        (kernel.probability_active_alive(1, *THETA, x, t_x, T, t), plain.probability_active_alive(*THETA, x, T, t)),
        (kernel.purchase_pmf_alive(1, *THETA, x, t_x, T, 9.0, 5), plain.purchase_pmf_alive(*THETA, x, T, 9.0, 5)),
        (kernel.expected_purchases_new(1, *THETA, t), plain.expected_purchases_new(*THETA, t)),
    ]
    for ours, theirs in pairs:
        np.testing.assert_allclose(ours, theirs, rtol=1e-9)
    one = kernel.draw(1, *THETA, T, np.random.default_rng(2))
    other = plain.draw(*THETA, T, np.random.default_rng(2))
    np.testing.assert_array_equal(one[1], other[1])


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("k", [2, 5])
def test_the_objective_is_the_likelihood_with_its_derivatives(kernel, k):
    x, t_x, _, T, _ = some_customers(kernel, k, 400)
    w = np.random.default_rng(1).integers(1, 4, x.size).astype(float)
    base = PurchaseTuples.of(x, t_x, T, w, zeros=True)
    objective = RegularObjective(base, k, first=kernel is mbg_cnbd)
    for theta in ([0.7, 0.2, 0.9, 2.0], [3.0, 4.0, 0.05, 0.1], [0.05, 0.01, 30.0, 5.0], [1e6, 1e5, 1e-5, 1e-6]):
        at = np.log(theta)
        value, gradient, hessian = objective(at)
        r, alpha, a, b = theta
        rows = kernel.log_likelihood(k, r, alpha * base.scale, a, b, x, t_x, T)
        plain = w @ rows + k * (w @ x) * np.log(base.scale) + w @ x * float(mp.loggamma(k))
        if r < 1e3:
            assert value == pytest.approx(plain, rel=1e-11)
        step = 1e-5 * np.eye(4)
        slopes = [(objective(at + s)[0] - objective(at - s)[0]) / 2e-5 for s in step]
        np.testing.assert_allclose(gradient, slopes, rtol=1e-6, atol=1e-7 * np.abs(value))
        curves = [(objective(at + s)[1] - objective(at - s)[1]) / 2e-5 for s in step]
        np.testing.assert_allclose(hessian, curves, rtol=1e-6, atol=1e-6 * np.abs(hessian).max())
        np.testing.assert_array_equal(hessian, hessian.T)


# -- fit


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_fit_finds_k_and_the_parameters(kernel):
    x, t_x, total, T, _ = some_customers(kernel, 3, 20_000)
    found = kernel.fit_every_k(x, t_x, T, log_intervals=total.sum())
    assert list(found) == [1, 2, 3, 4]
    values = [fit.log_likelihood for fit in found.values()]
    assert values[0] < values[1] < values[2] > values[3]
    best = found[3]
    assert best.status == "converged"
    assert np.all(np.abs(best.parameters - THETA) < 4 * standard_errors(best))
    rows = kernel.log_likelihood(3, *best.parameters, x, t_x, T, total)
    assert best.log_likelihood == pytest.approx(rows.sum(), rel=1e-11)


@pytest.mark.parametrize("kernel", KERNELS)
def test_weights_units_and_the_posterior_mode(kernel):
    x, t_x, total, T, _ = some_customers(kernel, 2, 600)
    w = np.random.default_rng(1).integers(0, 3, x.size)
    plain = kernel.fit(2, *(np.repeat(part, w) for part in (x, t_x, T)), log_intervals=float(w @ total))
    weighted = kernel.fit(2, x, t_x, T, w.astype(float), log_intervals=float(w @ total))
    np.testing.assert_allclose(weighted.parameters, plain.parameters, rtol=1e-8)
    assert weighted.log_likelihood == pytest.approx(plain.log_likelihood, rel=1e-12)
    n = float(w @ x)
    in_days = float(w @ (total + x * np.log(7.0)))
    for prior in (False, True):
        weeks = kernel.fit(2, x, t_x, T, w.astype(float), log_intervals=float(w @ total), prior=prior)
        days = kernel.fit(2, x, 7 * t_x, 7 * T, w.astype(float), log_intervals=in_days, prior=prior)
        np.testing.assert_allclose(days.parameters, weeks.parameters * [1, 7, 1, 1], rtol=1e-7)
        assert days.log_likelihood == pytest.approx(weeks.log_likelihood - n * np.log(7), rel=1e-11)
    few = slice(0, 6)
    assert kernel.fit(2, x[few], t_x[few], T[few], prior=True).status == "converged"
    with pytest.raises(FitError, match="bought again"):
        kernel.fit(2, np.zeros(3), np.zeros(3), np.ones(3))


# -- expectations


@pytest.mark.parametrize("purchases", [True, False])
@settings(max_examples=25)
@given(
    k=st.integers(1, 12),
    j=st.integers(0, 11),
    s=st.floats(-3, 3).map(lambda power: 10.0**power),
    many=st.floats(0.3, 3.5).map(lambda power: 10.0**power),
    a=positive,
    b=st.floats(-2, 3).map(lambda power: 10.0**power),
)
def test_the_integral_is_the_sum(purchases, k, j, s, many, a, b):
    j %= k
    one = tuple(np.array([value]) for value in (s, max(many / (s + j), 1e-3), a, b))
    enough = 1 << 16
    if cnbd_expectations.phases_reach(float(enough), one[0] + j, one[1])[0] > 1e-18 * min(s, 1):
        return
    exact = cnbd_expectations._sum(k, j, one, enough, purchases=purchases)
    who = cnbd_expectations._Customers(one[0], one[1][:, None], one[2], one[3])
    found = cnbd_expectations._expectation(k, who, purchases=purchases)[0, :, j]
    integral = cnbd_expectations._integral(k, who, purchases=purchases)[0, :, j]
    # measured over 20,000 customers: 2e-11, and for probabilities of staying above 1e-9 no more than 2e-10
    atol = 0.0 if purchases else 1e-15
    np.testing.assert_allclose(found, exact, rtol=1e-9, atol=atol)
    if s * one[1] > 100:
        np.testing.assert_allclose(integral, exact, rtol=1e-9, atol=atol)


@pytest.mark.parametrize(("k", "j", "s", "tau", "a", "b"), [(2, 0, 2.3, 0.5, 0.8, 4.0), (3, 2, 0.4, 5.0, 1.0, 0.7)])
def test_the_sum_is_the_definition(k, j, s, tau, a, b):
    with mp.workdps(30):
        z, terms = mp.mpf(tau) / (1 + mp.mpf(tau)), 1000
        pmf = [mp.rf(s + j, n) / mp.factorial(n) * z**n * (1 - z) ** (s + j) for n in range(terms)]

        # of W purchases that there would be, those up to the one after which the customer leaves
        upto = [mp.mpf(0)]
        for n in range(terms // k + 2):
            upto.append(upto[-1] + mp.beta(a, b + n) / mp.beta(a, b))
        expected = sum(pmf[n] * upto[(n + j) // k] for n in range(terms))
        stays = sum(pmf[n] * mp.beta(a, b + (n + j) // k) / mp.beta(a, b) for n in range(terms))
    who = (np.array([s]), np.array([[tau]]), np.array([a]), np.array([b]))
    found = cnbd_expectations.expected_before_leaving(k, *who)[0, 0, j]
    assert found == pytest.approx(float(expected), rel=1e-11)
    assert cnbd_expectations.probability_of_staying(k, *who)[0, 0, j] == pytest.approx(float(stays), rel=1e-11)


@pytest.mark.parametrize(("k", "j"), [(2, 1), (5, 0), (12, 7)])
@pytest.mark.parametrize(("s", "a", "b"), [(3.3, 0.8, 2.4), (0.2, 0.02, 1.0), (40.0, 3.0, 0.5)])
def test_long_horizons(k, j, s, a, b):
    # hundreds of thousands of terms, one by one
    tau = 3e3
    n = np.arange(1.0, 40 * tau / k * (1 + s / 20))
    stays = np.exp(np.concatenate([[0.0], np.cumsum(np.log1p(-a / (a + b + n[:-1] - 1)))]))
    more = betaincc(s + j, n * k - j, 1 / (1 + tau))
    who = (np.array([s]), np.array([[tau]]), np.array([a]), np.array([b]))
    assert cnbd_expectations.expected_before_leaving(k, *who)[0, 0, j] == pytest.approx(more @ stays, rel=1e-9)
    would = -np.diff(more, prepend=betaincc(s + j, np.array([1e-300]), 1 / (1 + tau)))
    kept = would @ stays
    if kept > 1e-6:
        assert cnbd_expectations.probability_of_staying(k, *who)[0, 0, j] == pytest.approx(kept, rel=1e-8)


@pytest.mark.parametrize("k", [2, 12])
def test_horizons_without_an_end(k):
    # everybody leaves in the end, after 1 / p purchases
    a, b = np.array([2.5, 3.0, 900.0]), np.array([2.4, 0.1, 1.0])
    s, tau = np.array([3.0, 200.0, 9.0]), np.array([1e18, 1e9, 1e6])
    found = cnbd_expectations.expected_before_leaving(k, s, tau[:, None], a, b)
    np.testing.assert_allclose(found, np.broadcast_to(((a + b - 1) / (a - 1))[:, None, None], (3, 1, k)), rtol=1e-9)


# -- predictions


@pytest.mark.parametrize("kernel", KERNELS)
@given(k=phases, theta=st.tuples(positive, positive, positive, positive), history=histories())
@settings(max_examples=40)
def test_laws_of_the_predictions(kernel, k, theta, history):
    t = history[2] * np.array([1e-3, 0.1, 1.0, 10.0, 1e3, 1e6])
    expected = kernel.expected_purchases_alive(k, *theta, *history, t)[0]
    active = kernel.probability_active_alive(k, *theta, *history, t)[0]
    later = kernel.probability_alive(k, *theta, *history, t)[0]
    alive = kernel.probability_alive(k, *theta, *history)[0]
    pmf = np.array([kernel.purchase_pmf_alive(k, *theta, *history, one, 30)[0] for one in t])
    np.testing.assert_allclose(pmf.sum(axis=1), 1, rtol=1e-9)
    np.testing.assert_allclose(1 - pmf[:, 0], active, rtol=1e-8, atol=1e-13)
    np.testing.assert_allclose(pmf[:, 1:].sum(axis=1), active, rtol=1e-9)
    assert np.all((pmf * np.arange(32)).sum(axis=1) <= expected * (1 + 1e-9))
    assert np.all(np.diff(expected) >= -1e-9 * expected[:-1])
    assert np.all(np.diff(active) >= 0)
    assert np.all(np.diff(later) <= 1e-9 * later[:-1])
    assert np.all(later <= alive * (1 + 1e-12))
    # nobody leaves but with a purchase
    assert np.all(alive - later <= alive * active * (1 + 1e-9) + 1e-14)
    assert kernel.probability_ever_alive(k, *theta, *history) == 1


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("theta", [THETA, (0.3, 8.0, 0.3, 0.9)])
def test_the_mean_of_the_counts_is_what_is_expected(kernel, theta):
    x, t_x, T = np.array([0.0, 2, 40]), np.array([0.0, 20, 50]), np.array([30.0, 40, 50])
    pmf = kernel.purchase_pmf_alive(3, *theta, x, t_x, T, 39.0, 2000)
    assert np.all(pmf[:, -1] < 1e-14)
    expected = kernel.expected_purchases_alive(3, *theta, x, t_x, T, 39.0)
    np.testing.assert_allclose(pmf[:, :-1] @ np.arange(2001.0), expected, rtol=1e-9)


@pytest.mark.parametrize("kernel", KERNELS)
def test_horizons_and_rows(kernel):
    x, t_x, _, T, _ = some_customers(kernel, 3, 200)
    t = np.array([0.0, 1.0, 40.0, 5000.0])
    for method in (
        kernel.expected_purchases_alive,
        kernel.probability_active_alive,
        kernel.probability_alive,
    ):
        together = method(3, *THETA, x, t_x, T, t)
        assert together.shape == (200, 4)
        vectors = [np.full(200, value) for value in THETA]
        np.testing.assert_allclose(method(3, *vectors, x, t_x, T, t), together, rtol=1e-12)
        for i, one in enumerate(t):
            np.testing.assert_allclose(method(3, *THETA, x, t_x, T, one), together[:, i], rtol=1e-12)
            np.testing.assert_allclose(method(3, *THETA, x[5], t_x[5], T[5], one), together[[5], i], rtol=1e-9)
    each = np.linspace(1, 50, 200)
    rows = kernel.probability_active_alive(3, *THETA, x, t_x, T, each[:, None])[:, 0]
    one_by_one = [kernel.probability_active_alive(3, *THETA, *h)[0] for h in zip(x, t_x, T, each, strict=True)]
    np.testing.assert_allclose(rows, one_by_one, rtol=1e-12)
    assert kernel.expected_purchases_new(3, *THETA, np.ones((2, 3))).shape == (2, 3)
    assert kernel.expected_purchases_new(3, *THETA, 0.0) == 0
    nobody = np.zeros(0)
    assert kernel.expected_purchases_alive(3, *THETA, nobody, nobody, nobody, t).shape == (0, 4)


# -- simulation


def slow_story(k, r, alpha, a, b, T, rng, *, first):
    """One customer after the other, as the story is told: (customer, time), and who is alive at T."""
    customer, time, alive = [], [], []
    for i, end in enumerate(T):
        rate, p = rng.gamma(r) / alpha, rng.beta(a, b)
        now, here = 0.0, not (first and rng.random() < p)
        while here:
            now += rng.gamma(k) / rate if rate > 0 else np.inf
            if now > end:
                break
            customer.append(i)
            time.append(now)
            here = rng.random() >= p
        alive.append(here)
    return np.array(customer), np.array(time), np.array(alive)


@pytest.mark.parametrize(("kernel", "first"), [(bg_cnbd, False), (mbg_cnbd, True)])
@pytest.mark.parametrize(("k", "theta"), [(2, THETA), (4, (0.9, 1.0, 0.6, 1.4))])
def test_the_future_of_slowly_simulated_customers_is_as_predicted(kernel, first, k, theta):
    n, t = 30_000, 25.0
    rng = np.random.default_rng(7)
    T = np.repeat([15.0, 40.0], n // 2)
    customer, time, alive_later = slow_story(k, *theta, T + t, rng, first=first)
    past = time <= T[customer]
    x, t_x, _ = summarize(customer[past], time[past], n)
    future = np.bincount(customer[~past], minlength=n)
    alive = kernel.probability_alive(k, *theta, x, t_x, T)
    pmf = alive[:, None] * kernel.purchase_pmf_alive(k, *theta, x, t_x, T, t, 3)
    gaps = {
        "purchases": future - alive * kernel.expected_purchases_alive(k, *theta, x, t_x, T, t),
        "active": (future > 0) - alive * kernel.probability_active_alive(k, *theta, x, t_x, T, t),
        "alive later": alive_later - kernel.probability_alive(k, *theta, x, t_x, T, after=t),
        "two": (future == 2) - pmf[:, 2],
        "more than three": (future > 3) - pmf[:, 4],
    }
    since = (T - t_x) / T
    groups = {"all": x >= 0, "one": x == 1, "often": x > 3, "lately": since < 0.1, "long ago": (since > 0.5) & (x > 0)}
    for name, gap in gaps.items():
        for group, rows in groups.items():
            z = gap[rows].mean() / (gap[rows].std() / np.sqrt(rows.sum()) + 1e-12)
            assert abs(z) < 4.5, (name, group, z)
    new = kernel.expected_purchases_new(k, *theta, 15.0)
    mine = x[T == 15]
    assert abs(mine.mean() - new) < 4.5 * mine.std() / np.sqrt(mine.size)


@pytest.mark.parametrize(("kernel", "first"), [(bg_cnbd, False), (mbg_cnbd, True)])
def test_draws_are_those_of_the_slow_story(kernel, first):
    n, k = 20_000, 3
    T = np.full(n, 30.0)
    fast = kernel.draw(k, *THETA, T, np.random.default_rng(1))
    slow = slow_story(k, *THETA, T, np.random.default_rng(2), first=first)
    ours, theirs = (summarize(*drawn[:2], n) for drawn in (fast, slow))
    assert np.all((np.diff(fast[1]) > 0) | (np.diff(fast[0]) > 0))
    assert np.all((fast[1] > 0) & (fast[1] <= 30))
    for one, other in [*zip(ours, theirs, strict=True), (fast[2]["alive"], slow[2]), (ours[0] == 2, theirs[0] == 2)]:
        error = np.sqrt((one.var() + other.var()) / n)
        assert abs(one.mean() - other.mean()) < 4.5 * error


@pytest.mark.parametrize("kernel", KERNELS)
def test_draws_of_the_future_are_as_often_as_said(kernel):
    x, t_x, T, n_draws = np.array([0.0, 3, 25]), np.array([0.0, 20, 50]), np.array([10.0, 30, 50]), 100_000
    drawn = kernel.draw_future_alive(3, *THETA, x, t_x, T, 40.0, n_draws, np.random.default_rng(1))
    assert drawn.shape == (3, n_draws)
    assert drawn.dtype == np.int64
    pmf = kernel.purchase_pmf_alive(3, *THETA, x, t_x, T, 40.0, 12)
    seen = np.array([np.bincount(np.minimum(row, 13), minlength=14) for row in drawn]) / n_draws
    assert np.all(np.abs(seen - pmf) < 4.5 * np.sqrt(pmf * (1 - pmf) / n_draws) + 1e-9)


@pytest.mark.parametrize("kernel", KERNELS)
def test_extremes_stay_finite(kernel):
    x = np.array([0.0, 0, 5000, 5000, 1])
    t_x, T = np.array([0.0, 0, 1.0, 1e4, 1e-9]), np.array([0.0, 1e6, 1e4, 1e4, 1e6])
    rng = np.random.default_rng(3)
    for theta in ((1e-3, 1e-3, 1e-3, 1e-3), (1e3, 1e3, 1e3, 1e3), (1e-3, 1e3, 1e3, 1e-3), (1e3, 1e-3, 1e-3, 1e3)):
        for k in (2, 12):
            answers = [
                kernel.probability_alive(k, *theta, x, t_x, T, after=[0.0, 1.0, 1e5]),
                kernel.expected_purchases_alive(k, *theta, x, t_x, T, [1e-9, 1.0, 1e6]),
                kernel.probability_active_alive(k, *theta, x, t_x, T, [1e-9, 1.0, 1e6]),
                kernel.purchase_pmf_alive(k, *theta, x, t_x, T, 1e6, 5),
                kernel.expected_purchases_new(k, *theta, [0.0, 1.0, 1e5]),
                kernel.draw_future_alive(k, *theta, x, t_x, T, 1e6, 3, rng),
            ]
            for answer in answers:
                assert np.isfinite(answer).all()
                assert (answer >= 0).all()
            assert np.isfinite(kernel.log_likelihood(k, *theta, x[:4], t_x[:4], T[:4], np.zeros(4))).all()
