"""What a query over a lazy summary must find: rows that no customer can have are counted and refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from custval._frame import LazyTable, Table, as_number, count_where, is_missing, numbers, nw, require_numbers
from custval._model import refuse_odd_total, refuse_other_unit
from custval.errors import CustvalError, DataError
from custval.typing import FloatArray

__all__ = ["HOW", "Demand", "Law", "Weights", "all_of", "finite", "same_unit"]

HOW = "custval.summarize(transactions) makes such a table"


@dataclass(frozen=True, slots=True)
class Law:
    """What no customer can have: where it is so (an expression, or an array), in which column, and what should be."""

    column: str
    broken: Any
    text: str


@dataclass(frozen=True, slots=True)
class Demand:
    """Aggregates that a query is to bring besides, for all rows or for each group, and who judges them."""

    asked: Mapping[str, nw.Expr]
    judge: Callable[[Table], None]


def all_of(laws: Sequence[Law], name: str) -> Demand:
    """The demand that no row breaks a law; the first that is broken is raised, with the number of rows."""
    columns = [f"_custval_{name}_{place}" for place in range(len(laws))]

    def judge(found: Table) -> None:
        for column, law in zip(columns, laws, strict=True):
            count = int(numbers(found, column, missing=True).sum())
            if count:
                raise DataError(
                    f"X: {law.text}; {count:,} rows are not so",
                    column=law.column,
                    count=count,
                    suggestion=HOW,
                    code="impossible",
                )

    return Demand({column: count_where(law.broken) for column, law in zip(columns, laws, strict=True)}, judge)


def finite(table: LazyTable, name: str) -> Law:
    """A column holds finite numbers throughout."""
    require_numbers(table, name)
    value = nw.col(name).cast(nw.Float64)
    return Law(name, is_missing(name, table.schema[name]) | (value.abs() == np.inf), f"{name} is a finite number")


def same_unit(table: LazyTable, own: str | None, why: str) -> Demand:
    """The demand that the column `unit` is constant, and no other than that of a model."""
    if "unit" not in table:
        return Demand({}, lambda _: None)
    unit = nw.col("unit").cast(nw.String)

    def judge(found: Table) -> None:
        ends = {text for name in ("_custval_least", "_custval_most") for text in found[name].to_list()}
        units = sorted(text for text in ends if isinstance(text, str))
        if len(units) > 1 or np.nansum(numbers(found, "_custval_no_unit", missing=True)):
            raise DataError(
                f"X: column 'unit' must hold one text value throughout; it holds {', '.join(map(repr, units))}",
                column="unit",
                count=len(units),
                suggestion="keep one unit in a table",
                code="not_constant",
            )
        for text in units:
            refuse_other_unit(text, own, why)

    asked = {"_custval_least": unit.min(), "_custval_most": unit.max(), "_custval_no_unit": count_where(unit.is_null())}
    return Demand(asked, judge)


@dataclass(frozen=True, slots=True)
class Weights:
    """How many customers each row stands for: 1, or what a column says."""

    column: str | None

    @classmethod
    def of(cls, table: LazyTable, sample_weight: Any) -> Weights:
        """Weights by the name of a column; rows of a lazy frame match no array."""
        if sample_weight is None:
            return cls(None)
        if not isinstance(sample_weight, str):
            raise CustvalError(
                f"rows of a lazy frame have no order that an array could follow; got {type(sample_weight).__name__}",
                suggestion="sample_weight='…', the name of a column",
            )
        table.require(sample_weight)
        require_numbers(table, sample_weight)
        return cls(sample_weight)

    @property
    def value(self) -> nw.Expr:
        """The weight of a row."""
        return nw.lit(1.0) if self.column is None else nw.col(self.column).cast(nw.Float64)

    def columns(self) -> dict[str, nw.Expr]:
        """What is needed of each row."""
        valid = (self.value >= 0) & (self.value < np.inf)
        bad = nw.lit(0) if self.column is None else 1 - as_number(valid)
        return {"_custval_weight": self.value, "_custval_bad": bad, "_custval_rows": nw.lit(1)}

    def sums(self) -> dict[str, nw.Expr]:
        """The aggregates of those that `read` reads."""
        return {name: nw.col(name).sum() for name in self.columns()}

    def read(self, found: Table) -> tuple[FloatArray, FloatArray]:
        """The weight of each group, and its number of rows.

        Raises
        ------
        DataError
            If weights are missing, negative, infinite, or 0 throughout.
        """
        bad = int(numbers(found, "_custval_bad").sum())
        if bad:
            raise DataError(
                f"sample_weight must be finite and at least 0; {bad:,} values are not",
                column=self.column,
                count=bad,
                code="weight",
            )
        weight, rows = numbers(found, "_custval_weight"), numbers(found, "_custval_rows")
        if rows.size and not weight.any():
            raise DataError("sample_weight must not be 0 throughout", column=self.column, code="weight")
        refuse_odd_total(weight)
        return weight, rows
