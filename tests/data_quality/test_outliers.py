"""Flags against numpy written out, false flags by simulation, and nothing that is lost or changed."""

from __future__ import annotations

import copy
import datetime as dt
import json
import pickle

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custval.data_quality import outliers
from custval.errors import ColumnError, CustvalError, DataError


def lists(frame):
    columns = frame if isinstance(frame, dict) else nw.from_native(frame).to_dict(as_series=False)
    return {name: [None if pd.isna(value) else value for value in values] for name, values in columns.items()}


PEOPLE = {
    "customer_id": [7, 3, 9, 4, 5, 6, 1, 2],
    "born": [1893, 1970, 1975, 1981, 1968, 1990, None, 1977],
    "income": [52.0, 48.0, 61.0, 45.0, 666.0, 55.0, 50.0, None],
    "since": [dt.datetime(2020, 1, day) for day in range(1, 8)] + [dt.datetime(9999, 12, 31)],
    "city": ["Rome"] * 8,
    "member": [0, 1, 0, 0, 0, 0, 0, 0],
}


def test_every_library_gives_the_same_in_its_own_frames(frame_library):
    frame = frame_library(PEOPLE)
    before = copy.deepcopy(frame)
    found = outliers(frame)
    assert type(found.frame) is type(found.flags) is type(found.summary) is type(frame)
    assert lists(frame) == lists(before)
    assert lists(found.frame)["is_outlier"] == [True, False, False, False, True, False, False, True]
    flags = lists(found.flags)
    assert flags["row"] == [0, 4, 7]
    assert flags["column"] == ["born", "income", "since"]
    assert flags["value"] == ["1893", "666", "9999-12-31"]
    assert flags["reason"][1].startswith("income 666: robust z ")
    assert flags["reason"][2].startswith("since 9999-12-31: robust z ")
    assert "(median 2020-01-04 12:00:00, scale 2.965 days; threshold 3.5)" in flags["reason"][2]
    assert lists(found.frame)["outlier_reasons"] == [
        *flags["reason"][:1],
        *[None] * 3,
        flags["reason"][1],
        None,
        None,
        flags["reason"][2],
    ]
    assert {name: values for name, values in lists(found.frame).items() if name in PEOPLE} == lists(before)
    assert found.counts == {"born": 1, "income": 1, "since": 1}
    assert found.skipped == {
        "customer_id": "is an identifier",
        "city": "holds text",
        "member": "has no more than two values",
    }
    assert (found.rows, found.flagged_rows) == (8, 3)


def slow_z(values, threshold):
    known = [v for v in values if v is not None]
    median = float(np.median(known))
    scale = float(np.median([abs(v - median) for v in known])) / 0.6744897501960817
    if scale == 0:
        scale = float(np.mean([abs(v - median) for v in known])) * np.sqrt(np.pi / 2)
    return {
        i: (v - median) / scale
        for i, v in enumerate(values)
        if v is not None and scale and abs(v - median) / scale > threshold
    }


def slow_fences(values, threshold):
    low, high = np.quantile([v for v in values if v is not None], [0.25, 0.75])
    return {
        i
        for i, v in enumerate(values)
        if v is not None and (v < low - threshold * (high - low) or v > high + threshold * (high - low))
    }


VALUES = st.lists(st.one_of(st.none(), st.integers(-50, 50), st.integers(-5000, 5000)), min_size=1, max_size=30)


@given(VALUES, st.sampled_from([2.0, 3.5, 6.0]))
def test_flags_are_those_written_out(values, threshold):
    # a quarter is added, so that nothing stands on a threshold
    values = [None if v is None else v + 0.25 for v in values]
    frame = pd.DataFrame({"x": pd.Series(values, dtype=float)})
    before = frame.copy()
    found = outliers(frame, "x", threshold=threshold) if sum(v is not None for v in values) else outliers(frame)
    pd.testing.assert_frame_equal(frame, before)
    pd.testing.assert_frame_equal(found.frame[["x"]], before)
    if sum(v is not None for v in values) < 5:
        assert "known values" in found.skipped["x"]
        assert not len(found.flags)
        return
    expected = slow_z(values, threshold)
    assert dict(zip(found.flags["row"], found.flags["score"], strict=True)) == pytest.approx(expected)
    low, high = np.quantile([v for v in values if v is not None], [0.25, 0.75])
    if high > low:
        fenced = outliers(frame, "x", method="iqr", threshold=1.4375)
        assert set(fenced.flags["row"]) == slow_fences(values, 1.4375)
        assert {
            i
            for i, v in enumerate(values)
            if v is not None and not fenced.summary["low"][0] <= v <= fenced.summary["high"][0]
        } == slow_fences(values, 1.4375)


def test_within_strata_and_small_ones_by_all():
    rng = np.random.default_rng(0)
    tall, small = rng.normal(180, 5, 200), rng.normal(100, 5, 200)
    frame = pd.DataFrame(
        {
            "height": [*tall, *small, 180.0, 181.0],
            "kind": ["adult"] * 200 + ["child"] * 200 + [None, "child"],
        }
    )
    assert outliers(frame).flagged_rows == 0
    found = outliers(frame, by="kind", threshold=4.5)
    assert found.flags["row"].to_list() == [401]
    assert found.flags["reason"][0].endswith("within kind = child")
    assert found.summary["low"].isna().all()
    fenced = outliers(frame, by=["kind"], method="iqr", threshold=2.5)
    assert fenced.flags["row"].to_list() == [401]
    forest = outliers(frame, by="kind", method="isolation_forest", threshold=6.0)
    assert 401 in forest.flags["row"].to_list()


def test_where_most_values_are_equal():
    frame = {"visits": [0] * 15 + [1, 2, 1, 90], "other": [1.0, 2.0, 3.0] * 6 + [None], "same": [4] * 19}
    found = outliers(frame)
    assert found.flags["value"] == ["90"]
    assert "mean deviation as the MAD is 0" in found.flags["reason"][0]
    assert found.skipped["same"] == "has no more than two values"
    assert outliers(frame, "same").flagged_rows == 0
    assert outliers(frame, "same", method="iqr").flagged_rows == 0
    assert outliers(frame, "visits", method="iqr").flags["value"] == ["90"]


def test_logarithms_of_skewed_money():
    x = np.random.default_rng(2).lognormal(3.0, 1.0, 20_000)
    frame = pd.DataFrame({"amount": [*x, 1e7], "z": np.r_[np.random.default_rng(0).normal(size=20_000), 0.0]})
    plain, logged = outliers(frame, "amount"), outliers(frame, "amount", log=True)
    assert plain.flagged_rows > 1000
    assert logged.flagged_rows < 40
    assert 20_000 in logged.flags["row"].to_list()
    assert "logarithm: robust z" in logged.flags["reason"].iloc[-1]
    high = logged.summary["high"][0]
    assert (frame["amount"] > high).sum() == (logged.flags["score"] > 0).sum()
    assert outliers(frame, log=True).counts["z"] == outliers(frame).counts["z"]
    negative = int((frame["z"] < 0).sum())
    with pytest.raises(DataError, match=f"column 'z' has no logarithm in {negative:,} rows"):
        outliers(frame, log="z")
    with pytest.raises(CustvalError, match="not among the columns"):
        outliers(pd.DataFrame({"a": range(9), "t": list("abcdefghi")}), log=["t"])


@pytest.mark.parametrize(("method", "share"), [("robust_z", 0.000465), ("iqr", 0.00698)])
def test_false_flags_under_normality(method, share):
    frame = pd.DataFrame(np.random.default_rng(4).normal(50.0, 7.0, (100_000, 4)), columns=list("abcd"))
    found = outliers(frame, method=method)
    assert found.expected_share == pytest.approx(share, rel=0.005)
    # the standard error of a share of 400,000 is 3.4e-5 or 1.3e-4
    assert len(found.flags) / 400_000 == pytest.approx(share, abs=5e-4 if method == "iqr" else 1.5e-4)


@pytest.mark.parametrize("columns", [2, 5])
def test_false_flags_of_the_forest(columns):
    x = np.random.default_rng(5).normal(size=(4000, columns))
    found = outliers(pd.DataFrame(x, columns=list("abcdefgh"[:columns])), method="isolation_forest")
    assert found.flagged_rows / 4000 < 0.008
    assert found.expected_share is None


def test_the_forest_finds_a_combination():
    rng = np.random.default_rng(6)
    a = rng.normal(size=1000)
    frame = pd.DataFrame({"a": a, "b": a + rng.normal(scale=0.1, size=1000), "c": rng.normal(size=1000)})
    frame.loc[500] = [6.5, -7.5, 0.0]
    frame.loc[3, "c"] = None
    found = outliers(frame, method="isolation_forest")
    assert 500 in found.flags["row"].to_list()
    # most trees do not draw this row, and tell it no better from the others at the edge: among 1,000 it is of the first
    for seed in range(3):
        flags = outliers(frame, method="isolation_forest", rng=seed).flags.set_index("row").sort_values("score")
        assert 500 in flags.index[-8:]
    assert flags.loc[500, "column"] == "b"
    assert "unusual row" in flags.loc[500, "reason"]
    again = outliers(frame, method="isolation_forest")
    pd.testing.assert_frame_equal(again.flags, found.flags)


def test_the_forest_does_not_depend_on_the_order_of_rows():
    rng = np.random.default_rng(8)
    frame = pd.DataFrame({"a": rng.normal(size=801), "b": rng.integers(0, 9, 801) * 1.0, "c": rng.gamma(2.0, size=801)})
    frame.loc[::50, "c"] = np.nan
    found = outliers(frame, method="isolation_forest", threshold=2.5)
    assert found.flagged_rows > 5
    order = rng.permutation(801)
    other = outliers(frame.iloc[order], method="isolation_forest", threshold=2.5)
    flags = other.flags.assign(row=order[other.flags["row"]]).sort_values("row", ignore_index=True)
    pd.testing.assert_frame_equal(flags, found.flags)
    seeds = [outliers(frame, method="isolation_forest", rng=seed).flags for seed in (1, 1, np.random.default_rng(1), 2)]
    assert seeds[0].equals(seeds[1])
    assert seeds[0].equals(seeds[2])
    assert not seeds[0].equals(seeds[3])
    with pytest.raises(CustvalError, match="rng must be"):
        outliers(frame, method="isolation_forest", rng="one")


@pytest.mark.parametrize("method", ["robust_z", "iqr", "isolation_forest"])
def test_infinite_values_are_flagged(method):
    frame = pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0, 5.0, np.inf, -np.inf, None], "y": np.arange(8.0) % 3})
    found = outliers(frame, method=method)
    assert {5, 6} <= set(found.flags["row"])
    reasons = dict(zip(found.flags["row"], found.flags["reason"], strict=True))
    assert (reasons[5], reasons[6]) == ("x inf: infinite", "x -inf: infinite")


def test_no_rows_no_columns(frame_library):
    assert outliers(frame_library({"t": ["a", "b"]})).flagged_rows == 0
    assert outliers(pd.DataFrame({"x": pd.Series([], dtype=float)})).rows == 0
    empty = outliers(pd.DataFrame({"x": pd.Series([], dtype=float)}), method="isolation_forest")
    assert (empty.rows, empty.skipped["x"]) == (0, "has 0 known values; 5 are the fewest")


def test_results_travel_and_show():
    found = outliers({**PEOPLE, "<b>": [1, 2, 3, 4, 5, 6, 1e9, 2.5]})
    assert json.loads(json.dumps(found.to_dict()))["counts"]["<b>"] == 1
    assert pickle.loads(pickle.dumps(found)).counts == found.counts  # noqa: S301 - just pickled
    page = found._repr_html_()
    assert "<b>" not in page
    assert "robust z" in page
    assert found.to_frame() is found.frame


def test_what_is_refused():
    with pytest.raises(CustvalError, match="method must be one of"):
        outliers(PEOPLE, method="zscore")
    with pytest.raises(ColumnError, match="'city' must hold numbers or times"):
        outliers(PEOPLE, "city")
    with pytest.raises(ColumnError, match="no column 'incme'"):
        outliers(PEOPLE, ["incme"])
    with pytest.raises(CustvalError, match="threshold must be"):
        outliers(PEOPLE, threshold=0)
    with pytest.raises(ColumnError, match="has a column 'is_outlier' already"):
        outliers({"is_outlier": [1]})
    with pytest.raises(CustvalError, match="names a column twice"):
        outliers(PEOPLE, ["born", "born"])


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(st.one_of(st.none(), st.floats(allow_nan=True)), st.sampled_from(["a", "b", None])), max_size=25
    ),
    st.sampled_from(["robust_z", "iqr"]),
    st.booleans(),
)
def test_every_row_is_there_and_as_it_was(rows, method, grouped):
    frame = pd.DataFrame(
        {"x": pd.Series([r[0] for r in rows], dtype=float), "g": pd.Series([r[1] for r in rows], dtype=str)}
    )
    before = frame.copy(deep=True)
    found = outliers(frame, method=method, by="g" if grouped else None)
    pd.testing.assert_frame_equal(frame, before)
    pd.testing.assert_frame_equal(found.frame[["x", "g"]], before)
    assert found.flagged_rows == found.frame["is_outlier"].sum() == found.frame["outlier_reasons"].notna().sum()
    assert set(found.flags["row"]) == set(np.flatnonzero(found.frame["is_outlier"]))


def test_what_is_not_zero_is_judged_among_itself_where_most_is_zero():
    rng = np.random.default_rng(4)
    n = 20_000
    zero = rng.random(n) < 0.8
    spent = np.where(zero, 0.0, rng.normal(50.0, 10.0, n))
    shares = {
        "spent": spent,
        "counts": rng.poisson(0.3, n).astype(float),
        "yes": (rng.random(n) < 0.1).astype(float),
        "usual": rng.normal(size=n),
    }
    for method, most in (("robust_z", 0.001), ("iqr", 0.009)):
        for values in shares.values():
            assert outliers({"x": values.tolist()}, "x", method=method).flagged_rows <= most * n
    spent[7] = 500.0
    found = outliers({"spent": spent.tolist()})
    assert 7 in found.flags["row"]
    reason = found.flags["reason"][found.flags["row"].index(7)]
    assert "of the values other than 0, which are fewer than half" in reason


@pytest.mark.parametrize("method", ["robust_z", "iqr"])
def test_few_values_beside_a_point_are_flagged_as_before(method):
    found = outliers({"x": [5.0] * 200 + [9_999.0, -50.0]}, method=method)
    assert found.flags["row"][0] == 200
    if method == "robust_z":
        assert "mean deviation as the MAD is 0" in found.flags["reason"][0]


def test_logarithms_keep_the_stated_share_of_skewed_values():
    values = np.random.default_rng(5).lognormal(3.0, 1.0, 20_000).tolist()
    assert outliers({"x": values}).flagged_rows > 1_000
    found = outliers({"x": values}, log=True)
    assert found.flagged_rows <= 3 * found.expected_share * len(values)


@pytest.mark.parametrize("method", ["robust_z", "iqr"])
@pytest.mark.parametrize("n", [10, 20, 21])
def test_the_expected_share_of_small_strata(method, n):
    rng = np.random.default_rng(n)
    frame = pd.DataFrame({"x": rng.normal(50.0, 7.0, 3000 * n), "g": np.repeat(np.arange(3000), n)})
    found = outliers(frame, "x", by="g", method=method)
    # what one stratum flags is correlated: a standard error by strata
    by_stratum = found.frame.groupby("g")["is_outlier"].mean()
    assert found.expected_share == pytest.approx(by_stratum.mean(), abs=4 * by_stratum.std() / np.sqrt(3000))
    assert found.expected_share > 3 * outliers(frame, "x", method=method).expected_share


def test_the_expected_share_of_strata_of_several_sizes():
    rng = np.random.default_rng(3)
    group = np.repeat(np.arange(1000), rng.choice([3, 12, 40], 1000))
    frame = pd.DataFrame({"x": rng.normal(size=group.size), "y": rng.normal(size=group.size), "g": group})
    found = outliers(frame, ["x", "y"], by="g")
    assert found.expected_share == pytest.approx(len(found.flags) / (2 * group.size), rel=0.15)
    alone = outliers({"x": [1.5, 2.0, 3.0, 4.5, 7.0, 1.0]})
    assert alone.expected_share == pytest.approx(0.0305, rel=0.05)


def test_zeros_and_values_below_zero_under_logarithms():
    x = np.round(np.random.default_rng(2).lognormal(3.0, 1.0, 5_000))
    frame = pd.DataFrame({"spent": np.where(x < 5, 0.0, x), "change": x - 20.0})
    found = outliers(frame, log=True)
    hints = dict(zip(found.summary["column"], found.summary["hint"], strict=True))
    below = int((frame["change"] < 0).sum())
    assert hints["change"] == f"judged as it is: {below:,} values below 0 have no logarithm"
    assert pd.isna(hints["spent"])
    assert found.counts["change"] == outliers(frame).counts["change"]
    slow = np.log1p(frame["spent"])
    scale = (slow - slow.median()).abs().median() / 0.6744897501960817
    far = (slow - slow.median()).abs() > 2.0 * scale
    named = outliers(frame, "spent", log="spent", threshold=2.0)
    assert named.flags["row"].tolist() == np.flatnonzero(far).tolist()
    assert "logarithm of 1 + value: robust z" in named.flags["reason"][0]
    low, high = named.summary["low"][0], named.summary["high"][0]
    assert ((frame["spent"] < low) | (frame["spent"] > high)).sum() == far.sum()


def test_a_hint_where_logarithms_flag_less_than_half():
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"spent": rng.lognormal(3.0, 1.0, 2_000), "usual": rng.normal(100.0, 9.0, 2_000)})
    found = outliers(frame)
    logged = outliers(frame, "spent", log=True)
    assert (
        found.summary["hint"][0] == f"log=True would flag {logged.counts['spent']} instead of {found.counts['spent']}"
    )
    assert pd.isna(found.summary["hint"][1])
    assert logged.summary["hint"].isna().all()
    assert "log=True would flag" in found._repr_html_()


def test_limits_of_times_are_times(frame_library):
    found = outliers(frame_library(PEOPLE), ["since", "income"])
    summary = lists(found.summary)
    assert (summary["low"][0], summary["high"][0]) == (None, None)
    assert (summary["earliest"][0][:10], summary["latest"][0][:10]) == ("2019-12-25", "2020-01-14")
    assert summary["latest"][1] is None
    assert summary["low"][1] < summary["high"][1]
    assert "2019-12-25" in found._repr_html_()


def test_no_false_reason_of_an_infinite_value_in_the_forest():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(60, 2)), columns=["a", "b"])
    frame.loc[7, "a"] = np.inf
    found = outliers(frame, method="isolation_forest", threshold=50.0)
    assert found.flags["reason"].tolist() == ["a inf: infinite"]


@pytest.mark.parametrize("method", ["robust_z", "iqr"])
def test_scales_too_small_for_a_quotient(method):
    found = outliers({"x": [0.0, 0.0, 1.0, 1.0, 2.2250738585e-313]}, "x", method=method)
    assert found.rows == 5
