"""Rows that stand more than once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from custval._frame import Table
from custval.errors import DataError

__all__ = ["repeats"]


def repeats(
    table: Table, columns: Sequence[str] | None = None, keep: Literal["first", "none"] = "first"
) -> NDArray[np.bool_]:
    """Rows equal to another one in these columns (default: all); null equals null.

    With `keep="first"` the first of equal rows is not counted among them.
    """
    chosen = list(columns) if columns is not None else table.columns
    mask = np.ones(len(table), dtype=bool)
    if not chosen or not len(table):
        return np.zeros(len(table), dtype=bool)
    place = "row"
    while place in chosen:
        place += "_"
    numbered = table.frame.select(*chosen).with_row_index(place)
    try:
        kept = numbered.unique(subset=chosen, keep=keep)[place]
    except Exception as error:
        raise DataError(
            f"{table.what}: rows cannot be compared in {', '.join(map(repr, chosen))}: {error}",
            suggestion="bring columns of lists or dicts into text or numbers first",
            code="incomparable",
        ) from error
    mask[kept.to_numpy()] = False
    return mask
