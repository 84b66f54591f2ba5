"""Calendar arithmetic on arrays: periods of a grain, lengths of units, shifts by calendar months.

A period number is the count of whole periods since the epoch (1970-01-01), so differences of period numbers
are differences in periods. Weeks start on Monday; months and years are calendar ones.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "DAYS_PER",
    "GRAINS",
    "not_after",
    "period_number",
    "period_start",
    "shift",
    "units_per_period",
    "whole_periods",
]

GRAINS = ("h", "D", "W", "M", "Y")

DAYS_PER: dict[str, float] = {
    "s": 1 / 86_400,
    "min": 1 / 1_440,
    "h": 1 / 24,
    "D": 1.0,
    "W": 7.0,
    "M": 30.436875,
    "Y": 365.2425,
}
"""Length of each unit in days; the month and the year are the Gregorian means."""

_NANOSECONDS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1, "m": 60 * 10**9, "h": 3600 * 10**9, "D": 86400 * 10**9}
_INT64_MAX = np.iinfo(np.int64).max


def _ticks_per(times: NDArray[Any], unit: str) -> int:
    """How many ticks of the array's own resolution make one `unit` ("h" or "D")."""
    name, count = np.datetime_data(times.dtype)
    return _NANOSECONDS[unit] // (_NANOSECONDS[name] * count)


def _hours_or_days(times: NDArray[Any], unit: str) -> NDArray[np.int64]:
    ticks = _ticks_per(times, unit)
    counts = times.view(np.int64)
    return counts // ticks if ticks > 1 else counts.copy()


def _months(days: NDArray[np.int64]) -> NDArray[np.int64]:
    # one calendar look-up per distinct day in the range, not one per row
    if days.size == 0:
        return days
    first, last = int(days.min()), int(days.max())
    if last - first > max(4 * days.size, 400_000):
        return days.astype("M8[D]").astype("M8[M]").view(np.int64)
    table = np.arange(first, last + 1).astype("M8[D]").astype("M8[M]").view(np.int64)
    return table[days - first]


def period_number(times: NDArray[Any], grain: str) -> NDArray[np.int64]:
    """Number of the `grain` period that holds each instant.

    Parameters
    ----------
    times : array of datetime64, shape (n,)
        Wall-clock times, any resolution from days to nanoseconds, without NaT.
    grain : {"h", "D", "W", "M", "Y"}

    Returns
    -------
    array of int64, shape (n,)
    """
    if grain == "h":
        if np.datetime_data(times.dtype)[0] == "D":
            times = times.astype("M8[h]")
        return _hours_or_days(times, "h")
    days = _hours_or_days(times, "D")
    if grain == "D":
        return days
    if grain == "W":
        days += 3  # day 0, 1970-01-01, was a Thursday
        days //= 7
        return days
    months = _months(days)
    return months // 12 if grain == "Y" else months


def period_start(number: Any, grain: str) -> NDArray[Any]:
    """First instant of each period, as datetime64[s]."""
    number = np.asarray(number, dtype=np.int64)
    if grain == "W":
        return (number * 7 - 3).astype("M8[D]").astype("M8[s]")
    return number.astype(f"M8[{grain}]").astype("M8[s]")


def units_per_period(grain: str, unit: str) -> float:
    """How many `unit`s one period of `grain` lasts."""
    return 1.0 if grain == unit else DAYS_PER[grain] / DAYS_PER[unit]


def not_after(times: NDArray[Any], stamp: np.datetime64, *, whole_day: bool) -> NDArray[np.bool_]:
    """Which times lie at or before `stamp`, the whole of its day included if `whole_day`."""
    name, count = np.datetime_data(times.dtype)
    tick = _NANOSECONDS[name] * count
    # Python integers do not overflow, whatever the year and the resolution
    end = int(stamp.astype("M8[us]").astype(np.int64)) * 1000
    bound = (end + _NANOSECONDS["D"] - 1 if whole_day else end) // tick
    result: NDArray[np.bool_] = times.view(np.int64) <= max(-_INT64_MAX, min(bound, _INT64_MAX))
    return result


def shift(times: NDArray[Any], count: int, unit: str) -> NDArray[Any]:
    """Times moved by `count` units, as datetime64[us]; months and years are calendar ones, month ends clipped."""
    times = np.asarray(times).astype("M8[us]")
    if unit in {"M", "Y"}:
        days = times.astype("M8[D]")
        months = np.full(days.shape, count * (12 if unit == "Y" else 1))
        return _add_months(days, months).astype("M8[us]") + (times - days)
    return times + np.timedelta64(round(count * DAYS_PER[unit] * 86_400_000_000), "us")


def whole_periods(start: NDArray[Any], end: NDArray[Any], unit: str, *, up: bool) -> NDArray[np.int64]:
    """Whole `unit`s from each `start` day to each `end` day: completed ones, or rounded `up`.

    The k-th period of a contract is complete on the day `start` + k units; months and years are calendar ones,
    clipped at the end of the month (one month after January 31 is February 28 or 29).
    """
    first, last = start.astype("M8[D]"), end.astype("M8[D]")
    if unit in {"D", "W"}:
        days = (last - first).astype(np.int64)
        length = 1 if unit == "D" else 7
        return -(-days // length) if up else days // length
    size = 12 if unit == "Y" else 1
    months = (last.astype("M8[M]") - first.astype("M8[M]")).astype(np.int64)
    completed = months // size
    anniversary = _add_months(first, completed * size)
    completed = completed - (anniversary > last)
    exact = _add_months(first, completed * size) == last
    return completed + (~exact).astype(np.int64) if up else completed


def _add_months(days: NDArray[Any], months: NDArray[np.int64]) -> NDArray[Any]:
    month = days.astype("M8[M]")
    target = month + months.astype("m8[M]")
    last = (target + np.timedelta64(1, "M")).astype("M8[D]") - np.timedelta64(1, "D")
    return np.minimum(target.astype("M8[D]") + (days - month.astype("M8[D]")), last)
