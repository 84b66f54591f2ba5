"""Tables measured in every library, against counting rows in plain Python."""

from __future__ import annotations

import copy
import datetime as dt
import json
import pickle
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custval.data_quality import anonymity, find_pii, respect_consent
from custval.errors import ColumnError, CustvalError, DataError

# Li et al. 2007, table 3
PEOPLE = {
    "zip": ["4767*", "4767*", "4767*", "4790*", "4790*", "4790*", "4760*", "4760*", "4760*"],
    "age": ["<=40"] * 3 + [">=40"] * 3 + ["<=40"] * 3,
    "salary": [3, 5, 9, 6, 11, 8, 4, 7, 10],
    "disease": ["ulcer", "cancer", "pneumonia", "gastritis", "flu", "bronchitis", "gastritis", "bronchitis", "cancer"],
}


def test_a_published_table(frame_library, to_lists):
    found = anonymity(frame_library(PEOPLE), ["zip", "age"], ["salary", "disease"])
    assert (found.rows, found.classes, found.k, found.uniques) == (9, 3, 3, 0)
    assert found.distinct_l == {"salary": 3, "disease": 3}
    assert found.entropy_l == pytest.approx({"salary": 3.0, "disease": 3.0})
    assert found.t["salary"] == pytest.approx(1 / 6, abs=1e-12)
    assert found.t_distance == {"salary": "ordered", "disease": "equal"}
    # {gastric ulcer, stomach cancer, pneumonia}: (1/3 − 1/9) + (1/3 − 2/9) + (1/3 − 1/9) = 5/9
    assert found.t["disease"] == pytest.approx(5 / 9, abs=1e-12)
    assert (found.risk_max, found.risk_mean) == pytest.approx((1 / 3, 1 / 3))
    sizes = to_lists(found.to_frame())
    assert sizes == {"class_size": [3], "classes": [3], "rows": [9], "risk": [pytest.approx(1 / 3)]}


def test_nulls_and_dates_in_every_library(frame_library):
    frame = frame_library(
        {
            "city": ["a", None, "a", None, "b"],
            "born": [dt.datetime(1980, 1, 1), dt.datetime(1980, 1, 1), None, dt.datetime(1980, 1, 1), None],
            "visits": [1, None, 2, 3, 3],
        }
    )
    found = anonymity(frame, ["city", "born"], "visits")
    assert (found.classes, found.k, found.uniques) == (4, 1, 3)
    assert found.rows_below(2).tolist() == [True, False, True, False, True]
    assert found.distinct_l == {"visits": 1}
    assert anonymity(frame, "city", "born").t_distance == {"born": "ordered"}


@given(st.lists(st.tuples(st.sampled_from("ab") | st.none(), st.integers(0, 3)), min_size=1, max_size=40))
def test_sizes_against_counting(rows):
    frame = pd.DataFrame({"q": pd.Series([q for q, _ in rows], dtype=object), "r": [r for _, r in rows]})
    before = frame.copy()
    found = anonymity(frame, ["q", "r"])
    classes = Counter(rows)
    assert found.k == min(classes.values())
    assert found.uniques == sum(size == 1 for size in classes.values())
    assert found.risk_mean == pytest.approx(sum(1 / classes[row] for row in rows) / len(rows))
    assert found.rows_below(3).tolist() == [classes[row] < 3 for row in rows]
    assert found.sizes["rows"].sum() == len(rows)
    pd.testing.assert_frame_equal(frame, before)


def test_risk_in_a_population(frame_library):
    table = frame_library({"zip": [10, 10, 20], "sex": ["f", "f", None]})
    everybody = frame_library({"zip": [10] * 4 + [20] * 2 + [30], "sex": ["f"] * 4 + [None] * 2 + ["m"]})
    found = anonymity(table, ["zip", "sex"], population=everybody)
    assert (found.k, found.risk_max) == (1, 1.0)
    assert found.journalist_risk_max == 0.5
    assert found.journalist_risk_mean == pytest.approx((1 / 4 + 1 / 4 + 1 / 2) / 3)
    with pytest.raises(DataError, match="1 of 3 rows"):
        anonymity(table, "zip", population=frame_library({"zip": [10, 30]}))


def test_without_rows():
    found = anonymity(pd.DataFrame({"q": pd.Series([], dtype=str), "s": pd.Series([], dtype=int)}), "q", "s")
    assert (found.rows, found.k, found.risk_max, found.distinct_l) == (0, None, None, {})
    assert len(found.to_frame()) == 0
    assert found.rows_below(5).tolist() == []


def test_what_is_refused():
    frame = pd.DataFrame({"q": [1, 2], "nested": [["secret-1"], ["secret-2"]]})
    with pytest.raises(CustvalError, match="not both"):
        anonymity(frame, "q", "q")
    with pytest.raises(ColumnError, match="closest"):
        anonymity(frame, "Q")
    with pytest.raises(ColumnError) as caught:
        anonymity(frame, "nested")
    assert "secret" not in str(caught.value)
    with pytest.raises(CustvalError):
        anonymity(frame, [])
    with pytest.raises(CustvalError):
        anonymity(frame, ["q", "q"])
    with pytest.raises(CustvalError):
        anonymity(frame, "q").rows_below(0)


def test_the_result_travels():
    found = anonymity(PEOPLE, ["zip", "age"], "disease")
    assert json.loads(json.dumps(found.to_dict()))["k"] == 3
    for again in (pickle.loads(pickle.dumps(found)), copy.deepcopy(found)):  # noqa: S301
        assert again == found
        assert np.array_equal(again.rows_below(4), found.rows_below(4))
    for text in (repr(found), found._repr_html_()):
        assert "gastritis" not in text
        assert "4767*" not in text


def test_the_page_shows_what_was_asked_for(frame_library):
    frame = frame_library({"z": ["a"] * 7, "s": [1, 2, 3, 4, 5, 6, 6]})
    page = anonymity(frame, "z")._repr_html_()
    for name in ("distinct_l", "entropy_l", "t", "t_distance", "journalist_risk_max"):
        assert f">{name.replace('_', ' ')}</" not in page
    assert "None" not in page
    assert "0.1429" in page
    assert "0.14285" not in page
    full = anonymity(frame, "z", "s", population=frame)._repr_html_()
    for name in ("distinct_l", "entropy_l", "t", "t_distance", "journalist_risk_max"):
        assert f">{name.replace('_', ' ')}</" in full
    assert "5.742" in full


def test_the_page_of_other_results_about_persons(frame_library):
    frame = frame_library({"ads": [True, False], "amount": [1.5, 2.0], "note": ["call 212-555-0101", "tea"]})
    allowed = respect_consent(frame, "ads")._repr_html_()
    assert "columns_removed" not in allowed
    assert "2.00" in allowed.split("no consent")[1]
    found = find_pii(frame)._repr_html_()
    assert ">columns</" not in found
    assert ">free text</" in found
