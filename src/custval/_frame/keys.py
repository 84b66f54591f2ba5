"""The customers of several tables, numbered alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import NDArray

from custval._frame.codes import codes, identifiers
from custval._frame.table import Table
from custval._frame.values import examples
from custval.errors import ColumnError, CustvalError, DataError
from custval.typing import IntArray

__all__ = ["duplicated", "refuse_duplicates", "refuse_other_libraries", "shared_codes"]


def refuse_other_libraries(tables: Sequence[Table]) -> None:
    """Raise if tables come from different frame libraries."""
    first = tables[0]
    for other in tables[1:]:
        if _library(other) != _library(first):
            raise CustvalError(
                f"all frames must be of one library; {first.what} is {_library(first)} and {other.what} is "
                f"{_library(other)}",
                suggestion=f"bring {other.what} to {_library(first)} first",
                code="mixed_libraries",
            )


def _library(table: Table) -> str:
    return "a mapping" if table.is_mapping else str(table.frame.implementation.value)


def duplicated(table: Table, columns: Sequence[str], keep: Literal["first", "none"]) -> NDArray[np.bool_]:
    """Rows equal to another one in these columns, null to null; with `keep="first"` the first of them is not."""
    if table.frame.implementation.is_pandas():
        native = table.frame.to_native()
        rows = _booleans_apart(native[columns[0]].to_frame() if len(columns) == 1 else native[list(columns)])
        rows = rows[columns[0]] if len(columns) == 1 else rows
        return np.array(rows.duplicated(keep="first" if keep == "first" else False).to_numpy(), dtype=bool)
    place = "row"
    while place in columns:
        place += "_"
    kept = table.frame.select(*columns).with_row_index(place).unique(subset=list(columns), keep=keep)[place]
    found = np.ones(len(table), dtype=bool)
    found[kept.to_numpy()] = False
    return found


def _booleans_apart(native: Any) -> Any:
    """A frame of pandas with other objects for True and False where 1 and 0 may stand beside them, which equal them."""
    import pandas as pd

    made = native.copy(deep=False)
    for name, column in native.items():
        if column.dtype == object and pd.api.types.infer_dtype(column) in {"mixed", "mixed-integer"}:
            made[name] = column.map(_apart)
    return made


def _apart(value: Any) -> Any:
    return ("boolean", bool(value)) if isinstance(value, (bool, np.bool_)) else value


def refuse_duplicates(table: Table, code: IntArray) -> None:
    """Raise if a customer stands in more than one row of a table that has one row per customer."""
    repeated = np.bincount(code)[code] > 1 if code.size else np.zeros(0, dtype=bool)
    count = int(repeated.sum())
    if count:
        rows = examples(repeated)
        raise DataError(
            f"{table.what}: {count:,} rows share their customer_id with another row (rows "
            f"{', '.join(map(str, rows))}{' …' if count > len(rows) else ''}); there must be one row per customer",
            column="customer_id",
            count=count,
            suggestion="keep one row per customer first",
            code="duplicate_customers",
            examples=rows,
        )


def shared_codes(tables: Sequence[Table]) -> tuple[list[IntArray], nw.Series[Any]]:
    """Number the customers of several tables alike.

    Returns
    -------
    codes : list of arrays of int64
        For each table, for each row, the position of its customer among all.
    customers : narwhals Series
        The customers of all tables, sorted.
    """
    own, names = zip(*(identifiers(table, "customer_id", "customers") for table in tables), strict=True)
    filled = [place for place, ids in enumerate(names) if len(ids)]
    if len(filled) < 2:
        return list(own), names[filled[0] if filled else 0]
    ids = _of_one_type([names[place] for place in filled], [tables[place].what for place in filled])
    both = nw.concat([series.alias("customer_id").to_frame() for series in ids])["customer_id"]
    code, customers = codes(both)
    parts = np.split(code, np.cumsum([len(series) for series in ids])[:-1])
    shared = list(own)
    for place, part in zip(filled, parts, strict=True):
        shared[place] = part[own[place]]
    return shared, customers


def _of_one_type(ids: Sequence[nw.Series[Any]], whats: Sequence[str]) -> list[nw.Series[Any]]:
    kinds = [_kind(series) for series in ids]
    for kind, what in zip(kinds, whats, strict=True):
        if kind != kinds[0]:
            raise ColumnError(
                f"customer_id holds {kinds[0]} in {whats[0]} and {kind} in {what}: no customer of one would be found "
                "in the other",
                column="customer_id",
                suggestion=f"give both one type first, in pandas: "
                f"df['customer_id'] = df['customer_id'].astype({'str' if kinds[0] == 'text' else 'int'})",
                code="key_type",
            )
    if all(series.dtype == ids[0].dtype for series in ids):
        return list(ids)
    return [series.cast(nw.String if kinds[0] == "text" else nw.Int64) for series in ids]


def _kind(series: nw.Series[Any]) -> str:
    if series.dtype == nw.Object:
        return "whole numbers" if isinstance(series[0], int) else "text"
    return "whole numbers" if series.dtype.is_integer() else "text"
