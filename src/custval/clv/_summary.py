"""The summary that purchase models read: its columns, checked for what no customer can have."""

from __future__ import annotations

from typing import Any

import numpy as np

from custval._frame import LazyTable, Table, enter_any, examples, numbers
from custval.clv._demands import HOW, MOST_PURCHASES
from custval.errors import DataError
from custval.typing import FloatArray, IntoFrame

__all__ = ["enter_summary", "refuse_broken_frequency", "summary_columns"]


def enter_summary(X: IntoFrame, also: tuple[str, ...] = (), hint: str = HOW) -> Table | LazyTable:
    """A frame with the columns that purchase models read, and others that are needed."""
    table = enter_any(X, "X")
    table.require("frequency", "recency", "T", hint=HOW)
    table.require(*also, hint=hint)
    return table


def refuse_broken_frequency(x: FloatArray, rows: FloatArray | None = None) -> None:
    """Raise if a frequency is no count; `rows` says how many customers stand behind each."""
    _refuse((x < 0) | (x != np.floor(x)), "frequency", "a frequency is a whole number of at least 0", rows)
    _refuse(x > MOST_PURCHASES, "frequency", f"a frequency is at most {MOST_PURCHASES:g}", rows)


def summary_columns(
    table: Table, rows: FloatArray | None = None, *, discrete: bool = False
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Frequency, recency and T, checked; `rows` as in `refuse_broken_frequency`.

    With `discrete`, time is counted in opportunities to buy: whole numbers, and no more purchases than opportunities.
    """
    x, t_x, T = (numbers(table, name) for name in ("frequency", "recency", "T"))
    refuse_broken_frequency(x, rows)
    _refuse((t_x < 0) | (t_x > T), "recency", "a recency lies between 0 and T", rows)
    _refuse(T < 0, "T", "T is at least 0", rows)
    _refuse((x == 0) != (t_x == 0), "recency", "recency is 0 exactly for customers with frequency 0", rows)
    if discrete:
        for name, times in (("recency", t_x), ("T", T)):
            _refuse(times != np.floor(times), name, f"{name} is a whole number of opportunities to buy", rows)
        _refuse(x > t_x, "frequency", "there is at most one purchase for each opportunity", rows)
    return x, t_x, T


def _refuse(bad: Any, column: str, law: str, rows: FloatArray | None) -> None:
    count = int(np.count_nonzero(bad) if rows is None else rows[bad].sum())
    if count:
        found = examples(bad) if rows is None else None
        shown = f" (rows {', '.join(map(str, found))}{' …' if count > 5 else ''})" if found else ""
        raise DataError(
            f"X: {law}; {count:,} rows are not so{shown}",
            column=column,
            count=count,
            suggestion=HOW,
            code="impossible",
            examples=found or (),
        )
