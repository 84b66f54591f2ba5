"""The paid memberships of a simulated store: who takes one, which, and for how long."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from custval.datasets.behavior import Clock, Traits

__all__ = ["PLANS", "RUNNING", "Contracts", "draw_contracts"]

PLANS = ("basic", "plus", "premium")
RUNNING = np.iinfo(np.int64).min
"""The end, in days, of a membership that has none yet."""

_DAY = 86_400
_PRICES = np.array([499, 999, 1_999])
_JOIN_SHARES = np.array([0.5, 0.25, 0.1, 0.02, 0.0])  # of the segments
_PLAN_SHARES = np.array([[0.3, 0.4, 0.3], [0.5, 0.35, 0.15], [0.7, 0.25, 0.05], [0.8, 0.2, 0.0], [1.0, 0.0, 0.0]])
_DAYS_TO_JOIN = 45.0
_MEAN_DAYS = np.array([900.0, 500.0, 240.0, 120.0, 120.0])
_PERIOD = 30

Contracts = dict[str, NDArray[Any]]
"""Contracts as arrays: customer (−1: not known), second (of the start), end (in days, or RUNNING), plan, price in
cents."""


def draw_contracts(traits: Traits, clock: Clock, rng: np.random.Generator) -> Contracts:
    """Draw the memberships, in order of their starts.

    Who has become a customer may join some weeks later; who stops being one leaves, and others leave before. What was
    paid for is used: a membership ends with a period of 30 days.
    """
    n = len(traits.segment)
    joined = traits.acquired + rng.exponential(_DAYS_TO_JOIN, n)
    left = np.minimum(traits.dropout, joined + rng.exponential(_MEAN_DAYS[traits.segment]))
    wants = rng.random(n) < _JOIN_SHARES[traits.segment]
    plan = (rng.random(n)[:, None] > np.cumsum(_PLAN_SHARES, axis=1)[traits.segment][:, :-1]).sum(axis=1)
    who = np.flatnonzero(wants & traits.buys & (joined < np.minimum(traits.dropout, clock.days)))
    start = clock.seconds(joined[who]) // _DAY
    periods = (clock.seconds(left[who]) // _DAY - start) // _PERIOD + 1
    end = start + periods * _PERIOD
    end[end >= clock.days] = RUNNING
    order = np.argsort(start, kind="stable")
    return {
        "customer": who[order].astype(np.int64),
        "second": start[order] * _DAY,
        "end": end[order],
        "plan": plan[who][order].astype(np.int8),
        "price": _PRICES[plan[who]][order],
    }
