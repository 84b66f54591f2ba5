"""Coarser values in every library, against the same in plain Python."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal

import pandas as pd
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


def test_dates_as_text_are_to_be_read_first(frame_library):
    with pytest.raises(ColumnError, match="'born' must hold dates or times") as caught:
        generalize(frame_library({"born": ["1995-03-01", "secret", None]}), {"born": {"period": "Y"}})
    assert "cv.data_quality.to_dates" in caught.value.suggestion
    assert "secret" not in str(caught.value.to_dict())
