"""The only door to matplotlib: arrays in, axes out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from custval.errors import CustvalError
from custval.typing import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["axes_or_new", "matrix"]

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
