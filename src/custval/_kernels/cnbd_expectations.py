# ruff: noqa: PLR0917 - parameters, then data
"""Expectations over the number of purchases in models where every k-th phase ends with a purchase.

Phases come at rate lambda ~ Gamma(s, A); `behind` phases of the current interval have passed. N ~ Poisson(lambda t)
phases bring W = (N + behind) // k purchases, if the customer does not leave after one of them, each time with
probability p ~ Beta(a, b). Wanted are E[(1 - (1 - p)**W) / p], the expected purchases, and E[(1 - p)**W], the
probability of staying. Both are sums of positive terms,

    sum_{n>=1} P(W >= n) Q_n    and    sum_{n>=0} P(W = n) Q_{n+1},    Q_n = E[(1 - p)**(n - 1)],

which are added up where few phases are to come. Where many are, the generating function is taken in closed form and
integrated over p: with v = (1 - p)**(1/k), the k-th roots of unity w_l, and B_l = 1 + (1 - v w_l) t / A,

    E[(1 - p)**W | p] = p / (1 - p) sum_l (v w_l)**(behind + 1) / (k (1 - v w_l)) B_l**-(s + behind),

the discrete Fourier transform of W's remainder. The root w_0 = 1 gives all of it but for ripples, whose sum cancels
where 1 - p is tiny; there a few terms of the power series in 1 - p do.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from custval._kernels.beta_geometric_counts import phases_reach, would_buy, would_stay
from custval._kernels.beta_mixture import beta_expectation
from custval.typing import FloatArray, IntArray

__all__ = ["expected_before_leaving", "probability_of_staying"]

_Columns: TypeAlias = "tuple[FloatArray, ...]"

# the most phases that are counted one by one
_MOST = 512
# numbers held at once
_BLOCK = 1 << 18
# (1 - p) from which the power series is used, and how many terms of it
_TINY, _TERMS = 1e-3, 5


def expected_before_leaving(
    k: int, behind: int, s: FloatArray, tau: FloatArray, a: FloatArray, b: FloatArray
) -> FloatArray:
    """The expected number of purchases.

    Parameters
    ----------
    k : int
        Phases of an interval.
    behind : int
        How many of them have passed, 0 to k - 1.
    s, tau, a, b : array of shape (n,)
        Shape of lambda's gamma distribution, the horizon in units of A, and the beta distribution of p.

    Returns
    -------
    ndarray of shape (n,)
        To a relative error of about 1e-10.

    Examples
    --------
    >>> customer = [np.array([value]) for value in (2.5, 0.5, 0.8, 4.0)]
    >>> expected_before_leaving(2, 1, *customer).round(4)
    array([1.0346])
    """
    return _expectation(k, behind, (s, tau, a, b), purchases=True)


def probability_of_staying(
    k: int, behind: int, s: FloatArray, tau: FloatArray, a: FloatArray, b: FloatArray
) -> FloatArray:
    """The probability that the customer has not left.

    Parameters
    ----------
    k, behind, s, tau, a, b
        As in `expected_before_leaving`.

    Returns
    -------
    ndarray of shape (n,)
        To a relative error of about 1e-10.
    """
    return np.minimum(_expectation(k, behind, (s, tau, a, b), purchases=False), 1.0)


def _expectation(k: int, behind: int, columns: _Columns, *, purchases: bool) -> FloatArray:
    s, tau = columns[0] + behind, columns[1]
    phases = _phases_needed(k, behind, s, tau)
    result = np.empty(s.size)
    for some in np.unique(phases):
        rows = np.flatnonzero(phases == some)
        method = _sum if some else _integral
        result[rows] = method(k, behind, tuple(column[rows] for column in columns), int(some), purchases=purchases)
    return result


def _phases_needed(k: int, behind: int, s: FloatArray, tau: FloatArray) -> IntArray:
    """How many phases leave no more than 1e-13 of the sums out; 0 for more than are counted."""
    wanted = np.zeros(s.size, dtype=np.int64)
    first = phases_reach(float(k - behind), s, tau)
    phases = _MOST
    while phases >= 4 * k:
        # the phases that come after these are some s tau / phases + tau
        rest = phases_reach(float(phases), s, tau) * (1 + tau * (1 + s / phases))
        wanted[rest <= 1e-13 * first] = phases
        phases //= 2
    return wanted


def _sum(k: int, behind: int, columns: _Columns, phases: int, *, purchases: bool) -> FloatArray:
    """The sums of positive terms."""
    n_max = phases // k
    result = np.empty(columns[0].size)
    size = max(1, _BLOCK // phases)
    for start in range(0, result.size, size):
        rows = slice(start, start + size)
        s, tau, a, b = (column[rows] for column in columns)
        would, more = would_buy(s + behind, tau, n_max, k, behind)
        stays = would_stay(a, b, n_max)
        if purchases:
            result[rows] = np.einsum("ij,ij->i", more[:, 1:], stays)
        else:
            result[rows] = would[:, 0] + np.einsum("ij,ij->i", would[:, 1:], stays[:, 1:])
    return result


def _integral(k: int, behind: int, columns: _Columns, _: int, *, purchases: bool) -> FloatArray:
    """The mean over p of the generating function."""
    s, tau, a, b = columns
    s = s + behind
    few = would_buy(s, tau, _TERMS - 1, k, behind)[0]

    def integrand(rows: IntArray, p: FloatArray) -> FloatArray:
        mean = _before_leaving if purchases else _staying
        value = mean(k, behind, s[rows, None], tau[rows, None], p)
        row, node = np.nonzero(1 - p < _TINY)
        q = 1 - p[row, node]
        stays = (few[rows[row]] * q[:, None] ** np.arange(_TERMS)).sum(axis=1)
        value[row, node] = (1 - stays) / p[row, node] if purchases else stays
        return value[:, None, :]

    steep = (s + 1) * tau / k + 1
    with np.errstate(divide="ignore", over="ignore"):
        at_one = np.minimum(2 + (0.0 if purchases else few[:, 1] / np.maximum(few[:, 0], 1e-300)), 1e6)
    return beta_expectation(integrand, a, b, at_zero=steep, at_one=at_one)[:, 0]


def _before_leaving(k: int, behind: int, s: FloatArray, tau: FloatArray, p: FloatArray) -> FloatArray:
    """E[(1 - (1 - p)**W) / p | p]."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        result: FloatArray = -np.expm1(_log_smooth(k, behind, s, tau, p)) / p
        result -= _ripples(k, behind, s, tau, p) / (1 - p)
    return result


def _staying(k: int, behind: int, s: FloatArray, tau: FloatArray, p: FloatArray) -> FloatArray:
    """E[(1 - p)**W | p]."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        result: FloatArray = np.exp(_log_smooth(k, behind, s, tau, p))
        result += _ripples(k, behind, s, tau, p) * (p / (1 - p))
    return np.maximum(result, 0.0)


def _log_smooth(k: int, behind: int, s: FloatArray, tau: FloatArray, p: FloatArray) -> FloatArray:
    """The logarithm of the term of the root 1, in which p / (1 - p) v**(behind + 1) / (k (1 - v)) is a mean of powers.

    That is the mean of v**(behind - h) over h = 0, ..., k - 1.
    """
    log_v = np.log1p(-p) / k
    power = np.zeros(p.shape)
    for h in range(k):
        power += np.expm1((behind - h) * log_v)
    return np.asarray(np.log1p(power / k) - s * np.log1p(-tau * np.expm1(log_v)))


def _ripples(k: int, behind: int, s: FloatArray, tau: FloatArray, p: FloatArray) -> FloatArray:
    """The sum over the other roots, without p / (1 - p); the two of a conjugate pair are twice the real part of one."""
    v = np.exp(np.log1p(-p) / k)
    total = np.zeros(p.shape)
    for root in range(1, k // 2 + 1):
        turned = v * np.exp(2j * np.pi * root / k)
        away = 1 - turned
        term = turned ** (behind + 1) / away * np.exp(-s * np.log1p(tau * away))
        total += (1 if 2 * root == k else 2) / k * term.real
    return total
