"""Many tests at once: p-values adjusted so that the family of them keeps its promise.

References
----------
Benjamini, Y. & Hochberg, Y. (1995). Controlling the false discovery rate: a practical and powerful approach to multiple
testing. Journal of the Royal Statistical Society B 57(1), 289-300.
Holm, S. (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics 6(2),
65-70.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from custval.typing import FloatArray

__all__ = ["benjamini_hochberg", "holm"]


def benjamini_hochberg(p: Any) -> FloatArray:
    """Adjusted p-values: those of at most q are false discoveries in a share of at most q of them, in expectation.

    With the p-values sorted, p(1) ≤ … ≤ p(m), the adjusted p(i) is the least of p(j) m / j over j ≥ i (Benjamini &
    Hochberg 1995, the procedure (1)). The promise holds for independent tests and for positively dependent ones.

    Parameters
    ----------
    p : array of float, shape (m,)
        NaN is a test that could not be made: it stays NaN and does not count.

    Returns
    -------
    array of float, shape (m,)
    """
    return _adjusted(p, _least_of_those_behind)


def holm(p: Any) -> FloatArray:
    """Adjusted p-values: any false rejection among those of at most q has a probability of at most q.

    The adjusted p(i) is the greatest of p(j) (m − j + 1) over j ≤ i (Holm 1979), whatever the dependence of the tests.

    Parameters
    ----------
    p : array of float, shape (m,)
        NaN is a test that could not be made: it stays NaN and does not count.

    Returns
    -------
    array of float, shape (m,)
    """
    return _adjusted(p, _greatest_of_those_before)


def _adjusted(p: Any, adjust: Any) -> FloatArray:
    p = np.asarray(p, dtype=np.float64)
    result = np.full(p.shape, np.nan)
    made = np.flatnonzero(~np.isnan(p))
    order = made[np.argsort(p[made], kind="stable")]
    result[order] = np.minimum(adjust(p[order]), 1.0)
    return result


def _least_of_those_behind(p: FloatArray) -> FloatArray:
    rank = np.arange(1, p.size + 1)
    least: FloatArray = np.minimum.accumulate((p * p.size / rank)[::-1])[::-1]
    return least


def _greatest_of_those_before(p: FloatArray) -> FloatArray:
    greatest: FloatArray = np.maximum.accumulate(p * np.arange(p.size, 0, -1))
    return greatest
