"""What an expression of numbers says of plain arrays of numpy, computed by numpy itself, block by block.

`meaning` says the same for every engine, and is what counts: here a null is nothing but NaN, so a comparison that is
neither true nor false needs no second look.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from custval._expression.syntax import Column, Literal, Node, Operation
from custval._frame import Table, plain

__all__ = ["fails_on_arrays"]

_BLOCK = 1 << 16  # what is computed on the way stays in the fast memory of a processor
_INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32")
_FLOATS = ("float32", "float64")

_Arrays = Mapping[str, NDArray[Any]]
_COMPARE: dict[str, tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Any]]] = {
    # where it is true, and where it is false
    "==": (operator.eq, lambda a, b: (a < b) | (a > b)),
    "!=": (lambda a, b: (a < b) | (a > b), operator.eq),
    "<": (operator.lt, operator.ge),
    "<=": (operator.le, operator.gt),
    ">": (operator.gt, operator.le),
    ">=": (operator.ge, operator.lt),
}
_COMPUTE: dict[str, Callable[[Any, Any], Any]] = {"+": operator.add, "-": operator.sub, "*": operator.mul}


def fails_on_arrays(node: Node, columns: tuple[str, ...], table: Table) -> NDArray[np.bool_] | None:
    """Where a condition is false; None unless it has only comparisons and sums of numbers that are plain arrays."""
    arrays = {name: plain(table[name]) for name in columns}
    there = {name: values for name, values in arrays.items() if values is not None}
    if not columns or len(there) < len(columns) or not _is_condition(node, there):
        return None
    found = np.empty(len(table), dtype=bool)
    with np.errstate(all="ignore"):
        for start in range(0, len(table), _BLOCK):
            block = {name: values[start : start + _BLOCK] for name, values in there.items()}
            found[start : start + _BLOCK] = _where(node, block, truth=False)
    return found


def _is_condition(node: Node, arrays: _Arrays) -> bool:
    if not isinstance(node, Operation):
        return False
    if node.name in {"and", "or", "not"}:
        return all(_is_condition(operand, arrays) for operand in node.operands)
    numeric = node.name in _COMPARE or node.name == "is_null"
    return numeric and all(_is_number(operand, arrays) for operand in node.operands)


def _is_number(node: Node, arrays: _Arrays) -> bool:
    if isinstance(node, Column):
        return arrays[node.name].dtype.name in (*_INTEGERS, *_FLOATS)
    if isinstance(node, Literal):
        return node.type in {"integer", "number"}
    return node.name in _COMPUTE and all(_is_number(operand, arrays) for operand in node.operands)


def _where(node: Any, arrays: _Arrays, *, truth: bool) -> Any:
    """Where a condition is true, or where it is false."""
    if node.name == "not":
        return _where(node.operands[0], arrays, truth=not truth)
    if node.name in {"and", "or"}:
        join = np.logical_and if truth == (node.name == "and") else np.logical_or
        return _joined(join, [_where(operand, arrays, truth=truth) for operand in node.operands])
    if node.name == "is_null":
        missing = np.isnan(_double(node.operands[0], arrays))
        return missing if truth else ~missing
    exact = all(_is_whole(operand, arrays) for operand in node.operands)
    left, right = (_whole(each, arrays) if exact else _double(each, arrays) for each in node.operands)
    return _COMPARE[node.name][not truth](left, right)


def _joined(join: Callable[[Any, Any], Any], items: list[Any]) -> Any:
    first, *others = items
    for item in others:
        first = join(first, item)
    return first


def _is_whole(node: Node, arrays: _Arrays) -> bool:
    if isinstance(node, Column):
        return arrays[node.name].dtype.name in _INTEGERS
    return isinstance(node, Literal) and node.type == "integer"


def _whole(node: Any, arrays: _Arrays) -> Any:
    return arrays[node.name].astype(np.int64, copy=False) if isinstance(node, Column) else np.int64(node.value)


def _double(node: Node, arrays: _Arrays) -> Any:
    if isinstance(node, Column):
        return arrays[node.name].astype(np.float64, copy=False)
    if isinstance(node, Literal):
        return np.float64(node.value)
    return _COMPUTE[node.name](*(_double(operand, arrays) for operand in node.operands))
