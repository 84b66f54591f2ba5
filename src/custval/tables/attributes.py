"""Customers out of a table that repeats their attributes in every row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from custval._check import choice
from custval._frame import Table, codes, enter, examples, identifiers, nulls, numbers, nw, refuse_nulls, times
from custval.errors import ColumnError, CustvalError, DataError
from custval.typing import IntArray, IntoFrame

__all__ = ["customers_from"]


def customers_from(table: IntoFrame, columns: str | Sequence[str], *, conflict: str = "latest") -> Any:
    """Lift a table of customers out of one that repeats their attributes in every row.

    Parameters
    ----------
    table : frame
        With `customer_id`; with `timestamp` for the latest values, and `sequence` where it orders rows of the same
        time (else the later row counts as the later one).
    columns : str or sequence of str
        The attributes of customers.
    conflict : {"latest", "mode", "raise"}
        Which value to take where a customer has several: the last one in time; the most frequent one (of equally
        frequent ones that which occurs last in time, then the first in sorted order); or none, but raise. Nulls
        never count as values.

    Returns
    -------
    frame of the library that came in, one row per customer, sorted by `customer_id`
        `customer_id`, the columns, and `conflicts`, the number of the columns in which the customer has more than
        one value.

    Raises
    ------
    ColumnError
        If a column is missing, among them `timestamp` where the latest value is wanted.
    DataError
        If rows have no customer or no time, or if there are conflicts and `conflict="raise"`.

    Examples
    --------
    >>> import custval as cv
    >>> import pandas as pd
    >>> tx = pd.DataFrame(
    ...     {
    ...         "customer_id": [2, 1, 1],
    ...         "timestamp": ["2024-01-05", "2024-02-01", "2024-01-01"],
    ...         "city": ["Bonn", "Rome", "Bari"],
    ...     }
    ... )
    >>> cv.customers_from(cv.transactions(tx), ["city"])
       customer_id  city  conflicts
    0            1  Rome          1
    1            2  Bonn          0
    """
    conflict = choice(conflict, "conflict", ("latest", "mode", "raise"))
    entered = enter(table, "the table")
    wanted = _attributes(entered, columns)
    if conflict == "latest" and "timestamp" not in entered:
        raise ColumnError(
            f"the latest value of a customer needs a column 'timestamp', and the table has only "
            f"{', '.join(map(repr, entered.columns))}; take the most frequent value: conflict='mode'",
            column="timestamp",
            suggestion="conflict='mode'",
        )
    customer, distinct = identifiers(entered, "customer_id", "transactions")
    order, rank = _order_of_time(entered)
    first = np.zeros(len(distinct), dtype=np.int64)
    first[customer[::-1]] = np.arange(len(customer))[::-1]
    result: dict[str, Any] = {"customer_id": distinct}
    disagree: dict[str, NDArray[np.bool_]] = {}
    for column in wanted:
        present = order[~nulls(entered[column])[order]]
        value, _ = codes(entered[column][present], ordered=conflict == "mode")
        chosen, differs = _last_value(customer[present], value, present, first)
        if conflict == "mode":
            among = differs[customer[present]]
            rows = present[among]
            best = _most_frequent(customer[rows], value[among], rank[rows])
            chosen[customer[rows[best]]] = rows[best]
        disagree[column] = differs
        result[column] = entered[column][chosen]
    if conflict == "raise":
        _refuse_conflicts(distinct, disagree, first)
    conflicts = np.sum(list(disagree.values()), axis=0, dtype=np.int64)
    return entered.make({**result, "conflicts": conflicts})


def _attributes(table: Table, columns: Any) -> list[str]:
    wanted = [columns] if isinstance(columns, str) else list(columns)
    if not wanted:
        raise CustvalError("columns must name at least one attribute of customers; got none")
    table.require("customer_id", door="transactions")
    table.require(*wanted)
    for column in wanted:
        if wanted.count(column) > 1 or column in {"customer_id", "conflicts"}:
            raise ColumnError(
                f"columns must name each attribute once, without 'customer_id' and 'conflicts', which the answer has "
                f"anyway; got {wanted!r}",
                column=column,
            )
    return wanted


def _order_of_time(table: Table) -> tuple[IntArray, IntArray]:
    """The rows in order of time, and for each row the rank of its time; the order of the rows without times."""
    if "timestamp" not in table:
        return np.arange(len(table)), np.zeros(len(table), dtype=np.int64)
    refuse_nulls(table["timestamp"], table.what, "drop these rows, or fill in the time")
    instant = times(table, "timestamp", "transactions").instant.astype(np.int64)
    sequence = numbers(table, "sequence") if "sequence" in table else np.zeros(len(table))
    order = np.lexsort((sequence, instant))
    later = (np.diff(instant[order]) != 0) | (np.diff(sequence[order]) != 0)
    rank = np.zeros(len(table), dtype=np.int64)
    rank[order[1:]] = np.cumsum(later)
    return order, rank


def _last_value(customer: IntArray, value: IntArray, row: IntArray, first: IntArray) -> tuple[IntArray, Any]:
    """For each customer the row of the last value, and whether there are several values; any row if there is none."""
    # where an index stands twice, the last assignment counts
    chosen = first.copy()
    chosen[customer] = row
    last = np.zeros(len(first), dtype=np.int64)
    last[customer] = value
    differs = np.zeros(len(first), dtype=bool)
    differs[customer[value != last[customer]]] = True
    return chosen, differs


def _most_frequent(customer: IntArray, value: IntArray, rank: IntArray) -> IntArray:
    """For each customer where its most frequent value stands; of several the latest, then the first in order.

    The rows come in order of time, so that a stable sort leaves each value's last row at the end of its run.
    """
    if not len(customer):
        return customer
    pair = customer * (value.max() + 1) + value
    order = np.argsort(pair, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(pair[order])), len(order) - 1)
    last, count = order[ends], np.diff(ends, prepend=-1)
    starts = np.append(0, np.flatnonzero(np.diff(customer[last])) + 1)
    length = np.diff(starts, append=len(last))
    often = count == np.repeat(np.maximum.reduceat(count, starts), length)
    when = np.where(often, rank[last], -1)
    latest = np.flatnonzero(when == np.repeat(np.maximum.reduceat(when, starts), length))
    final: IntArray = last[latest[np.append(True, np.diff(customer[last[latest]]) != 0)]]
    return final


def _refuse_conflicts(distinct: nw.Series[Any], disagree: Mapping[str, NDArray[np.bool_]], first: IntArray) -> None:
    several = np.any(list(disagree.values()), axis=0)
    if not several.any():
        return
    who = examples(several)
    by_column = ", ".join(f"{column!r} {np.count_nonzero(some):,}" for column, some in disagree.items() if some.any())
    raise DataError(
        f"{np.count_nonzero(several):,} customers have more than one value ({by_column}), such as "
        f"{', '.join(map(repr, distinct[np.array(who)].to_list()))}; take the last or the most frequent value",
        column=next(column for column, some in disagree.items() if some.any()),
        count=int(np.count_nonzero(several)),
        suggestion="conflict='latest' or conflict='mode'",
        code="conflicts",
        examples=first[who].tolist(),
    )
