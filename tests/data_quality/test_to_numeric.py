"""Numbers as people write them: a table of cases, what decides about the ambiguous ones, and nothing lost."""

from __future__ import annotations

import copy
import warnings
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custval.data_quality import to_numeric
from custval.data_quality._chinese_numerals import chinese_numeral
from custval.errors import ColumnError, CustvalError, CustvalWarning, DataError

quiet = pytest.mark.filterwarnings("ignore::custval.errors.CustvalWarning")


def read(values, **options):
    """The numbers of a column and the reasons of what could not be read; what it warns of has tests of its own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CustvalWarning)
        result = to_numeric({"x": list(values)}, "x", **options)
    numbers = [None if pd.isna(value) else value for value in result.frame["x"]]
    return numbers, dict(zip(result.unparsed["row"], result.unparsed["reason"], strict=True)), result


CASES = {
    "5": 5,
    "-5": -5,
    "+5": 5,
    "0": 0,
    "0.5": 0.5,
    ".5": 0.5,
    "5.": 5,
    "1,234.5": 1234.5,
    "1,234,567": 1_234_567,
    "1.234.567,8": 1_234_567.8,
    "1.234,5": 1234.5,
    "0,5": 0.5,
    "12,34": 12.34,
    "1 234,5": 1234.5,
    "1\u202f234,5": 1234.5,
    "1'234.50": 1234.5,
    "12,34,567": 1_234_567,  # lakhs
    "(1,234.50)": -1234.5,
    "5-": -5,
    "−5": -5,
    "１２３": 123,
    "1e5": 100_000,
    "1.5E+03": 1500,
    "1.5万": 15_000,
    "3亿": 300_000_000,
    "2百万": 2_000_000,
    "12.5%": 0.125,
    "-3 %": -0.03,
}
NO_NUMBERS = {
    "abc": "no number",
    "1,23,4": "separators",
    "192.168.1.1": "separators",
    "1,2,3": "separators",
    "007": "identifier",
    "00.5": "identifier",
    "--5": "no number",
    "(-5)": "sign",
    "$5€": "sign",
    "5M%": "sign",
    "1e5k": "sign",
    "1 2": "separators",
    "inf": "no number",
    "5‰": "per mille",
    "1-2": "no number",
    "9223372036854775808": "64 bits",
    "二十": "no number",
}


@pytest.mark.parametrize(("text", "expected"), CASES.items())
def test_forms(text, expected):
    numbers, problems, _ = read([text])
    assert not problems
    assert numbers == [pytest.approx(expected, rel=1e-15)]


@pytest.mark.parametrize(("text", "reason"), NO_NUMBERS.items())
def test_what_is_no_number(text, reason):
    numbers, problems, result = read([text, "4"])
    assert numbers == [None, 4]
    assert reason in problems[0]
    assert result.unparsed["value"] == [text]
    assert result.log["before"] == [text]


@pytest.mark.parametrize(
    "text",
    [
        "$1,234.50",
        "€1,234.50",
        "1,234.50 EUR",
        "US$ 1,234.50",
        "￥1,234.50",
        "1,234.50元",
        "人民币1,234.50",
        "-£1,234.50",
        "£-1,234.50",
    ],
)
def test_currencies(text):
    numbers, problems, result = read([text])
    assert not problems
    assert abs(numbers[0]) == 1234.5
    assert (numbers[0] < 0) == ("-" in text)
    assert "currency" in result.log["rule"][0]


def test_several_currencies_are_no_amounts_of_one_kind():
    numbers, problems, _ = read(["$5", "$6", "€7", "8", "¥9"])
    assert numbers == [5, 6, None, 8, None]
    assert "EUR beside $" in problems[2]
    assert read(["¥5", "6元", "RMB 7"])[0] == [5, 6, 7]


def test_ambiguous_numbers_stay_unread_without_a_word():
    numbers, problems, _ = read(["1,234", "5"])
    assert numbers == [None, 5]
    assert "decimal='.'" in problems[0]
    assert read(["1,234"], decimal=".")[0] == [1234]
    assert read(["1,234"], decimal=",")[0] == [1.234]
    assert read(["1.234"])[0] == [1.234]
    assert read(["1.234"], decimal=",")[0] == [1234]


def test_other_values_of_the_column_decide():
    numbers, _, result = read(["1,234", "0.5"])
    assert numbers == [1234, 0.5]
    assert result.log["rule"] == ["thousands; as other values of the column show"]
    assert read(["1,234", "0,5"])[0] == [1.234, 0.5]
    assert read(["1.234", "0,5"])[0] == [1234, 0.5]
    assert read(["1,234", "1,234,567"])[0] == [1234, 1_234_567]


def test_evidence_against_evidence_decides_nothing():
    numbers, problems, result = read(["1,234", "1.234", "0.5", "0,5"])
    assert numbers == [None, None, 0.5, 0.5]
    assert sorted(problems) == [0, 1]
    assert result.columns["x"] == "both decimal signs"


def test_a_decimal_sign_that_was_said_holds_for_all():
    numbers, problems, _ = read(["1.234,5", "1,234.5"], decimal=".")
    assert numbers == [None, 1234.5]
    assert "not '.'" in problems[0]


def test_percent():
    assert read(["12.5%", "1%"], percent="number")[0] == [12.5, 1]


def test_whole_numbers_beyond_floats():
    big = 2**53 + 1
    frame = pd.DataFrame({"x": [str(big), f"{2**62 + 1:,}", None]})
    column = to_numeric(frame, "x").frame["x"]
    assert str(column.dtype) == "Int64"
    assert column.tolist()[:2] == [big, 2**62 + 1]
    numbers, problems, _ = read([str(big), str(big - 1), "0.5"])
    assert numbers == [None, float(big - 1), 0.5]
    assert "float would round" in problems[0]


def test_chinese_numerals():
    values = {
        "一百二十三": 123,
        "三千五百": 3500,
        "一万二千": 12_000,
        "十": 10,
        "二十": 20,
        "两百零五": 205,
        "二〇二〇": 2020,
    }
    values |= {"壹仟贰佰叁拾": 1230, "一亿二千万": 120_000_000, "一万亿": 10**12, "零": 0}
    assert read(values, chinese_numerals=True)[0] == list(values.values())
    assert chinese_numeral("一二x") is None


def test_missing():
    numbers, problems, result = read(["5", " ", "N/A", "无", "-", None, "\\N"])
    assert numbers == [5] + [None] * 6
    assert not problems
    assert result.log["rule"] == ["spelling of missing"] * 5
    assert read(["5", "-99", "n/a"], missing={"x": [-99]})[0] == [5, None, None]
    assert "n/a" in read(["5", "-99", "n/a"], missing={"x": [-99]})[2].unparsed["value"]


def test_columns_are_found_by_their_values():
    frame = pd.DataFrame(
        {
            "total": ["1.5", " ", "20"],
            "code": ["007", "008", "123"],
            "phone": ["13800138000"] * 3,
            "note": ["a", "1", "2"],
            "n": [1, 2, 3],
            "plz": ["10115", "10117", "80331"],
        }
    )
    result = to_numeric(frame)
    assert list(result.columns) == ["total"]
    assert result.frame.drop(columns="total").equals(frame.drop(columns="total"))
    again = to_numeric(result.frame)
    pd.testing.assert_frame_equal(again.frame, result.frame)
    assert not again.columns


def test_objects_of_all_sorts():
    frame = pd.DataFrame({"x": pd.Series([1, 2.5, "3,5", Decimal("4.25"), True, None], dtype=object)})
    result = to_numeric(frame, "x")
    assert [None if pd.isna(value) else value for value in result.frame["x"]] == [1, 2.5, 3.5, 4.25, None, None]
    assert result.unparsed["value"].tolist() == ["True"]


def test_errors_and_parameters():
    with pytest.raises(DataError, match="1 values that cannot be read as number, such as in row 1"):
        to_numeric({"x": ["1", "x"]}, "x", errors="raise")
    with pytest.raises(ColumnError, match="no column 'y'"):
        to_numeric({"x": ["1"]}, "y")
    for options in (
        {"decimal": ";"},
        {"percent": 100},
        {"errors": "coerce"},
        {"columns": 3},
        {"chinese_numerals": "yes"},
    ):
        with pytest.raises(CustvalError, match="must"):
            to_numeric({"x": ["1"]}, **options)


def test_nothing_at_all():
    assert to_numeric({"x": []}, "x").frame == {"x": []}
    assert to_numeric({"x": ["", None]}, "x").frame["x"] == [None, None]
    assert to_numeric({}).frame == {}


amounts = st.decimals(-(10**12), 10**12, places=2, allow_nan=False)


def european(amount):
    return f"{amount:,}".translate(str.maketrans({",": ".", ".": ","}))


@given(st.lists(amounts, min_size=1, max_size=6), st.sampled_from([str, "{:,}".format, european, "{:,} €".format]))
def test_what_is_written_is_read(values, write):
    numbers, problems, _ = read([write(value) for value in values])
    assert not problems
    assert numbers == [float(value) for value in values]


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=6))
def test_whole_numbers_stay_exact(values):
    assert read(map(str, values))[0] == values


SPOKEN = {
    "一万二": 12_000,
    "三千五": 3_500,
    "一百二": 120,
    "两百五": 250,
    "一万二千五": 12_500,
    "一百零二": 102,
    "一万零二": 10_002,
    "一百十二": 112,
    "一亿二": 120_000_000,
}


def test_chinese_numerals_as_they_are_spoken():
    assert read(SPOKEN, chinese_numerals=True)[0] == list(SPOKEN.values())
    for nothing in ("万", "十百", "二十三十", "一百零零五", "百二", "零零七", "一百零", "十一百"):
        assert chinese_numeral(nothing) is None, nothing


def in_chinese(number):
    """A number below 10^8 as schools teach to write it, place by place."""
    digits, units = "零一二三四五六七八九", ("", "十", "百", "千", "万", "十", "百", "千")
    written = ""
    text = str(number)
    for place, digit in zip(range(len(text) - 1, -1, -1), map(int, text), strict=True):
        if digit:
            written += digits[digit] + units[place]
        elif place == 4 and number >= 10_000:
            written = written.rstrip("零") + "万"
        elif not written.endswith("零"):
            written += "零"
    return written.rstrip("零") or "零"


@given(st.integers(0, 10**8 - 1))
def test_chinese_numerals_against_writing_them(number):
    assert chinese_numeral(in_chinese(number)) == number


def test_percentages_and_plain_numbers_do_not_mix():
    numbers, problems, _ = read(["5", "10 %", "7.5", "0", "0%"])
    assert numbers == [5, None, 7.5, 0, 0]
    assert "percent='number'" in problems[1]
    assert read(["5%", "10 %", "7.5"])[0] == [0.05, 0.1, None]
    # no majority
    assert read(["5", "10 %", "7.5", "12%"])[0] == [None] * 4
    assert read(["5", "10 %", "7.5", "12%"], percent="number")[0] == [5, 10, 7.5, 12]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["$1.00", "USD 2.00"], [1, 2]),
        (["$1", "US$ 2", "3美元"], [1, 2, 3]),
        (["C$ 1", "$2"], [1, 2]),
        (["$1", "CAD 2", "USD 3"], [None] * 3),
        (["USD 1", "USD 2", "CAD 3", "$4"], [1, 2, None, None]),
        (["¥100", "JPY 100"], [100, 100]),
        (["¥100", "100元"], [100, 100]),
        (["¥100", "JPY 100", "CNY 100"], [None] * 3),
        (["$1", "$2", "¥3"], [1, 2, None]),
    ],
)
def test_signs_of_several_currencies_mean_the_one_that_is_named(values, expected):
    assert read(values)[0] == expected


def test_the_currency_that_was_meant_is_logged():
    assert read(["$1", "USD 2"])[2].log["rule"] == ["currency USD"] * 2


def test_three_digits_behind_every_point_may_be_thousands():
    with pytest.warns(CustvalWarning, match=r"column 'x'.*decimal=','"):
        result = to_numeric({"x": ["1.234", "5.678", "12.500", "7"]}, "x")
    assert result.frame["x"] == [1.234, 5.678, 12.5, 7]
    assert "decimal=','" in result.columns["x"]
    # said, or shown by another value, it is no question any more
    for values, options in ((["1.234", "12.500"], {"decimal": "."}), (["1.234", "0.5"], {}), (["1.234", "0.123"], {})):
        assert to_numeric({"x": values}, "x", **options).frame["x"][0] == 1.234


@pytest.mark.parametrize("made", [pd.DataFrame, dict])
def test_missing_in_columns_of_numbers(made):
    frame = made({"income": [1, -99, 3], "age": [1.5, -99.0, 999.0], "note": ["-99", "2", "3"]})
    before = copy.deepcopy(frame)
    result = to_numeric(frame, missing={"income": [-99], "age": [-99, 999]})
    assert [None if pd.isna(value) else value for value in result.frame["income"]] == [1, None, 3]
    assert [None if pd.isna(value) else value for value in result.frame["age"]] == [1.5, None, None]
    assert list(zip(result.log["column"], result.log["row"], result.log["rule"], strict=True)) == [
        ("income", 1, "spelling of missing"),
        ("age", 1, "spelling of missing"),
        ("age", 2, "spelling of missing"),
    ]
    assert list(result.columns) == ["note"]
    for name in ("income", "age", "note"):
        assert list(frame[name]) == list(before[name])
    # a column that was not asked for is let be
    assert list(to_numeric(frame, "note", missing={"income": [-99]}).frame["income"]) == [1, -99, 3]


def test_a_column_without_one_number_is_warned_of():
    with pytest.warns(CustvalWarning, match="column 'x': not one of 3 values.*2 times: a thousand or.*decim"):
        to_numeric({"x": ["1,234", "5,678", "a", None, "?"]}, "x")
    with pytest.warns(CustvalWarning, match="1 times: no number; if it holds no numbers, leave it out"):
        to_numeric({"x": ["a"]}, "x")
    assert to_numeric({"x": ["?", None]}, "x").frame["x"] == [None, None]


@pytest.mark.parametrize(
    ("text", "reason"),
    {
        "1234¹": "raised",
        "10²": "raised",
        "10₂": "lowered",
        "10①": "circled",
        "1\x002": "control",
        "1\n200": "line",
        "1\t200": "line",
        "1\u2028200": "line",
        "â‚¬ 5": "encoding",
        "5\ufffd": "encoding",
    }.items(),
)
def test_signs_that_are_no_part_of_a_number(text, reason):
    numbers, problems, result = read([text, "\x004\n", "\ufeff5 "])
    assert numbers == [None, 4, 5]
    assert reason in problems[0]
    assert result.unparsed["value"] == [text]


def test_digits_that_a_float_would_round_are_not_lost():
    numbers, problems, _ = read(["9007199254740993.0", "9007199254740992.0", "0.5"])
    assert numbers == [None, 2.0**53, 0.5]
    assert "float would round" in problems[0]


def test_every_change_is_logged():
    values = {"12-": "minus behind", "−5": "minus sign", "5-": "minus behind", "1e-400": "too small for a float, so 0"}
    _, problems, result = read([*values, "5", "-5"])
    assert not problems
    assert dict(zip(result.log["before"], result.log["rule"], strict=True)) == values


def test_letters_for_thousands():
    cases = {"159.66k": 159_660, "3 K": 3_000, "2M": 2_000_000, "$1.2bn": 1_200_000_000, "-2.5M €": None, "5m": None}
    numbers, problems, _ = read(["$5", *cases])
    assert numbers == [5, *cases.values()]
    assert list(problems) == [5, 6]
    assert read(["-2.5M €"])[0] == [-2_500_000]
    # sizes look the same
    assert not to_numeric({"x": ["2M", "3M", "4M"]}).columns


text = st.none() | st.text("0123456789.,-+() '%$€万亿eE٣", max_size=12) | st.sampled_from([*CASES, *NO_NUMBERS])


@quiet
@given(st.lists(text, max_size=6), st.sampled_from([None, ".", ","]), st.booleans())
def test_every_cell_is_accounted_for(values, decimal, numerals):
    frame = pd.DataFrame({"x": pd.Series(values, dtype=object)})
    before = copy.deepcopy(frame)
    result = to_numeric(frame, "x", decimal=decimal, chinese_numerals=numerals)
    pd.testing.assert_frame_equal(frame, before)
    listed = set(result.unparsed["row"])
    lost = {
        row for row, rule in zip(result.log["row"], result.log["rule"], strict=True) if rule == "spelling of missing"
    }
    for row, (value, number) in enumerate(zip(values, result.frame["x"], strict=True)):
        assert pd.isna(number) == (value is None or row in listed or row in lost)


def test_hostile_texts():
    texts = ["1" * 100_000, "1," * 100_000, "(" * 100_000, "1" * 300 + ".5", "1e400", "1e308", "1e-400"]
    numbers, problems, _ = read(texts)
    assert numbers[:3] == [None] * 3
    assert numbers[3] == pytest.approx(float("1" * 300), rel=1e-15)
    assert numbers[4:] == [None, 1e308, 0.0]
    assert list(problems) == [0, 1, 2, 4]
