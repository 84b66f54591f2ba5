"""BG/CNBD-k and MBG/CNBD-k on the CDNOW data, which are not regular, and on the grocery data, which are."""

from __future__ import annotations

import csv

import numpy as np
import pytest

import custval as cv

BG, MBG = cv.clv.BetaGeoCNBDModel, cv.clv.ModifiedBetaGeoCNBDModel


@pytest.fixture(scope="module")
def cdnow():
    tx = cv.datasets.load_cdnow(sample=True)
    # the published counts take the few purchases of 0 dollars in as well
    return cv.summarize(tx.drop(columns="amount"), until="1997-09-30", unit="W", regularity=True)


@pytest.fixture(scope="module")
def grocery(real_data):
    with (real_data / "transactions" / "grocery_elog.csv").open() as file:
        rows = list(csv.DictReader(file))
    log = {"cust": [int(row["cust"]) for row in rows], "date": [row["date"] for row in rows]}
    tx = cv.transactions(log, customer="cust", timestamp="date")
    summary = cv.summarize(tx, until="2006-12-31", unit="W", regularity=True)
    split = cv.calibration_holdout(tx, calibration_end="2006-12-31", unit="W")
    assert summary["customer_id"] == split["customer_id"]
    return summary, np.array(split["holdout_frequency"])


# computed with an independent implementation: r, alpha, a, b and the log-likelihood at k = 2
@pytest.mark.parametrize(
    ("cls", "published", "value"),
    [(BG, (0.2269, 1.4629, 0.944, 2.0743), -9855.3), (MBG, (0.5799, 2.2881, 1.1345, 1.585), -9853.3)],
)
def test_cdnow(cdnow, cls, published, value):
    model = cls(k=2).fit(cdnow)
    assert model.fit_status_ == "converged"
    assert model.log_likelihood_ == pytest.approx(value, abs=0.06)
    np.testing.assert_allclose(list(model.params_.values()), published, atol=1e-4)


def test_cdnow_is_not_regular(cdnow):
    for cls, plain in ((BG, cv.clv.BetaGeoModel), (MBG, cv.clv.ModifiedBetaGeoModel)):
        model, same = cls().fit(cdnow), plain().fit(cdnow)
        assert model.k_ == 1
        assert list(model.log_likelihood_by_k_) == [1, 2]
        assert model.log_likelihood_ == pytest.approx(same.log_likelihood_, rel=1e-12)
        np.testing.assert_allclose(list(model.params_.values()), list(same.params_.values()), rtol=1e-7)


# computed with an independent implementation: the log-likelihoods at k = 1
@pytest.mark.parametrize(("cls", "poisson"), [(BG, -15836.57), (MBG, -15781.94)])
def test_grocery_is_regular_and_regularity_predicts_better(grocery, cls, poisson):
    summary, holdout = grocery
    assert len(holdout) == 1_525
    assert holdout.sum() == 3_389
    regular, plain = cls().fit(summary), cls(k=1).fit(summary)
    assert regular.k_ == 2
    assert regular.log_likelihood_by_k_[1] == pytest.approx(poisson, abs=0.006)
    assert regular.log_likelihood_ > poisson + 700
    errors = [
        np.abs(model.expected_purchases(summary, 52.0)["expected_purchases"] - holdout) for model in (regular, plain)
    ]
    assert errors[0].mean() < 0.95 * errors[1].mean()
    totals = [np.sum(model.expected_purchases(summary, 52.0)["expected_purchases"]) for model in (regular, plain)]
    assert abs(totals[0] - 3_389) < abs(totals[1] - 3_389)
