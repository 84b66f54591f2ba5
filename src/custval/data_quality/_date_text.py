"""Dates and times as people write them: what a text says by itself, and what only a policy can say."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from custval._kernels.dates_in_text import MONTHS
from custval.data_quality._clock_text import scan_clock, scan_iso_clock

__all__ = ["DateText", "Policy", "day_first_evidence", "resolve", "scan"]


class DateText(NamedTuple):
    """What stands in a text: three numbers in the order of writing, a time, a zone; or why it is no date.

    `order` is "ymd" (year, month, day), "?" where the year stands last, day and month before it in an order that the
    text may not say, "serial" for a bare number. `plain` is true for ISO 8601 as it stands, `cut` where a fraction of a
    second has more digits than a time holds.
    """

    order: str = ""
    year: int = 0
    first: int = 0
    second: int = 0
    time: tuple[int, int, int, int] | None = None
    offset: int | None = None
    short_year: bool = False
    plain: bool = False
    cut: bool = False
    number: str = ""
    problem: str = ""
    rule: str = ""


class Policy(NamedTuple):
    """How to read what a text does not say: see `to_dates`."""

    day_first: bool | None = None
    two_digit_years: int | None = None
    serial: str | None = None
    epoch: str | None = None
    evidence: str = ""


class Read(NamedTuple):
    """A date or time that was read, or the problem."""

    wall: dt.datetime | None = None
    offset: int | None = None
    has_time: bool = False
    rule: str = ""
    problem: str = ""


_NUMERALS = (*"一二三四五六七八九十", "十一", "十二")
_MONTHS = MONTHS | {f"{numeral}月": month for month, numeral in enumerate(_NUMERALS, start=1)}
_MONTH = "(" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\.?"
_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:([T ])(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(Z|[+-]\d\d:?\d\d)?)?", re.ASCII
)
_WEEKDAY = re.compile(
    r"^(?:mon|tue|tues|wed|thu|thur|thurs|fri|sat|sun)(?:day|sday|nesday|rsday|urday)?[.,]? +|"
    r" ?[(]?(?:星期|周|礼拜)[一二三四五六日天][)]? ?",
    re.IGNORECASE,
)
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:[T ]?(\d\d)(\d\d)(\d\d)?)?", re.ASCII)
_SEPARATED = re.compile(r"(\d{1,4})( ?[-/. ] ?)(\d{1,2})\2(\d{1,4})(?P<rest>(?:[T ,].*)?)", re.ASCII)
_CHINESE = re.compile(r"(\d{2,4})年(\d{1,2})月(\d{1,2})[日号]?(?P<rest>.*)", re.ASCII)
_DAY_MONTH = re.compile(
    rf"(\d{{1,2}})(?:st|nd|rd|th)?\.?[ -/]*(?:of )?{_MONTH}[ ,/-]*(\d{{4}}|\d\d)(?P<rest>(?:[T ,].*)?)",
    re.IGNORECASE | re.ASCII,
)
_MONTH_DAY = re.compile(
    rf"{_MONTH}[ /-]*(\d{{1,2}})(?:st|nd|rd|th)?[ ,/-]+(\d{{4}}|\d\d)(?P<rest>(?:[T ,].*)?)", re.IGNORECASE | re.ASCII
)
_YEAR_MONTH_DAY = re.compile(rf"(\d{{4}})[ /-]{_MONTH}[ /-](\d{{1,2}})(?P<rest>(?:[T ,].*)?)", re.IGNORECASE | re.ASCII)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII)
_INCOMPLETE = re.compile(r"\d{4}|\d{4}[-/.年]\d{1,2}月?|\d{4}年|\d{1,2}[-/]\d{4}", re.ASCII)
_HAN_DIGITS = str.maketrans("〇零一二三四五六七八九○", "001234567890")
_HAN_DATE = re.compile(
    r"(?:[〇零○一二三四五六七八九]{2,4}|\d{2,4})年(?:[〇零一二三四五六七八九十]{1,3}|\d{1,2}|元)月"
    r"(?:[〇零一二三四五六七八九十廿卅]{1,3}|\d{1,2})[日号]?",
    re.ASCII,
)
_TRADITIONAL = str.maketrans("時點號週國華禮", "时点号周国华礼")
_REPUBLIC = re.compile(r"^(?:中华)?民国 ?(\d{1,3}|元) ?年", re.ASCII)
_ERA = re.compile(r"^(?:公元|西元) ?(?=[\d〇零○一二三四五六七八九]{4})", re.ASCII)
_LOOSE = re.compile(" ?([年月日号时分]) ?")
_BEFORE_REPUBLIC = 1911


_LONGEST = 100


def scan(text: str) -> DateText:
    """Read a cleaned text without any policy."""
    iso = _ISO.fullmatch(text)
    if iso:
        clock = scan_iso_clock(iso.groups()[4:], after_t=iso[4] == "T")
        if clock.problem:
            return DateText(problem=clock.problem)
        year, month, day = map(int, iso.group(1, 2, 3))
        return DateText("ymd", year, month, day, clock.time, clock.offset, plain=True, cut=clock.cut)
    if len(text) > _LONGEST:
        return DateText(problem="no date of a known form")
    found = _scan_written(text if text.isascii() else _in_plain_chinese(text))
    return found._replace(rule="year of the Republic + 1911") if "民" in text and not found.problem else found


def _in_plain_chinese(text: str) -> str:
    """The signs of a Chinese date in one way of writing; a year of the Republic as a common one."""
    plain = _LOOSE.sub(r"\1", _ERA.sub("", text.translate(_TRADITIONAL)))
    return _REPUBLIC.sub(lambda year: f"{_BEFORE_REPUBLIC + int(year[1].replace('元', '1'))}年", plain)


def _scan_written(text: str) -> DateText:
    bare = _WEEKDAY.sub(" " if text[:1].isdecimal() else "", text).strip()
    if _HAN_DATE.search(bare):
        bare = _HAN_DATE.sub(lambda match: _han_date(match[0]), bare)
    if _NUMBER.fullmatch(bare):
        return _bare_number(bare)
    for shape in (_separated, _named):
        found = shape(bare)
        if found is not None:
            return found
    compact = _COMPACT.fullmatch(bare)
    if compact:
        time = None if compact[4] is None else (int(compact[4]), int(compact[5]), int(compact[6] or 0), 0)
        return DateText("ymd", int(compact[1]), int(compact[2]), int(compact[3]), time)
    if _INCOMPLETE.fullmatch(bare):
        return DateText(problem="no day, or no month: part of a date")
    return DateText(problem="no date of a known form")


def _bare_number(text: str) -> DateText:
    compact = _COMPACT.fullmatch(text)
    if compact and len(text) in {8, 14} and _may_be_a_date(*map(int, compact.group(1, 2, 3))):
        time = None if compact[4] is None else (int(compact[4]), int(compact[5]), int(compact[6] or 0), 0)
        return DateText("ymd", int(compact[1]), int(compact[2]), int(compact[3]), time, number=text)
    return DateText("serial", number=text)


def _may_be_a_date(year: int, month: int, day: int) -> bool:
    """Whether eight digits are a date, though perhaps of a day that does not exist, and no other number."""
    return 1500 <= year < 2200 or (year >= 1000 and 1 <= month <= 12 and 1 <= day <= 31)


def _separated(text: str) -> DateText | None:
    """Three numbers with the same sign between them, or with 年, 月, 日."""
    chinese = _CHINESE.fullmatch(text)
    if chinese:
        parts, order = (chinese[1], chinese[2], chinese[3]), "ymd"
        rest = chinese["rest"]
    else:
        found = _SEPARATED.fullmatch(text)
        if not found:
            return None
        parts, rest = (found[1], found[3], found[4]), found["rest"]
        # no month and no day is above 31
        order = "ymd" if len(parts[0]) == 4 or (len(parts[0]) == len(parts[2]) == 2 and int(parts[0]) > 31) else "?"
    year, other = (parts[0], parts[2]) if order == "ymd" else (parts[2], parts[0])
    if len(year) not in {2, 4} or len(other) > 2:
        return DateText(problem="no date: its year has neither four digits nor two")
    first, second = (int(parts[1]), int(parts[2])) if order == "ymd" else (int(parts[0]), int(parts[1]))
    return _with_time(DateText(order, int(year), first, second, short_year=len(year) == 2), rest)


def _named(text: str) -> DateText | None:
    """A date with the name of its month."""
    found = _DAY_MONTH.fullmatch(text)
    if found:
        day, month, year = found[1], found[2], found[3]
    elif found := _MONTH_DAY.fullmatch(text):
        month, day, year = found[1], found[2], found[3]
    elif found := _YEAR_MONTH_DAY.fullmatch(text):
        year, month, day = found[1], found[2], found[3]
    else:
        return None
    number = _MONTHS[month.casefold().rstrip(".")]
    return _with_time(DateText("ymd", int(year), number, int(day), short_year=len(year) == 2), found["rest"])


def _with_time(date: DateText, rest: str) -> DateText:
    after = rest.strip()
    rest = after.removeprefix("T").lstrip(" ,")
    if not rest:
        return date
    clock = scan_clock(rest, after_t=after.startswith("T"))
    if clock.problem:
        return DateText(problem=clock.problem)
    return date._replace(time=clock.time, offset=clock.offset, cut=clock.cut)


def _han_date(text: str) -> str:
    """二〇二〇年十二月三十一日 with digits."""
    year, rest = text.split("年")
    month, day = rest.rstrip("日号").split("月")
    return f"{year.translate(_HAN_DIGITS)}年{_han_number(month)}月{_han_number(day)}日"


def _han_number(text: str) -> str:
    text = text.replace("廿", "二十").replace("卅", "三十").replace("元", "一")
    tens, ten, ones = text.rpartition("十")
    if not ten:
        return text.translate(_HAN_DIGITS)
    return str(10 * int(tens.translate(_HAN_DIGITS) or 1) + int(ones.translate(_HAN_DIGITS) or 0))


def day_first_evidence(found: Iterable[DateText]) -> bool | None:
    """What dates that can be read in one way only say of the others: True, False, or None without or against.

    A date that does not exist says nothing.
    """
    day = month = False
    for date in found:
        if date.order == "?" and not _may_begin_with_year(date):
            day = day or (date.first > 12 and _exists(date, date.second, date.first))
            month = month or (date.second > 12 and _exists(date, date.first, date.second))
    return None if day == month else day


def _exists(date: DateText, month: int, day: int) -> bool:
    """Whether a year, which may be one of two digits, has such a day."""
    year = 2000 if date.short_year else date.year
    return 1 <= month <= 12 and year >= 1 and 1 <= day <= calendar.monthrange(year, month)[1]


def _may_begin_with_year(date: DateText) -> bool:
    """Of three numbers of two digits the first may be the year as well, unless the last is above 31."""
    return date.short_year and date.year <= 31


def resolve(date: DateText, policy: Policy) -> Read:
    """A date by the text, and where that does not say it by the policy."""
    if date.problem:
        return Read(problem=date.problem)
    if date.order == "serial" or (date.number and policy.epoch is not None):
        return _serial(date.number, policy)
    rules = [] if date.plain else ["date", *filter(None, [date.rule])]
    rules += ["cut to microseconds"] if date.cut else []
    year = date.year
    if date.short_year:
        if policy.two_digit_years is None:
            return Read(problem="a year of two digits; say the latest it may be: two_digit_years=2029")
        latest = policy.two_digit_years
        year = latest - (latest - year) % 100
        rules.append(f"years from {latest - 99} to {latest}")
    if date.order == "ymd":
        month, day = date.first, date.second
    else:
        order = _order(date, policy)
        if order is None:
            which = "year, day" if _may_begin_with_year(date) else "day"
            return Read(problem=f"{which} or month first? say day_first=True or day_first=False")
        day_first, rule = order
        day, month = (date.first, date.second) if day_first else (date.second, date.first)
        rules += rule
    return _read(year, month, day, date, "; ".join(rules))


def _order(date: DateText, policy: Policy) -> tuple[bool, list[str]] | None:
    """Whether the day stands first, and what says so beside the text itself."""
    if policy.day_first is None and _may_begin_with_year(date):
        return None
    if date.first > 12 or date.second > 12:
        return date.first > 12, []
    if date.first == date.second:
        return True, []
    if policy.day_first is None:
        return None
    which = "day first" if policy.day_first else "month first"
    return policy.day_first, [which + policy.evidence]


def _read(year: int, month: int, day: int, date: DateText, rule: str) -> Read:
    hour, minute, second, micro = date.time or (0, 0, 0, 0)
    try:
        wall = dt.datetime(year, month, day)
        if (hour, minute, second, micro) == (24, 0, 0, 0):
            wall += dt.timedelta(days=1)
        else:
            wall = wall.replace(hour=hour, minute=minute, second=second, microsecond=micro)
        _ = wall - dt.timedelta(minutes=date.offset or 0)  # the instant must be in the calendar, too
    except (ValueError, OverflowError):
        return Read(problem="no such day, or no such time of day")
    return Read(wall, date.offset, has_time=date.time is not None, rule=rule)


_EPOCH = {"s": 1, "ms": 1_000, "us": 1_000_000}
_SERIAL_BEGINS = {"1900": dt.datetime(1899, 12, 30), "1904": dt.datetime(1904, 1, 1)}


def _serial(text: str, policy: Policy) -> Read:
    """A bare number: days since the beginning of a spreadsheet, or seconds since 1970."""
    if policy.epoch is not None:
        # in decimals, since a float would move the last digits
        exact = Decimal(text) * (10**6 // _EPOCH[policy.epoch])
        microseconds = round(exact)
        rule = f"epoch ({policy.epoch})" + ("" if microseconds == exact else "; rounded to microseconds")
        return _after(dt.datetime(1970, 1, 1), microseconds, rule, 0)
    number = float(text)
    if policy.serial is not None:
        if policy.serial == "1900" and number < 61:
            # the sheet counts a 29 February 1900, which never was
            if int(number) in {0, 60} or number < 0:
                return Read(problem="no day has this serial number")
            number += 1
        if number < 0:
            return Read(problem="no day has this serial number")
        # a serial number tells no less than a thousandth of a second
        microseconds = round(number * 86_400_000) * 1_000
        return _after(_SERIAL_BEGINS[policy.serial], microseconds, f"serial number ({policy.serial})", None)
    digits = len(text.lstrip("-").partition(".")[0])
    hint = {5: "serial='1900'", 10: "epoch='s'", 13: "epoch='ms'", 16: "epoch='us'"}.get(digits)
    return Read(problem=f"a bare number; if it counts days or seconds, say {hint}" if hint else "a bare number")


def _after(begin: dt.datetime, microseconds: int, rule: str, offset: int | None) -> Read:
    try:
        wall = begin + dt.timedelta(microseconds=microseconds)
    except (OverflowError, ValueError):
        return Read(problem="a number beyond the calendar")
    has_time = offset is not None or wall.time() != dt.time()
    return Read(wall, offset, has_time=has_time, rule=rule)
