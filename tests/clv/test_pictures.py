"""Pictures of models: the numbers behind each against a slow way to the same, and what is drawn against the numbers."""

from __future__ import annotations

import json
import warnings

import numpy as np
import pandas as pd
import pytest

import custval as cv
from custval.clv import alive_history, frequency_fit, frequency_recency_matrix, spend_distribution
from custval.clv._groups import in_groups

MODEL = cv.clv.BetaGeoModel.from_params(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="W")
SPEND = cv.clv.GammaGammaModel.from_params(p=6.25, q=3.74, gamma=15.44)
X = {
    "customer_id": list("abcdef"),
    "frequency": [0, 1, 2, 7, 3, 0],
    "recency": [0.0, 5.0, 30.43, 29.43, 3.0, 0.0],
    "T": [38.86, 20.0, 38.86, 38.86, 20.0, 0.0],
    "monetary_value": [0.0, 11.77, 22.35, 73.74, 30.0, 0.0],
}


@pytest.fixture(scope="module")
def purchases():
    return cv.datasets.load_cdnow(sample=True)


@pytest.fixture(scope="module")
def cdnow(purchases):
    return cv.summarize(purchases.drop(columns="amount"), unit="W", until="1997-09-30")


@pytest.fixture
def axes():
    pyplot = pytest.importorskip("matplotlib.pyplot")
    figure, ax = pyplot.subplots()
    yield ax
    pyplot.close(figure)


def lifetimes_of(model):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return cv.clv.to_lifetimes(model)


# -- frequency_fit


def test_the_fit_of_cdnow_is_the_published_one(cdnow):
    # Fader, Hardie & Lee (2005), section 4: chi-square of 4.82 with 3 degrees of freedom, p = .19, for 0, 1, …, 7+
    fit = frequency_fit(cv.clv.BetaGeoModel().fit(cdnow), cdnow, n_max=6)
    assert fit.to_frame()["actual"].tolist() == [1411, 439, 214, 100, 62, 38, 29, 64]
    assert round(fit.chi_square, 2) == 4.82
    assert fit.degrees_of_freedom == 3
    assert round(fit.p_value, 2) == 0.19


def test_expected_counts_are_those_that_lifetimes_sums(cdnow):
    fitter = lifetimes_of(MODEL)
    some = cdnow[:300]
    found = frequency_fit(MODEL, some, n_max=5).to_frame()["expected"]
    for n in range(6):
        slow = sum(float(fitter.probability_of_n_purchases_up_to_time(t, n)) for t in some["T"])
        assert found[n] == pytest.approx(slow, rel=1e-6)
    assert found.sum() == pytest.approx(300, rel=1e-12)


def test_many_observation_times_are_grouped_without_a_trace():
    rng = np.random.default_rng(1)
    T = rng.uniform(0.0, 80.0, 5000)
    base = {"frequency": [0] * 5000, "recency": [0.0] * 5000, "T": T}
    found = np.array(frequency_fit(MODEL, base, n_max=4).to_frame()["expected"])
    one_by_one = sum(MODEL._pmf_new(t, 4) for t in T)
    np.testing.assert_allclose(found, one_by_one, rtol=1e-4)


def test_groups_keep_the_weight_and_the_mean():
    rng = np.random.default_rng(2)
    values, weight = rng.gamma(2.0, size=3000), rng.integers(0, 4, 3000).astype(float)
    grouped, held = in_groups(values, weight, 100)
    assert len(grouped) <= 100
    assert held.sum() == weight.sum()
    assert held.min() > 0
    assert (np.diff(grouped) > 0).all()
    assert grouped @ held == pytest.approx(values @ weight)
    exact, each = in_groups(np.array([3.0, 1.0, 3.0]), np.array([1.0, 2.0, 5.0]), 100)
    assert (exact.tolist(), each.tolist()) == ([1.0, 3.0], [2.0, 6.0])


def test_a_base_drawn_from_the_model_fits_and_another_does_not():
    base = MODEL.sample(20_000, 60.0, rng=4)
    good, bad = (frequency_fit(model, base) for model in (MODEL, MODEL.from_params(**{**MODEL.params_, "r": 0.4})))
    assert good.p_value > 1e-3
    assert good.misplaced < 0.01
    assert bad.p_value < 1e-9
    assert bad.misplaced > 0.05


def test_weights_are_customers():
    w = [1, 2, 3, 0, 2, 1]
    weighted = frequency_fit(MODEL, {**X, "w": w}, sample_weight="w")
    repeated = frequency_fit(MODEL, {name: np.repeat(np.array(values), w) for name, values in X.items()})
    np.testing.assert_allclose(weighted.to_frame()["actual"], repeated.to_frame()["actual"])
    np.testing.assert_allclose(weighted.to_frame()["expected"], repeated.to_frame()["expected"])
    assert weighted.n_customers == 9


def test_frequency_fit_draws_its_counts(axes):
    fit = frequency_fit(MODEL, X, n_max=3)
    assert fit.plot(axes) is axes
    heights = [bar.get_height() for bar in axes.patches]
    frame = fit.to_frame()
    np.testing.assert_allclose(heights, [*frame["actual"], *frame["expected"]])
    assert [label.get_text() for label in axes.get_xticklabels()] == ["0", "1", "2", "3", "4+"]


# -- frequency_recency_matrix


def test_the_matrix_is_that_of_lifetimes():
    fitter = lifetimes_of(MODEL)
    matrix = frequency_recency_matrix(MODEL, T=30, max_frequency=6, quantity="probability_alive", steps=30)
    theirs = fitter.conditional_probability_alive_matrix(6, 30)
    for row in matrix.to_frame().itertuples():
        if (row.frequency == 0) == (row.recency == 0):
            assert row.probability_alive == pytest.approx(theirs[int(row.recency), row.frequency])
        else:
            assert np.isnan(row.probability_alive)
    assert matrix.horizon is None


def test_expected_purchases_of_the_matrix_are_the_models_own():
    cells = frequency_recency_matrix(MODEL, horizon="12W", max_frequency=4, steps=7).to_frame().dropna()
    assert len(cells) == 1 + 4 * 7
    customers = cells.assign(T=12 * 30.436875 / 7)
    expected = MODEL.expected_purchases(customers, 12)["expected_purchases"]
    np.testing.assert_allclose(cells["expected_purchases"], expected, rtol=1e-12)


@pytest.mark.skipif("BetaGeoBetaBinomModel" not in cv.clv.__all__, reason="the room has no BG/BB")
def test_a_model_in_discrete_time_has_a_row_for_each_opportunity():
    model = cv.clv.BetaGeoBetaBinomModel.from_params(alpha=1.204, beta=0.750, gamma=0.657, delta=2.783, unit="Y")
    cells = frequency_recency_matrix(model, horizon=5, T=6, max_frequency=8).to_frame()
    known = cells["expected_purchases"].notna()
    assert sorted(cells["recency"].unique()) == list(range(7))
    assert (
        known == ((cells["frequency"] == 0) == (cells["recency"] == 0)) & (cells["frequency"] <= cells["recency"])
    ).all()
    customers = cells[known].assign(T=6)
    np.testing.assert_allclose(
        cells["expected_purchases"][known], model.expected_purchases(customers, 5)["expected_purchases"]
    )


def test_the_matrix_is_drawn_with_frequency_to_the_right(axes):
    matrix = frequency_recency_matrix(MODEL, horizon=12, T=40, max_frequency=5, steps=8)
    assert matrix.plot(axes) is axes
    image = axes.images[0]
    drawn = np.ma.filled(image.get_array(), np.nan)
    assert drawn.shape == (9, 6)
    cell = matrix.to_frame().query("frequency == 3 and recency == 35")["expected_purchases"].item()
    assert drawn[7, 3] == cell
    assert image.get_extent() == [-0.5, 5.5, -2.5, 42.5]
    assert axes.get_ylabel() == "weeks from first to last purchase"
    assert "next 12 weeks" in axes.get_title()


@pytest.mark.parametrize(
    ("T", "horizon", "words"),
    [
        ("12M", "26W", "next 26 weeks,\n12 months after"),
        (52, "1Y", "next 1 year,\n52 weeks after"),
        (1, 1.5, "next 1.5 weeks,\n1 week after"),
    ],
)
def test_the_matrix_says_what_was_asked_for(axes, T, horizon, words):
    frequency_recency_matrix(MODEL, horizon=horizon, T=T, max_frequency=3, steps=4).plot(axes)
    assert words in axes.get_title()


# -- alive_history


def test_many_purchases_are_a_rug(axes):
    days = pd.date_range("2024-01-01", periods=70, freq="5D")
    tx = cv.transactions({"customer_id": ["a"] * 70, "timestamp": [str(day.date()) for day in days]})
    alive_history(MODEL, tx, "a").plot(axes)
    *marks, _ = axes.lines
    assert len(marks) == 70
    assert max(mark.get_ydata()[1] for mark in marks) < 0.1


@pytest.mark.parametrize("until", [None, "1998-03-10"])
def test_each_point_is_the_summary_as_of_then(purchases, until):
    own = purchases[purchases["customer_id"].isin([4, 111])]
    history = alive_history(MODEL, own, 111, every="1M", until=until).to_frame()
    assert history["date"].is_monotonic_increasing
    assert history["date"].is_unique
    for point in history.itertuples():
        summary = cv.summarize(own[own["customer_id"] == 111], unit="W", until=str(point.date.date()))
        alive = MODEL.probability_alive(summary)["probability_alive"].item()
        assert point.probability_alive == pytest.approx(alive, rel=1e-12)
        assert (point.frequency, point.recency, point.T) == tuple(summary.loc[0, ["frequency", "recency", "T"]])
    days = set(purchases[purchases["customer_id"] == 111]["timestamp"])
    end = own["timestamp"].max() if until is None else pd.Timestamp(until)
    assert set(history["date"][history["purchase"]]) == {day for day in days if day <= end}
    assert history["date"].iloc[-1] == end
    # the day before each purchase is there, so that the whole rise is seen
    later = sorted(day for day in days if day <= end)[1:]
    assert {day - pd.Timedelta("1D") for day in later} <= set(history["date"])


def test_months_of_a_model_in_months():
    tx = cv.transactions({"customer_id": ["a"] * 3, "timestamp": ["2024-01-31", "2024-03-01", "2024-06-15"]})
    model = cv.clv.BetaGeoModel.from_params(**MODEL.params_, unit="M")
    points = alive_history(model, tx, "a", every="1M", grain="M").to_frame()
    assert points["T"].tolist() == [0, 1, 2, 3, 4, 5]
    assert points["frequency"].tolist() == [0, 0, 1, 1, 1, 2]
    assert points["date"].dt.strftime("%Y-%m-%d").tolist()[:2] == ["2024-01-01", "2024-02-01"]


def test_every_library_gives_the_same_history(frame_library, purchases):
    own = purchases[purchases["customer_id"] == 4]
    columns = {"customer_id": own["customer_id"].tolist(), "timestamp": own["timestamp"].dt.date.tolist()}
    tx = cv.transactions(frame_library({**columns, "timestamp": [str(day) for day in columns["timestamp"]]}))
    pd.testing.assert_frame_equal(
        alive_history(MODEL, tx, 4).to_frame(), alive_history(MODEL, own, 4).to_frame(), check_dtype=False
    )


def test_refunds_are_no_purchases():
    tx = cv.transactions(
        {
            "customer_id": ["a", "a", "b"],
            "timestamp": ["2024-01-01", "2024-02-01", "2024-03-01"],
            "amount": [10.0, -10.0, -1.0],
        }
    )
    points = alive_history(MODEL, tx, "a").to_frame()
    assert points["purchase"].sum() == 1
    with pytest.raises(cv.DataError, match="has no purchase in these transactions$"):
        alive_history(MODEL, tx, "b")
    with pytest.raises(cv.DataError, match="not among them"):
        alive_history(MODEL, tx, "c")


def test_the_history_is_drawn_with_its_purchases(axes, purchases):
    history = alive_history(MODEL, purchases, 4)
    assert history.plot(axes) is axes
    *marks, curve = axes.lines
    assert len(marks) == history.to_frame()["purchase"].sum() == 4
    np.testing.assert_allclose(curve.get_ydata(), history.to_frame()["probability_alive"])
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["purchase"]


# -- spend_distribution


def test_bins_hold_every_repeat_customer_once(purchases):
    customers = cv.summarize(purchases[purchases["amount"] > 0], unit="W", until="1997-09-30")
    model = cv.clv.GammaGammaModel().fit(customers)
    found = spend_distribution(model, customers, bins=12)
    bins = found.to_frame()
    repeat = customers[customers["frequency"] > 0]
    assert bins["actual"].sum() == found.n_customers == len(repeat) == found.account.rows_out
    assert bins["expected"].sum() == pytest.approx(len(repeat), rel=1e-12)
    for row in bins.itertuples():
        high = np.inf if np.isnan(row.high) else row.high
        assert row.actual == ((repeat["monetary_value"] >= row.low) & (repeat["monetary_value"] < high)).sum()
    assert bins["actual"].iloc[-1] <= 0.02 * len(repeat) + 1
    # the density integrates to the expected counts
    curve = found.curve
    step = curve["spend"][1] - curve["spend"][0]
    assert curve["density"].sum() * step * len(repeat) == pytest.approx(bins["expected"][:-1].sum(), rel=1e-4)


def test_a_base_drawn_from_the_spend_model_fits_and_another_does_not():
    rng = np.random.default_rng(6)
    x = rng.geometric(0.3, 30_000)
    spend, _ = SPEND.sample_spend(x, rng)
    base = {"frequency": x, "monetary_value": np.add.reduceat(spend, np.cumsum(x) - x) / x}
    assert spend_distribution(SPEND, base).misplaced < 0.02
    other = cv.clv.GammaGammaModel.from_params(p=6.25, q=3.74, gamma=25.0)
    assert spend_distribution(other, base).misplaced > 0.15


def test_weights_are_customers_of_the_spend_model():
    w = [3, 2, 1, 2, 1, 0]
    weighted = spend_distribution(SPEND, {**X, "w": w}, bins=3, sample_weight="w")
    repeated = spend_distribution(SPEND, {name: np.repeat(np.array(values), w) for name, values in X.items()}, bins=3)
    for name in ("low", "actual", "expected"):
        np.testing.assert_allclose(weighted.to_frame()[name], repeated.to_frame()[name])
    assert weighted.to_frame()["high"][-1] is None
    assert dict(weighted.account.set_aside) == {"no repeat occasion": 2, "mean spend not positive": 0}


def test_spend_is_drawn_as_a_density(axes):
    found = spend_distribution(SPEND, X, bins=4)
    assert found.plot(axes) is axes
    area = sum(bar.get_height() * bar.get_width() for bar in axes.patches)
    frame = found.to_frame()
    assert area == pytest.approx(sum(frame["actual"][:-1]) / 4)
    np.testing.assert_allclose(axes.lines[0].get_ydata(), found.curve["density"])


# -- all of them


def results():
    tx = cv.transactions({"customer_id": ["a", "a"], "timestamp": ["2024-01-01", "2024-02-11"]})
    return [
        frequency_fit(MODEL, X),
        frequency_recency_matrix(MODEL, horizon=4, T=20, max_frequency=3, steps=4),
        alive_history(MODEL, tx, "a"),
        spend_distribution(SPEND, X, bins=3),
    ]


@pytest.mark.parametrize("place", range(4))
def test_results_can_be_sent_shown_and_drawn_anew(place):
    pyplot = pytest.importorskip("matplotlib.pyplot")
    result = results()[place]
    sent = json.loads(json.dumps(result.to_dict()))
    assert len(next(iter(sent.values()))) > 1
    assert type(result).__name__ in result._repr_html_()
    ax = result.plot()
    assert ax.get_title()
    ax.figure.canvas.draw()
    pyplot.close(ax.figure)


@pytest.mark.parametrize(
    ("look", "model"), [(frequency_fit, MODEL), (spend_distribution, SPEND)], ids=["purchases", "spend"]
)
def test_frames_are_of_the_library_that_came_in(look, model, frame_library, to_lists):
    frame = frame_library(X)
    found = look(model, frame).to_frame()
    assert type(found) is type(frame)
    expected = look(model, X).to_frame()
    for name, values in to_lists(found).items():
        np.testing.assert_allclose(
            np.array(list(values), dtype=float), np.array(expected[name], dtype=float), rtol=1e-12
        )


ONE = {"customer_id": [1], "timestamp": ["2024-01-01"]}
WRONG = {
    "such as BetaGeoModel; got GammaGammaModel": lambda: frequency_fit(SPEND, X),
    "BetaGeoModel is not fitted": lambda: frequency_fit(cv.clv.BetaGeoModel(), X),
    "n_max must be": lambda: frequency_fit(MODEL, X, n_max=0),
    "no customers": lambda: frequency_fit(MODEL, {name: values[:0] for name, values in X.items()}),
    "no column 'recency'": lambda: frequency_fit(MODEL, {"frequency": [1]}),
    "count time in 'D'": lambda: frequency_fit(MODEL, {**X, "unit": ["D"] * 6}),
    "must be a model of purchases": lambda: frequency_recency_matrix(SPEND),
    "need a horizon": lambda: frequency_recency_matrix(MODEL),
    "quantity must be one of": lambda: frequency_recency_matrix(MODEL, horizon=4, quantity="alive"),
    "max_frequency must be": lambda: frequency_recency_matrix(MODEL, horizon=4, max_frequency=0),
    "needs the unit of time": lambda: frequency_recency_matrix(MODEL.from_params(**MODEL.params_), horizon=4),
    "a model of purchases": lambda: alive_history(SPEND, ONE, 1),
    "no column 'timestamp'": lambda: alive_history(MODEL, {"customer_id": [1]}, 1),
    "shorter than the grain": lambda: alive_history(
        MODEL, cv.transactions({"customer_id": [1, 1], "timestamp": ["2024-01-01", "2024-03-01"]}), 1, every="6h"
    ),
    "the unit is 'M' too": lambda: alive_history(MODEL, cv.transactions(ONE), 1, grain="M"),
    "until": lambda: alive_history(MODEL, cv.transactions(ONE), 1, until="2023-01-01"),
    "must be a GammaGammaModel": lambda: spend_distribution(MODEL, X),
    "GammaGammaModel is not fitted": lambda: spend_distribution(cv.clv.GammaGammaModel(), X),
    "bins must be": lambda: spend_distribution(SPEND, X, bins=0),
    "no repeat customers": lambda: spend_distribution(SPEND, {"frequency": [0], "monetary_value": [0.0]}),
}


@pytest.mark.parametrize("words", WRONG)
def test_bad_arguments(words):
    with pytest.raises(ValueError, match=words):
        WRONG[words]()
