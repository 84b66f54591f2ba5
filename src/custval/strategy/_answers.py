"""What the rooms say of each customer: their frames read, and matched with the customers."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from custval._check import Moment
from custval._frame import (
    Table,
    enter,
    examples,
    is_times,
    nulls,
    numbers,
    nw,
    refuse_duplicates,
    refuse_other_libraries,
    shared_codes,
    times,
)
from custval._kernels.calendar import not_after
from custval.errors import ColumnError, CustvalWarning, DataError
from custval.typing import FloatArray, IntArray

__all__ = ["DIMENSIONS", "Answer", "answers"]

DIMENSIONS: Mapping[str, tuple[str, ...]] = {
    "stage": ("stage",),
    "value": ("clv",),
    "satisfaction": ("satisfaction",),
    "churn": ("churn_probability",),
    "segment": ("rfm_segment", "tier", "cluster", "segment"),
}
"""The dimensions of the view, and the columns that are taken for each if none is named."""

_DATES = ("stage_since", "answered_at", "cutoff")


@dataclass(frozen=True, slots=True)
class Answer:
    """One column aligned with the customers: null, and not `known`, where there is no answer."""

    series: nw.Series[Any]
    known: NDArray[np.bool_]
    what: str
    band: nw.Series[Any] | None = None

    @classmethod
    def unknown(cls, customers: Table, what: str, dtype: Any = nw.Float64) -> Answer:
        """No answer for anyone."""
        nobody = np.zeros(len(customers), dtype=np.int64)
        return cls(customers.series(what, [None], dtype)[nobody], nobody > 0, what)

    def numbers(self) -> FloatArray:
        """The answers as float64, NaN where there is none."""
        return numbers(Table(self.series.to_frame(), self.what), self.series.name, missing=True)


@dataclass(frozen=True, slots=True)
class _Source:
    """A frame with one row per customer, and the column that answers."""

    table: Table
    column: str
    dimension: str

    def answer(self, row: IntArray) -> Answer:
        """The answers of the customers whose rows are given, −1 for those without one."""
        series, known = _taken(self.table[self.column], row)
        own_band = f"{self.dimension}_band"
        band = _taken(self.table[own_band], row)[0] if own_band in self.table else None
        return Answer(series, known, self.table.what, band)


def answers(customers: Table, given: Mapping[str, Any], as_of: Moment) -> dict[str, Answer]:
    """What each given frame says of each customer, and no answer for the frames that are not given."""
    sources = {name: _source(name, frame, as_of) for name, frame in given.items() if frame is not None}
    rows = _rows([customers, *(source.table for source in sources.values())])
    found = {name: source.answer(row) for (name, source), row in zip(sources.items(), rows, strict=True)}
    for name in given:
        if name not in found:
            text = name in {"stage", "segment"}
            found[name] = Answer.unknown(customers, name, nw.String if text else nw.Float64)
    return found


def _source(dimension: str, given: Any, as_of: Moment) -> _Source:
    pair = isinstance(given, tuple) and len(given) == 2 and isinstance(given[1], str)
    frame, column = given if pair else (given, None)
    table = enter(frame, dimension)
    table.require("customer_id", door="customers")
    if column is None:
        column = _canonical(table, dimension)
    table.require(column)
    for date in _DATES:
        if date in table and (is_times(table[date]) or table[date].dtype == nw.Date):
            _refuse_later(table, date, as_of)
    return _Source(table, column, dimension)


def _canonical(table: Table, dimension: str) -> str:
    names = DIMENSIONS[dimension]
    there = [name for name in names if name in table]
    if len(there) == 1:
        return there[0]
    listed = " or ".join(map(repr, names))
    got = f"it has {' and '.join(map(repr, there))}" if there else f"it has {', '.join(map(repr, table.columns))}"
    raise ColumnError(
        f"{dimension}: the frame must have one column {listed}; {got}",
        column=there[0] if there else names[0],
        suggestion=f'name the column: {dimension}=(frame, "{there[0] if there else "your column"}")',
        code="ambiguous_column" if there else "column",
    )


def _refuse_later(table: Table, column: str, as_of: Moment) -> None:
    wall = times(table, column).wall
    later = ~np.isnat(wall) & ~not_after(wall, as_of.stamp, whole_day=as_of.whole_day)
    count = int(later.sum())
    if count:
        raise DataError(
            f"{table.what}: {column} lies after as_of={as_of} in {count:,} rows (up to {wall[later].max()}): "
            "this frame knows of what came later",
            column=column,
            count=count,
            suggestion=f"make it as of {as_of}, or give the view a later as_of",
            code="after_as_of",
            examples=examples(later),
        )


def _rows(tables: list[Table]) -> list[IntArray]:
    """For each table but the first, for each row of the first, the row of the same customer, or −1."""
    refuse_other_libraries(tables)
    codes, everyone = shared_codes(tables)
    for table, code in zip(tables, codes, strict=True):
        refuse_duplicates(table, code)
    here = np.zeros(len(everyone), dtype=bool)
    here[codes[0]] = True
    rows = []
    for table, code in zip(tables[1:], codes[1:], strict=True):
        strangers = int(np.count_nonzero(~here[code]))
        if strangers:
            warnings.warn(
                f"{strangers:,} of {len(code):,} customers of {table.what} are not in customers, and have no row",
                CustvalWarning,
                stacklevel=4,
            )
        row = np.full(len(everyone), -1, dtype=np.int64)
        row[code] = np.arange(len(code))
        rows.append(row[codes[0]])
    return rows


def _taken(column: nw.Series[Any], row: IntArray) -> tuple[nw.Series[Any], NDArray[np.bool_]]:
    """The values in the rows given, null where a row is −1 or its value is NaN; and where they are known."""
    backend = column.implementation
    if not len(column):
        return nw.new_series(column.name, [None], column.dtype, backend=backend)[np.zeros_like(row)], row > 0
    known = (row >= 0) & ~nulls(column)[row]
    taken = column[np.maximum(row, 0)]
    if known.all():
        return taken, known
    has = nw.new_series("known", known, backend=backend)
    pair = nw.from_dict({"answer": taken.alias("answer"), "known": has}, backend=backend)
    return pair.select(nw.when(nw.col("known")).then(nw.col("answer")))["answer"].alias(column.name), known
