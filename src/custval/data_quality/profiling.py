"""A table looked at before it is trusted: what each column holds, and how good the whole is."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from custval._check import span
from custval._frame import Table, enter, nw, times
from custval._kernels.pii_headers import header_clue
from custval._result import Result
from custval.data_quality import _quality
from custval.data_quality._column_profile import ColumnProfile, Facts, listed, profile_column
from custval.data_quality._odd_rows import odd_rows
from custval.data_quality._page import written
from custval.data_quality._profile_page import odd_rows_listed, profile_page
from custval.data_quality._quality import Quality
from custval.data_quality._repeats import repeats, text_where_needed
from custval.data_quality._rule import Rule, RuleSet, as_rules
from custval.data_quality._sealed import reduce_sealed, seal
from custval.data_quality._shares import percent
from custval.data_quality._text import as_text
from custval.data_quality.comparing import ProfileComparison, compare_profiles
from custval.typing import Instant, IntoFrame

__all__ = ["Profile", "profile"]


@dataclasses.dataclass(frozen=True, slots=True)
class Profile(Result):
    """What `profile` gives back.

    Attributes
    ----------
    rows, duplicate_rows : int
        Rows, and those that repeat an earlier row in all columns.
    date_span : tuple of two datetimes, or None
        The first and the last time of the column `timestamp`; without one, of all columns of times but those whose name
        means a date of birth.
    quality : Quality
        Six shares, with their formulas in `quality.formulas`.
    columns : mapping of str to ColumnProfile
    odd_rows : tuple of (int, str)
        Rows, by number from 0, that are no data: a "header" whose cells equal the names of most columns, or a "total"
        (by a word such as "Total", "Summe", "合计") with the sum of other rows in a column of numbers.
    """

    rows: int
    duplicate_rows: int
    date_span: tuple[Any, Any] | None
    quality: Quality
    columns: Mapping[str, ColumnProfile] = dataclasses.field(hash=False)
    _frame: Any = dataclasses.field(repr=False, compare=False)
    odd_rows: tuple[tuple[int, str], ...] = ()

    def __post_init__(self) -> None:
        seal(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return reduce_sealed(self)

    def to_frame(self) -> Any:
        """One row per column, in the library of the table.

        Columns: `column, dtype, rows, nulls, null_share, spelled_missing` (rows of text that is blank or says "NA",
        "?" …)`, distinct, minimum, maximum` (as text)`, mean, standard_deviation, top_value, top_count, pattern,
        pattern_share, reads_as` ("dates", "numbers" or null)`, reads_as_share, unusable, unusable_examples, variants,
        variant_examples, rare_values, suspected_missing` (examples as text: "NA (12), blank (3)"; null without any).
        """
        return self._frame

    def compare(self, other: Profile) -> ProfileComparison:
        """What changed from this profile to another one: see `compare_profiles`."""
        return compare_profiles(self, other)

    def __str__(self) -> str:
        """The size, the six scores and a line per column."""
        quality = self.quality
        scores = (f"  {name:<14}{_score(quality[name]):>8}  {why}" for name, why in quality.formulas.items())
        lines = (f"  {name}: {column}" for name, column in self.columns.items())
        odd = [f"  rows that are no data: {odd_rows_listed(self.odd_rows)}"] if self.odd_rows else []
        return "\n".join([f"Profile: {self._size()}", *scores, *odd, *lines])

    def _size(self) -> str:
        span = f" · {' to '.join(map(written, self.date_span))}" if self.date_span else ""
        size = f"{self.rows:,} rows × {len(self.columns):,} columns · {self.duplicate_rows:,} repeated rows"
        return size + span

    def _repr_html_(self) -> str:
        return profile_page(self._size(), dict(self.quality), self.quality.formulas, self.columns, self.odd_rows)


def profile(
    frame: IntoFrame,
    *,
    rules: Iterable[Rule] | Rule | None = None,
    reference: IntoFrame | None = None,
    key: str = "customer_id",
    as_of: Instant | None = None,
    shelf_life: str = "365D",
) -> Profile:
    """Look at a table: its columns, its repeated rows, its dates, and its quality in six dimensions.

    Parameters
    ----------
    frame : frame
    rules : iterable of Rule, optional
        What validity means; without rules it is judged by what is of use at all.
    reference : frame, optional
        True values, to judge accuracy by, in columns of the same names; one row per `key`.
    key : str
        The column that says which row of the reference is meant.
    as_of : date, datetime, datetime64 or ISO text, optional
        Up to when the age of times is counted; by default up to the latest time in the table that is not far after the
        others (after the 99th percentile by more than that is after the median, and by more than `shelf_life`).
    shelf_life : str
        The age at which data are no longer timely.

    Returns
    -------
    Profile
        `.columns` (dtype, nulls, distinct, range, top values, patterns), `.rows`, `.duplicate_rows`, `.date_span`,
        `.quality`; `.to_frame()` has one row per column.

    Raises
    ------
    ColumnError
        If the key, or a column of a rule that is not optional, is missing; if the key is of another type in the
        reference.
    DataError
        If the reference has a key twice, or the frame is lazy.

    Notes
    -----
    The six dimensions and their formulas stand at `Quality`, with the numbers of the table in
    `.quality.formulas`; a dimension that cannot be judged (no reference, no dates, no texts, no rows) is None.

    Text that means "missing" (blanks, "NA", "?", "未知" …) is no null: it is known and of no use, so it counts against
    validity and not against completeness; each column lists it in `missing_spellings`. Text that `to_dates` or
    `to_numeric` would read is text all the same: the column says so in `reads_as`, and timeliness waits for the dates.

    Cells that hold lists, dicts or arrays are compared by what they say as text. A page of all this shows in notebooks;
    two profiles beside each other are `before.compare(after)`.

    References
    ----------
    Timeliness: Ballou, D., Wang, R., Pazer, H. & Tayi, G. K. (1998). Modeling information manufacturing systems to
    determine information product quality. Management Science 44(4), 462-484.

    Examples
    --------
    >>> import pandas as pd
    >>> from custval.data_quality import profile
    >>> lines = pd.DataFrame(
    ...     {
    ...         "order_id": ["A1001", "A1002", "A1002", "B7"],
    ...         "country": ["France", "france", "france", None],
    ...         "amount": [10.0, 4.0, 4.0, None],
    ...     }
    ... )
    >>> looked_at = profile(lines)
    >>> looked_at.columns["order_id"].patterns["A9999"], looked_at.duplicate_rows
    (0.75, 1)
    >>> looked_at.quality.formulas["completeness"]
    '1 − null cells / cells = 1 − 2 / 12'
    >>> looked_at.to_frame()[["column", "nulls", "distinct", "minimum", "maximum"]]
         column  nulls  distinct minimum maximum
    0  order_id      0         3   A1001      B7
    1   country      1         2  France  france
    2    amount      1         2       4      10
    """
    life = span(shelf_life, "shelf_life")
    table = enter(frame)
    rule_set = None if rules is None else rules if isinstance(rules, RuleSet) else RuleSet(as_rules(rules))
    looked_at = [profile_column(table, name) for name in table.columns]
    columns, facts = [column for column, _ in looked_at], [fact for _, fact in looked_at]
    dates = _date_columns(table, facts)
    duplicate_rows = _duplicate_rows(table, [fact.kind for fact in facts])
    judged = {
        "completeness": _quality.completeness(len(table), facts),
        "validity": _quality.validity(table, facts, rule_set),
        "uniqueness": _quality.uniqueness(len(table), duplicate_rows),
        "consistency": _quality.consistency(facts),
        "timeliness": _quality.timeliness(table, dates, as_of, life, _read_as_dates(table, facts)),
        "accuracy": _quality.accuracy(table, None if reference is None else enter(reference, "the reference"), key),
    }
    return Profile(
        rows=len(table),
        duplicate_rows=duplicate_rows,
        date_span=_date_span(table, dates),
        quality=Quality(
            **{name: share for name, (share, _) in judged.items()},
            formulas={name: formula for name, (_, formula) in judged.items()},
        ),
        columns={column.column: column for column in columns},
        _frame=_as_frame(table, columns),
        odd_rows=odd_rows(
            table, [f.kind for f in facts], {name: f.row_words for name, f in zip(table.columns, facts, strict=True)}
        ),
    )


def _score(share: float | None) -> str:
    return "–" if share is None else percent(share, 1, 3)


def _duplicate_rows(table: Table, kinds: Sequence[str]) -> int:
    """How many rows repeat an earlier one; texts are compared only where rows are equal in numbers and times."""
    quick = [
        name
        for name, kind in zip(table.columns, kinds, strict=True)
        if kind in {"number", "time"} and table[name].dtype != nw.Object
    ]
    if quick and len(quick) < len(kinds):
        shared = np.flatnonzero(repeats(table, quick, keep="none"))
        if shared.size < len(table):
            table = dataclasses.replace(table, frame=table.rows(shared))
    return int(repeats(text_where_needed(table, kinds)).sum())


def _date_columns(table: Table, facts: Sequence[Facts]) -> list[str]:
    """The columns that date the rows: `timestamp`, or without one all columns of times but births."""
    dates = [
        name
        for name, fact in zip(table.columns, facts, strict=True)
        if fact.kind == "time" and fact.known and not _names_a_birth(name)
    ]
    return ["timestamp"] if "timestamp" in dates else dates


def _names_a_birth(name: str) -> bool:
    return header_clue(name).kind == "birth_date"


def _read_as_dates(table: Table, facts: Sequence[Facts]) -> list[str]:
    names = zip(table.columns, facts, strict=True)
    return [name for name, fact in names if fact.reads_as_dates and not _names_a_birth(name)]


def _date_span(table: Table, dates: Sequence[str]) -> tuple[Any, Any] | None:
    if not dates:
        return None
    walls = [times(table, name).wall.astype("M8[us]") for name in dates]
    first, last = min(map(np.nanmin, walls)), max(map(np.nanmax, walls))
    return first.item(), last.item()


def _as_frame(table: Table, columns: Sequence[ColumnProfile]) -> Any:
    def texts(name: str, values: Sequence[Any]) -> nw.Series[Any]:
        return table.series(name, [None if value is None else as_text(value) for value in values], nw.String)

    def floats(name: str, values: Sequence[float | None]) -> nw.Series[Any]:
        return table.series(name, list(values), nw.Float64)

    def first(mapping: Mapping[str, Any]) -> tuple[Any, Any]:
        return next(iter(mapping.items()), (None, None))

    top, shape = [first(c.top_values) for c in columns], [first(c.patterns) for c in columns]
    read = [first(c.reads_as) for c in columns]
    return table.make(
        {
            "column": texts("column", [c.column for c in columns]),
            "dtype": texts("dtype", [c.dtype for c in columns]),
            "rows": np.array([c.rows for c in columns], dtype=np.int64),
            "nulls": np.array([c.nulls for c in columns], dtype=np.int64),
            "null_share": floats("null_share", [c.null_share for c in columns]),
            "spelled_missing": np.array([sum(c.missing_spellings.values()) for c in columns], dtype=np.int64),
            "distinct": np.array([c.distinct for c in columns], dtype=np.int64),
            "minimum": texts("minimum", [c.minimum for c in columns]),
            "maximum": texts("maximum", [c.maximum for c in columns]),
            "mean": floats("mean", [c.mean for c in columns]),
            "standard_deviation": floats("standard_deviation", [c.standard_deviation for c in columns]),
            "top_value": texts("top_value", [value for value, _ in top]),
            "top_count": np.array([count or 0 for _, count in top], dtype=np.int64),
            "pattern": texts("pattern", [pattern for pattern, _ in shape]),
            "pattern_share": floats("pattern_share", [share for _, share in shape]),
            "reads_as": texts("reads_as", [what for what, _ in read]),
            "reads_as_share": floats("reads_as_share", [share for _, share in read]),
            "unusable": np.array([c.unusable for c in columns], dtype=np.int64),
            "unusable_examples": texts("unusable_examples", [listed(c.unusable_examples) for c in columns]),
            "variants": np.array([c.variants for c in columns], dtype=np.int64),
            "variant_examples": texts("variant_examples", [listed(c.variant_examples) for c in columns]),
            "rare_values": texts("rare_values", [listed(c.rare_values) for c in columns]),
            "suspected_missing": texts("suspected_missing", [listed(c.suspected_missing) for c in columns]),
        }
    )
