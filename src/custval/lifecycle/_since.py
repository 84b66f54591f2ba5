"""Since when the stage of today has held, for every customer at once.

The history of a customer falls into stretches of days between two events, within which only the growing features
change. The stretches are searched from the last one back, for the latest day on which the stage was another one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from custval._kernels.purchase_history import GROWING, PurchaseHistory
from custval.lifecycle._conditions import Conditions, holds
from custval.typing import FloatArray, IntArray

__all__ = ["stages_on"]

_NEVER = np.iinfo(np.int64).min
_ASKED = 100_000


def stages_on(history: PurchaseHistory, conditions: Conditions, today: int) -> tuple[IntArray, IntArray]:
    """The stage of each customer at the end of a day, and the first day from which on it has held without a break.

    Parameters
    ----------
    history : PurchaseHistory
        Of occasions up to `today`.
    conditions : Conditions
    today : int

    Returns
    -------
    code : array of int64
        Position of the first condition that holds, or their number if none does.
    since : array of int64
        Days, not before the first occasion.
    """
    customer = np.arange(history.n_customers)
    code = conditions.first(history.features(customer, np.full(len(customer), today)), len(customer))
    since = history.first(customer)
    start, event = history.events(today)
    last_day = np.append(event[1:] - 1, today)
    last_day[start[1:] - 1] = today
    upto, most = start[1:].copy(), 1
    while customer.size:
        # twice as many stretches each time: few rounds for those with a long history, little waste for the others
        low = np.maximum(start[customer], upto - most)
        stretch = _ranges(low, upto)
        owner = np.repeat(customer, upto - low)
        search = _Search(conditions, history.features(owner, last_day[stretch]), code[owner])
        found = np.maximum.reduceat(
            search.latest_other(event[stretch], last_day[stretch]), np.cumsum(upto - low) - (upto - low)
        )
        since[customer[found > _NEVER]] = found[found > _NEVER] + 1
        going_on = (found == _NEVER) & (low > start[customer])
        customer, upto, most = customer[going_on], low[going_on], 2 * most
    return code, since


def _ranges(low: IntArray, high: IntArray) -> IntArray:
    """The whole numbers from each `low` up to and without each `high`, one after the other."""
    length = high - low
    ends = np.cumsum(length)
    result: IntArray = np.arange(ends[-1]) + np.repeat(low - ends + length, length)
    return result


@dataclass(frozen=True, slots=True)
class _Search:
    """Stretches of days, with their features on the last day and the stage that is expected."""

    conditions: Conditions
    features: Mapping[str, FloatArray]
    code: IntArray

    def latest_other(self, first: IntArray, last: IntArray) -> IntArray:
        """For each stretch the latest day with another stage than expected, `_NEVER` if there is none."""
        result = np.full(len(first), _NEVER)
        row, day = np.arange(len(first)), last
        while row.size:
            stage = self.conditions.first(self._on(row, last[row] - day), len(row))
            other = stage != self.code[row]
            result[row[other]] = day[other]
            row, day = row[~other], day[~other]
            before = self._last_turn(row, first[row], day, last[row])
            more = before >= first[row]
            row, day = row[more], before[more]
        return result

    def _on(self, row: IntArray, days_before_last: IntArray) -> dict[str, FloatArray]:
        return {name: x[row] - days_before_last if name in GROWING else x[row] for name, x in self.features.items()}

    def _last_turn(self, row: IntArray, first: IntArray, day: IntArray, last: IntArray) -> IntArray:
        """The latest day before `day` on which a comparison differs from what it is on `day`; or `first` − 1."""
        if self.conditions.turning is None:
            return day - 1
        result = first - 1
        both = self._truth(np.append(row, row), np.append(last - day, last - first))
        turned = np.zeros(len(row), dtype=bool)
        for truth in both:
            turned |= truth[: len(row)] != truth[len(row) :]
        now = [truth[: len(row)][turned] for truth in both]
        result[turned] = self._bisect(now, row[turned], first[turned], day[turned], last[turned])
        return result

    def _bisect(
        self, now: list[NDArray[np.bool_]], row: IntArray, low: IntArray, high: IntArray, last: IntArray
    ) -> IntArray:
        """The latest day whose comparisons differ from `now`; they differ on `low`, not on `high`, and turn once."""
        while (high - low > 1).any():
            # few stretches are asked about many days at once: it is calls that cost, not numbers
            n_days = max(1, min(_ASKED // len(row), int((high - low).max()) - 1))
            step = np.arange(1, n_days + 1)[:, None]
            days = np.maximum(low + (high - low) * step // (n_days + 1), np.minimum(low + 1, high))
            rows = np.broadcast_to(row, days.shape).ravel()
            differs = np.zeros(days.shape, dtype=bool)
            for before, truth in zip(self._truth(rows, (last - days).ravel()), now, strict=True):
                differs |= before.reshape(days.shape) != truth
            low = np.where(differs, days, low).max(axis=0)
            high = np.where(differs, high, days).min(axis=0)
        return low

    def _truth(self, row: IntArray, days_before_last: IntArray) -> list[NDArray[np.bool_]]:
        features = self._on(row, days_before_last)
        return [holds(comparison, features) for comparison in self.conditions.turning or ()]
