"""Stages found in the engine are those found of the same rows in Python, and so are the days since when they hold."""

import datetime as dt

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest

from custval.errors import ColumnError, CustvalError, DataError
from custval.lifecycle import StageScheme, stages

ZONE = "Europe/Berlin"
SCHEMES = {
    "classic": StageScheme.classic(),
    "short": StageScheme.classic(mature_from=3, decline_after="9D", churn_after="20D"),
    "windows": StageScheme(
        [
            ("rising", "recent_occasions > earlier_occasions"),
            ("fading", "recent_occasions < earlier_occasions and time_since_last >= 12"),
            ("gone", "recent_occasions == 0 and last_gap > 30"),
        ],
        otherwise="steady",
        window="5W",
    ),
    "rhythm": StageScheme(
        [
            ("young", "age <= 20.5"),
            ("late", "time_since_last > 3 * mean_gap"),
            ("due", "2 * mean_gap - time_since_last / 2 < mean_gap + 0.25 or -age >= -(mean_gap + last_gap)"),
            ("odd", "0.1 * time_since_last >= 0.3 * occasions and frequency >= 1"),
        ],
        otherwise="steady",
    ),
    "counts": StageScheme([("one", "occasions == 1"), ("few", "occasions < 4")], otherwise="many"),
    "age": StageScheme([("young", "30 > age")], otherwise="old"),
    "all": StageScheme([], otherwise="all"),
}


def same(engine, lazy, eager):
    assert engine.is_lazy(lazy)
    schema = nw.from_native(lazy).collect_schema()
    assert schema["stage_since"] == nw.Datetime
    assert schema["stage_since"].time_zone is None
    got = engine.collect(lazy)
    want = eager.sort_values("customer_id").reset_index(drop=True)
    assert list(got) == list(want)
    assert got["customer_id"].tolist() == want["customer_id"].tolist()
    assert got["stage"].tolist() == want["stage"].tolist()
    days = pd.to_datetime(got["stage_since"])
    assert days.isna().tolist() == want["stage_since"].isna().tolist()
    assert (days.to_numpy("M8[us]") == want["stage_since"].to_numpy("M8[us]"))[~days.isna()].all()


@pytest.mark.parametrize("scheme", ["short", "windows", "rhythm"])
def test_schemes(engine, some_lines, scheme):
    lines = some_lines(1_000, seed=len(scheme))
    how = {"scheme": SCHEMES[scheme], "as_of": "2012-09-30"}
    eager = stages(pd.DataFrame(lines), **how)
    assert eager["stage"].nunique() >= 3
    same(engine, stages(engine.lazy(lines), **how), eager)


def test_classic(engine, size, some_lines):
    lines = some_lines(size)
    same(engine, stages(engine.lazy(lines)), stages(pd.DataFrame(lines)))


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["windows", "rhythm"])
def test_schemes_at_size(engine, some_lines, scheme):
    if engine.name == "pyspark":
        pytest.skip("the classic scheme shows what Spark does with many rows")
    lines = some_lines(300_000)
    how = {"scheme": SCHEMES[scheme], "as_of": "2013-06-30"}
    same(engine, stages(engine.lazy(lines), **how), stages(pd.DataFrame(lines), **how))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_busy_customers_on_every_last_day(some_lines, scheme):
    """Many histories and ends: on the engine that is the quickest to ask."""
    pl = pytest.importorskip("polars")
    for seed in range(8):
        rng = np.random.default_rng(seed)
        n = 200
        start = np.datetime64("1969-12-01T15:00:00", "us")  # days are counted from 1970
        lines = {
            "customer_id": rng.integers(0, 40, n),
            "timestamp": start + rng.integers(0, 150, n).astype("m8[D]"),
        }
        how = {"scheme": SCHEMES[scheme], "as_of": (start + np.timedelta64(20 + 30 * seed, "D")).astype("M8[D]")}
        want = stages(pl.DataFrame(lines), **how)
        got = stages(pl.LazyFrame(lines), **how).collect().sort("customer_id")
        assert got["stage"].to_list() == want["stage"].to_list()
        assert got["stage_since"].to_list() == want["stage_since"].to_list()


def test_prospects(engine, some_lines):
    lines = some_lines(1_000)
    ids = np.arange(90, 200)
    acquired = pd.Series(np.datetime64("2010-11-29T13:00:00", "us") + (7 * np.arange(110)).astype("m8[D]"))
    acquired[3::5] = None
    customers = pd.DataFrame({"customer_id": ids, "acquired_at": acquired})
    narrow = customers.astype({"customer_id": "int32"})
    for known, how in ((customers, {}), (narrow, {"as_of": dt.datetime(2012, 6, 4, 12, 59)})):
        eager = stages(pd.DataFrame(lines), known, **how)
        assert {"prospect", "churned"} <= set(eager["stage"])
        assert eager["stage_since"].isna().any()
        same(engine, stages(engine.lazy(lines), engine.lazy(known), **how), eager)


def test_times_with_a_zone(engine, some_lines):
    lines = some_lines(1_000, text=True)
    frame = pd.DataFrame(lines)
    frame["timestamp"] = frame["timestamp"].dt.tz_localize("UTC").dt.tz_convert(ZONE)
    how = {"as_of": "2012-06-15", "tz": ZONE}
    same(engine, stages(engine.zoned(lines), **how), stages(frame, **how))
    if engine.name != "polars":
        with pytest.raises(DataError, match="Say which days are meant: tz='Europe/Berlin'"):
            stages(engine.zoned(lines))


def test_without_a_check_nothing_is_run(engine, some_lines, monkeypatch):
    lines = {"customer_id": ["a", "b", "a"], "timestamp": pd.date_range("2024-01-01", periods=3, unit="us")}
    frame, customers = engine.lazy(lines), engine.lazy({"customer_id": ["c", "a"]})

    def refuse(*args, **kwargs):
        raise AssertionError("rows were collected")

    with monkeypatch.context() as patch:
        patch.setattr(nw.LazyFrame, "collect", refuse)
        found = stages(frame, customers, as_of="2024-02-01", check=False)
    want = stages(pd.DataFrame(lines), pd.DataFrame({"customer_id": ["c", "a"]}), as_of="2024-02-01")
    same(engine, found, want)
    with pytest.raises(CustvalError, match="end of observation must be given"):
        stages(frame, check=False)


@pytest.mark.parametrize(
    ("column", "value"), [("customer_id", None), ("timestamp", None), ("amount", None), ("amount", float("inf"))]
)
def test_missing_values_are_refused_with_their_count(engine, column, value):
    frame = pd.DataFrame(
        {
            "customer_id": ["a", "b", "c"],
            "timestamp": pd.date_range("2024-01-01", periods=3, unit="us"),
            "amount": [1.0, 2.0, 3.0],
        }
    )
    frame.loc[1, column] = value
    with pytest.raises(DataError) as raised:
        stages(engine.lazy(frame))
    assert raised.value.column == column
    assert raised.value.count == 1


def test_refusals(engine):
    lines = {"customer_id": ["a", "b"], "timestamp": pd.date_range("2024-01-01", periods=2, unit="us")}
    frame = engine.lazy(lines)
    with pytest.raises(DataError, match="lies before all lines of the data, which go from 2024-01-01 to 2024-01-02"):
        stages(frame, as_of="2023-12-31")
    with pytest.raises(DataError, match="2 rows share their customer_id"):
        stages(frame, engine.lazy({"customer_id": ["x", "x", "y"]}))
    with pytest.raises(ColumnError, match="holds text in transactions and whole numbers in customers"):
        stages(frame, engine.lazy({"customer_id": [1, 2]}))
    with pytest.raises(CustvalError, match=r"all frames must be of one library; transactions is \w+ \(lazy\)"):
        stages(frame, pd.DataFrame({"customer_id": ["x"]}))
    with pytest.raises(CustvalError, match="all frames must be of one library; transactions is pandas"):
        stages(pd.DataFrame(lines), frame)
    with pytest.raises(ColumnError, match="no column 'timestamp'"):
        stages(engine.lazy({"customer_id": [1, 2]}))
    with pytest.raises(CustvalError, match="time can turn a condition more than once") as raised:
        stages(frame, scheme=StageScheme([("odd", "age % 7 == 3")], otherwise="even"))
    assert "collect the transactions first" in raised.value.suggestion


def test_no_lines(engine):
    lines = pd.DataFrame({"customer_id": [1], "timestamp": pd.date_range("2024-01-01", periods=1, unit="us")})
    empty = engine.lazy(lines.head(0))
    assert len(engine.collect(stages(empty))) == 0
    with pytest.raises(DataError, match="no last day for as_of"):
        stages(empty, engine.lazy({"customer_id": [7]}))
    found = engine.collect(stages(empty, engine.lazy({"customer_id": [7]}), as_of="2024-01-01"))
    assert found["stage"].tolist() == ["prospect"]
