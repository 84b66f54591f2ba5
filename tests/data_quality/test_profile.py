"""Profiles against counting in plain Python, and the six dimensions against their formulas."""

from __future__ import annotations

import copy
import datetime as dt
import json
import pickle
import re
import statistics
import unicodedata
from collections import Counter
from decimal import Decimal
from html.parser import HTMLParser

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custval.data_quality import _readings, _texts, compare_profiles, presets, profile, rules, validate
from custval.data_quality._shares import percent
from custval.errors import ColumnError, CustvalError, DataError

START = dt.datetime(2024, 1, 1)
DIMENSIONS = ["completeness", "validity", "uniqueness", "consistency", "timeliness", "accuracy"]


def lists(frame):
    """Columns as lists, whatever the library; NaN as None."""
    columns = frame if isinstance(frame, dict) else nw.from_native(frame).to_dict(as_series=False)
    return {name: [None if pd.isna(value) else value for value in values] for name, values in columns.items()}


def shape_of(text):
    return "".join("9" if c.isdecimal() else "A" if c.isupper() else "a" if c.isalpha() else c for c in text)


def most(counter, n):
    return sorted(counter.items(), key=lambda item: (-item[1], item[0]))[:n]


@given(st.lists(st.one_of(st.none(), st.sampled_from(["AB-1", "AB-2", "ab", "", "Žü9", "李", "x y"])), max_size=20))
def test_text(values):
    found = profile(pd.DataFrame({"c": pd.Series(values, dtype=object)})).columns["c"]
    known = [value for value in values if value is not None]
    assert (found.rows, found.nulls, found.distinct) == (len(values), len(values) - len(known), len(set(known)))
    assert found.null_share == ((len(values) - len(known)) / len(values) if values else None)
    assert (found.minimum, found.maximum) == ((min(known), max(known)) if known else (None, None))
    assert list(found.top_values.items()) == most(Counter(known), 5)
    shapes = most(Counter(map(shape_of, known)), 3)
    assert list(found.patterns.items()) == [(shape, count / len(known)) for shape, count in shapes]
    assert (found.mean, found.standard_deviation) == (None, None)


@given(st.lists(st.one_of(st.none(), st.sampled_from([-2.5, 0.0, 1.0, 3.25, 1e6, 7.0, 8.0, 9.5])), max_size=20))
def test_numbers(values):
    found = profile(pd.DataFrame({"c": pd.Series(values, dtype=float)})).columns["c"]
    known = [value for value in values if value is not None]
    assert (found.nulls, found.distinct) == (len(values) - len(known), len(set(known)))
    assert (found.minimum, found.maximum) == ((min(known), max(known)) if known else (None, None))
    expected = {f"{value:g}" if value < 1e5 else "1000000": count for value, count in most(Counter(known), 5)}
    assert list(found.top_values.items()) == list(expected.items())
    assert found.patterns == {}
    assert found.mean == (pytest.approx(statistics.mean(known)) if known else None)
    assert found.standard_deviation == (pytest.approx(statistics.stdev(known)) if len(known) > 1 else None)


TABLE = {
    "id": [1, 2, 3, 3],
    "name": ["Ann", "bob ", "Bob", "Bob"],
    "price": [1.5, None, 2.5, 2.5],
    "at": [START, START + dt.timedelta(days=73), None, None],
    "new": [True, False, True, True],
}


def test_every_library_gives_the_same_in_its_own_frames(frame_library):
    frame = frame_library(TABLE)
    before = copy.deepcopy(frame)
    found = profile(frame)
    assert type(found.to_frame()) is type(frame)
    assert lists(frame) == lists(before)
    columns = lists(found.to_frame())
    del columns["dtype"]
    assert columns == {
        "column": list(TABLE),
        "rows": [4] * 5,
        "nulls": [0, 0, 1, 2, 0],
        "null_share": [0.0, 0.0, 0.25, 0.5, 0.0],
        "distinct": [3, 3, 2, 2, 2],
        "minimum": ["1", "Ann", "1.5", "2024-01-01 00:00:00", "False"],
        "maximum": ["3", "bob ", "2.5", "2024-03-14 00:00:00", "True"],
        "mean": [2.25, None, pytest.approx(6.5 / 3), None, None],
        "standard_deviation": [pytest.approx(statistics.stdev([1, 2, 3, 3])), None, pytest.approx(3**-0.5), None, None],
        "top_value": ["3", "Bob", "2.5", "2024-01-01 00:00:00", "True"],
        "top_count": [2, 2, 2, 1, 3],
        "pattern": [None, "Aaa", None, None, None],
        "pattern_share": [None, 0.75, None, None, None],
        "spelled_missing": [0] * 5,
        "reads_as": [None] * 5,
        "reads_as_share": [None] * 5,
        "unusable": [0] * 5,
        "unusable_examples": [None] * 5,
        "variants": [0, 1, 0, 0, 0],
        "variant_examples": [None, "'bob ' (1)", None, None, None],
        "rare_values": [None] * 5,
        "suspected_missing": [None] * 5,
    }
    assert (found.rows, found.duplicate_rows) == (4, 1)
    assert found.date_span == (START, START + dt.timedelta(days=73))
    assert dict(found.quality) == {
        "completeness": 1 - 3 / 20,
        "validity": 1.0,
        "uniqueness": 0.75,
        "consistency": 0.75,
        "timeliness": pytest.approx((1 + 1 - 73 / 365) / 2),
        "accuracy": None,
    }
    assert found.quality.formulas["completeness"] == "1 − null cells / cells = 1 − 3 / 20"
    assert found.quality.formulas["uniqueness"] == "1 − repeated rows / rows = 1 − 1 / 4"
    assert found.quality.formulas["consistency"] == "1 − variants / known texts = 1 − 1 / 4"
    assert found.quality.formulas["timeliness"].startswith("mean of max(0, 1 − age / 365D) over 2 times")
    assert found.quality.formulas["accuracy"] == "no reference was given"


def test_what_cannot_be_judged_is_none(frame_library):
    found = profile(frame_library({"n": [1.0, 2.0]}))
    judged = dict(found.quality)
    assert judged == {**dict.fromkeys(DIMENSIONS, 1.0), "consistency": None, "timeliness": None, "accuracy": None}
    assert found.date_span is None
    assert found.quality.formulas["timeliness"] == "there are no dates"
    assert found.quality.formulas["consistency"] == "there are no texts"
    assert list(found.quality.keys()) == DIMENSIONS
    assert list(found.quality.formulas) == DIMENSIONS
    with pytest.raises(KeyError):
        found.quality["beauty"]


def test_no_rows(frame_library):
    empty = validate(frame_library(TABLE), [rules.in_range("id", 99)]).accepted
    found = profile(empty)
    assert found.rows == 0
    assert set(dict(found.quality).values()) == {None}
    assert lists(found.to_frame())["null_share"] == [None] * 5
    assert found.columns["name"].top_values == {}
    no_columns = profile({})
    assert no_columns.columns == {}
    assert dict(no_columns.quality) == dict.fromkeys(DIMENSIONS)


def test_validity_without_rules_counts_what_is_of_no_use():
    good = ["Null Island", "nonesuch", "NA-1", "-1", "tab\there", "caf\N{LATIN SMALL LETTER E WITH ACUTE}", "a b"]
    bad = ["", "  ", "n/a", "none", "NA", "N/A", " NULL ", "?", "--", "bell\a", "caf\N{REPLACEMENT CHARACTER}"]
    assert profile({"c": good}).quality.validity == 1.0
    assert profile({"c": bad}).quality.validity == 0.0
    assert profile({"c": [*good, *bad, *bad]}).quality.validity == pytest.approx(1 - 22 / 29)
    assert profile({"c": [1.0, np.inf, -np.inf, None]}).quality.validity == pytest.approx(1 / 3)


def test_validity_by_rules():
    found = profile(TABLE, rules=[rules.not_null("price"), rules.in_range("id", high=2, severity="warning")])
    assert found.quality.validity == 1 - 3 / 8
    assert found.quality.formulas["validity"] == "1 − failures / checks = 1 − 3 / 8"
    skipped = [rules.not_null("nowhere", optional=True), rules.not_null("id")]
    assert profile(TABLE, rules=skipped).quality.formulas["validity"].endswith("1 − 0 / 4")
    assert profile(TABLE, rules=[]).quality.validity is None
    with pytest.raises(ColumnError, match=r"cv\.transactions"):
        profile(TABLE, rules=presets.transactions())


def test_variants_of_one_text_are_inconsistent():
    texts = ["France", "France", "france", " FRANCE", "Spain", "spain", "New  York", "New York", "New York", None]
    found = profile({"country": texts})
    # france, FRANCE, one of the two Spains, and the New York of two blanks
    assert found.quality.consistency == pytest.approx(1 - 4 / 9)
    width = ["\N{FULLWIDTH LATIN CAPITAL LETTER A}1", "A1", "A1", "STRASSE", "stra\N{LATIN SMALL LETTER SHARP S}e"]
    assert profile({"c": width}).quality.consistency == pytest.approx(1 - 2 / 5)


def test_timeliness_counts_up_to_a_day_and_in_a_shelf_life():
    lines = {"timestamp": [START, START + dt.timedelta(days=30)], "born": [dt.datetime(1950, 1, 1)] * 2}
    found = profile(lines, as_of="2024-01-30", shelf_life="60D")
    until = dt.datetime(2024, 1, 30, 23, 59, 59, 999999)
    # the second lies in the future of that day
    assert found.quality.timeliness == pytest.approx((1 - (until - START) / dt.timedelta(days=60)) / 2)
    assert "as of 2024-01-30T23:59:59" in found.quality.formulas["timeliness"]
    assert found.date_span == (START, START + dt.timedelta(days=30))
    assert profile(lines, as_of="2034-01-01").quality.timeliness == 0.0
    noon = profile({"t": [START]}, as_of="2024-01-01T12:00", shelf_life="1D")
    assert noon.quality.timeliness == pytest.approx(0.5)
    with pytest.raises(CustvalError, match="shelf_life must be text"):
        profile(lines, shelf_life=365)


def test_without_a_timestamp_all_dates_count():
    found = profile({"a": [START, None], "b": [dt.date(2023, 1, 1), dt.date(2025, 1, 1)], "c": [None, None]})
    assert found.date_span == (dt.datetime(2023, 1, 1), dt.datetime(2025, 1, 1))


def test_dates_are_days_and_zones_show_the_wall():
    polars = pytest.importorskip("polars")
    day = profile(polars.DataFrame({"d": [dt.date(2024, 2, 1), None]})).columns["d"]
    assert day.minimum == dt.date(2024, 2, 1)
    assert day.top_values == {"2024-02-01": 1}
    zoned = pd.DataFrame({"t": pd.to_datetime(["2024-01-01 23:30"]).tz_localize("America/New_York")})
    assert profile(zoned).columns["t"].minimum == dt.datetime(2024, 1, 1, 23, 30)
    assert profile(zoned, as_of="2024-01-01").quality.timeliness == pytest.approx(1.0, abs=1e-4)


def test_accuracy_compares_cell_by_cell(frame_library):
    frame = frame_library(
        {
            "customer_id": ["a", "b", "c", None],
            "city": ["Rom", "Ulm", None, "Bonn"],
            "age": [30, 40, 50, 60],
            "since": [START, START, START, START],
            "own": [1, 2, 3, 4],
        }
    )
    reference = {
        "customer_id": ["c", "a", "z", None],
        "city": ["Jena", "Rom", "Ulm", "Bonn"],
        "age": [50.0, 31.0, 9.0, 60.0],
        "since": [START, None, None, START],
    }
    found = profile(frame, reference=reference)
    # c: city null, age right, since right; a: city right, age wrong, since unknown to the reference
    assert found.quality.accuracy == 3 / 5
    assert found.quality.formulas["accuracy"] == "cells equal to the reference / cells that it knows = 3 / 5"


def test_accuracy_needs_a_key_and_something_in_common():
    frame = {"customer_id": [1, 2], "x": [1, 2]}
    assert profile(frame, reference={"customer_id": [7], "x": [1]}).quality.accuracy is None
    assert profile(frame, reference={"customer_id": [1.0], "y": [1]}).quality.accuracy is None
    assert profile(frame, reference={"x": [1, 2]}, key="x").quality.accuracy is None
    with pytest.raises(ColumnError, match="the reference has no column 'customer_id'"):
        profile(frame, reference={"x": [1]})
    with pytest.raises(ColumnError, match="the table has no column 'id'"):
        profile(frame, reference=frame, key="id")
    with pytest.raises(DataError, match=r"a 'customer_id' more than once \(rows 0 and 2\)"):
        profile(frame, reference={"customer_id": [1, 2, 1], "x": [1, 2, 3]})


def test_odd_columns():
    frame = pd.DataFrame(
        {
            "mixed": [1, "a", None],
            "decimal": [Decimal("1.10"), Decimal("2.30"), None],
            "lists": [[1], [1], None],
            "category": pd.Categorical(["x", None, "y"]),
            "large": [2**60, 2**60 + 1, 2**60 + 1],
            "infinite": [np.inf, 1.0, 2.0],
            "nothing": [None, None, None],
        }
    )
    columns = profile(frame).columns
    assert columns["lists"].top_values == {"[1]": 2}
    assert columns["mixed"].top_values == {"1": 1, "a": 1}
    assert columns["mixed"].minimum is None
    assert columns["decimal"].mean == pytest.approx(1.7)
    assert columns["category"].patterns == {"a": 1.0}
    assert (columns["large"].distinct, columns["large"].maximum) == (2, 2**60 + 1)
    assert (columns["infinite"].mean, columns["infinite"].maximum) == (1.5, np.inf)
    assert (columns["nothing"].distinct, columns["nothing"].minimum) == (0, None)


def test_long_texts_have_short_shapes():
    found = profile({"comment": ["x" * 100, "y" * 50]}).columns["comment"]
    assert found.patterns == {"a" * 40 + "…": 1.0}


def test_ties_of_many_values_go_to_the_smaller():
    found = profile({"id": [f"{n:03}" for n in range(500)] + ["250"]}).columns["id"]
    assert list(found.top_values.items()) == [("250", 2), ("000", 1), ("001", 1), ("002", 1), ("003", 1)]


def test_results_travel_and_show():
    found = profile(TABLE)
    data = json.loads(json.dumps(found.to_dict()))
    assert data["quality"]["uniqueness"] == 0.75
    assert data["columns"]["price"]["top_values"] == {"2.5": 2, "1.5": 1}
    assert data["date_span"] == ["2024-01-01T00:00:00", "2024-03-14T00:00:00"]
    again = pickle.loads(pickle.dumps(found))  # noqa: S301 - just pickled
    assert again == found
    html = profile({"<b>": ["<i>"]})._repr_html_()
    assert "<b>" not in html
    assert "completeness" in html
    assert str(found.columns["name"]) == "String, 0 nulls, 3 distinct, Aaa (75 %), 1 variant: 'bob ' (1)"
    with pytest.raises(AttributeError):
        found.rows = 3
    with pytest.raises(TypeError):
        found.columns["new"] = None


def test_what_is_refused():
    with pytest.raises(CustvalError, match="must be a pandas"):
        profile("a table")
    with pytest.raises(CustvalError, match="made by the functions"):
        profile(TABLE, rules=["not_null"])
    polars = pytest.importorskip("polars")
    with pytest.raises(DataError, match="lazy frame"):
        profile(polars.LazyFrame({"a": [1]}))


NESTED = [[1, 2], [1, 2], {"a": [1]}, {"a": [1]}, {1}, (1, 2), b"x", None]


def test_cells_that_cannot_be_hashed():
    frame = pd.DataFrame({"id": [1, 1, 2, 2, 3, 4, 5, 5], "c": pd.Series(NESTED, dtype=object)})
    before = copy.deepcopy(NESTED)
    found = profile(frame)
    assert (found.duplicate_rows, found.columns["c"].distinct, found.columns["c"].nulls) == (2, 5, 1)
    assert frame["c"].to_list() == before
    # narwhals looks at the first hundred objects of a column only
    late = pd.DataFrame({"c": pd.Series([*(f"t{i}" for i in range(150)), [1], [1], 7], dtype=object)})
    assert (profile(late).duplicate_rows, profile(late).columns["c"].distinct) == (1, 152)
    arrays = pd.DataFrame({"c": [np.arange(5000), np.arange(5000), np.arange(5000) + (np.arange(5000) == 2500)]})
    assert (profile(arrays).duplicate_rows, profile(arrays).columns["c"].distinct) == (1, 2)
    assert max(map(len, profile(arrays).columns["c"].top_values)) < 120


def test_lists_and_structs_of_polars_and_arrow():
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"l": [[1], [1], None, [1]], "s": [{"a": 1}, {"a": 1}, None, {"a": 2}]})
    for found in (profile(frame), profile(frame.to_arrow())):
        assert found.duplicate_rows == 1
        assert (found.columns["l"].distinct, found.columns["s"].distinct) == (1, 2)


def test_booleans_among_nulls_are_booleans(frame_library):
    found = profile(frame_library({"b": [True, None, False, True]})).columns["b"]
    assert (found.minimum, found.maximum, found.distinct, found.nulls) == (False, True, 2, 1)


def test_dates_of_other_ages():
    days = pd.Series([dt.date(1893, 1, 1), dt.date(9999, 12, 31), None], dtype=object)
    found = profile(pd.DataFrame({"d": days}))
    assert found.columns["d"].distinct == 2
    assert found.rows == 3


def test_a_thousand_columns(frame_library):
    frame = frame_library({f"c{i:04}": [i, None, i + 1] for i in range(1000)})
    found = profile(frame)
    assert (len(found.columns), found.quality.completeness) == (1000, pytest.approx(2 / 3))
    page = found._repr_html_()
    assert "c0199" in page
    assert "c0200" not in page
    assert "800 more" in page


class Page(HTMLParser):
    """Tags that are opened and closed, and the text between them."""

    def __init__(self, text):
        super().__init__()
        self.open, self.texts, self.tags = [], [], Counter()
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):  # noqa: ARG002 - the parser gives them
        self.tags[tag] += 1
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data.strip())


def test_the_page_shows_dimensions_and_columns_and_escapes_all():
    evil = "<script>alert('x')</script>"
    frame = {evil: [evil, evil, None], "n": [1.0, 2.5, None], "zero\0": ["a", "b\u202e", "b\u202e"]}
    page = Page(profile(frame)._repr_html_())
    assert set(page.tags) <= {
        "style",
        "div",
        "h4",
        "p",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "span",
        "br",
        "code",
    }
    assert {*DIMENSIONS} <= set(page.texts)
    assert "1 − null cells / cells = 1 − 2 / 9" in page.texts
    assert evil[:40] + "…" in page.texts or evil in page.texts
    assert not any("\0" in text or "\u202e" in text for text in page.texts)
    assert "77.8 %" in page.texts
    Page(profile({})._repr_html_())


def test_a_share_that_is_not_all_never_reads_100_percent():
    rows = 10_000
    texts = Page(profile({"a": [None, *range(rows - 1)], "b": ["x", *["y"] * (rows - 1)]})._repr_html_()).texts
    assert texts.count("100.0 %") == 3  # all that can be judged but completeness
    assert "99.995 %" in texts
    assert "1 (<1 %)" in texts
    assert "9,999 (>99 %)" in texts
    found = profile({"b": ["x"] * 2_999 + ["1"]}).columns["b"]
    assert ", a (>99 %)" in str(found)


@given(st.integers(1, 10**9), st.integers(0, 10**9))
def test_percentages_say_all_only_of_all(of, part):
    share = min(part, of) / of
    for text in (percent(share), percent(share, 1, 3)):
        assert (float(text.strip("<> %")) == 0 and text[0] != ">") == (share == 0)
        assert (float(text.strip("<> %")) == 100 and text[0] != "<") == (share == 1)


def test_years_and_keys_are_written_without_separators():
    frame = {
        "Year_Birth": [1893, 1970, 1970, 1996],
        "since": [2012, 2013, 2013, 2014],
        "CustomerID": [12346.0, 12346.0, 18287.0, None],
        "zip": [10115, 10115, 80331, 99084],
        "units": [1200, 1200, 35000, 7],
    }
    page = Page(profile(frame)._repr_html_())
    for text in ("1893", "1996", "2012", "2014", "12346", "18287", "10115", "99084", "7", "35,000"):
        assert text in page.texts
    assert not {"1,893", "12,346", "10,115", "2,012"} & set(page.texts)
    assert sum("±" in text for text in page.texts) == 4  # the heading, two years and the units: keys have no mean


def test_texts_that_mean_missing_are_shown_beside_nulls(frame_library):
    values = ["", "  ", "NA", "n/a", "未知", "Rome", "N/A", None, "Null"]
    found = profile(frame_library({"city": values, "country": ["NA"] * 8 + ["?"], "last name": ["Null"] * 9}))
    city, country, name = found.columns.values()
    assert (city.nulls, dict(city.missing_spellings)) == (1, {"": 2, "N/A": 1, "NA": 1, "Null": 1, "n/a": 1, "未知": 1})
    assert (dict(country.missing_spellings), dict(name.missing_spellings)) == ({"?": 1}, {})
    assert found.quality.formulas["validity"] == "1 − unusable values / known values = 1 − 8 / 26"
    assert lists(found.to_frame())["spelled_missing"] == [7, 1, 0]
    assert {"spelled missing", "blank 2"} <= set(Page(found._repr_html_()).texts)
    assert "spelled missing" not in profile({"a": ["x", None]})._repr_html_()
    assert profile({"consent": ["没有", "有", "未知"]}).columns["consent"].missing_spellings == {"未知": 1}


def test_dates_and_numbers_in_text_are_said(frame_library):
    days = ["2012-07-30", "2013-01-02", "2014-06-29", "2014-06-30", "2014-02-30"]
    frame = {
        "Dt_Customer": days,
        "seen": [*days[:4], "2014-06-29 12:00"],
        "total": ["12.5", "1.234,00 €", "", "7", "8"],
        "code": ["007", "12", "13", "14", "15"],
        "order_id": ["1", "2", "3", "4", "5"],
        "note": ["a", "b", "c", "d", "2014-06-29"],
    }
    found = profile(frame_library(frame))
    assert {name: dict(column.reads_as) for name, column in found.columns.items()} == {
        "Dt_Customer": {"dates": 0.8},
        "seen": {"dates": 1.0},
        "total": {"numbers": 1.0},
        "code": {},
        "order_id": {},
        "note": {},
    }
    assert found.quality.timeliness is None
    assert found.quality.formulas["timeliness"] == "the dates are text (Dt_Customer, seen): read them with to_dates"
    assert {"reads as dates: 80 %", "reads as dates: 100 %"} <= set(Page(found._repr_html_()).texts)
    assert str(found.columns["seen"]).endswith("reads as dates: 100 %")
    assert lists(found.to_frame())["reads_as_share"] == [0.8, 1.0, 1.0, None, None, None]


@given(st.lists(st.sampled_from(["2020-02-29", "2021-02-28", "1999-12-31T23:59", "x", "2021-02-30", "1.5", "-7"])))
def test_what_whole_chunks_read_as_is_what_each_text_reads_as(values):
    texts = sorted(set(values))
    counts = np.array([values.count(text) for text in texts], dtype=np.int64)
    with pytest.MonkeyPatch.context() as patch:
        quick = _readings.reads_as("x", texts, counts)
        patch.setattr(_readings, "_NOT_ISO", re.compile(""))
        patch.setattr(_readings, "_NOT_PLAIN", re.compile(""))
        assert _readings.reads_as("x", texts, counts) == quick


def test_two_profiles(frame_library, to_lists):
    before = profile(frame_library({"city": ["Rome", "Ulm", "Ulm"], "age": [30, 41, 52], "old": [1, 2, 3]}))
    after = profile(frame_library({"city": ["Rome", None, "Rome"], "age": [30, 41, 52], "new": ["a", "b", "c"]}))
    found = before.compare(after)
    assert (found.added, found.removed, found.changed) == (("new",), ("old",), ("city",))
    assert found.rows == (3, 3)
    assert found.quality["completeness"] == (1.0, pytest.approx(8 / 9))
    rows = lists(found.to_frame())
    assert rows["column"] == ["city", "age", "old", "new"]
    assert rows["status"] == ["changed", "same", "removed", "added"]
    assert rows["differs"] == ["nulls, distinct, range, top values", None, None, None]
    assert rows["null_share_before"] == [0.0, 0.0, 0.0, None]
    assert rows["null_share_after"] == [pytest.approx(1 / 3), 0.0, None, 0.0]
    assert (rows["mean_before"], rows["mean_after"]) == ([None, 41.0, 2.0, None], [None, 41.0, None, None])
    assert (rows["minimum_before"][1], rows["maximum_after"][0]) == ("30", "Rome")
    assert rows["top_values_before"][0] == "Ulm (2), Rome (1)"
    assert compare_profiles(before, after) == found
    assert before.compare(before).changed == ()
    Page(found._repr_html_())
    assert json.loads(json.dumps(found.to_dict()))["changed"] == ["city"]
    assert pickle.loads(pickle.dumps(found)) == found  # noqa: S301 - just pickled
    with pytest.raises(CustvalError, match="after must be a profile"):
        before.compare(TABLE)


def test_a_change_of_type_and_of_the_mean_is_named():
    one, two = profile({"x": [1, 2, 3]}), profile({"x": [1.0, 2.0, 4.0]})
    assert lists(one.compare(two).to_frame())["differs"] == ["dtype, range, mean, top values"]


ODD = st.text(st.sampled_from("aAzÄß９Ａ1 \t\n\u2003\u0301-?\ufffd\u0085"), max_size=45)


@given(st.lists(st.tuples(ODD, st.integers(1, 40)), max_size=12, unique_by=lambda pair: pair[0]), st.integers(1, 4))
def test_texts_all_at_once_are_as_one_by_one(pairs, chunk):
    texts, counts = [text for text, _ in pairs], np.array([count for _, count in pairs], dtype=np.int64)
    shapes, largest, bad = Counter(), {}, 0
    for text, count in pairs:
        shapes[shape_of(text[:40]) + ("…" if len(text) > 40 else "")] += count
        form = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
        largest[form] = max(largest.get(form, 0), count)
        cannot_be = any(unicodedata.category(c) == "Cc" and c not in "\t\n\r" for c in text)
        bad += count * ("\ufffd" in text or cannot_be)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_texts, "_CHUNK", chunk)
        assert counts[_texts.misspelled(texts, counts)].sum() == sum(counts) - sum(largest.values())
        assert counts[_texts.not_usable(texts)].sum() == bad
        if texts:
            assert _texts.patterns(texts, counts) == {s: n / shapes.total() for s, n in most(shapes, 3)}


@given(
    st.lists(
        st.tuples(
            st.one_of(st.none(), st.sampled_from([1.0, 2.0])), st.sampled_from(["a", "b", None]), st.integers(0, 1)
        ),
        max_size=15,
    )
)
def test_repeated_rows_are_counted_whatever_is_compared_first(rows):
    columns = {"n": [r[0] for r in rows], "t": [r[1] for r in rows], "k": [[r[2]] for r in rows]}
    found = profile(
        pd.DataFrame(
            {"n": pd.Series(columns["n"], dtype=float), **{c: pd.Series(columns[c], dtype=object) for c in "tk"}}
        )
    )
    assert found.duplicate_rows == len(rows) - len(set(rows))
