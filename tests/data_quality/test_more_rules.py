"""Rules about types, other rows and whole tables against slow, obvious versions; nothing is lost or changed."""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter, defaultdict
from statistics import median

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custval.data_quality import RuleSet, profile, rules, validate
from custval.errors import CustvalError

START = dt.datetime(2024, 1, 1)


def lists(frame):
    columns = frame if isinstance(frame, dict) else nw.from_native(frame).to_dict(as_series=False)
    return {name: [None if pd.isna(value) else value for value in values] for name, values in columns.items()}


def failing(frame, rule):
    return lists(validate(frame, [rule]).failures)["row"]


def summary_of(frame, *some):
    return lists(validate(frame, list(some)).summary)


# types

TEXTS = {
    "number": (["1", "-1.5", " 2. ", "+.5", "1e3"], ["", "a", "1,5", "€ 5", "nan", "inf", "1_0", "0x1", "１"]),
    "time": (["2024-01-31", "2024-01-31T12:30", " 2024-01-31 12:30:01.5 ", "9999-12-31", "1893-01-01"], ["x", "31.1."]),
    "boolean": (["true", "No", " Y ", "1", "0", "是", "否", "on", "有", "√", "Off"], ["", "2", "maybe", "wahr"]),
}


@pytest.mark.parametrize("kind", TEXTS)
def test_text_is_read_value_by_value(kind, frame_library):
    good, bad = TEXTS[kind]
    frame = frame_library({"a": [*good, None, *bad]})
    result = validate(frame, [rules.of_type("a", kind)])
    assert lists(result.failures)["row"] == list(range(len(good) + 1, len(good) + 1 + len(bad)))
    assert lists(result.failures)["value"] == bad
    assert lists(result.accepted)["a"] == [*good, None]


@pytest.mark.parametrize("kind", ["number", "text", "time", "boolean"])
def test_columns_of_a_type_of_their_own(kind, frame_library):
    frame = frame_library({"number": [0, 2], "text": ["a", "b"], "time": [START, START], "boolean": [True, False]})
    for name in (
        frame_library({"number": [], "text": [], "time": [], "boolean": []})
        if False
        else (
            "number",
            "text",
            "time",
            "boolean",
        )
    ):
        result = validate(frame, [rules.of_type(name, kind)])
        expected = [] if name == kind else [1] if (name, kind) == ("number", "boolean") else [0, 1]
        assert lists(result.failures)["row"] == expected, (name, kind)
        if expected == [0, 1] and name != "text":
            assert "must hold" in lists(result.failures)["reason"][0]


def test_mixed_objects_are_judged_one_by_one():
    mixed = pd.DataFrame({"a": pd.Series([1, "2", True, None, [1], START, "x", 2.5], dtype=object)})
    assert failing(mixed, rules.of_type("a", "number")) == [2, 4, 5, 6]
    assert failing(mixed, rules.of_type("a", "text")) == [0, 2, 4, 5, 7]
    assert failing(mixed, rules.of_type("a", "time")) == [0, 1, 2, 4, 6, 7]
    assert failing(mixed, rules.of_type("a", "boolean")) == [1, 4, 5, 6, 7]


# values


def test_not_in_set_and_excludes_pattern(frame_library):
    frame = frame_library({"id": [1, 2, None, 3], "name": ["Ann", "Test 1", None, "测试账号"]})
    assert failing(frame, rules.not_in_set("id", [2, 3])) == [1, 3]
    assert failing(frame, rules.not_in_set("id", [])) == []
    assert failing(frame, rules.excludes_pattern("name", "(?i)^test|测试")) == [1, 3]
    assert failing(frame, rules.excludes_pattern("id", "2")) == []
    assert validate(frame, [rules.not_in_set("name", [2])]).summary is not None
    assert failing(frame, rules.not_in_set("name", [2])) == [0, 1, 2, 3]


def test_a_reference_of_another_type_says_why(frame_library):
    customers = frame_library({"customer_id": [1, 2, 3]})
    result = validate(frame_library({"customer_id": ["1", "2"]}), [rules.references("customer_id", customers)])
    (reason,) = set(lists(result.failures)["reason"])
    assert "column 'customer_id' must hold numbers" in reason
    assert "it holds text. The reference holds numbers, such as 1, so none of these values could be found" in reason
    assert lists(result.summary)["reason"] == [reason]


def test_varied(frame_library):
    frame = frame_library({"a": [1, 2, 3, None], "b": [1, 2, 4, 5], "c": [1, None, 3, 5]})
    assert failing(frame, rules.varied(["a", "b", "c"])) == [0]
    assert failing(frame, rules.varied(["a", "b"])) == [0, 1]
    text = frame_library({"a": [1, 2], "b": ["1", "2"]})
    assert failing(text, rules.varied(["a", "b"])) == [0, 1]


# other rows

SECONDS = st.one_of(st.none(), st.integers(0, 6))
LINES = st.lists(
    st.fixed_dictionaries(
        {
            "who": st.sampled_from(["x", "y", None]),
            "what": st.sampled_from(["p", "q"]),
            "second": SECONDS,
            "units": st.one_of(st.none(), st.sampled_from([-2.0, -1.0, -0.1, 0.0, 0.1, 0.2, 1.0, 3.0])),
        }
    ),
    max_size=14,
)


def lines_of(rows):
    return pd.DataFrame(
        {
            "who": pd.Series([row["who"] for row in rows], dtype=object),
            "what": pd.Series([row["what"] for row in rows], dtype=object),
            "timestamp": pd.Series(
                [pd.NaT if row["second"] is None else START + dt.timedelta(seconds=row["second"]) for row in rows],
                dtype="datetime64[us]",
            ),
            "units": pd.Series([row["units"] for row in rows], dtype="float64"),
        }
    )


@given(LINES)
def test_refunds_come_after_purchases(rows):
    stock, expected = defaultdict(int), []
    known = [i for i, row in enumerate(rows) if None not in row.values()]
    for i in sorted(known, key=lambda i: (rows[i]["second"], rows[i]["units"] < 0, i)):
        size = round(rows[i]["units"] * 10)
        key = rows[i]["who"], rows[i]["what"]
        if size >= 0:
            stock[key] += size
            continue
        if stock[key] < -size:
            expected.append(i)
        stock[key] = max(stock[key] + size, 0)
    rule = rules.refund_after_purchase("units", by=["who", "what"])
    assert failing(lines_of(rows), rule) == sorted(expected)


@given(LINES, st.sampled_from([1, 2, 3]), st.booleans())
def test_near_duplicates(rows, seconds, everything):
    names = ("who", "what", "units") if everything else ("who", "what")
    expected = []
    for i, row in enumerate(rows):
        if row["second"] is None or (not everything and row["who"] is None):
            continue
        gaps = [
            row["second"] - other["second"]
            for other in rows
            if other["second"] is not None and all(row[name] == other[name] for name in names)
        ]
        if any(0 < gap <= seconds for gap in gaps):
            expected.append(i)
    rule = rules.near_duplicate(None if everything else names, within=f"{seconds}s")
    assert failing(lines_of(rows), rule) == expected


@given(LINES, st.booleans(), st.booleans())
def test_monotone_in_the_order_of_a_column(rows, falling, strict):
    sign = -1 if falling else 1
    last, expected = {}, []
    known = [i for i, row in enumerate(rows) if None not in row.values()]
    for i in sorted(known, key=lambda i: (rows[i]["second"], sign * rows[i]["units"], i)):
        value, before = sign * rows[i]["units"], last.get(rows[i]["who"])
        if before is not None and (value < before or (strict and value == before)):
            expected.append(i)
        last[rows[i]["who"]] = value
    how = {"direction": "decreasing" if falling else "increasing", "strict": strict}
    found = failing(lines_of(rows), rules.monotone("units", by="who", order_by="timestamp", **how))
    # of rows that are alike in everything any may be the second
    assert sorted(like(rows, found)) == sorted(like(rows, expected))


def like(rows, places):
    return [(rows[i]["who"], rows[i]["second"], rows[i]["units"]) for i in places]


@given(st.lists(st.one_of(st.none(), st.sampled_from(["EUR", "USD", "CNY"])), max_size=10))
def test_constant(values):
    counts = Counter(value for value in values if value is not None)
    usual = min(counts, key=lambda value: (-counts[value], value), default=None)
    expected = [i for i, value in enumerate(values) if value is not None and value != usual]
    assert failing({"currency": values}, rules.constant("currency")) == expected


def test_zero_has_one_sign(frame_library):
    times = [START + dt.timedelta(seconds=second) for second in range(4)]
    frame = frame_library({"x": [0.0, -0.0, 1.0, None], "n": [2, 1, 3, 4], "t": times})
    assert failing(frame, rules.unique("x")) == [0, 1]
    assert failing(frame, rules.near_duplicate("x", order_by="t")) == [1]
    assert failing(frame, rules.monotone("n", by="x", order_by="t")) == [1]


def test_constant_reads_whole_numbers_and_booleans(frame_library):
    frame = frame_library({"n": [7, 7, None, 8], "b": [True, True, None, False], "x": [0.5, 0.5, None, 1.0]})
    assert failing(frame, rules.constant("n")) == [3]
    assert failing(frame, rules.constant("b")) == [3]
    result = validate(frame, [rules.constant("x")])
    assert lists(result.failures)["row"] == [0, 1, 2, 3]
    assert "text, whole numbers or booleans" in lists(result.failures)["reason"][0]


SIZES = st.one_of(st.none(), st.sampled_from([0.0, 1.0, -1.0, 2.0, 5.0, 40.0, 1e4, -1e6, 1e9]))


@given(st.lists(st.tuples(st.sampled_from(["p", "q"]), SIZES), max_size=24), st.sampled_from([1.0, 3.5, 5.0]))
def test_outliers_by_the_median(rows, threshold):
    every = {i: math.log(abs(size)) for i, (_, size) in enumerate(rows) if size}
    expected = []
    for group in ("p", "q"):
        logs = {i: value for i, value in every.items() if rows[i][0] == group}
        usual = every if len(logs) < 6 else logs
        if len(usual) < 6:
            continue
        middle = median(usual.values())
        spread = max(1.4826 * median(abs(value - middle) for value in usual.values()), math.log(2))
        expected += [i for i, value in logs.items() if abs(value - middle) > threshold * spread]
    frame = {"product": [of for of, _ in rows], "size": pd.Series([size for _, size in rows], dtype="float64")}
    assert failing(frame, rules.no_outliers("size", by="product", threshold=threshold)) == sorted(expected)


def test_what_these_rules_cannot_read_fails_in_all_rows_and_says_why(frame_library):
    for rule, reason in (
        (rules.near_duplicate(["text"], order_by="n"), "must hold dates or times"),
        (rules.refund_after_purchase("text", by="n", order_by="t"), "'text' must hold numbers"),
        (rules.refund_after_purchase("n", by="text", order_by="text"), "must hold dates or times"),
        (rules.no_outliers("text"), "'text' must hold numbers"),
        (rules.constant("t"), "text, whole numbers or booleans"),
        (rules.monotone("n", order_by="text"), "must hold numbers"),
    ):
        frame = frame_library({"t": [START, START], "text": ["a", "a"], "n": [1.0, -1.0]})
        failures = lists(validate(frame, [rule]).failures)
        assert failures["row"] == [0, 1], rule.name
        assert reason in failures["reason"][0], rule.name


# tables


def test_rules_about_tables_reject_no_row(frame_library):
    frame = frame_library(
        {"t": [START, START + dt.timedelta(hours=18)], "x": [10.0, None], "c": ["web", "shop"], "amount": [1.0, 2.5]}
    )
    some = [
        rules.fresh("t", "7D", as_of="2024-01-07"),
        rules.fresh("t", "1D", as_of="2024-01-08", name="late"),
        rules.share_of_nulls("x", high=0.5),
        rules.share_of_nulls("x", high=0.4, severity="warning", name="gaps"),
        rules.share_of("c", ["web"], high=0.4),
        rules.statistic("amount", "mean", low=1, high=2),
        rules.statistic("amount", 0.5, high=1.5, name="middle"),
        rules.row_count(low=3),
        rules.not_null("x"),
        rules.statistic("nowhere", "mean", low=0, optional=True),
    ]
    result = validate(frame, some)
    summary = lists(result.summary)
    assert summary["status"] == [
        *("passed", "failed", "passed", "failed", "failed"),
        *("passed", "failed", "failed", "failed", "skipped"),
    ]
    assert summary["failures"] == [0, 1, 0, 1, 1, 0, 1, 1, 1, 0]
    latest = "2024-01-01T18:00:00"
    assert summary["measured"] == [latest, latest, "0.5", "0.5", "0.5", "1.75", "1.75", "2", None, None]
    assert summary["reason"] == [None] * 10
    assert not result.passed
    assert lists(result.failures)["rule"] == ["not_null(x)"]
    assert lists(result.rejected)["x"] == [None]
    assert dict(result.account.set_aside) == {"not_null(x)": 1}
    only = validate(frame, [rules.row_count(low=3)])
    assert not only.passed
    assert only.account.rows_out == 2
    assert validate(frame, [rules.row_count(low=3, severity="warning")]).passed


def test_tables_in_which_nothing_is_known(frame_library):
    frame = frame_library({"nothing": [None, None], "n": [1, 2]})
    for empty in (frame, validate(frame, [rules.in_range("n", 5)]).accepted):
        summary = summary_of(
            empty,
            rules.statistic("nothing", "mean", low=1),
            rules.share_of("nothing", ["x"], low=0.5),
            rules.fresh("nothing", as_of="2024-01-01"),
            rules.share_of_nulls("n"),
        )
        assert summary["status"] == ["passed", "passed", "failed", "passed"]
        assert summary["reason"][2] == "no time is known"


def test_statistics(frame_library):
    values = [3.0, 1.0, None, 2.0, 10.0]
    known = np.array([1.0, 2.0, 3.0, 10.0])
    frame = frame_library({"x": values})
    for of, want in {
        "mean": known.mean(),
        "median": 2.5,
        "sum": 16.0,
        "std": known.std(ddof=1),
        "min": 1.0,
        "max": 10.0,
        0.9: np.quantile(known, 0.9),
    }.items():
        measured = summary_of(frame, rules.statistic("x", of, low=want * (1 - 1e-9), high=want * (1 + 1e-9)))
        assert measured["status"] == ["passed"], of
        assert float(measured["measured"][0]) == pytest.approx(want, rel=1e-5)
    bad = {"text": ["a", "b"], "x": [1.0, math.inf]}
    reasons = summary_of(bad, rules.statistic("text", "mean", low=0), rules.statistic("x", "mean", low=0))["reason"]
    assert "must hold numbers" in reasons[0]
    assert "infinite" in reasons[1]


def test_freshness_by_the_clock_and_in_zones():
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    assert validate({"t": [now - dt.timedelta(hours=5)]}, [rules.fresh("t", "6h")]).passed
    assert not validate({"t": [now - dt.timedelta(hours=7)]}, [rules.fresh("t", "6h")]).passed
    zoned = pd.DataFrame(
        {"t": pd.to_datetime([now - dt.timedelta(hours=5)]).tz_localize("UTC").tz_convert("Asia/Tokyo")}
    )
    assert validate(zoned, [rules.fresh("t", "6h")]).passed
    assert not validate(zoned, [rules.fresh("t", "4h")]).passed


def test_rules_about_tables_are_no_checks_of_rows():
    frame = {"x": [1.0, None]}
    some = RuleSet((rules.not_null("x"), rules.row_count(low=9)))
    assert profile(frame, rules=some).quality["validity"] == 0.5


# every row is accounted for

CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, 1, -7, 2**70, 0.1, math.inf, -math.inf, "", "007", "测试", "\x00", "1893-01-01", "\ufffd"]),
    st.sampled_from([dt.datetime(1893, 1, 1), dt.datetime(9999, 12, 31), dt.date(2024, 1, 1)]),
    st.lists(st.integers(0, 2), max_size=2),
)
ANY_RULES = [
    *(rules.of_type("a", kind, name=kind) for kind in ("number", "text", "time", "boolean")),
    rules.not_in_set("a", ["x"]),
    rules.excludes_pattern("a", "测|0"),
    rules.varied(["a", "b"]),
    rules.near_duplicate(order_by="b"),
    rules.near_duplicate("a", order_by="b", name="near"),
    rules.refund_after_purchase("a", by="c", order_by="b"),
    rules.constant("a"),
    rules.no_outliers("a", by="c", severity="error"),
    rules.monotone("a", by="c", order_by="b"),
    rules.unique(["a", "c"]),
    rules.fresh("b"),
    rules.share_of("a", [1], low=0.1),
    rules.share_of_nulls("a", high=0.1),
    rules.statistic("a", "mean", low=0),
]


@settings(max_examples=60)
@given(st.lists(st.tuples(CELLS, CELLS, st.sampled_from(["x", "y", None])), max_size=8))
def test_whatever_stands_there_every_row_is_accounted_for(cells):
    frame = pd.DataFrame({name: pd.Series([row[i] for row in cells], dtype=object) for i, name in enumerate("abc")})
    frame["place"] = np.arange(len(frame))
    before = frame.copy(deep=True)
    for rule in ANY_RULES:
        result = validate(frame, [rule])
        pd.testing.assert_frame_equal(frame, before)
        places = [*result.accepted["place"], *result.rejected["place"]]
        assert sorted(places) == list(range(len(frame))), rule.name
        assert result.account.rows_in == result.account.rows_out + sum(result.account.set_aside.values())


def test_a_thousand_columns():
    wide = pd.DataFrame(np.zeros((3, 1_000)), columns=[f"c{i}" for i in range(1_000)])
    wide["timestamp"] = [START, START + dt.timedelta(seconds=5), START + dt.timedelta(days=1)]
    assert failing(wide, rules.near_duplicate()) == [1]
    some = [rules.of_type(f"c{i}", "number") for i in range(1_000)]
    assert validate(wide, some).passed


def test_what_a_lazy_frame_must_be_collected_for():
    polars = pytest.importorskip("polars")
    lazy = polars.LazyFrame({"id": [1], "t": ["2024-01-01"], "n": [1]})
    with pytest.raises(CustvalError, match="would read text as times") as raised:
        validate(lazy, [rules.of_type("t", "time")], key="id")
    assert "collect" in raised.value.suggestion
    with pytest.raises(CustvalError, match="about their order") as raised:
        validate(lazy, [rules.monotone("n")], key="id")
    assert "order_by" in raised.value.suggestion
