"""Every model keeps every law of `custval.testing`, and the laws can tell a model that does not."""

from __future__ import annotations

import numpy as np
import pytest

import custval as cv
from custval.testing import check_model, purchase_model_laws

MODELS = {
    "BetaGeoBetaBinomModel": (
        cv.clv.BetaGeoBetaBinomModel(),
        {"alpha": 1.2, "beta": 2.0, "gamma": 0.7, "delta": 4.0},
    ),
    "NBDModel": (cv.clv.NBDModel(), {"r": 0.5, "alpha": 6.0}),
    "ModifiedBetaGeoModel": (cv.clv.ModifiedBetaGeoModel(), {"r": 0.8, "alpha": 6.0, "a": 0.8, "b": 2.5}),
    "BetaGeoCNBDModel": (cv.clv.BetaGeoCNBDModel(), {"k": 3, "r": 0.8, "alpha": 2.0, "a": 0.8, "b": 2.5}),
    "ModifiedBetaGeoCNBDModel": (
        cv.clv.ModifiedBetaGeoCNBDModel(k=2),
        {"k": 2, "r": 1.2, "alpha": 3.0, "a": 0.8, "b": 2.5},
    ),
    "ParetoNBDModel": (cv.clv.ParetoNBDModel(), {"r": 0.6, "alpha": 6.0, "s": 0.7, "beta": 12.0}),
    "BetaGeoModel": (cv.clv.BetaGeoModel(), {"r": 0.5, "alpha": 6.0, "a": 0.8, "b": 2.5}),
}


@pytest.fixture(scope="module", params=MODELS)
def case(request):
    model, params = MODELS[request.param]
    return model, type(model).from_params(**params, unit="W")


@pytest.mark.parametrize("seed", [0, 1])
def test_laws(case, seed):
    model, like = case
    check_model(model, like=like, rng=seed)


def test_every_law_is_on_the_list():
    import custval.testing

    written = {name for name in vars(custval.testing) if name.startswith("law_")}
    assert {law.__name__ for law in purchase_model_laws()} == written


class Forgetful(cv.clv.BetaGeoModel):
    """Predicts a little more each time it is asked."""

    def expected_purchases(self, X, horizon):
        self.asked_ = getattr(self, "asked_", 0) + 1
        answer = super().expected_purchases(X, horizon)
        return {**answer, "expected_purchases": np.asarray(answer["expected_purchases"]) + self.asked_}


class Immortal(cv.clv.BetaGeoModel):
    """Nobody ever leaves, and more."""

    def probability_alive(self, X, after=0):
        answer = super().probability_alive(X, after)
        return {**answer, "probability_alive": np.asarray(answer["probability_alive"]) * 2}


@pytest.mark.parametrize("broken", [Forgetful, Immortal])
def test_the_laws_find_a_broken_model(broken):
    like = broken.from_params(r=0.5, alpha=6.0, a=0.8, b=2.5, unit="W")
    with pytest.raises(AssertionError, match="the law does not hold"):
        check_model(broken(), like=like, n=300)
