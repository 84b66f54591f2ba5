"""Repeat purchases over time: beside loops over customers, and seasons that are planted or not."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import custval as cv

plt = pytest.importorskip("matplotlib.pyplot")

PURCHASES = cv.datasets.load_cdnow(sample=True).drop(columns="amount")
MODEL = cv.clv.BetaGeoModel.from_params(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="W")


@pytest.fixture(scope="module")
def result():
    return cv.clv.tracking(MODEL, PURCHASES, "1997-09-30")


def by_hand(ends, split):
    """Cumulative actual and expected repeat purchases, customer by customer."""
    days = PURCHASES.assign(day=PURCHASES["timestamp"].dt.normalize()).groupby("customer_id")["day"].unique()
    actual, expected = np.zeros(len(ends)), np.zeros(len(ends))
    for own in map(sorted, days):
        if own[0] > split:
            continue
        for place, end in enumerate(ends):
            actual[place] += sum(day <= end for day in own[1:])
            expected[place] += MODEL.expected_purchases_new(max((end - own[0]).days, 0) / 7)
    return actual, expected


def test_it_is_what_a_loop_over_customers_finds(result):
    table = result.to_frame()
    assert len(table) == 78
    assert table["window"].tolist() == ["calibration"] * 39 + ["holdout"] * 39
    assert table["period_end"].iloc[38] == pd.Timestamp("1997-09-30")
    assert table["period_end"].iloc[-1] == pd.Timestamp("1998-06-30")
    some = [0, 4, 38, 39, 77]
    actual, expected = by_hand(list(table["period_end"].iloc[some]), pd.Timestamp("1997-09-30"))
    np.testing.assert_allclose(table["cumulative_actual"].iloc[some], actual)
    np.testing.assert_allclose(table["cumulative_expected"].iloc[some], expected, rtol=1e-9)
    np.testing.assert_allclose(table["actual"].cumsum(), table["cumulative_actual"])
    np.testing.assert_allclose(table["expected"].cumsum(), table["cumulative_expected"])


def test_the_holdout_is_that_of_a_split(result):
    split = cv.calibration_holdout(PURCHASES, calibration_end="1997-09-30", unit="W")
    assert result.n == len(split)
    assert result.actual == split["holdout_frequency"].sum() == 1_882
    holdout = result.periods.query("window == 'holdout'")
    assert holdout["expected"].sum() == pytest.approx(result.expected)
    assert result.relative_error == pytest.approx(result.expected / 1_882 - 1)
    assert result.calibration_end == "1997-09-30"
    assert "where 1,882 came (-11." in result.verdict


@pytest.mark.parametrize(
    ("every", "ends"),
    [
        ("1M", ["1997-01-31", "1997-02-28", "1998-05-31", "1998-06-30"]),
        ("3M", ["1997-03-31", "1997-06-30", "1998-03-31", "1998-06-30"]),
        ("1W", ["1997-01-05", "1997-01-12", "1998-06-28", "1998-06-30"]),
        ("2W", ["1997-01-07", "1997-01-21", "1998-06-23", "1998-06-30"]),
        ("1Y", ["1997-12-31", "1998-06-30"]),
        ("100D", ["1997-03-14", "1997-06-22", "1998-04-18", "1998-06-30"]),
    ],
)
def test_periods(every, ends, result):
    table = cv.clv.tracking(MODEL, PURCHASES, "1997-09-30", every=every).periods
    found = table["period_end"].dt.strftime("%Y-%m-%d").tolist()
    assert found[: len(ends) // 2] + found[-(len(ends) // 2) :] == ends
    assert table["cumulative_expected"].iloc[-1] == pytest.approx(result.periods["cumulative_expected"].iloc[-1])
    assert table["actual"].sum() == result.periods["actual"].sum()
    across = table["window"].eq("both").sum()
    assert across == (every in {"1W", "1Y"})


@pytest.mark.parametrize(
    ("every", "first", "last"),
    [
        # the data run from Wednesday 1997-01-01 to Tuesday 1998-06-30, 273 days to the end of calibration and 273 after
        (None, True, True),
        ("1M", True, True),
        ("1W", False, False),
        ("2W", False, False),
        ("1Y", True, False),
        ("91D", True, True),
    ],
)
def test_periods_that_the_data_cut_short(every, first, last):
    tracked = cv.clv.tracking(MODEL, PURCHASES, "1997-09-30", every=every)
    complete = tracked.periods["complete"]
    assert complete.dtype == bool
    assert (complete.iloc[0], complete.iloc[-1]) == (first, last)
    assert complete.iloc[1:-1].all()
    for cumulative in (False, True):
        ax = tracked.plot(cumulative=cumulative)
        assert len(ax.lines[0].get_ydata()) == len(complete) - (not last and not cumulative)
        plt.close(ax.figure)


def test_the_only_period_is_drawn_though_cut_short():
    ax = cv.clv.tracking(MODEL, PURCHASES, "1997-09-30", every="5Y").plot()
    assert len(ax.lines[0].get_ydata()) > 0
    plt.close(ax.figure)


def test_the_first_week_of_a_grain(result):
    # 1997-09-28 was a Sunday
    weekly = cv.summarize(PURCHASES, grain="W", until="1997-09-28")
    model = cv.clv.ModifiedBetaGeoModel().fit(weekly)
    tracked = cv.clv.tracking(model, PURCHASES, "1997-09-28", grain="W")
    split = cv.calibration_holdout(PURCHASES, calibration_end="1997-09-28", grain="W")
    assert tracked.actual == split["holdout_frequency"].sum()
    assert tracked.periods["period_end"].dt.day_name().eq("Sunday").all()
    assert tracked.periods["actual"].iloc[:39].sum() == split["frequency"].sum()
    monthly = cv.clv.tracking(
        cv.clv.BetaGeoModel.from_params(**MODEL.params_, unit="M"), PURCHASES, "1997-09-30", grain="M"
    )
    assert monthly.periods["period_end"].dt.strftime("%m-%d").tolist()[:3] == ["01-31", "02-28", "03-31"]


def test_hours_and_zones(frame_library):
    stamps = pd.date_range("2024-01-01", periods=60, freq="9h")
    frame = frame_library({"customer_id": [f"c{k % 4}" for k in range(60)], "timestamp": stamps.tolist()})
    model = cv.clv.ModifiedBetaGeoModel.from_params(r=1.0, alpha=50.0, a=1.0, b=2.0, unit="h")
    tracked = cv.clv.tracking(model, frame, "2024-01-12T10:30:00", grain="h")
    assert type(tracked.periods) is type(frame)
    assert tracked.calibration_end == "2024-01-12T10"
    split = cv.calibration_holdout(frame, calibration_end="2024-01-12T10:30:00", grain="h")
    assert tracked.actual == sum(np.asarray(split["holdout_frequency"]))
    ax = tracked.plot()
    assert len(ax.lines) == 3
    plt.close(ax.figure)


def test_days_are_those_of_the_zone(result):
    zoned = PURCHASES.assign(timestamp=PURCHASES["timestamp"].dt.tz_localize("America/New_York"))
    there = cv.clv.tracking(MODEL, zoned, "1997-09-30")
    pd.testing.assert_frame_equal(there.periods, result.periods)


def test_pictures(result):
    for cumulative in (False, True):
        ax = result.plot(cumulative=cumulative)
        name = "cumulative_actual" if cumulative else "actual"
        assert ax.lines[0].get_ydata().tolist() == result.periods[name].tolist()
        assert ax.lines[1].get_ydata().tolist() == result.periods[name.replace("actual", "expected")].tolist()
        plt.close(ax.figure)
    data = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert data["season_share"] is None
    assert len(data["periods"]["period_end"]) == 78
    assert "<table>" in result._repr_html_()


def shop(*, seasonal, years, rng, n=3_000):
    """Purchases of a base that joins over the first year, thinned by the season or not."""
    rng = np.random.default_rng(rng)
    truth = cv.clv.ModifiedBetaGeoModel.from_params(r=1.0, alpha=30.0, a=0.6, b=6.0, unit="D")
    joined = rng.uniform(0, 365, n)
    customer, time = truth.sample_purchases(n, years * 365.0 - joined, rng)
    day = joined[customer] + time
    keep = (time == 0) | (rng.uniform(size=len(day)) < 0.5 * (1 + seasonal * np.sin(2 * np.pi * day / 365.25)))
    stamps = pd.Timestamp("2021-01-01") + pd.to_timedelta(np.floor(day[keep]), unit="D")
    return pd.DataFrame({"customer_id": customer[keep], "timestamp": stamps})


def test_a_season_is_told():
    transactions = shop(seasonal=0.8, years=2.5, rng=3)
    split = cv.calibration_holdout(transactions, calibration_end="2022-06-30")
    model = cv.clv.ModifiedBetaGeoModel().fit(split)
    with pytest.warns(cv.CustvalWarning, match="the season, which the model does not know"):
        tracked = cv.clv.tracking(model, transactions, "2022-06-30")
    assert tracked.seasonal
    assert tracked.season_share > 0.5
    table = tracked.season
    assert table["month_end"].dt.strftime("%Y-%m-%d").tolist()[:2] == ["2022-07-31", "2022-08-31"]
    assert len(table) in {11, 12}
    # a year before, by hand: July 2021, and the year up to June 2022
    first = transactions.groupby("customer_id")["timestamp"].min()
    days = transactions.drop_duplicates().merge(first.rename("first"), left_on="customer_id", right_index=True)
    days = days[days["timestamp"] > days["first"]]

    def ratio(after, until):
        came = days["timestamp"].between(after, until, inclusive="right").sum()
        ages = [(pd.Timestamp(end) - first[first <= end]).dt.days.to_numpy(float) for end in (after, until)]
        return came / (model.expected_purchases_new(ages[1]).sum() - model.expected_purchases_new(ages[0]).sum())

    july, year = ratio("2021-06-30", "2021-07-31"), ratio("2021-06-30", "2022-06-30")
    assert table["ratio_year_before"].iloc[0] == pytest.approx(july / year)
    assert table["ratio"].iloc[0] == pytest.approx(table["actual"].iloc[0] / table["expected"].iloc[0])


@pytest.mark.parametrize("seed", range(4))
def test_no_season_is_none(seed):
    transactions = shop(seasonal=0.0, years=2.5, rng=seed)
    split = cv.calibration_holdout(transactions, calibration_end="2022-06-30")
    tracked = cv.clv.tracking(cv.clv.ModifiedBetaGeoModel().fit(split), transactions, "2022-06-30")
    assert not tracked.seasonal
    assert len(tracked.season) in {11, 12}


def test_a_wrong_level_is_no_season():
    # parameters of a base that buys more, all the year round
    transactions = shop(seasonal=0.0, years=2.5, rng=7)
    model = cv.clv.ModifiedBetaGeoModel.from_params(r=1.0, alpha=30.0, a=0.6, b=6.0, unit="D")
    tracked = cv.clv.tracking(model, transactions, "2022-06-30")
    assert tracked.relative_error > 0.3
    assert not tracked.seasonal


def test_a_long_holdout_takes_the_same_year_again():
    transactions = shop(seasonal=0.0, years=3.6, rng=1, n=300)
    model = cv.clv.ModifiedBetaGeoModel.from_params(r=1.0, alpha=60.0, a=0.6, b=6.0, unit="D")
    season = cv.clv.tracking(model, transactions, "2022-03-31", every="1M").season
    assert len(season) > 12
    assert season["ratio_year_before"].iloc[12] == season["ratio_year_before"].iloc[0]


@pytest.mark.parametrize(
    ("model", "transactions", "options", "error", "words"),
    [
        (cv.clv.BetaGeoModel(), PURCHASES, {}, cv.NotFittedError, "not fitted"),
        (cv.clv.GammaGammaModel(), PURCHASES, {}, cv.CustvalError, "model of purchases"),
        (cv.clv.BetaGeoModel.from_params(**MODEL.params_), PURCHASES, {}, cv.CustvalError, "unit of time"),
        (MODEL, PURCHASES, {"every": "0W"}, cv.CustvalError, "longer than zero"),
        (MODEL, PURCHASES, {"every": 7}, cv.CustvalError, "every must be text"),
        (MODEL, PURCHASES, {"every": "1h"}, cv.CustvalError, "shorter than the grain"),
        (MODEL, PURCHASES, {"grain": "M"}, cv.CustvalError, "grain='M'"),
        (MODEL, PURCHASES, {"calibration_end": "1998-06-30"}, cv.DataError, "leaves no holdout"),
        (MODEL, PURCHASES, {"calibration_end": "1996-06-30"}, cv.DataError, "before all lines"),
        (MODEL, PURCHASES.drop(columns="timestamp"), {}, cv.ColumnError, "no column 'timestamp'"),
        (MODEL, PURCHASES.iloc[:0], {}, cv.DataError, "no lines before"),
        (MODEL, PURCHASES.assign(amount=-1.0), {}, cv.DataError, "nobody had bought"),
    ],
)
def test_what_is_refused(model, transactions, options, error, words):
    with pytest.raises(error, match=words):
        cv.clv.tracking(model, transactions, **{"calibration_end": "1997-09-30"} | options)


def test_a_lazy_frame_is_to_be_collected():
    lazy = pytest.importorskip("polars").LazyFrame({"customer_id": [1], "timestamp": ["2024-01-01"]})
    with pytest.raises(cv.DataError, match="collect it first"):
        cv.clv.tracking(MODEL, lazy, "2024-01-01")


def test_steps_of_a_second_are_refused_before_they_are_taken():
    with pytest.raises(cv.CustvalError, match="every=1s is shorter than the grain 'D'"):
        cv.clv.tracking(MODEL, PURCHASES, "1997-09-30", every="1s")
