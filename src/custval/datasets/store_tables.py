"""The contracts, events and responses of a simulated store as frames."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from custval._frame import Table, labels
from custval.datasets.behavior import Clock
from custval.datasets.journeys import EVENTS, TOUCHPOINTS, UNKNOWN_EVENTS, Events
from custval.datasets.memberships import PLANS, RUNNING, Contracts
from custval.datasets.surveys import COMMENTS, Responses
from custval.typing import IntArray

__all__ = ["FRAMES", "customer_ids"]

_DAY = 86_400


def customer_ids(blank: Table, customer: IntArray, n_customers: int) -> Any:
    """Identifiers from the numbers of customers, −1 being not known."""
    if not bool((customer < 0).any()):
        return customer + np.int64(1)
    # a column with gaps takes the type that such a column has in its library
    known = blank.series("customer_id", [*range(1, n_customers + 1), None])
    return known[np.where(customer < 0, n_customers, customer)]


def _contracts(blank: Table, contracts: Contracts, clock: Clock, n_customers: int) -> dict[str, Any]:
    """The columns of the table of contracts."""
    running = contracts["end"] == RUNNING
    ended = clock.stamps(np.where(running, 0, contracts["end"]) * _DAY).astype("M8[us]")
    ended[running] = np.datetime64("NaT", "us")
    return {
        "customer_id": customer_ids(blank, contracts["customer"], n_customers),
        "started_at": clock.stamps(contracts["second"]).astype("M8[us]"),
        "ended_at": ended,
        "plan": labels(blank, "plan", contracts["plan"], PLANS),
        "price": contracts["price"] / 100,
    }


def _events(blank: Table, events: Events, clock: Clock, n_customers: int) -> dict[str, Any]:
    """The columns of the table of events."""
    return {
        "customer_id": customer_ids(blank, events["customer"], n_customers),
        "timestamp": clock.stamps(events["second"]).astype("M8[us]"),
        "event": labels(blank, "event", events["event"], [*EVENTS, *UNKNOWN_EVENTS]),
        "channel": labels(blank, "channel", events["channel"], TOUCHPOINTS),
        "session_id": events["session"],
        "sequence": events["sequence"].astype(np.int64),
        "value": events["value"] / 100,
    }


def _responses(blank: Table, responses: Responses, clock: Clock, n_customers: int) -> dict[str, Any]:
    """The columns of the table of responses."""
    return {
        "customer_id": customer_ids(blank, responses["customer"], n_customers),
        "timestamp": clock.stamps(responses["second"]).astype("M8[us]"),
        "score": responses["score"].astype(np.int64),
        "comment": labels(blank, "comment", responses["comment"], COMMENTS),
    }


FRAMES: dict[str, Callable[[Table, Any, Clock, int], dict[str, Any]]] = {
    "contracts": _contracts,
    "events": _events,
    "responses": _responses,
}
