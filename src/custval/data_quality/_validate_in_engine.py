"""A lazy frame judged by rules in its engine: what comes to Python are counts of rows, and sums of money."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from custval._frame import LazyTable, nw
from custval._result import Account
from custval.data_quality._flag import Flag
from custval.data_quality._judge_in_engine import flagged, flags_of, refuse_unreadable_patterns
from custval.data_quality._rule import Rule
from custval.data_quality._tally_in_engine import infinite, money, tally
from custval.data_quality._text_in_engine import text_of
from custval.errors import DataError

__all__ = ["LazyVerdict", "validate_in_engine"]

_COLUMNS = ("rule", "column", "key", "value", "severity", "reason")


@dataclass(frozen=True, slots=True)
class LazyVerdict:
    """The parts of a validation: frames that are lazy, and numbers that are not."""

    failures: Any
    accepted: Any
    rejected: Any
    counts: Mapping[str, int]
    problems: Mapping[str, str | None]
    account: Account


def validate_in_engine(rules: Sequence[Rule], table: LazyTable, key: str, tz: str | None) -> LazyVerdict:
    """Judge a lazy frame by rules whose columns are there.

    Raises
    ------
    DataError
        If it is open which of equal rows is the first; if it is not clear whose days are meant.
    CustvalError
        If a rule needs an order of the rows, or has a pattern that the engine cannot read.
    """
    prefix = table.private()
    flags = flags_of(rules, table, prefix, key, tz)
    errors = [flag for flag in flags if flag.rule.severity == "error"]
    # the number of the first broken rule; that of none is the number of rules
    first = f"{prefix}first"
    broken = [nw.when(nw.col(flag.column) == 1).then(nw.lit(i)) for i, flag in enumerate(errors)]
    number = _least([number.otherwise(nw.lit(len(errors))) for number in broken]).alias(first)
    counts, account = _count(table, flagged(table, flags).with_columns(number), first, flags, key)
    # each result is a query of its own, which makes no more than it needs
    frame = flagged(table, errors).with_columns(number)
    accepted, columns = nw.col(first) == len(errors), [nw.col(name) for name in table.columns]
    reasons = [nw.when(nw.col(flag.column) == 1).then(nw.lit(flag.rule.name)) for flag in errors]
    return LazyVerdict(
        failures=table.leave(_failures(table, flags, key)),
        accepted=table.leave(frame.filter(accepted).select(*columns)),
        rejected=table.leave(frame.filter(~accepted).select(*columns, rejection_reasons=_listed(reasons))),
        counts=counts,
        problems={flag.rule.name: flag.problem for flag in flags},
        account=account,
    )


def _least(numbers: Sequence[nw.Expr]) -> nw.Expr:
    if len(numbers) < 2:
        return numbers[0] if numbers else nw.lit(0)
    return nw.min_horizontal(*numbers)


def _listed(reasons: Sequence[nw.Expr]) -> nw.Expr:
    if len(reasons) < 2:
        return reasons[0] if reasons else nw.lit(None, dtype=nw.String)
    return nw.concat_str(list(reasons), separator="; ", ignore_nulls=True)


def _count(
    table: LazyTable, frame: nw.LazyFrame[Any], first: str, flags: Sequence[Flag], key: str
) -> tuple[dict[str, int], Account]:
    """How many rows break each rule, and what becomes of rows and money: one aggregate."""
    asked = {"rows": nw.len()}
    for flag in flags:
        asked[flag.column] = nw.col(flag.column).sum()
        if flag.ties is not None:
            asked[flag.ties] = nw.col(flag.ties).sum()
    has_money = "amount" in table and table.schema["amount"].is_numeric()
    if has_money:
        asked |= {"money": money(table), "infinite": infinite()}
    try:
        groups = tally(table, frame, first, asked)
    except DataError:
        refuse_unreadable_patterns(flags, table)
        raise
    totals = {name: math.fsum(group[name] for group in groups.values()) for name in asked}
    _refuse_ties(flags, totals, key)
    errors = [flag.rule.name for flag in flags if flag.rule.severity == "error"]
    # infinite money does not add up: the account is one of rows then, as it is on eager frames
    account = _account(errors, groups, has_money=has_money and not totals["infinite"])
    return {flag.rule.name: int(totals[flag.column]) for flag in flags}, account


def _refuse_ties(flags: Sequence[Flag], totals: Mapping[str, float], key: str) -> None:
    for flag in flags:
        count = int(totals[flag.ties]) if flag.ties is not None else 0
        if count:
            raise DataError(
                f"{flag.rule.name}: the rows of a lazy frame have no order but that of key={key!r}, and {count:,} rows "
                f"that are alike in {', '.join(map(repr, flag.rule.columns))} are alike in the key too: it is open "
                "which of them is the first",
                column=key,
                count=count,
                suggestion='rules.unique(…, keep="none"), or a key= that differs between such rows',
                code="order",
            )


def _account(errors: Sequence[str], groups: Mapping[int, Mapping[str, float]], *, has_money: bool) -> Account:
    def of(number: int, name: str) -> float:
        return groups.get(number, {}).get(name, 0)

    numbers = range(len(errors) + 1)
    aside = {name: float(of(number, "money")) for number, name in enumerate(errors)} if has_money else {}
    return Account(
        rows_in=sum(int(of(number, "rows")) for number in numbers),
        rows_out=int(of(len(errors), "rows")),
        set_aside={name: int(of(number, "rows")) for number, name in enumerate(errors)},
        amount_in=math.fsum(of(number, "money") for number in numbers) if has_money else None,
        amount_out=float(of(len(errors), "money")) if has_money else None,
        amount_set_aside=aside,
    )


def _failures(table: LazyTable, flags: Sequence[Flag], key: str) -> nw.LazyFrame[Any]:
    """One row per rule and row that breaks it."""
    parts = [_failures_of(table, flagged(table, [flag]).filter(nw.col(flag.column) == 1), flag, key) for flag in flags]
    if parts:
        return nw.concat(parts)
    nothing = nw.lit(None, dtype=nw.String)
    rows = table.frame.filter(nw.col(key).is_null() & ~nw.col(key).is_null())
    return rows.select(**{name: nw.col(key) if name == "key" else nothing for name in _COLUMNS})


def _failures_of(table: LazyTable, rows: nw.LazyFrame[Any], flag: Flag, key: str) -> nw.LazyFrame[Any]:
    rule = flag.rule
    return rows.select(
        rule=nw.lit(rule.name),
        column=_text(", ".join(rule.columns) or None),
        key=nw.col(key),
        value=_values(table, rule),
        severity=nw.lit(rule.severity),
        reason=_text(flag.problem),
    )


def _text(constant: str | None) -> nw.Expr:
    return nw.lit(constant, dtype=nw.String)


def _values(table: LazyTable, rule: Rule) -> nw.Expr:
    texts = [text_of(name, table.schema[name]) for name in rule.columns]
    if len(texts) < 2:
        return texts[0] if texts else _text(None)
    return nw.concat_str([text.fill_null("null") for text in texts], separator=", ")
