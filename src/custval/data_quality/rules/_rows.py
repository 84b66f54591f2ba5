"""Rules about rows beside other rows of the table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from custval._check import choice, flag, number, span
from custval.data_quality._rule import Rule
from custval.data_quality.rules._make import Severity, names_of, rule_of
from custval.errors import CustvalError

__all__ = ["constant", "monotone", "near_duplicate", "no_outliers", "refund_after_purchase", "unique"]


def unique(
    columns: str | Sequence[str] | None = None,
    *,
    keep: Literal["first", "none"] = "none",
    severity: Severity = "error",
    name: str | None = None,
    optional: bool = False,
) -> Rule:
    """No other row has the same values in these columns; without columns: no other row is the same.

    Parameters
    ----------
    columns : str or sequence of str, optional
        A row with a null in one of them keeps the rule. Without columns, rows are compared in all columns of the
        table, null being equal to null.
    keep : {"none", "first"}
        Whether all of the rows that are alike break the rule, or all but the first.
    severity : {"error", "warning"}
    name : str, optional
    optional : bool

    Returns
    -------
    Rule

    Examples
    --------
    >>> from custval.data_quality import rules, validate
    >>> orders = {"order_id": [1, 2, 2], "amount": [5.0, 7.0, 8.0]}
    >>> validate(orders, [rules.unique("order_id")]).rejected["order_id"]
    [2, 2]
    >>> validate(orders, [rules.unique("order_id", keep="first")]).rejected["order_id"]
    [2]
    """
    named = names_of(columns)
    parameters = {"keep": choice(keep, "keep", ("first", "none"))}
    return rule_of("unique", named, parameters, name=name, severity=severity, optional=optional)


def monotone(
    column: str,
    *,
    by: str | Sequence[str] | None = None,
    order_by: str | None = None,
    direction: Literal["increasing", "decreasing"] = "increasing",
    strict: bool = False,
    severity: Severity = "error",
    name: str | None = None,
    optional: bool = False,
) -> Rule:
    """The number or time does not fall below the known one before it, in the order of the rows or of a column.

    Parameters
    ----------
    column : str
    by : str or sequence of str, optional
        Rows are compared within groups of equal values of these columns; rows with a null there keep the rule.
    order_by : str, optional
        A column of numbers or times by which rows stand before others; of rows that are alike in it none stands before
        another. By default the order of the rows, which those of a lazy frame do not have. Rows with a null there
        keep the rule.
    direction : {"increasing", "decreasing"}
    strict : bool
        Whether equal values break the rule.
    severity : {"error", "warning"}
    name : str, optional
    optional : bool

    Returns
    -------
    Rule

    Examples
    --------
    >>> from custval.data_quality import rules, validate
    >>> events = {"customer_id": ["a", "b", "a", "a"], "sequence": [1, 1, 3, 2]}
    >>> validate(events, [rules.monotone("sequence", by="customer_id")]).failures["row"]
    [3]
    """
    choice(direction, "direction", ("increasing", "decreasing"))
    parameters = {"direction": direction, "strict": flag(strict, "strict"), "order_by": order_by}
    columns = [column, *names_of(by), *names_of(order_by)]
    return rule_of("monotone", columns, parameters, name=name, severity=severity, optional=optional)


def near_duplicate(
    columns: str | Sequence[str] | None = None,
    *,
    within: str = "1min",
    order_by: str = "timestamp",
    severity: Severity = "error",
    name: str | None = None,
    optional: bool = False,
) -> Rule:
    """No row of a little earlier is the same in everything but the time, as the first of two clicks is.

    Rows of the very same time are no near duplicates; `unique` finds them.

    Parameters
    ----------
    columns : str or sequence of str, optional
        What must be the same; a row with a null in one of them keeps the rule. By default all columns but the time,
        null being equal to null.
    within : str
        A span such as "1min" or "30s": the later row fails, if it is not later than that.
    order_by : str
        The column of times. Rows with a null there keep the rule.
    severity : {"error", "warning"}
    name : str, optional
    optional : bool

    Returns
    -------
    Rule

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from custval.data_quality import rules, validate
    >>> clicks = pd.DataFrame(
    ...     {
    ...         "customer_id": ["ann", "ann", "bob", "ann"],
    ...         "timestamp": np.datetime64("2024-01-31T18:00") + np.array([0, 20, 30, 300], dtype="m8[s]"),
    ...     }
    ... )
    >>> validate(clicks, [rules.near_duplicate("customer_id")]).failures["row"].tolist()
    [1]
    """
    parameters = {"within": str(span(within, "within")), "order_by": order_by}
    chosen = [*names_of(columns), *names_of(order_by)]
    return rule_of("near_duplicate", chosen, parameters, name=name, severity=severity, optional=optional)


def refund_after_purchase(
    column: str = "quantity",
    *,
    by: str | Sequence[str] = ("customer_id", "product_id"),
    order_by: str = "timestamp",
    severity: Severity = "error",
    name: str | None = None,
    optional: bool = False,
) -> Rule:
    """A line of less than nothing takes back what was sold before: lines of the same customer and product.

    What is sold can be taken back once, and only what is not yet taken back counts; of the same time sales come first.

    Parameters
    ----------
    column : str
        Units, or money: negative where they are taken back.
    by : str or sequence of str
        What refund and purchase have in common. Rows with a null in one of these columns keep the rule.
    order_by : str
        The column of times. Rows with a null there keep the rule, and so do sales.
    severity : {"error", "warning"}
    name : str, optional
    optional : bool

    Returns
    -------
    Rule

    Notes
    -----
    Sizes are counted in millionths. A column with infinite ones cannot be judged, and all rows fail; in a lazy frame
    those of 4.6e12 and more keep the rule, and of refunds of the same time the first is the one with the least key.

    Examples
    --------
    >>> import pandas as pd
    >>> from custval.data_quality import rules, validate
    >>> lines = pd.DataFrame(
    ...     {
    ...         "customer_id": ["ann", "ann", "ann", "bob"],
    ...         "product_id": ["tea", "tea", "tea", "tea"],
    ...         "timestamp": pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04"]),
    ...         "quantity": [3, -2, -2, -1],
    ...     }
    ... )
    >>> validate(lines, [rules.refund_after_purchase()]).failures["row"].tolist()
    [2, 3]
    """
    groups = names_of(by)
    if not groups:
        raise CustvalError("by must name what a refund and its purchase have in common; got nothing")
    columns = [column, *groups, *names_of(order_by)]
    return rule_of(
        "refund_after_purchase", columns, {"order_by": order_by}, name=name, severity=severity, optional=optional
    )


def constant(column: str, *, severity: Severity = "error", name: str | None = None, optional: bool = False) -> Rule:
    """All rows have the same value, such as one currency; those with another than the most frequent one fail.

    Of values that are equally frequent the one that is least, as text, is the one to have.

    Parameters
    ----------
    column : str
        A column of text, whole numbers or booleans.
    severity : {"error", "warning"}
    name : str, optional
    optional : bool

    Returns
    -------
    Rule

    Examples
    --------
    >>> from custval.data_quality import rules, validate
    >>> validate({"currency": ["EUR", "USD", "EUR", None]}, [rules.constant("currency")]).failures["row"]
    [1]
    """
    return rule_of("constant", [column], {}, name=name, severity=severity, optional=optional)


def no_outliers(
    column: str,
    *,
    by: str | Sequence[str] | None = None,
    threshold: float = 5.0,
    severity: Severity = "warning",
    name: str | None = None,
    optional: bool = False,
) -> Rule:
    """The size of the number is of the order of what is usual in its group, by the median and not the mean.

    A row fails if the logarithm of its size (the number without its sign) is farther from the median of its group than
    `threshold` times the robust standard deviation of the group, which is 1.4826 × the median distance from the median,
    and at least ln 2. So at the default nothing fails that is within a factor of 32 of what is usual. Groups of fewer
    than 6 rows are compared with all rows. Zeros keep the rule, and so does a table of fewer than 6 other numbers.

    Parameters
    ----------
    column : str
    by : str or sequence of str, optional
        The groups, such as "product_id". Rows with a null there keep the rule.
    threshold : float
    severity : {"warning", "error"}
    name : str, optional
    optional : bool

    Returns
    -------
    Rule

    Notes
    -----
    A column with infinite numbers cannot be judged, and all rows fail; in a lazy frame infinite numbers keep the rule.

    References
    ----------
    Iglewicz, B. & Hoaglin, D. C. (1993). How to Detect and Handle Outliers. ASQC Quality Press: the modified z-score.

    Examples
    --------
    >>> from custval.data_quality import rules, validate
    >>> lines = {"quantity": [1, 2, 1, 3, 1, 2, 4, 80_995]}
    >>> validate(lines, [rules.no_outliers("quantity")]).failures["value"]
    ['80995']
    """
    parameters = {"threshold": number(threshold, "threshold", above=0.0)}
    return rule_of("no_outliers", [column, *names_of(by)], parameters, name=name, severity=severity, optional=optional)
