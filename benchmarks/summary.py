"""Transactions to one row per customer: beside lifetimes, plain pandas and hand-written polars."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd

import custval as cv
from benchmarks.harness import compare

SIZE = 1_000_000
LINES_PER_CUSTOMER = 8


def make(size, *, text=False):
    rng = np.random.default_rng(1)
    customer = rng.integers(0, max(size // LINES_PER_CUSTOMER, 1), size) * 7 + 1_000
    seconds = rng.integers(0, 730 * 86_400, size).astype("m8[s]")
    return pd.DataFrame(
        {
            "customer_id": "c" + pd.Series(customer).astype(str) if text else customer,
            "timestamp": (np.datetime64("2022-01-01", "s") + seconds).astype("M8[us]"),
            "amount": rng.gamma(2.0, 20.0, size).round(2),
        }
    )


def make_text(size):
    return make(size, text=True)


def make_polars(size):
    import polars as pl

    return pl.from_pandas(make(size))


def make_polars_text(size):
    import polars as pl

    return pl.from_pandas(make_text(size))


def ours(data):
    return cv.summarize(data)


def lifetimes(data):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from lifetimes.utils import summary_data_from_transaction_data

        return summary_data_from_transaction_data(data, "customer_id", "timestamp", monetary_value_col="amount")


def plain_pandas(data):
    """The same table by group-bys, every column of it."""
    days = data.assign(day=data["timestamp"].dt.floor("D"), makes=data["amount"] > 0)
    keys = ["customer_id", "day"]
    occasions = days.groupby(keys, as_index=False).agg(
        amount=("amount", "sum"), first=("timestamp", "min"), last=("timestamp", "max"), lines=("makes", "sum")
    )
    occasions = occasions[occasions["lines"] > 0]
    occasions["repeat"] = occasions["amount"].where(occasions.duplicated("customer_id"))
    base = occasions.groupby("customer_id").agg(
        frequency=("day", "size"),
        first_day=("day", "min"),
        last_day=("day", "max"),
        monetary_value=("repeat", "mean"),
        orders=("lines", "sum"),
        first_purchase=("first", "min"),
        last_purchase=("last", "max"),
    )
    end = days["day"].max()
    base["frequency"] -= 1
    base["recency"] = (base["last_day"] - base["first_day"]).dt.days.astype(float)
    base["T"] = (end - base["first_day"]).dt.days.astype(float)
    base["time_since_last"] = base["T"] - base["recency"]
    base["monetary_value"] = base["monetary_value"].fillna(0.0)
    base["total_amount"] = days.groupby("customer_id")["amount"].sum()
    return base.reset_index()


def polars(data):
    """The same table as lazy polars expressions, every column of it, written for speed."""
    import polars as pl

    day = pl.col("timestamp").dt.date().cast(pl.Int32)
    end = data["timestamp"].max()
    return (
        data.lazy()
        .group_by("customer_id", day.alias("day"))
        .agg(
            pl.col("amount").sum(),
            first=pl.col("timestamp").min(),
            last=pl.col("timestamp").max(),
            lines=(pl.col("amount") > 0).sum(),
        )
        .filter(pl.col("lines") > 0)
        .sort("customer_id", "day")
        .group_by("customer_id", maintain_order=True)
        .agg(
            frequency=pl.len() - 1,
            first_day=pl.col("day").first(),
            last_day=pl.col("day").last(),
            monetary_value=pl.col("amount").slice(1).mean().fill_null(0.0),
            orders=pl.col("lines").sum(),
            total_amount=pl.col("amount").sum(),
            first_purchase=pl.col("first").min(),
            last_purchase=pl.col("last").max(),
        )
        .with_columns(
            recency=(pl.col("last_day") - pl.col("first_day")).cast(pl.Float64),
            T=(pl.lit(end).dt.date().cast(pl.Int32) - pl.col("first_day")).cast(pl.Float64),
            unit=pl.lit("D"),
        )
        .with_columns(time_since_last=pl.col("T") - pl.col("recency"))
        .collect()
    )


def total(result):
    return float(sum(float(result[name].sum()) for name in ("frequency", "recency", "T", "monetary_value")))


def run(*, size, repeat):
    name = f"summarize, {size:,} lines, whole-number customers, pandas in"
    shared = {"setup": make, "size": size, "answer": total}
    compare(name, ours, lifetimes, **shared, repeat=min(repeat, 3), peer_name="lifetimes")
    compare(name, ours, plain_pandas, **shared, repeat=repeat, peer_name="plain pandas")
    compare(name, ours, polars, **shared, repeat=repeat, peer_name="polars", peer_setup=make_polars)
    name = f"summarize, {size:,} lines, text customers, pandas in"
    shared["setup"] = make_text
    compare(name, ours, polars, **shared, repeat=repeat, peer_name="polars", peer_setup=make_polars_text)
