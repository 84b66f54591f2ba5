"""Rules about one row at a time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from custval._expression import parse_condition
from custval._frame import enter, nulls
from custval.data_quality._rule import Rule
from custval.data_quality.rules._make import Severity, bounds_of, constants, instant_text, names_of, rule_of
from custval.errors import CustvalError
from custval.typing import Instant, IntoFrame

__all__ = [
    "expression",
    "in_range",
    "in_set",
    "not_in_future",
    "not_in_set",
    "not_null",
    "references",
    "varied",
]


def not_null(column: str, *, severity: Severity = "error", name: str | None = None, optional: bool = False) -> Rule:
    """The value is there: neither null nor NaN.

    Parameters
    ----------
    column : str
    severity : {"error", "warning"}
    name : str, optional
    optional : bool

    Returns
    -------
    Rule

    Examples
    --------
    >>> from custval.data_quality import rules
    >>> rules.not_null("customer_id").name
    'not_null(customer_id)'
    """
    return rule_of("not_null", [column], {}, name=name, severity=severity, optional=optional)


def in_range(
    column: str,
    low: float | str | dt.date | None = None,
    high: float | str | dt.date | None = None,
    *,
    severity: Severity = "error",
    name: str | None = None,
    optional: bool = False,
) -> Rule:
    """The number, or the day, lies between the bounds, both included; infinite numbers lie in no range.

    Parameters
    ----------
    column : str
    low, high : number, or a day such as "2011-12-09", optional
        Without bounds: any finite number. A day is whole: as `high` it includes its evening.
    severity : {"error", "warning"}
    name : str, optional
    optional : bool

    Returns
    -------
    Rule

    Examples
    --------
    >>> from custval.data_quality import rules, validate
    >>> lines = {"amount": [5.0, -1.0, None]}
    >>> validate(lines, [rules.in_range("amount", low=0)]).failures["value"]
    ['-1']
    """
    return rule_of("in_range", [column], bounds_of(low, high), name=name, severity=severity, optional=optional)


def in_set(
    column: str,
    values: Iterable[Any],
    *,
    severity: Severity = "error",
    name: str | None = None,
    optional: bool = False,
) -> Rule:
    """The value is one of these: all text, all numbers, or all booleans.

    Parameters
    ----------
    column : str
    values : iterable of str, of numbers, or of bool
    severity : {"error", "warning"}
    name : str, optional
    optional : bool

    Returns
    -------
    Rule

    Examples
    --------
    >>> from custval.data_quality import rules, validate
    >>> validate({"country": ["FR", "fr", None]}, [rules.in_set("country", ["FR", "DE"])]).failures["value"]
    ['fr']
    """
    parameters = {"values": constants(values, "values")}
    return rule_of("in_set", [column], parameters, name=name, severity=severity, optional=optional)


def not_in_set(
    column: str,
    values: Iterable[Any],
    *,
    severity: Severity = "error",
    name: str | None = None,
    optional: bool = False,
) -> Rule:
    """The value is none of these, such as the accounts of the staff: all text, all numbers, or all booleans.

    Parameters
    ----------
    column : str
    values : iterable of str, of numbers, or of bool
        None at all is possible.
    severity : {"error", "warning"}
    name : str, optional
    optional : bool

    Returns
    -------
    Rule

    Examples
    --------
    >>> from custval.data_quality import rules, validate
    >>> validate({"customer_id": [1, 2, None]}, [rules.not_in_set("customer_id", [2, 9])]).failures["row"]
    [1]
    """
    parameters = {"values": constants(values, "values", empty=True)}
    return rule_of("not_in_set", [column], parameters, name=name, severity=severity, optional=optional)


def references(
    column: str,
    reference: IntoFrame | Iterable[Any],
    to: str | None = None,
    *,
    severity: Severity = "error",
    name: str | None = None,
    optional: bool = False,
) -> Rule:
    """The value exists in another table.

    Parameters
    ----------
    column : str
        A column of text or numbers, such as "customer_id".
    reference : frame, or iterable
        The other table, or the values themselves. The rule keeps the distinct values.
    to : str, optional
        The column of the other table; by default of the same name.
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
    >>> customers = pd.DataFrame({"customer_id": [1, 2, 3]})
    >>> orders = pd.DataFrame({"customer_id": [1, 7, 3]})
    >>> validate(orders, [rules.references("customer_id", customers)]).failures["value"].tolist()
    ['7']
    """
    # asked of the type: a lazy frame would look its columns up
    if isinstance(reference, Mapping) or hasattr(type(reference), "columns"):
        there = enter(reference, "the reference")
        wanted = column if to is None else to
        there.require(wanted)
        series = there[wanted]
        reference = series[np.flatnonzero(~nulls(series))].unique().to_list()
    elif to is not None:
        raise CustvalError(f"to={to!r} names a column, and the reference is no table", suggestion="leave `to` off")
    parameters = {"values": constants(reference, "reference", empty=True)}
    return rule_of("references", [column], parameters, name=name, severity=severity, optional=optional)


def not_in_future(
    column: str,
    as_of: Instant | None = None,
    *,
    severity: Severity = "error",
    name: str | None = None,
    optional: bool = False,
) -> Rule:
    """The time is not later than `as_of`, a day (the whole of it) or an instant; by default the time of judging.

    A time without a zone is in the future when it is so everywhere on earth, that is in the zone UTC+14.

    Parameters
    ----------
    column : str
    as_of : date, datetime, datetime64 or ISO text, optional
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
    >>> lines = pd.DataFrame({"timestamp": pd.to_datetime(["2024-01-31 18:00", "2024-02-01 00:00"])})
    >>> validate(lines, [rules.not_in_future("timestamp", as_of="2024-01-31")]).failures["row"].tolist()
    [1]
    """
    return rule_of(
        "not_in_future", [column], {"as_of": instant_text(as_of)}, name=name, severity=severity, optional=optional
    )


def varied(
    columns: Sequence[str], *, severity: Severity = "error", name: str | None = None, optional: bool = False
) -> Rule:
    """The numbers of several columns are not all the same, as those of someone who ticks the same box throughout.

    A row with a null in one of them keeps the rule.

    Parameters
    ----------
    columns : sequence of str
        Two columns or more.
    severity : {"error", "warning"}
    name : str, optional
    optional : bool

    Returns
    -------
    Rule

    Examples
    --------
    >>> from custval.data_quality import rules, validate
    >>> answers = {"price": [4, 3, 5], "service": [4, 5, None], "taste": [4, 3, 5]}
    >>> validate(answers, [rules.varied(["price", "service", "taste"])]).failures["row"]
    [0]
    """
    named = names_of(columns)
    if len(named) < 2:
        raise CustvalError(f"columns must name two columns or more; got {columns!r}")
    return rule_of("varied", named, {}, name=name, severity=severity, optional=optional)


def expression(
    condition: str, *, severity: Severity = "error", name: str | None = None, optional: bool = False
) -> Rule:
    """The condition does not fail; one that is unknown, because of a null, does not.

    Parameters
    ----------
    condition : str
        Such as `"discount <= amount"`, in the language of stages, tags and playbooks: columns, numbers, text and
        `date('2011-12-09')`; comparisons, `in`, `and`, `or`, `not`, arithmetic, `is_null`, `starts_with`, ….
    severity : {"error", "warning"}
    name : str, optional
    optional : bool

    Returns
    -------
    Rule

    Examples
    --------
    >>> from custval.data_quality import rules, validate
    >>> lines = {"amount": [10.0, 5.0, None], "discount": [1.0, 6.0, 1.0]}
    >>> validate(lines, [rules.expression("discount <= amount")]).failures["row"]
    [1]
    """
    parsed = parse_condition(condition)
    if not parsed.columns:
        raise CustvalError(f"a rule is about columns, and {condition!r} names none")
    parameters = {"condition": str(parsed)}
    return rule_of("expression", parsed.columns, parameters, name=name, severity=severity, optional=optional)
