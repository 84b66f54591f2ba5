"""What a customer does in the next m opportunities, of whom p ~ Beta(a, b) and theta ~ Beta(c, d) is known.

Before each opportunity the customer leaves with probability theta; who is still there buys with probability p. All
quantities are sums of positive terms over the opportunity i, so that none of them loses digits. The first terms are
added one by one. Beyond them they change slowly, and the sum is an integral, by the midpoint rule with its first
correction (Euler and Maclaurin); where the terms have become a power of i, the integral is in closed form.

References
----------
P. S. Fader, B. G. S. Hardie and J. Shang (2010), Customer-base analysis in a discrete-time noncontractual setting,
Marketing Science 29, 1086-1108.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import exprel, psi

from custval._kernels.beta_mixture import beta_expectation
from custval._kernels.gamma_ratios import log_beta_ratio, log_rising
from custval.typing import FloatArray, IntArray

__all__ = ["Traits", "active", "opportunities_alive", "purchase_pmf", "stays"]

# terms that are added one by one: steeper sums are over by then, and of others the correction leaves 1e-11
_FEW = 2048
# a term this many times farther than the parameters reach is a power of i, but for the square of this
_FAR = 1e6
# numbers held at once
_BLOCK = 1 << 18
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(20)


@dataclass(frozen=True, slots=True)
class Traits:
    """The beta distributions of a customer's p and theta, arrays of shape (n,).

    Attributes
    ----------
    a, b : array of shape (n,)
        p ~ Beta(a, b), the probability of a purchase at an opportunity.
    c, d : array of shape (n,)
        theta ~ Beta(c, d), the probability of leaving before an opportunity.
    """

    a: FloatArray
    b: FloatArray
    c: FloatArray
    d: FloatArray

    def rows(self, some: slice | IntArray) -> Traits:
        """Those of some of the customers."""
        return Traits(self.a[some], self.b[some], self.c[some], self.d[some])


def stays(traits: Traits, m: FloatArray) -> FloatArray:
    """The probability of being there at the m-th opportunity, B(c, d + m) / B(c, d).

    Parameters
    ----------
    traits : Traits
        Of n customers.
    m : array of shape (h,) or (n, h)
        Numbers of opportunities.

    Returns
    -------
    ndarray of shape (n, h)
    """
    result: FloatArray = np.exp(log_beta_ratio(traits.d[:, None], traits.c[:, None], m))
    return result


def opportunities_alive(traits: Traits, m: FloatArray) -> FloatArray:
    """The expected number of the next m opportunities at which the customer is still there.

    Parameters
    ----------
    traits : Traits
        Of n customers.
    m : array of shape (h,) or (n, h)
        Numbers of opportunities.

    Returns
    -------
    ndarray of shape (n, h)
        Sum of B(c, d + i) / B(c, d) over i = 1, …, m. Between whole numbers it is the smooth curve through them,
        E[(1 - theta) (1 - (1 - theta)**m) / theta], so that rules of quadrature can take sums over m.
    """
    result = _sums(traits, m, first_purchase=False)
    between = np.broadcast_to((m < _FEW) & (m != np.floor(m)), result.shape)
    columns = np.flatnonzero(between.any(axis=0))
    if columns.size:
        times = np.broadcast_to(m, result.shape)[:, columns]
        result[:, columns] = np.where(between[:, columns], _between(traits, times), result[:, columns])
    return result


def _between(traits: Traits, m: FloatArray) -> FloatArray:
    """As `opportunities_alive`, for m that are not whole; 1 - theta makes d one larger."""

    def lasts(rows: IntArray, theta: FloatArray) -> FloatArray:
        with np.errstate(divide="ignore"):
            stayed = np.log1p(-theta)[:, None, :] * m[rows, :, None]
        return np.asarray(-np.expm1(stayed) / theta[:, None, :])

    steep = m.max(axis=1) + 1
    mean = beta_expectation(lasts, traits.c, traits.d + 1, at_zero=steep, at_one=steep, width=m.shape[1])
    return (traits.d / (traits.c + traits.d))[:, None] * mean


def active(traits: Traits, m: FloatArray) -> FloatArray:
    """The probability of at least one purchase in the next m opportunities.

    Parameters
    ----------
    traits : Traits
        Of n customers.
    m : array of shape (h,) or (n, h)
        Numbers of opportunities, infinite ones too; between whole numbers the answer rises steadily.

    Returns
    -------
    ndarray of shape (n, h)
        Sum over i = 1, …, m of the probability that the first purchase is at the i-th,
        B(c, d + i) / B(c, d) B(a + 1, b + i - 1) / B(a, b).
    """
    return _sums(traits, m, first_purchase=True)


def _sums(traits: Traits, m: FloatArray, *, first_purchase: bool) -> FloatArray:
    m = np.broadcast_to(m, (traits.a.size, m.shape[-1]))
    top = max(1, int(np.ceil(np.minimum(m, _FEW).max(initial=0.0))))
    result = np.empty(m.shape)
    size = max(1, _BLOCK // top)
    for start in range(0, traits.a.size, size):
        rows = slice(start, start + size)
        terms = _terms(traits.rows(rows), top, first_purchase=first_purchase)
        result[rows] = _added(terms, np.minimum(m[rows], _FEW))
        for column in np.flatnonzero((m[rows] > _FEW).any(axis=0)):
            far = np.flatnonzero(m[rows, column] > _FEW)
            # relative to the last term
            beyond = _beyond(traits.rows(start + far), m[start + far, column], first_purchase=first_purchase)
            result[start + far, column] += terms[far, -1] * beyond
    return result


def _added(terms: FloatArray, m: FloatArray) -> FloatArray:
    """The sums of the first m terms, m of shape (n, h); between whole numbers on the line through them."""
    sums = np.zeros((terms.shape[0], terms.shape[1] + 1))
    np.cumsum(terms, axis=1, out=sums[:, 1:])
    whole = np.floor(m).astype(np.int64)
    following = np.take_along_axis(terms, np.minimum(whole, terms.shape[1] - 1), axis=1)
    added: FloatArray = np.take_along_axis(sums, whole, axis=1) + following * (m - whole)
    return added


def _terms(traits: Traits, top: int, *, first_purchase: bool) -> FloatArray:
    """The terms of the first `top` opportunities, shape (n, top)."""
    j = np.arange(top)
    a, b, c, d = (part[:, None] for part in (traits.a, traits.b, traits.c, traits.d))
    ratio = (d + j) / (c + d + j)
    if first_purchase:
        ratio[:, 1:] *= ((b + j) / (a + b + j))[:, :-1]
    np.cumprod(ratio, axis=1, out=ratio)
    return ratio * (a / (a + b + j)) if first_purchase else ratio


def _beyond(traits: Traits, m: FloatArray, *, first_purchase: bool) -> FloatArray:
    """Sum of the terms from the one after _FEW to the m-th, in units of that of _FEW: shape (n,)."""
    c, d = traits.c, traits.d
    # term i is proportional to Gamma(e + i) / Gamma(e + s + i) Gamma(d + i) / Gamma(c + d + i)
    s = traits.a + 1 if first_purchase else np.zeros(c.size)
    e = traits.b - 1

    def log_term(i: FloatArray) -> FloatArray:
        extra = (1,) * (i.ndim - 1)
        parts = [part.reshape(-1, *extra) for part in (e, s, d, c)]
        return -log_rising(parts[0] + i, parts[1]) - log_rising(parts[2] + i, parts[3])

    def slope(i: FloatArray) -> FloatArray:
        falls = psi(e + s + i) - psi(e + i) + psi(c + d + i) - psi(d + i)
        return -falls * np.exp(log_term(i) - last)

    last = log_term(np.full(c.size, float(_FEW)))
    start, end = _FEW + 0.5, m + 0.5
    far = _FAR * (_FEW + np.abs(e) + s + c + d)
    middle = np.minimum(far, end)
    log_span = np.log(middle / start)
    panels = max(1, int(np.ceil(log_span.max(initial=0.0))))
    where = (np.arange(panels)[:, None] + (_NODES + 1) / 2).ravel() / panels
    i = start * np.exp(log_span[:, None] * where)
    values = i * np.exp(log_term(i) - last[:, None])
    total = np.einsum("ij,j->i", values, np.tile(_WEIGHTS, panels)) * log_span / (2 * panels)
    total += slope(np.full(c.size, start)) / 24
    # from there on term i is (i + center)**-power
    power = s + c
    center = (s * (e + (s - 1) / 2) + c * (d + (c - 1) / 2)) / power
    at = np.exp(log_term(middle) - last) * (middle + center)
    with np.errstate(divide="ignore", invalid="ignore"):
        log_rest = np.log((np.maximum(end, middle) + center) / (middle + center))
        rest = np.where(np.isinf(end), 1 / (power - 1), log_rest * exprel((1 - power) * log_rest))
    total -= np.where(np.isinf(end), 0.0, slope(np.where(np.isinf(end), start, end))) / 24
    return total + at * rest


def purchase_pmf(traits: Traits, m: int, n_max: int) -> FloatArray:
    """The distribution of the number of purchases in the next m opportunities.

    Parameters
    ----------
    traits : Traits
        Of n customers.
    m : int
        Number of opportunities; the cost grows with it.
    n_max : int
        The largest number of purchases with a probability of its own.

    Returns
    -------
    ndarray of shape (n, n_max + 2)
        The probabilities of 0, …, n_max purchases, and last that of more.

    Notes
    -----
    k purchases are made by those who are there at exactly i of the opportunities, i = k, …, m, and buy at k of them.
    More than n_max are made by those whose purchase n_max + 1 is at one of the opportunities, where they still are.
    """
    result = np.zeros((traits.a.size, n_max + 2))
    k = np.arange(min(n_max, m) + 1)
    size = max(1, _BLOCK // (64 * k.size))
    for start in range(0, traits.a.size, size):
        some = traits.rows(slice(start, start + size))
        rows = np.repeat(np.arange(some.a.size), k.size)
        bought = np.tile(k, some.a.size)
        each = _waits(some.rows(rows), bought, bought, m, leave=True)
        result[start : start + size, : k.size] = each.reshape(-1, k.size)
        if m > n_max:
            most = np.full(some.a.size, n_max)
            result[start : start + size, -1] = _waits(some, most, most + 1, m, leave=False)
    return result


def _waits(traits: Traits, among: IntArray, bought: IntArray, m: int, *, leave: bool) -> FloatArray:
    """The sum over j = 0, …, m - bought of the probability of `bought` purchases and j opportunities without one.

    They come in C(among + j, j) orders. With `leave` the customer leaves after those opportunities, or has no more of
    them; without it, is there at the last of them. In logarithms, block by block of j, for the first terms may be too
    small to start from.
    """
    a, b, c, d = (part[:, None] for part in (traits.a, traits.b, traits.c, traits.d))
    among_, bought_ = among[:, None].astype(np.float64), bought[:, None].astype(np.float64)
    level = log_beta_ratio(a, b, bought_) + log_beta_ratio(d, c, bought_)
    size = max(16, _BLOCK // max(1, among.size))
    total = np.full((among.size, 1), -np.inf)
    for start in range(0, m - int(bought.min(initial=m)) + 1, size):
        j = np.arange(start, min(start + size, m + 1), dtype=np.float64)
        ratio = (among_ + 1 + j) / (1 + j) * ((b + j) / (a + b + bought_ + j))
        ratio *= (d + bought_ + j) / (c + d + bought_ + j)
        steps = np.cumsum(np.log(ratio), axis=1)
        logs = np.concatenate([level, level + steps[:, :-1]], axis=1)
        level = level + steps[:, -1:]
        if leave:
            logs += np.where(j < m - bought_, np.log(c / (c + d + bought_ + j)), 0.0)
        logs = np.where(j > m - bought_, -np.inf, logs)
        total = np.logaddexp(total, np.logaddexp.reduce(logs, axis=1, keepdims=True))
    return np.exp(total[:, 0])
