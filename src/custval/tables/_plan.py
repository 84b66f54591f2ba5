"""Naming columns: which of the caller's serves as which canonical one, decided by names alone, and then the way in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from custval._check import flag, nearest
from custval._frame import LazyTable, Table, enter_any, missing_column
from custval.errors import ColumnError, CustvalError
from custval.tables._columns import ROLES, read
from custval.tables._columns_in_engine import read_lazily

__all__ = ["Door", "door"]

_CANONICAL = {name.removesuffix("_id"): name for name in ROLES if name.endswith("_id")}
_SETTINGS = frozenset({"check", "frame", "format", "items", "scale", "true_values"})


@dataclass(frozen=True, slots=True)
class Door:
    """A table before its door, and what has been agreed on.

    Attributes
    ----------
    table : Table
        The frame as it came.
    source : mapping of str to str
        For each canonical column that there is, the caller's column.
    items : tuple of str
        Further columns of numbers, under the caller's names.
    """

    table: Table | LazyTable
    source: Mapping[str, str]
    items: tuple[str, ...]

    @property
    def renames(self) -> dict[str, str]:
        """The caller's names that change, and what to."""
        return {source: name for name, source in self.source.items() if source != name}

    def require(self, *columns: str) -> None:
        """Raise a `ColumnError` for the first canonical column that is not there."""
        for column in columns:
            if column not in self.source:
                there = [self.renames.get(name, name) for name in self.table.columns]
                raise missing_column(column, there, self.table.what, self.table.what, None)

    def require_any(self, alternatives: Sequence[Sequence[str]], meaning: str) -> None:
        """Raise a `ColumnError` unless one of several groups of columns is there as a whole."""
        if any(all(column in self.source for column in group) for group in alternatives):
            return
        missing = next((column for group in alternatives for column in group if column not in self.source), "")
        groups = " or ".join(" and ".join(map(repr, group)) for group in alternatives)
        calls = [", ".join(f"{_parameter(column)}=…" for column in group) for group in alternatives]
        call = " or ".join(f"cv.{self.table.what}(df, {said})" for said in calls)
        raise ColumnError(
            f"{self.table.what} must say {meaning}: columns {groups}; got {', '.join(map(repr, self.table.columns))}. "
            f"Name your columns once, at the door: {call}",
            column=missing,
            suggestion=call,
        )

    def through(self, form: Any, flags: tuple[Any, ...] = (), *, check: bool = True) -> Table | LazyTable:
        """The table under canonical names, every column checked and converted for its role."""
        forms, check = _formats(form, self.source), flag(check, "check")
        if isinstance(self.table, LazyTable):
            return self._through_lazily(self.table, forms, flags, check=check)
        series = []
        for name, source in self.source.items():
            if name in ROLES:
                option = flags if ROLES[name] == "flag" else forms.get(name)
                series.append(read(self.table, source, ROLES[name], option).alias(name))
        series += [read(self.table, item, "number") for item in self.items if item not in self.source.values()]
        frame = self.table.frame.rename(self.renames)
        return replace(self.table, frame=frame.with_columns(*series) if series else frame)

    def _through_lazily(
        self, table: LazyTable, forms: Mapping[str, str], flags: tuple[Any, ...], *, check: bool
    ) -> LazyTable:
        names = {said: name for name, said in self.source.items()}
        roles = {names.get(said, said): (said, ROLES.get(names.get(said, ""), "any")) for said in table.columns}
        table.refuse_twins(list(roles))
        roles.update({item: (item, "number") for item in self.items if item not in names})
        options = {name: flags if ROLES.get(name) == "flag" else forms.get(name) for name in self.source}
        columns = read_lazily(table, roles, {name: one for name, one in options.items() if one}, check=check)
        return table.with_frame(table.frame.select(*columns))


def door(kind: str, parameters: Mapping[str, Any]) -> Door:
    """Find out which columns serve as what.

    Parameters
    ----------
    kind : str
        The name of the door.
    parameters : mapping
        What the door was called with: the `frame`, perhaps `items`, and for each column of this kind of table the
        caller's column, or None where nothing was said. A parameter is a canonical name, `_id` left off.

    Raises
    ------
    ColumnError
        If a column is not there, serves twice, or would take the name of another.
    """
    table = enter_any(parameters["frame"], kind, dask=True)
    items = _items(parameters.get("items", ()))
    named = {_CANONICAL.get(name, name): said for name, said in parameters.items() if name not in _SETTINGS}
    for name, said in [*named.items(), *(("items", item) for item in items)]:
        _check_source(table, name, said)
    source: dict[str, str] = {name: said for name, said in named.items() if said is not None}
    _refuse_double_use(kind, source, items)
    free = set(table.columns) - set(source.values())
    for name, said in source.items():
        if name in free:
            raise ColumnError(
                f"{kind} has a column {name!r} already, so that {said!r} cannot take its name; "
                f"drop or rename {name!r} first, or leave {_parameter(name)}={said!r} out",
                column=name,
                suggestion=f"drop or rename {name!r} first",
            )
    return Door(table, {**source, **{name: name for name in named if name in free}}, items)


def _items(items: Any) -> tuple[Any, ...]:
    if isinstance(items, str):
        raise CustvalError(
            f"items must be a sequence of column names, such as items=[{items!r}]; got {items!r}",
            suggestion=f"items=[{items!r}]",
        )
    return tuple(items)


def _check_source(table: Table | LazyTable, name: str, source: Any) -> None:
    if source is None:
        return
    if not isinstance(source, str):
        raise CustvalError(f"{_parameter(name)} must be the name of a column; got {source!r}")
    table.require(source)


def _refuse_double_use(kind: str, source: Mapping[str, str], items: Sequence[str]) -> None:
    used: dict[str, str] = {}
    for name, said in [*source.items(), *(("items", item) for item in items)]:
        if said in used:
            raise ColumnError(
                f"{kind}: column {said!r} cannot be both {_parameter(used[said])} and {_parameter(name)}",
                column=said,
                suggestion="name each column once; copy the column if it has two meanings",
            )
        used[said] = name


def _parameter(name: str) -> str:
    return name.removesuffix("_id")


def _formats(form: Any, source: Mapping[str, str]) -> dict[str, str]:
    """The format of each column of times, by its canonical name."""
    here = {name: said for name, said in source.items() if ROLES.get(name) == "time"}
    if form is None:
        return {}
    if isinstance(form, str):
        return dict.fromkeys(here, form)
    if not isinstance(form, Mapping) or not all(isinstance(one, str) for one in form.values()):
        raise CustvalError(f"format must be text such as '%d/%m/%Y', or a mapping of columns to such; got {form!r}")
    known = {**{said: name for name, said in here.items()}, **{name: name for name in here}}
    for column in form:
        if column not in known:
            close = nearest(str(column), known)
            raise CustvalError(
                f"format names {column!r}, which is no column of times here; these are: {', '.join(known) or 'none'}",
                column=str(column),
                suggestion=close,
            )
    return {known[column]: one for column, one in form.items()}
