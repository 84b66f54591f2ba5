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

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from custval._kernels.tuples import distinct_rows
from custval.typing import FloatArray, IntArray

BoolArray: TypeAlias = NDArray[np.bool_]

__all__ = ["COARSE", "FINE", "BoolArray", "Workspace", "log_integral", "log_integral_moments", "log_integral_of_pairs"]

# the distance of the nodes: the error is about 1e-13, or 1e-7
FINE, COARSE = 0.22, 0.48
# exp(-exp(3.6)) of the integrand is where the nodes begin, and exp(-40) of f where they end
_BEGIN, _FALL = -3.6, 40.0
# v / A and v / B are held up to exp(40), from where log(1 + v / A) is log(v / A)
_LARGE = 40.0
# numbers held at once, so that a dozen work arrays stay in the cache
_BLOCK = 1 << 13


class Workspace:
    """Memory that is kept from call to call: every 512 numbers of fresh memory cost a page fault.

    What a call returns lies in it, until the next call.
    """

    def __init__(self) -> None:
        self._numbers: dict[str, FloatArray] = {}

    def array(self, name: str, *shape: int) -> FloatArray:
        """The array of this name, with anything in it."""
        size = math.prod(shape)
        if name not in self._numbers or self._numbers[name].size < size:
            self._numbers[name] = np.empty(size)
        return self._numbers[name][:size].reshape(shape)


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
    order, columns, blocks = _blocks(m, s, A, B, np.full(m.size, leaving), step=FINE)
    work = Workspace()
    for rows, grid in blocks:
        weight, parts = _integrand(grid, columns[:, rows], work)
        weight *= parts[3 if leaving else 1]
        result[order[rows]] = np.add.reduce(weight, axis=0)
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
    m: FloatArray, s: FloatArray, A: FloatArray, B: FloatArray, *, leaving: BoolArray, step: float, work: Workspace
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The logarithm of an integral of the module's docstring, and moments under the density that it integrates.

    Parameters
    ----------
    m, s, A, B
        As in `log_integral`.
    leaving : array of bool, shape (n,)
        Which of the two.
    step : float
        The distance of the nodes, `FINE` or `COARSE`.
    work : Workspace

    Returns
    -------
    logarithm : ndarray of shape (n,)
    mean : ndarray of shape (4, n)
        Of log(1 + v / A), v / (A + v), log(1 + v / B) and v / (B + v), in this order.
    second : ndarray of shape (4, 4, n)
        The covariances of these; the upper triangle only.
    """
    order, columns, blocks = _blocks(m, s, A, B, leaving, step=step)
    by_order = leaving[order]
    # the sum of the weights, the four means and the covariances, in the order of the blocks and in that of the rows
    found, result = work.array("found", 21, m.size), work.array("result", 21, m.size)
    total, mean, second = found[0], found[1:5], found[5:].reshape(4, 4, -1)
    for rows, grid in blocks:
        weight, parts = _integrand(grid, columns[:, rows], work)
        weight *= np.where(by_order[rows], parts[3], parts[1])
        np.add.reduce(weight, axis=0, out=total[rows])
        weight /= total[rows]
        weighted = np.multiply(parts, weight, out=work.array("weighted", *parts.shape))
        np.add.reduce(weighted, axis=1, out=mean[:, rows])
        for i in range(4):
            for j in range(i, 4):
                np.einsum("kn,kn->n", weighted[i], parts[j], out=second[i, j, rows])
    for i in range(4):
        second[i, :i] = 0.0
        second[i, i:] -= mean[i] * mean[i:]
    result[:, order] = found
    logarithm = np.log(result[0]) + np.log(np.where(leaving, s, m) * step)
    return logarithm, result[1:5], result[5:].reshape(4, 4, -1)


def _blocks(
    m: FloatArray, s: FloatArray, A: FloatArray, B: FloatArray, leaving: BoolArray, *, step: float
) -> tuple[IntArray, FloatArray, list[tuple[slice, FloatArray]]]:
    """The rows in an order in which neighbors need about as many nodes; what `_integrand` takes; the grids of w."""
    scale = 1 / ((m + ~leaving) / A + (s + leaving) / B)
    largest = np.maximum(A, B)
    slow = scale / largest / np.e
    end = np.minimum(np.log(A / scale) + _log_expm1(_FALL / m), np.log(B / scale) + _log_expm1(_FALL / s))
    end = np.minimum(end, np.log(largest / scale) + _log_expm1(_FALL / (m + s)))
    end = np.minimum(end + 0.1, np.log1p(_FALL / (m + s)) - np.log(slow))
    count = np.maximum(np.ceil((end - _BEGIN) / step), 8).astype(np.int64) + 1
    order = np.argsort(count, kind="stable")
    count = count[order]
    blocks, start = [], 0
    while start < order.size:
        fewest = count[start]
        stop = start + max(1, _BLOCK // int(fewest))
        # the last row has the most nodes: leave the longer ones to the next block
        stop = start + int(np.searchsorted(count[start:stop], fewest + 4, side="right"))
        blocks.append((slice(start, stop), _BEGIN + step * np.arange(count[stop - 1])))
        start = stop
    return order, np.array([slow, scale / A, scale / B, m, s])[:, order], blocks


def _log_expm1(values: FloatArray) -> FloatArray:
    return np.asarray(values + np.log(-np.expm1(-values)))


def _integrand(grid: FloatArray, columns: FloatArray, work: Workspace) -> tuple[FloatArray, FloatArray]:
    """f(v) dlog(v)/dw of shape (nodes, n); and log(1 + v / A), v / (A + v) and the same of B: (4, nodes, n).

    The columns are `slow`, V / A, V / B, m and s, of shape (5, n). Rows lie along the last axis, so that every
    operation and every sum runs over many of them at once.
    """
    slow, in_a, in_b, m, s = columns
    shape = grid.size, slow.size
    weight, log_v, parts = work.array("weight", *shape), work.array("log_v", *shape), work.array("parts", 4, *shape)
    left = np.exp(-grid)[:, None]
    np.multiply(np.exp(grid)[:, None], slow, out=weight)
    np.add(weight, grid[:, None] - left, out=log_v)
    weight += 1 + left
    if float(log_v[-1].max()) + np.log(max(float(in_a.max()), float(in_b.max()))) < _LARGE:
        v = np.exp(log_v, out=log_v)
        np.multiply(v, in_a, out=parts[1])
        np.multiply(v, in_b, out=parts[3])
        np.log1p(parts[1::2], out=parts[::2])
    else:
        for i, scaled in ((0, in_a), (2, in_b)):
            log_ratio = log_v + np.log(scaled)
            beyond = np.maximum(log_ratio - _LARGE, 0.0)
            np.exp(np.minimum(log_ratio, _LARGE, out=log_ratio), out=parts[i + 1])
            np.log1p(parts[i + 1], out=parts[i])
            parts[i] += beyond
    parts[1] /= np.add(parts[1], 1.0, out=log_v)
    parts[3] /= np.add(parts[3], 1.0, out=log_v)
    falling = np.multiply(parts[0], -m, out=log_v)
    falling -= np.multiply(parts[2], s, out=work.array("term", *shape))
    weight *= np.exp(falling, out=falling)
    return weight, parts
