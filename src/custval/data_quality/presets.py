"""Rule sets for the canonical tables: a start to add to, with `+`.

What other rooms cannot work with is an error, and what is merely odd a warning. Rules on optional columns hold where
these are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from custval._check import number
from custval.data_quality._rule import Rule, RuleSet
from custval.data_quality.rules import (
    constant,
    excludes_pattern,
    expression,
    in_range,
    in_set,
    matches_pattern,
    monotone,
    near_duplicate,
    no_outliers,
    not_in_future,
    not_in_set,
    not_null,
    of_type,
    refund_after_purchase,
    unique,
    varied,
)
from custval.errors import CustvalError
from custval.typing import Instant

__all__ = ["contracts", "customers", "events", "responses", "transactions"]

_MANY_UNITS = 10_000
_FIRST_DAY = "1990-01-01"  # before, there were no shops whose data anyone still has: what says so is a default
_FIRST_BIRTH = "1900-01-01"
_CANCELLED = r"^[Cc][0-9]|退|取消"
_EMAIL = r"[^@\s,;]+@[^@\s,;.]+(?:\.[^@\s,;.]+)+"
_PHONE = (
    r"(?i)\s*[+＋]?[(（]?(?:[0-9０-９][\s().（）/‐–·-]*){7,15}"
    r"(?:(?:ext|x|#|转|轉)\.?\s*[0-9]{1,6})?\s*"
)
_TEST_WORDS = "test|tester|testing|demo|dummy|qa"
_TEST_NAME = (
    rf"(?i)^\s*(?:{_TEST_WORDS})[\s_.-]*(?:user|account|customer|client|order|name|person|kunde)?\s*[0-9]*\s*$"
    "|测试|測試|演示|试用账"
)
_TEST_EMAIL = rf"(?i)^(?:{_TEST_WORDS})[0-9._+-]*@|测试|測試"


def transactions(as_of: Instant | None = None, *, test_accounts: Iterable[Any] | None = None) -> RuleSet:
    r"""What the lines of a transactions table must keep.

    Errors: customer and time are known, the time is neither in the future nor before 1990, the amount is known and
    finite, no line repeats an earlier one in all columns, there is one currency, no line is of a test account.

    Warnings: quantities are not zero, within ±10,000, and not of another order than usual for the product
    (`rules.no_outliers`); unit prices are above zero; costs and discounts are not below, but where money goes back;
    quantity and amount have the same sign; no line repeats one of the same customer, product and quantity within a
    minute; no order is a cancellation (a number that begins with C and a digit, or holds 退 or 取消); what is taken
    back was bought before.

    Parameters
    ----------
    as_of : date, datetime, datetime64 or ISO text, optional
        Times after it are in the future; a day counts to its end. By default the time of validating.
    test_accounts : iterable, optional
        Identifiers of customers who are none, such as those that `customers()` finds.

    Returns
    -------
    RuleSet

    Examples
    --------
    >>> import pandas as pd
    >>> from custval.data_quality import presets, validate
    >>> lines = pd.DataFrame(
    ...     {
    ...         "customer_id": ["ann", None, "bob"],
    ...         "timestamp": pd.to_datetime(["2024-01-02", "2024-01-03", "2024-01-04"]),
    ...         "amount": [10.0, 5.0, None],
    ...     }
    ... )
    >>> validate(lines, presets.transactions()).rejected["rejection_reasons"].tolist()
    ['not_null(customer_id)', 'not_null(amount)']
    """
    staff: tuple[Rule, ...] = ()
    if test_accounts is not None:
        staff = (not_in_set("customer_id", test_accounts, name="no test account"),)
    return RuleSet(
        (
            not_null("customer_id"),
            not_null("timestamp"),
            not_in_future("timestamp", as_of),
            in_range("timestamp", _FIRST_DAY, name="no absurd date"),
            not_null("amount", optional=True),
            in_range("amount", name="amount is finite", optional=True),
            unique(keep="first", name="no exact duplicates"),
            constant("currency", name="one currency", optional=True),
            *staff,
            expression("quantity != 0", severity="warning", optional=True),
            in_range("quantity", -_MANY_UNITS, _MANY_UNITS, severity="warning", optional=True),
            no_outliers("quantity", by="product_id", name="usual quantity of the product", optional=True),
            in_range("unit_price", 0, severity="warning", optional=True),
            expression("unit_price != 0", severity="warning", optional=True),
            expression("cost >= 0 or amount < 0", severity="warning", optional=True),
            expression("discount >= 0 or amount < 0", severity="warning", optional=True),
            expression("quantity * amount >= 0", severity="warning", optional=True),
            near_duplicate(
                ["customer_id", "product_id", "quantity"],
                name="no near duplicates",
                severity="warning",
                optional=True,
            ),
            excludes_pattern("order_id", _CANCELLED, name="no cancellation", severity="warning", optional=True),
            refund_after_purchase(name="refunds follow purchases", severity="warning", optional=True),
        ),
        door="transactions",
    )


def contracts(as_of: Instant | None = None) -> RuleSet:
    """What the rows of a contracts table must keep.

    Errors: the customer is known; a start is known, neither in the future nor before 1990; no contract ends before it
    starts; durations are known, whole and not negative, and whether their end was observed is known; no row repeats an
    earlier one in all columns.

    Warnings: prices are above zero, weights not below, and no end lies in the future.

    Parameters
    ----------
    as_of : date, datetime, datetime64 or ISO text, optional
        Times after it are in the future; a day counts to its end. By default the time of validating.

    Returns
    -------
    RuleSet

    Examples
    --------
    >>> import pandas as pd
    >>> from custval.data_quality import presets, validate
    >>> memberships = pd.DataFrame(
    ...     {
    ...         "customer_id": [1, 2, 3],
    ...         "started_at": pd.to_datetime(["2023-03-01", "2023-05-01", "1900-01-01"]),
    ...         "ended_at": pd.to_datetime(["2023-09-01", "2023-04-01", None]),
    ...     }
    ... )
    >>> validate(memberships, presets.contracts()).rejected["rejection_reasons"].tolist()
    ['ended_at >= started_at', 'no absurd date']
    """
    return RuleSet(
        (
            not_null("customer_id"),
            not_null("started_at", optional=True),
            not_in_future("started_at", as_of, optional=True),
            in_range("started_at", _FIRST_DAY, name="no absurd date", optional=True),
            expression("ended_at >= started_at", optional=True),
            not_null("duration", optional=True),
            in_range("duration", 0, optional=True),
            expression("duration % 1 == 0", name="whole duration", optional=True),
            not_null("observed", optional=True),
            of_type("observed", "boolean", optional=True),
            unique(keep="first", name="no exact duplicates"),
            not_in_future("ended_at", as_of, severity="warning", optional=True),
            in_range("price", 0, severity="warning", optional=True),
            expression("price != 0", severity="warning", optional=True),
            in_range("weight", 0, severity="warning", optional=True),
        ),
        door="contracts",
    )


def customers(as_of: Instant | None = None) -> RuleSet:
    r"""What the records of a customers table must keep.

    Errors: no two records share a `customer_id` or a `record_id`, both are known, and nobody was acquired in the
    future.

    Warnings: mail addresses and phone numbers have the form of one and stand once; contacts, city and birth date are
    known; nobody was born before 1900, in the future, or after being acquired, or acquired before 1990; no name or
    address is that of a test account (test, demo, dummy, QA, 测试, …); costs of acquisition are not negative.

    Parameters
    ----------
    as_of : date, datetime, datetime64 or ISO text, optional
        Times after it are in the future; a day counts to its end. By default the time of validating.

    Returns
    -------
    RuleSet

    Examples
    --------
    >>> from custval.data_quality import presets, validate
    >>> records = {
    ...     "customer_id": [1, 2, 3],
    ...     "name": ["Ann Smith", "测试账号", "Demo Customer 2"],
    ...     "email": ["ann@example.org", "a.example.com", "x@example.com"],
    ... }
    >>> failures = validate(records, presets.customers()).failures
    >>> list(zip(failures["rule"], failures["row"]))
    [('form of email', 1), ('no test account (name)', 1), ('no test account (name)', 2)]
    """
    contacts = ("email", "phone", "city", "birth_date")
    names = ("name", "given_name", "family_name")
    return RuleSet(
        (
            not_null("customer_id", optional=True),
            unique("customer_id", optional=True),
            not_null("record_id", optional=True),
            unique("record_id", optional=True),
            not_in_future("acquired_at", as_of, optional=True),
            in_range("acquired_at", _FIRST_DAY, name="no absurd date", severity="warning", optional=True),
            matches_pattern("email", _EMAIL, name="form of email", severity="warning", optional=True),
            matches_pattern("phone", _PHONE, name="form of phone", severity="warning", optional=True),
            *(not_null(column, severity="warning", optional=True) for column in contacts),
            *(unique(column, severity="warning", optional=True) for column in ("email", "phone")),
            in_range("birth_date", _FIRST_BIRTH, name="no absurd birth date", severity="warning", optional=True),
            not_in_future("birth_date", as_of, severity="warning", optional=True),
            expression("birth_date <= acquired_at", severity="warning", optional=True),
            *(
                excludes_pattern(
                    column, _TEST_NAME, name=f"no test account ({column})", severity="warning", optional=True
                )
                for column in names
            ),
            excludes_pattern("email", _TEST_EMAIL, name="no test account (email)", severity="warning", optional=True),
            in_range("acquisition_cost", 0, severity="warning", optional=True),
        ),
        door="customers",
    )


def events(as_of: Instant | None = None, *, known: Iterable[str] | None = None) -> RuleSet:
    """What the rows of an events table must keep.

    Errors: customer, time and event are known, the time is neither in the future nor before 1990, values are finite,
    no row repeats an earlier one in all columns.

    Warnings: events are among the known ones; within a session the sequence does not fall as time goes on; no row
    repeats another of the same customer, session, event and place in the sequence within a minute.

    Parameters
    ----------
    as_of : date, datetime, datetime64 or ISO text, optional
        Times after it are in the future; a day counts to its end. By default the time of validating.
    known : iterable of str, optional
        The names of the events that there are.

    Returns
    -------
    RuleSet

    Examples
    --------
    >>> import pandas as pd
    >>> from custval.data_quality import presets, validate
    >>> log = pd.DataFrame(
    ...     {
    ...         "customer_id": [1, 1, 1],
    ...         "timestamp": pd.to_datetime(["2024-01-01 10:00", "2024-01-01 10:05", "2024-01-01 10:09"]),
    ...         "event": ["visit", "vist", "buy"],
    ...         "session_id": [7, 7, 7],
    ...         "sequence": [1, 3, 2],
    ...     }
    ... )
    >>> failures = validate(log, presets.events(known=["visit", "buy"])).failures
    >>> list(zip(failures["rule"], failures["row"]))
    [('known event', 1), ('sequence goes with time', 2)]
    """
    vocabulary: tuple[Rule, ...] = ()
    if known is not None:
        vocabulary = (in_set("event", known, name="known event", severity="warning"),)
    session = ["customer_id", "session_id"]
    return RuleSet(
        (
            not_null("customer_id"),
            not_null("timestamp"),
            not_in_future("timestamp", as_of),
            in_range("timestamp", _FIRST_DAY, name="no absurd date"),
            not_null("event"),
            in_range("value", name="value is finite", optional=True),
            unique(keep="first", name="no exact duplicates"),
            *vocabulary,
            monotone(
                "sequence",
                by=session,
                order_by="timestamp",
                name="sequence goes with time",
                severity="warning",
                optional=True,
            ),
            near_duplicate(
                [*session, "event", "sequence"], name="no near duplicates", severity="warning", optional=True
            ),
        ),
        door="events",
    )


def responses(
    scale: tuple[float, float], as_of: Instant | None = None, *, items: Sequence[str] = (), score: str | None = None
) -> RuleSet:
    """What the rows of a responses table must keep.

    Errors: answers lie on the scale, times are neither in the future nor before 1990, weights are not negative, no
    row repeats an earlier one in all columns.

    Warnings: customer, time and score are known; scores are whole numbers where the ends of the scale are; nobody
    answers all items alike (three or more); nobody answers twice, with the same score, within a minute.

    Parameters
    ----------
    scale : (float, float)
        The least and the greatest answer, such as ``(0, 10)``.
    as_of : date, datetime, datetime64 or ISO text, optional
        Times after it are in the future; a day counts to its end. By default the time of validating.
    items : sequence of str, optional
        The columns of further answers, on the same scale.
    score : str, optional
        The column of the one answer; by default "score", where there is one.

    Returns
    -------
    RuleSet

    Examples
    --------
    >>> from custval.data_quality import presets, validate
    >>> answers = {"price": [4, 3, 5], "service": [4, 5, 6], "taste": [4, 3, 5]}
    >>> failures = validate(answers, presets.responses((1, 5), items=["price", "service", "taste"])).failures
    >>> list(zip(failures["rule"], failures["column"], failures["row"]))
    [('service on the scale', 'service', 2), ('not all alike', 'price, service, taste', 0)]
    """
    low, high = _scale(scale)
    one, optional = ("score", True) if score is None else (score, False)
    whole: tuple[Rule, ...] = ()
    if low.is_integer() and high.is_integer():
        quoted = "`" + one.replace("`", "``") + "`"
        whole = (expression(f"{quoted} % 1 == 0", name="whole score", severity="warning", optional=optional),)
    return RuleSet(
        (
            in_range(one, low, high, name="score on the scale", optional=optional),
            *(in_range(item, low, high, name=f"{item} on the scale") for item in items),
            not_in_future("timestamp", as_of, optional=True),
            in_range("timestamp", _FIRST_DAY, name="no absurd date", optional=True),
            in_range("weight", 0, optional=True),
            unique(keep="first", name="no exact duplicates"),
            *(not_null(column, severity="warning", optional=True) for column in ("customer_id", "timestamp", one)),
            *whole,
            *((varied(items, name="not all alike", severity="warning"),) if len(items) > 2 else ()),
            near_duplicate(["customer_id", one], name="no near duplicates", severity="warning", optional=True),
        ),
        door="responses",
    )


def _scale(scale: Any) -> tuple[float, float]:
    try:
        low, high = scale
    except (TypeError, ValueError):
        raise CustvalError(
            f"scale must be the least and the greatest answer, such as (0, 10); got {scale!r}",
            suggestion="scale=(0, 10)",
        ) from None
    ends = number(low, "the low end of the scale"), number(high, "the high end of the scale")
    if ends[0] >= ends[1]:
        raise CustvalError(f"the ends of the scale must differ, the lower first; got {scale!r}")
    return ends
