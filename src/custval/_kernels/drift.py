"""How far two samples of one variable are apart: PSI, Kolmogorov-Smirnov, chi-square, and shares that differ.

References
----------
Siddiqi, N. (2006). Credit Risk Scorecards. Wiley: the population stability index and its reading.
Yurdakul, B. & Naranjo, J. (2020). Statistical properties of the population stability index. Journal of Risk Model
Validation 14(4), 89-100: that it is about χ² where nothing has changed (derived again in `psi_by_chance`).
Smirnov, N. (1939). On the estimation of the discrepancy between empirical curves of distribution for two independent
samples. Bulletin Mathématique de l'Université de Moscou 2(2), 3-14.
Simard, R. & L'Ecuyer, P. (2011). Computing the two-sided Kolmogorov-Smirnov distribution. Journal of Statistical
Software 39(11): the tail of D, as scipy has it.
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
    "pooled",
    "psi_by_chance",
    "quantile_cuts",
    "same_share",
    "smoothed_shares",
    "stability_index",
]

_LEAST_EXPECTED = 5.0
_HALF = 0.5


def quantile_cuts(values: FloatArray, bins: int) -> FloatArray:
    """The cuts between `bins` bins of equally many values: quantiles of type 7, each once, so there may be fewer.

    A cut at the greatest value would leave an empty bin above it and is left out.
    """
    if not values.size:
        return np.empty(0)
    cuts = np.unique(np.quantile(values, np.arange(1, bins) / bins))
    kept: FloatArray = cuts[cuts < values.max()]
    return kept


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


def psi_by_chance(bins: int, n: int, m: int, level: float) -> float:
    """The index that samples of n and m from one distribution exceed with probability `level`.

    PSI / (1/n + 1/m) is about χ² of bins − 1 degrees of freedom. For small differences ln(q_i / p_i) is
    (q_i − p_i) / π_i to first order, π being the common shares, so PSI is Σ (q_i − p_i)² / π_i; and the differences
    have the covariance (1/n + 1/m) (diag(π) − π πᵀ), that of Pearson's statistic. Simulated with 2 to 20 bins, the
    probability at level 0.05 is 0.044 to 0.057 where each bin of the smaller sample is expected to hold 20 values, and
    down to 0.03 where 5: smoothing draws the shares together.
    """
    if bins < 2 or not (n and m):
        return 0.0
    return float(special.chdtri(bins - 1, level) * (1.0 / n + 1.0 / m))


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
