"""What rules about a table as a whole measure, and whether that lies within their bounds."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from custval._check import moment, span
from custval._frame import Table, nulls, numbers, times
from custval.data_quality._judge import none_of
from custval.data_quality._misfits import misfit
from custval.data_quality._money import exact_sum
from custval.data_quality._rule import Rule
from custval.errors import ColumnError, DataError
from custval.typing import FloatArray

__all__ = ["Outcome", "judge_table", "of_latest", "within_bounds"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How often a rule fails, what it measured of the table, as text, and why it could not be judged."""

    failures: int
    measured: str | None = None
    problem: str | None = None


def judge_table(rule: Rule, table: Table) -> Outcome:
    """Measure what a rule about a table is about; one that cannot be read fails.

    Raises
    ------
    ColumnError
        If a column is missing.
    """
    table.require(*rule.columns)
    try:
        return _MEASURES[rule.check](rule, table)
    except (ColumnError, DataError) as error:
        return Outcome(1, problem=str(error))


def within_bounds(rule: Rule, value: float | None) -> Outcome:
    """What a number means under a rule of bounds; an unknown one keeps it."""
    if value is None or math.isnan(value):
        return Outcome(0)
    low, high = rule.parameters["low"], rule.parameters["high"]
    outside = (low is not None and value < low) or (high is not None and value > high)
    return Outcome(int(outside), str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else f"{value:.6g}")


def of_latest(rule: Rule, latest: np.datetime64 | None, zone: str | None, instant: np.datetime64 | None) -> Outcome:
    """Whether a table with this latest time, on the wall clock and as an instant, is fresh."""
    if latest is None or instant is None or np.isnat(latest):
        return Outcome(1, problem="no time is known")
    as_of = rule.parameters["as_of"]
    if as_of is None:
        age = np.datetime64(dt.datetime.now(dt.UTC).replace(tzinfo=None), "us") - instant.astype("M8[us]")
    else:
        age = moment(as_of, "as_of", zone).last - latest.astype("M8[us]")
    limit = np.timedelta64(round(span(rule.parameters["within"], "within").days * 86_400e6), "us")
    return Outcome(int(age > limit), str(np.datetime_as_string(latest, unit="s")))


def _fresh(rule: Rule, table: Table) -> Outcome:
    name = rule.columns[0]
    known = np.flatnonzero(~nulls(table[name]))
    if not known.size:
        return of_latest(rule, None, None, None)
    column = times(table, name)
    last = known[np.argmax(column.instant[known])]
    return of_latest(rule, column.wall[last], column.zone, column.instant[last])


def _share_of_nulls(rule: Rule, table: Table) -> Outcome:
    return within_bounds(rule, float(nulls(table[rule.columns[0]]).mean()) if len(table) else None)


def _share_of(rule: Rule, table: Table) -> Outcome:
    name = rule.columns[0]
    known = int((~nulls(table[name])).sum())
    if not known:
        return Outcome(0)
    return within_bounds(rule, 1.0 - float(none_of(rule, table).sum()) / known)


def _statistic(rule: Rule, table: Table) -> Outcome:
    name = rule.columns[0]
    if nulls(table[name]).all():
        return Outcome(0)
    try:
        values = numbers(table, name, missing=True)
    except ColumnError:
        raise misfit(rule, table, "numbers") from None
    return within_bounds(rule, _of(rule.parameters["of"], values[~np.isnan(values)]))


def _of(statistic: str | float, values: FloatArray) -> float | None:
    if not isinstance(statistic, str):
        return float(np.quantile(values, statistic))
    if statistic == "std":
        return float(np.std(values, ddof=1)) if values.size > 1 else None
    found: dict[str, Callable[[Any], Any]] = {
        "mean": np.mean,
        "median": np.median,
        "sum": exact_sum,
        "min": np.min,
        "max": np.max,
    }
    return float(found[statistic](values))


def _row_count(rule: Rule, table: Table) -> Outcome:
    return within_bounds(rule, len(table))


_MEASURES: dict[str, Callable[[Rule, Table], Outcome]] = {
    "fresh": _fresh,
    "row_count": _row_count,
    "share_of": _share_of,
    "share_of_nulls": _share_of_nulls,
    "statistic": _statistic,
}
