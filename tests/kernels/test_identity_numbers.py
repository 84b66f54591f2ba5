"""Check digits against the examples of the standards and against the formulas written out slowly."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custval._kernels.identity_numbers import (
    cn_resident_id_is_valid,
    gb_national_insurance_is_valid,
    iban_is_valid,
    luhn_is_valid,
    read_cn_resident_id,
    read_unified_social_credit_code,
    unified_social_credit_code_is_valid,
    us_social_security_is_valid,
)

CARDS = [
    "4111111111111111",
    "5555 5555 5555 4444",
    "3782-822463-10005",
    "6011111111111117",
    "79927398713",
    "４１１１１１１１１１１１１１１１",
]
ACCOUNTS = [
    "GB82 WEST 1234 5698 7654 32",
    "DE89370400440532013000",
    "FR14 2004 1010 0505 0001 3M02 606",
    "CH93 0076 2011 6238 5295 7",
    "NO93 8601 1117 947",
    "be68 5390 0754 7034",
]


@pytest.mark.parametrize("text", CARDS)
def test_cards_of_the_brands_test_pages(text):
    assert luhn_is_valid(text)


@pytest.mark.parametrize("text", ["", "0", "a1", "4111 1111 1111 1112", "--", "4111  1111 1111 1111", "½½"])
def test_no_cards(text):
    assert not luhn_is_valid(text)


@pytest.mark.parametrize("text", ACCOUNTS)
def test_accounts_of_the_register(text):
    assert iban_is_valid(text)
    assert not iban_is_valid(text[:-1] + ("1" if text[-1] != "1" else "2"))
    assert not iban_is_valid(text + "0")


def test_an_account_of_no_country():
    assert not iban_is_valid("XX82WEST12345698765432")
    assert not iban_is_valid("")


def slow_luhn_digit(payload):
    total = 0
    for place, digit in enumerate(reversed(payload)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value // 10 + value % 10
    return str((10 - total % 10) % 10)


@given(st.text("0123456789", min_size=1, max_size=30))
def test_exactly_one_luhn_digit_fits(payload):
    assert [d for d in "0123456789" if luhn_is_valid(payload + d)] == [slow_luhn_digit(payload)]


@given(
    st.sampled_from(["11", "31", "44", "65", "81"]),
    st.integers(0, 9999),
    st.dates(min_value=dt.date(1900, 1, 1), max_value=dt.date(2030, 1, 1)),
    st.integers(0, 999),
)
def test_exactly_one_digit_fits_a_resident(province, place, born, serial):
    stem = f"{province}{place:04d}{born:%Y%m%d}{serial:03d}"
    weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]  # the table printed in the standard
    expected = "10X98765432"[sum(w * int(d) for w, d in zip(weights, stem, strict=True)) % 11]
    assert [d for d in "0123456789X" if cn_resident_id_is_valid(stem + d)] == [expected]
    assert cn_resident_id_is_valid((stem + expected).lower())


@pytest.mark.parametrize(
    "text", ["11010519491331002X", "00010519491231002X", "110105491231002", "", "11010519491231002x "]
)
def test_residents_by_hand(text):
    assert cn_resident_id_is_valid(text) is (text == "11010519491231002x ")


def with_check(stem):
    weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
    return stem + "10X98765432"[sum(w * int(d) for w, d in zip(weights, stem, strict=True)) % 11]


def test_foreigners_with_permanent_residence_are_residents():
    number = with_check("91184019850105123")
    assert cn_resident_id_is_valid(number)
    assert read_cn_resident_id(number).number == number


@pytest.mark.parametrize(
    ("born", "as_of", "problem"),
    [
        ("18611231", None, "birth_date"),
        ("18620101", None, ""),
        ("20351231", None, ""),
        ("20360101", None, "birth_date"),
        ("20990101", None, "birth_date"),
        ("20240301", dt.date(2024, 3, 1), ""),
        ("20240302", dt.date(2024, 3, 1), "birth_date"),
        ("20990101", dt.date(2100, 1, 1), ""),
        ("20230229", None, "birth_date"),
    ],
)
def test_births_that_nobody_living_can_have(born, as_of, problem):
    assert read_cn_resident_id(with_check(f"110105{born}002"), as_of).problem == problem


def test_problems_of_residents():
    read = {text: read_cn_resident_id(text) for text in ("1101", "990105194912310021", "00010519491231002X")}
    assert [found.problem for found in read.values()] == ["characters", "check", "region"]
    assert read_cn_resident_id("100105194912310021").problem == "region"
    old = read_cn_resident_id("１１０１０５-491231-002")
    assert (old.number, old.completed) == ("11010519491231002X", True)
    assert read_unified_social_credit_code("9135 0100 m000 100y43").number == "91350100M000100Y43"
    assert [read_unified_social_credit_code(t).problem for t in ("O" * 18, "91350100M000100Y44")] == [
        "characters",
        "check",
    ]


@pytest.mark.parametrize("text", ["91350100M000100Y43", "91440300708461136T"])
def test_organizations(text):
    assert unified_social_credit_code_is_valid(text)
    assert unified_social_credit_code_is_valid(text.lower())
    others = [c for c in "0123456789ABCDEFGHJKLMNPQRTUWXY" if c != text[-1]]
    assert not any(unified_social_credit_code_is_valid(text[:-1] + char) for char in others)


def test_social_security():
    assert us_social_security_is_valid("078-05-1120")
    assert us_social_security_is_valid("078051120")
    for text in (
        "000-12-3456",
        "666-12-3456",
        "900-12-3456",
        "123-00-4567",
        "123-45-0000",
        "123-456789",
        "12-345-6789",
    ):
        assert not us_social_security_is_valid(text)


def test_national_insurance():
    assert gb_national_insurance_is_valid("ab123456c")
    for text in ("BG123456A", "DA123456A", "AB123456E", "AO123456A", "AB12345A"):
        assert not gb_national_insurance_is_valid(text)


@given(st.text(max_size=40))
def test_any_text_is_answered(text):
    for is_valid in (
        cn_resident_id_is_valid,
        gb_national_insurance_is_valid,
        iban_is_valid,
        luhn_is_valid,
        unified_social_credit_code_is_valid,
        us_social_security_is_valid,
    ):
        assert is_valid(text) in {True, False}
