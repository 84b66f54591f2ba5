"""Periods and shifts against the calendar of the standard library."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from custval._kernels.calendar import not_after, period_number, period_start, shift, whole_periods

sys.path.insert(0, str(Path(__file__).parents[1]))
import summary_oracle as oracle

moments = st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2200, 1, 1))
resolutions = st.sampled_from(["us", "ns", "ms", "s"])


@given(st.lists(moments, min_size=2, max_size=20), st.sampled_from("hDWMY"), resolutions)
def test_periods_differ_as_on_the_calendar(values, grain, resolution):
    numbers = period_number(np.array(values, dtype=f"M8[{resolution}]"), grain)
    expected = [oracle.period(value, grain) for value in values]
    assert (numbers - numbers[0]).tolist() == [number - expected[0] for number in expected]


@given(moments, st.sampled_from("hDWMY"))
def test_a_period_starts_at_or_before_its_moments(value, grain):
    number = period_number(np.array([value], dtype="M8[us]"), grain)
    start = period_start(number, grain)
    assert start[0] <= np.datetime64(value)
    assert period_number(start, grain) == number
    assert period_number(start - np.timedelta64(1, "s"), grain) == number - 1


def test_wide_ranges_and_dates():
    days = np.array(["0001-01-01", "9999-12-31", "1970-01-01"], dtype="M8[D]")
    assert period_number(days, "Y").tolist() == [-1969, 8029, 0]
    assert period_number(days, "M").tolist() == [-1969 * 12, 8029 * 12 + 11, 0]
    assert period_number(days[2:], "h").tolist() == [0]
    assert period_number(days[:0], "M").size == 0


@given(st.lists(moments, min_size=1, max_size=10), moments, st.booleans(), resolutions)
def test_not_after(values, end, whole_day, resolution):
    times = np.array(values, dtype="M8[us]").astype(f"M8[{resolution}]")
    stamp = np.datetime64(end.date() if whole_day else end, "us")
    found = not_after(times, stamp, whole_day=whole_day)
    limit = dt.datetime.combine(end.date(), dt.time.max) if whole_day else end
    assert found.tolist() == [value <= limit for value in times.astype("M8[us]").tolist()]


def test_not_after_the_end_of_time():
    times = np.array(["2200-01-01"], dtype="M8[ns]")
    assert not_after(times, np.datetime64("9999-12-31", "us"), whole_day=True).all()
    assert not not_after(times, np.datetime64("0001-01-01", "us"), whole_day=True).any()


@given(moments, st.integers(-400, 400), st.sampled_from(["h", "D", "W", "M", "Y"]))
def test_shift(value, count, unit):
    moved = shift(np.array([value], dtype="M8[us]"), count, unit)[0].astype(object)
    if unit in "MY":
        day = oracle.add_months(value.date(), count * (12 if unit == "Y" else 1))
        expected = dt.datetime.combine(day, value.time())
    else:
        expected = value + count * {"h": dt.timedelta(hours=1), "D": dt.timedelta(1), "W": dt.timedelta(7)}[unit]
    assert moved == expected


@given(st.dates(dt.date(1990, 1, 1), dt.date(2030, 1, 1)), st.integers(0, 3000), st.sampled_from(["D", "W", "M", "Y"]))
def test_whole_periods(start, days, unit):
    end = start + dt.timedelta(days)
    arrays = np.array([start], dtype="M8[D]"), np.array([end], dtype="M8[D]")
    down, up = (int(whole_periods(*arrays, unit, up=way)[0]) for way in (False, True))
    assert oracle.anniversary(start, down, unit) <= end < oracle.anniversary(start, down + 1, unit)
    assert oracle.anniversary(start, up, unit) >= end
    assert up == 0 or oracle.anniversary(start, up - 1, unit) < end
