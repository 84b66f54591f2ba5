"""What became of the cells of columns of text, distinct value by distinct value; as an audit log, row by row."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from itertools import compress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from custval._frame import Table, Texts, labels, nw
from custval.errors import DataError

__all__ = ["ColumnChanges", "changes_of", "log_of", "refuse_problems", "unparsed_of"]


@dataclasses.dataclass(frozen=True, slots=True)
class ColumnChanges:
    """The distinct texts of a column, and for each what it is now, by which rule, or what is wrong with it.

    `rules[i]` is empty where nothing is to be logged, `problems[i]` where the text was understood.
    """

    column: str
    kind: str
    texts: Texts
    after: Sequence[str | None]
    rules: Sequence[str]
    problems: Sequence[str]

    def rows_where(self, which: NDArray[np.bool_]) -> NDArray[np.int64]:
        """The rows whose text is one of some."""
        if not which.any():
            return np.zeros(0, dtype=np.int64)
        return np.flatnonzero(np.append(which, False)[self.texts.code])


def log_of(table: Table, changes: Sequence[ColumnChanges]) -> Any:
    """One row per changed cell: `row, column, before, after, rule`, column by column."""
    return _frame(
        table,
        changes,
        lambda change: change.rules,
        lambda change: {"before": change.texts.distinct, "after": change.after, "rule": change.rules},
    )


def changes_of(table: Table, changes: Sequence[ColumnChanges]) -> Any:
    """One row per distinct change: `column, before, after, rule, cells`; those of most cells first."""
    texts: dict[str, list[str | None]] = {"before": [], "after": [], "rule": []}
    cells, names = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for number, change in enumerate(changes):
        which = np.fromiter(map(bool, change.rules), dtype=bool)
        known = change.texts.code[change.texts.code >= 0]
        cells.append(np.bincount(known, minlength=len(which))[which])
        names.append(np.full(cells[-1].size, number, dtype=np.int64))
        for name, values in (("before", change.texts.distinct), ("after", change.after), ("rule", change.rules)):
            texts[name] += compress(values, which.tolist())
    counts = np.concatenate(cells)
    order = np.argsort(-counts, kind="stable")
    column = labels(table, "column", np.concatenate(names)[order], [change.column for change in changes])
    gathered = {name: _gathered(table, name, values, order) for name, values in texts.items()}
    return table.make({"column": column, **gathered, "cells": counts[order]})


def unparsed_of(table: Table, changes: Sequence[ColumnChanges]) -> Any:
    """One row per cell that was not understood: `row, column, value, kind, reason`."""
    return _frame(
        table,
        changes,
        lambda change: change.problems,
        lambda change: {
            "value": change.texts.distinct,
            "kind": [change.kind] * len(change.texts.distinct),
            "reason": change.problems,
        },
    )


def _frame(
    table: Table,
    changes: Sequence[ColumnChanges],
    wanted: Callable[[ColumnChanges], Sequence[str]],
    cells: Callable[[ColumnChanges], dict[str, Sequence[str | None]]],
) -> Any:
    rows: list[NDArray[np.int64]] = []
    places: list[NDArray[np.int64]] = []
    vocabulary: dict[str, list[str | None]] = {}
    names: list[NDArray[np.int64]] = []
    begin = 0
    for number, change in enumerate(changes):
        which = np.fromiter(map(bool, wanted(change)), dtype=bool)
        found = change.rows_where(which)
        # only the texts that are shown are kept, so that the vocabulary stays small
        new_place = np.cumsum(which) - 1 + begin
        rows.append(found)
        places.append(new_place[change.texts.code[found]])
        names.append(np.full(found.size, number, dtype=np.int64))
        for name, values in cells(change).items():
            vocabulary.setdefault(name, []).extend(value for value, shown in zip(values, which, strict=True) if shown)
        begin += int(which.sum())
    place = np.concatenate(places) if places else np.zeros(0, dtype=np.int64)
    row = np.concatenate(rows) if rows else np.zeros(0, dtype=np.int64)
    column = np.concatenate(names) if names else np.zeros(0, dtype=np.int64)
    if not vocabulary:
        vocabulary = {name: [] for name in cells(_NOTHING)}
    return table.make(
        {
            "row": row,
            "column": labels(table, "column", column, [change.column for change in changes]),
            **{name: _gathered(table, name, values, place) for name, values in vocabulary.items()},
        }
    )


_NOTHING = ColumnChanges("", "", Texts(np.zeros(0, dtype=np.int64), []), [], [], [])


def _gathered(table: Table, name: str, values: list[str | None], place: NDArray[np.int64]) -> nw.Series[Any]:
    return table.series(name, [*values, None], nw.String)[place]


def refuse_problems(table: Table, changes: Sequence[ColumnChanges], errors: str) -> None:
    """Raise for the first column with texts that were not understood; names the reason, and no value."""
    for change in changes:
        bad = np.array([bool(problem) for problem in change.problems], dtype=bool)
        rows = change.rows_where(bad)
        if rows.size:
            reason = change.problems[int(np.flatnonzero(bad)[0])]
            raise DataError(
                f"{table.what}: column {change.column!r} holds {rows.size:,} values that cannot be read as "
                f"{change.kind}, such as in row {rows[0]}: {reason}; leave out errors='raise' to have them listed",
                column=change.column,
                count=int(rows.size),
                suggestion=f"errors={errors!r}",
                code="unparseable",
                examples=rows[:5].tolist(),
            )
