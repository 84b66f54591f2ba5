"""Stages of lazy frames: checks by one small aggregate for each table, the rest as one query."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from custval._check import Moment, moment
from custval._frame import (
    LazyTable,
    Table,
    day_number,
    look,
    nw,
    require_identifiers,
    require_numbers,
    said_plainly,
    wall_clock,
    zone_of_days,
)
from custval._frame.engine_times import date_of_day_number, ends_of, moment_number, not_after, refuse_infinite
from custval._frame.engine_values import refuse_missing
from custval._kernels.purchase_history import before_first_purchase
from custval.errors import ColumnError, CustvalError, DataError
from custval.lifecycle._conditions import Conditions
from custval.lifecycle._since_in_engine import stages_of_occasions
from custval.lifecycle.schemes import StageScheme, days_of
from custval.typing import Instant

__all__ = ["stages_in_engine"]

_YEARS = (1000, 9999)  # those of which dates are read from text
_WAYS_OUT = {
    "customer_id": "leave these rows out first, as data_quality.clean_transactions does",
    "timestamp": "leave these rows out first",
    "amount": "leave these rows out, or fill them, first",
}


@dataclass(frozen=True, slots=True)
class _Facts:
    """What one aggregate over the lines has found: their number, and the first and last moment on their clock."""

    rows: int
    first: np.datetime64
    last: np.datetime64


def stages_in_engine(
    table: LazyTable | Table,
    customers: LazyTable | Table | None,
    scheme: StageScheme,
    as_of: Instant | None,
    tz: str | None,
    *,
    check: bool,
) -> Any:
    """Stages of customers whose transactions, and who themselves if given, are lazy frames of one engine."""
    lines, known = _of_one_engine(table, customers)
    conditions = _conditions(scheme)
    wall = _wall(lines)
    zone = zone_of_days(lines, "timestamp", tz)
    facts = _look_at(lines, wall) if check else None
    end = _end(facts, as_of, zone, needed=known is not None)
    if facts is not None and facts.rows and known is None and facts.first > end.last:
        raise DataError(
            f"as_of={end} lies before all lines of the data, which go from {facts.first.astype('M8[D]')} to "
            f"{facts.last.astype('M8[D]')}",
            suggestion="choose a later as_of",
            code="window",
        )
    counts = not_after(wall, end)
    if "amount" in lines:
        counts &= nw.col("amount") > 0
    occasions = lines.frame.filter(counts).select(_key(lines, known), day=day_number(wall).cast(nw.Int64)).unique()
    window = days_of(scheme.window, "window")
    found = stages_of_occasions(lines, occasions, conditions, window, end.period("D"))
    if known is not None:
        prospects = _prospects(known, lines, conditions, end, tz, check=check)
        buyers = occasions.select("customer_id").unique()
        with said_plainly(lines.engine, "transactions with customers"):  # of other connections, for one
            found = nw.concat([found, prospects.join(buyers, on="customer_id", how="anti")])
    found = found.select("customer_id", stage=_name_of(scheme.stages), stage_since=nw.col("since"))
    return lines.leave(date_of_day_number(found, "stage_since"))


def _of_one_engine(table: LazyTable | Table, customers: LazyTable | Table | None) -> tuple[LazyTable, LazyTable | None]:
    kinds = [_kind(each) for each in (table, customers) if each is not None]
    if isinstance(table, LazyTable) and not isinstance(customers, Table) and len(set(kinds)) == 1:
        return table, customers
    raise CustvalError(
        f"all frames must be of one library; transactions is {kinds[0]} and customers is {kinds[-1]}",
        suggestion=f"bring customers to {kinds[0]} first",
        code="mixed_libraries",
    )


def _kind(table: LazyTable | Table) -> str:
    if isinstance(table, LazyTable):
        return f"{table.engine} (lazy)"
    return "a mapping" if table.is_mapping else str(table.frame.implementation.value)


def _conditions(scheme: StageScheme) -> Conditions:
    conditions = Conditions.of(scheme.conditions)
    if conditions.turning is None:
        raise CustvalError(
            "in this scheme time can turn a condition more than once, so that stage_since is found day by day, which "
            "needs the rows; lazy frames take schemes whose growing features (age, time_since_last) each stand once "
            "in a comparison by < <= > >= with what stands still",
            suggestion="collect the transactions first, as pandas, polars or pyarrow",
            code="scheme",
        )
    return conditions


def _wall(lines: LazyTable) -> nw.Expr:
    """The wall clock of the lines, whose columns are known to serve."""
    lines.require("customer_id", "timestamp", door="transactions")
    require_identifiers(lines, "customer_id", "transactions")
    wall = wall_clock(lines, "timestamp", "transactions")
    if "amount" in lines:
        require_numbers(lines, "amount")
    return wall


def _look_at(lines: LazyTable, wall: nw.Expr) -> _Facts:
    needed = {name: way for name, way in _WAYS_OUT.items() if name in lines}
    ticks = moment_number(wall)
    ends = ends_of("times", wall)
    found = look(
        lines, needed, finite=["amount"] if "amount" in lines else [], first=ticks.min(), last=ticks.max(), **ends
    )
    refuse_infinite(lines, "timestamp", "times", found)
    if found["rows"] and not _YEARS[0] <= found["times_first"] <= found["times_last"] <= _YEARS[1]:
        raise DataError(
            f"{lines.what}: the times go from the year {found['times_first']} to {found['times_last']}; in an engine, "
            f"stages are found for the years {_YEARS[0]} to {_YEARS[1]}",
            column="timestamp",
            suggestion="collect the transactions first",
            code="window",
        )
    first, last = (np.datetime64(found[name] or 0, "us") for name in ("first", "last"))
    return _Facts(found["rows"], first, last)


def _end(facts: _Facts | None, as_of: Instant | None, zone: str | None, *, needed: bool) -> Moment:
    if as_of is not None:
        return moment(as_of, "as_of", zone)
    if facts is None:
        raise CustvalError(
            "with check=False nothing is asked of the data, so the end of observation must be given",
            suggestion="as_of=…, or check=True",
        )
    if facts.rows:
        return Moment(facts.last, whole_day=False)
    if needed:
        raise DataError(
            "there are no transactions, and so no last day for as_of", suggestion="as_of='2024-12-31'", code="window"
        )
    return Moment(np.datetime64(0, "us"), whole_day=True)


def _key(table: LazyTable, other: LazyTable | None) -> nw.Expr:
    """The customers of a table, in the type that they share with another one."""
    key = nw.col("customer_id")
    if other is None or table.schema["customer_id"] == other.schema["customer_id"]:
        return key
    return key.cast(nw.Int64 if table.schema["customer_id"].is_integer() else nw.String)


def _prospects(
    known: LazyTable, lines: LazyTable, conditions: Conditions, end: Moment, tz: str | None, *, check: bool
) -> nw.LazyFrame[Any]:
    """Customers known by `as_of`, as those who have not bought, since the day on which they were acquired."""
    _check_customers(known, lines, check=check)
    code = int(conditions.first(before_first_purchase(1, conditions.features), 1)[0])
    columns = {"code": nw.lit(code).cast(nw.Int64), "since": nw.lit(None).cast(nw.Int64)}
    frame = known.frame
    if "acquired_at" in known:
        wall = wall_clock(known, "acquired_at", "customers")
        if getattr(known.schema["acquired_at"], "time_zone", None) is not None:
            zone_of_days(known, "acquired_at", tz)
        acquired = nw.col("acquired_at")
        frame = frame.filter(acquired.is_null() | not_after(wall, end))
        columns["since"] = day_number(wall).cast(nw.Int64)
    return frame.select(_key(known, lines), **columns)


def _check_customers(known: LazyTable, lines: LazyTable, *, check: bool) -> None:
    known.require("customer_id", door="customers")
    require_identifiers(known, "customer_id", "customers")
    kinds = ["whole numbers" if table.schema["customer_id"].is_integer() else "text" for table in (lines, known)]
    if kinds[0] != kinds[1]:
        raise ColumnError(
            f"customer_id holds {kinds[0]} in {lines.what} and {kinds[1]} in {known.what}: no customer of one would "
            "be found in the other",
            column="customer_id",
            suggestion="give both one type first, in the engine",
            code="key_type",
        )
    if not check:
        return
    rows = known.frame.group_by("customer_id").agg(rows=nw.len())
    missing, several = nw.col("customer_id").is_null(), nw.col("rows") > 1
    nothing = nw.lit(0)
    found = known.facts_of(
        rows,
        rows=nw.col("rows").sum(),
        missing=nw.when(missing).then(nw.col("rows")).otherwise(nothing).sum(),
        repeated=nw.when(several).then(nw.col("rows")).otherwise(nothing).sum(),
    )
    refuse_missing(known.what, "customer_id", found["missing"], found["rows"], _WAYS_OUT["customer_id"])
    if found["repeated"]:
        raise DataError(
            f"{known.what}: {found['repeated']:,} rows share their customer_id with another row; there must be one "
            "row per customer",
            column="customer_id",
            count=found["repeated"],
            suggestion="keep one row per customer first",
            code="duplicate_customers",
        )


def _name_of(names: tuple[str, ...]) -> nw.Expr:
    text: nw.Expr = nw.lit(names[-1])
    for place in range(len(names) - 2, -1, -1):
        text = nw.when(nw.col("code") == place).then(nw.lit(names[place])).otherwise(text)
    return text
