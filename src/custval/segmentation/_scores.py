"""The cuts between the scores, and the scores that they give: of frames in memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from custval._check import number
from custval._frame import Table, numbers
from custval._kernels.quantile_scores import bins, bins_within, quantile_cuts, quantile_cuts_within
from custval._model import sample_weights
from custval.errors import CustvalError, DataError, FitError
from custval.typing import FloatArray, IntArray

__all__ = ["COLUMNS", "cells_of", "fixed_cuts", "learned_cuts", "no_customers", "refuse_few", "values_of", "weight_of"]

COLUMNS = {"recency": "time_since_last", "frequency": "orders", "monetary": "total_amount"}
"""What is scored, by the name of the score."""


def values_of(table: Table) -> dict[str, FloatArray]:
    """The columns that are scored, as arrays."""
    return {name: numbers(table, column) for name, column in COLUMNS.items()}


def weight_of(table: Table, sample_weight: Any, n_bins: int) -> FloatArray | None:
    """How many customers each row stands for; None if one each."""
    weight = sample_weights(table, sample_weight)
    if weight is not None and len(table):
        refuse_few(float(weight.sum()), n_bins)
    return weight


def refuse_few(total: float, n_bins: int) -> None:
    """Raise if all weights together stand for fewer customers than there are bins."""
    if total < n_bins:
        raise DataError(
            f"sample_weight says how many customers each row stands for, and all stand for {total:g} together, "
            f"fewer than the {n_bins} bins",
            suggestion="sample_weight = sample_weight * len(X) / sample_weight.sum()",
            code="weight",
        )


def no_customers() -> FitError:
    """The error about a table without rows."""
    return FitError("RFM cuts need at least one customer, and the table has no rows", code="empty")


def learned_cuts(
    values: Mapping[str, FloatArray], n_bins: int, method: str, weight: FloatArray | None
) -> dict[str, FloatArray]:
    """The cuts of "quantile" and "nested"."""
    if not len(values["recency"]):
        raise no_customers()
    return (_quantile if method == "quantile" else _nested)(values, n_bins, weight)


def fixed_cuts(cuts: Any, n_bins: int) -> dict[str, FloatArray]:
    """The cuts of "fixed", checked."""
    if not isinstance(cuts, Mapping) or set(cuts) != set(COLUMNS):
        raise CustvalError(
            f"method='fixed' takes cuts under 'recency', 'frequency' and 'monetary'; got {cuts!r}",
            suggestion='cuts={"recency": [30, 90], "frequency": [1, 3], "monetary": [50, 200]} with n_bins=3',
        )
    result = {}
    for name in COLUMNS:
        try:
            at = np.array([number(cut, f"cuts[{name!r}]") for cut in cuts[name]], dtype=np.float64)
        except TypeError:
            raise CustvalError(f"cuts[{name!r}] must be a sequence of numbers; got {cuts[name]!r}") from None
        if at.size != n_bins - 1 or (np.diff(at) <= 0).any():
            raise CustvalError(
                f"cuts[{name!r}] must be {n_bins - 1} increasing numbers for n_bins={n_bins}; got {cuts[name]!r}",
                suggestion=f"n_bins={at.size + 1}" if at.size != n_bins - 1 else None,
            )
        result[name] = at
    return result


def _quantile(values: Mapping[str, FloatArray], n_bins: int, weight: FloatArray | None) -> dict[str, FloatArray]:
    return {name: quantile_cuts(x, n_bins, weight) for name, x in values.items()}


def _nested(values: Mapping[str, FloatArray], n_bins: int, weight: FloatArray | None) -> dict[str, FloatArray]:
    shape = (n_bins, n_bins - 1)
    whole_base = _quantile(values, n_bins, weight)
    recency = n_bins - 1 - bins(values["recency"], whole_base["recency"]).astype(np.int64)

    def within(name: str, group: Any, parents: FloatArray) -> FloatArray:
        return quantile_cuts_within(values[name], n_bins, group, parents, weight)

    frequency_cuts = within("frequency", recency, np.broadcast_to(whole_base["frequency"], shape))
    pair = recency * n_bins + bins_within(values["frequency"], frequency_cuts, recency)
    monetary_of_recency = within("monetary", recency, np.broadcast_to(whole_base["monetary"], shape))
    monetary_cuts = within("monetary", pair, np.repeat(monetary_of_recency, n_bins, axis=0))
    return {
        "recency": whole_base["recency"],
        "frequency": frequency_cuts,
        "monetary": monetary_cuts.reshape(n_bins, *shape),
    }


def cells_of(values: Mapping[str, FloatArray], cuts: Mapping[str, FloatArray], n_bins: int) -> IntArray:
    """Each customer's place in the grid of scores, row by row from (1, 1, 1)."""
    recency = n_bins - 1 - bins(values["recency"], cuts["recency"]).astype(np.int64)
    if cuts["frequency"].ndim == 1:
        pair = recency * n_bins + bins(values["frequency"], cuts["frequency"])
        return pair * n_bins + bins(values["monetary"], cuts["monetary"])
    pair = recency * n_bins + bins_within(values["frequency"], cuts["frequency"], recency)
    return pair * n_bins + bins_within(values["monetary"], cuts["monetary"].reshape(-1, n_bins - 1), pair)
