"""Doors of lazy frames: named, checked and converted in the engine, as eager ones are."""

import numpy as np
import pandas as pd
import pytest

import custval as cv
from custval.errors import ColumnError, DataError


def _lines(n=1_000):
    rng = np.random.default_rng(3)
    return pd.DataFrame(
        {
            "CustomerID": np.where(rng.random(n) < 0.1, np.nan, rng.integers(1, 100, n)),
            "InvoiceDate": [
                f"2011-{month:02}-{day:02} {hour:02}:05:00"
                for month, day, hour in zip(
                    rng.integers(1, 13, n), rng.integers(1, 29, n), rng.integers(0, 24, n), strict=True
                )
            ],
            "UnitPrice": rng.gamma(2.0, 3.0, n).round(2),
            "Quantity": rng.integers(-2, 9, n),
            "InvoiceNo": [f"i{number}" for number in rng.integers(0, 300, n)],
            "note": ["x"] * n,
        }
    )


NAMES = {
    "customer": "CustomerID",
    "timestamp": "InvoiceDate",
    "unit_price": "UnitPrice",
    "quantity": "Quantity",
    "order": "InvoiceNo",
}


def test_transactions(engine, assert_same):
    lines = _lines()
    lazy = cv.transactions(engine.lazy(lines), **NAMES)
    assert engine.is_lazy(lazy)
    eager = cv.transactions(lines, **NAMES)
    table = engine.collect(lazy)
    assert list(table.columns) == list(eager.columns)
    assert len(table) == len(eager)
    by = ["order_id", "timestamp", "amount"]
    # null customers and all: the same rows
    known = eager[eager["customer_id"].notna()].astype({"customer_id": "int64"})
    assert_same(table[table["customer_id"].notna()].astype({"customer_id": "int64"}), known, by=[*by, "customer_id"])
    assert table["customer_id"].isna().sum() == eager["customer_id"].isna().sum()


def test_the_whole_way_from_raw_lines(engine, size, assert_same):
    lines = _lines(size).dropna()
    assert_same(
        engine.collect(cv.summarize(cv.transactions(engine.lazy(lines), **NAMES), unit="W")),
        cv.summarize(cv.transactions(lines, **NAMES), unit="W"),
    )


def test_dates_numbers_and_formats(engine):
    lines = {"customer_id": [1, 2], "day": [20240105, 20240229], "amount": [1.0, 2.0]}
    table = engine.collect(cv.transactions(engine.lazy(lines), timestamp="day", format="%Y%m%d"))
    assert pd.to_datetime(table["timestamp"]).dt.strftime("%m-%d").tolist() == ["01-05", "02-29"]
    lines = {"customer_id": [1, 2], "timestamp": ["31/12/2023", "05/01/2024"]}
    table = engine.collect(cv.transactions(engine.lazy(lines), format="%d/%m/%Y"))
    assert pd.to_datetime(table["timestamp"]).dt.strftime("%Y-%m-%d").tolist() == ["2023-12-31", "2024-01-05"]


def test_contracts_and_flags(engine, assert_same):
    telco = {"customerID": ["a", "b", "c"], "tenure": [1, 34, 2], "Churn": ["Yes", "No", None]}
    names = {"customer": "customerID", "duration": "tenure", "observed": "Churn", "true_values": ["Yes"]}
    lazy = engine.collect(cv.contracts(engine.lazy(telco), **names))
    assert lazy["observed"].iloc[:2].tolist() == [True, False]
    assert pd.isna(lazy["observed"].iloc[2])
    numbers = {"customer_id": [1, 2], "duration": [3, 4], "observed": [0, 1]}
    assert engine.collect(cv.contracts(engine.lazy(numbers)))["observed"].tolist() == [False, True]


def test_customers_events_responses(engine):
    people = engine.lazy({"id": [1.0, 2.0], "acquired_at": ["2024-01-01", "2024-02-01"], "city": ["Bonn", "Rome"]})
    table = engine.collect(cv.customers(people, customer="id"))
    assert table["customer_id"].tolist() == [1, 2]
    assert pd.to_datetime(table["acquired_at"]).dt.month.tolist() == [1, 2]
    log = engine.lazy({"user": ["u1"], "timestamp": ["2024-03-01T10:00:00"], "what": ["visit"]})
    assert list(engine.collect(cv.events(log, customer="user", event="what")).columns) == [
        "customer_id",
        "timestamp",
        "event",
    ]
    survey = {"customer_id": [1, 2], "REC": [9.0, 4.0], "Q1": [4, 5]}
    table = engine.collect(cv.responses(engine.lazy(survey), score="REC", items=["Q1"], scale=(0, 10)))
    assert table["score"].tolist() == [9.0, 4.0]
    with pytest.raises(DataError, match="1 answers in column 'REC' lie off the scale"):
        cv.responses(engine.lazy(survey), score="REC", scale=(0, 5))


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"customer_id": [1.5, 2.0]}, "1 floats that are no whole numbers"),
        ({"customer_id": [True, False]}, "must hold text, whole numbers"),
        ({"amount": ["1", "2"]}, "must hold numbers"),
        ({"timestamp": [1, 2]}, "give their format"),
        ({"timestamp": ["2024-01-01", "soon"]}, "Give their format"),
        ({"timestamp": ["2024-01-01T10:00:00Z", "2024-01-01T10:00:00Z"]}, "have a zone|soon|format"),
    ],
)
def test_what_cannot_serve(engine, change, match):
    lines = {"customer_id": [1, 2], "timestamp": ["2024-01-01", "2024-01-02"], "amount": [1.0, 2.0], **change}
    with pytest.raises((ColumnError, DataError), match=match):
        cv.transactions(engine.lazy(lines))


def test_names_are_checked_without_a_query(engine, monkeypatch):
    import narwhals.stable.v2 as nw

    frame = engine.lazy({"customer_id": [1], "when": ["2024-01-01"], "amount": [1.0]})

    def refuse(*args, **kwargs):
        raise AssertionError("rows were collected")

    monkeypatch.setattr(nw.LazyFrame, "collect", refuse)
    with pytest.raises(ColumnError, match="no column 'timestamp'"):
        cv.transactions(frame)
    with pytest.raises(ColumnError, match="cannot be both"):
        cv.transactions(frame, timestamp="when", order="when")


def test_flags_in_words_need_their_words(engine):
    contracts = engine.lazy({"customer_id": [1, 2], "duration": [1, 2], "observed": ["Yes", "yes "]})
    with pytest.raises(DataError, match="2 values are neither"):
        cv.contracts(contracts)
    with pytest.raises(DataError, match="1 values are neither"):
        cv.contracts(contracts, true_values=["Yes"])
