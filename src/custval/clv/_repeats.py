"""Repeat purchases of a cohort over time: what came, and what a model expects, up to any period."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from custval._check import Moment
from custval._kernels.calendar import not_after, units_per_period
from custval._kernels.occasions import occasions
from custval.clv._purchase import PurchaseModel
from custval.summary._lines import Lines
from custval.typing import FloatArray, IntArray

__all__ = ["Repeats", "repeats_of"]

# cells of a table of customers' ages that are held in memory together
_CELLS = 1 << 22


@dataclass(frozen=True, slots=True)
class Repeats:
    """The cohort of the customers acquired up to a split.

    Attributes
    ----------
    model : PurchaseModel
    factor : float
        Units of the model per period.
    split, final : int
        The period with which calibration ends, and that of the last line.
    period : array of int64, shape (m,)
        Of every repeat occasion, increasing.
    start : array of int64, shape (c,)
        The distinct periods of first purchases.
    size : array of float64, shape (c,)
        How many customers started in each.
    """

    model: PurchaseModel
    factor: float
    split: int
    final: int
    period: IntArray
    start: IntArray
    size: FloatArray

    @property
    def n(self) -> int:
        """Customers."""
        return int(self.size.sum())

    def actual(self, ends: IntArray) -> FloatArray:
        """Repeat occasions up to and with each period."""
        return np.searchsorted(self.period, ends, side="right").astype(np.float64)

    def expected(self, ends: IntArray) -> FloatArray:
        """The same as the model expects it: each customer's expectation since the first purchase, summed."""
        total = np.zeros(len(ends))
        for some in np.array_split(np.arange(len(ends)), max(1, len(ends) * len(self.start) // _CELLS)):
            ages, place = np.unique(np.maximum(ends[some, None] - self.start, 0), return_inverse=True)
            each = np.asarray(self.model.expected_purchases_new(ages * self.factor), dtype=np.float64)
            total[some] = each[place].reshape(len(some), -1) @ self.size
        return total


def repeats_of(model: PurchaseModel, lines: Lines, end: Moment, unit: str) -> Repeats:
    """The cohort with a purchase up to `end`; lines after it within its own period count nowhere."""
    split = end.period(lines.grain)
    counted = lines.where(not_after(lines.wall, end.stamp, whole_day=end.whole_day) | (lines.period > split))
    bought = occasions(counted.code, len(lines.customers), counted.period, counted.amount)
    bought = bought.of(np.flatnonzero(bought.count))
    first = bought.first()
    ours = first <= split
    repeat = np.repeat(ours, bought.count)
    repeat[bought.start[:-1]] = False
    start, size = np.unique(first[ours], return_counts=True)
    return Repeats(
        model=model,
        factor=units_per_period(lines.grain, unit),
        split=split,
        final=int(lines.period.max()),
        period=np.sort(bought.period[repeat]),
        start=start,
        size=size.astype(np.float64),
    )
