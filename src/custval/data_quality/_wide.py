"""Whole numbers beyond those of 64 bits with a sign, which are not exact as floats."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from custval._frame import nw

__all__ = ["WIDE", "unsigned", "whole"]

WIDE = (nw.UInt64, nw.Int128, nw.UInt128)


def whole(values: Iterable[Any]) -> list[int]:
    """Those of these numbers that are whole, as whole numbers of Python."""
    return [int(value) for value in values if isinstance(value, int) or value.is_integer()]


def unsigned(series: nw.Series[Any]) -> NDArray[np.uint64]:
    """A column of UInt64 without nulls as an array."""
    if series.implementation.is_pandas():  # narwhals takes the nullable ones by way of floats
        return np.asarray(series.to_native().to_numpy(dtype=np.uint64))
    return np.asarray(series.to_numpy(), dtype=np.uint64)
