"""Whole numbers that stand more than once, without a hash of all of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from custval.typing import IntArray

__all__ = ["repeated"]

_DENSE = 2  # values of a range so many times their number are counted in a table
_SIEVE = 16  # slots for each repeated value


def repeated(values: NDArray[Any], *, but_first: bool) -> NDArray[np.bool_]:
    """Where a value stands that stands elsewhere too.

    Parameters
    ----------
    values : array of signed integers, shape (n,)
    but_first : bool
        Whether the first of equal values is left out.

    Returns
    -------
    array of bool, shape (n,)

    Examples
    --------
    >>> import numpy as np
    >>> repeated(np.array([7, 3, 7, 8]), but_first=True)
    array([False, False,  True, False])
    """
    if len(values) < 2:
        return np.zeros(len(values), dtype=bool)
    least, largest = int(values.min()), int(values.max())
    is_dense = largest - least < _DENSE * len(values)
    found = _counted(values, least) if is_dense else _sorted(values)
    if but_first:
        rows = np.flatnonzero(found)
        found[rows[np.unique(values[rows], return_index=True)[1]]] = False
    return found


def _counted(values: NDArray[Any], least: int) -> NDArray[np.bool_]:
    # in a type that holds the differences
    place = values.astype(np.int64, copy=False)
    place = place - least if least else place
    found: NDArray[np.bool_] = (np.bincount(place) > 1)[place]
    return found


def _sorted(values: NDArray[Any]) -> NDArray[np.bool_]:
    ordered = np.sort(values)
    ordered = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    found = np.zeros(len(values), dtype=bool)
    if not ordered.size:
        return found
    rows = _sifted(values, ordered)
    place = np.minimum(np.searchsorted(ordered, values[rows]), len(ordered) - 1)
    found[rows] = ordered[place] == values[rows]
    return found


def _sifted(values: NDArray[Any], sought: NDArray[Any]) -> IntArray:
    """Rows that hold a sought value, and a few others: those that end in the same bits."""
    last_bits = values.dtype.type(min((1 << (_SIEVE * len(sought)).bit_length()) - 1, np.iinfo(values.dtype).max))
    wanted = np.zeros(int(last_bits) + 1, dtype=bool)
    wanted[sought & last_bits] = True
    return np.flatnonzero(wanted[values & last_bits])
