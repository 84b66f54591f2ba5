"""Intervals of predictions beside draws of the parameters, and the posterior mode."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

import custval as cv

TRUTH = cv.clv.BetaGeoModel.from_params(r=0.5, alpha=6.0, a=0.8, b=2.5, unit="W")
SPENDS = cv.clv.GammaGammaModel.from_params(p=6.0, q=4.0, gamma=15.0)


def a_base(n=4_000, seed=0):
    rng = np.random.default_rng(seed)
    base = TRUTH.sample(n, rng.uniform(20, 52, n), rng)
    spend, _ = SPENDS.sample_spend(base["frequency"].to_numpy(), rng)
    total = np.bincount(np.repeat(np.arange(n), base["frequency"]), spend, n)
    return base.assign(monetary_value=total / np.maximum(base["frequency"], 1))


BASE = a_base()
MODEL, SPEND = cv.clv.BetaGeoModel().fit(BASE), cv.clv.GammaGammaModel().fit(BASE)
SOME = BASE.drop_duplicates("frequency").head(8).reset_index(drop=True)


def drawn(model, quantity, n=400):
    """A quantity under draws of the parameters from their approximate distribution."""
    rng = np.random.default_rng(1)
    theta = np.array(list(model.params_.values()))
    spread = model.covariance_ / np.outer(theta, theta)
    logs = rng.multivariate_normal(np.log(theta), spread, n)
    names = list(model.params_)
    models = [type(model).from_params(**dict(zip(names, np.exp(row), strict=True))) for row in logs]
    return np.array([quantity(one) for one in models])


PREDICTIONS = {
    "expected_purchases": (lambda m, **k: m.expected_purchases(SOME.drop(columns="unit"), 26.0, **k), np.log),
    "probability_alive": (lambda m, **k: m.probability_alive(SOME.drop(columns="unit"), 5.0, **k), None),
    "probability_active": (lambda m, **k: m.probability_active(SOME.drop(columns="unit"), 5.0, **k), None),
}


@pytest.mark.parametrize("name", PREDICTIONS)
def test_bounds_are_those_of_drawn_parameters(name):
    predict, log = PREDICTIONS[name]
    found = predict(MODEL, interval=0.9)
    assert found.columns.tolist() == ["customer_id", name, f"{name}_low", f"{name}_high"]
    pd.testing.assert_series_equal(found[name], predict(MODEL)[name])

    def scale(values):
        return log(values) if log else np.log(values / (1 - values))

    middle = scale(found[name])
    sure = ~np.isfinite(middle)
    np.testing.assert_array_equal(found.loc[sure, f"{name}_low"], found.loc[sure, name])
    half = (scale(found.loc[~sure, f"{name}_high"]) - scale(found.loc[~sure, f"{name}_low"])) / 2
    spread = scale(drawn(MODEL, lambda m: predict(m)[name].to_numpy())[:, ~sure]).std(axis=0)
    # 400 draws tell a standard deviation to about 3.5 %
    np.testing.assert_allclose(half, norm.ppf(0.95) * spread, rtol=0.13)


def test_spend():
    found = SPEND.expected_spend(SOME, interval=0.8)
    half = np.log(found["expected_spend_high"] / found["expected_spend_low"]) / 2
    spread = np.log(drawn(SPEND, lambda m: m.expected_spend(SOME)["expected_spend"].to_numpy())).std(axis=0)
    np.testing.assert_allclose(half, norm.ppf(0.9) * spread, rtol=0.13)


def value_of(model, spend, frame, **more):
    return cv.clv.lifetime_value(model, spend, frame, horizon=52.0, annual_discount_rate=0.0, **more)


def test_lifetime_values():
    found = value_of(MODEL, SPEND, SOME, interval=0.9)
    half = np.log(found["clv_high"] / found["clv_low"]) / 2 / norm.ppf(0.95)
    purchases = drawn(MODEL, lambda m: value_of(m, SPEND, SOME.drop(columns="unit"))["clv"].to_numpy())
    spends = drawn(SPEND, lambda s: value_of(MODEL, s, SOME)["clv"].to_numpy())
    both = np.sqrt(np.log(purchases).var(axis=0) + np.log(spends).var(axis=0))
    np.testing.assert_allclose(half, both, rtol=0.13)
    costs = value_of(MODEL, SPEND, SOME, margin=-1.0, interval=0.9)
    assert (costs["clv_low"] <= costs["clv"]).all()
    assert (costs["clv"] <= costs["clv_high"]).all()


def test_equity_is_the_sum_with_an_interval_of_its_own():
    few = BASE.head(100)
    equity = cv.clv.customer_equity(MODEL, SPEND, few, horizon=52.0, annual_discount_rate=0.0, interval=0.9)
    values = value_of(MODEL, SPEND, few, interval=0.9)
    assert equity.total == pytest.approx(values["clv"].sum(), rel=1e-12)
    assert equity.expected_purchases == pytest.approx(values["expected_purchases"].sum(), rel=1e-12)
    purchases = drawn(MODEL, lambda m: value_of(m, SPEND, few.drop(columns="unit"))["clv"].sum(), 200)
    spends = drawn(SPEND, lambda s: value_of(MODEL, s, few)["clv"].sum(), 200)
    assert equity.standard_error == pytest.approx(np.hypot(purchases.std(), spends.std()), rel=0.15)
    # customers err together: the error of the sum is far above that of independent ones
    alone = (values["clv_high"] - values["clv_low"]).to_numpy() / 2 / norm.ppf(0.95)
    assert equity.standard_error > 3 * np.sqrt((alone**2).sum())
    plain = cv.clv.customer_equity(MODEL, 30.0, few, horizon=52.0, annual_discount_rate=0.1)
    assert (plain.low, plain.high, plain.standard_error) == (None, None, None)
    assert '"total"' in json.dumps(plain.to_dict())


def test_outcomes_fall_into_their_intervals():
    horizon, level = 26.0, 0.8
    rng = np.random.default_rng(5)
    found = TRUTH.expected_purchases(BASE, horizon, interval=level, interval_of="outcome")
    future = TRUTH.sample_future(BASE, horizon, 1, rng)["purchases"].to_numpy()
    low, high = found["expected_purchases_low"], found["expected_purchases_high"]
    inside = (low <= future) & (future <= high)
    # what the intervals hold by their own distributions: at least the level, as counts are discrete
    pmf = np.reshape(TRUTH.purchase_pmf(BASE, horizon, 200)["probability"].to_numpy(), (len(BASE), -1))
    n = np.arange(pmf.shape[1])
    held = (pmf * ((n >= low.to_numpy()[:, None]) & (n <= high.to_numpy()[:, None]))).sum(axis=1)
    assert (held >= level - 1e-12).all()
    assert abs(inside.mean() - held.mean()) < 4 * np.sqrt((held * (1 - held)).sum()) / len(BASE)


def test_lazy_intervals_are_those_of_eager_frames():
    pl = pytest.importorskip("polars")
    few = BASE.head(300)
    lazy = pl.LazyFrame(few.to_dict("list"))
    for call in (
        lambda frame: MODEL.expected_purchases(frame, 26, interval=0.9),
        lambda frame: MODEL.expected_purchases(frame, 26, interval=0.9, interval_of="outcome"),
        lambda frame: MODEL.probability_alive(frame, interval=0.9),
        lambda frame: value_of(MODEL, SPEND, frame, interval=0.9),
        lambda frame: value_of(MODEL, 30.0, frame, interval=0.9),
    ):
        ours = call(lazy).collect().sort("customer_id").to_dict(as_series=False)
        for name, values in call(few).to_dict("list").items():
            np.testing.assert_allclose(ours[name], values, rtol=1e-9)


def test_without_a_fit_there_are_no_errors():
    with pytest.raises(cv.CustvalError, match="no standard errors"):
        TRUTH.probability_alive(BASE, interval=0.9)
    with pytest.raises(cv.CustvalError, match="needs a fitted model; this GammaGammaModel"):
        value_of(MODEL, SPENDS, BASE, interval=0.9)
    with pytest.raises(cv.CustvalError, match="between 0 and 1"):
        MODEL.expected_purchases(BASE, 5.0, interval=95)


def test_a_boundary_has_none_and_says_so_and_a_prior_has():
    pl = pytest.importorskip("polars")
    n = 200
    data = {
        "frequency": np.r_[np.zeros(n), np.full(n, 10)],
        "recency": np.r_[np.zeros(n), np.full(n, 52.0)],
        "T": np.full(2 * n, 52.0),
    }
    data = pl.DataFrame(data)
    model = cv.clv.BetaGeoModel().fit(data)
    with pytest.warns(cv.CustvalWarning, match="no intervals: the likelihood has no interior maximum"):
        found = model.expected_purchases(data, 10.0, interval=0.9)
    assert found["expected_purchases_low"].is_null().all()
    assert found["expected_purchases"].is_finite().all()
    with pytest.warns(cv.CustvalWarning, match="no intervals"):
        found = model.expected_purchases(data.lazy(), 10.0, interval=0.9).collect()
    assert found["expected_purchases_low"].is_null().all()
    posterior = cv.clv.BetaGeoModel(method="map").fit(data)
    assert posterior.fit_status_ == "converged"
    assert posterior.fit_message_ == "the posterior has an interior maximum"
    assert posterior.log_likelihood_ < model.log_likelihood_
    found = posterior.expected_purchases(data, 10.0, interval=0.9)
    assert found["expected_purchases_low"].is_finite().all()


def test_a_prior_moves_little_where_there_are_many():
    posterior = cv.clv.BetaGeoModel(method="map").fit(BASE)
    gap = np.log(list(posterior.params_.values())) - np.log(list(MODEL.params_.values()))
    theta = np.array(list(MODEL.params_.values()))
    assert (np.abs(gap) < np.sqrt(np.diag(MODEL.covariance_)) / theta).all()
    spend = cv.clv.GammaGammaModel(method="map").fit(BASE)
    gap = np.log(list(spend.params_.values())) - np.log(list(SPEND.params_.values()))
    assert (np.abs(gap) < np.sqrt(np.diag(SPEND.covariance_)) / list(SPEND.params_.values())).all()


def test_priors_know_no_unit_and_no_currency():
    bare = {name: BASE[name].to_numpy() for name in ("frequency", "recency", "T", "monetary_value")}
    days = {**bare, "recency": bare["recency"] * 7, "T": bare["T"] * 7}
    left, right = (cv.clv.BetaGeoModel(method="map").fit(frame) for frame in (bare, days))
    assert right.params_["alpha"] == pytest.approx(7 * left.params_["alpha"], rel=1e-6)
    assert right.params_["a"] == pytest.approx(left.params_["a"], rel=1e-6)
    cents = {**bare, "monetary_value": bare["monetary_value"] * 100}
    left, right = (cv.clv.GammaGammaModel(method="map").fit(frame) for frame in (bare, cents))
    assert right.params_["gamma"] == pytest.approx(100 * left.params_["gamma"], rel=1e-6)
    assert right.params_["q"] == pytest.approx(left.params_["q"], rel=1e-6)


def test_an_unknown_method():
    with pytest.raises(cv.CustvalError, match="method must be one of 'mle', 'map'"):
        cv.clv.BetaGeoModel(method="bayes").fit(BASE)
    with pytest.raises(cv.CustvalError, match="method must be one of"):
        cv.clv.GammaGammaModel(method="ML").fit(BASE)


def test_a_boundary_of_the_spend_has_null_bounds():
    pl = pytest.importorskip("polars")
    customers = pl.DataFrame({"frequency": [1, 1, 1, 1, 1], "monetary_value": [10.0, 11.0, 12.0, 10.5, 9.8]})
    spend = cv.clv.GammaGammaModel().fit(customers)
    assert spend.fit_status_ == "boundary"
    with pytest.warns(cv.CustvalWarning, match="no intervals"):
        found = spend.expected_spend(customers, interval=0.9)
    assert found["expected_spend_low"].is_null().all()
    assert found["expected_spend_high"].is_null().all()


def test_outcomes_of_values_fall_into_their_intervals():
    level, draws, rng = 0.8, 200, np.random.default_rng(9)
    frequent = BASE.nlargest(300, "frequency").reset_index(drop=True)
    found = cv.clv.lifetime_value(
        TRUTH, SPENDS, frequent, horizon=52.0, annual_discount_rate=0.0, interval=level, interval_of="outcome", rng=3
    )
    # what may come, purchase by purchase: counts of the model, and a mean spend of each customer from its posterior
    count = TRUTH.sample_future(frequent, 52.0, draws, rng)["purchases"].to_numpy().reshape(300, draws)
    x, m = (np.repeat(frequent[name].to_numpy(), draws) for name in ("frequency", "monetary_value"))
    nu = rng.gamma(6.0 * x + 4.0) / (15.0 + m * x)
    spend = rng.gamma(6.0, 1 / np.repeat(nu, count.ravel()))
    value = np.bincount(np.repeat(np.arange(x.size), count.ravel()), spend, x.size).reshape(300, draws)
    low, high = found["clv_low"].to_numpy(), found["clv_high"].to_numpy()
    inside = ((low[:, None] <= value) & (value <= high[:, None])).mean(axis=1)
    # values of 0 have a probability of their own: intervals that begin there hold more
    assert inside.mean() > level
    above = low > 0
    assert above.sum() > 20
    # ends are quantiles of 1,000 draws, and off by about a hundredth
    assert abs(inside[above].mean() - level) < 4 * np.sqrt(level * (1 - level) * (1 / draws + 1 / 500) / above.sum())
    assert (low <= high).all()


def test_outcomes_of_values_are_seeded_and_know_no_order():
    few = BASE.head(50)
    more = {"horizon": 26.0, "annual_discount_rate": 0.1, "interval": 0.9, "interval_of": "outcome", "rng": 1}
    left = cv.clv.lifetime_value(TRUTH, 20.0, few, **more)
    right = cv.clv.lifetime_value(TRUTH, 20.0, few.iloc[::-1], **more)
    pd.testing.assert_frame_equal(left, right.sort_values("customer_id", ignore_index=True))
    assert (left["clv"] < left["clv_high"]).mean() > 0.5
    costs = cv.clv.lifetime_value(TRUTH, 20.0, few, margin=-1.0, **more)
    np.testing.assert_allclose(costs["clv_low"], -left["clv_high"])
