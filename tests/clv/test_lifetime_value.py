"""Lifetime values against the sum of the definition, written out customer by customer."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import custval as cv

MODEL = cv.clv.BetaGeoModel.from_params(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="W")
SPEND = cv.clv.GammaGammaModel.from_params(p=6.25, q=3.74, gamma=15.44)
X = {
    "customer_id": ["a", "b", "c", "d"],
    "frequency": [2, 0, 7, 1],
    "recency": [30.43, 0.0, 29.43, 5.0],
    "T": [38.86, 38.86, 38.86, 20.0],
    "monetary_value": [22.35, 0.0, 73.74, 11.77],
    "own_spend": [10.0, 20.0, 30.0, 40.0],
}
DAYS = {"D": 1.0, "W": 7.0, "M": 30.436875, "Y": 365.2425}


def written_out(count, unit, rate, timing="end", margin=1.0, spend=None):
    """The definition: a loop over customers and periods."""
    spend = SPEND.expected_spend(X)["expected_spend"] if spend is None else spend
    ends = [*range(1, math.ceil(count)), count]
    values = []
    for i in range(len(X["frequency"])):
        row = {name: [X[name][i]] for name in ("frequency", "recency", "T")}
        before, start, value = 0.0, 0.0, 0.0
        for end in ends:
            bought = MODEL.expected_purchases(row, end * DAYS[unit] / DAYS["W"])["expected_purchases"][0]
            paid = end if timing == "end" else (start + end) / 2
            value += (bought - before) * (1 + rate) ** (-paid * DAYS[unit] / DAYS["Y"])
            before, start = bought, end
        values.append(margin * spend[i] * value)
    return values


@given(
    st.sampled_from(["D", "W", "M", "Y"]),
    st.integers(1, 14),
    st.sampled_from([-0.05, 0.0, 0.1, 1.0]),
    st.sampled_from(["end", "mid"]),
)
def test_the_definition(unit, count, rate, timing):
    value = cv.clv.lifetime_value(
        MODEL, SPEND, X, horizon=f"{count}{unit}", annual_discount_rate=rate, discount_timing=timing, margin=0.3
    )
    np.testing.assert_allclose(value["clv"], written_out(count, unit, rate, timing, 0.3), rtol=1e-9)


@pytest.mark.parametrize("horizon", [1.0, 0.25, 26.0, 26.5])
def test_a_number_counts_the_units_of_the_model(horizon):
    value = cv.clv.lifetime_value(MODEL, SPEND, X, horizon=horizon, annual_discount_rate=0.2)
    np.testing.assert_allclose(value["clv"], written_out(horizon, "W", 0.2), rtol=1e-9)


def test_the_columns_are_the_models_own_answers():
    value = cv.clv.lifetime_value(MODEL, SPEND, X, annual_discount_rate=0.1)
    assert list(value) == ["customer_id", "expected_purchases", "probability_alive", "expected_spend", "clv"]
    year = 12 * DAYS["M"] / DAYS["W"]
    np.testing.assert_allclose(
        value["expected_purchases"], MODEL.expected_purchases(X, year)["expected_purchases"], rtol=1e-12
    )
    assert value["probability_alive"] == MODEL.probability_alive(X)["probability_alive"]
    assert value["expected_spend"] == SPEND.expected_spend(X)["expected_spend"]


def test_undiscounted_it_is_purchases_times_spend():
    value = cv.clv.lifetime_value(MODEL, SPEND, X, horizon="7M", annual_discount_rate=0)
    product = np.array(value["expected_purchases"]) * np.array(value["expected_spend"])
    np.testing.assert_allclose(value["clv"], product, rtol=1e-12)


def test_spend_as_a_column_and_as_a_number():
    column = cv.clv.lifetime_value(MODEL, "own_spend", X, annual_discount_rate=0.1)
    np.testing.assert_allclose(column["clv"], written_out(12, "M", 0.1, spend=X["own_spend"]), rtol=1e-9)
    number = cv.clv.lifetime_value(MODEL, 25.0, X, annual_discount_rate=0.1)
    np.testing.assert_allclose(number["clv"], written_out(12, "M", 0.1, spend=[25.0] * 4), rtol=1e-9)


def test_every_library_alike(frame_library, to_lists):
    frame = frame_library(X)
    value = cv.clv.lifetime_value(MODEL, SPEND, frame, annual_discount_rate=0.1)
    assert type(value) is type(frame)
    expected = cv.clv.lifetime_value(MODEL, SPEND, X, annual_discount_rate=0.1)
    got = to_lists(value)
    assert got.pop("customer_id") == expected.pop("customer_id")
    for name, values in expected.items():
        np.testing.assert_allclose(got[name], values, rtol=1e-12)


def test_without_a_unit():
    model = cv.clv.BetaGeoModel.from_params(**MODEL.params_)
    plain = {name: values for name, values in X.items() if name != "unit"}
    with pytest.raises(cv.CustvalError, match="unit of time"):
        cv.clv.lifetime_value(model, SPEND, plain, horizon=52, annual_discount_rate=0.1)
    with pytest.raises(cv.CustvalError, match="unit of time"):
        cv.clv.lifetime_value(model, SPEND, plain, horizon="12M", annual_discount_rate=0.0)
    undiscounted = cv.clv.lifetime_value(model, SPEND, plain, horizon=52, annual_discount_rate=0.0)
    np.testing.assert_allclose(undiscounted["clv"], written_out(52, "W", 0.0), rtol=1e-9)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"horizon": "12"}, "horizon must be text such as '12M'"),
        ({"horizon": 0}, "above 0"),
        ({"annual_discount_rate": -1.0}, "above -1"),
        ({"annual_discount_rate": "10%"}, "finite number"),
        ({"margin": float("nan")}, "finite number"),
        ({"discount_timing": "start"}, "must be one of 'end', 'mid'"),
        ({"spend": "amount"}, "has no column 'amount'"),
        ({"spend": None}, "spend must be"),
        ({"model": SPEND}, "must be a model of purchases"),
        ({"model": cv.clv.BetaGeoModel()}, "not fitted"),
        ({"spend": cv.clv.GammaGammaModel()}, "not fitted"),
        ({"X": {**X, "unit": ["D"] * 4}}, "count time in 'D'"),
    ],
)
def test_bad_arguments(change, words):
    arguments = {"model": MODEL, "spend": SPEND, "X": X, "annual_discount_rate": 0.1, **change}
    with pytest.raises(ValueError, match=words):
        cv.clv.lifetime_value(arguments.pop("model"), arguments.pop("spend"), arguments.pop("X"), **arguments)
