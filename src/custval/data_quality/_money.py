"""Sums of money that add up: correctly rounded, whatever the order of the rows."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from custval._frame import Table, numbers
from custval._kernels.exact_sums import exact_parts
from custval.errors import CustvalError
from custval.typing import FloatArray

__all__ = ["amounts_if_any", "exact_sum"]


def exact_sum(values: FloatArray, where: NDArray[np.bool_] | None = None) -> float:
    """The sum of the known values, rounded once, as that of `math.fsum`; NaN counts as nothing."""
    chosen = values if where is None else values[where]
    if np.isinf(chosen).any():
        return math.fsum(chosen[~np.isnan(chosen)].tolist())
    return math.fsum(exact_parts(chosen))


def amounts_if_any(table: Table) -> FloatArray | None:
    """The money of each row, unknown amounts as NaN; None where `amount` is missing or holds no finite numbers."""
    if "amount" not in table:
        return None
    try:
        return numbers(table, "amount", missing=True)
    except CustvalError:
        return None
