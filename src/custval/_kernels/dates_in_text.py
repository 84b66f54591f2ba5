"""Dates as people write them, as far as the year can be told."""

from __future__ import annotations

import calendar
import re

__all__ = ["MONTHS", "year_in"]

_FORMS = (
    re.compile(r"(?P<y>\d{4})(?P<s>[-/.])(?P<a>\d{1,2})(?P=s)(?P<b>\d{1,2})(?:[T ]00:00(?::00(?:\.0+)?)?)?", re.ASCII),
    re.compile(r"(?P<y>\d{4})(?P<a>\d{2})(?P<b>\d{2})", re.ASCII),
    re.compile(r"(?P<y>\d{4}) ?年 ?(?P<a>\d{1,2}) ?月 ?(?P<b>\d{1,2}) ?[日号]?", re.ASCII),
    re.compile(r"(?P<a>\d{1,2})(?P<s>[-/.])(?P<b>\d{1,2})(?P=s)(?P<y>\d{4})", re.ASCII),
)
_SPELLINGS = (
    "jan january|feb february|mar march|apr april|may|jun june|jul july|aug august|sep sept september|oct october|"
    "nov november|dec december"
)
MONTHS = {name: month for month, names in enumerate(_SPELLINGS.split("|"), start=1) for name in names.split()}
"""The months in English, written out since those of `calendar` are in the language of the process."""

_MONTH = "(?P<month>" + "|".join(sorted(MONTHS, key=len, reverse=True)) + ")"
_WRITTEN = (
    re.compile(rf"(?P<day>\d{{1,2}})[ -]{_MONTH}\.?,?[ -](?P<y>\d{{4}})", re.ASCII | re.IGNORECASE),
    re.compile(rf"{_MONTH}\.? (?P<day>\d{{1,2}}),? (?P<y>\d{{4}})", re.ASCII | re.IGNORECASE),
)


def year_in(text: str) -> int | None:
    """The year of a text that is a date and nothing else, without a time of day; None if it is none.

    Day and month may stand in either order: the year is the same.

    Examples
    --------
    >>> [year_in(text) for text in ("1990-05-17", "17/05/1990", "19900517", "1990年5月17日", "17 May 1990", "19901790")]
    [1990, 1990, 1990, 1990, 1990, None]
    """
    text = text.strip()
    for form in _FORMS:
        found = form.fullmatch(text)
        if found is not None:
            return _year_of(found["y"], (found["a"], found["b"]), (found["b"], found["a"]))
    for form in _WRITTEN:
        found = form.fullmatch(text)
        if found is not None:
            return _year_of(found["y"], (MONTHS[found["month"].casefold()], found["day"]))
    return None


def _year_of(written: str, *months_and_days: tuple[int | str, str]) -> int | None:
    year = int(written)
    if not 1800 <= year <= 2100:
        return None
    read = [(int(month), int(day)) for month, day in months_and_days]
    is_a_day = any(1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1] for month, day in read)
    return year if is_a_day else None
