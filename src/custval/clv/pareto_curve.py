"""How much of the whole the best customers bring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from custval._check import whole
from custval._frame import enter, numbers
from custval._plots import share_curve
from custval._result import Result
from custval.errors import DataError
from custval.typing import IntoFrame

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["ParetoCurve", "pareto_curve"]


@dataclass(frozen=True, slots=True)
class ParetoCurve(Result):
    """The share of a value that the best customers bring, by their share of all customers.

    Attributes
    ----------
    points : frame
        `share_of_customers`, from 0 to 1, and `share_of_value`, that of so many of the best.
    value : str
        The column.
    n_customers : int
    total : float
        The sum of the value.
    share_of_best_fifth : float
        What the best 20 % bring: .8 in the rule of thumb.
    gini : float
        The Gini coefficient, twice the area between the curve and the diagonal: 0 if all are worth the same, near 1 if
        one is worth all; above 1 is possible where values are negative.
    """

    points: Any
    value: str
    n_customers: int
    total: float
    share_of_best_fifth: float
    gini: float

    def to_frame(self) -> Any:
        """The points of the curve, in the library of the customers."""
        return self.points

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the curve, and the diagonal on which all customers would be worth the same.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; a new figure if not given.

        Returns
        -------
        matplotlib Axes
        """
        table = enter(self.points)
        return share_curve(
            ax,
            numbers(table, "share_of_customers"),
            numbers(table, "share_of_value"),
            mark=(0.2, self.share_of_best_fifth),
            title=f"The best 20 % of {self.n_customers:,} customers bring {100 * self.share_of_best_fifth:.0f} %",
            x_title="share of customers, the best first",
            y_title=f"share of {self.value}",
        )


def pareto_curve(X: IntoFrame, value: str = "margin", *, points: int = 100) -> ParetoCurve:
    """Compute what share of a value the best customers bring.

    Parameters
    ----------
    X : frame
        One row per customer: what `contribution` or `lifetime_value` returned, or any other.
    value : str
        The column of the value, such as "margin", "revenue" or "clv".
    points : int
        Into how many steps the customers are cut.

    Returns
    -------
    ParetoCurve

    Raises
    ------
    ColumnError
        If the column is missing or holds no numbers.
    DataError
        If a value is missing, there are no customers, or the values do not sum to more than 0: then there is no whole
        to have a share of.

    Notes
    -----
    Where a step ends within a customer, that part of the customer's value is counted. Where customers are worth less
    than nothing, the curve passes 1 and comes back to it.

    Examples
    --------
    >>> import custval as cv
    >>> brought = cv.clv.contribution(cv.datasets.load_cdnow())
    >>> curve = cv.clv.pareto_curve(brought, "revenue", points=5)
    >>> curve.to_frame().round(3)
       share_of_customers  share_of_value
    0                 0.0           0.000
    1                 0.2           0.678
    2                 0.4           0.848
    3                 0.6           0.931
    4                 0.8           0.977
    5                 1.0           1.000
    >>> round(curve.gini, 3)
    0.635
    """
    steps = whole(points, "points", at_least=1)
    table = enter(X, "X")
    table.require(value)
    worth = np.sort(numbers(table, value))[::-1]
    n, total = len(worth), float(worth.sum())
    if not n or total <= 1e-12 * float(np.abs(worth).sum()):
        raise DataError(
            f"X: the {n:,} values of {value!r} sum to {total:g}, so there is no whole to have a share of",
            column=value,
            count=n,
            suggestion="take another column, or leave out those who cost more than they bring",
            code="no_total",
        )
    at, brought = np.arange(n + 1) / n, np.concatenate([[0.0], np.cumsum(worth) / total])
    share = np.linspace(0.0, 1.0, steps + 1)
    area = float((brought[1:] + brought[:-1]).sum()) / (2 * n)
    return ParetoCurve(
        table.make({"share_of_customers": share, "share_of_value": np.interp(share, at, brought)}),
        value,
        n,
        total,
        float(np.interp(0.2, at, brought)),
        2 * area - 1,
    )
