"""Texts that are not what they seem: those that mean "missing", and columns that read as dates or numbers.

Millions of distinct texts are normal, so what a whole chunk of them has in common is asked of the chunk.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from custval.data_quality._called import names_a_key
from custval.data_quality._clean_text import LONGEST_MISSING, MISSING, clean, clean_as, clean_header, folded
from custval.data_quality._date_text import DateText, Policy, resolve, scan
from custval.data_quality._kinds import kind_by_name
from custval.data_quality._missing import stands_for_nothing
from custval.data_quality._number_text import looks_like_a_number, scan_number
from custval.data_quality._readers import with_evidence
from custval.data_quality._vocabularies import read_boolean
from custval.typing import IntArray

__all__ = ["missing_spellings", "reads_as"]

_CHUNK = 200_000
_LOOKED_AT = 500
_SURE = 0.8
_ENOUGH = 0.5
# lines that are not days, perhaps with a time, as ISO 8601 writes them
_NOT_ISO = re.compile(
    r"^(?![1-9]\d{3}-(?:(?:0[13-9]|1[0-2])-(?:0[1-9]|[12]\d|30)|(?:0[13578]|1[02])-31|02-(?:0[1-9]|1\d|2[0-8]))"
    r"(?:[T ](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?)?$)",
    re.ASCII | re.MULTILINE,
)
_NOT_PLAIN = re.compile(r"^(?!-?(?:0|[1-9]\d{0,14})(?:\.\d{1,2})?$)", re.ASCII | re.MULTILINE)


def missing_spellings(name: str, texts: Sequence[str], counts: IntArray) -> tuple[dict[str, int], NDArray[np.bool_]]:
    """Rows by spelling of "missing" (blank ones as ""), the most frequent first; and which texts are one."""
    kind = kind_by_name(clean_header(name))
    gone: list[bool] = []
    for chunk in _chunks(texts):
        joined = "\n".join(chunk)
        # blanks and invisible characters are not printable; MISSING is folded
        plain = joined.replace("\n", "").isprintable() and joined.isascii()
        if plain and MISSING.isdisjoint(map(str.strip, joined.casefold().split("\n"))):
            gone += [False] * len(chunk)
        else:
            gone += [_is_missing(text, kind) for text in chunk]
    found: dict[str, int] = {}
    for text, count in compress(zip(texts, counts.tolist(), strict=True), gone):
        spelled = clean(text)
        found[spelled] = found.get(spelled, 0) + count
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0]))), np.array(gone, dtype=bool)


def _is_missing(text: str, kind: str | None) -> bool:
    # what is longer has no spelling of missing inside, but perhaps many blanks around it
    if len(text) > 4 * LONGEST_MISSING and text.strip():
        return False
    cleaned = clean(text)
    if cleaned and (len(cleaned) > LONGEST_MISSING or folded(cleaned) not in MISSING):
        return False
    if cleaned and kind == "boolean" and not read_boolean(cleaned).problem:
        return False
    return stands_for_nothing(cleaned, kind)


def reads_as(name: str, texts: Sequence[str], counts: IntArray) -> dict[str, float]:
    """As what else than text a column would be read: "dates" or "numbers", and the share of its values that would.

    `texts` are those that do not mean "missing". Empty where the column holds plain text, or names things.
    """
    kind = kind_by_name(clean_header(name))
    if not texts or kind not in {None, "date"} or names_a_key(name):
        return {}
    step = max(len(texts) // _LOOKED_AT, 1)
    sample = list(map(clean, texts[::step]))
    if _dates(sample, called=kind == "date") >= (_ENOUGH if kind else _SURE) * len(sample):
        return {"dates": _share(texts, counts, _NOT_ISO, lambda chunk: _are_dates(chunk, called=kind == "date"))}
    likely = sum(map(looks_like_a_number, sample)) >= _SURE * len(sample)
    if kind or not likely or any(map(_is_code, texts)):
        return {}
    return {"numbers": _share(texts, counts, _NOT_PLAIN, _are_numbers)}


def _is_code(text: str) -> bool:
    """Whether a number is written with leading zeros, as codes are."""
    return text[:1] == "0" and text.isdecimal() and len(text) > 1


def _are_numbers(chunk: Sequence[str]) -> list[bool]:
    return [not scan_number(clean_as(text, "number")).problem for text in chunk]


def _are_dates(chunk: Sequence[str], *, called: bool) -> list[bool]:
    scanned = [scan(clean(text)) for text in chunk]
    policy = with_evidence(Policy(), scanned)
    return [_is_date(date, called=called) and not resolve(date, policy).problem for date in scanned]


def _dates(sample: Sequence[str], *, called: bool) -> int:
    return sum(_is_date(scan(text), called=called) for text in sample)


def _is_date(date: DateText, *, called: bool) -> bool:
    # bare numbers may be anything: they count where the column is called a date
    return not date.problem and date.order != "serial" and (called or not date.number)


def _share(
    texts: Sequence[str], counts: IntArray, unlike: re.Pattern[str], read: Callable[[Sequence[str]], list[bool]]
) -> float:
    """The share of rows whose text is read; a chunk without a line that is unlike the plain form is read as a whole."""
    good: list[bool] = []
    for chunk in _chunks(texts):
        joined = "\n".join(chunk)
        whole = joined.count("\n") == len(chunk) - 1 and unlike.search(joined) is None
        good += [True] * len(chunk) if whole else read(chunk)
    read_rows = int(counts[np.array(good, dtype=bool)].sum())
    return read_rows / int(counts.sum())


def _chunks(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(texts), _CHUNK):
        yield texts[start : start + _CHUNK]
