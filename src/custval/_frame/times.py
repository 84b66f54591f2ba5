"""Columns of dates and times, the same in every library."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import NDArray

from custval._check import zone_named
from custval._frame.table import Table
from custval._frame.values import examples, nulls
from custval.errors import ColumnError, CustvalError, DataError

_UTC = frozenset({"UTC", "Etc/UTC", "GMT", "Etc/GMT", "Zulu", "Etc/Zulu", "UCT", "Etc/UCT", "Z", "Universal"})


@dataclass(frozen=True, slots=True)
class Times:
    """A column of instants: `instant` orders them (UTC where there is a zone), `wall` is the clock on the wall."""

    instant: NDArray[Any]
    wall: NDArray[Any]
    zone: str | None


def times(table: Table, column: str, door: str | None = None) -> Times:
    """A column of dates or times as datetime64 arrays, nulls as NaT."""
    series = table[column]
    if series.dtype != nw.Date and not is_times(series) and nulls(series).all():
        never = np.full(len(series), np.datetime64("NaT", "us"))
        return Times(never, never, None)
    if series.dtype == nw.Date:
        series = series.cast(nw.Datetime("us"))
    if series.dtype == nw.Object and series.implementation.is_pandas_like():
        series = _objects_to_times(series, table.what)
    if not is_times(series):
        how = f'cv.{door}(df, {column}="{column}")' if door else "pandas.to_datetime"
        raise ColumnError(
            f"{table.what}: column {column!r} must hold dates or times; it holds {series.dtype}. "
            f"The door parses them: {how}",
            column=column,
            suggestion=how,
        )
    zone = zone_of(series)
    if zone is None:
        wall = _datetime64(series)
        return Times(wall, wall, None)
    if series.implementation.is_pandas_like():
        native = _zoned(series)
        return Times(
            native.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy(), native.dt.tz_localize(None).to_numpy(), zone
        )
    instant = _datetime64(series.dt.convert_time_zone("UTC").dt.replace_time_zone(None))
    return Times(instant, _datetime64(series.dt.replace_time_zone(None)), zone)


def refuse_other_zone(zone: str | None, tz: str | None, what: str, column: str = "timestamp") -> None:
    """Raise if the days of another time zone are asked for than those of a column of times."""
    if tz is None or tz == zone or (zone is not None and {tz, zone} <= _UTC):
        return
    require_zone(tz)
    if zone is None:
        text, way = f"tz={tz!r} is given, and column {column!r} holds times without a zone", "leave tz out"
    else:
        text = f"tz={tz!r} is asked for, and the days of column {column!r} are those of {zone}"
        way = f"convert the column to {tz} first, or set the zone of the engine's session to it"
    raise DataError(f"{what}: {text}; {way}", column=column, suggestion=way, code="time_zone")


def require_zone(tz: Any) -> None:
    """Raise unless this is the name of a time zone."""
    try:
        zone_named(tz)
    except (KeyError, OSError, TypeError, ValueError):
        raise CustvalError(
            f"tz must be the name of a time zone, such as 'Europe/Berlin' or 'UTC'; got {tz!r}",
            suggestion="tz='Europe/Berlin'",
        ) from None


def is_times(series: nw.Series[Any]) -> bool:
    """Whether a column holds instants, with or without a time zone."""
    return series.dtype == nw.Datetime or _pandas_zone(series) is not None


def zone_of(series: nw.Series[Any]) -> str | None:
    """The time zone of a column of instants."""
    return _pandas_zone(series) or getattr(series.dtype, "time_zone", None)


def _pandas_zone(series: nw.Series[Any]) -> str | None:
    # asked of pandas itself: narwhals reads zones off the dtype's text, and misses those such as America/New_York
    if not series.implementation.is_pandas_like():
        return None
    dtype = series.to_native().dtype
    zone = getattr(dtype, "tz", None) or getattr(getattr(dtype, "pyarrow_dtype", None), "tz", None)
    return None if zone is None else str(zone)


def _zoned(series: nw.Series[Any]) -> Any:
    """A pandas column with a zone, in pandas' own type: with Arrow's, older versions lose the wall clock."""
    import pandas as pd

    native = series.to_native()
    if isinstance(native.dtype, pd.DatetimeTZDtype):
        return native
    return native.astype(pd.DatetimeTZDtype(unit=native.dtype.pyarrow_dtype.unit, tz=zone_of(series)))


def _datetime64(series: nw.Series[Any]) -> NDArray[Any]:
    values = series.to_numpy()
    return np.ascontiguousarray(values if values.dtype.kind == "M" else values.astype("M8[us]"))


def _objects_to_times(series: nw.Series[Any], what: str) -> nw.Series[Any]:
    import datetime as dt

    import pandas as pd

    native = series.to_native()
    zones = {
        value.tzinfo if isinstance(value, dt.datetime) else None
        for value in native
        if isinstance(value, dt.date) and not pd.isna(value)
    }
    if len({str(zone) for zone in zones}) > 1:
        raise DataError(
            f"{what}: column {series.name!r} mixes time zones: {sorted(map(str, zones))}",
            column=series.name,
            suggestion='bring them to one zone first: pd.to_datetime(column, utc=True).dt.tz_convert("Europe/Berlin")',
            code="mixed_zones",
        )
    # of a list `isna` answers for each of its elements
    if not native.map(
        lambda value: isinstance(value, dt.date) or (pd.api.types.is_scalar(value) and pd.isna(value))
    ).all():
        return series
    try:
        return nw.from_native(pd.to_datetime(native), series_only=True)
    except pd.errors.OutOfBoundsDatetime:
        if zones - {None}:
            raise DataError(
                f"{what} holds times beyond what pandas can hold with a time zone (the years 1678 to 2261)",
                suggestion="take the zone off, or correct these times",
                code="out_of_bounds",
            ) from None
        # before 3.0 pandas counts nanoseconds, and the year 9999 has too many of them
        instants = [np.datetime64("NaT", "us") if pd.isna(value) else np.datetime64(value, "us") for value in native]
        return nw.from_native(pd.Series(np.array(instants, dtype="M8[us]"), name=native.name), series_only=True)


def parse_times(series: nw.Series[Any], what: str, format: str | None = None) -> nw.Series[Any]:  # noqa: A002
    """Text as times, the same way in every library: ISO 8601, or the given `strptime` format.

    Raises
    ------
    DataError
        If values cannot be read (with a count, examples, and a hint at `format=`), or if they mix time zones.
    """
    import pandas as pd

    values = np.array(series.cast(nw.String).to_numpy(), dtype=object)
    values[nulls(series)] = None
    code, distinct = pd.factorize(values)
    filled = np.array([bool(text.strip()) for text in distinct], dtype=bool)
    parsed = _parse_distinct(pd, distinct[filled], series.name, what, format)
    # blank text is null; both stand behind the times that were read
    place = np.full(len(distinct) + 1, len(parsed))
    place[:-1][filled] = np.arange(len(parsed))
    where = place[code]
    full = parsed.append(pd.DatetimeIndex([pd.NaT]).tz_localize(parsed.tz))
    bad = np.asarray(full.isna())[where] & (where < len(parsed))
    if bad.any():
        rows = examples(bad)
        shown = ", ".join(repr(values[row]) for row in rows[:3])
        wanted = f"the format {format!r}" if format else "ISO dates such as '2011-12-09' or '2011-12-09T12:30'"
        raise DataError(
            f"{what}: column {series.name!r} has {int(bad.sum()):,} values that are not {wanted}: {shown} "
            f"(rows {', '.join(map(str, rows))}). Give their format: format='%d/%m/%Y'",
            column=series.name,
            count=int(bad.sum()),
            suggestion="format='%d/%m/%Y'",
            code="unparseable_dates",
            examples=rows,
        )
    zone = None if parsed.tz is None else str(parsed.tz)
    instants = (full if zone is None else full.tz_convert("UTC").tz_localize(None)).to_numpy()[where]
    return stamps(series.name, instants, zone, series.implementation)


def _parse_distinct(pd: Any, distinct: NDArray[Any], name: str, what: str, format: str | None) -> Any:  # noqa: A002
    if format is not None and (not isinstance(format, str) or "%" not in format):
        raise CustvalError(
            f"format={format!r} is not a strptime format, such as '%d/%m/%Y'",
            column=name,
            suggestion="format='%d/%m/%Y'",
        )
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", FutureWarning)  # before 3.0 pandas only warns of mixed offsets
            parsed = pd.to_datetime(distinct.astype(object), format=format or "ISO8601", errors="coerce")
    except (ValueError, FutureWarning) as error:
        if "time zone" in str(error).lower() or "timezone" in str(error).lower() or "utc=True" in str(error):
            raise DataError(
                f"{what}: column {name!r} mixes time zones",
                column=name,
                suggestion="bring the times to one zone first",
                code="mixed_zones",
            ) from None
        raise CustvalError(f"format={format!r} is not a strptime format: {error}", column=name) from None
    # pandas reads these words as the moment of the call
    clock = np.array([text.strip().casefold() in {"now", "today"} for text in distinct], dtype=bool)
    parsed = pd.DatetimeIndex(parsed).where(~clock)
    bare = [
        re.search(r"(Z|[+-]\d{2}(:?\d{2})?)$", text.partition("T")[2] or text.partition(" ")[2]) is None
        for text in distinct
    ]
    if format is None and parsed.tz is not None and any(np.array(bare) & ~np.asarray(parsed.isna())):
        # pandas before 3.0 gives times without a zone that of the others
        raise DataError(
            f"{what}: column {name!r} mixes time zones",
            column=name,
            suggestion="bring the times to one zone first",
            code="mixed_zones",
        )
    return parsed


def stamps(name: str, instants: NDArray[Any], zone: str | None, backend: Any) -> nw.Series[Any]:
    """Instants (UTC where there is a zone) as a column of times."""
    if np.datetime_data(instants.dtype)[0] == "D":
        instants = instants.astype("M8[s]")
    if backend.is_polars() and np.datetime_data(instants.dtype)[0] == "s":
        instants = instants.astype("M8[ms]")
    series = nw.new_series(name, instants, backend=backend)
    if zone is None:
        return series
    return series.dt.replace_time_zone("UTC").dt.convert_time_zone(_zone_name(zone, name, backend))


def _zone_name(zone: str, column: str, backend: Any) -> str:
    # polars and pyarrow know fixed offsets only by their names in the time zone database: whole hours, and with
    # the sign of POSIX, west of Greenwich positive
    offset = re.fullmatch(r"(?:UTC)?([+-])(\d{2}):?(\d{2})", zone)
    if offset is None or backend.is_pandas_like():
        return zone
    hours = int(offset[2])
    if offset[3] != "00" or hours > (14 if offset[1] == "+" else 12):
        raise DataError(
            f"column {column!r} is in the time zone {zone}, and {backend.name.lower()} has no name for it; "
            "convert the times to UTC, or to a named zone, first",
            column=column,
            suggestion="convert the times to UTC first",
            code="time_zone",
        )
    return f"Etc/GMT{'-' if offset[1] == '+' else '+'}{hours}"
