"""Purchase models on lazy summaries: tuples come down for a fit, at most one small table goes up for a prediction.

The likelihood depends on a customer's (frequency, recency, T), so a fit collects the distinct ones with their counts.
A prediction is the probability of being alive times something of the model's state, in most (frequency, T): the first
is an expression where it has a closed form, the second is computed for the distinct states and joined onto the summary.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from custval._frame import LazyTable, Table, numbers, nw, require_numbers
from custval.clv._answers import nulls_for_nan_lazily
from custval.clv._demands import Demand, Weights, all_of, finite, same_unit
from custval.clv._summary import customer_laws
from custval.typing import FloatArray

if TYPE_CHECKING:
    from custval.clv._customer_base import CustomerBase

__all__ = ["Factors", "LazyCustomers", "alive_times", "answer_rows", "beside_rows", "collect_tuples"]

Factors: TypeAlias = Callable[..., Mapping[str, FloatArray]]
"""From the columns of distinct states to columns that depend on nothing else."""

_X, _T_X, _T = (f"_custval_{name}" for name in ("frequency", "recency", "T"))
_SOURCE = {_X: "frequency", _T_X: "recency", _T: "T"}
_KEYS = {source: key for key, source in _SOURCE.items()}
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
        the state.
    """

    table: LazyTable
    frame: nw.LazyFrame[Any]

    alive = nw.col("_custval_alive")

    @staticmethod
    def factor(name: str) -> nw.Expr:
        """A column that depends on the state only."""
        return nw.col(f"_custval_{name}")

    def answer(self, columns: Mapping[str, nw.Expr]) -> Any:
        """The customers with these columns, in their engine."""
        ids = ["customer_id"] if "customer_id" in self.table else []
        return self.table.leave(self.frame.select(*ids, **columns))


def collect_tuples(
    table: LazyTable, sample_weight: Any, sums: tuple[str, ...] = ()
) -> tuple[Table, FloatArray, FloatArray]:
    """The distinct rows of a summary as an eager table, the weight of each, and how many customers have it.

    The columns named in `sums` are summed over the customers of each row.
    """
    weights = Weights.of(table, sample_weight)
    names = [*_SOURCE.values(), *(["unit"] if "unit" in table else [])]
    require_numbers(table, *_SOURCE.values(), *sums)
    weighted = {name: nw.col(name).cast(nw.Float64) * weights.value for name in sums}
    frame = table.frame.select(*names, **weights.columns(), **weighted)
    totals = {name: nw.col(name).sum() for name in sums}
    found = table.fetch(frame.group_by(*names).agg(**weights.sums(), **totals), last=True)
    return found, *weights.read(found)


def alive_times(
    model: CustomerBase,
    table: LazyTable,
    factors: Factors | None,
    *,
    check: bool,
    demands: tuple[Demand, ...] = (),
    also: tuple[str, ...] = (),
) -> LazyCustomers:
    """Put the probability of being alive, and what depends on the model's state, beside a lazy summary.

    Parameters
    ----------
    factors : function, optional
        Of the columns of the distinct states, shapes (m,); without it nothing but what `check` asks for is run.
    check : bool
        Whether rows that no customer can have are looked for, in the query that collects the pairs if there is one.
    demands : tuple of Demand
        Further ones to ask.
    also : tuple of str
        Further columns that these, or the answer, read.
    """
    frame = _read_columns(table, also)
    demands = (*_demands(model, table), *demands) if check else ()
    asked = {name: aggregate for demand in demands for name, aggregate in demand.asked.items()}
    keys = [_KEYS[name] for name in model._state]
    if factors is not None:
        found = table.fetch(frame.group_by(*keys).agg(**{_ROWS: nw.len(), **asked}))
    elif check:
        found = table.fetch(frame.select(**asked))
    for demand in demands:
        demand.judge(found)
    if factors is not None:
        frame = _put_beside(table, frame, found, keys, factors)
    return LazyCustomers(table, _with_alive(model, table, frame))


def beside_rows(
    model: CustomerBase,
    table: LazyTable,
    compute: Factors,
    *,
    check: bool,
    demands: tuple[Demand, ...] = (),
    also: tuple[str, ...] = (),
) -> LazyCustomers:
    """Put columns beside a lazy summary that are computed for its distinct (frequency, recency, T).

    Parameters
    ----------
    compute : function
        Of the distinct rows, shapes (m,).
    check, demands, also
        As in `alive_times`.
    """
    frame, keys = _read_columns(table, also), list(_SOURCE)
    demands = (*_demands(model, table), *demands) if check else ()
    asked = {name: aggregate for demand in demands for name, aggregate in demand.asked.items()}
    found = table.fetch(frame.group_by(*keys).agg(**{_ROWS: nw.len(), **asked}))
    for demand in demands:
        demand.judge(found)
    return LazyCustomers(table, _put_beside(table, frame, found, keys, compute))


def answer_rows(model: CustomerBase, table: LazyTable, compute: Factors, *, check: bool) -> Any:
    """The customers of a lazy summary with columns that are computed for its distinct (frequency, recency, T)."""
    answer: dict[str, nw.Expr] = {}

    def columns(*rows: FloatArray) -> Mapping[str, FloatArray]:
        computed = compute(*rows)
        for name, values in computed.items():
            column = LazyCustomers.factor(name)
            answer[name] = nulls_for_nan_lazily(column) if np.isnan(values).any() else column
        return computed

    return beside_rows(model, table, columns, check=check).answer(answer)


def _read_columns(table: LazyTable, also: tuple[str, ...] = ()) -> nw.LazyFrame[Any]:
    """The columns that are read, and the summary's as numbers under our own names."""
    require_numbers(table, *_SOURCE.values())
    # the rest stays behind, and cannot be taken for a working column
    read = [name for name in ("customer_id", *_SOURCE.values(), "unit", *also) if name in table]
    frame = table.frame.select(*dict.fromkeys(read))
    return frame.with_columns(**{name: nw.col(source).cast(nw.Float64) for name, source in _SOURCE.items()})


def _put_beside(
    table: LazyTable, frame: nw.LazyFrame[Any], found: Table, keys: list[str], compute: Factors
) -> nw.LazyFrame[Any]:
    """The frame with columns that depend on `keys`, computed for their distinct values."""
    rows = [numbers(found, name, missing=True) for name in keys]
    known = ~np.any(np.isnan(rows), axis=0)
    rows = [column[known] for column in rows]
    columns = {f"_custval_{name}": values for name, values in compute(*rows).items()}
    return table.attach(frame, {**dict(zip(keys, rows, strict=True)), **columns}, on=keys)


def _with_alive(model: CustomerBase, table: LazyTable, frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    alive = model._alive_expression(nw.col(_X), nw.col(_T_X), nw.col(_T))
    if alive is not None:
        return frame.with_columns(_custval_alive=alive)
    names = list(_SOURCE)
    found = table.fetch(frame.group_by(*names).agg(**{_ROWS: nw.len()}))
    return _put_beside(table, frame, found, names, lambda *rows: {"alive": model._alive(*rows)})


def _demands(model: CustomerBase, table: LazyTable) -> tuple[Demand, ...]:
    """What every purchase model demands of a summary."""
    own = customer_laws(*(nw.col(name) for name in _SOURCE), discrete=model._discrete)
    laws = (*(finite(table, name) for name in _SOURCE.values()), *own)
    why = f"this {type(model).__name__} was fitted in {model.unit_!r}"
    return all_of(laws, "summary"), same_unit(table, model.unit_, why)
