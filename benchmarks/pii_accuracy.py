"""How well `find_pii` finds personal data: precision and recall of columns and of values, with and without headers.

Without headers the columns are called col1, col2 …, so that only the values speak. The truth is written down here, by
column. What is part of an address but no street (suburb, city, state) counts neither way.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

import custval as cv
from custval._kernels.pii import kinds_of

SIZE = 2_000
_REAL = Path(__file__).resolve().parents[2] / "shared" / "data"
_PERSONS = {
    "given_name": "name",
    "surname": "name",
    "street_number": "address",
    "address_1": "address",
    "address_2": "address",
    "postcode": "postcode",
    "date_of_birth": "birth_date",
    "soc_sec_id": "national_id",
}
_OPEN = frozenset({"suburb", "state", "city", "country"})


class Case(NamedTuple):
    """A table and the kinds of its columns that hold personal data."""

    name: str
    frame: Any
    truth: dict[str, str]


def cases(size: int) -> Iterator[Case]:
    """The simulated store, and the public tables that are there."""
    store = cv.datasets.simulate_store(size, rng=1)
    truth = {
        "given_name": "name",
        "family_name": "name",
        "email": "email",
        "phone": "phone",
        "birth_date": "birth_date",
    }
    yield Case("store, customers", store.customers, truth)
    yield Case("store, transactions", store.transactions, {})
    for file in ("febrl1", "febrl4a", "febrl4b"):
        if frame := _read(f"quality/{file}.csv"):
            yield Case(file, frame[0], {f" {name}": kind for name, kind in _PERSONS.items()})
    others = {
        "quality/fake_1000.csv": {"first_name": "name", "surname": "name", "dob": "birth_date", "email": "email"},
        "quality/fodors.csv": {"addr": "address", "phone": "phone"},
        "quality/zagats.csv": {"addr": "address", "phone": "phone"},
        "transactions/online_retail.parquet": {},
        "transactions/rfm_data_orders.parquet": {
            "customer_id": "name",  # names serve as customer numbers here
            "first_name": "name",
            "last_name": "name",
            "email": "email",
        },
        "churn/telco_customer_churn.csv": {},
        "churn/bank_churn.csv": {"Surname": "name"},
        "segmentation/Mall_Customers.csv": {},
        "satisfaction/nps_testdata.csv": {},
    }
    for file, truth in others.items():
        if frame := _read(file):
            yield Case(Path(file).stem, frame[0], truth)


def _read(file: str) -> list[Any]:
    """The table in a list; an empty one where the file is absent."""
    path = _REAL / file
    if not path.exists():
        return []
    return [pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)]


def _judge(case: Case, *, blind: bool) -> tuple[int, int, int, int, list[str]]:
    """Right, wrongly found, missed, of the wrong kind; and what went wrong."""
    columns = list(case.frame.columns)
    shown = [f"col{place}" for place in range(1, len(columns) + 1)] if blind else columns
    found = cv.data_quality.find_pii(case.frame.set_axis(shown, axis=1)).columns
    right = wrong = missed = other = 0
    remarks = []
    for column, name in zip(columns, shown, strict=True):
        true, given = case.truth.get(column), found.get(name)
        if column.strip() in _OPEN or (true is None and given is None):
            continue
        right += given is not None and true is not None
        other += given is not None and true is not None and given != true
        wrong += true is None
        missed += given is None
        if given != true:
            remarks.append(f"{column.strip()}: {true or 'nothing'} taken for {given or 'nothing'}")
    return right, wrong, missed, other, remarks


def _values(case: Case) -> dict[str, list[int]]:
    """Per kind: values of it that have its form, all values of it, and values of other columns that have its form."""
    counts: dict[str, list[int]] = {}
    for column in case.frame.columns:
        if column.strip() in _OPEN or case.frame[column].dtype.kind in "Mfb":
            continue
        texts, rows = np.unique(case.frame[column].dropna().astype(str).str.strip(), return_counts=True)
        true = case.truth.get(column)
        for text, n in zip(texts, rows, strict=True):
            kinds = kinds_of(text)
            for kind in {*kinds, *([true] if true else [])} - {"birth_date"}:
                row = counts.setdefault(kind, [0, 0, 0])
                row[0] += n * (kind == true and kind in kinds)
                row[1] += n * (kind == true)
                row[2] += n * (kind != true)
    return counts


def run(*, size, repeat):
    """Print two tables; nothing is random, so one round says it all."""
    del repeat
    totals = np.zeros((2, 4), dtype=int)
    print(f"{'columns':<22}{'headers':>9}{'right':>7}{'wrong':>7}{'missed':>8}{'other kind':>12}{'seconds':>9}")
    all_values: dict[str, np.ndarray] = {}
    for case in cases(size):
        for blind in (False, True):
            start = time.perf_counter()
            *numbers, remarks = _judge(case, blind=blind)
            seconds = time.perf_counter() - start
            totals[int(blind)] += numbers
            right, wrong, missed, other = numbers
            label = "no" if blind else "yes"
            print(f"{case.name:<22}{label:>9}{right:>7}{wrong:>7}{missed:>8}{other:>12}{seconds:>9.2f}")
            for remark in remarks:
                print(f"    {remark}")
        for kind, row in _values(case).items():
            all_values[kind] = all_values.get(kind, np.zeros(3, dtype=int)) + row
    for label, (right, wrong, missed, other) in zip(("with headers", "without"), totals.tolist(), strict=True):
        precision, recall = right / max(right + wrong, 1), right / max(right + missed, 1)
        print(f"{label}: precision {precision:.3f}, recall {recall:.3f}; {other} of {right} of another kind")
    print(f"\n{'single values':<16}{'recall':>9}{'of':>10}{'precision':>11}")
    for kind, (hits, positives, false) in sorted(all_values.items()):
        recall = f"{hits / positives:.3f}" if positives else "–"
        precision = f"{hits / (hits + false):.3f}" if hits + false else "–"
        print(f"{kind:<16}{recall:>9}{positives:>10,}{precision:>11}")
