"""Values as text, the same whatever library they come from."""

from __future__ import annotations

from typing import Any

from custval._frame import nulls, nw

__all__ = ["as_text", "column_as_text"]


def as_text(value: Any) -> str:
    """A value as text; whole floats without their ".0", since pandas has no whole numbers beside nulls."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def column_as_text(series: nw.Series[Any]) -> list[str | None]:
    """Each value as text, nulls as None."""
    missing = nulls(series)
    return [None if gone else as_text(value) for value, gone in zip(series.to_list(), missing, strict=True)]
