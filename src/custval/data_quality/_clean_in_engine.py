"""Transaction lines taken out by policies in the engine of a lazy frame; what comes to Python is one row per reason."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from custval._expression import Expression
from custval._frame import LazyTable, enter, is_missing, new_frame, nowhere, nw, require_numbers
from custval._result import Account
from custval.data_quality._repeats_in_engine import keys_of, place_among_equals
from custval.data_quality._tally_in_engine import infinite, money, tally
from custval.errors import DataError

__all__ = ["Parted", "Step", "equals_zero", "part", "refunds_of", "with_repeats"]


@dataclass(frozen=True, slots=True)
class Step:
    """Which lines leave for a reason, or must not be there (`policy="raise"`)."""

    name: str
    reason: str
    where: nw.Expr
    policy: str = "drop"


@dataclass(frozen=True, slots=True)
class Parted:
    """Lines that stay and lines that left, both lazy; and what that is in numbers."""

    frame: Any
    removed: Any
    log: Any
    account: Account


def with_repeats(table: LazyTable) -> tuple[nw.LazyFrame[Any], nw.Expr]:
    """The lines, and where one is equal in all columns to another that is not counted among them."""
    prefix = table.private()
    made, keys = keys_of(table, table.columns, prefix)
    # equal lines are the same whatever their order: any will do
    place = place_among_equals(keys, keys[:1], prefix)
    return table.frame.with_columns(**made).with_columns(place.alias(f"{prefix}place")), nw.col(f"{prefix}place") > 1


def equals_zero(table: LazyTable, column: str) -> nw.Expr:
    """Where a number is zero; unknown ones are not."""
    return ~is_missing(column, table.schema[column]) & (nw.col(column) == 0)


def refunds_of(table: LazyTable, condition: Expression | None) -> nw.Expr:
    """Where refunds are: as told, else by the sign of the amount, else of the quantity.

    Raises
    ------
    ColumnError
        If the column that tells them does not hold numbers.
    """
    if condition is not None:
        return condition.holds(table.frame)
    told = next((name for name in ("amount", "quantity") if name in table), None)
    if told is None:
        return nowhere()
    require_numbers(table, told)
    return ~is_missing(told, table.schema[told]) & (nw.col(told) < 0)


def part(table: LazyTable, frame: nw.LazyFrame[Any], steps: Sequence[Step]) -> Parted:
    """Take lines out step by step, the first reason being the one that counts.

    Raises
    ------
    DataError
        If there are lines that a step refuses; if amounts are infinite.
    """
    number = f"{table.private()}step"
    which: Any = nw.lit(len(steps))
    for place, step in reversed(list(enumerate(steps))):
        which = nw.when(step.where).then(nw.lit(place)).otherwise(which)
    frame = frame.with_columns(which.alias(number))
    found = _count(table, frame, number, len(steps))
    total = int(math.fsum(group["rows"] for group in found.values()))
    for place, step in enumerate(steps):
        count = int(found.get(place, {}).get("rows", 0))
        if step.policy == "raise" and count:
            raise _refused(table, step, count, total)
    columns = [nw.col(name) for name in table.columns]
    reason: Any = nw.lit(None, dtype=nw.String)
    for place, step in enumerate(steps):
        reason = nw.when(nw.col(number) == place).then(nw.lit(step.reason)).otherwise(reason)
    leaving = {place: step for place, step in enumerate(steps) if step.policy == "drop"}
    return Parted(
        frame=table.leave(frame.filter(nw.col(number) == len(steps)).select(*columns)),
        removed=table.leave(frame.filter(nw.col(number) < len(steps)).select(*columns, reason=reason)),
        log=_log(leaving, found, has_money="amount" in table),
        account=_account(leaving, found, len(steps), has_money="amount" in table),
    )


def _count(table: LazyTable, frame: nw.LazyFrame[Any], number: str, n_steps: int) -> Mapping[int, Mapping[str, float]]:
    """Lines, customers and money by the step in which they leave: one aggregate."""
    customer = f"{number}_customer"
    # of the lines that stay, which are most, customers are not counted
    concerned = ~is_missing("customer_id", table.schema["customer_id"]) & (nw.col(number) < n_steps)
    frame = frame.with_columns(nw.when(concerned).then(nw.col("customer_id")).alias(customer))
    asked = {"rows": nw.len(), "known": nw.col(customer).count(), "customers": nw.col(customer).n_unique()}
    if "amount" in table:
        asked |= {"money": money(table), "infinite": infinite()}
    found = tally(table, frame, number, asked)
    count = int(math.fsum(group.get("infinite", 0) for group in found.values()))
    if count:
        raise DataError(
            f"{table.what}: column 'amount' is infinite in {count:,} rows",
            column="amount",
            count=count,
            suggestion="replace infinite values first",
            code="infinite",
        )
    return found


def _refused(table: LazyTable, step: Step, count: int, total: int) -> DataError:
    parameter = step.name.replace(" ", "_")
    return DataError(
        f"{table.what}: {count:,} of {total:,} lines: {step.reason}, and {parameter}='raise'",
        count=count,
        suggestion=f"look at these rows, or set {parameter}='drop' or {parameter}='keep'",
        code=step.reason.replace(" ", "_"),
    )


def _customers(group: Mapping[str, float]) -> int:
    # engines count null among the distinct values, where there is one
    return int(group["customers"]) - int(group["known"] < group["rows"]) if group else 0


def _log(steps: Mapping[int, Step], found: Mapping[int, Mapping[str, float]], *, has_money: bool) -> Any:
    table = enter(new_frame({}))
    groups = [found.get(place, {}) for place in steps]
    amounts = [float(group.get("money", 0)) if has_money else None for group in groups]
    return table.make(
        {
            "step": table.series("step", [step.name for step in steps.values()], nw.String),
            "reason": table.series("reason", [step.reason for step in steps.values()], nw.String),
            "rows": table.series("rows", [int(group.get("rows", 0)) for group in groups], nw.Int64),
            "customers": table.series("customers", [_customers(group) for group in groups], nw.Int64),
            "amount": table.series("amount", amounts, nw.Float64),
        }
    )


def _account(
    steps: Mapping[int, Step], found: Mapping[int, Mapping[str, float]], staying: int, *, has_money: bool
) -> Account:
    def of(place: int, name: str) -> float:
        return found.get(place, {}).get(name, 0)

    # the whole is the sum of its parts: a second sum of millions of lines might differ in its last digits
    return Account(
        rows_in=int(math.fsum(group["rows"] for group in found.values())),
        rows_out=int(of(staying, "rows")),
        set_aside={step.reason: int(of(place, "rows")) for place, step in steps.items()},
        amount_in=math.fsum(group["money"] for group in found.values()) if has_money else None,
        amount_out=float(of(staying, "money")) if has_money else None,
        amount_set_aside={step.reason: float(of(place, "money")) for place, step in steps.items()} if has_money else {},
    )
