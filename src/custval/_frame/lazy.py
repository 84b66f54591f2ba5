"""A lazy frame inside the library: it stays in its engine, and rows cross to Python in one place only."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from custval._frame.attach import beside
from custval._frame.table import Table, enter, missing_column
from custval.errors import ColumnError, CustvalError, DataError
from custval.typing import IntoFrame

__all__ = ["LazyTable", "enter_any", "said_plainly"]

_ENGINES = {
    "polars": "polars (lazy)",
    "duckdb": "DuckDB",
    "pyspark": "PySpark",
    "pyspark[connect]": "PySpark Connect",
    "ibis": "Ibis",
    "dask": "Dask",
}
_BLIND_TO_CASE = frozenset({"duckdb", "pyspark", "pyspark[connect]"})
_LIBRARIES = frozenset({"polars", "duckdb", "pyspark", "ibis", "dask", "dask_expr", "sqlframe"})
# what a result becomes on its way to Python: what the engine itself can make without a further package
_COLLECTED = {"polars": "polars", "pyspark": "pyarrow", "pyspark[connect]": "pyarrow"}


@dataclass(frozen=True, slots=True)
class LazyTable:
    """A lazy frame inside the library: the narwhals frame, its schema, and how to get out again."""

    frame: nw.LazyFrame[Any]
    what: str
    schema: Mapping[str, Any]
    is_narwhals: bool = False

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return list(self.schema)

    @property
    def engine(self) -> str:
        """The name of the engine in narwhals' words, such as "duckdb"."""
        return str(self.frame.implementation.value)

    def __contains__(self, column: str) -> bool:
        return column in self.schema

    def private(self) -> str:
        """What the names of working columns begin with: no column of the table does, whatever its case."""
        prefix = "_custval_"
        while any(name.casefold().startswith(prefix) for name in self.columns):
            prefix += "_"
        return prefix

    def refuse_twins(self, names: list[str]) -> None:
        """Raise if names differ in case only, and the engine does not tell such columns apart."""
        if self.engine not in _BLIND_TO_CASE:
            return
        for name in names:
            twin = next((other for other in names if other != name and other.casefold() == name.casefold()), None)
            if twin is not None:
                raise ColumnError(
                    f"{self.what} would have columns {name!r} and {twin!r}, which {self.engine} does not tell apart",
                    column=name,
                    suggestion=f"drop or rename {name!r} first",
                )

    def require(self, *columns: str, door: str | None = None, hint: str | None = None) -> None:
        """Raise a `ColumnError` for the first column that is not there, saying how to name it (or `hint`)."""
        for column in columns:
            if not isinstance(column, str):
                raise CustvalError(f"the name of a column is text; got {column!r}")
            if column not in self.schema:
                raise missing_column(column, self.columns, self.what, door, hint)

    def fetch(self, frame: nw.LazyFrame[Any], *, last: bool = False) -> Table:
        """Run a query and take its rows to Python: the only place where rows cross.

        Raises
        ------
        DataError
            If the engine refuses, or if (unless this is the `last` use of the frame) it could be read only once.
        """
        with said_plainly(self.engine, self.what):
            backend: Any = _COLLECTED.get(self.engine, "pandas")
            found = Table(frame.collect(backend=backend), self.what)
        if not last and self.engine == "duckdb" and len(found):
            self._refuse_spent_stream(backend)
        return found

    def _refuse_spent_stream(self, backend: Any) -> None:
        # a relation over an Arrow stream is empty once it has been read, and before 2.0 DuckDB does not say so
        native: Any = self.frame.to_native()
        with said_plainly(self.engine, self.what):
            is_spent = "ARROW_SCAN" in native.explain() and not len(self.frame.head(1).collect(backend=backend))
        if is_spent:
            way = "read the stream into a table first: con.from_arrow(reader.read_all())"
            raise DataError(
                f"{self.what} could be read only once, as a stream can, and the check has read it; {way}",
                suggestion=way,
                code="engine",
            )

    def facts(self, **aggregates: nw.Expr) -> dict[str, Any]:
        """One small aggregate over the frame: Python numbers and times by name, nulls as None."""
        return self.facts_of(self.frame, **aggregates)

    def facts_of(self, frame: nw.LazyFrame[Any], **aggregates: nw.Expr) -> dict[str, Any]:
        """One small aggregate over another frame of the same engine."""
        with said_plainly(self.engine, self.what):  # some engines judge a query before it is run
            asked = frame.select(**aggregates)
        row = self.fetch(asked).frame.to_dict(as_series=False)
        return {name: _plain(values[0]) for name, values in row.items()}

    def attach(self, frame: nw.LazyFrame[Any], small: Mapping[str, Any], on: list[str]) -> nw.LazyFrame[Any]:
        """A lazy frame of this engine with the columns of a small local table beside it, joined `on` columns."""
        with said_plainly(self.engine, self.what):
            return frame.join(beside(self.frame, small), on=on, how="left")

    def with_frame(self, frame: nw.LazyFrame[Any]) -> LazyTable:
        """The same with other columns."""
        with said_plainly(self.engine, self.what):
            return replace(self, frame=frame, schema=dict(frame.collect_schema()))

    def leave(self, frame: nw.LazyFrame[Any]) -> Any:
        """Back to what came in: a lazy frame of the user's engine."""
        return frame if self.is_narwhals else frame.to_native()


def enter_any(frame: IntoFrame, what: str = "the table", *, dask: bool = False) -> Table | LazyTable:
    """Take a frame in, eager or lazy.

    Parameters
    ----------
    dask : bool
        Whether the function can be relied on with Dask, whose windows and distinct counts cannot.

    Raises
    ------
    DataError
        If the frame is lazy and its engine cannot be asked, such as one whose connection is closed.
    ColumnError
        If a column name stands twice or is not text.
    CustvalError
        If it is no frame, or a lazy frame of an engine that is not supported.
    """
    if isinstance(frame, LazyTable):
        return frame
    lazy = _lazy(frame, what)
    if lazy is None:
        return enter(frame, what)
    engine = str(lazy.implementation.value)
    supported = {name: said for name, said in _ENGINES.items() if dask or name != "dask"}
    if engine not in supported:
        raise CustvalError(
            f"{what} is a lazy frame of {_ENGINES.get(engine, engine)}, which this function does not run on; it runs "
            f"on {', '.join(supported.values())}, and on eager frames",
            suggestion="collect it first, as pandas, polars or pyarrow",
            code="engine",
        )
    with said_plainly(engine, what):
        schema = dict(lazy.collect_schema())
    _refuse_patterns(schema, what)
    return LazyTable(lazy, what, schema, is_narwhals=isinstance(frame, nw.LazyFrame))


def _refuse_patterns(names: Iterable[str], what: str) -> None:
    # engines read such names as those of several columns
    for name in names:
        if name == "*" or (name.startswith("^") and name.endswith("$")):
            raise ColumnError(
                f"{what} has a column {name!r}, which engines take for a pattern",
                column=name,
                suggestion=f"rename the column {name!r} first",
            )


def _lazy(frame: Any, what: str) -> nw.LazyFrame[Any] | None:
    if isinstance(frame, nw.LazyFrame):
        return frame
    library = type(frame).__module__.partition(".")[0].strip("_")
    if library == "narwhals" and type(frame).__name__ == "LazyFrame":
        raise CustvalError(
            f"{what} is a lazy frame of {type(frame).__module__}; narwhals.stable.v2 is the one that is taken",
            suggestion="frame.to_native()",
            code="frame",
        )
    if library not in _LIBRARIES or isinstance(frame, nw.DataFrame):
        return None
    try:
        with said_plainly(library, what):
            entered = nw.from_native(frame)
    except TypeError:
        return None  # no frame at all: `enter` says so
    return entered if isinstance(entered, nw.LazyFrame) else None


@contextmanager
def said_plainly(engine: str, what: str) -> Iterator[None]:
    """Whatever an engine raises, as an error of this library that says which engine it was."""
    try:
        yield
    except (CustvalError, TypeError):
        raise
    except Exception as error:
        said = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
        closed = "clos" in said.casefold() and "connection" in said.casefold()
        ways_out = (
            "open the connection again, and build the frame on it"
            if closed
            else "run the frame by itself to see what is wrong with it, or collect it first"
        )
        raise DataError(
            f"{what}: {_ENGINES.get(engine, engine)} could not run the query: {said[:300]}; {ways_out}",
            suggestion=ways_out,
            code="engine",
        ) from error


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):  # DuckDB sums whole numbers to 128 bits
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return None if isinstance(value, float) and math.isnan(value) else value
