"""Published numbers on the donations of Fader, Hardie & Shang 2010: six yearly opportunities, 11,104 people."""

from __future__ import annotations

import pytest

import custval as cv


@pytest.fixture(scope="module")
def model():
    return cv.clv.BetaGeoBetaBinomModel().fit(cv.datasets.load_donations(), sample_weight="weight")


def test_bg_bb(model):
    assert model.fit_status_ == "converged"
    assert model.n_customers_ == 11_104
    assert model.log_likelihood_ == pytest.approx(-33225.581, abs=1e-3)
    for name, value in {"alpha": 1.204, "beta": 0.750, "gamma": 0.657, "delta": 2.783}.items():
        assert model.params_[name] == pytest.approx(value, abs=5e-4)


def test_alive_one_opportunity_ahead(model):
    people = {"frequency": [0, 2, 6], "recency": [0, 4, 6], "T": [6, 6, 6]}
    ahead = model.probability_alive(people, after=1)["probability_alive"]
    assert [round(float(value), 2) for value in ahead] == [0.11, 0.59, 0.93]
    # to four digits with the parameters as they are printed
    printed = cv.clv.BetaGeoBetaBinomModel.from_params(alpha=1.204, beta=0.750, gamma=0.657, delta=2.783)
    now = printed.probability_alive(people)["probability_alive"]
    assert [float(value) for value in now] == pytest.approx([0.1161, 0.6336, 1.0], abs=5e-5)
