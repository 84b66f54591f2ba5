"""Eight rules on seven columns: beside pandera and pointblank, which count the same failures."""

from __future__ import annotations

import os

import numpy as np
import pandas as pd

from benchmarks.harness import compare
from custval.data_quality import rules, validate

SIZE = 10_000_000
DEFECTS = 0.001
COUNTRIES = ("CN", "DE", "FR", "GB", "US")
LAST_DAY = "2023-12-31"
PRODUCT = r"[0-9]{5}[A-Z]?"

RULES = (
    rules.not_null("customer_id"),
    rules.unique("line_id"),
    rules.matches_pattern("product_id", PRODUCT),
    rules.not_in_future("timestamp", LAST_DAY),
    rules.in_set("country", COUNTRIES),
    rules.in_range("quantity", 1, 10_000),
    rules.in_range("amount", 0),
    rules.expression("amount <= 1000 * quantity"),
)


def make(size, *, text=False):
    """Lines of orders, with one defect in a thousand rows for each rule.

    Products are text of 4,000 kinds; with `text` the key of a line is text too, and all different.
    """
    rng = np.random.default_rng(1)

    def some():
        return rng.choice(size, max(int(DEFECTS * size), 1), replace=False)

    line = np.arange(size)
    twice = some()
    line[twice] = (twice + 1) % size
    customer = rng.integers(1, max(size // 8, 2), size).astype(float)
    customer[some()] = np.nan
    seconds = rng.integers(0, 730 * 86_400, size)
    seconds[some()] += 1_000 * 86_400
    products = np.array([*(f"{code}{letter}" for code in range(20_000, 22_000) for letter in ("", "B")), "POST"])
    product = rng.integers(0, len(products) - 1, size)
    product[some()] = len(products) - 1
    countries = np.array([*COUNTRIES, "??"])
    country = rng.integers(0, len(COUNTRIES), size)
    country[some()] = len(COUNTRIES)
    quantity = rng.integers(1, 20, size)
    quantity[some()] = 0
    amount = rng.gamma(2.0, 20.0, size).round(2)
    amount[some()] -= 5_000
    amount[some()] += 50_000
    return pd.DataFrame(
        {
            "line_id": "L" + pd.Series(line).astype(str) if text else line,
            "customer_id": customer,
            "timestamp": (np.datetime64("2022-01-01", "s") + seconds.astype("m8[s]")).astype("M8[us]"),
            "product_id": pd.Series(products.astype(object)).take(product).reset_index(drop=True),
            "country": pd.Series(countries.astype(object)).take(country).reset_index(drop=True),
            "quantity": quantity,
            "amount": amount,
        }
    )


def make_text(size):
    return make(size, text=True)


def ours(data):
    return int(validate(data, RULES).summary["failures"].sum())


def pandera(data):
    """As a schema, lazily: every failing cell in a table, as `validate` gives it."""
    os.environ["DISABLE_PANDERA_IMPORT_WARNING"] = "True"
    import pandera.pandas as pa

    schema = pa.DataFrameSchema(
        {
            "line_id": pa.Column(None, unique=True),
            "customer_id": pa.Column(float, nullable=False),
            "timestamp": pa.Column(None, pa.Check.lt(pd.Timestamp(LAST_DAY) + pd.Timedelta(days=1))),
            "product_id": pa.Column(None, pa.Check.str_matches(f"^{PRODUCT}$")),
            "country": pa.Column(None, pa.Check.isin(COUNTRIES)),
            "quantity": pa.Column(int, pa.Check.in_range(1, 10_000)),
            "amount": pa.Column(float, pa.Check.ge(0)),
        },
        checks=pa.Check(lambda lines: lines["amount"] <= 1_000 * lines["quantity"], name="amount"),
    )
    try:
        schema.validate(data, lazy=True)
    except pa.errors.SchemaErrors as errors:
        cases = errors.failure_cases
        # a failing row of a check on the whole table is listed once per column
        whole = cases["schema_context"].eq("DataFrameSchema")
        return int((~whole).sum() + cases.loc[whole, "index"].nunique())
    return 0


def pointblank(data):
    """The same as a plan of steps, with what it keeps of failing rows by default."""
    import pointblank as pb

    plan = (
        pb.Validate(data)
        .col_vals_not_null("customer_id")
        .rows_distinct("line_id")
        .col_vals_regex("product_id", f"^{PRODUCT}$")
        .col_vals_lt("timestamp", pd.Timestamp(LAST_DAY) + pd.Timedelta(days=1))
        .col_vals_in_set("country", list(COUNTRIES))
        .col_vals_between("quantity", 1, 10_000)
        .col_vals_ge("amount", 0)
        .col_vals_expr(lambda lines: lines["amount"] <= 1_000 * lines["quantity"])
    )
    return int(sum(plan.interrogate().n_failed().values()))


def total(result):
    return float(result)


def run(*, size, repeat):
    name = f"eight rules, {size:,} rows of seven columns, pandas {pd.__version__}"
    shared = {"setup": make, "size": size, "answer": total}
    compare(name, ours, pandera, **shared, repeat=repeat, peer_name="pandera")
    compare(name, ours, pointblank, **shared, repeat=min(repeat, 2), peer_name="pointblank")
    # the hardest case for what looks at distinct values: a key of text, all different
    few = max(size // 10, 1)
    name = f"eight rules and a key of text, {few:,} rows, pandas {pd.__version__}"
    compare(name, ours, pandera, setup=make_text, size=few, answer=total, repeat=repeat, peer_name="pandera")
