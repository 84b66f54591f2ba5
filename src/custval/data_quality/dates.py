"""Text that says a day or a time, in whatever form, as a column of times; nothing guessed, nothing lost."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from custval._check import choice
from custval._frame import Table, Texts, distinct_texts, enter, holds_text, is_times, nw, stamps
from custval._result import Result
from custval.data_quality._changes import ColumnChanges, log_of, refuse_problems, unparsed_of
from custval.data_quality._clean_text import clean_as, clean_header, unclear
from custval.data_quality._columns_named import columns_named
from custval.data_quality._date_text import DateText, Policy, Read, resolve, scan
from custval.data_quality._kinds import kind_by_name
from custval.data_quality._missing import Missing
from custval.data_quality._nothing_read import warn_if_nothing_was_read
from custval.data_quality._readers import date_policy, iso_text, with_evidence
from custval.data_quality._sealed import reduce_sealed, seal
from custval.typing import IntoFrame

__all__ = ["ParsedDates", "to_dates"]

_EPOCH = dt.datetime(1970, 1, 1)
_MICROSECOND = dt.timedelta(microseconds=1)
_SURE = 0.8
_LOOKED_AT = 1_000


@dataclasses.dataclass(frozen=True, slots=True)
class ParsedDates(Result):
    """What `to_dates` gives back.

    Attributes
    ----------
    frame : frame
        All rows, in input order; the columns of dates hold times now, null where nothing could be read.
    log : frame
        One row per cell that is not ISO 8601 as it stands: `row` (from 0), `column, before, after, rule`. What could
        not be read is there with `after` null.
    unparsed : frame
        The cells that could not be read, those that mean "missing" apart: `row, column, value, kind, reason`.
    columns : mapping of str to str
        The columns that were read, and what decided about days and months in them, and about time zones.
    """

    frame: Any
    log: Any
    unparsed: Any
    columns: Mapping[str, str] = dataclasses.field(hash=False)

    def __post_init__(self) -> None:
        seal(self, "frame", "log", "unparsed")

    def __reduce__(self) -> tuple[Any, ...]:
        return reduce_sealed(self)

    def to_frame(self) -> Any:
        """The table with its times."""
        return self.frame


def to_dates(
    frame: IntoFrame,
    columns: str | Iterable[str] | None = None,
    *,
    day_first: bool | None = None,
    two_digit_years: int | None = None,
    serial: Literal["1900", "1904"] | None = None,
    epoch: Literal["s", "ms", "us"] | None = None,
    missing: Mapping[str, Sequence[Any]] | None = None,
    errors: Literal["null", "raise"] = "null",
) -> ParsedDates:
    """Read dates and times in mixed forms; what a text does not say is decided by a stated policy, or not at all.

    Parameters
    ----------
    frame : frame
    columns : str or list of str, optional
        The columns to read; also columns of numbers. Default: columns of text that are called like dates ("birth_date",
        "Dt_Customer", "出生日期" …) or nearly all of whose values are dates.
    day_first : bool, optional
        Of dates such as 01/02/2020, whether the day stands first. By default other dates of the column decide if all of
        those that can be read in one way only (13/02/2020) agree, and the log says so; else such dates stay unread.
    two_digit_years : int, optional
        The latest year that two digits may mean: with 2029 the years from 1930 to 2029. Without it they stay unread.
    serial : {"1900", "1904"}, optional
        Bare numbers are days of a spreadsheet that begins with this year.
    epoch : {"s", "ms", "us"}, optional
        Bare numbers are seconds, thousandths or millionths since 1970 in UTC.
    missing : mapping of str to sequence, optional
        What stands for "missing" in a column, in place of the usual spellings: `{"birth_date": ["1900-01-01"]}`.
    errors : {"null", "raise"}
        Whether what cannot be read becomes null, with its row in `.unparsed`, or raises.

    Returns
    -------
    ParsedDates
        `.frame`, `.log`, `.unparsed`, `.columns`.

    Raises
    ------
    ColumnError
        If a column is missing.
    DataError
        If the frame is lazy, or with `errors="raise"` if a value cannot be read.
    CustvalError
        If a parameter is none of its options.

    Warns
    -----
    CustvalWarning
        If not one value of a column could be read.

    Notes
    -----
    Read are ISO 8601, 20200102, numbers with - / . or blanks between them, month names in English and Chinese
    (2-一月-2020), 2020年1月2日, also in Chinese numerals and with 上午 and 下午, and 民国109年1月2日, whose year is
    1911 + 109; each with a time of day and a numeric zone behind it. Days of the Chinese calendar (正月初五) are not.
    An hour that its part of the day does not have (16:00 AM, 晚上12:30) stays unread, and so does "10:00-12:00", which
    is a range or a zone.

    *Time zones* are kept: where all values have one offset from UTC the column has it, where they differ the column
    is in UTC. Where some have none, no instant is known of those, or none of the others: the minority stays unread.

    Columns that hold dates or times already are left as they are.

    Examples
    --------
    >>> import pandas as pd
    >>> from custval.data_quality import to_dates
    >>> people = pd.DataFrame({"birth_date": ["02/01/1990", "1985年12月31日", "25/12/1970", "?", "1990-02-30"]})
    >>> read = to_dates(people)
    >>> read.frame
      birth_date
    0 1990-01-02
    1 1985-12-31
    2 1970-12-25
    3        NaT
    4        NaT
    >>> read.log.loc[0, "rule"]
    'date; day first, as other dates of the column show'
    >>> read.unparsed[["row", "value", "reason"]]
       row       value                                reason
    0    4  1990-02-30  no such day, or no such time of day
    """
    policy = date_policy(day_first, two_digit_years, serial, epoch)
    on_error = choice(errors, "errors", ("null", "raise"))
    table = enter(frame)
    asked = None if columns is None else columns_named(table, columns)
    spellings = Missing(missing, table, {})
    changed, decided, made = [], {}, {}
    for column in asked if asked is not None else table.columns:
        series = table[column]
        if series.dtype == nw.Date or is_times(series):
            continue
        if asked is None and not _looks_like_dates(table, column, spellings):
            continue
        work = _Column(table, column, distinct_texts(series, everything=True), spellings, policy)
        made[column], change, decided[column] = work.read()
        changed.append(change)
    if on_error == "raise":
        refuse_problems(table, changed, "null")
    for change in changed:
        warn_if_nothing_was_read(change, stacklevel=3)
    return ParsedDates(
        frame=table.extend(made),
        log=log_of(table, changed),
        unparsed=unparsed_of(table, changed),
        columns=decided,
    )


def _looks_like_dates(table: Table, column: str, missing: Missing) -> bool:
    """Whether a column of text is called like dates and holds some, or holds hardly anything else."""
    if not holds_text(table[column]):
        return False
    sample = [clean_as(text, "date") for text in distinct_texts(table[column]).distinct[:_LOOKED_AT]]
    known = [text for text in sample if not missing.is_missing(text, column)]
    if not known:
        return False
    by_name = kind_by_name(clean_header(column))
    if by_name not in {None, "date"}:
        return False
    scanned = [scan(text) for text in known]
    # bare numbers may be anything: they count where the column is called a date
    dates = sum(
        not date.problem and (by_name == "date" or (date.order != "serial" and not date.number)) for date in scanned
    )
    return dates >= (0.5 if by_name == "date" else _SURE) * len(known)


@dataclasses.dataclass(frozen=True, slots=True)
class _Column:
    """A column that is read."""

    table: Table
    column: str
    texts: Texts
    missing: Missing
    policy: Policy

    def read(self) -> tuple[nw.Series[Any], ColumnChanges, str]:
        """The times, what happened, and what decided."""
        cleaned = [clean_as(text, "date") for text in self.texts.distinct]
        gone = [self.missing.is_missing(text, self.column) for text in cleaned]
        scanned = [_scanned(text) for text in cleaned]
        known = [date for date, missing in zip(scanned, gone, strict=True) if not missing]
        policy = with_evidence(self.policy, known)
        found = [
            Read(rule="spelling of missing") if missing else resolve(date, policy)
            for date, missing in zip(scanned, gone, strict=True)
        ]
        found, zone, about_zones = self._in_one_zone(found)
        changes = ColumnChanges(
            self.column,
            "date",
            self.texts,
            [iso_text(read) or None for read in found],
            [
                _rule(read, plain != before)
                for read, plain, before in zip(found, cleaned, self.texts.distinct, strict=True)
            ],
            [read.problem for read in found],
        )
        which = {None: "", True: "day first", False: "month first"}[policy.day_first]
        return self._times(found, zone), changes, "; ".join(filter(None, [which + policy.evidence, about_zones]))

    def _in_one_zone(self, found: list[Read]) -> tuple[list[Read], str | None, str]:
        """The dates that fit into one column, the others with a problem; the zone; and a word about it."""
        rows = np.bincount(self.texts.code[self.texts.code >= 0], minlength=len(found))
        zoned = np.array([read.offset is not None for read in found], dtype=bool)
        known = np.array([read.wall is not None for read in found], dtype=bool)
        if not zoned.any():
            return found, None, ""
        with_zone = int(rows[zoned & known].sum()) >= int(rows[~zoned & known].sum())
        problem = (
            f"{'no' if with_zone else 'a'} time zone, unlike most values of the column; put such values into a column "
            "of their own"
        )
        fitting = [
            Read(problem=problem) if read.wall is not None and (read.offset is not None) != with_zone else read
            for read in found
        ]
        offsets = {read.offset for read in fitting if read.offset is not None}
        if not with_zone:
            return fitting, None, "values with a time zone left out"
        if len(offsets) > 1:
            return fitting, "UTC", "time zones differ: in UTC"
        (offset,) = offsets
        return fitting, *self._zone(offset or 0)

    def _zone(self, offset: int) -> tuple[str, str]:
        """The name of an offset, and a word about it; UTC where the library has no name for it."""
        if offset == 0:
            return "UTC", "time zone UTC"
        name = f"UTC{'-' if offset < 0 else '+'}{abs(offset) // 60:02d}:{abs(offset) % 60:02d}"
        nameless = offset % 60 or not -12 * 60 <= offset <= 14 * 60
        if nameless and not self.table.frame.implementation.is_pandas_like():
            return "UTC", f"time zone {name}: in UTC, for want of a name"
        return name, f"time zone {name}"

    def _times(self, found: Sequence[Read], zone: str | None) -> nw.Series[Any]:
        instants: NDArray[np.int64] = np.full(len(found) + 1, np.iinfo(np.int64).min)  # NaT
        for number, read in enumerate(found):
            if read.wall is not None:
                offset = dt.timedelta(minutes=read.offset or 0)
                instants[number] = (read.wall - _EPOCH - offset) // _MICROSECOND
        return stamps(self.column, instants[self.texts.code].view("M8[us]"), zone, self.table.frame.implementation)


def _scanned(text: str) -> DateText:
    problem = unclear(text, "date")
    return DateText(problem=problem) if problem else scan(text)


def _rule(read: Read, cleaned: bool) -> str:  # noqa: FBT001
    if read.problem:
        return f"unread: {read.problem}"
    return "; ".join(filter(None, ["characters and spaces" if cleaned and read.wall else "", read.rule]))
