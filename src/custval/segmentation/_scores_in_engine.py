"""RFM scores of lazy frames: checks by one small aggregate, scores and segments by expressions."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from custval._frame import LazyTable, count_where, is_missing, look, nw, require_numbers
from custval.errors import CustvalError, DataError
from custval.segmentation._grid import SCORES, SegmentGrid
from custval.segmentation._scores import COLUMNS, refuse_few
from custval.typing import FloatArray

__all__ = ["Found", "bin_of", "bin_within", "look_at", "refuse_odd_columns", "scored", "values_of"]


@dataclass(frozen=True, slots=True)
class Found:
    """What a look at a summary has found: how many customers it stands for (rows, or weights), and its unit."""

    rows: int
    n_customers: float
    unit: str | None


def refuse_odd_columns(table: LazyTable, weight: Any = None) -> None:
    """Raise if a column that is read does not hold numbers, or if the weights are no column."""
    names = list(COLUMNS.values())
    if weight is not None:
        if not isinstance(weight, str):
            raise CustvalError(
                f"sample_weight of a lazy frame is the name of a column; got {type(weight).__name__}, and the rows of "
                "a lazy frame have no order that its values could follow",
                suggestion="make the weights a column of the frame, and name it: sample_weight='weight'",
            )
        table.require(weight)
        names.append(weight)
    require_numbers(table, *names)


def look_at(table: LazyTable, n_bins: int, *, weight: str | None = None, customers: bool = False) -> Found:
    """Check a summary by one small aggregate.

    Raises
    ------
    DataError
        If values, weights or (if asked for) customers are missing, values are infinite, weights negative or too few,
        or there is more than one unit.
    """
    values = [*COLUMNS.values(), *([] if weight is None else [weight])]
    more: dict[str, nw.Expr] = {}
    if weight is not None:
        amount = nw.col(weight).cast(nw.Float64)
        more["negative"], more["total"] = count_where(amount < 0.0), amount.sum()
    if "unit" in table:
        unit = nw.col("unit").cast(nw.String)
        more |= {"unit": unit.min(), "other": unit.max(), "without_unit": count_where(unit.is_null())}
    ways = dict.fromkeys(values, "leave these rows out, or fill them, first")
    if customers and "customer_id" in table:
        ways["customer_id"] = "leave these rows out first"
    found = look(table, ways, finite=values, **more)
    rows = int(found["rows"])
    n_customers = float(rows if weight is None else _total_weight(found, n_bins))
    return Found(rows, n_customers, _unit(table, found) if "unit" in table and rows else None)


def _total_weight(found: Mapping[str, Any], n_bins: int) -> float:
    negative, total = found["negative"] or 0, float(found["total"] or 0.0)
    if negative or (found["rows"] and not total):
        raise DataError(
            f"sample_weight must be finite, at least 0, and not 0 throughout; {negative} values are not",
            count=negative,
            code="weight",
        )
    if found["rows"]:
        refuse_few(total, n_bins)
    return total


def _unit(table: LazyTable, found: Mapping[str, Any]) -> str:
    unit, other = found["unit"], found["other"]
    if table.schema["unit"] in {nw.String, nw.Categorical, nw.Enum} and unit == other and not found["without_unit"]:
        return str(unit)
    there = sorted({repr(value) for value in (unit, other, None if found["without_unit"] else unit)})
    raise DataError(
        f"{table.what}: column 'unit' must hold one text value throughout; it holds {', '.join(there)}",
        column="unit",
        count=len(there),
        suggestion="keep one unit in a table",
        code="not_constant",
    )


def values_of(table: LazyTable) -> dict[str, nw.Expr]:
    """The columns that are scored, by the name of the score: floating-point numbers, without NaN."""
    values: dict[str, nw.Expr] = {}
    for name, column in COLUMNS.items():
        value = nw.col(column).cast(nw.Float64)
        values[name] = nw.when(~is_missing(column, table.schema[column])).then(value)
    return values


def bin_of(column: str, cuts: list[nw.Expr]) -> nw.Expr:
    """The bin of each value: how many of the cuts lie below it; null where it is null."""
    value = nw.col(column)
    above = [nw.when(value > cut).then(nw.lit(1)).otherwise(nw.lit(0)) for cut in cuts]
    return nw.when(~value.is_null()).then(functools.reduce(lambda a, b: a + b, above).cast(nw.Int64))


def bin_within(
    table: LazyTable, frame: nw.LazyFrame[Any], column: str, cuts: FloatArray, group: str
) -> nw.LazyFrame[Any]:
    """The frame with the column `<column>_bin`, the bin of each value among the cuts of its own group."""
    names = [f"{column}_cut_{k}" for k in range(cuts.shape[1])]
    small = {group: np.arange(len(cuts)), **dict(zip(names, np.ascontiguousarray(cuts.T), strict=True))}
    beside = table.attach(frame, small, on=[group])
    beside = beside.with_columns(bin_of(column, [nw.col(name) for name in names]).alias(f"{column}_bin"))
    return beside.drop(names)


def scored(table: LazyTable, cuts: Mapping[str, FloatArray], grid: SegmentGrid) -> Any:
    """Scores and segment of each customer, as a lazy frame of the engine."""
    n_bins = len(grid.number)
    kept = ["customer_id"] if "customer_id" in table else []
    frame = table.frame.select(*kept, **values_of(table))
    top = nw.lit(n_bins - 1)
    recency = (top - bin_of("recency", _constants(cuts["recency"]))).cast(nw.Int64)
    frame = frame.with_columns(recency_bin=recency)
    if cuts["frequency"].ndim == 1:
        chosen = {f"{name}_bin": bin_of(name, _constants(cuts[name])) for name in ("frequency", "monetary")}
        frame = frame.with_columns(**chosen)
    else:
        frame = bin_within(table, frame, "frequency", cuts["frequency"], "recency_bin")
        frame = frame.with_columns(pair=nw.col("recency_bin") * n_bins + nw.col("frequency_bin"))
        frame = bin_within(table, frame, "monetary", cuts["monetary"].reshape(-1, n_bins - 1), "pair")
    names = ["recency", "frequency", "monetary"]
    # the conditions of the segments read the scores on their own scale, under the names of the scores
    levels = {score: _level(f"{name}_bin", grid) for name, score in zip(names, SCORES, strict=True)}
    frame = frame.with_columns(**levels)
    columns = {score: nw.col(f"{name}_bin") + 1 for name, score in zip(names, SCORES, strict=True)}
    base = 10 if n_bins < 10 else 100
    r, f, m = columns.values()
    columns["rfm_score"] = (r * base + f) * base + m
    columns["rfm_segment"] = _segment(frame, grid)
    return table.leave(frame.select(*kept, **columns))


def _constants(cuts: FloatArray) -> list[nw.Expr]:
    return [nw.lit(float(cut)) for cut in cuts]


def _level(column: str, grid: SegmentGrid) -> nw.Expr:
    """What a score counts as in the conditions of the segments, which is not less than for a lower score."""
    level: nw.Expr = nw.col(column) + int(grid.level[0])
    steps = np.diff(grid.level)
    if (steps == 1).all():
        return level
    level = nw.when(~nw.col(column).is_null()).then(nw.lit(int(grid.level[0])))
    for place in np.flatnonzero(steps):
        reached = nw.when(nw.col(column) > int(place)).then(nw.lit(int(steps[place]))).otherwise(nw.lit(0))
        level = level + reached
    return level


def _segment(frame: nw.LazyFrame[Any], grid: SegmentGrid) -> nw.Expr:
    *others, last = zip(grid.names, grid.conditions, strict=True)
    text: nw.Expr = nw.when(last[1].holds(frame)).then(nw.lit(last[0]))
    for name, condition in reversed(others):
        text = nw.when(condition.holds(frame)).then(nw.lit(name)).otherwise(text)
    return text
