"""Predictions at the ends of what parameters can be: finite, in order, and without a warning."""

from __future__ import annotations

import itertools

import mpmath
import numpy as np
import pytest

import custval as cv
from custval._kernels.bg_nbd_alive import expected_purchases_alive

CUSTOMERS = {
    "frequency": [0, 1, 2, 7, 5000],
    "recency": [0.0, 30.0, 1e-3, 364.0, 364.9],
    "T": [365.0, 365.0, 365.0, 364.0, 365.0],
}
DONORS = {"frequency": [0, 1, 2, 6], "recency": [0, 1, 6, 6], "T": [6, 6, 6, 6]}
MODELS = {
    cv.clv.NBDModel: ("r", "alpha"),
    cv.clv.BetaGeoModel: ("r", "alpha", "a", "b"),
    cv.clv.ModifiedBetaGeoModel: ("r", "alpha", "a", "b"),
    cv.clv.ParetoNBDModel: ("r", "alpha", "s", "beta"),
    cv.clv.BetaGeoBetaBinomModel: ("alpha", "beta", "gamma", "delta"),
}


@pytest.mark.parametrize("model_type", MODELS, ids=lambda one: one.__name__)
def test_every_prediction_is_a_number(model_type):
    names = MODELS[model_type]
    X, horizon = (DONORS, 5) if model_type is cv.clv.BetaGeoBetaBinomModel else (CUSTOMERS, 90.0)
    for values in itertools.product([1e-9, 1e9], repeat=len(names)):
        model = model_type.from_params(**dict(zip(names, values, strict=True)))
        chances = [
            model.probability_alive(X)["probability_alive"],
            model.probability_alive(X, after=horizon)["probability_alive"],
            model.probability_active(X, horizon)["probability_active"],
            model.purchase_pmf(X, horizon, n_max=3)["probability"],
        ]
        assert all(np.all((np.asarray(each) >= 0) & (np.asarray(each) <= 1 + 1e-12)) for each in chances), values
        counts = [*model.expected_purchases(X, horizon)["expected_purchases"], model.expected_purchases_new(horizon)]
        assert np.all(np.isfinite(counts)), values
        assert np.min(counts) >= 0, values
        model.next_purchase_quantiles(X, [0.5])


def test_where_a_share_rounds_to_one():
    r = alpha = b = 1e-9
    a, t = 1e9, 90.0
    with mpmath.workdps(60):
        chance = t / (mpmath.mpf(alpha) + t)
        series = mpmath.hyp2f1(r, b, mpmath.mpf(a) + b - 1, chance)
        expected = (mpmath.mpf(a) + b - 1) / (a - 1) * (1 - (1 + t / mpmath.mpf(alpha)) ** -mpmath.mpf(r) * series)
    assert expected_purchases_alive(r, alpha, a, b, [0], [0.0], t)[0] == pytest.approx(float(expected), rel=1e-9)
