"""The conditions of a scheme at work: what they read, which stage they give, and how time can turn them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from custval._check import nearest
from custval._expression import Expression, from_data, parse_condition
from custval._kernels.purchase_history import FEATURES, GROWING
from custval.errors import CustvalError
from custval.typing import FloatArray, IntArray

__all__ = ["MOST_DAYS", "Conditions", "Turn", "condition_of", "holds"]


MOST_DAYS = 10_000_000
"""More days than lie between any two dates."""


@dataclass(frozen=True, slots=True)
class Turn:
    """The values of a growing feature from which on a comparison may be another than it is before.

    Attributes
    ----------
    feature : str
    threshold : Expression or None
        Where it stands still from day to day but depends on the customer: the comparison turns within one of it,
        at its nearest whole number or at the next one, however it is rounded.
    values : tuple of int
        Where the threshold is a constant: the whole numbers at which the comparison may turn.
    """

    feature: str
    threshold: Expression | None = None
    values: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Conditions:
    """Conditions in order of precedence.

    Attributes
    ----------
    expressions : tuple of Expression
    features : frozenset of str
        The features that they read.
    turning : tuple of Expression, or None
        The comparisons that time alone can turn, if it turns each of them at most once; else None. A comparison in
        which one growing feature stands once, under nothing but arithmetic with what stands still, is such a one,
        also in floating point, where every operation preserves order.
    """

    expressions: tuple[Expression, ...]
    features: frozenset[str]
    turning: tuple[Expression, ...] | None

    @property
    def turns(self) -> tuple[Turn, ...]:
        """When time alone can turn each comparison, if it can turn each of them at most once."""
        found = (_turn(*_side_and_threshold(comparison.to_data())) for comparison in self.turning or ())
        return tuple(dict.fromkeys(found))

    @classmethod
    def of(cls, conditions: Iterable[tuple[str, str]]) -> Self:
        """The conditions of a scheme, which has checked them."""
        expressions = tuple(parse_condition(text) for _, text in conditions)
        parts = [part for condition in expressions for part in _comparisons(condition.to_data()) if _growing(part)]
        turning = tuple(map(from_data, parts)) if all(map(_turns_once, parts)) else None
        return cls(expressions, frozenset(name for condition in expressions for name in condition.columns), turning)

    def first(self, features: Mapping[str, FloatArray], n: int) -> IntArray:
        """For each of n customers the position of the first condition that holds, or their number if none does."""
        result = np.full(n, len(self.expressions), dtype=np.int64)
        for place in range(len(self.expressions) - 1, -1, -1):
            result[holds(self.expressions[place], features)] = place
        return result


def holds(condition: Expression, features: Mapping[str, FloatArray]) -> NDArray[np.bool_]:
    """For each customer whether a condition holds; with a feature that does not exist it does not."""
    columns = {name: features[name] for name in condition.columns}
    if not columns[condition.columns[0]].size:
        return np.zeros(0, dtype=bool)  # not every frame library at its lowest version computes without rows
    found: NDArray[np.bool_] = condition.evaluate(columns)
    return found


def condition_of(stage: str, text: Any) -> Expression:
    """The condition of a stage, known to be one over the features."""
    if not isinstance(text, str):
        raise CustvalError(f"the condition of stage {stage!r} must be text; got {text!r}")
    expression = parse_condition(text)
    for name in expression.columns:
        if name not in FEATURES:
            raise CustvalError(
                f"the condition of stage {stage!r} names {name!r}; a scheme reads {', '.join(FEATURES)}",
                column=name,
                suggestion=nearest(name, FEATURES),
            )
    if not expression.columns:
        raise CustvalError(
            f"the condition of stage {stage!r} names no feature; got {text!r}",
            suggestion=f"otherwise={stage!r} for the stage of those who are left over",
        )
    if expression.kind != "condition":
        raise CustvalError(
            f"the condition of stage {stage!r} must be true or false; {text!r} is a number",
            suggestion=f"{text} > 0",
        )
    # what cannot be computed on numbers is refused here, and not when there are customers
    holds(expression, dict.fromkeys(FEATURES, np.zeros(1)))
    return expression


def _comparisons(data: Any) -> Iterator[Any]:
    """The parts of a condition that are true or false by themselves."""
    if isinstance(data, list) and data[0] in {"and", "or", "not"}:
        for part in data[1:]:
            yield from _comparisons(part)
    else:
        yield data


def _growing(data: Any) -> int:
    """How often growing features stand in a part of a condition."""
    if isinstance(data, list):
        return sum(_growing(part) for part in data[1:])
    return int(isinstance(data, dict) and data.get("column") in GROWING)


def _turns_once(comparison: Any) -> bool:
    ordered = isinstance(comparison, list) and comparison[0] in {"<", "<=", ">", ">="}
    return ordered and _growing(comparison) == 1 and all(_is_monotone(side) for side in comparison[1:])


def _is_monotone(data: Any) -> bool:
    """Whether a part of a comparison only rises or only falls while time passes."""
    if not _growing(data) or not isinstance(data, list):
        return True
    steady_divisor = data[0] != "/" or not _growing(data[2])
    return data[0] in {"+", "-", "*", "/", "negative"} and steady_divisor and all(map(_is_monotone, data[1:]))


def _side_and_threshold(comparison: Any) -> tuple[Any, Any]:
    """A comparison that turns once, solved for its growing feature: that, and what it is compared with."""
    side, threshold = comparison[1:] if _growing(comparison[1]) else reversed(comparison[1:])
    while isinstance(side, list):
        name, *operands = side
        if name == "negative":
            side, threshold = operands[0], ["negative", threshold]
        elif _growing(operands[0]):
            side, threshold = operands[0], [_INVERSE[name], threshold, operands[1]]
        elif name in {"+", "*"}:
            side, threshold = operands[1], [_INVERSE[name], threshold, operands[0]]
        else:  # what is taken off a steady part
            side, threshold = operands[1], ["-", operands[0], threshold]
    return side, threshold


_INVERSE = {"+": "-", "-": "+", "*": "/", "/": "*"}


def _turn(feature: Any, threshold: Any) -> Turn:
    if isinstance(threshold, int | float):
        value = float(threshold)
    else:
        expression = from_data(threshold)
        if expression.columns:
            return Turn(feature["column"], expression)
        value = float(expression.evaluate({"any": np.zeros(1)})[0])
    if not abs(value) < MOST_DAYS:  # nor NaN
        return Turn(feature["column"])
    nearest_day = round(value)
    return Turn(feature["column"], values=(nearest_day, nearest_day + 1))
