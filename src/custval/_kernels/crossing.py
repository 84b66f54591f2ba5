"""When increasing functions of time reach their levels: many equations at once, solved in the logarithm of time.

References
----------
T. R. Chandrupatla (1997), A new hybrid quadratic/bisection algorithm for finding the zero of a nonlinear function
without using derivatives, Advances in Engineering Software 28, 145-149.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from custval.typing import FloatArray, IntArray

__all__ = ["crossing_times"]

_MOST_STEPS = 200
# of the logarithm of a time
_TOLERANCE = 1e-12
_REACH = 690.0


def crossing_times(function: Callable[[IntArray, FloatArray], FloatArray], level: FloatArray) -> FloatArray:
    """The time at which each of many increasing functions of time, 0 at time 0, reaches its level.

    Parameters
    ----------
    function : callable
        Takes the numbers of some rows, shape (m,), and a time for each, shape (m,); returns their values, shape (m,).
    level : array of shape (n,)
        Above 0.

    Returns
    -------
    ndarray of shape (n,)
        Infinite where the level is not reached within exp(690) units.

    Examples
    --------
    >>> rate = np.array([0.1, 2.0])
    >>> crossing_times(lambda rows, t: -np.expm1(-rate[rows] * t), np.array([0.5, 0.5])).round(6)
    array([6.931472, 0.346574])
    """
    n = level.size
    rows = np.arange(n)

    def gap(some: IntArray, v: FloatArray) -> FloatArray:
        return np.asarray(function(some, np.exp(v)) - level[some])

    low, high, f_low, f_high = _bracket(gap, n)
    result = np.where(f_high < 0, np.inf, high)
    open_rows = rows[(f_high > 0) & (f_low < 0)]
    result[rows[f_low >= 0]] = low[f_low >= 0]
    ends = tuple(part[open_rows] for part in (low, high, f_low, f_high))
    solved = _chandrupatla(gap, open_rows, ends)
    result[open_rows] = solved
    times: FloatArray = np.exp(result)
    return times


def _bracket(
    gap: Callable[[IntArray, FloatArray], FloatArray], n: int
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Ends with the crossing between them: steps from time 1 that double."""
    rows = np.arange(n)
    middle = gap(rows, np.zeros(n))
    low, high, f_low, f_high = np.zeros(n), np.zeros(n), middle.copy(), middle.copy()
    for end, f_end, other, f_other, sign in ((low, f_low, high, f_high, -1.0), (high, f_high, low, f_low, 1.0)):
        step, todo = 2.0, rows[f_end * sign < 0]
        while todo.size and step <= 2 * _REACH:
            other[todo], f_other[todo] = end[todo], f_end[todo]
            end[todo] = np.clip(end[todo] + sign * step, -_REACH, _REACH)
            f_end[todo] = gap(todo, end[todo])
            todo, step = todo[f_end[todo] * sign < 0], 2 * step
    return low, high, f_low, f_high


def _chandrupatla(
    gap: Callable[[IntArray, FloatArray], FloatArray],
    rows: IntArray,
    ends: tuple[FloatArray, ...],
) -> FloatArray:
    """The zero of each row between its ends, by inverse quadratic steps where they are safe and halves elsewhere."""
    result = np.empty(rows.size)
    place = np.arange(rows.size)
    b, a, fb, fa = ends
    c, fc = a, fa
    t = np.full(rows.size, 0.5)
    for _ in range(_MOST_STEPS):
        if not rows.size:
            break
        x = a + t * (b - a)
        fx = gap(rows, x)
        same = np.sign(fx) == np.sign(fa)
        c, fc = np.where(same, a, b), np.where(same, fa, fb)
        b, fb = np.where(same, b, a), np.where(same, fb, fa)
        a, fa = x, fx
        best = np.where(np.abs(fa) < np.abs(fb), a, b)
        room = _TOLERANCE / np.maximum(np.abs(b - a), 1e-300)
        done = (room > 0.5) | (fa == 0) | (fb == 0)
        result[place[done]] = best[done]
        go = ~done
        rows, place, a, b, c, fa, fb, fc, room = (part[go] for part in (rows, place, a, b, c, fa, fb, fc, room))
        t = np.clip(_fraction((a, b, c), (fa, fb, fc)), room, 1 - room)
    result[place] = a  # of what never came to rest: the last point
    return result


def _fraction(points: tuple[FloatArray, ...], values: tuple[FloatArray, ...]) -> FloatArray:
    """How far from a toward b the next point lies."""
    (a, b, c), (fa, fb, fc) = points, values
    with np.errstate(divide="ignore", invalid="ignore"):
        xi, phi = (a - b) / (c - b), (fa - fb) / (fc - fb)
        safe = (1 - np.sqrt(1 - xi) < phi) & (phi < np.sqrt(xi))
        alpha = (c - a) / (b - a)
        t = fa / (fb - fa) * fc / (fb - fc) + alpha * fa / (fc - fa) * fb / (fc - fb)
    return np.where(safe & np.isfinite(t), t, 0.5)
