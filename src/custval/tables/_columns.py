"""What a canonical column holds: each role's check, and the conversions that lose nothing, for every library.

A role says what a column is for; what a column holds is found out from its type, and for Python objects in pandas
from all of its values. `_CONVERSIONS` joins the two: what stands in it is converted, everything else is refused.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from custval._frame import Table, examples, is_times, nulls, nw, parse_times, stamps, times
from custval.errors import ColumnError, CustvalError, DataError

__all__ = ["ROLES", "read"]

ROLES: Mapping[str, str] = {
    name: role
    for role, names in {
        "key": ("customer_id", "record_id"),
        "id": ("order_id", "product_id", "session_id"),
        "time": ("timestamp", "started_at", "ended_at", "birth_date", "acquired_at"),
        "number": (
            *("amount", "unit_price", "quantity", "discount", "cost"),
            *("duration", "price", "weight", "acquisition_cost", "value", "sequence", "score"),
        ),
        "flag": ("observed",),
    }.items()
    for name in names
}
"""What the canonical columns are for; those that are not listed may hold anything."""

_WANTED = {
    "key": "text, whole numbers or categories",
    "time": "dates or times",
    "number": "numbers",
    "flag": "true or false",
}
_PYTHON_KINDS = (
    ("flags", (bool, np.bool_)),
    ("integers", (int, np.integer)),
    ("floats", (int, float, np.integer, np.floating, Decimal)),
    ("text", (str,)),
    ("times", (dt.date,)),
)
_SCALARS = (str, bool, int, float, Decimal, np.generic, dt.date)


@dataclass(frozen=True, slots=True)
class _Column:
    """A column on its way in: its values, where they are null, and what kind of thing they are."""

    series: nw.Series[Any]
    what: str
    missing: NDArray[np.bool_]
    kind: str

    @property
    def name(self) -> str:
        return self.series.name

    @property
    def is_pandas(self) -> bool:
        return bool(self.series.implementation.is_pandas_like())

    def known(self) -> list[Any]:
        """The values that are not null."""
        values: list[Any] = self.series[np.flatnonzero(~self.missing)].to_list()
        return values

    def rows(self, bad: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """A mask over the values that are not null as one over all rows."""
        mask = np.zeros(len(self.missing), dtype=bool)
        mask[~self.missing] = bad
        return mask

    def error(self, text: str, bad: NDArray[np.bool_], code: str, suggestion: str) -> DataError:
        """An error about some of the values that are not null."""
        rows = examples(self.rows(bad))
        values = self.series[np.array(rows[:3], dtype=np.int64)].to_list()
        return DataError(
            f"{self.what}: column {self.name!r} {text}: {', '.join(map(repr, values))} "
            f"(rows {', '.join(map(str, rows))}{' …' if np.count_nonzero(bad) > len(rows) else ''}); {suggestion}",
            column=self.name,
            count=int(np.count_nonzero(bad)),
            suggestion=suggestion,
            code=code,
            examples=rows,
        )


_Conversion: TypeAlias = Callable[[_Column, Any], nw.Series[Any]]


def read(table: Table, name: str, role: str, option: Any = None) -> nw.Series[Any]:
    """A column checked and converted for its role.

    Parameters
    ----------
    table : Table
    name : str
        One of its columns.
    role : {"key", "id", "time", "number", "flag"}
    option : str or sequence, optional
        For a time the format of text, for a flag the values that mean true.

    Raises
    ------
    ColumnError
        If the type of the column cannot serve.
    DataError
        If some of its values cannot.
    """
    column = _column(table, name)
    convert = _CONVERSIONS[role].get(column.kind)
    if convert is not None:
        return convert(column, option)
    if role == "id":
        return table[name]
    if role == "number" and column.kind in {"text", "categories", "mixed"}:
        raise _not_numbers(column)
    if column.kind == "mixed":
        raise _mixed(column, role)
    raise ColumnError(
        f"{table.what}: column {name!r} must hold {_WANTED[role]}; it holds {_said(column)}",
        column=name,
        suggestion=f"name another column, or convert {name!r} to {_WANTED[role]} first",
    )


def _column(table: Table, name: str) -> _Column:
    series = table[name]
    missing = nulls(series)
    column = _Column(series, table.what, missing, "nothing")
    if missing.all():
        return column
    if column.is_pandas and series.to_native().dtype == object:
        return _typed(table, column)
    if series.dtype == nw.Decimal:
        return replace(column, series=series.cast(nw.Float64), kind="floats")
    return replace(column, kind="times" if is_times(series) else _kind(series.dtype))


def _kind(dtype: Any) -> str:
    if dtype.is_integer():
        return "integers"
    if dtype.is_float():
        return "floats"
    by_class = {
        nw.String: "text",
        nw.Categorical: "categories",
        nw.Enum: "categories",
        nw.Boolean: "flags",
        nw.Date: "dates",
    }
    return next((kind for known, kind in by_class.items() if dtype == known), "other")


def _typed(table: Table, column: _Column) -> _Column:
    # pandas keeps whatever it has no type for as objects, and narwhals looks at the first hundred only
    known = column.known()
    types = set(map(type, known))
    kind = _kind_of_objects(types)
    try:
        series = _of_kind(table, column, known, kind)
    except OverflowError:  # whole numbers of more than 64 bits
        return replace(column, kind="other")
    return replace(column, series=series, kind=kind)


def _kind_of_objects(types: set[type]) -> str:
    flags = any(issubclass(one, (bool, np.bool_)) for one in types)
    for kind, classes in _PYTHON_KINDS:
        if all(issubclass(one, classes) for one in types) and (kind == "flags" or not flags):
            return kind
    return "mixed" if all(issubclass(one, _SCALARS) for one in types) and len(types) > 1 else "other"


def _of_kind(table: Table, column: _Column, known: list[Any], kind: str) -> nw.Series[Any]:
    if kind == "integers":
        whole = np.array(known, dtype=np.int64)
        return _nullable(column, "Int64") if column.missing.any() else table.series(column.name, whole)
    if kind == "floats":
        values = np.full(len(column.missing), np.nan)
        values[~column.missing] = [float(value) for value in known]
        return table.series(column.name, values)
    if kind == "flags":
        return _booleans(column, np.array(known, dtype=bool))
    if kind == "times":
        some = times(replace(table, frame=table.rows(~column.missing)), column.name)
        instants = np.full(len(column.missing), np.datetime64("NaT", "us"), dtype=some.instant.dtype)
        instants[~column.missing] = some.instant
        return stamps(column.name, instants, some.zone, column.series.implementation)
    return column.series


def _nullable(column: _Column, dtype: str) -> nw.Series[Any]:
    # numpy has no null for these, so that pandas has types of its own
    native = column.series.to_native().astype(dtype)
    return nw.from_native(native, series_only=True)


def _booleans(column: _Column, known: NDArray[np.bool_]) -> nw.Series[Any]:
    backend = column.series.implementation
    if not column.missing.any():
        return nw.new_series(column.name, known, backend=backend)
    values = np.full(len(column.missing), None, dtype=object)
    values[~column.missing] = known
    if not column.is_pandas:
        return nw.new_series(column.name, values.tolist(), nw.Boolean, backend=backend)
    return _nullable(replace(column, series=nw.new_series(column.name, values, backend=backend)), "boolean")


def _keep(column: _Column, _: Any) -> nw.Series[Any]:
    return column.series


def _whole(column: _Column, _: Any) -> nw.Series[Any]:
    """Floats that are whole numbers as integers."""
    fractions = ~_is_whole(column)
    if fractions.any():
        raise column.error(
            f"holds {np.count_nonzero(fractions):,} floats that are no whole numbers, or too large to be exact",
            fractions,
            "not_whole",
            "identifiers must be text or whole numbers: read the column as text",
        )
    return _as_integers(column)


def _is_whole(column: _Column) -> NDArray[np.bool_]:
    values = column.series[np.flatnonzero(~column.missing)].cast(nw.Float64).to_numpy()
    exact = 2.0 ** (24 if column.series.dtype == nw.Float32 else 53)
    whole: NDArray[np.bool_] = (np.floor(values) == values) & (np.abs(values) <= exact)
    return whole


def _as_integers(column: _Column) -> nw.Series[Any]:
    value = nw.col(column.name)
    series = column.series.to_frame().select(nw.when(~value.is_nan()).then(value))[column.name]
    if column.is_pandas and column.missing.any() and isinstance(series.to_native().dtype, np.dtype):
        return _nullable(replace(column, series=series), "Int64")
    return series.cast(nw.Int64)


def _whole_if_so(column: _Column, _: Any) -> nw.Series[Any]:
    return _as_integers(column) if _is_whole(column).all() else column.series


def _no_ids(column: _Column, _: Any) -> nw.Series[Any]:
    return _as_integers(column) if column.series.dtype.is_float() else column.series


def _no_numbers(column: _Column, _: Any) -> nw.Series[Any]:
    if column.series.dtype.is_numeric():
        return column.series
    return nw.new_series(column.name, [None] * len(column.missing), nw.Float64, backend=column.series.implementation)


def _no_times(column: _Column, _: Any) -> nw.Series[Any]:
    if is_times(column.series):
        return column.series
    never = np.full(len(column.missing), np.datetime64("NaT", "us"), dtype="M8[us]")
    return stamps(column.name, never, None, column.series.implementation)


def _no_flags(column: _Column, _: Any) -> nw.Series[Any]:
    is_flag = column.series.dtype == nw.Boolean
    return column.series if is_flag else _booleans(column, np.zeros(0, dtype=bool))


def _midnights(column: _Column, _: Any) -> nw.Series[Any]:
    return column.series.cast(nw.Datetime("us"))


def _parsed(column: _Column, form: str | None) -> nw.Series[Any]:
    return parse_times(column.series, column.what, form)


def _parsed_numbers(column: _Column, form: str | None) -> nw.Series[Any]:
    if form is None:
        raise ColumnError(
            f"{column.what}: column {column.name!r} must hold dates or times; it holds numbers such as "
            f"{column.known()[0]!r}. If they are dates, give their format: format='%Y%m%d'",
            column=column.name,
            suggestion="format='%Y%m%d'",
        )
    whole = column if column.kind == "integers" else replace(column, series=_whole(column, None))
    return parse_times(whole.series, column.what, form)


def _flags(column: _Column, true_values: Sequence[Any] | None) -> nw.Series[Any]:
    """Two-valued columns as booleans: 0 and 1, or the values that mean true against all others."""
    known = column.known()
    true = () if true_values is None else tuple(true_values)
    numeric = column.kind in {"integers", "floats"}
    if not true or (numeric and all(isinstance(value, str) for value in true)):
        truth = {value: value == 1 if value in (0, 1) else None for value in set(known)}
    else:
        alike = {str(value).strip().casefold() for value in true}
        truth = {
            value: True if value in true else None if str(value).strip().casefold() in alike else False
            for value in set(known)
        }
    doubtful = np.array([truth[value] is None for value in known], dtype=bool)
    if doubtful.any():
        values = list(dict.fromkeys([*true, *(value for value in known if truth[value] is None)])) if true else "[…]"
        raise column.error(
            f"must hold true or false; {np.count_nonzero(doubtful):,} values are neither",
            doubtful,
            "not_flags",
            f"say which values mean true: true_values={values}",
        )
    return _booleans(column, np.array([truth[value] for value in known], dtype=bool))


_CONVERSIONS: Mapping[str, Mapping[str, _Conversion]] = {
    "key": {"text": _keep, "categories": _keep, "integers": _keep, "floats": _whole, "nothing": _no_ids},
    "id": {"floats": _whole_if_so, "nothing": _no_ids},
    "time": {
        "times": _keep,
        "dates": _midnights,
        "text": _parsed,
        "categories": _parsed,
        "integers": _parsed_numbers,
        "floats": _parsed_numbers,
        "nothing": _no_times,
    },
    "number": {"integers": _keep, "floats": _keep, "nothing": _no_numbers},
    "flag": {
        "flags": _keep,
        "integers": _flags,
        "floats": _flags,
        "text": _flags,
        "categories": _flags,
        "mixed": _flags,
        "nothing": _no_flags,
    },
}


def _not_numbers(column: _Column) -> ColumnError:
    known = column.known()
    unreadable = np.array([not _reads_as_number(value) for value in known], dtype=bool)
    count = int(np.count_nonzero(unreadable))
    rows = examples(column.rows(unreadable if count else np.ones(len(known), dtype=bool)))
    values = ", ".join(map(repr, column.series[np.array(rows[:3], dtype=np.int64)].to_list()))
    shown = f"{values} (rows {', '.join(map(str, rows))}{' …' if count > len(rows) else ''})"
    said = f"{count:,} of its values are no numbers: {shown}" if count else f"all of them read as numbers: {shown}"
    convert = _number_conversion(column, lossy=count > 0)
    return ColumnError(
        f"{column.what}: column {column.name!r} must hold numbers; it holds text, and {said}; "
        f"convert it first: {convert}",
        column=column.name,
        count=count or len(known),
        suggestion=convert,
    )


def _reads_as_number(value: Any) -> bool:
    if isinstance(value, (bool, np.bool_)):
        return False
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return not isinstance(value, str) or "_" not in value


def _number_conversion(column: _Column, *, lossy: bool) -> str:
    # where values are no numbers this makes them null: for the caller to decide, and not for the door
    name = column.name
    backend = column.series.implementation
    if backend.is_polars():
        return f'df.with_columns(pl.col("{name}").cast(pl.Float64{", strict=False" if lossy else ""}))'
    if backend.is_pyarrow():
        return f'pc.cast(df["{name}"], "float64"){", after setting those values null" if lossy else ""}'
    return f'df["{name}"] = pd.to_numeric(df["{name}"]{", errors=" + repr("coerce") if lossy else ""})'


def _mixed(column: _Column, role: str) -> CustvalError:
    kinds = np.array([type(value).__name__ for value in column.known()])
    (most, _), *others = Counter(kinds.tolist()).most_common()
    how = f'pd.to_datetime(df["{column.name}"])' if role == "time" else f'df["{column.name}"].astype("string")'
    return column.error(
        f"must hold {_WANTED[role]} of one type; it mixes {most} with {', '.join(kind for kind, _ in others)}",
        kinds != most,
        "mixed_types",
        f'make it one type: df["{column.name}"] = {how}',
    )


def _said(column: _Column) -> str:
    if column.kind != "other":
        return {"flags": "booleans", "floats": "fractions"}.get(column.kind, column.kind)
    if column.series.dtype != nw.Object:
        return str(column.series.dtype)
    return f"objects of type {', '.join(sorted({type(value).__name__ for value in column.known()}))}"
