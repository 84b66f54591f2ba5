# ruff: noqa: PLR0917 - parameters, then data, in the order of the papers
"""What a customer of the BG/CNBD-k model who is alive at T does next.

Given alive after x repeat purchases, j of the k phases of the current interval have passed with a probability in
proportion to (T - t_x)**j / j! Gamma(s + j) (alpha + T)**-j, where s = r + k x; given j, lambda is
Gamma(s + j, alpha + T), and in any case p ~ Beta(a, b + x). In the MBG/CNBD-k model p ~ Beta(a, b + x + 1): the same
with b + 1 for b. So everything is a mean over j of what depends on x and T only.

References
----------
M. Platzer and T. Reutterer (2016), Ticking away the moments: timing regularity helps to better predict customer
activity, Marketing Science 35, 779-799: Erlang intervals.
T. Reutterer, M. Platzer and N. Schröder (2021), Leveraging purchase regularity for predicting customer behavior the
easy way, International Journal of Research in Marketing 38, 194-215: the model.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from custval._kernels.beta_geometric_counts import phases_reach, purchase_pmf
from custval._kernels.beta_geometric_draws import draw_future
from custval._kernels.cnbd_expectations import expected_before_leaving, probability_of_staying
from custval._kernels.cnbd_objective import phase_terms
from custval._kernels.horizons import as_rows, horizons, per_horizon
from custval._kernels.tuples import distinct_rows
from custval.typing import FloatArray, IntArray

__all__ = [
    "draw_future_alive",
    "expected_purchases_alive",
    "probability_active_alive",
    "probability_ever_alive",
    "probability_stays_alive",
    "purchase_pmf_alive",
]

_Mean: TypeAlias = "Callable[[int, FloatArray, FloatArray, FloatArray, FloatArray], FloatArray]"


def expected_purchases_alive(
    k: int,
    r: ArrayLike,
    alpha: ArrayLike,
    a: ArrayLike,
    b: ArrayLike,
    x: ArrayLike,
    t_x: ArrayLike,
    T: ArrayLike,
    t: ArrayLike,
) -> FloatArray:
    """The expected number of purchases in (T, T + t] of a customer who is alive at T.

    Parameters
    ----------
    k : int
        Phases of an interval between purchases.
    r, alpha, a, b : float or array of shape (n,)
        The parameters.
    x, t_x, T : array of shape (n,)
        Repeat purchases, time of the last one, length of the observation.
    t : float or array of shape (h,)
        Horizons.

    Returns
    -------
    ndarray of shape (n,), or (n, h) where `t` is an array
        To a relative error of about 1e-10.

    Examples
    --------
    >>> expected_purchases_alive(2, 0.227, 1.463, 0.944, 2.074, [2, 0], [30.43, 0.0], 38.86, 39.0).round(4)
    array([1.8606, 0.1686])
    """
    return _mean_over_phases(k, (r, alpha, a, b), (x, t_x, T), t, expected_before_leaving)


def probability_stays_alive(
    k: int,
    r: ArrayLike,
    alpha: ArrayLike,
    a: ArrayLike,
    b: ArrayLike,
    x: ArrayLike,
    t_x: ArrayLike,
    T: ArrayLike,
    after: ArrayLike,
) -> FloatArray:
    """The probability that a customer who is alive at T still is at T + after.

    Parameters
    ----------
    k : int
        Phases of an interval between purchases.
    r, alpha, a, b : float or array of shape (n,)
        The parameters.
    x, t_x, T : array of shape (n,)
        Repeat purchases, time of the last one, length of the observation.
    after : float or array of shape (h,)
        Times from T on.

    Returns
    -------
    ndarray of shape (n,), or (n, h) where `after` is an array
        To a relative error of about 1e-10 above 1e-9; below that to 1e-15 of 1.
    """
    return _mean_over_phases(k, (r, alpha, a, b), (x, t_x, T), after, probability_of_staying)


def probability_active_alive(
    k: int,
    r: ArrayLike,
    alpha: ArrayLike,
    a: ArrayLike,
    b: ArrayLike,
    x: ArrayLike,
    t_x: ArrayLike,
    T: ArrayLike,
    t: ArrayLike,
) -> FloatArray:
    """The probability of at least one purchase in (T, T + t] by a customer who is alive at T.

    Nobody leaves without a purchase, so p plays no part: k - j phases have to pass.

    Parameters
    ----------
    k : int
        Phases of an interval between purchases.
    r, alpha, a, b : float or array of shape (n,)
        The parameters.
    x, t_x, T : array of shape (n,)
        Repeat purchases, time of the last one, length of the observation.
    t : float or array of shape (h,)
        Horizons; of shape (n, h) each row's own.

    Returns
    -------
    ndarray of shape (n,), or (n, h) where `t` is an array
    """
    r, alpha, _, _, x, t_x, T = as_rows(r, alpha, a, b, x, t_x, T)
    weight = _phase_weights(k, r, alpha, x, t_x, T)
    tau = horizons(t) / (alpha + T)[:, None]
    active = np.zeros(tau.shape)
    for j in range(k):
        active += weight[j][:, None] * phases_reach(float(k - j), (r + k * x + j)[:, None], tau)
    # the weights sum to 1 but for rounding
    np.minimum(active, 1.0, out=active)
    return per_horizon(active, t)


def probability_ever_alive(
    k: int,
    r: ArrayLike,
    alpha: ArrayLike,
    a: ArrayLike,
    b: ArrayLike,
    x: ArrayLike,
    t_x: ArrayLike,
    T: ArrayLike,
) -> FloatArray:
    """The probability that a customer who is alive at T ever buys again: 1, as nobody leaves without a purchase.

    Parameters
    ----------
    k, r, alpha, a, b, x, t_x, T
        As in `expected_purchases_alive`.

    Returns
    -------
    ndarray of shape (n,)
    """
    return np.ones(as_rows(k, r, alpha, a, b, x, t_x, T)[0].size)


def purchase_pmf_alive(
    k: int,
    r: ArrayLike,
    alpha: ArrayLike,
    a: ArrayLike,
    b: ArrayLike,
    x: ArrayLike,
    t_x: ArrayLike,
    T: ArrayLike,
    t: float,
    n_max: int,
) -> FloatArray:
    """The probabilities of 0, 1, ..., n_max purchases in (T, T + t], and of more, by a customer who is alive at T.

    Parameters
    ----------
    k, r, alpha, a, b, x, t_x, T
        As in `expected_purchases_alive`.
    t : float
        The horizon.
    n_max : int
        The largest number with a probability of its own.

    Returns
    -------
    ndarray of shape (n, n_max + 2)
        P(X = 0), ..., P(X = n_max), and last P(X > n_max).
    """
    r, alpha, a, b, x, t_x, T = as_rows(r, alpha, a, b, x, t_x, T)
    weight = _phase_weights(k, r, alpha, x, t_x, T)
    s, tau = r + k * x, t / (alpha + T)
    pmf = np.zeros((x.size, n_max + 2))
    for j in range(k):
        pmf += weight[j][:, None] * purchase_pmf(s + j, tau, a, b + x, n_max, k=k, behind=j)
    return pmf


def draw_future_alive(
    k: int,
    r: ArrayLike,
    alpha: ArrayLike,
    a: ArrayLike,
    b: ArrayLike,
    x: ArrayLike,
    t_x: ArrayLike,
    T: ArrayLike,
    t: float,
    n_draws: int,
    rng: np.random.Generator,
) -> IntArray:
    """Draw the number of purchases in (T, T + t] of customers who are alive at T.

    Parameters
    ----------
    k, r, alpha, a, b, x, t_x, T
        As in `expected_purchases_alive`.
    t : float
        The horizon.
    n_draws : int
        How many draws to make for each customer.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of int64, shape (n, n_draws)
    """
    r, alpha, a, b, x, t_x, T = as_rows(r, alpha, a, b, x, t_x, T)
    up_to = np.cumsum(_phase_weights(k, r, alpha, x, t_x, T), axis=0)[:-1, :, None]
    behind = (rng.random((x.size, n_draws)) >= up_to).sum(axis=0)
    r, alpha, a, b, x, T = (np.repeat(part[:, None], n_draws, axis=1) for part in (r, alpha, a, b, x, T))
    return draw_future(r + k * x + behind, alpha + T, a, b + x, t, rng, k=k, behind=behind)


def _phase_weights(
    k: int, r: FloatArray, alpha: FloatArray, x: FloatArray, t_x: FloatArray, T: FloatArray
) -> FloatArray:
    """How likely it is that 0, ..., k - 1 phases of the current interval have passed, given alive: (k, n)."""
    terms = phase_terms(k, r + k * x, (T - t_x) / (alpha + T))
    return terms / terms.sum(axis=0)


def _mean_over_phases(
    k: int, theta: tuple[ArrayLike, ...], history: tuple[ArrayLike, ...], t: ArrayLike, mean: _Mean
) -> FloatArray:
    r, alpha, a, b, x, t_x, T = as_rows(*theta, *history)
    weight = _phase_weights(k, r, alpha, x, t_x, T)
    # given the phases, the last purchase plays no part
    if any(np.ndim(part) for part in theta):
        first = place = np.arange(x.size)
    else:
        (_, _), place = distinct_rows((x, T))
        first = np.zeros(int(place.max(initial=-1)) + 1, dtype=np.intp)
        first[place] = np.arange(x.size)
    tau = horizons(t) / (alpha + T)[first, None]
    each = mean(k, (r + k * x)[first], tau, a[first], (b + x)[first])
    total = np.zeros((x.size, tau.shape[1]))
    for j in range(k):
        total += weight[j][:, None] * each[..., j][place]
    return per_horizon(total, t)
