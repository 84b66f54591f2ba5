"""Columns of tables: what is found, what is not, masks in every library, and nothing shown unless asked for."""

from __future__ import annotations

import datetime as dt
import json
import pickle
import string

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import custval as cv
from custval._kernels.pii_headers import HEADERS, header_clue
from custval.data_quality import find_pii, mask, pseudonymize
from custval.data_quality._kinds import kind_by_name
from custval.errors import ColumnError, CustvalError, DataError

CUSTOMERS = {
    "customer_id": [1, 2, 3, None],
    "姓名": ["王伟", "李娜", None, "欧阳春梅"],
    "contact": ["ann@example.com", "bob@example.org", None, "cy@example.net"],
    "手机": [13812341234, 13912345678, None, 15012345678],
    "dob": [dt.datetime(1990, 5, 17), None, dt.datetime(1971, 1, 2), dt.datetime(2001, 12, 31)],
    "note": ["tea", "call 212-555-0101 or ann@example.com", "我叫李明", None],
    "email_opt_in": [True, False, True, None],
    "amount": [19.99, 5.0, None, 1.25],
}


def plain(values):
    return [None if value is None or value != value else value for value in values]  # noqa: PLR0124


def test_every_library(frame_library, to_lists):
    found = find_pii(frame_library(CUSTOMERS))
    assert found.columns == {"姓名": "name", "contact": "email", "手机": "phone", "dob": "birth_date"}
    assert found.free_text == {"note": ("email", "name", "phone")}
    rows = to_lists(found.findings)
    contact = rows["column"].index("contact")
    assert (rows["kind"][contact], rows["where"][contact], rows["share"][contact]) == ("email", "value", 1.0)
    assert (rows["rows"][contact], rows["evidence"][contact]) == (3, "values")
    assert rows["confidence"][contact] == 0.99
    phone = rows["column"].index("手机")
    assert rows["evidence"][phone] == "header and values"
    assert rows["confidence"][phone] == pytest.approx(1 - 0.1 * 0.4)
    shown = json.dumps(found.to_dict(), ensure_ascii=False) + repr(found) + found._repr_html_()
    for value in ("ann@", "13812341234", "555", "王伟", "李明", "1990-05"):
        assert value not in shown
    assert (
        "ann@example.com"
        in to_lists(find_pii(frame_library(CUSTOMERS), show_values=True).findings)["examples"][contact]
    )


def test_masks_in_every_library(frame_library, to_lists):
    frame = frame_library(CUSTOMERS)
    masked = mask(frame)
    columns = {name: plain(values) for name, values in to_lists(masked.frame).items()}
    assert columns["姓名"] == ["王*", "李*", None, "欧阳**"]
    assert columns["contact"] == ["a***@example.com", "b***@example.org", None, "c***@example.net"]
    assert columns["手机"] == ["138****1234", "139****5678", None, "150****5678"]
    assert columns["dob"] == ["1990-**-**", None, "1971-**-**", "2001-**-**"]
    assert columns["note"] == ["tea", "call ***-***-0101 or a***@example.com", "我叫李*", None]
    assert columns["amount"] == [19.99, 5.0, None, 1.25]
    log = to_lists(masked.log)
    assert log["column"] == ["姓名", "contact", "手机", "dob", "note"]
    assert log["cells"] == [3, 3, 3, 3, 2]
    again = mask(masked.frame, dict(zip(log["column"], log["kind"], strict=True)))
    assert {name: plain(values) for name, values in to_lists(again.frame).items()} == columns
    for text in (repr(masked), masked._repr_html_()):
        assert "example" not in text


def test_columns_to_mask_can_be_named():
    frame = {"a": ["secret", None, "x"], "phone": ["555-0101", "ann@example.com", ""], "n": [1, 2, 3]}
    found = mask(frame, ["a", "phone"])
    assert found.frame["a"] == ["s***", None, "*"]
    assert found.frame["phone"][1] == "a***@example.com"
    assert mask(frame, "n").frame["n"] == ["*", "*", "*"]
    assert mask(frame, {"a": "name"}).frame["a"] == ["s***", None, "x"]
    assert mask({"n": [1, 2]}).frame == {"n": [1, 2]}
    for wrong in ({"a": "fame"}, ["b"], [], 3):
        with pytest.raises(CustvalError):
            mask(frame, wrong)


LETTERS = st.text(string.ascii_lowercase, min_size=2, max_size=9)
GIVEN = ["Emma", "Liam", "Olga", "Omar", "Zoe", "Ivan", "Kate", "Hugo", "Rosa", "Paul"]
POSITIVE = {
    "email": st.builds("{}.{}@{}.org".format, LETTERS, LETTERS, LETTERS),
    "phone": st.builds("+{} {} {}".format, st.integers(1, 98), st.integers(100, 999), st.integers(10_000, 9_999_999)),
    "ip_address": st.ip_addresses().map(str),
    "address": st.builds(
        "{} {} {}".format, st.integers(1, 999), LETTERS.map(str.title), st.sampled_from(["Road", "Avenue", "Lane"])
    ),
    "birth_date": st.dates(dt.date(1930, 1, 1), dt.date(2010, 1, 1)).map(str),
    "name": st.builds("{} {}".format, st.sampled_from(GIVEN), LETTERS),
}


@pytest.mark.parametrize("kind", POSITIVE)
def test_found_without_a_header(kind):
    @settings(max_examples=30)
    @given(st.lists(POSITIVE[kind], min_size=40, max_size=60, unique=True), st.integers(0, 20))
    def check(values, nulls):
        if kind == "birth_date":
            years = sorted(int(value[:4]) for value in values)
            if years[-len(years) // 10 - 1] - years[len(years) // 10] < 25:
                return
        found = find_pii(pd.DataFrame({"col1": [*values, *[None] * nulls], "x": 1}))
        assert found.columns == {"col1": kind}
        assert found.findings["share"][0] > 0.5

    check()


def negatives():
    rng = np.random.default_rng(11)
    n = 3_000
    start = np.datetime64("2021-01-01T00:00:00")
    return {
        "running": np.arange(1_000_001, 1_000_001 + n),
        "eleven": np.arange(13_800_000_000, 13_800_000_000 + n),
        "as cards": rng.integers(4_000_000_000_000_000, 4_999_999_999_999_999, n),
        "as cards, text": [f"{a:04d} {b:04d} {c:04d} {d:04d}" for a, b, c, d in rng.integers(1_000, 9_999, (n, 4))],
        "18 digits": [f"2024{a:014d}" for a in rng.integers(0, 10**13, n)],
        "ids": rng.integers(10**8, 10**9, n),
        "codes": [f"SKU-{a:03d}-{b:04d}" for a, b in rng.integers(0, 999, (n, 2))],
        "letters": ["".join(rng.choice(list("ABCDEFGHJK"), 8)) for _ in range(n)],
        "uuid": [f"{a:08x}-{b:04x}-4{b % 4096:03x}-a123-{a:012x}" for a, b in rng.integers(0, 2**16, (n, 2))],
        "money": rng.lognormal(3, 1, n).round(2),
        "money, text": [f"{x:,.2f}" for x in rng.lognormal(7, 2, n)],
        "quantity": rng.poisson(3, n),
        "times": start + rng.integers(0, 10**8, n).astype("m8[s]"),
        "times, text": [str(t).replace("T", " ") for t in start + rng.integers(0, 10**8, n).astype("m8[s]")],
        "days": [str(d)[:10] for d in start + rng.integers(0, 10**8, n).astype("m8[s]")],
        "epoch": rng.integers(1_600_000_000, 1_700_000_000, n),
        "category": rng.choice(["kitchen", "garden", "home & living", "toys"], n),
        "类别": rng.choice(["家电", "服装", "食品", "图书", "运动户外", "母婴"], n),
        "region": rng.choice(["华东", "华南", "华北", "西南"], n),
        "level": rng.choice(["金卡", "银卡", "普通", "高端客户"], n),
        "gender": rng.choice(["m", "f", "男", "女"], n),
        "country": rng.choice(["GB", "US", "Germany", "France", "中国", "Jordan", "Chad"], n),
        "size": rng.choice(["S", "M", "L", "XL"], n),
        "percent": [f"{x}%" for x in rng.integers(0, 100, n)],
        "clock": [f"{a:02d}:{b:02d}:{c:02d}" for a, b, c in rng.integers(0, 24, (n, 3))],
        "score": rng.integers(0, 11, n),
        "flag": rng.random(n) < 0.5,
        "version": [f"{a}.{b}.{c}" for a, b, c in rng.integers(0, 12, (n, 3))],
    }


@pytest.mark.parametrize("shuffled", [False, True])
def test_what_is_none(shuffled):
    frame = pd.DataFrame(negatives())
    if shuffled:
        frame.columns = [f"col{place}" for place in range(frame.shape[1])]
    found = find_pii(frame)
    assert (found.columns, found.free_text) == ({}, {})


@pytest.mark.parametrize(
    ("header", "values"),
    [
        ("email", ["yes", "no", "yes"]),
        ("email", [True, False, True]),
        ("phone", ["Nokia", "Apple", "Huawei"]),
        ("birth_date", ["monday", "friday", "-"]),
        ("name", [1, 2, 3]),
        ("ip", ["pending", "granted", "none"]),
        ("手机", ["小米", "华为", "苹果"]),
    ],
)
def test_a_header_alone_is_not_enough(header, values):
    assert find_pii({header: values, "x": [1, 2, 3]}).columns == {}


PERSONS_ABROAD = {
    "Vorname": ["Jörg", "Xaver"],
    "Nachname": ["Übelacker", "Zwirnlein"],
    "Geburtsdatum": ["03.12.1980", "01.02.1975"],
    "Ausweisnummer": ["L01X00T471", "T220001293"],
    "Straße": ["Am Hang 3", "Lohfeld 11"],
    "Prénom": ["Théophane", "Apolline"],
    "nom": ["Quémeneur", "Lescornez"],
    "Date de naissance": ["12/03/1980", "01/02/1975"],
    "Téléphone": ["05 55 01 01 01", "05 55 02 02 02"],
    "nombre": ["Itziar", "Unax"],
    "apellido1": ["Goikoetxea", "Urrutikoetxea"],
    "kunde_telefon": ["55501 11", "55502 22"],
    "fecha_nacimiento": ["12/03/1980", "01/02/1975"],
    "correo": ["a@example.es", "b@example.es"],
}


def test_headers_of_other_languages_are_enough():
    found = find_pii(PERSONS_ABROAD)
    assert list(found.columns.values()) == [
        *("name", "name", "birth_date", "national_id", "address"),
        *("name", "name", "birth_date", "phone"),
        *("name", "name", "phone", "birth_date", "email"),
    ]
    masked = mask(PERSONS_ABROAD).frame
    for name, values in PERSONS_ABROAD.items():
        assert not set(masked[name]) & set(values), name


@pytest.mark.parametrize(
    "kind", ["name", "given_name", "family_name", "email", "phone", "postcode", "id_number", "birth_date"]
)
def test_standardize_and_find_pii_know_the_same_headers(kind):
    expected = {"birth_date": "date"}.get(kind, kind)
    for header in HEADERS[kind].split():
        assert kind_by_name(header) == expected
        if header not in {"first", "last"}:
            own = {"given_name": "name", "family_name": "name", "id_number": "national_id"}.get(kind, kind)
            assert header_clue(header).kind == own, header


@pytest.mark.parametrize("other", ["Vorname", "birth_date", "身份证号", "familyName"])
def test_a_name_beside_what_only_persons_have(other):
    names = ["Ngozi Xu", "Ulrike Zwirn"]
    assert find_pii({"name": names, "price": [1, 2]}).columns == {}
    assert find_pii({"name": names, other: [None, None]}).columns["name"] == "name"
    assert find_pii({"name": ["1", "2"], other: [None, None]}).columns.get("name") is None


def test_foreign_words_for_other_things():
    frame = {
        "nombre": [3, 4],
        "nom_produit": ["Chaise", "Table"],
        "nombre_producto": ["Silla", "Mesa"],
        "telefon_typ": ["mobil", "fest"],
        "geburtstag_rabatt": ["ja", "nein"],
    }
    assert find_pii(frame).columns == {}


def test_an_empty_column_is_told_by_its_header():
    found = find_pii(pd.DataFrame({"email": [None, None], "x": [1, 2]}))
    assert found.columns == {"email": "email"}
    assert found.findings["evidence"][0] == "header"
    assert found.findings["rows"][0] == 0
    assert find_pii(pd.DataFrame({"email": pd.Series([], dtype=str)})).columns == {"email": "email"}


def test_one_address_among_many_values():
    values = [f"code {number}" for number in range(500)]
    values[77] = "ann@example.com"
    found = find_pii({"code": values})
    assert (dict(found.columns), dict(found.free_text)) == ({}, {"code": ("email",)})
    masked = mask({"code": values})
    assert masked.frame["code"][77] == "a***@example.com"
    assert masked.frame["code"][:77] == values[:77]


def test_cells_that_are_an_address_among_notes():
    notes = [f"asked about delivery {number}" for number in range(58)]
    notes += ["ann@example.com", "write to bob@example.org", "212-555-0101"]
    found = find_pii({"note": notes, "x": list(range(61))})
    assert (dict(found.columns), dict(found.free_text)) == ({}, {"note": ("email", "phone")})
    assert found.findings["rows"] == [2, 1]
    assert found.findings["share"] == pytest.approx([2 / 61, 1 / 61])
    masked = mask({"note": notes}).frame["note"]
    assert masked[58:] == ["a***@example.com", "write to b***@example.org", "***-***-0101"]
    assert masked[:58] == notes[:58]


def test_ids_that_were_floats_are_no_phones():
    ids = [f"00{number}.0" for number in range(12_345_678, 98_000_000, 1_234_567)]
    assert find_pii({"customer": ids}).columns == {}


def test_what_is_found_is_read_only():
    found = find_pii({"email": ["ann@example.com"], "note": ["call +44 20 7946 0123"]})
    for mapping in (found.columns, found.free_text):
        with pytest.raises(TypeError):
            mapping["x"] = "name"
    again = pickle.loads(pickle.dumps(found))  # noqa: S301 - just pickled
    assert (again.columns, again.free_text) == (found.columns, found.free_text)


def test_a_sample_is_a_sample():
    values = [f"note {number}" for number in range(3_000)]
    values[1501] = "note for ann@example.com"
    assert find_pii({"note": values}, sample=None).free_text == {"note": ("email",)}
    assert find_pii({"note": values}, sample=10).free_text == {}
    with pytest.raises(CustvalError):
        find_pii({"note": values}, sample=0)


def test_the_least_confidence():
    frame = {"born": [dt.datetime(1930 + 2 * n, 1, 1) for n in range(40)]}
    assert find_pii(frame | {"x": frame.pop("born")}, minimum_confidence=0.61).columns == {}


def test_columns_of_any_type():
    pl = pytest.importorskip("polars")
    frame = pl.DataFrame(
        {
            "nested": [["ann@example.com"], ["x"], None],
            "struct": [{"a": 1}, {"a": 2}, None],
            "binary": [b"\xff", b"x", None],
            "span": [dt.timedelta(1), None, None],
            "clock": [dt.time(1), None, None],
            "null": [None, None, None],
            "enum": pl.Series(["ann@example.com", "b@x.org", None], dtype=pl.Enum(["ann@example.com", "b@x.org"])),
        }
    )
    found = find_pii(frame)
    assert found.columns["enum"] == "email"
    mixed = pd.DataFrame({"m": pd.Series(["ann@example.com", 3, None, 2.5, dt.date(2020, 1, 1), b"x"], dtype=object)})
    assert find_pii(mixed).free_text == {"m": ("email",)}
    assert find_pii(pd.DataFrame()).columns == {}


@settings(max_examples=30)
@given(st.lists(st.one_of(st.none(), st.text(max_size=15), *POSITIVE.values()), max_size=20))
def test_any_column_is_masked_and_nothing_else(values):
    frame = pd.DataFrame({"c": pd.Series(values, dtype=object), "k": range(len(values))})
    before = frame.copy()
    masked = mask(frame, "c")
    pd.testing.assert_frame_equal(frame, before)
    assert masked.frame["k"].tolist() == frame["k"].tolist()
    assert masked.frame["c"].isna().tolist() == frame["c"].isna().tolist()
    emails = [v for v in values if v and "@" in v and v.endswith(".org") and " " not in v]
    assert not set(emails) & set(masked.frame["c"].dropna())


def test_errors_show_no_value():
    pl = pytest.importorskip("polars")
    secret = pd.DataFrame({"email": ["secret@example.com"], "nested": [["secret"]], "n": [1]})
    calls = [
        lambda: find_pii(pl.LazyFrame({"email": ["secret@example.com"]})),
        lambda: find_pii(secret, minimum_confidence=2),
        lambda: find_pii({"email": ["secret@example.com"], "x": [1, 2]}),
        lambda: mask(secret, "nested"),
        lambda: mask(secret, {"email": "nothing"}),
        lambda: mask(secret, ["email", "email"]),
        lambda: mask(secret, "e_mail"),
        lambda: pseudonymize(secret, "nested", b"0" * 16),
    ]
    for call in calls:
        with pytest.raises((ColumnError, DataError, CustvalError)) as caught:
            call()
        assert "secret" not in str(caught.value.to_dict())


def test_the_simulated_store():
    store = cv.datasets.simulate_store(400, rng=5)
    expected = {
        "given_name": "name",
        "family_name": "name",
        "email": "email",
        "phone": "phone",
        "birth_date": "birth_date",
    }
    assert find_pii(store.customers).columns == expected
    blind = store.customers.rename(columns=dict(zip(store.customers, [f"c{i}" for i in range(30)], strict=False)))
    assert set(find_pii(blind).columns.values()) == set(expected.values())
    assert find_pii(store.transactions).columns == {}


def test_a_frame_of_narwhals_stays_one():
    frame = nw.from_native(pd.DataFrame({"email": ["ann@example.com"]}), eager_only=True)
    assert isinstance(mask(frame).frame, nw.DataFrame)


def test_what_was_found_is_read_only_and_travels():
    found = find_pii({"email": ["ann@example.com", "bob@example.org"]})
    for mapping in (found.columns, found.free_text):
        with pytest.raises(TypeError):
            mapping["new"] = "email"
    again = pickle.loads(pickle.dumps(found))  # noqa: S301 - just pickled
    assert (again.columns, again.findings) == (found.columns, found.findings)
    assert found.to_dict()["columns"] == {"email": "email"}
