"""From raw transaction lines to lines that count: a few stated policies, and every line accounted for."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from custval._check import choice
from custval._expression import Expression, parse_condition
from custval._frame import (
    LazyTable,
    Table,
    enter_any,
    examples,
    is_missing,
    nulls,
    numbers,
    nw,
    require_numbers,
    require_zone,
)
from custval._result import Account, Result
from custval.data_quality._clean_in_engine import Step, equals_zero, part, refunds_of, with_repeats
from custval.data_quality._days import names_a_day, require_days
from custval.data_quality._ledger import Ledger, refuse_taken_names
from custval.data_quality._money import exact_sum
from custval.data_quality._netting import Netting, net
from custval.data_quality._repeats import repeats
from custval.errors import CustvalError, DataError
from custval.typing import FloatArray, IntoFrame

__all__ = ["CleanedTransactions", "clean_transactions"]

_MISSING = "missing customer"
_DUPLICATE = "exact duplicate"
_ZERO = "zero amount"
_REFUND = "refund"
_REFUNDED, _REFUNDED_IN_PART = "refunded", "refunded in part"
_NETTED, _NETTED_IN_PART = "refund netted", "refund netted in part"
_UNMATCHED = "refund without a purchase"
_REASONS = (
    _MISSING,
    _DUPLICATE,
    _ZERO,
    _REFUND,
    _REFUNDED,
    _REFUNDED_IN_PART,
    _NETTED,
    _NETTED_IN_PART,
    _UNMATCHED,
)


@dataclasses.dataclass(frozen=True, slots=True)
class CleanedTransactions(Result):
    """What `clean_transactions` gives back.

    Attributes
    ----------
    frame : frame
        The lines that stay, in input order, with the columns of the input.
    removed : frame
        The lines that left, as they came in, with `row` (their number from 0; not of a lazy frame, whose rows have
        none) and `reason`.
    changed : frame, or None
        The lines that stay with a smaller quantity or amount than they came in with: `row` (in the input) and
        `quantity_before, quantity_after, amount_before, amount_after` as far as there are such columns. None for
        lazy frames, where no line changes.
    log : frame
        Per step and reason, in order: `step, reason, rows, customers, amount`: how many lines left, how many
        customers were concerned, how much money was set aside (null without a column `amount`).
    account : Account
        Rows and money in, out and set aside by reason.

    Notes
    -----
    Of a lazy frame `frame` and `removed` are lazy frames of its engine, in any order; `log` is a pandas frame.
    """

    frame: Any
    removed: Any
    changed: Any
    log: Any
    account: Account

    def to_frame(self) -> Any:
        """The lines that stay."""
        return self.frame


def clean_transactions(
    tx: IntoFrame,
    *,
    refunds: Literal["net", "drop", "keep"] = "net",
    refund_when: str | None = None,
    unmatched_refunds: Literal["keep", "drop", "raise"] = "keep",
    duplicates: Literal["drop", "keep", "raise"] = "drop",
    zero_amount: Literal["keep", "drop", "raise"] = "keep",
    missing_customer: Literal["drop", "keep", "raise"] = "drop",
    exclude: Mapping[str, str] | None = None,
    tz: str | None = None,
) -> CleanedTransactions:
    """Take out the lines that are no purchases, by stated policies, and account for every one of them.

    The steps, in this order: lines without a customer, exact duplicates, the exclusions, zero amounts, refunds. A
    line leaves for the first reason that fits. `"raise"` stops with a count instead of removing.

    Parameters
    ----------
    tx : frame
        Transactions with `customer_id`, to net refunds also `timestamp`, and where there are such columns `amount`,
        `quantity`, `product_id`.
    refunds : {"net", "drop", "keep"}
        `"net"`: each refund is netted against earlier sales of the same customer and product (without a column
        `product_id`: of the same customer), the oldest sale first, parts of lines allowed; see Notes. `"drop"`: all
        refund lines leave. `"keep"`: nothing happens. Netting goes line by line in order of time: on lazy frames it
        raises.
    refund_when : str, optional
        Which lines are refunds, as a condition such as `"starts_with(order_id, 'C')"`. Default: lines of negative
        `amount`; in a table without `amount`, of negative `quantity`; without either there are none.
    unmatched_refunds : {"keep", "drop", "raise"}
        What happens to a refund, or to the rest of one, that no earlier sale is left for (`refunds="net"`). `"keep"`:
        it stays, with what is left of its quantity and amount. `"drop"`: the line leaves.
    duplicates : {"drop", "keep", "raise"}
        Lines equal to an earlier one in all columns; the first one stays. Null is equal to null.
    zero_amount : {"keep", "drop", "raise"}
        Lines whose `amount` is zero.
    missing_customer : {"drop", "keep", "raise"}
        Lines whose `customer_id` is null.
    exclude : mapping of str to str, optional
        Further lines to take out: reason → condition, such as `{"postage": "product_id == 'POST'"}`. A condition
        that is unknown for a line (because of a null) does not exclude it.
    tz : str, optional
        The time zone of the days in conditions, such as "Europe/Berlin"; it must be that of the times they are compared
        with. Needed for times with a zone on engines where that of the session decides (DuckDB, Spark, Ibis).

    Returns
    -------
    CleanedTransactions
        `.frame`, `.removed`, `.changed`, `.log`, `.account`.

    Raises
    ------
    ColumnError
        If a column is missing that a policy needs, holds the wrong type, or is called `reason` or, on eager frames,
        `row`.
    DataError
        If a policy is `"raise"` and there are such lines; if quantities, amounts or times are null in lines that
        netting reads, or whole numbers or decimals of 2**53 or more; if the frame is lazy and refunds are to be
        netted; if `tz` is not the zone of the days.
    CustvalError
        If a policy is none of the options, or a condition cannot be read.

    Notes
    -----
    *What meets what.* A sale is a line that is no refund, of positive quantity and amount. Earlier means of an earlier
    time or of the same; of the same time the smallest line goes first, and of the same size the first in the table.
    Lines whose customer or product is null match nothing. The size of a refund is the size of its `quantity`, whatever
    its sign; without a column `quantity` sales and refunds meet by `amount`. Sizes are matched in millionths, so that
    tenths add up.

    *What is left.* A sale keeps its own unit price: of q units at amount a, netted by r, there remain q − r units at
    a·(q − r)/q. With nothing left it leaves as "refunded", and the refund as "refund netted". A refund of which only a
    part finds a sale shrinks in the same way. Whole-number and decimal columns become float64 where netting leaves
    fractions. Other columns stay as they are.

    *The money.* The account shows, apart from the lines that left with their own amounts, what the lines that stay have
    lost: "refunded in part" for sales, "refund netted in part" for refunds. At equal prices what sales lost and what
    refunds took back cancel out; where a refund was paid at another price than its sale, the difference is the sum of
    the four entries of netting, and nothing else hides it: amount in = amount out + what was set aside, always. Null
    amounts count as nothing.

    *A second time.* Cleaning what is clean, by the same policies, changes nothing: since small lines go first, what is
    left of a line is never equal to another line, and no copy to a second cleaning. Conditions that read how large
    `quantity` or `amount` is (`refund_when`, `exclude`) may find other lines then, for netting makes lines smaller;
    conditions on their sign, and on all other columns, do not.

    *Lazy frames* (polars, DuckDB, PySpark, Ibis) with `refunds="drop"` or `"keep"` are cleaned in their engine. One
    aggregate is run when the function is called, and gives one row per reason: the log and the account, and the lines
    that a policy `"raise"` refuses. Sums of money are the engine's own, to rounding.

    Examples
    --------
    >>> import pandas as pd
    >>> import custval as cv
    >>> lines = pd.DataFrame(
    ...     {
    ...         "customer_id": ["ann", "ann", "ann", None, "bob"],
    ...         "timestamp": pd.to_datetime(["2024-01-02", "2024-01-09", "2024-02-01", "2024-02-03", "2024-02-04"]),
    ...         "product_id": ["tea", "tea", "tea", "tea", "cup"],
    ...         "quantity": [2, 5, -3, 1, 1],
    ...         "amount": [10.0, 25.0, -15.0, 5.0, 8.0],
    ...     }
    ... )
    >>> cleaned = cv.data_quality.clean_transactions(lines)
    >>> cleaned.frame[["customer_id", "quantity", "amount"]]
      customer_id  quantity  amount
    0         ann         4    20.0
    1         bob         1     8.0
    >>> print(cleaned.account)
    rows in                                      5               33.00
      − missing customer                         1                5.00
      − refunded                                 1               10.00
      − refund netted                            1              -15.00
      − refunded in part (1 changed)             0                5.00
    rows out                                     2               28.00
    """
    refunds_policy = choice(refunds, "refunds", ("net", "drop", "keep"))
    unmatched = choice(unmatched_refunds, "unmatched_refunds", ("keep", "drop", "raise"))
    duplicate_policy = choice(duplicates, "duplicates", ("drop", "keep", "raise"))
    zero = choice(zero_amount, "zero_amount", ("keep", "drop", "raise"))
    missing = choice(missing_customer, "missing_customer", ("drop", "keep", "raise"))
    table = _enter(tx, refunds_policy)
    if tz is not None:
        require_zone(tz)
    exclusions = _exclusions(exclude, table, tz)
    refund_lines = None if refund_when is None else _condition(refund_when, "refund_when", table, tz)
    if isinstance(table, LazyTable):
        policies = {"missing_customer": missing, "duplicates": duplicate_policy, "zero_amount": zero}
        return _clean_lazily(table, policies, exclusions, refund_lines, drop_refunds=refunds_policy == "drop")
    ledger = Ledger(table, numbers(table, "amount", missing=True) if "amount" in table else None)

    _apply(ledger, missing, _MISSING, "missing_customer", lambda: nulls(table["customer_id"]))
    # of equal lines, all have left before or none: a condition on one line is a condition on its copies
    _apply(ledger, duplicate_policy, _DUPLICATE, "duplicates", lambda: repeats(table))
    for reason, condition in exclusions.items():
        ledger.remove("exclude", reason, _holds(condition, table))
    _apply(ledger, zero, _ZERO, "zero_amount", lambda: _zero(ledger))
    if refunds_policy == "net":
        return _netted(ledger, net(table, ledger.staying, _refunds(ledger, refund_lines)), unmatched)
    if refunds_policy == "drop":
        ledger.remove("refunds", _REFUND, _refunds(ledger, refund_lines))
    return _result(ledger, table, np.zeros(len(table), dtype=bool))


def _enter(tx: IntoFrame, refunds: str) -> Table | LazyTable:
    table: Any = enter_any(tx, "transactions")
    is_lazy = isinstance(table, LazyTable)
    if is_lazy and refunds == "net":
        ways_out = "refunds='drop', refunds='keep', or collect it first"
        raise DataError(
            f"{table.what} is a lazy frame, and refunds='net' goes through the lines one by one in order of time, "
            f"which no engine does; {ways_out}",
            suggestion=ways_out,
            code="lazy",
        )
    table.require("customer_id", *(["timestamp"] if refunds == "net" else []), door="transactions")
    refuse_taken_names(table, ("reason",) if is_lazy else ("row", "reason"), "clean_transactions")
    return table


def _condition(text: Any, name: str, table: Table | LazyTable, tz: str | None) -> Expression:
    """A condition that these columns can answer."""
    if not isinstance(text, (str, Expression)):
        raise CustvalError(f"{name} must be a condition such as \"starts_with(order_id, 'C')\"; got {_said(text)}")
    condition = parse_condition(text)
    condition.holds(table.frame if isinstance(table, LazyTable) else table)
    if names_a_day(condition):
        require_days(table, condition.columns, tz)
    return condition


def _said(value: Any) -> str:
    """What was given instead, in a few words: of a column or a table no more than what it is."""
    return repr(value) if isinstance(value, (str, int, float, bytes, type(None))) else f"a {type(value).__name__}"


def _exclusions(exclude: Any, table: Table | LazyTable, tz: str | None) -> dict[str, Expression]:
    if exclude is None:
        return {}
    if not isinstance(exclude, Mapping):
        raise CustvalError(f"exclude must map reasons to conditions: {{'postage': 'amount < 1'}}; got {_said(exclude)}")
    for reason in exclude:
        if not isinstance(reason, str) or not reason.strip() or reason in _REASONS:
            raise CustvalError(
                f"a reason of exclude must be text, and none of {', '.join(map(repr, _REASONS))}; got {reason!r}",
                suggestion="give the exclusion another name",
            )
    return {reason: _condition(text, f"exclude[{reason!r}]", table, tz) for reason, text in exclude.items()}


def _holds(condition: Expression, table: Table) -> NDArray[np.bool_]:
    return np.asarray(condition.evaluate(table), dtype=bool)


def _apply(ledger: Ledger, policy: str, reason: str, parameter: str, find: Callable[[], NDArray[np.bool_]]) -> None:
    """Remove the lines that are found, refuse them, or let them be without a look."""
    if policy == "drop":
        ledger.remove(parameter.replace("_", " "), reason, find())
    elif policy == "raise":
        _refuse(ledger, reason, find() & ledger.staying, parameter)


def _refuse(ledger: Ledger, reason: str, where: NDArray[np.bool_], parameter: str) -> None:
    count = int(where.sum())
    if count:
        rows = examples(where)
        raise DataError(
            f"{ledger.table.what}: {count:,} of {len(where):,} lines: {reason} (rows {', '.join(map(str, rows))}"
            f"{' …' if count > len(rows) else ''}), and {parameter}='raise'",
            count=count,
            suggestion=f"look at these rows, or set {parameter}='drop' or {parameter}='keep'",
            code=reason.replace(" ", "_"),
            examples=rows,
        )


def _zero(ledger: Ledger) -> NDArray[np.bool_]:
    ledger.table.require("amount", door="transactions")
    return np.asarray(_amounts(ledger) == 0)


def _amounts(ledger: Ledger) -> FloatArray:
    return np.full(len(ledger.table), np.nan) if ledger.amounts is None else ledger.amounts


def _refunds(ledger: Ledger, condition: Expression | None) -> NDArray[np.bool_]:
    """Which of the staying lines are refunds: as told, else by the sign of the amount, else of the quantity."""
    if condition is not None:
        return _holds(condition, ledger.table) & ledger.staying
    told = _amounts(ledger)
    if ledger.amounts is None and "quantity" in ledger.table:
        told = numbers(ledger.table, "quantity", missing=True)
    return np.asarray((told < 0) & ledger.staying)


def _netted(ledger: Ledger, netting: Netting, unmatched: str) -> CleanedTransactions:
    is_refund = netting.is_refund
    if unmatched == "raise":
        _refuse(ledger, _UNMATCHED, netting.unmatched, "unmatched_refunds")
    ledger.remove("refunds", _REFUNDED, netting.gone & ~is_refund)
    ledger.remove("refunds", _NETTED, netting.gone & is_refund)
    if unmatched == "drop":
        ledger.remove("refunds", _UNMATCHED, netting.unmatched)
    ledger.keep("unmatched refunds", netting.unmatched)
    changed = netting.changed & ledger.staying
    before = _amounts(ledger)
    after = numbers(netting.table, "amount", missing=True) if ledger.amounts is not None else before
    for reason, which in ((_REFUNDED_IN_PART, changed & ~is_refund), (_NETTED_IN_PART, changed & is_refund)):
        ledger.move("refunds", reason, np.flatnonzero(which), before[which], after[which])
    return _result(ledger, netting.table, changed)


def _clean_lazily(
    table: LazyTable,
    policies: Mapping[str, str],
    exclusions: Mapping[str, Expression],
    refund_lines: Expression | None,
    *,
    drop_refunds: bool,
) -> CleanedTransactions:
    frame, repeated = table.frame, None
    if "amount" in table:
        require_numbers(table, "amount")
    if policies["duplicates"] != "keep":
        frame, repeated = with_repeats(table)
    steps = []

    def apply(parameter: str, reason: str, where: nw.Expr | None) -> None:
        if policies[parameter] != "keep" and where is not None:
            steps.append(Step(parameter.replace("_", " "), reason, where, policies[parameter]))

    apply("missing_customer", _MISSING, is_missing("customer_id", table.schema["customer_id"]))
    apply("duplicates", _DUPLICATE, repeated)
    steps += [Step("exclude", reason, condition.holds(table.frame)) for reason, condition in exclusions.items()]
    if policies["zero_amount"] != "keep":
        table.require("amount", door="transactions")
        apply("zero_amount", _ZERO, equals_zero(table, "amount"))
    if drop_refunds:
        steps.append(Step("refunds", _REFUND, refunds_of(table, refund_lines)))
    parted = part(table, frame, steps)
    return CleanedTransactions(parted.frame, parted.removed, None, parted.log, parted.account)


def _result(ledger: Ledger, after: Table, changed: NDArray[np.bool_]) -> CleanedTransactions:
    staying = ledger.staying
    amounts = None if ledger.amounts is None else numbers(after, "amount", missing=True)
    amount_out = None if amounts is None else exact_sum(amounts, staying)
    return CleanedTransactions(
        frame=after.leave(after.rows(staying)),
        removed=ledger.removed(),
        changed=_changes(ledger.table, after, np.flatnonzero(changed)),
        log=ledger.log(),
        account=ledger.account(amount_out, amounts),
    )


def _changes(before: Table, after: Table, rows: NDArray[np.int64]) -> Any:
    columns: dict[str, Any] = {"row": rows}
    for name in ("quantity", "amount"):
        if name in before and rows.size:
            columns[f"{name}_before"] = numbers(before, name, missing=True)[rows]
            columns[f"{name}_after"] = numbers(after, name, missing=True)[rows]
        elif name in before:
            columns[f"{name}_before"] = columns[f"{name}_after"] = np.empty(0)
    return before.make(columns)
