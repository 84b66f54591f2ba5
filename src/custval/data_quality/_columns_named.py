"""The columns that a caller names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from custval._frame import Table
from custval.errors import CustvalError

__all__ = ["columns_named"]


def columns_named(table: Table, columns: Any, parameter: str = "columns") -> list[str]:
    """One column or several, each of which is text, is there, and is named once; at least one.

    Raises
    ------
    CustvalError
        If it is neither text nor several texts, names no column, or names one twice.
    ColumnError
        If there is no such column.
    """
    example = table.columns[0] if table.columns else "column"
    how = f"{parameter}=[{example!r}]"
    if isinstance(columns, (bytes, Mapping)) or not isinstance(columns, Iterable):
        raise CustvalError(
            f"{parameter} must be a column name or several; got a value of type {type(columns).__name__}",
            suggestion=how,
        )
    names = [columns] if isinstance(columns, str) else list(columns)
    if not names:
        raise CustvalError(f"{parameter} names no column", suggestion=how)
    strange = [type(name).__name__ for name in names if not isinstance(name, str)]
    if strange:
        raise CustvalError(
            f"{parameter} must be a column name or several; one of them is of type {strange[0]}",
            suggestion=how,
        )
    table.require(*names)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise CustvalError(
            f"{parameter} names a column twice: {', '.join(map(repr, twice))}", suggestion="name each column once"
        )
    return names if not isinstance(columns, (set, frozenset)) else sorted(names)
