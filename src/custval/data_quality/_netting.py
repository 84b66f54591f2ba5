"""Refunds netted in a transactions table: which lines can meet, and what is left of their quantity and amount."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from custval._frame import Table, examples, nulls, numbers, nw, times
from custval._kernels.refunds import net_refunds
from custval.data_quality._groups import groups
from custval.errors import ColumnError, DataError
from custval.typing import FloatArray, IntArray

__all__ = ["Netting", "net"]

_EXACT = 2**53  # from here on floats leave whole numbers out


@dataclasses.dataclass(frozen=True, slots=True)
class Netting:
    """What netting does to a table: all arrays have one entry per row.

    `table` has the new quantities and amounts; `gone` marks lines of which nothing is left, `changed` lines of which
    a part is left, `unmatched` refunds that found too little to be netted against.
    """

    table: Table
    is_refund: NDArray[np.bool_]
    gone: NDArray[np.bool_]
    changed: NDArray[np.bool_]
    unmatched: NDArray[np.bool_]


def net(table: Table, staying: NDArray[np.bool_], is_refund: NDArray[np.bool_]) -> Netting:
    """Net refunds, which are among the staying rows, against earlier sales, oldest first."""
    if not is_refund.any():
        nothing = np.zeros(len(table), dtype=bool)
        return Netting(table, is_refund, nothing, nothing, nothing)
    measures = _measures(table)
    sizing = next(iter(measures))  # quantity where there is one, else amount
    lines = _lines_that_count(table, staying, is_refund, measures)
    size = np.zeros(len(table))
    size[lines] = np.abs(measures[sizing][lines])
    group = np.full(len(table), -1, dtype=np.int64)
    group[lines] = groups(table, [name for name in ("customer_id", "product_id") if name in table], lines)
    netted = net_refunds(group, _instants(table, lines), is_refund, size)
    gone = netted.touched & (netted.remaining == 0)
    changed = netted.touched & ~gone
    unmatched = is_refund & ~gone
    rows = np.flatnonzero(changed)
    if not rows.size:
        return Netting(table, is_refund, gone, changed, unmatched)
    left, whole = netted.remaining[rows], size[rows]
    new = {sizing: np.sign(measures[sizing][rows]) * left}
    if sizing == "quantity" and "amount" in measures:
        new["amount"] = measures["amount"][rows] * left / whole
    columns = [_put(table, name, rows, values) for name, values in new.items()]
    after = dataclasses.replace(table, frame=table.frame.with_columns(*columns))
    return Netting(after, is_refund, gone, changed, unmatched)


def _measures(table: Table) -> dict[str, FloatArray]:
    """Quantity and amount, those that are there."""
    found = {name: numbers(table, name, missing=True) for name in ("quantity", "amount") if name in table}
    if not found:
        raise ColumnError(
            f"{table.what} has neither 'quantity' nor 'amount', and refunds are netted by one of them. Name your "
            'columns once, at the door: cv.transactions(df, quantity="your column", amount="your column")',
            column="quantity",
            suggestion='cv.transactions(df, quantity="your column"), or refunds="drop"',
        )
    return found


def _lines_that_count(
    table: Table, staying: NDArray[np.bool_], is_refund: NDArray[np.bool_], measures: dict[str, FloatArray]
) -> IntArray:
    """Refunds, and sales: lines of positive quantity and amount; all of a known customer, product and time."""
    missing = {name: np.isnan(values) & staying for name, values in measures.items()}
    sales = staying & ~is_refund
    for values in measures.values():
        sales &= ~(values <= 0)  # what is not known may be one
    lines = sales | is_refund
    for name in ("customer_id", "product_id"):
        if name in table:
            lines &= ~nulls(table[name])
    _refuse(table, missing | {"timestamp": nulls(table["timestamp"]) & lines})
    for name, values in measures.items():
        if not table[name].dtype.is_float():
            _refuse_inexact(table, name, (np.abs(values) >= _EXACT) & lines)
    return np.flatnonzero(lines)


def _refuse(table: Table, missing: dict[str, NDArray[np.bool_]]) -> None:
    """Raise if something that netting reads is null, and name all such columns, and the way out of all."""
    found = {name: where for name, where in missing.items() if where.any()}
    if not found:
        return
    said: list[str] = []
    for name, where in found.items():
        count, rows = int(where.sum()), examples(where)
        more = " …" if count > len(rows) else ""
        of = "of them" if said else "of the lines left when refunds are netted"
        said.append(f"column {name!r} is missing in {count:,} {of} (rows {', '.join(map(str, rows))}{more})")
    conditions = ", ".join(f'"no {name}": "is_null({name})"' for name in found)
    way_out = f"exclude={{{conditions}}}"
    anywhere = np.logical_or.reduce(list(found.values()))
    raise DataError(
        f"{table.what}: {' and '.join(said)}, so it is not known what they can be netted against; set them aside with "
        f"{way_out}, or choose refunds='drop' or 'keep'",
        column=next(iter(found)),
        count=int(anywhere.sum()),
        suggestion=way_out,
        code="missing_values",
        examples=examples(anywhere),
    )


def _refuse_inexact(table: Table, column: str, where: NDArray[np.bool_]) -> None:
    count = int(where.sum())
    if count:
        way_out = f'exclude={{"absurd {column}": "abs({column}) >= {_EXACT}"}}'
        rows = examples(where)
        raise DataError(
            f"{table.what}: column {column!r} is 2**53 or more in {count:,} of the lines that netting reads (rows "
            f"{', '.join(map(str, rows))}{' …' if count > len(rows) else ''}), and what is left of so large whole "
            f"numbers would not be exact; set them aside with {way_out}, or choose refunds='drop' or 'keep'",
            column=column,
            count=count,
            suggestion=way_out,
            code="too_large",
            examples=rows,
        )


def _instants(table: Table, lines: IntArray) -> IntArray:
    instant = times(table, "timestamp", "transactions").instant
    result: IntArray = np.zeros(len(table), dtype=np.int64)
    result[lines] = instant[lines].view(np.int64)
    return result


def _put(table: Table, name: str, rows: IntArray, values: FloatArray) -> nw.Series[Any]:
    """The column with other numbers in some rows; whole numbers and decimals become floats where they must."""
    series = table[name]
    whole = series.dtype.is_integer() and bool(np.all(values == np.rint(values)))
    if not whole and not series.dtype.is_float():
        series = table.series(name, numbers(table, name, missing=True))
    placed: nw.Series[Any] = series.scatter(rows.tolist(), table.series(name, values).cast(series.dtype))
    return placed
