"""Coarser values in every library, against the same in plain Python."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custval.data_quality import anonymity, generalize
from custval.errors import ColumnError, CustvalError, DataError

FRAME = {
    "age": [29, None, 43, 97, 17],
    "spend": [0.3, 12.5, None, 99.99, 0.0],
    "born": [
        dt.datetime(1995, 3, 1),
        dt.datetime(1893, 12, 31),
        None,
        dt.datetime(2009, 1, 1),
        dt.datetime(2000, 7, 9),
    ],
    "zip": ["47677", "4790", None, "47602", "1"],
    "city": ["Rome", "Milan", "Paris", "Rome", None],
}


def plain(values):
    return [None if pd.isna(value) else value for value in values]


@pytest.mark.parametrize(
    ("column", "how", "expected"),
    [
        ("age", {"width": 10}, ["[20, 30)", None, "[40, 50)", "[90, 100)", "[10, 20)"]),
        ("age", {"width": 10, "bottom": 18, "top": 90}, ["[20, 30)", None, "[40, 50)", "≥ 90", "< 18"]),
        ("age", {"width": 5, "start": 2}, ["[27, 32)", None, "[42, 47)", "[97, 102)", "[17, 22)"]),
        ("age", {"cuts": [18, 43]}, ["[18, 43)", None, "≥ 43", "≥ 43", "< 18"]),
        ("spend", {"width": 0.1}, ["[0.3, 0.4)", "[12.5, 12.6)", None, "[99.9, 100)", "[0, 0.1)"]),
        ("spend", {"bottom": 0.5, "top": 50}, [0.5, 12.5, None, 50.0, 0.5]),
        ("born", {"period": "M"}, ["1995-03", "1893-12", None, "2009-01", "2000-07"]),
        ("born", {"period": "Q"}, ["1995-Q1", "1893-Q4", None, "2009-Q1", "2000-Q3"]),
        ("born", {"period": "Y"}, ["1995", "1893", None, "2009", "2000"]),
        ("born", {"period": "10Y"}, ["1990s", "1890s", None, "2000s", "2000s"]),
        ("zip", {"prefix": 3}, ["476**", "479*", None, "476**", "1"]),
        ("zip", {"prefix": 0}, ["*****", "****", None, "*****", "*"]),
        ("city", {"groups": {"Rome": "it", "Milan": "it"}, "default": "x"}, ["it", "it", "x", "it", None]),
        ("city", {"rare": 2}, ["Rome", "other", "other", "Rome", None]),
    ],
)
def test_every_way(frame_library, to_lists, column, how, expected):
    found = to_lists(generalize(frame_library(FRAME), {column: how}))
    assert plain(found[column]) == expected
    assert list(found) == list(FRAME)
    assert plain(found["zip"])[0] in {"47677", "476**", "*****"}


def test_top_coding_keeps_whole_numbers(frame_library, to_lists):
    found = to_lists(generalize(frame_library({"n": [1, 5, 2**60 + 1]}), {"n": {"bottom": 2}}))["n"]
    assert found == [2, 5, 2**60 + 1]


@given(
    st.lists(st.decimals(-1000, 1000, places=2), min_size=1, max_size=20),
    st.sampled_from(["0.05", "0.1", "1", "7", "10", "250"]),
)
def test_bands_against_decimals(values, width):
    frame = pd.DataFrame({"v": [float(value) for value in values]})
    before = frame.copy()
    found = generalize(frame, {"v": {"width": float(width)}})["v"]
    for value, band in zip(values, found, strict=True):
        low, high = map(Decimal, band[1:-1].split(", "))
        assert low <= value < high
        assert high - low == Decimal(width)
        assert low == math.floor(value / Decimal(width)) * Decimal(width)
    pd.testing.assert_frame_equal(frame, before)


def test_the_published_generalization():
    # Li et al. 2007, tables 1 and 2: zip and age to classes of three
    patients = pd.DataFrame(
        {
            "zip": ["47677", "47602", "47678", "47905", "47909", "47906", "47605", "47673", "47607"],
            "age": [29, 22, 27, 43, 52, 47, 30, 36, 32],
        }
    )
    coarse = generalize(patients, {"zip": {"prefix": 3}, "age": {"cuts": [30, 40]}})
    assert anonymity(patients, ["zip", "age"]).k == 1
    assert anonymity(coarse, ["zip", "age"]).k == 3


def test_what_is_refused():
    secret = pd.DataFrame({"c": ["secret", "b"], "n": [1.0, float("inf")]})
    for columns in (
        {"c": {"groups": {"b": "x"}}},
        {"c": {"width": 10}},
        {"c": {"period": "M"}},
        {"n": {"width": 1}},
        {"c": {"groups": 3}},
        {"c": {"rare": 0}},
        {"c": {"rare": 2, "default": 3}},
        {"c": {}},
        {"c": 10},
        {"n": {"width": 0}},
        {"n": {"cuts": [3, 3]}},
        {"n": {"cuts": []}},
        {"n": {"width": 1, "top": 1, "bottom": 2}},
        {"n": {"bottom": 3, "top": 2}},
        {"n": {"width": 1, "default": "x"}},
        {"n": {"period": "W"}},
        {},
        "c",
    ):
        with pytest.raises(CustvalError) as caught:
            generalize(secret, columns)
        assert "secret" not in str(caught.value.to_dict())
    with pytest.raises(DataError) as caught:
        generalize(secret, {"c": {"groups": {"b": "x"}}})
    assert (caught.value.count, caught.value.examples) == (1, [0])
    with pytest.raises(ColumnError):
        generalize(secret, {"d": {"width": 1}})


@pytest.mark.parametrize("kind", ["UInt64", "Int64", "uint64", "object", "arrow"])
def test_bounds_keep_the_largest_whole_numbers(kind):
    largest = 2**63 - 25 if kind == "Int64" else 2**64 - 1
    values = {"arrow": pd.ArrowDtype(pa.uint64())}.get(kind, kind)
    frame = pd.DataFrame({"n": pd.Series([5, largest, 2**53 + 1], dtype=values)})
    assert generalize(frame, {"n": {"bottom": 0, "top": 100}})["n"].tolist() == [5, 100, 100]
    assert generalize(frame, {"n": {"bottom": 7}})["n"].tolist() == [7, largest, 2**53 + 1]
    assert generalize(frame, {"n": {"bottom": 2**53 + 3}})["n"].tolist() == [2**53 + 3, largest, 2**53 + 3]


def test_bounds_keep_whole_numbers_beside_nulls(frame_library, to_lists):
    for table in ({"n": [2**60 + 1, None, 1]}, {"n": [None, 2**60 + 1, 1]}):
        values = pd.Series(table["n"], dtype="Int64")
        found = generalize(pd.DataFrame({"n": values}), {"n": {"bottom": 2}})["n"]
        assert plain(found.tolist()) == [None if x is None else max(x, 2) for x in table["n"]]


def test_a_bound_that_the_type_has_no_room_for():
    small = pd.DataFrame({"n": pd.Series([1, 2], dtype="uint8"), "m": pd.Series([1, None], dtype="UInt8")})
    assert generalize(small, {"n": {"bottom": 300}})["n"].tolist() == [300, 300]
    assert generalize(small, {"n": {"top": -1}})["n"].tolist() == [-1, -1]
    assert plain(generalize(small, {"m": {"top": -1}})["m"].tolist()) == [-1, None]


def test_whole_numbers_beyond_2_to_the_53_and_a_bound_that_is_not_whole():
    with pytest.raises(DataError, match="whole bounds"):
        generalize(pd.DataFrame({"n": [2**60 + 1, 1]}), {"n": {"bottom": 1.5}})


@pytest.mark.parametrize(
    ("value", "width", "band"),
    [
        (0.0, 1e-10, "[0, 1e-10)"),
        (5e-10, 1e-10, "[5e-10, 6e-10)"),
        (29.9999999999, 10, "[20, 30)"),
        (-1e-12, 10, "[-10, 0)"),
        (0.3, 0.1, "[0.3, 0.4)"),
        (0.7, 0.1, "[0.7, 0.8)"),
        (2**53 + 1, 2, "[9007199254740992, 9007199254740994)"),
        (2**62 + 3, 4, "[4611686018427387904, 4611686018427387908)"),
    ],
)
def test_bands_are_exact(value, width, band):
    assert generalize({"v": [value]}, {"v": {"width": width}})["v"] == [band]


def test_bands_that_are_too_many_to_be_numbered():
    for value in (1e300, 2**63):
        with pytest.raises(CustvalError, match="too many"):
            generalize({"v": [value]}, {"v": {"width": 1}})


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=30), st.sampled_from([1e-7, 0.1, 0.3, 1, 2.5, 10, 1000]))
def test_bands_against_decimals_of_any_size(values, width):
    found = generalize({"v": values}, {"v": {"width": width, "start": 0.05}})["v"]
    for value, band in zip(values, found, strict=True):
        low, high = map(Decimal, band[1:-1].split(", "))
        assert low <= Decimal(repr(value)) < high
        assert high - low == Decimal(repr(width))


def test_groups_that_name_a_value_twice_or_by_no_value():
    with pytest.raises(CustvalError, match="twice"):
        generalize({"c": [1]}, {"c": {"groups": {1: "a", "1": "b"}}})
    assert generalize({"c": [1]}, {"c": {"groups": {1: "a", "1": "a"}}})["c"] == ["a"]
    for key in (None, ("a", "b")):
        with pytest.raises(CustvalError, match="keys? is of type"):
            generalize({"c": ["x"]}, {"c": {"groups": {key: "a"}}})


def test_years_before_christ():
    born = pd.DataFrame({"born": np.array(["-0005-03-01", "0007-03-01"], dtype="M8[s]")})
    assert generalize(born, {"born": {"period": "10Y"}})["born"].tolist() == ["-0010s", "0000s"]
    assert generalize(born, {"born": {"period": "Q"}})["born"].tolist() == ["-0005-Q1", "0007-Q1"]


def test_no_columns_at_all():
    with pytest.raises(CustvalError, match="names no column"):
        generalize({"c": [1]}, {})


def test_dates_as_text_are_to_be_read_first(frame_library):
    with pytest.raises(ColumnError, match="'born' must hold dates or times") as caught:
        generalize(frame_library({"born": ["1995-03-01", "secret", None]}), {"born": {"period": "Y"}})
    assert "cv.data_quality.to_dates" in caught.value.suggestion
    assert "secret" not in str(caught.value.to_dict())
