"""What has drifted, as a page for notebooks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from custval.data_quality._drifted_column import DRIFTED, ColumnDrift
from custval.data_quality._page import bar, escape, page, short, table_of, tag
from custval.data_quality._shares import percent

__all__ = ["drift_page"]

_KINDS = {"other type": "strong", "large": "strong", "moderate": "mild", "stable": "good"}
_NAMED = 2  # categories of each kind
_FULL = 0.5  # the index at which the bar is full


def drift_page(rows: tuple[int, int], columns: Sequence[ColumnDrift], level: float) -> str:
    """A row per column, those that drifted most on top."""
    rank = {"other type": 0, "large": 0, "moderate": 1, "uncertain": 2, "stable": 3, "not compared": 4}
    ordered = sorted(columns, key=lambda column: (rank[column.verdict], -(column.psi or 0.0)))
    drifted = sum(column.verdict in DRIFTED for column in columns)
    headers = ["column", "kind", "verdict", "PSI", "", "test", "adjusted p", "nulls", "new and vanished", "why"]
    return page(
        "Drift",
        f"{drifted:,} of {len(columns):,} columns drifted · {rows[0]:,} rows of the reference, {rows[1]:,} current · "
        f"level {level:g}",
        table_of(headers, map(_row, ordered), (3, 6), "drift.to_frame() has all of them"),
    )


def _row(column: ColumnDrift) -> list[str]:
    psi = column.psi
    freedom = "" if column.degrees_of_freedom is None else f"{column.degrees_of_freedom} df"
    test = freedom if column.chi_square is None else f"χ² {column.chi_square:,.1f} ({freedom})"
    return [
        f'<span class="cv-name">{short(column.column)}</span>',
        f'<span class="cv-dim">{escape(column.kind)}</span>',
        tag(column.verdict, _KINDS.get(column.verdict, "")),
        "" if psi is None else f"{psi:.3f}",
        "" if psi is None else bar(psi / _FULL, small=True, warn=column.verdict in DRIFTED),
        f'<span class="cv-line">{test}</span>',
        _p(column.p_adjusted),
        _nulls(column),
        "<br>".join(
            filter(
                None,
                [
                    _categories("+", column.new_categories, column.n_new),
                    _categories("−", column.vanished_categories, column.n_vanished),
                ],
            )
        ),
        short(column.reason, 80),
    ]


def _p(value: float | None) -> str:
    return "" if value is None else "&lt; 0.001" if value < 0.001 else f"{value:.3f}"


def _nulls(column: ColumnDrift) -> str:
    before, after = column.null_share_reference, column.null_share_current
    if before is None or after is None:
        return ""
    if before == after:
        return f'<span class="cv-line cv-dim">{_percent(before)}</span>'
    return f'<span class="cv-line">{_percent(before)} → {_percent(after)}</span>'


def _categories(sign: str, shares: Mapping[str, float], n: int) -> str:
    lines = [f"{sign} {short(name, 20)} {_percent(share)}" for name, share in [*shares.items()][:_NAMED]]
    if n > _NAMED:
        lines.append(f'<span class="cv-dim">{sign} {n - _NAMED:,} more</span>')
    return "<br>".join(f'<span class="cv-line">{line}</span>' for line in lines)


def _percent(share: float) -> str:
    return escape("0 %" if share == 0 else percent(share, 1))
