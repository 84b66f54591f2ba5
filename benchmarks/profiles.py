"""A profile of transaction lines: beside `describe(include="all")` of pandas, which says less, as a floor.

At 1 M and at 10 M rows of 7 columns: `python -m benchmarks profiles`, `python -m benchmarks profile --size 10_000_000`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.harness import compare
from custval.data_quality import profile

SIZE = 1_000_000


def make(size):
    rng = np.random.default_rng(1)
    countries = np.array(["France", "Germany", "United Kingdom", "france"])
    products = np.array([f"product {number}" for number in range(4_000)])
    return pd.DataFrame(
        {
            "customer_id": rng.integers(0, max(size // 8, 1), size),
            "order_id": "A" + pd.Series(rng.integers(0, max(size // 3, 1), size)).astype(str),
            "product_id": pd.Series(products[rng.integers(0, products.size, size)]),
            "timestamp": np.datetime64("2022-01-01", "s") + rng.integers(0, 730 * 86_400, size).astype("m8[s]"),
            "quantity": rng.integers(1, 20, size),
            "amount": np.where(rng.random(size) < 0.02, np.nan, rng.gamma(2.0, 20.0, size).round(2)),
            "country": pd.Series(countries[rng.integers(0, countries.size, size)]),
        }
    )


def ours(data):
    return profile(data)


def describe(data):
    return data.describe(include="all")


def run(*, size, repeat):
    name = f"profile, {size:,} lines × 7 columns, pandas in"
    compare(name, ours, describe, setup=make, size=size, repeat=min(repeat, 3), peer_name="pandas describe")
