"""Models beside each other: rules by slow definitions, ranks, noise, advice, and fits that fail."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import custval as cv
from custval._kernels.holdout_metrics import Errors
from custval.clv._advice import advise
from custval.clv._contest import MODEL, RULE, Score, Standing, likelihood_noise, noise, standings
from custval.errors import FitError

plt = pytest.importorskip("matplotlib.pyplot")

PURCHASES = cv.datasets.load_cdnow(sample=True).drop(columns="amount")
CUTOFFS = ("1997-06-30", "1997-09-30")


class Fails(cv.clv.BetaGeoModel):
    """A model that cannot be fitted before the autumn."""

    def fit(self, X, sample_weight=None):
        if X["T"].max() < 30:
            raise FitError("too early <b>for this</b>")
        return super().fit(X, sample_weight)


class Spy(cv.clv.ModifiedBetaGeoModel):
    """A model that shows what it was fitted to."""

    seen = None

    def fit(self, X, sample_weight=None):
        Spy.seen = X
        return super().fit(X, sample_weight)


@pytest.fixture(scope="module")
def result():
    models = {"BG": cv.clv.BetaGeoModel(), "MBG": cv.clv.ModifiedBetaGeoModel(), "late": Fails()}
    return cv.clv.compare(models, PURCHASES, cutoffs=CUTOFFS, horizon="39W", unit="W")


def test_models_are_those_that_evaluate_evaluates(result):
    table = result.by_cutoff.set_index(["cutoff", "model"])
    for cutoff in CUTOFFS:
        end = pd.Timestamp(cutoff) + pd.Timedelta(days=273)
        split = cv.calibration_holdout(PURCHASES, calibration_end=cutoff, holdout_end=end.date(), unit="W")
        for name, model in {"BG": cv.clv.BetaGeoModel(), "MBG": cv.clv.ModifiedBetaGeoModel()}.items():
            fitted = model.fit(split)
            alone, row = cv.clv.evaluate(fitted, split), table.loc[(cutoff, name)]
            assert (row["n"], row["kind"], row["status"]) == (len(split), "model", "converged")
            assert row["predicted"] == pytest.approx(alone.predicted_total)
            assert row["actual"] == alone.actual_total
            for number in ("bias", "mae", "rmse", "log_score", "correlation", "gini", "coverage"):
                assert row[number] == pytest.approx(getattr(alone, number))
            assert (row["aic"], row["bic"]) == pytest.approx((fitted.aic_, fitted.bic_))


def test_rules_are_what_a_loop_over_customers_finds(result):
    table = result.by_cutoff.set_index(["cutoff", "model"])
    days = PURCHASES.assign(day=PURCHASES["timestamp"].dt.normalize()).groupby("customer_id")["day"].unique()
    for cutoff in CUTOFFS:
        split, window = pd.Timestamp(cutoff), pd.Timedelta(days=273)
        rows = []
        for own in days:
            before = sorted(day for day in own if day <= split)
            if before:
                came = sum(split < day <= split + window for day in own)
                last = sum(day > split - window for day in before[1:])
                observed = (split - before[0]).days
                rate = (len(before) - 1) / observed if observed else 0.0
                assert split - before[-1] <= window
                rows.append((came, last, rate * 273, len(before) - 1, observed))
        came, last, own_rate, repeats, observed = np.array(rows, dtype=float).T
        rules = {
            # up to June there are 181 days of data for a window of 273
            "as many as in the last window": last * 273 / min(273, (split - pd.Timestamp("1996-12-31")).days),
            "own rate so far": own_rate,
            "mean of the base": np.full(len(rows), repeats.sum() / observed.sum() * 273),
        }
        for name, predicted in rules.items():
            row = table.loc[(cutoff, name)]
            assert row["kind"] == "baseline"
            assert row["predicted"] == pytest.approx(predicted.sum())
            assert row["rmse"] == pytest.approx(np.sqrt(np.mean((predicted - came) ** 2)))
            assert row["mae"] == pytest.approx(np.mean(np.abs(predicted - came)))


def test_rules_say_what_they_lack(result):
    # with a window of 39 weeks everybody has bought lately, so that two rules are one
    reason = result.by_cutoff.query("kind == 'baseline'").set_index(["cutoff", "model"])["reason"]
    assert "own rate if bought lately" not in reason.index.get_level_values("model")
    assert reason.loc[:, "own rate so far"].str.contains("the same as 'own rate if bought lately'").all()
    assert "counted in 181 of the 273 periods (D)" in reason["1997-06-30", "as many as in the last window"]
    assert reason["1997-09-30", "as many as in the last window"] == ""


def test_a_window_that_the_data_hold_is_not_scaled():
    found = cv.clv.compare([cv.clv.BetaGeoModel()], PURCHASES, cutoffs="1997-06-30", horizon="13W", unit="W")
    row = found.by_cutoff.set_index("model").loc["as many as in the last window"]
    days = PURCHASES.assign(day=PURCHASES["timestamp"].dt.normalize()).groupby("customer_id")["day"].unique()
    split, window = pd.Timestamp("1997-06-30"), pd.Timedelta(weeks=13)
    assert row["predicted"] == sum(split - window < day <= split for own in days for day in sorted(own)[1:])
    assert row["reason"] == ""
    lately = found.by_cutoff.set_index("model").loc["own rate if bought lately", "predicted"]
    by_hand = 0.0
    for own in days:
        before = sorted(day for day in own if day <= split)
        if before and before[0] < split and split - before[-1] <= window:
            by_hand += (len(before) - 1) / (split - before[0]).days * 91
    assert lately == pytest.approx(by_hand)


def test_the_ranking(result):
    table = result.to_frame().set_index("model")
    assert table["rank"].tolist() == [1, 2, 3, 4, 5, 6]
    assert table.index[:2].tolist() == ["MBG", "BG"]
    # predictions at one cutoff only: behind everyone with predictions at both
    assert table.index[-1] == "late"
    assert table.loc["late", ["n_cutoffs", "n_converged", "n_failed"]].tolist() == [1, 1, 1]
    assert table["rmse"].iloc[:-1].is_monotonic_increasing
    means = result.by_cutoff.groupby("model")["rmse"].mean()
    np.testing.assert_allclose(table["rmse"], means[table.index])
    failed = result.by_cutoff.query("status == 'failed'")
    assert failed["reason"].tolist() == ["too early <b>for this</b>"]
    assert failed[["rmse", "bias", "aic"]].isna().all(axis=None)
    assert result.beats_baseline
    assert "which chance can explain" in result.advice
    assert "it beats the best rule without a model, 'as many as in the last window'" in result.advice


def test_the_best_is_an_unfitted_clone(result):
    assert type(result.best) is cv.clv.ModifiedBetaGeoModel
    assert not hasattr(result.best, "params_")
    mine = cv.clv.BetaGeoModel()
    found = cv.clv.compare([mine], PURCHASES, cutoffs="1997-09-30", horizon="26W", unit="W")
    assert found.best is not mine
    assert not hasattr(mine, "params_")
    assert "is the only model" in found.advice


def test_it_can_be_sent_and_shown(result):
    data = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert data["best"] == "ModifiedBetaGeoModel()"
    assert data["ranking"]["aic"][2] is None
    assert "<b>" not in result._repr_html_()
    ax = result.plot()
    assert [text.get_text() for text in ax.get_yticklabels()] == result.ranking["model"].tolist()
    assert [line.get_xdata()[0] for line in ax.lines] == pytest.approx(result.ranking["rmse"].tolist())
    plt.close(ax.figure)


@pytest.mark.parametrize("turned", [False, True])
def test_models_that_are_the_same_stay_as_given(turned):
    # purchases at random: k = 1, and so BG/NBD
    models = [cv.clv.BetaGeoCNBDModel(), cv.clv.BetaGeoModel()][:: -1 if turned else 1]
    found = cv.clv.compare(models, PURCHASES, cutoffs="1997-09-30", horizon="26W", unit="W")
    assert found.ranking["model"].tolist()[:2] == [type(model).__name__ for model in models]


def test_models_see_the_past_only_and_how_regular_it_was():
    cv.clv.compare([Spy()], PURCHASES, cutoffs="1997-06-30", horizon="13W", unit="W")
    past = cv.summarize(PURCHASES, until="1997-06-30", unit="W", regularity=True)
    shared = [name for name in Spy.seen.columns if not name.startswith("holdout")]
    pd.testing.assert_frame_equal(Spy.seen[shared], past[shared])
    assert "sum_log_intervals" in shared


def test_days_are_those_of_the_zone():
    zoned = PURCHASES.assign(timestamp=PURCHASES["timestamp"].dt.tz_localize("America/New_York"))
    given = {"cutoffs": "1997-09-30", "horizon": "39W", "unit": "W"}
    here, there = (cv.clv.compare([cv.clv.BetaGeoModel()], tx, **given) for tx in (PURCHASES, zoned))
    pd.testing.assert_frame_equal(here.by_cutoff, there.by_cutoff)


def test_nothing_can_be_fitted():
    found = cv.clv.compare([cv.clv.BetaGeoModel(unit="D")] * 2, PURCHASES, cutoffs=CUTOFFS, horizon="13W", unit="W")
    assert found.best is None
    assert not found.beats_baseline
    assert "No model could be fitted" in found.advice
    failed = found.by_cutoff.query("kind == 'model'")
    assert failed["model"].tolist() == ["BetaGeoModel", "BetaGeoModel (2)"] * 2
    assert failed["reason"].str.contains("count time in 'W'").all()
    assert found.to_frame()["kind"].tolist() == ["baseline"] * 4 + ["model"] * 2
    ax = found.plot()
    assert len(ax.lines) == 4
    plt.close(ax.figure)


def score(name, squared, *, kind=MODEL, customer=None, rmse=None, **more):
    squared = np.asarray(squared, dtype=float)
    customer = np.arange(len(squared)) if customer is None else np.asarray(customer)
    root = float(np.sqrt(squared.mean())) if rmse is None else rmse
    numbers = Errors(actual=1.0, predicted=1.0, bias=0.0, mae=root, rmse=root, correlation=0.5, gini=0.5)
    return Score(name, kind, "c", len(squared), errors=numbers, customer=customer, squared=squared, **more)


def test_noise_is_that_of_sums_by_customer():
    rng = np.random.default_rng(2)
    customers = [rng.choice(30, 20, replace=False), rng.choice(30, 25, replace=False)]
    errors = [rng.gamma(1, 1, (2, len(own))) for own in customers]
    one, other = (
        Standing(name, MODEL, tuple(score(name, e[k], customer=c) for e, c in zip(errors, customers, strict=True)))
        for k, name in enumerate("ab")
    )
    total = np.zeros(max(map(max, customers)) + 1)
    for own, (mine, yours) in zip(customers, errors, strict=True):
        for c, a, b in zip(own, mine, yours, strict=True):
            total[c] += b - a
    # sum over its standard error
    assert noise(one, other) == pytest.approx(total.sum() / (np.std(total) * np.sqrt(len(total))))
    assert noise(other, one) == pytest.approx(-noise(one, other))
    assert noise(one, one) == 0.0
    # a cutoff at which one of them failed says nothing
    failed = Score("b", MODEL, "c", 20, status="failed")
    first = [Standing(own.name, MODEL, own.scores[:1]) for own in (one, other)]
    assert noise(one, Standing("b", MODEL, (other.scores[0], failed))) == noise(*first)


def test_noise_of_likelihoods_is_that_of_their_differences():
    rng = np.random.default_rng(3)
    mine, yours = rng.normal(-1.0, 0.5, (2, 50))
    one, other = (
        Standing(n, MODEL, (score(n, NOISE[:50], log_probability=p),)) for n, p in zip("ab", (mine, yours), strict=True)
    )
    gain = mine - yours
    assert likelihood_noise(one, other) == pytest.approx(gain.mean() / (np.std(gain) / np.sqrt(50)))
    assert likelihood_noise(other, one) == pytest.approx(-likelihood_noise(one, other))


def advice(*scores):
    order = standings(scores)
    models = [one for one in order if one.kind == MODEL]
    return advise(models, next(one for one in order if one.kind == RULE))


RNG = np.random.default_rng(0)
NOISE = RNG.gamma(1, 1, 400)
RIVAL = score("rule", 3 * NOISE, kind=RULE)


def test_advice_steers_away_from_certain_one_time_buyers():
    bg = score("BG", NOISE, all_alive=True, one_time=0.6)
    close = score("MBG", NOISE + RNG.normal(0.005, 0.2, 400))
    text = advice(bg, close, RIVAL)
    assert "takes all one-time buyers (60% of the customers) for alive with probability 1" in text
    assert "prefer MBG, which predicts as well within chance" in text
    # surely worse than BG, and nearer to it than one whose difference is within chance
    nearest, loud = (
        score("regular MBG", 1.01 * NOISE),
        score("MBG", NOISE + RNG.permutation(NOISE - NOISE.mean() + 0.1)),
    )
    text = advice(bg, nearest, loud, RIVAL)
    assert "prefer regular MBG, whose RMSE is 0.5% above and which lets them leave" in text
    likely = score("MBG", 2 * NOISE, log_score=-0.9)
    known = score("BG", NOISE, all_alive=True, one_time=0.6, log_score=-1.0)
    assert "take probability_alive from MBG, which has the better log score" in advice(known, likely, RIVAL)
    far = score("MBG", 2 * NOISE)
    assert "do not use its probability_alive" in advice(bg, far, RIVAL)
    few = score("BG", NOISE, all_alive=True, one_time=0.1)
    assert "one-time" not in advice(few, close, RIVAL)
    assert "more than chance explains" in advice(bg, far, RIVAL)


def test_advice_about_models_that_failed_somewhere():
    often = [score("BG", NOISE), score("BG", NOISE)]
    once = [score("MBG", 0.5 * NOISE), Score("MBG", MODEL, "c", 400, status="failed")]
    assert "is the only model that could be fitted at all cutoffs" in advice(*often, *once, RIVAL, RIVAL)


def test_advice_says_when_no_model_pays():
    text = advice(score("BG", NOISE), score("rule", 0.5 * NOISE, kind=RULE))
    assert "does not beat the best rule without a model, 'rule'" in text
    unsure = advice(score("BG", NOISE), score("rule", NOISE[::-1] + 0.01, kind=RULE))
    assert "chance can explain" in unsure


def hold_of(name, actual, predicted, squared=NOISE, **more):
    """A score with totals of its own."""
    made = score(name, squared, **more)
    return replace(made, errors=replace(made.errors, actual=actual, predicted=predicted, bias=predicted - actual))


def test_advice_tells_the_bias_and_the_mix():
    # 100 + 300 came, 80 + 272 were expected: 12 % fewer; 20 % and 9 % by cutoff
    two = [hold_of("BG", 100.0, 80.0), hold_of("BG", 300.0, 272.0, mix_changes=True)]
    text = advice(*two, RIVAL, RIVAL)
    assert "Over the cutoffs it expects 12% fewer purchases than came (-20% to -9% by cutoff); at 1 of 2 cut" in text
    assert "the mix of new customers changes" in text
    assert "In the holdout it expects 20% more purchases than came." in advice(hold_of("BG", 100.0, 120.0), RIVAL)
    assert "expects as many purchases as came." in advice(hold_of("BG", 1000.0, 1001.0), RIVAL)
    assert "than came" not in advice(hold_of("BG", 0.0, 3.0), RIVAL)


def test_advice_names_models_that_are_one():
    base = {"status": "boundary", "nobody_leaves": True, "log_score": -1.0, "all_alive": True, "one_time": 0.5}
    twins = [score(name, NOISE, **base) for name in ("BG", "MBG", "Pareto")]
    worse = score("NBD", 2 * NOISE, log_score=-1.2)
    text = advice(*twins, worse, RIVAL)
    assert "BG, MBG and Pareto find that nobody leaves: they are one model here, with equal scores." in text
    # the runner-up is another model
    assert "below NBD" in text
    assert "one-time" not in text
    assert "BG finds that nobody leaves: its fit ended on a boundary at every cutoff" in advice(twins[0], worse, RIVAL)
    lasting = score("BG", NOISE, status="boundary")
    assert "BG is to be read with care: its fit ended on a boundary" in advice(lasting, worse, RIVAL)
    assert "boundary" not in advice(lasting, score("BG", NOISE, status="converged"), RIVAL, RIVAL)
    alone = advice(*twins[:2], RIVAL)
    assert "BG has RMSE" in alone
    assert "BG and MBG find that nobody leaves" in alone


def test_advice_names_the_best_log_score_if_it_is_clear():
    rng = np.random.default_rng(5)
    mine = rng.normal(-1.2, 0.1, 400)

    def likely(name, gain, squared):
        probability = mine + gain
        return score(name, squared, log_score=float(probability.mean()), log_probability=probability)

    best = likely("BG", 0.0, NOISE)
    near, top = likely("MBG", 0.02, 2 * NOISE), likely("Pareto", 0.1 + rng.normal(0, 0.1, 400), 2.5 * NOISE)
    text = advice(best, near, top, RIVAL)
    numbers = f"({top.log_score:.3f} against {best.log_score:.3f})"
    assert f"But Pareto has a clearly better log score {numbers}." in text
    assert "MBG has" not in text
    # 0.05 more, with a standard error of 0.1
    loud = rng.normal(0.0, 2.0, 400)
    assert "log score" not in advice(best, likely("MBG", loud - loud.mean() + 0.05, 2 * NOISE), RIVAL)
    assert "log score" not in advice(best, likely("MBG", 0.004, 2 * NOISE), RIVAL)


def test_advice_reads_well_at_its_edges():
    level = advice(score("BG", NOISE), score("MBG", NOISE * 1.0000001, log_score=-1.0), RIVAL)
    assert "BG predicts best (RMSE" in level
    assert "), level with MBG;" in level
    assert "it is level with the best rule" in advice(score("BG", NOISE), score("rule", NOISE * 1.00001, kind=RULE))
    # where no model pays, nothing is said of how to use one
    bought_once = score("BG", NOISE, all_alive=True, one_time=0.6)
    text = advice(bought_once, score("MBG", 2 * NOISE), score("rule", 0.5 * NOISE, kind=RULE))
    assert text.endswith("none of the models pays here. In the holdout it expects as many purchases as came.")


def test_models_that_find_that_nobody_leaves():
    # purchases at constant rates without an end
    rng = np.random.default_rng(3)
    joined = rng.uniform(0, 30, 400)
    customer, time = cv.clv.NBDModel.from_params(r=2.0, alpha=8.0, unit="W").sample_purchases(400, 80 - joined, rng)
    days = pd.to_timedelta(np.floor((joined[customer] + time) * 7), unit="D")
    shop = pd.DataFrame({"customer_id": customer, "timestamp": pd.Timestamp("2022-01-03") + days})
    models = [cv.clv.BetaGeoModel(), cv.clv.BetaGeoCNBDModel(k=1), cv.clv.NBDModel()]
    found = cv.clv.compare(models, shop, cutoffs=["2022-10-31", "2022-12-31"], horizon="26W", unit="W")
    assert "BetaGeoModel, BetaGeoCNBDModel and NBDModel find that nobody leaves: they are one" in found.advice
    sums = found.by_cutoff.groupby("model")[["actual", "predicted"]].sum()
    shares = sums["predicted"] / sums["actual"] - 1
    np.testing.assert_allclose(found.ranking["relative_bias"], shares[found.ranking["model"]])
    assert found.relative_bias == found.ranking["relative_bias"][0]
    assert found.mix_changes == (found.ranking["n_mix_changes"][0] > 0)
    counts = found.by_cutoff.groupby("model")["mix_changes"].sum()
    assert found.ranking["n_mix_changes"].tolist() == counts[found.ranking["model"]].tolist()


def test_a_cutoff_may_be_a_moment_and_the_frame_of_any_library(frame_library, to_lists):
    some = PURCHASES[PURCHASES["customer_id"] % 5 == 0]
    frame = frame_library({name: some[name].tolist() for name in ("customer_id", "timestamp")})
    found = cv.clv.compare(
        [cv.clv.ModifiedBetaGeoModel()], frame, cutoffs=[np.datetime64("1997-09-30"), "1997-09-30"], horizon="26W"
    )
    assert type(found.ranking) is type(frame)
    assert to_lists(found.by_cutoff)["cutoff"] == ["1997-09-30"] * 5


@pytest.mark.parametrize("cutoff", ["1997-09-30T12:00:00", "1997-09-30"])
def test_hours(cutoff):
    found = cv.clv.compare(
        [cv.clv.ModifiedBetaGeoModel()], PURCHASES, cutoffs=cutoff, horizon="240h", grain="h", unit="W"
    )
    split = pd.Timestamp(cutoff) + pd.Timedelta(hours=24 if "T" not in cutoff else 1)
    later = PURCHASES[(PURCHASES["timestamp"] >= split) & (PURCHASES["timestamp"] < split + pd.Timedelta(hours=240))]
    known = PURCHASES.loc[PURCHASES["timestamp"] < split, "customer_id"].unique()
    assert found.by_cutoff["actual"].tolist() == [len(later[later["customer_id"].isin(known)].drop_duplicates())] * 5


def test_a_holdout_beyond_the_data():
    models = [cv.clv.BetaGeoModel()]
    with pytest.warns(cv.CustvalWarning, match="nothing is taken to come after that"):
        cv.clv.compare(models, PURCHASES, cutoffs="1997-10-02", horizon="39W", unit="W")
    with pytest.raises(cv.DataError, match="earlier cutoff"):
        cv.clv.compare(models, PURCHASES, cutoffs="1998-03-31", horizon="39W", unit="W")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"horizon": "0W"}, "longer than zero"),
        ({"horizon": 39}, "horizon must be text"),
        ({"models": []}, "no models"),
        ({"models": [cv.clv.BetaGeoModel]}, r"got the class BetaGeoModel"),
        ({"models": {"spend": cv.clv.GammaGammaModel()}}, "model of purchases"),
        ({"models": cv.clv.BetaGeoModel()}, "a list or a dict of models"),
        ({"cutoffs": []}, "at least one date"),
        ({"cutoffs": "spring"}, "ISO date"),
        ({"cutoffs": 5}, "must be a date or a time"),
        ({"cutoffs": "1990-01-01"}, "before all lines"),
        ({"interval": 0}, "above 0"),
        ({"transactions": {"customer_id": [], "timestamp": []}}, "no lines"),
        ({"transactions": PURCHASES.drop(columns="timestamp")}, "no column 'timestamp'"),
        ({"horizon": "1D", "grain": "M", "unit": "M"}, "shorter than a period of the grain"),
    ],
)
def test_what_is_refused(change, words):
    given = {"models": [cv.clv.BetaGeoModel()], "transactions": PURCHASES, "cutoffs": "1997-09-30", "horizon": "39W"}
    given |= {"unit": "W"} | change
    with pytest.raises(cv.CustvalError, match=words):
        cv.clv.compare(given.pop("models"), given.pop("transactions"), **given)


def test_a_lazy_frame_is_to_be_collected():
    lazy = pytest.importorskip("polars").LazyFrame({"customer_id": [1], "timestamp": ["2024-01-01"]})
    with pytest.raises(cv.DataError, match="collect it first"):
        cv.clv.compare([cv.clv.BetaGeoModel()], lazy, cutoffs="2024-01-01", horizon="1W")


def test_a_rule_without_an_error_is_not_beaten():
    # nobody comes back in the holdout, and nobody is expected to by "as many as in the last window"
    days = pd.to_datetime(["2024-01-01", "2024-01-20", "2024-01-05", "2024-03-01", "2024-05-01", "2024-02-10"])
    tx = pd.DataFrame({"customer_id": list("aabbbc"), "timestamp": days})
    result = cv.clv.compare([cv.clv.BetaGeoModel(method="map")], tx, cutoffs="2024-03-10", horizon="1D")
    assert not result.beats_baseline
    assert "does not beat the best rule without a model" in result.advice


def test_names_that_read_alike_are_refused():
    model = cv.clv.BetaGeoModel()
    with pytest.raises(cv.CustvalError, match="different names"):
        cv.clv.compare({1: model, "1": model}, PURCHASES, cutoffs=CUTOFFS, horizon="39W")
