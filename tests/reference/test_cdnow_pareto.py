"""Published numbers of Pareto/NBD on the CDNOW data: weeks, same-day purchases merged, calibration to 1997-09-30."""

from __future__ import annotations

import numpy as np
import pytest

import custval as cv

PUBLISHED = {"r": 0.55328, "alpha": 10.57768, "s": 0.60624, "beta": 11.66873}


@pytest.fixture(scope="module")
def split():
    tx = cv.datasets.load_cdnow(sample=True)
    # the published counts take the few purchases of 0 dollars in as well
    return cv.calibration_holdout(tx.drop(columns="amount"), calibration_end="1997-09-30", unit="W")


@pytest.fixture(scope="module")
def model(split):
    return cv.clv.ParetoNBDModel().fit(split)


@pytest.fixture(scope="module")
def published():
    return cv.clv.ParetoNBDModel.from_params(**PUBLISHED, unit="W")


def test_estimates(model):
    # computed with an independent implementation; CLVTools prints .55315 10.57633 .60625 11.67150 and LL -9594.976
    assert model.fit_status_ == "converged"
    assert model.log_likelihood_ == pytest.approx(-9594.976179, abs=2e-6)
    for name, value in PUBLISHED.items():
        assert model.params_[name] == pytest.approx(value, rel=2e-5)
    table = model.parameter_table()
    errors = dict(zip(table["parameter"], table["standard_error"], strict=True))
    for name, value in {"r": 0.0476, "alpha": 0.843, "s": 0.187, "beta": 6.21}.items():
        assert errors[name] == pytest.approx(value, rel=2e-3)


def test_holdout(split, model):
    # computed with an independent implementation; 1,882 purchases were made
    predicted = model.expected_purchases(split, 39.0)["expected_purchases"]
    assert predicted.sum() == pytest.approx(1665.5, abs=0.1)
    assert np.abs(predicted - split["holdout_frequency"]).mean() == pytest.approx(0.755, abs=5e-4)


def test_a_customer(published):
    # the vignette of the R package BTYD: E[X(52) | 26, 30.86, 31] = 25.46, P(alive) = .9979
    customer = {"frequency": [26], "recency": [30.86], "T": [31.0]}
    assert published.expected_purchases(customer, "52W")["expected_purchases"][0] == pytest.approx(25.46, abs=5e-3)
    assert published.probability_alive(customer)["probability_alive"][0] == pytest.approx(0.9979, abs=5e-5)


def test_new_customers():
    # printed by BTYD and lifetimes for these parameters
    model = cv.clv.ParetoNBDModel.from_params(r=0.55, alpha=10.56, s=0.61, beta=11.64)
    printed = [0, 0.05077821, 0.09916088, 0.14542507, 0.18979930, 0.23247466, 0.27361274, 0.31335159, 0.35181024]
    np.testing.assert_allclose(model.expected_purchases_new(np.arange(10.0)), [*printed, 0.38909211], atol=5e-9)


def test_discounted_purchases():
    # computed with an independent implementation of the closed form with a confluent hypergeometric function
    theta = {"r": 0.5629966, "alpha": 12.5590370, "s": 0.4081095, "beta": 10.5148048}
    model = cv.clv.ParetoNBDModel.from_params(**theta, unit="W")
    customer = {"frequency": [7], "recency": [35.0], "T": [77.86]}
    rate = float(np.expm1(0.0027 * 365.2425 / 7))
    found = model.discounted_expected_purchases(customer, annual_discount_rate=rate, compounding="continuous")
    assert found["discounted_expected_purchases"][0] == pytest.approx(1.864183, abs=1e-6)
