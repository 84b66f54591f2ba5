"""How many purchases in the beta-geometric models: the probabilities of 0, 1, 2, ... in the time to come.

While alive a customer passes phases in a Poisson process of rate lambda ~ Gamma(s, A), buys at the end of every k-th
(k = 1 in BG/NBD and MBG/NBD), and after each purchase leaves with probability p ~ Beta(a, b). Let `behind` phases of
the interval be passed, N ~ Poisson(lambda t) the phases that come in a time t, and W = (N + behind) // k the purchases
that there would be if nobody left. As lambda and p are independent, with Q_n = E[(1 - p)**(n - 1)], ::

    P(X >= n) = P(W >= n) Q_n,    P(W >= n) = P(N >= n k - behind) = I_z(n k - behind, s),    z = t / (A + t)
    P(X = n) = P(W = n) Q_n + P(W >= n + 1) (Q_n - Q_{n+1}),    Q_n - Q_{n+1} = Q_n a / (a + b + n - 1)

in which every term is positive; I is the regularized incomplete beta function.

References
----------
P. S. Fader, B. G. S. Hardie and K. L. Lee (2005), "Counting your customers" the easy way: an alternative to the
Pareto/NBD model, Marketing Science 24, 275-284: equation (8) is P(X = n) for k = 1 and a new customer.
"""

from __future__ import annotations

import numpy as np
from scipy.special import betainc, betaincc

from custval.typing import FloatArray

__all__ = ["phases_reach", "purchase_pmf", "would_buy", "would_buy_exactly", "would_stay"]

# numbers held at once
_BLOCK = 1 << 18


def purchase_pmf(
    s: FloatArray, tau: FloatArray, a: FloatArray, b: FloatArray, n_max: int, *, k: int = 1, behind: int = 0
) -> FloatArray:
    """The probabilities of 0, 1, ..., n_max purchases, and of more, by customers who are alive.

    Parameters
    ----------
    s : array of shape (n,)
        The shape of the gamma distribution of lambda.
    tau : array of shape (n,)
        The time to come in units of A, t / A.
    a, b : array of shape (n,)
        The beta distribution of p.
    n_max : int
        The largest number with a probability of its own.
    k : int
        Phases of an interval between purchases.
    behind : int
        How many of them have passed, 0 to k - 1.

    Returns
    -------
    ndarray of shape (n, n_max + 2)
        To a relative error of about 1e-10; the last is P(X > n_max).

    Examples
    --------
    >>> customer = [np.array([value]) for value in (2.5, 0.5, 0.8, 4.0)]
    >>> purchase_pmf(*customer, n_max=2).round(4)
    array([[0.3629, 0.3582, 0.1652, 0.1137]])
    """
    result = np.empty((s.size, n_max + 2))
    size = max(1, _BLOCK // ((n_max + 1) * k))
    for start in range(0, s.size, size):
        rows = slice(start, start + size)
        would, more = would_buy(s[rows], tau[rows], n_max, k, behind)
        stays = would_stay(a[rows], b[rows], n_max)
        leaves = a[rows, None] / (a[rows, None] + b[rows, None] + np.arange(n_max))
        result[rows, :-1] = would
        result[rows, 1:-1] *= stays[:, :-1]
        result[rows, 1:-1] += more[:, 2:] * stays[:, :-1] * leaves
        result[rows, -1] = more[:, -1] * stays[:, -1]
    return result


def would_buy(s: FloatArray, tau: FloatArray, n_max: int, k: int, behind: int) -> tuple[FloatArray, FloatArray]:
    """How many purchases W there would be if nobody left.

    Parameters
    ----------
    s, tau, n_max, k, behind
        As in `purchase_pmf`.

    Returns
    -------
    would : ndarray of shape (n, n_max + 1)
        P(W = n) for n = 0, ..., n_max.
    more : ndarray of shape (n, n_max + 2)
        P(W >= n) for n = 0, ..., n_max + 1.
    """
    would = would_buy_exactly(s, tau, n_max, k, behind)
    more = np.empty((s.size, n_max + 2))
    more[:, :-1] = would
    more[:, -1] = phases_reach((n_max + 1.0) * k - behind, s, tau)
    # from the small end, so that no tail is a difference
    return would, np.cumsum(more[:, ::-1], axis=1)[:, ::-1]


def would_buy_exactly(s: FloatArray, tau: FloatArray, n_max: int, k: int, behind: int) -> FloatArray:
    """P(W = n) for n = 0, ..., n_max.

    Parameters
    ----------
    s, tau, n_max, k, behind
        As in `purchase_pmf`.

    Returns
    -------
    ndarray of shape (n, n_max + 1)
    """
    phases = (n_max + 1) * k - behind
    i = np.arange(phases - 1, dtype=np.float64)
    with np.errstate(divide="ignore", over="ignore"):
        log_z = -np.log1p(1 / tau)
    log_pmf = np.empty((s.size, phases))
    log_pmf[:, 0] = -s * np.log1p(tau)
    log_pmf[:, 1:] = np.log((s[:, None] + i) / (i + 1)) + log_z[:, None]
    np.cumsum(log_pmf, axis=1, out=log_pmf)
    would = np.zeros((s.size, (n_max + 1) * k))
    np.exp(log_pmf, out=would[:, behind:])
    return would.reshape(s.size, n_max + 1, k).sum(axis=2)


def phases_reach(m: float | FloatArray, s: FloatArray, tau: FloatArray) -> FloatArray:
    """P(N >= m) for m > 0 phases in a time tau (in units of A): I_z(m, s).

    Parameters
    ----------
    m, s, tau : array
        Broadcast together.

    Returns
    -------
    ndarray
    """
    m, s, tau = np.broadcast_arrays(np.asarray(m, dtype=np.float64), s, tau)
    reach = np.empty(tau.shape)
    # of z and 1 - z the one without rounding
    near = tau <= 1
    reach[near] = betainc(m[near], s[near], tau[near] / (1 + tau[near]))
    reach[~near] = betaincc(s[~near], m[~near], 1 / (1 + tau[~near]))
    return reach


def would_stay(a: FloatArray, b: FloatArray, n_max: int) -> FloatArray:
    """The probability Q_n of staying after n - 1 purchases.

    Parameters
    ----------
    a, b : array of shape (n,)
        The beta distribution of p.
    n_max : int

    Returns
    -------
    ndarray of shape (n, n_max + 1)
        Q_1 = 1, ..., Q_{n_max + 1}.
    """
    i = np.arange(n_max, dtype=np.float64)
    log_stays = np.zeros((a.size, n_max + 1))
    np.cumsum(-np.log1p(a[:, None] / (b[:, None] + i)), axis=1, out=log_stays[:, 1:])
    return np.exp(log_stays)
