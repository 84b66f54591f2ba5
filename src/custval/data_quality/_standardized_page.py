"""What `standardize` changed and did not understand, as a page for notebooks: by change and by reason, not by cell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from custval.data_quality._page import escape, page, short, table_of, written

__all__ = ["standardized_page"]

_SHOWN = 20
_CHANGE = ("column", "before", "after", "rule", "cells")


def standardized_page(
    rows: int, cells: int, changes: Mapping[str, Any], unparsed: Mapping[str, Any], kinds: Mapping[str, str]
) -> str:
    """The changes of most cells, and the reasons for which most values were not understood."""
    n_changes = len(changes["cells"])
    left = len(unparsed["row"])
    subtitle = (
        f"{rows:,} rows · {cells:,} cells changed, by {n_changes:,} distinct changes · {left:,} cells not understood"
    )
    columns = ", ".join(f"{name} as {kind}" for name, kind in kinds.items())
    sections = [f'<p class="cv-sub">{escape(f"Read: {columns}")}</p>'] if columns else []
    if n_changes:
        top = zip(*(list(changes[name])[:_SHOWN] for name in _CHANGE), strict=True)
        lines = [
            [_name(column), _text(before), _new(after), short(rule, 80), written(count)]
            for column, before, after, rule, count in top
        ]
        sections.append(table_of(_CHANGE, lines, (4,)) + _more(n_changes, "changes"))
    if left:
        reasons = Counter(zip(unparsed["column"], unparsed["reason"], strict=True))
        example = dict(zip(zip(unparsed["column"], unparsed["reason"], strict=True), unparsed["value"], strict=True))
        lines = [
            [_name(column), short(reason, 100), written(count), short(example[column, reason])]
            for (column, reason), count in reasons.most_common(_SHOWN)
        ]
        sections.append(
            table_of(["column", "not understood", "cells", "such as"], lines, (2,)) + _more(len(reasons), "unparsed")
        )
    return page("Standardized", subtitle, *sections)


def _name(column: str) -> str:
    return f'<span class="cv-name">{short(column)}</span>'


def _new(after: str | None) -> str:
    return '<span class="cv-dim">null</span>' if after is None else _text(after)


def _text(value: str) -> str:
    """A text; in a box where blanks at its ends or in a row would not be seen."""
    return short(value) if value == " ".join(value.split()) else f"<code>{short(value)}</code>"


def _more(n: int, attribute: str) -> str:
    if n <= _SHOWN:
        return ""
    return f'<p class="cv-dim">… {n - _SHOWN:,} more in .{attribute}</p>'
