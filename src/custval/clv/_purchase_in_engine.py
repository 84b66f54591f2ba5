"""Purchase models on lazy summaries: tuples come down for a fit, at most one small table goes up for a prediction.

The likelihood depends on a customer's (frequency, recency, T), so a fit collects the distinct ones with their counts.
A prediction is the probability of being alive times something of (frequency, T): the first is an expression where it
has a closed form, the second is computed for the distinct pairs and joined onto the summary.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from custval._frame import LazyTable, Table, numbers, nw, require_numbers
from custval.clv._demands import Demand, Law, Weights, all_of, finite, same_unit
from custval.typing import FloatArray

if TYPE_CHECKING:
    from custval.clv._purchase import PurchaseModel

__all__ = ["Factors", "LazyCustomers", "alive_times", "collect_tuples"]

Factors: TypeAlias = Callable[[FloatArray, FloatArray], Mapping[str, FloatArray]]
"""From distinct frequencies and T to columns that depend on nothing else."""

_X, _T_X, _T = (f"_custval_{name}" for name in ("frequency", "recency", "T"))
_SOURCE = {_X: "frequency", _T_X: "recency", _T: "T"}
_ROWS = "_custval_rows"


@dataclass(frozen=True, slots=True)
class LazyCustomers:
    """A lazy summary with columns beside it.

    Attributes
    ----------
    table : LazyTable
        The summary as it came.
    frame : lazy frame
        Those of its columns that are read, `alive`, the probability of being alive, and the columns that depend on
        (frequency, T).
    """

    table: LazyTable
    frame: nw.LazyFrame[Any]

    alive = nw.col("_custval_alive")

    @staticmethod
    def factor(name: str) -> nw.Expr:
        """A column that depends on (frequency, T) only."""
        return nw.col(f"_custval_{name}")

    def answer(self, columns: Mapping[str, nw.Expr]) -> Any:
        """The customers with these columns, in their engine."""
        ids = ["customer_id"] if "customer_id" in self.table else []
        return self.table.leave(self.frame.select(*ids, **columns))


def collect_tuples(table: LazyTable, sample_weight: Any) -> tuple[Table, FloatArray, FloatArray]:
    """The distinct rows of a summary as an eager table, the weight of each, and how many customers have it."""
    weights = Weights.of(table, sample_weight)
    names = [*_SOURCE.values(), *(["unit"] if "unit" in table else [])]
    require_numbers(table, *_SOURCE.values())
    frame = table.frame.select(*names, **weights.columns())
    found = table.fetch(frame.group_by(*names).agg(**weights.sums()), last=True)
    return found, *weights.read(found)


def alive_times(
    model: PurchaseModel,
    table: LazyTable,
    factors: Factors | None,
    *,
    check: bool,
    demands: tuple[Demand, ...] = (),
    also: tuple[str, ...] = (),
) -> LazyCustomers:
    """Put the probability of being alive, and what depends on (frequency, T), beside a lazy summary.

    Parameters
    ----------
    factors : function, optional
        Of the distinct frequencies and T, shapes (m,); without it nothing but what `check` asks for is run.
    check : bool
        Whether rows that no customer can have are looked for, in the query that collects the pairs if there is one.
    demands : tuple of Demand
        Further ones to ask.
    also : tuple of str
        Further columns that these, or the answer, read.
    """
    require_numbers(table, *_SOURCE.values())
    # the rest stays behind, and cannot be taken for a working column
    read = [name for name in ("customer_id", *_SOURCE.values(), "unit", *also) if name in table]
    frame = table.frame.select(*dict.fromkeys(read))
    frame = frame.with_columns(**{name: nw.col(source).cast(nw.Float64) for name, source in _SOURCE.items()})
    demands = (*_demands(model, table), *demands) if check else ()
    asked = {name: aggregate for demand in demands for name, aggregate in demand.asked.items()}
    if factors is not None:
        found = table.fetch(frame.group_by(_X, _T).agg(**{_ROWS: nw.len(), **asked}))
    elif check:
        found = table.fetch(frame.select(**asked))
    for demand in demands:
        demand.judge(found)
    if factors is not None:
        x, T = (numbers(found, name, missing=True) for name in (_X, _T))
        known = ~(np.isnan(x) | np.isnan(T))
        columns = {f"_custval_{name}": values for name, values in factors(x[known], T[known]).items()}
        frame = table.attach(frame, {_X: x[known], _T: T[known], **columns}, on=[_X, _T])
    return LazyCustomers(table, _with_alive(model, table, frame))


def _with_alive(model: PurchaseModel, table: LazyTable, frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    alive = model._alive_expression(nw.col(_X), nw.col(_T_X), nw.col(_T))
    if alive is not None:
        return frame.with_columns(_custval_alive=alive)
    names = list(_SOURCE)
    found = table.fetch(frame.group_by(*names).agg(**{_ROWS: nw.len()}))
    columns = [numbers(found, name, missing=True) for name in names]
    known = ~np.any(np.isnan(columns), axis=0)
    x, t_x, T = (column[known] for column in columns)
    small = {**dict(zip(names, (x, t_x, T), strict=True)), "_custval_alive": model._alive(x, t_x, T)}
    return table.attach(frame, small, on=names)


def _demands(model: PurchaseModel, table: LazyTable) -> tuple[Demand, ...]:
    """What every purchase model demands of a summary."""
    x, t_x, T = (nw.col(name) for name in _SOURCE)
    differ = ((x == 0) & (t_x != 0)) | ((x != 0) & (t_x == 0))
    laws = (
        *(finite(table, name) for name in _SOURCE.values()),
        Law("frequency", (x < 0) | (x % 1 != 0), "a frequency is a whole number of at least 0"),
        Law("recency", (t_x < 0) | (t_x > T), "a recency lies between 0 and T"),
        Law("T", T < 0, "T is at least 0"),
        Law("recency", differ, "recency is 0 exactly for customers with frequency 0"),
    )
    why = f"this {type(model).__name__} was fitted in {model.unit_!r}"
    return all_of(laws, "summary"), same_unit(table, model.unit_, why)
