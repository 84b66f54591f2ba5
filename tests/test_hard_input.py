"""What people and programs send by mistake: each once broke something."""

from __future__ import annotations

import copy

import numpy as np
import pandas as pd
import pytest

import custval as cv
from custval._frame import enter, numbers

MODEL = cv.clv.BetaGeoModel.from_params(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="W")
X = {"frequency": [2, 0, 5], "recency": [30.4, 0.0, 10.0], "T": [38.9, 20.0, 11.0]}


def test_an_index_does_not_move_the_columns_of_a_mapping():
    stamps = pd.Series(["2024-01-01", "2024-01-02"], index=[1, 0])
    tx = cv.transactions({"customer_id": pd.Series([1, 2]), "timestamp": stamps})
    assert [str(moment.date()) for moment in tx["timestamp"]] == ["2024-01-01", "2024-01-02"]


@pytest.mark.parametrize("word", ["now", "today", "Now", " today "])
@pytest.mark.parametrize("format", [None, "%d/%m/%Y"])
def test_words_for_the_clock_are_no_dates(word, format):  # noqa: A002
    with pytest.raises(cv.DataError, match="values that are not"):
        cv.transactions({"customer_id": ["a"], "timestamp": [word]}, format=format)


@pytest.mark.parametrize("format", ["mixed", "ISO8601", "", 5])
def test_formats_are_strptime_formats(format):  # noqa: A002
    with pytest.raises(cv.CustvalError, match="format"):
        cv.transactions({"customer_id": ["a"], "timestamp": ["2024-01-01"]}, format=format)


def test_text_is_no_column():
    with pytest.raises(cv.CustvalError, match="not a sequence"):
        cv.transactions({"customer_id": "ab", "timestamp": ["2024-01-01"] * 2})


def test_a_mapping_of_matrices_is_no_table():
    with pytest.raises(cv.CustvalError, match="no table"):
        cv.summarize({"customer_id": np.ones((2, 2)), "timestamp": [1, 2]})


def test_an_empty_mapping_goes_through():
    tx = cv.transactions({"customer_id": [], "timestamp": [], "amount": []})
    assert cv.summarize(tx)["frequency"] == []


@pytest.mark.parametrize("path", ["customer_id", "timestamp"])
def test_writing_to_an_answer_leaves_the_input_alone(path):
    frame = pd.DataFrame({"customer_id": [1, 2], "timestamp": pd.to_datetime(["2024-01-01", "2024-01-02"])})
    before = frame.copy(deep=True)
    answer = cv.transactions(frame)
    answer.loc[0, path] = answer.loc[1, path]
    pd.testing.assert_frame_equal(frame, before)


def test_a_long_horizon_costs_no_memory():
    value = cv.clv.lifetime_value(MODEL, 10.0, X, horizon="20000D", annual_discount_rate=0.1)
    assert np.isfinite(value["clv"]).all()
    with pytest.raises(cv.CustvalError, match="at most 100,000"):
        cv.clv.lifetime_value(MODEL, 10.0, X, horizon=1e12, annual_discount_rate=0.1)


def test_huge_numbers_are_not_finite_ones():
    with pytest.raises(cv.CustvalError, match="finite"):
        MODEL.expected_purchases(X, 10**400)
    with pytest.raises(cv.CustvalError, match="up to 1e"):
        cv.clv.BetaGeoModel.from_params(r=1.0, alpha=1.0, a=1e12, b=1.0)


@pytest.mark.parametrize("horizon", [["a"], [[1], [1, 2]], [-1.0], [np.nan]])
def test_horizons_that_are_none(horizon):
    with pytest.raises(cv.CustvalError, match="horizon"):
        MODEL.expected_purchases_new(horizon)
    assert MODEL.expected_purchases_new([]).shape == (0,)


@pytest.mark.parametrize("T", ["12W", [1.0, 2.0], None, np.inf])
def test_times_that_are_none(T):
    with pytest.raises(cv.CustvalError, match="T must"):
        MODEL.sample(3, T, 0)


@pytest.mark.parametrize("weight", [["a", "b", "c"], {1, 2, 3}, [1j, 1j, 1j], (weight for weight in (1, 2, 3))])
def test_weights_that_are_none(weight):
    with pytest.raises(cv.CustvalError, match="sample_weight"):
        cv.clv.BetaGeoModel().fit(X, sample_weight=weight)


def test_a_fit_that_fails_teaches_nothing():
    model = cv.clv.BetaGeoModel().fit({**MODEL.sample(500, 52.0, 0).to_dict("list")})
    before = copy.deepcopy(model.__dict__)
    once = {"frequency": [0], "recency": [0.0], "T": [9.0], "unit": ["D"]}
    with pytest.raises(cv.FitError):
        model.fit(once)
    assert model.unit_ == "W"
    assert model.params_ == before["params_"]


FITTED = cv.clv.BetaGeoModel().fit(MODEL.sample(500, 52.0, 0)).to_dict()


@pytest.mark.parametrize(
    "change",
    [
        {"params": "abc"},
        {"fit": {}},
        {"fit": "x"},
        {"fit": [1]},
        {"unit": "Q"},
        {"unit": 5},
        {"fit": {**FITTED["fit"], "covariance": "x"}},
        {"fit": {**FITTED["fit"], "covariance": [[1, 2]]}},
        {"fit": {**FITTED["fit"], "n_customers": 0}},
        {"fit": {**FITTED["fit"], "log_likelihood": "x"}},
        {"kind": "churn.X"},
        {"init": {"nonsense": 1}},
    ],
)
def test_edited_models_are_refused(change):
    with pytest.raises(cv.CustvalError) as caught:
        cv.load({**FITTED, **change})
    assert str(caught.value)


@pytest.mark.parametrize("cuts", [[4, 3, 2, 1], [None] * 4, ["a"] * 4])
def test_edited_cuts_are_refused(cuts):
    summary = {"customer_id": range(9), "time_since_last": range(9), "orders": range(9), "total_amount": range(9)}
    data = cv.segmentation.RFMScorer().fit({name: list(values) for name, values in summary.items()}).to_dict()
    data["cuts"]["recency"] = cuts
    with pytest.raises(cv.CustvalError):
        cv.load(data)


@pytest.mark.parametrize("change", [{"rules": None}, {"rules": 5}, {"rules": [{}]}])
def test_edited_rules_are_refused(change):
    with pytest.raises(cv.CustvalError):
        cv.load({**cv.data_quality.presets.transactions().to_dict(), **change})


def test_names_of_columns_are_text():
    with pytest.raises(cv.CustvalError, match="name of a column is text"):
        cv.data_quality.validate(X, [], key=5)


def test_rules_of_the_wrong_kind():
    with pytest.raises(cv.CustvalError, match="regular expression"):
        cv.data_quality.rules.matches_pattern("x", b"a")


def test_probabilities_are_probabilities():
    view = {"stage": ["new"], "value_band": ["low"], "value": [1.0], "churn_probability": [5.0]}
    with pytest.raises(cv.DataError, match="outside 0 and 1"):
        cv.strategy.view_matrix(view)


def test_dates_and_durations_together_are_ambiguous():
    both = {"customer_id": [1], "started_at": ["2024-01-01"], "ended_at": [None], "duration": [1], "observed": [False]}
    with pytest.raises(cv.ColumnError, match="both dates"):
        cv.summarize_contracts(cv.contracts(both), unit="M")


def test_frequencies_are_counts():
    for frequency in (-1, 1.5):
        with pytest.raises(cv.DataError, match="whole number"):
            cv.clv.GammaGammaModel().fit({"frequency": [frequency], "monetary_value": [1.0]})
    with pytest.raises(cv.CustvalError, match=r"parameters p, q, gamma"):
        cv.clv.GammaGammaModel.from_params(p=1.0, q=2.0, gamma=1.0, unit="W")


@pytest.mark.parametrize("horizon", ["9" * 400 + "D", "9" * 5000 + "M", "99999999W", "1000000Y"])
def test_spans_beyond_every_calendar(horizon):
    with pytest.raises(cv.CustvalError, match="no longer than 100,000 years"):
        MODEL.expected_purchases(X, horizon)
    assert MODEL.expected_purchases(X, "100000Y")["expected_purchases"][0] > 1
    tx = {"customer_id": [1, 1], "timestamp": ["2024-01-01", "2024-06-01"]}
    with pytest.raises(cv.CustvalError, match="no longer than 100,000 years"):
        cv.clv.contribution(cv.transactions(tx), every=horizon)


def test_a_timedelta_is_no_number():
    with pytest.raises(cv.CustvalError, match="horizon must be a finite number"):
        MODEL.expected_purchases(X, np.timedelta64(3, "D"))
    with pytest.raises(cv.CustvalError, match="n_max must be a whole number"):
        MODEL.purchase_pmf(X, "1M", n_max=np.timedelta64(3, "D"))


@pytest.mark.parametrize("q", [[], (), np.array([]), np.array("x"), np.array([[0.1]]), range(2)])
def test_probabilities_that_are_none(q):
    with pytest.raises(cv.CustvalError, match="q must"):
        MODEL.next_purchase_quantiles(X, q)
    assert MODEL.next_purchase_quantiles(X, pd.Series([0.1, 0.2]))["q"] == [0.1, 0.2] * 3


@pytest.mark.parametrize("many", [10**9, 10**12, 10**400])
def test_what_no_memory_holds(many):
    with pytest.raises(cv.CustvalError, match="at most 1,000,000,000"):
        MODEL.purchase_pmf(X, 3.0, n_max=many)
    with pytest.raises(cv.CustvalError, match="at most 1,000,000,000"):
        MODEL.sample_future(X, 3.0, n_draws=many)
    with pytest.raises(cv.CustvalError, match="at most 1,000,000,000"):
        cv.clv.frequency_fit(MODEL, X, n_max=many)
    with pytest.raises(cv.CustvalError, match="at most 1,000,000,000"):
        cv.clv.frequency_recency_matrix(MODEL, horizon=3.0, T=10.0, steps=many)


def test_a_base_that_buys_too_often_to_be_drawn():
    always = cv.clv.NBDModel.from_params(r=0.4, alpha=12.0, unit="W")
    with pytest.raises(cv.CustvalError, match="33,333,333,333 purchases"):
        always.sample(1000, 1e9, 0)


@pytest.mark.parametrize("T", [True, 3j, np.datetime64("2024-01-01"), np.timedelta64(3, "D"), [10**400] * 3])
def test_times_that_are_no_numbers(T):
    with pytest.raises(cv.CustvalError, match="T must hold numbers"):
        MODEL.sample(3, T, 0)


@pytest.mark.parametrize("weight", [1e-300, 1e-9, 1e15, 1e300])
def test_weights_that_stand_for_no_number_of_customers(weight):
    customers = pd.DataFrame({**X, "weight": weight})
    with pytest.raises(cv.DataError, match="the sum must lie between"):
        cv.clv.BetaGeoModel().fit(customers, "weight")


@pytest.mark.parametrize("weight", [[10**400] * 3, [1j] * 3, np.full(3, np.datetime64("2024-01-01"))])
def test_weights_that_are_no_numbers(weight):
    with pytest.raises(cv.CustvalError, match="sample_weight must be numbers"):
        cv.clv.BetaGeoModel().fit(X, weight)


@pytest.mark.parametrize("spend", ["amount", 3.0, MODEL, object(), cv.clv.GammaGammaModel])
def test_one_score_takes_a_model_of_spend(spend):
    with pytest.raises(cv.CustvalError, match="spend must be a GammaGammaModel"):
        MODEL.score_one(2, 3.0, 4.0, horizon=3.0, monetary_value=5.0, spend=spend)


@pytest.mark.parametrize("key", ["covariance", "log_likelihood", "n_customers"])
def test_stored_numbers_beyond_floats(key):
    data = cv.clv.BetaGeoModel(method="map").fit(X).to_dict()
    data["fit"][key] = 10**400
    with pytest.raises(cv.CustvalError):
        cv.load(data)


def test_a_frequency_that_floats_do_not_count():
    import polars as pl

    customers = pl.DataFrame({**X, "frequency": [1e300, 0.0, 5.0]})
    for frame in (customers, customers.lazy()):
        with pytest.raises(cv.DataError, match=r"at most 2\*\*53"):
            MODEL.expected_purchases(frame, 3.0)
    with pytest.raises(cv.CustvalError, match="no customer has"):
        MODEL.score_one(1e300, 1.0, 2.0, horizon=3.0)
    assert np.isfinite(MODEL.score_one(1e15, 1.0, 2.0, horizon=3.0)["expected_purchases"])


@pytest.mark.parametrize("kind", ["int64", "uint64"])
@pytest.mark.parametrize("gaps", [False, True])
def test_whole_numbers_of_arrow_beyond_floats_are_read_as_the_nearest(kind, gaps):
    pa = pytest.importorskip("pyarrow")
    amounts = [2**53 + 1, 2**62 + 1, None if gaps else -1 if kind == "int64" else 1]
    table = pa.table({"customer_id": [1, 2, 3], "amount": pa.array(amounts, kind)})
    expected = [None if amount is None else float(amount) for amount in amounts]
    for frame in (table, table.to_pandas(types_mapper=pd.ArrowDtype)):
        read = numbers(enter(frame), "amount", missing=True)
        assert [None if np.isnan(value) else value for value in read] == expected
        assert cv.data_quality.clean_transactions(frame, refunds="keep").account.rows_out == 3


def test_customers_of_two_kinds_are_not_shown():
    value = {"customer_id": [517850], "clv": [1.0]}
    with pytest.raises(cv.ColumnError, match="no customer of one would be found in the other") as caught:
        cv.strategy.customer_view(
            {"customer_id": ["ann@example.com"], "frequency": [1]}, as_of="2024-06-30", value=value
        )
    assert caught.value.code == "key_type"
    assert "ann" not in str(caught.value.to_dict())
    assert "517850" not in str(caught.value.to_dict())
