"""How an answer about customers leaves: `customer_id` first if there is one, and null where there is no number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from custval._frame import Table, nw
from custval.typing import FloatArray, IntArray

__all__ = ["answer", "float_column", "identifiers_of", "nulls_for_nan", "nulls_for_nan_lazily"]


def answer(table: Table, columns: Mapping[str, FloatArray]) -> Any:
    """The customers of a table with columns of numbers."""
    series = {name: nulls_for_nan(table.series(name, values)) for name, values in columns.items()}
    return table.make({**identifiers_of(table), **series})


def identifiers_of(table: Table, rows: IntArray | None = None) -> dict[str, nw.Series[Any]]:
    """The column `customer_id`, if there is one: of all rows, or of those with these numbers, which may come twice."""
    if "customer_id" not in table:
        return {}
    column = table["customer_id"]
    return {"customer_id": column if rows is None else column[rows]}


def float_column(table: Table, values: Any) -> nw.Series[Any]:
    """Floats as a column, null where they are NaN."""
    return nulls_for_nan(table.series("values", np.asarray(values, dtype=np.float64)))


def nulls_for_nan(series: nw.Series[Any]) -> nw.Series[Any]:
    """The same column, missing where there is no number."""
    if not series.dtype.is_float() or not series.is_nan().any():
        return series
    return series.to_frame().select(nw.when(~nw.col(series.name).is_nan()).then(nw.col(series.name)))[series.name]


def nulls_for_nan_lazily(column: nw.Expr) -> nw.Expr:
    """The same column of a lazy frame, missing where there is no number."""
    return nw.when(~column.is_nan()).then(column)
