"""Check characters against slow sums of weights, and the laws they are made for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custval._kernels.check_characters import CREDIT_CODE_CHARACTERS, mod_11_2, mod_31

# GB 11643-1999, annex: weights of the first 17 characters, and the check characters of the remainders 0 to 10
WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
REMAINDERS = "10X98765432"
# GB 32100-2015, table 2
CREDIT_WEIGHTS = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28]

seventeen = st.text("0123456789", min_size=17, max_size=17)
codes = st.text(CREDIT_CODE_CHARACTERS, min_size=17, max_size=17)


@given(seventeen)
def test_residents_by_the_table_of_the_standard(digits):
    total = sum(int(digit) * weight for digit, weight in zip(digits, WEIGHTS, strict=True))
    assert mod_11_2(digits) == REMAINDERS[total % 11]


@given(codes)
def test_organizations_by_the_table_of_the_standard(code):
    total = sum(CREDIT_CODE_CHARACTERS.index(c) * weight for c, weight in zip(code, CREDIT_WEIGHTS, strict=True))
    assert CREDIT_CODE_CHARACTERS.index(mod_31(code)) == (31 - total % 31) % 31


@pytest.mark.parametrize(("first", "last"), [("11010519491231002", "X"), ("44052418800101001", "4")])
def test_the_examples_of_gb_11643(first, last):
    assert mod_11_2(first) == last


@given(seventeen, st.integers(0, 16), st.integers(1, 9))
def test_no_wrong_digit_goes_unseen(digits, place, shift):
    wrong = digits[:place] + str((int(digits[place]) + shift) % 10) + digits[place + 1 :]
    assert mod_11_2(wrong) != mod_11_2(digits)


@given(codes, st.integers(0, 16), st.integers(1, 30))
def test_no_wrong_character_goes_unseen(code, place, shift):
    other = CREDIT_CODE_CHARACTERS[(CREDIT_CODE_CHARACTERS.index(code[place]) + shift) % 31]
    assert mod_31(code[:place] + other + code[place + 1 :]) != mod_31(code)
