"""The grammar: three kinds of node, and how they come from text and data and go back there."""

from __future__ import annotations

import ast
import datetime as dt
import itertools
import keyword
import math
import re
import reprlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from custval.errors import CustvalError

__all__ = [
    "ALLOWED",
    "COMPARISONS",
    "DEPTH",
    "LENGTH",
    "Column",
    "Literal",
    "Node",
    "Operation",
    "Reader",
    "RefusalError",
    "columns_of",
    "depth_of",
    "from_data",
    "to_data",
    "write",
]

LENGTH = 10_000  # characters of text
DEPTH = 50  # levels of nesting: the frame libraries recurse over them
FIRST, LAST = dt.date(1678, 1, 1), dt.date(2261, 12, 31)  # what nanoseconds around 1970 can hold

COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
_CONDITIONS = {"and", "or", "not", "in", "is_null", *COMPARISONS}
_FUNCTIONS = {
    **dict.fromkeys(("is_null", "abs", "length", "lower", "upper"), (1, 1)),
    **dict.fromkeys(("starts_with", "ends_with", "contains"), (2, 2)),
    **dict.fromkeys(("min_of", "max_of"), (2, 20)),
}
_OPERANDS = {  # least and most
    **dict.fromkeys(("and", "or", "in"), (2, LENGTH)),
    **dict.fromkeys(("not", "negative"), (1, 1)),
    **dict.fromkeys((*COMPARISONS, "+", "-", "*", "/", "%"), (2, 2)),
    **_FUNCTIONS,
}
ALLOWED = (
    "An expression has columns (in `backticks` if the name is not a plain one), numbers, 'text', True, False and "
    "date('2011-12-09'); == != < <= > >=, in (…), not in (…); and, or, not; + - * / %; parentheses; and "
    f"{', '.join(_FUNCTIONS)}."
)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table."""

    name: str


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant; its type keeps True, 1 and 1.0 apart."""

    value: Any
    type: str


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator or a function, and what it is applied to."""

    name: str
    operands: tuple[Node, ...]


Node: TypeAlias = Column | Literal | Operation


class RefusalError(Exception):
    """Why something cannot be; those who know the text or the table make a proper error of it."""

    def __init__(self, why: str, node: Node | None = None) -> None:
        super().__init__(why)
        self.node = node


def columns_of(node: Node) -> tuple[str, ...]:
    """Names of the columns, in order of appearance."""
    if isinstance(node, Operation):
        return tuple(dict.fromkeys(name for operand in node.operands for name in columns_of(operand)))
    return (node.name,) if isinstance(node, Column) else ()


def depth_of(node: Node) -> int:
    """Levels of nesting."""
    return 1 + max(map(depth_of, node.operands)) if isinstance(node, Operation) else 1


def _column(name: Any) -> Column:
    if not isinstance(name, str) or not name or not _is_unicode(name):
        raise RefusalError("the name of a column is text")
    return Column(name)


def _literal(value: Any) -> Literal:
    types = {bool: "condition", int: "integer", float: "number", str: "text", dt.date: "day"}
    kind = types.get(type(value))
    if kind is None or (kind == "text" and not _is_unicode(value)):
        raise RefusalError(f"{reprlib.repr(value)} is no number, text, True, False or date")
    if (kind == "integer" and abs(value) >= 2**63) or (kind == "number" and not math.isfinite(value)):
        raise RefusalError("the number is too large")
    return Literal(value, kind)


def _date(text: Any) -> Literal:
    try:
        day = dt.date.fromisoformat(text)
    except (TypeError, ValueError):
        day = dt.date.max
    if not FIRST <= day <= LAST or str(day) != text:
        raise RefusalError(f"a date is written date('2011-12-09') and lies between {FIRST} and {LAST}")
    return _literal(day)


def _operation(name: str, operands: Sequence[Node]) -> Node:
    least, most = _OPERANDS[name]
    if not least <= len(operands) <= most:
        wanted = f"{least}" if least == most else f"{least} to {most}"
        raise RefusalError(f"{name} takes {wanted} operands, not {len(operands)}")
    first = operands[0]
    if name == "negative" and isinstance(first, Literal) and first.type in {"integer", "number"}:
        return _literal(-first.value)
    if name in {"and", "or"}:  # (a and b) and c is a and b and c
        nested = (o.operands if isinstance(o, Operation) and o.name == name else (o,) for o in operands)
        operands = tuple(itertools.chain.from_iterable(nested))
    return Operation(name, tuple(operands))


def _is_unicode(text: str) -> bool:
    return not re.search("[\ud800-\udfff]", text)


_STRENGTH = {"or": 1, "and": 2, "not": 3, "+": 5, "-": 5, "*": 6, "/": 6, "%": 6, "negative": 7}  # the others: 4


def write(node: Node, strength: int = 0) -> str:
    """The canonical text, in parentheses if it binds more weakly than `strength`."""
    if isinstance(node, Column):
        plain = re.fullmatch(r"(?!__)[A-Za-z_]\w*", node.name, re.ASCII) and not keyword.iskeyword(node.name)
        return node.name if plain else "`" + node.name.replace("`", "``") + "`"
    if isinstance(node, Literal):
        return f"date('{node.value}')" if node.type == "day" else repr(node.value)
    name, operands = node.name, node.operands
    if name in _FUNCTIONS:
        return f"{name}({', '.join(map(write, operands))})"
    if name == "not" and isinstance(operands[0], Operation) and operands[0].name == "in":
        name, operands = "not in", operands[0].operands
    own = _STRENGTH.get(name, 4)
    if name in {"in", "not in"}:
        choices = ", ".join(map(write, operands[1:]))
        text = f"{write(operands[0], 5)} {name} ({choices}{',' if len(operands) == 2 else ''})"
    elif len(operands) == 1:
        text = ("-" if name == "negative" else "not ") + write(operands[0], own)
    else:  # arithmetic reads from the left: a - b - c is (a - b) - c
        first = write(operands[0], own if own > 4 else own + 1)
        text = f" {name} ".join([first, *(write(operand, own + 1) for operand in operands[1:])])
    return f"({text})" if own < strength else text


def to_data(node: Node) -> Any:
    """JSON-safe data: see `Expression.to_data`."""
    if isinstance(node, Column):
        return {"column": node.name}
    if isinstance(node, Literal):
        return {"date": str(node.value)} if node.type == "day" else node.value
    return [node.name, *map(to_data, node.operands)]


def from_data(data: Any) -> Node:
    """The node that `to_data` made these data of."""
    pieces, count = [data], 0
    while pieces:  # counted first: data may hold the same list many times over
        piece = pieces.pop()
        count += 1
        if count > LENGTH:
            raise RefusalError("it is too large")
        pieces.extend(piece if isinstance(piece, list) else ())
    return _from_data(data, 1)


def _from_data(data: Any, depth: int) -> Node:
    if depth > DEPTH:
        raise RefusalError("it is nested too deeply")
    if isinstance(data, dict) and list(data) == ["column"]:
        return _column(data["column"])
    if isinstance(data, dict) and list(data) == ["date"]:
        return _date(data["date"])
    if not isinstance(data, list):
        return _literal(data)
    if not data or not isinstance(data[0], str) or data[0] not in _OPERANDS:
        raise RefusalError(f"a list begins with the name of an operation ({', '.join(_OPERANDS)})")
    return _operation(data[0], [_from_data(operand, depth + 1) for operand in data[1:]])


_ESCAPE = r"\\(?:[\\'\"abfnrtv]|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})"
_TOKEN = re.compile(
    rf"""(?!'{{3}}|"{{3}})(?:'(?:[^'\\\n]|{_ESCAPE})*'|"(?:[^"\\\n]|{_ESCAPE})*")"""
    r"""|`(?P<name>(?:[^`]|``)+)`|(?P<word>[^\W\d]\w*+)(?!['"])"""
    r"""|(?:[0-9][0-9_]*\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?(?!\w)"""
    r"""|(?P<space>\s)|(?P<bad>['"`\#\\]|\w)"""
)
_SIGNS: dict[type[ast.AST], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.And: "and",
    ast.Or: "or",
    ast.Not: "not",
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Mod: "%",
    ast.USub: "negative",
}


class Reader:
    """Reads one text; for Python, a name that is not plain is one letter of its own, padded to stay in place."""

    def __init__(self, text: str) -> None:
        self.text = text.strip()
        self._plain = ""
        self._names: dict[str, str] = {}
        self._places: dict[int, tuple[Node, int]] = {}

    def read(self) -> Node:
        """The node that the text means."""
        if len(self.text) > LENGTH or not _is_unicode(self.text):
            raise self._problem(f"an expression is proper Unicode of at most {LENGTH:,} characters", 0)
        self._plain = _TOKEN.sub(self._token, self.text)
        try:
            tree = ast.parse(self._plain, mode="eval").body
        except SyntaxError as error:
            raise self._problem(error.msg, (error.offset or 1) - 1) from None
        except (ValueError, RecursionError, MemoryError) as error:
            raise self._problem(f"this cannot be read: {error or 'it is nested too deeply'}", 0) from None
        return self._node(tree, 1)

    def problem(self, refusal: RefusalError) -> CustvalError:
        """The error for a refused node, with its place in the text."""
        node = refusal.node
        while isinstance(node, Operation) and id(node) not in self._places:
            node = node.operands[0]  # a link of a chain starts where its first operand does
        return self._problem(str(refusal), self._places[id(node)][1] if id(node) in self._places else 0)

    def _problem(self, why: str, place: int) -> CustvalError:
        start = max(0, place - 60)
        shown = re.sub(r"[^\S ]", " ", self.text[start : start + 100]).encode(errors="replace").decode()
        return CustvalError(f"{why}:\n    {shown}\n    {' ' * (place - start)}^\n{ALLOWED}", code="expression")

    def _token(self, match: re.Match[str]) -> str:
        if match["bad"]:
            raise self._problem(
                "what begins here is no text, name or number (a backslash in text is written twice)", match.start()
            )
        if match["space"]:
            return " "
        if match["name"] or (match["word"] and not match[0].isascii()):
            letter = chr(0x4E00 + len(self._names))
            self._names[letter] = match["name"].replace("``", "`") if match["name"] else match[0]
            return letter.ljust(len(match[0]))
        return match[0]

    def _node(self, tree: ast.expr, depth: int) -> Node:
        place = len(self._plain.encode()[: tree.col_offset].decode())
        if depth > DEPTH:
            raise self._problem("this is nested too deeply", place)
        try:
            node = self._made(tree, depth + 1)
        except RefusalError as refusal:
            raise self._problem(str(refusal), place) from None
        self._places[id(node)] = (node, place)
        return node

    def _made(self, tree: ast.expr, depth: int) -> Node:
        match tree:
            case ast.Name(id=name) if name in self._names or re.fullmatch(r"(?!__)\w+", name, re.ASCII):
                return _column(self._names.get(name, name))
            case ast.Constant(value=value):
                return _literal(value)
            case ast.UnaryOp(op=sign, operand=operand):
                return _operation(_sign(sign), [self._node(operand, depth)])
            case ast.BinOp(op=sign, left=left, right=right):
                return _operation(_sign(sign), [self._node(left, depth), self._node(right, depth)])
            case ast.BoolOp(op=sign, values=values):
                return _operation(_sign(sign), [self._node(value, depth) for value in values])
            case ast.Compare():
                return self._comparison(tree, depth)
            case ast.Call(func=ast.Name(id="date"), args=[ast.Constant(value=day)], keywords=[]):
                return _date(day)
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in _FUNCTIONS:
                return _operation(name, [self._node(argument, depth) for argument in arguments])
        raise RefusalError(f"{type(tree).__name__} is not part of the language")

    def _comparison(self, tree: ast.Compare, depth: int) -> Node:
        signs, last = [_sign(sign) for sign in tree.ops], tree.comparators[-1]
        left = self._node(tree.left, depth)
        if signs in (["in"], ["not in"]) and isinstance(last, ast.List | ast.Tuple | ast.Set):
            found = _operation("in", [left, *(self._node(item, depth) for item in last.elts)])
            return found if signs == ["in"] else _operation("not", [found])
        if "in" in signs or "not in" in signs:
            raise RefusalError("`in` takes a list of constants, such as ('FR', 'DE')")
        operands = [left, *(self._node(operand, depth) for operand in tree.comparators)]
        # a chain writes what stands inside it twice: chains within chains would double at every level
        if any(isinstance(inner, Operation) and inner.name in _CONDITIONS for inner in operands[1:-1]):
            raise RefusalError("a chain a < b < c is one of values; join conditions by `and`")
        links = [_operation(sign, pair) for sign, pair in zip(signs, itertools.pairwise(operands), strict=True)]
        return links[0] if len(links) == 1 else _operation("and", links)


def _sign(sign: ast.AST) -> str:
    if type(sign) not in _SIGNS:
        raise RefusalError(f"the operator {type(sign).__name__} is not part of the language")
    return _SIGNS[type(sign)]
