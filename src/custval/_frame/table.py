"""A frame inside the library, and the way out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import NDArray

from custval._check import choice, nearest
from custval._frame.values import nulls, whole_characters
from custval.errors import ColumnError, CustvalError, DataError
from custval.typing import IntoFrame

_COLLECT = {"duckdb": "relation.df()", "pyspark": "df.toPandas()", "ibis": "table.to_pandas()", "dask": "df.compute()"}


@dataclass(frozen=True, slots=True)
class Table:
    """A frame inside the library: the narwhals frame, and how to get out again."""

    frame: nw.DataFrame[Any]
    what: str
    is_mapping: bool = False
    is_narwhals: bool = False

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return list(self.frame.columns)

    def __len__(self) -> int:
        return len(self.frame)

    def __contains__(self, column: str) -> bool:
        return column in self.frame.columns

    def __getitem__(self, column: str) -> nw.Series[Any]:
        return self.frame[column]

    def require(self, *columns: str, door: str | None = None, hint: str | None = None) -> None:
        """Raise a `ColumnError` for the first column that is not there, saying how to name it (or `hint`)."""
        for column in columns:
            if not isinstance(column, str):
                raise CustvalError(f"the name of a column is text; got {column!r}")
            if column not in self.frame.columns:
                raise missing_column(column, self.columns, self.what, door, hint)

    def series(self, name: str, values: Any, dtype: Any = None) -> nw.Series[Any]:
        """Values as a column of this frame's library."""
        if isinstance(values, nw.Series):
            return values.alias(name)
        try:
            return nw.new_series(name, values, dtype, backend=self.frame.implementation)
        except UnicodeEncodeError:
            # halves of surrogate pairs, which columns of objects may hold and no column of text can
            whole = [whole_characters(value) if isinstance(value, str) else value for value in values]
            return nw.new_series(name, whole, dtype, backend=self.frame.implementation)

    def make(self, columns: Mapping[str, Any]) -> Any:
        """A new frame of the library that came in, from arrays, sequences or series."""
        # not nw.from_dict: on pandas it takes the zone off the times
        first, *rest = (self.series(name, values) for name, values in columns.items())
        return self.leave(first.to_frame().with_columns(*rest))

    def extend(self, columns: Mapping[str, Any]) -> Any:
        """The same rows with these columns added, or replaced."""
        if not columns:  # pandas cannot put together nothing, where there are no columns either
            return self.leave(self.frame)
        return self.leave(self.frame.with_columns(*(self.series(name, values) for name, values in columns.items())))

    def rows(self, which: NDArray[Any]) -> nw.DataFrame[Any]:
        """Some of the rows, by a mask or by their numbers; not yet out of the door (`leave`)."""
        numbers = np.flatnonzero(which) if which.dtype == bool else which
        return self.frame[numbers]

    def kept(self) -> Table:
        """The same rows for later: columns that are put into the frame, or taken out of it, do not show.

        Nothing is copied. Cells of pandas that are changed in place show, unless pandas copies on write.
        """
        native = self.frame.to_native()
        if self.frame.implementation.is_pandas_like():
            native = native.copy(deep=False)
        elif self.frame.implementation.is_polars():
            native = native.clone()
        return replace(self, frame=nw.from_native(native, eager_only=True))

    def leave(self, frame: nw.DataFrame[Any], *, fresh: bool = False) -> Any:
        """Back to what came in: the user's library, or a mapping of lists; `fresh` cells are nobody else's."""
        # rows gathered by number bring an index along, and an index of pandas carries no meaning
        frame = nw.maybe_reset_index(frame)
        if self.is_narwhals:
            return frame
        if self.is_mapping:
            return {name: _as_list(frame[name]) for name in frame.columns}
        return _own(frame.to_native()) if frame.implementation.is_pandas() and not fresh else frame.to_native()


def enter(frame: IntoFrame, what: str = "the table") -> Table:
    """Take a frame in: pandas, polars, pyarrow (eager), a frame of narwhals.stable.v2, or a mapping of columns.

    Raises
    ------
    DataError
        If the frame is lazy.
    ColumnError
        If a column name stands twice or is not text.
    CustvalError
        If it is no frame at all.
    """
    if isinstance(frame, Table):
        return frame
    if isinstance(frame, nw.DataFrame):
        return Table(frame, what, is_narwhals=True)
    if isinstance(frame, Mapping):
        return Table(_from_mapping(frame, what), what, is_mapping=True)
    _check_names(frame, what)
    try:
        entered = nw.from_native(frame)
    except TypeError:
        raise CustvalError(
            f"{what} must be a pandas, polars or pyarrow table, a mapping of column names to lists, or a lazy frame of "
            f"polars, DuckDB, PySpark or Ibis; got {type(frame).__module__}.{type(frame).__qualname__}",
            code="frame",
        ) from None
    if isinstance(entered, nw.LazyFrame):
        library = type(frame).__module__.partition(".")[0].strip("_")
        way = f"collect it first: {_COLLECT.get(library, 'frame.collect()')}"
        raise DataError(
            f"{what} is a lazy frame ({type(frame).__module__}), and this function reads eager ones; {way}",
            suggestion=way,
            code="lazy",
        )
    if entered.implementation.is_pandas_like():
        entered = nw.maybe_reset_index(entered)
    return Table(entered, what)


def new_frame(columns: Mapping[str, Any], library: str = "pandas") -> Any:
    """A frame where no frame came in: of simulators, shipped data, and tables of parameters.

    Raises
    ------
    CustvalError
        If the library is not known, or not installed.
    """
    backend: Any = choice(library, "library", ("pandas", "polars", "pyarrow"))
    try:
        if not columns:
            return nw.from_dict({}, backend=backend).to_native()
        first, *rest = (
            values.alias(name) if isinstance(values, nw.Series) else nw.new_series(name, values, backend=backend)
            for name, values in columns.items()
        )
    except ModuleNotFoundError:
        raise CustvalError(
            f"library={library!r} needs the package {library}, which is not installed",
            suggestion=f"pip install {library}",
            code="optional",
        ) from None
    frame = first.to_frame().with_columns(*rest)
    return nw.maybe_reset_index(frame).to_native()


def _own(frame: Any) -> Any:
    """A pandas frame whose cells are the caller's to change: before 3.0 they may be those of the input."""
    import pandas as pd

    return frame if pd.__version__ >= "3" else frame.copy()


def _check_names(frame: Any, what: str) -> None:
    if hasattr(frame, "collect_schema"):
        return  # polars: names are text and differ, and asking a lazy frame for them warns
    # pandas and pyarrow allow a name twice, and pandas any object as a name
    names = getattr(frame, "column_names", None)
    names = list(frame.columns) if names is None and hasattr(frame, "columns") else names
    if not isinstance(names, (list, tuple)):
        return
    not_text = [name for name in names if not isinstance(name, str)]
    if not_text:
        raise ColumnError(
            f"{what} has column names that are not text: {not_text[:3]!r}",
            suggestion="df.columns = df.columns.map(str)",
        )
    twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if twice:
        raise ColumnError(
            f"{what} has more than one column named {twice[0]!r}",
            column=twice[0],
            count=names.count(twice[0]),
            suggestion="drop or rename the duplicates first",
        )


def _from_mapping(frame: Mapping[str, Any], what: str) -> nw.DataFrame[Any]:
    import pandas as pd

    not_text = [name for name in frame if not isinstance(name, str)]
    if not_text:
        raise ColumnError(f"{what} has column names that are not text: {not_text[:3]!r}")
    texts = [name for name, values in frame.items() if isinstance(values, (str, bytes))]
    if texts:
        raise CustvalError(
            f"{what}: column {texts[0]!r} of the mapping is text, not a sequence of values", code="frame"
        )
    try:
        lengths = {name: len(values) for name, values in frame.items()}
    except TypeError:
        raise CustvalError(f"{what}: every value of the mapping must be a sequence", code="frame") from None
    if len(set(lengths.values())) > 1:
        raise DataError(f"{what}: the columns of the mapping differ in length: {lengths}", code="length")
    try:
        table = pd.DataFrame({name: _column(values) for name, values in frame.items()})
    except (OverflowError, TypeError, ValueError) as error:
        raise CustvalError(f"{what}: the mapping is no table: {error}", code="frame") from None
    return nw.from_native(table, eager_only=True)


def _column(values: Any) -> Any:
    # whole numbers with gaps stay whole numbers, as they would in a polars or pyarrow column
    import pandas as pd

    if isinstance(values, pd.Series):
        return values.reset_index(drop=True)  # an index carries no meaning, and pandas would align by it
    if isinstance(values, np.ndarray) or not any(value is None for value in values):
        return values
    present = [value for value in values if value is not None]
    if present and all(type(value) is int for value in present):
        try:
            return pd.array(list(values), dtype="Int64")
        except OverflowError:  # objects, of which old versions would make floats that they are too large for
            return np.array(list(values), dtype=object)
    return values


def _as_list(series: nw.Series[Any]) -> list[Any]:
    missing = nulls(series)
    values = series.to_list()
    return [None if gone else value for value, gone in zip(values, missing, strict=True)] if missing.any() else values


def missing_column(column: str, there: Sequence[str], what: str, door: str | None, hint: str | None) -> ColumnError:
    """The error about a column that is not there: what there is, the closest, and how to name it."""
    close = nearest(column, there)
    parameter = column.removesuffix("_id")
    name_it = f'cv.{door}(df, {parameter}="{close or "your column"}")' if door else None
    message = f"{what} has no column {column!r}; it has {', '.join(map(repr, there)) or 'none'}"
    if close:
        message += f"; the closest is {close!r}"
    if name_it:
        message += f". Name your columns once, at the door: {name_it}"
    if hint:
        message += f". {hint}"
    return ColumnError(message, column=column, suggestion=hint or name_it or close)


def to_mapping(table: Table, columns: Iterable[str] | None = None) -> dict[str, list[Any]]:
    """Columns as lists of Python values, nulls as None."""
    return {name: _as_list(table[name]) for name in (columns or table.columns)}
