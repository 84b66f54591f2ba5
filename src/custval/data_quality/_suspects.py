"""What looks wrong among a column's distinct values: codes that mean "missing", and values that are rare.

A code such as -99 or 1900-01-01 stands at an end of the column, apart from the others or far more often than those
next to it. A cap leaves such a heap, too; which of both it is the numbers do not say.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from custval.typing import FloatArray, IntArray

__all__ = ["few_of", "rare", "suspected_missing"]

_EXAMPLES = 5
_FEW_VALUES = 50
_RARE_SHARE = 0.01
_OFTEN = 5  # a mean of so many rows per value: then a single one is rare
_LEAST_VALUES = 5
_NEIGHBOURS = 10
_FENCE = 3.0
_REMOTE = 1.5
_MOST_CODES = 3
_CAP_VALUES = 30
_DAYS_OF_NONE = (
    "0001-01-01 1753-01-01 1899-12-30 1899-12-31 1900-01-01 1901-01-01 1970-01-01 2099-12-31 2100-01-01 2999-12-31 "
    "9999-12-31"
)
_DAYS = frozenset(np.array(_DAYS_OF_NONE.split(), dtype="M8[D]").astype(np.float64).tolist())


def few_of(values: Sequence[Any], counts: IntArray) -> dict[Any, int]:
    """The most frequent of some values and how often they stand there; of equally frequent ones the first."""
    order = np.lexsort((np.arange(len(counts)), -counts))[:_EXAMPLES]
    return {values[place]: int(counts[place]) for place in order.tolist()}


def rare(counts: IntArray, apart: NDArray[np.bool_]) -> IntArray:
    """Places of the rarest values but those set apart, the rarest first, in a column that has few different ones.

    Rare is what holds at most 1 % of the rows, or one row where a value has five or more in the mean.
    """
    total = int(counts.sum())
    if not 2 < len(counts) <= _FEW_VALUES or total < _OFTEN * len(counts):
        return np.empty(0, dtype=np.int64)
    places = np.flatnonzero((counts <= max(1.0, _RARE_SHARE * total)) & ~apart)
    found: IntArray = places[np.lexsort((places, counts[places]))][:_EXAMPLES]
    return found


def suspected_missing(values: FloatArray, counts: IntArray, *, days: bool = False) -> list[int]:
    """Places of sorted distinct values that are likely codes for "missing", or a cap.

    Only the three least and the three greatest values are looked at. One is a code where it repeats and

    - lies beyond the others' quartiles by more than three times their distance, and than the others lie from each
      other by half, or is more frequent than the ten next to it: twice where it is written in nines (-99, 999999), else
      five times with a gap, and in five rows or more;
    - or is -1, -9, -99, … where all others are at least 0, or a day that programs put for none (1900-01-01) and twice
      as frequent as any of the ten next to it;
    - or has ten times the rows of each of its ten neighbours, among many values, and is neither 0 nor 1.

    The quartiles are those of the distinct values, so that a heap does not move them.
    """
    finite = np.flatnonzero(np.isfinite(values))
    low = _codes_at_end(values[finite], counts[finite], days=days)
    upper = finite[low:]
    high = _codes_at_end(-values[upper][::-1], counts[upper][::-1], days=days, sign=-1)
    return [*finite[:low].tolist(), *upper[upper.size - high :].tolist()]


def _codes_at_end(values: FloatArray, counts: IntArray, *, days: bool, sign: int = 1) -> int:
    """How many of the first values are codes: beside each other they hide one another, so several are tried at once."""
    for taken in range(_MOST_CODES, 0, -1):
        if values.size - taken < _LEAST_VALUES * 2 ** (taken - 1):
            continue  # too few others to stand apart from
        others, neighbours = values[taken:], int(counts[taken : taken + _NEIGHBOURS].max())
        ends = (
            _End(sign * value, count, np.sort(sign * others), neighbours)
            for value, count in zip(values[:taken].tolist(), counts[:taken].tolist(), strict=True)
        )
        if all(end.is_suspect(days=days) for end in ends):
            return taken
    return 0


class _End:
    """The least or the greatest value of a column, beside the others."""

    def __init__(self, value: float, count: int, others: FloatArray, neighbours: int) -> None:
        self._value, self._count, self._others, self._neighbours = value, count, others, neighbours
        first, third = np.quantile(others, [0.25, 0.75])
        self._spread = float(third - first)
        fence = _FENCE * self._spread
        self._is_far = not first - fence <= value <= third + fence
        width = float(others[-1] - others[0])
        self._gap = min(abs(value - float(others[0])), abs(value - float(others[-1])))
        self._is_remote = self._is_far and self._gap > _REMOTE * width

    def is_suspect(self, *, days: bool) -> bool:
        """Whether it is likely a code, or a cap."""
        if days:
            return self.is_day_of_none() or self.is_apart()
        return self.is_code() or self.is_apart() or self.is_cap()

    def is_code(self) -> bool:
        """Whether it is written in nines, or is -1, where that stands out."""
        if self._count < 2 or not _in_nines(self._value):
            return False
        if self._value < 0 <= float(self._others[0]):
            return True
        return self._value != -1 and (self._is_remote or (self._is_far and self._count > 2 * self._neighbours))

    def is_day_of_none(self) -> bool:
        """Whether it is a day that programs write where there is none."""
        return self._count >= 2 and self._value in _DAYS and self._count > 2 * self._neighbours

    def is_apart(self) -> bool:
        """Whether it repeats and is far off all others: farther than they are from each other, or as none near it."""
        if self._value == 0 or not self._is_far or self._count < _OFTEN:
            return False
        return self._is_remote or (self._gap > self._spread and self._count >= _OFTEN * self._neighbours)

    def is_cap(self) -> bool:
        """Whether it is a heap at the end of many values; small counts begin with 0 and 1."""
        often = self._count >= max(2 * _OFTEN, 2 * _OFTEN * self._neighbours)
        return self._value not in {0.0, 1.0} and self._others.size >= _CAP_VALUES and often


def _in_nines(value: float) -> bool:
    if value == -1:
        return True
    if not value.is_integer() or abs(value) > 1e15:
        return False
    digits = str(int(abs(value)))
    return set(digits) == {"9"} and (len(digits) > 1 or value < 0)
