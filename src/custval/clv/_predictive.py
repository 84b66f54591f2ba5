"""The distribution of each customer's purchases in a holdout, and of their sums."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from custval._kernels.holdout_metrics import central_interval, count_variance
from custval._kernels.tuples import distinct_rows
from custval.clv._intervals import log_covariance, log_slopes
from custval.clv._purchase import PurchaseModel
from custval.typing import FloatArray, IntArray

__all__ = ["Base", "Predictive", "expected", "group_totals", "parameter_covariance", "predictive"]

# counts looked at first; doubled for those of whom more is needed
_COUNTS = 16
_MOST_COUNTS = 4_096
# cells of a table of probabilities that are held in memory together
_CELLS = 1 << 21
# of a variance: what may lie in the tail, where only its mean is known
_TAIL = 1e-6


@dataclass(frozen=True, slots=True)
class Base:
    """Customers up to the holdout, and its length for each: arrays of shape (n,)."""

    x: FloatArray
    t_x: FloatArray
    T: FloatArray
    t: FloatArray

    def __len__(self) -> int:
        return len(self.x)

    def of(self, rows: IntArray) -> Base:
        """Some of the customers."""
        return Base(self.x[rows], self.t_x[rows], self.T[rows], self.t[rows])


class Predictive(NamedTuple):
    """What a model says of each customer's count, arrays of shape (n,).

    Attributes
    ----------
    mean, variance : array
    probability : array
        Of the count that came.
    low, high : array of int64
        The central interval.
    inside : array
        The probability of the interval.
    """

    mean: FloatArray
    variance: FloatArray
    probability: FloatArray
    low: IntArray
    high: IntArray
    inside: FloatArray


def expected(model: PurchaseModel, base: Base) -> FloatArray:
    """Expected purchases of each customer in the holdout, shape (n,)."""
    mean = np.empty(len(base))
    for t, rows in _by_horizon(base.t):
        mean[rows] = model._expected(base.x[rows], base.t_x[rows], base.T[rows], t)
    return mean


def predictive(model: PurchaseModel, base: Base, actual: FloatArray, level: float) -> Predictive:
    """The distribution of each customer's count, at the model's parameters.

    Parameters
    ----------
    model : fitted PurchaseModel
    base : Base
    actual : array of shape (n,)
        The counts that came.
    level : float
        Of the intervals.

    Returns
    -------
    Predictive
    """
    n = len(base)
    found = Predictive(
        mean=expected(model, base),
        variance=np.empty(n),
        probability=np.empty(n),
        low=np.empty(n, dtype=np.int64),
        high=np.empty(n, dtype=np.int64),
        inside=np.empty(n),
    )
    for _, rows in _by_horizon(base.t):
        told = _of_one_horizon(model, base.of(rows), found.mean[rows], actual[rows], level)
        for whole, part in zip(found[1:], told, strict=True):
            whole[rows] = part
    return found


def _by_horizon(t: FloatArray) -> Iterator[tuple[float, IntArray]]:
    """Each distinct horizon with its rows; there is at least one row."""
    order = np.argsort(t, kind="stable")
    edges = np.flatnonzero(np.diff(t[order])) + 1
    for rows in np.split(order, edges):
        yield float(t[rows[0]]), rows


def _of_one_horizon(
    model: PurchaseModel, base: Base, mean: FloatArray, actual: FloatArray, level: float
) -> tuple[FloatArray, FloatArray, IntArray, IntArray, FloatArray]:
    """All but the mean of `Predictive`, for customers with one horizon; computed on distinct customers."""
    (x, t_x, T), place = distinct_rows((base.x, base.t_x, base.T))
    m, count = len(x), actual.astype(np.int64)
    center, most = np.zeros(m), np.zeros(m, dtype=np.int64)
    center[place] = mean
    np.maximum.at(most, place, count)
    variance, inside, probability = np.empty(m), np.empty(m), np.empty(len(base))
    low, high = np.empty(m, dtype=np.int64), np.empty(m, dtype=np.int64)
    end = max(_MOST_COUNTS, int(most.max(initial=0)))
    todo, n_max = np.arange(m), _COUNTS
    while len(todo):
        left = []
        for rows in _blocks(todo, n_max):
            pmf = model._pmf(x[rows], t_x[rows], T[rows], float(base.t[0]), n_max)
            spread = count_variance(pmf, center[rows])
            variance[rows] = spread.variance
            low[rows], high[rows], inside[rows] = central_interval(pmf, level)
            own = np.full(m, -1)
            own[rows] = np.arange(len(rows))
            told = np.flatnonzero((own[place] >= 0) & (count <= n_max))
            probability[told] = pmf[own[place[told]], count[told]]
            enough = (spread.tail <= _TAIL * spread.variance) & (high[rows] <= n_max) & (most[rows] <= n_max)
            left.append(rows[~enough & (n_max < end)])
        todo, n_max = np.concatenate(left), min(2 * n_max, end)
    return variance[place], probability, low[place], high[place], inside[place]


def _blocks(rows: IntArray, n_max: int) -> list[NDArray[np.int64]]:
    size = max(1, _CELLS // (n_max + 2))
    return [rows[some : some + size] for some in range(0, len(rows), size)]


def group_totals(group: IntArray, k: int, values: FloatArray) -> FloatArray:
    """The sum of the values of each group, shape (k,)."""
    return np.bincount(group, values, k).astype(np.float64)


def parameter_covariance(model: PurchaseModel, base: Base, group: IntArray, k: int) -> FloatArray | None:
    """The covariance of the predicted totals of groups that comes from not knowing the parameters.

    By the delta method, in log-parameters, with central differences. Parameters that run away (on a boundary) have
    no standard error, and are taken as known.

    Parameters
    ----------
    model : fitted PurchaseModel
    base : Base
    group : array of int64, shape (n,)
        0 to k − 1.
    k : int

    Returns
    -------
    array of shape (k, k), or None
        None if the model was given its parameters, and not fitted.
    """
    if not hasattr(model, "covariance_"):
        return None
    of_logs = np.nan_to_num(log_covariance(model), nan=0.0)
    known = np.flatnonzero(np.diag(of_logs) > 0)
    slopes = np.zeros((len(of_logs), k))
    slopes[known] = log_slopes(
        model, lambda some: group_totals(group, k, expected(some, base)), [model._parameters[j] for j in known]
    ).reshape(-1, k)
    covariance: FloatArray = slopes.T @ of_logs @ slopes
    return covariance
