"""Two tables that should have one schema: what came, went, changed, and what was likely only renamed."""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from custval._frame import Table, enter, nulls, nw, to_mapping
from custval._kernels.drift import kolmogorov_smirnov
from custval._result import Result
from custval.data_quality._column_profile import distinct_values, kind_of, type_name
from custval.data_quality._measured import measured
from custval.data_quality._page import escape, page, short, table_of, tag
from custval.data_quality._sealed import reduce_sealed, seal
from custval.data_quality._text import as_text
from custval.typing import FloatArray, IntoFrame

__all__ = ["SchemaDifference", "schema_difference"]

_MOST_PAIRS = 10_000
_SKETCH = 1_000
_LIKELY = 0.6
_ALIKE = 0.5
_FEW_VALUES = 10
# inches, weeks, decades, dozens, hours, days of a month and a year, minutes, hours, days in seconds; powers of ten
_FACTORS = (2.54, 7.0, 12.0, 24.0, 30.4, 60.0, 365.25, 3_600.0, 86_400.0, *(10.0**k for k in range(1, 10)))
_LEAST = 2.0
_CLOSE = 0.1
_TOLERANCE = 0.25


@dataclasses.dataclass(frozen=True, slots=True)
class SchemaDifference(Result):
    """What `schema_difference` gives back.

    Attributes
    ----------
    same : bool
        Whether columns, types, nulls and order are the same; hints do not count.
    added, removed : tuple of str
    types : mapping of str to (str, str)
        Columns whose type changed.
    nullable : mapping of str to (bool, bool)
        Columns that have nulls on one side only.
    reordered : bool
        Whether the columns of both stand in another order.
    renamed : mapping of str to str
        A removed column and the added one that is likely the same: a hint, both stay in `added` and `removed`.
    units : mapping of str to float
        Columns whose values are likely in another unit: a hint, the factor from before to after (one that is well
        known, or the one that was measured).
    """

    same: bool
    added: tuple[str, ...]
    removed: tuple[str, ...]
    types: Mapping[str, tuple[str, str]] = dataclasses.field(hash=False)
    nullable: Mapping[str, tuple[bool, bool]] = dataclasses.field(hash=False)
    reordered: bool
    renamed: Mapping[str, str] = dataclasses.field(hash=False)
    units: Mapping[str, float] = dataclasses.field(hash=False)
    _frame: Any = dataclasses.field(repr=False, compare=False)

    def __post_init__(self) -> None:
        seal(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return reduce_sealed(self)

    def to_frame(self) -> Any:
        """One row per difference: `change, column, before, after, is_hint`, in the library of the first table."""
        return self._frame

    def _repr_html_(self) -> str:
        kinds = {"added": "good", "removed": "strong", "type": "strong", "nulls": "mild", "order": ""}
        words = {"renamed": "hint: renamed?", "unit": "hint: another unit?"}
        found = list(zip(*to_mapping(enter(self._frame)).values(), strict=True))
        rows = [
            [
                tag(words.get(change, change), kinds.get(change, "mild")),
                f'<span class="cv-name">{short(column or "")}</span>',
                "values as they were" if change == "unit" else short(before or "", 80),
                escape(f"values {after}") if change == "unit" else short(after or "", 80),
            ]
            for change, column, before, after, _ in found
        ]
        hints = sum(bool(hint) for *_, hint in found)
        findings = len(found) - hints
        said = "the same schema" if self.same else f"{findings:,} difference{'' if findings == 1 else 's'}"
        said += f" · {hints:,} hint{'' if hints == 1 else 's'} at what lies behind" if hints else ""
        return page("Schemas", said, table_of(["change", "column", "before", "after"], rows) if rows else "")


def schema_difference(before: IntoFrame, after: IntoFrame) -> SchemaDifference:
    """Say how the schema of one table differs from that of another, and what likely lies behind it.

    Parameters
    ----------
    before, after : frame

    Returns
    -------
    SchemaDifference

    Raises
    ------
    DataError
        If a frame is lazy.

    Notes
    -----
    Two things are hints, not findings:

    - A removed and an added column of the same kind are likely one, renamed, where 0.6 × likeness of the values +
      0.4 × likeness of the names is at least 0.6, the values being alike by at least a half, and the names too where
      there are no more than ten different values (a flag is like every other flag). Texts are alike by the share of
      their distinct values that both have, numbers and times by 1 − D of Kolmogorov and Smirnov. Each column is paired
      once, so that the sum is largest. Beyond 10,000 pairs no renaming is looked for.
    - A column of numbers is likely in another unit where all three quartiles of the absolute values that are not 0
      changed by one ratio, up to a quarter, and by 2 at least. Where the mean ratio is within a tenth of a factor that
      is well known (2.54, 7, 12, 24, 30.4, 60, 365.25, 3,600, 86,400, powers of ten), it is that factor, else the ratio
      that was measured, to three digits.

    Examples
    --------
    >>> import pandas as pd
    >>> from custval.data_quality import schema_difference
    >>> may = pd.DataFrame({"customer_id": [1, 2, 3], "amount": [10.5, 20.0, 31.0], "city": ["Rome", "Ulm", "Jena"]})
    >>> june = pd.DataFrame(
    ...     {"customer_id": ["1", "2", None], "town": ["Ulm", "Rome", "Jena"], "amount": [990, 2100, 3050]}
    ... )
    >>> found = schema_difference(may, june)
    >>> found.added, found.removed, dict(found.renamed), dict(found.units)
    (('town',), ('city',), {'city': 'town'}, {'amount': 100.0})
    >>> dict(found.types)
    {'customer_id': ('Int64', 'String'), 'amount': ('Float64', 'Int64')}
    """
    one, two = enter(before, "the table before"), enter(after, "the table after")
    both = [name for name in one.columns if name in two]
    removed = tuple(name for name in one.columns if name not in two)
    added = tuple(name for name in two.columns if name not in one)
    dtypes = {name: _type_names(one[name].dtype, two[name].dtype) for name in both}
    gaps = {name: (bool(nulls(one[name]).any()), bool(nulls(two[name]).any())) for name in both}
    types = {name: pair for name, pair in dtypes.items() if pair[0] != pair[1]}
    nullable = {name: pair for name, pair in gaps.items() if pair[0] != pair[1]}
    order = [name for name in two.columns if name in one]
    renamed = _renamed(one, two, removed, added)
    units = _units(one, two, {**{name: name for name in both}, **renamed})
    return SchemaDifference(
        same=not (added or removed or types or nullable or order != both),
        added=added,
        removed=removed,
        types=types,
        nullable=nullable,
        reordered=order != both,
        renamed=renamed,
        units=units,
        _frame=_as_frame(
            one,
            [
                *(("added", name, None, type_name(two[name].dtype), False) for name in added),
                *(("removed", name, type_name(one[name].dtype), None, False) for name in removed),
                *(("type", name, *pair, False) for name, pair in types.items()),
                *(
                    ("nulls", name, *("some" if has else "none" for has in pair), False)
                    for name, pair in nullable.items()
                ),
                *([("order", None, ", ".join(both), ", ".join(order), False)] if order != both else []),
                *(("renamed", old, old, new, True) for old, new in renamed.items()),
                *(("unit", name, "× 1", _times(factor), True) for name, factor in units.items()),
            ],
        ),
    )


def _type_names(one: Any, two: Any) -> tuple[str, str]:
    """Two types in plain words, which differ where the types do: in the resolution of times, if in nothing else."""
    names = (type_name(one), type_name(two))
    if names[0] == names[1] and str(one) != str(two):
        return tuple(
            f"{name}, {getattr(dtype, 'time_unit', dtype)}" for name, dtype in zip(names, (one, two), strict=True)
        )  # type: ignore[return-value]
    return names


def _times(factor: float) -> str:
    return f"× {factor:,g}" if factor >= 1.0 else f"÷ {1.0 / factor:,.4g}"


def _as_frame(table: Table, rows: Sequence[tuple[Any, ...]]) -> Any:
    names = ("change", "column", "before", "after")
    texts = {name: table.series(name, [row[place] for row in rows], nw.String) for place, name in enumerate(names)}
    return table.make({**texts, "is_hint": table.series("is_hint", [row[4] for row in rows], nw.Boolean)})


@dataclasses.dataclass(frozen=True, slots=True)
class _Sketch:
    """What is compared of a column: its kind, some of its values, and how many different ones it has."""

    kind: str
    distinct: int
    texts: frozenset[str]
    values: FloatArray


def _sketch(table: Table, name: str) -> _Sketch:
    kind = kind_of(table, name)
    known = np.flatnonzero(~nulls(table[name]))
    values, counts = distinct_values(table, name, kind, known)
    if kind in {"number", "time"} and len(values):
        column = measured(table, name, kind)
        column = column[np.isfinite(column)]
        ranks = np.linspace(0, max(column.size - 1, 0), min(column.size, _SKETCH)).astype(np.int64)
        return _Sketch(kind, len(counts), frozenset(), np.sort(column)[ranks])
    # of many values the first by code points, on both sides
    texts = sorted(as_text(value) for value in list(values))[:_SKETCH]
    return _Sketch(kind, len(counts), frozenset(texts), np.empty(0))


def _likeness(one: _Sketch, two: _Sketch, names: tuple[str, str]) -> float:
    """How likely two columns are one; 0 where the values alone rule it out."""
    if one.kind != two.kind or not (one.distinct and two.distinct):
        return 0.0
    if one.values.size and two.values.size:
        alike = 1.0 - kolmogorov_smirnov(one.values, two.values)[0]
    else:
        alike = len(one.texts & two.texts) / max(min(len(one.texts), len(two.texts)), 1)
    called = difflib.SequenceMatcher(None, _plain(names[0]), _plain(names[1])).ratio()
    few = max(one.distinct, two.distinct) <= _FEW_VALUES and one.kind != "text"
    if alike < _ALIKE or (few and called < _ALIKE):
        return 0.0
    return 0.6 * alike + 0.4 * called


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.casefold())


def _renamed(one: Table, two: Table, removed: Sequence[str], added: Sequence[str]) -> dict[str, str]:
    if not removed or not added or len(removed) * len(added) > _MOST_PAIRS:
        return {}
    old, new = [_sketch(one, name) for name in removed], [_sketch(two, name) for name in added]
    score = np.array(
        [
            [_likeness(was, now, (before, after)) for now, after in zip(new, added, strict=True)]
            for was, before in zip(old, removed, strict=True)
        ]
    )
    old_places, new_places = linear_sum_assignment(np.where(score >= _LIKELY, -score, 0.0))
    pairs = zip(old_places.tolist(), new_places.tolist(), strict=True)
    return {removed[i]: added[j] for i, j in pairs if score[i, j] >= _LIKELY}


def _units(one: Table, two: Table, pairs: Mapping[str, str]) -> dict[str, float]:
    found = {}
    for before, after in pairs.items():
        if kind_of(one, before) == kind_of(two, after) == "number":
            factor = _factor(measured(one, before, "number"), measured(two, after, "number"))
            if factor is not None:
                found[before] = factor
    return found


def _factor(before: FloatArray, after: FloatArray) -> float | None:
    """By which factor, known or measured, all quartiles changed; None if each by another, or by little."""
    sizes = [np.abs(column[np.isfinite(column) & (column != 0)]) for column in (before, after)]
    if not (sizes[0].size and sizes[1].size):
        return None
    ratios = np.quantile(sizes[1], [0.25, 0.5, 0.75]) / np.quantile(sizes[0], [0.25, 0.5, 0.75])
    ratio = float(np.exp(np.mean(np.log(ratios))))
    if np.any(np.abs(np.log(ratios / ratio)) > np.log1p(_TOLERANCE)):
        return None
    size = max(ratio, 1.0 / ratio)
    known = min(_FACTORS, key=lambda factor: abs(np.log(size / factor)))
    if abs(np.log(size / known)) <= np.log1p(_CLOSE):
        return known if ratio > 1.0 else 1.0 / known
    return float(f"{ratio:.3g}") if size >= _LEAST else None
