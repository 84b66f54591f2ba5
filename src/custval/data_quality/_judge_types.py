"""Which values can be read as numbers, texts, times or booleans: on arrays, and as expressions for any engine."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from custval._frame import LazyTable, Table, codes, nowhere, nulls, nw, zone_of
from custval.data_quality._misfits import dtype_of, kind_of_column, misfit
from custval.data_quality._rule import Rule
from custval.data_quality._vocabularies import FALSE, TRUE
from custval.errors import CustvalError

__all__ = ["not_of_type", "not_of_type_in_engine"]

_NUMBER = r"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*"
_BOOLEANS = TRUE | FALSE
_PYTHON_TYPES: Mapping[str, tuple[type, ...]] = {
    "number": (int, float, Decimal, np.number),
    "text": (str,),
    "time": (dt.date, np.datetime64),
    "boolean": (bool, np.bool_),
}


def not_of_type(rule: Rule, table: Table) -> NDArray[np.bool_]:
    """The rows whose value cannot be read as the type of a rule.

    Raises
    ------
    ColumnError
        If no value of the column can.
    """
    name, kind = rule.columns[0], rule.parameters["kind"]
    series = table[name]
    known = np.flatnonzero(~nulls(series))
    failing = np.zeros(len(table), dtype=bool)
    if series.dtype == nw.Object:
        failing[known] = [not _fits(value, kind) for value in series[known].to_list()]
    elif kind_of_column(series.dtype) == "text" and kind != "text":
        code, distinct = codes(series[known], ordered=False)
        failing[known] = np.array([not _READS[kind](str(text)) for text in distinct.to_list()], dtype=bool)[code]
    elif kind == "boolean" and series.dtype.is_numeric():
        failing[known] = [value not in (0, 1) for value in series[known].to_list()]
    elif not _holds(series.dtype, kind, zoned=zone_of(series) is not None):
        raise misfit(rule, table, f"{kind}s" if kind != "text" else kind)
    return failing


def not_of_type_in_engine(rule: Rule, table: LazyTable) -> nw.Expr:
    """Where the value cannot be read as the type of a rule.

    Raises
    ------
    ColumnError
        If no value of the column can.
    CustvalError
        If text is to be read as times, which no engine does like another.
    """
    name, kind = rule.columns[0], rule.parameters["kind"]
    dtype = dtype_of(table, name)
    column = nw.col(name)
    if kind_of_column(dtype) == "text" and kind != "text":
        if kind == "time":
            raise CustvalError(
                f"{table.what} is a lazy frame, and {rule.name} would read text as times, which engines do in ways of "
                "their own",
                column=name,
                suggestion="collect the frame first",
                code="lazy",
            )
        text = column if dtype == nw.String else column.cast(nw.String)
        if kind == "number":
            return ~column.is_null() & ~text.str.contains(rf"\A(?:{_NUMBER})\z")
        return ~column.is_null() & ~text.str.strip_chars().str.to_lowercase().is_in(sorted(_BOOLEANS))
    if kind == "boolean" and dtype.is_numeric():
        number = column.cast(nw.Float64)
        return ~number.is_null() & ~number.is_nan() & (number != 0.0) & (number != 1.0)
    if not _holds(dtype, kind):
        raise misfit(rule, table, f"{kind}s" if kind != "text" else kind)
    return ~column.is_null() & nowhere()


def _holds(dtype: Any, kind: str, *, zoned: bool = False) -> bool:
    if kind == "time":
        return zoned or dtype in (nw.Date, nw.Datetime)
    return kind_of_column(dtype) == {"number": "numbers", "text": "text", "boolean": "booleans"}[kind]


def _fits(value: Any, kind: str) -> bool:
    """Whether a Python object is of a kind, or text that can be read as such."""
    if isinstance(value, str):
        return kind == "text" or _READS[kind](value)
    if kind == "number" and isinstance(value, (bool, np.bool_)):
        return False
    if kind == "boolean" and isinstance(value, _PYTHON_TYPES["number"]):
        return value in (0, 1)
    return isinstance(value, _PYTHON_TYPES[kind])


def _reads_as_time(text: str) -> bool:
    try:
        dt.datetime.fromisoformat(text.strip())
    except ValueError:
        return False
    return True


_READS: Mapping[str, Callable[[str], bool]] = {
    "number": lambda text: re.fullmatch(_NUMBER, text, re.ASCII) is not None,
    "time": _reads_as_time,
    "boolean": lambda text: text.strip().lower() in _BOOLEANS,
}
