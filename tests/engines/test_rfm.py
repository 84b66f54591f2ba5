"""RFM scores made in the engine are those made of the same rows in Python, to the last customer at a cut."""

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest

from custval.errors import ColumnError, CustvalError, DataError, FitError
from custval.segmentation import RFMScorer

TWO = {"best": "recency_score >= 4 and not frequency_score == 1", "rest": "recency_score < 4 or frequency_score == 1"}


@pytest.fixture(scope="module")
def some_customers():
    def make(n, seed=0):
        rng = np.random.default_rng(seed)
        return pd.DataFrame(
            {
                "customer_id": rng.permutation(n),
                "time_since_last": rng.integers(0, 365, n).astype(float),
                "orders": rng.geometric(0.4, n),
                # many alike, some refunded, and sums that are no round numbers in binary
                "total_amount": np.round(rng.gamma(1.5, 20.0, n), 1) - np.where(rng.random(n) < 0.05, 30.1, 0.0),
                "unit": "D",
                "weight": rng.integers(0, 4, n),
                "share": rng.random(n) + 0.25,
            }
        )

    return make


def compare(engine, eager, lazy, frame, made):
    """Cuts to the last bit, and every score."""
    for name, cuts in eager.cuts_.items():
        assert np.array_equal(lazy.cuts_[name], cuts), name
    assert lazy.unit_ == eager.unit_
    assert lazy.n_customers_ == pytest.approx(eager.n_customers_, rel=1e-12)
    scores = lazy.transform(made)
    assert engine.is_lazy(scores)
    schema = nw.from_native(scores).collect_schema()
    assert {schema[name] for name in schema if name.endswith("score")} == {nw.Int64}
    want = eager.transform(frame).sort_values("customer_id").reset_index(drop=True)
    got = engine.collect(scores)
    assert list(got) == list(want)
    assert all((got[name] == want[name]).all() for name in want)


@pytest.mark.parametrize("how", [{}, {"n_bins": 3, "method": "nested"}], ids=["quantile", "nested"])
def test_fit_and_transform(engine, size, some_customers, how):
    if engine.name == "pyspark" and size > 1_000 and how:
        pytest.skip("the quantiles of all customers show what Spark does with many rows")
    frame = some_customers(size)
    made = engine.lazy(frame)
    compare(engine, RFMScorer(**how).fit(frame), RFMScorer(**how).fit(made), frame, made)


def test_fixed_cuts(engine, some_customers):
    frame = some_customers(1_000)
    made = engine.lazy(frame.drop(columns="unit"))
    cuts = {"recency": [30, 90], "frequency": [1, 3], "monetary": [10, 30.5]}
    scorer = RFMScorer(3, "fixed", cuts=cuts)
    compare(engine, RFMScorer(3, "fixed", cuts=cuts).fit(frame.drop(columns="unit")), scorer.fit(made), frame, made)


@pytest.mark.parametrize("weight", ["weight", "share"])
def test_weights(engine, some_customers, weight):
    frame = some_customers(1_000)
    made = engine.lazy(frame)
    eager = RFMScorer(4, "nested").fit(frame, sample_weight=weight)
    lazy = RFMScorer(4, "nested").fit(made, sample_weight=weight)
    for name, cuts in eager.cuts_.items():
        if weight == "weight":
            assert np.array_equal(lazy.cuts_[name], cuts)
        else:  # sums of fractions depend on their order
            np.testing.assert_allclose(lazy.cuts_[name], cuts, rtol=1e-9, atol=1e-9)
    assert lazy.n_customers_ == pytest.approx(eager.n_customers_)


def test_few_and_equal_customers(engine):
    """Groups without anyone, and cuts among ties."""
    frame = pd.DataFrame(
        {
            "customer_id": ["a", "b", "c", "d", "e", "f"],
            "time_since_last": [5, 5, 5, 5, 5, 9],
            "orders": [1, 1, 2, 2, 2, 2],
            "total_amount": [0.1 + 0.2, 0.3, 0.3, 0.3, 0.3, 0.3],
        }
    )
    made = engine.lazy(frame)
    compare(engine, RFMScorer(3, "nested").fit(frame), RFMScorer(3, "nested").fit(made), frame, made)


@pytest.mark.parametrize(("n_bins", "segments"), [(99, "standard"), (12, TWO)], ids=["99", "own"])
def test_other_numbers_of_bins(engine, some_customers, n_bins, segments):
    frame = some_customers(1_000)
    eager = RFMScorer(n_bins, segments=segments).fit(frame)
    want = eager.transform(frame).sort_values("customer_id").reset_index(drop=True)
    got = engine.collect(eager.transform(engine.lazy(frame), check=False))
    assert (got["rfm_score"] == want["rfm_score"]).all()
    assert (got["rfm_segment"] == want["rfm_segment"]).all()


def test_only_numbers_cross(engine, some_customers, monkeypatch):
    frame = some_customers(1_000)
    made = engine.lazy(frame)
    crossed = []
    collect = nw.LazyFrame.collect

    def watch(self, *args, **kwargs):
        result = collect(self, *args, **kwargs)
        crossed.append(len(result))
        return result

    with monkeypatch.context() as patch:
        patch.setattr(nw.LazyFrame, "collect", watch)
        scorer = RFMScorer(3, "nested").fit(made)
        assert crossed
        assert max(crossed) <= 9
        crossed.clear()
        unchecked = scorer.transform(made, check=False)
        assert not crossed
        scorer.transform(made)
        assert crossed == [1]
    assert len(engine.collect(unchecked)) == len(frame)


def test_refusals(engine):
    frame = pd.DataFrame(
        {
            "customer_id": ["a", "b", "c"],
            "time_since_last": [1.0, 2.0, 3.0],
            "orders": [1, 2, 3],
            "total_amount": [1.0, 2.0, 3.0],
            "unit": ["D", "D", "D"],
        }
    )
    scorer = RFMScorer(2).fit(frame)
    for column, value, count in (("total_amount", None, 1), ("time_since_last", np.inf, 1), ("customer_id", None, 1)):
        wrong = frame.copy()
        wrong.loc[1, column] = value
        made = engine.lazy(wrong)
        with pytest.raises(DataError) as raised:
            scorer.transform(made)
        assert raised.value.column == column
        assert raised.value.count == count
        if column == "total_amount":
            with pytest.raises(DataError, match="missing in 1 of 3 rows"):
                RFMScorer(2).fit(made)
            got = engine.collect(scorer.transform(made, check=False))
            assert got["monetary_score"].isna().tolist() == [False, True, False]
            assert got["rfm_segment"].isna().tolist() == [False, True, False]
    with pytest.raises(CustvalError, match="the data count time in 'W'"):
        scorer.transform(engine.lazy(frame.assign(unit="W")))
    with pytest.raises(DataError, match="column 'unit' must hold one text value throughout; it holds 'D', 'W'"):
        RFMScorer(2).fit(engine.lazy(frame.assign(unit=["D", "W", "D"])))


def test_refused_before_anything_is_run(engine):
    columns = {"time_since_last": [1.0], "orders": [1], "total_amount": [1.0]}
    with pytest.raises(ColumnError, match="no column 'orders'"):
        RFMScorer().fit(engine.lazy({"time_since_last": [1.0], "total_amount": [1.0]}))
    with pytest.raises(ColumnError, match="must hold numbers; it holds text"):
        RFMScorer().fit(engine.lazy({**columns, "orders": ["1"]}))
    with pytest.raises(CustvalError, match="is the name of a column; got list"):
        RFMScorer().fit(engine.lazy(columns), sample_weight=[1.0])


def test_weights_that_count_nobody(engine):
    frame = pd.DataFrame(
        {"time_since_last": [1.0, 2.0], "orders": [1, 2], "total_amount": [1.0, 2.0], "w": [1.0, -1.0]}
    )
    with pytest.raises(DataError, match="1 values are not"):
        RFMScorer(2).fit(engine.lazy(frame), sample_weight="w")
    with pytest.raises(DataError, match="fewer than the 5 bins"):
        RFMScorer().fit(engine.lazy(frame.assign(w=1.0)), sample_weight="w")
    with pytest.raises(FitError, match="at least one customer"):
        RFMScorer(2).fit(engine.lazy(frame.head(0)))
