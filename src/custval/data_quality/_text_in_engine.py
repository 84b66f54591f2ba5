"""Values as text, made in the engine of a lazy frame, as `_text` writes them."""

from __future__ import annotations

from typing import Any

from custval._frame import is_missing, nw

__all__ = ["text_of"]

_ALL_EXACT = 1e15  # below, a double that is whole is written as a whole number


def text_of(name: str, dtype: Any) -> nw.Expr:
    """A column as text, nulls as null; whole floats without their ".0", times as the wall clock shows them."""
    column = nw.col(name)
    if dtype == nw.String:
        return column
    if dtype == nw.Boolean:
        return nw.when(column).then(nw.lit("True")).otherwise(nw.when(~column).then(nw.lit("False")))
    if dtype.is_float():
        return _text_of_double(column.cast(nw.Float64), is_missing(name, dtype))
    if dtype == nw.Datetime:
        return _text_of_time(column)
    if dtype.is_nested():  # no engine writes lists like another
        return nw.when(~column.is_null()).then(nw.lit("…"))
    return column.cast(nw.String)


def _text_of_double(value: nw.Expr, missing: nw.Expr) -> nw.Expr:
    small = ~missing & (value.abs() < nw.lit(_ALL_EXACT))
    # some engines refuse to make whole numbers of large ones even where nobody asks for the result
    whole = nw.when(small).then(value).otherwise(nw.lit(0.0)).cast(nw.Int64)
    is_whole = small & (whole.cast(nw.Float64) == value)
    text = nw.when(is_whole).then(whole.cast(nw.String)).otherwise(value.cast(nw.String))
    return nw.when(~missing).then(text)


def _text_of_time(time: nw.Expr) -> nw.Expr:
    ticks = time.dt.microsecond().cast(nw.Int64)
    digits = (ticks + 1_000_000).cast(nw.String).str.slice(1)
    fraction = nw.when(ticks > 0).then(nw.concat_str([nw.lit("."), digits])).otherwise(nw.lit(""))
    return nw.concat_str([time.dt.to_string("%Y-%m-%d %H:%M:%S"), fraction])
