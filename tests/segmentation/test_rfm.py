"""RFM scores against a slow scorer, the segments over them, and what bad input is told."""

from __future__ import annotations

import copy
import itertools
import json
import pickle
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

import custval as cv
from custval.errors import ColumnError, CustvalError, DataError, FitError, NotFittedError
from custval.segmentation import RFMScorer

SCORES = ["recency_score", "frequency_score", "monetary_score"]
SUMMARY = {
    "customer_id": ["f", "b", "c", "d", "e", "a"],
    "time_since_last": [0.0, 5.0, 5.0, 30.0, 90.0, 200.0],
    "orders": [7, 3, 3, 2, 1, 1],
    "total_amount": [900.0, -5.0, 120.5, 60.0, 60.0, 15.0],
}
CUSTOMERS = st.lists(
    st.tuples(st.integers(0, 12), st.integers(1, 6), st.sampled_from([-5.0, 0.0, 1.0, 2.5, 10.0, 99.0])),
    min_size=1,
    max_size=40,
)


def frame_of(rows):
    return pd.DataFrame(
        {
            "customer_id": range(len(rows)),
            "time_since_last": [float(row[0]) for row in rows],
            "orders": [row[1] for row in rows],
            "total_amount": [row[2] for row in rows],
        }
    )


def slow_bins(values, among, n_bins):
    """How many cuts lie below each value, in exact arithmetic."""
    ordered = sorted(map(Fraction, among))
    result = []
    for value in values:
        below = 0
        for k in range(1, n_bins):
            place = Fraction((len(ordered) - 1) * k, n_bins)
            low, high = ordered[int(place)], ordered[min(int(place) + 1, len(ordered) - 1)]
            below += Fraction(value) > low + (place - int(place)) * (high - low)
        result.append(below)
    return result


def slow_nested(rows, n_bins):
    scores = [[None] * 3 for _ in rows]
    for row, found in enumerate(slow_bins([r[0] for r in rows], [r[0] for r in rows], n_bins)):
        scores[row][0] = n_bins - found
    for depth in (1, 2):
        groups = {}
        for row, score in enumerate(scores):
            groups.setdefault(tuple(score[:depth]), []).append(row)
        for members in groups.values():
            values = [rows[row][depth] for row in members]
            for row, found in zip(members, slow_bins(values, values, n_bins), strict=True):
                scores[row][depth] = found + 1
    return scores


@given(rows=CUSTOMERS, n_bins=st.integers(2, 7))
def test_quantile_scores_are_those_of_exact_arithmetic(rows, n_bins):
    result = RFMScorer(n_bins).fit_transform(frame_of(rows))
    columns = list(zip(*rows, strict=True))
    recency, frequency, monetary = (slow_bins(column, column, n_bins) for column in columns)
    assert result["recency_score"].tolist() == [n_bins - found for found in recency]
    assert result["frequency_score"].tolist() == [found + 1 for found in frequency]
    assert result["monetary_score"].tolist() == [found + 1 for found in monetary]


@given(rows=CUSTOMERS, n_bins=st.integers(2, 5))
def test_nested_scores_are_those_of_exact_arithmetic(rows, n_bins):
    result = RFMScorer(n_bins, method="nested").fit_transform(frame_of(rows))
    assert result[SCORES].to_numpy().tolist() == slow_nested(rows, n_bins)


@pytest.mark.parametrize("method", ["quantile", "nested"])
@settings(max_examples=30)
@given(rows=CUSTOMERS)
def test_weights_count_customers_and_the_order_of_rows_does_not_matter(method, rows):
    frame = frame_of(rows)
    count = 1 + frame["customer_id"] % 3 + (len(frame) < 5) * 5
    scorer = RFMScorer(method=method).fit(frame, count.to_numpy())
    repeated = RFMScorer(method=method).fit(frame.loc[np.repeat(frame.index, count)][::-1])
    named = RFMScorer(method=method).fit(frame.assign(how_many=count), "how_many")
    for name, cuts in scorer.cuts_.items():
        assert cuts.tolist() == repeated.cuts_[name].tolist() == named.cuts_[name].tolist()
    assert scorer.n_customers_ == repeated.n_customers_ == count.sum()
    pd.testing.assert_frame_equal(
        scorer.transform(frame)[::-1].reset_index(drop=True), scorer.transform(frame[::-1]), check_like=True
    )


def test_a_row_without_weight_teaches_nothing():
    rows = [(1, 1, 1.0), (2, 2, 2.0), (3, 3, 3.0), (4, 4, 4.0), (5, 5, 5.0)]
    with_more = RFMScorer().fit(frame_of([*rows, (99, 99, 99.0)]), [1, 1, 1, 1, 1, 0])
    without = RFMScorer().fit(frame_of(rows))
    for name, cuts in with_more.cuts_.items():
        assert cuts.tolist() == without.cuts_[name].tolist()


def test_the_most_recent_score_highest_and_a_value_at_a_cut_takes_the_lower_bin():
    cuts = {"recency": [10, 20], "frequency": [2, 4], "monetary": [0, 50]}
    frame = frame_of([(0, 1, -1.0), (10, 2, 0.0), (11, 3, 50.0), (20, 4, 50.5), (21, 5, 99.0)])
    result = RFMScorer(3, method="fixed", cuts=cuts).fit(frame).transform(frame)
    assert result["rfm_score"].tolist() == [311, 311, 222, 223, 133]


def test_one_value_throughout_has_the_documented_scores():
    result = RFMScorer().fit_transform(frame_of([(7, 2, 10.0)] * 9))
    assert set(result["rfm_score"]) == {511}
    assert set(RFMScorer(method="nested").fit_transform(frame_of([(7, 2, 10.0)] * 9))["rfm_score"]) == {511}
    assert RFMScorer().fit_transform(frame_of([(7, 2, 10.0)]))["rfm_score"].tolist() == [511]


def test_new_customers_are_scored_by_the_cuts_of_fit():
    scorer = RFMScorer().fit(frame_of([(day, day, float(day)) for day in range(1, 101)]))
    one_by_one = [
        scorer.transform(frame_of([row]))["rfm_score"].item()
        for row in [(0, 500, 1e9), (1000, 0, -4.0), (50, 50, 50.0)]
    ]
    assert one_by_one == [555, 111, 333]


def test_nested_scores_where_fit_saw_nobody_take_the_cuts_of_the_larger_group():
    # one recency throughout: every customer has recency score 5, and nobody has 1 to 4
    frame = frame_of([(7, orders, float(orders)) for orders in range(1, 11)])
    scorer = RFMScorer(method="nested").fit(frame)
    assert scorer.cuts_["frequency"].shape == (5, 4)
    assert scorer.cuts_["monetary"].shape == (5, 5, 4)
    assert scorer.cuts_["frequency"][0].tolist() == scorer.cuts_["frequency"][4].tolist()
    assert scorer.transform(frame_of([(100, 10, 10.0)]))["rfm_score"].item() == 155


@pytest.mark.parametrize("n_bins", [2, 3, 4, 5, 6, 7, 9, 10, 13])
def test_every_score_is_in_exactly_one_standard_segment(n_bins):
    scores = range(1, n_bins + 1)
    cuts = {name: [s + 0.5 for s in range(1, n_bins)] for name in ("recency", "frequency", "monetary")}
    # a time since the last purchase of n_bins + 1 − r has score r
    frame = frame_of([(n_bins + 1 - r, f, float(m)) for r, f, m in itertools.product(scores, repeat=3)])
    scorer = RFMScorer(n_bins, method="fixed", cuts=cuts).fit(frame)
    result = scorer.transform(frame)
    assert result[SCORES].to_numpy().tolist() == [list(score) for score in itertools.product(scores, repeat=3)]
    assert result["rfm_segment"].notna().all()
    assert result["rfm_score"].is_unique
    corners = result.set_index(SCORES)["rfm_segment"]
    assert corners[1, 1, 1] == "Lost"
    assert corners[n_bins, n_bins, n_bins] == "Champions"
    assert corners[1, n_bins, n_bins] == "Cannot lose them"
    assert corners[n_bins, 1, 1] == "New customers"
    if n_bins >= 5:
        assert set(result["rfm_segment"]) == set(scorer.segments_.names)


STANDARD_TABLE = """
    5 New New Pot Pot Pot Cha Cha Cha Cha
    4 Pro Pro Pot Pot Pot Loy Loy Loy Loy
    3 Abo Abo Abo Abo Nee Loy Loy Loy Loy
    2 Hib Hib Hib Hib At_ At_ At_ Can Can
    1 Los Los Los Los At_ At_ At_ Can Can
"""


def test_the_standard_segments_by_recency_and_the_sum_of_the_other_two():
    number = RFMScorer().fit(SUMMARY).segments_
    for line in STANDARD_TABLE.split("\n")[1:-1]:
        r, *expected = line.split()
        for f, m in itertools.product(range(1, 6), repeat=2):
            name = number.names[number.number[int(r) - 1, f - 1, m - 1]]
            assert name[:3].replace(" ", "_") == expected[f + m - 2]


def test_own_segments_over_the_scores():
    segments = {
        "gold": "recency_score >= 4 and monetary_score == 5",
        "rest": "not (recency_score >= 4 and monetary_score == 5)",
    }
    scorer = RFMScorer(segments=segments).fit(SUMMARY)
    result = pd.DataFrame(scorer.transform(SUMMARY))
    gold = (result["recency_score"] >= 4) & (result["monetary_score"] == 5)
    assert result["rfm_segment"].tolist() == ["gold" if is_gold else "rest" for is_gold in gold]


@pytest.mark.parametrize(
    ("segments", "words"),
    [
        (
            {"a": "recency_score > 1"},
            "25 are in none and 0 in more than one: recency_score=1, frequency_score=1, monetary_score=1 is in none",
        ),
        (
            {"a": "recency_score > 0", "b": "recency_score == 5 and frequency_score == 2"},
            "0 are in none and 5 in more than one: recency_score=5, frequency_score=2, monetary_score=1 is in 'a' and",
        ),
        ({"a": "r > 1"}, "names 'r'"),
        ({"a": "frequency_scores > 1"}, "names 'frequency_scores'"),
        ({"a": "recency_score + 1"}, "a condition is wanted"),
        ({"a": "recency_score"}, "must be true or false"),
        ({"a": 1}, "must be text"),
        ({"": "recency_score > 0"}, "name of a segment"),
        ({}, "'standard' or a mapping"),
        ("Standard", "'standard' or a mapping"),
        (None, "'standard' or a mapping"),
    ],
)
def test_segments_with_holes_and_overlaps_are_refused_with_an_example(segments, words):
    with pytest.raises(CustvalError, match=words):
        RFMScorer(segments=segments).fit(SUMMARY)


def test_every_frame_library_gives_the_same(frame_library, to_lists):
    frame = frame_library(SUMMARY)
    result = RFMScorer().fit(frame).transform(frame)
    assert type(result) is type(frame)
    lists = to_lists(result)
    assert list(lists) == ["customer_id", *SCORES, "rfm_score", "rfm_segment"]
    assert lists["customer_id"] == SUMMARY["customer_id"]
    assert lists["rfm_score"] == [555, 531, 534, 322, 212, 111]
    assert lists["rfm_segment"][0] == "Champions"


def test_fitted_attributes_do_not_depend_on_the_library(frame_library):
    assert RFMScorer().fit(frame_library(SUMMARY)).to_dict() == RFMScorer().fit(SUMMARY).to_dict()


def test_without_customer_id_the_rows_stay_in_their_order():
    frame = pd.DataFrame(SUMMARY, index=[3, 3, 1, 0, 8, 9])
    before = copy.deepcopy(frame)
    result = RFMScorer().fit_transform(frame.drop(columns="customer_id"))
    assert list(result.columns) == [*SCORES, "rfm_score", "rfm_segment"]
    with_id = RFMScorer().fit_transform(frame)
    assert result["rfm_score"].tolist() == with_id["rfm_score"].tolist()
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize(
    "scorer",
    [
        RFMScorer(),
        RFMScorer(3, method="nested"),
        RFMScorer(
            2,
            "fixed",
            {"a": "recency_score == 1", "b": "recency_score == 2"},
            cuts=dict.fromkeys(["recency", "frequency", "monetary"], np.array([3.5])),
        ),
    ],
)
def test_a_fitted_scorer_survives_json_and_pickle(scorer):
    fitted = clone(scorer).fit({**SUMMARY, "unit": ["W"] * 6})
    data = fitted.to_dict()
    loaded = cv.load(json.loads(json.dumps(data)))
    assert loaded.transform(SUMMARY) == fitted.transform(SUMMARY)
    assert loaded.to_dict() == data
    assert loaded.unit_ == "W"
    assert pickle.loads(pickle.dumps(fitted)).transform(SUMMARY) == fitted.transform(SUMMARY)  # noqa: S301


def test_parameters_clone_and_repr_are_those_of_scikit_learn():
    scorer = RFMScorer(4, method="nested")
    assert scorer.get_params() == {"n_bins": 4, "method": "nested", "segments": "standard", "cuts": None}
    copied = clone(scorer.fit(SUMMARY))
    assert not hasattr(copied, "cuts_")
    assert copied.get_params() == scorer.get_params()
    assert repr(copied) == "RFMScorer(method='nested', n_bins=4)"


def test_nothing_changes_on_a_fitted_scorer_when_it_scores():
    scorer = RFMScorer().fit(SUMMARY)
    before = pickle.dumps(scorer)
    scorer.transform(SUMMARY)
    scorer.to_dict()
    assert pickle.dumps(scorer) == before


def test_it_reads_what_summarize_makes():
    summary = cv.summarize(
        {
            "customer_id": ["a", "a", "b"],
            "timestamp": list(pd.date_range("2024-01-01", periods=3)),
            "amount": [1.0, 2.0, 3.0],
        },
        unit="D",
    )
    assert RFMScorer(2).fit_transform(summary)["rfm_score"] == [121, 211]


def without(column):
    return {name: values for name, values in SUMMARY.items() if name != column}


@pytest.mark.parametrize(
    ("X", "error", "code", "words"),
    [
        (without("orders"), ColumnError, "column", r"cv\.summarize\(transactions\)"),
        (without("total_amount"), ColumnError, "column", "have an amount"),
        ({**SUMMARY, "orders": ["x"] * 6}, ColumnError, "column", "must hold numbers"),
        ({**SUMMARY, "total_amount": [1.0, None, 1.0, 1.0, 1.0, 1.0]}, DataError, "missing_values", "total_amount"),
        ({**SUMMARY, "time_since_last": [np.nan] + [1.0] * 5}, DataError, "missing_values", "time_since_last"),
        ({**SUMMARY, "total_amount": [np.inf] + [1.0] * 5}, DataError, "infinite", "infinite"),
        (3, CustvalError, "frame", "mapping"),
    ],
)
def test_bad_tables_are_told_what_to_do(X, error, code, words):
    for call in (RFMScorer().fit, RFMScorer().fit(SUMMARY).transform):
        with pytest.raises(error, match=words) as caught:
            call(X)
        assert type(caught.value) is error
        assert caught.value.to_dict()["code"] == code


CUTS = {"recency": [1.0], "frequency": [1.0], "monetary": [1.0]}


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"n_bins": 1}, "at least 2"),
        ({"n_bins": 5.0}, "whole number"),
        ({"n_bins": 100}, "at most 99"),
        ({"method": "quantiles"}, "did you mean 'quantile'"),
        ({"n_bins": 2, "cuts": CUTS}, "method='fixed'"),
        ({"method": "fixed"}, "under 'recency', 'frequency' and 'monetary'"),
        ({"method": "fixed", "n_bins": 2, "cuts": {"recency": [1]}}, "under 'recency', 'frequency' and 'monetary'"),
        ({"method": "fixed", "cuts": CUTS}, "4 increasing numbers for n_bins=5"),
        ({"method": "fixed", "n_bins": 2, "cuts": {**CUTS, "recency": 3}}, "sequence of numbers"),
        ({"method": "fixed", "n_bins": 2, "cuts": {**CUTS, "recency": ["a"]}}, "finite number"),
        ({"method": "fixed", "n_bins": 3, "cuts": {**CUTS, "recency": [2, 1], "frequency": [1, 1]}}, "increasing"),
    ],
)
def test_parameters_that_make_no_sense_are_refused_by_fit(parameters, words):
    with pytest.raises(CustvalError, match=words):
        RFMScorer(**parameters).fit(SUMMARY)


@pytest.mark.parametrize(
    ("weight", "error", "words"),
    [
        ([1.0] * 5, DataError, "sample_weight must"),
        ([-1.0] + [2.0] * 5, DataError, "at least 0"),
        ([np.nan] + [2.0] * 5, DataError, "finite"),
        ([1 / 6] * 6, DataError, "how many customers"),
        (["x"] * 6, CustvalError, "numbers or the name of a column"),
        ("weights", ColumnError, "no column 'weights'"),
    ],
)
def test_weights_that_count_no_customers_are_refused(weight, error, words):
    with pytest.raises(error, match=words):
        RFMScorer().fit(SUMMARY, weight)


def test_an_unfitted_scorer_says_so():
    for call in (lambda: RFMScorer().transform(SUMMARY), RFMScorer().to_dict):
        with pytest.raises(NotFittedError, match="fit"):
            call()


def test_nobody_teaches_nothing_and_nobody_can_be_scored():
    nobody = pd.DataFrame(SUMMARY)[:0]
    for method in ("quantile", "nested"):
        with pytest.raises(FitError, match="no rows"):
            RFMScorer(method=method).fit(nobody)
    result = RFMScorer().fit(SUMMARY).transform(nobody)
    assert len(result) == 0
    assert list(result.columns) == ["customer_id", *SCORES, "rfm_score", "rfm_segment"]


def test_times_in_another_unit_are_refused():
    scorer = RFMScorer().fit({**SUMMARY, "unit": ["W"] * 6})
    with pytest.raises(CustvalError, match="'W'") as caught:
        scorer.transform({**SUMMARY, "unit": ["D"] * 6})
    assert caught.value.to_dict()["code"] == "unit"
    assert scorer.transform(SUMMARY) == scorer.transform({**SUMMARY, "unit": ["W"] * 6})


def test_data_that_hold_no_scorer_are_refused():
    data = RFMScorer().fit(SUMMARY).to_dict()
    for broken, words in [
        ({**data, "cuts": {"recency": [1.0]}}, "'frequency'"),
        ({**data, "cuts": {**data["cuts"], "monetary": [1.0]}}, "monetary cuts do not fit"),
        ({**data, "init": {"bins": 3}}, "bins"),
        ({**data, "kind": "lifecycle.StageScheme"}, "not a segmentation.RFMScorer"),
    ]:
        with pytest.raises(CustvalError, match=words) as caught:
            RFMScorer.from_dict(broken)
        assert caught.value.to_dict()["code"] == "envelope"
