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

from custval._kernels.tuples import distinct_rows
from custval.typing import FloatArray, IntArray

__all__ = ["COARSE", "FINE", "log_integral", "log_integral_moments", "log_integral_of_pairs"]

# the distance of the nodes: the error is about 1e-13, or 1e-9
FINE, COARSE = 0.22, 0.4
# exp(-exp(3.6)) of the integrand is where the nodes begin, and exp(-40) of f where they end
_BEGIN, _FALL = -3.6, 40.0
# v / A and v / B are held up to exp(40), from where log(1 + v / A) is log(v / A)
_LARGE = 40.0
# numbers held at once, so that a dozen work arrays stay in the cache
_BLOCK = 1 << 13


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


def log_integral_of_pairs(
    r: FloatArray, alpha: FloatArray, s: FloatArray, beta: FloatArray, x: FloatArray, y: FloatArray, *, leaving: bool
) -> FloatArray:
    """`log_integral` with m = r + x, A = alpha + y, B = beta + y; once for each pair (x, y) if parameters are shared.

    Parameters
    ----------
    r, alpha, s, beta : array of shape (n,)
        The parameters.
    x, y : array of shape (n,)
        Repeat purchases, and a time.
    leaving : bool
        As in `log_integral`.

    Returns
    -------
    ndarray of shape (n,)
    """
    place: IntArray | slice = slice(None)
    if y.size > 1 and all(np.ptp(part) == 0 for part in (r, alpha, s, beta)):
        (x, y), place = distinct_rows((x, y))
        r, alpha, s, beta = (part[: y.size] for part in (r, alpha, s, beta))
    return log_integral(r + x, s, alpha + y, beta + y, leaving=leaving)[place]


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
