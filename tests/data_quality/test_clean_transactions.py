"""Cleaning against a slow cleaner that goes line by line, in exact arithmetic; and what bad input is told."""

from __future__ import annotations

import ast
import copy
import datetime as dt
import json
import pickle
from decimal import Decimal
from fractions import Fraction

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custval.data_quality import clean_transactions
from custval.errors import ColumnError, CustvalError, DataError

START = dt.datetime(2024, 1, 1)
COLUMNS = ["customer_id", "timestamp", "order_id", "product_id", "quantity", "amount"]


def in_cents(number):
    return Fraction(Decimal(repr(number)))


class SlowCleaner:
    """The policies, one line after the other."""

    def __init__(self, lines, **policies):
        self.lines = lines
        self.policies = policies
        self.reason = [None] * len(lines)
        self.left = [None if line["quantity"] is None else Fraction(abs(line["quantity"])) for line in lines]
        self.clean()

    def clean(self):
        seen = set()
        for number, line in enumerate(self.lines):
            values = tuple(line[name] for name in COLUMNS)
            if self.policies["missing_customer"] == "drop" and line["customer_id"] is None:
                self.reason[number] = "missing customer"
            elif self.policies["duplicates"] == "drop" and values in seen:
                self.reason[number] = "exact duplicate"
            elif line["product_id"] == "post":
                self.reason[number] = "postage"
            elif self.policies["zero_amount"] == "drop" and line["amount"] == 0:
                self.reason[number] = "zero amount"
            elif self.policies["refunds"] == "drop" and self.is_refund(line):
                self.reason[number] = "refund"
            seen.add(values)
        if self.policies["refunds"] == "net":
            self.net()

    def is_refund(self, line):
        if self.policies["refund_when"]:
            return line["order_id"].startswith("C")
        return line["amount"] < 0

    def net(self):
        staying = [number for number, reason in enumerate(self.reason) if reason is None]
        # of one time, sales before refunds and small lines before large ones
        lines = {number: self.lines[number] for number in staying}
        staying.sort(key=lambda n: (lines[n]["timestamp"], self.is_refund(lines[n]), abs(lines[n]["quantity"]), n))
        for place, number in enumerate(staying):
            refund = self.lines[number]
            if not self.is_refund(refund) or refund["customer_id"] is None or refund["product_id"] is None:
                continue
            for earlier in staying[:place]:
                sale = self.lines[earlier]
                same = (sale["customer_id"], sale["product_id"]) == (refund["customer_id"], refund["product_id"])
                if same and not self.is_refund(sale) and sale["quantity"] > 0 and sale["amount"] > 0:
                    taken = min(self.left[number], self.left[earlier])
                    self.left[number] -= taken
                    self.left[earlier] -= taken
        for number in staying:
            line = self.lines[number]
            whole = abs(line["quantity"])
            if self.is_refund(line):
                if whole and not self.left[number]:
                    self.reason[number] = "refund netted"
                elif self.policies["unmatched_refunds"] == "drop":
                    self.reason[number] = "refund without a purchase"
            elif whole and not self.left[number]:
                self.reason[number] = "refunded"

    def rows(self):
        """The lines that stay: number, what is left of the quantity and of the amount."""
        for number, line in enumerate(self.lines):
            if self.reason[number] is None:
                whole = abs(line["quantity"])
                share = self.left[number] / whole if whole else 1
                yield number, line["quantity"] * share, in_cents(line["amount"]) * share


LINE = st.fixed_dictionaries(
    {
        "customer_id": st.sampled_from(["ann", "bob", None]),
        "timestamp": st.integers(0, 5).map(lambda day: START + dt.timedelta(days=day)),
        "order_id": st.sampled_from(["1", "2", "C3", "C4"]),
        "product_id": st.sampled_from(["tea", "cup", "post", None]),
        "quantity": st.integers(-6, 9),
        "amount": st.sampled_from([0.0, 0.1, 0.2, 0.7, 10.0, 19.99, 1250.55, -0.3, -10.0, -19.99]),
    }
)
POLICIES = st.fixed_dictionaries(
    {
        "refunds": st.sampled_from(["net", "net", "drop", "keep"]),
        "refund_when": st.sampled_from([None, "starts_with(order_id, 'C')"]),
        "unmatched_refunds": st.sampled_from(["keep", "drop"]),
        "duplicates": st.sampled_from(["drop", "keep"]),
        "zero_amount": st.sampled_from(["drop", "keep"]),
        "missing_customer": st.sampled_from(["drop", "keep"]),
    }
)
EXCLUDE = {"postage": "product_id == 'post'"}


def frame_of(lines):
    types = {"timestamp": "datetime64[us]", "quantity": "int64", "amount": "float64"}
    columns = {name: [line[name] for line in lines] for name in COLUMNS}
    return pd.DataFrame({name: pd.Series(values, dtype=types.get(name, object)) for name, values in columns.items()})


def assert_adds_up(cleaned, frame):
    """Rows, and money to the cent, against decimal arithmetic over what is really in the frames."""
    account = cleaned.account
    assert account.rows_in == len(frame)
    assert account.rows_out == len(cleaned.frame)
    assert account.rows_out + len(cleaned.removed) == account.rows_in
    assert cleaned.removed["reason"].value_counts().to_dict() == {k: n for k, n in account.set_aside.items() if n}
    cents = Fraction(1, 200)
    money = {"in": frame["amount"], "out": cleaned.frame["amount"]}
    money = {key: sum(map(in_cents, column.tolist()), Fraction(0)) for key, column in money.items()}
    assert abs(Fraction(account.amount_in) - money["in"]) < cents
    assert abs(Fraction(account.amount_out) - money["out"]) < cents
    aside = sum(map(Fraction, account.amount_set_aside.values()), Fraction(0))
    assert abs(money["in"] - money["out"] - aside) < cents
    for reason, lines in cleaned.removed.groupby("reason"):
        total = sum(map(in_cents, lines["amount"].tolist()), Fraction(0))
        assert abs(Fraction(account.amount_set_aside[reason]) - total) < cents


@given(st.lists(LINE, max_size=14), POLICIES)
def test_every_line_as_the_slow_cleaner_has_it(lines, policies):
    frame = frame_of(lines)
    before = frame.copy(deep=True)
    cleaned = clean_transactions(frame, exclude=EXCLUDE, **policies)
    slow = SlowCleaner(lines, **policies)
    expected = list(slow.rows())
    pd.testing.assert_frame_equal(frame, before)
    assert list(cleaned.frame.columns) == COLUMNS
    assert cleaned.frame["quantity"].tolist() == [float(quantity) for _, quantity, _ in expected]
    assert cleaned.frame["amount"].tolist() == pytest.approx([float(amount) for *_, amount in expected], rel=1e-12)
    for name in ("customer_id", "timestamp", "order_id", "product_id"):
        there = [None if pd.isna(value) else value for value in cleaned.frame[name]]
        assert there == [lines[number][name] for number, *_ in expected]
    removed = [(number, reason) for number, reason in enumerate(slow.reason) if reason]
    assert list(zip(cleaned.removed["row"], cleaned.removed["reason"], strict=True)) == removed
    pd.testing.assert_frame_equal(
        cleaned.removed[COLUMNS], frame.iloc[cleaned.removed["row"]].reset_index(drop=True), check_dtype=False
    )
    assert_adds_up(cleaned, frame)


@given(st.lists(LINE, max_size=14), POLICIES)
def test_what_changed_is_listed_with_what_was_there_before(lines, policies):
    frame = frame_of(lines)
    cleaned = clean_transactions(frame, **policies)
    staying = sorted(set(range(len(frame))) - set(cleaned.removed["row"]))
    was, now = frame.iloc[staying].reset_index(drop=True), cleaned.frame
    differs = (was["quantity"] != now["quantity"]).to_numpy()
    assert cleaned.changed["row"].tolist() == np.array(staying, dtype=int)[differs].tolist()
    for name in ("quantity", "amount"):
        assert cleaned.changed[f"{name}_before"].tolist() == was[name][differs].tolist()
        assert cleaned.changed[f"{name}_after"].tolist() == now[name][differs].tolist()
        assert was[name][~differs].tolist() == now[name][~differs].tolist()


@given(st.lists(LINE, max_size=14), POLICIES)
def test_the_log_tells_the_account_step_by_step(lines, policies):
    cleaned = clean_transactions(frame_of(lines), exclude=EXCLUDE, **policies)
    log = cleaned.log
    assert log.columns.tolist() == ["step", "reason", "rows", "customers", "amount"]
    assert log["rows"].sum() == len(cleaned.removed)
    assert dict(zip(log["reason"], log["amount"], strict=True)) == dict(cleaned.account.amount_set_aside)
    order = ["missing customer", "duplicates", "exclude", "zero amount", "refunds"]
    assert [order.index(step) for step in log["step"]] == sorted(order.index(step) for step in log["step"])
    for reason, lines_gone in cleaned.removed.groupby("reason"):
        assert log.set_index("reason").loc[reason, "customers"] == lines_gone["customer_id"].nunique()


# lines of few kinds, so that many are equal or become so
CLOSE = st.fixed_dictionaries(
    {
        "customer_id": st.sampled_from(["ann", "ann", "ann", None]),
        "timestamp": st.integers(0, 2).map(lambda day: START + dt.timedelta(days=day)),
        "order_id": st.sampled_from(["1", "C3"]),
        "product_id": st.sampled_from(["tea", "tea", "post", None]),
        "quantity": st.sampled_from([-4, -2, -1, 1, 2, 4]),
        "amount": st.just(0.0),
    }
)


def at_one_price(line):
    return {**line, "amount": line["quantity"] * 2.5}


@given(
    st.one_of(st.lists(LINE, max_size=14), st.lists(CLOSE.map(at_one_price), max_size=14)),
    POLICIES,
    st.booleans(),
)
def test_cleaning_the_clean_takes_nothing_more_away(lines, policies, excluding):
    exclude = EXCLUDE if excluding else None
    frame = frame_of(lines)
    once = clean_transactions(frame, exclude=exclude, **policies)
    assert_adds_up(once, frame)
    twice = clean_transactions(once.frame, exclude=exclude, **policies)
    pd.testing.assert_frame_equal(once.frame, twice.frame)
    assert len(twice.removed) == len(twice.changed) == 0


def test_what_is_left_of_a_line_is_no_copy_of_another():
    lines = {"quantity": [8, 4, -4], "amount": [16.0, 8.0, -8.0]}
    frame = pd.DataFrame({"customer_id": 1, "timestamp": [START, START, START + dt.timedelta(days=1)], **lines})
    once = clean_transactions(frame)
    assert once.frame["quantity"].tolist() == [8]
    pd.testing.assert_frame_equal(clean_transactions(once.frame).frame, once.frame)


@given(st.lists(LINE, max_size=14))
def test_at_one_price_netting_leaves_every_customers_money_as_it_is(lines):
    for line in lines:
        line["amount"] = line["quantity"] * {"tea": 2.5, "cup": 0.01, "post": 3.99, None: 1.0}[line["product_id"]]
    frame = frame_of(lines)
    cleaned = clean_transactions(frame, duplicates="keep")
    known = frame.dropna(subset="customer_id").groupby("customer_id")["amount"].sum()
    after = cleaned.frame.groupby("customer_id")["amount"].sum()
    assert after.reindex(known.index, fill_value=0.0).tolist() == pytest.approx(known.tolist(), abs=1e-9)


TABLE = {
    "customer_id": ["ann", "ann", "ann", None, "bob", "bob", "ann"],
    "timestamp": [START + dt.timedelta(days=day) for day in (0, 1, 5, 2, 3, 4, 6)],
    "order_id": ["1", "2", "C3", "4", "5", "C6", "7"],
    "product_id": ["tea", "tea", "tea", "tea", "cup", "cup", "tea"],
    "quantity": [2, 5, -3, 1, 1, -4, 1],
    "amount": [10.0, 25.0, -14.0, 5.0, 8.0, -32.0, 0.0],
}


def test_every_library_gives_the_same_in_its_own_frames(frame_library, to_lists):
    frame = frame_library(TABLE)
    before = copy.deepcopy(frame)
    cleaned = clean_transactions(
        frame, refund_when="starts_with(order_id, 'C')", zero_amount="drop", exclude={"none": "quantity > 100"}
    )
    for part in (cleaned.frame, cleaned.removed, cleaned.changed, cleaned.log):
        assert type(part) is type(frame)
    assert to_lists(frame) == to_lists(before)
    assert to_lists(cleaned.frame) == {
        "customer_id": ["ann", "bob"],
        "timestamp": [START + dt.timedelta(days=day) for day in (1, 4)],
        "order_id": ["2", "C6"],
        "product_id": ["tea", "cup"],
        "quantity": [4, -3],
        "amount": [20.0, -24.0],
    }
    removed = to_lists(cleaned.removed)
    assert removed["row"] == [0, 2, 3, 4, 6]
    assert removed["reason"] == ["refunded", "refund netted", "missing customer", "refunded", "zero amount"]
    assert [value if isinstance(value, str) else None for value in removed["customer_id"]] == [
        "ann",
        "ann",
        None,
        "bob",
        "ann",
    ]
    assert removed["amount"] == [10.0, -14.0, 5.0, 8.0, 0.0]
    assert to_lists(cleaned.changed) == {
        "row": [1, 5],
        "quantity_before": [5.0, -4.0],
        "quantity_after": [4.0, -3.0],
        "amount_before": [25.0, -32.0],
        "amount_after": [20.0, -24.0],
    }
    assert to_lists(cleaned.log) == {
        "step": ["missing customer", "duplicates", "exclude", "zero amount", *["refunds"] * 4],
        "reason": [
            "missing customer",
            "exact duplicate",
            "none",
            "zero amount",
            "refunded",
            "refund netted",
            "refunded in part",
            "refund netted in part",
        ],
        "rows": [1, 0, 0, 1, 2, 1, 0, 0],
        "customers": [0, 0, 0, 1, 2, 1, 1, 1],
        "amount": [5.0, 0.0, 0.0, 0.0, 18.0, -14.0, 5.0, -8.0],
    }
    assert cleaned.account.amount_in == 2.0
    assert cleaned.account.amount_out == -4.0
    # ann got 1 back less than she had paid, and the account says so: 10 + 5 − 14
    assert sum(cleaned.account.amount_set_aside.values()) - 5.0 == 18.0 - 14.0 + 5.0 - 8.0


def test_a_pandas_index_carries_no_meaning():
    frame = frame_of([dict(zip(TABLE, values, strict=True)) for values in zip(*TABLE.values(), strict=True)])
    frame.index = [5, 5, 5, 1, 1, 1, 0]
    cleaned = clean_transactions(frame)
    for part in (cleaned.frame, cleaned.removed, cleaned.changed, cleaned.log):
        pd.testing.assert_index_equal(part.index, pd.RangeIndex(len(part)))
    assert cleaned.removed["row"].tolist() == [0, 2, 3, 4]


def test_results_travel():
    cleaned = clean_transactions(TABLE)
    assert json.loads(json.dumps(cleaned.to_dict()))["account"]["rows_out"] == 3
    assert cleaned.to_frame() is cleaned.frame
    assert pickle.loads(pickle.dumps(cleaned)).account == cleaned.account  # noqa: S301 - just pickled
    assert "refund netted" in cleaned._repr_html_()
    with pytest.raises(AttributeError):
        cleaned.frame = None


def netted(lines, **more):
    frame = pd.DataFrame(lines)
    frame["timestamp"] = [START + dt.timedelta(days=day) for day in range(len(frame))]
    frame["customer_id"] = 1
    return clean_transactions(frame, **more)


def test_without_a_product_refunds_meet_any_sale_of_the_customer():
    cleaned = netted({"quantity": [2, 3, -4], "amount": [2.0, 30.0, -10.0]})
    assert cleaned.frame[["quantity", "amount"]].to_dict("list") == {"quantity": [1], "amount": [10.0]}


def test_without_a_quantity_they_meet_by_amount():
    cleaned = netted({"amount": [0.1, 0.2, 5.0, -0.7, -9.0]})
    assert cleaned.frame["amount"].tolist() == [-4.4]
    assert cleaned.removed["reason"].tolist() == ["refunded", "refunded", "refunded", "refund netted"]


def test_without_an_amount_they_meet_by_quantity_and_there_is_no_money():
    cleaned = netted({"quantity": [4, -1]})
    assert cleaned.frame["quantity"].tolist() == [3]
    assert cleaned.log["amount"].isna().all()
    assert cleaned.account.amount_in is None
    assert cleaned.account.to_dict()["amount_set_aside"] == {}


def test_without_either_nothing_is_a_refund_unless_told():
    tx = {"customer_id": [1, 1], "timestamp": [START, START], "kind": ["sale", "refund"]}
    assert clean_transactions(tx).frame == tx
    assert clean_transactions(tx, refunds="drop", refund_when="kind == 'refund'").account.rows_out == 1
    with pytest.raises(ColumnError, match=r"neither 'quantity' nor 'amount'.*cv\.transactions"):
        clean_transactions(tx, refund_when="kind == 'refund'")


def test_a_refund_in_positive_numbers_is_one_when_told_so():
    cleaned = netted({"quantity": [4, 1], "amount": [8.0, 2.0], "kind": ["s", "r"]}, refund_when="kind == 'r'")
    assert cleaned.frame[["quantity", "amount"]].to_dict("list") == {"quantity": [3], "amount": [6.0]}
    assert cleaned.account.amount_set_aside["refund netted"] == 2.0


def test_later_sales_and_free_lines_are_not_touched():
    cleaned = netted({"quantity": [1, -1, 1], "amount": [0.0, -5.0, 5.0]})
    assert cleaned.frame["amount"].tolist() == [0.0, -5.0, 5.0]


def test_whole_numbers_stay_whole_where_they_can():
    cleaned = netted({"quantity": [3, -1], "amount": [9, -3]})
    assert cleaned.frame.dtypes[["quantity", "amount"]].tolist() == [np.int64, np.int64]
    assert cleaned.frame["amount"].tolist() == [6]
    cleaned = netted({"quantity": [3, -1], "amount": [10, -3]})
    assert cleaned.frame["amount"].tolist() == [pytest.approx(20 / 3)]


def test_decimals_are_money_too():
    amounts = [Decimal("9.99"), Decimal("-3.33"), Decimal("1.00")]
    cleaned = netted({"quantity": [3, -1, 1], "amount": amounts})
    assert [float(amount) for amount in cleaned.frame["amount"]] == [6.66, 1.0]
    untouched = netted({"quantity": [3, 1, 1], "amount": amounts}, refunds="keep")
    assert untouched.frame["amount"].tolist() == amounts


def test_float32_money_is_what_the_column_holds():
    frame = pd.DataFrame({"quantity": [3, -1], "amount": np.array([0.1, -0.1], dtype=np.float32)})
    cleaned = netted(frame)
    assert cleaned.frame["amount"].dtype == np.float32
    assert cleaned.account.amount_out == float(cleaned.frame["amount"].iloc[0])


def test_unknown_amounts_count_as_nothing_and_stay():
    frame = {"customer_id": [1, 1], "timestamp": [START, START], "amount": [None, 5.0]}
    cleaned = clean_transactions(frame, zero_amount="drop")
    assert cleaned.frame == frame
    assert cleaned.account.amount_out == 5.0


def test_an_unknown_condition_does_not_exclude():
    frame = {"customer_id": [1, 1, 1], "timestamp": [START] * 3, "channel": ["web", None, "shop"]}
    cleaned = clean_transactions(frame, exclude={"not in a shop": "channel != 'shop'"}, duplicates="keep")
    assert cleaned.frame["channel"] == [None, "shop"]


def test_the_first_reason_counts():
    frame = {"customer_id": [1, 1], "timestamp": [START] * 2, "amount": [0.0, -1.0]}
    cleaned = clean_transactions(
        frame, exclude={"small": "amount < 5", "none": "amount == 0"}, zero_amount="drop", refunds="drop"
    )
    assert dict(cleaned.account.set_aside) == {
        "exact duplicate": 0,
        "missing customer": 0,
        "none": 0,
        "refund": 0,
        "small": 2,
        "zero amount": 0,
    }


def test_no_lines_and_no_lines_left(frame_library, to_lists):
    filled = frame_library(TABLE)
    nothing_left = clean_transactions(filled, exclude={"all": "True"})
    assert nothing_left.account.rows_out == 0
    emptied = nothing_left.frame
    assert list(to_lists(emptied)) == list(TABLE)
    again = clean_transactions(emptied)
    assert to_lists(again.frame) == {name: [] for name in TABLE}
    assert list(to_lists(again.removed)) == [*TABLE, "row", "reason"]
    assert again.account.rows_in == 0


def test_a_hundred_thousand_lines_and_more(frame_library):
    # the size from which some engines' group-bys and windows have gone wrong
    rng, n = np.random.default_rng(8), 130_000
    quantity = rng.integers(1, 9, n) * np.where(rng.random(n) < 0.2, -1, 1)
    lines = {
        "customer_id": rng.integers(0, 3_000, n).tolist(),
        "timestamp": (np.datetime64("2024-01-01", "us") + rng.integers(0, 30, n) * np.timedelta64(1, "h")).tolist(),
        "product_id": [f"p{number}" for number in rng.integers(0, 4, n).tolist()],
        "quantity": quantity.tolist(),
        "amount": (quantity * 2.5).tolist(),
    }
    cleaned = clean_transactions(frame_library(lines), zero_amount="drop")
    expected = clean_transactions(pd.DataFrame(lines), zero_amount="drop")
    assert cleaned.account == expected.account
    assert min(expected.account.set_aside[reason] for reason in ("exact duplicate", "refunded", "refund netted")) > 500
    for name in ("quantity", "amount", "customer_id"):
        column = nw.from_native(pd.DataFrame(cleaned.frame) if isinstance(cleaned.frame, dict) else cleaned.frame)[name]
        assert column.to_list() == expected.frame[name].tolist()


def test_what_is_kept_is_not_read():
    frame = {"customer_id": [1, 1], "timestamp": [None, "some day"], "quantity": ["one", "two"]}
    assert clean_transactions(frame, refunds="keep", duplicates="keep").frame == frame


def test_the_account_lists_every_step_also_without_a_case():
    cleaned = clean_transactions({"customer_id": [1], "timestamp": [START], "amount": [1.0]}, unmatched_refunds="drop")
    assert (
        list(cleaned.account.amount_set_aside)
        == cleaned.log["reason"]
        == [
            "missing customer",
            "exact duplicate",
            "refunded",
            "refund netted",
            "refund without a purchase",
            "refunded in part",
            "refund netted in part",
        ]
    )
    assert set(cleaned.account.amount_set_aside.values()) == {0.0}


def test_everything_kept():
    cleaned = clean_transactions(TABLE, refunds="keep", duplicates="keep", missing_customer="keep")
    assert cleaned.frame == TABLE
    assert cleaned.log == {"step": [], "reason": [], "rows": [], "customers": [], "amount": []}


# what is refused


@pytest.mark.parametrize(
    ("policy", "value", "hint"),
    [
        ("refunds", "nett", "did you mean 'net'"),
        ("unmatched_refunds", "raises", "did you mean 'raise'"),
        ("duplicates", "dorp", "did you mean 'drop'"),
        ("zero_amount", None, "got None"),
        ("missing_customer", True, "got True"),
    ],
)
def test_unknown_policies(policy, value, hint):
    with pytest.raises(CustvalError, match=f"{policy} must be one of .*{hint}"):
        clean_transactions(TABLE, **{policy: value})


@pytest.mark.parametrize(
    ("policies", "message", "rows"),
    [
        ({"missing_customer": "raise"}, "1 of 7 lines: missing customer .rows 3.", [3]),
        ({"zero_amount": "raise"}, "1 of 7 lines: zero amount", [6]),
        ({"unmatched_refunds": "raise"}, "1 of 7 lines: refund without a purchase", [5]),
        ({"unmatched_refunds": "raise", "exclude": {"tea": "product_id == 'cup' and amount > 0"}}, "1 of 7", [5]),
    ],
)
def test_raise_counts_and_shows(policies, message, rows):
    with pytest.raises(DataError, match=message) as raised:
        clean_transactions(TABLE, **policies)
    assert raised.value.examples == rows
    assert raised.value.count == len(rows)
    assert "'drop'" in raised.value.suggestion


def test_raise_on_duplicates_only_where_there_are_some():
    assert clean_transactions(TABLE, duplicates="raise").account.rows_in == 7
    twice = {name: [*values, values[0], values[0]] for name, values in TABLE.items()}
    with pytest.raises(DataError, match="2 of 9 lines: exact duplicate") as raised:
        clean_transactions(twice, duplicates="raise")
    assert raised.value.code == "exact_duplicate"
    # those without a customer have left before
    unknown = {name: [*values, values[3]] for name, values in TABLE.items()}
    assert clean_transactions(unknown, duplicates="raise").account.set_aside["missing customer"] == 2


def test_missing_columns_name_the_door():
    with pytest.raises(ColumnError, match=r"no column 'customer_id'.*cv\.transactions\(df, customer="):
        clean_transactions({"timestamp": [START], "CustomerID": [1]})
    with pytest.raises(ColumnError, match=r"no column 'timestamp'"):
        clean_transactions({"customer_id": [1]})
    assert clean_transactions({"customer_id": [1, 1]}, refunds="drop").account.rows_out == 1
    with pytest.raises(ColumnError, match=r"no column 'amount'.*cv\.transactions"):
        clean_transactions({"customer_id": [1], "timestamp": [START]}, zero_amount="drop")


@pytest.mark.parametrize("name", ["row", "reason"])
def test_columns_that_the_removed_lines_get_must_be_free(name):
    with pytest.raises(ColumnError, match=f"column '{name}' already"):
        clean_transactions({**TABLE, name: [1] * 7})


def test_conditions_are_checked_before_anything_happens():
    with pytest.raises(ColumnError, match=r"'produkt_id'.*closest is 'product_id'"):
        clean_transactions(TABLE, exclude={"post": "produkt_id == 'post'"})
    with pytest.raises(ColumnError, match="'order'"):
        clean_transactions(TABLE, refunds="keep", refund_when="starts_with(order, 'C')")
    with pytest.raises(CustvalError, match="a condition is wanted"):
        clean_transactions(TABLE, refund_when="amount * 2")
    with pytest.raises(ColumnError, match="compares text with a number"):
        clean_transactions(TABLE, exclude={"small": "product_id < 3"})
    with pytest.raises(CustvalError, match="refund_when must be a condition"):
        clean_transactions(TABLE, refund_when=5)


@pytest.mark.parametrize("exclude", ["amount < 1", ["amount < 1"], 3])
def test_exclude_is_a_mapping(exclude):
    with pytest.raises(CustvalError, match="exclude must map reasons to conditions"):
        clean_transactions(TABLE, exclude=exclude)


@pytest.mark.parametrize("reason", ["refunded", "zero amount", "", "  ", 3])
def test_reasons_have_names_of_their_own(reason):
    with pytest.raises(CustvalError, match="a reason of exclude must be text"):
        clean_transactions(TABLE, exclude={reason: "amount < 1"})


@pytest.mark.parametrize("column", ["timestamp", "quantity", "amount"])
def test_netting_refuses_what_it_cannot_read_and_names_the_way_out(column):
    frame = {**TABLE, column: [None, *TABLE[column][1:]]}
    with pytest.raises(DataError, match=f"column '{column}' is missing in 1 of the lines") as raised:
        clean_transactions(frame)
    assert raised.value.count == 1
    assert raised.value.examples == [0]
    way_out = {f"no {column}": f"is_null({column})"}
    assert str(way_out).replace("'", '"') in raised.value.suggestion
    assert clean_transactions(frame, exclude=way_out).account.set_aside[f"no {column}"] == 1
    assert clean_transactions(frame, refunds="drop").account.rows_in == 7


def test_netting_names_all_that_it_cannot_read_at_once():
    frame = {**TABLE, "amount": [None, *TABLE["amount"][1:]], "timestamp": [*TABLE["timestamp"][:1], None]}
    frame["timestamp"] += TABLE["timestamp"][2:]
    with pytest.raises(
        DataError, match="'amount' is missing in 1 of .* and column 'timestamp' is missing in 1 of them"
    ) as e:
        clean_transactions(frame)
    assert (e.value.count, e.value.examples) == (2, [0, 1])
    way_out = ast.literal_eval(e.value.suggestion.removeprefix("exclude="))
    assert list(way_out) == ["no amount", "no timestamp"]
    assert clean_transactions(frame, exclude=way_out).account.rows_in == len(TABLE["amount"])


@pytest.mark.parametrize("given", [pd.Series([True] * 1000), pd.DataFrame({"a": [1]}), [True] * 1000])
def test_what_is_no_condition_is_not_printed(given):
    for exclude in ({"x": given}, given):
        with pytest.raises(CustvalError, match=f"got a {type(given).__name__}") as caught:
            clean_transactions(TABLE, exclude=exclude)
        assert len(str(caught.value)) < 200


@pytest.mark.parametrize("column", ["quantity", "amount"])
def test_netting_refuses_whole_numbers_that_it_would_round(column):
    lines = {"customer_id": [1, 1], "timestamp": [dt.datetime(2024, 1, 1)] * 2, "quantity": [3, -1], "amount": [3, -1]}
    large = lines | {column: [2**53 + 1, -1]}
    with pytest.raises(DataError, match=rf"{column}' is 2\*\*53 or more in 1 of the lines .* \(rows 0\)") as caught:
        clean_transactions(large)
    assert caught.value.code == "too_large"
    way_out = ast.literal_eval(caught.value.suggestion.removeprefix("exclude="))
    assert clean_transactions(large, exclude=way_out).account.rows_out == 1
    exact = clean_transactions(lines | {column: [2**53 - 1, -1]})
    assert exact.changed[f"{column}_before"][0] == 2**53 - 1
    if column == "quantity":
        assert exact.frame["quantity"] == [2**53 - 2]
    # nothing is netted where there are no refunds, and floats are what they are
    assert clean_transactions(lines | {"quantity": [2**53 + 1, 1], "amount": [1, 1]}).account.rows_out == 2
    assert clean_transactions(lines | {column: [2.0**53, -1.0]}).frame[column] is not None


def test_unknown_times_do_not_matter_without_refunds():
    frame = {"customer_id": [1, 2], "timestamp": [None, START], "amount": [5.0, 1.0]}
    assert clean_transactions(frame).account.rows_out == 2


@pytest.mark.parametrize("column", ["amount", "quantity"])
def test_text_and_infinity_are_no_numbers(column):
    with pytest.raises(ColumnError, match=f"column '{column}' must hold numbers"):
        clean_transactions({**TABLE, column: ["1"] * 7}, refund_when="starts_with(order_id, 'C')")
    with pytest.raises(DataError, match=f"column '{column}' is infinite"):
        clean_transactions({**TABLE, column: [np.inf] * 7}, refund_when="starts_with(order_id, 'C')")


def test_text_is_no_time():
    with pytest.raises(ColumnError, match=r"must hold dates or times.*cv\.transactions"):
        clean_transactions({**TABLE, "timestamp": ["2024-01-01"] * 7})


def test_lazy_frames_are_collected_first():
    polars = pytest.importorskip("polars")
    with pytest.raises(DataError, match="is a lazy frame") as raised:
        clean_transactions(polars.LazyFrame(TABLE))
    assert raised.value.code == "lazy"
    assert "collect it first" in raised.value.suggestion


def test_no_frame_at_all():
    with pytest.raises(CustvalError, match="must be a pandas, polars or pyarrow table"):
        clean_transactions([1, 2, 3])
    with pytest.raises(TypeError, match="unexpected keyword"):
        clean_transactions(TABLE, refund="net")


def test_lines_that_hold_lists_cannot_be_compared():
    frame = pd.DataFrame({"customer_id": [1, 1], "timestamp": [START, START], "tags": [["a"], ["a"]]})
    with pytest.raises(DataError, match="rows cannot be compared"):
        clean_transactions(frame)
    assert clean_transactions(frame, duplicates="keep").account.rows_out == 2
