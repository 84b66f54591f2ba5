"""What must be true of the columns of a lazy frame: read off its types, or asked of the engine in one aggregate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from custval._frame.lazy import LazyTable
from custval.errors import ColumnError, DataError

__all__ = ["as_number", "count_where", "is_missing", "look", "nowhere", "require_identifiers", "require_numbers"]


def as_number(condition: nw.Expr) -> nw.Expr:
    """1 where a condition holds, else 0; null is not holding. No engine sums booleans like another."""
    return nw.when(condition).then(nw.lit(1)).otherwise(nw.lit(0))


def count_where(condition: nw.Expr) -> nw.Expr:
    """In how many rows a condition holds."""
    return as_number(condition).sum()


def nowhere() -> nw.Expr:
    """A condition that holds in no row; engines differ in how they spread a constant `False`."""
    return nw.lit(0) == 1


def is_missing(column: str, dtype: Any) -> nw.Expr:
    """Where a column is null; NaN counts as null in every engine."""
    value = nw.col(column)
    return value.is_null() | value.is_nan() if dtype.is_float() else value.is_null()


def require_numbers(table: LazyTable, *names: str) -> None:
    """Raise a `ColumnError` for the first column that does not hold numbers."""
    for name in names:
        dtype = table.schema[name]
        if not dtype.is_numeric():
            raise ColumnError(
                f"{table.what}: column {name!r} must hold numbers; it holds {'text' if dtype == nw.String else dtype}",
                column=name,
                suggestion="cast it to numbers first",
            )


def require_identifiers(table: LazyTable, column: str, door: str) -> None:
    """Raise a `ColumnError` if a column cannot tell customers apart: only text, whole numbers and categories can."""
    dtype = table.schema[column]
    # a tuple and not a set: types with parameters equal their class and hash otherwise
    if dtype in (nw.String, nw.Categorical, nw.Enum) or dtype.is_integer():
        return
    how = f'cv.{door}(df, {column.removesuffix("_id")}="{column}")'
    raise ColumnError(
        f"{table.what}: column {column!r} must hold text or whole numbers; it holds {dtype}. "
        f"The door turns whole-number floats into integers: {how}",
        column=column,
        suggestion=how,
    )


def look(table: LazyTable, needed: Mapping[str, str], *, finite: Iterable[str] = (), **more: Any) -> dict[str, Any]:
    """Run one small aggregate: refuse missing and infinite values, and bring what else is asked.

    Parameters
    ----------
    needed : mapping of str to str
        The columns in which nothing may be missing, and what to do about it.
    finite : iterable of str
        Those of them in which nothing may be infinite.
    **more : Expr
        Further aggregates.

    Returns
    -------
    dict
        `rows`, and the answers to `more`.

    Raises
    ------
    DataError
        With the number of rows that are missing or infinite.
    """
    bounded = frozenset(finite)
    # counts of what is usable cost a fraction of conditions summed; what is wrong is asked only where they fall short
    known = {f"known_{place}": _usable(table, name, name in bounded).count() for place, name in enumerate(needed)}
    found = table.facts(rows=nw.len(), **known, **more)
    rows = found["rows"]
    short = [name for place, name in enumerate(needed) if found[f"known_{place}"] < rows]
    if short:
        missing = table.facts(
            **{str(place): count_where(is_missing(name, table.schema[name])) for place, name in enumerate(short)}
        )
        for place, name in enumerate(short):
            refuse_missing(table.what, name, missing[str(place)], rows, needed[name])
        count = rows - found[f"known_{list(needed).index(short[0])}"]
        raise DataError(
            f"{table.what}: column {short[0]!r} is infinite in {count:,} rows",
            column=short[0],
            count=count,
            suggestion="replace infinite values first",
            code="infinite",
        )
    return found


def _usable(table: LazyTable, name: str, finite: bool) -> nw.Expr:  # noqa: FBT001 - of this file
    """The values of a column that are neither missing nor, if they must be `finite`, infinite."""
    value = nw.col(name)
    if not table.schema[name].is_float():
        return value
    return nw.when(value.abs() < np.inf if finite else ~value.is_nan()).then(value)


def refuse_missing(what: str, column: str, count: int | None, rows: int, way: str) -> None:
    """Raise if values are missing, saying in how many rows, and what to do."""
    if count:
        raise DataError(
            f"{what}: column {column!r} is missing in {count:,} of {rows:,} rows; {way}",
            column=column,
            count=count,
            suggestion=way,
            code="missing_values",
        )
