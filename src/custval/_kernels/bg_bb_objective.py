"""The log-likelihood of BG/BB for a whole customer base, with derivatives, made to be maximized.

References
----------
P. S. Fader, B. G. S. Hardie and J. Shang (2010), Customer-base analysis in a discrete-time noncontractual setting,
Marketing Science 29, 1086-1108.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from custval.typing import FloatArray, IntArray

__all__ = ["Objective"]

# pairs (x, n) per block: what is held of each (15 numbers) stays in the cache
_BLOCK = 1 << 11
# where row i of the upper triangle of a 4 x 4 matrix begins when it is written in one line
_UPPER = (slice(0, 4), slice(4, 7), slice(7, 9), slice(9, 10))


@dataclass(frozen=True, slots=True)
class _Block:
    """Some of the pairs (x, n), in ascending order of x, and the rows that belong to them, by t_x.

    Attributes
    ----------
    x, n : array of shape (m,)
        The pairs.
    steps : tuple of (k, begins, count, pair, w)
        From the last opportunity back: the index k of an opportunity (from 0), the pairs for which it is the last,
        the number of pairs with x <= k, and the rows with t_x = k, as their pair and their number of customers.
    """

    x: FloatArray
    n: IntArray
    steps: tuple[tuple[int, IntArray, int, IntArray, FloatArray], ...]


class Objective:
    """The log-likelihood of a customer base with its first and second derivatives, for `maximize`.

    The paper's likelihood is a sum over the opportunities after which a customer may have left. Written as a story it
    is the probability of what was seen up to t_x, of a customer who stayed till then, times that of no purchase
    after t_x ::

        B(alpha + x, beta + t_x - x) / B(alpha, beta) * B(gamma, delta + t_x) / B(gamma, delta) * R(t_x)
        R(k) = e(k) + (1 - e(k)) q(k) R(k + 1),  R(n) = 1

    e(k) = gamma / (gamma + delta + k) is the probability of leaving before opportunity k + 1 and
    q(k) = (beta + k - x) / (alpha + beta + k) that of not buying then. R is never below e, so that nothing under- or
    overflows; the derivatives of log R are means and covariances under the probability of having left at k, and go
    back by the same recursion, once for all customers with the same (x, n).

    Parameters
    ----------
    x, t_x, n : array of int, shape (m,)
        Repeat purchases, index of the opportunity of the last one, number of opportunities.
    w : array of shape (m,)
        How many customers each row stands for.
    """

    def __init__(self, x: IntArray, t_x: IntArray, n: IntArray, w: FloatArray) -> None:
        # how many customers had more than j opportunities up to t_x, purchases, and opportunities not used
        self._lived = _more_than(t_x, w)
        self._bought = _more_than(x, w)
        self._missed = _more_than(t_x - x, w)
        self._left_out = self._lived.copy()
        self._left_out[: self._bought.size] -= self._bought
        silent = np.flatnonzero((t_x < n) & (w > 0))
        self._blocks = tuple(_blocks(x[silent], t_x[silent], n[silent], w[silent]))

    def __call__(self, log_parameters: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """The log-likelihood, its gradient (4,) and its Hessian (4, 4) in log-parameters."""
        alpha, beta, gamma, delta = (float(value) for value in np.exp(log_parameters))
        value, gradient, upper = self._until_the_last(alpha, beta, gamma, delta)
        for block in self._blocks:
            more_value, more_gradient, more_upper = _silence(block, (alpha, beta, gamma, delta))
            value += more_value
            gradient += more_gradient
            upper += more_upper
        hessian = np.zeros((4, 4))
        for i, row in enumerate(_UPPER):
            hessian[i, i:] = upper[row]
        return value, gradient, hessian + np.triu(hessian, 1).T

    def _until_the_last(
        self, alpha: float, beta: float, gamma: float, delta: float
    ) -> tuple[float, FloatArray, FloatArray]:
        """The terms up to t_x: sums over j of the number of customers who came so far.

        The sums of `missed` and of `left_out` are the same, so a constant may be taken off the terms of both: log of
        alpha + beta, and 1 off the slopes in beta. What is left does not cancel where beta is large.
        """
        bought, missed, left_out = self._bought, self._missed, self._left_out
        total = alpha + beta
        j = np.arange(self._lived.size, dtype=np.float64)
        j_x, j_y = j[: bought.size], j[: missed.size]
        by, of_x, of_y = total + j, alpha + j_x, beta + j_y
        value = -_sum(bought * np.log1p(beta / of_x)) - _sum(left_out * np.log1p(j / total))
        value += _sum(missed * _log_share(j_y, alpha, beta))
        buys = bought * (alpha / of_x) * (beta / by[: j_x.size])
        uses = left_out * (alpha / by)
        gradient = np.zeros(4)
        gradient[0] = _sum(buys) - _sum(uses)
        gradient[1] = _sum(left_out * ((alpha + j) / by)) - _sum(missed * (j_y / of_y))
        gradient[1] -= _sum(bought * (beta / by[: j_x.size]))
        upper = np.zeros(10)
        upper[0] = _sum(buys * (j_x / of_x - alpha / by[: j_x.size])) - _sum(uses * ((beta + j) / by))
        upper[1] = _sum(buys * (of_x / by[: j_x.size])) + _sum(uses * (beta / by))
        upper[4] = _sum(missed * (j_y / of_y) * (beta / of_y))
        upper[4] -= _sum(self._lived * (beta / by) * ((alpha + j) / by))

        leaves, stayed = gamma / (gamma + delta + j), delta + j
        stays = leaves * (delta / stayed)
        value -= _sum(self._lived * np.log1p(gamma / stayed))
        gradient[2:] = [-_sum(self._lived * leaves), _sum(self._lived * stays)]
        upper[7] = -_sum(self._lived * leaves * (stayed / (gamma + stayed)))
        upper[8] = _sum(self._lived * leaves * (delta / (gamma + stayed)))
        upper[9] = _sum(self._lived * stays * (j / stayed - delta / (gamma + stayed)))
        return value, gradient, upper


def _silence(block: _Block, theta: tuple[float, float, float, float]) -> tuple[float, FloatArray, FloatArray]:
    """The terms log R(t_x) of the rows of a block, with their gradient (4,) and upper triangle (10,)."""
    size = block.x.size
    R, slope, curve = np.ones(size), np.zeros((4, size)), np.zeros((10, size))
    value, gradient, upper = 0.0, np.zeros(4), np.zeros(10)
    for k, begins, count, pair, w in block.steps:
        R[begins], slope[:, begins], curve[:, begins] = 1.0, 0.0, 0.0
        _step_back(k, block.x[:count], (R[:count], slope[:, :count], curve[:, :count]), theta)
        if w.size:
            value += _sum(w * np.log(R[pair]))
            gradient += np.einsum("ij,j->i", slope[:, pair], w)
            upper += np.einsum("ij,j->i", curve[:, pair], w)
    return value, gradient, upper


def _step_back(
    k: int,
    x: FloatArray,
    state: tuple[FloatArray, FloatArray, FloatArray],
    theta: tuple[float, float, float, float],
) -> None:
    """From R(k + 1), and the first and second derivatives of its logarithm, to those of R(k), in place."""
    (R, slope, curve), (alpha, beta, gamma, delta) = state, theta
    by, stay_by, missed = alpha + beta + k, gamma + delta + k, beta + (k - x)
    leave, stay = gamma / stay_by, (delta + k) / stay_by
    R *= missed
    R *= stay / by
    kept = R / (R + leave)
    R += leave
    left = leave / R
    # of log q and log(1 - e): the slopes of someone who stayed and did not buy
    miss = (beta / missed) * ((alpha + x) / by)
    slope[0] -= alpha / by
    slope[1] += miss
    # how those differ from the slopes of log e, of someone who left
    apart = slope.copy()
    apart[2] -= 1.0
    apart[3] += delta / (delta + k)
    slope[2] -= leave
    slope[3] += leave * (delta / (delta + k))
    slope *= kept
    slope[2] += left * stay
    slope[3] -= left * (delta / stay_by)
    curve[0] -= alpha * (beta + k) / by**2
    curve[1] += alpha * beta / by**2
    curve[4] += miss * ((k - x) / missed - beta / by)
    curve[9] += leave * (delta / (delta + k)) * (k / (delta + k) - delta / stay_by)
    curve *= kept
    # the second derivatives in gamma are the same for those who left and those who stayed
    curve[7] -= leave * stay
    curve[8] += leave * (delta / stay_by)
    curve[9] -= left * (delta / stay_by) * ((gamma + k) / stay_by)
    both = left * kept
    for i, row in enumerate(_UPPER):
        product = apart[i:] * apart[i]
        product *= both
        curve[row] += product


def _blocks(x: IntArray, t_x: IntArray, n: IntArray, w: FloatArray) -> Iterator[_Block]:
    """Pairs of similar n together, and each with its rows."""
    if not x.size:
        return
    width = int(x.max()) + 1
    pairs, code = np.unique(n * width + x, return_inverse=True)
    for start in range(0, pairs.size, _BLOCK):
        mine = pairs[start : start + _BLOCK]
        order = np.argsort(mine % width, kind="stable")
        rank = np.empty(order.size, dtype=np.int64)
        rank[order] = np.arange(order.size)
        rows = np.flatnonzero((code >= start) & (code < start + mine.size))
        rows = rows[np.argsort(-t_x[rows], kind="stable")]
        bought, opportunities = mine[order] % width, mine[order] // width
        steps = _steps(bought, opportunities, t_x[rows], rank[code[rows] - start], w[rows])
        yield _Block(bought.astype(np.float64), opportunities, tuple(steps))


def _steps(
    x: IntArray, n: IntArray, t_x: IntArray, pair: IntArray, w: FloatArray
) -> Iterator[tuple[int, IntArray, int, IntArray, FloatArray]]:
    """The opportunities from the last one back to the first after which somebody did not buy again."""
    for k in range(int(n.max()) - 1, int(t_x[-1]) - 1, -1):
        rows = slice(*np.searchsorted(-t_x, [-k, -k + 1]))
        begins = np.flatnonzero(n == k + 1)
        yield k, begins, int(np.searchsorted(x, k, side="right")), pair[rows], w[rows]


def _more_than(counts: IntArray, w: FloatArray) -> FloatArray:
    """The weight of the rows with more than j = 0, 1, … of something."""
    totals = np.bincount(counts, weights=w).astype(np.float64, copy=False)
    return np.cumsum(totals[::-1])[::-1][1:]


def _log_share(j: FloatArray, alpha: float, beta: float) -> FloatArray:
    """Logarithms of (beta + j) / (alpha + beta), also where that is close to 1."""
    share = (beta + j) / (alpha + beta)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(share > 0.5, np.log1p((j - alpha) / (alpha + beta)), np.log(share))


def _sum(values: FloatArray) -> float:
    return float(np.add.reduce(values))
