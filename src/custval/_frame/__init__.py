"""The only door to narwhals and pandas: frames in, arrays out, and back into the library that came in.

A function of the library enters a frame once (`enter`), reads columns as arrays, and leaves with `Table.make`
(new rows) or `Table.extend` (the same rows with more columns). Nothing between asks what library it is in.

A lazy frame enters by `enter_any` as a `LazyTable` and stays in its engine: what is computed of it is an expression,
and `LazyTable.fetch` is the only way by which rows come to Python.
"""

from __future__ import annotations

import narwhals.stable.v2 as nw

from custval._frame.codes import arrow_codes, coded_texts, codes, identifiers
from custval._frame.engine_times import day_number, wall_clock, zone_of_days
from custval._frame.engine_values import (
    as_number,
    count_where,
    is_missing,
    look,
    nowhere,
    require_identifiers,
    require_numbers,
)
from custval._frame.keys import duplicated, refuse_duplicates, refuse_other_libraries, shared_codes
from custval._frame.lazy import LazyTable, enter_any, said_plainly
from custval._frame.options import unchanged_pandas
from custval._frame.table import Table, enter, missing_column, new_frame, to_mapping
from custval._frame.texts import (
    Texts,
    as_text_column,
    distinct_texts,
    holds_text,
    null_where,
    replace_texts,
    whole_numbers,
)
from custval._frame.times import Times, is_times, parse_times, refuse_other_zone, require_zone, stamps, times, zone_of
from custval._frame.values import as_floats, constant, examples, labels, nulls, numbers, plain, refuse_nulls

__all__ = [
    "LazyTable",
    "Table",
    "Texts",
    "Times",
    "arrow_codes",
    "as_floats",
    "as_number",
    "as_text_column",
    "coded_texts",
    "codes",
    "constant",
    "count_where",
    "day_number",
    "distinct_texts",
    "duplicated",
    "enter",
    "enter_any",
    "examples",
    "holds_text",
    "identifiers",
    "is_missing",
    "is_times",
    "labels",
    "look",
    "missing_column",
    "new_frame",
    "nowhere",
    "null_where",
    "nulls",
    "numbers",
    "nw",
    "parse_times",
    "plain",
    "refuse_duplicates",
    "refuse_nulls",
    "refuse_other_libraries",
    "refuse_other_zone",
    "replace_texts",
    "require_identifiers",
    "require_numbers",
    "require_zone",
    "said_plainly",
    "shared_codes",
    "stamps",
    "times",
    "to_mapping",
    "unchanged_pandas",
    "wall_clock",
    "whole_numbers",
    "zone_of",
    "zone_of_days",
]
