"""Simulate, fit, come back: the intervals of the parameters cover the truth as often as they say."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

import custval as cv

REPLICATIONS = 200
LEVEL = 0.9
# within which the share of covering intervals lies in 99.9 % of such studies, were it exactly the level
LOW, HIGH = binom.ppf([0.0005, 0.9995], REPLICATIONS, LEVEL)


def covered(tables, truth):
    """How many intervals of each parameter hold its true value."""
    hits = [(table["low"] <= truth) & (truth <= table["high"]) for table in tables]
    return np.sum(hits, axis=0)


@pytest.mark.parametrize(
    "params",
    [
        {"r": 0.5, "alpha": 6.0, "a": 0.8, "b": 2.5},
        {"r": 1.5, "alpha": 10.0, "a": 1.5, "b": 4.0},
    ],
)
def test_bg_nbd(params):
    truth = cv.clv.BetaGeoModel.from_params(**params, unit="W")
    rng = np.random.default_rng(11)
    models = [cv.clv.BetaGeoModel().fit(truth.sample(2_000, 104.0, rng)) for _ in range(REPLICATIONS)]
    assert [model.fit_status_ for model in models].count("boundary") == 0
    count = covered([model.parameter_table(LEVEL) for model in models], np.array(list(params.values())))
    assert ((count >= LOW) & (count <= HIGH)).all(), count


def test_gamma_gamma():
    params = {"p": 6.0, "q": 4.0, "gamma": 15.0}
    truth = cv.clv.GammaGammaModel.from_params(**params)
    rng = np.random.default_rng(12)
    tables = []
    for _ in range(REPLICATIONS):
        frequency = 1 + rng.poisson(2.0, 2_000)
        spend, _ = truth.sample_spend(frequency, rng)
        mean = np.add.reduceat(spend, np.cumsum(frequency) - frequency) / frequency
        model = cv.clv.GammaGammaModel().fit({"frequency": frequency, "monetary_value": mean})
        tables.append(model.parameter_table(LEVEL))
    count = covered(tables, np.array(list(params.values())))
    assert ((count >= LOW) & (count <= HIGH)).all(), count
