"""Sums of floats without any error of rounding, as a few floats that add up to them.

Written in the manner of Rump, S. M., Ogita, T. & Oishi, S. (2008). Accurate floating-point summation part I: faithful
rounding. SIAM Journal on Scientific Computing 31(1), 189-224: adding a large power of two to each number, and taking
it off again, leaves the leading bits of each; those of all numbers lie on one grid so coarse that their sum needs no
rounding. What is left over of each number is exact too, and is treated in the same way until nothing is left.
"""

from __future__ import annotations

import math

import numpy as np

from custval.typing import FloatArray

__all__ = ["exact_parts"]

_CHUNK = 1 << 14  # two arrays of that many floats stay in the fast memory of a processor
_LARGEST = 2.0**1000


def exact_parts(values: FloatArray) -> list[float]:
    """Floats whose exact sum (`math.fsum`) is that of the values; NaN counts as nothing.

    Parameters
    ----------
    values : array of float64, shape (n,)
        Finite, or NaN.

    Returns
    -------
    list of float
        A few for each 16,384 values: one for every 38 bits between the largest and the smallest.

    Examples
    --------
    >>> import math
    >>> import numpy as np
    >>> math.fsum(exact_parts(np.array([1e300, 0.1, np.nan, -1e300])))
    0.1
    """
    parts: list[float] = []
    for start in range(0, len(values), _CHUNK):
        parts += _parts_of_chunk(values[start : start + _CHUNK])
    return parts


def _parts_of_chunk(rest: FloatArray) -> list[float]:
    largest = _largest(rest)
    if math.isnan(largest):
        rest = rest[~np.isnan(rest)]
        largest = _largest(rest)
    if largest > _LARGEST:  # there is no power of two above
        found: list[float] = rest.tolist()
        return found
    parts = []
    while largest:
        # no sum of leading bits is beyond this power of two, and they are multiples of its 2^-53
        power = math.ldexp(1.0, math.frexp(largest)[1] + len(rest).bit_length())
        leading = rest + power
        leading -= power
        parts.append(float(leading.sum()))
        rest = np.subtract(rest, leading, out=leading)
        largest = _largest(rest)
    return parts


def _largest(values: FloatArray) -> float:
    return max(float(values.max()), -float(values.min())) if len(values) else 0.0
