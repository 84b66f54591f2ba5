"""The pages of the room: those of every result, with values written as the room writes them."""

from __future__ import annotations

from typing import Any

from custval._page import bar, cut, escape, page, short, table_of, tag
from custval._page import written as _written
from custval.data_quality._text import as_text

__all__ = ["bar", "cut", "escape", "page", "short", "table_of", "tag", "written"]


def written(value: Any) -> str:
    """A number, a time or a text as people write them, not escaped; nothing for None; long nested values cut."""
    return as_text(value) if hasattr(value, "__len__") and not isinstance(value, str) else _written(value)
