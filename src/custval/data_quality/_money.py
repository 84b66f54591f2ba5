"""Sums of money that add up: correctly rounded, whatever the order of the rows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from custval._frame import Table, numbers
from custval._kernels.exact_sums import exact_parts
from custval.errors import CustvalError
from custval.typing import FloatArray

__all__ = ["amounts_if_any", "exact_sum", "sum_of_parts"]


def exact_sum(values: FloatArray, where: NDArray[np.bool_] | None = None) -> float:
    """The sum of the known values, rounded once, as that of `math.fsum`; NaN counts as nothing.

    Beyond the greatest float it is infinite.
    """
    chosen = values if where is None else values[where]
    if np.isinf(chosen).any():
        return math.fsum(chosen[~np.isnan(chosen)].tolist())
    return sum_of_parts(exact_parts(chosen))


def sum_of_parts(parts: Sequence[float]) -> float:
    """The sum of finite floats, rounded once; beyond the greatest float it is infinite."""
    try:
        return math.fsum(parts)
    except OverflowError:  # on the way, or at the end
        exact = sum(map(Fraction, parts), Fraction())
    try:
        return float(exact)
    except OverflowError:
        return math.inf if exact > 0 else -math.inf


def amounts_if_any(table: Table) -> FloatArray | None:
    """The money of each row, unknown amounts as NaN; None where `amount` is missing or holds no finite numbers."""
    if "amount" not in table:
        return None
    try:
        return numbers(table, "amount", missing=True)
    except CustvalError:
        return None
