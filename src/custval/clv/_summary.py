"""The summary that purchase models read: its columns, checked for what no customer can have."""

from __future__ import annotations

from typing import Any

import numpy as np

from custval._frame import LazyTable, Table, enter_any, examples, numbers
from custval.clv._demands import HOW, Law
from custval.errors import DataError
from custval.typing import FloatArray, IntoFrame

__all__ = ["customer_laws", "enter_summary", "frequency_law", "refuse_broken_frequency", "summary_columns"]

# beyond it floats do not count one by one
_MOST_PURCHASES = 2.0**53


def enter_summary(X: IntoFrame, also: tuple[str, ...] = (), hint: str = HOW) -> Table | LazyTable:
    """A frame with the columns that purchase models read, and others that are needed."""
    table = enter_any(X, "X")
    table.require("frequency", "recency", "T", hint=HOW)
    table.require(*also, hint=hint)
    return table


def frequency_law(x: Any) -> Law:
    """A frequency, of an array or an expression, is a count."""
    broken = (x < 0) | _broken_number(x) | (x > _MOST_PURCHASES)
    return Law("frequency", broken, "a frequency is a whole number of at least 0, and at most 2**53")


def _broken_number(values: Any) -> Any:
    """Where an array or an expression is not whole; rounding an array takes a tenth of the time of a remainder."""
    return np.rint(values) - values != 0 if isinstance(values, np.ndarray) else values % 1 != 0


def customer_laws(x: Any, t_x: Any, T: Any, *, discrete: bool = False) -> tuple[Law, ...]:
    """What holds of the frequency, recency and T of every customer, all three arrays or all three expressions.

    With `discrete`, time is counted in opportunities to buy: whole numbers, and no more purchases than opportunities.
    """
    differ = ((x == 0) & (t_x != 0)) | ((x != 0) & (t_x == 0))
    laws = (
        frequency_law(x),
        Law("recency", (t_x < 0) | (t_x > T), "a recency lies between 0 and T"),
        Law("T", T < 0, "T is at least 0"),
        Law("recency", differ, "recency is 0 exactly for customers with frequency 0"),
    )
    if not discrete:
        return laws
    return (
        *laws,
        Law("recency", _broken_number(t_x), "recency is a whole number of opportunities to buy"),
        Law("T", _broken_number(T), "T is a whole number of opportunities to buy"),
        Law("frequency", x > t_x, "there is at most one purchase for each opportunity"),
    )


def refuse_broken_frequency(x: FloatArray) -> None:
    """Raise if a frequency is no count."""
    with np.errstate(invalid="ignore"):  # of infinite ones
        _refuse(frequency_law(x), None)


def summary_columns(
    table: Table, rows: FloatArray | None = None, *, discrete: bool = False
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Frequency, recency and T, checked by `customer_laws`; `rows` says how many customers stand behind each."""
    x, t_x, T = (numbers(table, name) for name in ("frequency", "recency", "T"))
    for law in customer_laws(x, t_x, T, discrete=discrete):
        _refuse(law, rows)
    return x, t_x, T


def _refuse(law: Law, rows: FloatArray | None) -> None:
    count = int(np.count_nonzero(law.broken) if rows is None else rows[law.broken].sum())
    if count:
        found = examples(law.broken) if rows is None else None
        shown = f" (rows {', '.join(map(str, found))}{' …' if count > 5 else ''})" if found else ""
        raise DataError(
            f"X: {law.text}; {count:,} rows are not so{shown}",
            column=law.column,
            count=count,
            suggestion=HOW,
            code="impossible",
            examples=found or (),
        )
