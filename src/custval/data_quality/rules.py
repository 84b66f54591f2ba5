"""Rules that the rows of a table must keep: each function returns one, as data; `validate` judges them.

A value that is null is unknown and keeps every rule but `not_null`. A column of the wrong type breaks the rule in
all rows.

Every function takes, beside its own arguments,

- `severity`: rows that break an `"error"` are rejected, a `"warning"` is only listed;
- `name`: what failures are listed under; by default the call itself, such as `in_range(amount, low=0)`;
- `optional`: whether the rule is skipped in a table without its columns, instead of raising.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import numpy as np

from custval._check import choice, flag, moment
from custval._expression import from_data, parse_condition
from custval._frame import enter, nulls
from custval.data_quality._rule import Rule
from custval.errors import CustvalError
from custval.typing import Instant, IntoFrame

__all__ = [
    "Rule",
    "expression",
    "in_range",
    "in_set",
    "matches_pattern",
    "monotone",
    "not_in_future",
    "not_null",
    "references",
    "unique",
]

Severity = Literal["error", "warning"]

_SHOWN_VALUES = 5


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
    return _rule("not_null", [column], {}, name=name, severity=severity, optional=optional)


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
    named = [columns] if isinstance(columns, str) else list(columns or [])
    parameters = {"keep": choice(keep, "keep", ("first", "none"))}
    return _rule("unique", named, parameters, name=name, severity=severity, optional=optional)


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
    bounds = {"low": _bound(low, "low"), "high": _bound(high, "high")}
    _check_order(bounds["low"], bounds["high"])
    return _rule("in_range", [column], bounds, name=name, severity=severity, optional=optional)


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
    parameters = {"values": _values(values, "values")}
    return _rule("in_set", [column], parameters, name=name, severity=severity, optional=optional)


def matches_pattern(
    column: str, pattern: str, *, severity: Severity = "error", name: str | None = None, optional: bool = False
) -> Rule:
    r"""The whole of the text matches a regular expression, in Python's syntax (on lazy frames: in that of the engine).

    Parameters
    ----------
    column : str
    pattern : str
    severity : {"error", "warning"}
    name : str, optional
    optional : bool

    Returns
    -------
    Rule

    Examples
    --------
    >>> from custval.data_quality import rules, validate
    >>> codes = {"postcode": ["75001", "7500", "75001 "]}
    >>> validate(codes, [rules.matches_pattern("postcode", r"\d{5}")]).failures["row"]
    [1, 2]
    """
    if not isinstance(pattern, str):
        raise CustvalError(f"pattern must be a regular expression, as text; got {pattern!r}")
    try:
        re.compile(pattern)
    except re.error as error:
        raise CustvalError(f"pattern must be a regular expression; got {pattern!r}: {error}") from None
    return _rule("matches_pattern", [column], {"pattern": pattern}, name=name, severity=severity, optional=optional)


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
    if isinstance(reference, Mapping) or hasattr(reference, "columns") or hasattr(reference, "column_names"):
        there = enter(reference, "the reference")
        wanted = column if to is None else to
        there.require(wanted)
        series = there[wanted]
        reference = series[np.flatnonzero(~nulls(series))].unique().to_list()
    elif to is not None:
        raise CustvalError(f"to={to!r} names a column, and the reference is no table", suggestion="leave `to` off")
    parameters = {"values": _values(reference, "reference", empty=True)}
    return _rule("references", [column], parameters, name=name, severity=severity, optional=optional)


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
    if as_of is not None:
        moment(as_of, "as_of", "UTC")  # may have a zone or not: which one fits is known when there are data
    text = as_of.isoformat() if isinstance(as_of, dt.date) else as_of if as_of is None else str(as_of)
    return _rule("not_in_future", [column], {"as_of": text}, name=name, severity=severity, optional=optional)


def monotone(
    column: str,
    *,
    by: str | Sequence[str] | None = None,
    direction: Literal["increasing", "decreasing"] = "increasing",
    strict: bool = False,
    severity: Severity = "error",
    name: str | None = None,
    optional: bool = False,
) -> Rule:
    """The number or time does not fall below the known one before it, in the order of the rows.

    Parameters
    ----------
    column : str
    by : str or sequence of str, optional
        Rows are compared within groups of equal values of these columns; rows with a null there keep the rule.
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
    groups = [by] if isinstance(by, str) else list(by or [])
    choice(direction, "direction", ("increasing", "decreasing"))
    parameters = {"direction": direction, "strict": flag(strict, "strict")}
    return _rule("monotone", [column, *groups], parameters, name=name, severity=severity, optional=optional)


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
    return _rule("expression", parsed.columns, parameters, name=name, severity=severity, optional=optional)


def _rule(
    check: str,
    columns: Sequence[str],
    parameters: Mapping[str, Any],
    *,
    name: str | None,
    severity: str,
    optional: bool,
) -> Rule:
    for column in columns:
        if not isinstance(column, str) or not column:
            raise CustvalError(f"a column is given by its name; got {column!r}")
    named = _default_name(check, columns, parameters) if name is None else name
    return Rule(named, check, tuple(columns), parameters, severity, optional)


def _default_name(check: str, columns: Sequence[str], parameters: Mapping[str, Any]) -> str:
    if check == "expression":
        return str(parameters["condition"])
    defaults = {"keep": "none", "direction": "increasing", "strict": False}
    shown = [f"{key}={_shown(v)}" for key, v in parameters.items() if v is not None and v != defaults.get(key)]
    return f"{check}({', '.join([*columns, *shown])})"


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return repr(list(value)) if len(value) <= _SHOWN_VALUES else f"<{len(value):,} values>"
    return repr(value)


def _bound(value: Any, name: str) -> float | str | None:
    """A number, or a day as ISO text."""
    if value is None:
        return None
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        return value
    day = value.isoformat() if isinstance(value, dt.date) else value
    try:
        from_data(["<=", {"column": "day"}, {"date": day}])
    except CustvalError:
        raise CustvalError(f"{name} must be a finite number or a day such as '2011-12-09'; got {value!r}") from None
    return str(day)


def _check_order(low: Any, high: Any) -> None:
    if low is None or high is None:
        return
    if isinstance(low, str) != isinstance(high, str):
        raise CustvalError(f"low and high must be two numbers or two days; got {low!r} and {high!r}")
    if low > high:
        raise CustvalError(f"low must not exceed high; got {low!r} and {high!r}", suggestion="exchange them")


def _values(values: Any, name: str, *, empty: bool = False) -> tuple[Any, ...]:
    """Distinct constants of one kind, sorted."""
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise CustvalError(f"{name} must be a list of values; got {values!r}", suggestion=f"{name}=[{values!r}]")
    plain = [value.item() if isinstance(value, np.generic) else value for value in values]
    fit = all(isinstance(v, (str, bool, int)) or (isinstance(v, float) and math.isfinite(v)) for v in plain)
    kinds = {"text" if isinstance(v, str) else "boolean" if isinstance(v, bool) else "number" for v in plain}
    if not fit or len(kinds) > 1 or not (plain or empty):
        shown = ", ".join(map(repr, plain[:_SHOWN_VALUES])) or "none"
        raise CustvalError(f"{name} must be text only, finite numbers only, or True and False; got {shown}")
    return tuple(sorted(set(plain)))
