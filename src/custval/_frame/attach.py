"""A small local table as a frame of the engine that a lazy frame lives in, so that the two can be joined."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import narwhals.stable.v2 as nw

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
    raise NotImplementedError(f"small tables cannot be put beside frames of {engine}")


def _duckdb(relation: Any, _custval_small_table: Any) -> Any:
    # a relation joins relations of its own connection only, and does not say which that is; but it runs queries
    # there, and DuckDB finds the local variable by its name, and keeps it
    return relation.query("_custval_large_table", "SELECT * FROM _custval_small_table")


def _spark(frame: Any, table: Any) -> Any:
    try:
        import pyarrow as pa
    except ImportError:
        return frame.sparkSession.createDataFrame(table)
    try:
        return frame.sparkSession.createDataFrame(pa.Table.from_pandas(table, preserve_index=False))
    except TypeError:  # before 4.0 Spark takes no Arrow table
        return frame.sparkSession.createDataFrame(table)
