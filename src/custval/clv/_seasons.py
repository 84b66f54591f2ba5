"""Whether a model's errors in the holdout are those of the same months a year before: the season, not the model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri

from custval._kernels.calendar import period_number, period_start, shift
from custval.clv._repeats import Repeats
from custval.typing import FloatArray, IntArray

__all__ = ["Seasons", "ends_before", "seasons_of"]

_YEAR = 12
# errors by month that chance alone makes with this probability are none to explain
_SIGNIFICANT = 0.01
# of the squared errors: from it on the season explains most of them
_MOST = 0.5
# expected purchases a year before, below which their ratio says nothing
_FEW = 1.0


@dataclass(frozen=True, slots=True)
class Seasons:
    """Months of the holdout, arrays of shape (k,).

    Attributes
    ----------
    end : array of int64
        The last period of each month.
    actual, expected : array
        Repeat purchases.
    year_before : array
        Actual over expected purchases in the same month of the last year of calibration, relative to that year as a
        whole; NaN where next to nothing was expected.
    """

    end: IntArray
    actual: FloatArray
    expected: FloatArray
    year_before: FloatArray

    @property
    def share(self) -> float:
        """Of the squared errors, how much is gone when each month is expected to deviate as it did; NaN if unknown."""
        known = np.isfinite(self.year_before)
        before = float(np.square(self.actual - self.expected)[known].sum())
        after = float(np.square(self.actual - self.expected * self.year_before)[known].sum())
        return 1.0 - after / before if before > 0 else np.nan

    @property
    def explain(self) -> bool:
        """Whether there are errors beyond chance, and most of them are those of the year before."""
        known = np.isfinite(self.year_before) & (self.expected > 0)
        off = float((np.square(self.actual - self.expected)[known] / self.expected[known]).sum())
        return bool(self.share > _MOST and off > chdtri(float(known.sum()), _SIGNIFICANT))


def ends_before(instants: NDArray[Any], grain: str) -> IntArray:
    """The last period that ends before each instant."""
    return period_number(instants.astype("M8[us]") - np.timedelta64(1, "us"), grain)


def seasons_of(repeats: Repeats, grain: str, first: int) -> Seasons:
    """Whole months after calibration, and the same months before; none if the data are younger than a year then."""
    start = period_start(np.array([repeats.split + 1]), grain)
    bounds = [start[0]]
    while (later := shift(start, len(bounds), "M")[0]) and ends_before(np.array([later]), grain)[0] <= repeats.final:
        bounds.append(later)
    year_ago = shift(start, -1, "Y")
    if ends_before(year_ago, grain)[0] < first - 1:
        bounds = bounds[:1]
    ends = ends_before(np.array(bounds, dtype="M8[us]"), grain)
    actual, expected = np.diff(repeats.actual(ends)), np.diff(repeats.expected(ends))
    months = min(len(actual), _YEAR)
    earlier = ends_before(np.concatenate([shift(year_ago, k, "M") for k in range(_YEAR + 1)]), grain)
    came, hoped = np.diff(repeats.actual(earlier)), np.diff(repeats.expected(earlier))
    # a level that is wrong all the year round is no season
    level = came.sum() / hoped.sum() if hoped.sum() > 0 and came.sum() > 0 else 1.0
    ratio = np.divide(came, hoped * level, out=np.full(_YEAR, np.nan), where=hoped >= _FEW)[:months]
    # in a second year of the holdout, the same months of calibration once more
    again = ratio[np.arange(len(actual)) % _YEAR] if months else ratio
    return Seasons(ends[1:], actual, expected, again)
