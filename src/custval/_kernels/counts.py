"""Quantiles of counts of purchases, of which the probabilities are known number by number."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from custval.errors import CustvalError
from custval.typing import FloatArray, IntArray

__all__ = ["count_quantiles"]

_FIRST = 15
# of a sum of probabilities, as in `holdout_metrics.central_interval`
_ROUNDING = 1e-12
_MOST = 1 << 20
# probabilities held at once
_BLOCK = 1 << 22


def count_quantiles(pmf: Callable[[IntArray, int], FloatArray], q: FloatArray, n: int) -> IntArray:
    """The smallest count whose cumulative probability is at least q, for many distributions.

    Parameters
    ----------
    pmf : callable
        Takes the numbers of some rows, shape (m,), and n_max; returns the probabilities of 0, …, n_max and of more,
        shape (m, n_max + 2).
    q : array of shape (h,)
        Between 0 and 1.
    n : int
        The number of rows.

    Returns
    -------
    ndarray of int, shape (n, h)

    Raises
    ------
    CustvalError
        If more than a million purchases are to be counted one by one.

    Examples
    --------
    >>> coin = lambda rows, n_max: np.pad(np.full((rows.size, 2), 0.5), ((0, 0), (0, n_max)))
    >>> count_quantiles(coin, np.array([0.4, 0.6]), 1).tolist()
    [[0, 1]]
    """
    result = np.empty((n, q.size), dtype=np.int64)
    rows, n_max = np.arange(n), _FIRST
    while rows.size:
        left = []
        for some in np.array_split(rows, max(1, rows.size * (n_max + 2) // _BLOCK)):
            cumulative = np.cumsum(pmf(some, n_max)[:, :-1], axis=1)
            reached = cumulative[:, -1] >= q.max() - _ROUNDING
            # a count is the number of those before it, and they have less than q
            result[some] = np.stack([(cumulative < level - _ROUNDING).sum(axis=1) for level in q], axis=1)
            left.append(some[~reached])
        rows = np.concatenate(left)
        n_max = 2 * n_max + 1
        if rows.size and n_max > _MOST:
            raise CustvalError(
                f"more than {_MOST:,} purchases of one customer would be counted one by one",
                suggestion="a shorter horizon, or interval_of='mean'",
                code="too_many",
            )
    return result
