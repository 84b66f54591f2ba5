"""What a profile names: values that lower scores, rare ones, codes for missing, rows that are no data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custval.data_quality import profile
from custval.errors import ColumnError, DataError

N = 2_000


def column(values):
    return profile({"x": values}).columns["x"]


def test_values_that_lower_validity_and_consistency_are_named():
    city = ["Rome"] * 6 + ["rome", "rome", "ROME ", "Ulm", "", " ", "n/a", "n/a", "n/a", "be\all"]
    found = profile({"city": city, "price": [1.0, np.inf, -np.inf, np.inf] * 4})
    one, price = found.columns.values()
    assert (one.unusable, dict(one.unusable_examples)) == (6, {"n/a": 3, "": 2, "be\all": 1})
    # of two blanks one is written as the more frequent, and both are blank
    assert (one.variants, dict(one.variant_examples)) == (4, {"rome": 2, " ": 1, "ROME ": 1})
    assert (price.unusable, dict(price.unusable_examples)) == (12, {"inf": 8, "-inf": 4})
    assert found.quality.formulas["validity"].endswith("1 − 18 / 32")
    assert found.to_frame()["unusable"] == [6, 12]
    assert found.to_frame()["unusable_examples"][0] == "n/a (3), blank (2), 'be\\x07ll' (1)"
    page = found._repr_html_()
    assert "<code>ROME </code>" in page
    assert "<code>-inf</code>" in page
    text = str(found)
    assert "validity" in text
    assert "city: String" in text
    assert "12 unusable: inf (8), -inf (4)" in text
    assert "Quality" not in text


@given(st.lists(st.sampled_from(["a", "A", " a", "b", "B", "", "NA", "x\0"]), min_size=1, max_size=40))
def test_counts_by_column_make_up_the_scores(values):
    found = profile({"x": values, "y": values[::-1]})
    bad = sum(c.unusable for c in found.columns.values())
    assert found.quality.validity == 1 - bad / (2 * len(values))
    assert found.quality.consistency == 1 - sum(c.variants for c in found.columns.values()) / (2 * len(values))
    assert found.columns["x"].variants == sum(found.columns["x"].variant_examples.values())


def test_rare_categories_are_listed_the_rarest_first():
    status = ["Married"] * 860 + ["Together"] * 580 + ["Single"] * 480 + ["Divorced"] * 230 + ["Widow"] * 77
    found = column([*status, "Alone", "Alone", "Alone", "YOLO", "YOLO", "Absurd", "Absurd"])
    assert list(found.rare_values.items()) == [("Absurd", 2), ("YOLO", 2), ("Alone", 3)]
    assert "YOLO (2)" in str(found)
    assert "<code>YOLO</code>" in profile({"status": [*status, "YOLO", "YOLO"]})._repr_html_()
    assert "rare values" not in profile({"status": status})._repr_html_()
    assert column(["a"] * 20 + ["b"] * 19 + ["c"]).rare_values == {"c": 1}
    assert column(["a", "b", "c"]).rare_values == {}
    assert column([str(n) for n in range(60)] * 200).rare_values == {}


@pytest.fixture(params=range(5))
def rng(request):
    return np.random.default_rng(request.param)


def test_codes_for_missing_are_suspected(rng):
    age = rng.integers(18, 90, N)
    income = np.round(rng.lognormal(10.8, 0.5, N), 2)
    assert column([*age, *[-99] * 40]).suspected_missing == {"-99": 40}
    assert column([*age, *[999] * 5]).suspected_missing == {"999": 5}
    assert column([*age, -1, -1]).suspected_missing == {"-1": 2}
    assert column([*age, *[-99] * 40, *[-98] * 9]).suspected_missing == {"-99": 40, "-98": 9}
    assert column([*income, *[999999.0] * 12]).suspected_missing == {"999999": 12}
    assert column([*income, *[123456789.0] * 12]).suspected_missing == {"123456789": 12}
    assert column([*rng.integers(1, 6, N), *[99] * 30]).suspected_missing == {"99": 30}
    days = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, N), unit="D")
    found = profile(pd.DataFrame({"day": [*days, *[pd.Timestamp("1900-01-01")] * 8]}))
    assert found.columns["day"].suspected_missing == {"1900-01-01 00:00:00": 8}
    page = profile({"age": [*age, *[-99] * 40]})._repr_html_()
    assert "or a cap" in page
    assert "missing={&#x27;age&#x27;: [-99]}" in page
    assert profile({"age": [*age, -99, -99]}).to_frame()["suspected_missing"] == ["-99 (2)"]


def test_a_cap_is_a_heap_at_the_end(rng):
    assert column(np.minimum(rng.normal(100, 20, N), 120.0)).suspected_missing.keys() == {"120"}


def clean(rng):
    yield rng.normal(0, 1, N)
    yield np.round(rng.normal(100, 15, N))
    yield np.round(rng.normal(0, 15, N))
    yield rng.lognormal(3, 1, N)
    yield np.round(rng.lognormal(3, 1, N), 2)
    yield np.round(rng.lognormal(10, 1.5, N), -3)
    yield rng.poisson(2, N)
    yield rng.poisson(50, N)
    yield rng.geometric(0.3, N)
    yield np.minimum(rng.zipf(1.8, N), 10**6)
    yield np.where(rng.random(N) < 0.7, 0.0, np.round(rng.lognormal(4, 1, N), 2))
    yield rng.integers(0, 2, N)
    yield rng.integers(1, 6, N)
    yield rng.integers(0, 100, N)
    yield rng.uniform(0, 1, N)
    yield rng.choice(
        [0.99, 1.99, 4.99, 9.99, 19.99, 49.99, 99.99, 99.0], N, p=[0.2, 0.3, 0.2, 0.1, 0.1, 0.05, 0.04, 0.01]
    )
    yield np.arange(N)
    yield rng.integers(1900, 2000, N)


def test_clean_columns_have_no_suspects(rng):
    found = [dict(column(values).suspected_missing) for values in clean(rng)]
    assert found == [{}] * len(found)
    days = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.exponential(200, N), unit="D")
    born = pd.Timestamp("1930-01-01") + pd.to_timedelta(rng.integers(0, 27_000, N), unit="D")
    columns = profile(pd.DataFrame({"days": days.normalize(), "born": born, "at": days})).columns
    assert all(c.suspected_missing == {} for c in columns.values())
    assert profile({"customer_id": [*range(N), *[99999] * 50]}).columns["customer_id"].suspected_missing == {}


def test_a_header_inside_the_table_is_found(frame_library):
    lines = {
        "id": ["1", "2", "id", "3", "id"],
        " city": ["Rome", "Ulm", "city", "id", "city"],
        "n": ["1", None, "n", "4", "5"],
    }
    found = profile(frame_library(lines))
    assert found.odd_rows == ((2, "header"), (4, "header"))
    assert "header in rows 2, 4" in str(found)
    assert "header in rows 2, 4" in found._repr_html_()
    assert found.to_dict()["odd_rows"] == [[2, "header"], [4, "header"]]
    assert profile(frame_library({"city": ["city", "Rome"]})).odd_rows == ()
    assert profile(frame_library({"city": ["city", "Rome"], "n": [1, 2]})).odd_rows == ()


@pytest.mark.parametrize("word", ["Total", "TOTAL:", "Summe", "合计", "Grand Total"])
def test_totals_are_found_where_they_are_sums(frame_library, word):
    frame = {"shop": ["a", "b", "c", word], "n": [1.1, 2.2, None, 3.3], "share": [0.2, 0.3, 0.5, None]}
    assert profile(frame_library(frame)).odd_rows == ((3, "total"),)
    assert profile(frame_library({**frame, "n": [1.1, 2.2, None, 3.4]})).odd_rows == ()
    assert profile(frame_library({**frame, "n": [0.0, 0.0, 0.0, 0.0]})).odd_rows == ()
    parts = {"shop": ["a", "b", word, "c", "d", word, word], "n": [1, 2, 3, 4, 5, 9, 12]}
    assert profile(frame_library(parts)).odd_rows == ((2, "total"), (5, "total"), (6, "total"))
    assert profile(frame_library({"shop": [word, "b", "c"], "n": [5, 2, 3]})).odd_rows == ((0, "total"),)


def test_a_date_far_in_the_future_does_not_make_all_others_old():
    days = pd.Timestamp("2023-01-01") + pd.to_timedelta(np.arange(700), unit="D")
    clean = profile(pd.DataFrame({"day": days})).quality
    far = profile(pd.DataFrame({"day": [*days, pd.Timestamp("2035-01-01")]})).quality
    assert far.timeliness == pytest.approx(clean.timeliness * 700 / 701)
    assert clean.formulas["timeliness"].endswith("as of 2024-11-30T00:00:00.000000, the latest time in the table")
    assert "1 time lies far after it and counts 0: pass as_of" in far.formulas["timeliness"]
    said = profile(pd.DataFrame({"day": [*days, pd.Timestamp("2035-01-01")]}), as_of="2035-01-01").quality
    assert said.timeliness == pytest.approx(1 / 701, rel=0.01)
    two = profile(pd.DataFrame({"day": pd.to_datetime(["2020-01-01", "2035-01-01"])})).quality
    assert two.timeliness == 0.5


def test_births_are_no_times_of_the_table(frame_library):
    born, since = pd.Timestamp("1950-01-01"), pd.Timestamp("2024-01-01")
    frame = {"date_of_birth": [born, born], "出生日期": [born, born], "since": [since, since]}
    found = profile(frame_library(frame))
    assert found.date_span == (since, since)
    assert found.quality.timeliness == 1.0
    del frame["since"]
    assert profile(frame_library(frame)).date_span is None


def test_a_reference_with_keys_of_another_type_is_refused():
    frame = {"customer_id": [1, 2], "x": [1, 2]}
    with pytest.raises(ColumnError, match="customer_id holds numbers in the table and text in the reference") as caught:
        profile(frame, reference={"customer_id": ["1", "2"], "x": [1, 2]})
    assert caught.value.code == "key_type"
    twice = {"email": ["ann@example.com"] * 2, "x": [1, 2]}
    with pytest.raises(DataError) as caught:
        profile(twice, reference=twice, key="email")
    assert "ann@" not in str(caught.value)
    assert caught.value.code == "not_unique"
    assert profile(frame, reference={"customer_id": [None, None], "x": [1, 2]}).quality.accuracy is None
