"""Checks of scalar arguments, each rule once. Every check returns the value it has checked."""

from __future__ import annotations

import datetime as dt
import difflib
import math
import numbers
import re
import zoneinfo
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from custval._kernels.calendar import DAYS_PER, GRAINS, period_number, units_per_period
from custval.errors import CustvalError
from custval.typing import Instant, Span

__all__ = [
    "Moment",
    "SpanOf",
    "affordable",
    "choice",
    "flag",
    "fraction",
    "grain_and_unit",
    "in_unit",
    "moment",
    "nearest",
    "number",
    "random_generator",
    "span",
    "whole",
    "zone_named",
]

_SPAN = re.compile(r"(\d+)\s*(s|min|h|D|W|M|Y)")
# in years: calendars of 64 bits end not far behind
_LONGEST = 100_000
_MOST_DIGITS = 20
_BARE_DATE = re.compile(r"\d{4}-?\d{2}-?\d{2}")
# rows of a column of 8 GB
_MOST = 10**9
# numpy counts a length of time among the integers
_NO_NUMBERS = (bool, np.bool_, np.timedelta64)


def nearest(name: str, options: Iterable[str]) -> str | None:
    """The option that looks most like `name`, whatever its case; None if none does."""
    folded: dict[str, str] = {}
    for option in options:
        folded.setdefault(option.casefold().replace("_", "").replace(" ", ""), option)
    wanted = name.casefold().replace("_", "").replace(" ", "")
    found = difflib.get_close_matches(wanted, folded, n=1, cutoff=0.6)
    return folded[found[0]] if found else None


def choice(value: Any, name: str, options: Iterable[str]) -> str:
    """`value` if it is one of the options."""
    options = tuple(options)
    if isinstance(value, str) and value in options:
        return value
    listed = ", ".join(repr(option) for option in options)
    close = nearest(value, options) if isinstance(value, str) else None
    hint = f"; did you mean {close!r}?" if close else ""
    raise CustvalError(
        f"{name} must be one of {listed}; got {value!r}{hint}", suggestion=f"{name}={close!r}" if close else None
    )


def flag(value: Any, name: str) -> bool:
    """`value` if it is True or False."""
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    raise CustvalError(f"{name} must be True or False; got {value!r}")


def number(
    value: Any,
    name: str,
    *,
    above: float | None = None,
    at_least: float | None = None,
    at_most: float | None = None,
) -> float:
    """`value` as a finite float within the bounds."""
    wanted = "a finite number"
    if above is not None:
        wanted += f" above {above:g}"
    if at_least is not None:
        wanted += f" of at least {at_least:g}"
    if at_most is not None:
        wanted += f" up to {at_most:g}"
    if isinstance(value, _NO_NUMBERS) or not isinstance(value, numbers.Real):
        raise CustvalError(f"{name} must be {wanted}; got {value!r}")
    try:
        result = float(value)
    except OverflowError:
        result = math.inf
    too_low = (above is not None and result <= above) or (at_least is not None and result < at_least)
    if not math.isfinite(result) or too_low or (at_most is not None and result > at_most):
        raise CustvalError(f"{name} must be {wanted}; got {value!r}")
    return result


def whole(value: Any, name: str, *, at_least: int = 0) -> int:
    """`value` as an integer of at least `at_least`, and few enough for a memory to hold as many things."""
    if isinstance(value, _NO_NUMBERS) or not isinstance(value, numbers.Integral) or int(value) < at_least:
        raise CustvalError(f"{name} must be a whole number of at least {at_least}; got {value!r}")
    if int(value) > _MOST:
        raise CustvalError(f"{name} must be at most {_MOST:,}; got more")
    return int(value)


def affordable(count: float, what: str, suggestion: str) -> None:
    """Raise before so many rows or draws are made that no memory holds them."""
    if count > _MOST:
        raise CustvalError(
            f"this makes {count:,.0f} {what}; at most {_MOST:,} are made at once",
            suggestion=suggestion,
            code="too_large",
        )


def fraction(value: Any, name: str) -> float:
    """`value` as a float strictly between 0 and 1, such as the level of an interval."""
    result = number(value, name, above=0.0)
    if result >= 1.0:
        raise CustvalError(f"{name} must lie between 0 and 1, both excluded; got {value!r}")
    return result


@dataclass(frozen=True, slots=True)
class SpanOf:
    """A length of time: `count` times `unit` (one of s, min, h, D, W, M, Y)."""

    count: int
    unit: str

    @property
    def days(self) -> float:
        """Length in days, months and years as Gregorian means."""
        return self.count * DAYS_PER[self.unit]

    def __str__(self) -> str:
        return f"{self.count}{self.unit}"


def span(value: Any, name: str, *, zero: bool = False) -> SpanOf:
    """A span given as text such as "12M"."""
    found = _SPAN.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise CustvalError(
            f"{name} must be text such as '12M', '26W', '30D' or '30min' (units s, min, h, D, W, M, Y); got {value!r}",
            suggestion=f"{name}='30D'",
        )
    digits = found[1].lstrip("0") or "0"
    result = SpanOf(int(digits[:_MOST_DIGITS]), found[2])
    if result.days > _LONGEST * DAYS_PER["Y"]:
        shown = value if len(digits) <= _MOST_DIGITS else f"{digits[:_MOST_DIGITS]}…{found[2]}"
        raise CustvalError(f"{name} must be no longer than {_LONGEST:,} years; got {shown!r}")
    if result.count == 0 and not zero:
        raise CustvalError(f"{name} must be longer than zero; got {value!r}")
    return result


def in_unit(value: Span, name: str, unit: str | None, *, zero: bool = False) -> float:
    """A span as a number of `unit`s; a number is taken as such already."""
    if not isinstance(value, str):
        return number(value, name, at_least=0.0) if zero else number(value, name, above=0.0)
    parts = span(value, name, zero=zero)
    if unit is None:
        raise CustvalError(
            f"{name}={value!r} needs the unit of time, which this model does not know: it was given none",
            suggestion=f"give {name} as a number of the data's own units, or name the unit: unit='W'",
        )
    return float(parts.count) if parts.unit == unit else parts.days / DAYS_PER[unit]


def grain_and_unit(grain: Any, unit: Any) -> tuple[str, str]:
    """The grain and the unit of time, the unit defaulting to the grain."""
    grain = choice(grain, "grain", GRAINS)
    if unit is None:
        return grain, grain
    unit = choice(unit, "unit", GRAINS)
    if unit == grain:
        return grain, unit
    if grain in {"M", "Y"}:
        raise CustvalError(
            f"with grain={grain!r} times are differences of calendar periods, so the unit is {grain!r} too; "
            f"got unit={unit!r}",
            suggestion=f"unit={grain!r}, or grain='D' with unit={unit!r}",
        )
    if units_per_period(grain, unit) > 1:
        raise CustvalError(
            f"the unit must not be shorter than the grain; got grain={grain!r}, unit={unit!r}",
            suggestion=f"unit={grain!r}",
        )
    return grain, unit


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant on the wall clock of the data; `whole_day` if only a date was given."""

    stamp: np.datetime64
    whole_day: bool

    @property
    def last(self) -> np.datetime64:
        """The last microsecond that still belongs to it."""
        return self.stamp + np.timedelta64(86_400_000_000 - 1 if self.whole_day else 0, "us")

    def period(self, grain: str) -> int:
        """The number of the `grain` period that holds it."""
        return int(period_number(np.array([self.last]), grain)[0])

    def __str__(self) -> str:
        text = np.datetime_as_string(self.stamp, unit="D" if self.whole_day else "s")
        return str(text)


def moment(value: Instant, name: str, zone: str | None = None) -> Moment:
    """An instant, taken on the wall clock of `zone` (None: times without a zone)."""
    if isinstance(value, np.datetime64):
        if np.isnat(value):
            raise CustvalError(f"{name} must be a date or a time; got NaT")
        resolution = np.datetime_data(value.dtype)[0]
        if resolution in {"W", "M", "Y"}:
            raise CustvalError(f"{name} must be a day or a time, not a longer period; got {value!r}")
        return Moment(value.astype("M8[us]"), whole_day=resolution == "D")
    if isinstance(value, str):
        return _moment_of_text(value, name, zone)
    if isinstance(value, dt.datetime):
        return Moment(_wall_clock(value, name, zone), whole_day=False)
    if isinstance(value, dt.date):
        return Moment(np.datetime64(value, "us"), whole_day=True)
    raise CustvalError(f"{name} must be a date or a time, such as '2011-12-09'; got {value!r}")


def _moment_of_text(value: str, name: str, zone: str | None) -> Moment:
    text = value.strip()
    try:
        parsed = dt.datetime.fromisoformat(text)
    except ValueError:
        raise CustvalError(
            f"{name} must be an ISO date or time, such as '2011-12-09' or '2011-12-09T12:30'; got {value!r}",
            suggestion=f"{name}='2011-12-09'",
        ) from None
    return Moment(_wall_clock(parsed, name, zone), whole_day=_BARE_DATE.fullmatch(text) is not None)


def _wall_clock(value: dt.datetime, name: str, zone: str | None) -> np.datetime64:
    if value != value:  # noqa: PLR0124 - pandas' NaT is a datetime that does not equal itself
        raise CustvalError(f"{name} must be a date or a time; got NaT")
    if value.tzinfo is None:
        return np.datetime64(value.replace(fold=0), "us")
    if zone is None:
        raise CustvalError(
            f"{name} has a time zone and the times of the data have none; got {value.isoformat()}",
            suggestion="leave the zone off, or give the data a zone",
        )
    return np.datetime64(value.astimezone(zone_named(zone)).replace(tzinfo=None), "us")


def zone_named(name: str) -> dt.tzinfo:
    """A time zone by its name, such as "Europe/Berlin" or "+01:00"."""
    offset = re.fullmatch(r"(?:UTC)?([+-])(\d{2}):?(\d{2})", name)
    if offset:
        minutes = int(offset[2]) * 60 + int(offset[3])
        return dt.timezone(dt.timedelta(minutes=-minutes if offset[1] == "-" else minutes))
    return zoneinfo.ZoneInfo(name)


def random_generator(rng: Any) -> np.random.Generator:
    """A generator from whatever `numpy.random.default_rng` takes (SPEC 7)."""
    try:
        return np.random.default_rng(rng)
    except (TypeError, ValueError) as error:
        raise CustvalError(f"rng must be a seed or a numpy Generator; got {rng!r}", suggestion="rng=0") from error
