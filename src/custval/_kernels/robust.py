"""Where values lie and how far apart, whatever a few of them are: medians, MAD, quartiles, by group.

References
----------
Iglewicz, B. & Hoaglin, D. (1993). How to Detect and Handle Outliers. ASQC: the modified z-score, 0.6745 (x − median) /
MAD with the threshold 3.5, and the mean absolute deviation where the MAD is 0.
Tukey, J. (1977). Exploratory Data Analysis. Addison-Wesley: fences 1.5 quartile distances beyond the quartiles.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from custval.typing import FloatArray, IntArray

__all__ = ["MAD_OF_NORMAL", "Spread", "group_means", "group_quantiles", "modified_z", "normal_flag_rate", "spread"]

MAD_OF_NORMAL = float(special.ndtri(0.75))
"""The MAD of a standard normal variable."""
_MEAN_DEVIATION_OF_NORMAL = float(np.sqrt(2.0 / np.pi))


@dataclass(frozen=True, slots=True)
class Spread:
    """By group: the median, a scale that is the standard deviation of normal values, and where the MAD was 0.

    `scale` is MAD / 0.6745; where the MAD is 0 it is the mean absolute deviation from the median times √(π/2). It is 0
    only where all values are equal.
    """

    n: IntArray
    median: FloatArray
    scale: FloatArray
    fallback: NDArray[np.bool_]


def group_quantiles(values: FloatArray, group: IntArray, n_groups: int, q: float) -> FloatArray:
    """The quantile of type 7 of each group, NaN for empty ones; `values` without NaN, `group` from 0 on."""
    ranked = np.sort(values) if n_groups == 1 else values[np.lexsort((values, group))]
    n = np.bincount(group, minlength=n_groups)
    start = np.cumsum(n) - n
    place = (n - 1) * q
    low = np.floor(place).astype(np.int64)
    result = np.full(n_groups, np.nan)
    there = n > 0
    first = ranked[(start + low)[there]]
    second = ranked[(start + np.minimum(low + 1, n - 1))[there]]
    part = (place - low)[there]
    # not first + part * (second - first): the difference of two large numbers may be infinite
    between = first * (1.0 - part) + np.where(part > 0, second, 0.0) * part
    result[there] = np.clip(between, first, second)
    return result


def group_means(values: FloatArray, group: IntArray, n_groups: int) -> FloatArray:
    """The mean of each group, NaN for empty ones."""
    n = np.bincount(group, minlength=n_groups)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.bincount(group, weights=values, minlength=n_groups) / n, dtype=np.float64)


def spread(values: FloatArray, group: IntArray, n_groups: int) -> Spread:
    """Median and robust scale of each group; `values` finite."""
    median = group_quantiles(values, group, n_groups, 0.5)
    away = np.abs(values - median[group])
    mad = group_quantiles(away, group, n_groups, 0.5)
    fallback = mad == 0
    scale = np.where(fallback, group_means(away, group, n_groups) / _MEAN_DEVIATION_OF_NORMAL, mad / MAD_OF_NORMAL)
    return Spread(np.bincount(group, minlength=n_groups).astype(np.int64), median, scale, fallback)


def modified_z(values: FloatArray, median: FloatArray, scale: FloatArray) -> FloatArray:
    """(value − median) / scale, 0 where the scale is 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        z = (values - median) / scale
    return np.where(scale > 0, z, 0.0)


def normal_flag_rate(method: str, threshold: float) -> float:
    """The share of many normal values that lies beyond a threshold: of |z| ("robust_z"), or of fences ("iqr").

    2 Φ(−threshold), and 2 Φ(−(1 + 2 threshold) 0.6745).
    """
    beyond = threshold if method == "robust_z" else (1.0 + 2.0 * threshold) * MAD_OF_NORMAL
    return float(2.0 * special.ndtr(-beyond))
