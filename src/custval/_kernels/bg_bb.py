# ruff: noqa: PLR0917 - parameters, then data, in the order of the papers
"""BG/BB: at each of a row of opportunities a customer buys or does not, and may leave for good before it.

Before each opportunity a customer leaves with probability theta ~ Beta(gamma, delta); one who is still there buys with
probability p ~ Beta(alpha, beta). The first purchase is no opportunity. x is the number of repeat purchases, t_x the
index of the opportunity of the last one (0 if there is none), n the number of opportunities. Given alive at n,
p ~ Beta(alpha + x, beta + n - x) and theta ~ Beta(gamma, delta + n), independent, and that is all that the future
depends on. Alive at n means: there at the n-th opportunity.

References
----------
[1] P. S. Fader, B. G. S. Hardie and J. Shang (2010), Customer-base analysis in a discrete-time noncontractual setting,
Marketing Science 29, 1086-1108. Equation numbers are of this paper.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from custval._kernels import bg_bb_future as future
from custval._kernels.bg_bb_future import Traits
from custval._kernels.bg_bb_objective import Objective
from custval._kernels.bg_nbd_fit import with_another
from custval._kernels.gamma_ratios import log_beta_ratio
from custval._kernels.horizons import as_rows, horizons, per_horizon
from custval._kernels.maximize import Maximum
from custval._kernels.priors import Prior, maximize_posterior
from custval._kernels.tuples import count_distinct_rows, distinct_rows
from custval.errors import FitError
from custval.typing import FloatArray, IntArray

__all__ = [
    "draw",
    "draw_future_alive",
    "expected_purchases_alive",
    "expected_purchases_new",
    "fit",
    "log_likelihood",
    "prior",
    "probability_active_alive",
    "probability_alive",
    "probability_ever_alive",
    "purchase_pmf_alive",
]

# opportunities that are drawn at once
_BLOCK = 1 << 20
# no longer life is drawn, nor a longer horizon: what an int64 holds safely
_LONGEST = 2.0**62


def log_likelihood(
    alpha: ArrayLike,
    beta: ArrayLike,
    gamma: ArrayLike,
    delta: ArrayLike,
    x: ArrayLike,
    t_x: ArrayLike,
    n: ArrayLike,
) -> FloatArray:
    """The log-likelihood of each customer's history.

    Parameters
    ----------
    alpha, beta, gamma, delta : float or array
        The parameters.
    x, t_x, n : array of shape (m,)
        Repeat purchases, index of the opportunity of the last one, number of opportunities.

    Returns
    -------
    ndarray of shape (m,)
        Of one history with these (x, t_x, n), not of all of them together.

    Notes
    -----
    The likelihood of [1] is a sum over the opportunities after which the customer may have left, as of someone still
    there. Its terms are added as a recursion from the last opportunity back to t_x, in which nothing under- or
    overflows: see `bg_bb_objective`.

    Examples
    --------
    >>> log_likelihood(1.204, 0.750, 0.657, 2.783, [0, 6], [0, 6], 6).round(4)
    array([-1.1673, -2.1822])
    """
    alpha, beta, gamma, delta, x, t_x, n = as_rows(alpha, beta, gamma, delta, x, t_x, n)
    seen = log_beta_ratio(alpha, beta, x) + log_beta_ratio(beta, alpha + x, t_x - x) + log_beta_ratio(delta, gamma, t_x)
    silence, _ = _silence(alpha, beta, gamma, delta, x, t_x, n)
    return seen + np.log(silence)


def _silence(
    alpha: FloatArray,
    beta: FloatArray,
    gamma: FloatArray,
    delta: FloatArray,
    x: FloatArray,
    t_x: FloatArray,
    n: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Of customers alive at t_x: the probability of no purchase from then to n, and given that, of being alive at n."""
    order = np.argsort(t_x - n, kind="stable")
    alpha, beta, gamma, delta, x, n, gap = (
        part[order] for part in (alpha, beta, gamma, delta, x, n, np.asarray(n - t_x))
    )
    silent, alive = np.ones(x.size), np.ones(x.size)
    for back in range(1, int(gap.max(initial=0)) + 1):
        some = slice(0, int(np.searchsorted(-gap, -back, side="right")))
        k = n[some] - back
        leaves = gamma[some] / (gamma[some] + delta[some] + k)
        misses = (beta[some] + (k - x[some])) / (alpha[some] + beta[some] + k)
        silent[some] *= misses * ((delta[some] + k) / (gamma[some] + delta[some] + k))
        here = silent[some] + leaves
        alive[some] *= silent[some] / here
        silent[some] = here
    back_in_order = np.empty(order.size, dtype=np.int64)
    back_in_order[order] = np.arange(order.size)
    return silent[back_in_order], alive[back_in_order]


def prior(rate: float) -> Prior:
    """A weakly informative prior on the log-parameters.

    Parameters
    ----------
    rate : float
        Repeat purchases per customer and opportunity, below 1.

    Returns
    -------
    Prior
        The odds of buying, alpha / beta, are around those of the data, a little higher, for some of the customers have
        left; those of leaving, gamma / delta, are below 1; alpha + beta and gamma + delta are around e.
    """
    odds = float(np.log(rate) - np.log1p(-rate))
    return Prior(
        normals=(((1.0, -1.0, 0.0, 0.0), odds + 0.5, 1.0), ((0.0, 0.0, 1.0, -1.0), -1.0, 1.5)),
        log_sums=((0, 1, 1.0, 1.5), (2, 3, 1.0, 1.5)),
    )


# within `fit` the name is that of its argument
_prior = prior


def fit(x: ArrayLike, t_x: ArrayLike, n: ArrayLike, w: ArrayLike | None = None, *, prior: bool = False) -> Maximum:
    """Fit by maximum likelihood, or find the posterior mode.

    Parameters
    ----------
    x, t_x, n : array of shape (m,)
        Repeat purchases, index of the opportunity of the last one (0 if there is none), number of opportunities: whole
        numbers.
    w : array of shape (m,), optional
        How many customers each row stands for.
    prior : bool, default False
        Whether the likelihood is multiplied by the prior of this module.

    Returns
    -------
    Maximum
        Of the parameters alpha, beta, gamma, delta, in this order.

    Raises
    ------
    FitError
        Where the data hold what no customer can have: other than x <= t_x <= n in whole numbers of at least 0, with
        t_x = 0 exactly where x = 0; or where nobody bought again.

    Examples
    --------
    The donations of the paper, 22 patterns of 11,104 people:

    >>> from custval.datasets import load_donations
    >>> maximum = fit(*(load_donations()[name] for name in ("frequency", "recency", "T", "weight")))
    >>> maximum.parameters.round(3).tolist(), round(maximum.log_likelihood, 3)
    ([1.204, 0.75, 0.657, 2.783], -33225.581)
    """
    x, t_x, n, w = as_rows(x, t_x, n, 1.0 if w is None else w)
    _refuse_unusable(x, t_x, n, w)
    (x, t_x, n), w = count_distinct_rows((x, t_x, n), w)
    objective = Objective(x.astype(np.int64), t_x.astype(np.int64), n.astype(np.int64), w)
    rate = float(np.add.reduce(w * x) / np.add.reduce(w * n))
    # as if nobody had left; with all opportunities used, as if one more had not been
    belief = _prior(min(rate, 1 - 0.5 / float(np.add.reduce(w * n)))) if prior else None
    return maximize_posterior(objective, belief, with_another(np.log([1.0, 1.0, 0.5, 3.0])))


def _refuse_unusable(x: FloatArray, t_x: FloatArray, n: FloatArray, w: FloatArray) -> None:
    """Raise where rows are of no customer that the model can have."""
    whole = (np.isfinite(part) & (part >= 0) & (part == np.floor(part)) for part in (x, t_x, n))
    laws = {
        "x, t_x and n are finite whole numbers of at least 0": np.logical_and.reduce(list(whole)),
        "w is a finite number of at least 0": np.isfinite(w) & (w >= 0),
        "x is at most t_x, and t_x at most n": (x <= t_x) & (t_x <= n),
        "t_x is 0 exactly where x is 0": (x == 0) == (t_x == 0),
    }
    for law, kept in laws.items():
        bad = int(np.count_nonzero(~kept))
        if bad:
            raise FitError(
                f"{law}; {bad:,} of {x.size:,} rows are not so: count opportunities, at each of which there is one "
                "purchase or none, or correct these rows",
                count=bad,
                code="impossible",
            )
    if not np.any(x * w > 0):
        raise FitError(
            f"no customer in the {x.size:,} rows bought again, so that nothing can be learned about how often they "
            "buy; fit on more customers or a longer observation",
            code="no_repeat_purchases",
        )


def probability_alive(
    alpha: ArrayLike,
    beta: ArrayLike,
    gamma: ArrayLike,
    delta: ArrayLike,
    x: ArrayLike,
    t_x: ArrayLike,
    n: ArrayLike,
    after: ArrayLike = 0.0,
) -> FloatArray:
    """The probability that a customer is alive at opportunity n + after.

    Parameters
    ----------
    alpha, beta, gamma, delta : float or array of shape (m,)
        The parameters.
    x, t_x, n : array of shape (m,)
        Repeat purchases, index of the opportunity of the last one, number of opportunities.
    after : float or array of shape (h,)
        Opportunities from n on.

    Returns
    -------
    ndarray of shape (m,), or (m, h) where `after` is an array
        Eq. (A10). The paper's tables have after = 1: alive at the next opportunity.

    Examples
    --------
    >>> probability_alive(1.204, 0.750, 0.657, 2.783, [0, 2, 6], [0, 4, 6], 6, after=[0, 1]).round(2)
    array([[0.12, 0.11],
           [0.63, 0.59],
           [1.  , 0.93]])
    """
    alpha, beta, gamma, delta, x, t_x, n = as_rows(alpha, beta, gamma, delta, x, t_x, n)
    _, alive = _silence(alpha, beta, gamma, delta, x, t_x, n)
    later = future.stays(_traits(alpha, beta, gamma, delta, x, n), horizons(after))
    return per_horizon(alive[:, None] * later, after)


def expected_purchases_alive(
    alpha: ArrayLike,
    beta: ArrayLike,
    gamma: ArrayLike,
    delta: ArrayLike,
    x: ArrayLike,
    n: ArrayLike,
    t: ArrayLike,
) -> FloatArray:
    """The expected number of purchases at the next t opportunities of a customer who is alive at n.

    Parameters
    ----------
    alpha, beta, gamma, delta : float or array of shape (m,)
        The parameters.
    x, n : array of shape (m,)
        Repeat purchases, number of opportunities.
    t : float or array of shape (h,)
        Horizons: whole numbers of opportunities.

    Returns
    -------
    ndarray of shape (m,), or (m, h) where `t` is an array
        Eq. (13) without the probability of being alive: the mean of p, times the number of opportunities at which the
        customer is still there. The closed form has a removable singularity at gamma = 1, which the sum has not.
        Between whole numbers of opportunities it is the smooth curve that the closed form is.

    Examples
    --------
    >>> expected_purchases_alive(1.204, 0.750, 0.657, 2.783, [0, 6], 6, [1, 5]).round(3)
    array([[0.141, 0.627],
           [0.843, 3.752]])
    """
    traits = _traits(alpha, beta, gamma, delta, x, n)
    if np.ndim(t) == 2:
        there = future.opportunities_alive(traits, horizons(t))
    else:
        # few pairs (gamma, delta + n) stand behind the rows
        (c, d), place = distinct_rows((traits.c, traits.d))
        there = future.opportunities_alive(Traits(d, d, c, d), horizons(t))[place]
    return per_horizon((traits.a / (traits.a + traits.b))[:, None] * there, t)


def probability_active_alive(
    alpha: ArrayLike,
    beta: ArrayLike,
    gamma: ArrayLike,
    delta: ArrayLike,
    x: ArrayLike,
    n: ArrayLike,
    t: ArrayLike,
) -> FloatArray:
    """The probability of at least one purchase at the next t opportunities by a customer who is alive at n.

    Parameters
    ----------
    alpha, beta, gamma, delta : float or array of shape (m,)
        The parameters.
    x, n : array of shape (m,)
        Repeat purchases, number of opportunities.
    t : float or array of shape (h,)
        Horizons: whole numbers of opportunities.

    Returns
    -------
    ndarray of shape (m,), or (m, h) where `t` is an array

    Examples
    --------
    >>> probability_active_alive(1.204, 0.750, 0.657, 2.783, [0, 6], 6, [1, 5]).round(3)
    array([[0.141, 0.411],
           [0.843, 0.923]])
    """
    return per_horizon(future.active(_traits(alpha, beta, gamma, delta, x, n), horizons(t)), t)


def probability_ever_alive(
    alpha: ArrayLike, beta: ArrayLike, gamma: ArrayLike, delta: ArrayLike, x: ArrayLike, n: ArrayLike
) -> FloatArray:
    """The probability of ever buying again, of a customer who is alive at n.

    Parameters
    ----------
    alpha, beta, gamma, delta : float or array of shape (m,)
        The parameters.
    x, n : array of shape (m,)
        Repeat purchases, number of opportunities.

    Returns
    -------
    ndarray of shape (m,)
        The limit of `probability_active_alive`: the mean of p (1 - theta) / (p + theta - p theta).

    Examples
    --------
    >>> probability_ever_alive(1.204, 0.750, 0.657, 2.783, [0, 6], 6).round(3)
    array([0.663, 0.924])
    """
    return future.active(_traits(alpha, beta, gamma, delta, x, n), np.array([np.inf]))[:, 0]


def purchase_pmf_alive(
    alpha: ArrayLike,
    beta: ArrayLike,
    gamma: ArrayLike,
    delta: ArrayLike,
    x: ArrayLike,
    n: ArrayLike,
    t: float,
    n_max: int,
) -> FloatArray:
    """The distribution of the number of purchases at the next t opportunities, of a customer who is alive at n.

    Parameters
    ----------
    alpha, beta, gamma, delta : float or array of shape (m,)
        The parameters.
    x, n : array of shape (m,)
        Repeat purchases, number of opportunities.
    t : float
        The horizon: a whole number of opportunities. The cost grows with it.
    n_max : int
        The largest number of purchases with a probability of its own.

    Returns
    -------
    ndarray of shape (m, n_max + 2)
        The probabilities of 0, …, n_max purchases, and last that of more: eq. (7) with the parameters of someone who
        is alive after this history.

    Examples
    --------
    >>> purchase_pmf_alive(1.204, 0.750, 0.657, 2.783, [6], 6, 3, 2).round(4)
    array([[0.0802, 0.0935, 0.1957, 0.6306]])
    """
    return future.purchase_pmf(_traits(alpha, beta, gamma, delta, x, n), int(t), n_max)


def draw_future_alive(
    alpha: ArrayLike,
    beta: ArrayLike,
    gamma: ArrayLike,
    delta: ArrayLike,
    x: ArrayLike,
    n: ArrayLike,
    t: float,
    n_draws: int,
    rng: np.random.Generator,
) -> IntArray:
    """Draws of the number of purchases at the next t opportunities, of a customer who is alive at n.

    p and theta are drawn anew from their posterior for each.

    Parameters
    ----------
    alpha, beta, gamma, delta : float or array of shape (m,)
        The parameters.
    x, n : array of shape (m,)
        Repeat purchases, number of opportunities.
    t : float
        The horizon: a whole number of opportunities.
    n_draws : int
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of int64, shape (m, n_draws)
    """
    traits = _traits(alpha, beta, gamma, delta, x, n)
    shape = (traits.a.size, n_draws)
    p = rng.beta(traits.a[:, None], traits.b[:, None], shape)
    there = _lives(rng.beta(traits.c[:, None], traits.d[:, None], shape), t, rng)
    return rng.binomial(there, p).astype(np.int64, copy=False)


def expected_purchases_new(
    alpha: ArrayLike, beta: ArrayLike, gamma: ArrayLike, delta: ArrayLike, t: ArrayLike
) -> FloatArray:
    """The expected number of repeat purchases of a new customer at the first t opportunities.

    Parameters
    ----------
    alpha, beta, gamma, delta : float
        The parameters.
    t : float or array
        Horizons: whole numbers of opportunities.

    Returns
    -------
    ndarray of the shape of `t`

    Examples
    --------
    >>> expected_purchases_new(1.204, 0.750, 0.657, 2.783, [1, 6]).round(4)
    array([0.4985, 2.2196])
    """
    expected = expected_purchases_alive(alpha, beta, gamma, delta, 0.0, 0.0, np.ravel(t))
    return expected.reshape(np.shape(t))


def draw(
    alpha: float, beta: float, gamma: float, delta: float, T: FloatArray, rng: np.random.Generator
) -> tuple[IntArray, FloatArray, dict[str, FloatArray | NDArray[np.bool_]]]:
    """Draw customers, each observed for T opportunities after the first purchase.

    Parameters
    ----------
    alpha, beta, gamma, delta : float
        The parameters.
    T : array of shape (n,)
        The number of opportunities of each customer, whole.
    rng : numpy.random.Generator

    Returns
    -------
    customer : ndarray of int, shape (m,)
        Whose each repeat purchase is: 0 to n - 1, ascending.
    time : ndarray of shape (m,)
        The index of its opportunity, 1 to T; ascending within a customer.
    truth : dict
        `alive` at T, `purchase_probability` (p) and `dropout_probability` (theta), each of shape (n,).

    Examples
    --------
    >>> customer, time, truth = draw(1.2, 0.75, 0.66, 2.8, np.array([6.0, 6.0, 6.0]), np.random.default_rng(3))
    >>> customer.tolist(), time.tolist(), truth["alive"].tolist()
    ([0, 1, 1, 1, 2, 2], [2.0, 2.0, 3.0, 6.0, 2.0, 5.0], [False, True, True])
    """
    T = np.floor(np.asarray(T, dtype=np.float64))
    p, theta = rng.beta(alpha, beta, T.size), rng.beta(gamma, delta, T.size)
    there = _lives(theta, T, rng)
    parts: list[tuple[IntArray, FloatArray]] = [(np.zeros(0, dtype=np.int64), np.zeros(0))]
    block = np.cumsum(there) // _BLOCK
    for mine in np.split(np.arange(T.size), np.flatnonzero(np.diff(block)) + 1):
        customer = np.repeat(mine, there[mine])
        before = np.cumsum(there[mine]) - there[mine]
        bought = np.flatnonzero(rng.random(customer.size) < p[customer])
        customer = customer[bought]
        parts.append((customer, bought - before[customer - mine[0]] + 1.0) if mine.size else parts[0])
    customers, times = (np.concatenate(column) for column in zip(*parts, strict=True))
    return customers, times, {"alive": there == T, "purchase_probability": p, "dropout_probability": theta}


def _lives(theta: FloatArray, longest: ArrayLike, rng: np.random.Generator) -> IntArray:
    """For how many of the next opportunities somebody is there who leaves before each with probability theta."""
    with np.errstate(divide="ignore"):
        # endless where theta is 0, which geometric() refuses
        life = np.floor(rng.standard_exponential(theta.shape) / -np.log1p(-theta))
    there: IntArray = np.minimum(np.minimum(life, longest), _LONGEST).astype(np.int64)
    return there


def _traits(
    alpha: ArrayLike, beta: ArrayLike, gamma: ArrayLike, delta: ArrayLike, x: ArrayLike, n: ArrayLike
) -> Traits:
    """The posterior of p and theta, given alive at n."""
    alpha, beta, gamma, delta, x, n = as_rows(alpha, beta, gamma, delta, x, n)
    return Traits(alpha + x, beta + (n - x), gamma, delta + n)
