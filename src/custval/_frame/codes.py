"""The distinct values of a column, numbered."""

from __future__ import annotations

from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import NDArray

from custval._frame.table import Table
from custval._frame.values import nulls, refuse_nulls
from custval.errors import ColumnError, DataError


def codes(series: nw.Series[Any], *, ordered: bool = True) -> tuple[NDArray[np.int64], nw.Series[Any]]:
    """Number the distinct values of a column without nulls, in sorted order (or as they come).

    Returns
    -------
    codes : array of int64, shape (n,)
        For each row the position of its value among the distinct ones.
    distinct : narwhals Series
        The distinct values in the order of their codes, in the column's own library and type.
    """
    code, first = _factorize(series)
    distinct = series[first]
    order = _sorted_order(distinct) if ordered else None
    if order is None:
        return code, distinct
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return rank[code], distinct[order]


def coded_texts(series: nw.Series[Any]) -> tuple[NDArray[Any], list[Any]]:
    """Number the distinct values of a column of text, in any order; −1 where there is none.

    Returns
    -------
    codes : array of signed integers, shape (n,)
    distinct : list
        Texts, and what else a column of objects may hold. Of a categorical column all its categories.
    """
    encoded = arrow_codes(series)
    if encoded is not None:
        return encoded[0], encoded[1].to_pylist()
    if not series.implementation.is_pandas_like():
        known = np.flatnonzero(~nulls(series))
        part, distinct = codes(series[known], ordered=False)
        code = np.full(len(series), -1, dtype=np.int64)
        code[known] = part
        return code, distinct.to_list()
    import pandas as pd

    native = series.to_native()
    if isinstance(native.dtype, pd.CategoricalDtype):
        return native.cat.codes.to_numpy(), native.cat.categories.tolist()
    code, found = pd.factorize(native)
    return code, found.tolist()


def arrow_codes(series: nw.Series[Any]) -> tuple[NDArray[Any], Any] | None:
    """The codes of a column of text that stands in Arrow, −1 for null, and its dictionary; None for other columns."""
    if series.dtype != nw.String or not len(series):
        return None
    column: Any = series.to_native()
    if series.implementation.is_pandas():
        if getattr(column.dtype, "storage", "") != "pyarrow" and not hasattr(column.dtype, "pyarrow_dtype"):
            return None
        column = column.array.__arrow_array__()
    elif not series.implementation.is_pyarrow():
        return None
    encoded = column.dictionary_encode()
    encoded = encoded.combine_chunks() if hasattr(encoded, "combine_chunks") else encoded
    return encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False), encoded.dictionary


def identifiers(table: Table, column: str, door: str) -> tuple[NDArray[np.int64], nw.Series[Any]]:
    """Codes and sorted distinct values of an identifier column, which may not be null.

    Raises
    ------
    ColumnError
        If the column is no identifier: only text, whole numbers and categories are.
    DataError
        If rows have none.
    """
    series = table[column]
    refuse_nulls(series, table.what, f"drop these rows first: df = df[df['{column}'].notna()]")
    # a tuple and not a set: types with parameters equal their class and hash otherwise
    is_text = series.dtype in (nw.String, nw.Categorical, nw.Enum, nw.Object)
    if not (is_text or series.dtype.is_integer()) and len(series):
        how = f'cv.{door}(df, {column.removesuffix("_id")}="{column}")'
        raise ColumnError(
            f"{table.what}: column {column!r} must hold text or whole numbers; it holds {series.dtype}. "
            f"The door turns whole-number floats into integers: {how}",
            column=column,
            suggestion=how,
        )
    return codes(series)


def _factorize(series: nw.Series[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Codes in order of appearance, and the row in which each code appears first."""
    import pandas as pd

    if series.dtype.is_integer():
        values = np.asarray(series.to_numpy())
        values = values.astype(np.int64) if values.dtype == object else values
    elif series.dtype.is_float():
        values = np.asarray(series.to_numpy(), dtype=np.float64)  # Arrow tells -0.0 from 0.0
    else:
        values = _dictionary_codes(series)
    code, distinct = pd.factorize(values, use_na_sentinel=not series.dtype.is_float())
    code = code.astype(np.int64, copy=False)
    first = np.full(len(distinct), len(code), dtype=np.int64)
    first[code[::-1]] = np.arange(len(code) - 1, -1, -1)
    return code, first


def _dictionary_codes(series: nw.Series[Any]) -> Any:
    # Arrow numbers text several times faster than a hash of Python objects does
    if series.implementation.is_pandas_like():
        return series.to_native()
    try:
        import pyarrow as pa
    except ImportError:
        return np.asarray(series.to_numpy(), dtype=object)
    column = series.to_arrow() if not series.implementation.is_pyarrow() else series.to_native()
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if isinstance(column, pa.ChunkedArray):
        column = pa.concat_arrays(column.chunks)
    encoded = column if isinstance(column, pa.DictionaryArray) else column.dictionary_encode()
    return encoded.indices.to_numpy(zero_copy_only=False)


def _sorted_order(distinct: nw.Series[Any]) -> NDArray[np.int64] | None:
    """The order that sorts distinct values; None if they stand sorted already."""
    if distinct.dtype.is_integer():
        values = np.asarray(distinct.to_numpy())
        if values.size < 2 or bool(np.all(values[1:] > values[:-1])):
            return None
        return np.argsort(values, kind="stable").astype(np.int64)
    text = distinct.cast(nw.String) if distinct.dtype in (nw.Categorical, nw.Enum) else distinct
    place = nw.new_series("place", np.arange(len(text)), backend=text.implementation)
    frame = nw.maybe_reset_index(text.alias("value").to_frame()).with_columns(place)
    try:
        return np.asarray(frame.sort("value")["place"].to_numpy(), dtype=np.int64)
    except TypeError:
        raise DataError(
            f"column {distinct.name!r} mixes types that cannot be ordered, such as text and numbers",
            column=distinct.name,
            suggestion=f'make it one type: df["{distinct.name}"] = df["{distinct.name}"].astype("string")',
            code="mixed_types",
        ) from None
