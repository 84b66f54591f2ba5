"""Contracts summarized in the engine are those summarized in Python, ends of months included."""

import numpy as np
import pandas as pd
import pytest

import custval as cv
from custval.errors import ColumnError, CustvalError, DataError


def _contracts(n, seed=1):
    rng = np.random.default_rng(seed)
    start = pd.to_datetime("2019-12-25") + pd.to_timedelta(rng.integers(0, 800, n), unit="D")
    end = start + pd.to_timedelta(rng.integers(0, 900, n), unit="D")
    # many that start and end on the last days of months
    snapped = rng.random(n) < 0.5
    end = end.where(~snapped, end + pd.offsets.MonthEnd(0))
    end = end.where(rng.random(n) < 0.7)
    started, ended = start.to_numpy("M8[us]"), end.to_numpy("M8[us]")
    return {"customer_id": np.arange(n), "started_at": started, "ended_at": ended, "plan": rng.choice(["a", "b"], n)}


@pytest.mark.parametrize("unit", ["D", "W", "M", "Y"])
@pytest.mark.parametrize("until", [None, "2021-02-28"])
def test_dates(engine, assert_same, unit, until):
    contracts = _contracts(3_000)
    lazy = cv.summarize_contracts(engine.lazy(contracts), unit=unit, until=until)
    assert engine.is_lazy(lazy)
    assert_same(engine.collect(lazy), cv.summarize_contracts(pd.DataFrame(contracts), unit=unit, until=until))


def test_many(engine, size, assert_same):
    contracts = _contracts(size, seed=2)
    lazy = cv.summarize_contracts(engine.lazy(contracts), unit="M")
    assert_same(engine.collect(lazy), cv.summarize_contracts(pd.DataFrame(contracts), unit="M"))


def test_durations(engine, assert_same):
    contracts = {"customer_id": [1, 2, 3], "duration": [1.0, 0.0, 7.0], "observed": [1, 0, 0], "price": [9.0, 8.0, 7.0]}
    lazy = cv.summarize_contracts(engine.lazy(contracts), unit="M")
    assert_same(engine.collect(lazy), cv.summarize_contracts(pd.DataFrame(contracts), unit="M"))
    flags = {**contracts, "observed": [True, False, False]}
    assert_same(
        engine.collect(cv.summarize_contracts(engine.lazy(flags), unit="M", check=False)),
        cv.summarize_contracts(pd.DataFrame(flags), unit="M"),
    )


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"duration": [0.5, 1.0]}, "1 rows have no whole duration"),
        ({"duration": [0.0, 1.0]}, "1 rows have no whole duration"),
        ({"observed": [2, 1]}, "1 rows have no whole duration"),
        ({"duration": [None, 1.0]}, "'duration' is missing in 1 of 2 rows"),
        ({"customer_id": [None, "b"]}, "'customer_id' is missing in 1 of 2 rows"),
    ],
)
def test_bad_durations(engine, change, match):
    contracts = {"customer_id": ["a", "b"], "duration": [1.0, 2.0], "observed": [1, 0], **change}
    with pytest.raises(DataError, match=match):
        cv.summarize_contracts(engine.lazy(contracts), unit="M")


def test_bad_dates(engine):
    days = np.array(["2024-01-01", "2024-02-01"], dtype="M8[us]")
    contracts = {"customer_id": [1, 2], "started_at": days, "ended_at": days[::-1]}
    with pytest.raises(DataError, match="1 contracts end before they start"):
        cv.summarize_contracts(engine.lazy(contracts), unit="M")
    with pytest.raises(CustvalError, match="end of observation must be given"):
        cv.summarize_contracts(engine.lazy(contracts), unit="M", check=False)
    both = {**contracts, "duration": [1, 2], "observed": [1, 1]}
    with pytest.raises(ColumnError, match="has both dates"):
        cv.summarize_contracts(engine.lazy(both), unit="M")
    with pytest.raises(ColumnError, match="must hold numbers"):
        cv.summarize_contracts(engine.lazy({"customer_id": [1], "duration": ["1"], "observed": [1]}), unit="M")


def test_columns_of_the_user_that_look_like_ours(engine, assert_same):
    contracts = {
        **_contracts(50),
        "_custval_runs": np.arange(50),
        "_custval_months": np.arange(50.0),
        "period": ["x"] * 50,
    }
    lazy = cv.summarize_contracts(engine.lazy(contracts), unit="M")
    assert_same(engine.collect(lazy), cv.summarize_contracts(pd.DataFrame(contracts), unit="M"))
