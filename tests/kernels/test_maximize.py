import numpy as np
import pytest
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits

from custval._kernels import bg_nbd
from custval._kernels import maximize as maximize_module
from custval._kernels.bg_nbd_objective import Objective
from custval._kernels.maximize import covariance, maximize, standard_errors
from custval._kernels.purchase_tuples import PurchaseTuples
from custval.errors import FitError

# like CDNOW, with a + b < 1, nearly all alike, and with hardly a repeat purchase
THETAS = [(0.25, 4.4, 0.8, 2.4), (0.8, 6.0, 0.2, 0.3), (2.0, 20.0, 8.0, 30.0), (0.3, 30.0, 1.0, 3.0)]


def gamma_objective(events, time):
    """Poisson counts of two groups, one rate each: k log(rate) - time rate."""

    def objective(theta):
        rate = np.exp(theta)
        return events @ theta - time @ rate, events - time * rate, np.diag(-time * rate)

    return objective


def without_hessian(objective):
    return lambda theta: objective(theta)[:2]


@pytest.mark.parametrize("wrap", [lambda objective: objective, without_hessian])
@pytest.mark.parametrize("start", [0.0, 5.0, -9.0])
def test_closed_form_maximum(wrap, start):
    events, time = np.array([6.0, 40.0]), np.array([3.0, 500.0])
    maximum = maximize(wrap(gamma_objective(events, time)), np.full(2, start))
    assert maximum.status == "converged"
    assert maximum.runaway == maximum.direction == maximum.held == ()
    np.testing.assert_allclose(maximum.parameters, events / time, rtol=1e-9)
    np.testing.assert_allclose(maximum.log_likelihood, events @ np.log(events / time) - events.sum(), rtol=1e-12)
    np.testing.assert_allclose(covariance(maximum, log=True), np.diag(1 / events), rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(covariance(maximum), np.diag(events / time**2), rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(standard_errors(maximum), np.sqrt(events) / time, rtol=1e-6)


@pytest.mark.parametrize("wrap", [lambda objective: objective, without_hessian])
def test_a_rate_without_events_runs_to_zero_and_leaves_the_other_alone(wrap):
    maximum = maximize(wrap(gamma_objective(np.array([0.0, 40.0]), np.array([3.0, 500.0]))), np.zeros(2))
    assert (maximum.status, maximum.runaway, maximum.direction, maximum.held) == ("boundary", (0,), (-1,), (0,))
    assert maximum.parameters[0] < 1e-6
    np.testing.assert_allclose(maximum.parameters[1], 40 / 500, rtol=1e-9)
    np.testing.assert_allclose(covariance(maximum, log=True), [[0, 0], [0, 1 / 40]], rtol=1e-6)
    np.testing.assert_allclose(standard_errors(maximum), [np.nan, np.sqrt(40) / 500], rtol=1e-6)


@pytest.mark.parametrize("wrap", [lambda objective: objective, without_hessian])
def test_a_ratio_is_identified_on_a_ridge(wrap):
    # a binomial with success probability a / (a + b), and 1 / b costs: a, b -> infinity
    def objective(theta):
        share = 1 / (1 + np.exp(theta[1] - theta[0]))
        cost, curve = np.exp(-theta[1]), -100 * share * (1 - share)
        value = 30 * np.log(share) + 70 * np.log1p(-share) - cost
        slope = 100 * (0.3 - share)
        return (
            value,
            np.array([slope, cost - slope]),
            np.array([[curve, -curve], [-curve, curve - cost]]),
        )

    maximum = maximize(wrap(objective), np.zeros(2))
    assert (maximum.status, maximum.runaway, maximum.direction) == ("boundary", (0, 1), (1, 1))
    assert len(maximum.held) == 1
    np.testing.assert_allclose(maximum.parameters[0] / maximum.parameters.sum(), 0.3, rtol=1e-6)
    # what is left is the covariance of the ratio
    np.testing.assert_allclose(covariance(maximum, log=True).sum(), 1 / (100 * 0.3 * 0.7), rtol=1e-4)


def test_what_nothing_determines_once_another_is_at_its_limit_has_no_direction():
    # b matters only while a does, and a runs to 0
    def objective(theta):
        a = np.exp(theta[0])
        value = -a * (2 + (theta[1] - 1) ** 2)
        return (
            value,
            np.array([value, -2 * a * (theta[1] - 1)]),
            np.array([[value, -2 * a * (theta[1] - 1)], [-2 * a * (theta[1] - 1), -2 * a]]),
        )

    maximum = maximize(objective, np.zeros(2))
    assert (maximum.runaway, maximum.direction, maximum.held) == ((0, 1), (-1, 0), (0, 1))
    np.testing.assert_array_equal(covariance(maximum), np.zeros((2, 2)))


def test_a_likelihood_that_rises_for_ever_ends_at_the_bound():
    def objective(theta):
        return theta[0] - (theta[1] - 2) ** 2, np.array([1.0, 4 - 2 * theta[1]]), np.diag([0.0, -2.0])

    maximum = maximize(objective, np.zeros(2), reach=9.0)
    assert (maximum.runaway, maximum.direction, maximum.held) == ((0,), (1,), (0,))
    np.testing.assert_allclose(maximum.log_parameters, [9, 2])


def test_a_local_maximum_below_a_limit_does_not_count():
    # an interior maximum of height 0.05 near u = 0, and 0.1 at u = infinity
    def objective(theta):
        u = theta[0]
        bump, rise = 0.05 * np.exp(-(u**2)), 0.1 / (1 + np.exp(6 - u))
        dr = rise * (1 - rise / 0.1)
        return (
            bump + rise,
            np.array([-2 * u * bump + dr]),
            np.array([[(4 * u * u - 2) * bump + dr * (1 - 2 * rise / 0.1)]]),
        )

    maximum = maximize(objective, np.zeros(1))
    assert (maximum.status, maximum.direction) == ("boundary", (1,))
    np.testing.assert_allclose(maximum.log_likelihood, 0.1, rtol=1e-3)


@pytest.mark.parametrize("rough", [False, True])
@pytest.mark.parametrize("side", [1.0, -1.0])
def test_of_two_maxima_on_a_ridge_the_higher_counts(side, rough):
    # bumps of height 0.6 and 1 at u = -1.5 and 1.5, or the other way round
    def objective(theta):
        heights, z = np.array([0.6, 1.0]), theta[0] * side - np.array([-1.5, 1.5])
        bumps = heights * np.exp(-(z**2) / 2)
        slope, curve = -side * np.sum(z * bumps), np.sum((z**2 - 1) * bumps)
        return np.sum(bumps), np.array([slope]), np.array([[curve]])

    maximum = maximize(objective, np.array([-1.4 * side]), rough=objective if rough else None)
    assert maximum.status == "converged"
    value, slope, _ = objective(maximum.log_parameters)
    assert value > 1.0
    assert abs(slope[0]) < 1e-8
    assert maximum.log_parameters[0] * side > 1.0


@pytest.mark.parametrize("rough", [False, True])
def test_further_starts_are_tried_where_a_maximum_is_vague(rough):
    # a maximum of height 1 at u = 0, and 0.5 at u = infinity
    def objective(theta):
        u = theta[0]
        bump, rise = np.exp(-(u**2) / 2), 0.5 / (1 + np.exp(5 - u))
        dr = rise * (1 - 2 * rise)
        slope, curve = -u * bump + dr, (u * u - 1) * bump + dr * (1 - 4 * rise)
        return bump + rise, np.array([slope]), np.array([[curve]])

    sketch = objective if rough else None
    assert maximize(objective, np.array([6.0]), rough=sketch).status == "boundary"
    maximum = maximize(objective, np.array([[6.0], [0.5]]), rough=sketch)
    assert maximum.status == "converged"
    assert abs(maximum.log_parameters[0]) < 0.1
    assert maximum.log_likelihood > 1.0


def test_not_finite_is_an_error_with_the_reason():
    with pytest.raises(FitError, match=r"not finite at the parameters \(1\)") as caught:
        maximize(lambda _: (np.nan, np.zeros(1)), np.zeros(1))
    assert caught.value.code == "not_finite"


def test_a_likelihood_with_a_kink_is_an_error():
    def objective(theta):
        return -np.abs(theta).sum(), -np.sign(theta), -1e-3 * np.eye(1)

    with pytest.raises(FitError, match="no maximum of the likelihood found") as caught:
        maximize(objective, np.array([0.7]), reach=14.3)
    assert caught.value.code == "no_maximum"


def test_a_search_that_does_not_end_is_an_error(monkeypatch):
    monkeypatch.setattr(maximize_module, "_MAX_STEPS", 2)
    with pytest.raises(FitError, match="no maximum of the likelihood found"):
        maximize(gamma_objective(np.array([6.0]), np.array([3.0])), np.array([-9.0]))


def small_sample(seed, n, theta):
    rng = np.random.default_rng([seed, n])
    T = rng.uniform(20, 40, n)
    customer, time, _ = bg_nbd.draw(*theta, T, rng)
    x, t_x = np.bincount(customer, minlength=n).astype(float), np.zeros(n)
    np.maximum.at(t_x, customer, time)
    return PurchaseTuples.of(x, t_x, T, np.ones(n))


@pytest.fixture(autouse=True)
def one_thread():
    # L-BFGS-B calls LAPACK for matrices of 20 x 20, whose threads take 60 times as long on a busy machine
    with threadpool_limits(limits=1, user_api="blas"):
        yield


def best_by_many_starts(objective, fixed, reach, starts):
    """The highest log-likelihood that L-BFGS-B finds from several starts, some parameters fixed."""
    free = [k for k in range(4) if k not in fixed]

    def negative(part):
        theta = np.zeros(4)
        theta[free] = part
        theta[list(fixed)] = list(fixed.values())
        value, gradient, _ = objective(theta)
        return -value, -gradient[free]

    options = {"maxiter": 500, "ftol": 1e-15, "gtol": 1e-9}
    bounds = [(-reach, reach)] * len(free)
    found = [
        minimize(negative, start[free], jac=True, method="L-BFGS-B", bounds=bounds, options=options) for start in starts
    ]
    return max(-each.fun for each in found)


def check_small_sample(seed, n, theta):
    """Fit a small sample, and make sure by brute force that it ended as what it is."""
    objective = Objective(small_sample(seed, n, theta))
    maximum = maximize(objective, np.log([0.5, 0.5, 0.5, 2.0]))
    starts = [maximum.log_parameters.clip(-3, 3), *np.random.default_rng(seed).normal(0, 2, (2, 4))]
    assert best_by_many_starts(objective, {}, 14, starts) <= maximum.log_likelihood + 1e-7
    if maximum.status == "converged":
        # no parameter does as well at a limit, the others fitted again
        for k in range(4):
            for limit in (-np.log(1e6), np.log(1e6)):
                assert best_by_many_starts(objective, {k: limit}, 14, starts[:2]) < maximum.log_likelihood - 1e-9
    else:
        # nothing inside is better, and the parameters that are not held are at their maximum
        assert best_by_many_starts(objective, {}, 8, starts) <= maximum.log_likelihood + 1e-7
        free = [k for k in range(4) if k not in maximum.held]
        step = np.linalg.solve(maximum.hessian[np.ix_(free, free)], objective(maximum.log_parameters)[1][free])
        assert np.max(np.abs(step)) < 1e-4
    return maximum.status


@pytest.mark.parametrize("theta", THETAS)
def test_small_samples_end_as_what_they_are(theta):
    assert {check_small_sample(seed, 50, theta) for seed in range(3)} <= {"converged", "boundary"}


@pytest.mark.slow
@pytest.mark.parametrize("n", [50, 100, 500])
@pytest.mark.parametrize("theta", THETAS)
def test_more_small_samples_end_as_what_they_are(n, theta):
    found = {check_small_sample(seed, n, theta) for seed in range(100, 106)}
    assert found <= {"converged", "boundary"}
    assert "converged" in found or n < 500


def test_large_samples_have_an_interior_maximum():
    for seed in range(4):
        base = small_sample(seed, 5000, (0.25, 4.4, 0.8, 2.4))
        assert maximize(Objective(base), np.log([0.5, 0.5, 0.5, 2.0])).status == "converged"


@pytest.mark.parametrize("seed", range(6))
def test_gradients_alone_lead_to_the_same_place(seed):
    objective = Objective(small_sample(seed, 300, THETAS[0]))
    one = maximize(objective, np.log([0.5, 0.5, 0.5, 2.0]))
    other = maximize(without_hessian(objective), np.log([0.5, 0.5, 0.5, 2.0]))
    assert (one.status, one.runaway, one.direction) == (other.status, other.runaway, other.direction)
    np.testing.assert_allclose(other.log_parameters, one.log_parameters, atol=1e-5)
    np.testing.assert_allclose(other.log_likelihood, one.log_likelihood, rtol=1e-11)
    np.testing.assert_allclose(other.hessian, one.hessian, atol=1e-4 * np.abs(one.hessian).max())


@pytest.mark.parametrize(("events", "status"), [(2, "converged"), (0, "boundary")])
def test_a_rough_objective_leads_to_the_same_end_in_fewer_evaluations(events, status):
    evaluated = []

    def poisson(exposure):
        def objective(theta):
            evaluated.append(exposure)
            rate = np.exp(theta[0])
            return (
                events * theta[0] - exposure * rate,
                events - exposure * np.exp(theta),
                np.array([[-exposure * rate]]),
            )

        return objective

    exact = maximize(poisson(3.0), np.ones(1))
    alone = len(evaluated)
    evaluated.clear()
    helped = maximize(poisson(3.0), np.ones(1), rough=poisson(3.0001))
    assert helped.status == exact.status == status
    np.testing.assert_allclose(helped.log_parameters, exact.log_parameters, atol=1e-9)
    assert helped.n_evaluations == len(evaluated)
    assert evaluated.count(3.0) < alone


@pytest.mark.parametrize(("height", "status"), [(-3.0, "converged"), (0.5, "boundary")])
def test_limits_are_looked_at_where_the_caller_says(height, status):
    # an interior maximum of height 0 at (0, 0), vague in v, and a limit v -> infinity of this height
    def objective(theta):
        evaluated.append(tuple(theta))
        u, v = theta
        bump, rise = np.exp(-(v**2) / 8), 1 / (1 + np.exp(8 - v))
        drop = rise * (1 - rise)
        depth = 4.0
        value = depth * (bump - 1) + (height + depth) * rise - 50 * u**2
        slope = np.array([-100 * u, -depth * v / 4 * bump + (height + depth) * drop])
        curve = depth * (v * v / 16 - 0.25) * bump + (height + depth) * drop * (1 - 2 * rise)
        return value, slope, np.diag([-100.0, curve])

    def limits(log_parameters, k, bound):
        asked.append((k, bound))
        return 1, np.array([0.0, bound])

    evaluated, asked = [], []
    maximum = maximize(objective, np.array([0.5, 0.5]), rough=objective, limits=limits)
    assert maximum.status == status
    assert maximum.n_evaluations == len(evaluated)
    assert set(asked) == {(1, -14.0), (1, 14.0)}
    if status == "boundary":
        assert (maximum.runaway, maximum.direction) == ((1,), (1,))
