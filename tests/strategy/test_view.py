"""The view against a slow one made of dictionaries, and what frames that do not fit together are told."""

from __future__ import annotations

import copy
import datetime as dt
import math
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custval.errors import ColumnError, CustvalError, CustvalWarning, DataError
from custval.strategy import customer_view

COLUMNS = [
    "customer_id",
    "stage",
    "value",
    "value_band",
    "satisfaction",
    "satisfaction_band",
    "churn_probability",
    "risk_band",
    "segment",
    "missing",
    "as_of",
]
CUSTOMERS = {"customer_id": ["d", "a", "c", "b"], "name": ["D", "A", "C", "B"]}
STAGES = {
    "customer_id": ["a", "b", "c"],
    "stage": ["new", "mature", None],
    "stage_since": [dt.datetime(2024, 1, 1), dt.datetime(2024, 6, 30), None],
}
VALUES = {"customer_id": ["d", "c", "b", "a"], "clv": [4.0, 3.0, 2.0, math.nan]}
CHURN = {"customer_id": ["a", "b", "c", "d"], "churn_probability": [0.3, 0.31, 0.6, 0.9]}
ANSWERS = {
    "customer_id": ["b", "d"],
    "satisfaction": [9.0, 2.0],
    "satisfaction_band": ["promoter", "detractor"],
    "answered_at": [dt.datetime(2024, 5, 1), dt.datetime(2024, 5, 2)],
}
SEGMENTS = {"customer_id": ["c", "d"], "rfm_segment": ["Loyal", "Lost"], "rfm_score": [344, 111]}


def view_of(**given):
    return customer_view(CUSTOMERS, as_of="2024-06-30", **given)


def test_one_row_per_customer_in_their_order_with_what_is_known():
    view = view_of(stage=STAGES, value=VALUES, satisfaction=ANSWERS, churn=CHURN, segment=SEGMENTS)
    assert list(view) == COLUMNS
    assert view["customer_id"] == ["d", "a", "c", "b"]
    assert view["stage"] == [None, "new", None, "mature"]
    assert view["value"] == [4.0, None, 3.0, 2.0]
    assert view["value_band"] == ["high", None, "medium", "low"]
    assert view["satisfaction"] == [2.0, None, None, 9.0]
    assert view["satisfaction_band"] == ["detractor", None, None, "promoter"]
    assert view["churn_probability"] == [0.9, 0.3, 0.6, 0.31]
    assert view["risk_band"] == ["high", "low", "medium", "medium"]
    assert view["segment"] == ["Lost", None, "Loyal", None]
    assert view["missing"] == ["stage", "value, satisfaction, segment", "stage, satisfaction", "segment"]
    assert set(view["as_of"]) == {pd.Timestamp("2024-06-30")}


def test_every_frame_library_gives_the_same(frame_library, to_lists):
    customers = frame_library(CUSTOMERS)
    frames = {"stage": STAGES, "value": VALUES, "satisfaction": ANSWERS, "churn": CHURN, "segment": SEGMENTS}
    view = customer_view(
        customers, as_of="2024-06-30", **{name: frame_library(frame) for name, frame in frames.items()}
    )
    assert type(view) is type(customers)
    plain = {name: [None if pd.isna(value) else value for value in values] for name, values in to_lists(view).items()}
    expected = view_of(**frames)
    assert [pd.Timestamp(day) for day in plain.pop("as_of")] == expected.pop("as_of")
    assert plain == expected


def test_what_is_not_given_is_null_and_named_as_missing(frame_library, to_lists):
    view = to_lists(customer_view(frame_library(CUSTOMERS), as_of="2024-06-30"))
    assert list(view) == COLUMNS
    for column in COLUMNS[1:9]:
        assert all(pd.isna(value) for value in view[column])
    assert view["missing"] == ["stage, value, satisfaction, churn, segment"] * 4


def thirds(values):
    """Quantiles of type 7, in exact arithmetic."""
    known = sorted(Fraction(value) for value in values if value is not None)
    cuts = []
    for k in (1, 2):
        place = Fraction((len(known) - 1) * k, 3)
        if known:
            low, high = known[int(place)], known[min(int(place) + 1, len(known) - 1)]
            cuts.append(low + (place - int(place)) * (high - low))
    return cuts


def slow_bands(values, cuts, names):
    return [None if value is None else names[sum(value > cut for cut in cuts)] for value in values]


PEOPLE = st.lists(st.integers(0, 15), unique=True, max_size=12)
WORTH = st.dictionaries(st.integers(0, 15), st.one_of(st.none(), st.sampled_from([-3.0, 0.0, 1.0, 2.0, 50.0])))
RISKS = st.dictionaries(st.integers(0, 15), st.one_of(st.none(), st.floats(0, 1)))


@pytest.mark.filterwarnings("ignore:.*are not in customers:custval.errors.CustvalWarning")
@settings(max_examples=60)
@given(people=PEOPLE, worth=WORTH, risks=RISKS)
def test_the_view_is_what_looking_each_customer_up_gives(people, worth, risks):
    view = customer_view(
        pd.DataFrame({"customer_id": np.array(people, dtype=np.int64)}),
        as_of="2024-06-30",
        value=pd.DataFrame(
            {"customer_id": np.array(list(worth), dtype=np.int64), "clv": pd.array(list(worth.values()), "Float64")}
        ),
        churn=pd.DataFrame(
            {"customer_id": np.array(list(risks), dtype=np.int64), "p": np.array(list(risks.values()), dtype=float)}
        ).rename(columns={"p": "churn_probability"}),
    )
    expected_value = [worth.get(one) for one in people]
    expected_risk = [risks.get(one) for one in people]
    plain = view.astype(object).where(view.notna(), None)
    assert plain["customer_id"].tolist() == people
    assert plain["value"].tolist() == expected_value
    assert plain["churn_probability"].tolist() == expected_risk
    names = ["low", "medium", "high"]
    assert plain["value_band"].tolist() == slow_bands(expected_value, thirds(expected_value), names)
    assert plain["risk_band"].tolist() == slow_bands(expected_risk, [0.3, 0.6], names)
    for text, value, risk in zip(plain["missing"], expected_value, expected_risk, strict=True):
        named = text.split(", ")
        assert ("value" in named) == (value is None)
        assert ("churn" in named) == (risk is None)


def test_any_column_serves_by_its_name():
    spend = {"customer_id": ["a"], "spend": [7.0], "clv": [1.0]}
    view = view_of(value=(spend, "spend"), segment=(spend, "clv"))
    assert view["value"] == [None, 7.0, None, None]
    assert view["segment"] == [None, 1.0, None, None]


def test_bands_of_the_callers_own():
    view = view_of(
        value=VALUES,
        churn=CHURN,
        satisfaction=ANSWERS,
        bands={"value": ([2, 3.5], ["C", "B", "A"]), "churn": ([0.5], ["safe", "risky"]), "satisfaction": [4, 9]},
    )
    assert view["value_band"] == ["A", None, "B", "C"]
    assert view["risk_band"] == ["risky", "safe", "risky", "safe"]
    assert view["satisfaction_band"] == ["low", None, None, "medium"]


def test_without_a_band_of_its_own_satisfaction_has_none():
    plain = {name: values for name, values in ANSWERS.items() if name != "satisfaction_band"}
    assert view_of(satisfaction=plain)["satisfaction_band"] == [None] * 4
    assert view_of(satisfaction=plain)["satisfaction"] == [2.0, None, None, 9.0]


def test_equal_values_are_all_in_the_lowest_band():
    view = view_of(value={"customer_id": ["a", "b", "c"], "clv": [0.1, 0.1, 0.1]})
    assert view["value_band"] == [None, "low", "low", "low"]


def test_inputs_stay_as_they_are():
    frames = [pd.DataFrame(frame, index=range(9, 9 - len(frame["customer_id"]), -1)) for frame in (CUSTOMERS, VALUES)]
    before = copy.deepcopy(frames)
    view = customer_view(frames[0], as_of="2024-06-30", value=frames[1])
    for frame, original in zip(frames, before, strict=True):
        pd.testing.assert_frame_equal(frame, original)
    assert list(view.index) == [0, 1, 2, 3]


def test_customers_who_are_not_among_the_customers_are_counted_in_a_warning():
    with pytest.warns(CustvalWarning, match=r"^2 of 3 customers of value are not in customers") as caught:
        view = view_of(value={"customer_id": ["x", "a", "y"], "clv": [1.0, 2.0, 3.0]})
    assert view["value"] == [None, 2.0, None, None]
    assert caught[0].filename == __file__


def test_keys_of_another_width_or_kind_of_text_still_match():
    narrow = pd.DataFrame({"customer_id": pd.array([1, 2], dtype="int32")})
    wide = pd.DataFrame({"customer_id": pd.array([2, 1], dtype="Int64"), "clv": [2.0, 1.0]})
    assert customer_view(narrow, as_of="2024-06-30", value=wide)["value"].tolist() == [1.0, 2.0]
    text = pd.DataFrame({"customer_id": ["a", "b"]})
    category = pd.DataFrame({"customer_id": pd.Categorical(["b", "a"]), "clv": [2.0, 1.0]})
    assert customer_view(text, as_of="2024-06-30", value=category)["value"].tolist() == [1.0, 2.0]
    objects = pd.DataFrame({"customer_id": pd.Series([2, 1], dtype=object), "clv": [2.0, 1.0]})
    assert customer_view(narrow, as_of="2024-06-30", value=objects)["value"].tolist() == [1.0, 2.0]


def test_empty_frames_are_valid():
    nobody = pd.DataFrame({"customer_id": pd.array([], dtype="str")})
    assert list(customer_view(nobody, as_of="2024-06-30").columns) == COLUMNS
    view = customer_view(pd.DataFrame(CUSTOMERS), as_of="2024-06-30", stage=pd.DataFrame(STAGES)[:0])
    assert view["stage"].isna().all()
    assert view["missing"].str.startswith("stage").all()


@pytest.mark.parametrize(
    ("given", "error", "code", "words"),
    [
        (
            {"stage": {"customer_id": ["a", "a"], "stage": ["x", "y"]}},
            DataError,
            "duplicate_customers",
            "stage: 2 rows",
        ),
        ({"value": {"customer_id": [17850], "clv": [1.0]}}, ColumnError, "key_type", "whole numbers in value"),
        ({"value": {"customer_id": [None], "clv": [1.0]}}, DataError, "missing_values", "value"),
        ({"value": {"customer_id": ["a"], "worth": [1.0]}}, ColumnError, "column", "'clv'"),
        ({"value": ({"customer_id": ["a"], "worth": [1.0]}, "wort")}, ColumnError, "column", "'worth'"),
        ({"value": {"clv": [1.0]}}, ColumnError, "column", "customer_id"),
        ({"value": {"customer_id": ["a"], "clv": ["much"]}}, ColumnError, "column", "must hold numbers"),
        (
            {"segment": {"customer_id": ["a"], "tier": ["x"], "cluster": [1]}},
            ColumnError,
            "ambiguous_column",
            "'tier' and 'cluster'",
        ),
        ({"churn": {"customer_id": ["a"], "churn_probability": [70.0]}}, DataError, "probability", "such as 70"),
        (
            {"stage": {"customer_id": ["a"], "stage": ["x"], "stage_since": [dt.datetime(2024, 7, 1)]}},
            DataError,
            "after_as_of",
            "stage_since lies after as_of=2024-06-30",
        ),
        ({"value": pd.DataFrame({"customer_id": ["a"], "clv": [1.0]})}, CustvalError, "mixed_libraries", "one library"),
        ({"value": 3}, CustvalError, "frame", "value must be"),
        ({"bands": [1, 2]}, CustvalError, "parameter", "must map dimensions"),
        ({"bands": {"worth": [1, 2]}}, CustvalError, "parameter", "'value', 'satisfaction', 'churn'"),
        ({"bands": {"value": [1, 2, 3]}}, CustvalError, "parameter", "3 cuts make 4 bands"),
        ({"bands": {"value": [2, 1]}}, CustvalError, "parameter", "increasing"),
        ({"bands": {"value": ([1], ["a", "a"])}}, CustvalError, "parameter", "name of its own"),
        ({"bands": {"value": ([1], "ab")}}, CustvalError, "parameter", "two cuts, or a pair"),
        ({"bands": {"value": 3}}, CustvalError, "parameter", "two cuts, or a pair"),
        ({"bands": {"value": ["a", "b"]}}, CustvalError, "parameter", "finite number"),
    ],
)
def test_frames_that_do_not_fit_are_told_what_to_do(given, error, code, words):
    with pytest.raises(error, match=words) as caught:
        view_of(**given)
    assert type(caught.value) is error
    assert caught.value.to_dict()["code"] == code


def test_customers_who_stand_twice_are_refused():
    with pytest.raises(DataError, match="customers: 2 rows share") as caught:
        customer_view({"customer_id": ["a", "b", "a"]}, as_of="2024-06-30")
    assert caught.value.to_dict()["examples"] == [0, 2]


def test_as_of_must_be_a_date():
    with pytest.raises(CustvalError, match="as_of"):
        customer_view(CUSTOMERS, as_of="last summer")


@pytest.mark.parametrize("dtype", ["date", "zone"])
def test_dates_of_every_kind_are_looked_at(dtype):
    polars = pytest.importorskip("polars")
    stage = polars.DataFrame({**STAGES, "stage_since": [dt.datetime(2024, 6, 30, 22), None, None]})
    customers = polars.DataFrame(CUSTOMERS)
    if dtype == "date":
        stage = stage.with_columns(polars.col("stage_since").cast(polars.Date))
    else:
        stage = stage.with_columns(polars.col("stage_since").dt.replace_time_zone("Asia/Tokyo"))
    assert customer_view(customers, as_of="2024-06-30", stage=stage).height == 4
    with pytest.raises(DataError, match="after as_of"):
        customer_view(customers, as_of="2024-06-29", stage=stage)
