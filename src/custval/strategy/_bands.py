"""Bands: a number per customer turned into a name such as "low" or "high"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from custval._check import choice, number
from custval._kernels.quantile_scores import bins, quantile_cuts
from custval.errors import CustvalError
from custval.typing import FloatArray, IntArray

__all__ = ["Bands", "value_bands", "wanted_bands"]

_NAMES = ("low", "medium", "high")
_DIMENSIONS = ("value", "satisfaction", "churn")
_RISK_CUTS = (0.3, 0.6)


@dataclass(frozen=True, slots=True)
class Bands:
    """Increasing cuts and one name more; a number equal to a cut takes the lower band."""

    cuts: FloatArray
    names: tuple[str, ...]

    def number(self, values: FloatArray) -> IntArray:
        """The position of each value's band among the names, −1 for NaN."""
        return np.where(np.isnan(values), -1, bins(values, self.cuts).astype(np.int64))


def value_bands(values: FloatArray) -> Bands:
    """Thirds of the values that are known."""
    known = values[~np.isnan(values)]
    return Bands(quantile_cuts(known, 3) if known.size else np.zeros(2), _NAMES)


def wanted_bands(bands: Any) -> dict[str, Bands]:
    """The bands that the caller asks for by dimension, and the fixed ones of the risk of churn."""
    if bands is not None and not isinstance(bands, Mapping):
        raise CustvalError(
            f"bands must map dimensions to cuts; got {bands!r}", suggestion='bands={"value": [100, 1000]}'
        )
    result = {"churn": Bands(np.array(_RISK_CUTS), _NAMES)}
    for dimension, wanted in (bands or {}).items():
        result[choice(dimension, "the dimension of bands", _DIMENSIONS)] = _bands(wanted, f"bands[{dimension!r}]")
    return result


def _bands(wanted: Any, name: str) -> Bands:
    named = isinstance(wanted, tuple) and len(wanted) == 2 and not isinstance(wanted[1], (int, float, np.number))
    cuts, names = wanted if named else (wanted, _NAMES)
    if isinstance(cuts, str) or isinstance(names, str):
        raise _not_bands(name, wanted)
    try:
        at = np.array([number(cut, name) for cut in cuts], dtype=np.float64)
        names = tuple(names)
    except TypeError:
        raise _not_bands(name, wanted) from None
    if not 1 <= at.size <= 99 or (np.diff(at) <= 0).any():
        raise CustvalError(f"{name}: the cuts must be increasing numbers, 1 to 99 of them; got {at.tolist()}")
    if len(names) != at.size + 1 or len(set(names)) < len(names) or not all(isinstance(n, str) and n for n in names):
        raise CustvalError(
            f"{name}: {at.size} cuts make {at.size + 1} bands, and each needs a name of its own; got {list(names)!r}",
            suggestion='bands={"value": ([100, 1000, 10000], ["low", "medium", "high", "top"])}',
        )
    return Bands(at, names)


def _not_bands(name: str, wanted: Any) -> CustvalError:
    return CustvalError(
        f"{name} must be two cuts, or a pair of cuts and names; got {wanted!r}",
        suggestion='bands={"value": [100, 1000]} or bands={"value": ([100], ["low", "high"])}',
    )
