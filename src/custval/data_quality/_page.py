"""Small pages for notebooks: escaped text, bars of shares, tables; for light and dark themes."""

from __future__ import annotations

import datetime as dt
import html
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from custval.data_quality._text import as_text

__all__ = ["bar", "escape", "page", "short", "table_of", "tag", "written"]

_LONGEST = 40
_MOST_ROWS = 200

_STYLE = """<style>
.custval-page{font-family:system-ui,-apple-system,"Segoe UI",sans-serif;font-size:13px;line-height:1.45;
max-width:1180px}
.custval-page h4{margin:.2em 0 .1em;font-size:16px}
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
    return as_text(value)


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
    """A table of cells that are HTML already; `numeric` are the columns set to the right."""

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
    head = f'<h4>{escape(title)}</h4><p class="cv-sub">{escape(subtitle)}</p>'
    return f'{_STYLE}<div class="custval-page">{head}{"".join(sections)}</div>'
