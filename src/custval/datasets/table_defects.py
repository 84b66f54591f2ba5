"""Defects of contracts, events and responses: gaps, wrong dates, copies, and what only one of them can have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from custval.datasets.behavior import Clock
from custval.datasets.defects import CONTRACT_KINDS, EVENT_KINDS, RESPONSE_KINDS, Ledger
from custval.datasets.journeys import EVENTS, LEAST_GAP, UNKNOWN_EVENTS
from custval.datasets.memberships import RUNNING
from custval.datasets.orders import insert
from custval.typing import IntArray

__all__ = ["plant_in_contracts", "plant_in_events", "plant_in_responses"]

Rows = dict[str, NDArray[Any]]
Planted = tuple[Rows, Ledger]

_DAY = 86_400
_ABSURD = np.array(["1900-01-01", "1970-01-01"], dtype="M8[s]")
_OFF_SCALE = np.array([-1, 11, 99, 100])
_BEFORE_START = 90
_FUTURE_DAYS = 3_650


@dataclass(frozen=True, slots=True)
class _Change:
    """A kind of defect that changes a value: the column, its array, the new values, and where it can be planted."""

    column: str
    array: str
    new: Callable[[NDArray[Any], np.random.Generator], Any]
    text: Callable[[NDArray[Any]], list[str]]
    where: NDArray[np.bool_] | None = None
    alone_in: NDArray[Any] | None = None
    """Groups of rows in which nothing else may be wrong."""


def plant_in_contracts(clean: Rows, rates: Mapping[str, float], clock: Clock, rng: np.random.Generator) -> Planted:
    """A dirty copy of the contracts, and the list of what was done to it."""
    ended = clean["end"] != RUNNING
    changes = _common(clock, "started_at", first=None, last=~ended) | {
        "negative_price": _Change("price", "price", lambda values, _: -values, _cents),
        "ends_before_start": _Change(
            "ended_at",
            "end",
            lambda rows, rng: clean["second"][rows] // _DAY - rng.integers(1, _BEFORE_START, len(rows)),
            lambda values: _stamps(clock, values * _DAY),
            ended,
        ),
    }
    return _plant("contracts", clean, changes, CONTRACT_KINDS, rates=rates, rng=rng)


def plant_in_events(clean: Rows, rates: Mapping[str, float], clock: Clock, rng: np.random.Generator) -> Planted:
    """A dirty copy of the events, and the list of what was done to it.

    A date before all others takes the first event of a session, and one after them the last, so that what is wrong with
    an event is not wrong with its session too; a session whose sequence is broken has no other defect.
    """
    first = clean["sequence"] == 1
    length = np.bincount(clean["session"])
    changes = _common(clock, "timestamp", first=first, last=clean["sequence"] == length[clean["session"]]) | {
        "unknown_event": _Change(
            "event",
            "event",
            lambda rows, rng: len(EVENTS) + rng.integers(0, len(UNKNOWN_EVENTS), len(rows)),
            lambda values: [EVENTS[value] for value in values.tolist()],
        ),
        "broken_sequence": _Change(
            "sequence",
            "sequence",
            lambda rows, _: np.zeros(len(rows)),
            _whole,
            clean["sequence"] == 2,
            alone_in=clean["session"],
        ),
    }
    return _plant("events", clean, changes, EVENT_KINDS, rates=rates, rng=rng)


def plant_in_responses(clean: Rows, rates: Mapping[str, float], clock: Clock, rng: np.random.Generator) -> Planted:
    """A dirty copy of the responses, and the list of what was done to it."""
    changes = _common(clock, "timestamp", first=None, last=None) | {
        "score_off_scale": _Change("score", "score", lambda rows, rng: rng.choice(_OFF_SCALE, len(rows)), _whole)
    }
    return _plant("responses", clean, changes, RESPONSE_KINDS, rates=rates, rng=rng)


def _common(
    clock: Clock, column: str, *, first: NDArray[np.bool_] | None, last: NDArray[np.bool_] | None
) -> dict[str, _Change]:
    """What goes wrong in each of these tables: the rows that come first or last take the wrong dates."""

    def absurd(rows: NDArray[Any], rng: np.random.Generator) -> NDArray[Any]:
        return (rng.choice(_ABSURD, len(rows)) - clock.start.astype("M8[s]")).astype(np.int64)

    def future(rows: NDArray[Any], rng: np.random.Generator) -> NDArray[Any]:
        return (clock.days + rng.integers(0, _FUTURE_DAYS, len(rows))) * _DAY

    def stamps(values: NDArray[Any]) -> list[str]:
        return _stamps(clock, values)

    return {
        "missing_customer": _Change(
            "customer_id", "customer", lambda rows, _: np.full(len(rows), -1), lambda values: _whole(values + 1)
        ),
        "future_date": _Change(column, "second", future, stamps, last),
        "absurd_date": _Change(column, "second", absurd, stamps, first),
    }


def _plant(
    table: str,
    clean: Rows,
    changes: Mapping[str, _Change],
    kinds: tuple[str, ...],
    *,
    rates: Mapping[str, float],
    rng: np.random.Generator,
) -> Planted:
    """Change some rows, and put in copies of others, in order of time; no row takes two defects."""
    n = len(clean["second"])
    free = np.ones(n, dtype=bool)
    ledger = Ledger(table)
    rows = {name: column.copy() for name, column in clean.items()}
    drawn: dict[str, IntArray] = {}
    # those that not every row can take, or that want to be alone, go first
    for kind in sorted(kinds, key=lambda kind: _freedom(changes.get(kind))):
        change = changes.get(kind)
        possible = np.flatnonzero(free if change is None or change.where is None else free & change.where)
        drawn[kind] = np.sort(rng.choice(possible, min(round(rates[kind] * n), len(possible)), replace=False))
        free[drawn[kind]] = False
        if change is not None and change.alone_in is not None:
            free &= ~np.isin(change.alone_in, change.alone_in[drawn[kind]])
    for kind, change in changes.items():
        given = clean["price"][drawn[kind]] if kind == "negative_price" else drawn[kind]
        rows[change.array][drawn[kind]] = change.new(given, rng)
    copies = [kind for kind in ("exact_duplicate", "near_duplicate") if kind in kinds]
    source = np.concatenate([drawn[kind] for kind in copies])
    added = {name: column[source] for name, column in clean.items()}
    count = len(drawn["exact_duplicate"])
    added["second"][count:] += rng.integers(1, LEAST_GAP, len(source) - count)
    order = np.argsort(added["second"], kind="stable")
    places = np.searchsorted(clean["second"], added["second"][order], side="right")
    rows, stands = insert(rows, {name: column[order] for name, column in added.items()}, places)
    place = np.empty(len(source), dtype=np.int64)
    place[order] = stands[n:]
    for kind, change in changes.items():
        ledger.changed(kind, change.column, stands[drawn[kind]], change.text(clean[change.array][drawn[kind]]))
    for kind, stand in zip(copies, np.split(place, [count]), strict=False):
        ledger.added(kind, stand, stands[drawn[kind]])
    return rows, ledger


def _freedom(change: _Change | None) -> int:
    if change is None or change.where is None:
        return 2
    return 0 if change.alone_in is not None else 1


def _whole(values: NDArray[Any]) -> list[str]:
    return [str(int(value)) for value in values.tolist()]


def _cents(values: NDArray[Any]) -> list[str]:
    return [f"{cents / 100:.2f}" for cents in values.tolist()]


def _stamps(clock: Clock, seconds: NDArray[Any]) -> list[str]:
    return [str(text) for text in np.datetime_as_string(clock.stamps(seconds))]
