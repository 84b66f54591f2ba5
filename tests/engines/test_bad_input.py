"""What engines cannot do is said in words, with the way out."""

import numpy as np
import pandas as pd
import pytest

import custval as cv
from custval.errors import ColumnError, CustvalError, DataError


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


def test_names_that_an_engine_does_not_tell_apart(engine, some_lines):
    lines = pd.DataFrame(some_lines(50)).rename(columns={"customer_id": "Customer_ID"}).assign(who=1)
    if engine.name in {"duckdb", "pyspark"}:
        with pytest.raises(ColumnError, match="does not tell apart"):
            cv.transactions(engine.lazy(lines), customer="who")
        priced = lines.rename(columns={"Customer_ID": "customer_id", "amount": "AMOUNT"}).assign(
            unit_price=2, quantity=3
        )
        with pytest.raises(ColumnError, match="does not tell apart"):
            cv.transactions(engine.lazy(priced))
    else:
        assert "Customer_ID" in engine.collect(cv.transactions(engine.lazy(lines), customer="who"), by=[]).columns


def test_columns_of_other_tables_stay_as_they_are(engine, some_lines):
    lines = pd.DataFrame(some_lines(20)).assign(observed=1, birth_date="not known", price="free")
    found = engine.collect(cv.transactions(engine.lazy(lines)), by=[])
    assert found["observed"].tolist() == [1] * 20
    assert found["birth_date"].tolist() == ["not known"] * 20
    assert found["price"].tolist() == ["free"] * 20


@pytest.mark.parametrize("name", ["*", "^a.*$"])
def test_names_that_engines_take_for_patterns(engine, some_lines, name):
    with pytest.raises(ColumnError, match="takes? for a pattern"):
        cv.transactions(engine.lazy(pd.DataFrame(some_lines(5)).assign(**{name: 1})))


def test_infinite_times():
    duckdb = pytest.importorskip("duckdb")
    connection = duckdb.connect()
    lines = connection.sql("SELECT 1 AS customer_id, unnest(['2024-01-01', 'infinity'])::TIMESTAMP AS timestamp")
    for call in (cv.summarize, cv.lifecycle.stages):
        with pytest.raises(DataError, match="infinite times"):
            call(lines)
    contracts = "SELECT 1 AS customer_id, TIMESTAMP '2024-01-01' AS started_at, TIMESTAMP 'infinity' AS ended_at"
    with pytest.raises(DataError, match="infinite times"):
        cv.summarize_contracts(connection.sql(contracts), unit="M", until="2024-07-01")


def test_years_that_stages_cannot_name(engine):
    lines = {"customer_id": [1], "timestamp": np.array(["0723-01-01"], dtype="M8[us]")}
    if engine.name == "pyspark":
        pytest.skip("Spark reads old days by another calendar from Arrow")
    with pytest.raises(DataError, match="years 1000 to 9999"):
        cv.lifecycle.stages(engine.lazy(lines))


def test_units_that_are_missing(engine):
    customers = pd.DataFrame({"customer_id": [1], "frequency": [1], "recency": [1.0], "T": [2.0]})
    customers["unit"] = pd.Series([None], dtype="str")
    model = cv.clv.BetaGeoModel.from_params(r=0.2, alpha=4.0, a=0.8, b=2.4, unit="D")
    if engine.name == "pyspark":
        pytest.skip("a column of nothing but null has no type in Arrow's schema for Spark")
    with pytest.raises(DataError, match="one text value throughout"):
        model.expected_purchases(engine.lazy(customers), "30D")
