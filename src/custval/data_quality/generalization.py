"""Values made coarser, so that more persons share them: bands, periods, prefixes, groups."""

from __future__ import annotations

import itertools
import numbers
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from custval._check import choice, number, whole
from custval._frame import Table, enter, nulls, nw, times
from custval._kernels.bands import MOST_BANDS, band_places, band_text, exact_band
from custval.data_quality._cells import canonical_text, cells, quiet_numbers
from custval.data_quality._columns_named import columns_named
from custval.errors import ColumnError, CustvalError, DataError
from custval.typing import FloatArray, IntArray, IntoFrame

__all__ = ["generalize"]

_WAYS = ("width", "cuts", "period", "prefix", "groups", "rare", "bottom", "top")
_EXACT = 2.0**53
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
        The same rows and columns; the named ones as text (but for bottom and top alone). Null stays null. Rows are
        numbered from 0, whatever the index was: take the whole frame, or `.to_numpy()` of a column (see Examples).

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

    The rows of what comes back are numbered from 0. pandas matches columns by the numbers of rows, so of a filtered
    frame take the whole answer, or the values alone:

    >>> older = people[people["age"] > 40].copy()
    >>> older["age"] = generalize(older, {"age": {"width": 10}})["age"].to_numpy()
    >>> older["age"].tolist()
    ['[40, 50)', '[90, 100)']
    """
    table = enter(frame)
    if not isinstance(columns, Mapping):
        raise CustvalError(f"columns must map column names to ways: {{'age': {{'width': 10}}}}; got {columns!r}")
    names = columns_named(table, list(columns))
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


def _bound(how: Mapping[str, Any], which: str) -> float | int | None:
    if which not in how:
        return None
    bound, given = number(how[which], which), how[which]
    # a float has no room for all whole numbers beyond 2^53
    return int(given) if isinstance(given, numbers.Integral) else bound


def _bands(table: Table, name: str, how: Mapping[str, Any]) -> Any:
    width, start = number(how["width"], "width", above=0.0), number(how.get("start", 0), "start")
    bottom, top = _bound(how, "bottom"), _bound(how, "top")
    if bottom is not None and top is not None and bottom >= top:
        raise CustvalError(f"columns[{name!r}]: bottom must be below top; got {bottom:g} and {top:g}")
    values = quiet_numbers(table, name)
    below = np.zeros(len(values), dtype=bool) if bottom is None else values < bottom
    above = np.zeros(len(values), dtype=bool) if top is None else values >= top
    banded = np.flatnonzero(~(np.isnan(values) | below | above))
    distinct, own = np.unique(_band_numbers(table[name], values, banded, start, width), return_inverse=True)
    texts: list[str | None] = [band_text(place, start, width) for place in distinct.tolist()]
    texts += [f"< {_plain(bottom or 0.0)}", f"≥ {_plain(top or 0.0)}", None]
    code = np.where(below, len(distinct), np.where(above, len(distinct) + 1, len(distinct) + 2))
    code[banded] = own.reshape(-1)
    return table.series(name, texts, nw.String)[code]


def _band_numbers(series: nw.Series[Any], values: FloatArray, rows: IntArray, start: float, width: float) -> IntArray:
    """In which band the numbers of some rows are."""
    too_many = CustvalError(
        f"columns[{series.name!r}]: bands of width {width:g} are too many for the numbers of this column",
        suggestion="take a larger width",
    )
    distinct, own = np.unique(values[rows], return_inverse=True)
    place = band_places(distinct, start, width)
    if place is None:
        raise too_many
    found = place[own.reshape(-1)]
    large = rows[np.abs(values[rows]) >= _EXACT] if values.size else rows
    if large.size and not series.dtype.is_float():
        # whole numbers for which float64 has no room
        exact = [exact_band(value, start, width) for value in series[large].to_list()]
        if max(map(abs, exact)) > MOST_BANDS:
            raise too_many
        found[np.abs(values[rows]) >= _EXACT] = exact
    return found


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
    wall = _wall(table, name)
    known = ~np.isnat(wall)
    month = wall[known].astype("M8[M]").astype(np.int64)
    distinct, own = np.unique(month, return_inverse=True)
    texts = [_period_text(int(place), period) for place in distinct]
    code = np.full(len(wall), len(texts))
    code[known] = own.reshape(-1)
    return table.series(name, [*texts, None], nw.String)[code]


def _wall(table: Table, name: str) -> NDArray[np.datetime64]:
    try:
        return times(table, name).wall
    except ColumnError as error:
        raise ColumnError(
            f"{table.what}: column {name!r} must hold dates or times for a period; it holds {table[name].dtype}",
            column=name,
            suggestion=f"read dates written as text first: cv.data_quality.to_dates(frame, {name!r})",
            code=error.code,
        ) from None


def _period_text(months: int, period: str) -> str:
    year, month = 1970 + months // 12, months % 12 + 1
    if period == "10Y":
        return f"{_year_text(year // 10 * 10)}s"
    within = {"M": f"-{month:02d}", "Q": f"-Q{(month + 2) // 3}", "Y": ""}[period]
    return _year_text(year) + within


def _year_text(year: int) -> str:
    return f"{'-' if year < 0 else ''}{abs(year):04d}"


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
    by_text = _groups_by_text(groups, name)
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


def _groups_by_text(groups: Any, name: str) -> dict[str, str]:
    if not isinstance(groups, Mapping) or not all(isinstance(group, str) for group in groups.values()):
        raise CustvalError(f"columns[{name!r}]: groups must map values to text")
    by_text: dict[str, str] = {}
    for value, group in groups.items():
        try:
            text = canonical_text(value)
        except TypeError:
            raise CustvalError(
                f"columns[{name!r}]: groups must map texts, numbers, booleans or dates; one key is of type "
                f"{type(value).__name__}",
                suggestion="leave it out; null stays null, and values in no group take 'default'",
            ) from None
        if by_text.setdefault(text, group) != group:
            raise CustvalError(
                f"columns[{name!r}]: groups has a value twice, as text and as another type, with different groups",
                suggestion="give each value once; 1 and '1' are the same value",
            )
    return by_text


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
    if all(bound is None or float(bound).is_integer() for bound in (bottom, top)):
        # as whole numbers, of which floats lose digits beyond 2^53
        if series.dtype.is_integer():
            return _clipped_integers(table, name, bottom, top)
        if series.dtype == nw.Object and _holds_whole_numbers(series):
            kept = [None if value is None else _clipped(value, bottom, top) for value in series.to_list()]
            return table.series(name, np.array(kept, dtype=object))
    values = quiet_numbers(table, name)
    if series.dtype.is_integer() and np.any(np.abs(values) >= _EXACT):
        raise DataError(
            f"{table.what}: column {name!r} holds whole numbers beyond 2^53, which bounds that are not whole would "
            "change",
            column=name,
            suggestion="take whole bounds",
            code="too_large",
        )
    clipped = np.clip(values, bottom, top)
    return table.series(name, [None if np.isnan(value) else float(value) for value in clipped], nw.Float64)


def _holds_whole_numbers(series: nw.Series[Any]) -> bool:
    known = series[np.flatnonzero(~nulls(series))].to_list()
    return all(isinstance(value, numbers.Integral) and not isinstance(value, bool) for value in known)


def _clipped(value: Any, bottom: float | None, top: float | None) -> int:
    value = int(value) if bottom is None else max(int(value), int(bottom))
    return value if top is None else min(value, int(top))


def _clipped_integers(table: Table, name: str, bottom: float | None, top: float | None) -> Any:
    series = table[name]
    known = np.flatnonzero(~nulls(series))
    if not known.size:
        return series
    least, most = int(series[known].min()), int(series[known].max())
    if least >= _clipped(least, bottom, top) and most <= _clipped(most, bottom, top):
        return series
    low, high = _clipped(least, bottom, top), _clipped(most, bottom, top)
    if low > most or high < least:  # one bound for all, for which the type of the column may have no room
        values = np.full(len(known), low)
        return values if known.size == len(series) else series.cast(nw.Int64).scatter(known, values)
    # not the clip of the library: Arrow has no literals beyond 2^63
    own = np.asarray(series[known].to_numpy())
    clipped = table.series(name, np.clip(own, own.dtype.type(low), own.dtype.type(high))).cast(series.dtype)
    return clipped if known.size == len(series) else series.scatter(known, clipped)


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
