"""Six dimensions of data quality, each a share with its formula; what cannot be judged is None."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from custval._check import SpanOf, moment
from custval._frame import Table, nulls, numbers, times
from custval._result import Result
from custval.data_quality._column_profile import Facts, kind_of
from custval.data_quality._judge import judge
from custval.data_quality._rule import RuleSet
from custval.data_quality._sealed import reduce_sealed, seal
from custval.data_quality._text import column_as_text
from custval.errors import ColumnError, DataError
from custval.typing import FloatArray, Instant

__all__ = ["Quality", "accuracy", "completeness", "consistency", "timeliness", "uniqueness", "validity"]

_DAY = np.timedelta64(86_400_000_000, "us")
_ENOUGH_TIMES = 20

Judged = tuple[float | None, str]
"""A share and how it came about, or None and why not."""


@dataclasses.dataclass(frozen=True, slots=True)
class Quality(Result):
    """Shares between 0 and 1, as attributes and by name (`quality["validity"]`); None: cannot be judged.

    Attributes
    ----------
    completeness : float or None
        1 − null cells / cells.
    validity : float or None
        With rules: 1 − failures / checks, a check being a row under a rule. Without: 1 − unusable values / known
        values, where infinite numbers are of no use, and texts that are blank, mean "missing" ("n/a", "?"), or hold
        control or replacement characters.
    uniqueness : float or None
        1 − rows that repeat an earlier row in all columns / rows.
    consistency : float or None
        1 − variants / known texts, where a variant is a text that differs only in case, spaces or width of characters
        from a more frequent one in its column ("france" beside "France").
    timeliness : float or None
        Mean of max(0, 1 − age / shelf life) over the known times, ages counted up to `as_of`; 0 for later times. Dates
        of birth are left out.
    accuracy : float or None
        Cells equal to the reference / cells that the reference knows, over the rows that it has.
    formulas : mapping of str to str
        For each dimension the formula with its numbers, or why it cannot be judged.
    """

    completeness: float | None
    validity: float | None
    uniqueness: float | None
    consistency: float | None
    timeliness: float | None
    accuracy: float | None
    formulas: Mapping[str, str] = dataclasses.field(hash=False)

    def __post_init__(self) -> None:
        seal(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return reduce_sealed(self)

    def keys(self) -> Iterator[str]:
        """The names of the six dimensions."""
        return iter([field.name for field in dataclasses.fields(self) if field.name != "formulas"])

    def __getitem__(self, dimension: str) -> float | None:
        if dimension not in self.keys():
            raise KeyError(dimension)
        share: float | None = getattr(self, dimension)
        return share


def _one_minus(bad: int, of: int, meaning: str, nothing: str) -> Judged:
    if of == 0:
        return None, nothing
    return 1 - bad / of, f"1 − {meaning} = 1 − {bad:,} / {of:,}"


def completeness(rows: int, facts: Sequence[Facts]) -> Judged:
    """How much is there."""
    cells = rows * len(facts)
    return _one_minus(cells - sum(f.known for f in facts), cells, "null cells / cells", "there are no cells")


def validity(table: Table, facts: Sequence[Facts], rules: RuleSet | None) -> Judged:
    """How much is of use, or keeps the rules."""
    if rules is None:
        known = sum(f.known for f in facts)
        bad = sum(f.invalid for f in facts)
        return _one_minus(bad, known, "unusable values / known values", "there are no known values")
    applied = [rule for rule in rules if not (rule.about_table or rule.is_skipped(table.columns))]
    for rule in applied:
        table.require(*rule.columns, door=rules.door)
    bad = sum(int(judge(rule, table).failing.sum()) for rule in applied)
    return _one_minus(bad, len(table) * len(applied), "failures / checks", "there is nothing to check")


def uniqueness(rows: int, duplicate_rows: int) -> Judged:
    """How many rows stand there once."""
    return _one_minus(duplicate_rows, rows, "repeated rows / rows", "there are no rows")


def consistency(facts: Sequence[Facts]) -> Judged:
    """How many texts are written in one way."""
    known = sum(f.known for f in facts if f.kind == "text")
    return _one_minus(sum(f.misspelled for f in facts), known, "variants / known texts", "there are no texts")


def timeliness(
    table: Table, columns: Sequence[str], as_of: Instant | None, shelf_life: SpanOf, as_text: Sequence[str] = ()
) -> Judged:
    """How fresh the times are.

    References
    ----------
    Ballou, D., Wang, R., Pazer, H. & Tayi, G. K. (1998). Modeling information manufacturing systems to determine
    information product quality. Management Science 44(4), 462-484: timeliness with sensitivity s = 1.
    """
    known = [column for column in columns if not nulls(table[column]).all()]
    if not known:
        named = ", ".join(map(str.strip, as_text[:3])) + (", …" if len(as_text) > 3 else "")
        return None, f"the dates are text ({named}): read them with to_dates" if as_text else "there are no dates"
    walls = []
    for column in known:
        stamps = times(table, column)
        wall = stamps.wall[~np.isnat(stamps.wall)].astype("M8[us]")
        walls.append((wall, None if as_of is None else moment(as_of, "as_of", stamps.zone).last))
    found = np.concatenate([wall for wall, _ in walls])
    end, note = _latest(found, shelf_life) if as_of is None else (None, "")
    age = np.concatenate([((end if until is None else until) - wall) / _DAY for wall, until in walls])
    fresh = np.where(age < 0, 0.0, np.maximum(0.0, 1.0 - age / shelf_life.days))
    shown = walls[-1][1] if end is None else end
    return (
        float(fresh.mean()),
        f"mean of max(0, 1 − age / {shelf_life}) over {age.size:,} times, as of {shown}{note}",
    )


def _latest(found: NDArray[np.datetime64], shelf_life: SpanOf) -> tuple[Any, str]:
    """The latest time that is not far after the others, and what is to be said about it.

    Far is what lies after the 99th percentile by more than that lies after the median, and by more than a shelf life;
    of a few times each one counts.
    """
    stamps = np.sort(found)
    end = stamps[-1]
    if stamps.size >= _ENOUGH_TIMES:
        middle, late = stamps[(stamps.size - 1) // 2], stamps[int(0.99 * (stamps.size - 1))]
        limit = late + max(late - middle, np.timedelta64(int(min(shelf_life.days, 1e6) * 86_400e6), "us"))
        end = stamps[np.searchsorted(stamps, limit, side="right") - 1]
    after = int(np.sum(stamps > end))
    if not after:
        return end, ", the latest time in the table"
    what = "1 time lies far after it and counts 0" if after == 1 else f"{after:,} times lie far after it and count 0"
    return end, f", the latest time that is near the others; {what}: pass as_of"


def accuracy(table: Table, reference: Table | None, key: str) -> Judged:
    """How much agrees with a reference, row by row of the same key."""
    if reference is None:
        return None, "no reference was given"
    table.require(key)
    reference.require(key)
    _require_one_type(table, reference, key)
    rows, there = _matched(table, reference, key)
    equal = judged = 0
    for column in table.columns:
        if column in reference and column != key:
            known = ~nulls(reference[column])[there]
            judged += int(known.sum())
            equal += int(_same(table, rows[known], reference, there[known], column).sum())
    if judged == 0:
        return None, "the reference knows none of these cells"
    return equal / judged, f"cells equal to the reference / cells that it knows = {equal:,} / {judged:,}"


def _require_one_type(table: Table, reference: Table, key: str) -> None:
    """Refuse keys that are equal never: 7 in one table, "7" in the other."""
    kinds = [kind_of(one, key) for one in (table, reference) if not nulls(one[key]).all()]
    if len(kinds) == 2 and kinds[0] != kinds[1] and "other" not in kinds:
        words = {"number": "numbers", "time": "times", "boolean": "booleans", "text": "text"}
        one, two = (words[kind] for kind in kinds)
        raise ColumnError(
            f"{key} holds {one} in {table.what} and {two} in {reference.what}: "
            "no row of one would be found in the other",
            column=key,
            suggestion=f"give both one type first, in pandas: "
            f"df[{key!r}] = df[{key!r}].astype({'str' if kinds[0] == 'text' else 'int'})",
            code="key_type",
        )


def _matched(table: Table, reference: Table, key: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows that the reference has, and where it has them."""
    place: dict[Any, int] = {}
    for row, (value, gone) in enumerate(zip(reference[key].to_list(), nulls(reference[key]), strict=True)):
        if not gone and place.setdefault(value, row) != row:
            raise DataError(
                f"the reference has a {key!r} more than once (rows {place[value]} and {row})",
                column=key,
                suggestion="give a reference of one row per key",
                code="not_unique",
                examples=[place[value], row],
            )
    found = [
        -1 if gone else place.get(value, -1)
        for value, gone in zip(table[key].to_list(), nulls(table[key]), strict=True)
    ]
    there = np.array(found, dtype=np.int64)
    rows = np.flatnonzero(there >= 0)
    return rows, there[rows]


def _same(
    table: Table, rows: NDArray[np.int64], reference: Table, there: NDArray[np.int64], column: str
) -> NDArray[np.bool_]:
    """Where a column says what the reference says; null here is not the same as known there."""
    kinds = {kind_of(table, column), kind_of(reference, column)}
    if kinds == {"number"}:
        here: FloatArray = numbers(table, column, missing=True)[rows]
        return np.asarray(here == numbers(reference, column, missing=True)[there])
    if kinds == {"time"}:
        instants = times(table, column).instant[rows].astype("M8[us]")
        return np.asarray(instants == times(reference, column).instant[there].astype("M8[us]"))
    mine, theirs = column_as_text(table[column][rows]), column_as_text(reference[column][there])
    return np.array([one is not None and one == other for one, other in zip(mine, theirs, strict=True)], dtype=bool)
