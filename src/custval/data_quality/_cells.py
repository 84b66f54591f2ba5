"""A column as its distinct values and the number of each cell's: what the functions of privacy work on."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from custval._frame import Table, codes, is_times, nulls, numbers, nw, times
from custval.errors import ColumnError, CustvalError, DataError
from custval.typing import FloatArray, IntArray

__all__ = ["Cells", "canonical_text", "cells", "quiet_numbers"]


@dataclass(frozen=True, slots=True)
class Cells:
    """A column's distinct values as text, and for each row the number of its value (−1: null).

    `kind` is "text", "number", "boolean" or "time".
    """

    code: IntArray
    texts: list[str]
    kind: str

    @property
    def counts(self) -> IntArray:
        """Rows of each distinct value."""
        return np.bincount(self.code[self.code >= 0], minlength=len(self.texts)).astype(np.int64)

    def spread(self, table: Table, name: str, values: Sequence[str | None]) -> Any:
        """A text column with these values in place of the distinct ones; nulls stay null."""
        known = table.series(name, [*values, None], nw.String)
        return known[np.where(self.code < 0, len(values), self.code)]


def cells(table: Table, name: str, *, nested: bool = False) -> Cells:
    """Read a column: distinct values in canonical text, in order of appearance.

    Raises
    ------
    ColumnError
        If it holds values that have no canonical text, such as lists; with `nested` their text is taken as it is.
    """
    series = table[name]
    where = np.flatnonzero(~nulls(series))
    code = np.full(len(series), -1, dtype=np.int64)
    if series.dtype == nw.Date or is_times(series):
        own, texts = _of_times(table, name, where)
        kind = "time"
    else:
        own, texts = _of_values(series[where], name, table.what, nested=nested)
        kind = _kind(series.dtype)
    code[where], merged = _merge(own, texts)
    return Cells(code, merged, kind)


def quiet_numbers(table: Table, name: str) -> FloatArray:
    """A numeric column as float64 with nulls as NaN; no error shows a value.

    Raises
    ------
    DataError
        If there are infinite numbers, or whole ones that float64 has no room for.
    """
    try:
        return numbers(table, name, missing=True)
    except CustvalError:
        raise
    except ValueError:  # Arrow names the first number that does not fit
        raise DataError(
            f"{table.what}: column {name!r} holds whole numbers beyond 2^53, which cannot be computed with exactly",
            column=name,
            suggestion="treat such a column as text, or divide it first",
            code="too_large",
        ) from None


def _kind(dtype: Any) -> str:
    if dtype == nw.Boolean:
        return "boolean"
    if dtype.is_numeric():
        return "number"
    return "text"


def _of_times(table: Table, name: str, where: IntArray) -> tuple[IntArray, list[str]]:
    moments = times(table, name)
    distinct, own = np.unique(moments.instant[where], return_inverse=True)
    zone = "" if moments.zone is None else "Z"
    return own.reshape(-1).astype(np.int64), [_time_text(text) + zone for text in np.datetime_as_string(distinct)]


def _time_text(text: str) -> str:
    """ISO text of a time without zeros that say nothing."""
    day, _, clock = str(text).partition("T")
    clock = clock.rstrip("0").rstrip(".") if "." in clock else clock
    return day if clock in {"", "00:00:00"} else f"{day}T{clock}"


def _of_values(series: Any, name: str, what: str, *, nested: bool) -> tuple[IntArray, list[str]]:
    if series.dtype in (nw.Categorical, nw.Enum):
        series = series.cast(nw.String)
    if series.dtype in (nw.String, nw.Boolean) or series.dtype.is_numeric():
        own, distinct = codes(series, ordered=False)
        return own, [canonical_text(value) for value in distinct.to_list()]
    convert: Callable[[Any], str] = _any_text if nested else canonical_text
    try:
        return np.arange(len(series)), [convert(value) for value in series.to_list()]
    except TypeError:
        raise ColumnError(
            f"{what}: column {name!r} holds values of type {series.dtype}; it must hold text, numbers, dates or "
            "booleans",
            column=name,
            suggestion="take nested values apart into columns of their own, or make them text, first; decode bytes",
        ) from None


def _any_text(value: Any) -> str:
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).decode("utf-8", "backslashreplace")
    try:
        return canonical_text(value)
    except TypeError:
        return str(value)


def _merge(own: IntArray, texts: list[str]) -> tuple[IntArray, list[str]]:
    """Values of the same text are the same value."""
    number: dict[str, int] = {}
    place = np.array([number.setdefault(text, len(number)) for text in texts], dtype=np.int64)
    return (place[own] if len(own) else own), list(number)


def canonical_text(value: Any) -> str:
    """The one text of a value, whatever library or type it is stored in.

    Text in Unicode normal form C; whole numbers in decimal, also those stored as floats; other numbers in the
    shortest decimal notation that reads back as the same float64; booleans as "true" and "false"; dates as
    2024-01-31, which is also a time at midnight without a zone; other times as 2024-01-31T12:30:05.25 (without zone)
    or in UTC with a "Z".

    Raises
    ------
    TypeError
        For values of other types.
    """
    if isinstance(value, str):
        return value if value.isascii() else unicodedata.normalize("NFC", value)
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float, Decimal)):
        return _number_text(value)
    if isinstance(value, dt.date):
        return _date_text(value)
    raise TypeError(type(value).__name__)


def _number_text(value: float | Decimal) -> str:
    if isinstance(value, Decimal):
        if not value.is_finite():
            return str(float(value))
        text = format(value, "f")
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return "0" if text in {"-0", ""} else text
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value)


def _date_text(value: dt.date) -> str:
    if not isinstance(value, dt.datetime):
        return value.isoformat()
    if value.tzinfo is not None:
        return _time_text(value.astimezone(dt.UTC).replace(tzinfo=None).isoformat()) + "Z"
    return _time_text(value.isoformat())
