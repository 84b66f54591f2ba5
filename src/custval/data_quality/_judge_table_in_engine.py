"""What rules about a table measure of a lazy frame: one aggregate for all of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from custval._check import zone_named
from custval._frame import LazyTable, count_where, is_missing, nw, wall_clock, zone_of_days
from custval._frame.engine_times import moment_number
from custval.data_quality._judge import in_set
from custval.data_quality._judge_table import Outcome, of_latest, within_bounds
from custval.data_quality._misfits import misfit
from custval.data_quality._rule import Rule
from custval.errors import ColumnError

__all__ = ["judge_table_in_engine"]

Asked = dict[str, nw.Expr]


def judge_table_in_engine(rules: Sequence[Rule], table: LazyTable, tz: str | None) -> dict[str, Outcome]:
    """Measure what rules about tables are about; those that cannot be read fail, unless nothing is known.

    Raises
    ------
    DataError
        If it is not clear whose days are meant.
    """
    asked: Asked = {}
    problems: dict[str, str] = {}
    zones: dict[str, str | None] = {}
    for place, rule in enumerate(rules):
        name = f"{table.private()}{place}_"
        for column in rule.columns[:1]:
            asked[f"{name}known"] = count_where(~is_missing(column, table.schema[column]))
        asked[f"{name}rows"] = nw.len()
        try:
            asked |= _asked(rule, table, name)
            if rule.check == "fresh":
                zones[rule.name] = zone_of_days(table, rule.columns[0], tz)
        except ColumnError as error:
            problems[rule.name] = str(error)
    found = table.facts(**asked) if asked else {}
    outcomes = {}
    for place, rule in enumerate(rules):
        name = f"{table.private()}{place}_"
        facts = {part.removeprefix(name): value for part, value in found.items() if part.startswith(name)}
        if rule.name in problems and (facts["known"] or rule.check == "fresh"):
            problem = problems[rule.name] if facts["known"] else "no time is known"
            outcomes[rule.name] = Outcome(1, problem=problem)
        else:
            outcomes[rule.name] = _outcome(rule, table, facts, zones.get(rule.name))
    return outcomes


def _asked(rule: Rule, table: LazyTable, name: str) -> Asked:
    if rule.check == "fresh":
        return {f"{name}latest": moment_number(wall_clock(table, rule.columns[0])).max()}
    if rule.check == "share_of":
        return {f"{name}others": count_where(in_set(rule, table))}
    if rule.check != "statistic":
        return {}
    column = rule.columns[0]
    if not table.schema[column].is_numeric():
        raise misfit(rule, table, "numbers")
    value = nw.when(~is_missing(column, table.schema[column])).then(nw.col(column).cast(nw.Float64))
    infinite = count_where(value.abs() == nw.lit(math.inf))
    finite = nw.when(value.abs() < nw.lit(math.inf)).then(value)
    of = rule.parameters["of"]
    found = getattr(finite, of)() if isinstance(of, str) else finite.quantile(of, interpolation="linear")
    return {f"{name}found": found, f"{name}infinite": infinite}


def _outcome(rule: Rule, table: LazyTable, facts: Mapping[str, Any], zone: str | None) -> Outcome:
    rows, known = facts["rows"], facts.get("known")
    if rule.check == "row_count":
        return within_bounds(rule, rows)
    if rule.check == "share_of_nulls":
        return within_bounds(rule, (rows - known) / rows if rows else None)
    if rule.check == "fresh":
        return _fresh(rule, facts["latest"], zone)
    if not known:
        return Outcome(0)
    if rule.check == "share_of":
        return within_bounds(rule, 1.0 - facts["others"] / known)
    if facts["infinite"]:
        column = rule.columns[0]
        return Outcome(1, problem=f"{table.what}: column {column!r} is infinite in {facts['infinite']:,} rows")
    return within_bounds(rule, facts["found"])


def _fresh(rule: Rule, latest: int | None, zone: str | None) -> Outcome:
    if latest is None:
        return of_latest(rule, None, None, None)
    wall = np.datetime64(latest, "us")
    if zone is None:
        return of_latest(rule, wall, None, wall)
    offset = wall.astype(object).replace(tzinfo=zone_named(zone)).utcoffset()
    return of_latest(rule, wall, zone, wall - np.timedelta64(offset))
