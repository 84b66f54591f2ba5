"""Text that says a number, with whatever separators and signs, as a column of numbers; nothing guessed or lost."""

from __future__ import annotations

import dataclasses
import math
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import numpy as np

from custval._check import choice, flag
from custval._frame import Table, Texts, distinct_texts, enter, holds_text, nw, whole_numbers
from custval._result import Result
from custval.data_quality._changes import ColumnChanges, log_of, refuse_problems, unparsed_of
from custval.data_quality._clean_text import clean_as, clean_header, unclear
from custval.data_quality._columns_named import columns_named
from custval.data_quality._kinds import kind_by_name
from custval.data_quality._missing import Missing
from custval.data_quality._nothing_read import warn_if_nothing_was_read
from custval.data_quality._number_text import (
    Number,
    NumberText,
    decimal_evidence,
    looks_like_a_number,
    resolve_number,
    scan_number,
)
from custval.data_quality._one_scale import in_one_currency, on_one_scale
from custval.data_quality._sealed import reduce_sealed, seal
from custval.errors import CustvalWarning
from custval.typing import IntoFrame

__all__ = ["ParsedNumbers", "to_numeric"]

_SURE = 0.9
_LOOKED_AT = 1_000
_EXACT = 2**53
_THREE_DIGITS = "decimal point by default, though each has three digits behind it; decimal=',' if these are thousands"


@dataclasses.dataclass(frozen=True, slots=True)
class ParsedNumbers(Result):
    """What `to_numeric` gives back.

    Attributes
    ----------
    frame : frame
        All rows, in input order; the columns that were read hold numbers now, null where nothing could be read.
    log : frame
        One row per cell that is no plain number as it stands: `row` (from 0), `column, before, after, rule`. What
        could not be read is there with `after` null.
    unparsed : frame
        The cells that could not be read, those that mean "missing" apart: `row, column, value, kind, reason`.
    columns : mapping of str to str
        The columns that were read, and what decided about the decimal sign in them.
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
        """The table with its numbers."""
        return self.frame


@dataclasses.dataclass(frozen=True, slots=True)
class _Policy:
    decimal: str | None
    percent: str
    chinese_numerals: bool


def to_numeric(
    frame: IntoFrame,
    columns: str | Iterable[str] | None = None,
    *,
    decimal: Literal[".", ","] | None = None,
    percent: Literal["fraction", "number"] = "fraction",
    chinese_numerals: bool = False,
    missing: Mapping[str, Sequence[Any]] | None = None,
    errors: Literal["null", "raise"] = "null",
) -> ParsedNumbers:
    """Read numbers with separators, currencies, percent signs, brackets, 万 and 亿; ambiguous ones are not guessed.

    Parameters
    ----------
    frame : frame
    columns : str or list of str, optional
        The columns of text to read. Default: those nearly all of whose values are numbers, as long as none has
        leading zeros, and the column is not called like an identifier, a phone, a postcode or a date.
    decimal : {".", ","}, optional
        The decimal sign. By default each value says its own (1.234,5), and the others of its column decide about
        values such as 1,234 that do not; where none does, they stay unread. 1.234 is read as a fraction, as programs
        write it, unless the column shows decimal commas; where all fractions of a column have three digits like that,
        a warning and `.columns` say that they may be thousands.
    percent : {"fraction", "number"}
        Whether 12.5% is 0.125 or 12.5. As fractions they do not mix with plain numbers: in a column of both, those
        that are fewer stay unread.
    chinese_numerals : bool
        Whether 一百二十 is read.
    missing : mapping of str to sequence, optional
        What stands for "missing" in a column, in place of the usual spellings ("?", "NA", "-", blank, 无 …):
        `{"income": ["n/a", -99]}`; also in columns that hold numbers already.
    errors : {"null", "raise"}
        Whether what cannot be read becomes null, with its row in `.unparsed`, or raises.

    Returns
    -------
    ParsedNumbers
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
        If not one value of a column could be read, or if its fractions may be thousands.

    Notes
    -----
    A column of whole numbers becomes one of 64-bit integers (in pandas the nullable type where there are nulls), so
    that nothing is lost beyond 2^53; any other becomes one of floats, and there whole numbers that a float would round
    stay unread. Values with leading zeros are identifiers, and never become numbers. A column in several currencies
    is one of amounts that cannot be added: those in another currency than most stay unread, and all of them where none
    has the most. "$" and "¥" mean the dollar, and the yuan or yen, that the column names elsewhere.

    "k" (or "K"), "M" and "bn" behind a number are thousands, millions and billions; columns of such numbers are read
    only where they are named, since sizes look the same. "m" is not read: it is a metre as well. Numbers with raised
    signs (footnotes), over two lines, or in a wrong encoding stay unread.

    Columns of numbers are left as they are, but for what `missing` says.

    Examples
    --------
    >>> import pandas as pd
    >>> from custval.data_quality import to_numeric
    >>> orders = pd.DataFrame({"total": ["1.234,50 €", "(12,5)", "1,234", " ", "3万", "free"], "code": ["007"] * 6})
    >>> read = to_numeric(orders, "total")
    >>> read.frame
           total code
    0   1234.500  007
    1    -12.500  007
    2      1.234  007
    3        NaN  007
    4  30000.000  007
    5        NaN  007
    >>> read.log.loc[2, "rule"]
    'decimal comma; as other values of the column show'
    >>> read.unparsed[["row", "value", "reason"]]
       row value     reason
    0    5  free  no number
    """
    policy = _Policy(
        None if decimal is None else choice(decimal, "decimal", (".", ",")),
        choice(percent, "percent", ("fraction", "number")),
        flag(chinese_numerals, "chinese_numerals"),
    )
    on_error = choice(errors, "errors", ("null", "raise"))
    table = enter(frame)
    asked = None if columns is None else columns_named(table, columns)
    spellings = Missing(missing, table, {})
    changed, decided, made = [], {}, {}
    for column in asked if asked is not None else table.columns:
        series = table[column]
        if series.dtype.is_numeric():
            if column in spellings.numeric():
                made[column], change = spellings.null_numbers(column, column)
                changed.append(change)
            continue
        if not (holds_text(series) or (asked and series.dtype == nw.Object)):
            continue
        texts = distinct_texts(series, everything=True)
        if asked is None and not _looks_like_numbers(column, texts, spellings, policy):
            continue
        made[column], change, decided[column] = _read_column(table, column, texts, spellings, policy)
        changed.append(change)
    if on_error == "raise":
        refuse_problems(table, changed, "null")
    _warn(changed, decided)
    return ParsedNumbers(
        frame=table.extend(made),
        log=log_of(table, changed),
        unparsed=unparsed_of(table, changed),
        columns=decided,
    )


def _warn(changed: Sequence[ColumnChanges], decided: Mapping[str, str]) -> None:
    """Say which columns have not one number, and in which three digits behind a point may be thousands."""
    for change in changed:
        warn_if_nothing_was_read(change, stacklevel=4)
        if decided.get(change.column) == _THREE_DIGITS:
            warnings.warn(
                f"column {change.column!r}: all that is shown to be no whole number has a point and three digits "
                "behind it, and was read as a fraction (1.234 is a little more than 1); if these are thousands, say "
                "decimal=',', and if they are fractions, decimal='.'",
                CustvalWarning,
                stacklevel=3,
            )


def _looks_like_numbers(column: str, texts: Texts, missing: Missing, policy: _Policy) -> bool:
    """Whether hardly anything else than numbers stands in a column, and nothing that looks like an identifier."""
    if kind_by_name(clean_header(column)) is not None:
        return False
    cleaned = (clean_as(text, "number") for text in texts.distinct)
    known = [text for text in cleaned if not missing.is_missing(text, column)]
    # one look is cheap, and most columns of text are gone after it
    first = known[:_LOOKED_AT]
    if not first or sum(map(looks_like_a_number, first)) < _SURE * len(first):
        return False
    read = [_resolve(scan_number(text), policy, "") for text in known]
    return not any(number.problem.startswith("leading zeros") for number in read)


def _resolve(number: NumberText, policy: _Policy, evidence: str) -> Number:
    return resolve_number(number, policy.decimal, evidence, percent=policy.percent)


def _read_column(
    table: Table, column: str, texts: Texts, missing: Missing, policy: _Policy
) -> tuple[nw.Series[Any], ColumnChanges, str]:
    """The numbers, what happened, and what decided."""
    cleaned = [clean_as(text, "number") for text in texts.distinct]
    gone = [missing.is_missing(text, column) for text in cleaned]
    scanned = [
        NumberText(problem="missing") if lost else _scanned(text, policy)
        for text, lost in zip(cleaned, gone, strict=True)
    ]
    known = [number for number, lost in zip(scanned, gone, strict=True) if not lost]
    evidence = policy.decimal or decimal_evidence(known)
    rows = np.bincount(texts.code[texts.code >= 0], minlength=len(scanned)).tolist()
    scanned = in_one_currency(scanned, rows)
    if policy.percent == "fraction":
        scanned = on_one_scale(scanned, rows)
    found = [
        Number(rule="spelling of missing") if lost else _resolve(number, policy, evidence)
        for number, lost in zip(scanned, gone, strict=True)
    ]
    whole = all(lost or number.problem or number.whole for number, lost in zip(found, gone, strict=True))
    found = [number if lost else _checked(number, whole=whole) for number, lost in zip(found, gone, strict=True)]
    unknown = [lost or bool(number.problem) for number, lost in zip(found, gone, strict=True)]
    values = [None if null else _plain(number, whole=whole) for number, null in zip(found, unknown, strict=True)]
    changes = ColumnChanges(
        column,
        "number",
        texts,
        [None if value is None else repr(value) for value in values],
        [
            _rule(number, cleaned=plain != before, lost=lost)
            for number, plain, before, lost in zip(found, cleaned, texts.distinct, gone, strict=True)
        ],
        ["" if lost else number.problem for number, lost in zip(found, gone, strict=True)],
    )
    word = {"": "", ".": "decimal point", ",": "decimal comma"}.get(evidence, "both decimal signs")
    if not evidence and any(map(_may_be_thousands, scanned)):
        word = _THREE_DIGITS
    return _series(table, column, texts, values, whole=whole), changes, word


def _may_be_thousands(number: NumberText) -> bool:
    """Whether a number is written like 1.234; with a unit behind it that is a fraction."""
    return number.says == "?" and "." in number.body and number.scale == 1 and not number.problem


def _scanned(text: str, policy: _Policy) -> NumberText:
    problem = unclear(text, "number")
    return NumberText(problem=problem) if problem else scan_number(text, chinese_numerals=policy.chinese_numerals)


def _checked(number: Number, *, whole: bool) -> Number:
    """A number that its column's type holds without loss; else the problem."""
    if number.problem:
        return number
    if whole:
        fits = -(2**63) <= int(number.value) < 2**63
        return number if fits else Number(problem="too large for a whole number of 64 bits")
    value = float(number.value)
    if not math.isfinite(value):
        return Number(problem="too large for a float")
    if (number.whole or number.counted) and abs(int(number.value)) > _EXACT and int(value) != number.value:
        return Number(problem="a whole number beside fractions that a float would round")
    if number.value and not value:
        return number._replace(rule="; ".join(filter(None, [number.rule, "too small for a float, so 0"])))
    return number


def _plain(number: Number, *, whole: bool) -> int | float:
    return int(number.value) if whole else float(number.value)


def _rule(number: Number, *, cleaned: bool, lost: bool) -> str:
    if lost:
        return "spelling of missing"
    if number.problem:
        return f"unread: {number.problem}"
    return "; ".join(filter(None, ["characters and spaces" if cleaned else "", number.rule]))


def _series(
    table: Table, column: str, texts: Texts, values: Sequence[int | float | None], *, whole: bool
) -> nw.Series[Any]:
    """The numbers of the rows."""
    some = texts.code if len(texts.code) else np.zeros(0, dtype=np.int64)
    place = np.where(some < 0, len(values), some)
    if whole and any(value is not None for value in values):
        gaps = bool(np.any(some < 0)) or any(value is None for value in values)
        distinct = [int(value) if value is not None else None for value in values] + ([None] if gaps else [])
        return whole_numbers(column, distinct, table.frame.implementation)[place]
    return table.series(column, [None if value is None else float(value) for value in values] + [None], nw.Float64)[
        place
    ]
