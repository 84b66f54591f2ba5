"""Models from and to lifetimes: what lifetimes predicts with them, ours predict."""

from __future__ import annotations

import subprocess
import sys
import warnings

import numpy as np
import pytest

import custval as cv

MODELS = {
    "BetaGeoModel": {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426},
    "ModifiedBetaGeoModel": {"r": 0.525, "alpha": 6.183, "a": 0.891, "b": 1.614},
    "ParetoNBDModel": {"r": 0.553, "alpha": 10.58, "s": 0.606, "beta": 11.67},
    "BetaGeoBetaBinomModel": {"alpha": 1.204, "beta": 0.750, "gamma": 0.657, "delta": 2.783},
    "GammaGammaModel": {"p": 6.25, "q": 3.74, "gamma": 15.44},
}
# those of the room: the tests grow with it
HERE = [name for name in MODELS if name in cv.clv.__all__]
IN_TIME = [name for name in HERE if name not in {"BetaGeoBetaBinomModel", "GammaGammaModel"}]
X = {"frequency": [0, 1, 2, 7], "recency": [0.0, 5.0, 30.43, 29.43], "T": [38.86, 20.0, 38.86, 38.86]}


@pytest.fixture(scope="module")
def lifetimes():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import lifetimes

        yield lifetimes


@pytest.fixture(scope="module")
def summary():
    tx = cv.datasets.load_cdnow(sample=True)
    return cv.summarize(tx, unit="W", until="1997-09-30")


def arrays(X):
    return [np.asarray(X[name], dtype=float) for name in ("frequency", "recency", "T")]


@pytest.mark.parametrize("name", HERE)
def test_round_trip(name):
    model = getattr(cv.clv, name).from_params(**MODELS[name])
    back = cv.clv.from_lifetimes(cv.clv.to_lifetimes(model))
    assert type(back) is type(model)
    assert back.params_ == model.params_
    assert list(back.params_) == list(model.params_)


@pytest.mark.parametrize("name", IN_TIME)
def test_lifetimes_predicts_what_the_model_does(name):
    model = getattr(cv.clv, name).from_params(**MODELS[name], unit="W")
    fitter = cv.clv.to_lifetimes(model)
    x, t_x, T = arrays(X)
    np.testing.assert_allclose(
        model.probability_alive(X)["probability_alive"], np.ravel(fitter.conditional_probability_alive(x, t_x, T))
    )
    np.testing.assert_allclose(
        model.expected_purchases(X, 39)["expected_purchases"], fitter.predict(39, x, t_x, T), rtol=1e-7
    )
    assert model.expected_purchases_new(39) == pytest.approx(fitter.expected_number_of_purchases_up_to_time(39))
    assert name.removesuffix("Model") in repr(fitter)


@pytest.mark.skipif("BetaGeoBetaBinomModel" not in HERE, reason="the room has no BG/BB")
def test_lifetimes_predicts_what_the_discrete_model_does():
    model = cv.clv.BetaGeoBetaBinomModel.from_params(**MODELS["BetaGeoBetaBinomModel"])
    fitter = cv.clv.to_lifetimes(model)
    X = {"frequency": [0, 1, 4, 6], "recency": [0, 3, 5, 6], "T": [6, 6, 6, 6]}
    x, t_x, T = (part.astype(int) for part in arrays(X))
    np.testing.assert_allclose(
        model.expected_purchases(X, 5)["expected_purchases"],
        fitter.conditional_expected_number_of_purchases_up_to_time(5, x, t_x, T),
        rtol=1e-7,
    )


def test_lifetimes_predicts_the_spend_that_the_model_does():
    model = cv.clv.GammaGammaModel.from_params(**MODELS["GammaGammaModel"])
    X = {"frequency": [0, 1, 2, 7], "monetary_value": [0.0, 11.77, 22.35, 73.74]}
    theirs = cv.clv.to_lifetimes(model).conditional_expected_average_profit(*map(np.array, X.values()))
    np.testing.assert_allclose(model.expected_spend(X)["expected_spend"], theirs)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of lifetimes, which takes logarithms of negative numbers
@pytest.mark.parametrize("theirs", ["BetaGeoFitter", "ModifiedBetaGeoFitter", "ParetoNBDFitter"])
@pytest.mark.parametrize("penalty", [0.0, 0.01])
def test_a_fit_of_lifetimes_predicts_the_same_here(lifetimes, summary, theirs, penalty):
    name = theirs.replace("Fitter", "Model")
    if name not in HERE:
        pytest.skip(f"the room has no {name}")
    x, t_x, T = arrays(summary)
    fitter = getattr(lifetimes, theirs)(penalizer_coef=penalty).fit(x, t_x, T)
    model = cv.clv.from_lifetimes(fitter, unit="W")
    assert model.unit_ == "W"
    got = model.expected_purchases(summary, "39W")["expected_purchases"]
    assert np.isfinite(got).all()
    # where a + b + frequency < 1, lifetimes takes the logarithm of a negative number
    exists = x + fitter.params_.get("a", 1) + fitter.params_.get("b", 1) > 1
    np.testing.assert_allclose(got[exists], fitter.predict(39, x, t_x, T)[exists], rtol=1e-6)
    assert exists[x > 0].all()
    assert cv.load(model.to_dict()).params_ == model.params_


def test_a_fit_of_spend_in_lifetimes_predicts_the_same_here(lifetimes, summary):
    repeat = summary[(summary["frequency"] > 0) & (summary["monetary_value"] > 0)]
    x, m = repeat["frequency"].to_numpy(), repeat["monetary_value"].to_numpy()
    fitter = lifetimes.GammaGammaFitter().fit(x, m)
    model = cv.clv.from_lifetimes(fitter)
    np.testing.assert_allclose(
        model.expected_spend(repeat)["expected_spend"], fitter.conditional_expected_average_profit(x, m)
    )


def test_parameters_set_by_hand_and_subclasses_will_do(lifetimes):
    class Own(lifetimes.BetaGeoFitter):
        pass

    fitter = Own()
    fitter.params_ = dict(MODELS["BetaGeoModel"])
    assert cv.clv.from_lifetimes(fitter).params_ == MODELS["BetaGeoModel"]


def test_what_cannot_be_converted_is_said(lifetimes):
    # as a later lifetimes names its fitter with covariates
    covariates = type("BetaGeoCovarsFitter", (lifetimes.BetaGeoFitter,), {"__module__": "lifetimes.fitters.covars"})
    for thing in (covariates(), "BetaGeoFitter", None, cv.clv.BetaGeoModel()):
        with pytest.raises(cv.CustvalError, match="wanted is a fitter of lifetimes: BetaGeoFitter"):
            cv.clv.from_lifetimes(thing)
    with pytest.raises(cv.NotFittedError, match="this BetaGeoFitter is not fitted"):
        cv.clv.from_lifetimes(lifetimes.BetaGeoFitter())
    broken = lifetimes.BetaGeoFitter()
    broken.params_ = {"r": 1.0, "alpha": 1.0}
    with pytest.raises(cv.CustvalError, match="has the parameters r, alpha, a, b; got r, alpha"):
        cv.clv.from_lifetimes(broken)
    broken.params_ = {**MODELS["BetaGeoModel"], "r": float("nan")}
    with pytest.raises(cv.CustvalError, match="r must be a finite number above 0"):
        cv.clv.from_lifetimes(broken)
    spend = lifetimes.GammaGammaFitter()
    spend.params_ = {"p": 1.0, "q": 2.0, "v": 3.0}
    with pytest.raises(cv.CustvalError, match="no unit of time"):
        cv.clv.from_lifetimes(spend, unit="W")
    with pytest.raises(cv.CustvalError, match="unit must be one of"):
        cv.clv.from_lifetimes(cv.clv.to_lifetimes(cv.clv.BetaGeoModel.from_params(**MODELS["BetaGeoModel"])), unit="X")


def test_what_lifetimes_has_not_is_said():
    for thing in (lambda: None, "BetaGeoModel", 3.0):
        with pytest.raises(cv.CustvalError, match="lifetimes has fitters for BetaGeoModel"):
            cv.clv.to_lifetimes(thing)
    with pytest.raises(cv.NotFittedError, match="not fitted yet"):
        cv.clv.to_lifetimes(cv.clv.BetaGeoModel())


def test_importing_lifetimes_leaves_no_trace():
    program = """
import warnings
import pandas as pd
import custval as cv
def state():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        option = pd.get_option("mode.chained_assignment")
    return option, list(warnings.filters)
warnings.simplefilter("error")
model = cv.clv.BetaGeoModel.from_params(r=0.243, alpha=4.414, a=0.793, b=2.426)
before = state()
cv.clv.to_lifetimes(model)
import sys
assert "lifetimes" in sys.modules
assert state() == before, (before, state())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
