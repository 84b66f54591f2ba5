"""Text columns by their distinct values: read each text once, and put what became of it back into the column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import NDArray

from custval._frame.codes import codes
from custval._frame.values import nulls, whole_characters

_TEXT = (nw.String, nw.Categorical, nw.Enum)


@dataclass(frozen=True, slots=True)
class Texts:
    """The distinct texts of a column, and for each row the number of its text; −1 where there is none."""

    code: NDArray[np.int64]
    distinct: list[str]


def holds_text(series: nw.Series[Any]) -> bool:
    """Whether a column is of text; of objects, whether most of those that are known are text."""
    if series.dtype in _TEXT:
        return True
    if series.dtype != nw.Object:
        return False
    missing = nulls(series)
    known = [isinstance(value, str) for value, gone in zip(series.to_list(), missing, strict=True) if not gone]
    return bool(known) and 2 * sum(known) >= len(known)


def as_text_column(series: nw.Series[Any]) -> nw.Series[Any]:
    """The column cast to text; of halves of characters U+FFFD stands there."""
    try:
        return series.cast(nw.String)
    except UnicodeEncodeError:
        texts = [whole_characters(value) if isinstance(value, str) else value for value in series.to_list()]
        return nw.new_series(series.name, texts, nw.String, backend=series.implementation)


def distinct_texts(series: nw.Series[Any], *, everything: bool = False) -> Texts:
    """Number the distinct texts of a column, in order of appearance.

    Other values than text (in columns of objects, or of numbers) have none, unless everything is to be read as text:
    whole numbers without a decimal point.
    """
    known = np.flatnonzero(~nulls(series))
    code = np.full(len(series), -1, dtype=np.int64)
    if series.dtype in _TEXT:
        texts = series[known]
        part, distinct = codes(texts.cast(nw.String) if series.dtype != nw.String else texts, ordered=False)
        code[known] = part
        return Texts(code, [str(text) for text in distinct.to_list()])
    if series.dtype != nw.Object and not everything:
        return Texts(code, [])
    number: dict[str, int] = {}
    values = series.to_list()
    for row in map(int, known):
        if everything or isinstance(values[row], str):
            code[row] = number.setdefault(_as_text(values[row]), len(number))
    return Texts(code, list(number))


def _as_text(value: Any) -> str:
    if not isinstance(value, (float, np.floating)):
        return str(value)
    number = float(value)
    return str(int(number)) if number.is_integer() and abs(number) < 2**53 else repr(number)


def replace_texts(series: nw.Series[Any], texts: Texts, after: Sequence[str | None]) -> nw.Series[Any]:
    """The column with each of its distinct texts replaced; of the type it had, as far as that holds the new texts."""
    if series.dtype == nw.Object:
        values = np.array(series.to_numpy(), dtype=object)
        known = texts.code >= 0
        values[known] = np.array([*after, None], dtype=object)[texts.code[known]]
        # polars takes an array of objects for one of bytes
        given = values if series.implementation.is_pandas_like() else values.tolist()
        return nw.new_series(series.name, given, nw.Object, backend=series.implementation)
    if series.implementation.is_pandas_like():
        return _replaced_in_pandas(series, texts, after)
    made = nw.new_series(series.name, [*after, None], nw.String, backend=series.implementation)
    made = made[np.where(texts.code < 0, len(after), texts.code)]
    return made.cast(nw.Categorical) if series.dtype == nw.Categorical else made


def _replaced_in_pandas(series: nw.Series[Any], texts: Texts, after: Sequence[str | None]) -> nw.Series[Any]:
    import pandas as pd

    native = series.to_native()
    categorical = isinstance(native.dtype, pd.CategoricalDtype)
    is_text = series.dtype == nw.String
    # numbers that are read as text need a column of text; categories one of their new values
    dtype = native.dtype if is_text and native.dtype != object else None
    place = np.where(texts.code < 0, len(after), texts.code)
    if dtype is None:
        values = np.array([*after, None], dtype=object)[place]
        made = pd.Series(values, dtype=object if native.dtype == object else None, name=series.name)
    else:
        made = pd.Series(pd.array([*after, None], dtype=dtype)).take(place)
    made = made.reset_index(drop=True).rename(series.name)
    return nw.from_native(made.astype("category") if categorical else made, series_only=True)


def null_where(series: nw.Series[Any], where: NDArray[np.bool_]) -> nw.Series[Any]:
    """The column with some of its cells null; whole numbers stay whole numbers."""
    if not series.implementation.is_pandas_like():
        mask = nw.new_series("mask", where, backend=series.implementation)
        frame = series.alias("value").to_frame().with_columns(mask)
        kept = frame.select(nw.when(~nw.col("mask")).then(nw.col("value")))
        return kept[kept.columns[0]].alias(series.name)
    native = series.to_native()
    if series.dtype.is_integer() and native.dtype.kind in "iu" and isinstance(native.dtype, np.dtype):
        native = native.astype("UInt64" if native.dtype.kind == "u" else "Int64")
    return nw.from_native(native.mask(where), series_only=True)


def whole_numbers(name: str, values: Sequence[int | None], backend: Any) -> nw.Series[Any]:
    """Whole numbers with gaps as int64, in pandas the nullable one if there are gaps."""
    if backend.is_pandas_like() and any(value is None for value in values):
        import pandas as pd

        return nw.from_native(pd.Series(pd.array(list(values), dtype="Int64"), name=name), series_only=True)
    return nw.new_series(name, list(values), nw.Int64, backend=backend)
