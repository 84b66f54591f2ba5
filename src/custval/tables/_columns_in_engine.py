"""What a canonical column holds, for lazy frames: read off its type, and checked by one small aggregate for all.

What eager frames find out from the values (`_columns`), the types must say here; where they cannot, as in floats that
serve as identifiers, the aggregate that checks the values says it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from custval._frame import LazyTable, count_where, is_missing, nowhere, nw
from custval.errors import ColumnError, DataError

__all__ = ["read_lazily", "refuse_off_scale"]

_WANTED = {
    "key": "text, whole numbers or categories",
    "id": "text, whole numbers or categories",
    "time": "dates or times",
    "number": "numbers",
    "flag": "true or false",
}
_OFFSET = r"\d:\d\d[\d:.]*\s*[A-Za-z+-]"

Facts: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Reading:
    """How a column becomes what its role asks for: what to ask the data, and what follows from the answer."""

    asked: Mapping[str, nw.Expr]
    finish: Callable[[Facts], nw.Expr]


def read_lazily(
    table: LazyTable, roles: Mapping[str, tuple[str, str]], options: Mapping[str, Any], *, check: bool
) -> list[nw.Expr]:
    """The columns of a lazy frame, converted for their roles.

    Parameters
    ----------
    table : LazyTable
    roles : mapping of str to (str, str)
        For each new name the column that serves, and its role.
    options : mapping of str to str or sequence
        By new name: for times the format of text, for flags the values that mean true.
    check : bool
        Whether the values are looked at, in one small aggregate (none where the types say it all).

    Raises
    ------
    ColumnError
        If the type of a column cannot serve.
    DataError
        If `check`, and some values cannot.
    """
    readings = {
        name: _READERS[role](table, source, options.get(name)) if role in _READERS else _keep(source)
        for name, (source, role) in roles.items()
    }
    facts: dict[str, Facts] = {name: {} for name in readings}
    asked = {
        f"{place}_{fact}": aggregate
        for place, reading in enumerate(readings.values())
        for fact, aggregate in reading.asked.items()
    }
    if check and asked:
        found = _ask(table, asked, {name: roles[name] for name in readings}, options)
        facts = {
            name: {fact: found[f"{place}_{fact}"] for fact in reading.asked}
            for place, (name, reading) in enumerate(readings.items())
        }
    return [reading.finish(facts[name]).alias(name) for name, reading in readings.items()]


def refuse_off_scale(table: LazyTable, answers: Mapping[str, str], low: float, high: float) -> None:
    """Raise for the first column of answers that lie off their scale; `answers` maps columns to their first names."""
    asked = {
        str(place): count_where((nw.col(name) < low) | (nw.col(name) > high)) for place, name in enumerate(answers)
    }
    found = table.facts(**asked)
    for place, said in enumerate(answers.values()):
        count = found[str(place)]
        if count:
            raise DataError(
                f"{table.what}: {count:,} answers in column {said!r} lie off the scale from {low:g} to {high:g}; "
                "give the scale that was asked, and set codes for no answer to null",
                column=said,
                count=count,
                suggestion="give the scale that was asked, and set codes for no answer to null",
                code="off_scale",
            )


def _ask(
    table: LazyTable, asked: Mapping[str, nw.Expr], roles: Mapping[str, tuple[str, str]], options: Mapping[str, Any]
) -> dict[str, Any]:
    try:
        return table.facts(**asked)
    except DataError as error:
        texts = [source for source, role in roles.values() if role == "time" and _kind(table.schema[source]) in _PARSED]
        if not texts or error.code != "engine" or "connection" in (error.suggestion or ""):
            raise
        forms = [options[name] for name, (_, role) in roles.items() if role == "time" and name in options]
        wanted = f"the format {forms[0]!r}" if forms else "ISO dates such as '2011-12-09'"
        raise DataError(
            f"{error}. Columns of text that are to be times must hold {wanted}: {', '.join(map(repr, texts))}. Give "
            "their format: format='%d/%m/%Y'",
            column=texts[0],
            suggestion="format='%d/%m/%Y'",
            code="unparseable_dates",
        ) from error


def _kind(dtype: Any) -> str:
    if dtype.is_integer():
        return "integers"
    if dtype.is_float() or dtype == nw.Decimal:
        return "floats"
    by_class = {
        nw.String: "text",
        nw.Categorical: "categories",
        nw.Enum: "categories",
        nw.Boolean: "flags",
        nw.Date: "dates",
        nw.Datetime: "times",
    }
    return next((kind for known, kind in by_class.items() if dtype == known), "other")


_PARSED = {"text", "categories", "integers", "floats"}


def _keep(source: str) -> _Reading:
    return _Reading({}, lambda _: nw.col(source))


def _key(table: LazyTable, source: str, _: Any) -> _Reading:
    kind = _kind(table.schema[source])
    if kind in {"text", "categories", "integers"}:
        return _keep(source)
    if kind != "floats":
        raise _misfit(table, source, "key")

    def finish(facts: Facts) -> nw.Expr:
        count = facts.get("fractions")
        if count:
            raise DataError(
                f"{table.what}: column {source!r} holds {count:,} floats that are no whole numbers, or too large to be "
                "exact; identifiers must be text or whole numbers: read the column as text",
                column=source,
                count=count,
                suggestion="identifiers must be text or whole numbers: read the column as text",
                code="not_whole",
            )
        return _whole(table, source)

    return _Reading({"fractions": _fractions(table, source)}, finish)


def _id(table: LazyTable, source: str, _: Any) -> _Reading:
    if _kind(table.schema[source]) != "floats":
        return _keep(source)

    def finish(facts: Facts) -> nw.Expr:
        return _whole(table, source) if facts.get("fractions") == 0 else nw.col(source)

    return _Reading({"fractions": _fractions(table, source)}, finish)


def _fractions(table: LazyTable, source: str) -> nw.Expr:
    value = nw.col(source).cast(nw.Float64)
    exact = 2.0 ** (24 if table.schema[source] == nw.Float32 else 53)
    odd = (value % 1 != 0) | (value.abs() > exact)
    return count_where(odd & ~is_missing(source, table.schema[source]))


def _whole(table: LazyTable, source: str) -> nw.Expr:
    return nw.when(~is_missing(source, table.schema[source])).then(nw.col(source)).cast(nw.Int64)


def _number(table: LazyTable, source: str, _: Any) -> _Reading:
    dtype = table.schema[source]
    if dtype == nw.Decimal:
        return _Reading({}, lambda _: nw.col(source).cast(nw.Float64))
    if not dtype.is_numeric():
        raise _misfit(table, source, "number")
    return _keep(source)


def _time(table: LazyTable, source: str, form: str | None) -> _Reading:
    kind = _kind(table.schema[source])
    if kind == "times":
        return _keep(source)
    if kind == "dates":
        return _Reading({}, lambda _: nw.col(source).cast(nw.Datetime("us")))
    if kind not in _PARSED:
        raise _misfit(table, source, "time")
    if kind in {"integers", "floats"} and form is None:
        raise ColumnError(
            f"{table.what}: column {source!r} must hold dates or times; it holds numbers. If they are dates, give "
            "their format: format='%Y%m%d'",
            column=source,
            suggestion="format='%Y%m%d'",
        )
    value = _whole(table, source) if kind == "floats" else nw.col(source)
    text = value.cast(nw.String)
    text = nw.when(text.str.strip_chars().str.len_chars() > 0).then(text)
    if form is not None or table.engine == "polars":
        parsed = text.str.to_datetime(format=form)
    else:
        parsed = text.cast(nw.Datetime("us"))

    def finish(facts: Facts) -> nw.Expr:
        _refuse_unread(table, source, form, facts)
        return parsed

    asked = {"unread": count_where(~text.is_null()) - parsed.count()}
    if form is None:
        asked["zones"] = count_where(text.str.contains(_OFFSET))
    return _Reading(asked, finish)


def _refuse_unread(table: LazyTable, source: str, form: str | None, facts: Facts) -> None:
    if facts.get("zones"):
        raise DataError(
            f"{table.what}: column {source!r} is text, and {facts['zones']:,} of its times have a zone, which engines "
            "read in ways of their own; convert it to times in the engine first",
            column=source,
            count=facts["zones"],
            suggestion="convert the column to times in the engine first",
            code="mixed_zones",
        )
    if facts.get("unread"):
        wanted = f"the format {form!r}" if form else "ISO dates such as '2011-12-09' or '2011-12-09T12:30'"
        raise DataError(
            f"{table.what}: column {source!r} has {facts['unread']:,} values that are not {wanted}. Give their format: "
            "format='%d/%m/%Y'",
            column=source,
            count=facts["unread"],
            suggestion="format='%d/%m/%Y'",
            code="unparseable_dates",
        )


def _flag(table: LazyTable, source: str, true_values: Sequence[Any] | None) -> _Reading:
    kind, true = _kind(table.schema[source]), tuple(true_values or ())
    if kind == "flags":
        return _keep(source)
    known = ~is_missing(source, table.schema[source])
    if kind in {"integers", "floats"}:
        value = nw.col(source).cast(nw.Float64)
        numbers = [float(one) for one in true if not isinstance(one, str)]
        holds = value.is_in(numbers) if numbers else value == 1
        doubtful = known & ((nowhere()) if numbers else ~value.is_in([0.0, 1.0]))
    elif kind in {"text", "categories"}:
        text = nw.col(source).cast(nw.String)
        texts = [str(one) for one in true]
        alike = [one.strip().casefold() for one in texts]
        holds = text.is_in(texts) if texts else nowhere()
        similar = text.str.strip_chars().str.to_lowercase().is_in(alike) if texts else ~text.is_null()
        doubtful = known & ~holds & similar
    else:
        raise _misfit(table, source, "flag")

    def finish(facts: Facts) -> nw.Expr:
        count = facts.get("doubtful")
        if count:
            raise DataError(
                f"{table.what}: column {source!r} must hold true or false; {count:,} values are neither; say which "
                "values mean true: true_values=[…]",
                column=source,
                count=count,
                suggestion="say which values mean true: true_values=[…]",
                code="not_flags",
            )
        return nw.when(known).then(holds)

    return _Reading({"doubtful": count_where(doubtful)}, finish)


_READERS: Mapping[str, Callable[[LazyTable, str, Any], _Reading]] = {
    "key": _key,
    "id": _id,
    "number": _number,
    "time": _time,
    "flag": _flag,
}


def _misfit(table: LazyTable, source: str, role: str) -> ColumnError:
    return ColumnError(
        f"{table.what}: column {source!r} must hold {_WANTED[role]}; it holds {table.schema[source]}",
        column=source,
        suggestion=f"name another column, or convert {source!r} in the engine first",
    )
