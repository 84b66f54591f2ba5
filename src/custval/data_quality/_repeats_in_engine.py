"""Rows that stand more than once, found by windows in the engine of a lazy frame."""

from __future__ import annotations

from collections.abc import Sequence

from custval._frame import LazyTable, is_missing, nw

__all__ = ["count_of_equals", "keys_of", "place_among_equals"]


def keys_of(table: LazyTable, columns: Sequence[str], prefix: str) -> tuple[dict[str, nw.Expr], list[str]]:
    """Working columns by which rows can be compared, null and NaN being equal; and the names of the keys."""
    made = {
        f"{prefix}key_{name}": nw.when(~is_missing(name, table.schema[name])).then(nw.col(name))
        for name in columns
        if table.schema[name].is_float()
    }
    names = [f"{prefix}key_{name}" if f"{prefix}key_{name}" in made else name for name in columns]
    return {f"{prefix}one": nw.lit(1), **made}, names


def count_of_equals(keys: Sequence[str], prefix: str) -> nw.Expr:
    """How many rows have these keys (of `keys_of`), for each row."""
    return nw.col(f"{prefix}one").sum().over(*keys)


def place_among_equals(keys: Sequence[str], order: Sequence[str], prefix: str) -> nw.Expr:
    """The place of each row, from 1, among those that have the same keys."""
    return nw.col(f"{prefix}one").cum_sum().over(*keys, order_by=list(order))
