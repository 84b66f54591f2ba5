"""What is wrong with a window of observation, said alike for eager and lazy frames."""

from __future__ import annotations

from typing import Any

from custval._check import Moment
from custval.errors import DataError

__all__ = ["before_all_lines", "empty_holdout", "no_holdout"]


def before_all_lines(end: Moment, name: str, span: tuple[Any, Any] | None) -> DataError:
    """A window that ends before the first line; `span` are the first and the last moment, if there are lines."""
    there = "" if span is None else f"from {span[0].astype('M8[D]')} to {span[1].astype('M8[D]')}"
    return DataError(
        f"{name}={end} lies before all lines of the data, which go {there}"
        if there
        else f"no lines before {name}={end}",
        suggestion=f"choose a later {name}",
        code="window",
    )


def no_holdout(end: Moment, last: Any) -> DataError:
    """A calibration that takes all of the data."""
    return DataError(
        f"calibration_end={end} leaves no holdout: the data end on {last.astype('M8[D]')}",
        suggestion="choose an earlier calibration_end",
        code="window",
    )


def empty_holdout(grain: str, end: Moment, holdout_end: Any) -> DataError:
    """A holdout that ends where it begins."""
    return DataError(
        f"the holdout is empty: holdout_end={holdout_end!r} lies in the same {grain!r} period as "
        f"calibration_end={end} or before it",
        suggestion="choose a later holdout_end",
        code="window",
    )
