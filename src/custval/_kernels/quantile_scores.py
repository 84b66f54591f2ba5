"""Quantile cuts and the bins between them: type 7 quantiles, ties to the lower bin, also within groups.

Bins are numbered from 0; bin k holds the values above cut k − 1 and up to cut k, so that a value equal to a cut
stands in the lower of the two bins.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from custval.typing import FloatArray, IntArray

__all__ = ["bins", "bins_within", "quantile_cuts", "quantile_cuts_within"]

_BLOCK = 65_536  # rows compared at a time: they stay in the processor's cache


def quantile_cuts(x: FloatArray, n_bins: int, weight: FloatArray | None = None) -> FloatArray:
    """Quantiles of type 7 at k / n_bins, k = 1 … n_bins − 1.

    The quantile at p is x_(⌊h⌋) + (h − ⌊h⌋) (x_(⌊h⌋ + 1) − x_(⌊h⌋)) with h = (n − 1) p and order statistics
    numbered from 0. h is computed in whole numbers, since a rounding error in it would move the customers who
    stand exactly at a cut.

    Parameters
    ----------
    x : array of float64, shape (n,)
        Finite values, at least one.
    n_bins : int
    weight : array of float64, shape (n,), optional
        How many times each value counts. Whole numbers give what the repeated values would give; between them the
        quantile is the mean of the step function x_(h) over (h, h + 1), h = (sum of weights − 1) p.

    Returns
    -------
    array of float64, shape (n_bins - 1,)
        Not decreasing.

    References
    ----------
    Hyndman & Fan (1996). Sample Quantiles in Statistical Packages. The American Statistician 50(4), definition 7.
    """
    if weight is not None:
        return _weighted_cuts(x, n_bins, weight)
    ordered = np.sort(x)  # vectorized, and so faster than a partition
    whole, rest = np.divmod((x.size - 1) * np.arange(1, n_bins), n_bins)
    low, high = ordered[whole], ordered[whole + (rest > 0)]
    return _between(low, high, rest, n_bins)


def _between(low: FloatArray, high: FloatArray, rest: IntArray, n_bins: int) -> FloatArray:
    # the product before the division: a cut among whole numbers that is a whole number comes out as one
    result: FloatArray = low + (high - low) * rest / n_bins
    return result


def _weighted_cuts(x: FloatArray, n_bins: int, weight: FloatArray) -> FloatArray:
    counted = weight > 0
    if not counted.all():
        x, weight = x[counted], weight[counted]
    order = np.argsort(x)
    value, upto = x[order], np.cumsum(weight[order])
    if np.all(weight == np.floor(weight)):
        whole, rest = np.divmod((int(upto[-1]) - 1) * np.arange(1, n_bins), n_bins)
        low, high = (value[np.searchsorted(upto, place, side="right")] for place in (whole, whole + (rest > 0)))
        return _between(low, high, rest, n_bins)
    return _cuts_by_window(value, upto, n_bins)


def _cuts_by_window(value: FloatArray, upto: FloatArray, n_bins: int) -> FloatArray:
    """Means of the step function that takes `value[i]` up to the cumulative weight `upto[i]`."""
    total = float(upto[-1])
    window = min(1.0, total)
    start = (total - window) * np.arange(1, n_bins) / n_bins
    first = np.minimum(np.searchsorted(upto, start, side="right"), value.size - 1)
    last = np.minimum(np.searchsorted(upto, start + window, side="left"), value.size - 1)
    cuts = value[first]
    # the first value, plus the mean of what the window holds above it: exact where it holds nothing else
    for k in np.flatnonzero(value[last] > value[first]):
        inside = slice(first[k], last[k] + 1)
        share = np.diff(np.clip(upto[inside], start[k], start[k] + window), prepend=start[k]) / window
        cuts[k] += float(np.sum(share * (value[inside] - value[first[k]])))
    return cuts


def bins(x: FloatArray, cuts: FloatArray) -> NDArray[np.int8]:
    """The bin of each value: how many cuts lie below it.

    Parameters
    ----------
    x : array of float64, shape (n,)
    cuts : array of float64, shape (n_bins - 1,)
        Not decreasing, fewer than 128.
    """
    found = np.zeros(x.size, dtype=np.int8)
    for start in range(0, x.size, _BLOCK):
        block = slice(start, start + _BLOCK)
        for cut in cuts:
            found[block] += x[block] > cut
    return found


def quantile_cuts_within(
    x: FloatArray, n_bins: int, group: IntArray, parents: FloatArray, weight: FloatArray | None = None
) -> FloatArray:
    """Quantile cuts within each group; a group without a value takes its parent's cuts.

    Parameters
    ----------
    x : array of float64, shape (n,)
    n_bins : int
    group : array of integers, shape (n,)
        Group of each value, 0 to n_groups − 1.
    parents : array of float64, shape (n_groups, n_bins - 1)
        For each group the cuts of the larger group that it is a part of.
    weight : array of float64, shape (n,), optional

    Returns
    -------
    array of float64, shape (n_groups, n_bins - 1)
    """
    cuts = parents.copy()
    if weight is not None:
        counted = weight > 0
        x, group, weight = x[counted], group[counted], weight[counted]
    # small integers are sorted by their digits
    order = np.argsort(group.astype(np.int16) if len(parents) < 2**15 else group, kind="stable")
    ends = np.cumsum(np.bincount(group, minlength=len(parents)))
    for number, (start, end) in enumerate(zip(np.append(0, ends[:-1]), ends, strict=True)):
        if end > start:
            members = order[start:end]
            cuts[number] = quantile_cuts(x[members], n_bins, None if weight is None else weight[members])
    return cuts


def bins_within(x: FloatArray, cuts: FloatArray, group: IntArray) -> NDArray[np.int8]:
    """The bin of each value among the cuts of its own group.

    Parameters
    ----------
    x : array of float64, shape (n,)
    cuts : array of float64, shape (n_groups, n_bins - 1)
    group : array of integers, shape (n,)
    """
    found = np.zeros(x.size, dtype=np.int8)
    for cut in cuts.T:
        found += x > cut[group]
    return found
