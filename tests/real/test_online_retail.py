"""Online Retail (UCI, CC BY 4.0) through the door, judged, looked at and cleaned: every line and every penny."""

from __future__ import annotations

from collections import defaultdict, deque
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

import custval as cv
from custval.data_quality import clean_transactions, presets, profile, validate

LINES = 541_909
CANCELLED = "starts_with(order_id, 'C')"
HALF_A_PENNY = Decimal("0.005")


@pytest.fixture(scope="module")
def raw(real_data):
    return pd.read_parquet(real_data / "transactions" / "online_retail.parquet")


@pytest.fixture(scope="module")
def tx(raw):
    return cv.transactions(
        raw,
        customer="CustomerID",
        timestamp="InvoiceDate",
        unit_price="UnitPrice",
        quantity="Quantity",
        order="InvoiceNo",
        product="StockCode",
        country="Country",
    )


def pounds(frame):
    """The money of some lines in decimal arithmetic: quantity times price as written."""
    pairs = zip(frame["quantity"].tolist(), frame["unit_price"].tolist(), strict=True)
    return sum((Decimal(quantity) * Decimal(repr(price)) for quantity, price in pairs), Decimal(0))


def assert_adds_up(cleaned, tx):
    account = cleaned.account
    assert account.rows_in == LINES
    assert account.rows_out == len(cleaned.frame) == LINES - len(cleaned.removed)
    assert sum(account.set_aside.values()) == len(cleaned.removed)
    assert cleaned.removed["reason"].value_counts().to_dict() == {k: n for k, n in account.set_aside.items() if n}
    assert abs(Decimal(account.amount_in) - pounds(tx)) < HALF_A_PENNY
    assert abs(Decimal(account.amount_out) - pounds(cleaned.frame)) < HALF_A_PENNY
    for reason, lines in cleaned.removed.groupby("reason"):
        assert abs(Decimal(account.amount_set_aside[reason]) - pounds(lines)) < HALF_A_PENNY
    aside = sum(map(Decimal, account.amount_set_aside.values()), Decimal(0))
    assert abs(Decimal(account.amount_in) - Decimal(account.amount_out) - aside) < HALF_A_PENNY


def test_the_known_defects_are_all_found(tx):
    cleaned = clean_transactions(tx, missing_customer="keep", refunds="drop", refund_when=CANCELLED, duplicates="keep")
    assert dict(cleaned.account.set_aside) == {"refund": 9_288}
    assert_adds_up(cleaned, tx)
    copies = clean_transactions(tx, missing_customer="keep", refunds="keep")
    assert dict(copies.account.set_aside) == {"exact duplicate": 5_268}
    assert_adds_up(copies, tx)
    unknown = clean_transactions(tx, refunds="keep", duplicates="keep")
    assert dict(unknown.account.set_aside) == {"missing customer": 135_080}
    assert_adds_up(unknown, tx)


def test_the_account_of_the_default_policies(tx):
    cleaned = clean_transactions(tx, refund_when=CANCELLED)
    assert_adds_up(cleaned, tx)
    assert str(cleaned.account).splitlines() == [
        "rows in                                    541,909        9,747,747.93",
        "  − missing customer                       135,080        1,447,682.12",
        "  − exact duplicate                          5,225           21,546.39",
        "  − refunded                                 3,051          413,125.43",
        "  − refund netted                            7,483         -465,954.00",
        "  − refunded in part (4,261 changed)             0           65,945.17",
        "  − refund netted in part (59 changed)           0           -5,336.07",
        "rows out                                   391,070        8,270,738.89",
        "  of them unmatched refunds                  1,389         -137,399.40",
    ]


def work_off(lines):
    """What is left of each line's quantity: a queue of sales for each customer and product, line by line."""
    left = dict(zip(lines.index, lines["quantity"].abs().tolist(), strict=True))
    waiting = defaultdict(deque)
    # of one minute, sales before refunds and small lines before large ones
    keys = {"refund": lines["order_id"].str.startswith("C"), "size": lines["quantity"].abs()}
    ordered = lines.assign(**keys).sort_values(["timestamp", "refund", "size"], kind="stable")
    columns = (ordered[name].tolist() for name in ("customer_id", "product_id", "order_id", "quantity", "amount"))
    for line, customer, product, order, quantity, amount in zip(ordered.index, *columns, strict=True):
        sales = waiting[customer, product]
        if not order.startswith("C"):
            if quantity > 0 and amount > 0:
                sales.append(line)
            continue
        while sales and left[line]:
            taken = min(left[line], left[sales[0]])
            left[line] -= taken
            left[sales[0]] -= taken
            if not left[sales[0]]:
                sales.popleft()
    return left


@pytest.mark.parametrize("unmatched", ["keep", "drop"])
def test_every_refund_is_netted_as_a_queue_nets_it(tx, unmatched):
    before = tx.copy(deep=True)
    cleaned = clean_transactions(tx, refund_when=CANCELLED, unmatched_refunds=unmatched)
    pd.testing.assert_frame_equal(tx, before)
    assert_adds_up(cleaned, tx)

    lines = tx.dropna(subset="customer_id")
    lines = lines[~lines.duplicated()]
    left = pd.Series(work_off(lines)).reindex(lines.index)
    is_refund = lines["order_id"].str.startswith("C")
    gone = left == 0
    reason = pd.Series(index=lines.index, dtype=object)
    reason[gone & is_refund] = "refund netted"
    reason[gone & ~is_refund] = "refunded"
    if unmatched == "drop":
        reason[~gone & is_refund] = "refund without a purchase"
    expected = lines[reason.isna()].copy()
    share = left[reason.isna()] / expected["quantity"].abs()
    expected["amount"] = expected["amount"] * share
    expected["quantity"] = (expected["quantity"] * share).round().astype(int)
    pd.testing.assert_frame_equal(cleaned.frame, expected.reset_index(drop=True), rtol=1e-12)
    found = cleaned.removed.set_index("row")["reason"]
    found = found[~found.isin(["missing customer", "exact duplicate"])].astype(object)
    pd.testing.assert_series_equal(found, reason.dropna(), check_names=False)


def test_cleaning_the_clean_takes_nothing_more_away(tx):
    policies = {"refund_when": CANCELLED, "unmatched_refunds": "drop", "zero_amount": "drop"}
    once = clean_transactions(tx, exclude={"postage": "product_id in ('POST', 'DOT', 'C2')"}, **policies)
    assert_adds_up(once, tx)
    assert (
        once.account.set_aside["postage"]
        == (tx["product_id"].isin(["POST", "DOT", "C2"]) & tx["customer_id"].notna()).sum()
    )
    again = clean_transactions(once.frame, **policies)
    pd.testing.assert_frame_equal(again.frame, once.frame)
    as_told_by_nobody = clean_transactions(tx, refund_when=CANCELLED).frame
    again = clean_transactions(as_told_by_nobody, refund_when=CANCELLED)
    pd.testing.assert_frame_equal(again.frame, as_told_by_nobody)


def unusual(tx):
    """Quantities five robust deviations of their logarithm from the median of the product."""
    size = np.log(tx.loc[tx["quantity"] != 0, "quantity"].abs())
    product = tx.loc[size.index, "product_id"]
    small = product.map(product.value_counts()) < 6
    middle = size.groupby(product).transform("median").where(~small, size.median())
    far = (size - middle).abs()
    general = (size - size.median()).abs().median()
    spread = far.groupby(product).transform("median").where(~small, general)
    return (far > 5 * np.maximum(1.4826 * spread, np.log(2))).sum()


def near_duplicates(tx):
    """Lines of the same customer, product and quantity as one up to a minute earlier, and not of the same time."""
    same = ["customer_id", "product_id", "quantity"]
    times = tx.dropna(subset=same)[[*same, "timestamp"]].drop_duplicates().sort_values("timestamp", kind="stable")
    times["gap"] = times.groupby(same)["timestamp"].diff()
    near = times[times["gap"] <= pd.Timedelta(minutes=1)]
    return len(tx.merge(near, on=[*same, "timestamp"]))


def unbought(tx):
    """Refunds for which too little was sold before, and not yet taken back: line by line."""
    known = tx.dropna(subset=["customer_id", "product_id"]).sort_values(
        ["timestamp", "quantity"], key=lambda column: column < 0 if column.name == "quantity" else column, kind="stable"
    )
    stock, found = defaultdict(int), 0
    for who, what, units in known[["customer_id", "product_id", "quantity"]].itertuples(index=False):
        found += units < 0 and stock[who, what] < -units
        stock[who, what] = max(stock[who, what] + units, 0)
    return found


def test_the_preset_finds_what_pandas_finds(tx):
    result = validate(tx, presets.transactions())
    assert not result.passed
    counts = dict(zip(result.summary["rule"], result.summary["failures"], strict=True))
    assert {name: count for name, count in counts.items() if count} == {
        "not_null(customer_id)": 135_080,
        "no exact duplicates": 5_268,
        "in_range(quantity, low=-10000, high=10000)": (tx["quantity"].abs() > 10_000).sum(),
        "in_range(unit_price, low=0)": (tx["unit_price"] < 0).sum(),
        "quantity * amount >= 0": (tx["quantity"] * tx["amount"] < 0).sum(),
        "usual quantity of the product": unusual(tx),
        "unit_price != 0": (tx["unit_price"] == 0).sum(),
        "no near duplicates": near_duplicates(tx),
        "no cancellation": tx["order_id"].str.startswith("C").sum(),
        "refunds follow purchases": unbought(tx),
    }
    assert result.account.rows_out + len(result.rejected) == LINES
    good = tx.dropna(subset="customer_id")
    good = good[~good.duplicated()]
    pd.testing.assert_frame_equal(result.accepted, good.reset_index(drop=True))


def test_the_profile_of_the_raw_table(raw):
    found = profile(raw)
    assert (found.rows, found.duplicate_rows) == (LINES, 5_268)
    assert found.columns["CustomerID"].nulls == 135_080
    assert found.columns["CustomerID"].distinct == 4_372
    assert found.columns["Description"].nulls == 1_454
    assert [str(day)[:10] for day in found.date_span] == ["2010-12-01", "2011-12-09"]
    orders = raw["InvoiceNo"]
    assert found.columns["InvoiceNo"].patterns["A999999"] == orders.str.match(r"[AC]\d{6}$").sum() / LINES
    assert found.columns["Country"].top_values == raw["Country"].value_counts().head(5).to_dict()
    assert found.columns["UnitPrice"].standard_deviation == pytest.approx(raw["UnitPrice"].std())
    assert found.quality.completeness == 1 - (135_080 + 1_454) / raw.size
    assert found.quality.uniqueness == 1 - 5_268 / LINES
    codes = raw["StockCode"].value_counts()
    variants = codes.groupby(codes.index.str.casefold()).agg(lambda counts: counts.sum() - counts.max()).sum()
    assert found.columns["StockCode"].distinct == len(codes)
    assert variants > 0
    assert found.quality.consistency < 1
