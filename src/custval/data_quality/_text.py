"""Values as text, the same whatever library they come from."""

from __future__ import annotations

import hashlib
from typing import Any

from custval._frame import nulls, nw

__all__ = ["as_text", "column_as_text"]


_LONGEST_NESTED = 200


def as_text(value: Any) -> str:
    """A value as text; whole floats without their ".0", since pandas has no whole numbers beside nulls.

    Of lists, dicts and arrays whose text is long the beginning stands there, and a digest of the whole.
    """
    if isinstance(value, str):
        return str(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return _nested_as_text(value) if hasattr(value, "__len__") else str(value)


def _nested_as_text(value: Any) -> str:
    # an array would write "…" for most of its values
    text = str(value.tolist() if hasattr(value, "tolist") else value)
    if len(text) <= _LONGEST_NESTED:
        return text
    digest = hashlib.blake2b(text.encode("utf-8", "backslashreplace"), digest_size=8).hexdigest()
    return f"{text[:60]}… ({len(text):,} characters, {digest})"


def column_as_text(series: nw.Series[Any]) -> list[str | None]:
    """Each value as text, nulls as None."""
    missing = nulls(series)
    return [None if gone else as_text(value) for value, gone in zip(series.to_list(), missing, strict=True)]
