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


def look(table: LazyTable, needed: Mapping[str, str], *, finite: Iterable[str] = (), **more: nw.Expr) -> dict[str, Any]:
    """Run one small aggregate: refuse missing and infinite values, and bring what else is asked.

    Parameters
    ----------
    needed : mapping of str to str
        The columns in which nothing may be missing, and what to do about it.
    finite : iterable of str
        Columns of numbers in which nothing may be infinite.
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
    unbounded = [name for name in finite if table.schema[name].is_float()]
    asked = {f"missing_{place}": count_where(is_missing(name, table.schema[name])) for place, name in enumerate(needed)}
    asked |= {f"infinite_{place}": count_where(nw.col(name).abs() == np.inf) for place, name in enumerate(unbounded)}
    found = table.facts(rows=nw.len(), **asked, **more)
    for place, (name, way) in enumerate(needed.items()):
        refuse_missing(table.what, name, found[f"missing_{place}"], found["rows"], way)
    for place, name in enumerate(unbounded):
        if found[f"infinite_{place}"]:
            raise DataError(
                f"{table.what}: column {name!r} is infinite in {found[f'infinite_{place}']:,} rows",
                column=name,
                count=found[f"infinite_{place}"],
                suggestion="replace infinite values first",
                code="infinite",
            )
    return found


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
