"""Door, summary, fits and scorecard on a lazy engine: beside the same, written by hand in that engine.

Both read one Parquet file, keep the summary (it is read four times), fit on what they collect, and write the scorecard
where the engine keeps tables. By hand, the fits and the special functions are those of custval's kernels, so that what
is compared is the work of the engines. For PySpark and Ibis::

    python -c "from benchmarks import engines; engines.run(size=1_000_000, repeat=3, engines=['pyspark', 'ibis'])"

The memory is that of the Python process; Spark's own is in another.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import narwhals.stable.v2 as nw
import numpy as np

import custval as cv
from benchmarks.harness import compare
from custval._kernels import bg_nbd, gamma_gamma

SIZE = 10_000_000
ENGINES = ("polars", "duckdb")
LINES_PER_CUSTOMER = 8
WARM_UP = 20_000  # the fits want some customers
RATE = 0.1
BIN = 1e-3  # of the logarithm of the mean spend, as custval collects it
BYTES_PER_LINE = 24

# of days after the first line; those who sign up on day s are seen for the rest of two years, if they stay that long
_DAYS, _MEAN_STAY, _LAST_SIGN_UP = 730, 400, 700


@dataclass(frozen=True)
class Lines:
    """Transactions in a Parquet file: `customer`, `bought_at`, `price`."""

    path: str
    nbytes: int


def write_lines(path, n_lines, per_customer=LINES_PER_CUSTOMER, folder=None):
    """Let DuckDB write about so many transactions, in the order of time; the same for one version of DuckDB.

    Customers sign up over two years, buy at rates with the distribution of chi-square with one degree of freedom, leave
    after exponential times, and spend around a mean of their own. About a third of the lines share the time of another.
    In `folder` there is room for what does not fit into memory.
    """
    connection = connect(**({} if folder is None else {"memory_limit": "8GB", "temp_directory": folder}))
    mean_days = np.minimum.outer(
        np.linspace(_DAYS - _LAST_SIGN_UP, _DAYS, 400), -_MEAN_STAY * np.log(np.linspace(0, 1, 402)[1:-1])
    ).mean()
    rate = (per_customer - 1) / mean_days
    connection.execute(
        """
        CREATE OR REPLACE TEMP MACRO uniform(k, salt) AS ((hash(k * 8192 + salt) >> 11) + .5) / 9007199254740992.0;
        CREATE OR REPLACE TEMP MACRO normal(k, salt) AS
            sqrt(-2 * ln(uniform(k, salt))) * cos(2 * pi() * uniform(k, salt + 1));
        """
    )
    connection.execute(
        f"""
        COPY (
            WITH people AS (
                SELECT
                    k, {_LAST_SIGN_UP} * uniform(k, 1) AS start,
                    least({_DAYS} - {_LAST_SIGN_UP} * uniform(k, 1), -{_MEAN_STAY} * ln(uniform(k, 2))) AS stay,
                    {rate} * normal(k, 3) ** 2 * stay AS expected,
                    greatest(round(expected + sqrt(expected) * normal(k, 5)), 0)::BIGINT AS again,
                    exp(3.2 + .6 * normal(k, 7)) AS mean
                FROM range({max(n_lines // per_customer, 1)}) AS numbers(k)
            ),
            lines AS (SELECT *, unnest(range(least(again, 2000) + 1)) AS i FROM people)
            SELECT
                (hash(k) >> 2)::BIGINT AS customer,
                TIMESTAMP '2022-01-01' + to_microseconds((86400e6 * (
                    start + CASE WHEN i > 1 THEN stay * uniform(k, 1000 + i - (i % 3 = 2)::BIGINT) ELSE 0 END
                ))::BIGINT) AS bought_at,
                round(.01 - mean * ln(uniform(k, 4000 + 2 * i) * uniform(k, 4001 + 2 * i)) / 2, 2) AS price
            FROM lines
            ORDER BY bought_at
        ) TO '{path}' (FORMAT parquet)
        """  # noqa: S608 - text and numbers of this module
    )


def make(size, folder):
    path = Path(folder) / f"lines_{size}.parquet"
    if not path.exists():
        write_lines(path, size)
    return Lines(str(path), size * BYTES_PER_LINE)


def total(card):
    """The sum of all values of a scorecard, in whichever engine it is."""
    return nw.from_native(card).lazy().select(clv=nw.col("clv").sum()).collect(backend="pyarrow")["clv"][0]


# -- the pipeline of custval


def pipeline(lines, keep):
    lines = cv.transactions(lines, customer="customer", timestamp="bought_at", amount="price")
    summary = keep(cv.summarize(lines), "summary")
    model = cv.clv.BetaGeoModel().fit(summary)
    spend = cv.clv.GammaGammaModel().fit(summary)
    card = cv.clv.lifetime_value(model, spend, summary, horizon="12M", annual_discount_rate=RATE)
    return keep(card, "scorecard")


def polars(data):
    import polars as pl

    return pipeline(pl.scan_parquet(data.path), _collected)


def duckdb(data):
    connection = connect()
    return pipeline(connection.read_parquet(data.path), partial(_table, connection))


def ibis(data):
    connection = _ibis()
    return pipeline(connection.read_parquet(data.path), partial(_ibis_table, connection))


def pyspark(data):
    return pipeline(_spark().read.parquet(data.path), _cached)


# -- what both keep a result in


def _collected(frame, name):
    # a lazy frame of what has been computed is free
    del name
    return frame.collect().lazy()


def _table(connection, relation, name):
    # a table and not `materialize`, which older versions do not have, and which holds rows outside of memory_limit
    relation.create(name)
    return connection.table(name)


def _ibis_table(connection, table, name):
    return connection.create_table(name, table)


def _cached(frame, name):
    del name
    frame = frame.cache()
    frame.count()  # a cache is filled by the first action on all rows
    return frame


def connect(**options):
    """DuckDB as it suits large tables: free to change the order of rows, and silent about its progress."""
    import duckdb

    connection = duckdb.connect(config={"preserve_insertion_order": "false", **options})
    connection.execute("SET enable_progress_bar = false")
    return connection


def _ibis():
    import ibis

    return ibis.duckdb.connect(preserve_insertion_order=False)


def _spark():
    from pyspark.sql import SparkSession

    options = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": "8",
        "spark.driver.memory": "6g",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.log.level": "ERROR",
    }
    session = SparkSession.builder.master("local[2]").config(map=options).getOrCreate()
    session.catalog.clearCache()
    return session


# -- by hand: the numbers that every engine needs


def _purchases(x, t_x, T, count):
    return bg_nbd.fit(x, t_x, T, count).parameters


def _spend(x, sum_log, count):
    return gamma_gamma.fit(x, np.exp(sum_log / count), count).parameters


def _factors(theta, x, T):
    """Of a customer who is alive: purchases in 12 months, and their sum discounted month by month."""
    months = np.arange(1, 13)
    expected = bg_nbd.expected_purchases_alive(*theta, x, T, months * 30.436875)
    each = np.diff(expected, axis=1, prepend=0.0)
    return {"purchases": expected[:, -1], "discounted": each @ (1 + RATE) ** (-months / 12)}


def polars_by_hand(data):
    import polars as pl

    lines = pl.scan_parquet(data.path).with_columns(day=pl.col("bought_at").dt.date().cast(pl.Int32))
    end = lines.select(pl.col("day").max()).collect().item()
    buys, again = pl.col("price") > 0, pl.col("frequency") > 0
    summary = (
        lines.group_by("customer", "day")
        .agg(
            money=pl.col("price").sum(),
            first=pl.col("bought_at").filter(buys).min(),
            last=pl.col("bought_at").filter(buys).max(),
            orders=buys.sum(),
        )
        .with_columns(bought=pl.when(pl.col("orders") > 0).then(pl.col("day")))
        .with_columns(earned=pl.when(pl.col("orders") > 0).then(pl.col("money")))
        .group_by(customer_id="customer")
        .agg(
            frequency=pl.col("bought").count().cast(pl.Int64) - 1,
            start=pl.col("bought").min(),
            stop=pl.col("bought").max(),
            again_money=pl.col("earned").sum() - pl.col("earned").sort_by("bought", nulls_last=True).first(),
            orders=pl.col("orders").sum(),
            total_amount=pl.col("money").sum(),
            first_purchase=pl.col("first").min(),
            last_purchase=pl.col("last").max(),
        )
        .filter(pl.col("frequency") >= 0)
        .select(
            "customer_id",
            "frequency",
            recency=(pl.col("stop") - pl.col("start")).cast(pl.Float64),
            T=(end - pl.col("start")).cast(pl.Float64),
            monetary_value=pl.when(again).then(pl.col("again_money") / pl.col("frequency")).otherwise(0),
            orders=pl.col("orders"),
            total_amount=pl.col("total_amount"),
            time_since_last=(end - pl.col("stop")).cast(pl.Float64),
            first_purchase=pl.col("first_purchase"),
            last_purchase=pl.col("last_purchase"),
        )
        .collect()
        .lazy()
    )
    tuples = summary.group_by("frequency", "recency", "T").agg(count=pl.len()).collect()
    theta = _purchases(*(tuples[name].to_numpy() for name in tuples.columns))
    log = pl.col("monetary_value").log()
    bins = summary.filter(again).group_by("frequency", place=(log / BIN).floor()).agg(log=log.sum(), count=pl.len())
    bins = bins.select("frequency", "log", "count").collect()
    p, q, gamma = _spend(*(bins[name].to_numpy() for name in bins.columns))
    pairs = summary.select("frequency", "T").unique().collect()
    columns = _factors(theta, pairs["frequency"].to_numpy(), pairs["T"].to_numpy())
    factors = pairs.with_columns(**{name: pl.Series(values) for name, values in columns.items()})
    r, alpha, a, b = theta
    x, t_x, T, m = (pl.col(name) for name in ("frequency", "recency", "T", "monetary_value"))
    odds = a / (b + x - 1) * ((r + x) * ((alpha + T) / (alpha + t_x)).log()).exp()
    alive, expected_spend = pl.when(again).then(1 / (1 + odds)).otherwise(1), p * (gamma + m * x) / (p * x + q - 1)
    return (
        summary.join(factors.lazy(), on=["frequency", "T"])
        .select(
            "customer_id",
            expected_purchases=alive * pl.col("purchases"),
            probability_alive=alive,
            expected_spend=expected_spend,
            clv=expected_spend * alive * pl.col("discounted"),
        )
        .collect()
    )


_SUMMARY = """
    WITH occasions AS (
        SELECT
            customer,
            {day} AS day,
            sum(price) AS money,
            min(CASE WHEN price > 0 THEN bought_at END) AS first,
            max(CASE WHEN price > 0 THEN bought_at END) AS last,
            count(CASE WHEN price > 0 THEN 1 END) AS orders
        FROM {lines} GROUP BY 1, 2
    ),
    occasions_that_count AS (
        SELECT *, CASE WHEN orders > 0 THEN day END AS bought, CASE WHEN orders > 0 THEN money END AS earned
        FROM occasions
    ),
    customers AS (
        SELECT
            customer, count(bought) - 1 AS frequency, min(bought) AS start, max(bought) AS stop,
            sum(earned) - {arg_min}(earned, bought) AS again_money, sum(money) AS total_amount, sum(orders) AS orders,
            min(first) AS first_purchase, max(last) AS last_purchase
        FROM occasions_that_count GROUP BY 1
    )
    SELECT
        customer AS customer_id, frequency, CAST(stop - start AS DOUBLE) AS recency, CAST({end} - start AS DOUBLE) AS T,
        CASE WHEN frequency > 0 THEN again_money / frequency ELSE 0 END AS monetary_value,
        CAST(orders AS BIGINT) AS orders, total_amount, CAST({end} - stop AS DOUBLE) AS time_since_last,
        first_purchase, last_purchase
    FROM customers WHERE frequency >= 0
"""
_TUPLES = "SELECT frequency, recency, T, count(*) AS count FROM summary GROUP BY 1, 2, 3"
_BINS = """
    SELECT frequency, sum(ln(monetary_value)) AS log, count(*) AS count
    FROM summary WHERE frequency > 0 GROUP BY frequency, floor(ln(monetary_value) / {width})
"""
_PAIRS = "SELECT DISTINCT frequency, T FROM summary"
_SCORECARD = """
    WITH parts AS (
        SELECT
            customer_id, purchases, discounted,
            CASE WHEN frequency > 0 THEN 1 / (
                1 + {a} / ({b} + frequency - 1) * exp(({r} + frequency) * ln(({alpha} + T) / ({alpha} + recency)))
            ) ELSE 1 END AS alive,
            {p} * ({gamma} + monetary_value * frequency) / ({p} * frequency + {q} - 1) AS spend
        FROM summary JOIN factors USING (frequency, T)
    )
    SELECT
        customer_id, alive * purchases AS expected_purchases, alive AS probability_alive, spend AS expected_spend,
        spend * alive * discounted AS clv
    FROM parts
"""


def _sql(fetch, factors_table):
    """Fits and factors on a table `summary`: the query of the scorecard.

    `fetch` runs a query and gives its columns; `factors_table` makes the table `factors` from columns.
    """
    theta = _purchases(*fetch(_TUPLES))
    spend = _spend(*fetch(_BINS.format(width=BIN)))
    x, T = fetch(_PAIRS)
    factors_table({"frequency": x, "T": T, **_factors(theta, x, T)})
    numbers = dict(zip(("r", "alpha", "a", "b", "p", "q", "gamma"), map(float, (*theta, *spend)), strict=True))
    return _SCORECARD.format(**{name: f"CAST({value!r} AS DOUBLE)" for name, value in numbers.items()})


def duckdb_by_hand(data):
    connection = connect()
    connection.read_parquet(data.path).create_view("lines")
    end = connection.execute("SELECT max(CAST(bought_at AS DATE)) FROM lines").fetchone()[0]
    summary = _SUMMARY.format(lines="lines", day="CAST(bought_at AS DATE)", arg_min="arg_min", end=f"DATE '{end}'")
    connection.execute(f"CREATE TABLE summary AS {summary}")

    def fetch(query):
        return connection.execute(query).fetchnumpy().values()

    def factors_table(columns):
        import pyarrow as pa

        connection.register("factors", pa.table(columns))

    connection.execute(f"CREATE TABLE scorecard AS {_sql(fetch, factors_table)}")
    return connection.table("scorecard")


def pyspark_by_hand(data):
    session = _spark()
    session.read.parquet(data.path).createOrReplaceTempView("lines")
    end = session.sql("SELECT max(CAST(bought_at AS DATE)) FROM lines").first()[0]
    day = "unix_date(CAST(bought_at AS DATE))"
    summary = _SUMMARY.format(lines="lines", day=day, arg_min="min_by", end=f"unix_date(DATE '{end}')")
    _cached(session.sql(summary), "summary").createOrReplaceTempView("summary")

    def fetch(query):
        return [column.to_numpy() for column in session.sql(query).toArrow().columns]

    def factors_table(columns):
        import pyarrow as pa

        session.createDataFrame(pa.table(columns)).createOrReplaceTempView("factors")

    return _cached(session.sql(_sql(fetch, factors_table)), "scorecard")


SIDES = {
    "polars": (polars, polars_by_hand),
    "duckdb": (duckdb, duckdb_by_hand),
    "ibis": (ibis, duckdb_by_hand),  # what Ibis runs on here, spared Ibis
    "pyspark": (pyspark, pyspark_by_hand),
}


def run(*, size, repeat, engines=ENGINES):
    with tempfile.TemporaryDirectory() as folder:
        for n_lines in (min(WARM_UP, size), size):
            make(n_lines, folder)  # here, so that no measured process has written it
        for engine in engines:
            ours, peer = SIDES[engine]
            compare(
                f"door, summary, fits and scorecard on {engine}, about {size:,} lines",
                ours,
                peer,
                setup=partial(make, folder=folder),
                size=size,
                repeat=repeat,
                peer_name=peer.__name__.replace("_", " "),
                answer=total,
                warm_up=WARM_UP,
            )
