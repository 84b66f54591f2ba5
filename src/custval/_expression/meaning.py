"""What a node means for a frame: one walk checks the types and puts the narwhals expression together."""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import numpy as np

from custval._check import zone_named
from custval._expression.syntax import COMPARISONS, Column, Literal, Node, Operation, RefusalError, columns_of, write
from custval._frame import nw

__all__ = ["Part", "as_type", "column_of", "known_of", "part_of", "reads_of"]


@dataclass(frozen=True, slots=True)
class Part:
    """What a node is worth.

    Its type is one of condition, integer, number, text, time ("time in …" with a zone), date (a column of dates),
    day (a constant date), other (good for `is_null` only), nothing (nulls only, which fit everywhere), and any
    (not known before there is a frame).
    """

    type: str
    value: Any  # of a condition: where it is true
    known: Any = None  # where it is not null; None: everywhere; of a number: as far as its value does not show it
    false: Any = None  # of a condition: where it is false
    double: Any = None  # of an integer: the same in double precision


def any_column(_: str) -> Part:
    """What a column is worth as long as there is no frame."""
    return Part("any", *[nw.lit(0)] * 4)


def part_of(node: Node, column: Callable[[str], Part] = any_column) -> Part:
    """What a node is worth, given what the columns are."""
    if isinstance(node, Column):
        return column(node.name)
    if isinstance(node, Operation):
        return _MEANING[node.name][0](node, [part_of(operand, column) for operand in node.operands])
    if node.type == "day":
        return Part("day", node.value)
    if node.type == "condition":
        return Part("condition", nw.lit(node.value), false=nw.lit(not node.value))
    return Part(node.type, nw.lit(node.value), double=nw.lit(float(node.value)) if node.type == "integer" else None)


def reads_of(node: Node) -> int:
    """A bound on how often leaves are read: what stands in `x % y` stands in the computation several times."""
    if isinstance(node, Operation):
        return _MEANING[node.name][1] * sum(map(reads_of, node.operands))
    return 2 if isinstance(node, Column) else 1


def as_type(node: Node, part: Part, wanted: str) -> Part:
    """The part as one of the type that is wanted, if it can serve as such."""
    if part.type == wanted:
        return part
    if part.type == "any":
        return replace(part, type=wanted)
    if part.type == "integer" and wanted == "number":
        return Part("number", part.double, part.known)
    if part.type == "nothing":
        values = {"number": part.double, "text": part.value, "condition": part.known}
        return replace(part, type=wanted, value=values[wanted])
    raise RefusalError(f"{write(node)} is {_word(part.type)} where {_word(wanted)} is wanted", node)


def known_of(node: Node, part: Part) -> Any:
    """Where a part is not null; None: everywhere."""
    if part.type == "condition":
        return part.value | part.false
    if part.type == "number" and not isinstance(node, Literal):
        return _both(part.known, ~(part.value.is_null() | part.value.is_nan()))
    return part.known


def _word(kind: str) -> str:
    words = {"integer": "a number", "text": "text", "day": "a date", "other": "of a type for is_null() only"}
    return words.get(kind, f"a {kind}")


def _both(left: Any, right: Any) -> Any:
    return right if left is None else left if right is None else left & right


def _truth(value: Any, known: Any) -> Part:
    return Part("condition", _both(known, value), false=_both(known, ~value))


def _joined(join: Callable[[Any, Any], Any], items: Sequence[Any]) -> Any:
    # pairwise, so that a thousand conditions are ten levels deep and not a thousand
    while len(items) > 1:
        items = [join(*items[i : i + 2]) if i + 1 < len(items) else items[i] for i in range(0, len(items), 2)]
    return items[0]


# columns


def column_of(frame: Any, name: str, dtype: Any) -> Part:
    """What a column of a frame is worth."""
    column = nw.col(name)
    known, kind = ~column.is_null(), _type(frame, name, dtype)
    if kind == "nothing":
        return Part(kind, _text(column, dtype), known, known, column.cast(nw.Float64))
    if kind == "condition":
        column = column if dtype == nw.Boolean else column.cast(nw.Boolean)
        return Part(kind, known & column, known, known & ~column)
    if kind == "text":
        return Part(kind, _text(column, dtype), known)
    if kind == "time" and dtype == nw.Object:
        return Part(kind, column.cast(nw.Datetime("us")), known)
    if kind in {"integer", "number"} and dtype != nw.Float64:
        exact = column.cast(nw.String) if _is_wide(frame, name, dtype) else column
        double = exact.cast(nw.Float64)
        return Part(kind, column, known, double=double) if kind == "integer" else Part(kind, double)
    return Part(kind, column, known if kind != "number" else None)


def _text(column: nw.Expr, dtype: Any) -> nw.Expr:
    # pandas cannot order text and None; where a value is not known, any will do
    return (column if dtype == nw.String else column.cast(nw.String)).fill_null("")


def _type(frame: Any, name: str, dtype: Any) -> str:
    if dtype.is_numeric():
        return "integer" if dtype.is_integer() and dtype not in {nw.UInt64, nw.Int128, nw.UInt128} else "number"
    if dtype == nw.Datetime:
        return f"time in {dtype.time_zone}" if dtype.time_zone else "time"
    if isinstance(frame, nw.DataFrame):  # what pandas calls an object, or text, may be something else
        series = frame[name]
        vague = dtype in {nw.Unknown, nw.Object} or (dtype == nw.String and series.implementation.is_pandas_like())
        if vague and all(rows.null_count() == len(rows) for rows in (series.head(10), series)):
            return "nothing"
        if dtype == nw.Object:
            kinds = {_type_of_object(value) for value in series.to_numpy()} - {"nothing"}
            return kinds.pop() if len(kinds) == 1 else "other"
    named = ((nw.Boolean, "condition"), (nw.Date, "date"), (nw.String, "text"), (nw.Categorical, "text"))
    return next((kind for each, kind in (*named, (nw.Enum, "text")) if dtype == each), "other")


def _type_of_object(value: Any) -> str:
    if value is None or (isinstance(value, float | np.floating | dt.date) and value != value):  # noqa: PLR0124
        return "nothing"
    if isinstance(value, bool | np.bool_):
        return "condition"
    if isinstance(value, int | float | np.floating | Decimal):
        return "number"
    return "time" if isinstance(value, dt.date) and getattr(value, "tzinfo", None) is None else "other"


def _is_wide(frame: Any, name: str, dtype: Any) -> bool:
    # Arrow refuses to round a whole number, save on the way through text
    if dtype not in {nw.Int64, nw.UInt64} or not isinstance(frame, nw.DataFrame):
        return False
    series = frame[name]
    if not (series.implementation.is_pyarrow() or hasattr(series.to_native().dtype, "pyarrow_dtype")):
        return False
    return dtype == nw.UInt64 or bool(((series > 2**53) | (series < -(2**53))).fill_null(value=False).any())


# comparisons

_COMPARE: dict[str, Callable[[Any, Any], Any]] = dict(
    zip(COMPARISONS, (operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge), strict=True)
)
_COMPARE_DAY: dict[str, Callable[[Any, Any, Any], Any]] = {
    "==": lambda time, start, end: (time >= start) & (time < end),
    "!=": lambda time, start, end: (time < start) | (time >= end),
    "<": lambda time, start, _: time < start,
    "<=": lambda time, _, end: time < end,
    ">": lambda time, _, end: time >= end,
    ">=": lambda time, start, _: time >= start,
}
_MIRRORED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


def _compare(node: Operation, parts: Sequence[Part]) -> Part:
    left, right = parts
    given = {left.type, right.type}
    kinds = given - {"any", "nothing"}
    if "day" in kinds:
        return _compare_day(node, left, right)
    kind = kinds.pop() if len(kinds) == 1 else "number" if kinds <= {"integer", "number"} else "other"
    if kind == "other":
        raise RefusalError(f"{write(node)} compares {_words(left.type, right.type)}", node)
    if "nothing" in given:
        return _nowhere(left if left.type == "nothing" else right)
    if kind == "integer" and "any" in given:
        kind = "number"
    left, right = (as_type(operand, part, kind) for operand, part in zip(node.operands, parts, strict=True))
    if kind == "condition":
        return _compare_conditions(node, left, right)
    known = _both(*(known_of(operand, part) for operand, part in zip(node.operands, (left, right), strict=True)))
    return _truth(_COMPARE[node.name](left.value, right.value), known)


def _words(left: str, right: str) -> str:
    return f"{_word(left)} with {_word(right)}"


def _nowhere(nothing: Part) -> Part:
    return Part("condition", nothing.known, false=nothing.known)


def _compare_conditions(node: Operation, left: Part, right: Part) -> Part:
    if node.name not in {"==", "!="}:
        raise RefusalError(f"{write(node)} orders conditions, which have no order", node)
    same = (left.value & right.value) | (left.false & right.false)
    differ = (left.value & right.false) | (left.false & right.value)
    return Part("condition", same, false=differ) if node.name == "==" else Part("condition", differ, false=same)


def _compare_day(node: Operation, left: Part, right: Part) -> Part:
    if left.type == right.type:
        holds = _COMPARE[node.name](left.value, right.value)
        return Part("condition", nw.lit(holds), false=nw.lit(not holds))
    name, part, day = node.name, left, right.value
    if left.type == "day":
        name, part, day = _MIRRORED[node.name], right, left.value
    if part.type == "nothing":
        return _nowhere(part)
    if part.type not in {"any", "date"} and not part.type.startswith("time"):
        raise RefusalError(f"{write(node)} compares {_words(part.type, 'date')}", node)
    bounds = [day, day + dt.timedelta(days=1)]
    if part.type != "date":  # the day of the column's own zone: Arrow's way to the wall clock is wrong before pandas 3
        zone = zone_named(part.type.removeprefix("time in ")) if part.type.startswith("time in ") else None
        bounds = [dt.datetime.combine(bound, dt.time(), zone) for bound in bounds]
    return _truth(_COMPARE_DAY[name](part.value, *map(nw.lit, bounds)), part.known)


def _in(node: Operation, parts: Sequence[Part]) -> Part:
    (operand, *choices), part = node.operands, parts[0]
    constants = [choice for choice in choices if isinstance(choice, Literal)]
    kinds = {choice.type for choice in constants}
    kind = "number" if kinds <= {"integer", "number"} else kinds.pop() if len(kinds) == 1 else "other"
    if kind == "other" or len(constants) < len(choices):
        raise RefusalError(f"{write(node)} needs a list of constants of one kind, such as ('FR', 'DE')", node)
    if kind in {"condition", "day"}:
        equal = [_compare(Operation("==", (operand, c)), [part, p]) for c, p in zip(choices, parts[1:], strict=True)]
        return _logic(Operation("or", (node,) * len(equal)), equal)
    values = [choice.value for choice in constants]
    if kind == "number" and not (part.type == "integer" and kinds == {"integer"}):
        part, values = as_type(operand, part, kind), [float(value) for value in values]
    elif kind == "text":
        part = as_type(operand, part, kind)
    return _truth(part.value.is_in(values), known_of(operand, part))


# and, or, not; nulls


def _logic(node: Operation, parts: Sequence[Part]) -> Part:
    parts = [as_type(operand, part, "condition") for operand, part in zip(node.operands, parts, strict=True)]
    if node.name == "not":
        return Part("condition", parts[0].false, false=parts[0].value)
    joins = (operator.and_, operator.or_) if node.name == "and" else (operator.or_, operator.and_)
    true, false = [part.value for part in parts], [part.false for part in parts]
    return Part("condition", _joined(joins[0], true), false=_joined(joins[1], false))


def _is_null(node: Operation, parts: Sequence[Part]) -> Part:
    known = known_of(node.operands[0], parts[0])
    known = nw.lit(value=True) if known is None else known
    return Part("condition", ~known, false=known)


# numbers and text


def _arithmetic(node: Operation, parts: Sequence[Part]) -> Part:
    left, right = (as_type(operand, part, "number") for operand, part in zip(node.operands, parts, strict=True))
    a, b, known = left.value, right.value, _both(left.known, right.known)
    divisor = node.operands[1]
    if node.name in {"/", "%"} and not (isinstance(divisor, Literal) and divisor.value):
        # by zero, some engines give infinity, some null, and some raise: none is asked
        known = _both(known, b != nw.lit(0.0))
        b = nw.when(b == nw.lit(0.0)).then(nw.lit(1.0)).otherwise(b)
    if node.name == "%":
        return Part("number", a - b * _floor(a / b), _both(known, _is_small(a / b)))
    compute = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}[node.name]
    return Part("number", compute(a, b), known)


def _is_small(x: nw.Expr) -> nw.Expr:
    return x.abs() < nw.lit(2.0**53)  # not so for infinity and NaN, wherever the engine sorts them


def _floor(x: nw.Expr) -> nw.Expr:
    # some engines round to 64 bits, some divide by `//` without rounding down: this asks for neither
    small = nw.when(_is_small(x)).then(x).otherwise(nw.lit(0.0))
    near = small.round(0)
    return near - nw.when(near > small).then(nw.lit(1.0)).otherwise(nw.lit(0.0))


_FUNCTIONS: dict[str, tuple[str, str, Callable[[nw.Expr], nw.Expr]]] = {
    "negative": ("number", "number", lambda x: nw.lit(0.0) - x),
    "abs": ("number", "number", lambda x: x.abs()),
    "length": ("text", "integer", lambda x: x.str.len_chars().cast(nw.Int64)),
    "lower": ("text", "text", lambda x: x.str.to_lowercase()),
    "upper": ("text", "text", lambda x: x.str.to_uppercase()),
}


def _function(node: Operation, parts: Sequence[Part]) -> Part:
    wanted, given, compute = _FUNCTIONS[node.name]
    part = as_type(node.operands[0], parts[0], wanted)
    value = compute(part.value)
    return Part(given, value, part.known, double=value.cast(nw.Float64) if given == "integer" else None)


def _text_test(node: Operation, parts: Sequence[Part]) -> Part:
    operand, sought = node.operands
    if not isinstance(sought, Literal) or sought.type != "text" or not columns_of(operand):
        raise RefusalError(f"{node.name}(column, 'text') looks for a constant text in a column", node)
    part = as_type(operand, parts[0], "text")
    text = part.value.str
    if node.name == "contains":
        return _truth(text.contains(sought.value, literal=True), part.known)
    return _truth((text.starts_with if node.name == "starts_with" else text.ends_with)(sought.value), part.known)


def _extreme(node: Operation, parts: Sequence[Part]) -> Part:
    parts = [as_type(operand, part, "number") for operand, part in zip(node.operands, parts, strict=True)]
    known = _joined(_both, [known_of(operand, part) for operand, part in zip(node.operands, parts, strict=True)])
    first = operator.le if node.name == "min_of" else operator.ge
    value = _joined(lambda a, b: nw.when(first(a, b)).then(a).otherwise(b), [part.value for part in parts])
    return Part("number", value, known)


_MEANING: dict[str, tuple[Callable[[Operation, Sequence[Part]], Part], int]] = {
    # what is computed, and how often it reads its operands at most
    **dict.fromkeys(("and", "or", "not"), (_logic, 1)),
    **dict.fromkeys(COMPARISONS, (_compare, 6)),
    "in": (_in, 6),
    "is_null": (_is_null, 4),
    **dict.fromkeys(("+", "-", "*"), (_arithmetic, 1)),
    "/": (_arithmetic, 3),
    "%": (_arithmetic, 17),
    **dict.fromkeys(_FUNCTIONS, (_function, 1)),
    **dict.fromkeys(("starts_with", "ends_with", "contains"), (_text_test, 2)),
    **dict.fromkeys(("min_of", "max_of"), (_extreme, 40)),
}
