"""Bands of equal width, exact in decimals: 0.3 is in the band from 0.3 on, and 29.9999999999 not in that from 30 on.

A float64 is taken for the shortest decimal number that reads back as it. Whether a number that is no multiple of the
width lies in one band or the next is told by float64 arithmetic; the few that it cannot tell are divided as fractions.
"""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import numpy as np

from custval.typing import FloatArray, IntArray

__all__ = ["MOST_BANDS", "band_places", "band_text", "exact_band"]

MOST_BANDS = 2**62
"""Bands that are so far from the start have no number."""

_DIGITS = 700  # of any sum of a float64 and a multiple of one
_LARGEST_PLAIN = Decimal(10) ** 21


def band_places(values: FloatArray, start: float, width: float) -> IntArray | None:
    """The number of each value's band, from 0 for [start, start + width); None where there are too many bands.

    Parameters
    ----------
    values : array of float64, shape (n,)
        Finite.
    start, width : float
        Finite; `width` above 0.

    Examples
    --------
    >>> import numpy as np
    >>> band_places(np.array([0.3, 0.29999999999, -1e-12]), 0.0, 0.1).tolist()
    [3, 2, -1]
    """
    with np.errstate(over="ignore"):
        place = (values - start) / width
        # three roundings: of the difference, of the width as a decimal number, and of the quotient
        error = 4.0 * np.finfo(np.float64).eps * ((np.abs(values) + abs(start)) / width + np.abs(place))
    if not np.all(np.abs(place) < MOST_BANDS):
        return None
    found = np.floor(place).astype(np.int64)
    for index in np.flatnonzero(np.abs(place - np.rint(place)) <= error).tolist():
        found[index] = exact_band(float(values[index]), start, width)
    return found


def exact_band(value: Any, start: float, width: float) -> int:
    """The number of a value's band: of an int, a Decimal, or a float as its shortest decimal number."""
    return math.floor((_fraction(value) - _fraction(start)) / _fraction(width))


def band_text(place: int, start: float, width: float) -> str:
    """A band in words.

    >>> band_text(3, 0.0, 0.1), band_text(5, 0.0, 1e-10)
    ('[0.3, 0.4)', '[5e-10, 6e-10)')
    """
    with localcontext(prec=_DIGITS):
        begin, step = Decimal(repr(start)), Decimal(repr(width))
        return f"[{_plain(begin + place * step)}, {_plain(begin + (place + 1) * step)})"


def _fraction(value: Any) -> Fraction:
    return Fraction(Decimal(repr(value)) if isinstance(value, float) else value)


def _plain(value: Decimal) -> str:
    """A whole number in digits, another as a float64 is written if it is one, else all its decimals."""
    if value == value.to_integral_value() and abs(value) < _LARGEST_PLAIN:
        return str(int(value))
    text = repr(float(value))
    return text if Decimal(text) == value else format(value.normalize(), "f")
