"""Rows that stand more than once."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from custval._frame import Table, arrow_codes, duplicated, nw, plain
from custval._kernels.repeated_integers import repeated
from custval.data_quality._text import column_as_text
from custval.errors import DataError

__all__ = ["repeats", "text_where_needed"]


def text_where_needed(table: Table, kinds: Sequence[str]) -> Table:
    """The table with what no library compares (lists, dicts, arrays) as text; `kinds` are those of `kind_of`."""
    columns = {
        name: table.series(name, column_as_text(table[name]), nw.String)
        for name, kind in zip(table.columns, kinds, strict=True)
        # objects of pandas that begin with texts may go on with anything
        if kind == "other" or (kind == "text" and _holds_objects(table[name]))
    }
    return dataclasses.replace(table, frame=table.frame.with_columns(*columns.values())) if columns else table


def _holds_objects(series: nw.Series[Any]) -> bool:
    return series.implementation.is_pandas_like() and series.to_native().dtype == object


def repeats(
    table: Table, columns: Sequence[str] | None = None, keep: Literal["first", "none"] = "first"
) -> NDArray[np.bool_]:
    """Rows equal to another one in these columns (default: all); null equals null.

    With `keep="first"` the first of equal rows is not counted among them.
    """
    chosen = list(columns) if columns is not None else table.columns
    if not chosen or not len(table):
        return np.zeros(len(table), dtype=bool)
    values = _as_integers(table[chosen[0]]) if len(chosen) == 1 else None
    if values is not None:
        return repeated(values, but_first=keep == "first")
    if table.frame.implementation.is_polars():  # which panics on objects that have no hash
        table = text_where_needed(table, ["other" if table[name].dtype == nw.Object else "" for name in table.columns])
    elif table.frame.implementation.is_pyarrow():  # which tells -0.0 from 0.0
        floats = [name for name in chosen if table[name].dtype.is_float()]
        table = dataclasses.replace(table, frame=table.frame.with_columns(nw.col(*floats) + 0.0)) if floats else table
    try:
        return duplicated(table, chosen, keep)
    except Exception as error:
        raise DataError(
            f"{table.what}: rows cannot be compared in {', '.join(map(repr, chosen))}: {error}",
            suggestion="bring columns of lists or dicts into text or numbers first",
            code="incomparable",
        ) from error


def _as_integers(series: nw.Series[Any]) -> NDArray[Any] | None:
    """Whole numbers that are equal where the values of a column are, nulls too; None where that takes as long."""
    values = plain(series)
    if values is not None:
        return values if values.dtype.kind == "i" else None
    encoded = arrow_codes(series)
    return None if encoded is None else encoded[0]
