"""A model beside its holdout: slow definitions, simulations whose truth is known, and what is refused."""

from __future__ import annotations

import json
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import custval as cv

plt = pytest.importorskip("matplotlib.pyplot")

TRUTH = cv.clv.BetaGeoModel.from_params(r=0.5, alpha=6.0, a=0.8, b=2.5, unit="W")


def simulated(model, n, rng, *, T=52.0, t=26.0):
    """A holdout drawn from a model: customers acquired over half of the calibration."""
    rng = np.random.default_rng(rng)
    observed = np.round(rng.uniform(T / 2, T, n))
    customer, time = model.sample_purchases(n, observed + t, rng)
    inside = (time > 0) & (time <= observed[customer])
    recency = np.zeros(n)
    np.maximum.at(recency, customer[inside], time[inside])
    return pd.DataFrame(
        {
            "customer_id": np.arange(n),
            "frequency": np.bincount(customer[inside], minlength=n),
            "recency": recency,
            "T": observed,
            "unit": "W",
            "holdout_frequency": np.bincount(customer[time > observed[customer]], minlength=n),
            "holdout_T": np.full(n, t),
        }
    )


@pytest.fixture(scope="module")
def cdnow():
    purchases = cv.datasets.load_cdnow(sample=True).drop(columns="amount")
    return cv.calibration_holdout(purchases, calibration_end="1997-09-30", unit="W")


@pytest.fixture(scope="module")
def result(cdnow):
    return cv.clv.evaluate(cv.clv.BetaGeoModel().fit(cdnow), cdnow)


def test_numbers_of_cdnow(result, cdnow):
    # computed with an independent implementation
    assert (result.n, result.actual_total) == (2_357, 1_882)
    assert result.predicted_total == pytest.approx(1_653.4, abs=0.1)
    assert result.mae == pytest.approx(0.785, abs=5e-4)
    assert result.bias == pytest.approx(result.predicted_total - 1_882)
    assert result.relative_bias == pytest.approx(result.bias / 1_882)
    assert result.beats_baseline
    assert "-12.1%" in result.verdict
    assert "is below" in result.verdict
    table = result.by_frequency.set_index("frequency")
    groups = cdnow["holdout_frequency"].groupby(np.minimum(cdnow["frequency"], 7))
    assert table.index.tolist() == ["0", "1", "2", "3", "4", "5", "6", "7+"]
    np.testing.assert_allclose(table["actual"], groups.mean())
    assert table["n"].tolist() == groups.size().tolist()


def test_pareto_nbd_on_cdnow(cdnow):
    # computed with an independent implementation
    result = cv.clv.evaluate(cv.clv.ParetoNBDModel().fit(cdnow), cdnow)
    assert result.predicted_total == pytest.approx(1_665.5, abs=0.05)
    assert result.mae == pytest.approx(0.755, abs=5e-4)


def varied(n=60):
    # counts of 26 weeks for holdouts of other lengths: wrong for everybody alike
    return simulated(TRUTH, n, 3).assign(holdout_T=np.resize([26.0, 13.0, 4.5], n))


def test_it_is_what_a_loop_over_customers_finds():
    holdout, level = varied(), 0.8
    result = cv.clv.evaluate(TRUTH, holdout, interval=level)
    n, means, variances, logs, inside, mass = np.arange(400), [], [], [], [], []
    for row in range(len(holdout)):
        one = holdout.iloc[[row]]
        t, came = one["holdout_T"].iloc[0], one["holdout_frequency"].iloc[0]
        p = TRUTH.purchase_pmf(one, t, 399)["probability"].to_numpy()
        assert p[-1] < 1e-12
        p = p[:-1]
        means.append(TRUTH.expected_purchases(one, t)["expected_purchases"].iloc[0])
        variances.append(p @ n**2 - (p @ n) ** 2)
        logs.append(np.log(p[came]))
        low, high = np.searchsorted(np.cumsum(p), [0.1, 0.9])
        inside.append(low <= came <= high)
        mass.append(p[low : high + 1].sum())
    assert result.predicted_total == pytest.approx(sum(means))
    assert result.chance_error == pytest.approx(np.sqrt(sum(variances)), rel=1e-5)
    assert result.log_score == pytest.approx(np.mean(logs))
    assert result.coverage == np.mean(inside)
    assert result.coverage_expected == pytest.approx(np.mean(mass))
    assert result.coverage_expected >= level
    half = stats.norm.ppf(0.9) * result.chance_error
    assert result.bias_high - result.bias == pytest.approx(half)
    assert result.predicted_total_high == pytest.approx(sum(means) + half)
    assert np.isnan(result.parameter_error)
    actual = holdout["holdout_frequency"].to_numpy()
    assert result.rmse == pytest.approx(np.sqrt(np.mean((actual - means) ** 2)))
    assert result.correlation == pytest.approx(np.corrcoef(actual, means)[0, 1])


def test_rules_without_a_model():
    holdout = varied()
    table = cv.clv.evaluate(TRUTH, holdout).baselines.set_index("baseline")
    x, t_x, T, t = (holdout[name].tolist() for name in ("frequency", "recency", "T", "holdout_T"))
    rules = {
        "mean of the base": [sum(x) / sum(T) * h for h in t],
        "own rate so far": [f / o * h for f, o, h in zip(x, T, t, strict=True)],
        "own rate if bought lately": [
            f / o * h if o - r <= h else 0.0 for f, r, o, h in zip(x, t_x, T, t, strict=True)
        ],
    }
    assert table.index.tolist() == list(rules)
    for name, predicted in rules.items():
        off = np.array(predicted) - holdout["holdout_frequency"]
        assert table.loc[name, "predicted_total"] == pytest.approx(sum(predicted))
        assert table.loc[name, "bias"] == pytest.approx(off.sum())
        assert table.loc[name, "mae"] == pytest.approx(off.abs().mean())
        assert table.loc[name, "rmse"] == pytest.approx(np.sqrt((off**2).mean()))


def test_a_model_that_does_not_pay_is_told():
    # everybody buys at the same rate, whatever they did: the mean of the base is the truth
    holdout = simulated(TRUTH, 400, 1)
    flat = holdout.assign(holdout_frequency=np.resize([1, 2], 400), frequency=2, recency=10.0, T=40.0)
    result = cv.clv.evaluate(TRUTH, flat)
    assert not result.beats_baseline
    assert "here the model does not pay" in result.verdict


SPEND = cv.clv.GammaGammaModel.from_params(p=6.25, q=3.74, gamma=15.44)


def with_money(n=60):
    rng = np.random.default_rng(5)
    holdout = varied(n)
    return holdout.assign(
        monetary_value=np.where(holdout["frequency"] > 0, rng.gamma(4.0, 9.0, n), 0.0),
        holdout_monetary_value=np.where(holdout["holdout_frequency"] > 0, rng.gamma(4.0, 9.0, n), 0.0),
        basket=rng.gamma(4.0, 9.0, n),
    )


@pytest.mark.parametrize("spend", [SPEND, "basket", 31.5])
def test_revenue_is_what_a_loop_over_customers_finds(spend):
    holdout = with_money()
    result = cv.clv.evaluate(TRUTH, holdout, spend=spend)
    came = hoped = purchases = bought = 0.0
    for row in holdout.to_dict("records"):
        expected = TRUTH.score_one(row["frequency"], row["recency"], row["T"], horizon=row["holdout_T"])
        if spend is SPEND:
            # Fader & Hardie's equation (5): a weighted mean of the base's mean and the customer's own
            p, q, gamma = 6.25, 3.74, 15.44
            weight = p * row["frequency"] / (p * row["frequency"] + q - 1)
            each = (1 - weight) * p * gamma / (q - 1) + weight * row["monetary_value"]
        else:
            each = row["basket"] if spend == "basket" else 31.5
        hoped += expected["expected_purchases"] * each
        purchases += expected["expected_purchases"]
        came += row["holdout_frequency"] * row["holdout_monetary_value"]
        bought += row["holdout_frequency"]
    assert result.actual_revenue == pytest.approx(came)
    assert result.predicted_revenue == pytest.approx(hoped)
    assert result.revenue_bias == pytest.approx(hoped - came)
    assert result.relative_revenue_bias == pytest.approx((hoped - came) / came)
    assert result.actual_spend_per_purchase == pytest.approx(came / bought)
    assert result.predicted_spend_per_purchase == pytest.approx(hoped / purchases)
    assert result.revenue_bias_from_purchases == pytest.approx((purchases - bought) * came / bought)
    assert result.revenue_bias_from_spend == pytest.approx(purchases * (hoped / purchases - came / bought))
    assert f"Of revenue it predicts {hoped:,.0f} where {came:,.0f} came ({(hoped - came) / came:+.1%})" in (
        result.verdict
    )


def test_revenue_of_cdnow():
    purchases = cv.datasets.load_cdnow(sample=True)
    split = cv.calibration_holdout(purchases, calibration_end="1997-09-30", unit="W")
    spend = cv.clv.GammaGammaModel().fit(split)
    result = cv.clv.evaluate(cv.clv.BetaGeoModel().fit(split), split, spend=spend)
    day = pd.to_datetime(purchases["timestamp"].astype(str)).dt.normalize()
    # all that was paid after the calibration: nobody in the sample came later
    assert result.actual_revenue == pytest.approx(purchases.loc[day > "1997-09-30", "amount"].sum())
    # of an independent implementation: 1,653.4 purchases, where 1,882 came
    assert result.predicted_spend_per_purchase == pytest.approx(result.predicted_revenue / 1_653.4, rel=1e-4)
    parts = result.revenue_bias_from_purchases, result.revenue_bias_from_spend
    assert parts[0] == pytest.approx((1_653.4 - 1_882) * result.actual_revenue / 1_882, abs=2.0)
    assert sum(parts) == pytest.approx(result.revenue_bias)
    assert max(parts) < 0
    assert "(-15.6%)" in result.verdict


def test_a_true_model_of_money_is_right_within_chance():
    n, rng = 20_000, np.random.default_rng(7)
    holdout = simulated(TRUTH, n, 7)
    x, later = (holdout[name].to_numpy() for name in ("frequency", "holdout_frequency"))
    paid, _ = SPEND.sample_spend(x + later, rng)
    ends = np.cumsum(x + later)
    until = np.append(0.0, np.cumsum(paid))
    before, after = until[ends - later] - until[ends - later - x], until[ends] - until[ends - later]
    holdout["monetary_value"] = before / np.maximum(x, 1)
    holdout["holdout_monetary_value"] = after / np.maximum(later, 1)
    result = cv.clv.evaluate(TRUTH, holdout, spend=SPEND)
    # independent customers: the deviations of the sum scatter with the root of the sum of their squares
    each = TRUTH.expected_purchases(holdout, 26.0)["expected_purchases"].to_numpy()
    off = each * SPEND.expected_spend(holdout)["expected_spend"].to_numpy() - after
    assert abs(result.revenue_bias) < 4 * np.sqrt(np.square(off).sum())
    assert abs(result.predicted_spend_per_purchase / result.actual_spend_per_purchase - 1) < 0.05


def test_revenue_where_there_is_none():
    without = cv.clv.evaluate(TRUTH, with_money())
    assert without.actual_revenue is without.revenue_bias is without.revenue_bias_from_spend is None
    assert "revenue" not in without.verdict
    nothing = with_money().assign(holdout_frequency=0, holdout_monetary_value=0.0)
    result = cv.clv.evaluate(TRUTH, nothing, spend=30.0)
    assert (result.actual_revenue, result.predicted_revenue) == (0.0, pytest.approx(30.0 * result.predicted_total))
    assert np.isnan([result.relative_revenue_bias, result.revenue_bias_from_purchases]).all()
    assert "nan" not in result.verdict


def test_money_that_cannot_be_checked():
    with pytest.raises(cv.ColumnError, match="holdout_monetary_value"):
        cv.clv.evaluate(TRUTH, varied(), spend=30.0)
    with pytest.raises(cv.ColumnError, match="monetary_value"):
        cv.clv.evaluate(TRUTH, with_money().drop(columns="monetary_value"), spend=SPEND)
    with pytest.raises(cv.ColumnError, match="no column 'cart'"):
        cv.clv.evaluate(TRUTH, with_money(), spend="cart")
    with pytest.raises(cv.DataError, match="missing"):
        cv.clv.evaluate(TRUTH, with_money().assign(holdout_monetary_value=None), spend=30.0)
    with pytest.raises(cv.NotFittedError, match="not fitted"):
        cv.clv.evaluate(TRUTH, with_money(), spend=cv.clv.GammaGammaModel())


def test_harder_rules_are_named(result):
    assert "of those that a summary allows; `compare` knows a harder one." in result.verdict


def test_a_model_that_has_seen_more_customers_is_told():
    holdout = with_money(400)
    part = holdout.iloc[:300]
    model = cv.clv.BetaGeoModel().fit(holdout)
    with pytest.warns(
        cv.CustvalWarning, match=r"fitted to 400 customers, and the calibration has 300.*holdout"
    ) as told:
        cv.clv.evaluate(model, part)
    assert [one.filename for one in told] == [__file__]
    # fitted to as many, or to fewer, and parameters that were given: warnings are errors here
    cv.clv.evaluate(model, holdout)
    cv.clv.evaluate(cv.clv.BetaGeoModel().fit(part), holdout)
    cv.clv.evaluate(TRUTH, part, spend=SPEND)


def test_a_spend_model_that_has_seen_more_customers_is_told():
    holdout = with_money(400)
    part = holdout.iloc[:300]
    seen, here = (int((table["frequency"] > 0).sum()) for table in (holdout, part))
    spend = cv.clv.GammaGammaModel(method="map").fit(holdout)
    with pytest.warns(
        cv.CustvalWarning, match=rf"GammaGammaModel was fitted to {seen} .* calibration has {here}"
    ) as told:
        cv.clv.evaluate(TRUTH, part, spend=spend)
    assert [one.filename for one in told] == [__file__]
    cv.clv.evaluate(TRUTH, holdout, spend=spend)


def slow_lowest_misses(table):
    first, *others = table.to_dict("records")
    passed = sum(first["actual"] > other["actual"] and first["actual"] > other["high"] for other in others)
    return first["actual"] > first["high"] and passed >= 2


def test_a_calibration_that_is_upside_down_at_the_bottom_is_told(result):
    # on CDNOW the lowest tenth buys .33 each, where .25 is the most by chance, and the next four tenths .19 to .23
    assert result.lowest_decile_misses
    assert slow_lowest_misses(result.calibration)
    assert "do not write them off as lost" in result.verdict
    # one cohort, so that no mix changes
    holdout = simulated(TRUTH, 20_000, 6).query("T == T.max()").reset_index(drop=True)
    true = cv.clv.evaluate(TRUTH, holdout)
    assert not true.lowest_decile_misses
    assert not slow_lowest_misses(true.calibration)
    assert "lost" not in true.verdict
    order = TRUTH.expected_purchases(holdout, 26.0)["expected_purchases"].rank(method="first")
    turned = holdout.assign(holdout_frequency=holdout["holdout_frequency"].where(order > len(holdout) / 10, 3))
    assert cv.clv.evaluate(TRUTH, turned).lowest_decile_misses


def test_deciles_hold_everyone_once(result, cdnow):
    table = result.to_frame()
    assert table["n"].sum() == 2_357
    assert (table["actual"] * table["n"]).sum() == pytest.approx(1_882)
    assert (table["predicted"] * table["n"]).sum() == pytest.approx(result.predicted_total)
    assert table["predicted"].is_monotonic_increasing
    assert table["n"].between(200, 260).all()
    assert (table["low"] < table["predicted"]).all()
    assert (table["predicted"] < table["high"]).all()


def test_the_order_of_rows_plays_no_part(result, cdnow):
    shuffled = cv.clv.evaluate(cv.clv.BetaGeoModel().fit(cdnow), cdnow.sample(frac=1.0, random_state=1))
    for name in ("bias", "bias_low", "rmse", "gini", "log_score", "acquisition_p_value", "coverage"):
        assert getattr(shuffled, name) == pytest.approx(getattr(result, name), rel=1e-9)
    pd.testing.assert_frame_equal(shuffled.calibration, result.calibration)


@pytest.mark.slow
def test_intervals_of_the_total_hold_it_as_often_as_they_say():
    totals, mix = [], []
    for seed in range(250):
        holdout = simulated(TRUTH, 1_200, seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", cv.CustvalWarning)
            result = cv.clv.evaluate(cv.clv.BetaGeoModel().fit(holdout), holdout)
        totals.append(result.bias_low <= 0 <= result.bias_high)
        mix.append(result.acquisition_p_value)
        assert result.parameter_error > 0.3 * result.chance_error
    low, high = stats.binom.ppf([5e-4, 1 - 5e-4], 250, 0.9)
    assert low <= sum(totals) <= high
    assert stats.kstest(mix, "uniform").pvalue > 0.01


def test_counts_lie_in_their_intervals_as_often_as_the_model_says():
    holdout = simulated(TRUTH, 40_000, 8)
    result = cv.clv.evaluate(TRUTH, holdout, interval=0.6)
    assert abs(result.coverage - result.coverage_expected) < 4 * np.sqrt(0.25 / 40_000)
    assert abs(result.bias) < 4 * result.chance_error


def test_a_changing_mix_is_told():
    early, late = simulated(TRUTH, 1_500, 1), simulated(TRUTH, 1_500, 2)
    late = late.assign(T=np.minimum(late["T"], 30.0), customer_id=late["customer_id"] + 1_500)
    late = late.assign(recency=np.minimum(late["recency"], late["T"]), holdout_frequency=0)
    both = pd.concat([early.assign(T=52.0), late], ignore_index=True)
    with pytest.warns(cv.CustvalWarning, match="new customers are of another kind") as caught:
        result = cv.clv.evaluate(TRUTH, both)
    # the two groups of the warning are those of the table
    assert 'model.fit(X[X["T"] > 30])' in str(caught[0].message)
    assert 'model.fit(X[X["T"] <= 30])' in str(caught[0].message)
    assert caught[0].filename == __file__
    assert result.by_acquisition["n"].tolist() == [(both["T"] > 30).sum(), (both["T"] <= 30).sum()]
    assert "early and those who came late" in result.verdict
    assert result.mix_changes
    assert result.acquisition_p_value < 1e-6
    table = result.by_acquisition
    assert table["third"].tolist() == [1, 3]
    assert table["T_low"].is_monotonic_decreasing
    assert (table["n"].sum(), table["actual"].sum()) == (3_000, both["holdout_frequency"].sum())


def test_one_cohort_is_no_mix():
    holdout = simulated(TRUTH, 500, 4).assign(T=52.0)
    result = cv.clv.evaluate(TRUTH, holdout)
    assert np.isnan(result.acquisition_p_value)
    assert not result.mix_changes


def test_a_boundary_takes_what_runs_away_as_known():
    n = 200
    holdout = pd.DataFrame(
        {
            "frequency": np.r_[np.zeros(n), np.full(n, 10)],
            "recency": np.r_[np.zeros(n), np.full(n, 52.0)],
            "T": np.full(2 * n, 52.0),
            "holdout_frequency": np.r_[np.zeros(n), np.full(n, 10)],
            "holdout_T": 52.0,
        }
    )
    model = cv.clv.BetaGeoModel().fit(holdout)
    assert model.fit_status_ == "boundary"
    result = cv.clv.evaluate(model, holdout)
    assert np.isfinite([result.bias_low, result.bias_high, result.log_score]).all()


def test_large_counts():
    heavy = {"frequency": [900, 0], "recency": [50.0, 0.0], "T": [50.0, 50.0]}
    result = cv.clv.evaluate(TRUTH, {**heavy, "holdout_frequency": [950, 5_000], "holdout_T": [50.0, 50.0]})
    assert result.chance_error > 0
    assert result.log_score < -100


def test_nothing_bought(to_lists):
    holdout = varied().assign(holdout_frequency=0)
    result = cv.clv.evaluate(TRUTH, holdout)
    assert np.isnan([result.relative_bias, result.correlation, result.gini]).all()
    data = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert data["gini"] is None
    assert data["baselines"]["correlation"] == [None] * 3


def test_frames_of_every_library(frame_library, to_lists):
    holdout = varied()
    result = cv.clv.evaluate(TRUTH, frame_library(holdout.to_dict("list")))
    expected = cv.clv.evaluate(TRUTH, holdout)
    for name in ("baselines", "calibration", "by_frequency", "by_acquisition"):
        frame = getattr(result, name)
        assert type(frame) is type(frame_library({"a": [1]}))
        found, wanted = to_lists(frame), to_lists(getattr(expected, name))
        assert list(found) == list(wanted)
        for column in wanted:
            numbers = [None if pd.isna(value) else value for value in found[column]]
            assert numbers == [None if pd.isna(value) else value for value in wanted[column]]
    assert "<table>" in result._repr_html_()


@pytest.mark.parametrize("by", ["frequency", "decile"])
def test_pictures(result, by):
    ax = result.plot(by=by)
    table = result.by_frequency if by == "frequency" else result.calibration
    assert [bar.get_height() for bar in ax.containers[0]] == pytest.approx(table["actual"].tolist())
    assert [text.get_text() for text in ax.get_xticklabels()] == table[by].astype(str).tolist()
    plt.close(ax.figure)
    with pytest.raises(cv.CustvalError, match="by must be one of"):
        result.plot(by="recency")
    with pytest.raises(cv.CustvalError, match=rf'matplotlib Axes; got .*plot\(by="{by}"\)'):
        result.plot(f"by_{by}")


@pytest.mark.parametrize(
    ("holdout", "error", "words"),
    [
        (varied().drop(columns="holdout_T"), cv.ColumnError, "calibration_holdout"),
        (varied().drop(columns="holdout_frequency"), cv.ColumnError, "calibration_holdout"),
        (varied().drop(columns="recency"), cv.ColumnError, "no column 'recency'"),
        (varied().iloc[:0], cv.DataError, "no customers"),
        (varied().assign(holdout_T=0.0), cv.DataError, "longer than 0"),
        (varied().assign(holdout_frequency=-1), cv.DataError, "whole number of at least 0"),
        (varied().assign(holdout_frequency=0.5), cv.DataError, "whole number of at least 0"),
        (varied().assign(holdout_frequency=None), cv.DataError, "missing"),
        (varied().assign(unit="D"), cv.DataError, "count time in 'D'"),
        (varied().assign(recency=100.0), cv.DataError, "between 0 and T"),
    ],
)
def test_tables_that_are_no_holdout(holdout, error, words):
    with pytest.raises(error, match=words):
        cv.clv.evaluate(TRUTH, holdout)


class Counted(cv.clv.BetaGeoModel):
    """A model of opportunities, which are whole."""

    _discrete = True


def test_opportunities_are_whole():
    model = Counted.from_params(**TRUTH.params_)
    whole = pd.DataFrame({"frequency": [1, 2], "recency": [1.0, 3.0], "T": [4.0, 5.0], "holdout_frequency": [1, 0]})
    assert cv.clv.evaluate(model, whole.assign(holdout_T=2.0)).n == 2
    with pytest.raises(cv.DataError, match="whole number for a Counted"):
        cv.clv.evaluate(model, whole.assign(holdout_T=2.5))


def test_what_else_is_refused():
    holdout = varied()
    with pytest.raises(cv.NotFittedError, match="not fitted"):
        cv.clv.evaluate(cv.clv.BetaGeoModel(), holdout)
    with pytest.raises(cv.CustvalError, match="model of purchases"):
        cv.clv.evaluate(cv.clv.GammaGammaModel(), holdout)
    with pytest.raises(cv.CustvalError, match="between 0 and 1"):
        cv.clv.evaluate(TRUTH, holdout, interval=1.0)
    lazy = pytest.importorskip("polars").LazyFrame(holdout.to_dict("list"))
    with pytest.raises(cv.DataError, match="collect it first"):
        cv.clv.evaluate(TRUTH, lazy)
