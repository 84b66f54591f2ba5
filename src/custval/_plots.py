"""The only door to matplotlib: arrays in, axes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from custval.errors import CustvalError
from custval.typing import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "axes_or_new",
    "bars_and_intervals",
    "curves",
    "heat_map",
    "histogram_and_curve",
    "marked_curve",
    "matrix",
    "paired_bars",
    "ranked_points",
    "share_curve",
]

# white text on the darker half of the color map
_DARK = 0.55
# what is looked at, above all what a model says; and what stands beside or behind it, above all what came
_STRONG, _PALE = "#1f4e8c", "#b9cde5"
# a line of the latter, which has less ink than a bar
_PALE_LINE = "#7fa3cf"
# around a figure, in inches, so that no label touches its edge
_MARGIN = 0.12
# more marks than this are drawn as a rug at the foot
_MOST_LINES = 25


def axes_or_new(ax: Axes | None, *, width: float = 7.0, height: float = 4.5) -> Axes:
    """The axes given, or those of a new figure."""
    if ax is not None:
        return ax
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        raise CustvalError(
            "plots need matplotlib, which is not installed", suggestion="pip install 'custval[plot]'", code="optional"
        ) from None
    figure, new = plt.subplots(figsize=(width, height), layout="constrained")
    layout: Any = figure.get_layout_engine()
    layout.set(w_pad=_MARGIN, h_pad=_MARGIN)
    return new


def paired_bars(
    ax: Axes | None,
    names: Sequence[str],
    pairs: tuple[FloatArray, FloatArray],
    labels: tuple[str, str],
    *,
    title: str,
    x_title: str,
    y_title: str,
) -> Axes:
    """Two bars side by side for each name, what came and what a model says; `pairs` are arrays of (len(names),)."""
    ax = axes_or_new(ax)
    place = np.arange(len(names))
    for heights, label, shift, color in zip(pairs, labels, (-0.2, 0.2), (_PALE, _STRONG), strict=True):
        ax.bar(place + shift, heights, width=0.4, label=label, color=color)
    ax.set_xticks(place, names)
    ax.yaxis.set_major_formatter("{x:,.0f}")
    return _titled(ax, title, x_title, y_title)


def heat_map(
    ax: Axes | None,
    values: FloatArray,
    x: FloatArray,
    y: FloatArray,
    *,
    title: str,
    x_title: str,
    y_title: str,
    color_title: str,
    top: float | None = None,
) -> Axes:
    """`values` of shape (len(y), len(x)) as colors over numbers that are evenly spaced; NaN is left white."""
    ax = axes_or_new(ax)
    half_x, half_y = (float(ends[1] - ends[0]) / 2 if len(ends) > 1 else 0.5 for ends in (x, y))
    extent = (float(x[0]) - half_x, float(x[-1]) + half_x, float(y[0]) - half_y, float(y[-1]) + half_y)
    image = ax.imshow(values, origin="lower", aspect="auto", extent=extent, cmap="viridis", vmin=0.0, vmax=top)
    figure = ax.get_figure()
    if figure is not None:
        figure.colorbar(image, ax=ax, label=color_title)
    ax.locator_params(axis="x", integer=True)
    return _titled(ax, title, x_title, y_title, legend=False)


def marked_curve(
    ax: Axes | None,
    times: Any,
    values: FloatArray,
    marks: Any,
    *,
    mark_label: str,
    title: str,
    y_title: str,
) -> Axes:
    """A probability over `times` (datetime64, shape (n,)), and a thin line at each of the `marks`, short if many."""
    ax = axes_or_new(ax, width=8.0)
    height, width = (1.0, 1.2) if len(marks) <= _MOST_LINES else (0.06, 0.6)
    color = _PALE if len(marks) <= _MOST_LINES else _PALE_LINE
    for i, mark in enumerate(marks):
        label = mark_label if i == 0 else None
        ax.axvline(mark, ymax=height, color=color, linewidth=width, zorder=1, label=label)
    ax.plot(times, values, color=_STRONG, linewidth=1.6)
    ax.set_ylim(0.0, 1.03)
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator: Any = AutoDateLocator()  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    _titled(ax, title, "", y_title, legend=False)
    # above the axes, so that it covers no mark
    ax.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.2, frameon=False)
    return ax


def histogram_and_curve(
    ax: Axes | None,
    edges: FloatArray,
    heights: FloatArray,
    curve: tuple[FloatArray, FloatArray],
    labels: tuple[str, str],
    *,
    title: str,
    x_title: str,
    y_title: str,
) -> Axes:
    """Bars between `edges`, shape (len(heights) + 1,), and a curve (x, y) over them."""
    ax = axes_or_new(ax)
    ax.bar(edges[:-1], heights, width=np.diff(edges), align="edge", color=_PALE, edgecolor="white", label=labels[0])
    ax.plot(*curve, color=_STRONG, linewidth=1.8, label=labels[1])
    ax.set_xlim(edges[0], edges[-1])
    ax.set_ylim(bottom=0.0)
    return _titled(ax, title, x_title, y_title)


def share_curve(
    ax: Axes | None,
    x: FloatArray,
    y: FloatArray,
    *,
    mark: tuple[float, float],
    title: str,
    x_title: str,
    y_title: str,
) -> Axes:
    """A curve of shares over shares, the diagonal beside it, and one point marked."""
    ax = axes_or_new(ax, width=5.6)
    ax.plot([0.0, 1.0], [0.0, 1.0], color=_PALE, linewidth=1.2, linestyle="--", label="all alike")
    ax.plot(x, y, color=_STRONG, linewidth=1.8)
    ax.plot(*mark, "o", color=_STRONG)
    ax.set_xlim(0.0, 1.0)
    ax.set_ylim(bottom=0.0)
    ax.xaxis.set_major_formatter(_percent)
    ax.yaxis.set_major_formatter(_percent)
    _titled(ax, title, x_title, y_title, legend=False)
    ax.legend(frameon=False, loc="lower right")
    return ax


def _percent(share: float, _: float) -> str:
    return f"{100 * share:.0f} %"


def _titled(ax: Axes, title: str, x_title: str, y_title: str, *, legend: bool = True) -> Axes:
    ax.set_title(title)
    ax.set_xlabel(x_title)
    ax.set_ylabel(y_title)
    ax.spines[["top", "right"]].set_visible(False)
    if legend:
        ax.legend(frameon=False)
    return ax


def matrix(
    ax: Axes | None,
    values: FloatArray,
    rows: Sequence[str],
    columns: Sequence[str],
    texts: Sequence[Sequence[str]],
    *,
    title: str,
    row_title: str,
    column_title: str,
    color_title: str,
) -> Axes:
    """A table whose cells are shaded by `values`, shape (len(rows), len(columns)), and hold `texts`."""
    values = np.asarray(values, dtype=np.float64)
    ax = axes_or_new(ax, width=2.6 + 1.5 * len(columns), height=1.4 + 0.55 * len(rows))
    image = ax.imshow(values, aspect="auto", cmap="Blues", vmin=0.0)
    ax.set_xticks(range(len(columns)), columns)
    ax.set_yticks(range(len(rows)), rows)
    ax.set_xlabel(column_title)
    ax.set_ylabel(row_title)
    ax.set_title(title)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    top = float(np.nanmax(values, initial=0.0)) or 1.0
    for i, line in enumerate(texts):
        for j, text in enumerate(line):
            color: Any = "white" if values[i, j] / top > _DARK else "black"
            ax.text(j, i, text, ha="center", va="center", color=color, fontsize=9)
    figure = ax.get_figure()
    if figure is not None:
        figure.colorbar(image, ax=ax, label=color_title)
    return ax


def bars_and_intervals(
    ax: Axes | None,
    names: Sequence[str],
    bars: FloatArray,
    points: tuple[FloatArray, FloatArray, FloatArray],
    *,
    title: str,
    x_title: str,
    y_title: str,
    bar_label: str,
    point_label: str,
) -> Axes:
    """A bar for each name, and over it a point with its interval (value, low, high): arrays of shape (len(names),)."""
    ax = axes_or_new(ax)
    center, low, high = points
    place = np.arange(len(names))
    ax.bar(place, bars, width=0.7, color=_PALE, label=bar_label)
    around = np.maximum([center - low, high - center], 0.0)
    ax.errorbar(place, center, yerr=around, fmt="o", color=_STRONG, capsize=3, label=point_label)
    ax.set_xticks(place, names)
    ax.set_ylim(bottom=0.0)
    return _titled(ax, title, x_title, y_title)


def curves(
    ax: Axes | None,
    x: Any,
    lines: Mapping[str, FloatArray],
    *,
    mark: Any,
    mark_label: str,
    title: str,
    x_title: str,
    y_title: str,
) -> Axes:
    """What came, the first of the `lines`, and what models say, the others, over x of shape (n,); a mark on x."""
    ax = axes_or_new(ax)
    colors = [_PALE_LINE, *[_STRONG] * (len(lines) - 1)]
    for (label, y), color, style in zip(lines.items(), colors, ["-", *["--"] * (len(lines) - 1)], strict=True):
        ax.plot(x, y, style, label=label, linewidth=1.8, color=color)
    ax.axvline(mark, color="gray", linewidth=1.0, linestyle=":", label=mark_label)
    ax.set_ylim(bottom=0.0)
    ax.tick_params(axis="x", labelrotation=30)
    return _titled(ax, title, x_title, y_title)


def ranked_points(
    ax: Axes | None,
    names: Sequence[str],
    values: FloatArray,
    strong: Sequence[bool],
    *,
    title: str,
    x_title: str,
) -> Axes:
    """One point for each name, the first on top; those that are not `strong` are drawn hollow."""
    ax = axes_or_new(ax, height=1.2 + 0.4 * len(names))
    for place, (value, filled) in enumerate(zip(values.tolist(), strong, strict=True)):
        ax.plot(value, place, "o", color=_STRONG, fillstyle="full" if filled else "none")
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.margins(x=0.08)
    ax.grid(axis="y", alpha=0.3)
    ax.set_title(title)
    ax.set_xlabel(x_title)
    ax.spines[["top", "right"]].set_visible(False)
    return ax
