"""A rule, and a set of them: data, made by the functions of `rules` and judged by `validate`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from custval._check import choice, flag, nearest
from custval._model import envelope, open_envelope
from custval._result import as_data
from custval.data_quality._sealed import reduce_sealed, seal
from custval.errors import CustvalError

__all__ = ["Rule", "RuleSet", "as_rules"]

_ABOUT_TABLES = frozenset({"fresh", "row_count", "share_of", "share_of_nulls", "statistic"})


@dataclasses.dataclass(frozen=True, slots=True)
class Rule:
    """What must hold for each row of a table, or for the table; made by the functions of `custval.data_quality.rules`.

    Attributes
    ----------
    name : str
        What failures are listed under.
    check : str
        The function of `rules` that made it.
    columns : tuple of str
        The columns that it reads; none: all of them.
    parameters : mapping
        The function's other arguments.
    severity : {"error", "warning"}
        Rows that fail an error are rejected; warnings are only listed.
    optional : bool
        Whether the rule is skipped where one of its columns is missing; otherwise that raises.
    """

    name: str
    check: str
    columns: tuple[str, ...]
    parameters: Mapping[str, Any] = dataclasses.field(default_factory=dict, hash=False)
    severity: str = "error"
    optional: bool = False

    def __post_init__(self) -> None:
        choice(self.severity, "severity", ("error", "warning"))
        flag(self.optional, "optional")
        if not isinstance(self.name, str) or not self.name.strip():
            raise CustvalError(f"name must be text; got {self.name!r}")
        seal(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return reduce_sealed(self)

    @property
    def about_table(self) -> bool:
        """Whether the rule is about a table as a whole, so that no row breaks it."""
        return self.check in _ABOUT_TABLES

    def is_skipped(self, columns: Collection[str]) -> bool:
        """Whether the rule is optional, and a table of these columns lacks one of its own."""
        return self.optional and any(column not in columns for column in self.columns)

    def to_dict(self) -> dict[str, Any]:
        """The rule as JSON-safe data.

        Examples
        --------
        >>> from custval.data_quality import rules
        >>> rules.in_range("amount", low=0).to_dict()["parameters"]
        {'low': 0, 'high': None}
        """
        return {field.name: as_data(getattr(self, field.name)) for field in dataclasses.fields(self)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Rule:
        """Take back what `to_dict` gave, checked as the function of `rules` checks it.

        Examples
        --------
        >>> from custval.data_quality import rules
        >>> rule = rules.not_null("customer_id")
        >>> rules.Rule.from_dict(rule.to_dict()) == rule
        True
        """
        keys = [field.name for field in dataclasses.fields(cls)]
        if not isinstance(data, Mapping) or not {"check", "columns"} <= set(data) <= set(keys):
            raise CustvalError(f"a rule is kept as a mapping of {', '.join(keys)}; got {data!r}", code="rule")
        shared = {key: data[key] for key in ("name", "severity", "optional") if key in data}
        return _rebuild(data["check"], data["columns"], {**data.get("parameters", {}), **shared})


def _rebuild(check: Any, columns: list[str], given: dict[str, Any]) -> Rule:
    """A rule through the function that makes it, which checks everything."""
    from custval.data_quality import rules

    makers = {name: getattr(rules, name) for name in rules.__all__ if name.islower()}
    if not isinstance(check, str) or check not in makers:
        close = nearest(check, makers) if isinstance(check, str) else None
        hint = f"; did you mean {close!r}?" if close else ""
        raise CustvalError(
            f"there is no rule {check!r}; there are {', '.join(makers)}{hint}", suggestion=close, code="rule"
        )
    positional: list[Any] = list(columns)
    try:
        if check in _ARGUMENTS:
            positional, given = _ARGUMENTS[check](positional, given)
        rule: Rule = makers[check](*positional, **given)
    except (TypeError, KeyError) as error:
        raise CustvalError(f"{check} cannot be made from {columns!r} and {given!r}: {error}", code="rule") from None
    return rule


def _in_groups(columns: list[Any], given: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """Of rules on a column within groups of others, perhaps in the order of a last one."""
    last = len(columns) - (given.get("order_by") is not None)
    return columns[:1], {**given, "by": columns[1:last]}


_ARGUMENTS: dict[str, Callable[[list[Any], dict[str, Any]], tuple[list[Any], dict[str, Any]]]] = {
    "unique": lambda columns, given: ([columns], given),
    "varied": lambda columns, given: ([columns], given),
    "near_duplicate": lambda columns, given: ([columns[:-1]], given),
    "monotone": _in_groups,
    "refund_after_purchase": _in_groups,
    "no_outliers": _in_groups,
    "references": lambda columns, given: (
        [*columns, given["values"]],
        {name: value for name, value in given.items() if name != "values"},
    ),
    "expression": lambda _, given: ([], given),
}
"""How the functions take columns and parameters, where it is not columns first and parameters by name."""


@dataclasses.dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules that belong together; what `presets` give, and what `custval.load` reads back.

    Attributes
    ----------
    rules : tuple of Rule
        Their names differ.
    door : str or None
        The door at which the columns are named (`"transactions"`, …), for the messages about missing ones.

    Examples
    --------
    >>> import custval as cv
    >>> from custval.data_quality import presets, rules
    >>> mine = presets.transactions() + [rules.in_set("country", ["FR", "DE"], optional=True)]
    >>> cv.load(mine.to_dict()) == mine
    True
    """

    rules: tuple[Rule, ...]
    door: str | None = None

    def __post_init__(self) -> None:
        rules = as_rules(self.rules)
        names = [rule.name for rule in rules]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise CustvalError(
                f"two rules are named {twice!r}, and failures are listed by name",
                suggestion='give one another name: name="…"',
            )
        object.__setattr__(self, "rules", rules)

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.rules)

    def __len__(self) -> int:
        return len(self.rules)

    def __add__(self, other: Iterable[Rule] | Rule) -> RuleSet:
        return RuleSet((*self.rules, *as_rules(other)), self.door)

    def to_dict(self) -> dict[str, Any]:
        """The set as JSON-safe data, for `from_dict` and `custval.load`."""
        return envelope(self, {"door": self.door, "rules": [rule.to_dict() for rule in self.rules]})

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> RuleSet:
        """Take back what `to_dict` gave."""
        content = open_envelope(data, cls)
        try:
            return cls(tuple(Rule.from_dict(rule) for rule in content["rules"]), content.get("door"))
        except CustvalError:
            raise
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise CustvalError(f"these data are no complete RuleSet: {error}", code="envelope") from None


def as_rules(rules: Any) -> tuple[Rule, ...]:
    """One rule or many, as a tuple."""
    given = (rules,) if isinstance(rules, Rule) else tuple(rules) if isinstance(rules, Iterable) else (rules,)
    for rule in given:
        if not isinstance(rule, Rule) and callable(rule):
            called = getattr(rule, "__name__", "rule")
            raise CustvalError(
                f"rules are made by calling the functions that make them; got the function {called} itself",
                suggestion=f"call it: {called}(…)",
                code="rule",
            )
        if not isinstance(rule, Rule):
            raise CustvalError(
                f"rules are made by the functions of custval.data_quality.rules; got {rule!r}",
                suggestion='rules=[rules.not_null("customer_id")]',
                code="rule",
            )
    return given
