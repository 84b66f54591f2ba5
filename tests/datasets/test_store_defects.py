"""Planted defects: each listed one is there, is what its kind says, and nothing else differs from the truth."""

import re

import numpy as np
import pandas as pd
import pytest

from custval.datasets import simulate_store
from custval.datasets.defects import (
    CONTRACT_KINDS,
    CUSTOMER_KINDS,
    EVENT_KINDS,
    KINDS,
    RESPONSE_KINDS,
    TRANSACTION_KINDS,
)

RATE = 0.004
ADDED = {
    "transactions": {"exact_duplicate", "near_duplicate", "test_account", "unmatched_refund"},
    "customers": {"duplicate_person", "test_account"},
    "contracts": {"exact_duplicate"},
    "events": {"exact_duplicate", "near_duplicate"},
    "responses": {"exact_duplicate", "near_duplicate"},
}
KINDS_OF = {
    "transactions": TRANSACTION_KINDS,
    "customers": CUSTOMER_KINDS,
    "contracts": CONTRACT_KINDS,
    "events": EVENT_KINDS,
    "responses": RESPONSE_KINDS,
}
VALID_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[a-z]+")
VALID_PHONE = re.compile(r"\+[1-9]\d{9,12}")
MINUTE = pd.Timedelta(minutes=1)


@pytest.fixture(scope="module")
def store():
    return simulate_store(5_000, defect_rate=RATE, rng=3)


def of(store, table, kind=None):
    listed = store.defects[store.defects["table"] == table]
    return listed if kind is None else listed[listed["kind"] == kind]


def rows_of(store, table, kind):
    return getattr(store, table).iloc[of(store, table, kind)["row"]].reset_index(drop=True)


def without_added(store, table):
    """The dirty rows that stand for the clean ones, in order, and where they stood."""
    listed = of(store, table)
    kept = np.setdiff1d(np.arange(len(getattr(store, table))), listed["row"][listed["kind"].isin(ADDED[table])])
    return getattr(store, table).iloc[kept], kept


def different(left, right):
    return ~((left == right) | (left.isna() & right.isna()))


@pytest.mark.parametrize(("table", "kinds"), KINDS_OF.items())
def test_as_many_of_each_kind_as_asked_for(store, table, kinds):
    clean = len(getattr(store.truth, table))
    assert of(store, table)["kind"].value_counts().to_dict() == dict.fromkeys(kinds, round(RATE * clean))
    added = of(store, table)["kind"].isin(ADDED[table]).sum()
    assert len(getattr(store, table)) == clean + added


def test_a_row_takes_one_defect(store):
    assert not store.defects.duplicated(["table", "row"]).any()
    order = (
        store.defects["table"].map({table: place for place, table in enumerate(KINDS_OF)}) * 10**9
        + store.defects["row"]
    )
    assert order.is_monotonic_increasing


@pytest.mark.parametrize("table", KINDS_OF)
def test_the_listed_cells_are_the_only_difference(store, table):
    dirty, kept = without_added(store, table)
    clean = getattr(store.truth, table)
    assert len(dirty) == len(clean)
    listed = of(store, table)
    changed = listed[~listed["kind"].isin(ADDED[table])]
    wanted = set(zip(changed["row"], changed["column"], strict=True))
    # the amount follows the price and the quantity
    wanted |= {(row, "amount") for row, column in wanted if column in {"unit_price", "quantity"}}
    found = set()
    for column in clean.columns:
        differs = different(dirty[column].reset_index(drop=True), clean[column]).to_numpy()
        found |= {(row, column) for row in kept[differs]}
    assert found == wanted
    assert (changed["copy_of"] == -1).all()


@pytest.mark.parametrize("table", KINDS_OF)
def test_the_original_value_is_listed(store, table):
    _, kept = without_added(store, table)
    listed = of(store, table)
    clean = getattr(store.truth, table).set_index(kept)
    for kind, row, column, original in listed[["kind", "row", "column", "original"]].itertuples(index=False):
        if kind in ADDED[table]:
            assert pd.isna(column)
            assert pd.isna(original)
        else:
            value = clean.loc[row, column]
            assert type(value)(original) == value, (kind, row)


def test_amounts_are_price_times_quantity_on_every_line(store):
    lines = store.transactions
    np.testing.assert_allclose(lines["amount"], lines["unit_price"] * lines["quantity"], atol=0.005)


def test_the_kinds_of_changed_lines(store):
    end = pd.Timestamp(store.until) + pd.Timedelta(days=1)
    assert rows_of(store, "transactions", "missing_customer")["customer_id"].isna().all()
    assert (rows_of(store, "transactions", "negative_price")["unit_price"] < 0).all()
    assert (rows_of(store, "transactions", "zero_price")["unit_price"] == 0).all()
    assert (rows_of(store, "transactions", "future_date")["timestamp"] >= end).all()
    absurd = rows_of(store, "transactions", "absurd_date")["timestamp"]
    assert set(absurd) == {pd.Timestamp(1900, 1, 1), pd.Timestamp(1970, 1, 1)}
    assert (rows_of(store, "transactions", "outlier_quantity")["quantity"] >= 5_000).all()


def test_duplicates_repeat_a_row_that_is_itself_in_order(store):
    for kind, table in [
        ("exact_duplicate", "transactions"),
        ("near_duplicate", "transactions"),
        ("duplicate_person", "customers"),
    ]:
        listed = of(store, table, kind)
        assert not set(listed["copy_of"]) & set(of(store, table)["row"])
        assert listed["copy_of"].is_unique
        copies = rows_of(store, table, kind)
        sources = getattr(store, table).iloc[listed["copy_of"]].reset_index(drop=True)
        if kind == "exact_duplicate":
            pd.testing.assert_frame_equal(copies, sources)
        if kind == "near_duplicate":
            delay = copies["timestamp"] - sources["timestamp"]
            assert ((delay > pd.Timedelta(0)) & (delay < MINUTE)).all()
            pd.testing.assert_frame_equal(copies.drop(columns="timestamp"), sources.drop(columns="timestamp"))
        if kind == "duplicate_person":
            assert (copies["birth_date"] == sources["birth_date"]).all()
            assert (copies["customer_id"] > 5_000).all()
            assert (copies["acquired_at"] >= sources["acquired_at"]).all()
            assert (copies["acquired_at"] <= pd.Timestamp(store.until)).all()
            name = different(copies["given_name"], sources["given_name"]) | different(
                copies["family_name"], sources["family_name"]
            )
            assert name.all()
            contact = sum(
                different(copies[column], sources[column]).astype(int) for column in ("email", "phone", "city")
            )
            assert (contact == 1).all()


def test_no_other_line_is_an_exact_or_near_duplicate(store):
    lines = store.transactions.reset_index(names="row")
    other = [name for name in store.transactions.columns if name != "timestamp"]
    lines = lines.sort_values([*other, "timestamp"])
    near = (lines["timestamp"].diff() < MINUTE) & (lines[other] == lines[other].shift()).all(axis=1)
    listed = of(store, "transactions")
    duplicates = listed[listed["kind"].isin({"exact_duplicate", "near_duplicate"})]
    # of an exact pair either may come first in the sorting
    pairs = {frozenset(pair) for pair in zip(lines["row"][near], lines["row"].shift()[near].astype(int), strict=True)}
    assert pairs == {frozenset(pair) for pair in zip(duplicates["row"], duplicates["copy_of"], strict=True)}


def test_unmatched_refunds_and_no_others_are_of_goods_not_sold_before(store):
    lines = store.transactions
    refunds = lines[lines["order_id"].str.startswith("C")]
    sold = lines[lines["quantity"] > 0]
    first = sold.groupby(["customer_id", "product_id"])["timestamp"].min()
    keys = pd.MultiIndex.from_frame(refunds[["customer_id", "product_id"]])
    unmatched = ~(first.reindex(keys).to_numpy() < refunds["timestamp"].to_numpy())
    # a sale that moved to another date is a defect of its own; its order has no return
    assert set(refunds.index[unmatched]) == set(of(store, "transactions", "unmatched_refund")["row"])
    added = rows_of(store, "transactions", "unmatched_refund")
    assert (added["quantity"] < 0).all()
    assert added["order_id"].is_unique
    assert added["order_id"].str[1:].astype(int).max() < sold["order_id"].astype(int).min()


def test_test_accounts(store):
    records = rows_of(store, "customers", "test_account")
    assert records["email"].str.fullmatch(r"test\d+@example\.com").all()
    bought = rows_of(store, "transactions", "test_account")
    assert set(bought["customer_id"]) <= set(records["customer_id"])
    own = store.transactions["customer_id"].isin(records["customer_id"])
    assert set(store.transactions.index[own]) == set(of(store, "transactions", "test_account")["row"])
    assert not bought["order_id"].isin(store.truth.transactions["order_id"]).any()


def test_one_test_account_is_there_for_test_orders_in_a_small_store():
    store = simulate_store(100, defect_rate={"test_account": 0.004}, rng=0)
    assert store.defects.groupby("table").size().to_dict() == {"customers": 1, "transactions": 2}


def test_malformed_contacts_and_no_others(store):
    people = store.customers
    for column, pattern in (("email", VALID_EMAIL), ("phone", VALID_PHONE)):
        bad = people[column].notna() & ~people[column].astype(str).str.fullmatch(pattern)
        kinds = of(store, "customers")
        # people who register twice may write their number with blanks
        twins = set(kinds["row"][kinds["kind"] == "duplicate_person"])
        assert set(people.index[bad]) - twins == set(of(store, "customers", f"malformed_{column}")["row"])


def test_missing_values_and_no_others(store):
    twins = set(of(store, "customers", "duplicate_person")["row"])
    missing = store.customers.isna()
    listed = of(store, "customers", "missing_value")
    assert {(row, column) for row, column in zip(*np.nonzero(missing.to_numpy()), strict=True) if row not in twins} == {
        (row, store.customers.columns.get_loc(column))
        for row, column in zip(listed["row"], listed["column"], strict=True)
    }
    assert set(listed["column"]) == {"email", "phone", "city", "birth_date"}
    gaps = store.transactions.isna().sum()
    assert gaps[gaps > 0].index.tolist() == ["customer_id"]


def test_absurd_birth_dates_and_no_others(store):
    absurd = store.customers["birth_date"].dt.year == 1893
    assert set(store.customers.index[absurd]) == set(of(store, "customers", "absurd_birth_date")["row"])
    assert (store.customers["birth_date"].dropna().dt.year[~absurd] > 1930).all()


def test_rules_hold_on_every_line_that_is_not_listed(store):
    good = store.transactions.drop(of(store, "transactions")["row"])
    assert good["customer_id"].notna().all()
    assert (good["unit_price"] > 0).all()
    assert good["quantity"].abs().max() < 100
    assert good["timestamp"].between("2022-01-01", pd.Timestamp(store.until) + pd.Timedelta(days=1)).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_mapping_plants_its_kinds_only(kind):
    store = simulate_store(1_000, defect_rate={kind: 0.01}, rng=5)
    assert set(store.defects["kind"]) == {kind}
    tables = {table for table, kinds in KINDS_OF.items() if kind in kinds}
    assert set(store.defects["table"]) == tables
    for table in tables:
        wanted = round(0.01 * len(getattr(store.truth, table)))
        assert len(of(store, table)) == wanted


def test_very_dirty_stores():
    store = simulate_store(400, defect_rate=0.06, rng=1)
    assert len(of(store, "transactions")) == 10 * round(0.06 * len(store.truth.transactions))
    test_the_listed_cells_are_the_only_difference(store, "transactions")
    test_the_listed_cells_are_the_only_difference(store, "customers")
    for table in ("contracts", "events", "responses"):
        test_the_listed_cells_are_the_only_difference(store, table)


def test_the_kinds_of_changed_contracts_events_and_responses(store):
    end = pd.Timestamp(store.until) + pd.Timedelta(days=1)
    for table, column in (("contracts", "started_at"), ("events", "timestamp"), ("responses", "timestamp")):
        assert rows_of(store, table, "missing_customer")["customer_id"].isna().all()
        assert (rows_of(store, table, "future_date")[column] >= end).all()
        assert set(rows_of(store, table, "absurd_date")[column]) <= {pd.Timestamp(1900, 1, 1), pd.Timestamp(1970, 1, 1)}
    backwards = rows_of(store, "contracts", "ends_before_start")
    assert (backwards["ended_at"] < backwards["started_at"]).all()
    assert (rows_of(store, "contracts", "negative_price")["price"] < 0).all()
    assert not rows_of(store, "events", "unknown_event")["event"].isin(["visit", "view", "cart", "purchase"]).any()
    assert (rows_of(store, "events", "broken_sequence")["sequence"] == 0).all()
    assert not rows_of(store, "responses", "score_off_scale")["score"].between(0, 10).any()


def test_copies_of_events_and_responses(store):
    for table in ("contracts", "events", "responses"):
        for kind in ADDED[table]:
            listed = of(store, table, kind)
            rows = getattr(store, table)
            copies, sources = (rows.iloc[listed[name]].reset_index(drop=True) for name in ("row", "copy_of"))
            if kind == "near_duplicate":
                gap = copies["timestamp"] - sources["timestamp"]
                assert gap.between(pd.Timedelta(seconds=1), pd.Timedelta(seconds=9)).all()
                copies, sources = copies.drop(columns="timestamp"), sources.drop(columns="timestamp")
            pd.testing.assert_frame_equal(copies, sources)
            assert not set(listed["copy_of"]) & set(of(store, table)["row"])
