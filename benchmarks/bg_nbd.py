"""BG/NBD: the fit, and the scorecard of every customer, beside lifetimes."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd

import custval as cv
from benchmarks.harness import compare

SIZE = 1_000_000
PARAMETERS = {"r": 0.5, "alpha": 60.0, "a": 0.8, "b": 2.5}
SPEND = {"p": 6.0, "q": 4.0, "gamma": 15.0}
YEARS_OF_SIGN_UPS = 2


def make(size):
    """A base on daily grain whose customers signed up over two years."""
    rng = np.random.default_rng(2)
    model = cv.clv.BetaGeoModel.from_params(**PARAMETERS, unit="D")
    T = np.floor(rng.uniform(30, 365 * YEARS_OF_SIGN_UPS, size))
    base = model.sample(size, T, rng)[["customer_id", "frequency", "recency", "T", "unit"]]
    # whole days, with purchases of one day as one
    base["recency"] = np.ceil(base["recency"])
    base["frequency"] = np.minimum(base["frequency"], base["recency"]).astype("int64")
    spend, _ = cv.clv.GammaGammaModel.from_params(**SPEND).sample_spend(base["frequency"].to_numpy(), rng)
    total = np.bincount(np.repeat(np.arange(size), base["frequency"]), spend, size)
    base["monetary_value"] = total / np.maximum(base["frequency"], 1)
    return base


def _lifetimes_model():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import lifetimes
    model = lifetimes.BetaGeoFitter()
    model.params_ = pd.Series(PARAMETERS)
    model.predict = model.conditional_expected_number_of_purchases_up_to_time
    return model


def _lifetimes_spend():
    import lifetimes

    model = lifetimes.GammaGammaFitter()
    model.params_ = pd.Series({"p": SPEND["p"], "q": SPEND["q"], "v": SPEND["gamma"]})
    return model


def fit(base):
    return cv.clv.BetaGeoModel().fit(base)


def lifetimes_fit(base):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import lifetimes

        return lifetimes.BetaGeoFitter().fit(base["frequency"], base["recency"], base["T"])


def first_parameter(model):
    # what is compared is the expectation, on which both optimizers agree far better than on single parameters
    r, alpha, a, b = (float(model.params_[name]) for name in ("r", "alpha", "a", "b"))
    return float(cv.clv.BetaGeoModel.from_params(r=r, alpha=alpha, a=a, b=b).expected_purchases_new(365.0))


def scorecard(base):
    model = cv.clv.BetaGeoModel.from_params(**PARAMETERS, unit="D")
    spend = cv.clv.GammaGammaModel.from_params(**SPEND)
    return cv.clv.lifetime_value(model, spend, base, horizon="12M", annual_discount_rate=0.1)


def lifetimes_scorecard(base):
    model, spend = _lifetimes_model(), _lifetimes_spend()
    columns = base["frequency"], base["recency"], base["T"]
    # its months are of 30 days: the rate that makes its discount that of ours, month by month, is close by
    return pd.DataFrame(
        {
            "expected_purchases": model.predict(365.2425, *columns),
            "probability_alive": model.conditional_probability_alive(*columns),
            "expected_spend": spend.conditional_expected_average_profit(base["frequency"], base["monetary_value"]),
            "clv": spend.customer_lifetime_value(
                model, *columns, base["monetary_value"], time=12, discount_rate=1.1 ** (1 / 12) - 1, freq="D"
            ),
        }
    )


def predicted(result):
    # the values differ by the length of the month (30 days there), the other columns do not
    return float(sum(result[name].sum() for name in ("expected_purchases", "probability_alive", "expected_spend")))


def run(*, size, repeat):
    shared = {"setup": make, "size": size, "peer_name": "lifetimes", "repeat": min(repeat, 3)}
    compare(
        f"BG/NBD fit, {size:,} customers, daily", fit, lifetimes_fit, **shared, answer=first_parameter, tolerance=1e-3
    )
    name = f"scorecard with CLV over 12 months, {size:,} customers, daily"
    compare(name, scorecard, lifetimes_scorecard, **shared, answer=predicted)
