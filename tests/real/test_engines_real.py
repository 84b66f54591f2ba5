"""Online Retail, from its file to values, in the engines and in Python: the same customers and the same money."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import custval as cv
from custval.clv import BetaGeoModel, GammaGammaModel, lifetime_value
from custval.data_quality import clean_transactions
from custval.segmentation import RFMScorer

pl = pytest.importorskip("polars")
duckdb = pytest.importorskip("duckdb")

NAMES = {
    "customer": "CustomerID",
    "timestamp": "InvoiceDate",
    "unit_price": "UnitPrice",
    "quantity": "Quantity",
    "order": "InvoiceNo",
    "product": "StockCode",
    "country": "Country",
}
POLICIES = {"refunds": "drop", "refund_when": "starts_with(order_id, 'C')", "exclude": {"bad debt": "amount < 0"}}


@pytest.fixture(scope="module")
def path(real_data):
    return real_data / "transactions" / "online_retail.parquet"


@pytest.fixture(scope="module")
def eager(path):
    cleaned = clean_transactions(cv.transactions(pd.read_parquet(path), **NAMES), **POLICIES)
    return cleaned, cv.summarize(cleaned.frame, unit="W")


@pytest.fixture(params=["polars", "duckdb"])
def scanned(request, path):
    if request.param == "polars":
        return pl.scan_parquet(path), lambda frame: frame.collect().to_pandas(), lambda frame: frame.collect().lazy()
    connection = duckdb.connect()
    names = iter(f"kept_{number}" for number in range(10))

    def keep(frame):
        name = next(names)
        frame.create(name)
        return connection.table(name)

    return connection.read_parquet(str(path)), lambda frame: frame.df(), keep


def test_from_the_file_to_values(scanned, eager):
    frame, collect, keep = scanned
    want, customers = eager
    cleaned = clean_transactions(cv.transactions(frame, **NAMES), **POLICIES)
    assert dict(cleaned.account.set_aside) == dict(want.account.set_aside)
    assert cleaned.account.rows_out == want.account.rows_out
    assert cleaned.account.amount_out == pytest.approx(want.account.amount_out, rel=1e-12)
    summary = keep(cv.summarize(cleaned.frame, unit="W"))
    found = collect(summary).sort_values("customer_id").reset_index(drop=True)
    assert found["customer_id"].tolist() == customers["customer_id"].tolist()
    for name in ("frequency", "recency", "T", "monetary_value", "orders", "total_amount", "time_since_last"):
        np.testing.assert_allclose(found[name].astype(float), customers[name].astype(float), rtol=1e-9, atol=1e-7)
    buys, spends = BetaGeoModel().fit(summary), GammaGammaModel(nonpositive="exclude").fit(summary)
    exact = BetaGeoModel().fit(customers), GammaGammaModel(nonpositive="exclude").fit(customers)
    assert list(buys.params_.values()) == pytest.approx(list(exact[0].params_.values()), rel=1e-6)
    error = exact[1].parameter_table()["standard_error"].to_numpy()
    shift = np.array(list(spends.params_.values())) - np.array(list(exact[1].params_.values()))
    assert (np.abs(shift) < 0.01 * error).all()
    value = collect(lifetime_value(*exact, summary, annual_discount_rate=0.1)).sort_values("customer_id")
    expected = lifetime_value(*exact, customers, annual_discount_rate=0.1)
    np.testing.assert_allclose(value["clv"], expected["clv"], rtol=1e-7)
    scores = collect(RFMScorer().fit(summary).transform(summary)).sort_values("customer_id")
    assert scores["rfm_segment"].tolist() == RFMScorer().fit_transform(customers)["rfm_segment"].tolist()
