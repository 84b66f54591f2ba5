"""Sums of money that add up: correctly rounded, whatever the order of the rows."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from custval._frame import Table, numbers
from custval.errors import CustvalError
from custval.typing import FloatArray

__all__ = ["amounts_if_any", "exact_sum"]

_CHUNK = 1 << 18
_MANTISSA = 53
_HALF = 26
_LEAST = 1_073  # the exponents of floats, as frexp gives them, go from -1,073 to 1,024


def exact_sum(values: FloatArray, where: NDArray[np.bool_] | None = None) -> float:
    """The sum of the known values, rounded once; NaN counts as nothing.

    A float is a whole number of 53 bits times a power of two. Per power the numbers are added as whole numbers, in two
    halves so that no sum outgrows its type, and the powers are put together in Python's integers of any size. The
    result is that of `math.fsum`, in a fraction of its time.
    """
    chosen = values if where is None else values[where]
    chosen = chosen[~np.isnan(chosen)]
    if not np.isfinite(chosen).all():
        return math.fsum(chosen.tolist())
    high, low = np.zeros((2, _LEAST + 1_025), dtype=np.int64)
    for start in range(0, len(chosen), _CHUNK):
        mantissa, exponent = np.frexp(chosen[start : start + _CHUNK])
        whole = np.ldexp(mantissa, _MANTISSA).astype(np.int64)
        place = exponent.astype(np.intp) + _LEAST
        # exact: 2^18 halves of 27 bits stay within the 53 of a float
        high += np.bincount(place, whole >> _HALF, len(high)).astype(np.int64)
        low += np.bincount(place, whole & ((1 << _HALF) - 1), len(low)).astype(np.int64)
    powers = np.flatnonzero(high | low)
    total = sum(((int(high[power]) << _HALF) + int(low[power])) << int(power) for power in powers)
    return float(Fraction(total, 1 << (_LEAST + _MANTISSA)))


def amounts_if_any(table: Table) -> FloatArray | None:
    """The money of each row, unknown amounts as NaN; None where `amount` is missing or holds no finite numbers."""
    if "amount" not in table:
        return None
    try:
        return numbers(table, "amount", missing=True)
    except CustvalError:
        return None
