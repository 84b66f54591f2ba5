"""What engines cannot do is said in words, with the way out."""

import numpy as np
import pandas as pd
import pytest

import custval as cv
from custval.errors import CustvalError, DataError


def _lines(some_lines):
    return pd.DataFrame(some_lines(200))


def test_a_closed_connection(some_lines):
    duckdb = pytest.importorskip("duckdb")
    connection = duckdb.connect()
    frame = connection.from_df(_lines(some_lines))
    connection.close()
    with pytest.raises(DataError, match="DuckDB could not run the query.*open the connection again") as raised:
        cv.summarize(frame)
    assert raised.value.code == "engine"
    assert raised.value.__cause__ is not None


def test_a_stream_that_can_be_read_once(some_lines):
    duckdb = pytest.importorskip("duckdb")
    pa = pytest.importorskip("pyarrow")
    connection = duckdb.connect()
    reader = pa.Table.from_pandas(_lines(some_lines)).to_reader()
    frame = connection.from_arrow(reader)
    # the check reads the stream; what is left of it must not pass for data
    with pytest.raises((DataError, duckdb.Error), match="(?i)consumed|only once"):
        cv.summarize(frame).fetchall()


def test_a_result_used_twice(engine, some_lines, assert_same):
    summary = cv.summarize(engine.lazy(some_lines(500)))
    first, again = engine.collect(summary), engine.collect(summary)
    assert_same(first, again)
    model = cv.clv.BetaGeoModel().fit(summary)
    assert model.params_ == cv.clv.BetaGeoModel().fit(summary).params_


@pytest.mark.filterwarnings("ignore:Dask support:FutureWarning")
def test_an_engine_that_is_not_supported(some_lines):
    dask = pytest.importorskip("dask.dataframe")
    frame = dask.from_pandas(_lines(some_lines), npartitions=2)
    with pytest.raises(CustvalError, match="which this function does not run on.*DuckDB") as raised:
        cv.calibration_holdout(frame, calibration_end="2012-01-01")
    assert raised.value.code == "engine"


def test_no_frame_at_all():
    duckdb = pytest.importorskip("duckdb")
    for thing in (duckdb.connect(), 3, "lines", None):
        with pytest.raises(CustvalError, match="must be a pandas, polars or pyarrow table"):
            cv.summarize(thing)


def test_a_cast_that_fails_in_the_engine(engine):
    lines = {"customer_id": [1, 2], "timestamp": ["2024-01-01", "2024-13-45"]}
    with pytest.raises(DataError, match="format="):
        cv.transactions(engine.lazy(lines))


def test_frames_of_two_connections(some_lines):
    duckdb = pytest.importorskip("duckdb")
    here, there = duckdb.connect(), duckdb.connect()
    summaries = [cv.summarize(connection.from_df(_lines(some_lines))) for connection in (here, there)]
    model = cv.clv.BetaGeoModel.from_params(r=0.2, alpha=4.0, a=0.8, b=2.4, unit="D")
    # each answer stays on the connection of its own frame
    answers = [model.expected_purchases(summary, "30D").fetchnumpy() for summary in summaries]
    order = [np.argsort(answer["customer_id"]) for answer in answers]
    np.testing.assert_array_equal(*(a["expected_purchases"][o] for a, o in zip(answers, order, strict=True)))


@pytest.mark.filterwarnings("ignore:Dask support:FutureWarning")
def test_dask_doors_and_summary(some_lines, assert_same):
    dask = pytest.importorskip("dask.dataframe")
    lines = _lines(some_lines).drop(columns="order_id")
    frame = dask.from_pandas(lines.rename(columns={"customer_id": "who"}), npartitions=3)
    lazy = cv.summarize(cv.transactions(frame, customer="who"), unit="W")
    assert_same(lazy.compute(), cv.summarize(lines, unit="W"))


def test_a_result_of_lazy_frames_shows_itself(engine, some_lines):
    cleaned = cv.data_quality.clean_transactions(engine.lazy(some_lines(200)), refunds="drop")
    data = cleaned.to_dict()
    assert data["frame"] == {"lazy": engine.name, "columns": ["customer_id", "timestamp", "amount", "order_id"]}
    assert data["account"]["rows_in"] == 200
    assert f"a lazy frame of {engine.name}" in cleaned._repr_html_()


@pytest.mark.parametrize(
    "obstacle",
    ["SET python_enable_replacements = false", "CREATE TABLE _custval_small_table (a INT)"],
)
def test_where_duckdb_does_not_find_our_small_table(some_lines, assert_same, obstacle):
    duckdb = pytest.importorskip("duckdb")
    connection = duckdb.connect()
    customers = cv.summarize(_lines(some_lines), unit="W")
    connection.from_df(customers).create("customers")
    connection.execute(obstacle)
    model = cv.clv.BetaGeoModel.from_params(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="W")
    found = model.expected_purchases(connection.table("customers"), "13W").df()
    assert_same(found, model.expected_purchases(customers, "13W"))
