"""Contracts in, one row per contract out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from custval._check import choice, flag, moment
from custval._frame import LazyTable, Table, enter_any, labels, numbers, nw, refuse_nulls, refuse_other_zone, times
from custval._kernels.calendar import whole_periods
from custval.errors import ColumnError, CustvalError, DataError
from custval.summary._contracts_in_engine import summarize_contracts_lazily
from custval.typing import Grain, Instant, IntArray, IntoFrame

__all__ = ["summarize_contracts"]


def summarize_contracts(
    contracts: IntoFrame,
    *,
    unit: Grain,
    until: Instant | None = None,
    tz: str | None = None,
    check: bool = True,
) -> Any:
    """Summarize contracts to their duration in whole periods, one row per contract.

    `observed` with `duration` t: left in period t. Not observed: still there after t completed periods.

    Parameters
    ----------
    contracts : frame
        With `customer_id` and either `duration` and `observed`, or `started_at` and `ended_at` (null: still
        running). `ended_at` is the first day without the contract.
    unit : {"D", "W", "M", "Y"}
        The period between two renewals; months and years are calendar ones.
    until : date or time, optional
        The end of observation, inclusive; only for contracts with dates. The last date in the data if not given.
    tz, check
        As in `summarize`; without `check` a lazy frame of contracts with dates needs `until`.

    Returns
    -------
    frame of the library that came in, in the order that came in; a lazy frame in its engine
        `customer_id, duration, observed, unit`, then every other column but the two dates. Ended by `until`:
        `duration` = max(1, periods rounded up), observed. Running, or ending later: completed periods, not
        observed. Contracts that start after `until` have no row.

    Raises
    ------
    ColumnError
        If neither pair of columns is there, or both.
    DataError
        If a contract ends before it starts, or a duration is not a whole number (at least 1 where observed).

    Examples
    --------
    >>> import custval as cv
    >>> table = {
    ...     "customer_id": ["a", "b"],
    ...     "started_at": ["2024-01-31", "2024-01-01"],
    ...     "ended_at": ["2024-03-15", None],
    ... }
    >>> cv.summarize_contracts(cv.contracts(table), unit="M", until="2024-06-30")["duration"]
    [2, 5]
    """
    unit_ = choice(unit, "unit", ("D", "W", "M", "Y"))
    check = flag(check, "check")
    table = enter_any(contracts, "contracts")
    _refuse_both(table)
    if isinstance(table, LazyTable):
        return summarize_contracts_lazily(table, unit_, until, tz, check=check)
    table.require("customer_id", door="contracts")
    refuse_nulls(table["customer_id"], table.what, "drop these rows first")
    if "started_at" in table and "ended_at" in table:
        rows, duration, observed = _from_dates(table, unit_, until, tz)
    else:
        table.require("duration", "observed", door="contracts")
        if until is not None:
            raise CustvalError("until needs started_at and ended_at; these contracts come with a duration")
        rows = np.arange(len(table))
        duration, observed = _from_durations(table)
    kept = replace(table, frame=table.rows(rows))
    dropped = {"customer_id", "duration", "observed", "unit", "started_at", "ended_at"}
    return table.make(
        {
            "customer_id": kept["customer_id"],
            "duration": duration,
            "observed": observed,
            "unit": labels(kept, "unit", np.zeros(len(rows), np.int64), [unit_]),
            **{name: kept[name] for name in kept.columns if name not in dropped},
        }
    )


def _refuse_both(table: Table | LazyTable) -> None:
    if all(column in table for column in ("started_at", "ended_at", "duration", "observed")):
        raise ColumnError(
            f"{table.what} has both dates (started_at, ended_at) and durations (duration, observed), which may differ",
            column="duration",
            suggestion="drop one pair of columns",
        )


def _from_dates(
    table: Table, unit: str, until: Instant | None, tz: str | None
) -> tuple[IntArray, IntArray, NDArray[np.bool_]]:
    refuse_nulls(table["started_at"], table.what, "drop these rows, or fill in the start")
    start, end = times(table, "started_at", "contracts"), times(table, "ended_at", "contracts")
    if start.zone != end.zone:
        raise DataError(
            f"started_at and ended_at are in different time zones: {start.zone} and {end.zone}",
            suggestion="bring both to one zone first",
            code="mixed_zones",
        )
    refuse_other_zone(start.zone, tz, table.what, "started_at")
    first, last = start.wall.astype("M8[D]"), end.wall.astype("M8[D]")
    running = np.isnat(last)
    backwards = ~running & (last < first)
    if backwards.any():
        raise DataError(
            f"{table.what}: {int(backwards.sum()):,} contracts end before they start",
            column="ended_at",
            count=int(backwards.sum()),
            suggestion="correct or drop these rows",
            code="ends_before_start",
            examples=np.flatnonzero(backwards)[:5].tolist(),
        )
    if until is not None:
        final = moment(until, "until", start.zone).stamp.astype("M8[D]")
    else:
        final = np.concatenate([first, last[~running]]).max() if len(first) else np.datetime64("1970-01-01", "D")
    rows = np.flatnonzero(first <= final)
    first, last, running = first[rows], last[rows], running[rows]
    observed = ~running & (last <= final)
    ended = whole_periods(first, np.where(observed, last, first), unit, up=True)
    alive = whole_periods(first, np.full(len(first), final), unit, up=False)
    return rows, np.where(observed, np.maximum(ended, 1), alive), observed


def _from_durations(table: Table) -> tuple[IntArray, NDArray[np.bool_]]:
    duration = numbers(table, "duration")
    if table["observed"].dtype != nw.Boolean:
        flags = numbers(table, "observed")
        bad_flag = (flags != 0) & (flags != 1)
    else:
        refuse_nulls(table["observed"], table.what, "drop these rows first")
        flags = np.asarray(table["observed"].to_numpy(), dtype=np.float64)
        bad_flag = np.zeros(len(flags), dtype=bool)
    observed = flags == 1
    bad = bad_flag | (duration != np.floor(duration)) | (duration < observed)
    if bad.any():
        raise DataError(
            f"{table.what}: {int(bad.sum()):,} rows have no whole duration (at least 1 where observed), or an "
            "observed that is neither true nor false",
            column="duration",
            count=int(bad.sum()),
            suggestion="durations count completed periods; for flags in words: cv.contracts(df, true_values=('Yes',))",
            code="duration",
            examples=np.flatnonzero(bad)[:5].tolist(),
        )
    return duration.astype(np.int64), observed
