"""Small pages for notebooks: escaped text, bars of shares, tables; for light and dark themes.

A result without a page of its own is shown by `sections_of`: what sums it up first, long tables folded.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import html
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from custval._frame import LazyTable, enter_any, to_mapping

__all__ = ["bar", "cut", "escape", "is_frame", "page", "sections_of", "short", "table_of", "tag", "written"]

_LONGEST = 40
_MOST_ROWS = 200
_SHOWN_ROWS = 10
_SUMMARY_ROWS = 40
_SHOWN_COLUMNS = 60
_SHOWN_LETTERS = 80
_FIRST = ("summary", "account")
_IS_NAME = re.compile(r"(?:^|_)(?:id|row|key|year)$")
_LONG_FRACTION = re.compile(r"-?\d+\.\d{8,}")

_STYLE = """<style>
.custval-page{font-family:system-ui,-apple-system,"Segoe UI",sans-serif;font-size:13px;line-height:1.45;
max-width:1180px}
.custval-page h4{margin:.2em 0 .1em;font-size:16px}
.custval-page h5{margin:.9em 0 .2em;font-size:13.5px}
.custval-page details{margin:.5em 0}
.custval-page summary{cursor:pointer;font-weight:600}
.custval-page .cv-sub{opacity:.7;margin:0 0 .8em}
.custval-page .cv-scroll{overflow-x:auto;margin:0 0 1em}
.custval-page table{border-collapse:collapse;font-size:12.5px;margin:0;font-variant-numeric:tabular-nums}
.custval-page th{text-align:left;font-weight:600;opacity:.75;border-bottom:1px solid rgba(128,128,128,.6);
padding:4px 10px 4px 0;white-space:nowrap}
.custval-page td{text-align:left;vertical-align:top;border-bottom:1px solid rgba(128,128,128,.22);
padding:5px 10px 5px 0}
.custval-page td.cv-number,.custval-page th.cv-number{text-align:right;white-space:nowrap}
.custval-page .cv-name{font-weight:600;white-space:nowrap}
.custval-page .cv-line{white-space:nowrap}
.custval-page .cv-dim{opacity:.65}
.custval-page .cv-bar{display:inline-block;vertical-align:middle;width:9em;height:.75em;border-radius:3px;
background:rgba(128,128,128,.2);overflow:hidden}
.custval-page .cv-bar.cv-small{width:4em;height:.5em;margin-left:.5em}
.custval-page .cv-fill{display:block;height:100%;background:#2f6db3}
.custval-page .cv-warn .cv-fill{background:#c77c11}
.custval-page .cv-tag{display:inline-block;white-space:nowrap;border-radius:9px;padding:0 8px;
background:rgba(128,128,128,.18)}
.custval-page .cv-tag.cv-strong{background:rgba(200,60,40,.85);color:#fff}
.custval-page .cv-tag.cv-mild{background:rgba(199,124,17,.85);color:#fff}
.custval-page .cv-tag.cv-good{background:rgba(60,140,90,.3)}
.custval-page code{background:rgba(128,128,128,.14);border-radius:3px;padding:0 3px;font-size:12px;white-space:pre-wrap}
.custval-page .cv-line code{white-space:pre}
</style>"""


def escape(text: Any) -> str:
    """Text that is safe between tags and in attributes; characters that cannot be seen are shown as �."""
    plain = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in str(text))
    return html.escape(plain)


def short(text: Any, longest: int = _LONGEST) -> str:
    """Escaped text, cut where it is long; the whole of up to 400 characters stands in the tip."""
    whole = str(text)
    if len(whole) <= longest:
        return escape(whole)
    return f'<span title="{escape(whole[:400])}">{escape(whole[:longest])}…</span>'


def written(value: Any) -> str:
    """A number, a time or a text as people write them, not escaped; nothing for None."""
    if value is None:
        return ""
    if isinstance(value, (bool, np.bool_, str)):
        return str(value)
    if isinstance(value, (int, np.integer)):
        return f"{int(value):,}"
    if isinstance(value, (float, np.floating)):
        number = float(value)
        if number.is_integer() and abs(number) < 1e15:
            return f"{int(number):,}"
        return f"{number:,.0f}" if 1e4 <= abs(number) < 1e15 else f"{number:,.4g}"
    if isinstance(value, dt.datetime):
        return f"{value:%Y-%m-%d}" if value.time() == dt.time() else value.isoformat(" ", "seconds")
    return str(value)


def bar(share: float | None, *, small: bool = False, warn: bool = False) -> str:
    """A bar that is filled up to a share."""
    if share is None or share != share:  # noqa: PLR0124 - NaN
        return ""
    classes = "cv-bar" + (" cv-small" if small else "") + (" cv-warn" if warn else "")
    width = 100 * min(max(share, 0.0), 1.0)
    return f'<span class="{classes}"><span class="cv-fill" style="width:{width:.1f}%"></span></span>'


def tag(text: str, kind: str = "") -> str:
    """A word in a box: of kind "good", "mild", "strong", or none of them."""
    return f'<span class="cv-tag{f" cv-{kind}" if kind else ""}">{escape(text)}</span>'


def table_of(headers: Sequence[str], rows: Iterable[Sequence[str]], numeric: Sequence[int] = (), more: str = "") -> str:
    """A table of cells that are HTML already, cut where it is long; `numeric` are the columns set to the right."""

    def cells(of: Sequence[str], name: str) -> str:
        kind = dict.fromkeys(numeric, ' class="cv-number"')
        return "".join(f"<{name}{kind.get(place, '')}>{cell}</{name}>" for place, cell in enumerate(of))

    kept = list(rows)
    body = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in kept[:_MOST_ROWS])
    left = len(kept) - _MOST_ROWS
    note = f'<p class="cv-dim">… and {left:,} more{f": {escape(more)}" if more else ""}</p>' if left > 0 else ""
    head = cells([escape(header) for header in headers], "th")
    return f'<div class="cv-scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{note}</div>'


def page(title: str, subtitle: str, *sections: str) -> str:
    """The whole: a title, a line below it, and what follows."""
    below = f'<p class="cv-sub">{escape(subtitle)}</p>' if subtitle else ""
    head = f"<h4>{escape(title)}</h4>{below}"
    return f'{_STYLE}<div class="custval-page">{head}{"".join(sections)}</div>'


def sections_of(fields: Mapping[str, Any]) -> list[str]:
    """The fields of a result: plain values, what sums it up, short tables, and long ones folded."""
    plain = {name: value for name, value in fields.items() if not _is_block(value)}
    blocks = [(name, *_block(name, fields[name])) for name in fields if name not in plain]
    blocks.sort(key=lambda block: (_FIRST.index(block[0]) if block[0] in _FIRST else len(_FIRST), block[2]))
    empty = {name: "none" for name, body, _ in blocks if not body}
    rows = [[f'<span class="cv-name">{_words(name)}</span>', _cell(name, value)] for name, value in plain.items()]
    rows += [[f'<span class="cv-name">{_words(name)}</span>', text] for name, text in empty.items()]
    return [table_of(["", ""], rows)] * bool(rows) + [body for _, body, _ in blocks if body]


def _words(name: str) -> str:
    return escape(name.replace("_", " "))


def is_frame(value: Any) -> bool:
    """Whether a value is a frame of some library."""
    # asked of the type: polars warns where a lazy frame is asked for its columns
    return hasattr(type(value), "columns") or hasattr(type(value), "column_names")


def _is_block(value: Any) -> bool:
    return isinstance(value, Mapping) or _is_result(value) or is_frame(value)


def _is_result(value: Any) -> bool:
    return hasattr(type(value), "_html_sections")


def _inside(result: Any) -> str:
    return "".join(result._html_sections())  # noqa: SLF001 - what results show inside others


def _block(name: str, value: Any) -> tuple[str, bool]:
    """A section, and whether it is folded; nothing for what is empty."""
    heading = f"<h5>{_words(name)}</h5>"
    if _is_result(value):
        return heading + _inside(value), False
    if isinstance(value, Mapping):
        rows = [[f'<span class="cv-name">{short(key)}</span>', _cell("", item)] for key, item in value.items()]
        return _folded(name, ["", ""], rows, len(rows), ())
    table = enter_any(value)
    if isinstance(table, LazyTable):  # its rows are in the engine, and stay there
        columns = ", ".join(table.columns)
        return f'{heading}<p class="cv-dim">a lazy frame of {escape(table.engine)}: {short(columns, 400)}</p>', False
    names = table.columns[:_SHOWN_COLUMNS]
    most = _SUMMARY_ROWS if name in _FIRST else _SHOWN_ROWS
    shown = to_mapping(dataclasses.replace(table, frame=table.frame.head(most)), names)
    if len(table) <= most:  # what holds nothing at all needs no column
        shown = {column: values for column, values in shown.items() if not all(value is None for value in values)}
        names = list(shown)
    rows = [[_cell(*pair) for pair in zip(names, row, strict=True)] for row in zip(*shown.values(), strict=True)]
    numeric = [place for place, column in enumerate(shown.values()) if any(map(_is_number, column))]
    left = max(len(table.columns) - _SHOWN_COLUMNS, 0)
    return _folded(name, [*names, *([f"… {left:,} more columns"] if left else [])], rows, len(table), numeric)


def _folded(
    name: str, headers: Sequence[str], rows: Sequence[Sequence[str]], total: int, numeric: Sequence[int]
) -> tuple[str, bool]:
    if not total:
        return "", False
    most = _SUMMARY_ROWS if name in _FIRST else _SHOWN_ROWS
    table = table_of(headers, rows[:most], numeric)
    more = f'<p class="cv-dim">… {total - most:,} more in .{escape(name)}</p>' if total > most else ""
    if not more or name in _FIRST:
        return f"<h5>{_words(name)}</h5>{table}{more}", False
    return f"<details><summary>{_words(name)} ({total:,})</summary>{table}{more}</details>", True


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool)


def _cell(name: str, value: Any) -> str:
    """A value, rounded for show; numbers that name something are written as they are."""
    if value is None or (isinstance(value, float) and value != value):  # noqa: PLR0124 - NaN
        return '<span class="cv-dim">–</span>'
    if _is_result(value):
        return _inside(value)
    if is_frame(value):
        return short(f"a frame of {', '.join(enter_any(value).columns)}", 2 * _SHOWN_LETTERS)
    if isinstance(value, str) and _LONG_FRACTION.fullmatch(value):
        value = float(value)
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        return escape(int(value)) if _IS_NAME.search(name) else f"{int(value):,}"
    if isinstance(value, float) and 100 <= abs(value) < 1e15 and not value.is_integer():
        return f"{value:,.2f}"
    if isinstance(value, Mapping):
        value = ", ".join(f"{key}: {written(item)}" for key, item in value.items())
    elif isinstance(value, (list, tuple)):
        value = ", ".join(map(written, value))
    return short(cut(written(value), 2 * _SHOWN_LETTERS), 2 * _SHOWN_LETTERS)


def cut(text: str, longest: int) -> str:
    """A text, without its middle where it is long."""
    if len(text) <= longest:
        return text
    end = (longest - 3) // 2
    return f"{text[: longest - 3 - end]} … {text[len(text) - end :]}"
