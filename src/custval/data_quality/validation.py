"""A table judged by rules: what broke them, which rows can be trusted, and all failures at once."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from custval._frame import (
    LazyTable,
    Table,
    enter,
    enter_any,
    labels,
    new_frame,
    nw,
    require_zone,
)
from custval._kernels.exact_sums import exact_parts
from custval._result import Account, Result
from custval.data_quality._days import require_days
from custval.data_quality._judge import Judgment, compares_days, judge
from custval.data_quality._judge_table import Outcome, judge_table
from custval.data_quality._judge_table_in_engine import judge_table_in_engine
from custval.data_quality._later import Later, made_when_read
from custval.data_quality._ledger import refuse_taken_names
from custval.data_quality._money import amounts_if_any, sum_of_parts
from custval.data_quality._rule import Rule, RuleSet, as_rules
from custval.data_quality._text import column_as_text
from custval.data_quality._validate_in_engine import validate_in_engine
from custval.errors import DataError
from custval.typing import IntoFrame

__all__ = ["Validation", "validate"]


@made_when_read("accepted")
@dataclasses.dataclass(frozen=True, slots=True)
class Validation(Result):
    """What `validate` gives back.

    Attributes
    ----------
    passed : bool
        Whether no rule of severity "error" is broken, be it by a row or by the table as a whole.
    failures : frame
        One row per rule and row that breaks it: `rule, column, row` (or `key`), `value` (as text), `severity`,
        `reason` (of a column that could not be judged; else null). A rule on several columns lists them, and their
        values, separated by ", "; one on all columns has null for both.
    accepted : frame
        The rows that break no rule of severity "error", in input order. They are taken from the table when this is
        first read, and then kept. Before pandas 3.0, unless it copies on write, cells that were changed in place in
        between are as they are then.
    rejected : frame
        The other rows, in input order, with `rejection_reasons`: the names of the broken rules, separated by "; ".
    summary : frame
        One row per rule, in order: `rule, column, severity, status` ("passed", "failed" or, where an optional column
        is missing, "skipped"), the number of `failures`, what a rule about the table has `measured` (as text; else
        null), and the `reason` why a rule could not be judged.
    account : Account
        Rows in, accepted, and rejected by the first rule that each one breaks; and the money, where `amount` holds
        numbers.

    Notes
    -----
    Rules about the table as a whole (`fresh`, `row_count`, `share_of`, `share_of_nulls`, `statistic`) have no rows that
    fail: they stand in `summary` only, where a failed one counts as one failure, and they reject nothing. So `passed`
    may be False while all rows are accepted.

    Of a lazy frame `failures`, `accepted` and `rejected` are lazy frames of its engine, their rows in any order;
    `summary` is a pandas frame.
    """

    passed: bool
    failures: Any
    accepted: Any
    rejected: Any
    summary: Any
    account: Account

    def to_frame(self) -> Any:
        """The failures."""
        return self.failures


def validate(
    frame: IntoFrame, rules: Iterable[Rule] | Rule, key: str | None = None, *, tz: str | None = None
) -> Validation:
    """Judge a table by rules, and part the rows that can be trusted from those that cannot.

    Parameters
    ----------
    frame : frame
    rules : iterable of Rule
        Made by the functions of `custval.data_quality.rules`, or a preset.
    key : str, optional
        The column by which failures name their rows; by default the number of the row, from 0. A lazy frame needs
        it: its rows have no number.
    tz : str, optional
        The time zone whose days are meant by rules that compare times with days, such as "Europe/Berlin"; it must be
        that of the columns. Needed on engines where the zone of the session decides (DuckDB, Spark, Ibis), for such
        rules on columns of times with a zone.

    Returns
    -------
    Validation
        `.passed`, `.failures`, `.accepted`, `.rejected`, `.summary`, `.account`. Every row is either accepted or
        rejected. Under a rule that cannot read a column, because of its type, all rows fail.

    Raises
    ------
    ColumnError
        If a column of a rule that is not optional, or the key, is missing; if the table has a column
        `rejection_reasons`.
    CustvalError
        If `rules` holds anything but rules, or two of one name. On a lazy frame: if a rule is about the order of the
        rows (`monotone` without `order_by`), would read text as times (`of_type`), or has a pattern that the engine
        cannot read.
    DataError
        If `tz` is not the zone of the days. On a lazy frame: without `key`, and where `unique(…, keep="first")` finds
        rows that the key cannot put in order.

    Notes
    -----
    A lazy frame (polars, DuckDB, PySpark, Ibis) is judged in its engine, and nothing but one row of counts and sums
    per rule comes to Python (and for `constant` the most frequent value); sums of money are the engine's own, to
    rounding. What differs there: `matches_pattern` and `excludes_pattern` are read in the dialect of the engine's
    regular expressions; the first of the rows that `unique(…, keep="first")` finds alike is the one with the least key;
    the `value` of a failure is written by the engine where it is no text, whole number or time, and a time with a zone
    as its session's clock shows it.

    Examples
    --------
    >>> import pandas as pd
    >>> from custval.data_quality import rules, validate
    >>> orders = pd.DataFrame({"order_id": ["a", "b", "b"], "amount": [5.0, -1.0, None]})
    >>> result = validate(orders, [rules.unique("order_id"), rules.in_range("amount", low=0, severity="warning")])
    >>> result.passed
    False
    >>> result.failures[["rule", "row", "value"]]
                          rule  row value
    0         unique(order_id)    1     b
    1         unique(order_id)    2     b
    2  in_range(amount, low=0)    1    -1
    >>> result.accepted["order_id"].tolist()
    ['a']
    >>> print(result.account)
    rows in                                      3                4.00
      − unique(order_id)                         2               -1.00
    rows out                                     1                5.00
    """
    chosen = rules if isinstance(rules, RuleSet) else RuleSet(as_rules(rules))
    table: Any = enter_any(frame)
    refuse_taken_names(table, ("rejection_reasons",), "validate")
    if tz is not None:
        require_zone(tz)
    if key is not None:
        table.require(key)
    applied = [rule for rule in chosen if not rule.is_skipped(table.columns)]
    for rule in applied:
        table.require(*rule.columns, door=chosen.door)
    if isinstance(table, LazyTable):
        return _validate_lazily(chosen, applied, table, key, tz)
    for rule in applied:
        if compares_days(rule):
            require_days(table, rule.columns, tz)
    judged = [(rule, judge(rule, table)) for rule in applied if not rule.about_table]
    findings = {rule.name: judge_table(rule, table) for rule in applied if rule.about_table}
    outcomes = {rule.name: Outcome(int(found.failing.sum()), None, found.problem) for rule, found in judged}
    errors = [(rule.name, judgment.failing) for rule, judgment in judged if rule.severity == "error"]
    rejected = np.zeros(len(table), dtype=bool)
    for _, failing in errors:
        rejected |= failing
    return Validation(
        passed=not rejected.any() and _tables_pass(applied, findings),
        failures=_failures(table, judged, key),
        accepted=Later(table.kept(), ~rejected),
        rejected=_rejected(table, errors, np.flatnonzero(rejected)),
        summary=_summary(table, chosen, outcomes | findings),
        account=_account(table, errors, rejected),
    )


def _validate_lazily(
    rules: RuleSet, applied: list[Rule], table: LazyTable, key: str | None, tz: str | None
) -> Validation:
    if key is None:
        raise DataError(
            f"{table.what} is a lazy frame, whose rows have no number, so that failures can be named by a column only",
            suggestion='key="…", a column such as the id of the order, or collect the frame first',
            code="lazy",
        )
    found = validate_in_engine([rule for rule in applied if not rule.about_table], table, key, tz)
    findings = judge_table_in_engine([rule for rule in applied if rule.about_table], table, tz)
    outcomes = {name: Outcome(count, None, found.problems[name]) for name, count in found.counts.items()}
    return Validation(
        passed=found.account.rows_out == found.account.rows_in and _tables_pass(applied, findings),
        failures=found.failures,
        accepted=found.accepted,
        rejected=found.rejected,
        summary=_summary(enter(new_frame({})), rules, outcomes | findings),
        account=found.account,
    )


def _failures(table: Table, judged: list[tuple[Rule, Judgment]], key: str | None) -> Any:
    rows = [np.flatnonzero(judgment.failing) for _, judgment in judged]
    which = np.repeat(np.arange(len(judged)), [found.size for found in rows])
    row = np.concatenate([np.empty(0, dtype=np.int64), *rows])
    values = [text for (rule, _), found in zip(judged, rows, strict=True) for text in _values(table, rule, found)]

    def by_rule(name: str, texts: list[str | None]) -> nw.Series[Any]:
        known = [text for text in texts if text is not None]
        places = np.array([-1 if text is None else known.index(text) for text in texts], dtype=np.int64)
        return labels(table, name, places[which], known)

    return table.make(
        {
            "rule": by_rule("rule", [rule.name for rule, _ in judged]),
            "column": by_rule("column", [_column(rule) for rule, _ in judged]),
            **({"row": row} if key is None else {"key": table[key][row]}),
            "value": table.series("value", values, nw.String),
            "severity": by_rule("severity", [rule.severity for rule, _ in judged]),
            "reason": by_rule("reason", [judgment.problem for _, judgment in judged]),
        }
    )


def _column(rule: Rule) -> str | None:
    return ", ".join(rule.columns) or None


def _values(table: Table, rule: Rule, rows: NDArray[np.int64]) -> list[str | None]:
    """What stands in a rule's columns, as text."""
    texts = [column_as_text(table[column][rows]) for column in rule.columns]
    if len(texts) == 1:
        return texts[0]
    if not texts:
        return [None] * rows.size
    return [", ".join("null" if text is None else text for text in row) for row in zip(*texts, strict=True)]


def _rejected(table: Table, errors: list[tuple[str, NDArray[np.bool_]]], rows: NDArray[np.int64]) -> Any:
    part = dataclasses.replace(table, frame=table.rows(rows))
    broken = np.array([failing[rows] for _, failing in errors], dtype=bool).reshape(len(errors), rows.size)
    # few sets of broken rules, many rows: each set is written out once
    packed = np.ascontiguousarray(np.packbits(broken, axis=0).T)
    sets = packed.view([("", packed.dtype)] * packed.shape[1]).ravel() if packed.size else np.empty(0)
    _, first, which = np.unique(sets, return_index=True, return_inverse=True)
    reasons = ["; ".join(name for (name, _), fails in zip(errors, broken[:, i], strict=True) if fails) for i in first]
    return part.extend({"rejection_reasons": labels(part, "rejection_reasons", which, reasons)})


def _tables_pass(rules: Iterable[Rule], outcomes: Mapping[str, Outcome]) -> bool:
    """Whether no rule about the table that is an error fails."""
    return not any(outcomes[rule.name].failures for rule in rules if rule.about_table and rule.severity == "error")


def _summary(table: Table, rules: RuleSet, outcomes: Mapping[str, Outcome]) -> Any:
    found = [outcomes.get(rule.name) for rule in rules]
    text = {
        "rule": [rule.name for rule in rules],
        "column": [_column(rule) for rule in rules],
        "severity": [rule.severity for rule in rules],
        "status": ["skipped" if one is None else "failed" if one.failures else "passed" for one in found],
        "measured": [None if one is None else one.measured for one in found],
        "reason": [None if one is None else one.problem for one in found],
    }
    columns = {name: table.series(name, values, nw.String) for name, values in text.items()}
    failures = np.array([0 if one is None else one.failures for one in found], dtype=np.int64)
    order = ("rule", "column", "severity", "status", "failures", "measured", "reason")
    return table.make({name: failures if name == "failures" else columns[name] for name in order})


def _account(table: Table, errors: list[tuple[str, NDArray[np.bool_]]], rejected: NDArray[np.bool_]) -> Account:
    amounts = amounts_if_any(table)
    remaining = np.ones(len(table), dtype=bool)
    rows: dict[str, int] = {}
    parts: dict[str, list[float]] = {}
    for name, failing in errors:
        first = np.flatnonzero(failing & remaining)
        remaining &= ~failing
        rows[name] = first.size
        if amounts is not None:
            parts[name] = exact_parts(amounts[first])
    everything = [] if amounts is None else exact_parts(amounts)
    # what is left is the sum of all less those of the rejected, rounded once
    left = [*everything, *(-part for aside in parts.values() for part in aside)]
    return Account(
        rows_in=len(table),
        rows_out=int(np.count_nonzero(~rejected)),
        set_aside=rows,
        amount_in=None if amounts is None else sum_of_parts(everything),
        amount_out=None if amounts is None else sum_of_parts(left),
        amount_set_aside={name: sum_of_parts(aside) for name, aside in parts.items()},
    )
