"""Expectations over a beta-distributed probability: E[F(p)] for p ~ Beta(a, b), for all a, b > 0.

The trapezoidal rule in v = logit(p), where the density is p**a * (1 - p)**b / B(a, b). Integrand and density are
analytic within pi of the real axis, so the error falls exponentially in the number of nodes (section 2 of the paper).
Towards both ends the terms become a geometric series, times a function of p (or of 1 - p) that is nearly linear
there: its sum is put on two nodes, and a small `a` or `b` costs nothing. The weights are normalized by their own
sum, so that no beta function is needed, which has no accuracy to give where a and b are large.

References
----------
L. N. Trefethen and J. A. C. Weideman (2014), The exponentially convergent trapezoidal rule, SIAM Review 56,
385-458.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from custval._kernels.horizons import as_rows
from custval.typing import FloatArray, IntArray

__all__ = ["Integrand", "beta_expectation"]

# exp(-27) = 2e-12 is what the step leaves of the aliases of the trapezoidal rule
_ALIASES = 27.0
# exp(-33) = 5e-15 of the density at its mode is where a range ends
_FALL = 33.0
# where F departs from a line by some exp(-2 * 12.5) = 1e-11, the range ends and the tails are summed
_NEAR = 12.5
_ABOVE_MINUS_ONE = np.nextafter(-1.0, 0.0)
# numbers held at once, so that a block stays in the cache
_BLOCK = 1 << 16


class Integrand(Protocol):
    """F for some of the rows: takes row numbers (m,) and nodes (m, nodes), returns (m, width, nodes)."""

    def __call__(self, rows: IntArray, p: FloatArray, /) -> FloatArray: ...


def beta_expectation(
    integrand: Integrand, a: ArrayLike, b: ArrayLike, *, at_zero: ArrayLike, at_one: ArrayLike, width: int = 1
) -> FloatArray:
    """E[F(p)] for p ~ Beta(a, b), to a relative error of about 3e-11 for positive F.

    Parameters
    ----------
    integrand : callable
        F, evaluated for blocks of rows: takes row numbers of shape (m,) and probabilities of shape (m, nodes), returns
        an array of shape (m, width, nodes). F may be as steep as the next parameters say, and its shape that of
        ``(1 + c p)**-s`` or ``(1 - (1 + c p)**-s) / p``.
    a, b : array of shape (n,)
        The parameters of the beta distributions.
    at_zero, at_one : array of shape (n,)
        How steep F is at p = 0 and p = 1: bounds on ``|F'(p)| / F(p)``, up to a factor of 2 or so. At zero for the
        shapes above: (s + 1) c.
    width : int, default 1
        How many functions F computes for each row.

    Returns
    -------
    ndarray of shape (n, width)

    Examples
    --------
    The variance of Beta(2, 3) is 1/25:

    >>> mean = 2 / 5
    >>> beta_expectation(lambda rows, p: (p - mean)[:, None, :] ** 2, [2.0], [3.0], at_zero=10.0, at_one=10.0).round(9)
    array([[0.04]])
    """
    a, b, at_zero, at_one = as_rows(a, b, at_zero, at_one)
    result = np.empty((a.size, width))
    # beyond the largest float the density is 0, and p is 0 or 1
    with np.errstate(over="ignore"):
        low, high, step = _ranges(a, b, at_zero, at_one)
        count = np.maximum(8, np.ceil((high - low) / step).astype(np.int64) + 1)
        for rows in _blocks(count):
            p, weight = _nodes(a[rows, None], b[rows, None], low[rows, None], high[rows, None], int(count[rows].max()))
            size = max(1, _BLOCK // (p.shape[1] * width))
            for some in (slice(start, start + size) for start in range(0, rows.size, size)):
                result[rows[some]] = np.einsum("nhk,nk->nh", integrand(rows[some], p[some]), weight[some])
    return result


def _blocks(count: IntArray) -> Iterator[IntArray]:
    """Row numbers in blocks of rows that need about the same number of nodes."""
    order = np.argsort(count, kind="stable")
    start = 0
    while start < order.size:
        size = max(1, _BLOCK // int(count[order[start]]))
        rows = order[start : start + size]
        # the last row has the most nodes: leave the longer ones to the next block
        rows = rows[: max(1, int(np.searchsorted(count[rows], 1.25 * count[rows[0]], side="right")))]
        yield rows
        start += rows.size


def _ranges(
    a: FloatArray, b: FloatArray, at_zero: FloatArray, at_one: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """From where to where the nodes go, as distances from the mode of v, and how far apart they may be."""
    # F may pull the mass down to where Beta(a, b + at_zero) has it, and is flat below that
    pulled = b + at_zero
    # The Fourier transform of the density at omega is |Gamma(a + i omega) Gamma(b - i omega)| over its value at 0;
    # a bound on the smaller factor's decay, which F can slow only where it makes a sharper peak: b + at_zero.
    omega = 1.05 * np.sqrt(1.2 * (2 * _ALIASES / np.pi) ** 2 + 2 * _ALIASES * np.minimum(a, pulled))
    mode, left_mode = np.log(a / b), np.log(a / pulled)
    left_end = -_NEAR - np.log(1 + a + pulled)
    right_end = _NEAR + np.log(1 + a + b + at_one)
    # the density of -v to the left of the mode, and that of v to the right, in one go
    to_left, to_right = _falls(
        np.array([pulled, a]), np.array([a, b]), np.array([left_mode - left_end, right_end - mode])
    )
    return np.maximum(left_mode - to_left, left_end) - mode, to_right, 2 * np.pi / omega


def _falls(a: FloatArray, b: FloatArray, most: FloatArray) -> FloatArray:
    """How far to the right of the mode of v the density is down to exp(-33); `most` where that is farther.

    The fall begins as a square, and goes on as an exponential or a line: in logarithms of both it has a slope that
    changes little, and few steps of Newton's method are enough.
    """
    p, most = a / (a + b), np.maximum(most, 1e-7)
    wide = _FALL / (p * b)
    distance = np.minimum(np.minimum(np.sqrt(2 * wide), 1 + np.log1p(wide)), most)
    for last in (False, False, False, True):
        fall = -_log_density(a, b, distance)
        more = np.expm1(distance)
        slope = p * b * more / (1 + p * more)
        # the fall is convex, so that the last step, in plain terms, ends beyond the place and not before it
        step = distance + (_FALL - fall) / slope if last else distance * (_FALL / fall) ** (fall / (distance * slope))
        distance = np.minimum(step, most)
    return distance


def _log_density(a: FloatArray, b: FloatArray, distance: FloatArray) -> FloatArray:
    """The log-density of v = logit(p) at a distance from its mode log(a / b), less that at the mode."""
    # a share that rounds to 1 would make a logarithm of 0, of something that is small beside the other term
    p = np.log1p(np.maximum(b / (a + b) * np.expm1(-distance), _ABOVE_MINUS_ONE))
    q = np.log1p(np.maximum(a / (a + b) * np.expm1(distance), _ABOVE_MINUS_ONE))
    return -a * p - b * q


def _nodes(
    a: FloatArray, b: FloatArray, low: FloatArray, high: FloatArray, count: int
) -> tuple[FloatArray, FloatArray]:
    """Nodes p and weights of shape (m, count)."""
    step = (high - low) / (count - 1)
    distance = low + step * np.arange(count)
    weight = np.exp(_log_density(a, b, distance))
    _close(weight, a, step)
    _close(weight[:, ::-1], b, step)
    p = a / (a + b * np.exp(-distance))
    return p, weight / np.add.reduce(weight, axis=1, keepdims=True)


def _close(weight: FloatArray, exponent: FloatArray, step: FloatArray) -> None:
    """Add to the first node, and to one about e times as far out, what lies before the first, in place.

    There the terms are y**exponent * G(y) with y = exp(v) and G nearly linear in y; they sum to
    G(0) / expm1(exponent * step) and so on, and the line is drawn through G at the two nodes.
    """
    apart = np.minimum(np.maximum(np.ceil(1 / step), 1), weight.shape[1] - 1)
    level = 1 / np.expm1(exponent * step)
    slope = (level - 1 / np.expm1((exponent + 1) * step)) / np.expm1(apart * step)
    other = np.arange(len(weight)), apart[:, 0].astype(np.int64)
    moved = weight[other] * (1 - np.exp(-exponent * apart * step) * slope)[:, 0]
    weight[:, :1] *= 1 + level + slope
    weight[other] = moved
