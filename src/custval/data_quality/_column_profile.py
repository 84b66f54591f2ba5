"""One column looked at: what it holds, how often, in which shapes; computed on its distinct values."""

from __future__ import annotations

import dataclasses
import html
from collections.abc import Iterable, Mapping, Sequence
from itertools import compress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from custval._frame import Table, as_text_column, codes, is_times, nulls, numbers, nw, times
from custval._result import Result
from custval.data_quality._called import names_a_key
from custval.data_quality._readings import missing_spellings, reads_as
from custval.data_quality._row_words import row_words
from custval.data_quality._sealed import reduce_sealed, seal
from custval.data_quality._shares import percent
from custval.data_quality._suspects import few_of, rare, suspected_missing
from custval.data_quality._text import as_text, column_as_text
from custval.data_quality._texts import misspelled, not_usable, patterns
from custval.errors import CustvalError
from custval.typing import FloatArray, IntArray

__all__ = ["ColumnProfile", "Facts", "distinct_values", "kind_of", "listed", "profile_column", "type_name"]

_TOP_VALUES = 5
_SHOWN_LETTERS = 60


@dataclasses.dataclass(frozen=True, slots=True)
class ColumnProfile(Result):
    """What a column holds.

    Attributes
    ----------
    column, dtype : str
    rows, nulls, distinct : int
        Rows, those that are null (NaN included), and different values among the others.
    null_share : float or None
        nulls / rows; None without rows.
    minimum, maximum : number, text, date or None
        Of numbers, texts (by code points), times and booleans.
    mean, standard_deviation : float or None
        Of the finite numbers; the standard deviation divides by n − 1.
    top_values : mapping of str to int
        The most frequent values as text, and how often they stand there; of equally frequent ones the smaller first.
    patterns : mapping of str to float
        Of text: the most frequent shapes and their shares of the known values. In a shape "A" is an upper-case
        letter, "a" any other letter, "9" a digit; everything else stands for itself.
    missing_spellings : mapping of str to int
        Of text: what is no null and means one all the same ("", "NA", "?", "未知" …; blanks as ""), and in how many
        rows; the most frequent first.
    reads_as : mapping of str to float
        Of text that is not called a key: "dates" or "numbers", where `to_dates` or `to_numeric` would read the column,
        and the share of its values (those that mean "missing" apart) that they could read.
    unusable, variants : int
        Values that lower validity and consistency: what is of no use (see `Quality`), and texts that differ from a more
        frequent one only in case, spaces or width.
    unusable_examples, variant_examples : mapping of str to int
        The most frequent of those values and how often they stand there (missing ones as they are spelled).
    rare_values : mapping of str to int
        Of columns of at most 50 different values: the rarest (but variants and spellings of "missing"), up to five that
        hold at most 1 % of the known values each, or one row where values have five or more in the mean.
    suspected_missing : mapping of str to int
        Of numbers and times: values at an end that stand apart and repeat (-99, 999999, 1900-01-01), or of which there
        are far more than of those next to them, and how often: likely codes for "missing", or a cap.
    """

    column: str
    dtype: str
    rows: int
    nulls: int
    null_share: float | None
    distinct: int
    minimum: Any
    maximum: Any
    mean: float | None
    standard_deviation: float | None
    top_values: Mapping[str, int] = dataclasses.field(hash=False)
    patterns: Mapping[str, float] = dataclasses.field(hash=False)
    missing_spellings: Mapping[str, int] = dataclasses.field(default_factory=dict, hash=False)
    reads_as: Mapping[str, float] = dataclasses.field(default_factory=dict, hash=False)
    unusable: int = 0
    unusable_examples: Mapping[str, int] = dataclasses.field(default_factory=dict, hash=False)
    variants: int = 0
    variant_examples: Mapping[str, int] = dataclasses.field(default_factory=dict, hash=False)
    rare_values: Mapping[str, int] = dataclasses.field(default_factory=dict, hash=False)
    suspected_missing: Mapping[str, int] = dataclasses.field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        seal(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return reduce_sealed(self)

    def __str__(self) -> str:
        shape = "".join(f", {pattern} ({percent(share)})" for pattern, share in [*self.patterns.items()][:1])
        spelled = f" and {sum(self.missing_spellings.values()):,} spelled missing" if self.missing_spellings else ""
        reads = "".join(f", reads as {what}: {percent(share)}" for what, share in self.reads_as.items())
        odd = (
            ("unusable", self.unusable, self.unusable_examples),
            ("variant" if self.variants == 1 else "variants", self.variants, self.variant_examples),
            ("rare", 0, self.rare_values),
            ("perhaps missing, or a cap", 0, self.suspected_missing),
        )
        found = "".join(f", {f'{n:,} ' if n else ''}{what}: {listed(values)}" for what, n, values in odd if values)
        return f"{self.dtype}, {self.nulls:,} nulls{spelled}, {self.distinct:,} distinct{shape}{reads}{found}"

    def _repr_html_(self) -> str:
        return html.escape(str(self))


@dataclasses.dataclass(frozen=True, slots=True)
class Facts:
    """What the dimensions of quality need of a column."""

    kind: str
    known: int
    invalid: int
    misspelled: int
    reads_as_dates: bool = False
    row_words: tuple[str | None, tuple[str, ...]] = (None, ())


def listed(values: Mapping[str, int]) -> str | None:
    """Values and how often they stand there, on one line; None without any."""
    return ", ".join(f"{_shown(value)} ({count:,})" for value, count in values.items()) or None


def _shown(value: str) -> str:
    if not value.strip():
        return "blank"
    # blanks at the ends are what makes a variant
    plain = value == value.strip() and value.isprintable() and len(value) <= _SHOWN_LETTERS
    return value if plain else repr(value[:_SHOWN_LETTERS])


def profile_column(table: Table, name: str) -> tuple[ColumnProfile, Facts]:
    """A column's profile and its facts."""
    series = table[name]
    kind = kind_of(table, name)
    known = np.flatnonzero(~nulls(series))
    rows, missing = len(series), len(series) - known.size
    values, counts = distinct_values(table, name, kind, known)
    texts = values if kind == "text" else []
    mean, deviation = _moments(np.asarray(values, dtype=np.float64), counts) if kind == "number" else (None, None)
    ordered = len(values) > 0 and kind != "other"
    spelled: dict[str, int] = {}
    said, said_counts = texts, counts
    named = np.zeros(len(values), dtype=bool)  # by another finding
    variants: dict[str, int] = {}
    if texts:
        spelled, gone = missing_spellings(name, texts, counts)
        said, said_counts = list(compress(texts, (~gone).tolist())), counts[~gone]
        differs = misspelled(texts, counts)
        variants, named = _chosen(texts, counts, differs), differs | gone
    reads = reads_as(name, said, said_counts)
    unusable = _infinite(values, counts) if kind == "number" else _unusable_texts(spelled, said, said_counts)
    column = ColumnProfile(
        column=name,
        dtype=type_name(series.dtype),
        rows=rows,
        nulls=missing,
        null_share=missing / rows if rows else None,
        distinct=len(values),
        minimum=_plain(values[0]) if ordered else None,
        maximum=_plain(values[-1]) if ordered else None,
        mean=mean,
        standard_deviation=deviation,
        top_values=_written(values, counts, _most(counts)),
        patterns=patterns(texts, counts) if texts else {},
        missing_spellings=spelled,
        reads_as=reads,
        unusable=sum(unusable.values()),
        unusable_examples=_few(unusable),
        variants=sum(variants.values()),
        variant_examples=_few(variants),
        rare_values={} if kind == "time" else _written(values, counts, rare(counts, named)),
        suspected_missing=_written(values, counts, _suspected(name, kind, values, counts)),
    )
    words = row_words(name, texts)
    return column, Facts(kind, int(known.size), column.unusable, column.variants, "dates" in reads, words)


def type_name(dtype: Any) -> str:
    """A type as people call it: "Datetime" or "Datetime (UTC)", whatever its resolution; others as they are."""
    if isinstance(dtype, nw.Datetime):
        return f"Datetime ({dtype.time_zone})" if dtype.time_zone else "Datetime"
    if isinstance(dtype, nw.Duration):
        return "Duration"
    return str(dtype)


def _infinite(values: Any, counts: IntArray) -> dict[str, int]:
    infinite = ~np.isfinite(np.asarray(values, dtype=np.float64))
    return {str(float(value)): int(n) for value, n in zip(np.asarray(values)[infinite], counts[infinite], strict=True)}


def _unusable_texts(spelled: Mapping[str, int], texts: Sequence[str], counts: IntArray) -> dict[str, int]:
    broken = _chosen(texts, counts, not_usable(texts)) if texts else {}
    return {text: spelled.get(text, 0) + broken.get(text, 0) for text in [*spelled, *broken]}


def _chosen(texts: Sequence[str], counts: IntArray, which: NDArray[np.bool_]) -> dict[str, int]:
    return {texts[place]: int(counts[place]) for place in np.flatnonzero(which).tolist()}


def _few(found: Mapping[str, int]) -> dict[str, int]:
    return few_of(list(found), np.array(list(found.values()), dtype=np.int64))


def _written(values: Any, counts: IntArray, places: Iterable[int]) -> dict[str, int]:
    return {as_text(_plain(values[place])): int(counts[place]) for place in places}


def _suspected(name: str, kind: str, values: Any, counts: IntArray) -> list[int]:
    if names_a_key(name):  # numbers that name things are near to nothing
        return []
    if kind == "time":
        days = np.asarray(values).astype("M8[us]").astype(np.float64) / 86_400e6
        return suspected_missing(days, counts, days=True)
    return suspected_missing(np.asarray(values, dtype=np.float64), counts) if kind == "number" else []


def kind_of(table: Table, name: str) -> str:
    """What a column holds: "number", "time", "boolean", "text" or "other"."""
    dtype = table[name].dtype
    if dtype == nw.Boolean:
        return "boolean"
    if dtype.is_numeric():
        return "number"
    if dtype == nw.Date or is_times(table[name]):
        return "time"
    if dtype in (nw.String, nw.Categorical, nw.Enum):
        return "text"
    return _kind_of_objects(table, name) if dtype == nw.Object else "other"


def _kind_of_objects(table: Table, name: str) -> str:
    # pandas keeps dates and decimals as objects, and whatever else there is
    series = table[name]
    types = {type(value) for value in series[np.flatnonzero(~nulls(series))].to_list()}
    if any(hasattr(kind, "__len__") for kind in types):
        return "other"  # texts among others, bytes, lists, dicts, arrays
    if types == {bool}:
        return "boolean"
    for kind, read in (("time", lambda: times(table, name)), ("number", lambda: numbers(table, name, missing=True))):
        try:
            read()
        except (CustvalError, ValueError, TypeError, OverflowError):
            continue
        return kind
    return "other"


def distinct_values(table: Table, name: str, kind: str, known: IntArray) -> tuple[Any, IntArray]:
    """The distinct known values, sorted, and how often each one stands there."""
    series = table[name]
    if kind in {"text", "other"}:
        texts = series[known]
        # categories have an order of their own, and here texts are wanted
        texts = as_text_column(texts) if kind == "text" else table.series(name, column_as_text(texts), nw.String)
        code, distinct = codes(texts)
        return [str(text) for text in distinct.to_list()], np.bincount(code, minlength=len(distinct)).astype(np.int64)
    if kind == "time":
        wall = times(table, name).wall[known]
        values = wall.astype("M8[D]") if series.dtype == nw.Date else wall.astype("M8[us]")
    elif series.dtype == nw.Object and kind == "number":
        values = numbers(table, name, missing=True)[known]
    elif kind == "boolean" or series.dtype.is_integer():
        values = np.asarray(series[known].to_numpy())
        values = values.astype(bool if kind == "boolean" else np.int64) if values.dtype == object else values
    else:
        values = np.asarray(series[known].cast(nw.Float64).to_numpy())
    found, counts = np.unique(values, return_counts=True)
    return found, counts.astype(np.int64)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _moments(values: FloatArray, counts: IntArray) -> tuple[float | None, float | None]:
    """Mean and standard deviation of the finite values."""
    finite = np.isfinite(values)
    values, counts = values[finite], counts[finite]
    n = int(counts.sum())
    if n == 0:
        return None, None
    with np.errstate(over="ignore", invalid="ignore"):  # of numbers near the largest float both may be infinite
        mean = float(np.average(values, weights=counts))
        if n == 1:
            return mean, None
        return mean, float(np.sqrt(np.sum(counts * (values - mean) ** 2) / (n - 1)))


def _most(counts: IntArray) -> IntArray:
    """Places of the largest counts, ties in order of place."""
    if len(counts) > _TOP_VALUES:
        least = np.partition(counts, -_TOP_VALUES)[-_TOP_VALUES]
        above = np.flatnonzero(counts > least)
        tied = np.flatnonzero(counts == least)[: _TOP_VALUES - above.size]
        places = np.concatenate([above, tied])
    else:
        places = np.arange(len(counts))
    result: IntArray = places[np.lexsort((places, -counts[places]))]
    return result
