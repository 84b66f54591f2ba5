"""Rules are data: what they hold, what they refuse to hold, and the way to JSON and back."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import json
import pickle

import numpy as np
import pandas as pd
import pytest

import custval as cv
from custval.data_quality import RuleSet, presets, rules
from custval.errors import ColumnError, CustvalError

ALL = [
    rules.not_null("a"),
    rules.unique("a", severity="warning"),
    rules.unique(["a", "b"], keep="first"),
    rules.unique(keep="first", name="no copies"),
    rules.in_range("a", 0, 1.5),
    rules.in_range("a", low="2024-01-01", optional=True),
    rules.in_range("a"),
    rules.in_set("a", ["x", "y"]),
    rules.in_set("b", range(20)),
    rules.in_set("c", [True]),
    rules.matches_pattern("a", r"\d+"),
    rules.references("a", [3, 1, 2, 3]),
    rules.not_in_future("a"),
    rules.not_in_future("a", dt.date(2024, 1, 31)),
    rules.monotone("a"),
    rules.monotone("a", by=["b", "c"], direction="decreasing", strict=True),
    rules.expression("a>0 and not is_null( b )"),
    rules.of_type("a", "number"),
    rules.not_in_set("a", ["x", "y"]),
    rules.excludes_pattern("a", r"(?i)test"),
    rules.varied(["a", "b", "c"]),
    rules.monotone("a", by=["b", "c"], order_by="d"),
    rules.near_duplicate(within="30s"),
    rules.near_duplicate(["a", "b"], order_by="t"),
    rules.refund_after_purchase(),
    rules.refund_after_purchase("amount", by="customer_id", order_by="t"),
    rules.constant("a"),
    rules.no_outliers("a"),
    rules.no_outliers("a", by=["b", "c"], threshold=3, severity="error"),
    rules.fresh("t", "36h", as_of="2024-01-31"),
    rules.share_of_nulls("a", high=0.25),
    rules.share_of("a", ["x"], low=0.1, high=0.5),
    rules.statistic("a", "mean", low=0),
    rules.statistic("a", 0.9, high=12.5),
    rules.row_count(low=1, high=10),
]


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.name)
def test_a_rule_survives_json_and_pickle(rule):
    assert rules.Rule.from_dict(json.loads(json.dumps(rule.to_dict()))) == rule
    assert pickle.loads(pickle.dumps(rule)) == rule  # noqa: S301 - just pickled
    assert hash(rule) == hash(dataclasses.replace(rule))


def test_rules_are_named_after_the_call_that_makes_them():
    assert [rule.name for rule in ALL] == [
        "not_null(a)",
        "unique(a)",
        "unique(a, b, keep='first')",
        "no copies",
        "in_range(a, low=0, high=1.5)",
        "in_range(a, low='2024-01-01')",
        "in_range(a)",
        "in_set(a, values=['x', 'y'])",
        "in_set(b, values=<20 values>)",
        "in_set(c, values=[True])",
        r"matches_pattern(a, pattern='\\d+')",
        "references(a, values=[1, 2, 3])",
        "not_in_future(a)",
        "not_in_future(a, as_of='2024-01-31')",
        "monotone(a)",
        "monotone(a, b, c, direction='decreasing', strict=True)",
        "a > 0 and not is_null(b)",
        "of_type(a, kind='number')",
        "not_in_set(a, values=['x', 'y'])",
        "excludes_pattern(a, pattern='(?i)test')",
        "varied(a, b, c)",
        "monotone(a, b, c, d, order_by='d')",
        "near_duplicate(timestamp, within='30s', order_by='timestamp')",
        "near_duplicate(a, b, t, within='1min', order_by='t')",
        "refund_after_purchase(quantity, customer_id, product_id, timestamp, order_by='timestamp')",
        "refund_after_purchase(amount, customer_id, t, order_by='t')",
        "constant(a)",
        "no_outliers(a)",
        "no_outliers(a, b, c, threshold=3.0)",
        "fresh(t, within='36h', as_of='2024-01-31')",
        "share_of_nulls(a, low=0, high=0.25)",
        "share_of(a, values=['x'], low=0.1, high=0.5)",
        "statistic(a, of='mean', low=0)",
        "statistic(a, of=0.9, high=12.5)",
        "row_count(low=1, high=10)",
    ]


def test_a_rule_cannot_be_changed():
    rule = rules.in_range("a", 0)
    with pytest.raises(AttributeError):
        rule.severity = "warning"
    with pytest.raises(TypeError):
        rule.parameters["low"] = 5


def test_a_set_survives_json_and_load():
    rule_set = RuleSet(tuple(ALL), door="events")
    assert cv.load(json.loads(json.dumps(rule_set.to_dict()))) == rule_set
    assert rule_set.to_dict()["kind"] == "data_quality.RuleSet"
    assert [*rule_set] == ALL
    assert len(rule_set) == len(ALL)
    assert rule_set + rules.not_null("z") == RuleSet((*ALL, rules.not_null("z")), "events")
    with pytest.raises(CustvalError, match="hold a clv"):
        RuleSet.from_dict({"kind": "clv.BetaGeoModel", "schema": 1})


def test_names_in_a_set_differ():
    with pytest.raises(CustvalError, match="two rules are named 'not_null"):
        RuleSet((rules.not_null("a"), rules.not_null("a")))


def test_references_read_the_other_table(frame_library):
    customers = frame_library({"customer_id": [3, 1, 3, 2], "name": ["c", "a", "c", "b"]})
    assert rules.references("customer_id", customers).parameters["values"] == (1, 2, 3)
    assert rules.references("payer", customers, to="name").parameters["values"] == ("a", "b", "c")
    with pytest.raises(ColumnError, match=r"the reference has no column 'payer'"):
        rules.references("payer", customers)


def test_references_leave_nulls_out():
    known = rules.references("id", pd.DataFrame({"id": ["a", None, "b"]})).parameters["values"]
    assert known == ("a", "b")
    assert rules.references("id", pd.DataFrame({"id": [1.0, np.nan]})).parameters["values"] == (1.0,)
    assert rules.references("id", []).parameters["values"] == ()


def test_plain_values_are_kept():
    rule = rules.in_range("a", np.float64(0.5), np.int64(3))
    assert [type(bound) for bound in rule.parameters.values()] == [float, int]
    assert rules.in_range("t", dt.date(2024, 1, 1)).parameters["low"] == "2024-01-01"
    assert rules.in_set("a", np.array([2, 1])).parameters["values"] == (1, 2)
    at = rules.not_in_future("t", np.datetime64("2024-01-31T12")).parameters["as_of"]
    assert at == "2024-01-31T12"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: rules.not_null(3), "a column is given by its name; got 3"),
        (lambda: rules.not_null(""), "a column is given by its name"),
        (lambda: rules.not_null("a", severity="fatal"), "severity must be one of 'error', 'warning'"),
        (lambda: rules.not_null("a", optional="yes"), "optional must be True or False"),
        (lambda: rules.not_null("a", name=" "), "name must be text"),
        (lambda: rules.unique("a", keep="last"), "keep must be one of"),
        (lambda: rules.in_range("a", 2, 1), "low must not exceed high"),
        (lambda: rules.in_range("a", "2024-02-01", "2024-01-01"), "low must not exceed high"),
        (lambda: rules.in_range("a", 0, "2024-01-01"), "two numbers or two days"),
        (lambda: rules.in_range("a", float("nan")), "low must be a finite number or a day"),
        (lambda: rules.in_range("a", high=True), "high must be a finite number or a day"),
        (lambda: rules.in_range("a", "yesterday"), "low must be a finite number or a day"),
        (lambda: rules.in_range("a", dt.datetime(2024, 1, 1, 12)), "low must be a finite number or a day"),
        (lambda: rules.in_set("a", "FR"), "values must be a list of values; got 'FR'"),
        (lambda: rules.in_set("a", 3), "values must be a list"),
        (lambda: rules.in_set("a", []), "text only, finite numbers only, or True and False; got none"),
        (lambda: rules.in_set("a", ["x", 1]), "text only"),
        (lambda: rules.in_set("a", [True, 1]), "text only"),
        (lambda: rules.in_set("a", ["x", None]), "text only"),
        (lambda: rules.in_set("a", [["x"]]), "text only"),
        (lambda: rules.in_set("a", [float("inf")]), "finite numbers"),
        (lambda: rules.matches_pattern("a", "("), "must be a regular expression"),
        (lambda: rules.matches_pattern("a", 3), "must be a regular expression"),
        (lambda: rules.references("a", [1], to="b"), "the reference is no table"),
        (lambda: rules.references("a", 3), "reference must be a list"),
        (lambda: rules.not_in_future("a", "tomorrow"), "as_of must be an ISO date"),
        (lambda: rules.monotone("a", direction="up"), "direction must be one of"),
        (lambda: rules.monotone("a", strict=1), "strict must be True or False"),
        (lambda: rules.of_type("a", "date"), "kind must be one of"),
        (lambda: rules.excludes_pattern("a", "("), "must be a regular expression"),
        (lambda: rules.varied(["a"]), "two columns or more"),
        (lambda: rules.near_duplicate(within="soon"), "within must be text such as"),
        (lambda: rules.near_duplicate(within="0s"), "within must be longer than zero"),
        (lambda: rules.refund_after_purchase(by=[]), "by must name"),
        (lambda: rules.no_outliers("a", threshold=0), "threshold must be a finite number above 0"),
        (lambda: rules.fresh("t", "7D", as_of="lately"), "as_of must be an ISO date"),
        (lambda: rules.share_of_nulls("a", high=1.5), "high must be a finite number of at least 0 up to 1"),
        (lambda: rules.share_of("a", ["x"]), "low, high, or both"),
        (lambda: rules.share_of("a", [], low=0.5), "values must be text only"),
        (lambda: rules.statistic("a", "mode", low=1), "of must be one of"),
        (lambda: rules.statistic("a", 1.5, low=1), "of must be a finite number"),
        (lambda: rules.statistic("a", "mean", low=2, high=1), "low must not exceed high"),
        (rules.row_count, "low, high, or both"),
        (lambda: rules.row_count(low=0.5), "low must be a whole number"),
        (lambda: rules.expression("a +"), "a \\+"),
        (lambda: rules.expression("a + 1"), "a condition is wanted"),
        (lambda: rules.expression("1 < 2"), "is about columns"),
        (lambda: RuleSet(("not_null",)), "made by the functions of custval.data_quality.rules; got 'not_null'"),
        (lambda: RuleSet(3), "made by the functions"),
        (lambda: rules.Rule.from_dict({"check": "not_nul", "columns": ["a"]}), "did you mean 'not_null'"),
        (lambda: rules.Rule.from_dict({"check": ["x"], "columns": ["a"]}), "there is no rule"),
        (lambda: rules.Rule.from_dict({"check": "not_null"}), "a rule is kept as a mapping of name, check"),
        (lambda: rules.Rule.from_dict({"check": "not_null", "columns": [], "x": 1}), "a rule is kept as a mapping"),
        (lambda: rules.Rule.from_dict("not_null(a)"), "a rule is kept as a mapping"),
        (lambda: rules.Rule.from_dict({"check": "not_null", "columns": ["a", "b"]}), "not_null cannot be made from"),
        (lambda: rules.Rule.from_dict({"check": "references", "columns": ["a"]}), "references cannot be made from"),
        (
            lambda: rules.Rule.from_dict({"check": "in_range", "columns": ["a"], "parameters": {"least": 0}}),
            "in_range cannot be made from",
        ),
        (
            lambda: rules.Rule.from_dict({"check": "in_range", "columns": ["a"], "parameters": {"low": 2, "high": 1}}),
            "low must not exceed high",
        ),
    ],
    ids=itertools.count(),
)
def test_what_is_no_rule(make, message):
    with pytest.raises(CustvalError, match=message):
        make()


def test_every_function_of_rules_makes_a_rule_and_is_public():
    made = {rule.check for rule in ALL}
    assert made == {name for name in rules.__all__ if name.islower()}


def test_the_preset_keeps_its_as_of():
    assert presets.transactions("2024-01-31").rules[2].parameters["as_of"] == "2024-01-31"
