# ruff: noqa: PLR0917 - exponents, then scales, as they stand in the formula
"""The integrals of the Pareto/NBD model over a finite time, in logarithms.

Their integrands have one peak in y = logit(v / t), as narrow as it may be, and fall exponentially to both sides. So the
trapezoidal rule is used there, where the integrand is above exp(-33) of the peak, with nodes as close as the curvature
of the peak demands; logarithms are scaled by the peak, so that nothing underflows.

References
----------
L. N. Trefethen and J. A. C. Weideman (2014), The exponentially convergent trapezoidal rule, SIAM Review 56,
385-458.
"""

from __future__ import annotations

import numpy as np

from custval.typing import FloatArray

__all__ = ["log_integral_until"]

# exp(-33) of the peak is where the nodes begin and end; exp(-27) is what their distance leaves over
_FALL, _ALIASES = 33.0, 27.0
# rows at once
_ROWS = 256


def log_integral_until(
    t: float, i: int, j: int, m: FloatArray, s: FloatArray, A: FloatArray, B: FloatArray
) -> FloatArray:
    """The logarithm of the integral of (v / (A + v))**i (v / (B + v))**j f(v) / v over v from 0 to t, to 1e-10.

    f(v) is (1 + v / A)**-m (1 + v / B)**-s.

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
        floor = self._value(mode) - _FALL
        # for beta densities the curvature is a b / (a + b), from min(a, b) / 2 to min(a, b)
        least = 2 * self._slopes(mode)[1]
        omega = 1.05 * np.sqrt(1.2 * (2 * _ALIASES / np.pi) ** 2 + 2 * _ALIASES * least)
        begin = mode - self._distance(mode, floor, mode - first + 40.0, -1)
        end = mode + self._distance(mode, floor, last - mode + 40.0, 1)
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
