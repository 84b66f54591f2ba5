"""The columns that a caller asks for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from custval._frame import Table
from custval.errors import CustvalError

__all__ = ["wanted_columns"]


def wanted_columns(table: Table, columns: Any) -> list[str] | None:
    """A column or a list of columns that are there; None where none is asked for."""
    if columns is None:
        return None
    names = [columns] if isinstance(columns, str) else columns
    if not isinstance(names, Iterable):
        raise CustvalError(f"columns must be a column or a list of columns; got {columns!r}")
    found = list(names)
    table.require(*found)
    return list(dict.fromkeys(found))
