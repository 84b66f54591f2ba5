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

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from custval._kernels.beta_geometric_counts import phases_reach, would_buy, would_buy_exactly, would_stay
from custval._kernels.beta_mixture import beta_expectation
from custval.typing import FloatArray, IntArray

__all__ = ["expected_before_leaving", "probability_of_staying"]

# the most phases that are counted one by one
_MOST = 512
# numbers held at once
_BLOCK = 1 << 18
# (1 - p) from which the power series is used, and how many terms of it
_TINY, _TERMS = 1e-3, 5


@dataclass(frozen=True, slots=True)
class _Customers:
    """Who is alive: lambda ~ Gamma(s + j, A) if j phases have passed, and p ~ Beta(a, b); tau are horizons / A.

    Attributes
    ----------
    s, a, b : array of shape (n,)
    tau : array of shape (n, h)
    """

    s: FloatArray
    tau: FloatArray
    a: FloatArray
    b: FloatArray

    def rows(self, rows: IntArray, columns: IntArray) -> _Customers:
        """Some of them, with some of their horizons."""
        return _Customers(self.s[rows], self.tau[np.ix_(rows, columns)], self.a[rows], self.b[rows])


def expected_before_leaving(k: int, s: FloatArray, tau: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
    """The expected number of purchases, for every number of phases behind.

    Parameters
    ----------
    k : int
        Phases of an interval.
    s : array of shape (n,)
        The shape of lambda's gamma distribution is s + j for j phases behind.
    tau : array of shape (n, h)
        The horizons in units of A.
    a, b : array of shape (n,)
        The beta distribution of p.

    Returns
    -------
    ndarray of shape (n, h, k)
        For 0, ..., k - 1 phases behind, to a relative error of about 1e-10.

    Examples
    --------
    >>> s, tau, a, b = np.array([2.5]), np.array([[0.5]]), np.array([0.8]), np.array([4.0])
    >>> expected_before_leaving(2, s, tau, a, b).round(4)
    array([[[0.4032, 1.0346]]])
    """
    return _expectation(k, _Customers(s, tau, a, b), purchases=True)


def probability_of_staying(k: int, s: FloatArray, tau: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
    """The probability that the customer has not left, for every number of phases behind.

    Parameters
    ----------
    k, s, tau, a, b
        As in `expected_before_leaving`.

    Returns
    -------
    ndarray of shape (n, h, k)
        To a relative error of about 1e-10 above 1e-9.
    """
    return np.minimum(_expectation(k, _Customers(s, tau, a, b), purchases=False), 1.0)


def _expectation(k: int, who: _Customers, *, purchases: bool) -> FloatArray:
    phases = _phases_needed(k, who)
    result = np.empty((*phases.shape, k))
    for some in np.unique(phases[phases > 0]):
        row, column = np.nonzero(phases == some)
        for j in range(k):
            one = (who.s[row], who.tau[row, column], who.a[row], who.b[row])
            result[row, column, j] = _sum(k, j, one, int(some), purchases=purchases)
    many = phases == 0
    rows, columns = np.flatnonzero(many.any(axis=1)), np.flatnonzero(many.any(axis=0))
    if rows.size:
        place = np.ix_(rows, columns)
        found = _integral(k, who.rows(rows, columns), purchases=purchases)
        result[place] = np.where(many[place][..., None], found, result[place])
    return result


def _phases_needed(k: int, who: _Customers) -> IntArray:
    """How many phases leave no more than 1e-13 of the sums out; 0 for more than are counted."""
    s, tau = who.s[:, None] + (k - 1), who.tau
    wanted = np.zeros(tau.shape, dtype=np.int64)
    with np.errstate(divide="ignore", over="ignore"):
        allowed = np.log(1e-13) + np.log(phases_reach(float(k), who.s[:, None], tau))
        log_z, log_rest = -np.log1p(1 / tau), -s * np.log1p(tau)
        phases = _MOST
        while phases >= 4 * k:
            # no more than a geometric series, summed twice
            ratio = tau / (1 + tau) * ((s + phases) / (phases + 1))
            first = gammaln(s + phases) - gammaln(s) - gammaln(phases + 1.0) + phases * log_z + log_rest
            enough = (ratio < 1) & ((first - 2 * np.log1p(-np.minimum(ratio, 1.0)) <= allowed) | (log_z == -np.inf))
            wanted[enough] = phases
            phases //= 2
    return wanted


def _sum(k: int, behind: int, one: tuple[FloatArray, ...], phases: int, *, purchases: bool) -> FloatArray:
    """The sums of positive terms, for s, tau, a, b of shape (n,)."""
    n_max = phases // k
    result = np.empty(one[0].size)
    size = max(1, _BLOCK // phases)
    for start in range(0, result.size, size):
        s, tau, a, b = (column[start : start + size] for column in one)
        would, more = would_buy(s + behind, tau, n_max, k, behind)
        stays = would_stay(a, b, n_max)
        if purchases:
            result[start : start + size] = np.einsum("ij,ij->i", more[:, 1:], stays)
        else:
            result[start : start + size] = would[:, 0] + np.einsum("ij,ij->i", would[:, 1:], stays[:, 1:])
    return result


def _integral(k: int, who: _Customers, *, purchases: bool) -> FloatArray:
    """The mean over p of the generating function."""
    n, h = who.tau.shape
    few = _few_purchases(k, who)
    # beside a small probability of staying no ripple is small
    rippled = _has_ripples(k, who) if purchases else np.full(who.tau.shape, k > 1)

    def integrand(rows: IntArray, p: FloatArray) -> FloatArray:
        tau, s = who.tau[rows, :, None], who.s[rows, None, None]
        value = np.empty((rows.size, h, k, p.shape[1]))
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            _smooth(k, s, tau, p[:, None, :], value, purchases=purchases)
            row, column = np.nonzero(rippled[rows])
            odds = (p / (1 - p))[row]
            more = _ripples(k, who.s[rows[row], None], who.tau[rows[row], column, None], p[row])
            value[row, column] += (-more / (1 - p)[row] if purchases else more * odds).transpose(1, 0, 2)
        row, node = np.nonzero(1 - p < _TINY)
        q = 1 - p[row, node]
        stays = np.einsum("mhjt,mt->mhj", few[rows[row]], q[:, None] ** np.arange(_TERMS))
        value[row, :, :, node] = (1 - stays) / p[row, node, None, None] if purchases else stays
        np.maximum(value, 0.0, out=value)
        return value.reshape(rows.size, h * k, -1)

    at_zero = (who.s + k) * who.tau.max(axis=1) / k + 1
    at_one = 2.0 + np.zeros(n)
    if not purchases:
        ratio = few[..., 1] / np.maximum(few[..., 0], 1e-300)
        at_one += np.minimum(ratio.max(axis=(1, 2)), 1e6)
    return beta_expectation(integrand, who.a, who.b, at_zero=at_zero, at_one=at_one, width=h * k).reshape(n, h, k)


def _few_purchases(k: int, who: _Customers) -> FloatArray:
    """P(W = 0), P(W = 1), ... for each horizon and number of phases behind: (n, h, k, terms)."""
    s, tau = np.repeat(who.s, who.tau.shape[1]), who.tau.ravel()
    few = [would_buy_exactly(s + j, tau, _TERMS - 1, k, j).reshape(*who.tau.shape, _TERMS) for j in range(k)]
    return np.stack(few, axis=2)


def _has_ripples(k: int, who: _Customers) -> NDArray[np.bool_]:
    """Where the roots other than 1 add more than 1e-14, since 1 - v w is no smaller than the sine of 2 pi / k."""
    if k == 1:
        return np.zeros(who.tau.shape, dtype=bool)
    away = np.sin(2 * np.pi / k) if k > 4 else 1.0
    s, tau = who.s[:, None], who.tau
    with np.errstate(divide="ignore"):
        most = -s * np.log(tau * away) - np.log(away * _TINY)
        least = np.log(phases_reach(float(k), s, tau))
    return ~(most < np.log(1e-14) + least)


def _smooth(k: int, s: FloatArray, tau: FloatArray, p: FloatArray, value: FloatArray, *, purchases: bool) -> None:
    """The term of the root 1, as E[(1 - (1 - p)**W) / p | p] or as E[(1 - p)**W | p], into `value`.

    There p / (1 - p) v**(j + 1) / (k (1 - v)) is the mean of v**(j - h) over h = 0, ..., k - 1.
    """
    log_v = np.log1p(-p) / k
    power = np.zeros(p.shape)
    for h in range(1, k):
        power += np.expm1(-h * log_v)
    log_mean = np.log1p(power / k)
    log_left = np.log1p(-tau * np.expm1(log_v))
    first = log_mean - s * log_left
    log_left -= log_v
    for j in range(k):
        term = first - j * log_left
        value[:, :, j] = -np.expm1(term) / p if purchases else np.exp(term)


def _ripples(k: int, s: FloatArray, tau: FloatArray, p: FloatArray) -> FloatArray:
    """The sum over the other roots, without p / (1 - p), for every number of phases behind: (k, m, nodes).

    The two roots of a conjugate pair bring twice the real part of one.
    """
    v = np.exp(np.log1p(-p) / k)
    total = np.zeros((k, *p.shape))
    for root in range(1, k // 2 + 1):
        turned = v * np.exp(2j * np.pi * root / k)
        away = 1 - turned
        left = 1 + tau * away
        term = turned / away * np.exp(-s * np.log(left)) * ((1 if 2 * root == k else 2) / k)
        step = turned / left
        for j in range(k):
            total[j] += term.real
            term = term * step
    return total
