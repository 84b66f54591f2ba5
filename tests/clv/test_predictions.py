"""Counts, waiting times, draws, discounted purchases and single customers: each beside another way to the same."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import custval as cv

BG = cv.clv.BetaGeoModel.from_params(r=0.5, alpha=6.0, a=0.8, b=2.5, unit="W")
MBG = cv.clv.ModifiedBetaGeoModel.from_params(r=0.8, alpha=6.0, a=0.8, b=2.5, unit="W")
MODELS = {"BG": BG, "MBG": MBG}
X = {
    "customer_id": ["d", "a", "c", "b"],
    "frequency": [2, 0, 7, 1],
    "recency": [30.43, 0.0, 29.43, 5.0],
    "T": [38.86, 38.86, 38.86, 20.0],
}


@pytest.fixture(params=MODELS)
def model(request):
    return MODELS[request.param]


def test_the_pmf_is_a_distribution_with_the_expectation(model):
    pmf = pd.DataFrame(model.purchase_pmf(X, 26, n_max=400))
    assert pmf.columns.tolist() == ["customer_id", "n", "probability"]
    assert pmf["customer_id"].tolist() == np.repeat(X["customer_id"], 402).tolist()
    by = pmf.groupby("customer_id", sort=False)["probability"]
    np.testing.assert_allclose(by.sum(), 1.0, rtol=1e-12)
    mean = (pmf["n"] * pmf["probability"]).groupby(pmf["customer_id"], sort=False).sum()
    np.testing.assert_allclose(mean, model.expected_purchases(X, 26)["expected_purchases"], rtol=1e-6)
    some = 1 - pmf.loc[pmf["n"] == 0, "probability"].to_numpy()
    np.testing.assert_allclose(some, model.probability_active(X, 26)["probability_active"], rtol=1e-10)


def test_the_last_row_is_the_rest(model):
    few, many = model.purchase_pmf(X, 26, n_max=1), model.purchase_pmf(X, 26, n_max=300)
    rest = np.reshape(many["probability"], (4, -1))[:, 2:].sum(axis=1)
    np.testing.assert_allclose(np.reshape(few["probability"], (4, -1))[:, 2], rest, rtol=1e-10)


def test_quantiles_of_the_next_purchase_are_where_the_probability_is_q(model):
    found = model.next_purchase_quantiles(X, [0.05, 0.3])
    assert list(found) == ["customer_id", "q", "next_purchase_quantiles", "probability_ever"]
    for i, (q, t) in enumerate(zip(found["q"], found["next_purchase_quantiles"], strict=True)):
        if t is None:
            assert found["probability_ever"][i] <= q
            continue
        row = {name: [X[name][i // 2]] for name in ("frequency", "recency", "T")}
        assert model.probability_active(row, t)["probability_active"][0] == pytest.approx(q, rel=1e-9)
    certain = model.probability_active(X, 1e12)["probability_active"]
    np.testing.assert_allclose(found["probability_ever"][::2], certain, rtol=1e-4)


def test_a_quantile_that_is_never_reached_is_null():
    gone = {"frequency": [12], "recency": [3.0], "T": [80.0]}
    found = BG.next_purchase_quantiles(pd.DataFrame(gone), 0.5)
    assert found["next_purchase_quantiles"].isna().all()
    assert found["probability_ever"][0] < 1e-3


def test_draws_of_the_future_scatter_as_the_pmf_says(model):
    draws = pd.DataFrame(model.sample_future(X, 26, n_draws=20_000, rng=3))
    assert draws.columns.tolist() == ["customer_id", "draw", "purchases"]
    pmf = np.reshape(model.purchase_pmf(X, 26, n_max=3)["probability"], (4, 5))
    for i, customer in enumerate(X["customer_id"]):
        mine = draws.loc[draws["customer_id"] == customer, "purchases"]
        seen = np.bincount(np.minimum(mine, 4), minlength=5) / len(mine)
        assert (np.abs(seen - pmf[i]) < 4.5 * np.sqrt(pmf[i] * (1 - pmf[i]) / len(mine)) + 1e-12).all()


def test_draws_do_not_depend_on_the_order_of_the_rows(model):
    turned = {name: values[::-1] for name, values in X.items()}
    left, right = (pd.DataFrame(model.sample_future(frame, 26, n_draws=5, rng=1)) for frame in (X, turned))
    order = ["customer_id", "draw"]
    pd.testing.assert_frame_equal(
        left.sort_values(order, ignore_index=True), right.sort_values(order, ignore_index=True)
    )


@pytest.mark.parametrize("rate", [0.02, 0.1, 1.0])
def test_discounted_purchases_are_the_sum(model, rate):
    weeks = np.arange(0, 60_000.0)
    delta = np.log1p(rate) * 7 / 365.2425
    x, t_x, T = (np.array(X[name], dtype=float) for name in ("frequency", "recency", "T"))
    curve = np.stack([model._expected(x[i : i + 1], t_x[i : i + 1], T[i : i + 1], weeks[1:])[0] for i in range(4)])
    steps = np.diff(np.column_stack([np.zeros(4), curve]), axis=1)
    plain = (steps * np.exp(-delta * weeks[1:])).sum(axis=1)
    found = model.discounted_expected_purchases(X, rate)["discounted_expected_purchases"]
    np.testing.assert_allclose(found, plain, rtol=1e-7)
    at_once = model.discounted_expected_purchases(X, rate, "continuous")["discounted_expected_purchases"]
    middle = (steps * np.exp(-delta * (weeks[1:] - 0.5))).sum(axis=1)
    np.testing.assert_allclose(at_once, middle, rtol=1e-4)


def test_discounting_needs_a_unit_and_a_rate():
    with pytest.raises(cv.CustvalError, match="needs the unit of time"):
        cv.clv.BetaGeoModel.from_params(**BG.params_).discounted_expected_purchases(X, 0.1)
    with pytest.raises(cv.CustvalError, match="above 0"):
        BG.discounted_expected_purchases(X, 0.0)
    with pytest.raises(cv.CustvalError, match="compounding must be one of"):
        BG.discounted_expected_purchases(X, 0.1, "monthly")


def test_one_customer_is_scored_as_in_a_frame(model):
    spend = cv.clv.GammaGammaModel.from_params(p=6.25, q=3.74, gamma=15.44)
    for i in range(4):
        x, t_x, T = (X[name][i] for name in ("frequency", "recency", "T"))
        one = model.score_one(x, t_x, T, horizon="12M", monetary_value=20.0, spend=spend)
        row = {"frequency": [x], "recency": [t_x], "T": [T], "monetary_value": [20.0 if x else 0.0]}
        assert one["probability_alive"] == pytest.approx(model.probability_alive(row)["probability_alive"][0])
        assert one["expected_purchases"] == pytest.approx(model.expected_purchases(row, "12M")["expected_purchases"][0])
        assert one["probability_active"] == pytest.approx(model.probability_active(row, "12M")["probability_active"][0])
        assert one["expected_spend"] == pytest.approx(spend.expected_spend(row)["expected_spend"][0])
        assert one["expected_revenue"] == pytest.approx(one["expected_spend"] * one["expected_purchases"])


@pytest.mark.parametrize("bad", [(-1, 0.0, 5.0), (1.5, 1.0, 5.0), (1, 6.0, 5.0), (1, 0.0, 5.0), (0, 1.0, 5.0)])
def test_one_customer_who_cannot_be(bad):
    with pytest.raises(cv.CustvalError, match="no customer has"):
        BG.score_one(*bad, horizon=1.0)
    with pytest.raises(cv.CustvalError, match="finite number"):
        BG.score_one(1, float("nan"), 5.0, horizon=1.0)


@pytest.mark.parametrize("bad", [(1, 2.5, 5.0), (1, 2.0, 5.5), (3, 2.0, 5.0)])
def test_one_customer_who_cannot_be_in_discrete_time(bad):
    model = cv.clv.BetaGeoBetaBinomModel.from_params(alpha=1.2, beta=0.75, gamma=0.66, delta=2.78)
    with pytest.raises(cv.CustvalError, match="opportunit"):
        model.score_one(*bad, horizon=1)
    assert model.score_one(2, 2.0, 5.0, horizon=1)["probability_alive"] < 1


def test_predictions_answer_in_every_library(frame_library, to_lists):
    frame = frame_library(X)
    for call in (
        lambda data: BG.purchase_pmf(data, "4W", 2),
        lambda data: BG.next_purchase_quantiles(data, [0.1, 0.9]),
        lambda data: BG.sample_future(data, "4W", 3, rng=0),
        lambda data: BG.discounted_expected_purchases(data, 0.1),
    ):
        ours, plain = to_lists(call(frame)), call(X)
        assert list(ours) == list(plain)
        for name, values in plain.items():
            assert [None if v is None or v != v else v for v in ours[name]] == values  # noqa: PLR0124 - null or NaN


def test_nobody():
    empty = {name: values[:0] for name, values in X.items()}
    assert BG.purchase_pmf(empty, 1.0)["probability"] == []
    assert BG.next_purchase_quantiles(empty)["q"] == []
    assert BG.sample_future(empty, 1.0)["purchases"] == []


def test_lazy_frames_are_to_be_collected_where_rows_multiply():
    pl = pytest.importorskip("polars")
    lazy = pl.LazyFrame(X)
    for call in (BG.purchase_pmf, BG.sample_future):
        with pytest.raises(cv.DataError, match="collect it first"):
            call(lazy, "4W")
    with pytest.raises(cv.DataError, match="collect it first"):
        BG.next_purchase_quantiles(lazy)
    found = BG.discounted_expected_purchases(lazy, 0.1).collect()
    ours = dict(zip(found["customer_id"], found["discounted_expected_purchases"], strict=True))
    plain = BG.discounted_expected_purchases(X, 0.1)
    assert ours == pytest.approx(dict(zip(plain["customer_id"], plain["discounted_expected_purchases"], strict=True)))


def test_one_customer_in_another_unit_or_without_spend():
    assert BG.score_one(2, 30.43, 38.86, horizon=1.0, unit="W") == BG.score_one(2, 30.43, 38.86, horizon=1.0)
    with pytest.raises(cv.DataError, match="count time in 'D'"):
        BG.score_one(2, 30.43, 38.86, horizon=1.0, unit="D")
    spend = cv.clv.GammaGammaModel.from_params(p=6.25, q=3.74, gamma=15.44)
    once = BG.score_one(0, 0.0, 2.5, horizon="12M", spend=spend)
    assert once["expected_spend"] == pytest.approx(6.25 * 15.44 / 2.74)
    with pytest.raises(cv.CustvalError, match="mean amount of the 2 repeat occasions"):
        BG.score_one(2, 30.43, 38.86, horizon=1.0, spend=spend)
