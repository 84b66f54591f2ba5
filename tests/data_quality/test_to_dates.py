"""Dates in mixed forms: a table of cases, what decides about the ambiguous ones, and nothing lost."""

from __future__ import annotations

import copy
import datetime as dt
import warnings

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custval.data_quality import to_dates
from custval.errors import ColumnError, CustvalError, CustvalWarning, DataError

D = dt.datetime
quiet = pytest.mark.filterwarnings("ignore::custval.errors.CustvalWarning")


def read(values, **options):
    """The times of a column and the reasons of what could not be read; what it warns of has tests of its own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CustvalWarning)
        result = to_dates({"x": list(values)}, "x", **options)
    times = [None if pd.isna(value) else value.to_pydatetime() for value in result.frame["x"]]
    return times, dict(zip(result.unparsed["row"], result.unparsed["reason"], strict=True)), result


CASES = {
    "2020-01-02": D(2020, 1, 2),
    "2020-01-02T10:30": D(2020, 1, 2, 10, 30),
    "2020-01-02 10:30:15.25": D(2020, 1, 2, 10, 30, 15, 250_000),
    "2020/1/2": D(2020, 1, 2),
    "2020.01.02": D(2020, 1, 2),
    "20200102": D(2020, 1, 2),
    "20200102103015": D(2020, 1, 2, 10, 30, 15),
    "25/12/2020": D(2020, 12, 25),
    "12/25/2020": D(2020, 12, 25),
    "25.12.2020": D(2020, 12, 25),
    "5/5/2020": D(2020, 5, 5),
    "25-12-2020 3:04 PM": D(2020, 12, 25, 15, 4),
    "25/12/2020 12:00 AM": D(2020, 12, 25),
    "2 Jan 2020": D(2020, 1, 2),
    "2nd January 2020": D(2020, 1, 2),
    "Jan 2, 2020": D(2020, 1, 2),
    "January 2nd, 2020": D(2020, 1, 2),
    "02-JAN-2020": D(2020, 1, 2),
    "2020-Jan-02": D(2020, 1, 2),
    "Thursday, 2 January 2020": D(2020, 1, 2),
    "2020年1月2日": D(2020, 1, 2),
    "2020年01月02号 10时30分": D(2020, 1, 2, 10, 30),
    "2020年1月2日 下午3:04": D(2020, 1, 2, 15, 4),
    "2020年1月2日上午10点30分15秒": D(2020, 1, 2, 10, 30, 15),
    "二〇二〇年十二月三十一日": D(2020, 12, 31),
    "２０２０年１月２日 下午３：０４": D(2020, 1, 2, 15, 4),
    "2020年1月2日 星期四 下午3時04分": D(2020, 1, 2, 15, 4),
    "2020年1月2日（周四）": D(2020, 1, 2),
    "2020 年 1 月 2 日": D(2020, 1, 2),
    "2020年1月2日下午3点": D(2020, 1, 2, 15),
    "2020年1月2日 傍晚6点半": D(2020, 1, 2, 18, 30),
    "2020年1月2日 晚上8点三刻": D(2020, 1, 2, 20, 45),
    "2020年1月2日 中午12点": D(2020, 1, 2, 12),
    "2020年1月2日 凌晨12:30": D(2020, 1, 2, 0, 30),
    "2020年元月2日": D(2020, 1, 2),
    "2020年一月二日": D(2020, 1, 2),
    "二〇二〇年1月廿一日": D(2020, 1, 21),
    "民国109年1月2日": D(2020, 1, 2),
    "中華民國１０９年１月２日": D(2020, 1, 2),
    "民国元年1月1日": D(1912, 1, 1),
    "公元2020年1月2日": D(2020, 1, 2),
    "2-一月-2020": D(2020, 1, 2),
    "02 十一月 2020": D(2020, 11, 2),
    "二零二零年一月二十日": D(2020, 1, 20),
    "２０２０－０１－０２": D(2020, 1, 2),
    "2020-01-02T24:00": D(2020, 1, 3),
    "31/12/1893": D(1893, 12, 31),
    "9999-12-31": D(9999, 12, 31),
    "0001-01-01": D(1, 1, 1),
    "2024-02-29": D(2024, 2, 29),
}
NO_DATES = {
    "2023-02-29": "no such day",
    "20201301": "no such day",
    "2020-01-02 25:00": "no such day, or no such time",
    "2020-01": "part of a date",
    "2020年1月": "part of a date",
    "1985": "part of a date|bare number",
    "31/04/2020": "no such day",
    "13/13/2020": "no such day",
    "soon": "no date",
    "2020-01-02 10:30 CST": "no time of day",
    "43831": "serial='1900'",
    "1577923200": "epoch='s'",
    "1577923200000": "epoch='ms'",
    "12/25/19": "two digits",
    "20年1月2日": "two digits",
    "109年1月2日": "neither four digits nor two",
    "2020年正月初五": "no date of a known form",
    "2020年1月2日 晚上12点": "of this day or of the next",
    "2020年1月2日 晚上1点": "of this day or of the next",
    "1/2/345": "neither four digits nor two",
    "2020-01-02T10:00+99:00": "no such time zone",
}


def test_forms():
    times, problems, _ = read(CASES, day_first=True)
    assert dict(zip(CASES, times, strict=True)) == CASES
    assert not problems


@pytest.mark.parametrize(("text", "reason"), NO_DATES.items())
def test_what_is_no_date(text, reason):
    times, problems, result = read([text])
    assert times == [None]
    assert any(word in problems[0] for word in reason.split("|"))
    assert result.unparsed["value"] == [text]
    assert result.log["before"] == [text]
    assert result.log["after"] == [None]


def test_ambiguous_dates_stay_unread_without_a_word():
    times, problems, _ = read(["01/02/2020", "2020-01-02"])
    assert times == [None, D(2020, 1, 2)]
    assert "day_first=True" in problems[0]
    assert read(["01/02/2020"], day_first=True)[0] == [D(2020, 2, 1)]
    assert read(["01/02/2020"], day_first=False)[0] == [D(2020, 1, 2)]


def test_other_dates_of_the_column_decide():
    times, problems, result = read(["01/02/2020", "13/02/2020", "5/5/2020"])
    assert times == [D(2020, 2, 1), D(2020, 2, 13), D(2020, 5, 5)]
    assert not problems
    assert result.log["rule"][0] == "date; day first, as other dates of the column show"
    assert result.columns["x"] == "day first, as other dates of the column show"
    assert read(["01/02/2020", "02/13/2020"])[0] == [D(2020, 1, 2), D(2020, 2, 13)]


def test_evidence_against_evidence_decides_nothing():
    times, problems, _ = read(["01/02/2020", "13/02/2020", "02/13/2020"])
    assert times == [None, D(2020, 2, 13), D(2020, 2, 13)]
    assert list(problems) == [0]


def test_years_of_two_digits():
    assert read(["31/12/29", "31/12/30"], two_digit_years=2029, day_first=True)[0] == [D(2029, 12, 31), D(1930, 12, 31)]
    assert read(["31/12/99"], two_digit_years=2029)[0] == [D(1999, 12, 31)]
    assert read(["85-12-31"], two_digit_years=2029)[0] == [D(1985, 12, 31)]
    # the first of three may be the year: 25 December 2019, or 19 December 2025
    times, problems, _ = read(["25/12/19"], two_digit_years=2029)
    assert times == [None]
    assert "year, day or month first" in problems[0]
    assert read(["2 Jan 20", "20年1月2日"], two_digit_years=2029)[0] == [D(2020, 1, 2), D(2020, 1, 2)]


def test_numbers_by_policy():
    assert read(["43831", "43831.5", "1", "59", "61"], serial="1900")[0] == [
        D(2020, 1, 1),
        D(2020, 1, 1, 12),
        D(1900, 1, 1),
        D(1900, 2, 28),
        D(1900, 3, 1),
    ]
    assert "no day" in read(["60"], serial="1900")[1][0]  # Excel's 29 February 1900
    assert read([42369], serial="1904")[0] == [D(2020, 1, 1)]
    utc = dt.UTC
    expected = D(2020, 1, 2, 0, 0, 0, 250_000, tzinfo=utc)
    assert read([1577923200.25, None], epoch="s")[0] == [expected, None]
    assert read(["1577923200250"], epoch="ms")[0] == [expected]
    assert read([1577923200250000], epoch="us")[0] == [expected]
    assert "calendar" in read(["9" * 18], epoch="s")[1][0]


def test_time_zones_are_kept():
    east = dt.timezone(dt.timedelta(hours=8))
    times, _, result = read(["2020-01-02T10:00:00+08:00", "2020/7/2 10:00 +0800"])
    assert times == [D(2020, 1, 2, 10, tzinfo=east), D(2020, 7, 2, 10, tzinfo=east)]
    assert [value.utcoffset() for value in times] == [dt.timedelta(hours=8)] * 2
    assert result.columns["x"] == "time zone UTC+08:00"
    times, _, result = read(["2020-01-02T10:00:00+08:00", "2020-01-02T10:00:00Z", "2020-01-02T10:00-05:30"])
    assert [value.astimezone(dt.UTC).hour for value in times] == [2, 10, 15]
    assert "in UTC" in result.columns["x"]


def test_times_with_and_without_a_zone_do_not_mix():
    times, problems, _ = read(["2020-01-02", "2020-01-03", "2020-01-02T10:00Z"])
    assert times == [D(2020, 1, 2), D(2020, 1, 3), None]
    assert "a time zone, unlike" in problems[2]
    times, problems, _ = read(["2020-01-02T10:00Z", "2020-01-03T10:00Z", "2020-01-02"])
    assert times[2] is None
    assert "no time zone, unlike" in problems[2]


def test_missing():
    times, problems, result = read(["?", "", None, "无", "1900-01-01"], missing={"x": ["?", "无", "1900-01-01"]})
    assert times == [None] * 5
    assert not problems
    assert result.log["rule"] == ["spelling of missing"] * 4


def test_columns_are_found_by_name_or_by_values():
    frame = pd.DataFrame(
        {
            "Dt_Customer": ["02/13/2020", "x"],
            "出生日期": ["1990年1月2日", None],
            "when": ["2020-01-02", "2020-01-03"],
            "code": ["20200102", "20200103"],
            "phone": ["2020-01-02", "2020-01-03"],
            "date": ["red", "blue"],
            "n": [20200102, 20200103],
        }
    )
    result = to_dates(frame)
    assert list(result.columns) == ["Dt_Customer", "出生日期", "when"]
    assert list(to_dates(frame, ["code", "n"]).columns) == ["code", "n"]
    pd.testing.assert_frame_equal(to_dates(result.frame).frame, result.frame)
    assert len(to_dates(result.frame, list(frame)[:3]).log) == 0


def test_errors_and_parameters():
    with pytest.raises(DataError, match="1 values that cannot be read as date, such as in row 1"):
        to_dates({"x": ["2020-01-02", "01/02/2020"]}, "x", errors="raise")
    with pytest.raises(ColumnError, match="no column 'y'"):
        to_dates({"x": ["a"]}, "y")
    for options in ({"serial": 1900}, {"epoch": "m"}, {"errors": "coerce"}, {"two_digit_years": 29}, {"columns": 3}):
        with pytest.raises(CustvalError, match="must"):
            to_dates({"x": ["a"]}, **options)


def test_nothing_at_all():
    assert to_dates({"x": []}, "x").frame == {"x": []}
    assert to_dates({"x": [None, None]}, "x").frame["x"] == [None, None]
    assert to_dates({}).frame == {}


days = st.datetimes(D(1, 1, 1), D(9999, 12, 31))
FORMATS = [
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y%m%d",
    "%d %B %Y",
    "%b %d, %Y",
    "%Y年%m月%d日",
    "%Y-%m-%dT%H:%M:%S",
    "%d.%m.%Y %H:%M:%S",
]


@given(st.lists(st.tuples(days, st.sampled_from(FORMATS)), min_size=1, max_size=5))
def test_what_is_written_is_read(pairs):
    pairs = [(day, form) for day, form in pairs if day.year >= 1500]
    texts = [day.strftime(form) for day, form in pairs]
    times, problems, _ = read(texts, day_first=True)
    assert not problems
    for (day, form), time in zip(pairs, times, strict=True):
        assert time == (day.replace(microsecond=0) if "%H" in form else D(day.year, day.month, day.day))


CLOCKS = {
    "230pm": (14, 30),
    "1230pm": (12, 30),
    "1230 am": (0, 30),
    "1015 pm": (22, 15),
    "12:30 AM": (0, 30),
    "0:30 am": (0, 30),
    "15:00 PM": (15, 0),
    "p.m. 3:04": (15, 4),
    "10:5": (10, 5),
    "10:30:15": (10, 30, 15),
    "上午12:30": (0, 30),
    "下午12:30": (12, 30),
    "中午12:30": (12, 30),
    "中午1:30": (13, 30),
    "晚上8点": (20, 0),
    "晚上8点半": (20, 30),
    "8点整": (8, 0),
    "凌晨3点5分": (3, 5),
    "下午15:00": (15, 0),
    "22时05分": (22, 5),
}
NO_CLOCKS = {
    "015 pm": "hour 0 with pm",
    "0:30 PM": "hour 0 with pm",
    "10:123": "no time of day",
    "16:00 AM": "hour 16 with am",
    "1600 AM": "hour 16 with am",
    "上午15:00": "hour 15 with 上午",
    "下午0:30": "hour 0 with 下午",
    "晚上12:30": "of this day or of the next",
    "晚上2:30": "of this day or of the next",
    "早上12:30": "hour 12 with 早上",
    "am 3:04 pm": "no time of day",
    "1260 pm": "no such time of day",
    "230": "no time of day",
    "103015": "no time of day",
    "10:00 +05:99": "no such time zone",
    "10:00:00+14:30": "no such time zone",
    "10:00:00-12:30": "no such time zone",
    "10:00-12:00": "a range",
    "10:00-12": "a range",
    "3:00 pm-5:00": "a range",
}


@pytest.mark.parametrize("day", ["2020/01/13", "13/01/2020", "2020年1月13日", "2020-01-13"])
def test_clocks(day):
    times, problems, _ = read([f"{day} {clock}" for clock in CLOCKS])
    assert not problems
    assert dict(zip(CLOCKS, times, strict=True)) == {clock: D(2020, 1, 13, *time) for clock, time in CLOCKS.items()}
    times, problems, _ = read([f"{day} {clock}" for clock in NO_CLOCKS])
    assert times == [None] * len(NO_CLOCKS)
    for row, (clock, reason) in enumerate(NO_CLOCKS.items()):
        assert reason in problems[row], clock


@given(st.datetimes(D(1600, 1, 1), D(2200, 1, 1)), st.sampled_from(["%I:%M %p", "%I%M%p", "%I:%M:%S%p", "%p %I:%M"]))
def test_clocks_of_twelve_hours(moment, form):
    times, problems, _ = read([moment.strftime(f"%d %B %Y {form}")])
    assert not problems
    assert times == [moment.replace(microsecond=0, second=moment.second if "%S" in form else 0)]


def test_a_zone_behind_a_time_without_seconds():
    west = dt.timezone(dt.timedelta(hours=-5))
    for text in ("2020-01-02T10:00-05:00", "2020-01-02 10:00:00-05:00", "2020/1/2 10:00 UTC-5", "2020/1/2 10:00-0500"):
        assert read([text])[0] == [D(2020, 1, 2, 10, tzinfo=west)], text


def test_days_that_do_not_exist_decide_nothing():
    for impossible in ("45/06/2020", "31/02/2020", "02/45/2020", "29/02/2021", "13/00/2020", "13/02/0000", "31/04/99"):
        times, problems, _ = read([impossible, "01/02/2020"])
        assert times == [None, None], impossible
        assert "day_first" in problems[1]
    assert read(["29/02/2020", "01/02/2020"])[0][1] == D(2020, 2, 1)
    assert read(["29/02/96", "01/02/2020"])[0][1] == D(2020, 2, 1)


def test_numbers_of_seconds_stay_exact():
    result = read(["20200102123456", "20200102123457"], epoch="ms")
    assert [time.microsecond for time in result[0]] == [456_000, 457_000]
    assert result[2].log["rule"] == ["epoch (ms)"] * 2
    assert read(["1577923200.1234567"], epoch="s")[2].log["rule"] == ["epoch (s); rounded to microseconds"]


@given(st.integers(-(2**55), 2**55), st.sampled_from([("ms", 1_000), ("us", 1)]))
def test_numbers_of_seconds(count, unit):
    name, size = unit
    microseconds = count if size == 1 else count // 1_000
    expected = D(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=microseconds * size)
    assert read([str(microseconds)], epoch=name)[0] == [expected]


def test_digits_of_a_second_that_are_cut_are_logged():
    texts = ["2020-01-02T10:00:00.123456789Z", "2020-01-02T10:00:00.123456000Z", "2020/1/2 10:00:00.1234567 Z"]
    times, _, result = read(texts)
    assert [time.microsecond for time in times] == [123_456] * 3
    assert dict(zip(result.log["row"], result.log["rule"], strict=True)) == {
        0: "cut to microseconds",
        2: "date; cut to microseconds",
    }


@pytest.mark.parametrize(
    ("text", "reason"),
    {
        "2020-01-02²": "raised",
        "2020-01-0\x002": "control",
        "2020å¹´1æœˆ2æ—¥": "encoding",
        "2020-01-0²": "raised",
    }.items(),
)
def test_signs_that_are_no_part_of_a_date(text, reason):
    times, problems, result = read([text, "\ufeff2020-01-02\x00"])
    assert times == [None, D(2020, 1, 2)]
    assert reason in problems[0]
    assert result.unparsed["value"] == [text]


def test_the_way_out_for_times_of_another_kind():
    _, problems, _ = read(["2020-01-02", "2020-01-03", "2020-01-02T10:00Z"])
    assert "a column of their own" in problems[2]


def test_a_column_without_one_date_is_warned_of():
    with pytest.warns(CustvalWarning, match="column 'x': not one of 3 values.*2 times: day or month.*day_first=True"):
        to_dates({"x": ["01/02/2020", "02/03/2020", "soon", None, "?"]}, "x")
    with pytest.warns(CustvalWarning, match="1 times: no date of a known form; if it holds no dates, leave it out"):
        to_dates({"x": ["soon"]}, "x")
    assert to_dates({"x": ["?", None]}, "x").frame["x"] == [None, None]


text = st.none() | st.text("0123456789-/.: TZ+年月日Jan", max_size=20) | st.sampled_from([*CASES, *NO_DATES])


@quiet
@given(st.lists(text, max_size=6), st.sampled_from([None, True, False]), st.sampled_from([None, 2029]))
def test_every_cell_is_accounted_for(values, day_first, two_digit_years):
    frame = pd.DataFrame({"x": pd.Series(values, dtype=object)})
    before = copy.deepcopy(frame)
    result = to_dates(frame, "x", day_first=day_first, two_digit_years=two_digit_years)
    pd.testing.assert_frame_equal(frame, before)
    listed = set(result.unparsed["row"])
    lost = {
        row for row, rule in zip(result.log["row"], result.log["rule"], strict=True) if rule == "spelling of missing"
    }
    for row, (value, time) in enumerate(zip(values, result.frame["x"], strict=True)):
        assert pd.isna(time) == (value is None or row in listed or row in lost)


def test_hostile_texts():
    texts = ["1" * 100_000, "a@" * 100_000, "-" * 100_000, "0001-01-01T00:00+08:00", "9999-12-31T23:00-08:00"]
    assert list(read(texts)[1]) == [0, 1, 2, 3, 4]


def test_the_log_says_how_a_year_of_the_republic_was_read():
    found = to_dates({"date": ["民国109年1月2日", "2020-01-02"]})
    assert found.log["rule"] == ["date; year of the Republic + 1911"]
    assert found.log["after"] == ["2020-01-02"]
