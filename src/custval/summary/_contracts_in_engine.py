"""The summary of contracts as a query, for lazy frames."""

from __future__ import annotations

from typing import Any

import numpy as np

from custval._check import moment
from custval._frame import (
    LazyTable,
    as_number,
    count_where,
    day_number,
    look,
    nowhere,
    nw,
    require_numbers,
    wall_clock,
    zone_of_days,
)
from custval._frame.engine_times import ends_of, period_number, refuse_infinite
from custval.errors import ColumnError, CustvalError, DataError
from custval.typing import Instant

__all__ = ["summarize_contracts_lazily"]

_DROP = "leave these rows out first"
_DROPPED = frozenset({"customer_id", "duration", "observed", "unit", "started_at", "ended_at"})


def summarize_contracts_lazily(
    table: LazyTable, unit: str, until: Instant | None, tz: str | None, *, check: bool
) -> Any:
    """One row per contract, as `summarize_contracts` makes it of an eager frame."""
    kept = [name for name in table.columns if name not in _DROPPED]
    table.refuse_twins([*kept, "customer_id", "duration", "observed", "unit"])
    table.require("customer_id", door="contracts")
    if "started_at" in table and "ended_at" in table:
        frame, duration, observed = _from_dates(table, unit, until, tz, check=check)
    else:
        table.require("duration", "observed", door="contracts")
        if until is not None:
            raise CustvalError("until needs started_at and ended_at; these contracts come with a duration")
        frame, duration, observed = _from_durations(table, check=check)
    return table.leave(
        frame.select(
            "customer_id",
            duration.cast(nw.Int64).alias("duration"),
            observed.alias("observed"),
            nw.lit(unit).alias("unit"),
            *kept,
        )
    )


def _from_dates(
    table: LazyTable, unit: str, until: Instant | None, tz: str | None, *, check: bool
) -> tuple[nw.LazyFrame[Any], nw.Expr, nw.Expr]:
    first, last = wall_clock(table, "started_at", "contracts"), wall_clock(table, "ended_at", "contracts")
    zone = zone_of_days(table, "started_at", tz)
    if zone_of_days(table, "ended_at", tz) != zone:
        raise DataError(
            "started_at and ended_at are in different time zones",
            suggestion="bring both to one zone first",
            code="mixed_zones",
        )
    final = _check_dates(table, first, last) if check else None
    if until is not None:
        final = moment(until, "until", zone).stamp.astype("M8[D]")
    if final is None:
        raise CustvalError(
            "with check=False nothing is asked of the data, so the end of observation must be given",
            suggestion="until=…, or check=True",
        )
    prefix = table.private()
    frame = _parts(table.frame, first, last, final, prefix)
    whole, begun = (_days if unit in {"D", "W"} else _months)(unit, prefix)
    runs = nw.col(f"{prefix}runs") == 1
    lasted = nw.when(begun < 1).then(nw.lit(1)).otherwise(begun)
    return frame, nw.when(runs).then(whole).otherwise(lasted), ~runs


def _parts(
    frame: nw.LazyFrame[Any], first: nw.Expr, last: nw.Expr, final: np.datetime64, prefix: str
) -> nw.LazyFrame[Any]:
    """Start and end of each contract in numbers; a contract that still runs ends on the final day."""
    month = final.astype("M8[M]")
    length = int(((month + np.timedelta64(1, "M")).astype("M8[D]") - month.astype("M8[D]")).astype(np.int64))
    day = int(final.astype(np.int64))
    runs = nw.col("ended_at").is_null() | (day_number(last) > day)

    def end(at_last: nw.Expr, at_final: int) -> nw.Expr:
        return nw.when(runs).then(nw.lit(at_final)).otherwise(at_last)

    parts = {
        "runs": as_number(runs),
        "days": end(day_number(last), day) - day_number(first),
        "months": end(period_number(last, "M"), int(month.astype(np.int64))) - period_number(first, "M"),
        "from": first.dt.day().cast(nw.Int64),
        "to": end(last.dt.day().cast(nw.Int64), int((final - month.astype("M8[D]")).astype(np.int64)) + 1),
        "length": end(_days_in_month(last), length),
    }
    frame = frame.filter(day_number(first) <= day)
    return frame.with_columns(**{f"{prefix}{name}": part for name, part in parts.items()})


def _days(unit: str, prefix: str) -> tuple[nw.Expr, nw.Expr]:
    """Days or weeks that are complete, and those that have begun."""
    days, length = nw.col(f"{prefix}days"), 1 if unit == "D" else 7
    return days // length, (days + (length - 1)) // length


def _months(unit: str, prefix: str) -> tuple[nw.Expr, nw.Expr]:
    """Calendar months or years that are complete, and those that have begun.

    One is complete on the day of the month on which the contract started, or on the last day of a shorter month.
    """
    months, size = nw.col(f"{prefix}months"), 12 if unit == "Y" else 1
    started, ended = nw.col(f"{prefix}from"), nw.col(f"{prefix}to")
    in_month = (months % size) == 0
    still_to_come = in_month & (started > ended) & (ended < nw.col(f"{prefix}length"))
    whole = months // size - as_number(still_to_come)
    on_the_day = in_month & ~still_to_come & (started >= ended)
    return whole, whole + nw.when(on_the_day).then(nw.lit(0)).otherwise(nw.lit(1))


def _days_in_month(wall: nw.Expr) -> nw.Expr:
    year, month = wall.dt.year().cast(nw.Int64), wall.dt.month().cast(nw.Int64)
    leap = ((year % 4) == 0) & (((year % 100) != 0) | ((year % 400) == 0))
    february = nw.when(leap).then(nw.lit(29)).otherwise(nw.lit(28))
    short = nw.when(month.is_in([4, 6, 9, 11])).then(nw.lit(30)).otherwise(nw.lit(31))
    return nw.when(month == 2).then(february).otherwise(short)


def _check_dates(table: LazyTable, first: nw.Expr, last: nw.Expr) -> np.datetime64:
    """One small aggregate: nothing is missing or runs backwards, and where the data end."""
    start, end = day_number(first), day_number(last)
    ends: dict[str, Any] = {**ends_of("starts", first), **ends_of("ends", last)}
    found = look(
        table,
        {"customer_id": _DROP, "started_at": "leave these rows out, or fill in the start, first"},
        backwards=count_where(end < start),
        last_start=start.max(),
        last_end=end.max(),
        **ends,
    )
    refuse_infinite(table, "started_at", "starts", found)
    refuse_infinite(table, "ended_at", "ends", found)
    if found["backwards"]:
        raise DataError(
            f"{table.what}: {found['backwards']:,} contracts end before they start",
            column="ended_at",
            count=found["backwards"],
            suggestion="correct or drop these rows",
            code="ends_before_start",
        )
    days = [day for day in (found["last_start"], found["last_end"]) if day is not None]
    return np.datetime64(max(days, default=0), "D")


def _from_durations(table: LazyTable, *, check: bool) -> tuple[nw.LazyFrame[Any], nw.Expr, nw.Expr]:
    duration, observed = nw.col("duration"), nw.col("observed")
    require_numbers(table, "duration")
    is_flag = table.schema["observed"] == nw.Boolean
    if not is_flag and not table.schema["observed"].is_numeric():
        raise ColumnError(
            f"{table.what}: column 'observed' must hold true or false; it holds {table.schema['observed']}",
            column="observed",
            suggestion="for flags in words: cv.contracts(df, true_values=('Yes',))",
        )
    seen = observed if is_flag else observed == 1
    if check:
        _check_durations(table, seen, nowhere() if is_flag else (observed != 0) & (observed != 1))
    return table.frame, duration, seen


def _check_durations(table: LazyTable, seen: nw.Expr, odd: nw.Expr) -> None:
    duration = nw.col("duration").cast(nw.Float64)
    needed = dict.fromkeys(("customer_id", "duration", "observed"), _DROP)
    bad = count_where((duration < as_number(seen)) | (duration % 1 != 0) | odd)
    found = look(table, needed, finite=["duration"], bad=bad)
    if found["bad"]:
        raise DataError(
            f"{table.what}: {found['bad']:,} rows have no whole duration (at least 1 where observed), or an observed "
            "that is neither true nor false",
            column="duration",
            count=found["bad"],
            suggestion="durations count completed periods; for flags in words: cv.contracts(df, true_values=('Yes',))",
            code="duration",
        )
