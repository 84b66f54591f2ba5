"""Planted defects: how many of each kind, on which rows, and the list of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from custval._check import choice, number
from custval.errors import CustvalError
from custval.typing import IntArray

__all__ = [
    "CONTRACT_KINDS",
    "CUSTOMER_KINDS",
    "EVENT_KINDS",
    "KINDS",
    "RESPONSE_KINDS",
    "TRANSACTION_KINDS",
    "Ledger",
    "defect_rates",
    "draw_rows",
]

TRANSACTION_KINDS = (
    "missing_customer",
    "exact_duplicate",
    "near_duplicate",
    "negative_price",
    "zero_price",
    "future_date",
    "absurd_date",
    "test_account",
    "outlier_quantity",
    "unmatched_refund",
)
CUSTOMER_KINDS = (
    "duplicate_person",
    "malformed_email",
    "malformed_phone",
    "missing_value",
    "absurd_birth_date",
    "test_account",
)
CONTRACT_KINDS = (
    "missing_customer",
    "exact_duplicate",
    "negative_price",
    "future_date",
    "absurd_date",
    "ends_before_start",
)
EVENT_KINDS = (
    "missing_customer",
    "exact_duplicate",
    "near_duplicate",
    "future_date",
    "absurd_date",
    "unknown_event",
    "broken_sequence",
)
RESPONSE_KINDS = (
    "missing_customer",
    "exact_duplicate",
    "near_duplicate",
    "future_date",
    "absurd_date",
    "score_off_scale",
)
KINDS = tuple(dict.fromkeys(TRANSACTION_KINDS + CUSTOMER_KINDS + CONTRACT_KINDS + EVENT_KINDS + RESPONSE_KINDS))


def defect_rates(defect_rate: float | Mapping[str, float]) -> dict[str, float]:
    """The rate of every kind, from one rate for all or a mapping of some."""
    if not isinstance(defect_rate, Mapping):
        return dict.fromkeys(KINDS, number(defect_rate, "defect_rate", at_least=0.0, at_most=1.0))
    given = {
        choice(kind, "a kind of defect_rate", KINDS): number(rate, f"defect_rate[{kind!r}]", at_least=0.0, at_most=1.0)
        for kind, rate in defect_rate.items()
    }
    return dict.fromkeys(KINDS, 0.0) | given


def draw_rows(
    eligible: NDArray[np.bool_], rates: Mapping[str, float], kinds: tuple[str, ...], rng: np.random.Generator
) -> dict[str, IntArray]:
    """Rows for each kind, none for two, a share of all rows each; in increasing order."""
    counts = [round(rates[kind] * len(eligible)) for kind in kinds]
    rows = np.flatnonzero(eligible)
    if sum(counts) > len(rows):
        raise CustvalError(
            f"defect_rate asks for {sum(counts):,} defects on different rows, and only {len(rows):,} of "
            f"{len(eligible):,} rows can take one",
            suggestion="lower rates, or fewer kinds",
        )
    drawn = rng.choice(rows, sum(counts), replace=False) if rows.size else rows
    parts = np.split(drawn, np.cumsum(counts)[:-1])
    return {kind: np.sort(part) for kind, part in zip(kinds, parts, strict=True)}


@dataclass(slots=True)
class Ledger:
    """The defects of one table, as they are planted; rows are those of the dirty table."""

    table: str
    entries: list[tuple[str, str | None, IntArray, list[str | None], IntArray]] = field(default_factory=list)

    def changed(self, kind: str, column: str, rows: IntArray, original: list[str]) -> None:
        """Rows in which one value was replaced, and what it was, as text."""
        self.entries.append((kind, column, rows, [*original], np.full(len(rows), -1)))

    def added(self, kind: str, rows: IntArray, copy_of: IntArray | None = None) -> None:
        """Rows put in, perhaps as copies of others."""
        source = np.full(len(rows), -1) if copy_of is None else copy_of
        self.entries.append((kind, None, rows, [None] * len(rows), source))

    def columns(self) -> dict[str, Any]:
        """All of them as columns, in the order of the rows."""
        kinds: list[str] = []
        columns: list[str | None] = []
        originals: list[str | None] = []
        for kind, column, rows, original, _ in self.entries:
            kinds += [kind] * len(rows)
            columns += [column] * len(rows)
            originals += original
        nothing = np.empty(0, dtype=np.int64)
        row = np.concatenate([nothing, *(entry[2] for entry in self.entries)])
        copy_of = np.concatenate([nothing, *(entry[4] for entry in self.entries)])
        order = np.argsort(row, kind="stable")
        return {
            "table": [self.table] * len(row),
            "row": row[order],
            "kind": [kinds[i] for i in order],
            "column": [columns[i] for i in order],
            "original": [originals[i] for i in order],
            "copy_of": copy_of[order],
        }
