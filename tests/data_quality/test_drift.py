"""Drift of columns against scipy on plain arrays, its verdicts, and its false alarms by simulation."""

from __future__ import annotations

import copy
import datetime as dt
import json
import pickle
from collections import Counter
from itertools import pairwise

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from custval.data_quality import drift, profile, schema_difference
from custval.errors import ColumnError, CustvalError


def lists(frame):
    columns = frame if isinstance(frame, dict) else nw.from_native(frame).to_dict(as_series=False)
    return {name: [None if pd.isna(value) else value for value in values] for name, values in columns.items()}


DAYS = [dt.datetime(2024, 1, 1) + dt.timedelta(days=n) for n in range(120)]
REFERENCE = {
    "customer_id": list(range(120)),
    "amount": [n * 1.5 for n in range(120)],
    "channel": ["web", "shop", "web", "phone"] * 30,
    "member": [True, False, None] * 40,
    "at": DAYS,
    "note": [f"note {n}" for n in range(120)],
}
CURRENT = {
    "customer_id": list(range(100, 220)),
    "amount": [n * 1.5 for n in range(60, 180)],
    "channel": ["web", "shop", "app", None] * 30,
    "member": [True, False, None] * 40,
    "at": DAYS,
    "note": [f"another {n}" for n in range(120)],
}


def test_every_library_gives_the_same_in_its_own_frames(frame_library):
    one, two = frame_library(REFERENCE), frame_library(CURRENT)
    before = copy.deepcopy(one), copy.deepcopy(two)
    found = drift(one, two)
    assert type(found.to_frame()) is type(one)
    assert (lists(one), lists(two)) == (lists(before[0]), lists(before[1]))
    rows = lists(found.to_frame())
    assert rows["column"] == list(REFERENCE)
    assert rows["verdict"] == ["not compared", "large", "large", "stable", "stable", "not compared"]
    assert (found.drifted, found.rows) == (("amount", "channel"), (120, 120))
    assert rows["reason"][0] == "is an identifier"
    assert rows["reason"][5] == "is nearly unique"
    assert rows["new_categories"] == [None, None, "app", None, None, None]
    assert rows["vanished_categories"] == [None, None, "phone", None, None, None]
    assert rows["new_share"][2] == pytest.approx(1 / 3)
    assert rows["vanished_share"][2] == 0.25
    ks = stats.ks_2samp(REFERENCE["amount"], CURRENT["amount"], method="asymp")
    assert rows["ks_statistic"][1] == pytest.approx(ks.statistic)
    assert rows["p_value"][1] == pytest.approx(ks.pvalue)
    counts = np.array([[60, 30], [30, 30], [30, 0], [0, 30]]).T
    chi = stats.chi2_contingency(counts, correction=False)
    assert (rows["chi_square"][2], rows["p_value"][2]) == (pytest.approx(chi.statistic), pytest.approx(chi.pvalue))
    gone = stats.chi2_contingency([[0, 30], [120, 90]], correction=False)
    assert rows["null_p_value"][2] == pytest.approx(gone.pvalue)
    tests = [p for name in ("p_value", "null_p_value") for p in rows[name] if p is not None]
    adjusted = [p for name in ("p_adjusted", "null_p_adjusted") for p in rows[name] if p is not None]
    assert adjusted == pytest.approx(stats.false_discovery_control(tests))


def slow_psi(reference, current, bins):
    cuts = sorted({float(np.quantile(reference, i / bins)) for i in range(1, bins)} - {max(reference)})
    index = 0.0
    k = len(cuts) + 1
    edges = [-np.inf, *cuts, np.inf]
    for low, high in pairwise(edges):
        p = (sum(low < v <= high for v in reference) + 0.5) / (len(reference) + 0.5 * k)
        q = (sum(low < v <= high for v in current) + 0.5) / (len(current) + 0.5 * k)
        index += (q - p) * np.log(q / p)
    return index


@settings(max_examples=40)
@given(
    st.lists(st.integers(-20, 20), min_size=1, max_size=25),
    st.lists(st.integers(-20, 20), min_size=1, max_size=25),
    st.integers(2, 10),
)
def test_the_index_of_numbers_written_out(one, two, bins):
    found = drift({"x": [float(v) for v in one]}, {"x": [float(v) for v in two]}, "x", bins).columns["x"]
    assert found.psi == pytest.approx(slow_psi(one, two, bins), abs=1e-12)
    assert (sum(found.counts_reference), sum(found.counts_current)) == (len(one), len(two))


@settings(max_examples=40)
@given(*[st.lists(st.one_of(st.none(), st.sampled_from("abcdefg")), min_size=1, max_size=25) for _ in range(2)])
def test_categories_written_out(one, two):
    frames = [pd.DataFrame({"x": pd.Series(values, dtype=object)}) for values in (one, two)]
    before = [frame.copy() for frame in frames]
    found = drift(*frames, columns="x").columns["x"]
    for frame, as_it_was in zip(frames, before, strict=True):
        pd.testing.assert_frame_equal(frame, as_it_was)
    r, c = (Counter(v for v in values if v is not None) for values in (one, two))
    if r and c:
        assert dict(found.new_categories) == {k: c[k] / c.total() for k in c if k not in r}
        assert dict(found.vanished_categories) == {k: r[k] / r.total() for k in r if k not in c}
    assert found.null_share_reference == one.count(None) / len(one)
    assert found.null_share_current == two.count(None) / len(two)


def test_size_decides_and_chance_is_ruled_out():
    rng = np.random.default_rng(0)
    many = drift({"x": rng.normal(size=300_000)}, {"x": rng.normal(0.03, size=300_000)}).columns["x"]
    assert many.p_adjusted < 1e-6
    assert many.verdict == "stable"
    few = drift({"x": rng.normal(size=25)}, {"x": rng.normal(size=25)}, bins=10).columns["x"]
    assert few.psi > 0.1
    assert few.verdict == "uncertain"
    assert few.reason.endswith("which may be chance")
    gone = {"x": [1.0, 2.0] * 100, "y": [1.0, 2.0] * 100}
    nulls = drift(gone, {"x": [1.0, None, 2.0, 1.0, 2.0] * 40, "y": [1.0] * 10 + [None] * 190}).columns
    assert (nulls["x"].verdict, nulls["x"].reason) == ("large", "nulls +20.0 points")
    assert nulls["y"].verdict == "large"


def test_false_alarms_by_simulation():
    rng = np.random.default_rng(1)
    alarms = 0
    for _ in range(150):
        one, two = (
            {
                "a": rng.normal(size=200),
                "b": rng.gamma(1.0, size=200),
                "c": rng.choice(list("pqrst"), 200).tolist(),
                "d": np.where(rng.random(200) < 0.2, np.nan, rng.normal(size=200)),
            }
            for _ in range(2)
        )
        alarms += bool(drift(one, two).drifted)
    # by Benjamini and Hochberg at most 5 % of such tables where nothing has changed
    assert alarms / 150 <= 0.05 + 3 * 0.018


def test_kinds_that_do_not_meet_and_columns_without_values():
    one = {"a": [1, 2, 3], "b": ["x", "y", "z"], "e": [None, None, None], "f": [1.0, np.inf, 2.0]}
    two = {"a": ["1", "2", "3"], "b": [None, None, None], "e": [None, None, None], "f": [1.0, -np.inf, np.inf]}
    found = drift(one, two).columns
    assert found["a"].reason == "holds number in one and text in the other"
    assert (found["b"].psi, found["b"].null_share_current) == (None, 1.0)
    assert found["e"].verdict == "stable"
    assert found["f"].ks_statistic == pytest.approx(1 / 3)
    assert drift({"x": []}, {"x": [1.0]}).columns["x"].null_share_reference is None


def test_named_columns_are_compared_whatever_they_are_called():
    found = drift(REFERENCE, CURRENT, ["customer_id", "note"])
    assert found.drifted == ("customer_id",)
    # each value stands there once, and no test can be made of that
    assert (found.columns["note"].verdict, found.columns["note"].p_value) == ("uncertain", None)
    assert found.columns["note"].new_categories["another 0"] == pytest.approx(1 / 120)
    assert len(found.columns["note"].new_categories) == 20


def test_results_travel_and_show():
    pytest.importorskip("matplotlib.pyplot")
    found = drift({"<b>": ["<i>"] * 30 + ["x"] * 30, "n": [1.0, 2.0] * 30}, {"<b>": ["<u>"] * 60, "n": [1.0, 2.0] * 30})
    assert json.loads(json.dumps(found.to_dict()))["drifted"] == ["<b>"]
    assert pickle.loads(pickle.dumps(found)) == found  # noqa: S301 - just pickled
    page = found._repr_html_()
    assert not any(tag in page for tag in ("<b>", "<i>", "<u>"))
    ax = found.plot("<b>")
    assert [text.get_text() for text in ax.get_xticklabels()] == ["<i>", "x", "(new)"]
    heights = [bar.get_height() for bar in ax.patches]
    assert heights == [50.0, 50.0, 0.0, 0.0, 0.0, 100.0]
    with pytest.raises(CustvalError, match="was not compared"):
        found.plot("nothing")


def test_what_is_refused():
    with pytest.raises(ColumnError, match="no column in common"):
        drift({"a": [1]}, {"b": [1]})
    with pytest.raises(ColumnError, match="the current table has no column 'a'"):
        drift({"a": [1]}, {"b": [1]}, "a")
    with pytest.raises(CustvalError, match="bins must be"):
        drift({"a": [1]}, {"a": [1]}, bins=1)
    with pytest.raises(CustvalError, match="level must"):
        drift({"a": [1]}, {"a": [1]}, level=1.5)


# schemas


def test_schemas(frame_library):
    rng = np.random.default_rng(0)
    money, cities = rng.gamma(2.0, 30.0, 200).round(2), rng.choice(["Rome", "Ulm", "Jena", "Bonn"], 200).tolist()
    one = frame_library(
        {
            "id": list(range(200)),
            "amount": money.tolist(),
            "city": cities,
            "flag": [True, False] * 100,
            "old": [1.5] * 200,
        }
    )
    two = frame_library(
        {
            "id": [str(n) for n in range(200)],
            "town": cities[::-1],
            "amount": (money * 100).tolist(),
            "active": [True, False] * 100,
            "other": [f"z{n}" for n in range(200)],
        }
    )
    before = copy.deepcopy(one)
    found = schema_difference(one, two)
    assert lists(one) == lists(before)
    assert type(found.to_frame()) is type(one)
    assert (found.added, found.removed) == (("town", "active", "other"), ("city", "flag", "old"))
    assert list(found.types) == ["id"]
    # two flags are alike whatever they mean
    assert dict(found.renamed) == {"city": "town"}
    assert dict(found.units) == {"amount": 100.0}
    assert not found.same
    assert lists(found.to_frame())["change"] == [*["added"] * 3, *["removed"] * 3, "type", "renamed", "unit"]
    assert lists(found.to_frame())["is_hint"] == [*[False] * 7, True, True]
    assert schema_difference(one, one).same
    assert lists(schema_difference(one, one).to_frame())["change"] == []
    assert "town" in found._repr_html_()
    assert pickle.loads(pickle.dumps(found)) == found  # noqa: S301 - just pickled
    assert json.loads(json.dumps(found.to_dict()))["renamed"] == {"city": "town"}


def test_nulls_and_order():
    found = schema_difference({"a": [1.0, None], "b": [1, 2]}, {"b": [1, 2], "a": [1.0, 2.0]})
    assert found.reordered
    assert dict(found.nullable) == {"a": (True, False)}
    assert found.to_frame()["before"] == ["some", "a, b"]


@pytest.mark.parametrize(
    "factor", [0.001, 0.1, 10.0, 1000.0, 3600.0, 1 / 60, 12.0, 1 / 12, 24.0, 7.0, 2.54, 30.4, 365.25]
)
def test_units(factor):
    x = np.random.default_rng(1).lognormal(3, 1, 2000)
    y = np.random.default_rng(2).lognormal(3, 1, 2000) * factor
    assert dict(schema_difference({"x": x}, {"x": y}).units) == {"x": pytest.approx(factor)}
    assert dict(schema_difference({"x": x}, {"x": x * 5.0}).units) == {"x": 5.0}
    assert dict(schema_difference({"x": x}, {"x": x * 1.5}).units) == {}
    # not the unit but the shape changed
    assert dict(schema_difference({"x": x}, {"x": np.where(x > np.median(x), x * 100, x)}).units) == {}
    assert dict(schema_difference({"x": [0.0]}, {"x": [0.0, None]}).units) == {}


def test_units_and_types_are_said_in_words():
    years = np.arange(1, 200) / 7
    day = pd.to_datetime(["2024-01-01"] * 199)
    one = pd.DataFrame({"tenure": years, "at": day.astype("datetime64[s]"), "in": day.tz_localize("UTC")})
    two = pd.DataFrame({"tenure": years * 12, "at": day.astype("datetime64[us]"), "in": day})
    found = schema_difference(one, two)
    assert lists(found.to_frame())["after"] == ["Datetime, us", "Datetime", "× 12"]
    assert lists(found.to_frame())["before"] == ["Datetime, s", "Datetime (UTC)", "× 1"]
    page = found._repr_html_()
    assert "2 differences · 1 hint" in page
    assert "values × 12" in page
    assert "time_unit" not in page
    assert lists(schema_difference(two, one).to_frame())["after"][-1] == "÷ 12"
    assert profile(one).columns["at"].dtype == "Datetime"


def test_renamed_numbers_by_values_and_names():
    rng = np.random.default_rng(3)
    one = {"order_amount": rng.gamma(2, 10, 500), "age": rng.normal(40, 10, 500), "n": rng.integers(0, 3, 500)}
    two = {"OrderAmountEUR": rng.gamma(2, 10, 500), "years": rng.normal(40, 10, 500), "m": rng.integers(0, 3, 500)}
    assert dict(schema_difference(one, two).renamed) == {"order_amount": "OrderAmountEUR", "age": "years"}


def test_many_columns():
    one = {f"a{i}": [i, None] for i in range(300)}
    two = {f"b{i}": [i, None] for i in range(300)}
    found = schema_difference(one, two)
    assert (len(found.added), len(found.removed), dict(found.renamed)) == (300, 300, {})


def test_all_new_categories_count_and_not_only_those_that_are_named():
    old = {"city": [f"o{i}" for i in range(50)] * 10, "same": ["x"] * 500}
    new = {"city": [f"n{i}" for i in range(30)] * 10 + ["o1"] * 700, "same": ["x"] * 999 + ["rare"]}
    found = drift(old, new)
    city = found.columns["city"]
    assert (len(city.new_categories), city.n_new, city.n_vanished) == (20, 30, 49)
    assert (city.new_share, city.vanished_share) == (0.3, 0.98)
    assert found.to_frame()["new_share"] == [0.3, 0.001]
    page = found._repr_html_()
    assert "+ 28 more" in page
    assert "− 47 more" in page
    assert "+ n0 1.0 %" in page
    assert "+ rare 0.1 %" in page
    assert "0.0 %" not in page
