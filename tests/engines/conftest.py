"""Every engine that is installed, at two sizes, with times with and without a zone."""

from __future__ import annotations

import logging
import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest

ZONE = "Europe/Berlin"


def pytest_collection_modifyitems(items):
    # what the engines' own packages warn of is not ours to mend
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            for module in ("ibis", "pyspark", "duckdb", "narwhals"):
                item.add_marker(pytest.mark.filterwarnings(rf"ignore::DeprecationWarning:{module}.*"))
                item.add_marker(pytest.mark.filterwarnings(rf"ignore::FutureWarning:{module}.*"))


@dataclass
class Engine:
    """A lazy engine: how a pandas frame gets in, and how a result gets out."""

    name: str
    make: Any
    session: Any = None

    def lazy(self, columns):
        """A lazy frame of the engine from columns, as users would have it."""
        return self.make(pd.DataFrame(columns))

    @staticmethod
    def is_lazy(frame):
        return isinstance(nw.from_native(frame), nw.LazyFrame)

    def collect(self, frame, by=None):
        """A result as a pandas frame, sorted; times without zone are those of the wall."""
        lazy = nw.from_native(frame)
        backend = {"polars": "polars", "pyspark": "pyarrow"}.get(self.name, "pandas")
        table = pd.DataFrame(lazy.collect(backend=backend).to_dict(as_series=False))
        if by is None:
            by = [name for name in ("customer_id",) if name in table]
        return table.sort_values(by).reset_index(drop=True) if by else table

    def zoned(self, columns, zone=ZONE):
        """The same with the column `timestamp` in a time zone, and the session set to it."""
        frame = pd.DataFrame(columns)
        frame["timestamp"] = frame["timestamp"].dt.tz_localize("UTC").dt.tz_convert(zone)
        if self.name == "duckdb":
            self.session.execute(f"SET TimeZone = '{zone}'")
        if self.name == "ibis":
            self.session.raw_sql(f"SET TimeZone = '{zone}'")
        if self.name == "pyspark":
            self.session.conf.set("spark.sql.session.timeZone", zone)
        return self.make(frame)


def _polars():
    pl = pytest.importorskip("polars")
    return Engine("polars", lambda frame: pl.from_pandas(frame).lazy())


def _duckdb():
    duckdb = pytest.importorskip("duckdb")
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    tables = iter(range(10**6))

    def make(frame):
        name = f"lines_{next(tables)}"
        connection.from_df(frame).create(name)
        return connection.table(name)

    return Engine("duckdb", make, connection)


def _ibis():
    ibis = pytest.importorskip("ibis")
    pytest.importorskip("duckdb")
    connection = ibis.duckdb.connect()
    connection.raw_sql("SET TimeZone = 'UTC'")
    tables = iter(range(10**6))

    def make(frame):
        name = f"lines_{next(tables)}"
        connection.con.from_df(frame).create(name)
        return connection.table(name)

    return Engine("ibis", make, connection)


def _pyspark():
    sql = pytest.importorskip("pyspark.sql")
    pa = pytest.importorskip("pyarrow")
    for name in ("pyspark", "py4j", "DataFrameQueryContextLogger", "SQLQueryContextLogger"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            session = (
                sql.SparkSession.builder.master("local[2]")
                .config("spark.ui.enabled", "false")
                .config("spark.ui.showConsoleProgress", "false")
                .config("spark.sql.shuffle.partitions", "4")
                .config("spark.driver.memory", "3g")
                .config("spark.sql.session.timeZone", "UTC")
                .getOrCreate()
            )
        except Exception as error:  # noqa: BLE001 - there are as many ways as there are machines without Java
            pytest.skip(f"PySpark does not start, it needs Java: {error}")
    session.sparkContext.setLogLevel("OFF")

    def make(frame):
        table = pa.Table.from_pandas(frame, preserve_index=False)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made = session.createDataFrame(table)
        for name in frame.columns:
            if frame[name].dtype.kind == "M" and frame[name].dt.tz is None:
                made = made.withColumn(name, made[name].cast("timestamp_ntz"))
        return made

    return Engine("pyspark", make, session)


def _engine(name):
    """Start an engine, or skip; where all of them are demanded one that is missing fails."""
    try:
        return _MAKERS[name]()
    except pytest.skip.Exception:
        if "CUSTVAL_ALL_ENGINES" in os.environ:
            pytest.fail(f"{name} does not run here, and CUSTVAL_ALL_ENGINES demands it")
        raise


_MAKERS = {"polars": _polars, "duckdb": _duckdb, "ibis": _ibis, "pyspark": _pyspark}
_STARTED: dict[str, Engine] = {}


@pytest.fixture(params=_MAKERS)
def engine(request):
    """An engine, started once; its session is in UTC again for each test."""
    found = _STARTED.get(request.param) or _STARTED.setdefault(request.param, _engine(request.param))
    if found.name == "duckdb":
        found.session.execute("SET TimeZone = 'UTC'")
    if found.name == "ibis":
        found.session.raw_sql("SET TimeZone = 'UTC'")
    if found.name == "pyspark":
        found.session.conf.set("spark.sql.session.timeZone", "UTC")
    return found


@pytest.fixture(params=[1_000, pytest.param(300_000, marks=pytest.mark.slow)], ids=["1k", "300k"])
def size(request):
    """Small enough to look at, and large enough for engines to go parallel."""
    return request.param


@pytest.fixture(scope="session")
def some_lines():
    """Transactions with everything that a summary must get right: refunds, zeros, missing orders, busy days."""

    def make(n, seed=0, text=False):
        rng = np.random.default_rng(seed)
        customer = rng.integers(0, max(n // 8, 2), n)
        days = rng.integers(0, 730, n)
        stamp = np.datetime64("2011-03-20T00:00:00", "us") + days.astype("m8[D]")
        stamp = stamp + rng.integers(0, 86_400_000_000, n).astype("m8[us]")
        order = pd.array([f"o{number}" for number in rng.integers(0, max(n // 3, 2), n)], dtype=object)
        order[rng.random(n) < 0.05] = None
        amount = np.round(rng.gamma(2.0, 10.0, n), 2)
        amount[rng.random(n) < 0.05] *= -1
        amount[rng.random(n) < 0.03] = 0.0
        return {
            "customer_id": [f"c{number:07d}" for number in customer] if text else customer,
            "timestamp": stamp,
            "amount": amount,
            "order_id": order,
        }

    return make


@pytest.fixture
def assert_same():
    """Compare a lazy answer, collected, with the eager one: same rows and columns, numbers to rounding."""

    def compare(lazy, eager, by="customer_id", rtol=1e-9):
        eager = eager.sort_values(by).reset_index(drop=True)
        lazy = lazy.sort_values(by).reset_index(drop=True)
        assert list(lazy.columns) == list(eager.columns)
        assert len(lazy) == len(eager)
        for name in eager.columns:
            want, got = eager[name], lazy[name]
            if want.dtype.kind in "if":
                np.testing.assert_allclose(got.astype(float), want.astype(float), rtol=rtol, atol=1e-9, err_msg=name)
            elif want.dtype.kind == "M":
                got = pd.to_datetime(got)
                zone = getattr(want.dt, "tz", None)
                want = want.dt.tz_localize(None) if zone is not None else want
                got = got.dt.tz_convert(zone).dt.tz_localize(None) if got.dt.tz is not None else got
                assert (got.to_numpy("M8[us]") == want.to_numpy("M8[us]")).all(), name
            else:
                assert got.tolist() == want.tolist(), name

    return compare
