"""Customers for the comparisons of the clv room: summaries on daily grain, drawn from models that are known.

They signed up over two years, and every summary carries the mean spend of the repeat purchases.
"""

from __future__ import annotations

import numpy as np

import custval as cv

__all__ = ["BETA_GEO", "OPPORTUNITIES", "PARETO", "SPEND", "beta_geo", "opportunities", "pareto"]

BETA_GEO = {"r": 0.5, "alpha": 60.0, "a": 0.8, "b": 2.5}
PARETO = {"r": 0.6, "alpha": 60.0, "s": 0.7, "beta": 250.0}
OPPORTUNITIES = {"alpha": 1.2, "beta": 0.75, "gamma": 0.66, "delta": 2.78}
SPEND = {"p": 6.0, "q": 4.0, "gamma": 15.0}

_YEARS_OF_SIGN_UPS = 2
_FEWEST, _MOST = 6, 24


def beta_geo(size):
    """A base that buys as BG/NBD says."""
    return _daily(cv.clv.BetaGeoModel.from_params(**BETA_GEO, unit="D"), size)


def pareto(size):
    """A base that buys as Pareto/NBD says."""
    return _daily(cv.clv.ParetoNBDModel.from_params(**PARETO, unit="D"), size)


def opportunities(size):
    """A base with 6 to 24 monthly opportunities to buy, taken as BG/BB says."""
    rng = np.random.default_rng(3)
    model = cv.clv.BetaGeoBetaBinomModel.from_params(**OPPORTUNITIES, unit="M")
    T = rng.integers(_FEWEST, _MOST, size, endpoint=True).astype(np.float64)
    return model.sample(size, T, rng)[["customer_id", "frequency", "recency", "T", "unit"]]


def _daily(model, size):
    rng = np.random.default_rng(2)
    T = np.floor(rng.uniform(30, 365 * _YEARS_OF_SIGN_UPS, size))
    base = model.sample(size, T, rng)[["customer_id", "frequency", "recency", "T", "unit"]]
    # whole days, with purchases of one day as one
    base["recency"] = np.ceil(base["recency"])
    base["frequency"] = np.minimum(base["frequency"], base["recency"]).astype("int64")
    spend, _ = cv.clv.GammaGammaModel.from_params(**SPEND).sample_spend(base["frequency"].to_numpy(), rng)
    total = np.bincount(np.repeat(np.arange(size), base["frequency"]), spend, size)
    base["monetary_value"] = total / np.maximum(base["frequency"], 1)
    return base
