"""What a missing cell is filled with, learned from the known ones, and which columns are left as they are."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from custval._frame import Table, nulls
from custval._kernels.dates_in_text import year_in
from custval._kernels.pii import KINDS
from custval._kernels.robust import group_quantiles
from custval.data_quality._called import names_a_key, names_a_person
from custval.data_quality._clean_text import clean, clean_header
from custval.data_quality._column_profile import kind_of
from custval.data_quality._date_text import scan
from custval.data_quality._findings import findings_in
from custval.data_quality._kinds import kind_by_name
from custval.data_quality._measured import Strata, coded, counts_on, measured
from custval.typing import FloatArray, IntArray

__all__ = ["Fill", "kinds_of", "learn_fill", "why_left"]

_FEWEST_IN_STRATUM = 3
_FEWEST_NUMBERS = 10
_LOOKED_AT = 1_000
_MOST_ALIKE = 0.8
_SURE = 0.5
_EXACT = 2.0**53
_KINDS_OF_NUMBERS = frozenset(["phone", "national_id", "card_number", "bank_account"])
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_LONG_NUMBER = re.compile(r"\+?[\d\s().\-/]{7,}[\dXx]")

Key = tuple[str | None, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Fill:
    """What a column is filled with: of all rows, and by stratum where that has enough known values."""

    column: str
    kind: str
    rule: str
    value: Any
    groups: Mapping[Key, Any]
    low: float | None = None
    high: float | None = None
    is_whole: bool = False

    def values(self, strata: Strata, rows: IntArray) -> tuple[list[Any], list[str]]:
        """For these rows the values and the rules in words."""
        by_stratum = [self.groups.get(key, self.value) for key in strata.keys]
        words = [
            f"{self.rule} within {strata.label(code)}" if key in self.groups else self.rule
            for code, key in enumerate(strata.keys)
        ]
        code = strata.code[rows].tolist()
        return [by_stratum[place] for place in code], [words[place] for place in code]


def why_left(table: Table, name: str, kind: str, excluded: Sequence[str]) -> str | None:
    """Why a column is not filled; None if it is."""
    if name in excluded:
        return "excluded"
    if names_a_key(name):
        return "named like an identifier"
    if names_a_person(name):
        return "named like what belongs to one person"
    known = np.flatnonzero(~nulls(table[name]))
    if not known.size:
        return "no known value to learn from"
    if kind == "time" or (kind != "boolean" and kind_by_name(clean_header(name)) == "date"):
        return "dates and times say when something happened, and that is not invented"
    if kind == "other":
        return f"holds {table[name].dtype}"
    if kind == "number":
        return _why_numbers_are_left(table, name, kind, known)
    return _why_texts_are_left(table, name, kind, known) if kind == "text" else None


def _why_numbers_are_left(table: Table, name: str, kind: str, known: IntArray) -> str | None:
    values = measured(table, name, kind)[known]
    finite = values[np.isfinite(values)]
    if not finite.size:
        return "no known value to learn from"
    if known.size >= _FEWEST_NUMBERS and counts_on(values):
        return "all values differ, like identifiers"
    if not table[name].dtype.is_float() and np.any(np.abs(finite) >= _EXACT):
        return "whole numbers beyond 2^53, of which no median is exact"
    if np.array_equal(finite, np.rint(finite)) and np.all(np.abs(finite) < _EXACT):
        some = [str(int(value)) for value in _some(np.unique(finite).tolist())]
        if sum(year_in(text) is not None for text in some) >= _MOST_ALIKE * len(some):
            return "looks like dates"
    return _why_personal(table, name, _KINDS_OF_NUMBERS)


def _some(values: list[Any]) -> list[Any]:
    return values[:: max(len(values) // _LOOKED_AT, 1)]


def _why_personal(table: Table, name: str, kinds: Collection[str]) -> str | None:
    for finding in findings_in(table, name, _LOOKED_AT):
        if finding.where == "value" and finding.confidence >= _SURE and finding.kind in kinds:
            return f"looks like what belongs to one person: {finding.kind}"
    return None


def _why_texts_are_left(table: Table, name: str, kind: str, known: IntArray) -> str | None:
    code, values = coded(table, name, kind)
    counts = np.bincount(code[known])
    if len(values) > 1 and counts.max() == 1:
        return "all values differ, like identifiers"
    some = _some(values)
    for pattern, what in ((_EMAIL, "e-mail addresses"), (_LONG_NUMBER, "numbers of phones, cards or documents")):
        if sum(pattern.fullmatch(text.strip()) is not None for text in some) >= _MOST_ALIKE * len(some):
            return f"looks like {what}"
    dates = [scan(clean(text)) for text in some]
    if sum(not date.problem and not date.number for date in dates) >= _MOST_ALIKE * len(some):
        return "looks like dates"
    return _why_personal(table, name, KINDS)


def learn_fill(table: Table, name: str, kind: str, strata: Strata, strategy: str) -> Fill | str:
    """The fill of a column under "auto", "median" or "mode"; text if it has none under this strategy."""
    known = np.flatnonzero(~nulls(table[name]))
    if kind == "number":
        values = measured(table, name, kind)
        known = known[np.isfinite(values[known])]
        values = values[known]
        few = bool(np.all((values == values.min()) | (values == values.max())))
        learn = _modes if strategy == "mode" or (strategy == "auto" and few) else _medians
        bounds = {"low": float(values.min()), "high": float(values.max())}
        is_whole = bool(np.all(values == np.floor(values)))
        return learn(name, values, known, strata, is_whole=is_whole, bounds=bounds)
    if strategy == "median":
        return f"holds {kind}, which has no median"
    return _modes_of_categories(table, name, kind, known, strata)


def _medians(
    name: str, values: FloatArray, known: IntArray, strata: Strata, *, is_whole: bool, bounds: Mapping[str, float]
) -> Fill:
    code, n_groups = strata.code[known], len(strata.keys)
    whole = group_quantiles(values, np.zeros_like(code), 1, 0.5)
    own = group_quantiles(values, code, n_groups, 0.5)
    if is_whole:
        whole, own = np.rint(whole), np.rint(own)
    enough = np.bincount(code, minlength=n_groups) >= _FEWEST_IN_STRATUM
    groups = {strata.keys[i]: float(own[i]) for i in np.flatnonzero(enough)} if strata.columns else {}
    return Fill(name, "number", "median", float(whole[0]), groups, bounds["low"], bounds["high"], is_whole)


def _modes(
    name: str, values: FloatArray, known: IntArray, strata: Strata, *, is_whole: bool, bounds: Mapping[str, float]
) -> Fill:
    distinct, place = np.unique(values, return_inverse=True)
    whole, groups = _most_frequent(place, strata.code[known], strata)
    return Fill(
        name,
        "number",
        "mode",
        float(distinct[whole]),
        {key: float(distinct[best]) for key, best in groups.items()},
        bounds["low"],
        bounds["high"],
        is_whole,
    )


def _modes_of_categories(table: Table, name: str, kind: str, known: IntArray, strata: Strata) -> Fill:
    code, values = coded(table, name, kind)
    whole, groups = _most_frequent(code[known], strata.code[known], strata)
    return Fill(name, kind, "mode", values[whole], {key: values[best] for key, best in groups.items()})


def _most_frequent(place: IntArray, code: IntArray, strata: Strata) -> tuple[int, dict[Key, int]]:
    """The most frequent place of all, and of each stratum with enough values; of equally frequent ones the first."""
    whole = int(np.argmax(np.bincount(place)))
    if not strata.columns:
        return whole, {}
    width = int(place.max()) + 1
    pairs, counts = np.unique(code * width + place, return_counts=True)
    group, value = pairs // width, pairs % width
    order = np.lexsort((value, -counts, group))
    first = order[np.unique(group[order], return_index=True)[1]]
    enough = np.bincount(code, minlength=len(strata.keys)) >= _FEWEST_IN_STRATUM
    return whole, {strata.keys[group[i]]: int(value[i]) for i in first.tolist() if enough[group[i]]}


def kinds_of(table: Table) -> dict[str, str]:
    """What each column holds."""
    return {name: kind_of(table, name) for name in table.columns}
