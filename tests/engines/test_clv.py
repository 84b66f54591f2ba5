"""Models fitted and asked in the engine answer as they do in Python, and few rows cross."""

from typing import ClassVar

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest

import custval as cv
from custval._kernels import bg_nbd
from custval.clv import (
    BetaGeoCNBDModel,
    BetaGeoModel,
    GammaGammaModel,
    ModifiedBetaGeoModel,
    ParetoNBDModel,
    lifetime_value,
)
from custval.clv._purchase import PurchaseModel
from custval.errors import ColumnError, CustvalError, DataError, FitError

BUYS = BetaGeoModel.from_params(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="W")
ALSO_AT_ONCE = ModifiedBetaGeoModel.from_params(r=0.525, alpha=6.183, a=0.891, b=1.614, unit="W")
SPENDS = GammaGammaModel.from_params(p=6.25, q=3.74, gamma=15.44)
DIES = ParetoNBDModel.from_params(r=0.553, alpha=10.578, s=0.606, beta=11.669, unit="W")
REGULAR = BetaGeoCNBDModel.from_params(k=2, r=0.5, alpha=2.0, a=0.9, b=2.0, unit="W")


@pytest.fixture(scope="session")
def base():
    """A customer base on a daily grid, with spend; made once for each size."""
    made = {}

    def make(n):
        if n not in made:
            rng = np.random.default_rng(5)
            weeks = rng.integers(200, 365, n) / 7
            summary = BUYS.sample(n, weeks, rng)
            x = summary["frequency"].to_numpy()
            recency = np.where(x > 0, np.clip(np.round(summary["recency"] * 7), 1, None), 0.0) / 7
            recency = np.minimum(recency, summary["T"])
            spend = np.zeros(n)
            amounts, _ = SPENDS.sample_spend(x[x > 0], rng)
            start = np.cumsum(x[x > 0]) - x[x > 0]
            spend[x > 0] = np.add.reduceat(amounts, start) / x[x > 0]
            made[n] = pd.DataFrame(
                {
                    "customer_id": np.arange(n),
                    "frequency": x,
                    "recency": recency,
                    "T": summary["T"],
                    "monetary_value": spend,
                    "unit": ["W"] * n,
                }
            )
        return made[n]

    return make


@pytest.fixture
def crossing(monkeypatch):
    """The number of rows of every query that has brought any to Python."""
    rows = []
    collect = nw.LazyFrame.collect

    def counted(frame, *args, **kwargs):
        result = collect(frame, *args, **kwargs)
        rows.append(len(result))
        return result

    monkeypatch.setattr(nw.LazyFrame, "collect", counted)
    return rows


def test_fit_collects_distinct_tuples_only(engine, size, base, crossing):
    customers = base(size)
    model = BetaGeoModel().fit(engine.lazy(customers))
    distinct = len(customers[["frequency", "recency", "T"]].drop_duplicates())
    assert crossing == [distinct]
    eager = BetaGeoModel().fit(customers)
    assert model.unit_ == "W"
    assert model.n_customers_ == size
    assert model.fit_status_ == eager.fit_status_
    np.testing.assert_allclose(list(model.params_.values()), list(eager.params_.values()), rtol=1e-7)
    np.testing.assert_allclose(model.covariance_, eager.covariance_, rtol=1e-5)


def test_fit_with_weights(engine, base):
    customers = base(1_000).assign(copies=np.arange(1_000) % 3)
    model = BetaGeoModel().fit(engine.lazy(customers), sample_weight="copies")
    eager = BetaGeoModel().fit(customers, sample_weight="copies")
    np.testing.assert_allclose(list(model.params_.values()), list(eager.params_.values()), rtol=1e-7)
    spends = GammaGammaModel().fit(engine.lazy(customers), sample_weight="copies")
    want = GammaGammaModel().fit(customers, sample_weight="copies")
    np.testing.assert_allclose(list(spends.params_.values()), list(want.params_.values()), rtol=1e-4)
    assert spends.n_customers_ == want.n_customers_


@pytest.mark.parametrize(
    "ask",
    [
        lambda X: BUYS.expected_purchases(X, "39W"),
        BUYS.probability_alive,
        lambda X: BUYS.probability_alive(X, after="13W"),
        lambda X: BUYS.probability_active(X, "13W"),
        SPENDS.expected_spend,
        ALSO_AT_ONCE.probability_alive,
        lambda X: ALSO_AT_ONCE.expected_purchases(X, "39W"),
        lambda X: lifetime_value(BUYS, SPENDS, X, horizon="12M", annual_discount_rate=0.1, margin=0.4),
        lambda X: lifetime_value(BUYS, "monetary_value", X, horizon="26W", annual_discount_rate=0.1),
        lambda X: lifetime_value(BUYS, 20.0, X, horizon=26, annual_discount_rate=0.0),
        lambda X: BUYS.discounted_expected_purchases(X, 0.1),
        lambda X: BUYS.expected_purchases(X, "39W", interval=0.9, interval_of="outcome"),
        DIES.probability_alive,
        lambda X: DIES.expected_purchases(X, "39W"),
        lambda X: lifetime_value(DIES, SPENDS, X, annual_discount_rate=0.1),
        REGULAR.probability_alive,
        lambda X: REGULAR.probability_active(X, "4W"),
    ],
    ids=[
        "purchases",
        "alive",
        "alive later",
        "active",
        "spend",
        "alive (MBG)",
        "purchases (MBG)",
        "value",
        "value of a column",
        "value of a number",
        "discounted",
        "outcomes",
        "alive (Pareto)",
        "purchases (Pareto)",
        "value (Pareto)",
        "alive (CNBD)",
        "active (CNBD)",
    ],
)
def test_predictions(engine, base, assert_same, ask):
    customers = base(1_000)
    answer = ask(engine.lazy(customers))
    assert engine.is_lazy(answer)
    assert_same(engine.collect(answer), ask(customers), rtol=1e-9)


def test_intervals(engine, base, assert_same):
    customers = base(1_000)
    buys, spends = BetaGeoModel().fit(customers), GammaGammaModel().fit(customers)
    for ask in (
        lambda X: buys.expected_purchases(X, "39W", interval=0.9),
        lambda X: buys.probability_alive(X, interval=0.9),
        lambda X: lifetime_value(buys, spends, X, annual_discount_rate=0.1, interval=0.9),
    ):
        assert_same(engine.collect(ask(engine.lazy(customers))), ask(customers), rtol=1e-7)


@pytest.mark.slow
def test_value_of_many(engine, base, assert_same, crossing):
    customers = base(300_000)
    answer = lifetime_value(BUYS, SPENDS, engine.lazy(customers), annual_discount_rate=0.1)
    assert crossing == [len(customers[["frequency", "T"]].drop_duplicates())]
    assert_same(engine.collect(answer), lifetime_value(BUYS, SPENDS, customers, annual_discount_rate=0.1), rtol=1e-9)


def test_histories_beyond_all_measure(engine, assert_same):
    # heavy buyers who fell silent long ago: odds beyond the range of double precision
    customers = pd.DataFrame(
        {
            "customer_id": [1, 2, 3, 4, 5],
            "frequency": [0, 1, 400, 3000, 40],
            "recency": [0.0, 0.001, 10.0, 900.0, 39.0],
            "T": [1e5, 1e5, 5000.0, 1000.0, 39.0],
        }
    )
    for ask in (BUYS.probability_alive, lambda X: BUYS.expected_purchases(X, "52W")):
        assert_same(engine.collect(ask(engine.lazy(customers))), ask(customers), rtol=1e-8)


def test_a_model_without_a_closed_form(engine, base, assert_same, crossing):
    class Plain(PurchaseModel):
        _kernel: ClassVar = bg_nbd
        _parameters: ClassVar = ("r", "alpha", "a", "b")

    model = Plain.from_params(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="W")
    customers = base(1_000)
    answer = model.probability_alive(engine.lazy(customers), check=False)
    assert crossing == [len(customers[["frequency", "recency", "T"]].drop_duplicates())]
    assert_same(engine.collect(answer), model.probability_alive(customers))


def test_closed_forms_run_nothing_without_a_check(engine, base, crossing):
    frame = engine.lazy(base(1_000))
    BUYS.probability_alive(frame, check=False)
    SPENDS.expected_spend(frame, check=False)
    assert crossing == []
    BUYS.probability_alive(frame)
    SPENDS.expected_spend(frame)
    assert crossing == [1, 1]


def test_spend_is_fitted_on_bins(engine, base, crossing):
    customers = base(1_000)
    model = GammaGammaModel().fit(engine.lazy(customers))
    repeat = int((customers["frequency"] > 0).sum())
    assert crossing[0] <= repeat + 1
    eager = GammaGammaModel().fit(customers)
    error = eager.parameter_table()["standard_error"].to_numpy()
    shift = np.array(list(model.params_.values())) - np.array(list(eager.params_.values()))
    assert (np.abs(shift) < 0.01 * error).all()
    assert model.account_.to_dict() == eager.account_.to_dict()


@pytest.mark.slow
def test_spend_of_many_crosses_in_few_bins(engine, base, crossing):
    customers = base(300_000)
    model = GammaGammaModel().fit(engine.lazy(customers))
    repeat = int((customers["frequency"] > 0).sum())
    assert crossing[0] < repeat / 2
    eager = GammaGammaModel().fit(customers)
    error = eager.parameter_table()["standard_error"].to_numpy()
    shift = np.array(list(model.params_.values())) - np.array(list(eager.params_.values()))
    assert (np.abs(shift) < 0.01 * error).all()


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"frequency": [-1, 1]}, "a frequency is a whole number"),
        ({"frequency": [0.5, 1]}, "a frequency is a whole number"),
        ({"recency": [9.0, 1.0]}, "a recency lies between 0 and T"),
        ({"recency": [0.0, 1.0]}, "recency is 0 exactly"),
        ({"T": [None, 5.0]}, "."),
        ({"unit": ["D", "D"]}, "fitted in 'W'"),
        ({"unit": ["D", "W"]}, "one text value throughout"),
    ],
)
def test_impossible_customers(engine, change, match):
    customers = {"customer_id": [1, 2], "frequency": [2, 1], "recency": [3.0, 1.0], "T": [5.0, 5.0], **change}
    for horizon in ("13W", None):
        frame = engine.lazy(customers)
        with pytest.raises(DataError, match=match):
            BUYS.expected_purchases(frame, horizon) if horizon else BUYS.probability_alive(frame)
    if "unit" not in change or change["unit"] == ["D", "W"]:
        with pytest.raises(DataError):
            BetaGeoModel().fit(engine.lazy(customers))


def test_impossible_spend(engine):
    customers = {"customer_id": [1, 2], "frequency": [2, 1], "monetary_value": [-3.0, 1.0]}
    with pytest.raises(DataError, match="1 repeat customers have a mean spend that is not positive"):
        SPENDS.expected_spend(engine.lazy(customers))
    with pytest.raises(DataError, match="1 repeat customers have a mean spend that is not positive"):
        GammaGammaModel().fit(engine.lazy(customers))
    heavy = GammaGammaModel.from_params(p=0.2, q=0.5, gamma=10.0)
    with pytest.raises(CustvalError, match="2 customers"):
        heavy.expected_spend(engine.lazy({**customers, "monetary_value": [3.0, 1.0]}))
    with pytest.raises(FitError):
        GammaGammaModel().fit(engine.lazy({"frequency": [0, 0], "monetary_value": [0.0, 0.0]}))
    with pytest.raises(FitError):
        BetaGeoModel().fit(
            engine.lazy({"frequency": [1], "recency": [1.0], "T": [2.0]}).head(0)
            if engine.name == "polars"
            else {"frequency": [], "recency": [], "T": []}
        )


def test_wrong_ways_to_ask(engine, base):
    frame = engine.lazy(base(1_000))
    with pytest.raises(CustvalError, match="no order that an array could follow"):
        BetaGeoModel().fit(frame, sample_weight=np.ones(1_000))
    with pytest.raises(ColumnError, match="no column 'cost'"):
        lifetime_value(BUYS, "cost", frame, annual_discount_rate=0.1)
    with pytest.raises(ColumnError, match="must hold numbers"):
        lifetime_value(BUYS, "unit", frame, annual_discount_rate=0.1)
    with pytest.raises(DataError, match="sample_weight must be finite"):
        BetaGeoModel().fit(engine.lazy(base(1_000).assign(w=-1.0)), sample_weight="w")


def test_from_lines_to_values(engine, some_lines, assert_same):
    lines = some_lines(1_000)
    everyone = cv.summarize(pd.DataFrame(lines), unit="W")
    customers = cv.summarize(engine.lazy(lines), unit="W")
    assert_same(
        engine.collect(lifetime_value(BUYS, 20.0, customers, annual_discount_rate=0.1)),
        lifetime_value(BUYS, 20.0, everyone, annual_discount_rate=0.1),
    )


def test_columns_of_the_user_that_look_like_ours(engine, base, assert_same):
    customers = base(1_000).assign(_custval_T=1.0, _custval_alive=2.0, _CUSTVAL_FREQUENCY=3.0, clv=4.0)
    answer = lifetime_value(BUYS, SPENDS, engine.lazy(customers), annual_discount_rate=0.1)
    assert_same(engine.collect(answer), lifetime_value(BUYS, SPENDS, customers, annual_discount_rate=0.1), rtol=1e-9)
