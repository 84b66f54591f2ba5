"""Which values are flagged as outliers, by three methods, and why, in words."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from custval._kernels.robust import Spread, group_quantiles, modified_z, normal_flag_rate, spread
from custval.data_quality._measured import Strata
from custval.data_quality._page import written
from custval.data_quality._text import as_text
from custval.typing import FloatArray, IntArray

__all__ = ["Flags", "by_fences", "by_forest", "by_robust_z", "expected_share", "said"]

Logged = Mapping[str, float]
"""The columns of which logarithms are judged, and what was added to their values before: 0 or 1."""

_FEWEST_IN_STRATUM = 10
_FEWEST_KNOWN = 5
_IQR_OF_NORMAL = 1.3489795003921634
_FAR = 1e6  # of a robust z: what is farther counts as so far
_TREES = 200


@dataclasses.dataclass(frozen=True, slots=True)
class Flags:
    """Flagged values, ordered by row and column: where they stand, their scores, and what they were judged by."""

    method: str
    threshold: float
    groups: Strata
    row: IntArray
    column: IntArray
    score: FloatArray
    numbers: list[tuple[float, ...]]
    """By flag: median, scale and 1 if the scale is the fallback; or the two fences, and the quartiles' distance."""
    limits: dict[str, tuple[float, float]] | None

    def limit(self, name: str, side: int, logged: Logged) -> float | None:
        """Beyond which value of a column one is flagged; None where that differs from row to row."""
        if self.limits is None or name not in self.limits:
            return None
        value = self.limits[name][side]
        with np.errstate(over="ignore"):
            value = float(np.exp(value)) - logged[name] if name in logged else value
        return value if np.isfinite(value) else None

    def texts(
        self, values: Mapping[str, FloatArray], kinds: Mapping[str, str], logged: Logged
    ) -> list[tuple[str, str]]:
        """For each flag its value and its reason as text."""
        names = list(values)
        found = []
        for place, (row, column) in enumerate(zip(self.row.tolist(), self.column.tolist(), strict=True)):
            name = names[column]
            value = values[name][row]
            is_time = kinds[name] == "time"
            text = said(value, is_time=is_time)
            of = "" if name not in logged else "logarithm of 1 + value: " if logged[name] else "logarithm: "
            why = "infinite" if np.isinf(value) else of + self._why(place, is_time=is_time)
            within = self.groups.label(int(self.groups.code[row]))
            shown = text if is_time or not float(value).is_integer() or abs(value) < 1e4 else written(value)
            found.append((text, f"{name} {shown}: {why}{f' within {within}' if within else ''}"))
        return found

    def _why(self, place: int, *, is_time: bool) -> str:
        score, parts = float(self.score[place]), self.numbers[place]
        if self.method == "isolation_forest":
            z, least = parts
            return f"unusual row, score {score:.3f} above {least:.3f}; robust z of this value {z:.2f}, most in the row"
        if self.method == "iqr":
            low, high, distance = parts
            side, fence = ("above", high) if score > 0 else ("below", low)
            unit = " days" if is_time else ""
            apart = f"{abs(score):.2f} × {written(distance)}{unit} beyond the quartile; threshold {self.threshold:g}"
            return f"{side} the fence {said(fence, is_time=is_time, plain=False)} ({apart})"
        median, scale, fallback, point = parts
        note = ", mean deviation as the MAD is 0" if fallback == 1 else ""
        if fallback == 2:
            most = said(point, is_time=is_time, plain=False)
            note = f" of the values other than {most}, which are fewer than half"
        center = said(median, is_time=is_time, plain=False)
        unit = " days" if is_time else ""
        judged_by = f"median {center}, scale {written(scale)}{unit}{note}; threshold {self.threshold:g}"
        return f"robust z {score:.2f} ({judged_by})"


def said(value: float, *, is_time: bool, plain: bool = True) -> str:
    """A value in words: a time of days since 1970, or a number, `plain` or rounded."""
    if is_time and np.isfinite(value):
        stamp = np.datetime64(round(value * 86_400), "s")
        day = stamp.astype("M8[D]")
        return str(day) if day == stamp else str(stamp).replace("T", " ")
    return as_text(float(value)) if plain else written(float(value))


Judged = Mapping[str, FloatArray]


def expected_share(columns: Judged, groups: Strata, method: str, threshold: float) -> float:
    """The share of normal values that a method flags all the same, in as many strata of these sizes."""
    sizes: Counter[int] = Counter()
    for values in columns.values():
        code = _finite(values, groups)[2]
        own = np.bincount(code, minlength=1)
        small = own < _FEWEST_IN_STRATUM if groups.columns else np.zeros(own.size, dtype=bool)
        # those that are judged by all rows lie beyond their limits as often as values of all rows do
        sizes[code.size] += int(own[small].sum())
        for n, times in zip(*np.unique(own[~small], return_counts=True), strict=True):
            sizes[int(n)] += int(n * times)
    total = sum(sizes.values())
    if not total:
        return normal_flag_rate(method, threshold)
    rates = (normal_flag_rate(method, threshold, n if n >= _FEWEST_KNOWN else None) * k for n, k in sizes.items() if k)
    return sum(rates) / total


def _finite(values: FloatArray, groups: Strata) -> tuple[IntArray, FloatArray, IntArray]:
    rows = np.flatnonzero(np.isfinite(values))
    return rows, values[rows], groups.code[rows]


def _spread(values: FloatArray, groups: Strata) -> Spread:
    """Of each stratum; of small ones that of all rows."""
    _, finite, code = _finite(values, groups)
    own = spread(finite, code, len(groups.keys))
    if not groups.columns:
        return own
    whole = spread(finite, np.zeros_like(code), 1)
    small = own.n < _FEWEST_IN_STRATUM
    return Spread(
        own.n,
        np.where(small, whole.median, own.median),
        np.where(small, whole.scale, own.scale),
        np.where(small, whole.fallback, own.fallback),
        np.where(small, whole.point, own.point),
    )


def by_robust_z(columns: Judged, groups: Strata, threshold: float) -> Flags:
    """Values whose robust z lies beyond the threshold."""
    found, limits = [], {}
    for place, (name, values) in enumerate(columns.items()):
        of = _spread(values, groups)
        z = modified_z(values, of.median[groups.code], of.scale[groups.code])
        z = np.where(values == of.point[groups.code], 0.0, z)  # what most are is usual
        z = np.where(np.isinf(values), values, z)
        rows = np.flatnonzero(np.abs(z) > threshold)
        code = groups.code[rows]
        parts = (of.median, of.scale, of.fallback, of.point)
        numbers = zip(*(part[code].tolist() for part in parts), strict=True)
        found.append((place, rows, z[rows], [*numbers]))
        away = threshold * of.scale[0]
        limits[name] = (float(of.median[0] - away), float(of.median[0] + away))
    return _gathered("robust_z", threshold, groups, found, limits)


def by_fences(columns: Judged, groups: Strata, threshold: float) -> Flags:
    """Values beyond the quartiles by more than threshold × their distance; the score is how many times."""
    found, limits = [], {}
    for place, (name, values) in enumerate(columns.items()):
        low, high, distance = _quartiles(values, groups)
        low_of, high_of, distance_of = low[groups.code], high[groups.code], distance[groups.code]
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            beyond = np.where(values > high_of, values - high_of, np.minimum(values - low_of, 0.0)) / distance_of
        usual = values == _spread(values, groups).point[groups.code]
        score = np.where((distance_of > 0) & ~usual, beyond, 0.0)
        score = np.where(np.isinf(values), values, score)
        rows = np.flatnonzero(np.abs(score) > threshold)
        code = groups.code[rows]
        fences = low - threshold * distance, high + threshold * distance
        numbers = zip(fences[0][code].tolist(), fences[1][code].tolist(), distance[code].tolist(), strict=True)
        found.append((place, rows, score[rows], [*numbers]))
        limits[name] = (float(fences[0][0]), float(fences[1][0]))
    return _gathered("iqr", threshold, groups, found, limits)


def _quartiles(values: FloatArray, groups: Strata) -> tuple[FloatArray, FloatArray, FloatArray]:
    _, finite, code = _finite(values, groups)
    of = _spread(values, groups)
    ends = []
    for q in (0.25, 0.75):
        own = group_quantiles(finite, code, len(groups.keys), q)
        if groups.columns:
            whole = group_quantiles(finite, np.zeros_like(code), 1, q)
            own = np.where(of.n < _FEWEST_IN_STRATUM, whole, own)
        ends.append(own)
    low, high = ends
    # equal quartiles say nothing of how far the others may lie: the scale about the point, or of the others, does
    equal = high <= low
    stand_in = of.scale * _IQR_OF_NORMAL
    apart = equal & (of.fallback == 2)
    low, high = np.where(apart, of.median - stand_in / 2, low), np.where(apart, of.median + stand_in / 2, high)
    return low, high, np.where(equal, stand_in, high - low)


def by_forest(columns: Judged, groups: Strata, threshold: float, seed: int) -> Flags:
    """Rows that few random cuts set apart, with the column of the largest robust z; within strata robust z are cut."""
    from sklearn.ensemble import IsolationForest

    z = []
    for values in columns.values():
        of = _spread(values, groups)
        own = modified_z(values, of.median[groups.code], of.scale[groups.code])
        own = np.where(values == of.point[groups.code], 0.0, own)
        own = np.where(np.isinf(values), np.sign(values) * _FAR, np.where(np.isnan(values), 0.0, own))
        z.append(np.clip(own, -_FAR, _FAR))
    if not z or not len(z[0]):
        return _gathered("isolation_forest", threshold, groups, [], None)
    matrix = np.column_stack(z)
    # a forest draws rows by their places: sorted, they are the same for any order of the table
    distinct, place_of, count = np.unique(matrix, axis=0, return_inverse=True, return_counts=True)
    forest = IsolationForest(n_estimators=_TREES, random_state=seed).fit(np.repeat(distinct, count, axis=0))
    score = -forest.score_samples(distinct)[place_of.ravel()]
    # scores of many columns crowd about 0.45: what counts is how far above the others one lies
    middle, upper = np.quantile(score, [0.5, 0.75])
    least = max(middle + threshold * (upper - middle) / (_IQR_OF_NORMAL / 2), np.nextafter(middle, 1.0))
    infinite = np.any([np.isinf(values) for values in columns.values()], axis=0)
    rows = np.flatnonzero((score > least) | infinite)
    most = np.argmax(np.abs(matrix[rows]), axis=1)
    found = []
    for place in range(matrix.shape[1]):
        mine = rows[most == place]
        found.append((place, mine, score[mine], [(value, least) for value in matrix[mine, place].tolist()]))
    return _gathered("isolation_forest", threshold, groups, found, None)


def _gathered(method: str, threshold: float, groups: Strata, found: list[Any], limits: Any) -> Flags:
    row = np.concatenate([np.empty(0, dtype=np.int64), *(rows for _, rows, _, _ in found)])
    column = np.repeat([place for place, _, _, _ in found], [rows.size for _, rows, _, _ in found]).astype(np.int64)
    score = np.concatenate([np.empty(0), *(scores for _, _, scores, _ in found)])
    numbers = [numbers for *_, all_numbers in found for numbers in all_numbers]
    order = np.lexsort((column, row))
    return Flags(
        method=method,
        threshold=threshold,
        groups=groups,
        row=row[order],
        column=column[order],
        score=score[order],
        numbers=[numbers[place] for place in order.tolist()],
        limits=None if len(groups.columns) else limits,
    )
