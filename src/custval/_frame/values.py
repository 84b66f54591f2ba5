"""Columns as arrays of numbers, their nulls, and text from codes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import NDArray

from custval.errors import ColumnError, DataError
from custval.typing import FloatArray

if TYPE_CHECKING:
    from custval._frame.table import Table


def examples(mask: NDArray[np.bool_], most: int = 5) -> list[int]:
    """The first few row numbers at which a mask is true."""
    found: list[int] = np.flatnonzero(mask)[:most].tolist()
    return found


def plain(series: nw.Series[Any]) -> NDArray[Any] | None:
    """The numbers, booleans or times of numpy that a column of pandas is, read-only and not copied; else None."""
    if not series.implementation.is_pandas():
        return None
    native = series.to_native()
    if not isinstance(native.dtype, np.dtype) or native.dtype.kind not in "iufbM":
        return None
    values: NDArray[Any] = native.to_numpy().view()
    values.flags.writeable = False
    return values


def nulls(series: nw.Series[Any]) -> NDArray[np.bool_]:
    """Where a column is null; NaN counts as null in every library."""
    values = plain(series)
    if values is not None:
        found: NDArray[np.bool_] = np.zeros(len(values), bool) if values.dtype.kind in "iub" else np.isnan(values)
        return found
    mask = series.is_null()
    if series.dtype.is_float():
        mask = mask | series.is_nan().fill_null(value=True)
    return np.asarray(mask.to_numpy(), dtype=bool)


def refuse_nulls(series: nw.Series[Any], what: str, suggestion: str) -> None:
    """Raise a `DataError` that counts the nulls of a column."""
    missing = nulls(series)
    count = int(np.count_nonzero(missing))
    if count:
        rows = examples(missing)
        raise DataError(
            f"{what}: column {series.name!r} is missing in {count:,} of {len(missing):,} rows "
            f"(rows {', '.join(map(str, rows))}{' …' if count > len(rows) else ''}); {suggestion}",
            column=series.name,
            count=count,
            suggestion=suggestion,
            code="missing_values",
            examples=rows,
        )


def numbers(table: Table, column: str, *, missing: bool = False) -> FloatArray:
    """A numeric column as float64, shape (n,).

    With `missing` nulls come back as NaN; otherwise nulls and NaN raise a `DataError`. Infinite values and text
    always raise.
    """
    series = _numeric(table[column], table.what)
    gone, held = nulls(series), plain(series)
    if not missing and gone.any():
        refuse_nulls(series, table.what, "drop or fill these rows first")
    if held is not None:
        values = held.astype(np.float64, copy=False)
    elif gone.any():
        values = np.full(len(series), np.nan)
        values[~gone] = as_floats(series[np.flatnonzero(~gone)])
    else:
        values = as_floats(series)
    infinite = np.isinf(values)
    if infinite.any():
        raise DataError(
            f"{table.what}: column {column!r} is infinite in {int(infinite.sum()):,} rows",
            column=column,
            count=int(infinite.sum()),
            suggestion="replace infinite values first",
            code="infinite",
            examples=examples(infinite),
        )
    return values


def as_floats(series: nw.Series[Any]) -> FloatArray:
    """A numeric column without nulls as float64."""
    # a cast of Arrow refuses whole numbers beyond 2⁵³, and quotes one; numpy takes the nearest float
    numbers = series if series.dtype.is_integer() else series.cast(nw.Float64)
    return np.asarray(numbers.to_numpy(), dtype=np.float64)


def _numeric(series: nw.Series[Any], what: str) -> nw.Series[Any]:
    if series.dtype.is_numeric():
        return series
    if series.dtype == nw.Object and series.implementation.is_pandas_like():
        # Decimals, and whole numbers among None, are objects in pandas
        import pandas as pd

        native = series.to_native()
        if not native.map(lambda value: isinstance(value, (str, bytes, bool))).any():
            try:
                return nw.from_native(pd.to_numeric(native.astype("float64")), series_only=True)
            except (OverflowError, TypeError, ValueError):
                pass
    if nulls(series).all():
        empty = np.full(len(series), np.nan)
        return nw.new_series(series.name, empty, nw.Float64, backend=series.implementation)
    kind = "text" if series.dtype == nw.String else str(series.dtype)
    raise ColumnError(
        f"{what}: column {series.name!r} must hold numbers; it holds {kind}",
        column=series.name,
        suggestion=f'convert it first, in pandas: df["{series.name}"] = pd.to_numeric(df["{series.name}"])',
    )


def labels(table: Table, name: str, code: NDArray[Any], names: Sequence[str]) -> nw.Series[Any]:
    """Text from codes into a short list of names; a code of −1 is null."""
    known = table.series(name, [*names, None], nw.String)
    return known[np.where(code < 0, len(names), code).astype(np.int64)]


def constant(table: Table, column: str) -> str | None:
    """The one text value of a column that must be constant; None without the column or without rows."""
    if column not in table or len(table) == 0:
        return None
    distinct = table[column].unique().to_list()
    if len(distinct) == 1 and isinstance(distinct[0], str):
        return distinct[0]
    raise DataError(
        f"{table.what}: column {column!r} must hold one text value throughout; it holds "
        f"{', '.join(repr(value) for value in sorted(map(str, distinct))[:5])}",
        column=column,
        count=len(distinct),
        suggestion=f"keep one {column} in a table",
        code="not_constant",
    )


def whole_characters(text: str) -> str:
    """The text with U+FFFD for halves of surrogate pairs, for which no column of text has room."""
    return text if text.isascii() else text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
