"""The scorecard of every customer, with lifetime value over 12 months, beside lifetimes."""

from __future__ import annotations

import warnings

import pandas as pd

import custval as cv
from benchmarks.customers import BETA_GEO, SPEND, beta_geo
from benchmarks.harness import compare

SIZE = 1_000_000
_RATE = 1.1 ** (1 / 12) - 1


def scorecard(base):
    model = cv.clv.BetaGeoModel.from_params(**BETA_GEO, unit="D")
    spend = cv.clv.GammaGammaModel.from_params(**SPEND)
    return cv.clv.lifetime_value(model, spend, base, horizon="12M", annual_discount_rate=0.1)


def lifetimes_scorecard(base):
    model, spend = _lifetimes()
    columns = base["frequency"], base["recency"], base["T"]
    # its months are of 30 days: the rate that makes its discount that of ours, month by month, is close by
    return pd.DataFrame(
        {
            "expected_purchases": model.predict(365.2425, *columns),
            "probability_alive": model.conditional_probability_alive(*columns),
            "expected_spend": spend.conditional_expected_average_profit(base["frequency"], base["monetary_value"]),
            "clv": spend.customer_lifetime_value(
                model, *columns, base["monetary_value"], time=12, discount_rate=_RATE, freq="D"
            ),
        }
    )


def _lifetimes():
    warnings.simplefilter("ignore")
    import lifetimes

    model = lifetimes.BetaGeoFitter()
    model.params_ = pd.Series(BETA_GEO)
    model.predict = model.conditional_expected_number_of_purchases_up_to_time
    spend = lifetimes.GammaGammaFitter()
    spend.params_ = pd.Series({"p": SPEND["p"], "q": SPEND["q"], "v": SPEND["gamma"]})
    return model, spend


def predicted(result):
    # the values differ by the length of the month (30 days there), the other columns do not
    return float(sum(result[name].sum() for name in ("expected_purchases", "probability_alive", "expected_spend")))


def run(*, size, repeat):
    compare(
        f"scorecard with CLV over 12 months, {size:,} customers, daily",
        scorecard,
        lifetimes_scorecard,
        setup=beta_geo,
        size=size,
        repeat=min(repeat, 3),
        peer_name="lifetimes",
        answer=predicted,
    )
