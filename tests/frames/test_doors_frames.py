"""One door, whatever the library."""

from __future__ import annotations

import copy
import datetime as dt

import narwhals.stable.v2 as nw
import pandas as pd
import pytest

import custval as cv

LINES = {
    "Invoice": ["536365", "C536379", None, "536381"],
    "CustomerID": [17850.0, None, 14527.0, 15311.0],
    "InvoiceDate": ["2010-12-01T08:26", "2010-12-01T09:41", None, "2010-12-02T00:00"],
    "UnitPrice": [2.5, 27.5, 4.25, None],
    "Quantity": [6, -1, None, 3],
    "Description": ["lantern", None, "mug", "mug"],
    "gift": [True, False, False, True],
}
NAMES = {
    "order": "Invoice",
    "customer": "CustomerID",
    "timestamp": "InvoiceDate",
    "unit_price": "UnitPrice",
    "quantity": "Quantity",
}


def plain(frame, to_lists):
    """Python values, whatever the library, nulls as None."""
    return {name: [None if pd.isna(value) else value for value in values] for name, values in to_lists(frame).items()}


def types(frame):
    """The type of every column as its library prints it."""
    if isinstance(frame, dict):
        return dict.fromkeys(frame)
    native = nw.from_native(frame, eager_only=True)
    return {name: str(getattr(native[name].to_native(), "dtype", native[name].dtype)) for name in native.columns}


def test_transactions(frame_library, to_lists):
    frame = frame_library(LINES)
    before = copy.deepcopy(frame)
    result = cv.transactions(frame, **NAMES)
    assert type(result) is type(frame)
    assert plain(frame, to_lists) == plain(before, to_lists)
    assert types(frame) == types(before)
    assert plain(result, to_lists) == {
        "order_id": LINES["Invoice"],
        "customer_id": [17850, None, 14527, 15311],
        "timestamp": [dt.datetime(2010, 12, 1, 8, 26), dt.datetime(2010, 12, 1, 9, 41), None, dt.datetime(2010, 12, 2)],
        "unit_price": LINES["UnitPrice"],
        "quantity": LINES["Quantity"],
        "Description": LINES["Description"],
        "gift": LINES["gift"],
        "amount": [15.0, -27.5, None, None],
    }
    untouched = ("Description", "gift")
    assert {name: types(result)[name] for name in untouched} == {name: types(frame)[name] for name in untouched}
    if isinstance(result, dict):
        assert all(type(value) is int for value in result["customer_id"] if value is not None)
    else:
        assert nw.from_native(result, eager_only=True).schema["customer_id"] == nw.Int64


def test_a_second_time_through_the_door_changes_nothing(frame_library, to_lists):
    once = cv.transactions(frame_library(LINES), **NAMES)
    twice = cv.transactions(once)
    assert plain(twice, to_lists) == plain(once, to_lists)
    assert types(twice) == types(once)


def test_a_narwhals_frame_comes_back_as_one(frame_library):
    frame = frame_library(LINES)
    if isinstance(frame, dict):
        pytest.skip("a mapping is no frame of narwhals")
    result = cv.transactions(nw.from_native(frame, eager_only=True), **NAMES)
    assert isinstance(result, nw.DataFrame)
    assert type(result.to_native()) is type(frame)


def test_contracts(frame_library, to_lists):
    columns = {
        "customerID": ["a", "b", "c"],
        "tenure": [1, 34, 2],
        "Churn": ["Yes", "No", None],
        "from": ["01.02.2024", "15.03.2024", None],
        "to": ["20240401", None, None],
    }
    result = cv.contracts(
        frame_library(columns),
        customer="customerID",
        duration="tenure",
        observed="Churn",
        started_at="from",
        ended_at="to",
        true_values=["Yes"],
        format={"from": "%d.%m.%Y"},
    )
    assert plain(result, to_lists) == {
        "customer_id": ["a", "b", "c"],
        "duration": [1, 34, 2],
        "observed": [True, False, None],
        "started_at": [dt.datetime(2024, 2, 1), dt.datetime(2024, 3, 15), None],
        "ended_at": [dt.datetime(2024, 4, 1), None, None],
    }


def test_contracts_that_all_run_still(frame_library, to_lists):
    columns = {"customer_id": [1, 2], "started_at": ["2024-01-01", "2024-02-01"], "ended_at": [None, None]}
    result = cv.contracts(frame_library(columns))
    assert plain(result, to_lists)["ended_at"] == [None, None]
    if not isinstance(result, dict):
        assert nw.from_native(result, eager_only=True).schema["ended_at"] == nw.Datetime


def test_customers(frame_library, to_lists):
    columns = {
        "rec": [1.0, None],
        "source": ["crm", "web"],
        "born": [dt.date(1980, 2, 29), None],
        "phone": [49.5, None],
    }
    result = cv.customers(frame_library(columns), record="rec", birth_date="born")
    assert plain(result, to_lists) == {
        "record_id": [1, None],
        "source": ["crm", "web"],
        "birth_date": [dt.datetime(1980, 2, 29), None],
        "phone": [49.5, None],
    }


def test_events(frame_library, to_lists):
    columns = {"user": ["u", "u"], "at": [20240301, None], "event": ["visit", "buy"], "session_id": [1.0, 2.5]}
    result = cv.events(frame_library(columns), customer="user", timestamp="at", format="%Y%m%d")
    assert plain(result, to_lists) == {
        "customer_id": ["u", "u"],
        "timestamp": [dt.datetime(2024, 3, 1), None],
        "event": ["visit", "buy"],
        "session_id": [1.0, 2.5],
    }


def test_responses(frame_library, to_lists):
    columns = {"REC": [0, None, 10], "Q1": [1.5, 2.0, None]}
    result = cv.responses(frame_library(columns), score="REC", items=["Q1"], scale=(0, 10))
    assert plain(result, to_lists) == {"score": [0, None, 10], "Q1": [1.5, 2.0, None]}


DAY = {"customer_id": [1, 2], "timestamp": ["2024-01-01", "2024-01-02"]}


@pytest.mark.parametrize(
    ("door", "columns", "expected"),
    [
        (cv.transactions, {"timestamp": ["2024-01-01"]}, (cv.ColumnError, "column", "customer_id", None)),
        (cv.transactions, DAY | {"customer_id": [True, False]}, (cv.ColumnError, "column", "customer_id", None)),
        (cv.transactions, DAY | {"customer_id": [1.0, 2.5]}, (cv.DataError, "not_whole", "customer_id", 1)),
        (cv.transactions, DAY | {"timestamp": ["1/2/24", ""]}, (cv.DataError, "unparseable_dates", "timestamp", 1)),
        (cv.transactions, DAY | {"timestamp": [3, 4]}, (cv.ColumnError, "column", "timestamp", None)),
        (cv.transactions, DAY | {"amount": ["1", "n/a"]}, (cv.ColumnError, "column", "amount", 1)),
        (cv.transactions, DAY | {"amount": [True, False]}, (cv.ColumnError, "column", "amount", None)),
        (cv.contracts, {"customer_id": [1], "ended_at": ["2024-01-01"]}, (cv.ColumnError, "column", "duration", None)),
        (
            cv.contracts,
            {"customer_id": [1, 2], "duration": [1, 2], "observed": ["Yes", "No"]},
            (cv.DataError, "not_flags", "observed", 2),
        ),
        (cv.customers, {"email": ["a@b.c"]}, (cv.ColumnError, "column", "customer_id", None)),
        (cv.events, DAY, (cv.ColumnError, "column", "event", None)),
        (cv.responses, {"comment": ["fine"]}, (cv.ColumnError, "column", "score", None)),
    ],
)
def test_the_same_errors(frame_library, door, columns, expected):
    error, *data = expected
    with pytest.raises(error) as caught:
        door(frame_library(columns))
    assert type(caught.value) is error
    assert [caught.value.code, caught.value.column, caught.value.count] == data


def test_answers_off_the_scale(frame_library):
    with pytest.raises(cv.DataError) as caught:
        cv.responses(frame_library({"REC": [5, 11, None, -1]}), score="REC", scale=(0, 10))
    assert (caught.value.code, caught.value.count, caught.value.examples) == ("off_scale", 2, [1, 3])


def test_renaming_onto_another_column(frame_library):
    with pytest.raises(cv.ColumnError, match="already"):
        cv.responses(frame_library({"REC": [5], "score": [1]}), score="REC")


@pytest.mark.parametrize("conflict", ["latest", "mode"])
@pytest.mark.parametrize("customers", [[2, 1, 2, 2, 3], ["b", "a", "b", "b", "c"]])
def test_customers_from(frame_library, to_lists, customers, conflict):
    columns = {
        "customer_id": customers,
        "timestamp": ["2024-01-03", "2024-01-01", "2024-01-02", "2024-01-01", "2024-01-01"],
        "city": ["Bonn", "Rome", "Bari", "Bari", None],
        "age": [None, 30, 41, 40, 50],
        "note": [None, None, "x", "x", "y"],
    }
    frame = cv.transactions(frame_library(columns))
    result = cv.customers_from(frame, ["city", "age", "note"], conflict=conflict)
    assert type(result) is type(frame)
    assert plain(result, to_lists) == {
        "customer_id": sorted(set(customers)),
        "city": ["Rome", "Bonn" if conflict == "latest" else "Bari", None],
        "age": [30, 41, 50],
        "note": [None, "x", "y"],
        "conflicts": [0, 2, 0],
    }
    kept = ("customer_id", "city", "age", "note")
    assert {name: types(result)[name] for name in kept} == {name: types(frame)[name] for name in kept}
