"""Whose days are meant where conditions compare times with days."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from custval._expression import Expression
from custval._frame import LazyTable, Table, refuse_other_zone, zone_of, zone_of_days

__all__ = ["names_a_day", "require_days"]


def names_a_day(condition: Expression) -> bool:
    """Whether a day stands in a condition, such as `date('2011-12-09')`."""
    return _has_day(condition.to_data())


def _has_day(data: Any) -> bool:
    if isinstance(data, list):
        return any(map(_has_day, data))
    return isinstance(data, Mapping) and "date" in data


def require_days(table: Table | LazyTable, columns: Iterable[str], tz: str | None) -> None:
    """Raise if some of these columns hold times with a zone, and it is not clear whose days are meant.

    Raises
    ------
    DataError
        If `tz` is another zone than that of the days; or if it is needed and not given.
    """
    for column in columns:
        if isinstance(table, Table):
            zone = zone_of(table[column])
            meant = tz
        else:
            zone = getattr(table.schema.get(column), "time_zone", None)
            # conditions go by the zone of the type, which on Ibis need not be that of the session
            meant = None if zone is None else zone_of_days(table, column, tz)
        if zone is not None:
            refuse_other_zone(zone, meant, table.what, column)
