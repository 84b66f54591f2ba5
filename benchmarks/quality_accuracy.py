"""How many of the planted defects of a simulated store the presets find, and how many clean rows they flag.

With the environment variable `ONLINE_RETAIL` naming the file of that data set (UCI, CC BY 4.0), what each rule counts
in it.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import pandas as pd

import custval as cv
from custval.data_quality import presets, validate

SIZE = 2_000  # customers
_RATES = (0.001, 0.005, 0.02)
_DATES = {"future_date": "not_in_future", "absurd_date": "no absurd date"}
_COPIES = {"exact_duplicate": "no exact duplicates"}
_NEAR = {"near_duplicate": "no near duplicates"}
_CUSTOMER = {"missing_customer": "not_null(customer_id)"}

FINDERS = {
    "transactions": _CUSTOMER
    | _DATES
    | _COPIES
    | _NEAR
    | {
        "negative_price": "in_range(unit_price",
        "zero_price": "unit_price != 0",
        "test_account": "no test account",
        "outlier_quantity": "usual quantity of the product",
        "unmatched_refund": "refunds follow purchases",
    },
    "customers": {
        "malformed_email": "form of email",
        "malformed_phone": "form of phone",
        "missing_value": "not_null(",
        "absurd_birth_date": "no absurd birth date",
        "test_account": "no test account",
    },
    "contracts": _CUSTOMER
    | _COPIES
    | {
        "future_date": "not_in_future(started_at",
        "absurd_date": "no absurd date",
        "negative_price": "in_range(price",
        "ends_before_start": "ended_at >= started_at",
    },
    "events": _CUSTOMER
    | _DATES
    | _COPIES
    | _NEAR
    | {"unknown_event": "known event", "broken_sequence": "sequence goes with time"},
    "responses": _CUSTOMER | _DATES | _COPIES | _NEAR | {"score_off_scale": "score on the scale"},
}
"""For each kind of defect, what the names of the rules that find it begin with."""

STATISTICAL = frozenset({"outlier_quantity", "near_duplicate"})


def judged(store):
    """Every table of a store under its preset."""
    known = validate(store.customers, presets.customers(as_of=store.until), key="customer_id").failures
    testers = known.loc[known["rule"].str.startswith("no test account"), "key"].unique()
    sets = {
        "transactions": presets.transactions(as_of=store.until, test_accounts=testers),
        "customers": presets.customers(as_of=store.until),
        "contracts": presets.contracts(as_of=store.until),
        "events": presets.events(as_of=store.until, known=["visit", "view", "cart", "purchase"]),
        "responses": presets.responses((0, 10), as_of=store.until),
    }
    return {name: validate(getattr(store, name), rule_set) for name, rule_set in sets.items()}


def found(store, verdicts):
    """For each table and kind: planted, found, flagged, and rows flagged that have no defect at all."""
    lines = []
    for table, finders in FINDERS.items():
        planted = store.defects[store.defects["table"] == table]
        failures = verdicts[table].failures
        for kind, begins in finders.items():
            rows = set(planted.loc[planted["kind"] == kind, "row"])
            flagged = set(failures.loc[failures["rule"].str.startswith(begins), "row"])
            clean = len(flagged - set(planted["row"]))
            lines.append((table, kind, len(rows), len(rows & flagged), len(flagged), clean))
    columns = ["table", "kind", "planted", "found", "flagged", "clean rows flagged"]
    return pd.DataFrame(lines, columns=columns)


def run(*, size, repeat):
    """Print recall and false flags by kind, at several rates of defects; `repeat` is the number of stores."""
    for rate in _RATES:
        rounds, seconds, rows = [], 0.0, 0
        for seed in range(repeat):
            store = cv.datasets.simulate_store(size, defect_rate=rate, rng=seed)
            start = time.perf_counter()
            verdicts = judged(store)
            seconds += time.perf_counter() - start
            rows = sum(verdict.account.rows_in for verdict in verdicts.values())
            rounds.append(found(store, verdicts))
        totals = pd.concat(rounds).groupby(["table", "kind"], sort=False).sum()
        totals["recall"] = totals["found"] / totals["planted"]
        totals["kind of rule"] = ["statistical" if kind in STATISTICAL else "exact" for _, kind in totals.index]
        print(f"\nDefect rate {rate}: {repeat} stores of {size:,} customers, {rows:,} rows each; {seconds:.1f} s")
        print(totals.to_string())
    _online_retail()


def _online_retail():
    if "ONLINE_RETAIL" not in os.environ:
        return
    tx = cv.transactions(
        pd.read_parquet(Path(os.environ["ONLINE_RETAIL"])),
        customer="CustomerID",
        timestamp="InvoiceDate",
        unit_price="UnitPrice",
        quantity="Quantity",
        order="InvoiceNo",
        product="StockCode",
    )
    start = time.perf_counter()
    result = validate(tx, presets.transactions())
    print(f"\nOnline Retail, {len(tx):,} lines, {time.perf_counter() - start:.1f} s")
    print(result.summary[["rule", "severity", "status", "failures"]].to_string())
