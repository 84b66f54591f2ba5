"""Rules about what stands in a value: what it can be read as, and how it is written."""

from __future__ import annotations

from typing import Literal

from custval._check import choice
from custval.data_quality._rule import Rule
from custval.data_quality.rules._make import Severity, regular, rule_of

__all__ = ["excludes_pattern", "matches_pattern", "of_type"]


def of_type(
    column: str,
    kind: Literal["number", "text", "time", "boolean"],
    *,
    severity: Severity = "error",
    name: str | None = None,
    optional: bool = False,
) -> Rule:
    r"""The value can be read as a number, a text, a time or a boolean.

    Of a column that has a type of its own, that type decides, and whole columns keep or break the rule; 0 and 1 are
    booleans too. Text is read value by value, blanks around it left out:

    - as a number in plain notation: ``-1234.5``, ``1e3``; neither ``1,234`` nor ``€ 5`` nor infinity;
    - as a time in ISO 8601 with a whole date: ``2011-12-09``, ``2011-12-09T12:30``;
    - as a boolean: true, false, yes, no, t, f, y, n, 1, 0, 是, 否, 真, 假.

    In columns of mixed Python objects each value is judged by its own type.

    Parameters
    ----------
    column : str
    kind : {"number", "text", "time", "boolean"}
    severity : {"error", "warning"}
    name : str, optional
    optional : bool

    Returns
    -------
    Rule

    Notes
    -----
    Text in a lazy frame cannot be read as times: collect the frame first.

    Examples
    --------
    >>> from custval.data_quality import rules, validate
    >>> prices = {"price": ["1.50", "n/a", None, "2,-"]}
    >>> validate(prices, [rules.of_type("price", "number")]).failures["row"]
    [1, 3]
    """
    parameters = {"kind": choice(kind, "kind", ("number", "text", "time", "boolean"))}
    return rule_of("of_type", [column], parameters, name=name, severity=severity, optional=optional)


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
    return rule_of(
        "matches_pattern", [column], {"pattern": regular(pattern)}, name=name, severity=severity, optional=optional
    )


def excludes_pattern(
    column: str, pattern: str, *, severity: Severity = "error", name: str | None = None, optional: bool = False
) -> Rule:
    r"""No part of the text matches a regular expression, in Python's syntax (on lazy frames: in that of the engine).

    In a column that holds no text there is nothing to match, and all rows keep the rule.

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
    >>> people = {"name": ["Ann Smith", "Test Account", "测试"]}
    >>> validate(people, [rules.excludes_pattern("name", r"(?i)^test\b|测试")]).failures["row"]
    [1, 2]
    """
    parameters = {"pattern": regular(pattern)}
    return rule_of("excludes_pattern", [column], parameters, name=name, severity=severity, optional=optional)
