"""Segments over the grid of RFM scores: every score in exactly one segment."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from custval._check import nearest
from custval._expression import Expression, parse_condition
from custval.errors import CustvalError
from custval.typing import IntArray

__all__ = ["SCORES", "STANDARD", "SegmentGrid"]

SCORES = ("recency_score", "frequency_score", "monetary_score")

STANDARD: dict[str, str] = {
    "Champions": "recency_score == 5 and frequency_score + monetary_score >= 7",
    "Loyal": "recency_score in (3, 4) and frequency_score + monetary_score >= 7",
    "Potential loyalists": "recency_score >= 4 and frequency_score + monetary_score in (4, 5, 6)",
    "New customers": "recency_score == 5 and frequency_score + monetary_score <= 3",
    "Promising": "recency_score == 4 and frequency_score + monetary_score <= 3",
    "Need attention": "recency_score == 3 and frequency_score + monetary_score == 6",
    "About to sleep": "recency_score == 3 and frequency_score + monetary_score <= 5",
    "At risk": "recency_score <= 2 and frequency_score + monetary_score in (6, 7, 8)",
    "Cannot lose them": "recency_score <= 2 and frequency_score + monetary_score >= 9",
    "Hibernating": "recency_score == 2 and frequency_score + monetary_score <= 5",
    "Lost": "recency_score == 1 and frequency_score + monetary_score <= 5",
}
"""The field's eleven segments over recency and the level of frequency and money together, without hole or overlap."""


@dataclass(frozen=True, slots=True)
class SegmentGrid:
    """Which segment each combination of scores belongs to.

    Attributes
    ----------
    names : tuple of str
    number : array of int64, shape (n_bins, n_bins, n_bins)
        For the scores (r, f, m), at [r − 1, f − 1, m − 1], the position of the segment in `names`.
    conditions : tuple of Expression
        Where each segment is, over the levels of the scores.
    level : array of int64, shape (n_bins,)
        What each score counts as in the conditions: itself, or 1 to 5 with the standard segments; not decreasing.
    """

    names: tuple[str, ...]
    number: IntArray
    conditions: tuple[Expression, ...]
    level: IntArray

    @classmethod
    def build(cls, segments: Any, n_bins: int) -> SegmentGrid:
        """The grid of "standard", or of a mapping of names to conditions over the scores.

        Raises
        ------
        CustvalError
            If `segments` is neither, or a score belongs to no segment or to more than one; the message names one.
        """
        if isinstance(segments, str) and segments == "standard":
            level = _standard_scores(n_bins)
            score = level - 1
            return cls(tuple(STANDARD), _standard_numbers()[np.ix_(score, score, score)], _parsed(STANDARD), level)
        if isinstance(segments, Mapping) and segments:
            return cls(tuple(segments), _numbers(segments, n_bins), _parsed(segments), np.arange(n_bins) + 1)
        raise CustvalError(
            f"segments must be 'standard' or a mapping of names to conditions; got {segments!r}",
            suggestion='segments={"best": "recency_score >= 4", "others": "recency_score < 4"}',
        )


def _parsed(segments: Mapping[str, str]) -> tuple[Expression, ...]:
    return tuple(map(parse_condition, segments.values()))


@functools.cache
def _standard_numbers() -> IntArray:
    return _numbers(STANDARD, 5)


def _numbers(segments: Mapping[Any, Any], n_bins: int) -> IntArray:
    grid = np.indices((n_bins,) * 3).reshape(3, -1) + 1
    axes = dict(zip(SCORES, grid, strict=True))
    holds = np.stack([_holds(name, condition, axes) for name, condition in segments.items()])
    _refuse_holes_and_overlaps(holds, list(segments), n_bins)
    number: IntArray = holds.argmax(axis=0).reshape((n_bins,) * 3)
    return number


def _standard_scores(n_bins: int) -> IntArray:
    """Scores of 1 … n_bins on the scale of 1 … 5: the ends to the ends, halves towards the middle."""
    # distance / (n_bins - 1) runs from -2 to 2; whole numbers keep the halves exact
    distance = 4 * np.arange(n_bins) - 2 * (n_bins - 1)
    steps = -((n_bins - 1 - 2 * np.abs(distance)) // (2 * (n_bins - 1)))
    result: IntArray = 3 + np.sign(distance) * steps
    return result


def _holds(name: Any, condition: Any, axes: Mapping[str, IntArray]) -> NDArray[np.bool_]:
    if not isinstance(name, str) or not name:
        raise CustvalError(f"segments: the name of a segment must be text; got {name!r}")
    if not isinstance(condition, str):
        raise CustvalError(f"segments: the condition of {name!r} must be text; got {condition!r}")
    expression = parse_condition(condition)
    unknown = sorted(set(expression.columns) - set(SCORES))
    if unknown:
        close = nearest(unknown[0], SCORES)
        raise CustvalError(
            f"segments: the condition of {name!r} names {unknown[0]!r}; it may name {', '.join(SCORES)}",
            column=unknown[0],
            suggestion=close,
        )
    if expression.kind != "condition":
        raise CustvalError(f"segments: the condition of {name!r} must be true or false; {condition!r} is a number")
    return np.broadcast_to(np.asarray(expression.evaluate(axes), dtype=bool), axes[SCORES[0]].shape)


def _refuse_holes_and_overlaps(holds: NDArray[np.bool_], names: list[str], n_bins: int) -> None:
    count = holds.sum(axis=0)
    wrong = count != 1
    if not wrong.any():
        return
    holes, overlaps = int(np.sum(count == 0)), int(np.sum(count > 1))
    place = int(np.argmax(wrong))
    scores = ", ".join(
        f"{score}={index + 1}" for score, index in zip(SCORES, np.unravel_index(place, (n_bins,) * 3), strict=True)
    )
    both = " and ".join(repr(name) for name, inside in zip(names, holds[:, place], strict=True) if inside)
    raise CustvalError(
        f"segments: every score must be in exactly one segment; of the {n_bins**3:,} scores {holes:,} are in none and "
        f"{overlaps:,} in more than one: {scores} is in {both or 'none'}",
        count=holes + overlaps,
        suggestion="make the conditions exclude each other, and cover what is left: "
        "'not (…)' of the others for the last segment",
        code="segments",
    )
