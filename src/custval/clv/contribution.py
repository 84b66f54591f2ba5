"""What each customer brought in, from the transactions themselves: no model, no forecast."""

from __future__ import annotations

from typing import Any

import numpy as np

from custval._frame import enter, numbers, stamps
from custval._kernels import occasions as kernel
from custval.clv._answers import float_column
from custval.clv._spans import days_and_longer, period_ends
from custval.summary._lines import Lines, read
from custval.typing import FloatArray, IntArray, IntoFrame

__all__ = ["contribution"]


def contribution(transactions: IntoFrame, every: str | None = None, *, tz: str | None = None) -> Any:
    """What each customer brought in: revenue, cost, margin, and the share of the whole.

    Parameters
    ----------
    transactions : frame
        With `customer_id`, `timestamp` and `amount`; `cost` (of the whole line, not of a piece) and `order_id` are
        used where present.
    every : str, optional
        Split time into spans: "1D", "1W", "1M" and "1Y" are calendar periods (weeks end on Sunday), other spans such
        as "3M" or "28D" count back from the last day of the data. One row per customer over all time if not given.
    tz : str, optional
        The time zone whose days are meant; it must be that of the timestamps.

    Returns
    -------
    frame of the library that came in
        One row per customer with a line (in the span), those who brought most first: `customer_id`; with `every`
        `period_end`, the last day of the span; `revenue`, the sum of the amounts, refunds included; `cost` and
        `margin` (revenue − cost), which are absent where the transactions have no `cost`; `orders`, distinct
        `order_id` among lines of positive amount (without `order_id`: those lines); `share` of the sum of all margins
        (of the revenues, where there is no cost); `cumulative_share`, the sum of the shares down to this row.
        With `every` spans follow each other in time, and shares are of the span.

    Raises
    ------
    ColumnError
        If a column is missing or of a type that cannot serve.
    DataError
        If customers, times, amounts or costs are missing.

    Notes
    -----
    Every line is in one row, so the rows add up to the transactions. Customers who gave back more than they bought
    have a negative share, and the cumulative share passes 1 before it comes back to it. Where all customers
    together bring in nothing, or less, there is no whole to have a share of: both shares are null.
    An order with lines in two spans is counted in both.

    Examples
    --------
    >>> import custval as cv
    >>> tx = {
    ...     "customer_id": ["a", "b", "b", "c"],
    ...     "timestamp": ["2024-01-03", "2024-01-20", "2024-02-11", "2024-02-12"],
    ...     "amount": [20.0, 50.0, 10.0, 20.0],
    ...     "cost": [10.0, 30.0, 5.0, 15.0],
    ... }
    >>> brought = cv.clv.contribution(cv.transactions(tx))
    >>> brought["customer_id"], brought["margin"], brought["cumulative_share"]
    (['b', 'a', 'c'], [25.0, 10.0, 5.0], [0.625, 0.875, 1.0])
    """
    cut = None if every is None else days_and_longer(every)
    table = enter(transactions, "transactions")
    table.require("customer_id", "timestamp", "amount", door="transactions")
    lines = read(table, "D", tz)
    cost = numbers(table, "cost") if "cost" in table else None
    n = len(lines.customers)
    if cut is None:
        cell, customer, period = lines.code, np.arange(n), np.zeros(n, dtype=np.int64)
    else:
        place, ends = period_ends(lines.wall.astype("M8[D]"), cut)
        held, cell = np.unique(place * n + lines.code, return_inverse=True)
        period, customer = np.divmod(held, max(n, 1))
    money = _money(lines, cell, len(customer), cost)
    measure = money.get("margin", money["revenue"])
    order = np.lexsort((customer, -measure, period))
    share, cumulative = _shares(measure[order], period[order])
    columns: dict[str, Any] = {"customer_id": lines.customers[customer[order]]}
    if cut is not None:
        days = ends[period[order]].astype("M8[us]")
        columns["period_end"] = stamps("period_end", days, None, table.frame.implementation)
    columns |= {name: values[order] for name, values in money.items()}
    columns["orders"] = _orders(lines, cell, len(customer))[order]
    columns["share"] = float_column(table, share)
    columns["cumulative_share"] = float_column(table, cumulative)
    return table.make(columns)


def _money(lines: Lines, cell: IntArray, size: int, cost: FloatArray | None) -> dict[str, FloatArray]:
    amount = np.zeros(0) if lines.amount is None else lines.amount
    money = {"revenue": kernel.sums(cell, size, amount)}
    if cost is not None:
        money["cost"] = kernel.sums(cell, size, cost)
        money["margin"] = money["revenue"] - money["cost"]
    return money


def _orders(lines: Lines, cell: IntArray, size: int) -> IntArray:
    makes = np.zeros(0, dtype=bool) if lines.amount is None else lines.amount > 0
    if lines.order is None:
        return np.bincount(cell[makes], minlength=size).astype(np.int64)
    return kernel.count_distinct(cell[makes], size, lines.order[makes])


def _shares(measure: FloatArray, period: IntArray) -> tuple[FloatArray, FloatArray]:
    """Of rows sorted by period, the share of the period's total and its running sum; NaN without a positive total."""
    if not measure.size:
        return measure, measure
    start = np.flatnonzero(np.diff(period, prepend=-1))
    length = np.diff(np.append(start, period.size))
    total, turnover = (np.repeat(np.add.reduceat(part, start), length) for part in (measure, np.abs(measure)))
    # gains and losses that cancel may leave a rest of rounding, which is no whole
    share = np.divide(measure, total, out=np.full(measure.size, np.nan), where=total > 1e-12 * turnover)
    # within each period for itself: nothing of an earlier one is subtracted
    cumulative = np.concatenate([np.cumsum(part) for part in np.split(share, start[1:])])
    return share, cumulative
