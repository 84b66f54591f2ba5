"""The log-likelihood of Pareto/NBD for a whole customer base, with derivatives, made to be maximized."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass

import numpy as np

from custval._kernels.pareto_integral import FINE, BoolArray, Workspace, log_integral_moments
from custval._kernels.purchase_tuples import PurchaseTuples
from custval.typing import FloatArray, IntArray

__all__ = ["Objective"]


@dataclass(frozen=True, slots=True)
class _Rows:
    """Some of the rows: the place of each one's (x, t_x) and (x, T) among the pairs, and its weight."""

    by_t: IntArray
    by_T: IntArray  # noqa: N815
    w: FloatArray


class Objective:
    """The log-likelihood of a customer base with its first and second derivatives, for `maximize`.

    With u the time of leaving, or of the next purchase, the likelihood of a row is, but for the factor alpha**-x that
    carries the unit of time, the product of (r + j) / alpha over j < x times the sum of ::

        left:   integral over u > t_x of  (s / (beta + u))        (1 + u / alpha)**-(r + x) (1 + u / beta)**-s
        buys:   integral over u > T of    ((r + x) / (alpha + u)) (1 + u / alpha)**-(r + x) (1 + u / beta)**-s

    For who is alive at T will either buy again or leave without, which takes the place of (1 + T / alpha)**-(r + x)
    (1 + T / beta)**-s. So nothing is subtracted, and the first integral depends on (x, t_x) only, the second on
    (x, T) only: each is computed once for each pair that occurs.

    Parameters
    ----------
    base : PurchaseTuples
        The data, rows with x = 0 among its blocks; alpha and beta are measured in `base.scale`.
    step : float
        How far apart the nodes of the integrals are: `pareto_integral.FINE`, or `COARSE` for a first approach.
    """

    def __init__(self, base: PurchaseTuples, *, step: float = FINE) -> None:
        self.base, self.step = base, step
        self._j = np.arange(base.more_than.size, dtype=np.float64)
        by_t, at_t = _pairs([block.x for block in base.blocks], [block.t_x for block in base.blocks], base.t_x.size)
        by_T, at_T = _pairs([block.x for block in base.blocks], [block.T for block in base.blocks], base.T.size)
        # all pairs of the first integral, then all of the second
        self._x = np.concatenate([base.x[by_t[0]], base.x[by_T[0]]])
        self._y = np.concatenate([base.t_x[by_t[1]], base.T[by_T[1]]])
        n_left = by_t[0].size
        self._work = Workspace()
        self._leaving = np.arange(self._x.size) < n_left
        self._rows = [_Rows(t, T + n_left, block.w) for t, T, block in zip(at_t, at_T, base.blocks, strict=True)]

    def with_step(self, step: float) -> Objective:
        """The same with nodes at another distance."""
        other = copy(self)
        other.step = step
        return other

    def __call__(self, log_parameters: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """The log-likelihood, its gradient (4,) and its Hessian (4, 4) in log-parameters."""
        theta = np.exp(log_parameters)
        logarithm, first, second = _terms(theta, self._x, self._y, self._leaving, step=self.step, work=self._work)
        value, weight, upper = self._mixed(logarithm, first)
        gradient = np.einsum("in,n->i", first, weight)
        upper += np.einsum("ijn,n->ij", second, weight)
        more_than, share = self.base.more_than, theta[0] / (theta[0] + self._j)
        value += _sum(more_than, np.log((theta[0] + self._j) / theta[1]))
        gradient += [_sum(more_than, share), -_sum(more_than, np.ones(share.size)), 0.0, 0.0]
        upper[0, 0] += _sum(more_than, share * (self._j / (theta[0] + self._j)))
        return value, gradient, upper + np.triu(upper, 1).T

    def _mixed(self, logarithm: FloatArray, first: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """The sum of the logarithms, the weight of each pair's derivatives, and what the mixing adds to the Hessian."""
        weight = np.zeros(logarithm.size)
        value, upper = 0.0, np.zeros((4, 4))
        for rows in self._rows:
            log_left, log_buys = logarithm.take(rows.by_t), logarithm.take(rows.by_T)
            u = log_left - log_buys
            small = np.exp(-np.abs(u))
            value += _sum(rows.w, np.maximum(log_left, log_buys, out=log_left)) + _sum(rows.w, np.log1p(small))
            most = 1 / (1 + small)
            least = small * most
            share = np.where(u >= 0, most, least)
            share *= rows.w
            both = most
            both *= least
            both *= rows.w
            _add(weight, rows.by_t, share)
            np.subtract(rows.w, share, out=share)
            _add(weight, rows.by_T, share)
            differ = first.take(rows.by_t, axis=1)
            differ -= first.take(rows.by_T, axis=1)
            upper += np.triu(np.einsum("in,jn->ij", differ * both, differ))
        return value, weight, upper


def _pairs(
    first: list[IntArray], second: list[IntArray], size: int
) -> tuple[tuple[IntArray, IntArray], list[IntArray]]:
    """The distinct pairs of two columns of codes, the second below `size`; and the place of each row, by blocks."""
    distinct, place = np.unique(np.concatenate(first) * size + np.concatenate(second), return_inverse=True)
    ends = np.cumsum([part.size for part in first])
    codes = np.divmod(distinct, size)
    return (codes[0], codes[1]), np.split(place.ravel(), ends[:-1])


def _terms(
    theta: FloatArray, x: FloatArray, y: FloatArray, leaving: BoolArray, *, step: float, work: Workspace
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The integrals of the pairs (x, y): logarithm (n,), gradient (4, n), Hessian (4, 4, n; upper triangle).

    The derivatives, in log-parameters, of an integral's logarithm are the mean, and the mean and covariance, of those
    of the logarithm of what it integrates.
    """
    r, alpha, s, beta = theta
    A, B, m = alpha + y, beta + y, r + x
    shape = np.full(y.size, s)
    log_mean, mean, second = log_integral_moments(m, shape, A, B, leaving=leaving, step=step, work=work)
    log_a, log_b = np.log1p(y / alpha), np.log1p(y / beta)
    value = log_mean - m * log_a - s * log_b
    log_a += mean[0]
    log_b += mean[2]
    # u / (alpha + u) = y / A + (alpha / A) v / (A + v) with u = y + v
    at_a, at_b, to_a, to_b = y / A, y / B, alpha / A, beta / B
    over_a, over_b = at_a + to_a * mean[1], at_b + to_b * mean[3]
    once_s = leaving.astype(np.float64)
    once_m = 1 - once_s
    by_a, by_b = m + once_m, shape + once_s
    first = np.array([once_m * r / m - r * log_a, by_a * over_a - once_m, once_s - s * log_b, by_b * over_b - once_s])
    by_a *= to_a
    by_b *= to_b
    curve_a = by_a * _mean_product(at_a, to_a, mean[1], second[1, 1])
    curve_b = by_b * _mean_product(at_b, to_b, mean[3], second[3, 3])
    # the covariances, each derivative being a multiple of one of the four variables
    factors = np.array([np.full(y.size, -r), by_a, -shape, by_b])
    second *= factors[:, None]
    second *= factors
    # and the means of the second derivatives
    second[0, 0] += once_m * (r / m) * (x / m) - r * log_a
    second[0, 1] += r * over_a
    second[1, 1] -= curve_a
    second[2, 2] -= s * log_b
    second[2, 3] += s * over_b
    second[3, 3] -= curve_b
    return value, first, second


def _mean_product(at_y: FloatArray, rest: FloatArray, mean: FloatArray, variance: FloatArray) -> FloatArray:
    """E[(at_y + rest q) (1 - q)] for a variable q of this mean and variance."""
    return at_y * (1 - mean) + rest * (mean * (1 - mean) - variance)


def _add(total: FloatArray, place: IntArray, weight: FloatArray) -> None:
    low, high = int(place.min()), int(place.max()) + 1
    total[low:high] += np.bincount(place - low, weight, high - low)


def _sum(weight: FloatArray, values: FloatArray) -> float:
    # not np.dot, whose threads cost more than they bring
    return float(np.einsum("i,i->", weight, values))
