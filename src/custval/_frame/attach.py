"""A small local table as a frame of the engine that a lazy frame lives in, so that the two can be joined."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import narwhals.stable.v2 as nw

from custval.errors import CustvalError

__all__ = ["beside"]


def beside(frame: nw.LazyFrame[Any], small: Mapping[str, Any]) -> nw.LazyFrame[Any]:
    """A small table of numbers in the engine, and on the connection or session, of a lazy frame.

    Parameters
    ----------
    frame : lazy frame
    small : mapping of str to array of shape (n,)
        Columns of numbers or text without nulls.
    """
    engine = str(frame.implementation.value)
    native: Any = frame.to_native()
    if engine == "polars":
        import polars as pl

        return nw.from_native(pl.LazyFrame(dict(small)))
    import pandas as pd

    table = pd.DataFrame(dict(small))
    if engine == "duckdb":
        return nw.from_native(_duckdb(native, table))
    if engine.startswith("pyspark"):
        return nw.from_native(_spark(native, table))
    if engine == "ibis":
        import ibis

        return nw.from_native(ibis.memtable(table))
    raise CustvalError(f"small tables cannot be put beside frames of {engine}", code="engine")


def _duckdb(relation: Any, _custval_small_table: Any) -> Any:
    # a relation joins relations of its own connection only, and does not say which that is; but it runs queries
    # there, and DuckDB finds the local variable by its name, and keeps it
    try:
        found = relation.query("_custval_large_table", "SELECT * FROM _custval_small_table")
    except Exception:  # noqa: BLE001 - of a type that differs between versions: variables may be out of bounds
        return _written_out(relation, _custval_small_table)
    if found.columns == list(_custval_small_table.columns):
        return found
    return _written_out(relation, _custval_small_table)  # a table of that name stands in the way


def _written_out(relation: Any, table: Any) -> Any:
    """The same as a query of constants, which takes longer."""
    columns = []
    for name in table.columns:
        kind = {"f": "DOUBLE", "i": "BIGINT", "u": "UBIGINT"}.get(table[name].dtype.kind, "VARCHAR")
        # as text, which is read to the last bit; a number with a point would be a decimal first
        values = ", ".join(_quoted(value if kind == "VARCHAR" else repr(value)) for value in table[name].tolist())
        columns.append(f'unnest([{values}]::VARCHAR[]::{kind}[]) AS "{name}"')
    return relation.query("_custval_large_table", f"SELECT {', '.join(columns)}")


def _quoted(text: Any) -> str:
    return "'" + str(text).replace("'", "''") + "'"


def _spark(frame: Any, table: Any) -> Any:
    try:
        import pyarrow as pa
    except ImportError:
        return frame.sparkSession.createDataFrame(table)
    try:
        return frame.sparkSession.createDataFrame(pa.Table.from_pandas(table, preserve_index=False))
    except TypeError:  # before 4.0 Spark takes no Arrow table
        return frame.sparkSession.createDataFrame(table)
