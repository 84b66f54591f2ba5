"""How the customers of a simulated store behave: who they are, when they come, when they stop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from custval.typing import FloatArray, IntArray

__all__ = [
    "ACQUISITION_CHANNELS",
    "SEGMENTS",
    "AcquisitionChannel",
    "Clock",
    "Segment",
    "Traits",
    "draw_orders",
    "draw_traits",
]

_DAY = 86_400


class Segment(NamedTuple):
    """A kind of customer: orders a year (gamma distributed), years as a customer (exponential), further lines."""

    name: str
    orders_per_year: float
    shape: float
    years: float
    further_lines: float


SEGMENTS = (
    Segment("loyal", 14.0, 4.0, 4.0, 1.2),
    Segment("regular", 5.0, 3.0, 2.0, 0.9),
    Segment("occasional", 1.5, 2.0, 1.2, 0.7),
    Segment("one_time", 0.2, 1.0, 0.3, 0.5),
    Segment("prospect", 0.0, 1.0, 1.0, 0.5),  # registered, and never buys
)
_PROSPECT = len(SEGMENTS) - 1


class AcquisitionChannel(NamedTuple):
    """Where customers come from: share of all, mean cost, and the share of each segment among them."""

    name: str
    share: float
    cost: float
    segments: tuple[float, ...]


ACQUISITION_CHANNELS = (
    AcquisitionChannel("search", 0.30, 14.0, (0.06, 0.20, 0.36, 0.34, 0.04)),
    AcquisitionChannel("social", 0.25, 9.0, (0.03, 0.14, 0.34, 0.41, 0.08)),
    AcquisitionChannel("store", 0.20, 4.0, (0.09, 0.28, 0.38, 0.24, 0.01)),
    AcquisitionChannel("referral", 0.15, 6.0, (0.14, 0.32, 0.34, 0.18, 0.02)),
    AcquisitionChannel("affiliate", 0.10, 19.0, (0.02, 0.12, 0.32, 0.46, 0.08)),
)

_WEEKDAYS = np.array([0.85, 0.85, 0.9, 0.95, 1.1, 1.35, 1.0])
_HOURS = np.array([1, 1, 1, 1, 1, 1, 3, 6, 10, 14, 17, 18, 20, 19, 17, 17, 18, 20, 23, 25, 24, 19, 11, 4], dtype=float)


class Clock:
    """The hours of the store, and how busy each is; time is counted in busy days, of which a calendar day has one.

    Weekends, evenings and December are busier. A constant rate per busy day is a seasonal rate on the calendar.
    """

    __slots__ = ("busy", "days", "start")

    def __init__(self, start: np.datetime64, days: int) -> None:
        self.start = start
        self.days = days
        dates = start + np.arange(days).astype("m8[D]")
        of_the_year = (dates - dates.astype("M8[Y]")).astype(np.int64)
        season = 1 + 0.1 * np.cos(2 * np.pi * of_the_year / 365.25) + 0.8 * np.exp(-(((of_the_year - 347) / 12) ** 2))
        weekday = (dates.astype(np.int64) + 3) % 7
        intensity = np.outer(season * _WEEKDAYS[weekday], _HOURS).ravel()
        self.busy = np.concatenate([[0.0], np.cumsum(intensity)])
        self.busy *= days / self.busy[-1]

    def seconds(self, busy: FloatArray) -> IntArray:
        """Seconds since the start at which so many busy days have passed; beyond the end days are days."""
        inside = np.interp(busy, self.busy, np.arange(len(self.busy)) * 3600.0)
        seconds: IntArray = np.floor(inside + np.maximum(busy - self.days, 0.0) * _DAY).astype(np.int64)
        return seconds

    def stamps(self, seconds: IntArray) -> NDArray[Any]:
        """Seconds since the start as instants."""
        instants: NDArray[Any] = self.start.astype("M8[s]") + seconds.astype("m8[s]")
        return instants


@dataclass(frozen=True, slots=True)
class Traits:
    """What is true of each customer, times in busy days since the start; arrays of shape (n,).

    Attributes
    ----------
    channel, segment : array of int
        Places in `ACQUISITION_CHANNELS` and `SEGMENTS`.
    rate : array of float
        Orders per busy day after the first, while a customer.
    acquired, dropout : array of float
        First order (or registration), and the end as a customer.
    further_lines : array of float
        Mean number of an order's lines beyond the first.
    """

    channel: IntArray
    segment: IntArray
    rate: FloatArray
    acquired: FloatArray
    dropout: FloatArray
    further_lines: FloatArray

    @property
    def buys(self) -> NDArray[np.bool_]:
        """Who is no mere prospect."""
        return np.not_equal(self.segment, _PROSPECT)


def draw_traits(n: int, clock: Clock, rng: np.random.Generator) -> Traits:
    """Draw what is true of `n` customers; more of them join late than early."""
    shares = np.array([channel.share for channel in ACQUISITION_CHANNELS])
    channel = rng.choice(len(shares), n, p=shares)
    mix = np.cumsum([channel.segments for channel in ACQUISITION_CHANNELS], axis=1)[:, :-1]
    segment = (rng.random(n)[:, None] >= mix[channel]).sum(axis=1)
    _, orders_per_year, shape, years, further_lines = (np.array(column) for column in zip(*SEGMENTS, strict=True))
    rate = rng.gamma(shape[segment]) * (orders_per_year / shape / 365.25)[segment]
    acquired = clock.days * rng.random(n) ** 0.8
    dropout = acquired + rng.exponential(365.25 * years[segment])
    basket = rng.gamma(4.0, further_lines[segment] / 4.0)
    return Traits(channel, segment, rate, acquired, dropout, basket)


def draw_orders(traits: Traits, clock: Clock, rng: np.random.Generator) -> tuple[IntArray, IntArray]:
    """Draw every order up to the end: whose it is, and its second since the start; in order of time."""
    buyers = np.flatnonzero(traits.buys)
    length = np.minimum(traits.dropout, clock.days) - traits.acquired
    orders = 1 + rng.poisson(traits.rate[buyers] * length[buyers])
    customer = np.repeat(buyers, orders)
    share = rng.random(len(customer))
    share[np.cumsum(orders) - orders] = 0.0
    seconds = clock.seconds(traits.acquired[customer] + share * length[customer])
    by_time = np.argsort(seconds, kind="stable")
    return customer[by_time], seconds[by_time]
