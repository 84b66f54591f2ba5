"""Sums of money that add up: correctly rounded, whatever the order of the rows."""

from __future__ import annotations

import itertools
import math

import numpy as np
from numpy.typing import NDArray

from custval._frame import Table, numbers
from custval.errors import CustvalError
from custval.typing import FloatArray

__all__ = ["amounts_if_any", "exact_sum"]

_CHUNK = 1 << 16


def exact_sum(values: FloatArray, where: NDArray[np.bool_] | None = None) -> float:
    """The sum of the known values, rounded once (Shewchuk's algorithm, `math.fsum`); NaN counts as nothing."""
    chosen = values if where is None else values[where]
    chosen = chosen[~np.isnan(chosen)]
    chunks = (chosen[start : start + _CHUNK].tolist() for start in range(0, len(chosen), _CHUNK))
    return math.fsum(itertools.chain.from_iterable(chunks))


def amounts_if_any(table: Table) -> FloatArray | None:
    """The money of each row, unknown amounts as NaN; None where `amount` is missing or holds no finite numbers."""
    if "amount" not in table:
        return None
    try:
        return numbers(table, "amount", missing=True)
    except CustvalError:
        return None
