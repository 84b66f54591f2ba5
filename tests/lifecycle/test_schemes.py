"""Schemes are data: built once, checked when built, and the same after a journey through JSON."""

from __future__ import annotations

import dataclasses
import json
import pickle

import pytest

import custval as cv
from custval.errors import CustvalError
from custval.lifecycle import StageScheme

OWN = StageScheme([("idle", "time_since_last > 3 * mean_gap"), ("none", "occasions == 0")], "active", window="4W")


def test_the_classic_stages_in_their_order():
    assert StageScheme.classic().stages == (
        "prospect",
        "churned",
        "decline",
        "reactivated",
        "new",
        "growth",
        "mature",
    )


@pytest.mark.parametrize("scheme", [OWN, StageScheme.classic(mature_from=7, decline_after="8W")])
def test_a_scheme_survives_json_and_pickle(scheme):
    assert cv.load(json.loads(json.dumps(scheme.to_dict()))) == scheme
    assert pickle.loads(pickle.dumps(scheme)) == scheme  # noqa: S301
    assert scheme.to_dict()["kind"] == "lifecycle.StageScheme"


def test_a_scheme_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        OWN.otherwise = "gone"
    pairs = [["a", "occasions > 3"]]
    scheme = StageScheme(pairs, "b")
    pairs[0][0] = "c"
    assert scheme.stages == ("a", "b")


@pytest.mark.parametrize(
    ("conditions", "otherwise", "words"),
    [
        ([("a", "occasion > 1")], "b", "names 'occasion'"),
        ([("a", "occasions > 1"), ("a", "age > 3")], "b", "'a' stands twice"),
        ([("b", "occasions > 1")], "b", "'b' stands twice"),
        ([("a", "occasions + 1")], "b", "a condition is wanted"),
        ([("a", "occasions")], "b", "must be true or false"),
        ([("a", "occasions > 'x'")], "b", "occasions"),
        ([("a", "True")], "b", "names no feature"),
        ([("a", "occasions >")], "b", "invalid syntax"),
        ([("a", 3)], "b", "must be text"),
        ([("", "occasions > 1")], "b", "must have a name"),
        ([("a", "occasions > 1")], None, "must have a name"),
        ("occasions > 1", "b", "pairs"),
        ([("a", "b", "c")], "b", "pairs"),
        (None, "b", "pairs"),
    ],
)
def test_what_is_no_scheme_is_refused_when_it_is_made(conditions, otherwise, words):
    with pytest.raises(CustvalError, match=words):
        StageScheme(conditions, otherwise)


@pytest.mark.parametrize(
    ("thresholds", "words"),
    [
        ({"churn_after": "6M"}, "days or weeks"),
        ({"churn_after": 180}, "churn_after must be text"),
        ({"decline_after": "0D"}, "longer than zero"),
        ({"decline_after": "200D"}, "shorter than churn_after"),
        ({"mature_from": 1}, "at least 2"),
        ({"mature_from": 2.5}, "whole number"),
    ],
)
def test_thresholds_that_make_no_sense_are_refused(thresholds, words):
    with pytest.raises(CustvalError, match=words):
        StageScheme.classic(**thresholds)


def test_windows_are_whole_days():
    with pytest.raises(CustvalError, match="days or weeks"):
        StageScheme([("a", "occasions > 1")], "b", window="1M")


def test_data_that_hold_no_scheme_are_refused():
    data = StageScheme.classic().to_dict()
    with pytest.raises(CustvalError, match="'window'"):
        StageScheme.from_dict({key: value for key, value in data.items() if key != "window"})
    with pytest.raises(CustvalError, match="not a"):
        StageScheme.from_dict({**data, "kind": "segmentation.RFMScorer"})
