"""The stage × value matrix of a customer view."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from custval._frame import Table, codes, enter, examples, labels, nulls, numbers, nw, to_mapping
from custval._plots import matrix
from custval._result import Result
from custval.errors import DataError
from custval.typing import FloatArray, IntArray, IntoFrame

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["ViewMatrix", "view_matrix"]

_ORDER = ("prospect", "new", "growth", "mature", "decline", "churned", "reactivated")
_UNKNOWN = "unknown"
_HINT = "a view has it: custval.strategy.customer_view(customers, as_of=…, …)"


@dataclass(frozen=True, slots=True)
class ViewMatrix(Result):
    """Customers, value and risk by stage and value band.

    Attributes
    ----------
    cells : frame
        One row per stage × value band, of those that occur: `stage, value_band, n, share, value,
        churn_probability`. `n` is the number of customers, `share` its part of all, `value` the sum of the values
        that are known (null where none is), `churn_probability` the mean of those that are known (likewise).
    stages, value_bands : tuple of str
        The rows and the columns, in order; "unknown" stands last.
    n : int
        All customers, the sum over the cells.
    """

    cells: Any
    stages: tuple[str, ...]
    value_bands: tuple[str, ...]
    n: int

    def to_frame(self) -> Any:
        """The cells, one row each, in the library of the view."""
        return self.cells

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the matrix: each cell with its customers, shaded by its value.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; a new figure if not given.

        Returns
        -------
        matplotlib Axes
        """
        cells = to_mapping(enter(self.cells))
        shape = (len(self.stages), len(self.value_bands))
        value = np.array([amount or 0.0 for amount in cells["value"]]).reshape(shape)
        count = np.array(cells["n"], dtype=np.int64).reshape(shape)
        texts = [[f"{n:,}\n{n / max(self.n, 1):.1%}" for n in row] for row in count.tolist()]
        return matrix(
            ax,
            value,
            self.stages,
            self.value_bands,
            texts,
            title=f"{self.n:,} customers",
            row_title="lifecycle stage",
            column_title="value band",
            color_title="value",
        )

    def _repr_html_(self) -> str:
        cells = to_mapping(enter(self.cells))
        count = iter(zip(cells["n"], cells["share"], strict=True))
        head = "".join(f"<th>{html.escape(band)}</th>" for band in self.value_bands)
        body = "".join(
            f"<tr><th>{html.escape(stage)}</th>"
            + "".join("<td>{:,} ({:.1%})</td>".format(*next(count)) for _ in self.value_bands)
            + "</tr>"
            for stage in self.stages
        )
        return (
            f"<div><strong>{self.n:,} customers by stage and value band</strong>"
            f"<table><thead><tr><th></th>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        )


def view_matrix(view: IntoFrame) -> ViewMatrix:
    """Count customers, value and risk by stage and value band.

    Parameters
    ----------
    view : frame
        What `customer_view` returned, or any frame with its columns `stage`, `value_band`, `value` and
        `churn_probability`.

    Returns
    -------
    ViewMatrix
        Every customer is in one cell: those without a stage or a band under "unknown". The stages of the
        classic scheme come first, along the way of a customer, others after them by name; bands by their values.

    Raises
    ------
    ColumnError
        If a column is missing, or one of numbers holds something else.

    Examples
    --------
    >>> from custval.strategy import view_matrix
    >>> view = {
    ...     "stage": ["new", "new", "mature", None],
    ...     "value_band": ["low", "high", "high", "low"],
    ...     "value": [1.0, 9.0, 8.0, 2.0],
    ...     "churn_probability": [0.5, 0.1, 0.3, None],
    ... }
    >>> matrix = view_matrix(view)
    >>> matrix.stages, matrix.value_bands
    (('new', 'mature', 'unknown'), ('low', 'high'))
    >>> matrix.to_frame()["n"]
    [1, 1, 0, 1, 1, 0]
    """
    table = enter(view, "the view")
    table.require("stage", "value_band", "value", "churn_probability", hint=_HINT)
    value, churn = (numbers(table, name, missing=True) for name in ("value", "churn_probability"))
    impossible = (churn < 0) | (churn > 1)
    if impossible.any():
        raise DataError(
            f"the view: {int(impossible.sum()):,} churn probabilities lie outside 0 and 1",
            column="churn_probability",
            count=int(impossible.sum()),
            code="probability",
            examples=examples(impossible),
        )
    stage, stages = _labels(table["stage"])
    band, bands = _labels(table["value_band"])
    stage, stages = _in_order(stage, stages, [_place(name) for name in stages])
    band, bands = _in_order(band, bands, _band_places(band, bands, value))
    size = len(stages) * len(bands)
    cell = stage * len(bands) + band
    n = np.bincount(cell, minlength=size)
    row, column = np.divmod(np.arange(size), max(len(bands), 1))
    cells = table.make(
        {
            "stage": labels(table, "stage", row, stages),
            "value_band": labels(table, "value_band", column, bands),
            "n": n,
            "share": n / max(len(table), 1),
            "value": _known(table, *_sums(cell, size, value), mean=False),
            "churn_probability": _known(table, *_sums(cell, size, churn), mean=True),
        }
    )
    return ViewMatrix(cells, tuple(stages), tuple(bands), len(table))


def _labels(series: nw.Series[Any]) -> tuple[IntArray, list[str]]:
    """Codes into names, with the nulls under "unknown"."""
    missing = nulls(series)
    known = series[np.flatnonzero(~missing)]
    code, distinct = codes(known if known.dtype == nw.String else known.cast(nw.String))
    names = [str(name) for name in distinct.to_list()]
    if missing.any() and _UNKNOWN not in names:
        names.append(_UNKNOWN)
    result = np.full(len(series), names.index(_UNKNOWN) if missing.any() else 0, dtype=np.int64)
    result[~missing] = code
    return result, names


def _in_order(code: IntArray, names: list[str], places: list[Any]) -> tuple[IntArray, list[str]]:
    order = sorted(range(len(names)), key=lambda i: (names[i] == _UNKNOWN, places[i], names[i]))
    rank = np.empty(len(names), dtype=np.int64)
    rank[order] = np.arange(len(names))
    return (rank[code] if len(code) else code), [names[i] for i in order]


def _place(stage: str) -> int:
    return _ORDER.index(stage) if stage in _ORDER else len(_ORDER)


def _band_places(band: IntArray, names: list[str], value: FloatArray) -> list[float]:
    lowest = np.full(len(names), np.inf)
    known = ~np.isnan(value)
    np.minimum.at(lowest, band[known], value[known])
    places: list[float] = lowest.tolist()
    return places


def _sums(cell: IntArray, size: int, value: FloatArray) -> tuple[FloatArray, IntArray]:
    known = ~np.isnan(value)
    total = np.bincount(cell[known], value[known], size)
    return total.astype(np.float64), np.bincount(cell[known], minlength=size).astype(np.int64)


def _known(table: Table, total: FloatArray, count: IntArray, *, mean: bool) -> nw.Series[Any]:
    """Sums or means, null where nothing was counted."""
    amounts = total / np.maximum(count, 1) if mean else total
    plain = [amount if counted else None for amount, counted in zip(amounts.tolist(), count.tolist(), strict=True)]
    return table.series("known", plain, nw.Float64)
