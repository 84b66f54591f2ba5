"""What the classes add to their kernels: reading, refusing, reporting."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import custval as cv

TRUTH = cv.clv.BetaGeoModel.from_params(r=0.5, alpha=6.0, a=0.8, b=2.5, unit="W")
PURCHASES = TRUTH.sample(3_000, 52.0, 0)


@pytest.fixture(scope="module")
def model():
    return cv.clv.BetaGeoModel().fit(PURCHASES)


def test_the_unit_travels(model):
    assert model.unit_ == "W"
    weeks = model.expected_purchases(PURCHASES, 13)
    pd.testing.assert_frame_equal(model.expected_purchases(PURCHASES, "13W"), weeks)
    pd.testing.assert_frame_equal(model.expected_purchases(PURCHASES, "91D"), weeks)


@pytest.mark.parametrize("unit", ["W", None])
def test_a_unit_from_the_constructor(unit):
    bare = PURCHASES.drop(columns="unit")
    assert cv.clv.BetaGeoModel(unit=unit).fit(bare).unit_ == unit


def test_units_that_do_not_match(model):
    days = PURCHASES.assign(unit="D")
    for call in (lambda: model.probability_alive(days), lambda: cv.clv.BetaGeoModel(unit="W").fit(days)):
        with pytest.raises(cv.DataError, match="count time in 'D'") as caught:
            call()
        assert caught.value.code == "unit"
        assert caught.value.suggestion == "summarize(…, unit='W')"


def test_a_mixed_unit():
    mixed = PURCHASES.assign(unit=["W", "D"] * (len(PURCHASES) // 2))
    with pytest.raises(cv.DataError, match="one text value throughout"):
        cv.clv.BetaGeoModel().fit(mixed)


def test_a_span_needs_a_unit():
    model = cv.clv.BetaGeoModel.from_params(**TRUTH.params_)
    with pytest.raises(cv.CustvalError, match="needs the unit of time"):
        model.expected_purchases(PURCHASES.drop(columns="unit"), "12M")


def test_the_parameter_table(model):
    table = model.parameter_table(0.9)
    assert table.columns.tolist() == ["parameter", "estimate", "standard_error", "low", "high"]
    assert (table["low"] < table["estimate"]).all()
    assert (table["estimate"] < table["high"]).all()
    errors = np.sqrt(np.diag(model.covariance_))
    np.testing.assert_allclose(table["standard_error"], errors)
    half = np.log(table["high"] / table["estimate"]).to_numpy()
    np.testing.assert_allclose(half, 1.6448536269514722 * errors / table["estimate"].to_numpy())


def test_given_parameters_have_no_errors():
    table = TRUTH.parameter_table()
    assert table["estimate"].tolist() == list(TRUTH.params_.values())
    assert table[["standard_error", "low", "high"]].isna().all(axis=None)


def test_a_boundary_says_what_runs_away():
    # one-time buyers and people who never stop: nobody leaves, so a runs to 0
    n = 200
    data = {
        "frequency": np.r_[np.zeros(n), np.full(n, 10)],
        "recency": np.r_[np.zeros(n), np.full(n, 52.0)],
        "T": np.full(2 * n, 52.0),
    }
    model = cv.clv.BetaGeoModel().fit(data)
    assert model.fit_status_ == "boundary"
    assert "no interior maximum" in model.fit_message_
    table = model.parameter_table().set_index("parameter")
    assert table.loc["a":"b", "standard_error"].isna().any()
    assert np.isfinite(model.expected_purchases(data, 10.0)["expected_purchases"]).all()
    text = json.dumps(model.to_dict(), allow_nan=False)
    assert cv.load(json.loads(text)).fit_message_ == model.fit_message_


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (PURCHASES.drop(columns="T"), "no column 'T'"),
        (PURCHASES.assign(frequency=-1), "whole number of at least 0"),
        (PURCHASES.assign(frequency=0.5), "whole number of at least 0"),
        (PURCHASES.assign(recency=60.0), "between 0 and T"),
        (PURCHASES.assign(T=-1.0, recency=-2.0), "between 0 and T"),
        (PURCHASES.assign(frequency=1, recency=0.0), "recency is 0 exactly"),
        (PURCHASES.assign(T=np.nan), "'T' is missing in 3,000 of 3,000"),
        (PURCHASES.assign(T="x"), "must hold numbers; it holds text"),
        (PURCHASES.assign(T=np.inf), "infinite"),
    ],
)
def test_impossible_customers(data, words):
    with pytest.raises(cv.CustvalError, match=words):
        cv.clv.BetaGeoModel().fit(data)


def test_all_customers_with_one_purchase():
    summary = cv.summarize({"customer_id": [1, 2], "timestamp": pd.to_datetime(["2024-01-01", "2024-01-05"])})
    with pytest.raises(cv.FitError, match="bought again"):
        cv.clv.BetaGeoModel().fit(summary)


def test_one_customer_is_no_base():
    one = {"frequency": [3], "recency": [20.0], "T": [30.0]}
    assert cv.clv.BetaGeoModel().fit(one).fit_status_ == "boundary"


@pytest.mark.parametrize(
    ("weight", "words"),
    [([1.0, 2.0], "one value per row"), (-np.ones(3_000), "at least 0"), (np.zeros(3_000), "not 0 throughout")],
)
def test_bad_weights(weight, words):
    with pytest.raises(cv.DataError, match=words):
        cv.clv.BetaGeoModel().fit(PURCHASES, sample_weight=weight)


@pytest.mark.parametrize("params", [{"r": 1.0}, {**TRUTH.params_, "s": 1.0}, {}])
def test_from_params_wants_them_all(params):
    with pytest.raises(cv.CustvalError, match="has the parameters r, alpha, a, b"):
        cv.clv.BetaGeoModel.from_params(**params)


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, "1"])
def test_from_params_wants_positive_numbers(bad):
    with pytest.raises(cv.CustvalError, match="above 0"):
        cv.clv.BetaGeoModel.from_params(**{**TRUTH.params_, "b": bad})


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        {"kind": "clv.BetaGeoModel"},
        {"kind": "clv.BetaGeoModel", "schema": 2},
        {"kind": "clv.BetaGeoModel", "schema": True},
        {"kind": "clv.Nothing", "schema": 1},
        {"kind": "os.system", "schema": 1},
        {"kind": "clv.lifetime_value", "schema": 1},
        {"kind": "clv.BetaGeoModel", "schema": 1, "params": {"r": 1.0}},
        {**TRUTH.to_dict(), "params": {**TRUTH.params_, "r": -1.0}},
    ],
)
def test_load_refuses_what_to_dict_did_not_write(data):
    with pytest.raises(cv.CustvalError):
        cv.load(data)


def test_from_dict_of_another_class():
    with pytest.raises(cv.CustvalError, match="hold a clv.BetaGeoModel"):
        cv.clv.GammaGammaModel.from_dict(TRUTH.to_dict())


def spenders(n=2_000):
    truth = cv.clv.GammaGammaModel.from_params(p=6.0, q=4.0, gamma=15.0)
    frequency = np.random.default_rng(0).integers(0, 6, n)
    spend, mean = truth.sample_spend(frequency, 1)
    total = np.bincount(np.repeat(np.arange(n), frequency), spend, n)
    return pd.DataFrame(
        {"customer_id": np.arange(n), "frequency": frequency, "monetary_value": total / np.maximum(frequency, 1)}
    ), mean


def test_gamma_gamma_comes_back():
    data, mean = spenders(20_000)
    model = cv.clv.GammaGammaModel().fit(data)
    assert model.fit_status_ == "converged"
    errors = np.sqrt(np.diag(model.covariance_))
    gap = np.array(list(model.params_.values())) - [6.0, 4.0, 15.0]
    assert (np.abs(gap) < 4 * errors).all()
    expected = model.expected_spend(data)["expected_spend"]
    assert abs(expected.mean() - mean.mean()) < 5 * mean.std() / np.sqrt(len(mean))


def test_gamma_gamma_counts_the_rest():
    data, _ = spenders()
    data.loc[data.index[data["frequency"] > 0][:7], "monetary_value"] = [0.0, -1.0, -5.0, 0.0, 0.0, 0.0, -0.1]
    with pytest.raises(cv.DataError, match="7 repeat customers") as caught:
        cv.clv.GammaGammaModel().fit(data)
    assert caught.value.code == "nonpositive"
    model = cv.clv.GammaGammaModel(nonpositive="exclude").fit(data)
    once = int((data["frequency"] == 0).sum())
    assert dict(model.account_.set_aside) == {"no repeat occasion": once, "mean spend not positive": 7}
    expected = model.expected_spend(data)["expected_spend"]
    base = model.expected_spend({"frequency": [0], "monetary_value": [0.0]})["expected_spend"][0]
    assert np.allclose(expected[(data["monetary_value"] <= 0)], base)
    assert cv.load(model.to_dict()).nonpositive == "exclude"


def test_full_cdnow_has_a_repeat_customer_with_a_mean_spend_of_zero():
    # where purchases of 0 dollars count, as they do in lifetimes
    tx = cv.datasets.load_cdnow()
    counted = cv.summarize(tx.drop(columns="amount"))
    daily = tx.groupby(["customer_id", "timestamp"], as_index=False)["amount"].sum()
    repeat = daily[daily.duplicated("customer_id")].groupby("customer_id")["amount"].mean()
    counted["monetary_value"] = counted["customer_id"].map(repeat).fillna(0.0)
    with pytest.raises(cv.DataError, match="not positive"):
        cv.clv.GammaGammaModel().fit(counted)
    model = cv.clv.GammaGammaModel(nonpositive="exclude").fit(counted)
    assert model.account_.set_aside["mean spend not positive"] >= 1
    assert model.fit_status_ == "converged"


def test_an_infinite_mean_names_its_condition():
    heavy = cv.clv.GammaGammaModel.from_params(p=0.4, q=0.5, gamma=10.0)
    with pytest.raises(cv.CustvalError, match=r"p · frequency \+ q ≤ 1") as caught:
        heavy.expected_spend({"frequency": [0, 1, 5], "monetary_value": [0.0, 5.0, 5.0]})
    assert caught.value.code == "infinite_mean"
    assert caught.value.count == 2
    assert heavy.expected_spend({"frequency": [5], "monetary_value": [5.0]})["expected_spend"][0] > 0


def test_nobody_to_learn_spend_from():
    with pytest.raises(cv.FitError, match="the table has none"):
        cv.clv.GammaGammaModel().fit({"frequency": [0, 0], "monetary_value": [0.0, 0.0]})
    with pytest.raises(cv.CustvalError, match="nonpositive must be one of"):
        cv.clv.GammaGammaModel(nonpositive="drop").fit({"frequency": [1], "monetary_value": [1.0]})


def test_cents_are_dollars():
    data, _ = spenders()
    spent = data["monetary_value"]
    dollars, cents = (cv.clv.GammaGammaModel().fit(data.assign(monetary_value=spent * k)) for k in (1, 100))
    assert cents.params_["gamma"] == pytest.approx(100 * dollars.params_["gamma"], rel=1e-6)
    assert cents.params_["p"] == pytest.approx(dollars.params_["p"], rel=1e-6)


def test_every_library_alike(frame_library, to_lists, model):
    columns = PURCHASES.head(50).to_dict("list")
    frame = frame_library(columns)
    for method, arguments in {
        "expected_purchases": ("13W",),
        "probability_alive": ("4W",),
        "probability_active": ("3M",),
    }.items():
        answer = getattr(model, method)(frame, *arguments)
        assert type(answer) is type(frame)
        got, expected = to_lists(answer), getattr(model, method)(columns, *arguments)
        assert list(got) == list(expected)
        np.testing.assert_allclose(got[method], expected[method], rtol=1e-12)
    fitted = cv.clv.BetaGeoModel().fit(frame_library(PURCHASES.to_dict("list")))
    assert fitted.params_ == pytest.approx(model.params_, rel=1e-9)


def test_threads_share_a_model(model):
    from concurrent.futures import ThreadPoolExecutor

    expected = model.expected_purchases(PURCHASES, 13)["expected_purchases"]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: model.expected_purchases(PURCHASES, 13)["expected_purchases"], range(8)))
    assert all(answer.equals(expected) for answer in answers)


def test_spend_that_goes_with_frequency_is_warned_of():
    rng = np.random.default_rng(8)
    x = 1 + rng.poisson(3.0, 2_000)
    spend, _ = cv.clv.GammaGammaModel.from_params(p=6.0, q=4.0, gamma=15.0).sample_spend(x, rng)
    m = np.add.reduceat(spend, np.cumsum(x) - x) / x
    cv.clv.GammaGammaModel().fit({"frequency": x, "monetary_value": m})  # independent: no warning
    with pytest.warns(cv.CustvalWarning, match="not independent.*frequent customers are too low"):
        cv.clv.GammaGammaModel().fit({"frequency": x, "monetary_value": m * x})
    with pytest.warns(cv.CustvalWarning, match="too high"):
        cv.clv.GammaGammaModel().fit({"frequency": x, "monetary_value": m / x})
