"""How good a prediction of counts is: errors, order, calibration, and what chance alone would have made of it.

Predictions of counts are discrete distributions. They come as rows P(X = 0), …, P(X = n_max), P(X > n_max).

References
----------
[1] R. Lerman and S. Yitzhaki (1984), A note on the calculation and interpretation of the Gini index, Economics Letters
15(3-4), 363-368.
[2] E. Schechtman and S. Yitzhaki (1987), A measure of association based on Gini's mean difference, Communications in
Statistics - Theory and Methods 16(1), 207-231.
[3] T. Gneiting and A. Raftery (2007), Strictly proper scoring rules, prediction, and estimation, Journal of the
American Statistical Association 102(477), 359-378.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc
from scipy.stats import rankdata

from custval.typing import FloatArray, IntArray

__all__ = [
    "Errors",
    "Spread",
    "central_interval",
    "correlation",
    "count_variance",
    "errors",
    "lowest_group_misses",
    "normalized_gini",
    "proportional",
    "rank_groups",
]

# quantiles are compared with sums of probabilities, which are rounded
_ROUNDING = 1e-12
# of the mean: what is missing below this is the error of the mean itself
_NOISE = 1e-7


@dataclass(frozen=True, slots=True)
class Errors:
    """Errors of predictions against what came.

    Attributes
    ----------
    actual, predicted : float
        The totals.
    bias : float
        The predicted total less the actual one.
    mae, rmse : float
        Mean absolute error, root of the mean squared error; NaN without rows.
    correlation, gini : float
        Of Pearson, and the normalized Gini coefficient; NaN where they do not exist.
    """

    actual: float
    predicted: float
    bias: float
    mae: float
    rmse: float
    correlation: float
    gini: float


def errors(actual: FloatArray, predicted: FloatArray) -> Errors:
    """The errors of predictions, each customer counting alike.

    Parameters
    ----------
    actual, predicted : array of shape (n,)

    Returns
    -------
    Errors

    Examples
    --------
    >>> import numpy as np
    >>> found = errors(np.array([0.0, 2.0, 1.0]), np.array([0.5, 1.5, 1.5]))
    >>> found.bias, found.mae, found.rmse, round(found.correlation, 4), found.gini
    (0.5, 0.5, 0.5, 0.866, 0.75)
    """
    off = predicted - actual
    n = off.size
    total, hoped = float(actual.sum()), float(predicted.sum())
    return Errors(
        actual=total,
        predicted=hoped,
        bias=hoped - total,
        mae=float(np.abs(off).mean()) if n else np.nan,
        rmse=float(np.sqrt(np.square(off).mean())) if n else np.nan,
        correlation=correlation(actual, predicted),
        gini=normalized_gini(actual, predicted),
    )


def correlation(a: FloatArray, b: FloatArray) -> float:
    """Pearson's correlation; NaN where one of the two is constant.

    Parameters
    ----------
    a, b : array of shape (n,)

    Returns
    -------
    float
    """
    if a.size < 2 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return np.nan
    a, b = a - a.mean(), b - b.mean()
    a, b = a / np.abs(a).max(), b / np.abs(b).max()
    product = float(np.einsum("i,i", a, b) / np.sqrt(np.einsum("i,i", a, a) * np.einsum("i,i", b, b)))
    return min(1.0, max(-1.0, product))


def normalized_gini(actual: FloatArray, predicted: FloatArray) -> float:
    """The Gini coefficient of what came, customers ordered by prediction, over the one in their own order.

    1 means that the predictions order the customers as what came does, 0 that they order them no better than chance.
    Equal predictions share their mean rank, so that the order of the rows plays no part.

    Parameters
    ----------
    actual, predicted : array of shape (n,)
        Actual values of at least 0.

    Returns
    -------
    float
        NaN where all that came is equal.

    Notes
    -----
    A Gini coefficient is 2 cov(y, rank) / (n mean(y)) [1], so that the ratio of two is cov(y, rank of prediction) /
    cov(y, rank of y), Gini's gamma [2].

    Examples
    --------
    >>> import numpy as np
    >>> y = np.array([0.0, 0.0, 1.0, 3.0])
    >>> normalized_gini(y, np.array([0.1, 0.2, 0.3, 0.9])), normalized_gini(y, np.ones(4))
    (1.0, 0.0)
    """
    if actual.size < 2 or np.ptp(actual) == 0:
        return np.nan
    centered = actual - actual.mean()
    order, best = rankdata(predicted), rankdata(actual)
    return float(np.einsum("i,i", centered, order - order.mean()) / np.einsum("i,i", centered, best - best.mean()))


def rank_groups(values: FloatArray, k: int) -> IntArray:
    """Number rows 0 to k − 1 by rank, in groups of about equal size; equal values stay together.

    Parameters
    ----------
    values : array of shape (n,)
    k : int

    Returns
    -------
    array of int64, shape (n,)
        Where many values are equal, groups may be empty.

    Examples
    --------
    >>> import numpy as np
    >>> rank_groups(np.array([5.0, 1.0, 1.0, 9.0]), 2)
    array([1, 0, 0, 1])
    """
    if not values.size:
        return np.zeros(0, dtype=np.int64)
    # mid-ranks are halves: twice of them are whole numbers, and the division is exact
    twice = np.rint(2 * rankdata(values)).astype(np.int64) - 1
    groups: IntArray = twice * k // (2 * values.size)
    return groups


@dataclass(frozen=True, slots=True)
class Spread:
    """The variance of counts, and how much of it lies in what is known of the tail only.

    Attributes
    ----------
    variance, tail : array of shape (n,)
        `tail` is the part of `variance` that values above n_max add, put where the mean says that they are.
    """

    variance: FloatArray
    tail: FloatArray


def count_variance(pmf: FloatArray, mean: FloatArray) -> Spread:
    """The variance of counts whose mean is known, and whose probabilities are known up to n_max.

    Parameters
    ----------
    pmf : array of shape (n, n_max + 2)
        P(X = 0), …, P(X = n_max), P(X > n_max).
    mean : array of shape (n,)

    Returns
    -------
    Spread

    Examples
    --------
    >>> import numpy as np
    >>> spread = count_variance(np.array([[0.5, 0.25, 0.25]]), np.array([0.75]))
    >>> spread.variance, spread.tail
    (array([0.6875]), array([0.390625]))
    """
    n = np.arange(pmf.shape[1] - 1, dtype=np.float64)
    body, above = pmf[:, :-1], pmf[:, -1]
    within = np.einsum("ij,ij->i", np.square(n - mean[:, None]), body)
    missing = mean - body @ n
    missing = np.where(missing > _NOISE * mean, missing, 0.0)
    # the mean of those above n_max
    beyond = np.maximum(np.divide(missing, above, out=np.zeros_like(mean), where=above > 0), n.size)
    tail = above * np.square(beyond - mean)
    return Spread(within + tail, tail)


def central_interval(pmf: FloatArray, level: float) -> tuple[IntArray, IntArray, FloatArray]:
    """The central interval of counts: at most (1 − level) / 2 lies below it, and at most as much above.

    Parameters
    ----------
    pmf : array of shape (n, n_max + 2)
        P(X = 0), …, P(X = n_max), P(X > n_max).
    level : float

    Returns
    -------
    low, high : array of int64, shape (n,)
        Both inclusive; n_max + 1 stands for more than n_max.
    inside : array of shape (n,)
        The probability of the interval, which is at least `level`, since counts are whole.

    Examples
    --------
    >>> import numpy as np
    >>> central_interval(np.array([[0.02, 0.5, 0.4, 0.08]]), 0.8)
    (array([1]), array([2]), array([0.9]))
    """
    cumulative = np.cumsum(pmf, axis=1)
    cumulative[:, -1] = 1.0
    outside = (1.0 - level) / 2
    low = np.argmax(cumulative >= outside - _ROUNDING, axis=1).astype(np.int64)
    high = np.argmax(cumulative >= 1.0 - outside - _ROUNDING, axis=1).astype(np.int64)
    rows = np.arange(len(pmf))
    below = np.where(low > 0, cumulative[rows, np.maximum(low - 1, 0)], 0.0)
    return low, high, cumulative[rows, high] - below


def proportional(actual: FloatArray, predicted: FloatArray, covariance: FloatArray) -> tuple[float, float, float]:
    """Whether groups deviate from their predictions by one common factor.

    actual = c · predicted + e with e of the given covariance: c by generalized least squares, and the sum of squares
    that it leaves against its chi-squared distribution.

    Parameters
    ----------
    actual, predicted : array of shape (g,)
        Totals of the groups.
    covariance : array of shape (g, g)
        Of actual − predicted, if the model is true.

    Returns
    -------
    factor : float
        The common factor c.
    statistic : float
    p_value : float
        Of g − 1 degrees of freedom; NaN for fewer than two groups.

    Examples
    --------
    >>> import numpy as np
    >>> factor, statistic, p = proportional(np.array([120.0, 80.0]), np.array([100.0, 100.0]), 100.0 * np.eye(2))
    >>> round(factor, 4), round(statistic, 4), round(p, 4)
    (1.0, 8.0, 0.0047)
    """
    if actual.size < 2:
        return np.nan, np.nan, np.nan
    weighted = np.linalg.solve(covariance, np.column_stack([predicted, actual]))
    factor = float(predicted @ weighted[:, 1] / (predicted @ weighted[:, 0]))
    left = actual - factor * predicted
    statistic = float(left @ np.linalg.solve(covariance, left))
    return factor, statistic, float(chdtrc(actual.size - 1, statistic))


def lowest_group_misses(actual: FloatArray, high: FloatArray) -> bool:
    """Whether those of whom least is expected did more than others, and more than chance explains.

    Parameters
    ----------
    actual, high : array of shape (k,)
        What came per customer, and the most that is expected by chance, of groups in the order of their predictions.

    Returns
    -------
    bool
        True if the first group lies above its own `high`, and above both `actual` and `high` of two others or more.

    Examples
    --------
    >>> import numpy as np
    >>> high = np.array([0.2, 0.3, 0.4, 0.9])
    >>> lowest_group_misses(np.array([0.5, 0.2, 0.3, 0.8]), high)
    True
    >>> lowest_group_misses(np.array([0.5, 0.2, 0.6, 0.8]), high)
    False
    """
    passed = actual[0] > np.maximum(actual[1:], high[1:])
    return bool(actual[0] > high[0] and np.count_nonzero(passed) >= 2)
