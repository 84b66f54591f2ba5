"""Summaries made in the engine are those made of the same rows in Python."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

import custval as cv
from custval.errors import ColumnError, CustvalError, DataError

ZONE = "Europe/Berlin"


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"grain": "W", "until": "2012-06-15", "regularity": True},
        {"grain": "M", "until": dt.datetime(2012, 6, 15, 13, 5, 7, 250)},
        {"grain": "D", "unit": "W", "until": "2013-12-31"},
        {"grain": "h", "unit": "D"},
        {"grain": "Y"},
    ],
    ids=str,
)
def test_summarize(engine, size, some_lines, assert_same, how):
    lines = some_lines(size)
    summary = cv.summarize(engine.lazy(lines), **how)
    assert engine.is_lazy(summary)
    assert_same(engine.collect(summary), cv.summarize(pd.DataFrame(lines), **how))


def test_times_with_a_zone(engine, size, some_lines, assert_same):
    lines = some_lines(size, text=True)
    frame = pd.DataFrame(lines)
    frame["timestamp"] = frame["timestamp"].dt.tz_localize("UTC").dt.tz_convert(ZONE)
    how = {"grain": "D", "until": "2012-06-15", "tz": ZONE}
    assert_same(engine.collect(cv.summarize(engine.zoned(lines), **how)), cv.summarize(frame, **how))


@pytest.mark.parametrize(
    "columns",
    [["customer_id", "timestamp"], ["customer_id", "timestamp", "order_id"], ["customer_id", "timestamp", "amount"]],
    ids="-".join,
)
def test_fewer_columns(engine, some_lines, assert_same, columns):
    lines = {name: values for name, values in some_lines(1_000).items() if name in columns}
    assert_same(engine.collect(cv.summarize(engine.lazy(lines))), cv.summarize(pd.DataFrame(lines)))


@pytest.mark.parametrize(
    "how",
    [
        {"calibration_end": "2012-03-01"},
        {"calibration_end": "2012-03-07", "holdout_end": "2012-11-30", "grain": "W", "regularity": True},
        {"calibration_end": dt.datetime(2012, 3, 7, 12), "grain": "M"},
    ],
    ids=str,
)
def test_calibration_holdout(engine, size, some_lines, assert_same, how):
    lines = some_lines(size)
    split = cv.calibration_holdout(engine.lazy(lines), **how)
    assert_same(engine.collect(split), cv.calibration_holdout(pd.DataFrame(lines), **how))


def test_without_a_check_nothing_is_run(engine, some_lines, assert_same, monkeypatch):
    import narwhals.stable.v2 as nw

    lines = some_lines(1_000)
    frame = engine.lazy(lines)

    def refuse(*args, **kwargs):
        raise AssertionError("rows were collected")

    with monkeypatch.context() as patch:
        patch.setattr(nw.LazyFrame, "collect", refuse)
        summary = cv.summarize(frame, check=False)
        split = cv.calibration_holdout(frame, calibration_end="2012-03-01", holdout_end="2012-10-01", check=False)
    assert_same(engine.collect(summary), cv.summarize(pd.DataFrame(lines)))
    want = cv.calibration_holdout(pd.DataFrame(lines), calibration_end="2012-03-01", holdout_end="2012-10-01")
    assert_same(engine.collect(split), want)


@pytest.mark.parametrize(
    ("column", "value"), [("customer_id", None), ("timestamp", None), ("amount", None), ("amount", float("inf"))]
)
def test_missing_values_are_refused_with_their_count(engine, column, value):
    lines = {
        "customer_id": ["a", "b", "c"],
        "timestamp": pd.date_range("2024-01-01", periods=3, unit="us"),
        "amount": [1.0, 2.0, 3.0],
    }
    frame = pd.DataFrame(lines)
    frame.loc[1, column] = value
    with pytest.raises(DataError) as raised:
        cv.summarize(engine.lazy(frame))
    assert raised.value.column == column
    assert raised.value.count == 1


def test_wrong_columns(engine):
    times = pd.date_range("2024-01-01", periods=2, unit="us")
    with pytest.raises(ColumnError, match="no column 'timestamp'"):
        cv.summarize(engine.lazy({"customer_id": [1, 2]}))
    with pytest.raises(ColumnError, match="must hold dates or times"):
        cv.summarize(engine.lazy({"customer_id": [1, 2], "timestamp": ["2024-01-01", "2024-01-02"]}))
    with pytest.raises(ColumnError, match="must hold text or whole numbers"):
        cv.summarize(engine.lazy({"customer_id": [1.0, 2.0], "timestamp": times}))
    with pytest.raises(ColumnError, match="must hold numbers"):
        cv.summarize(engine.lazy({"customer_id": [1, 2], "timestamp": times, "amount": ["1", "2"]}))


def test_windows_outside_the_data(engine):
    lines = engine.lazy({"customer_id": [1, 2], "timestamp": pd.date_range("2024-01-01", periods=2, unit="us")})
    with pytest.raises(DataError, match="lies before all lines"):
        cv.summarize(lines, until="2023-12-31")
    with pytest.raises(DataError, match="leaves no holdout"):
        cv.calibration_holdout(lines, calibration_end="2024-01-02")
    with pytest.raises(DataError, match="the holdout is empty"):
        cv.calibration_holdout(lines, calibration_end="2024-01-01", holdout_end="2024-01-01")
    with pytest.raises(CustvalError, match="holdout must be given"):
        cv.calibration_holdout(lines, calibration_end="2024-01-01", check=False)


def test_whose_days_must_be_said(engine, some_lines):
    zoned = engine.zoned(some_lines(100))
    if engine.name != "polars":
        with pytest.raises(DataError, match="Say which days are meant: tz='Europe/Berlin'"):
            cv.summarize(zoned)
    with pytest.raises(DataError, match="the days of column 'timestamp' are those of Europe/Berlin"):
        cv.summarize(zoned, tz="Asia/Tokyo")


def test_times_without_a_zone_have_none(engine, some_lines):
    with pytest.raises(DataError, match="without a zone"):
        cv.summarize(engine.lazy(some_lines(100)), tz="UTC")


def test_columns_of_the_user_that_look_like_ours(engine, some_lines, assert_same):
    lines = some_lines(300)
    more = dict.fromkeys(("period", "made_at", "money", "final", "first", "bought", "occasions"), np.arange(300))
    assert_same(engine.collect(cv.summarize(engine.lazy({**lines, **more}))), cv.summarize(pd.DataFrame(lines)))


def test_windows_before_the_first_line_of_the_first_day(engine):
    lines = {"customer_id": [1], "timestamp": np.array(["2024-01-01T10:00"], dtype="M8[us]")}
    for frame in (engine.lazy(lines), lines):
        with pytest.raises(DataError, match="lies before all lines"):
            cv.summarize(frame, until=dt.datetime(2024, 1, 1, 8))


def test_the_zone_of_the_session_is_that_of_the_moment(engine, some_lines):
    lines = some_lines(100)
    here = cv.summarize(engine.zoned(lines), tz=ZONE)
    there = engine.zoned(lines, "Asia/Tokyo")
    with pytest.raises(DataError, match="are those of Asia/Tokyo"):
        cv.summarize(there, tz=ZONE)
    assert engine.is_lazy(cv.summarize(there, tz="Asia/Tokyo"))
    assert engine.is_lazy(here)


def test_a_zone_that_does_not_exist(engine, some_lines):
    with pytest.raises(CustvalError, match="tz must be the name of a time zone"):
        cv.summarize(engine.zoned(some_lines(100)), tz="Tokyo")


@pytest.mark.parametrize("grain", ["h", "D", "W", "M", "Y"])
def test_days_before_1970(engine, assert_same, grain):
    stamps = ["1900-02-28T23:59:59", "1900-03-01", "1968-02-29T12:00", "1969-12-31T23:59:59.999999", "1970-01-01"]
    lines = {"customer_id": [1] * 5, "timestamp": np.array(stamps, dtype="M8[us]"), "amount": [1.0, 2.0, 3.0, 4.0, 5.0]}
    for until in (None, "1969-12-31"):
        found = engine.collect(cv.summarize(engine.lazy(lines), grain=grain, until=until))
        assert_same(found, cv.summarize(pd.DataFrame(lines), grain=grain, until=until))
