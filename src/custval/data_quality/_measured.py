"""Columns as numbers with gaps, strata of rows, and which columns only number the rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from custval._frame import Table, as_floats, as_text_column, codes, nulls, numbers, nw, times
from custval.data_quality._column_profile import kind_of
from custval.data_quality._columns_named import columns_named
from custval.data_quality._text import column_as_text
from custval.typing import FloatArray, IntArray

__all__ = ["Strata", "coded", "counts_on", "measured", "strata"]


def counts_on(values: FloatArray) -> bool:
    """Whether numbers without gaps only number the rows: whole, all different, and close together or all long."""
    if values.size < 2 or not np.all(values == np.floor(values)):
        return False
    low, high = float(values.min()), float(values.max())
    if np.unique(values).size < values.size:
        return False
    # phone and identity numbers have as many digits as each other
    return high - low < 2 * values.size or low >= 1e9


def measured(table: Table, name: str, kind: str) -> FloatArray:
    """A column of numbers or times as float64 with NaN for nulls; infinite values stay, times are days since 1970."""
    if kind == "time":
        wall = times(table, name).wall.astype("M8[us]")
        days = wall.astype(np.int64) / 86_400e6
        return np.where(np.isnat(wall), np.nan, days)
    series = table[name]
    if series.dtype == nw.Object:
        return numbers(table, name, missing=True)
    missing = nulls(series)
    if not missing.any():
        return as_floats(series)
    values = np.full(len(series), np.nan)
    values[~missing] = as_floats(series[np.flatnonzero(~missing)])
    return values


def coded(table: Table, name: str, kind: str) -> tuple[IntArray, list[Any]]:
    """A column of texts or booleans as codes into its sorted distinct values; −1 for null."""
    series = table[name]
    known = np.flatnonzero(~nulls(series))
    code = np.full(len(series), -1, dtype=np.int64)
    if kind == "boolean":
        values, place = np.unique(np.asarray(series[known].to_numpy()).astype(bool), return_inverse=True)
        code[known] = place
        return code, values.tolist()
    place, distinct = codes(as_text_column(series[known]))
    code[known] = place
    return code, [str(text) for text in distinct.to_list()]


@dataclass(frozen=True, slots=True)
class Strata:
    """For each row the number of its stratum; for each stratum its values as text, None for null."""

    code: IntArray
    keys: list[tuple[str | None, ...]]
    columns: tuple[str, ...]

    def label(self, code: int) -> str:
        """A stratum in words: "country = France"; nothing for the one stratum of all rows."""
        pairs = zip(self.columns, self.keys[code], strict=True)
        return ", ".join(f"{name} = {'null' if value is None else value}" for name, value in pairs)


def strata(table: Table, columns: Any) -> Strata:
    """The strata of the rows: the combinations of values of some columns that are there; one of all for None."""
    by = [] if columns is None else columns_named(table, columns, "by")
    combined = np.zeros(len(table), dtype=np.int64)
    keys: list[tuple[str | None, ...]] = [()]
    for name in by:
        code, texts = _numbered(table, name)
        both, combined = np.unique(combined * len(texts) + code, return_inverse=True)
        keys = [(*keys[pair // len(texts)], texts[pair % len(texts)]) for pair in both.tolist()]
    return Strata(combined.astype(np.int64), keys, tuple(by))


def _numbered(table: Table, name: str) -> tuple[IntArray, list[str | None]]:
    series = table[name]
    known = np.flatnonzero(~nulls(series))
    values = series[known]
    if kind_of(table, name) == "other":
        values = table.series(name, column_as_text(values), nw.String)
    code, distinct = codes(values, ordered=False)
    full = np.zeros(len(series), dtype=np.int64)
    full[known] = code + 1
    return full, [None, *column_as_text(distinct)]
