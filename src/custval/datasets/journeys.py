"""What people do on the site of a simulated store: sessions of events, some of which end in an order."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from custval.datasets.behavior import Clock, Traits
from custval.typing import IntArray

__all__ = ["EVENTS", "LEAST_GAP", "TOUCHPOINTS", "UNKNOWN_EVENTS", "Events", "draw_events"]

EVENTS = ("visit", "view", "cart", "purchase")
UNKNOWN_EVENTS = ("purchse", "VIEW ", "undefined", "?", "访问")
TOUCHPOINTS = ("direct", "search", "email", "social", "affiliate")
LEAST_GAP = 10
"""Seconds between two events of a session, at least."""

_LONGEST_GAP = 120
_TOUCHPOINT_SHARES = (0.3, 0.25, 0.25, 0.12, 0.08)
_TRACKED = 0.8
_LOOKED_BEFORE = 0.5
_DAYS_BEFORE = 4.0
_LOOKS_OF_PROSPECTS = 1.5
_FURTHER_VIEWS = 0.8
_CART_SHARE = 0.3
_VISIT, _VIEW, _CART, _PURCHASE = range(4)

Events = dict[str, NDArray[Any]]
"""Events as arrays: customer (−1: not known), second, event (place in EVENTS and then UNKNOWN_EVENTS), channel,
session, sequence, value in cents."""


def draw_events(
    traits: Traits, clock: Clock, orders: tuple[IntArray, IntArray], amounts: IntArray, rng: np.random.Generator
) -> Events:
    """Draw the events, in order of time.

    Most orders end a session, at their very second; before some of them, and without any, people only look.
    """
    customer, ends, order = _sessions(traits, clock, orders, rng)
    views = 1 + rng.poisson(_FURTHER_VIEWS, len(ends))
    bought = order >= 0
    has_cart = bought | (rng.random(len(ends)) < _CART_SHARE)
    steps = 1 + views + has_cart + bought
    channel = rng.choice(len(TOUCHPOINTS), len(ends), p=_TOUCHPOINT_SHARES)

    session = np.repeat(np.arange(len(ends)), steps)
    first = np.cumsum(steps) - steps
    sequence = np.arange(len(session)) - first[session] + 1
    gaps = rng.integers(LEAST_GAP, _LONGEST_GAP, len(session))
    gaps[first] = 0
    elapsed = np.cumsum(gaps)
    second = ends[session] - (elapsed[first + steps - 1][session] - elapsed)
    event = np.full(len(session), _VIEW)
    event[sequence == 1] = _VISIT
    event[sequence == (1 + views + 1)[session]] = _CART
    event[bought[session] & (sequence == steps[session])] = _PURCHASE
    value = np.where(event == _PURCHASE, np.append(amounts, 0)[order][session], 0)

    inside = second[first][session] >= 0
    by_time = np.lexsort((sequence, session, second))
    by_time = by_time[inside[by_time]]
    # sessions are numbered in the order of their first events
    seen = session[by_time]
    begins = np.sort(np.unique(seen, return_index=True)[1])
    number = np.zeros(len(ends), dtype=np.int64)
    number[seen[begins]] = np.arange(1, len(begins) + 1)
    return {
        "customer": customer[session][by_time].astype(np.int64),
        "second": second[by_time],
        "event": event[by_time].astype(np.int8),
        "channel": channel[session][by_time].astype(np.int8),
        "session": number[seen],
        "sequence": sequence[by_time],
        "value": value[by_time],
    }


def _sessions(
    traits: Traits, clock: Clock, orders: tuple[IntArray, IntArray], rng: np.random.Generator
) -> tuple[IntArray, IntArray, IntArray]:
    """Whose each session is, the second in which it ends, and its order (−1: none)."""
    customer, second = orders
    tracked = np.flatnonzero(rng.random(len(customer)) < _TRACKED)
    before = np.flatnonzero(rng.random(len(customer)) < _LOOKED_BEFORE)
    looked = second[before] - (rng.exponential(_DAYS_BEFORE, len(before)) * 86_400).astype(np.int64) - 3_600
    known = looked > clock.seconds(traits.acquired)[customer[before]]
    before, looked = before[known], looked[known]
    prospects = np.flatnonzero(~traits.buys)
    prospects = np.repeat(prospects, rng.poisson(_LOOKS_OF_PROSPECTS, len(prospects)))
    share = rng.random(len(prospects))
    free = clock.seconds(traits.acquired[prospects] + share * (clock.days - traits.acquired[prospects]))
    whose = np.concatenate([customer[tracked], customer[before], prospects])
    ends = np.concatenate([second[tracked], looked, free])
    none = np.full(len(before) + len(prospects), -1)
    return whose, ends, np.concatenate([tracked, none]).astype(np.int64)
