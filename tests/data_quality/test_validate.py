"""Rules judged row by row against what each one says, in plain Python; and nothing is ever lost."""

from __future__ import annotations

import copy
import dataclasses
import datetime as dt
import json
import math
import pickle
import re

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custval.data_quality import RuleSet, presets, rules, validate
from custval.errors import ColumnError, CustvalError, DataError

START = dt.datetime(2024, 1, 1)


def lists(frame):
    """Columns as lists, whatever the library; NaN as None."""
    columns = frame if isinstance(frame, dict) else nw.from_native(frame).to_dict(as_series=False)
    return {name: [None if pd.isna(value) else value for value in values] for name, values in columns.items()}


def failing(frame, rule):
    """The rows that break one rule."""
    return lists(validate(frame, [rule]).failures)["row"]


# each rule in one line of Python: does this value, of these values, break it?
NUMBER = st.one_of(st.none(), st.sampled_from([-1.5, 0.0, 0.1, 1.0, 2.0, 1e300, math.inf, -math.inf]))
TEXT = st.one_of(st.none(), st.sampled_from(["", "a", "A", "ab", "a1", "11", " a", "é"]))
GROUP = st.sampled_from(["x", "y", None])
ROWS = st.lists(st.fixed_dictionaries({"number": NUMBER, "text": TEXT, "group": GROUP}), max_size=12)
VALUES = st.sets(st.sampled_from([-1.5, 0.0, 0.1, 1, 2, 7.5]), min_size=1)


def frame_of(rows):
    types = {"number": "float64", "text": object, "group": object}
    return pd.DataFrame({k: pd.Series([row[k] for row in rows], dtype=v) for k, v in types.items()})


@given(ROWS, st.sampled_from([None, -1.5, 0, 0.1]), st.sampled_from([None, 0.1, 1, 2.5]))
def test_in_range(rows, low, high):
    def breaks(value):
        below = low is not None and value < low
        return not math.isfinite(value) or below or (high is not None and value > high)

    expected = [i for i, row in enumerate(rows) if row["number"] is not None and breaks(row["number"])]
    assert failing(frame_of(rows), rules.in_range("number", low, high)) == expected


@given(ROWS, VALUES)
def test_in_set_and_references(rows, values):
    expected = [i for i, row in enumerate(rows) if row["number"] is not None and row["number"] not in values]
    assert failing(frame_of(rows), rules.in_set("number", values)) == expected
    assert failing(frame_of(rows), rules.references("number", values)) == expected


@given(ROWS, st.sampled_from([r"a.*", r"[a-z]?", r"\d+", r"(?i)A|ab", r".*1"]))
def test_matches_pattern(rows, pattern):
    expected = [i for i, row in enumerate(rows) if row["text"] is not None and not re.fullmatch(pattern, row["text"])]
    assert failing(frame_of(rows), rules.matches_pattern("text", pattern)) == expected


@given(ROWS, st.sampled_from(["first", "none"]))
def test_unique(rows, keep):
    for columns in (["text"], ["text", "group"], None):
        keys = [tuple(row[name] for name in columns or ("number", "text", "group")) for row in rows]
        expected = [
            i
            for i, key in enumerate(keys)
            if (keys.index(key) < i or (keep == "none" and keys.count(key) > 1))
            and not (columns and any(value is None for value in key))
        ]
        assert failing(frame_of(rows), rules.unique(columns, keep=keep)) == expected


@given(ROWS, st.sampled_from([None, "group", ["group", "text"]]), st.booleans(), st.booleans())
def test_monotone(rows, by, falling, strict):
    last, expected = {}, []
    for i, row in enumerate(rows):
        group = tuple(row[name] for name in ([by] if isinstance(by, str) else by or []))
        if row["number"] is None or None in group:
            continue
        before = last.get(group)
        if before is not None and (
            (row["number"] > before if falling else row["number"] < before) or (strict and row["number"] == before)
        ):
            expected.append(i)
        last[group] = row["number"]
    rule = rules.monotone("number", by=by, direction="decreasing" if falling else "increasing", strict=strict)
    assert failing(frame_of(rows), rule) == expected


@given(ROWS)
def test_expression_and_not_null(rows):
    expected = [
        i
        for i, row in enumerate(rows)
        if row["number"] is not None and not row["number"] >= 0 and row["group"] is not None and row["group"] != "x"
    ]
    assert failing(frame_of(rows), rules.expression("number >= 0 or group == 'x'")) == expected
    assert failing(frame_of(rows), rules.not_null("text")) == [i for i, row in enumerate(rows) if row["text"] is None]


SOME = [
    rules.not_null("number"),
    rules.in_range("number", 0, 1),
    rules.unique("text", severity="warning"),
    rules.expression("group == 'x'"),
    rules.matches_pattern("text", "a.*"),
    rules.matches_pattern("number", "a.*", severity="warning", name="a number is no text"),
    rules.not_null("nowhere", optional=True),
]


@given(ROWS, st.lists(st.sampled_from(SOME), unique=True))
def test_accepted_and_rejected_are_all_rows(rows, chosen):
    frame = frame_of(rows)
    frame["place"] = range(len(frame))
    before = frame.copy(deep=True)
    result = validate(frame, chosen)
    pd.testing.assert_frame_equal(frame, before)
    assert sorted([*result.accepted["place"], *result.rejected["place"]]) == list(range(len(frame)))
    assert result.accepted["place"].is_monotonic_increasing
    assert result.rejected["place"].is_monotonic_increasing
    errors = {}
    for rule, row, severity in result.failures[["rule", "row", "severity"]].itertuples(index=False):
        if severity == "error":
            errors.setdefault(row, []).append(rule)
    assert result.passed is (not errors)
    assert dict(zip(result.rejected["place"], result.rejected["rejection_reasons"], strict=True)) == {
        row: "; ".join(broken) for row, broken in errors.items()
    }
    account = result.account
    assert (account.rows_in, account.rows_out) == (len(frame), len(result.accepted))
    firsts = [broken[0] for broken in errors.values()]
    assert {k: n for k, n in account.set_aside.items() if n} == {name: firsts.count(name) for name in set(firsts)}
    counted = result.failures["rule"].value_counts().to_dict()
    assert dict(zip(result.summary["rule"], result.summary["failures"], strict=True)) == {
        rule.name: counted.get(rule.name, 0) for rule in chosen
    }


LINES = {
    "customer_id": ["ann", None, "bob", "bob"],
    "timestamp": [START, START, START + dt.timedelta(days=9), START + dt.timedelta(days=9)],
    "quantity": [1, 2, 0, 0],
    "amount": [10.0, None, 5.5, 5.5],
    "email": ["a@b.de", "ab.de", "c@d.de", "c@d.de"],
}


def test_every_library_gives_the_same_in_its_own_frames(frame_library):
    frame = frame_library(LINES)
    before = copy.deepcopy(frame)
    chosen = [
        *presets.transactions(as_of="2024-01-05"),
        rules.matches_pattern("email", ".+@.+", severity="warning"),
        rules.in_set("email", ["a@b.de"], severity="warning"),
        rules.in_set("quantity", [0, 1, 2.5], severity="warning"),
        rules.references("customer_id", frame_library({"customer_id": ["ann", "cid"]}), severity="warning"),
        rules.monotone("timestamp", by="email", strict=True, severity="warning"),
        rules.unique(["email", "amount"], severity="warning"),
        rules.in_range("timestamp", "2024-01-01", "2024-01-09", severity="warning"),
    ]
    result = validate(frame, chosen)
    for part in (result.accepted, result.rejected, result.failures, result.summary):
        assert type(part) is type(frame)
    assert lists(frame) == lists(before)
    failures = lists(result.failures)
    late = "2024-01-10 00:00:00"
    assert list(zip(failures["rule"], failures["column"], failures["row"], failures["value"], strict=True)) == [
        ("not_null(customer_id)", "customer_id", 1, None),
        ("not_in_future(timestamp, as_of='2024-01-05')", "timestamp", 2, late),
        ("not_in_future(timestamp, as_of='2024-01-05')", "timestamp", 3, late),
        ("not_null(amount)", "amount", 1, None),
        ("no exact duplicates", None, 3, None),
        ("quantity != 0", "quantity", 2, "0"),
        ("quantity != 0", "quantity", 3, "0"),
        ("matches_pattern(email, pattern='.+@.+')", "email", 1, "ab.de"),
        ("in_set(email, values=['a@b.de'])", "email", 1, "ab.de"),
        ("in_set(email, values=['a@b.de'])", "email", 2, "c@d.de"),
        ("in_set(email, values=['a@b.de'])", "email", 3, "c@d.de"),
        ("in_set(quantity, values=[0, 1, 2.5])", "quantity", 1, "2"),
        ("references(customer_id, values=['ann', 'cid'])", "customer_id", 2, "bob"),
        ("references(customer_id, values=['ann', 'cid'])", "customer_id", 3, "bob"),
        ("monotone(timestamp, email, strict=True)", "timestamp, email", 3, f"{late}, c@d.de"),
        ("unique(email, amount)", "email, amount", 2, "c@d.de, 5.5"),
        ("unique(email, amount)", "email, amount", 3, "c@d.de, 5.5"),
        ("in_range(timestamp, low='2024-01-01', high='2024-01-09')", "timestamp", 2, late),
        ("in_range(timestamp, low='2024-01-01', high='2024-01-09')", "timestamp", 3, late),
    ]
    assert set(failures["reason"]) == {None}
    assert lists(result.accepted)["email"] == ["a@b.de"]
    assert lists(result.rejected)["rejection_reasons"] == [
        "not_null(customer_id); not_null(amount)",
        "not_in_future(timestamp, as_of='2024-01-05')",
        "not_in_future(timestamp, as_of='2024-01-05'); no exact duplicates",
    ]
    assert list(lists(result.rejected)) == [*LINES, "rejection_reasons"]
    assert result.account.to_dict() == {
        "rows_in": 4,
        "rows_out": 1,
        "set_aside": {
            "not_null(customer_id)": 1,
            "not_null(timestamp)": 0,
            "not_in_future(timestamp, as_of='2024-01-05')": 2,
            "no absurd date": 0,
            "not_null(amount)": 0,
            "amount is finite": 0,
            "no exact duplicates": 0,
        },
        "amount_in": 21.0,
        "amount_out": 10.0,
        "amount_set_aside": {
            "not_null(customer_id)": 0.0,
            "not_null(timestamp)": 0.0,
            "not_in_future(timestamp, as_of='2024-01-05')": 11.0,
            "no absurd date": 0.0,
            "not_null(amount)": 0.0,
            "amount is finite": 0.0,
            "no exact duplicates": 0.0,
        },
    }
    summary = lists(result.summary)
    status = dict(zip(summary["rule"], summary["status"], strict=True))
    assert status["cost >= 0 or amount < 0"] == "skipped"
    assert status["not_null(timestamp)"] == "passed"
    assert status["quantity != 0"] == "failed"


def test_failures_by_key(frame_library):
    orders = frame_library({"order_id": ["o1", "o2", "o3"], "amount": [1.0, -1.0, -2.5]})
    failures = lists(validate(orders, [rules.in_range("amount", 0)], key="order_id").failures)
    assert list(failures) == ["rule", "column", "key", "value", "severity", "reason"]
    assert failures["key"] == ["o2", "o3"]
    assert failures["value"] == ["-1", "-2.5"]
    with pytest.raises(ColumnError, match=r"no column 'order'.*closest is 'order_id'"):
        validate(orders, [], key="order")


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        (rules.in_range("text", 0), "'text' must hold numbers, for in_range.* it holds text"),
        (rules.in_range("number", "2024-01-01"), "must hold dates or times, for .* it holds numbers"),
        (rules.in_set("text", [1, 2]), "must hold numbers, for .* it holds text"),
        (rules.in_set("number", ["x"]), "must hold text, for .* it holds numbers"),
        (rules.in_set("number", [True]), "must hold booleans"),
        (rules.references("when", ["x"]), "must hold text"),
        (rules.matches_pattern("number", ".*"), "must hold text, for .*; it holds numbers"),
        (rules.not_in_future("text"), "must hold dates or times"),
        (rules.monotone("text"), "must hold numbers"),
        (rules.expression("starts_with(number, 'x')"), "number"),
    ],
    ids=lambda value: value.name if isinstance(value, rules.Rule) else "",
)
def test_under_a_rule_that_cannot_read_its_column_all_rows_fail(rule, reason, frame_library):
    frame = frame_library({"text": ["a", "b"], "number": [1, 2], "when": [START, START]})
    result = validate(frame, [rule])
    failures = lists(result.failures)
    assert failures["row"] == [0, 1]
    assert [re.search(reason, text) is not None for text in failures["reason"]] == [True, True], failures["reason"]
    assert result.account.rows_out == 0
    assert lists(result.rejected)["rejection_reasons"] == [rule.name] * 2


def test_unorderable_and_infinite_values_fail_and_do_not_crash():
    frame = pd.DataFrame({"mixed": [1, "a", 2.5], "lists": [[1], [1], [2]], "number": [1.0, np.inf, 2.0]})
    for rule in (rules.unique(), rules.monotone("mixed"), rules.matches_pattern("mixed", ".*")):
        result = validate(frame, [rule])
        assert failing(frame, rule) == [0, 1, 2]
        assert result.failures["reason"].notna().all()
    assert failing(frame, rules.in_range("number", 0)) == [1]
    assert failing(frame, rules.monotone("number")) == [2]
    assert validate({"amount": [1.0, np.inf]}, [rules.in_range("amount")]).account.amount_in is None


def test_columns_without_a_known_value_break_no_rule_but_not_null(frame_library):
    frame = frame_library({"a": [1, 2], "nothing": [None, None]})
    chosen = [
        rules.in_range("nothing", 0),
        rules.in_set("nothing", ["x"]),
        rules.references("nothing", [1]),
        rules.matches_pattern("nothing", "x"),
        rules.not_in_future("nothing"),
        rules.monotone("nothing", by="a"),
        rules.unique("nothing"),
        rules.expression("nothing > a"),
    ]
    assert validate(frame, chosen).passed
    assert not validate(frame, [rules.not_null("nothing")]).passed


def test_references_to_nothing_break_for_every_known_value():
    assert failing({"id": ["a", None]}, rules.references("id", [])) == [0]


def test_whole_numbers_are_compared_exactly(frame_library):
    large = 2**60
    frame = frame_library({"id": [large, large + 1, 3]})
    assert failing(frame, rules.in_set("id", [large, 3])) == [1]
    assert failing(frame, rules.in_range("id", 0, large)) == [1]
    assert failing(frame, rules.in_set("id", [3.5, 1e30])) == [0, 1, 2]
    assert failing(frame, rules.monotone("id")) == [2]


def test_narrow_and_categorical_columns():
    frame = pd.DataFrame({"n": np.array([1, 2, 3], dtype=np.int8), "c": pd.Categorical(["x", "y", None])})
    assert failing(frame, rules.in_set("n", [1, 2, 1000])) == [2]
    assert failing(frame, rules.in_set("c", ["x"])) == [1]
    assert failing(frame, rules.matches_pattern("c", "x")) == [1]
    polars = pytest.importorskip("polars")
    enum = polars.DataFrame({"c": polars.Series(["x", "y"], dtype=polars.Enum(["y", "x"]))})
    assert failing(enum, rules.in_set("c", ["x"])) == [1]
    assert failing(enum, rules.matches_pattern("c", "x")) == [1]


def test_not_in_future_counts_whole_days_and_zones():
    zoned = pd.DataFrame({"t": pd.to_datetime(["2024-01-31 23:59", "2024-02-01 00:00"]).tz_localize("Asia/Tokyo")})
    assert failing(zoned, rules.not_in_future("t", as_of="2024-01-31")) == [1]
    assert failing(zoned, rules.not_in_future("t", as_of="2024-01-31T14:59:00+00:00")) == [1]
    assert failing(zoned, rules.not_in_future("t", as_of="2024-01-31T14:58:00+00:00")) == [0, 1]
    naive = pd.DataFrame({"t": pd.to_datetime(["2024-01-31 12:00", "2024-01-31 12:01", None])})
    assert failing(naive, rules.not_in_future("t", as_of="2024-01-31T12:00")) == [1]
    with pytest.raises(CustvalError, match="the times of the data have none"):
        validate(naive, [rules.not_in_future("t", as_of="2024-01-31T12:00+01:00")])


def test_not_in_future_by_the_clock():
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    hours = pd.DataFrame({"t": [now + dt.timedelta(hours=hours) for hours in (-1, 13, 15)]})
    # without a zone a time is in the future when it is so in UTC+14 too
    assert failing(hours, rules.not_in_future("t")) == [2]
    assert failing(hours.assign(t=hours["t"].dt.tz_localize("UTC")), rules.not_in_future("t")) == [1, 2]
    dates = {"t": [now.date(), now.date() + dt.timedelta(days=2)]}
    assert failing(dates, rules.not_in_future("t")) == [1]


def test_a_missing_column_raises_and_names_the_door():
    with pytest.raises(ColumnError, match=r"no column 'amont'.*closest is 'amount'"):
        validate(LINES, [rules.not_null("amont")])
    with pytest.raises(ColumnError, match=r"no column 'timestamp'.*cv\.transactions\(df, timestamp="):
        validate({"customer_id": [1]}, presets.transactions())
    with pytest.raises(ColumnError, match="no column 'nowhere'"):
        validate(LINES, [rules.expression("amount > nowhere")])


def test_what_is_refused():
    with pytest.raises(ColumnError, match="column 'rejection_reasons' already"):
        validate({"rejection_reasons": [1]}, [])
    with pytest.raises(CustvalError, match="made by the functions"):
        validate(LINES, ["not_null"])
    with pytest.raises(CustvalError, match="made by the functions"):
        validate(LINES, None)
    for uncalled in (presets.transactions, [rules.unique], [rules.not_null("amount"), rules.unique]):
        with pytest.raises(CustvalError, match="got the function .*call it: (transactions|unique)"):
            validate(LINES, uncalled)
    with pytest.raises(CustvalError, match="two rules are named"):
        validate(LINES, [rules.not_null("amount"), rules.not_null("amount")])
    with pytest.raises(CustvalError, match="must be a pandas"):
        validate(3, [])
    polars = pytest.importorskip("polars")
    with pytest.raises(DataError, match="lazy frame"):
        validate(polars.LazyFrame(LINES), [])


def test_one_rule_no_rule_and_a_set():
    assert not validate(LINES, rules.not_null("amount")).passed
    nothing = validate(LINES, [])
    assert nothing.passed
    assert nothing.accepted == LINES
    assert nothing.rejected == {**{name: [] for name in LINES}, "rejection_reasons": []}
    assert validate(LINES, RuleSet((rules.not_null("email"),))).passed


def test_warnings_reject_nothing():
    result = validate(LINES, [rules.not_null("amount", severity="warning")])
    assert result.passed
    assert result.accepted == LINES
    assert result.failures["severity"] == ["warning"]


def test_more_rules_than_bits_in_a_number():
    frame = {"n": list(range(100))}
    result = validate(frame, [rules.in_range("n", high=limit) for limit in range(100)])
    assert result.account.rows_out == 1
    broken = [reasons.count(";") + 1 for reasons in result.rejected["rejection_reasons"]]
    assert broken == list(range(1, 100))


def test_no_rows(frame_library):
    empty = validate(frame_library(LINES), [rules.in_range("quantity", 99)]).accepted
    assert list(lists(empty)) == list(LINES)
    result = validate(empty, presets.transactions())
    assert result.passed
    assert lists(result.failures) == {n: [] for n in ("rule", "column", "row", "value", "severity", "reason")}
    assert lists(result.rejected) == {name: [] for name in (*LINES, "rejection_reasons")}
    assert result.account.rows_in == 0


def test_a_pandas_index_carries_no_meaning():
    frame = pd.DataFrame(LINES, index=[3, 3, 1, 0])
    result = validate(frame, presets.transactions(as_of="2024-12-31"))
    for part in (result.accepted, result.rejected, result.failures, result.summary):
        pd.testing.assert_index_equal(part.index, pd.RangeIndex(len(part)))
    assert sorted(result.failures["row"].unique()) == [1, 2, 3]


def test_accepted_rows_are_those_that_were_judged(frame_library):
    frame = frame_library(LINES)
    result = validate(frame, rules.in_range("quantity", 1))
    if isinstance(frame, dict):
        frame["quantity"] = [-1] * 4
    elif hasattr(frame, "iloc"):
        frame["quantity"] = -1
        if pd.__version__ >= "3":
            frame.iloc[0, list(frame.columns).index("customer_id")] = "eve"
        del frame["email"]
    elif isinstance(frame, pytest.importorskip("polars").DataFrame):
        frame.drop_in_place("email")
    assert lists(result.accepted) == {name: values[:2] for name, values in LINES.items()}
    assert result.accepted is result.accepted


def test_accepted_rows_are_the_callers():
    frame = pd.DataFrame({"n": [1, 2, 3], "text": ["a", "b", "c"]})
    accepted = validate(frame, rules.in_range("n", 1)).accepted
    accepted.loc[0, "n"] = 9
    assert frame["n"].tolist() == [1, 2, 3]


@pytest.mark.parametrize("read_before", [True, False])
def test_accepted_rows_travel_whether_they_were_read_or_not(read_before):
    frame = pd.DataFrame(LINES)
    result = validate(frame, rules.not_null("amount"))
    if read_before:
        pd.testing.assert_frame_equal(result.accepted, frame.iloc[[0, 2, 3]].reset_index(drop=True))
    others = [
        pickle.loads(pickle.dumps(result)),  # noqa: S301 - just pickled
        copy.copy(result),
        copy.deepcopy(result),
        dataclasses.replace(result, passed=True),
    ]
    for other in others:
        pd.testing.assert_frame_equal(other.accepted, result.accepted)
    assert result.to_dict()["accepted"]["quantity"] == [1, 0, 0]
    assert "accepted: 3 rows" in str(result)
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.accepted = frame


def test_results_travel():
    result = validate(LINES, presets.transactions(as_of="2024-12-31"))
    assert json.loads(json.dumps(result.to_dict()))["passed"] is False
    assert result.to_frame() is result.failures
    assert pickle.loads(pickle.dumps(result)).account == result.account  # noqa: S301 - just pickled
    assert "not_null(customer_id)" in result._repr_html_()


def test_days_and_booleans(frame_library):
    frame = frame_library(
        {"t": [START, START + dt.timedelta(hours=23), START + dt.timedelta(days=1)], "b": [True, False, True]}
    )
    assert failing(frame, rules.in_range("t", high="2024-01-01")) == [2]
    assert failing(frame, rules.in_range("t", low="2024-01-02")) == [0, 1]
    assert failing(frame, rules.in_set("b", [True])) == [1]


def test_a_column_may_be_called_row(frame_library):
    frame = frame_library({"row": [7, 7, 8], "row_": [1, 1, 1]})
    assert failing(frame, rules.unique(keep="first")) == [1]
    assert failing(frame, rules.unique("row")) == [0, 1]
