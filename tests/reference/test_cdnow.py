"""Published numbers on the CDNOW data: times in weeks, same-day purchases merged, calibration to 1997-09-30."""

from __future__ import annotations

import numpy as np
import pytest

import custval as cv


@pytest.fixture(scope="module")
def split():
    tx = cv.datasets.load_cdnow(sample=True)
    # the published counts take the few purchases of 0 dollars in as well
    return cv.calibration_holdout(tx.drop(columns="amount"), calibration_end="1997-09-30", unit="W")


@pytest.fixture(scope="module")
def model(split):
    return cv.clv.BetaGeoModel().fit(split)


def test_the_base(split):
    # Fader, Hardie & Lee 2005: 2,357 customers, 39 weeks of calibration, 39 of holdout, 1,882 purchases in it
    assert len(split) == 2_357
    assert split["frequency"].gt(0).sum() == 946
    assert split["T"].max() == pytest.approx(38.857, abs=1e-3)
    assert split["holdout_T"].unique().tolist() == [39.0]
    assert split["holdout_frequency"].sum() == 1_882


def test_bg_nbd(model):
    # Fader, Hardie & Lee 2005, table 2; to more digits as asserted in the tests of CLVTools
    assert model.fit_status_ == "converged"
    assert model.log_likelihood_ == pytest.approx(-9582.429, abs=1e-3)
    errors = dict(zip(model.params_, np.sqrt(np.diag(model.covariance_)), strict=True))
    published = {"r": 0.2425945, "alpha": 4.4136019, "a": 0.7929199, "b": 2.4258881}
    for name, value in published.items():
        assert abs(model.params_[name] - value) < 0.01 * errors[name]


def test_bg_nbd_holdout(split, model):
    # computed with an independent implementation
    predicted = model.expected_purchases(split, 39.0)["expected_purchases"]
    assert predicted.sum() == pytest.approx(1653.4, abs=0.1)
    assert np.abs(predicted - split["holdout_frequency"]).mean() == pytest.approx(0.785, abs=5e-4)


def test_bg_nbd_point_value(model):
    # Fader, Hardie & Lee, spreadsheet note on the BG/NBD: E[X(39) | 2, 30.43, 38.86]
    customer = {"frequency": [2], "recency": [30.43], "T": [38.86]}
    assert model.expected_purchases(customer, "39W")["expected_purchases"][0] == pytest.approx(1.226, abs=5e-4)


def test_gamma_gamma():
    # Fader & Hardie 2013: p 6.25, q 3.74, gamma 15.44 on the 946 repeat buyers, and their first ten customers
    summary = cv.summarize(cv.datasets.load_cdnow(sample=True), until="1997-09-30")
    model = cv.clv.GammaGammaModel().fit(summary)
    assert model.account_.rows_out == 946
    assert model.log_likelihood_ == pytest.approx(-4055.9177, abs=1e-3)
    for name, value in {"p": 6.25, "q": 3.74, "gamma": 15.44}.items():
        assert model.params_[name] == pytest.approx(value, abs=0.005)
    customers = {
        "frequency": [2, 1, 0, 0, 0, 7, 1, 0, 2, 0],
        "monetary_value": [22.35, 11.77, 0, 0, 0, 73.74, 11.77, 0, 25.55, 0],
    }
    first = model.expected_spend(customers)["expected_spend"]
    published = [24.65, 18.91, 35.17, 35.17, 35.17, 71.46, 18.91, 35.17, 27.28, 35.17]
    np.testing.assert_allclose(first, published, atol=0.01)


def test_mbg_nbd(split):
    # as lifetimes prints it, and an implementation of its own finds it
    model = cv.clv.ModifiedBetaGeoModel().fit(split)
    assert model.fit_status_ == "converged"
    assert model.log_likelihood_ == pytest.approx(-9582.136, abs=1e-3)
    errors = dict(zip(model.params_, np.sqrt(np.diag(model.covariance_)), strict=True))
    for name, value in {"r": 0.5248, "alpha": 6.1831, "a": 0.8914, "b": 1.614}.items():
        assert abs(model.params_[name] - value) < 0.01 * errors[name]


def test_nbd(split):
    # Ehrenberg's NBD on the same data, as published with the models that are compared with it
    model = cv.clv.NBDModel().fit(split)
    assert model.fit_status_ == "converged"
    assert model.log_likelihood_ == pytest.approx(-9763.66, abs=5e-3)
    for name, (value, error) in {"r": (0.385, 5e-4), "alpha": (12.07, 5e-3)}.items():
        assert model.params_[name] == pytest.approx(value, abs=error)
