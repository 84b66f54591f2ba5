"""What the functions that make rules share: names, and constants checked and made plain."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import numpy as np

from custval._check import moment, number
from custval._expression import from_data
from custval.data_quality._rule import Rule
from custval.errors import CustvalError
from custval.typing import Instant

__all__ = ["Severity", "bounds_of", "constants", "instant_text", "names_of", "numbers_of", "regular", "rule_of"]

Severity = Literal["error", "warning"]

_SHOWN_VALUES = 5
_DEFAULTS = {"keep": "none", "direction": "increasing", "strict": False, "threshold": 5.0}


def rule_of(
    check: str,
    columns: Sequence[str],
    parameters: Mapping[str, Any],
    *,
    name: str | None,
    severity: str,
    optional: bool,
) -> Rule:
    """A rule; without a name it is named after the call that makes it."""
    for column in columns:
        if not isinstance(column, str) or not column:
            raise CustvalError(f"a column is given by its name; got {column!r}")
    named = _default_name(check, columns, parameters) if name is None else name
    return Rule(named, check, tuple(columns), parameters, severity, optional)


def _default_name(check: str, columns: Sequence[str], parameters: Mapping[str, Any]) -> str:
    if check == "expression":
        return str(parameters["condition"])
    shown = [f"{key}={_shown(v)}" for key, v in parameters.items() if v is not None and v != _DEFAULTS.get(key)]
    return f"{check}({', '.join([*columns, *shown])})"


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return repr(list(value)) if len(value) <= _SHOWN_VALUES else f"<{len(value):,} values>"
    return repr(value)


def names_of(columns: str | Sequence[str] | None) -> list[str]:
    """One column or several, as a list."""
    return [columns] if isinstance(columns, str) else list(columns or [])


def regular(pattern: Any) -> str:
    """A regular expression, as text."""
    if not isinstance(pattern, str):
        raise CustvalError(f"pattern must be a regular expression, as text; got {pattern!r}")
    try:
        re.compile(pattern)
    except re.error as error:
        raise CustvalError(f"pattern must be a regular expression; got {pattern!r}: {error}") from None
    return pattern


def bounds_of(low: Any, high: Any) -> dict[str, Any]:
    """The parameters `low` and `high`: two numbers, or two days."""
    bounds = {"low": _bound(low, "low"), "high": _bound(high, "high")}
    _check_order(bounds["low"], bounds["high"])
    return bounds


def numbers_of(low: Any, high: Any, at_least: float | None = None, at_most: float | None = None) -> dict[str, Any]:
    """The parameters `low` and `high`: numbers, of which at least one is given."""
    bounds = {
        name: None if value is None else number(value, name, at_least=at_least, at_most=at_most)
        for name, value in (("low", low), ("high", high))
    }
    if low is None and high is None:
        raise CustvalError("low, high, or both must be given", suggestion="high=…")
    _check_order(bounds["low"], bounds["high"])
    return {name: int(v) if isinstance(v, float) and v.is_integer() else v for name, v in bounds.items()}


def instant_text(as_of: Instant | None) -> str | None:
    """The parameter `as_of`, as text; None means the time of judging."""
    if as_of is not None:
        moment(as_of, "as_of", "UTC")  # may have a zone or not: which one fits is known when there are data
    return as_of.isoformat() if isinstance(as_of, dt.date) else as_of if as_of is None else str(as_of)


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


def constants(values: Any, name: str, *, empty: bool = False) -> tuple[Any, ...]:
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
