"""When the events of many customers are, given how many each has."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from custval.typing import FloatArray, IntArray

__all__ = ["event_times"]


def event_times(count: IntArray, *, ends: NDArray[np.bool_], rng: np.random.Generator) -> tuple[IntArray, FloatArray]:
    """Draw the sorted times, uniform in (0, 1], of every customer's events.

    Parameters
    ----------
    count : array of int, shape (n,)
        How many events each customer has.
    ends : array of bool, shape (n,)
        Whether a customer's last event is at time 1, and only the others are uniform.
    rng : numpy.random.Generator

    Returns
    -------
    customer : ndarray of int, shape (sum of count,)
        Ascending.
    time : ndarray of shape (sum of count,)
        Ascending within a customer.

    Examples
    --------
    >>> customer, time = event_times(
    ...     np.array([1, 0, 2]), ends=np.array([True, False, False]), rng=np.random.default_rng(1)
    ... )
    >>> customer.tolist(), time.round(3).tolist()
    ([0, 2, 2], [1.0, 0.144, 0.95])
    """
    # one sort of integers, with the customer in the high bits and the time in the low, beats a sort by both
    bits = 63 - int(count.size).bit_length()
    last = (1 << bits) - 1
    customer = np.repeat(np.arange(count.size, dtype=np.int64), count)
    key = rng.integers(0, last, customer.size, endpoint=True)
    key[(np.cumsum(count) - 1)[ends]] = last
    key |= customer << bits
    key.sort()
    key &= last
    time = key.astype(np.float64)
    time += 1.0
    time /= last + 1.0
    return customer, time
