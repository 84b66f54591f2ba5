"""Whose days are meant where conditions compare times of a lazy frame with days."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from custval._expression import Expression
from custval._frame import LazyTable, refuse_other_zone, zone_of_days
from custval.errors import DataError

__all__ = ["names_a_day", "refuse_days_of_session", "require_days"]


def names_a_day(condition: Expression) -> bool:
    """Whether a day stands in a condition, such as `date('2011-12-09')`."""
    return _has_day(condition.to_data())


def _has_day(data: Any) -> bool:
    if isinstance(data, list):
        return any(map(_has_day, data))
    return isinstance(data, Mapping) and "date" in data


def require_days(table: LazyTable, columns: Iterable[str], tz: str | None) -> None:
    """Raise if some of these columns hold times with a zone, and it is not clear whose days are meant.

    Raises
    ------
    DataError
        If `tz` is another zone than that of the days; or if it is needed and not given.
    """
    for column in columns:
        zone = getattr(table.schema.get(column), "time_zone", None)
        if zone is not None:
            # conditions go by the zone of the type, which on Ibis need not be that of the session
            refuse_other_zone(zone, zone_of_days(table, column, tz), table.what, column)


def refuse_days_of_session(table: LazyTable, condition: Expression, name: str) -> None:
    """Raise if the session decides about the days of a condition, and nothing says that those are meant."""
    if not names_a_day(condition):
        return
    try:
        require_days(table, condition.columns, None)
    except DataError as error:
        way_out = f"cast column {error.column!r} to times without a zone, of the zone that is meant, first"
        raise DataError(
            f"{table.what}: {name} compares column {error.column!r}, times with a zone, with days, and in "
            f"{table.engine} the zone of the session decides to which day they belong; {way_out}",
            column=error.column,
            suggestion=way_out,
            code="time_zone",
        ) from None
