"""Values that lie far from the others: flagged with reasons, never deleted."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from custval._check import choice, number, random_generator
from custval._frame import Table, enter, nw, to_mapping
from custval._result import Result
from custval.data_quality._called import names_a_key
from custval.data_quality._column_profile import kind_of
from custval.data_quality._columns_named import columns_named
from custval.data_quality._flags import Flags, by_fences, by_forest, by_robust_z, expected_share, said
from custval.data_quality._ledger import refuse_taken_names
from custval.data_quality._measured import counts_on, measured, strata
from custval.data_quality._page import bar, page, short, table_of, written
from custval.data_quality._sealed import reduce_sealed, seal
from custval.errors import ColumnError, CustvalError, DataError
from custval.typing import FloatArray, IntoFrame, RngLike

__all__ = ["Outliers", "outliers"]

_THRESHOLDS = {"robust_z": 3.5, "iqr": 1.5, "isolation_forest": 3.5}
_FEWEST = 5
_FEW_FLAGS = 5
_FIRST_DAY, _LAST_DAY = -719_528.0, 2_932_897.0  # of the years 0 and 9999, in days since 1970
_SHOWN = 20


@dataclasses.dataclass(frozen=True, slots=True)
class Outliers(Result):
    """What `outliers` gives back.

    Attributes
    ----------
    frame : frame
        The table that came in, with `is_outlier` and `outlier_reasons` (text, null for the others).
    flags : frame
        One row per flagged value: `row` (from 0), `column, value` (as text)`, score, reason`.
    summary : frame
        One row per column that was judged: `column, known, flagged, share, low, high, earliest, latest, hint`. Numbers
        outside of low and high are flagged, times outside of earliest and latest (text; null with `by`, where there are
        as many limits as strata, and for the isolation forest). `hint` says where ``log=True`` would flag less than
        half as many values, and where it was asked for and there are no logarithms.
    rows, flagged_rows : int
    counts : mapping of str to int
        Flagged values, by column.
    expected_share : float or None
        The share of normally distributed values that the method flags all the same in columns and strata of these
        sizes; for the isolation forest None.
    skipped : mapping of str to str
        Columns that were not judged, and why.
    """

    frame: Any
    flags: Any
    summary: Any
    rows: int
    flagged_rows: int
    counts: Mapping[str, int] = dataclasses.field(hash=False)
    expected_share: float | None
    skipped: Mapping[str, str] = dataclasses.field(hash=False)

    def __post_init__(self) -> None:
        seal(self, "frame", "flags", "summary")

    def __reduce__(self) -> tuple[Any, ...]:
        return reduce_sealed(self)

    def to_frame(self) -> Any:
        """The table that came in, with `is_outlier` and `outlier_reasons`."""
        return self.frame

    def _repr_html_(self) -> str:
        columns = list(zip(*to_mapping(enter(self.summary)).values(), strict=True))
        judged = [
            [
                *(short(name), written(known), written(flagged), bar(share, small=True, warn=True)),
                *(_limit(low, earliest), _limit(high, latest), short(hint or "")),
            ]
            for name, known, flagged, share, low, high, earliest, latest, hint in columns
        ]
        top = dataclasses.replace(enter(self.flags), frame=enter(self.flags).frame.head(_SHOWN))
        flags = [
            [written(row), short(column), short(value), written(score), short(reason, 120)]
            for row, column, value, score, reason in zip(*to_mapping(top).values(), strict=True)
        ]
        expected = "" if self.expected_share is None else f" · {self.expected_share:.2%} of normal values expected"
        return page(
            "Outliers",
            f"{self.flagged_rows:,} of {self.rows:,} rows have a flag{expected}",
            table_of(["column", "known", "flagged", "", "low", "high", "hint"], judged, (1, 2, 4, 5)),
            table_of(["row", "column", "value", "score", "reason"], flags, (0, 3)),
        )


def _limit(value: Any, day: str | None) -> str:
    return short(day) if day is not None else "" if value is None else written(value)


def _day(value: float | None) -> str | None:
    """A limit of times in words; None where no calendar has it."""
    if value is None or not _FIRST_DAY < value < _LAST_DAY:
        return None
    return said(value, is_time=True)


def outliers(
    frame: IntoFrame,
    columns: str | Sequence[str] | None = None,
    *,
    method: str = "robust_z",
    by: str | Sequence[str] | None = None,
    threshold: float | None = None,
    log: bool | str | Sequence[str] = False,
    rng: RngLike = 0,
) -> Outliers:
    """Flag values that lie far from the others, with the reason in words; nothing is deleted or changed.

    Parameters
    ----------
    frame : frame
    columns : str or sequence of str, optional
        Numbers and times; by default all of them but those of two values and those that
        only number the rows (`customer_id`, 1, 2, 3, …).
    method : {"robust_z", "iqr", "isolation_forest"}
        "robust_z": ``|value − median| / (MAD / 0.6745)`` above the threshold. "iqr": beyond the quartiles by more than
        threshold × their distance. "isolation_forest": rows that few random cuts set apart from the others, whose
        combination of values may be unusual where no single one is.
    by : str or sequence of str, optional
        Judge within strata of these columns. A stratum with fewer than 10 known values is judged by all rows.
    threshold : float, optional
        By default 3.5, 1.5, and 3.5; of the forest: by how many robust standard deviations a score exceeds the median.
    log : bool or names of columns
        Judge logarithms: of the columns named, or (True) of every column without values below 0; where there are
        zeros, of 1 + value. Money and counts are often skewed to the right, and then most flags are their upper tail:
        see Notes.
    rng : int, Generator or None
        Of the isolation forest: anything that `numpy.random.default_rng` takes.

    Returns
    -------
    Outliers
        `.flags`, `.frame`, `.summary`, `.counts`, `.skipped`.

    Raises
    ------
    ColumnError
        If a column is missing, or is named and holds neither numbers nor times.
    DataError
        If a logarithm is asked by name of a column with values below 0, or the frame is lazy.

    Notes
    -----
    - Of normally distributed values "robust_z" flags 2 Φ(−threshold) = 0.047 % at 3.5, and "iqr"
      2 Φ(−0.6745 (1 + 2 threshold)) = 0.70 % at 1.5, in large samples. Of few values more, for
      the median and the quartiles are uncertain themselves: of 10 values 1.7 % and 4.0 %, of 20 0.65 % and 2.3 %, of 50
      0.20 % and 1.3 %, of 100 0.12 % and 1.0 %. `expected_share` is that for the sizes at hand.
    - Of skewed and of heavy-tailed values more are flagged: at 3.5 about 8 % of lognormal ones with σ = 1 (with
      ``log=True`` 0.05 %), and 1.4 % of Student's t with 5 degrees of freedom. What customers spend is like that: of
      the spend on sweets in a public table of 2,240 customers 18 % are flagged, and none with ``log=True``. The shares
      above are of normal ones; `summary` has a hint where logarithms would flag less than half as many.
    - Logarithms of columns with zeros are of 1 + value, so that they depend on the unit: take cents or whole euros for
      money, and not millions.
    - Where more than half of the values are equal (many zeros), the MAD is 0. If at least 10 values and 2 % are others,
      those are judged among themselves, by their own median and MAD, and the reason says so; of whole numbers the scale
      is then at least 1. If fewer are others, the scale is the mean absolute deviation from the median times √(π/2).
      Likewise where the quartiles are equal, with 1.349 times that scale for their distance. Where all values are
      equal none is flagged.
    - `rules.no_outliers` asks for another thing: its rule lets pass what is within a factor of e^(0.69 × threshold) of
      the usual size, 32 at its default of 5, so that it hits errors of order (a unit, a typed zero too many) and
      nothing else. An income of 666,666 beside a median of 51,000 is 13 times as much: flagged here, kept by the rule.
    - The isolation forest reads nulls as the median. Its score is 2^(−mean depth / expected depth), near 0.5 for
      ordinary rows and near 1 for those apart. A row is flagged if its score lies above median + threshold ×
      (upper quartile − median) / 0.6745 of all scores: in simulations that is 0.04 % to 0.5 % of normal rows of two
      and more independent columns, but 3 % to 7 % with one column, for which the other methods are better. The column
      named is the one of the largest robust z in the row. The answer does not depend on the order of the rows; another
      `rng` moves scores a little, so that flags near the limit come and go.
    - Infinite values are flagged by each method.

    References
    ----------
    Iglewicz, B. & Hoaglin, D. (1993). How to Detect and Handle Outliers. ASQC.
    Tukey, J. (1977). Exploratory Data Analysis. Addison-Wesley.
    Liu, F., Ting, K. & Zhou, Z. (2008). Isolation forest. Proceedings of the IEEE Conference on Data Mining, 413-422.

    Examples
    --------
    >>> import pandas as pd
    >>> from custval.data_quality import outliers
    >>> people = pd.DataFrame({"born": [1893, 1970, 1975, 1981, 1968, 1990], "income": [52, 48, 61, 45, None, 55]})
    >>> found = outliers(people)
    >>> found.flags[["row", "column", "value"]]
       row column value
    0    0   born  1893
    >>> found.flags["reason"][0]
    'born 1893: robust z -8.25 (median 1,972, scale 9.637; threshold 3.5)'
    >>> found.frame["is_outlier"].sum()
    np.int64(1)
    """
    method = choice(method, "method", _THRESHOLDS)
    limit = _THRESHOLDS[method] if threshold is None else number(threshold, "threshold", above=0.0)
    table = enter(frame)
    refuse_taken_names(table, ("is_outlier", "outlier_reasons"), "outliers")
    groups = strata(table, by)
    named = [] if columns is None else columns_named(table, columns)
    values, kinds, skipped = _columns_to_judge(table, named, groups.columns)
    logged = _columns_to_log(table, values, log)
    judged = {name: np.log(column + logged[name]) if name in logged else column for name, column in values.items()}
    if method == "isolation_forest":
        flags = by_forest(judged, groups, limit, int(random_generator(rng).integers(2**31)))
        hints, share = {}, None
    else:
        find = by_robust_z if method == "robust_z" else by_fences
        flags = find(judged, groups, limit)
        numeric = {name: column for name, column in values.items() if kinds[name] == "number" and name not in logged}
        all_logged = isinstance(log, (bool, np.bool_)) and bool(log)
        hints = _hints(numeric, flags, list(values), lambda columns: find(columns, groups, limit), asked=all_logged)
        share = expected_share(judged, groups, method, limit)
    return _result(table, values, kinds, flags, logged, skipped=skipped, share=share, hints=hints)


def _hints(
    values: Mapping[str, FloatArray],
    flags: Flags,
    names: list[str],
    find: Callable[[Mapping[str, FloatArray]], Flags],
    *,
    asked: bool,
) -> dict[str, str]:
    """Where logarithms would flag less than half as much, and where they were asked for and there are none."""
    hints = {}
    place = {name: index for index, name in enumerate(names)}
    for name, column in values.items():
        if np.any(column < 0):
            if asked:
                hints[name] = f"judged as it is: {int(np.sum(column < 0)):,} values below 0 have no logarithm"
            continue
        now = int(np.sum(flags.column == place[name]))
        if asked or now < _FEW_FLAGS:
            continue
        then = len(find({name: np.log(column + _shift(column))}).row)
        if then < now / 2:
            hints[name] = f"log=True would flag {then:,} instead of {now:,}"
    return hints


def _shift(values: FloatArray) -> float:
    """What is added before a logarithm is taken: 1 where there are zeros."""
    return float(np.any(values == 0))


def _columns_to_judge(
    table: Table, named: list[str], by: Sequence[str]
) -> tuple[dict[str, FloatArray], dict[str, str], dict[str, str]]:
    values: dict[str, FloatArray] = {}
    kinds: dict[str, str] = {}
    skipped: dict[str, str] = {}
    for name in named or [name for name in table.columns if name not in by]:
        kind = kind_of(table, name)
        if kind not in {"number", "time"}:
            if named:
                raise ColumnError(
                    f"{table.what}: column {name!r} must hold numbers or times to have outliers; it holds "
                    f"{table[name].dtype}",
                    column=name,
                    suggestion="convert the column first, or leave it out of columns=",
                )
            skipped[name] = f"holds {kind if kind != 'other' else str(table[name].dtype)}"
            continue
        column = measured(table, name, kind)
        why = _why_not(name, column, kind, is_named=bool(named))
        if why:
            skipped[name] = why
        else:
            values[name], kinds[name] = column, kind
    return values, kinds, skipped


def _why_not(name: str, values: FloatArray, kind: str, *, is_named: bool) -> str | None:
    known = values[~np.isnan(values)]
    if known.size < _FEWEST:
        return f"has {known.size} known values; {_FEWEST} are the fewest"
    if is_named or kind == "time":
        return None
    if known.min() == known.max() or np.all((known == known.min()) | (known == known.max())):
        return "has no more than two values"
    return "is an identifier" if names_a_key(name) or counts_on(known) else None


def _columns_to_log(table: Table, values: Mapping[str, FloatArray], log: Any) -> dict[str, float]:
    """The columns whose logarithms are judged, and what is added to their values before."""
    possible = {name: _shift(column) for name, column in values.items() if not np.any(column < 0)}
    if isinstance(log, (bool, np.bool_)):
        return possible if log else {}
    named = columns_named(table, log, "log")
    for name in named:
        if name not in values:
            raise CustvalError(f"log names {name!r}, which is not among the columns that are judged")
        if name not in possible:
            count = int(np.sum(values[name] < 0))
            raise DataError(
                f"{table.what}: column {name!r} has no logarithm in {count:,} rows, where it is below 0",
                column=name,
                count=count,
                suggestion="leave it out of log=, or add a constant first",
                code="negative",
            )
    return {name: possible[name] for name in named}


def _result(
    table: Table,
    values: Mapping[str, FloatArray],
    kinds: Mapping[str, str],
    flags: Flags,
    logged: Mapping[str, float],
    *,
    skipped: Mapping[str, str],
    share: float | None,
    hints: Mapping[str, str],
) -> Outliers:
    names = list(values)
    texts = flags.texts(values, kinds, logged)
    reasons: dict[int, str] = {}
    for row, (_, reason) in zip(flags.row.tolist(), texts, strict=True):
        reasons[row] = f"{reasons[row]}; {reason}" if row in reasons else reason
    by_row: list[str | None] = [None] * len(table)
    for row, reason in reasons.items():
        by_row[row] = reason
    flagged = np.bincount(flags.column, minlength=len(names))
    known = np.array([int(np.sum(~np.isnan(column))) for column in values.values()], dtype=np.int64)
    is_outlier = np.zeros(len(table), dtype=bool)
    is_outlier[flags.row] = True
    limits = {name: [flags.limit(name, side, logged) for side in (0, 1)] for name in names}
    times = {name: [_day(end) if kinds[name] == "time" else None for end in ends] for name, ends in limits.items()}
    numbers = {name: [None if kinds[name] == "time" else end for end in ends] for name, ends in limits.items()}
    return Outliers(
        frame=table.extend(
            {"is_outlier": is_outlier, "outlier_reasons": table.series("outlier_reasons", by_row, nw.String)}
        ),
        flags=table.make(
            {
                "row": flags.row,
                "column": table.series("column", [names[place] for place in flags.column.tolist()], nw.String),
                "value": table.series("value", [value for value, _ in texts], nw.String),
                "score": flags.score,
                "reason": table.series("reason", [reason for _, reason in texts], nw.String),
            }
        ),
        summary=table.make(
            {
                "column": table.series("column", names, nw.String),
                "known": known,
                "flagged": flagged.astype(np.int64),
                "share": table.series("share", (flagged / np.maximum(known, 1)).tolist(), nw.Float64),
                "low": table.series("low", [ends[0] for ends in numbers.values()], nw.Float64),
                "high": table.series("high", [ends[1] for ends in numbers.values()], nw.Float64),
                "earliest": table.series("earliest", [ends[0] for ends in times.values()], nw.String),
                "latest": table.series("latest", [ends[1] for ends in times.values()], nw.String),
                "hint": table.series("hint", [hints.get(name) for name in names], nw.String),
            }
        ),
        rows=len(table),
        flagged_rows=int(is_outlier.sum()),
        counts=dict(zip(names, flagged.tolist(), strict=True)),
        expected_share=share,
        skipped=dict(skipped),
    )
