"""Calendar periods and spans that cut a stretch of days: which period a day lies in, and when it ends."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from custval._check import SpanOf, span
from custval._kernels.calendar import period_number, period_start, shift
from custval.errors import CustvalError
from custval.typing import IntArray

__all__ = ["days_and_longer", "period_ends"]

_CALENDAR = frozenset({"D", "W", "M", "Y"})


def days_and_longer(every: str) -> SpanOf:
    """A span of whole days, weeks, months or years."""
    cut = span(every, "every")
    if cut.unit not in _CALENDAR:
        raise CustvalError(f"every must be a day or longer, such as '1W' or '1M'; got {every!r}", suggestion="'1D'")
    return cut


def period_ends(day: NDArray[np.datetime64], cut: SpanOf) -> tuple[IntArray, NDArray[np.datetime64]]:
    """The period of each day, numbered in order of time, and the last day of each.

    One day, week, month or year means the calendar's (weeks end on Sunday); other spans count back from the last
    of the days.

    Parameters
    ----------
    day : array of datetime64[D], shape (n,)
    cut : SpanOf
        Of days, weeks, months or years.

    Returns
    -------
    place : array of int64, shape (n,)
        Which of the ends is the first that is not before the day.
    ends : array of datetime64[D], increasing
        Those of the periods that hold a day.
    """
    if not day.size:
        return np.zeros(0, dtype=np.int64), day
    if cut.count == 1:
        number, place = np.unique(period_number(day, cut.unit), return_inverse=True)
        following: NDArray[np.datetime64] = period_start(number + 1, cut.unit).astype("M8[D]")
        return place.astype(np.int64), (following.astype(np.int64) - 1).astype("M8[D]")
    first, last = day.min(), day.max()
    ends = [last]
    while ends[-1] >= first:
        # each counted from the last day, so that the end of a month stays one
        ends.append(shift(last, -len(ends) * cut.count, cut.unit).astype("M8[D]"))
    every = np.array(ends[::-1], dtype="M8[D]")
    held, place = np.unique(np.searchsorted(every, day), return_inverse=True)
    return place.astype(np.int64), every[held]
