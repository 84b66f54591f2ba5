"""Spellings of "missing", the usual ones or those said for a column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from custval._frame import Table, Texts, null_where, nulls, nw
from custval.data_quality._changes import ColumnChanges
from custval.data_quality._clean_text import LONGEST_MISSING, MISSING, clean, folded
from custval.errors import CustvalError

__all__ = ["Missing", "stands_for_nothing"]

_NAMES = frozenset({"name", "given_name", "family_name"})
# there are people of these names; written with a capital they are not taken for a blank
_PEOPLE = frozenset({"Null", "Na", "Nan", "Nil"})


def stands_for_nothing(cleaned: str, kind: str | None = None) -> bool:
    """Whether a cleaned text is one of the usual spellings of missing, or blank."""
    if not cleaned:
        return True
    if len(cleaned) > LONGEST_MISSING or folded(cleaned) not in MISSING:
        return False
    if kind in _NAMES:
        return cleaned not in _PEOPLE
    return not (kind == "country" and cleaned == "NA")


class Missing:
    """What counts as missing in which column."""

    def __init__(self, said: Any, table: Table, renamed: Mapping[str, str]) -> None:
        if said is not None and not isinstance(said, Mapping):
            raise CustvalError(f"missing must map columns to values: {{'age': [-99, 999]}}; got {said!r}")
        old_names = {new: old for old, new in renamed.items()}
        self._table = table
        self._values: dict[str, list[Any]] = {}
        for name, values in (said or {}).items():
            column: Any = name if name in table.columns else old_names.get(name, name)
            table.require(column)
            if isinstance(values, (str, bytes)) or not isinstance(values, Sequence):
                raise CustvalError(f"missing[{name!r}] must list values, such as [-99, 'none']; got {values!r}")
            self._values[column] = list(values)
        self._spellings = {name: frozenset(map(_spelling, values)) for name, values in self._values.items()}

    def says(self, column: str) -> bool:
        """Whether the caller said what is missing in a column."""
        return column in self._values

    def is_missing(self, cleaned: str, column: str, kind: str | None = None) -> bool:
        """Whether a cleaned text stands for nothing; blank ones do always."""
        if not cleaned:
            return True
        spellings = self._spellings.get(column)
        if spellings is not None:
            return folded(cleaned) in spellings
        return stands_for_nothing(cleaned, kind)

    def numeric(self) -> list[str]:
        """The columns of numbers for which missing values were said."""
        return [name for name in self._values if self._table[name].dtype.is_numeric()]

    def null_numbers(self, column: str, name: str) -> tuple[nw.Series[Any], ColumnChanges]:
        """A column of numbers without those that stand for missing, and the record of it."""
        series = self._table[column]
        known = ~nulls(series)
        code = np.full(len(series), -1, dtype=np.int64)
        values = [value for value in self._values[column] if _is_number(value)]
        for number, value in enumerate(values):
            equal = np.asarray((series == value).fill_null(value=False).to_numpy(), dtype=bool)
            code[equal & known & (code < 0)] = number
        changes = ColumnChanges(
            name,
            "number",
            Texts(code, [str(value) for value in values]),
            [None] * len(values),
            ["spelling of missing"] * len(values),
            [""] * len(values),
        )
        return null_where(series, code >= 0), changes


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool) and value == value  # noqa: PLR0124


def _spelling(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return folded(clean(str(value)))
