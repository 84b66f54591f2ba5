# ruff: noqa: PLR0917 - parameters, then data, in the order of the papers
"""What a customer of the BG/NBD model who is alive at T does next.

Given alive after x repeat purchases, lambda ~ Gamma(r + x, alpha + T) and p ~ Beta(a, b + x), independent of each other
and of when the last purchase was. In the MBG/NBD model p ~ Beta(a, b + x + 1): the same with b + 1 for b.

References
----------
P. S. Fader, B. G. S. Hardie and K. L. Lee (2005), "Counting your customers" the easy way: an alternative to the
Pareto/NBD model, Marketing Science 24, 275-284. Equation numbers are of this paper.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from custval._kernels.beta_geometric_counts import purchase_pmf
from custval._kernels.beta_geometric_draws import draw_future
from custval._kernels.beta_mixture import Integrand, beta_expectation
from custval._kernels.horizons import horizons, per_horizon
from custval.typing import FloatArray, IntArray

__all__ = [
    "draw_future_alive",
    "expected_purchases_alive",
    "probability_active_alive",
    "probability_ever_alive",
    "probability_stays_alive",
    "purchase_pmf_alive",
]


def expected_purchases_alive(
    r: ArrayLike, alpha: ArrayLike, a: ArrayLike, b: ArrayLike, x: ArrayLike, T: ArrayLike, t: ArrayLike
) -> FloatArray:
    """The expected number of purchases in (T, T + t] of a customer who is alive at T.

    Parameters
    ----------
    r, alpha, a, b : float or array of shape (n,)
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
    Given lambda and p, (1 - exp(-lambda p t)) / p are expected; with lambda ~ Gamma(r + x, alpha + T), this is
    E[(1 - (1 + p t / (alpha + T))**-(r + x)) / p] over p ~ Beta(a, b + x). The closed form, eq. (10) without its
    denominator, is a 2F1 with removable singularities at a = 1 and at a + b + x = 1, -1, -2, ...; the expectation of
    a positive function has none.
    """
    s, span, a, b = _posterior(r, alpha, a, b, x, T)
    tau = horizons(t) / span[:, None]

    def buys(rows: IntArray, p: FloatArray) -> FloatArray:
        bought = np.log1p(tau[rows, :, None] * p[:, None, :])
        bought *= -s[rows, None, None]
        np.expm1(bought, out=bought)
        bought *= (-1 / p)[:, None, :]
        return bought

    return per_horizon(_mixed(buys, s, a, b, tau), t)


def probability_active_alive(
    r: ArrayLike, alpha: ArrayLike, a: ArrayLike, b: ArrayLike, x: ArrayLike, T: ArrayLike, t: ArrayLike
) -> FloatArray:
    """The probability of at least one purchase in (T, T + t] by a customer who is alive at T.

    Nobody leaves without a purchase, so p plays no part: 1 - (1 + t / (alpha + T))**-(r + x).

    Parameters
    ----------
    r, alpha, a, b : float or array of shape (n,)
        The parameters.
    x, T : array of shape (n,)
        Repeat purchases, length of the observation.
    t : float or array of shape (h,), or (n, h)
        Horizons, of all or of each.

    Returns
    -------
    ndarray of shape (n,), or (n, h) where `t` is an array
    """
    s, span, *_ = _posterior(r, alpha, a, b, x, T)
    return per_horizon(-np.expm1(-s[:, None] * np.log1p(horizons(t) / span[:, None])), t)


def probability_ever_alive(
    r: ArrayLike, alpha: ArrayLike, a: ArrayLike, b: ArrayLike, x: ArrayLike, T: ArrayLike
) -> FloatArray:
    """The probability that a customer who is alive at T ever buys again: 1, as nobody leaves without a purchase.

    Parameters
    ----------
    r, alpha, a, b : float or array of shape (n,)
        The parameters.
    x, T : array of shape (n,)
        Repeat purchases, length of the observation.

    Returns
    -------
    ndarray of shape (n,)
    """
    return np.ones(np.broadcast(*map(np.asarray, (r, alpha, a, b, x, T))).size)


def probability_stays_alive(
    r: ArrayLike, alpha: ArrayLike, a: ArrayLike, b: ArrayLike, x: ArrayLike, T: ArrayLike, after: ArrayLike
) -> FloatArray:
    """The probability that a customer who is alive at T still is at T + after.

    Parameters
    ----------
    r, alpha, a, b : float or array of shape (n,)
        The parameters.
    x, T : array of shape (n,)
        Repeat purchases, length of the observation.
    after : float or array of shape (h,)
        Times from T on.

    Returns
    -------
    ndarray of shape (n,), or (n, h) where `after` is an array
        Given lambda and p the customer leaves at rate lambda p, whence E[(1 + p t / (alpha + T))**-(r + x)].
    """
    s, span, a, b = _posterior(r, alpha, a, b, x, T)
    tau = horizons(after) / span[:, None]

    def stays(rows: IntArray, p: FloatArray) -> FloatArray:
        left = np.log1p(tau[rows, :, None] * p[:, None, :])
        left *= -s[rows, None, None]
        return np.exp(left, out=left)

    return per_horizon(np.minimum(_mixed(stays, s, a, b, tau), 1.0), after)


def purchase_pmf_alive(
    r: ArrayLike, alpha: ArrayLike, a: ArrayLike, b: ArrayLike, x: ArrayLike, T: ArrayLike, t: float, n_max: int
) -> FloatArray:
    """The probabilities of 0, 1, ..., n_max purchases in (T, T + t], and of more, by a customer who is alive at T.

    Parameters
    ----------
    r, alpha, a, b : float or array of shape (n,)
        The parameters.
    x, T : array of shape (n,)
        Repeat purchases, length of the observation.
    t : float
        The horizon.
    n_max : int
        The largest number with a probability of its own.

    Returns
    -------
    ndarray of shape (n, n_max + 2)
        P(X = 0), ..., P(X = n_max), and last P(X > n_max).

    Examples
    --------
    >>> purchase_pmf_alive(0.243, 4.414, 0.793, 2.426, [0, 2], [0.0, 38.86], 39.0, n_max=2).round(4)
    array([[0.5738, 0.1994, 0.0854, 0.1414],
           [0.2367, 0.3294, 0.1984, 0.2355]])
    """
    s, span, a, b = _posterior(r, alpha, a, b, x, T)
    return purchase_pmf(s, t / span, a, b, n_max)


def draw_future_alive(
    r: ArrayLike,
    alpha: ArrayLike,
    a: ArrayLike,
    b: ArrayLike,
    x: ArrayLike,
    T: ArrayLike,
    t: float,
    n_draws: int,
    rng: np.random.Generator,
) -> IntArray:
    """Draw the number of purchases in (T, T + t] of customers who are alive at T.

    Parameters
    ----------
    r, alpha, a, b : float or array of shape (n,)
        The parameters.
    x, T : array of shape (n,)
        Repeat purchases, length of the observation.
    t : float
        The horizon.
    n_draws : int
        How many draws to make for each customer.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of int64, shape (n, n_draws)

    Examples
    --------
    >>> drawn = draw_future_alive(0.243, 4.414, 0.793, 2.426, [0, 9], 38.86, 39.0, 5, np.random.default_rng(1))
    >>> drawn.shape, drawn.dtype.name
    ((2, 5), 'int64')
    """
    s, span, a, b = (np.repeat(part[:, None], n_draws, axis=1) for part in _posterior(r, alpha, a, b, x, T))
    return draw_future(s, span, a, b, t, rng)


def _posterior(
    r: ArrayLike, alpha: ArrayLike, a: ArrayLike, b: ArrayLike, x: ArrayLike, T: ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """The parameters of lambda ~ Gamma(r + x, alpha + T) and p ~ Beta(a, b + x), each of shape (n,)."""
    r, alpha, a, b, x, T = (np.asarray(part, dtype=np.float64).ravel() for part in (r, alpha, a, b, x, T))
    s, span, chances, stays = np.empty((4, np.broadcast(r, alpha, a, b, x, T).size))
    s[:], span[:], chances[:], stays[:] = r + x, alpha + T, a, b + x
    return s, span, chances, stays


def _mixed(integrand: Integrand, s: FloatArray, a: FloatArray, b: FloatArray, tau: FloatArray) -> FloatArray:
    """The mean over p ~ Beta(a, b) of a function that changes with s and tau as (1 + tau p)**-s does."""
    most = tau.max(axis=1, initial=0.0)
    steep = {"at_zero": (s + 1) * most, "at_one": (s + 1) * most / (1 + most)}
    return beta_expectation(integrand, a, b, **steep, width=tau.shape[1])
