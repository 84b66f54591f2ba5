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


@pytest.mark.parametrize(
    ("model", "log_likelihood", "predicted"),
    [
        (cv.clv.ParetoNBDModel(), -15_782.392, 3_990.7),
        (cv.clv.ModifiedBetaGeoModel(), -15_781.94, None),
        (cv.clv.BetaGeoModel(), -15_836.57, None),
    ],
)
def test_evaluation(split, model, log_likelihood, predicted):
    # computed with an independent implementation
    fitted = model.fit(split)
    assert fitted.log_likelihood_ == pytest.approx(log_likelihood, abs=5e-3)
    result = cv.clv.evaluate(fitted, split)
    assert (result.n, result.actual_total) == (1_525, 3_389)
    if predicted is not None:
        assert result.predicted_total == pytest.approx(predicted, abs=0.05)
    assert result.predicted_total == pytest.approx(fitted.expected_purchases(split, 52.0)["expected_purchases"].sum())
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
    # BG/NBD, in which one-time buyers never leave, comes nearest to these two years and fits them worst
    assert result.ranking["model"][0] == "BetaGeoModel"
    assert "take probability_alive from ModifiedBetaGeoModel" in result.advice
