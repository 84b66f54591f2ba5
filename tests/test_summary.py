"""Summaries against the slow oracle, on tables that Hypothesis makes up, and what bad tables are told."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import custval as cv

sys.path.insert(0, str(Path(__file__).parent))
import summary_oracle as oracle

START = dt.datetime(2019, 12, 20)
GRAINS_AND_UNITS = [
    ("h", None),
    ("h", "D"),
    ("D", None),
    ("D", "W"),
    ("D", "M"),
    ("D", "Y"),
    ("W", None),
    ("W", "Y"),
    ("M", None),
    ("Y", None),
]
NUMBERS = ["frequency", "recency", "T", "monetary_value", "orders", "total_amount", "time_since_last"]


@st.composite
def tables(draw, *, money=True, orders=True):
    """Lines with many ties, refunds, zero amounts, edges of days, weeks, months and years, in any order."""
    customer = draw(st.sampled_from([st.integers(-3, 3), st.sampled_from(["ann", "bob", "Ångström", "李", ""])]))
    moment = st.one_of(
        st.integers(0, 60).map(lambda days: START + dt.timedelta(days=days)),
        st.integers(0, 60 * 86_400).map(lambda seconds: START + dt.timedelta(seconds=seconds)),
        st.integers(0, 500).map(lambda days: START + dt.timedelta(days=days, microseconds=-1)),
    )
    line = {"customer_id": customer, "timestamp": moment}
    if money:
        line["amount"] = st.sampled_from([10.0, 2.5, 0.01, 0.0, -1.0, -10.0, -25.0, 999.99])
    if orders:
        line["order_id"] = st.sampled_from(["o1", "o2", "o3", None])
    return draw(st.lists(st.fixed_dictionaries(line), min_size=1, max_size=25))


def frame_of(lines):
    frame = pd.DataFrame(lines)
    frame["timestamp"] = frame["timestamp"].astype("datetime64[us]")
    return frame


def assert_rows(result, expected, names):
    assert result["customer_id"].tolist() == [row["customer_id"] for row in expected]
    for name in names:
        np.testing.assert_allclose(
            result[name].to_numpy(), [row[name] for row in expected], rtol=1e-12, atol=1e-9, err_msg=name
        )


@given(lines=tables(), how=st.sampled_from(GRAINS_AND_UNITS))
def test_summarize_is_the_definition(lines, how):
    frame = frame_of(lines)
    before = frame.copy(deep=True)
    result = cv.summarize(frame, grain=how[0], unit=how[1], regularity=True)
    expected = oracle.summarize(lines, *how)
    assert_rows(result, expected, [*NUMBERS, "sum_log_intervals"])
    for name in ("first_purchase", "last_purchase"):
        assert [moment.to_pydatetime() for moment in result[name]] == [row[name] for row in expected]
    assert set(result["unit"]) <= {how[1] or how[0]}
    pd.testing.assert_frame_equal(frame, before)


@given(lines=tables(money=False, orders=False), how=st.sampled_from(GRAINS_AND_UNITS))
def test_without_amount_every_line_counts(lines, how):
    result = cv.summarize(frame_of(lines), grain=how[0], unit=how[1])
    assert_rows(result, oracle.summarize(lines, *how), ["frequency", "recency", "T", "orders", "time_since_last"])
    assert not {"monetary_value", "total_amount"} & set(result.columns)


@given(lines=tables(), how=st.sampled_from(GRAINS_AND_UNITS), data=st.data())
def test_until_cuts_as_defined(lines, how, data):
    earliest = min(line["timestamp"] for line in lines)
    after = data.draw(st.integers(0, 90 * 24))
    until = earliest + dt.timedelta(hours=after)
    until = data.draw(st.sampled_from([until, until.date()]))
    assert_rows(
        cv.summarize(frame_of(lines), grain=how[0], unit=how[1], until=until),
        oracle.summarize(lines, *how, until),
        NUMBERS,
    )


@given(lines=tables(), how=st.sampled_from(GRAINS_AND_UNITS), data=st.data())
def test_calibration_holdout_is_the_definition(lines, how, data):
    moments = sorted(line["timestamp"] for line in lines)
    calibration = data.draw(st.sampled_from(moments)).date()
    ends = [None, moments[-1].date(), calibration + dt.timedelta(days=20), moments[-1] + dt.timedelta(days=400)]
    holdout = data.draw(st.sampled_from(ends))
    last = oracle.end_of(holdout) if holdout else moments[-1]
    split = oracle.period(oracle.end_of(calibration), how[0])
    frame = frame_of(lines)
    kwargs = {"calibration_end": calibration, "holdout_end": holdout, "grain": how[0], "unit": how[1]}
    kwargs["regularity"] = True
    if oracle.period(moments[-1], how[0]) <= split or oracle.period(last, how[0]) <= split:
        with pytest.raises(cv.DataError):
            cv.calibration_holdout(frame, **kwargs)
        return
    expected = oracle.calibration_holdout(lines, calibration, holdout, *how)
    names = [*NUMBERS, "sum_log_intervals", "holdout_frequency", "holdout_T", "holdout_monetary_value"]
    assert_rows(cv.calibration_holdout(frame, **kwargs), expected, names)


@given(lines=tables())
def test_the_order_of_the_rows_does_not_matter(lines):
    forward, backward = cv.summarize(frame_of(lines)), cv.summarize(frame_of(lines[::-1]))
    pd.testing.assert_frame_equal(forward, backward, check_exact=False, rtol=1e-12, atol=1e-9)


@given(
    st.lists(
        st.tuples(st.dates(dt.date(2019, 1, 1), dt.date(2021, 12, 31)), st.none() | st.integers(0, 800)), min_size=1
    ),
    st.dates(dt.date(2019, 6, 1), dt.date(2022, 12, 31)),
    st.sampled_from(["D", "W", "M", "Y"]),
)
def test_contracts_are_the_definition(dates, until, unit):
    rows = [(start, None if days is None else start + dt.timedelta(days=days)) for start, days in dates]
    frame = pd.DataFrame(
        {
            "customer_id": np.arange(len(rows)),
            "started_at": pd.to_datetime([start for start, _ in rows]),
            "ended_at": pd.to_datetime([end for _, end in rows]),
            "plan": "basic",
        }
    )
    result = cv.summarize_contracts(frame, unit=unit, until=until)
    expected = [(i, *found) for i, row in enumerate(rows) if (found := oracle.contract(*row, unit, until))]
    got = list(zip(result["customer_id"], result["duration"], result["observed"], strict=True))
    assert got == expected
    assert list(result.columns) == ["customer_id", "duration", "observed", "unit", "plan"]


def test_contracts_end_with_the_data():
    table = {"customer_id": [1, 2], "started_at": ["2024-01-01", "2024-03-31"], "ended_at": [None, "2024-04-30"]}
    result = cv.summarize_contracts(cv.contracts(table), unit="M")
    assert (result["duration"], result["observed"]) == ([3, 1], [False, True])


def test_contracts_with_durations_pass_through():
    table = {"customer_id": ["a", "b"], "duration": [0, 3], "observed": [False, True], "price": [9.5, 7.0]}
    result = cv.summarize_contracts(cv.contracts(table), unit="M")
    assert result == {**table, "unit": ["M", "M"]}


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Kathmandu", "America/New_York", "UTC"])
def test_days_are_days_of_the_zone(zone):
    # New York leaves daylight-saving time on 2024-11-03: one o'clock comes twice
    instants = pd.date_range("2024-11-02T20:00", periods=40, freq="h", tz="UTC").tz_convert(zone)
    frame = pd.DataFrame({"customer_id": 1, "timestamp": instants, "amount": 1.0})
    local = pd.Series(instants).dt.tz_localize(None)
    result = cv.summarize(frame)
    assert result["frequency"][0] == local.dt.date.nunique() - 1
    assert result["total_amount"][0] == 40.0
    assert result["first_purchase"].dt.tz is not None
    assert result["first_purchase"][0] == instants[0]
    assert result["last_purchase"][0] == instants[-1]
    assert cv.summarize(frame, grain="h")["frequency"][0] == local.dt.floor("h").nunique() - 1
    until = cv.summarize(frame, until=instants[5])
    assert until["total_amount"][0] == (local <= local[5]).sum()


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "America/Argentina/Buenos_Aires", "UTC"])
@pytest.mark.parametrize("arrow", [False, True])
def test_zones_of_any_name_and_type_go_through_the_door(zone, arrow):
    instants = pd.date_range("2024-11-02T20:00", periods=8, freq="5h", tz="UTC").tz_convert(zone)
    frame = pd.DataFrame({"CustomerID": 1, "When": instants})
    days = pd.Series(instants).dt.tz_localize(None).dt.date.nunique()
    if arrow:
        frame = frame.convert_dtypes(dtype_backend="pyarrow")
    tx = cv.transactions(frame, customer="CustomerID", timestamp="When")
    assert cv.summarize(tx)["frequency"].tolist() == [days - 1]
    assert cv.data_quality.clean_transactions(tx).account.rows_out == 8
    assert len(cv.lifecycle.stages(tx)) == 1
    assert len(cv.data_quality.profile(tx).to_frame()) == 2
    assert cv.data_quality.validate(tx, cv.data_quality.presets.transactions()).passed


def test_until_in_another_zone_is_the_same_instant():
    instants = pd.to_datetime(["2024-05-01T10:00", "2024-05-02T10:00"]).tz_localize("Europe/Berlin")
    frame = pd.DataFrame({"customer_id": 1, "timestamp": instants})
    berlin = cv.summarize(frame, until="2024-05-02T10:00")
    utc = cv.summarize(frame, until="2024-05-02T08:00+00:00")
    pd.testing.assert_frame_equal(berlin, utc)


def test_an_empty_table_has_an_empty_summary():
    frame = pd.DataFrame({"customer_id": np.zeros(0, int), "timestamp": pd.to_datetime([]), "amount": np.zeros(0)})
    full = cv.summarize(pd.DataFrame({"customer_id": [1], "timestamp": pd.to_datetime(["2024-01-01"]), "amount": 1.0}))
    empty = cv.summarize(frame)
    assert len(empty) == 0
    assert list(empty.columns) == list(full.columns)


def test_one_customer_and_only_one_purchase_each():
    stamps = pd.to_datetime(["2024-01-01", "2024-01-05"])
    frame = pd.DataFrame({"customer_id": [1, 2], "timestamp": stamps, "amount": 1})
    one = cv.summarize(frame.head(1))
    assert one[["frequency", "recency", "T", "monetary_value"]].to_numpy().tolist() == [[0, 0, 0, 0]]
    assert cv.summarize(frame)["T"].tolist() == [4.0, 0.0]


def test_nobody_bought():
    frame = pd.DataFrame({"customer_id": [1], "timestamp": pd.to_datetime(["2024-01-01"]), "amount": [-5.0]})
    assert len(cv.summarize(frame)) == 0


def test_decimal_and_nullable_amounts():
    from decimal import Decimal

    plain = pd.DataFrame(
        {"customer_id": [1, 1], "timestamp": pd.to_datetime(["2024-01-01", "2024-01-02"]), "amount": [1.5, 2.25]}
    )
    for amount in (plain["amount"].astype("Float64"), plain["amount"].map(lambda value: Decimal(str(value)))):
        pd.testing.assert_frame_equal(cv.summarize(plain.assign(amount=amount)), cv.summarize(plain))


GOOD = {"customer_id": [1, 2, 3], "timestamp": ["2024-01-01", "2024-02-01", "2024-03-01"], "amount": [1.0, 2.0, 3.0]}


def good(**changes):
    frame = pd.DataFrame({**GOOD, **changes})
    if "timestamp" not in changes:
        frame["timestamp"] = pd.to_datetime(frame["timestamp"])
    return frame


@pytest.mark.parametrize(
    ("frame", "error", "code", "words"),
    [
        (good().drop(columns="customer_id"), cv.ColumnError, "column", "no column 'customer_id'"),
        (good().rename(columns={"timestamp": "time_stamp"}), cv.ColumnError, "column", "closest is 'time_stamp'"),
        (good(timestamp=GOOD["timestamp"]), cv.ColumnError, "column", "must hold dates or times"),
        (good(amount=["1", "2", "x"]), cv.ColumnError, "column", "must hold numbers; it holds text"),
        (good(amount=[1.0, None, 3.0]), cv.DataError, "missing_values", "missing in 1 of 3 rows"),
        (good(amount=[1.0, np.inf, 3.0]), cv.DataError, "infinite", "infinite in 1 rows"),
        (good(customer_id=[1.0, None, 3.0]), cv.DataError, "missing_values", "'customer_id' is missing in 1 of 3"),
        (good(customer_id=[1.5, 2.0, 3.0]), cv.ColumnError, "column", "text or whole numbers"),
        (good(customer_id=["a", 2, 3]), cv.DataError, "mixed_types", "mixes types"),
        (good(timestamp=pd.to_datetime(["2024-01-01", None, "2024-03-01"])), cv.DataError, "missing_values", "missing"),
        (pd.concat([good(), good()[["amount"]]], axis=1), cv.ColumnError, "column", "more than one column"),
        (good().rename(columns={"amount": 7}), cv.ColumnError, "column", "not text"),
        ([1, 2, 3], cv.CustvalError, "frame", "must be a pandas, polars or pyarrow table"),
        ({"customer_id": [1], "timestamp": []}, cv.DataError, "length", "differ in length"),
    ],
)
def test_bad_tables_are_told_what_to_do(frame, error, code, words):
    with pytest.raises(error, match=words) as caught:
        cv.summarize(frame)
    assert caught.value.code == code
    assert caught.value.to_dict()["message"] == str(caught.value)


def test_mixed_time_zones():
    zones = ["UTC", "Asia/Tokyo", None]
    stamps = [pd.Timestamp("2024-01-01", tz=zone) for zone in zones]
    with pytest.raises(cv.DataError, match="mixes time zones") as caught:
        cv.summarize(good(timestamp=pd.Series(stamps, dtype=object)))
    assert caught.value.code == "mixed_zones"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"grain": "day"}, "grain must be one of"),
        ({"grain": "d"}, "did you mean 'D'"),
        ({"grain": "M", "unit": "W"}, "the unit is 'M' too"),
        ({"grain": "W", "unit": "D"}, "must not be shorter"),
        ({"unit": "Q"}, "unit must be one of"),
        ({"until": "9/12/2024"}, "ISO date"),
        ({"until": 20240101}, "date or a time"),
        ({"until": "2023-01-01"}, "before all lines"),
        ({"until": "2024-02-01T00:00+01:00"}, "has a time zone"),
        ({"until": pd.NaT}, "NaT"),
        ({"regularity": "yes"}, "True or False"),
    ],
)
def test_bad_arguments(arguments, words):
    with pytest.raises(cv.CustvalError, match=words):
        cv.summarize(good(), **arguments)


@pytest.mark.parametrize("end", ["2023-12-31", "2024-03-01", "2025-01-01"])
def test_a_calibration_end_outside_the_data(end):
    with pytest.raises(cv.DataError) as caught:
        cv.calibration_holdout(good(), calibration_end=end)
    assert caught.value.code == "window"


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"ended_at": ["2023-01-01"]}, cv.DataError, "end before they start"),
        ({"started_at": [None]}, cv.DataError, "missing"),
    ],
)
def test_bad_contracts(changes, error, words):
    table = cv.contracts({"customer_id": [1], "started_at": ["2024-01-01"], "ended_at": ["2024-02-01"], **changes})
    with pytest.raises(error, match=words):
        cv.summarize_contracts(table, unit="M")


@pytest.mark.parametrize(
    "columns",
    [
        {"duration": [1.5], "observed": [True]},
        {"duration": [0], "observed": [True]},
        {"duration": [-1], "observed": [False]},
        {"duration": [1], "observed": [2]},
    ],
)
def test_bad_durations(columns):
    with pytest.raises(cv.DataError, match="whole duration"):
        cv.summarize_contracts({"customer_id": [1], **columns}, unit="M")


def test_contracts_without_times():
    with pytest.raises(cv.ColumnError, match="duration"):
        cv.summarize_contracts({"customer_id": [1]}, unit="M")
    with pytest.raises(cv.CustvalError, match="until needs"):
        cv.summarize_contracts({"customer_id": [1], "duration": [1], "observed": [True]}, unit="M", until="2024-01-01")
