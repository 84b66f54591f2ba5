"""How far two samples of one variable are apart: PSI, Kolmogorov-Smirnov, chi-square, and shares that differ.

References
----------
Siddiqi, N. (2006). Credit Risk Scorecards. Wiley: the population stability index and its reading.
Yurdakul, B. & Naranjo, J. (2020). Statistical properties of the population stability index. Journal of Risk Model
Validation 14(4), 89-100: its distribution where nothing has changed, which `stability_p_value` derives too.
Smirnov, N. (1939). On the estimation of the discrepancy between empirical curves of distribution for two independent
samples. Bulletin Mathématique de l'Université de Moscou 2(2), 3-14.
Simard, R. & L'Ecuyer, P. (2011). Computing the two-sided Kolmogorov-Smirnov distribution. Journal of Statistical
Software 39(11): the tail of D, as scipy has it.
Good, I. J. (1953). The population frequencies of species and the estimation of population parameters. Biometrika
40(3-4), 237-264; Esty, W. W. (1983). A normal limit law for a nonparametric estimator of the coverage of a random
sample. Annals of Statistics 11(3), 905-912: the share of what a sample has not seen, and how exact that is.
Cochran, W. (1954). Some methods for strengthening the common χ² tests. Biometrics 10(4), 417-451: expected counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special, stats

from custval.typing import FloatArray, IntArray

__all__ = [
    "ChiSquare",
    "bin_counts",
    "chi_square",
    "kolmogorov_smirnov",
    "least_expected",
    "pooled",
    "quantile_cuts",
    "same_share",
    "smoothed_shares",
    "stability_index",
    "stability_p_value",
    "unseen",
]

_LEAST_EXPECTED = 5.0
_HALF = 0.5


def quantile_cuts(values: FloatArray, bins: int) -> FloatArray:
    """The cuts between bins: quantiles of type 7, and both sides of each value that fills a bin by itself.

    Where there are no more than `bins` distinct values, the cuts are these values. Each value that stands more than
    once, and makes up more than 1 / bins of all, has a bin of its own: a cut at it and a cut right below it, at the
    next smaller float. So a heavy value that goes away leaves its bin, in whichever direction it goes. A cut at a
    greatest value that is not heavy would leave an empty bin above it, and is left out.
    """
    if not values.size:
        return np.empty(0)
    distinct, counts = np.unique(values, return_counts=True)
    cuts = distinct if distinct.size <= bins else np.quantile(values, np.arange(1, bins) / bins)
    heavy = distinct[(counts > 1) & (counts * bins > values.size)]
    return np.unique(np.concatenate([cuts[cuts < distinct[-1]], np.nextafter(heavy, -np.inf), heavy]))


def bin_counts(values: FloatArray, cuts: FloatArray) -> IntArray:
    """How many values lie in each bin; a value equal to a cut lies in the lower one.  Shape (len(cuts) + 1,)."""
    places = np.searchsorted(cuts, values, side="left")
    return np.bincount(places, minlength=cuts.size + 1).astype(np.int64)


def smoothed_shares(counts: IntArray) -> FloatArray:
    """Shares (n_i + 1/2) / (n + k/2): positive for empty bins, and without weight where there are many values."""
    return np.asarray((counts + _HALF) / (counts.sum() + _HALF * counts.size), dtype=np.float64)


def stability_index(reference: IntArray, current: IntArray) -> float:
    """The population stability index Σ (q_i − p_i) ln(q_i / p_i) over the bins, of smoothed shares.

    It is Jeffreys' divergence of the two. Siddiqi's reading: under 0.1 no change, up to 0.25 some, from there on much.
    """
    if not (reference.sum() and current.sum()):
        return float("nan")
    p, q = smoothed_shares(reference), smoothed_shares(current)
    return float(np.sum((q - p) * np.log(q / p)))


def stability_p_value(index: float, bins: int, n: int, m: int) -> float:
    """The probability that samples of n and m from one distribution have an index of this size or more, about.

    Without drift the shares p and q are near each other, and ln(q / p) is (q − p) / p but for terms of second order.
    So the index is near Σ (q_i − p_i)² / p_i. Multinomial shares have Cov(q − p) = (1/n + 1/m) (diag p − p pᵀ), and
    Pearson's argument makes that sum (1/n + 1/m) times a χ² variable of bins − 1 degrees of freedom.

    Of small samples the probability is too large, since the shares are smoothed. In simulations of 2 to 20 bins, it is
    below 0.05 for 0.044 to 0.057 of the pairs where each bin of the smaller sample is expected to hold 20 values, and
    for 0.03 where 5.

    Parameters
    ----------
    index : float
        Of smoothed shares, as `stability_index` has it.
    bins : int
        How many of the bins hold a value of either sample.
    n, m : int
        Sizes of the samples.

    Returns
    -------
    float
        NaN where there is nothing to compare.
    """
    if bins < 2 or not (n and m):
        return float("nan")
    return float(special.chdtrc(bins - 1, index / (1.0 / n + 1.0 / m)))


def kolmogorov_smirnov(reference: FloatArray, current: FloatArray) -> tuple[float, float]:
    """The greatest distance D of two empirical distribution functions, and its p-value, two-sided.

    The p-value is the tail of the one-sample D at the size nm / (n + m), which is the limit for continuous variables;
    with ties it is too large, never too small in the limit.

    Parameters
    ----------
    reference, current : arrays of float, shapes (n,) and (m,)
        Infinite values are allowed, NaN is not.

    Returns
    -------
    statistic, p_value : float
        NaN without values on either side.
    """
    n, m = reference.size, current.size
    if not (n and m):
        return float("nan"), float("nan")
    one, two = np.sort(reference), np.sort(current)
    # both functions jump at values only, and it is enough to look behind each jump
    gap = max(_gap(one, two, one), _gap(one, two, two))
    size = max(round(n * m / (n + m)), 1)
    return gap, float(stats.kstwo.sf(gap, size))


def _gap(one: FloatArray, two: FloatArray, at: FloatArray) -> float:
    ahead = np.searchsorted(one, at, side="right") / one.size - np.searchsorted(two, at, side="right") / two.size
    return float(np.abs(ahead).max())


@dataclass(frozen=True, slots=True)
class ChiSquare:
    """Pearson's test that two rows of counts come from the same shares; NaN where there is nothing to compare."""

    statistic: float
    degrees_of_freedom: int
    p_value: float


def least_expected(n: int, m: int, least: float = _LEAST_EXPECTED) -> float:
    """How many values a category must have in samples of n and m together to be expected `least` times in each."""
    return least * (n + m) / min(n, m)


def pooled(reference: IntArray, current: IntArray, least: float = _LEAST_EXPECTED) -> IntArray:
    """Counts of shape (2, k), with rare categories together so that every expected count is at least `least`.

    The categories with the fewest values in both samples are pooled, one after the other, as long as they or the pool
    itself are expected to hold less in the smaller sample.
    """
    table = np.stack([reference, current]).astype(np.int64)
    total = table.sum(axis=0)
    table, total = table[:, total > 0], total[total > 0]
    n = table.sum(axis=1)
    if not n.all():
        return table
    expected = total * (n.min() / n.sum())
    order = np.argsort(expected, kind="stable")
    running = np.cumsum(expected[order])
    rare = int(np.searchsorted(expected[order], least, side="left"))
    if rare:
        # the pool itself must be large enough: take the next one in if it is not
        rare = max(rare, int(np.searchsorted(running, least, side="left")) + 1)
    pool, rest = order[:rare], order[rare:]
    parts = [table[:, np.sort(rest)]]
    if pool.size:
        parts.append(table[:, pool].sum(axis=1, keepdims=True))
    return np.concatenate(parts, axis=1)


def chi_square(reference: IntArray, current: IntArray, least: float = _LEAST_EXPECTED) -> ChiSquare:
    """Pearson's χ² of two rows of counts, rare categories pooled (`pooled`), without a correction for continuity."""
    table = pooled(reference, current, least)
    n = table.sum(axis=1)
    if table.shape[1] < 2 or not n.all():
        return ChiSquare(float("nan"), 0, float("nan"))
    expected = np.outer(n, table.sum(axis=0)) / n.sum()
    statistic = float(np.sum((table - expected) ** 2 / expected))
    freedom = table.shape[1] - 1
    return ChiSquare(statistic, freedom, float(special.chdtrc(freedom, statistic)))


def unseen(reference: IntArray, new: IntArray, m: int) -> tuple[float, float]:
    """How many of m current values are new beyond chance, and the p-value of there being as many as there are.

    A second sample of the same distribution holds values that the first has not seen. Their share is about N₁ / n, with
    N₁ values that stand once among the n of the reference (Good, 1953), and its variance about
    (N₁ (1 − N₁ / n) + 2 N₂) / n², with N₂ that stand twice (Esty, 1983). New values come in clumps, one for each
    category, so the variance of how many there are in the current sample is that of a sum of clumps, Σ c_i².

    Parameters
    ----------
    reference, new : arrays of int, shapes (k,) and (l,)
        How often each category stands in the reference, and each new one in the current sample.
    m : int
        The size of the current sample.

    Returns
    -------
    excess, p_value : float
        What is beyond the expectation and twice its standard deviation, at least 0; the p-value is one-sided, and NaN
        where nothing is new.
    """
    n, count = int(reference.sum()), int(new.sum())
    if not (n and count):
        return 0.0, float("nan")
    once, twice = int((reference == 1).sum()), int((reference == 2).sum())
    clumps = float(np.square(new, dtype=np.float64).sum()) / m**2
    deviation = float(np.sqrt(clumps + (once * (1.0 - once / n) + 2.0 * twice) / n**2))
    above = count / m - once / n
    return max(0.0, m * (above - 2.0 * deviation)), float(special.ndtr(-above / deviation))


def same_share(hits: Any, of: Any) -> float:
    """The p-value of two shares being the same: χ² of the four counts, or Fisher's exact test where they are few.

    Parameters
    ----------
    hits, of : pairs of int
        Successes and trials of the two samples.
    """
    table = np.array([hits, np.subtract(of, hits)], dtype=np.int64)
    n, m = table.sum(axis=0), table.sum(axis=1)
    if not (n.all() and m.all()):
        return float("nan") if not n.all() else 1.0
    if (np.outer(m, n) / n.sum()).min() < _LEAST_EXPECTED:
        return float(stats.fisher_exact(table).pvalue)
    return chi_square(table[:, 0], table[:, 1], 0.0).p_value
