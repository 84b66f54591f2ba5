"""Dates as people write them, as far as the year can be told."""

from __future__ import annotations

import calendar
import re

__all__ = ["year_in"]

_FORMS = (
    re.compile(r"(?P<y>\d{4})(?P<s>[-/.])(?P<a>\d{1,2})(?P=s)(?P<b>\d{1,2})(?:[T ]00:00(?::00(?:\.0+)?)?)?", re.ASCII),
    re.compile(r"(?P<y>\d{4})(?P<a>\d{2})(?P<b>\d{2})", re.ASCII),
    re.compile(r"(?P<y>\d{4}) ?年 ?(?P<a>\d{1,2}) ?月 ?(?P<b>\d{1,2}) ?[日号]?", re.ASCII),
    re.compile(r"(?P<a>\d{1,2})(?P<s>[-/.])(?P<b>\d{1,2})(?P=s)(?P<y>\d{4})", re.ASCII),
)
_MONTH = "|".join(name.casefold() for name in calendar.month_name[1:])
_SHORT = "|".join(name.casefold() for name in calendar.month_abbr[1:])
_WRITTEN = re.compile(
    rf"(?:\d{{1,2}}[ -](?:{_MONTH}|{_SHORT})\.?,?[ -]|(?:{_MONTH}|{_SHORT})\.? \d{{1,2}},? )(?P<y>\d{{4}})",
    re.ASCII | re.IGNORECASE,
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
            year, a, b = int(found["y"]), int(found["a"]), int(found["b"])
            return year if 1800 <= year <= 2100 and _is_a_day(year, a, b) else None
    written = _WRITTEN.fullmatch(text)
    return None if written is None else int(written["y"])


def _is_a_day(year: int, a: int, b: int) -> bool:
    return any(1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1] for month, day in ((a, b), (b, a)))
