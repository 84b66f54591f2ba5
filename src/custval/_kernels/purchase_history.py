"""What was known of customers on any day: counts, gaps and windows read off their occasions.

Between two events of a customer (an occasion, or one leaving a window) everything stands still but `age` and
`time_since_last`, which grow by one a day.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np

from custval._kernels.occasions import Occasions
from custval.typing import FloatArray, IntArray

__all__ = ["FEATURES", "GROWING", "PurchaseHistory", "before_first_purchase"]

GROWING = frozenset({"age", "time_since_last"})
_WINDOWED = frozenset({"recent_occasions", "earlier_occasions"})
FEATURES = (
    "occasions",
    "frequency",
    "age",
    "time_since_last",
    "mean_gap",
    "last_gap",
    "recent_occasions",
    "earlier_occasions",
)
"""Days bought on; repeat ones; days since the first and since the last; mean days between them, and before the last;
occasions in the last window of days, and in the window before it."""


@dataclass(frozen=True, slots=True)
class PurchaseHistory:
    """The occasions of customers, each of whom has one, ready to be asked about any day.

    Attributes
    ----------
    start, day : arrays of int64
        As `Occasions.start` and `Occasions.period`, on daily grain.
    key : array of int64, shape (n_occasions,)
        Customer and day in one number, increasing.
    base, width : int
        The day before the first of all, and how many days there are from there.
    window : int
        Length of the window in days.
    names : collection of str
        The features that will be asked for.
    """

    start: IntArray
    day: IntArray
    key: IntArray
    base: int
    width: int
    window: int
    names: Collection[str]

    @classmethod
    def of(cls, bought: Occasions, window: int, names: Collection[str]) -> PurchaseHistory:
        """The history of customers who all have an occasion."""
        day = bought.period
        base = int(day.min()) - 1 if day.size else 0
        width = int(day.max()) - base + 1 if day.size else 1
        key = np.repeat(np.arange(len(bought.count)), bought.count) * width + (day - base)
        return cls(bought.start, day, key, base, width, window, names)

    @property
    def n_customers(self) -> int:
        """Number of customers."""
        return len(self.start) - 1

    def first(self, customer: IntArray) -> IntArray:
        """The day of the first occasion of each customer."""
        return self.day[self.start[customer]]

    def features(self, customer: IntArray, day: IntArray) -> dict[str, FloatArray]:
        """The features of customers at the end of a day each, not before their first occasion.

        Parameters
        ----------
        customer, day : arrays of int64, shape (n,)

        Returns
        -------
        dict of str to array of float64, shape (n,)
            Times in days; `mean_gap` and `last_gap` are NaN before the second occasion.
        """
        first, last = self.start[customer], self._last(customer, day)
        found: dict[str, Callable[[], IntArray | FloatArray]] = {
            "occasions": lambda: last - first + 1,
            "frequency": lambda: last - first,
            "age": lambda: day - self.day[first],
            "time_since_last": lambda: day - self.day[last],
            "mean_gap": lambda: _ratio(self.day[last] - self.day[first], last - first),
            "last_gap": lambda: _ratio(
                self.day[last] - self.day[np.maximum(last - 1, first)], np.minimum(last - first, 1)
            ),
            "recent_occasions": lambda: last - self._last(customer, day - self.window),
            "earlier_occasions": lambda: (
                self._last(customer, day - self.window) - self._last(customer, day - 2 * self.window)
            ),
        }
        return {name: found[name]().astype(np.float64) for name in self.names}

    def events(self, until: int) -> tuple[IntArray, IntArray]:
        """The days up to `until` on which a feature of a customer did anything but grow by one.

        Returns
        -------
        start : array of int64, shape (n_customers + 1,)
            The events of customer i are those from `start[i]` to `start[i + 1]`.
        day : array of int64
            Increasing within a customer, from the first occasion.
        """
        if _WINDOWED.isdisjoint(self.names):
            return self.start, self.day
        owner = np.repeat(np.arange(self.n_customers), np.diff(self.start))
        width = until - self.base + 1
        keys = []
        for days in (0, self.window, 2 * self.window):
            here = self.day + days <= until
            keys.append(owner[here] * width + (self.day[here] + days - self.base))
        key = np.sort(np.concatenate(keys))
        key = key[np.diff(key, prepend=-1) > 0]
        owner, offset = np.divmod(key, width)
        return np.searchsorted(owner, np.arange(self.n_customers + 1)), offset + self.base

    def _last(self, customer: IntArray, day: IntArray) -> IntArray:
        """Where the last occasion of each customer up to a day stands; before their start if there is none."""
        offset = np.clip(day - self.base, 0, self.width - 1)
        return np.searchsorted(self.key, customer * self.width + offset, side="right") - 1


def _ratio(days: IntArray, gaps: IntArray) -> FloatArray:
    result: FloatArray = np.divide(days, gaps, out=np.full(days.shape, np.nan), where=gaps > 0)
    return result


def before_first_purchase(n: int, names: Collection[str]) -> dict[str, FloatArray]:
    """The features of customers who have not bought: no occasions, and times that do not exist."""
    counts = {"occasions", "frequency", *_WINDOWED}
    return {name: np.full(n, 0.0 if name in counts else np.nan) for name in names}
