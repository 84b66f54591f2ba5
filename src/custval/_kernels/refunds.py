"""Refunds netted against earlier sales, oldest first: a queue per group, without the queue.

Within a group the lines stand in time order; of the same time sales come before refunds and small lines before large
ones. What is still on hand after line t is the walk of sales minus refunds, held at zero from below (Lindley's
reflected walk):

    W_t = Σ_{s≤t} ±size_s        A_t = W_t − min(0, min_{s≤t} W_s)

so a refund finds min(size, A before it). Since the oldest sale always goes first, the sales consumed are a prefix
of the group's sales whose length is the group's total of matched refunds.

Small before large keeps lines apart: of the lines of one time at most one is netted in part, and what is left of it is
less than every other one that is left. In any other order 4 of 8 can be left beside a line of 4, and nobody could tell
the two from a line that was booked twice.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from custval.errors import DataError
from custval.typing import FloatArray, IntArray

__all__ = ["Netted", "net_refunds"]

_MOST_DECIMALS = 6
_LARGEST_TOTAL = 2.0**62


@dataclass(frozen=True, slots=True)
class Netted:
    """What netting leaves of each line.

    Attributes
    ----------
    remaining : array of float64, shape (n,)
        Size of each line that is left; the very same number where nothing was netted, exactly 0 where all was.
    touched : array of bool, shape (n,)
        Lines of which something was netted.
    """

    remaining: FloatArray
    touched: NDArray[np.bool_]


def net_refunds(group: IntArray, time: IntArray, is_refund: NDArray[np.bool_], size: FloatArray) -> Netted:
    """Net each refund against the earlier sales of its group, oldest first, parts of lines allowed.

    A sale is earlier if it is of an earlier time or of the same; of the same time the smallest line goes first, and of
    the same size the first in the arrays.

    Parameters
    ----------
    group : array of int64, shape (n,)
        Lines of one group can be netted with each other; a negative number marks lines that match nothing.
    time : array of int64, shape (n,)
        Anything that orders the lines.
    is_refund : array of bool, shape (n,)
    size : array of float64, shape (n,)
        Units (or money) of each line, finite and not negative. They are counted in whole millionths (coarser where
        the total passes 4.6e12), so that tenths add up; what is smaller than that matches nothing.

    Returns
    -------
    Netted

    Raises
    ------
    DataError
        If the sizes add up to more than 64 bits can count.

    Examples
    --------
    >>> import numpy as np
    >>> result = net_refunds(
    ...     group=np.array([0, 0, 0]),
    ...     time=np.array([1, 2, 3]),
    ...     is_refund=np.array([False, False, True]),
    ...     size=np.array([2.0, 5.0, 3.0]),
    ... )
    >>> result.remaining
    array([0., 4., 0.])

    References
    ----------
    Lindley, D. V. (1952). The theory of queues with a single server. Mathematical Proceedings of the Cambridge
    Philosophical Society 48(2), 277-289: the reflected walk.
    """
    remaining = np.array(size, dtype=np.float64)
    touched = np.zeros(len(remaining), dtype=bool)
    lines = np.flatnonzero((group >= 0) & np.isin(group, np.unique(group[is_refund])))
    if lines.size == 0:
        return Netted(remaining, touched)
    scale = _scale(remaining[lines])
    units = np.rint(remaining[lines] * scale).astype(np.int64)
    # units are less than 2⁶², so one key puts sales before refunds; stable: ties stay in input order
    order = np.lexsort((units + is_refund[lines] * np.int64(_LARGEST_TOTAL), time[lines], group[lines]))
    lines, units = lines[order], units[order]
    taken = _taken(group[lines], is_refund[lines], units)
    changed = taken > 0
    touched[lines] = changed
    remaining[lines[changed]] = (units - taken)[changed] / scale
    return Netted(remaining, touched)


def _scale(size: FloatArray) -> float:
    """Counts per unit: 1 for whole sizes, else the most decimals that the total leaves room for."""
    total = float(size.sum())
    if not total < _LARGEST_TOTAL:
        raise DataError(
            f"the quantities or amounts of sales and refunds add up to {total:g}, more than netting can count (4.6e18)",
            suggestion="exclude lines of absurd size, or divide the column by a power of ten",
            code="too_large",
        )
    if np.array_equal(size, np.rint(size)):
        return 1.0
    room = math.floor(math.log10(_LARGEST_TOTAL / total)) if total > 0 else _MOST_DECIMALS
    return 10.0 ** max(0, min(_MOST_DECIMALS, room))


def _taken(group: IntArray, is_refund: NDArray[np.bool_], units: IntArray) -> IntArray:
    """Units netted of each line; the lines are sorted by group and time."""
    n = len(group)
    first = np.flatnonzero(np.r_[True, group[1:] != group[:-1]])
    start = np.repeat(first, np.diff(np.r_[first, n]))
    walk = _sums_from(np.where(is_refund, -units, units), start)
    on_hand = walk - np.minimum(_running_minimum(walk, start), 0)
    before = np.r_[0, on_hand[:-1]]
    before[first] = 0
    taken = np.where(is_refund, np.minimum(units, before), 0)
    # the oldest sales are a prefix of the group's sales, as long as what its refunds took
    total = np.add.reduceat(taken, first)[np.searchsorted(first, start)]
    sold = np.where(is_refund, 0, units)
    sold_before = _sums_from(sold, start) - sold
    result: IntArray = np.where(is_refund, taken, np.clip(total - sold_before, 0, sold))
    return result


def _sums_from(values: IntArray, start: IntArray) -> IntArray:
    """Sum of the values from each line's group start up to and with the line."""
    sums = np.cumsum(values)
    result: IntArray = sums - (sums[start] - values[start])
    return result


def _running_minimum(values: IntArray, start: IntArray) -> IntArray:
    """Least value from each line's group start up to the line, in log2(longest group) doublings."""
    result = values.copy()
    place = np.arange(len(values)) - start
    reach = 1
    lines = np.flatnonzero(place >= reach)
    while lines.size:
        result[lines] = np.minimum(result[lines], result[lines - reach])
        reach *= 2
        lines = lines[place[lines] >= reach]
    return result
