"""Stages against a slow oracle that looks at every day again, on histories that Hypothesis makes up."""

from __future__ import annotations

import copy
import datetime as dt
import itertools

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import custval as cv
from custval.errors import ColumnError, CustvalError, DataError
from custval.lifecycle import StageScheme, stages

START = dt.datetime(2024, 1, 1)


def features_on(day, days, window):
    """What is known of a customer at the end of a day; None if nothing has been bought yet."""
    past = sorted({d for d in days if d <= day})
    if not past:
        return None
    gaps = [later - earlier for earlier, later in itertools.pairwise(past)]
    return {
        "occasions": len(past),
        "age": day - past[0],
        "time_since_last": day - past[-1],
        "mean_gap": sum(gaps) / len(gaps) if gaps else None,
        "last_gap": gaps[-1] if gaps else None,
        "recent": sum(day - window < d <= day for d in past),
        "earlier": sum(day - 2 * window < d <= day - window for d in past),
    }


def classic(f):
    if f["time_since_last"] >= 20:
        return "churned"
    if f["time_since_last"] >= 9:
        return "decline"
    if f["last_gap"] is not None and f["last_gap"] > 20:
        return "reactivated"
    if f["occasions"] == 1:
        return "new"
    return "growth" if f["occasions"] < 3 else "mature"


def rhythm(f):
    if f["recent"] > f["earlier"]:
        return "rising"
    return "late" if f["mean_gap"] is not None and f["time_since_last"] > 2 * f["mean_gap"] else "steady"


def to_and_fro(f):
    if f["age"] < 10 or (30 - f["time_since_last"] / 2 < 24 and f["age"] > 13):
        return "x"
    return "y" if f["last_gap"] is not None and f["last_gap"] > 5 and f["time_since_last"] >= 3 else "z"


def day_by_day(f):
    if f["time_since_last"] > 0.5 * f["age"]:
        return "x"
    return "y" if f["age"] % 7 == 3 else "z" if f["time_since_last"] in {2, 5} else "o"


SCHEMES = [
    (StageScheme.classic(mature_from=3, decline_after="9D", churn_after="20D"), classic),
    (
        StageScheme(
            [("rising", "recent_occasions > earlier_occasions"), ("late", "time_since_last > 2 * mean_gap")],
            otherwise="steady",
            window="1W",
        ),
        rhythm,
    ),
    (
        StageScheme(
            [
                ("x", "age < 10 or 30 - time_since_last / 2 < 24 and age > 13"),
                ("y", "last_gap > 5 and time_since_last >= 3"),
            ],
            otherwise="z",
        ),
        to_and_fro,
    ),
    (
        StageScheme(
            [("x", "time_since_last > 0.5 * age"), ("y", "age % 7 == 3"), ("z", "time_since_last in (2, 5)")],
            otherwise="o",
        ),
        day_by_day,
    ),
]


NAMES = ["classic", "rhythm", "to and fro", "day by day"]
CASES = [
    pytest.param(*case, id=name, marks=[pytest.mark.slow] if name == "day by day" else [])
    for case, name in zip(SCHEMES, NAMES, strict=True)
]


def oracle(lines, scheme, stage_of, as_of):
    """The stage of each customer on a day, and back day by day to where it begins."""
    window = 7 * int(scheme.window[:-1]) if scheme.window.endswith("W") else int(scheme.window[:-1])
    bought = {}
    for customer, day, amount in lines:
        if amount > 0:
            bought.setdefault(customer, []).append(day)
    rows = []
    for customer in sorted(bought):
        stage = None
        for day in range(as_of, -1, -1):
            found = features_on(day, bought[customer], window)
            now = None if found is None else stage_of(found)
            if stage is None and now is None:
                break
            stage = now if stage is None else stage
            if now != stage:
                break
            since = day
        if stage is not None:
            rows.append((customer, stage, START + dt.timedelta(days=since)))
    return rows


HISTORIES = st.lists(
    st.tuples(st.sampled_from("abcdefghijkl"), st.integers(0, 70), st.sampled_from([5.0, 1.0, 0.0, -2.0])),
    min_size=1,
    max_size=90,
)


@pytest.mark.parametrize(("scheme", "stage_of"), CASES)
@settings(max_examples=20)  # of a dozen customers each
@given(lines=HISTORIES, as_of=st.integers(0, 110), hour=st.integers(0, 23))
def test_stages_are_what_looking_at_every_day_again_would_show(scheme, stage_of, lines, as_of, hour):
    frame = {
        "customer_id": [customer for customer, _, _ in lines],
        "timestamp": [START + dt.timedelta(days=day, hours=hour) for _, day, _ in lines],
        "amount": [amount for _, _, amount in lines],
    }
    # the first line keeps as_of from lying before all data; it makes no occasion
    frame = {
        "customer_id": ["nobody", *frame["customer_id"]],
        "timestamp": [START, *frame["timestamp"]],
        "amount": [0.0, *frame["amount"]],
    }
    result = stages(frame, scheme=scheme, as_of=START.date() + dt.timedelta(days=as_of))
    got = list(zip(*result.values(), strict=True))
    assert got == oracle(lines, scheme, stage_of, as_of)


def one_customer(days, as_of, **thresholds):
    frame = {"customer_id": ["a"] * len(days), "timestamp": [START + dt.timedelta(days=day) for day in days]}
    found = stages(frame, scheme=StageScheme.classic(**thresholds), as_of=START.date() + dt.timedelta(days=as_of))
    return found["stage"][0], (found["stage_since"][0] - START).days


@pytest.mark.parametrize(
    ("days", "as_of", "expected"),
    [
        ([3], 3, ("new", 3)),
        ([3], 92, ("new", 3)),
        ([3], 93, ("decline", 93)),
        ([3], 182, ("decline", 93)),
        ([3], 183, ("churned", 183)),
        ([3], 4000, ("churned", 183)),
        ([0, 10, 20, 30], 40, ("growth", 10)),
        ([0, 10, 20, 30, 40, 50], 60, ("mature", 40)),
        ([0, 180], 181, ("growth", 180)),
        ([0, 181], 181, ("reactivated", 181)),
        ([0, 181, 190], 190, ("growth", 190)),
        ([0, 100], 100, ("growth", 100)),
    ],
)
def test_the_classic_scheme_with_its_own_thresholds(days, as_of, expected):
    assert one_customer(days, as_of) == expected


def test_thresholds_in_weeks_and_a_later_maturity():
    assert one_customer([0], 14, decline_after="2W", churn_after="3W") == ("decline", 14)
    assert one_customer([0, 1, 2], 2, mature_from=3) == ("mature", 2)


TRANSACTIONS = {
    "customer_id": ["b", "a", "b", "c", "d"],
    "timestamp": [START + dt.timedelta(days=day) for day in (1, 2, 30, 31, 400)],
    "amount": [10.0, 5.0, 20.0, -3.0, 7.0],
}
CUSTOMERS = {
    "customer_id": ["e", "c", "b", "f", "g"],
    "acquired_at": [START + dt.timedelta(days=day, hours=15) for day in (3, 5, 0, 90, 20)],
}


def test_every_frame_library_gives_the_same(frame_library, to_lists):
    transactions, customers = frame_library(TRANSACTIONS), frame_library(CUSTOMERS)
    result = stages(transactions, customers, as_of="2024-02-01")
    assert type(result) is type(transactions)
    lists = to_lists(result)
    assert lists["customer_id"] == ["a", "b", "c", "e", "g"]
    assert lists["stage"] == ["new", "growth", "prospect", "prospect", "prospect"]
    expected = [dt.datetime(2024, 1, day) for day in (3, 31, 6, 4, 21)]
    assert [pd.Timestamp(day) for day in lists["stage_since"]] == [pd.Timestamp(day) for day in expected]


def test_customers_without_a_date_of_acquisition_are_prospects_since_unknown(frame_library, to_lists):
    result = to_lists(stages(frame_library(TRANSACTIONS), frame_library({"customer_id": ["x", "a"]})))
    assert result["customer_id"] == ["a", "b", "d", "x"]
    assert result["stage"][-1] == "prospect"
    assert pd.isna(result["stage_since"][-1])
    dated = {"customer_id": ["x", "y"], "acquired_at": [START, None]}
    result = to_lists(stages(frame_library(TRANSACTIONS), frame_library(dated)))
    assert pd.isna(result["stage_since"][-1])
    assert not pd.isna(result["stage_since"][-2])


def test_inputs_stay_as_they_are_and_the_order_of_rows_does_not_matter():
    transactions, customers = pd.DataFrame(TRANSACTIONS, index=[5, 5, 1, 0, 9]), pd.DataFrame(CUSTOMERS)
    before = copy.deepcopy((transactions, customers))
    result = stages(transactions, customers)
    pd.testing.assert_frame_equal(transactions, before[0])
    pd.testing.assert_frame_equal(customers, before[1])
    pd.testing.assert_frame_equal(result, stages(transactions[::-1], customers[::-1]))
    assert list(result.index) == list(range(len(result)))


def test_a_day_is_one_of_the_time_zone_of_the_data():
    utc = pd.DataFrame({"customer_id": [1, 1], "timestamp": pd.to_datetime(["2024-01-01T23:30Z", "2024-01-02T22:30Z"])})
    assert stages(utc)["stage"].tolist() == ["growth"]
    berlin = utc.assign(timestamp=utc["timestamp"].dt.tz_convert("Europe/Berlin"))
    result = stages(berlin)
    assert result["stage"].tolist() == ["new"]
    assert result["stage_since"].tolist() == [pd.Timestamp("2024-01-02")]


def test_as_of_is_inclusive_and_a_time_of_day_counts():
    frame = {"customer_id": ["a", "a"], "timestamp": [START, START + dt.timedelta(days=1, hours=12)]}
    assert stages(frame, as_of="2024-01-02")["stage"] == ["growth"]
    assert stages(frame, as_of="2024-01-02T11:59")["stage"] == ["new"]
    assert stages(frame, as_of="2024-01-02T12:00")["stage"] == ["growth"]


def test_a_refund_alone_makes_no_customer():
    frame = {"customer_id": ["a", "b"], "timestamp": [START, START], "amount": [1.0, -1.0]}
    assert stages(frame)["customer_id"] == ["a"]


def test_keys_of_another_width_still_match():
    transactions = pd.DataFrame({"customer_id": pd.array([1, 2], dtype="int32"), "timestamp": [START, START]})
    customers = pd.DataFrame({"customer_id": pd.array([2, 3], dtype="Int64")})
    assert stages(transactions, customers)["customer_id"].tolist() == [1, 2, 3]
    texts = transactions.assign(customer_id=pd.Categorical(["x", "y"]))
    assert stages(texts, pd.DataFrame({"customer_id": ["y", "z"]}))["customer_id"].tolist() == ["x", "y", "z"]


def test_empty_tables_are_valid():
    empty = pd.DataFrame({"customer_id": pd.array([], dtype="int64"), "timestamp": pd.array([], dtype="M8[us]")})
    assert list(stages(empty).columns) == ["customer_id", "stage", "stage_since"]
    assert len(stages(empty, as_of="2024-01-01")) == 0
    prospects = stages(empty, pd.DataFrame({"customer_id": [7]}), as_of="2024-01-01")
    assert prospects["customer_id"].tolist() == [7]
    assert prospects["stage"].tolist() == ["prospect"]
    none = pd.DataFrame({"customer_id": pd.array([], dtype="str")})
    assert len(stages(pd.DataFrame(TRANSACTIONS), none)) == 3


def test_with_customers_a_day_before_all_purchases_has_prospects():
    result = stages(TRANSACTIONS, CUSTOMERS, as_of="2024-01-01")
    assert result["customer_id"] == ["b"]
    assert result["stage"] == ["prospect"]


@pytest.mark.parametrize(
    ("arguments", "error", "code", "words"),
    [
        ({"transactions": {"customer_id": ["a"]}}, ColumnError, "column", "timestamp"),
        ({"transactions": {"customer_id": [None], "timestamp": [START]}}, DataError, "missing_values", "customer_id"),
        ({"transactions": {"customer_id": ["a"], "timestamp": ["soon"]}}, ColumnError, "column", "transactions"),
        (
            {"transactions": {"customer_id": ["a"], "timestamp": [START], "amount": [float("nan")]}},
            DataError,
            "missing_values",
            "amount",
        ),
        ({"as_of": "2023-12-31"}, DataError, "window", "before all lines"),
        ({"as_of": "soon"}, CustvalError, "parameter", "as_of"),
        ({"scheme": "classic"}, CustvalError, "parameter", "StageScheme"),
        ({"customers": {"customer_id": ["a", "a"]}}, DataError, "duplicate_customers", "one row per customer"),
        ({"customers": {"customer_id": [1, 2]}}, ColumnError, "key_type", "whole numbers"),
        ({"customers": {"name": ["a"]}}, ColumnError, "column", "customer_id"),
        ({"customers": pd.DataFrame({"customer_id": ["a"]})}, CustvalError, "mixed_libraries", "one library"),
        (
            {"transactions": pd.DataFrame(TRANSACTIONS)[:0], "customers": pd.DataFrame({"customer_id": ["a"]})},
            DataError,
            "window",
            "as_of",
        ),
    ],
)
def test_bad_input_is_told_what_to_do(arguments, error, code, words):
    with pytest.raises(error, match=words) as caught:
        stages(**{"transactions": TRANSACTIONS, **arguments})
    assert type(caught.value) is error
    assert caught.value.to_dict()["code"] == code


def test_it_stands_beside_the_summary_of_the_same_lines():
    summary = cv.summarize(TRANSACTIONS)
    assert stages(TRANSACTIONS)["customer_id"] == summary["customer_id"]
