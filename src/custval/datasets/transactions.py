"""Transactions from any model of a customer base that can draw purchases."""

from __future__ import annotations

import numbers
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from custval._check import choice, grain_and_unit, moment, number, random_generator, span, whole
from custval._frame import new_frame
from custval._kernels.calendar import DAYS_PER, GRAINS, not_after, period_number, period_start, shift, units_per_period
from custval.errors import CustvalError
from custval.typing import FloatArray, Grain, Instant, IntArray, PurchaseSampler, RngLike

__all__ = ["simulate_transactions"]


@runtime_checkable
class SpendSampler(Protocol):
    """A model that can draw what purchases amount to."""

    def sample_spend(self, frequency: IntArray, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
        """Draw the amounts of `frequency[i]` purchases of each customer i, customer after customer; and i's mean."""
        ...


def simulate_transactions(
    model: PurchaseSampler,
    n: int,
    *,
    T: float | None = None,
    until: Instant | None = None,
    start: Instant = "2020-01-01",
    acquisition: str | None = None,
    spend: SpendSampler | float | None = None,
    grain: Grain | None = None,
    unit: Grain | None = None,
    library: str = "pandas",
    rng: RngLike = None,
) -> Any:
    """Draw the transactions of a new customer base.

    `summarize` with the same `grain`, the unit of the model and `until` (start + T, where `T` is given) gives back
    what the model drew: the same `T`, and `frequency` and `recency` up to purchases that share a period of the grain.

    Parameters
    ----------
    model : PurchaseSampler
        A purchase model, fitted or made by `from_params`: any object with `unit_` and `sample_purchases(n, T, rng)`,
        see `custval.typing.PurchaseSampler`.
    n : int
        Number of customers.
    T : float, optional
        How long every customer is observed after the first purchase, in units of the model.
    until : date or time, optional
        The end of observation for all, as in `summarize`. Give either `T` or `until`.
    start : date or time, default "2020-01-01"
        When the first customers buy first.
    acquisition : str, optional
        A span such as "90D" over which the first purchases are spread evenly, each on the first instant of a
        period of the grain. By default all are made at `start`.
    spend : SpendSampler or float, optional
        What a purchase amounts to: a number, or a fitted Gamma-Gamma model, that is any object with
        `sample_spend(frequency, rng)`, which returns the amounts of `frequency[i]` purchases of each customer i,
        customer after customer, and the mean of each customer. None: no column `amount`.
    grain : {"h", "D", "W", "M", "Y"}, optional
        The grain to summarize with. By default that of the unit, and days for weeks. A model in discrete time
        takes whole numbers of its unit, so with `until` give it the unit as grain.
    unit : {"h", "D", "W", "M", "Y"}, optional
        The unit of time, for a model that does not know its own.
    library : {"pandas", "polars", "pyarrow"}
    rng : seed or numpy Generator, optional

    Returns
    -------
    frame
        `customer_id` (0 to n − 1, as in the model's `sample`), `timestamp`, and `amount` if there is a spend; by
        customer and time.

    Raises
    ------
    CustvalError
        If neither or both of `T` and `until` are given, the unit of time is unknown, the last first purchase comes
        after `until`, or `model` and `spend` cannot be drawn from.

    Examples
    --------
    A clockwork model, whose customers buy every seven days:

    >>> import numpy as np
    >>> from custval.datasets import simulate_transactions
    >>> class Clockwork:
    ...     unit_ = "D"
    ...
    ...     def sample_purchases(self, n, T, rng):
    ...         times = np.arange(0.0, T + 1, 7)
    ...         return np.repeat(np.arange(n), len(times)), np.tile(times, n)
    >>> simulate_transactions(Clockwork(), 2, T=14, spend=9.9, rng=0)
       customer_id  timestamp  amount
    0            0 2020-01-01     9.9
    1            0 2020-01-08     9.9
    2            0 2020-01-15     9.9
    3            1 2020-01-01     9.9
    4            1 2020-01-08     9.9
    5            1 2020-01-15     9.9
    """
    n = whole(n, "n", at_least=1)
    generator = random_generator(rng)
    scale = _time_scale(model, grain, unit)
    first = _first_purchases(n, moment(start, "start").stamp, acquisition, scale, generator)
    observed = _observed(T, until, first, scale)
    customer, time = _drawn(model, n, observed, generator)
    columns: dict[str, Any] = {"customer_id": customer, "timestamp": _instants(first[customer], time, scale)}
    if spend is not None:
        columns["amount"] = _amounts(spend, np.bincount(customer, minlength=n).astype(np.int64), generator)
    return new_frame(columns, library)


@dataclass(frozen=True, slots=True)
class _TimeScale:
    grain: str
    unit: str


def _time_scale(model: Any, grain: Any, unit: Any) -> _TimeScale:
    if not callable(getattr(model, "sample_purchases", None)):
        raise CustvalError(
            f"model must be a purchase model with sample_purchases(n, T, rng); got {type(model).__name__}",
            suggestion="cv.clv.BetaGeoModel.from_params(r=0.24, alpha=4.4, a=0.79, b=2.4, unit='W')",
        )
    known = getattr(model, "unit_", None)
    if known is None and unit is None:
        raise CustvalError("the model does not know its unit of time", suggestion="unit='W'")
    unit = choice(known if unit is None else unit, "unit", GRAINS)
    if known not in {None, unit}:
        raise CustvalError(f"the model counts time in {known!r}; got unit={unit!r}", suggestion="leave unit out")
    return _TimeScale(*grain_and_unit(("D" if unit == "W" else unit) if grain is None else grain, unit))


def _first_purchases(
    n: int, start: np.datetime64, acquisition: str | None, scale: _TimeScale, rng: np.random.Generator
) -> NDArray[Any]:
    if acquisition is None:
        return np.full(n, start)
    window = span(acquisition, "acquisition")
    end = shift(np.array([start]), window.count, window.unit)
    # periods that begin within the window, and the one that holds its start
    first, last = (
        int(period_number(edge, scale.grain)[0]) for edge in (np.array([start]), end - np.timedelta64(1, "us"))
    )
    drawn = period_start(rng.integers(first, last + 1, n), scale.grain).astype("M8[us]")
    first_purchases: NDArray[Any] = np.maximum(drawn, start)
    return first_purchases


def _observed(T: Any, until: Any, first: NDArray[Any], scale: _TimeScale) -> float | FloatArray:
    """How long each customer is observed, in units: one number, or one for each."""
    if (T is None) == (until is None):
        raise CustvalError(
            f"give either T or until; got T={T!r}, until={until!r}", suggestion="T=52, or until='2020-12-31'"
        )
    if T is not None:
        return number(T, "T", above=0.0)
    end = moment(until, "until")
    if not not_after(first, end.stamp, whole_day=end.whole_day).all():
        raise CustvalError(
            f"until={end} lies before the last of the first purchases, {first.max()}",
            suggestion="a later until, or a shorter acquisition",
        )
    periods = period_number(np.array([end.stamp]), scale.grain) - period_number(first, scale.grain)
    observed: FloatArray = np.multiply(periods, units_per_period(scale.grain, scale.unit), dtype=np.float64)
    if not not_after(_instants(first, observed, scale), end.stamp, whole_day=end.whole_day).all():
        raise CustvalError(
            f"until={end} cuts the last period of the grain {scale.grain!r} short: a purchase in it may come later",
            suggestion="until at the end of a period, or start at the beginning of one",
        )
    return observed


def _drawn(
    model: PurchaseSampler, n: int, T: float | FloatArray, rng: np.random.Generator
) -> tuple[IntArray, FloatArray]:
    customer, time = model.sample_purchases(n, T, rng)
    customer, time = np.asarray(customer, dtype=np.int64), np.asarray(time, dtype=np.float64)
    order = np.lexsort((time, customer))
    customer, time = customer[order], time[order]
    begins = np.flatnonzero(np.diff(customer, prepend=customer[:1] - 1))
    limit = np.broadcast_to(np.asarray(T, dtype=np.float64), n)
    if not (
        np.array_equal(customer[begins], np.arange(n)) and (time[begins] == 0).all() and (time <= limit[customer]).all()
    ):
        raise CustvalError(
            f"{type(model).__name__}.sample_purchases must return the customers 0 to n − 1, each with a first purchase "
            "at time 0 and none after T"
        )
    return customer, time


def _instants(first: NDArray[Any], time: FloatArray, scale: _TimeScale) -> NDArray[Any]:
    instants: NDArray[Any] = first.copy()
    if scale.grain not in {"M", "Y"}:
        instants += np.rint(time * (DAYS_PER[scale.unit] * 86_400_000_000)).astype("m8[us]")
        return instants
    # a calendar month lasts as long as it lasts, so that whole months land on the day of the first purchase
    whole_units = np.floor(time).astype(np.int64)
    for count in np.unique(whole_units):
        rows = np.flatnonzero(whole_units == count)
        begin, end = (shift(first[rows], int(k), scale.unit) for k in (count, count + 1))
        instants[rows] = begin + np.rint((time[rows] - count) * (end - begin).astype(np.int64)).astype("m8[us]")
    return instants


def _amounts(spend: Any, purchases: IntArray, rng: np.random.Generator) -> FloatArray:
    total = int(purchases.sum())
    if isinstance(spend, numbers.Real):
        return np.full(total, number(spend, "spend", above=0.0))
    if not callable(getattr(spend, "sample_spend", None)):
        raise CustvalError(
            f"spend must be a number, or a model with sample_spend(frequency, rng); got {type(spend).__name__}",
            suggestion="spend=cv.clv.GammaGammaModel.from_params(p=6.25, q=3.74, gamma=15.44)",
        )
    amounts = np.asarray(spend.sample_spend(purchases, rng)[0], dtype=np.float64)
    if amounts.shape != (total,):
        raise CustvalError(
            f"{type(spend).__name__}.sample_spend must return first one amount for each of {total:,} purchases; "
            f"got an array of shape {amounts.shape}"
        )
    return amounts
