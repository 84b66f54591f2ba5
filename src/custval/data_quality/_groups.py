"""Rows that belong together, numbered; and the rows of which all that is needed is known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from custval._frame import Table, codes, nulls
from custval.errors import CustvalError, DataError
from custval.typing import IntArray

__all__ = ["groups", "known_rows"]


def known_rows(table: Table, columns: Iterable[str]) -> IntArray:
    """The rows that have no null in any of these columns."""
    known = np.ones(len(table), dtype=bool)
    for column in columns:
        known &= ~nulls(table[column])
    return np.flatnonzero(known)


def groups(table: Table, columns: Sequence[str], rows: IntArray) -> IntArray:
    """A number for each combination of values in these rows; null equals null.

    Raises
    ------
    DataError
        If values cannot be compared, such as lists.
    """
    group = np.zeros(rows.size, dtype=np.int64)
    for column in columns:
        series = table[column]
        missing = nulls(series)[rows]
        code = np.zeros(rows.size, dtype=np.int64)
        try:
            found, distinct = codes(series[rows[~missing]], ordered=False)
        except CustvalError:
            raise
        except Exception as error:
            raise DataError(
                f"{table.what}: rows cannot be compared in {column!r}: {error}",
                column=column,
                suggestion="bring columns of lists or dicts into text or numbers first",
                code="incomparable",
            ) from error
        code[~missing] = found + 1
        group, _ = codes(table.series("group", group * (len(distinct) + 1) + code), ordered=False)
    return group
