"""The only door to narwhals and pandas: frames in, arrays out, and back into the library that came in.

A function of the library enters a frame once (`enter`), reads columns as arrays, and leaves with `Table.make`
(new rows) or `Table.extend` (the same rows with more columns). Nothing between asks what library it is in.
"""

from __future__ import annotations

import narwhals.stable.v2 as nw

from custval._frame.codes import codes, identifiers
from custval._frame.keys import refuse_duplicates, refuse_other_libraries, shared_codes
from custval._frame.table import Table, enter, new_frame, to_mapping
from custval._frame.times import Times, is_times, parse_times, stamps, times, zone_of
from custval._frame.values import constant, examples, labels, nulls, numbers, refuse_nulls

__all__ = [
    "Table",
    "Times",
    "codes",
    "constant",
    "enter",
    "examples",
    "identifiers",
    "is_times",
    "labels",
    "new_frame",
    "nulls",
    "numbers",
    "nw",
    "parse_times",
    "refuse_duplicates",
    "refuse_nulls",
    "refuse_other_libraries",
    "shared_codes",
    "stamps",
    "times",
    "to_mapping",
    "zone_of",
]
