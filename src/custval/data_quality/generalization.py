"""Values made coarser, so that more persons share them: bands, periods, prefixes, groups."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from custval._check import choice, number, whole
from custval._frame import Table, enter, nulls, nw, times
from custval.data_quality._cells import canonical_text, cells, column_names, quiet_numbers
from custval.errors import CustvalError, DataError
from custval.typing import FloatArray, IntoFrame

__all__ = ["generalize"]

_WAYS = ("width", "cuts", "period", "prefix", "groups", "rare", "bottom", "top")
_WITH = {
    "width": frozenset({"start", "bottom", "top"}),
    "cuts": frozenset(),
    "period": frozenset(),
    "prefix": frozenset(),
    "groups": frozenset({"default"}),
    "rare": frozenset({"default"}),
    "bottom": frozenset({"top"}),
    "top": frozenset(),
}


def generalize(frame: IntoFrame, columns: Mapping[str, Mapping[str, Any]]) -> Any:
    """Make columns coarser, each in its own way.

    Parameters
    ----------
    frame : frame
    columns : mapping of str to mapping
        Column → how, one of:

        - `{"width": 10}`: bands of numbers, "[20, 30)"; with `"start"` (where a band begins, 0), `"bottom"` and
          `"top"` (one band below and one from there on);
        - `{"cuts": [18, 30, 65]}`: bands between given numbers, "< 18", "[18, 30)", "[30, 65)", "≥ 65";
        - `{"period": "M"}`: of dates and times the month "2024-03", quarter `"Q"` "2024-Q1", year `"Y"` "2024", or
          decade `"10Y"` "2020s";
        - `{"prefix": 3}`: the first characters, the others as asterisks, "476**";
        - `{"groups": {"Rome": "Italy", …}}`: a level of a hierarchy; with `"default"` for values that are not in it;
        - `{"rare": 10}`: values of fewer rows become `"default"` (by default "other");
        - `{"bottom": 18, "top": 90}`, or one of them: numbers beyond are set to the bound and stay numbers.

    Returns
    -------
    frame
        The same rows and columns; the named ones as text (but for bottom and top alone). Null stays null.

    Raises
    ------
    ColumnError
        If a column is missing or of a type that does not fit.
    DataError
        If values are in none of the groups and there is no default (they are counted and not shown); if numbers are
        infinite; if the frame is lazy.
    CustvalError
        If a way is not known or does not fit together.

    References
    ----------
    Samarati, P. (2001). Protecting respondents' identities in microdata release. IEEE Transactions on Knowledge and
    Data Engineering 13(6), 1010-1027: generalization hierarchies.

    Examples
    --------
    >>> import pandas as pd
    >>> from custval.data_quality import generalize
    >>> people = pd.DataFrame(
    ...     {
    ...         "age": [29, 43, 97],
    ...         "zip": ["47677", "47905", "47602"],
    ...         "born": pd.to_datetime(["1995-03-01", "1981-07-09", "1927-12-24"]),
    ...     }
    ... )
    >>> generalize(people, {"age": {"width": 10, "top": 90}, "zip": {"prefix": 3}, "born": {"period": "10Y"}})
            age    zip   born
    0  [20, 30)  476**  1990s
    1  [40, 50)  479**  1980s
    2      ≥ 90  476**  1920s
    """
    table = enter(frame)
    if not isinstance(columns, Mapping):
        raise CustvalError(f"columns must map column names to ways: {{'age': {{'width': 10}}}}; got {columns!r}")
    names = column_names(list(columns), table, "columns")
    ways = {name: _way(columns[name], name) for name in names}
    return table.extend({name: _GENERAL[way](table, name, columns[name]) for name, way in ways.items()})


def _way(how: Any, name: str) -> str:
    """The way that a description names, complete and without what it does not take."""
    way = next((way for way in _WAYS if way in how), None) if isinstance(how, Mapping) else None
    if way is None:
        raise CustvalError(
            f"columns[{name!r}] must have one of {', '.join(map(repr, _WAYS))}; got {how!r}",
            suggestion=f"columns={{{name!r}: {{'width': 10}}}}",
        )
    unknown = set(how) - {way} - _WITH[way]
    if unknown:
        raise CustvalError(f"columns[{name!r}]: {way!r} goes not with {', '.join(sorted(map(repr, unknown)))}")
    return way


def _bound(how: Mapping[str, Any], which: str) -> float | None:
    return number(how[which], which) if which in how else None


def _bands(table: Table, name: str, how: Mapping[str, Any]) -> Any:
    width, start = number(how["width"], "width", above=0.0), number(how.get("start", 0), "start")
    bottom, top = _bound(how, "bottom"), _bound(how, "top")
    if bottom is not None and top is not None and bottom >= top:
        raise CustvalError(f"columns[{name!r}]: bottom must be below top; got {bottom:g} and {top:g}")
    values = quiet_numbers(table, name)
    band = _band_numbers(values, start, width, name)

    def label(place: float) -> str:
        low, high = round(start + place * width, 9), round(start + (place + 1) * width, 9)
        return f"[{_plain(low)}, {_plain(high)})"

    below = np.zeros(len(values), dtype=bool) if bottom is None else values < bottom
    above = np.zeros(len(values), dtype=bool) if top is None else values >= top
    distinct, code = np.unique(np.where(below | above, np.nan, band), return_inverse=True)
    texts: list[str | None] = [None if np.isnan(place) else label(float(place)) for place in distinct]
    texts += [f"< {_plain(bottom or 0.0)}", f"≥ {_plain(top or 0.0)}"]
    code = np.where(below, len(distinct), np.where(above, len(distinct) + 1, code.reshape(-1)))
    return table.series(name, texts, nw.String)[code]


def _band_numbers(values: FloatArray, start: float, width: float, name: str) -> FloatArray:
    with np.errstate(over="ignore"):
        place = (values - start) / width
    if np.isinf(place).any():
        raise CustvalError(f"columns[{name!r}]: bands of width {width:g} are too many for the numbers of this column")
    # rounded, so that 0.3 is in the band from 0.3 on although 0.3 / 0.1 is a little less than 3
    near = np.abs(place) < 1e15
    place[near] = np.round(place[near], 9)
    return np.floor(place)


def _plain(value: float) -> str:
    return canonical_text(value + 0.0)


def _cuts(table: Table, name: str, how: Mapping[str, Any]) -> Any:
    given = how["cuts"]
    if not isinstance(given, Sequence) or isinstance(given, str) or not given:
        raise CustvalError(f"columns[{name!r}]: cuts must be ascending numbers; got {given!r}")
    cuts = np.array([number(cut, "a cut") for cut in given])
    if np.any(np.diff(cuts) <= 0):
        raise CustvalError(f"columns[{name!r}]: cuts must be ascending numbers; got {given!r}")
    values = quiet_numbers(table, name)
    marks = [_plain(float(cut)) for cut in cuts]
    inner = [f"[{low}, {high})" for low, high in itertools.pairwise(marks)]
    texts = [f"< {marks[0]}", *inner, f"≥ {marks[-1]}", None]
    code = np.where(np.isnan(values), len(texts) - 1, np.searchsorted(cuts, values, side="right"))
    return table.series(name, texts, nw.String)[code]


def _periods(table: Table, name: str, how: Mapping[str, Any]) -> Any:
    period = choice(how["period"], "period", ("M", "Q", "Y", "10Y"))
    wall = times(table, name).wall
    known = ~np.isnat(wall)
    month = wall[known].astype("M8[M]").astype(np.int64)
    distinct, own = np.unique(month, return_inverse=True)
    texts = [_period_text(int(place), period) for place in distinct]
    code = np.full(len(wall), len(texts))
    code[known] = own.reshape(-1)
    return table.series(name, [*texts, None], nw.String)[code]


def _period_text(months: int, period: str) -> str:
    year, month = 1970 + months // 12, months % 12 + 1
    if period == "M":
        return f"{year:04d}-{month:02d}"
    if period == "Q":
        return f"{year:04d}-Q{(month + 2) // 3}"
    return f"{year:04d}" if period == "Y" else f"{year // 10 * 10:04d}s"


def _prefix(table: Table, name: str, how: Mapping[str, Any]) -> Any:
    kept = whole(how["prefix"], "prefix")
    column = cells(table, name)
    return column.spread(table, name, [text[:kept] + "*" * (len(text) - kept) for text in column.texts])


def _default(how: Mapping[str, Any], otherwise: str | None) -> str | None:
    default = how.get("default", otherwise)
    if default is not None and not isinstance(default, str):
        raise CustvalError(f"default must be text; got {default!r}")
    return default


def _groups(table: Table, name: str, how: Mapping[str, Any]) -> Any:
    groups, default = how["groups"], _default(how, None)
    if not isinstance(groups, Mapping) or not all(isinstance(group, str) for group in groups.values()):
        raise CustvalError(f"columns[{name!r}]: groups must map values to text")
    by_text = {canonical_text(value): group for value, group in groups.items()}
    column = cells(table, name)
    found = [by_text.get(text, default) for text in column.texts]
    strange = np.array([group is None for group in found], dtype=bool)
    if strange.any():
        rows = np.flatnonzero((column.code >= 0) & strange[column.code])
        raise DataError(
            f"{table.what}: column {name!r} has {len(rows):,} rows whose value is in none of the groups",
            column=name,
            count=len(rows),
            suggestion=f"columns={{{name!r}: {{'groups': …, 'default': 'other'}}}}",
            code="not_in_groups",
            examples=rows[:5].tolist(),
        )
    return column.spread(table, name, found)


def _rare(table: Table, name: str, how: Mapping[str, Any]) -> Any:
    least, default = whole(how["rare"], "rare", at_least=1), _default(how, "other")
    column = cells(table, name)
    kept = [text if count >= least else default for text, count in zip(column.texts, column.counts, strict=True)]
    return column.spread(table, name, kept)


def _bounded(table: Table, name: str, how: Mapping[str, Any]) -> Any:
    bottom, top = _bound(how, "bottom"), _bound(how, "top")
    if bottom is not None and top is not None and bottom > top:
        raise CustvalError(f"columns[{name!r}]: bottom must not be above top; got {bottom:g} and {top:g}")
    series = table[name]
    if series.dtype.is_integer() and not nulls(series).any() and _are_whole(bottom, top):
        # as whole numbers, of which floats lose digits beyond 2^53
        return _clipped_integers(table, name, bottom, top)
    clipped = np.clip(quiet_numbers(table, name), bottom, top)
    return table.series(name, [None if np.isnan(value) else float(value) for value in clipped], nw.Float64)


def _are_whole(*bounds: float | None) -> bool:
    return all(bound is None or float(bound).is_integer() for bound in bounds)


def _clipped_integers(table: Table, name: str, bottom: float | None, top: float | None) -> NDArray[np.int64]:
    values = np.asarray(table[name].to_numpy()).astype(np.int64)
    low = None if bottom is None else int(bottom)
    clipped: NDArray[np.int64] = np.clip(values, low, None if top is None else int(top))
    return clipped


_GENERAL: dict[str, Callable[[Table, str, Mapping[str, Any]], Any]] = {
    "width": _bands,
    "cuts": _cuts,
    "period": _periods,
    "prefix": _prefix,
    "groups": _groups,
    "rare": _rare,
    "bottom": _bounded,
    "top": _bounded,
}
