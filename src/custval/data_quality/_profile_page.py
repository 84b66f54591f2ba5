"""A profile, and two beside each other, as pages for notebooks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from custval.data_quality._column_profile import ColumnProfile
from custval.data_quality._page import bar, escape, page, short, table_of, tag, written

__all__ = ["comparison_page", "profile_page"]

_SHOWN_VALUES = 3
_POOR = 0.95  # of a dimension: under it the bar has the color of a warning


def profile_page(
    subtitle: str,
    quality: Mapping[str, float | None],
    formulas: Mapping[str, str],
    columns: Mapping[str, ColumnProfile],
) -> str:
    """The six dimensions as bars with their formulas, and a table of the columns."""
    dimensions = [
        [f'<span class="cv-name">{escape(name)}</span>', _judged(share), _percent(share), _dim(formulas[name])]
        for name, share in ((name, quality[name]) for name in formulas)
    ]
    headers = ["column", "type", "nulls", "", "distinct", "range", "mean ± sd", "top values", "pattern"]
    table = table_of(headers, map(_column, columns.values()), (2, 4), "profile.to_frame() has all of them")
    return page("Profile", subtitle, table_of(["quality", "", "", "formula"], dimensions, (2,)), table)


def comparison_page(rows: tuple[int, int], quality: Mapping[str, Any], changes: Mapping[str, list[Any]]) -> str:
    """Each dimension before and after, and what changed in each column."""
    dimensions = [
        [
            f'<span class="cv-name">{escape(name)}</span>',
            _percent(before) or _dim("–"),
            _judged(before),
            _percent(after) or _dim("–"),
            _judged(after),
            "" if before is None or after is None else f"{100 * (after - before):+.1f} points",
        ]
        for name, (before, after) in quality.items()
    ]
    kinds = {"added": "good", "removed": "strong", "changed": "mild"}
    pairs = ["dtype", "null_share", "distinct", "minimum", "maximum", "mean", "top_values"]
    lines = [
        [
            f'<span class="cv-name">{short(changes["column"][i])}</span>',
            tag(changes["status"][i], kinds.get(changes["status"][i], "")),
            *(_pair(name, changes[f"{name}_before"][i], changes[f"{name}_after"][i]) for name in pairs),
        ]
        for i in range(len(changes["column"]))
    ]
    subtitle = f"{rows[0]:,} rows before, {rows[1]:,} after"
    headers = ["column", "", "type", "null share", "distinct", "minimum", "maximum", "mean", "top values"]
    return page(
        "Two profiles",
        subtitle,
        table_of(["quality", "before", "", "after", "", "difference"], dimensions, (1, 3, 5)),
        table_of(headers, lines, (), "comparison.to_frame() has all of them"),
    )


def _pair(name: str, before: Any, after: Any) -> str:
    show = _percent if name == "null_share" else lambda value: short(_type(written(value)), 60)
    one, two = show(before) or "–", show(after) or "–"
    return _dim(one, escaped=True) if before == after else f"{one} → <b>{two}</b>"


def _column(column: ColumnProfile) -> list[str]:
    missing = column.null_share
    return [
        f'<span class="cv-name">{short(column.column)}</span>',
        _dim(_type(column.dtype)),
        written(column.nulls) if column.nulls else _dim("0"),
        bar(missing, small=True, warn=True) if missing else "",
        written(column.distinct),
        _range(column),
        _mean(column),
        _top(column),
        "<br>".join(
            f'<span class="cv-line"><code>{short(shape, 24)}</code> {_dim(_rounded(share))}</span>'
            for shape, share in column.patterns.items()
        ),
    ]


def _type(dtype: str) -> str:
    # Datetime(time_unit='us', time_zone=None) is Datetime to people
    return dtype.partition("(")[0] if dtype.startswith("Datetime") and "time_zone=None" in dtype else dtype


def _rounded(share: float) -> str:
    return "<1 %" if 0 < share < 0.005 else f"{100 * share:.0f} %"


def _range(column: ColumnProfile) -> str:
    if column.minimum is None:
        return ""
    low, high = short(written(column.minimum), 24), short(written(column.maximum), 24)
    return low if low == high else f"{low} <span class='cv-dim'>to</span> {high}"


def _mean(column: ColumnProfile) -> str:
    if column.mean is None:
        return ""
    spread = "" if column.standard_deviation is None else f" ± {written(column.standard_deviation)}"
    return f"{written(column.mean)}{spread}"


def _top(column: ColumnProfile) -> str:
    if column.distinct == column.rows - column.nulls > 1:
        return _dim("all different")
    known = max(column.rows - column.nulls, 1)
    lines = [
        f'<span class="cv-line">{short(value.removesuffix(" 00:00:00"), 28) or _dim("(blank)")} '
        f"{_dim(f'{count:,} ({_rounded(count / known)})')}</span>"
        for value, count in [*column.top_values.items()][:_SHOWN_VALUES]
    ]
    return "<br>".join(lines)


def _judged(share: float | None) -> str:
    return bar(share, warn=share is not None and share < _POOR)


def _percent(share: float | None) -> str:
    if share is None:
        return ""
    # 99.99 % is not all
    return f"{100 * share:.1f} %" if share in {0.0, 1.0} or 0.0005 <= share < 0.9995 else f"{100 * share:.3g} %"


def _dim(text: str, *, escaped: bool = False) -> str:
    return f'<span class="cv-dim">{text if escaped else escape(text)}</span>'
