"""Defects of order lines: what goes wrong between the till and the table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from custval.datasets.behavior import Clock
from custval.datasets.defects import TRANSACTION_KINDS, Ledger, draw_rows
from custval.datasets.orders import FIRST_ORDER, RETIRED, Catalog, Lines, insert
from custval.typing import IntArray

__all__ = ["plant_in_lines"]

_DAY = 86_400
_MINUTE = 60
_ABSURD = np.array(["1900-01-01", "1970-01-01"], dtype="M8[s]")
_COLUMN = {
    "missing_customer": ("customer_id", "customer"),
    "negative_price": ("unit_price", "price"),
    "zero_price": ("unit_price", "price"),
    "future_date": ("timestamp", "second"),
    "absurd_date": ("timestamp", "second"),
    "outlier_quantity": ("quantity", "quantity"),
}


def plant_in_lines(
    clean: Lines,
    catalog: Catalog,
    testers: IntArray,
    clock: Clock,
    *,
    rates: Mapping[str, float],
    rng: np.random.Generator,
) -> tuple[Lines, Ledger]:
    """A dirty copy of the lines, and the list of what was done to it.

    Only orders without a return are touched, since a return whose sale was changed would be a second defect. Rows keep
    the place of their true time: a wrong date does not move a line in the file of the till.
    """
    number = np.abs(clean["order"]) - FIRST_ORDER
    returned = np.zeros(int(number.max(initial=0)) + 1, dtype=bool)
    returned[number[clean["order"] < 0]] = True
    eligible = ~returned[number] & (clean["second"] < clock.days * _DAY - _MINUTE)
    drawn = draw_rows(eligible, rates, TRANSACTION_KINDS, rng)
    lines = {name: column.copy() for name, column in clean.items()}
    _change(lines, drawn, clock, rng)
    added, sizes = _additions(clean, drawn, catalog, testers, rng)
    lines, stands = insert(lines, added, np.searchsorted(clean["second"], added["second"], side="right"))
    return lines, _list(clean, drawn, sizes, stands, clock)


def _change(lines: Lines, drawn: Mapping[str, IntArray], clock: Clock, rng: np.random.Generator) -> None:
    lines["customer"][drawn["missing_customer"]] = -1
    lines["price"][drawn["negative_price"]] *= -1
    lines["price"][drawn["zero_price"]] = 0
    count = len(drawn["future_date"])
    lines["second"][drawn["future_date"]] += (clock.days + rng.integers(0, 3_650, count)) * _DAY
    absurd = rng.choice(_ABSURD, len(drawn["absurd_date"]))
    lines["second"][drawn["absurd_date"]] = (absurd - clock.stamps(np.zeros(1, dtype=np.int64))).astype(np.int64)
    count = len(drawn["outlier_quantity"])
    lines["quantity"][drawn["outlier_quantity"]] = rng.integers(5_000, 80_000, count)


def _additions(
    clean: Lines, drawn: Mapping[str, IntArray], catalog: Catalog, testers: IntArray, rng: np.random.Generator
) -> tuple[Lines, dict[str, IntArray]]:
    """The lines put in, in order of time, and which of them are of which kind."""
    makers: dict[str, Callable[[Lines], Lines]] = {
        "exact_duplicate": dict,
        "near_duplicate": lambda lines: _double_click(lines, rng),
        "test_account": lambda lines: _tested(lines, testers, int(clean["order"].max(initial=FIRST_ORDER)), rng),
        "unmatched_refund": lambda lines: _unmatched(lines, catalog, rng),
    }
    parts = [make({name: column[drawn[kind]] for name, column in clean.items()}) for kind, make in makers.items()]
    added = {name: np.concatenate([part[name] for part in parts]) for name in clean}
    order = np.argsort(added["second"], kind="stable")
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    bounds = np.cumsum([len(part["second"]) for part in parts])[:-1]
    return {name: column[order] for name, column in added.items()}, dict(
        zip(makers, np.split(place, bounds), strict=True)
    )


def _double_click(lines: Lines, rng: np.random.Generator) -> Lines:
    return lines | {"second": lines["second"] + rng.integers(1, _MINUTE, len(lines["second"]))}


def _tested(lines: Lines, testers: IntArray, last_order: int, rng: np.random.Generator) -> Lines:
    """What the staff bought in trials, at busy times, each line an order of its own."""
    count = len(lines["order"])
    customer = testers[rng.integers(0, len(testers), count)] if count else testers[:0]
    return lines | {
        "customer": customer.astype(np.int32),
        "country": np.zeros(count, dtype=np.int8),
        "order": (last_order + 1 + np.arange(count)).astype(np.int32),
    }


def _unmatched(lines: Lines, catalog: Catalog, rng: np.random.Generator) -> Lines:
    """Goods taken back that were sold before the data begin."""
    count = len(lines["order"])
    quantity = -rng.integers(1, 4, count)
    product = len(catalog.category) - 1 - rng.integers(0, RETIRED, count)
    return lines | {
        "order": (1 + np.arange(count) % (FIRST_ORDER - 1) - FIRST_ORDER).astype(np.int32),
        "product": product.astype(np.int16),
        "quantity": quantity.astype(np.int32),
        "price": catalog.prices[product, 0].astype(np.int32),
        "discount": np.zeros(count, dtype=np.int32),
        "cost": (catalog.costs[product] * quantity).astype(np.int32),
    }


def _list(
    clean: Lines, drawn: Mapping[str, IntArray], added: Mapping[str, IntArray], stands: IntArray, clock: Clock
) -> Ledger:
    ledger = Ledger("transactions")
    for kind, (column, field) in _COLUMN.items():
        rows = drawn[kind]
        ledger.changed(kind, column, stands[rows], _text(field, clean[field][rows], clock))
    for kind, places in added.items():
        is_copy = kind.endswith("duplicate")
        copy_of = stands[drawn[kind]] if is_copy else None
        ledger.added(kind, stands[len(clean["second"]) + places], copy_of)
    return ledger


def _text(field: str, values: NDArray[Any], clock: Clock) -> list[str]:
    if field == "price":
        return [f"{cents / 100:.2f}" for cents in values.tolist()]
    if field == "second":
        return [str(text) for text in np.datetime_as_string(clock.stamps(values))]
    return [str(value) for value in (values + (field == "customer")).tolist()]
