"""One column in two tables: its index, its tests, its nulls, and the categories that come and go."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from custval._frame import Table, nulls
from custval._kernels.drift import (
    bin_counts,
    chi_square,
    kolmogorov_smirnov,
    least_expected,
    quantile_cuts,
    same_share,
    stability_index,
    stability_p_value,
    unseen,
)
from custval._result import Result
from custval.data_quality._called import names_a_key
from custval.data_quality._column_profile import distinct_values, kind_of
from custval.data_quality._measured import counts_on, measured
from custval.data_quality._page import written
from custval.data_quality._sealed import reduce_sealed, seal
from custval.data_quality._text import as_text
from custval.typing import FloatArray, IntArray

__all__ = ["DRIFTED", "NEW", "ColumnDrift", "compare_column"]

DRIFTED = frozenset({"moderate", "large", "other type"})
"""Verdicts on columns that are not as they were."""

_OTHERS, NEW = "(others)", "(new)"
_MOST_CATEGORIES = 50
_MOST_NAMED = 20
_NEARLY_UNIQUE, _FEW = 0.5, 20
_NUMBERED = re.compile(r"(?:[a-z](?:No|Nr|Num|Number)|[_ -](?i:no|nr|num|number))\.?$")  # InvoiceNo, order_number


@dataclasses.dataclass(frozen=True, slots=True)
class ColumnDrift(Result):
    """How far one column has drifted.

    Attributes
    ----------
    column, kind : str
        "number", "time", "boolean", "text" or "other".
    verdict : {"stable", "uncertain", "moderate", "large", "other type", "not compared"}
    reason : str
    psi, p_value, p_adjusted : float or None
        The index, and the p-value of its being chance: of numbers and times by the index, of categories by χ²
        or, if it is smaller, the test of how many rare values are new (by Bonferroni, twice the smaller).
    ks_statistic, ks_p_value : float or None
        Of numbers and times: the greatest distance of the two distribution functions. For information.
    chi_square : float or None
        Of categories.
    degrees_of_freedom : int or None
        Of the test that `p_value` is of.
    null_share_reference, null_share_current, null_p_value, null_p_adjusted : float or None
        There is no p-value where neither table has a null in the column, or both have nothing else.
    new_categories, vanished_categories : mapping of str to float
        The 20 most frequent ones and their shares of the known values.
    n_new, n_vanished : int
        How many there are.
    new_share, vanished_share : float or None
        The share of all of them in the known values, of the current table and of the reference; None of other kinds.
    bins : tuple of str
        Bins or categories of the index, and how many values each has: `counts_reference`, `counts_current`.
    """

    column: str
    kind: str
    verdict: str = "stable"
    reason: str = ""
    psi: float | None = None
    ks_statistic: float | None = None
    ks_p_value: float | None = None
    chi_square: float | None = None
    degrees_of_freedom: int | None = None
    p_value: float | None = None
    p_adjusted: float | None = None
    null_share_reference: float | None = None
    null_share_current: float | None = None
    null_p_value: float | None = None
    null_p_adjusted: float | None = None
    new_categories: Mapping[str, float] = dataclasses.field(default_factory=dict, hash=False)
    vanished_categories: Mapping[str, float] = dataclasses.field(default_factory=dict, hash=False)
    n_new: int = 0
    n_vanished: int = 0
    new_share: float | None = None
    vanished_share: float | None = None
    bins: tuple[str, ...] = ()
    counts_reference: tuple[int, ...] = ()
    counts_current: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        seal(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return reduce_sealed(self)


def compare_column(one: Table, two: Table, name: str, bins: int, *, is_named: bool) -> ColumnDrift:
    """Sizes and p-values of one column, before they are adjusted and judged."""
    kinds = kind_of(one, name), kind_of(two, name)
    missing = nulls(one[name]), nulls(two[name])
    empty = [bool(gone.all()) for gone in missing]
    kind = kinds[1] if empty[0] else kinds[0]
    shares = _null_shares(missing)
    bare = [table.what for table in (one, two) if not len(table)]
    if bare:
        why = f"nothing to compare, {' and '.join(bare)} {'has' if len(bare) == 1 else 'have'} no rows"
        return ColumnDrift(name, kind, "not compared", why, **shares)
    if any(empty):
        hollow = " and ".join(table.what for table, gone in zip((one, two), empty, strict=True) if gone)
        return ColumnDrift(name, kind, reason=f"nothing but nulls in {hollow}", **shares)
    if kinds[0] != kinds[1]:
        return ColumnDrift(name, kind, "other type", f"holds {kinds[0]} in one and {kinds[1]} in the other", **shares)
    compare = _measure if kind in {"number", "time"} else _count
    why, found = compare(one, two, name, kind, bins, is_named=is_named)
    return ColumnDrift(name, kind, "not compared", why, **shares) if why else ColumnDrift(name, kind, **shares, **found)


def _measure(one: Table, two: Table, name: str, kind: str, bins: int, *, is_named: bool) -> tuple[str, dict[str, Any]]:
    """Why numbers or times are not compared, or what is found in them."""
    if kind == "time" and not is_named:
        return "is a time, and time goes on", {}
    values = [measured(table, name, kind) for table in (one, two)]
    known = [column[~np.isnan(column)] for column in values]
    if not is_named and (names_a_key(name) or counts_on(known[0])):
        return "is an identifier", {}
    return "", _numbers(known[0], known[1], bins, is_time=kind == "time")


def _count(one: Table, two: Table, name: str, kind: str, _: int, *, is_named: bool) -> tuple[str, dict[str, Any]]:
    """Why texts or booleans are not compared, or what is found in them."""
    counts = [_counts(table, name, kind) for table in (one, two)]
    known_rows = sum(counts[0].values())
    if not is_named and (names_a_key(name) or (len(counts[0]) > _MOST_CATEGORIES and _NUMBERED.search(name))):
        return "is an identifier", {}
    if not is_named and len(counts[0]) > _NEARLY_UNIQUE * known_rows and known_rows >= _FEW:
        return "is nearly unique", {}
    return "", _categories(counts[0], counts[1])


def _null_shares(missing: tuple[Any, Any]) -> dict[str, Any]:
    gone, rows = [int(mask.sum()) for mask in missing], [mask.size for mask in missing]
    # where both have none, or nothing else, no test can be made, and none must count among those that were
    p = same_share(gone, rows) if 0 < sum(gone) < sum(rows) else float("nan")
    return {
        "null_share_reference": gone[0] / rows[0] if rows[0] else None,
        "null_share_current": gone[1] / rows[1] if rows[1] else None,
        "null_p_value": None if np.isnan(p) else p,
    }


def _numbers(reference: FloatArray, current: FloatArray, bins: int, *, is_time: bool) -> dict[str, Any]:
    cuts = quantile_cuts(reference[np.isfinite(reference)], bins)
    counts = np.stack([bin_counts(reference, cuts), bin_counts(current, cuts)])
    held = np.flatnonzero(counts.sum(axis=0))
    intervals = _intervals(cuts, is_time=is_time)
    names = [intervals[place] for place in held.tolist()]
    before, after = counts[:, held]
    psi = stability_index(before, after)
    statistic, ks_p = kolmogorov_smirnov(reference, current)
    p = stability_p_value(psi, len(names), reference.size, current.size)
    return {
        "psi": psi,
        "ks_statistic": statistic,
        "ks_p_value": ks_p,
        "p_value": None if np.isnan(p) else p,
        "degrees_of_freedom": len(names) - 1 or None,
        **_bins(names, before, after),
    }


def _intervals(cuts: FloatArray, *, is_time: bool) -> list[str]:
    """The bins between cuts in words: two cuts that are next to each other have one value between them."""
    if not cuts.size:
        return ["all"]
    above = np.nextafter(cuts, np.inf)
    below = np.append(
        np.equal(above[:-1], cuts[1:]), [False]
    )  # the cut right below a value stands for what is less than it
    said = [
        f"< {_said(next_one, is_time=is_time)}" if is_below else f"≤ {_said(cut, is_time=is_time)}"
        for cut, next_one, is_below in zip(cuts.tolist(), above.tolist(), below.tolist(), strict=True)
    ]
    names = [said[0]]
    for place in range(1, cuts.size):
        if below[place - 1]:
            names.append(said[place].replace("≤", "=", 1))
        else:
            names.append(f"– {said[place].removeprefix('≤ ')}")
    return [*names, f"> {_said(float(cuts[-1]), is_time=is_time)}"]


def _said(value: float, *, is_time: bool) -> str:
    return str(np.datetime64(round(value * 86_400), "s").astype("M8[D]")) if is_time else written(value)


def _counts(table: Table, name: str, kind: str) -> dict[str, int]:
    values, counts = distinct_values(table, name, kind, np.flatnonzero(~nulls(table[name])))
    return {as_text(value): count for value, count in zip(list(values), counts.tolist(), strict=True)}


def _categories(reference: dict[str, int], current: dict[str, int]) -> dict[str, Any]:
    n, m = sum(reference.values()), sum(current.values())
    new = {name: count for name, count in current.items() if name not in reference}
    vanished = {name: count for name, count in reference.items() if name not in current}
    found = {
        "new_categories": _most(new, m),
        "vanished_categories": _most(vanished, n),
        "n_new": len(new),
        "n_vanished": len(vanished),
        "new_share": sum(new.values()) / m,
        "vanished_share": sum(vanished.values()) / n,
    }
    # what is rare in both tables together is rare in any second sample, and may well not be there
    least = least_expected(n, m)
    frequent = [name for name, count in reference.items() if count + current.get(name, 0) >= least]
    rare = np.array([count for count in new.values() if count < least], dtype=np.int64)
    beyond, p_unseen = unseen(np.fromiter(reference.values(), dtype=np.int64), rare, m)
    surplus = round(beyond)
    became = sum(count for count in new.values() if count >= least) + surplus
    if not frequent and not became:
        return found | {"verdict": "not compared", "reason": "nearly all different: no value is frequent"}
    ranked = sorted(frequent, key=lambda name: (-reference[name], name))[:_MOST_CATEGORIES]
    counts = [[reference[name] for name in ranked], [current.get(name, 0) for name in ranked]]
    names = list(ranked)
    for label, before, after in (
        (_OTHERS, n - sum(counts[0]), m - sum(counts[1]) - became),
        (NEW, 0, became),
    ):
        if before or after:
            names.append(label)
            counts[0].append(before)
            counts[1].append(after)
    both = np.array(counts[0], dtype=np.int64), np.array(counts[1], dtype=np.int64)
    all_names = [*reference, *new]
    test = chi_square(
        np.array([reference.get(name, 0) for name in all_names], dtype=np.int64),
        np.array([current.get(name, 0) for name in all_names], dtype=np.int64),
    )
    tests = [p for p in (test.p_value, p_unseen) if not np.isnan(p)]
    return found | {
        "psi": stability_index(*both),
        "chi_square": None if np.isnan(test.statistic) else test.statistic,
        "degrees_of_freedom": test.degrees_of_freedom or None,
        "p_value": min(1.0, len(tests) * min(tests)) if tests else None,  # Bonferroni
        **_bins(names, *both),
    }


def _most(counts: dict[str, int], of: int) -> dict[str, float]:
    ranked = sorted(counts, key=lambda name: (-counts[name], name))[:_MOST_NAMED]
    return {name: counts[name] / of for name in ranked}


def _bins(names: list[str], reference: IntArray, current: IntArray) -> dict[str, Any]:
    return {
        "bins": tuple(names),
        "counts_reference": tuple(reference.tolist()),
        "counts_current": tuple(current.tolist()),
    }
