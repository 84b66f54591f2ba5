"""Rows and money counted by group in the engine of a lazy frame: the one small aggregate of a result."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from custval._frame import LazyTable, count_where, is_missing, nw, to_mapping

__all__ = ["infinite", "money", "tally"]


def money(table: LazyTable) -> nw.Expr:
    """The sum of the column `amount`; unknown amounts count as nothing."""
    known = nw.when(~is_missing("amount", table.schema["amount"])).then(nw.col("amount").cast(nw.Float64))
    return known.otherwise(nw.lit(0.0)).sum()


def infinite() -> nw.Expr:
    """In how many rows the column `amount` is infinite."""
    return count_where(nw.col("amount").cast(nw.Float64).abs() == nw.lit(math.inf))


def tally(
    table: LazyTable, frame: nw.LazyFrame[Any], by: str, asked: Mapping[str, nw.Expr]
) -> dict[int, dict[str, float]]:
    """Aggregates for each value of a column of whole numbers; the only rows that come to Python."""
    found = to_mapping(table.fetch(frame.group_by(by).agg(**asked)))
    groups = found.pop(by)
    return {
        int(group): {name: values[place] or 0 for name, values in found.items()} for place, group in enumerate(groups)
    }
