"""Drift of columns against scipy on plain arrays, its verdicts, and its false alarms by simulation."""

from __future__ import annotations

import copy
import datetime as dt
import json
import pickle
import re
from collections import Counter

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
    assert rows["verdict"] == ["not compared", "large", "large", "stable", "not compared", "not compared"]
    assert (found.drifted, found.rows) == (("amount", "channel"), (120, 120))
    assert rows["reason"][0] == "is an identifier"
    assert rows["reason"][5] == "is nearly unique"
    assert rows["new_categories"] == [None, None, "app", None, None, None]
    assert rows["vanished_categories"] == [None, None, "phone", None, None, None]
    assert rows["new_share"][2] == pytest.approx(1 / 3)
    assert rows["vanished_share"][2] == 0.25
    ks = stats.ks_2samp(REFERENCE["amount"], CURRENT["amount"], method="asymp")
    assert rows["ks_statistic"][1] == pytest.approx(ks.statistic)
    assert rows["ks_p_value"][1] == pytest.approx(ks.pvalue)
    # 120 and 120 values in ten bins
    assert rows["p_value"][1] == pytest.approx(stats.chi2.sf(rows["psi"][1] / (2 / 120), 9), rel=1e-9)
    counts = np.array([[60, 30], [30, 30], [30, 0], [0, 30]]).T
    chi = stats.chi2_contingency(counts, correction=False)
    assert (rows["chi_square"][2], rows["p_value"][2]) == (pytest.approx(chi.statistic), pytest.approx(chi.pvalue))
    # without a null on either side there is no test, and none is counted
    assert [p is not None for p in rows["null_p_value"]] == [False, False, True, True, False, False]
    gone = stats.chi2_contingency([[0, 30], [120, 90]], correction=False)
    assert rows["null_p_value"][2] == pytest.approx(gone.pvalue)
    tests = [p for name in ("p_value", "null_p_value") for p in rows[name] if p is not None]
    adjusted = [p for name in ("p_adjusted", "null_p_adjusted") for p in rows[name] if p is not None]
    assert adjusted == pytest.approx(stats.false_discovery_control(tests))


def slow_psi(reference, current, bins):
    distinct, n = sorted(set(reference)), len(reference)
    ends = set(distinct) if len(distinct) <= bins else {float(np.quantile(reference, i / bins)) for i in range(1, bins)}
    heavy = {v for v in distinct if reference.count(v) > max(1, n / bins)}
    ends -= {distinct[-1]}

    def place(value):
        # halves: a heavy value by itself, and what lies between
        return value in heavy, sum(end < value for end in ends), sum(v < value for v in heavy)

    one, two = Counter(map(place, reference)), Counter(map(place, current))
    places = one.keys() | two.keys()
    index, k = 0.0, len(places)
    for at in places:
        p, q = (one[at] + 0.5) / (n + 0.5 * k), (two[at] + 0.5) / (len(current) + 0.5 * k)
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


def test_discrete_columns_that_shift():
    rng = np.random.default_rng(0)
    ratings = np.repeat([1, 2, 3, 4, 5], [20, 20, 20, 20, 920])
    flag = np.repeat([0, 1], [50, 950])
    one = {"rating": ratings, "flag": flag, "member": 1 - flag, "same": np.full(1000, 5), "price": ratings * 1.0}
    two = {
        "rating": np.ones(1000, dtype=int),
        "flag": np.repeat([0, 1], [800, 200]),
        "member": np.repeat([0, 1], [200, 800]),
        "same": np.full(1000, 4),
        "price": np.full(1000, 4.5),
    }
    assert drift(one, two).drifted == tuple(one)
    assert {c.verdict for c in drift(one, {k: rng.permutation(v) for k, v in one.items()}).columns.values()} == {
        "stable"
    }
    found = drift(one, two).columns["flag"]
    assert (found.bins, found.counts_reference, found.counts_current) == (("≤ 0", "= 1"), (50, 950), (800, 200))


def some_table(rng, rows):
    return {
        "a": rng.normal(size=rows),
        "b": rng.choice([1.0, 2.0, 3.0, 4.0, 5.0], rows, p=[0.02, 0.03, 0.05, 0.2, 0.7]),
        "c": rng.choice(list("pqrst"), rows).tolist(),
        "d": np.where(rng.random(rows) < 0.2, np.nan, rng.gamma(1.0, size=rows)),
    }


@pytest.mark.parametrize("rows", [(50, 50), (400, 100)])
def test_false_alarms_by_simulation(rows):
    rng = np.random.default_rng(1)
    rounds = 80
    alarms = sum(bool(drift(*(some_table(rng, n) for n in rows)).drifted) for _ in range(rounds))
    # by Benjamini and Hochberg at most 5 % of such tables where nothing has changed
    assert alarms / rounds <= 0.05 + 3 * 0.0244


def test_power_by_simulation():
    rng = np.random.default_rng(2)
    rounds, n = 40, 250
    spread = shift = 0
    for _ in range(rounds):
        one = {"spread": rng.normal(size=n), "shift": rng.normal(size=n)}
        two = {"spread": rng.normal(0, 1.6, n), "shift": rng.normal(0.6, 1, n)}
        found = drift(one, two).drifted
        spread += "spread" in found
        shift += "shift" in found
    assert min(spread, shift) >= 0.95 * rounds


def test_nulls_and_types_are_judged_in_every_column():
    n = 200
    one = {"customer_id": list(range(n)), "amount": [n / 7 for n in range(n)], "at": [dt.datetime(2024, 5, 1)] * n}
    two = {
        "customer_id": [None] * 120 + list(range(80)),
        "amount": [str(n) for n in range(n)],
        "at": [dt.datetime(2024, 6, 1)] * n,
    }
    found = drift(one, two)
    assert found.drifted == ("customer_id", "amount")
    assert [c.verdict for c in found.columns.values()] == ["large", "other type", "not compared"]
    assert [c.reason for c in found.columns.values()] == [
        "nulls +60.0 points, is an identifier",
        "holds number in one and text in the other",
        "is a time, and time goes on",
    ]
    assert "other type" in found._repr_html_()
    assert drift(one, two, "at").drifted == ("at",)


def test_tables_without_nulls_do_not_pay_for_tests_of_nulls():
    rng = np.random.default_rng(3)
    one, two = ({f"x{i}": rng.normal(size=100) for i in range(4)} for _ in range(2))
    columns = drift(one, two).columns.values()
    assert {c.null_p_value for c in columns} == {None}
    assert [c.p_adjusted for c in columns] == pytest.approx(stats.false_discovery_control([c.p_value for c in columns]))


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
    # each value stands there once, and nothing can be said of that
    assert (found.columns["note"].verdict, found.columns["note"].p_value) == ("not compared", None)
    assert found.columns["note"].reason == "nearly all different: no value is frequent"
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
    assert re.search(r"(?<!\d)0\.0 %", page) is None


def names_of(rng, rows):
    return {"surname": [f"s{n}" for n in rng.zipf(1.3, rows)]}


@pytest.mark.parametrize("rows", [(5_000, 5_000), (4_000, 1_000), (500, 2_000)])
def test_many_rare_categories_do_not_drift_by_themselves(rows):
    rng = np.random.default_rng(0)
    for _ in range(20):
        found = drift(*(names_of(rng, n) for n in rows), "surname").columns["surname"]
        assert found.new_share > 0.04
        assert found.psi < 0.15
        assert found.verdict == "stable" or found.p_value < 0.05
    names = names_of(rng, 3_000)
    assert drift(names, names).columns["surname"].reason == "PSI 0.000"


def test_more_new_values_than_a_second_sample_would_hold():
    rng = np.random.default_rng(1)
    one, two = names_of(rng, 3_000), names_of(rng, 3_000)
    other = {"surname": [f"{s}-{i}" if i % 4 == 0 else s for i, s in enumerate(two["surname"])]}
    found = drift(one, other, "surname").columns["surname"]
    assert (found.verdict, found.bins[-1]) == ("large", "(new)")
    assert found.p_value < 1e-6
    assert found.reason.endswith(f"{100 * found.new_share:.1f} % are new values")


def test_without_rows_there_is_nothing_to_compare():
    some = pd.DataFrame({"n": [1.0, None] * 20, "c": ["x", "y"] * 20})
    for one, two, what in (
        (some, some[:0], "the current table has no rows"),
        (some[:0], some, "the reference has no rows"),
        (some[:0], some[:0], "the reference and the current table have no rows"),
    ):
        found = drift(one, two)
        assert not found.drifted
        assert {c.verdict for c in found.columns.values()} == {"not compared"}
        assert {c.reason for c in found.columns.values()} == {f"nothing to compare, {what}"}
        assert "nothing to compare" in found._repr_html_()


def test_reasons_name_what_moved():
    rng = np.random.default_rng(2)
    one, two = (rng.choice(list("abcd"), 20_000, p=p).tolist() for p in ([0.4, 0.3, 0.2, 0.1], [0.36, 0.3, 0.22, 0.12]))
    found = drift({"x": one}, {"x": two}).columns["x"]
    assert re.fullmatch(r"PSI 0\.\d{3} and significant: p \de-\d\d", found.reason)
    mostly = drift({"x": one}, {"x": ["a"] * 15_000 + two[:5_000]}).columns["x"]
    assert re.search(r", b: (29|30)\.\d % → \d\.\d %$", mostly.reason) or ", a: " in mostly.reason
    new = drift({"x": one}, {"x": two[:19_000] + ["new"] * 1_000}).columns["x"]
    assert new.reason.endswith("5.0 % are new values")


@pytest.mark.parametrize("name", ["InvoiceNo", "invoice_no", "order number", "BelegNr"])
def test_numbers_of_documents_are_identifiers(name):
    one, two = ({name: [f"{start + i // 8}" for i in range(2_000)]} for start in (536_365, 540_000))
    assert drift(one, two).columns[name].reason == "is an identifier"
    assert drift(one, two, name).columns[name].verdict == "large"
    piano = {"Piano": [f"p{i % 60}" for i in range(2_000)], "no": ["x", "y"] * 1_000}
    assert {c.verdict for c in drift(piano, piano).columns.values()} == {"stable"}
