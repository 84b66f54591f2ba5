"""Who leaves a table, in which step and why, so that rows and money can be accounted for."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from custval._frame import LazyTable, Table, labels, nulls, nw
from custval._result import Account
from custval.data_quality._money import exact_sum
from custval.data_quality._text import column_as_text
from custval.errors import ColumnError
from custval.typing import FloatArray

__all__ = ["Ledger", "refuse_taken_names"]


def refuse_taken_names(table: Table | LazyTable, names: Sequence[str], what: str) -> None:
    """Raise where a column that the result adds is there already."""
    for name in names:
        if name in table:
            raise ColumnError(
                f"{table.what} has a column {name!r} already, and {what} adds one of that name",
                column=name,
                suggestion=f"rename the column {name!r} first",
            )


@dataclasses.dataclass(frozen=True, slots=True)
class _Entry:
    step: str
    reason: str
    moved: FloatArray | None = None
    touched: NDArray[np.int64] | None = None


class Ledger:
    """Lines leave one step after the other; the first reason is the one that counts."""

    def __init__(self, table: Table, amounts: FloatArray | None) -> None:
        self.table = table
        self.amounts = amounts
        self._reason = np.full(len(table), -1, dtype=np.int64)
        self._entries: list[_Entry] = []
        self._kept: dict[str, NDArray[np.bool_]] = {}

    @property
    def staying(self) -> NDArray[np.bool_]:
        """The rows that no step has removed so far."""
        staying: NDArray[np.bool_] = self._reason < 0
        return staying

    def remove(self, step: str, reason: str, where: NDArray[np.bool_]) -> None:
        """Take rows out; those that left before keep their first reason."""
        self._reason[where & self.staying] = len(self._entries)
        self._entries.append(_Entry(step, reason))

    def move(self, step: str, reason: str, rows: NDArray[np.int64], before: FloatArray, after: FloatArray) -> None:
        """Set money aside without taking a row out: what these rows had before and have no longer."""
        self._entries.append(_Entry(step, reason, np.concatenate([before, -after]), rows))

    def keep(self, what: str, where: NDArray[np.bool_]) -> None:
        """Say what there is about some of the rows, of which those that stay are counted."""
        if (where & self.staying).any():
            self._kept[what] = where & self.staying

    def _leaving(self, number: int) -> NDArray[np.int64]:
        return np.flatnonzero(self._reason == number)

    def _money(self) -> list[float]:
        """What each entry set aside; empty without money."""
        if self.amounts is None:
            return []
        return [
            exact_sum(self.amounts[self._leaving(number)] if entry.moved is None else entry.moved)
            for number, entry in enumerate(self._entries)
        ]

    def removed(self) -> Any:
        """The rows that left, in input order: all columns, `row` and `reason`."""
        rows = np.flatnonzero(~self.staying)
        part = dataclasses.replace(self.table, frame=self.table.rows(rows))
        names = [entry.reason for entry in self._entries]
        return part.extend({"row": rows, "reason": labels(part, "reason", self._reason[rows], names)})

    def log(self) -> Any:
        """One row per step and reason: rows and money set aside, and the customers concerned."""
        known = ~nulls(self.table["customer_id"])
        entries = range(len(self._entries))
        leaving = [self._leaving(number) for number in entries]
        concerned = [
            rows if entry.touched is None else entry.touched for rows, entry in zip(leaving, self._entries, strict=True)
        ]
        customers = [self._customers(rows[known[rows]]) for rows in concerned]
        money: list[float | None] = [*self._money()] or [None] * len(self._entries)
        text = self.table.series
        return self.table.make(
            {
                "step": text("step", [entry.step for entry in self._entries], nw.String),
                "reason": text("reason", [entry.reason for entry in self._entries], nw.String),
                "rows": np.array([rows.size for rows in leaving], dtype=np.int64),
                "customers": np.array(customers, dtype=np.int64),
                "amount": text("amount", money, nw.Float64),
            }
        )

    def _customers(self, rows: NDArray[np.int64]) -> int:
        if not rows.size:
            return 0
        series = self.table["customer_id"][rows]
        if series.dtype.is_nested() or series.dtype == nw.Object:  # which no library counts
            return len(set(column_as_text(series)))
        return int(series.n_unique())

    def account(self, amount_out: float | None, after: FloatArray | None = None) -> Account:
        """Rows and money in, out and set aside; `after` are the amounts of the rows as they stay."""
        reasons = [entry.reason for entry in self._entries]
        rows = {e.reason: self._leaving(number).size for number, e in enumerate(self._entries) if e.moved is None}
        return Account(
            rows_in=len(self.table),
            rows_out=int(self.staying.sum()),
            set_aside=rows,
            amount_in=None if self.amounts is None else exact_sum(self.amounts),
            amount_out=amount_out,
            amount_set_aside=dict(zip(reasons, self._money(), strict=False)),
            changed={e.reason: e.touched.size for e in self._entries if e.touched is not None and e.touched.size},
            kept={
                what: (int(rows.sum()), None if after is None else exact_sum(after, rows))
                for what, rows in self._kept.items()
            },
        )
