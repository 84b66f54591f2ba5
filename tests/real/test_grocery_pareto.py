"""Pareto/NBD on the grocery purchases of R's `BTYDplus`, as two other implementations fit it."""

from __future__ import annotations

import pandas as pd
import pytest

import custval as cv


def test_grocery(real_data):
    log = pd.read_csv(real_data / "transactions" / "grocery_elog.csv")
    lines = cv.transactions(log, customer="cust", timestamp="date")
    split = cv.calibration_holdout(lines, calibration_end="2006-12-31", unit="W")
    model = cv.clv.ParetoNBDModel().fit(split)
    assert model.log_likelihood_ == pytest.approx(-15782.392, abs=1e-3)
    for name, value in {"r": 0.7864, "alpha": 5.679, "s": 0.3862, "beta": 5.7178}.items():
        assert model.params_[name] == pytest.approx(value, rel=1e-3)
    assert split["holdout_frequency"].sum() == 3389
    predicted = model.expected_purchases(split, float(split["holdout_T"].iloc[0]))["expected_purchases"]
    assert predicted.sum() == pytest.approx(3990.7, abs=0.5)
