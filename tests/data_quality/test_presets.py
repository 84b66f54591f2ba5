"""The presets on rows that people really write, and on those that look odd and are right."""

from __future__ import annotations

import datetime as dt
import json
import math

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import custval as cv
from custval.data_quality import presets, rules, validate
from custval.errors import CustvalError

START = dt.datetime(2024, 1, 1)
AS_OF = "2024-06-30"
ALL = {
    "transactions": presets.transactions(AS_OF, test_accounts=["t1"]),
    "contracts": presets.contracts(AS_OF),
    "customers": presets.customers(AS_OF),
    "events": presets.events(AS_OF, known=["visit"]),
    "responses": presets.responses((1, 5), AS_OF, items=["a", "b", "c"]),
}


def broken(frame, rule_set):
    """The broken rules of each row."""
    failures = validate(frame, rule_set).failures
    failures = failures if isinstance(failures, dict) else nw.from_native(failures).to_dict(as_series=False)
    found = {}
    for rule, row in zip(failures["rule"], failures["row"], strict=True):
        found.setdefault(row, set()).add(rule)
    return found


@pytest.mark.parametrize("name", ALL)
def test_presets_survive_json(name):
    assert cv.load(json.loads(json.dumps(ALL[name].to_dict()))) == ALL[name]
    assert ALL[name].door == name


@pytest.mark.parametrize(
    ("email", "good"),
    [
        ("ann@example.org", True),
        ("a.b+c_d@mail.example.co.uk", True),
        ("müller@bücher.example", True),
        ("张伟@例子.中国", True),
        ("ann@example", False),
        ("ann.example.org", False),
        ("ann@@example.org", False),
        ("ann@example..org", False),
        ("ann b@example.org", False),
        ("ann＠example.org", False),
        ("a@b.de, c@d.de", False),
        ("", False),
    ],
)
def test_form_of_email(email, good):
    assert (broken({"customer_id": [1], "email": [email]}, presets.customers()) == {}) is good


@pytest.mark.parametrize(
    ("phone", "good"),
    [
        ("+1 (212) 555-0101", True),
        ("030 23125 000", True),
        ("13800138000", True),
        ("138-0013-8000", True),
        ("(010) 8765 4321", True),
        ("（０１０）８７６５４３２１", True),
        ("＋86 138 0013 8000", True),
        ("010-87654321转123", True),
        ("212.555.0101 ext. 7", True),
        ("12345", False),
        ("000-000", False),
        ("n/a", False),
        ("phone on file", False),
        ("1234567890123456", False),
        ("+49 30 2312 O00", False),
    ],
)
def test_form_of_phone(phone, good):
    assert (broken({"customer_id": [1], "phone": [phone]}, presets.customers()) == {}) is good


@pytest.mark.parametrize(
    "name", ["Test", "test 2", "QA Account", "Demo Customer", "dummy", "测试账号", "測試", "演示用户"]
)
def test_test_accounts_by_name(name):
    assert broken({"customer_id": [1], "name": [name]}, presets.customers()) == {0: {"no test account (name)"}}


@pytest.mark.parametrize("name", ["Testa", "Maria Testino", "Demoulin", "Qadir", "Ann Test-Smith", "王测", None])
def test_names_that_only_begin_like_tests(name):
    assert broken({"customer_id": [1], "name": [name]}, presets.customers()) == {}


@pytest.mark.parametrize(
    ("email", "is_test"),
    [
        ("test@shop.example.com", True),
        ("qa+7@example.com", True),
        ("Demo_2@example.com", True),
        ("testa@example.com", False),
        ("contest@example.com", False),
        ("demosthenes@example.com", False),
    ],
)
def test_test_accounts_by_email(email, is_test):
    found = broken({"customer_id": [1], "email": [email]}, presets.customers())
    assert found == ({0: {"no test account (email)"}} if is_test else {})


def test_customers(frame_library):
    day = dt.datetime(1980, 5, 1)
    frame = frame_library(
        {
            "customer_id": ["a", "b", "b", "c", "d"],
            "birth_date": [day, dt.datetime(1893, 1, 1), day, dt.datetime(2024, 2, 1), day],
            "acquired_at": [START, START, START, START, dt.datetime(9999, 12, 31)],
            "acquisition_cost": [1.0, 0.0, 2.0, -1.0, 3.0],
        }
    )
    assert broken(frame, presets.customers(AS_OF)) == {
        1: {"unique(customer_id)", "no absurd birth date"},
        2: {"unique(customer_id)"},
        3: {"birth_date <= acquired_at", "in_range(acquisition_cost, low=0)"},
        4: {f"not_in_future(acquired_at, as_of='{AS_OF}')"},
    }


def test_transactions(frame_library):
    second = dt.timedelta(seconds=1)
    lines = [
        ("a", START, "536365", "tea", 2, 1.5, "EUR"),
        ("a", START + 20 * second, "536366", "tea", 2, 1.5, "EUR"),
        ("a", START + 90 * second, "C536365", "tea", -3, 1.5, "EUR"),
        ("a", START + 99 * second, "c536366", "tea", -2, 1.5, "EUR"),
        ("b", START, "CN-1", "cup", 1, 0.0, "USD"),
        ("b", dt.datetime(1970, 1, 1), "退货7", "cup", 1, -2.0, "EUR"),
        ("t1", START, "536367", "cup", 1, 2.0, None),
        ("b", dt.datetime(9999, 12, 31), "536368", "cup", 0, 2.0, "EUR"),
    ]
    names = ("customer_id", "timestamp", "order_id", "product_id", "quantity", "unit_price", "currency")
    frame = frame_library(dict(zip(names, map(list, zip(*lines, strict=True)), strict=True)))
    assert broken(frame, ALL["transactions"]) == {
        1: {"no near duplicates"},
        2: {"no cancellation"},
        3: {"no cancellation", "refunds follow purchases"},
        4: {"one currency", "unit_price != 0"},
        5: {"no absurd date", "in_range(unit_price, low=0)", "no cancellation"},
        6: {"no test account"},
        7: {f"not_in_future(timestamp, as_of='{AS_OF}')", "quantity != 0"},
    }


def test_whole_numbers_as_order_ids_are_no_cancellations(frame_library):
    frame = frame_library({"customer_id": [1, 2], "timestamp": [START, START], "order_id": [7, 8]})
    assert validate(frame, presets.transactions()).failures is not None
    assert broken(frame, presets.transactions()) == {}


def test_contracts(frame_library):
    day = dt.timedelta(days=1)
    starts = [START, START, None, START, dt.datetime(1893, 1, 1), START]
    ends = [START + day, START - day, START, None, None, START + 300 * day]
    frame = frame_library(
        {
            "customer_id": [1, 2, 3, None, 5, 6],
            "started_at": starts,
            "ended_at": ends,
            "price": [1.0, 1.0, 0.0, -1.0, 1.0, 1.0],
        }
    )
    assert broken(frame, presets.contracts(AS_OF)) == {
        1: {"ended_at >= started_at"},
        2: {"not_null(started_at)", "price != 0"},
        3: {"not_null(customer_id)", "in_range(price, low=0)"},
        4: {"no absurd date"},
        5: {f"not_in_future(ended_at, as_of='{AS_OF}')"},
    }
    durations = frame_library(
        {"customer_id": [1, 2, 3, 4, 5], "duration": [3.0, -1.0, 1.5, None, 2.0], "observed": [1, 0, 1, 0, 2]}
    )
    assert broken(durations, presets.contracts(AS_OF)) == {
        1: {"in_range(duration, low=0)"},
        2: {"whole duration"},
        3: {"not_null(duration)"},
        4: {"of_type(observed, kind='boolean')"},
    }


def test_responses(frame_library):
    frame = frame_library(
        {
            "a": [1, 2, 3, None, 9],
            "b": [1, 3, 3, 5, 9],
            "c": [1, 4, 3, 5, 8],
            "score": [1.0, 2.5, 5.0, None, 6.0],
            "timestamp": [START, START, START, dt.datetime(2025, 1, 1), START],
        }
    )
    found = broken(frame, ALL["responses"])
    assert found == {
        0: {"not all alike"},
        1: {"whole score"},
        2: {"not all alike"},
        3: {f"not_in_future(timestamp, as_of='{AS_OF}')", "not_null(score)"},
        4: {"score on the scale", "a on the scale", "b on the scale", "c on the scale"},
    }
    assert broken(frame, presets.responses((0, 9), AS_OF, score="a")) == {
        3: {f"not_in_future(timestamp, as_of='{AS_OF}')", "not_null(a)"}
    }
    for scale in (3, (5, 1), (1, 1), ("a", 2), (0, float("inf"))):
        with pytest.raises(CustvalError, match="scale"):
            presets.responses(scale)


@pytest.mark.parametrize("name", ALL)
def test_no_rows_and_missing_optional_columns(name, frame_library):
    columns = {
        "transactions": {"customer_id": ["a"], "timestamp": [START]},
        "contracts": {"customer_id": ["a"]},
        "customers": {"customer_id": ["a"]},
        "events": {"customer_id": ["a"], "timestamp": [START], "event": ["visit"]},
        "responses": {"a": [1], "b": [2], "c": [3]},
    }[name]
    frame = frame_library(columns)
    assert validate(frame, ALL[name]).passed
    column, (value,) = next(iter(columns.items()))
    empty = validate(frame, [rules.not_in_set(column, [value])]).accepted
    assert validate(empty, ALL[name]).passed


CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, -7, 2**70, 0.1, math.inf, "", "007", "测试", "C1", "\ufffd", "1893-01-01"]),
    st.sampled_from([dt.datetime(1893, 1, 1), dt.datetime(9999, 12, 31), dt.date(2024, 1, 1)]),
    st.lists(st.integers(0, 2), max_size=2),
)
COLUMNS = {name: sorted({column for rule in rule_set for column in rule.columns}) for name, rule_set in ALL.items()}


@pytest.mark.parametrize("name", ALL)
@settings(max_examples=25)
@given(data=st.data())
def test_whatever_stands_there_every_row_is_accounted_for(name, data):
    n = data.draw(st.integers(0, 5))
    cells = {column: data.draw(st.lists(CELLS, min_size=n, max_size=n), label=column) for column in COLUMNS[name]}
    frame = pd.DataFrame({column: pd.Series(values, dtype=object) for column, values in cells.items()})
    frame["place"] = np.arange(n)
    before = frame.copy(deep=True)
    result = validate(frame, ALL[name])
    pd.testing.assert_frame_equal(frame, before)
    assert sorted([*result.accepted["place"], *result.rejected["place"]]) == list(range(n))
    assert result.account.rows_in == result.account.rows_out + sum(result.account.set_aside.values()) == n
    assert len(result.summary) == len(ALL[name])


def test_ids_with_leading_zeros_stay_apart(frame_library):
    frame = frame_library({"customer_id": ["007", "7", "0007"]})
    assert broken(frame, presets.customers()) == {}
    assert broken(frame, [*presets.customers(), rules.references("customer_id", ["007"])]) == {
        1: {"references(customer_id, values=['007'])"},
        2: {"references(customer_id, values=['007'])"},
    }
