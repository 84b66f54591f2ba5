"""The only door to matplotlib: arrays in, axes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from custval.errors import CustvalError
from custval.typing import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["axes_or_new", "bars_and_intervals", "curves", "matrix", "ranked_points"]

# white text on the darker half of the color map
_DARK = 0.55


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
    _, new = plt.subplots(figsize=(width, height), layout="constrained")
    return new


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
    ax.bar(place, bars, width=0.7, color="#c6d5e8", label=bar_label)
    around = np.maximum([center - low, high - center], 0.0)
    ax.errorbar(place, center, yerr=around, fmt="o", color="#1f4e8c", capsize=3, label=point_label)
    ax.set_xticks(place, names)
    ax.set_ylim(bottom=0.0)
    return _dressed(ax, title, x_title, y_title)


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
    """Lines over `x`, numbers or times of shape (n,), the first drawn through and the others broken; a mark on x."""
    ax = axes_or_new(ax)
    for (label, y), style in zip(lines.items(), ["-", *["--"] * (len(lines) - 1)], strict=True):
        ax.plot(x, y, style, label=label, linewidth=1.6)
    ax.axvline(mark, color="gray", linewidth=1.0, linestyle=":", label=mark_label)
    ax.set_ylim(bottom=0.0)
    ax.tick_params(axis="x", labelrotation=30)
    return _dressed(ax, title, x_title, y_title)


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
        ax.plot(value, place, "o", color="#1f4e8c", fillstyle="full" if filled else "none")
    ax.set_yticks(range(len(names)), names)
    ax.invert_yaxis()
    ax.grid(axis="y", alpha=0.3)
    ax.set_title(title)
    ax.set_xlabel(x_title)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def _dressed(ax: Axes, title: str, x_title: str, y_title: str) -> Axes:
    ax.set_title(title)
    ax.set_xlabel(x_title)
    ax.set_ylabel(y_title)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False)
    return ax
