"""A profile, and two beside each other, as pages for notebooks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from custval.data_quality._called import names_a_key, names_a_person, names_a_year
from custval.data_quality._clean_text import clean_header
from custval.data_quality._column_profile import ColumnProfile
from custval.data_quality._kinds import kind_by_name
from custval.data_quality._page import bar, escape, page, short, table_of, tag, written
from custval.data_quality._shares import percent

__all__ = ["comparison_page", "profile_page"]

_SHOWN_VALUES = 3
_SHOWN_COLUMNS = 5
_SHOWN_ROWS = 5
_POOR = 0.95  # of a dimension: under it the bar has the color of a warning
_YEARS = (1800, 2200)
_LABELS = frozenset({"id", "id_number", "credit_code", "phone", "postcode"})


def profile_page(
    subtitle: str,
    quality: Mapping[str, float | None],
    formulas: Mapping[str, str],
    columns: Mapping[str, ColumnProfile],
    odd_rows: Sequence[tuple[int, str]] = (),
) -> str:
    """The six dimensions as bars with their formulas, and a table of the columns."""
    dimensions = [
        [
            f'<span class="cv-name">{escape(name)}</span>',
            _judged(share),
            _percent(share),
            _dim(formulas[name]) + _causes(name, formulas[name], columns),
        ]
        for name, share in ((name, quality[name]) for name in formulas)
    ]
    headers = ["column", "type", "nulls", "distinct", "range", "mean ± sd", "top values", "pattern"]
    rows = list(map(_column, columns.values()))
    if any(column.missing_spellings for column in columns.values()):
        headers.insert(3, "spelled missing")
        rows = [[*row[:3], _spelled(column), *row[3:]] for row, column in zip(rows, columns.values(), strict=True)]
    if any(column.rare_values for column in columns.values()):
        headers.insert(-1, "rare values")
        rows = [[*row[:-1], _counted(c.rare_values), row[-1]] for row, c in zip(rows, columns.values(), strict=True)]
    table = table_of(headers, rows, (2, headers.index("distinct")), "profile.to_frame() has all of them")
    quality_table = table_of(["quality", "", "", "formula"], dimensions, (2,))
    return page("Profile", subtitle, quality_table, _odd(odd_rows), _suspects(columns), table)


def _causes(name: str, formula: str, columns: Mapping[str, ColumnProfile]) -> str:
    """Below the formula of a score: the columns that lower it most, and by which values."""
    if name == "validity" and formula.startswith("1 − unusable"):
        found = {c.column: (c.unusable, c.unusable_examples) for c in columns.values() if c.unusable}
    elif name == "consistency":
        found = {c.column: (c.variants, c.variant_examples) for c in columns.values() if c.variants}
    else:
        return ""
    most = sorted(found, key=lambda column: -found[column][0])
    lines = [
        f'<br><span class="cv-name">{short(column)}</span> {found[column][0]:,}: {_counted(found[column][1], ", ")}'
        for column in most[:_SHOWN_COLUMNS]
    ]
    more = len(most) - _SHOWN_COLUMNS
    return "".join(lines) + (f"<br>{_dim(f'… and {more:,} more columns: see to_frame()')}" if more > 0 else "")


def _counted(values: Mapping[str, int], between: str = "<br>") -> str:
    """Values in a box, so that blanks at their ends are seen, and how often they stand there."""
    lines = (
        f'<span class="cv-line">{f"<code>{short(value, 24)}</code>" if value.strip() else "blank"} '
        f"{_dim(f'{count:,}')}</span>"
        for value, count in values.items()
    )
    return between.join(lines)


def odd_rows_listed(rows: Sequence[tuple[int, str]]) -> str:
    """Rows that are no data on one line: "header in row 7; total in rows 12, 30, … (5 in all)"."""
    parts = []
    for what in dict.fromkeys(what for _, what in rows):
        numbers = [f"{row:,}" for row, kind in rows if kind == what]
        shown = ", ".join(numbers[:_SHOWN_ROWS])
        more = f", … ({len(numbers):,} in all)" if len(numbers) > _SHOWN_ROWS else ""
        parts.append(f"{what} in row{'s' if len(numbers) > 1 else ''} {shown}{more}")
    return "; ".join(parts)


def _odd(rows: Sequence[tuple[int, str]]) -> str:
    return f"<p>{tag('rows that are no data', 'mild')} {escape(odd_rows_listed(rows))}</p>" if rows else ""


def _suspects(columns: Mapping[str, ColumnProfile]) -> str:
    """Values that are likely codes for missing, and what to do about them."""
    found = [column for column in columns.values() if column.suspected_missing]
    if not found:
        return ""
    lines = [
        [f'<span class="cv-name">{short(c.column)}</span>', _counted(c.suspected_missing, ", "), _dim(_advice(c))]
        for c in found
    ]
    return table_of(["perhaps missing, or a cap", "value and rows", "if it means missing"], lines)


def _advice(column: ColumnProfile) -> str:
    if column.mean is None:
        return "make these times null"
    codes = ", ".join(column.suspected_missing)
    return f"to_numeric or standardize with missing={{{column.column!r}: [{codes}]}}"


def comparison_page(rows: tuple[int, int], quality: Mapping[str, Any], changes: Mapping[str, list[Any]]) -> str:
    """Each dimension before and after, and what changed in each column."""
    dimensions = [
        [
            f'<span class="cv-name">{escape(name)}</span>',
            _percent(before) or _dim("–"),
            _judged(before),
            _percent(after) or _dim("–"),
            _judged(after),
            "" if before is None or after is None else _points(after - before),
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
    show = _percent if name == "null_share" else lambda value: short(written(value), 60)
    one, two = show(before) or "–", show(after) or "–"
    if name in {"null_share", "distinct", "mean"}:
        one, two = (f'<span class="cv-line">{text}</span>' for text in (one, two))
    return _dim(one, escaped=True) if before == after else f"{one} → <b>{two}</b>"


def _column(column: ColumnProfile) -> list[str]:
    missing = column.null_share
    return [
        f'<span class="cv-name">{short(column.column)}</span>',
        _dim(column.dtype) + _reads(column),
        f"{written(column.nulls)}<br>{bar(missing, small=True, warn=True)}" if missing else _dim("0"),
        written(column.distinct),
        _range(column),
        _mean(column),
        _top(column),
        "<br>".join(
            f'<span class="cv-line">{f"<code>{short(shape, 16)}</code>" if shape.strip() else _dim("(blank)")} '
            f"{_dim(percent(share))}</span>"
            for shape, share in column.patterns.items()
        ),
    ]


def _reads(column: ColumnProfile) -> str:
    lines = (f"reads as {what}: {percent(share, 0, 2)}" for what, share in column.reads_as.items())
    return "".join(f'<br><span class="cv-line">{escape(line)}</span>' for line in lines)


def _spelled(column: ColumnProfile) -> str:
    """How many texts mean "missing", and as what."""
    items = [*column.missing_spellings.items()]
    lines = [f"<code>{short(text)}</code> {count:,}" if text else f"blank {count:,}" for text, count in items[:3]]
    more = [_dim(f"… {len(items) - 3:,} more spellings")] if len(items) > 3 else []
    return "<br>".join(f'<span class="cv-line">{line}</span>' for line in [*lines, *more])


def _value(text: str, longest: int) -> str:
    return short(text, longest) if text.strip() else _dim("(blank)")


def _is_whole(column: ColumnProfile) -> bool:
    ends = (column.minimum, column.maximum)
    return column.mean is not None and all(float(end).is_integer() for end in ends)


def _is_label(column: ColumnProfile) -> bool:
    """Whether whole numbers name something, so that they are no amounts: keys, phones, postcodes."""
    name = column.column
    named = (
        names_a_key(name)
        or (names_a_person(name) and not names_a_year(name))
        or kind_by_name(clean_header(name)) in _LABELS
    )
    return named and _is_whole(column)


def _is_year(column: ColumnProfile) -> bool:
    """Whether whole numbers are years, by the name or by where all of them lie."""
    if not _is_whole(column):
        return False
    low, high = _YEARS
    return low <= column.minimum and column.maximum <= high and (names_a_year(column.column) or column.distinct > 1)


def _range(column: ColumnProfile) -> str:
    if column.minimum is None:
        return ""
    # 1,893 is no year, and 12,346 no customer
    plain = _is_label(column) or _is_year(column)
    low, high = (
        f'<span class="cv-line">{_value(str(int(end)) if plain else written(end), 24)}</span>'
        for end in (column.minimum, column.maximum)
    )
    return low if low == high else f'{low} <span class="cv-dim">to</span> {high}'


def _mean(column: ColumnProfile) -> str:
    if column.mean is None or _is_label(column):
        return ""
    mean = f"{column.mean:.1f}" if _is_year(column) else written(column.mean)
    spread = "" if column.standard_deviation is None else f" ± {written(column.standard_deviation)}"
    return f'<span class="cv-line">{mean}{spread}</span>'


def _top(column: ColumnProfile) -> str:
    if column.distinct == column.rows - column.nulls > 1:
        return _dim("all different")
    known = max(column.rows - column.nulls, 1)
    lines = [
        f'<span class="cv-line">{_value(value.removesuffix(" 00:00:00"), 24)} '
        f"{_dim(f'{count:,} ({percent(count / known)})')}</span>"
        for value, count in [*column.top_values.items()][:_SHOWN_VALUES]
    ]
    return "<br>".join(lines)


def _judged(share: float | None) -> str:
    return bar(share, warn=share is not None and share < _POOR)


def _percent(share: float | None) -> str:
    return "" if share is None else escape(percent(share, 1, 3))


def _points(difference: float) -> str:
    """A difference of shares in points of percent; no sign where there is none."""
    if difference == 0.0:
        return _dim("0 points")
    text = f"{100 * difference:+.1f}"
    if float(text) == 0.0:
        text = f"{100 * difference:+.1g}"
    return escape(f"{text.replace('-', '−')} points")


def _dim(text: str, *, escaped: bool = False) -> str:
    return f'<span class="cv-dim">{text if escaped else escape(text)}</span>'
