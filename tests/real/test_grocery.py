"""The grocery purchases of the BTYDplus package (GPL-3): 1,525 customers who joined in early 2006."""

from __future__ import annotations

import pandas as pd
import pytest

import custval as cv


@pytest.fixture(scope="module")
def purchases(real_data):
    log = pd.read_csv(real_data / "transactions" / "grocery_elog.csv")
    return cv.transactions(log, customer="cust", timestamp="date")


@pytest.fixture(scope="module")
def split(purchases):
    return cv.calibration_holdout(purchases, calibration_end="2006-12-31", unit="W")


def test_evaluation(split):
    # log-likelihood and the actual total computed with an independent implementation
    model = cv.clv.ModifiedBetaGeoModel().fit(split)
    assert model.log_likelihood_ == pytest.approx(-15_781.94, abs=5e-3)
    result = cv.clv.evaluate(model, split)
    assert (result.n, result.actual_total) == (1_525, 3_389)
    predicted = model.expected_purchases(split, 52.0)["expected_purchases"]
    assert split["holdout_T"].between(51.8, 52.0).all()
    # the holdout ends with the data, a day short of 52 weeks
    assert result.predicted_total == pytest.approx(predicted.sum(), rel=5e-3)
    assert result.predicted_total > 3_900
    assert result.bias_low > 0
    assert "beyond what chance makes" in result.verdict
    assert result.beats_baseline


def test_its_error_is_no_season(purchases, split):
    model = cv.clv.ModifiedBetaGeoModel().fit(split)
    tracked = cv.clv.tracking(model, purchases, "2006-12-31")
    assert tracked.actual == 3_389
    assert tracked.relative_error > 0.2
    # every month of 2007 falls short, and those of 2006 did not
    assert (tracked.season["ratio"] < 0.95).all()
    assert not tracked.seasonal


def test_comparison(purchases):
    models = [cv.clv.BetaGeoModel(), cv.clv.ModifiedBetaGeoModel()]
    result = cv.clv.compare(models, purchases, cutoffs=["2006-09-30", "2006-12-30"], horizon="52W", unit="W")
    assert result.beats_baseline
    assert result.ranking["kind"].tolist()[:2] == ["model", "model"]
    assert result.ranking["n_converged"].tolist()[:2] == [2, 2]
