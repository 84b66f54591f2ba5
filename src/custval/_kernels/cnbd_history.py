"""What a history says in BG/CNBD-k and MBG/CNBD-k: how likely it is, and whether its customer is alive.

With s = r + k x, S and u as in `cnbd_objective`, and c chances to leave, ::

    L = prod of the intervals**(k - 1) / (k - 1)!**x  alpha**r Gamma(s) / Gamma(r)
        {B(a, b + c) / B(a, b) (alpha + T)**-s S + B(a + 1, b + c - 1) / B(a, b) (alpha + t_x)**-s}

the first term of a customer who is alive, whose phases since t_x are fewer than k; the last is missing where c = 0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaln, expit, gammaln

from custval._kernels.cnbd_objective import phase_terms
from custval.typing import FloatArray

__all__ = ["log_likelihood_with_chances", "probability_alive_with_chances"]


def log_likelihood_with_chances(
    k: int,
    theta: tuple[ArrayLike, ...],
    history: tuple[ArrayLike, ...],
    log_intervals: ArrayLike,
    *,
    first: bool,
) -> FloatArray:
    """The log-likelihood of each history.

    Parameters
    ----------
    k : int
        Phases of an interval between purchases.
    theta : tuple of float or array
        r, alpha, a, b.
    history : tuple of array, each of shape (n,)
        x, t_x, T.
    log_intervals : array of shape (n,)
        The sum of the logarithms of the intervals.
    first : bool
        Whether the first purchase is a chance to leave.

    Returns
    -------
    ndarray of shape (n,)
    """
    r, alpha, a, b, x, t_x, T, total = np.broadcast_arrays(
        *(np.asarray(part, dtype=np.float64) for part in (*theta, *history, log_intervals))
    )
    s, c = r + k * x, x + first
    common = (k - 1) * total - x * gammaln(k) + gammaln(s) - gammaln(r) + r * np.log(alpha)
    behind = phase_terms(k, s.ravel(), ((T - t_x) / (alpha + T)).ravel()).sum(axis=0).reshape(s.shape)
    alive = betaln(a, b + c) - betaln(a, b) - s * np.log(alpha + T) + np.log(behind)
    gone = betaln(a + 1, b + np.maximum(c - 1, 0.0)) - betaln(a, b) - s * np.log(alpha + t_x)
    return np.asarray(common + np.where(c > 0, np.logaddexp(alive, gone), alive))


def probability_alive_with_chances(
    k: int, theta: tuple[ArrayLike, ...], history: tuple[ArrayLike, ...], *, first: bool
) -> FloatArray:
    """The probability of being alive at T.

    Parameters
    ----------
    k, theta, history, first
        As in `log_likelihood_with_chances`.

    Returns
    -------
    ndarray of shape (n,)
    """
    r, alpha, a, b, x, t_x, T = (
        part.ravel()
        for part in np.broadcast_arrays(*(np.asarray(part, dtype=np.float64) for part in (*theta, *history)))
    )
    s, c = r + k * x, x + first
    behind = phase_terms(k, s, (T - t_x) / (alpha + T)).sum(axis=0)
    log_odds = np.log(a / (b + np.maximum(c - 1, 0.0))) + s * np.log1p((T - t_x) / (alpha + t_x)) - np.log(behind)
    return np.where(c > 0, expit(-log_odds), 1.0)
