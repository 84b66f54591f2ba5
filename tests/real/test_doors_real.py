"""The doors on real tables."""

from __future__ import annotations

import pandas as pd
import pytest

import custval as cv

polars = pytest.importorskip("polars")
parquet = pytest.importorskip("pyarrow.parquet")

NAMES = {
    "unit_price": "UnitPrice",
    "quantity": "Quantity",
    "order": "InvoiceNo",
    "customer": "CustomerID",
    "timestamp": "InvoiceDate",
}
RENAMED = {
    "InvoiceNo": "order_id",
    "Quantity": "quantity",
    "InvoiceDate": "timestamp",
    "UnitPrice": "unit_price",
    "CustomerID": "customer_id",
}


@pytest.fixture(scope="module")
def online_retail(real_data):
    return pd.read_parquet(real_data / "transactions" / "online_retail.parquet")


def test_online_retail(online_retail):
    before = online_retail.copy()
    result = cv.transactions(online_retail, **NAMES)
    pd.testing.assert_frame_equal(online_retail, before)
    assert len(result) == 541_909
    assert list(result) == [RENAMED.get(name, name) for name in online_retail] + ["amount"]
    assert result["customer_id"].dtype == "Int64"
    assert result["customer_id"].isna().sum() == 135_080
    assert result["customer_id"].nunique() == 4_372
    assert result["order_id"].str.startswith("C").sum() == 9_288
    direct = online_retail["UnitPrice"] * online_retail["Quantity"]
    assert result["amount"].sum() == direct.sum()
    for name in set(online_retail) - set(RENAMED):
        pd.testing.assert_series_equal(result[name], online_retail[name])


@pytest.mark.parametrize("library", ["polars", "pyarrow"])
def test_online_retail_elsewhere(real_data, online_retail, library):
    path = real_data / "transactions" / "online_retail.parquet"
    frame = polars.read_parquet(path) if library == "polars" else parquet.read_table(path)
    result = cv.transactions(frame, **NAMES)
    assert type(result) is type(frame)
    assert len(result) == 541_909
    customer = result["customer_id"]
    assert (customer.null_count if library == "pyarrow" else customer.null_count()) == 135_080
    expected = float((online_retail["UnitPrice"] * online_retail["Quantity"]).sum())
    total = result["amount"].sum() if library == "polars" else sum(result["amount"].to_pylist())
    assert total == pytest.approx(expected, rel=1e-12)


def test_countries_of_online_retail(online_retail):
    lines = cv.transactions(online_retail.dropna(subset=["CustomerID"]), **NAMES, country="Country")
    result = cv.customers_from(lines, ["country"])
    several = lines.groupby("customer_id")["country"].nunique() > 1
    assert len(result) == 4_372
    assert result["conflicts"].sum() == several.sum()
    last = lines.sort_values("timestamp", kind="stable").groupby("customer_id")["country"].last()
    assert result["country"].tolist() == last.tolist()


def test_telco_contracts(real_data):
    telco = pd.read_csv(real_data / "churn" / "telco_customer_churn.csv")
    named = {"customer": "customerID", "duration": "tenure", "observed": "Churn", "true_values": ["Yes"]}
    result = cv.contracts(telco, **named)
    assert len(result) == 7_043
    assert result["observed"].sum() == (telco["Churn"] == "Yes").sum()
    with pytest.raises(cv.ColumnError, match="11 of its values are no numbers: ' '") as caught:
        cv.contracts(telco, **named, price="TotalCharges")
    assert caught.value.count == 11
