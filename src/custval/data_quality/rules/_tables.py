"""Rules about a table as a whole: they fail, and no row is rejected."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from custval._check import choice, number, span, whole
from custval.data_quality._rule import Rule
from custval.data_quality.rules._make import Severity, constants, instant_text, numbers_of, rule_of
from custval.typing import Instant

__all__ = ["fresh", "row_count", "share_of", "share_of_nulls", "statistic"]

_STATISTICS = ("mean", "median", "sum", "std", "min", "max")


def fresh(
    column: str,
    within: str = "7D",
    as_of: Instant | None = None,
    *,
    severity: Severity = "error",
    name: str | None = None,
    optional: bool = False,
) -> Rule:
    """The latest time of the table is not older than a span; a table without a known time is not fresh.

    About the table: no row is rejected.

    Parameters
    ----------
    column : str
    within : str
        Such as "7D" or "36h"; months and years count as their mean lengths.
    as_of : date, datetime, datetime64 or ISO text, optional
        The time at which the age is measured, a day at its end; by default the time of judging, in UTC.
    severity : {"error", "warning"}
    name : str, optional
    optional : bool

    Returns
    -------
    Rule

    Examples
    --------
    >>> import pandas as pd
    >>> from custval.data_quality import rules, validate
    >>> lines = pd.DataFrame({"timestamp": pd.to_datetime(["2024-01-30 09:00", "2024-01-31 18:00"])})
    >>> validate(lines, [rules.fresh("timestamp", "7D", as_of="2024-02-05")]).passed
    True
    >>> late = validate(lines, [rules.fresh("timestamp", "7D", as_of="2024-02-29")])
    >>> late.passed, len(late.rejected), late.summary["measured"].tolist()
    (False, 0, ['2024-01-31T18:00:00'])
    """
    parameters = {"within": str(span(within, "within")), "as_of": instant_text(as_of)}
    return rule_of("fresh", [column], parameters, name=name, severity=severity, optional=optional)


def share_of_nulls(
    column: str,
    *,
    low: float = 0.0,
    high: float = 0.0,
    severity: Severity = "error",
    name: str | None = None,
    optional: bool = False,
) -> Rule:
    """The share of rows in which nothing is known lies between the bounds, both included.

    About the table: no row is rejected. A table without rows keeps the rule.

    Parameters
    ----------
    column : str
    low, high : float
        Between 0 and 1.
    severity : {"error", "warning"}
    name : str, optional
    optional : bool

    Returns
    -------
    Rule

    Examples
    --------
    >>> from custval.data_quality import rules, validate
    >>> result = validate({"email": ["a@b.de", None, None, None]}, [rules.share_of_nulls("email", high=0.5)])
    >>> result.passed, result.summary["measured"], result.accepted["email"]
    (False, ['0.75'], ['a@b.de', None, None, None])
    """
    bounds = numbers_of(low, high, at_least=0.0, at_most=1.0)
    return rule_of("share_of_nulls", [column], bounds, name=name, severity=severity, optional=optional)


def share_of(
    column: str,
    values: Iterable[Any],
    low: float | None = None,
    high: float | None = None,
    *,
    severity: Severity = "error",
    name: str | None = None,
    optional: bool = False,
) -> Rule:
    """The share of some values among all that are known lies between the bounds, both included.

    About the table: no row is rejected. A column without a known value keeps the rule.

    Parameters
    ----------
    column : str
    values : iterable of str, of numbers, or of bool
    low, high : float, optional
        Between 0 and 1; at least one of them.
    severity : {"error", "warning"}
    name : str, optional
    optional : bool

    Returns
    -------
    Rule

    Examples
    --------
    >>> from custval.data_quality import rules, validate
    >>> lines = {"channel": ["web", "web", "shop", "web"]}
    >>> validate(lines, [rules.share_of("channel", ["shop"], low=0.3)]).summary["status"]
    ['failed']
    """
    parameters = {"values": constants(values, "values"), **numbers_of(low, high, at_least=0.0, at_most=1.0)}
    return rule_of("share_of", [column], parameters, name=name, severity=severity, optional=optional)


def statistic(
    column: str,
    of: str | float,
    low: float | None = None,
    high: float | None = None,
    *,
    severity: Severity = "error",
    name: str | None = None,
    optional: bool = False,
) -> Rule:
    """The mean, median, another quantile, sum, standard deviation, least or greatest number lies between the bounds.

    About the table: no row is rejected. Unknown numbers count as nothing; a column without a known one keeps the rule.

    Parameters
    ----------
    column : str
        A column of numbers.
    of : {"mean", "median", "sum", "std", "min", "max"} or float
        A number between 0 and 1 is a quantile, interpolated between numbers; "std" divides by n − 1.
    low, high : float, optional
        Both included; at least one of them.
    severity : {"error", "warning"}
    name : str, optional
    optional : bool

    Returns
    -------
    Rule

    Examples
    --------
    >>> from custval.data_quality import rules, validate
    >>> lines = {"amount": [10.0, 20.0, 30.0, 1_000.0]}
    >>> checks = [rules.statistic("amount", "mean", high=100), rules.statistic("amount", 0.5, low=20, high=30)]
    >>> result = validate(lines, checks)
    >>> result.summary["status"], result.summary["measured"]
    (['failed', 'passed'], ['265', '25'])
    """
    kind = choice(of, "of", _STATISTICS) if isinstance(of, str) else number(of, "of", at_least=0.0, at_most=1.0)
    parameters = {"of": kind, **numbers_of(low, high)}
    return rule_of("statistic", [column], parameters, name=name, severity=severity, optional=optional)


def row_count(
    low: int | None = None,
    high: int | None = None,
    *,
    severity: Severity = "error",
    name: str | None = None,
    optional: bool = False,
) -> Rule:
    """The number of rows lies between the bounds, both included.

    About the table: no row is rejected.

    Parameters
    ----------
    low, high : int, optional
        At least one of them.
    severity : {"error", "warning"}
    name : str, optional
    optional : bool

    Returns
    -------
    Rule

    Examples
    --------
    >>> from custval.data_quality import rules, validate
    >>> validate({"order_id": [1, 2, 3]}, [rules.row_count(low=1)]).passed
    True
    """
    bounds = [None if value is None else whole(value, what) for value, what in ((low, "low"), (high, "high"))]
    return rule_of("row_count", [], numbers_of(*bounds), name=name, severity=severity, optional=optional)
