# ruff: noqa: PLR0917 - exponents, then scales, as they stand in the formula
"""The integrals of the Pareto/NBD likelihood over the unseen time of leaving, with the moments that derivatives need.

With f(v) = (1 + v / A)**-m * (1 + v / B)**-s, A = alpha + y and B = beta + y, these are ::

    by leaving:    s * integral of f(v) / (B + v) over v from 0 to infinity
    by a purchase: m * integral of f(v) / (A + v) over v from 0 to infinity

Someone who has neither left nor bought at y will do one or the other later, so the two add up to 1.

The trapezoidal rule in w, with v = V exp(w - exp(-w) + slow exp(w)) and V the scale on which f falls. To the left the
integrand vanishes doubly exponentially; to the right it falls as a power of v, that may be as slow as it likes,
and the last term, which sets in beyond A and B, makes up for that. The integrand is analytic round the real axis, so
the error falls exponentially in the number of nodes.

References
----------
L. N. Trefethen and J. A. C. Weideman (2014), The exponentially convergent trapezoidal rule, SIAM Review 56,
385-458.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from custval.typing import FloatArray, IntArray

__all__ = ["COARSE", "FINE", "log_integral", "log_integral_moments", "log_integral_until"]

# the distance of the nodes: the error is about 1e-13, or 1e-9
FINE, COARSE = 0.22, 0.4
# exp(-exp(3.6)) of the integrand is where the nodes begin, and exp(-40) of f where they end
_BEGIN, _FALL = -3.6, 40.0
# v / A and v / B are held up to exp(40), from where log(1 + v / A) is log(v / A)
_LARGE = 40.0
# numbers held at once, so that a dozen work arrays stay in the cache
_BLOCK = 1 << 13
# exp(-33) of the peak is where the nodes of a finite integral begin and end; exp(-27) is what its step leaves over
_FINITE_FALL, _ALIASES = 33.0, 27.0
# rows of a finite integral at once
_ROWS = 256


def log_integral(m: FloatArray, s: FloatArray, A: FloatArray, B: FloatArray, *, leaving: bool) -> FloatArray:
    """The logarithm of an integral of the module's docstring, to 1e-12.

    Parameters
    ----------
    m, s, A, B : array of shape (n,)
        All above 0.
    leaving : bool
        Which of the two.

    Returns
    -------
    ndarray of shape (n,)

    Examples
    --------
    Where A = B it is s / (m + s), or m / (m + s):

    >>> three = np.array([3.0])
    >>> np.exp(log_integral(three, np.array([1.0]), three, three, leaving=True)).round(12)
    array([0.25])
    """
    result = np.empty(m.size)
    for rows, grid, slow, scale in _blocks(m, s, A, B, leaving=leaving, step=FINE):
        log_v, weight = _nodes(grid, slow)
        log_a, over_a = _odds(log_v, np.log(scale / A[rows]))
        log_b, over_b = _odds(log_v, np.log(scale / B[rows]))
        weight *= _falling(log_a, log_b, m[rows], s[rows])
        weight *= over_b if leaving else over_a
        result[rows] = np.add.reduce(weight, axis=1)
    return np.log(result) + np.log((s if leaving else m) * FINE)


def log_integral_moments(
    m: FloatArray, s: FloatArray, A: FloatArray, B: FloatArray, *, leaving: bool, step: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The logarithm of an integral of the module's docstring, and moments under the density that it integrates.

    Parameters
    ----------
    m, s, A, B, leaving
        As in `log_integral`.
    step : float
        The distance of the nodes, `FINE` or `COARSE`.

    Returns
    -------
    logarithm : ndarray of shape (n,)
    mean : ndarray of shape (4, n)
        Of log(1 + v / A), v / (A + v), log(1 + v / B) and v / (B + v), in this order.
    second : ndarray of shape (4, 4, n)
        The covariances of these; the upper triangle only.
    """
    total, mean, second = np.empty(m.size), np.empty((4, m.size)), np.zeros((4, 4, m.size))
    for rows, grid, slow, scale in _blocks(m, s, A, B, leaving=leaving, step=step):
        log_v, weight = _nodes(grid, slow)
        log_a, over_a = _odds(log_v, np.log(scale / A[rows]))
        log_b, over_b = _odds(log_v, np.log(scale / B[rows]))
        weight *= _falling(log_a, log_b, m[rows], s[rows])
        weight *= over_b if leaving else over_a
        total[rows] = norm = np.add.reduce(weight, axis=1)
        weight /= norm[:, None]
        parts = (log_a, over_a, log_b, over_b)
        for i, part in enumerate(parts):
            weighted = weight * part
            mean[i, rows] = center = np.add.reduce(weighted, axis=1)
            for j in range(i + 1):
                second[j, i, rows] = np.einsum("nk,nk->n", weighted, parts[j]) - center * mean[j, rows]
    return np.log(total) + np.log((s if leaving else m) * step), mean, second


def _blocks(
    m: FloatArray, s: FloatArray, A: FloatArray, B: FloatArray, *, leaving: bool, step: float
) -> Iterator[tuple[IntArray, FloatArray, FloatArray, FloatArray]]:
    """Row numbers in blocks that need about as many nodes; the grid of w; `slow` and V of the rows."""
    scale = 1 / ((m + (not leaving)) / A + (s + leaving) / B)
    largest = np.maximum(A, B)
    slow = scale / largest / np.e
    end = np.minimum(np.log(A / scale) + _log_expm1(_FALL / m), np.log(B / scale) + _log_expm1(_FALL / s))
    end = np.minimum(end, np.log(largest / scale) + _log_expm1(_FALL / (m + s)))
    end = np.minimum(end + 0.1, np.log1p(_FALL / (m + s)) - np.log(slow))
    count = np.maximum(np.ceil((end - _BEGIN) / step), 8).astype(np.int64) + 1
    order = np.argsort(count, kind="stable")
    start = 0
    while start < order.size:
        fewest = count[order[start]]
        rows = order[start : start + max(1, _BLOCK // int(fewest))]
        # the last row has the most nodes: leave the longer ones to the next block
        rows = rows[: int(np.searchsorted(count[rows], fewest + 4, side="right"))]
        start += rows.size
        yield rows, _BEGIN + step * np.arange(count[rows[-1]]), slow[rows], scale[rows]


def _log_expm1(values: FloatArray) -> FloatArray:
    return np.asarray(values + np.log(-np.expm1(-values)))


def _nodes(grid: FloatArray, slow: FloatArray) -> tuple[FloatArray, FloatArray]:
    """log(v / V) of shape (m, nodes), and its derivative in w."""
    left, right = np.exp(-grid), np.multiply.outer(slow, np.exp(grid))
    return right + (grid - left), right + (1 + left)


def _odds(log_v: FloatArray, shift: FloatArray) -> tuple[FloatArray, FloatArray]:
    """log(1 + v / A) and v / (A + v) from log(v / V) and log(V / A)."""
    log_ratio = log_v + shift[:, None]
    large = float(log_ratio[:, -1].max()) > _LARGE
    beyond = np.maximum(log_ratio - _LARGE, 0.0) if large else 0.0
    ratio = np.exp(np.minimum(log_ratio, _LARGE, out=log_ratio), out=log_ratio)
    log_one_more = np.log1p(ratio)
    log_one_more += beyond
    return log_one_more, ratio / (1 + ratio)


def _falling(log_a: FloatArray, log_b: FloatArray, m: FloatArray, s: FloatArray) -> FloatArray:
    exponent = log_a * -m[:, None]
    exponent -= log_b * s[:, None]
    return np.exp(exponent, out=exponent)


def log_integral_until(
    t: float, i: int, j: int, m: FloatArray, s: FloatArray, A: FloatArray, B: FloatArray
) -> FloatArray:
    """The logarithm of the integral of (v / (A + v))**i (v / (B + v))**j f(v) / v over v from 0 to t, to 1e-10.

    The trapezoidal rule in y = logit(v / t). The integrand has one peak there and falls exponentially to both sides;
    the nodes lie where it is above exp(-33) of the peak, as close as the curvature of the peak demands.

    Parameters
    ----------
    t : float
        Above 0.
    i, j : int
        At least 0, and not both 0.
    m, s, A, B : array of shape (n,)
        All above 0.

    Returns
    -------
    ndarray of shape (n,)

    Examples
    --------
    The integral of v / (1 + v)**3 from 0 to 1 is 1 / 8:

    >>> one = np.array([1.0])
    >>> np.exp(log_integral_until(1.0, 2, 0, one, one * 1e-300, one, one)).round(12)
    array([0.125])
    """
    result = np.empty(m.size)
    for start in range(0, m.size, _ROWS):
        rows = slice(start, start + _ROWS)
        result[rows] = _Finite(t, i, j, m[rows], s[rows], A[rows], B[rows]).log_integral()
    return result


class _Finite:
    """Some rows of `log_integral_until`; y has shape (n, nodes)."""

    def __init__(self, t: float, i: int, j: int, m: FloatArray, s: FloatArray, A: FloatArray, B: FloatArray) -> None:
        self.i, self.j, self.m, self.s = i, j, m[:, None], s[:, None]
        self.by_a, self.by_b = t / A[:, None], t / B[:, None]
        self.log_a, self.log_b = np.log(self.by_a), np.log(self.by_b)

    def log_integral(self) -> FloatArray:
        low, high, step = self._range()
        count = int(np.ceil(float(((high - low) / step).max()))) + 1
        step = (high - low) / (count - 1)
        values = self._value(low + step * np.arange(count))
        top = values.max(axis=1, keepdims=True)
        values -= top
        total = np.add.reduce(np.exp(values, out=values), axis=1)
        return np.asarray(top[:, 0] + np.log(total * step[:, 0]))

    def _range(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """From where to where the nodes go, and how far apart they may be."""
        i, j = self.i, self.j
        # below the first the integrand rises, above the second it falls
        first = np.log(0.25 * (i + j) / ((i + self.m) * self.by_a + (j + self.s) * self.by_b + 1))
        last = np.full(first.shape, np.log(i + j) + 0.01)
        low, high = first, last
        for _ in range(24):
            middle = (low + high) / 2
            rises = self._slopes(middle)[0] > 0
            low, high = np.where(rises, middle, low), np.where(rises, high, middle)
        mode = (low + high) / 2
        floor = self._value(mode) - _FINITE_FALL
        # for beta densities the curvature is a b / (a + b), from min(a, b) / 2 to min(a, b)
        least = 2 * self._slopes(mode)[1]
        omega = 1.05 * np.sqrt(1.2 * (2 * _ALIASES / np.pi) ** 2 + 2 * _ALIASES * least)
        begin = mode - self._distance(mode, floor, mode - first + _FALL, -1)
        end = mode + self._distance(mode, floor, last - mode + _FALL, 1)
        return begin, end, 2 * np.pi / omega

    def _distance(self, mode: FloatArray, floor: FloatArray, most: FloatArray, sign: int) -> FloatArray:
        """How far from the mode the integrand comes down to the floor."""
        low, high = np.full(most.shape, np.log(1e-6)), np.log(most)
        for _ in range(12):
            middle = (low + high) / 2
            enough = self._value(mode + sign * np.exp(middle)) < floor
            low, high = np.where(enough, low, middle), np.where(enough, middle, high)
        return np.asarray(np.exp(high))

    def _value(self, y: FloatArray) -> FloatArray:
        """The logarithm of the integrand in y."""
        log_p = -np.log1p(np.exp(-y))
        p = np.exp(log_p)
        log_more_a, log_more_b = np.log1p(self.by_a * p), np.log1p(self.by_b * p)
        value = (1 + self.i + self.j) * log_p - y
        value += self.i * self.log_a + self.j * self.log_b
        value -= (self.i + self.m) * log_more_a
        value -= (self.j + self.s) * log_more_b
        return value

    def _slopes(self, y: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The first derivative of `_value`, and the second with its sign reversed where the first is 0."""
        p = 1 / (1 + np.exp(-y))
        over_a, over_b = self.by_a * p / (1 + self.by_a * p), self.by_b * p / (1 + self.by_b * p)
        at, bt = self.i + self.m, self.j + self.s
        slope = (1 - p) * (self.i + self.j - at * over_a - bt * over_b) - p
        curve = (1 - p) ** 2 * (at * over_a * (1 - over_a) + bt * over_b * (1 - over_b)) + p
        return slope, curve
