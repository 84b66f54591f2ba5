"""What a column holds, in the words of the rules, and the error where that does not fit."""

from __future__ import annotations

from typing import Any

from custval._frame import LazyTable, Table, nw
from custval.data_quality._rule import Rule
from custval.errors import ColumnError

__all__ = ["dtype_of", "kind_of_column", "kind_of_value", "misfit"]


def dtype_of(table: Table | LazyTable, name: str) -> Any:
    """The type of a column."""
    return table.schema[name] if isinstance(table, LazyTable) else table[name].dtype


def kind_of_value(value: Any) -> str:
    """What a constant of a rule is."""
    return "booleans" if isinstance(value, bool) else "text" if isinstance(value, str) else "numbers"


def kind_of_column(dtype: Any) -> str:
    """What a column holds: text, booleans, numbers, or the type itself."""
    if dtype in (nw.String, nw.Categorical, nw.Enum):
        return "text"
    return "booleans" if dtype == nw.Boolean else "numbers" if dtype.is_numeric() else str(dtype)


def misfit(rule: Rule, table: Table | LazyTable, wanted: str, column: str | None = None) -> ColumnError:
    """The error about a column (by default the first of a rule) whose type a rule cannot read."""
    name = rule.columns[0] if column is None else column
    held = kind_of_column(dtype_of(table, name))
    message = f"{table.what}: column {name!r} must hold {wanted}, for {rule.name}; it holds {held}"
    way = "convert the column first"
    if rule.check == "references":
        like = next(iter(rule.parameters["values"]))
        message += f". The reference holds {wanted}, such as {like!r}, so none of these values could be found in it"
        way = "give the column and the reference one type first"
    return ColumnError(message, column=name, suggestion=way)
