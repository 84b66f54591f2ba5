"""Times of day and zones as people write them behind a date; what contradicts itself is no time."""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["Clock", "scan_clock", "scan_iso_clock"]


class Clock(NamedTuple):
    """A time of day and the minutes east of Greenwich, or why there is none; `cut` if digits of it were lost."""

    time: tuple[int, int, int, int] | None = None
    offset: int | None = None
    cut: bool = False
    problem: str = ""


_HALF = "上午|下午|凌晨|清晨|早晨|早上|中午|傍晚|晚上"
_ENGLISH = r"[ap]\.?m\.?"
_ZONE = r"(?: ?(?P<zone>Z|UTC|GMT|(?:UTC|GMT)?[+-]\d{1,2}(?::?\d\d)?))?"
_CLOCK = re.compile(
    rf"(?P<early>{_HALF}|{_ENGLISH})? ?"
    r"(?:(?P<h>\d{1,2})(?:[:.](?P<m>\d{1,2})(?:[:.](?P<s>\d{1,2})(?:[.,](?P<f>\d{1,9}))?)?)?"
    r"|(?P<hour>\d{1,2})[时点](?:整|(?P<part>半|一刻|三刻)|(?P<minute>\d{1,2})(?:分(?:(?P<second>\d{1,2})秒?)?)?)?"
    r"|(?P<together>\d{3,4}))"
    rf"(?: ?(?P<late>{_ENGLISH}))?{_ZONE}",
    re.IGNORECASE | re.ASCII,
)
_NO_CLOCK = "no time of day of a known form behind the date"
# "-12:00" behind "10:00"
_RANGE = re.compile(r"-\d{1,2}(?::\d\d)?", re.ASCII)
_IS_RANGE = "a range of times, or a zone behind a time without seconds"


def _hours(same: range, later: range = range(0), *, twelve: int | None = None) -> dict[int, int]:
    """What the hours of a part of the day are on the clock of 24: the same, 12 later, and what 12 is."""
    hours = {hour: hour for hour in same} | {hour: hour + 12 for hour in later}
    return hours if twelve is None else hours | {12: twelve}


_MINUTES = {"半": "30", "一刻": "15", "三刻": "45"}
# 12 in the evening is a midnight, but of which day?
_NIGHT = frozenset({0, 1, 2, 3, 4, 12})
_PARTS = {
    "am": _hours(range(12), twelve=0),
    "pm": _hours(range(13, 24), range(1, 12), twelve=12),
    "上午": _hours(range(12), twelve=0),
    "下午": _hours(range(13, 24), range(1, 12), twelve=12),
    "凌晨": _hours(range(7), twelve=0),
    "清晨": _hours(range(3, 9)),
    "早晨": _hours(range(4, 12)),
    "早上": _hours(range(4, 12)),
    "中午": _hours(range(11, 16), range(1, 4)),
    "傍晚": _hours(range(16, 21), range(4, 9)),
    "晚上": _hours(range(17, 25), range(5, 12)),
}


def scan_clock(text: str, *, after_t: bool = False) -> Clock:
    """Read what stands behind a date; `after_t` if ISO's T stands between."""
    found = _CLOCK.fullmatch(text)
    if not found or (found["early"] and found["late"]):
        return Clock(problem=_NO_CLOCK)
    part = (found["early"] or found["late"] or "").casefold().replace(".", "")
    if found["together"]:
        hour, minute, second = int(found["together"][:-2]), found["together"][-2:], None
    elif found["hour"]:
        hour, minute, second = int(found["hour"]), found["minute"] or _MINUTES.get(found["part"], "0"), found["second"]
    else:
        hour, minute, second = int(found["h"]), found["m"], found["s"]
    if not part and (found["together"] or minute is None):
        return Clock(problem=_NO_CLOCK)
    if part and hour not in _PARTS[part]:
        if part == "晚上" and hour in _NIGHT:
            return Clock(problem=f"晚上 beside hour {hour}, one of the night: of this day or of the next")
        return Clock(problem=f"no such time of day: hour {hour} with {part}")
    hour = _PARTS[part][hour] if part else hour
    if second is None and not after_t and _RANGE.fullmatch(found["zone"] or ""):
        return Clock(problem=_IS_RANGE)
    return _clock((hour, int(minute or 0), int(second or 0)), found["f"], found["zone"])


def scan_iso_clock(parts: tuple[str | None, ...], *, after_t: bool) -> Clock:
    """Read the hour, minute, second, fraction and zone of a time in ISO 8601."""
    hour, minute, second, fraction, zone = parts
    if hour is None or minute is None:
        return Clock()
    if second is None and not after_t and _RANGE.fullmatch(zone or ""):
        return Clock(problem=_IS_RANGE)
    return _clock((int(hour), int(minute), int(second or 0)), fraction, zone)


def _clock(time: tuple[int, int, int], fraction: str | None, zone: str | None) -> Clock:
    digits = (fraction or "0").ljust(6, "0")
    offset = _offset(zone)
    if offset is not None and not -12 * 60 <= offset <= 14 * 60:
        return Clock(problem="no such time zone")
    return Clock((*time, int(digits[:6])), offset, cut=digits[6:].strip("0") != "")


def _offset(zone: str | None) -> int | None:
    """Minutes east of Greenwich; beyond all zones for what is none."""
    if zone is None:
        return None
    sign = re.search(r"([+-])(\d{1,2}):?(\d\d)?$", zone)
    if sign is None:
        return 0
    hours, minutes = int(sign[2]), int(sign[3] or 0)
    if minutes > 59:
        return 60 * 100
    return (-1 if sign[1] == "-" else 1) * (hours * 60 + minutes)
