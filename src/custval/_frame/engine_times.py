"""Times of a lazy frame as whole numbers, made in its engine: days, periods, and what lies before a moment.

Only parts of dates are asked for (year, day of the year, hour …): every engine has those, and they are those of the
wall clock. What a wall clock shows is decided by the column's own zone in polars, and by the zone of the *session* in
DuckDB, Spark and Ibis.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from custval._check import Moment
from custval._frame.lazy import LazyTable
from custval._frame.times import refuse_other_zone
from custval.errors import ColumnError, DataError

__all__ = [
    "date_of_day_number",
    "day_number",
    "ends_of",
    "moment_number",
    "not_after",
    "period_number",
    "refuse_infinite",
    "wall_clock",
    "zone_of_days",
]

_CENTURIES = 4000  # years are counted from before any date that there is, so that divisions are of positive numbers
_BY_SESSION = ("duckdb", "pyspark", "pyspark[connect]", "ibis")


def wall_clock(table: LazyTable, column: str, door: str | None = None) -> nw.Expr:
    """A column of dates or times whose parts can be asked for.

    Raises
    ------
    ColumnError
        If the column holds anything else.
    """
    dtype = table.schema[column]
    if dtype == nw.Date:
        return nw.col(column).cast(nw.Datetime("us"))
    if dtype != nw.Datetime:
        how = f'cv.{door}(df, {column}="{column}")' if door else "a cast to a timestamp"
        raise ColumnError(
            f"{table.what}: column {column!r} must hold dates or times; it holds {dtype}. The door parses them: {how}",
            column=column,
            suggestion=how,
        )
    if table.engine == "polars" and getattr(dtype, "time_zone", None) is not None:
        return nw.col(column).dt.replace_time_zone(None)  # in polars 1.20 days of the year were those of UTC
    return nw.col(column)


def zone_of_days(table: LazyTable, column: str, tz: str | None) -> str | None:
    """The time zone whose days a column of times is read in; None for times without a zone.

    Raises
    ------
    DataError
        If `tz` is another one; or if it is not given, and the engine's session decides about the days.
    """
    zone = _zone(table, column)
    if zone is not None and tz is None and table.engine in _BY_SESSION:
        raise DataError(
            f"{table.what}: column {column!r} holds times with a zone, and in {table.engine} the zone of the session "
            f"({zone}) decides to which day they belong. Say which days are meant: tz={zone!r}",
            column=column,
            suggestion=f"tz={zone!r}",
            code="time_zone",
        )
    refuse_other_zone(zone, tz, table.what, column)
    return zone


def _zone(table: LazyTable, column: str) -> str | None:
    zone: str | None = getattr(table.schema[column], "time_zone", None)
    if zone is None:
        return None
    native: Any = table.frame.to_native()
    if table.engine.startswith("pyspark"):  # asked now: what narwhals says of it is that of an earlier moment
        return str(native.sparkSession.conf.get("spark.sql.session.timeZone"))
    if table.engine != "ibis":
        return zone
    # the type of an Ibis column names a zone that its backend need not heed
    backend: Any = native.get_backend()
    if backend.name == "duckdb":
        return str(backend.raw_sql("SELECT current_setting('TimeZone')").fetchall()[0][0])
    raise DataError(
        f"{table.what}: column {column!r} holds times with a zone, and which days they belong to on Ibis with "
        f"{backend.name} is not known here; cast them to times without a zone first",
        column=column,
        suggestion="cast the column to times without a zone first",
        code="time_zone",
    )


def day_number(wall: nw.Expr, engine: str = "") -> nw.Expr:
    """Days since 1970-01-01 of a wall clock (proleptic Gregorian calendar).

    Told that the `engine` is polars or DuckDB, its own numbers of dates are taken, which is faster.
    """
    if engine == "polars":
        return wall.cast(nw.Date).cast(nw.Int32).cast(nw.Int64)
    if engine == "duckdb":
        return (wall.cast(nw.Date) - nw.lit(dt.date(1970, 1, 1))).cast(nw.Int64)
    full_years = wall.dt.year().cast(nw.Int64) + (_CENTURIES - 1)
    epoch = 1970 + _CENTURIES - 1
    return _days(full_years) + wall.dt.ordinal_day().cast(nw.Int64) - (_days(epoch) + 1)


def period_number(wall: nw.Expr, grain: str, engine: str = "") -> nw.Expr:
    """The number of the period that holds each time, as `custval._kernels.calendar.period_number` counts."""
    year = wall.dt.year().cast(nw.Int64)
    if grain == "Y":
        return year - 1970
    if grain == "M":
        return (year - 1970) * 12 + wall.dt.month().cast(nw.Int64) - 1
    day = day_number(wall, engine)
    if grain == "h":
        return day * 24 + wall.dt.hour().cast(nw.Int64)
    if grain == "W":
        shift = 7 * 1_000_000  # Mondays stay Mondays
        return (day + (3 + shift)) // 7 - shift // 7
    return day


def not_after(wall: nw.Expr, moment: Moment, engine: str = "") -> nw.Expr:
    """Which times lie at or before a moment, the whole of its day included if only a date was given."""
    number = day_number(wall, engine)
    day = int(moment.stamp.astype("M8[D]").astype(np.int64))
    if moment.whole_day:
        return number <= day
    within = int((moment.stamp.astype("M8[us]") - moment.stamp.astype("M8[D]")).astype(np.int64))
    return (number < day) | ((number == day) & (_within_day(wall) <= within))


def moment_number(wall: nw.Expr) -> nw.Expr:
    """Microseconds since 1970-01-01 of a wall clock."""
    return day_number(wall) * 86_400_000_000 + _within_day(wall)


def ends_of(name: str, wall: nw.Expr) -> dict[str, nw.Expr]:
    """What `refuse_infinite` asks of a column of times: how many there are, and the years of the first and the last."""
    years = {"first": wall.min().dt.year(), "last": wall.max().dt.year()}
    return {f"{name}_known": wall.count(), **{f"{name}_{end}": year for end, year in years.items()}}


def refuse_infinite(table: LazyTable, column: str, name: str, found: Mapping[str, Any]) -> None:
    """Raise if a column holds times without a date, as the infinite ones of DuckDB are."""
    if found[f"{name}_known"] and None in {found[f"{name}_first"], found[f"{name}_last"]}:
        way = "make them null, or leave these rows out, first"
        raise DataError(
            f"{table.what}: column {column!r} holds infinite times, which lie on no day; {way}",
            column=column,
            suggestion=way,
            code="infinite",
        )


def _within_day(wall: nw.Expr) -> nw.Expr:
    hour, minute, second = (getattr(wall.dt, part)().cast(nw.Int64) for part in ("hour", "minute", "second"))
    return ((hour * 60 + minute) * 60 + second) * 1_000_000 + wall.dt.microsecond().cast(nw.Int64)


def _days(years: Any) -> Any:
    return years * 365 + years // 4 - years // 100 + years // 400


def date_of_day_number(frame: nw.LazyFrame[Any], column: str) -> nw.LazyFrame[Any]:
    """A frame whose column of days counted from 1970-01-01 holds their midnights, as times without a zone.

    Not every engine adds a varying number of days to a date, but all of them read dates from text: years 1000 to 9999.

    References
    ----------
    Hinnant (2013). chrono-compatible Low-Level Date Algorithms, `civil_from_days`: years begin in March.
    """
    day, era, year, month = (nw.col(f"_custval_{part}") for part in ("day", "era", "year", "month"))
    # column by column: as one expression it would hold the day hundreds of times
    frame = frame.with_columns(_custval_day=nw.col(column) + 719_468)  # from 0000-03-01
    frame = frame.with_columns(_custval_era=day // 146_097)
    frame = frame.with_columns(_custval_day=day - era * 146_097)
    frame = frame.with_columns(_custval_year=(day - day // 1_460 + day // 36_524 - day // 146_096) // 365)
    frame = frame.with_columns(_custval_day=day - (year * 365 + year // 4 - year // 100))
    frame = frame.with_columns(_custval_month=(day * 5 + 2) // 153)  # 0 is March
    frame = frame.with_columns(_custval_day=day - (month * 153 + 2) // 5 + 1)
    to_january = nw.when(month >= 10).then(nw.lit(100 - 9)).otherwise(nw.lit(3))
    digits = ((year + era * 400) * 100 + month + to_january) * 100 + day
    text = digits.cast(nw.Int64).cast(nw.String)
    frame = frame.with_columns(text.str.to_datetime(format="%Y%m%d").cast(nw.Datetime("us")).alias(column))
    return frame.drop("_custval_day", "_custval_era", "_custval_year", "_custval_month")
