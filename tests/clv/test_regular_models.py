"""BG/CNBD-k and MBG/CNBD-k as models: k, the intervals, and every question a purchase model answers."""

from __future__ import annotations

import json

import numpy as np
import pytest

import custval as cv
from custval.errors import ColumnError, CustvalError, DataError

CLASSES = [cv.clv.BetaGeoCNBDModel, cv.clv.ModifiedBetaGeoCNBDModel]
PARAMS = {"k": 3, "r": 1.5, "alpha": 2.5, "a": 0.8, "b": 2.5}
CUSTOMERS = {
    "customer_id": [1, 2, 3, 4],
    "frequency": [0, 2, 9, 1],
    "recency": [0.0, 30.0, 50.0, 3.0],
    "T": [40.0, 38.0, 52.0, 52.0],
}


@pytest.fixture(params=CLASSES)
def cls(request):
    return request.param


@pytest.fixture
def truth(cls):
    return cls.from_params(**PARAMS, unit="W")


def test_a_fit_finds_k_and_keeps_what_it_tried(cls, truth):
    X = truth.sample(4_000, 52.0, 1)
    model = cls().fit(X)
    assert model.k_ == 3
    assert list(model.log_likelihood_by_k_) == [1, 2, 3, 4]
    assert model.log_likelihood_ == model.log_likelihood_by_k_[3]
    assert model.get_params() == {"k": "auto", "method": "mle", "unit": None}
    fixed = cls(k=2, method="map").fit(X)
    assert fixed.k_ == 2
    assert list(fixed.log_likelihood_by_k_) == [2]


def test_the_sums_of_a_sample_are_those_of_its_purchases(truth):
    X = truth.sample(300, 30.0, 5)
    customer, time = truth.sample_purchases(300, 30.0, 5)
    for i in range(300):
        intervals = np.diff(time[customer == i])
        np.testing.assert_allclose(X["sum_log_intervals"][i], np.log(intervals).sum(), rtol=1e-9, atol=1e-12)


def test_a_fit_needs_the_intervals_and_predictions_do_not(cls, truth):
    X = truth.sample(500, 40.0, 2)
    with pytest.raises(ColumnError, match="sum_log_intervals") as caught:
        cls().fit(X.drop(columns="sum_log_intervals"))
    assert "regularity=True" in str(caught.value)
    with pytest.raises(DataError):
        cls().fit(X.assign(sum_log_intervals=np.where(X["frequency"] > 0, -np.inf, 0.0)))
    assert len(truth.expected_purchases(CUSTOMERS, "13W")["expected_purchases"]) == 4


@pytest.mark.parametrize("k", [0, 13, 1.5, "many", True, None])
def test_a_k_that_no_model_has(cls, k):
    with pytest.raises(CustvalError, match="k "):
        cls.from_params(**{**PARAMS, "k": k})
    if k is not None:
        X = cls.from_params(**PARAMS).sample(50, 40.0, 2)
        with pytest.raises(CustvalError, match="k must"):
            cls(k=k).fit(X)


def test_data_carry_k(cls, truth):
    fitted = cls().fit(truth.sample(2_000, 40.0, 2))
    for model in (truth, fitted):
        data = json.loads(json.dumps(model.to_dict()))
        again = cv.load(data)
        assert again.k_ == model.k_ == 3
        assert getattr(again, "log_likelihood_by_k_", None) == getattr(model, "log_likelihood_by_k_", None)
        assert again.expected_purchases(CUSTOMERS, "13W") == model.expected_purchases(CUSTOMERS, "13W")
        for broken in ({**data, "k": 99}, {key: value for key, value in data.items() if key != "k"}):
            with pytest.raises(CustvalError):
                cv.load(broken)


def test_every_question_has_an_answer(cls, truth):
    horizon = 26.0
    expected = np.array(truth.expected_purchases(CUSTOMERS, horizon)["expected_purchases"])
    active = np.array(truth.probability_active(CUSTOMERS, horizon)["probability_active"])
    pmf = np.reshape(truth.purchase_pmf(CUSTOMERS, horizon, 200)["probability"], (4, 202))
    np.testing.assert_allclose(pmf.sum(axis=1), 1, rtol=1e-9)
    np.testing.assert_allclose(pmf @ np.arange(202.0), expected, rtol=1e-8)
    np.testing.assert_allclose(1 - pmf[:, 0], active, rtol=1e-8)
    draws = np.reshape(truth.sample_future(CUSTOMERS, horizon, 20_000, 1)["purchases"], (4, 20_000))
    assert np.all(np.abs(draws.mean(axis=1) - expected) < 4.5 * draws.std(axis=1) / np.sqrt(20_000))
    times = truth.next_purchase_quantiles(CUSTOMERS, 0.05)["next_purchase_quantiles"]
    for i, time in enumerate(times):
        if time is not None:
            one = {name: values[i : i + 1] for name, values in CUSTOMERS.items()}
            np.testing.assert_allclose(truth.probability_active(one, time)["probability_active"], 0.05, rtol=1e-8)
    score = truth.score_one(9, 50.0, 52.0, horizon=horizon)
    assert score["expected_purchases"] == pytest.approx(expected[2], rel=1e-9)
    value = truth.discounted_expected_purchases(CUSTOMERS, 0.15)["discounted_expected_purchases"]
    short = truth.discounted_expected_purchases(CUSTOMERS, 1e6)["discounted_expected_purchases"]
    assert np.all(np.array(value) > short)
    fitted = cls(k=3).fit(truth.sample(2_000, 40.0, 2))
    found = fitted.expected_purchases(CUSTOMERS, horizon, interval=0.9)
    low, mid, high = (np.array(found[f"expected_purchases{end}"]) for end in ("_low", "", "_high"))
    assert np.all((low < mid) & (mid < high))


def test_a_regular_customer_who_is_late_has_left(cls):
    # eight purchases five weeks apart, then a pause
    late = {"frequency": [8] * 3, "recency": [40.0] * 3, "T": [42.0, 50.0, 60.0]}
    poisson = cls.from_params(k=1, r=2.0, alpha=10.0, a=0.8, b=2.5).probability_alive(late)["probability_alive"]
    regular = cls.from_params(k=6, r=2.0, alpha=10.0 / 6, a=0.8, b=2.5).probability_alive(late)["probability_alive"]
    assert regular[0] > poisson[0]
    assert regular[2] < poisson[2] / 3


def test_lazy_frames_answer_as_eager_ones(cls, truth):
    pl = pytest.importorskip("polars")
    X = truth.sample(1_500, 40.0, 3)
    X["T"], X["recency"] = 41.0, np.ceil(X["recency"])
    lazy = pl.from_pandas(X).lazy()
    eager_fit, lazy_fit = cls().fit(X), cls().fit(lazy)
    assert lazy_fit.k_ == eager_fit.k_
    assert lazy_fit.log_likelihood_ == pytest.approx(eager_fit.log_likelihood_, rel=1e-12)
    weight = X.assign(w=np.arange(1_500) % 3)
    one, other = (cls(k=2).fit(data, sample_weight="w") for data in (weight, pl.from_pandas(weight).lazy()))
    assert one.log_likelihood_ == pytest.approx(other.log_likelihood_, rel=1e-12)
    with pytest.raises(ColumnError, match="sum_log_intervals"):
        cls().fit(lazy.drop("sum_log_intervals"))
    for name, arguments in (
        ("probability_alive", ()),
        ("probability_alive", ("3M",)),
        ("probability_active", ("3M",)),
        ("expected_purchases", ("3M",)),
    ):
        ours = getattr(truth, name)(lazy, *arguments).collect().sort("customer_id")[name].to_numpy()
        np.testing.assert_allclose(ours, getattr(truth, name)(X, *arguments)[name], rtol=1e-9)


def test_who_is_surely_gone_stays_gone(cls):
    model = cls.from_params(k=6, r=1.0, alpha=3.0, a=30.0, b=3.0, unit="W")
    gone = {"frequency": [5000, 3], "recency": [50.0, 1e-12], "T": [52.0, 1e9]}
    assert model.probability_alive(gone)["probability_alive"][0] == 0.0
    later = model.probability_alive(gone, "52W")["probability_alive"]
    assert later[0] == 0.0
    assert 0.0 <= later[1] <= model.probability_alive(gone)["probability_alive"][1]
