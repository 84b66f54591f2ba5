# ruff: noqa: PLR0917 - parameters, then data, in the order of the papers
"""What a customer of the Pareto/NBD model who is alive at T does next.

Given alive after x repeat purchases, lambda ~ Gamma(r + x, alpha + T) and mu ~ Gamma(s, beta + T), independent of each
other and of when the last purchase was.

References
----------
[1] P. S. Fader and B. G. S. Hardie (2005), A note on deriving the Pareto/NBD model and related expressions,
brucehardie.com/notes/009.
[2] K. Jerath, P. S. Fader and B. G. S. Hardie (2011), New perspectives on customer "death" using a generalization of
the Pareto/NBD model, Marketing Science 30, 866-880.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import exprel

from custval._kernels.beta_mixture import beta_expectation
from custval._kernels.horizons import as_rows, horizons, per_horizon
from custval._kernels.pareto_finite_integral import log_integral_until
from custval._kernels.pareto_integral import log_integral_of_pairs
from custval.typing import FloatArray, IntArray

__all__ = [
    "draw_future_alive",
    "draw_lifetimes",
    "expected_purchases_alive",
    "probability_active_alive",
    "probability_ever_alive",
    "probability_stays_alive",
    "purchase_pmf_alive",
]


def expected_purchases_alive(
    r: ArrayLike, alpha: ArrayLike, s: ArrayLike, beta: ArrayLike, x: ArrayLike, T: ArrayLike, t: ArrayLike
) -> FloatArray:
    """The expected number of purchases in (T, T + t] of a customer who is alive at T [1].

    Parameters
    ----------
    r, alpha, s, beta : float or array of shape (n,)
        The parameters.
    x, T : array of shape (n,)
        Repeat purchases, length of the observation.
    t : float or array of shape (h,)
        Horizons.

    Returns
    -------
    ndarray of shape (n,), or (n, h) where `t` is an array

    Notes
    -----
    The rate of purchases times the mean time alive, the integral of (1 + u / (beta + T))**-s over u from 0 to t. With
    L = log(1 + t / (beta + T)) that is (beta + T) L exprel((1 - s) L), where exprel(y) = (exp(y) - 1) / y is 1 at 0:
    s = 1 is no special case.
    """
    r, alpha, s, beta, x, T = as_rows(r, alpha, s, beta, x, T)
    L = np.log1p(horizons(t) / (beta + T)[:, None])
    rate = (r + x) / (alpha + T)
    return per_horizon((rate * (beta + T))[:, None] * L * exprel((1 - s)[:, None] * L), t)


def probability_stays_alive(s: ArrayLike, beta: ArrayLike, T: ArrayLike, after: ArrayLike) -> FloatArray:
    """The probability that a customer who is alive at T still is at T + after.

    Parameters
    ----------
    s, beta : float or array of shape (n,)
        The parameters.
    T : array of shape (n,)
        Length of the observation.
    after : float or array of shape (h,)
        Times from T on.

    Returns
    -------
    ndarray of shape (n,), or (n, h) where `after` is an array
        (1 + after / (beta + T))**-s.
    """
    s, beta, T = as_rows(s, beta, T)
    return per_horizon(np.exp(-s[:, None] * np.log1p(horizons(after) / (beta + T)[:, None])), after)


def probability_active_alive(
    r: ArrayLike, alpha: ArrayLike, s: ArrayLike, beta: ArrayLike, x: ArrayLike, T: ArrayLike, t: ArrayLike
) -> FloatArray:
    """The probability of at least one purchase in (T, T + t] by a customer who is alive at T.

    Parameters
    ----------
    r, alpha, s, beta : float or array of shape (n,)
        The parameters.
    x, T : array of shape (n,)
        Repeat purchases, length of the observation.
    t : float or array of shape (h,)
        Horizons.

    Returns
    -------
    ndarray of shape (n,), or (n, h) where `t` is an array
        The integral over u from 0 to t of the density of the next purchase, were the customer to stay, times the
        probability of staying until then.
    """
    r, alpha, s, beta, x, T = as_rows(r, alpha, s, beta, x, T)
    by_a, by_b, m = horizons(t) / (alpha + T)[:, None], horizons(t) / (beta + T)[:, None], (r + x)[:, None, None]

    def next_purchase(rows: IntArray, p: FloatArray) -> FloatArray:
        exponent = np.log1p(by_a[rows, :, None] * p[:, None, :])
        exponent *= -(m[rows] + 1)
        exponent -= s[rows, None, None] * np.log1p(by_b[rows, :, None] * p[:, None, :])
        return np.exp(exponent, out=exponent)

    a, b = by_a.max(axis=1, initial=0.0), by_b.max(axis=1, initial=0.0)
    steep = {
        "at_zero": (r + x + 2) * a + (s + 1) * b,
        "at_one": (r + x + 2) * (a / (1 + a)) + (s + 1) * (b / (1 + b)),
    }
    mean = beta_expectation(next_purchase, np.ones(r.size), 1.0, **steep, width=by_a.shape[1])
    return per_horizon(np.minimum(m[:, 0] * by_a * mean, 1.0), t)


def probability_ever_alive(
    r: ArrayLike, alpha: ArrayLike, s: ArrayLike, beta: ArrayLike, x: ArrayLike, T: ArrayLike
) -> FloatArray:
    """The probability that a customer who is alive at T ever buys again.

    Parameters
    ----------
    r, alpha, s, beta : float or array of shape (n,)
        The parameters.
    x, T : array of shape (n,)
        Repeat purchases, length of the observation.

    Returns
    -------
    ndarray of shape (n,)
        The limit of `probability_active_alive` for long horizons.

    Examples
    --------
    >>> probability_ever_alive(0.5533, 10.5777, 0.6062, 11.6687, [2, 0], 38.86).round(4)
    array([0.8107, 0.4801])
    """
    r, alpha, s, beta, x, T = as_rows(r, alpha, s, beta, x, T)
    return np.minimum(np.exp(log_integral_of_pairs(r, alpha, s, beta, x, T, leaving=False)), 1.0)


def purchase_pmf_alive(
    r: ArrayLike,
    alpha: ArrayLike,
    s: ArrayLike,
    beta: ArrayLike,
    x: ArrayLike,
    T: ArrayLike,
    t: float,
    n_max: int,
) -> FloatArray:
    """The probabilities of 0, 1, … purchases in (T, T + t] by a customer who is alive at T [2].

    Parameters
    ----------
    r, alpha, s, beta : float or array of shape (n,)
        The parameters.
    x, T : array of shape (n,)
        Repeat purchases, length of the observation.
    t : float
        The horizon.
    n_max : int
        The largest number of interest.

    Returns
    -------
    ndarray of shape (n, n_max + 2)
        P(X = 0), …, P(X = n_max), P(X > n_max), each to a relative error below 1e-9, also where it is tiny.

    Notes
    -----
    X = n if the customer stays until T + t and buys n times, or leaves before, having bought n times: an integral
    over the time of leaving. X > n_max if purchase n_max + 1 comes in time: an integral over its time.

    Examples
    --------
    >>> purchase_pmf_alive(0.5533, 10.5777, 0.6062, 11.6687, 2, 38.86, 39.0, 2).round(4)
    array([[0.3189, 0.2523, 0.1746, 0.2542]])
    """
    r, alpha, s, beta, x, T = as_rows(r, alpha, s, beta, x, T)
    result = np.zeros((r.size, n_max + 2))
    if t == 0:
        result[:, 0] = 1.0
        return result
    m, A, B = r + x, alpha + T, beta + T
    # Gamma(m + n) / (Gamma(m) n!) for n = 0, 1, …
    j = np.arange(n_max + 1)
    choose = np.cumsum(np.log((m[:, None] + j) / (j + 1)), axis=1)
    choose = np.concatenate([np.zeros((m.size, 1)), choose], axis=1)
    stays = -m * np.log1p(t / A) - s * np.log1p(t / B)
    log_bought = -np.log1p(A / t)
    for n in range(n_max + 1):
        left = np.log(s) + log_integral_until(t, n, 1, m, s, A, B)
        result[:, n] = np.exp(choose[:, n] + np.logaddexp(stays + n * log_bought, left))
    more = choose[:, n_max + 1] + np.log(n_max + 1) + log_integral_until(t, n_max + 1, 0, m, s, A, B)
    result[:, n_max + 1] = np.exp(more)
    return np.minimum(result, 1.0, out=result)


def draw_future_alive(
    r: ArrayLike,
    alpha: ArrayLike,
    s: ArrayLike,
    beta: ArrayLike,
    x: ArrayLike,
    T: ArrayLike,
    t: float,
    n_draws: int,
    rng: np.random.Generator,
) -> IntArray:
    """Draw the number of purchases in (T, T + t] of customers who are alive at T.

    Parameters
    ----------
    r, alpha, s, beta : float or array of shape (n,)
        The parameters.
    x, T : array of shape (n,)
        Repeat purchases, length of the observation.
    t : float
        The horizon.
    n_draws : int
        How many draws for each customer.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of int64, shape (n, n_draws)
        The customer's rates are drawn anew for each.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> draw_future_alive(0.5533, 10.5777, 0.6062, 11.6687, [2, 20], 38.86, 39.0, 5, rng)
    array([[ 1,  0,  4,  0,  4],
           [18, 23, 14, 15,  0]])
    """
    r, alpha, s, beta, x, T = as_rows(r, alpha, s, beta, x, T)
    shape = (r.size, n_draws)
    rate = rng.standard_gamma((r + x)[:, None], shape) / (alpha + T)[:, None]
    leaving = rng.standard_gamma(s[:, None], shape) / (beta + T)[:, None]
    lifetime = draw_lifetimes(leaving, rng)
    return rng.poisson(rate * np.minimum(lifetime, t)).astype(np.int64, copy=False)


def draw_lifetimes(leaving: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Draw exponential lifetimes for rates of leaving; infinite where a rate is so small that it is drawn as 0."""
    with np.errstate(divide="ignore", over="ignore"):
        return np.asarray(rng.standard_exponential(leaving.shape) / leaving)
