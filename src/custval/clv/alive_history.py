"""The probability that one customer is alive, from the first purchase to now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from custval._check import SpanOf, grain_and_unit, moment, span
from custval._frame import enter, new_frame, numbers, times
from custval._kernels import occasions as kernel
from custval._kernels.calendar import not_after, period_number, period_start, shift, units_per_period
from custval._plots import marked_curve
from custval._result import Result
from custval.clv._purchase import PurchaseModel, require_model
from custval.errors import CustvalError, DataError
from custval.summary._lines import Lines, read, refuse_before
from custval.typing import Grain, Instant, IntArray, IntoFrame

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["AliveHistory", "alive_history"]


@dataclass(frozen=True, slots=True)
class AliveHistory(Result):
    """The probability that a customer is alive, over time.

    Attributes
    ----------
    points : pandas.DataFrame
        `date` (start of a period of the grain, at whose end the customer is looked at), `frequency`, `recency`, `T`
        as of then, `probability_alive`, and `purchase`: whether it is a period with a purchase.
    customer : object
        The identifier.
    """

    points: Any
    customer: Any

    def to_frame(self) -> Any:
        """The points, one row each."""
        return self.points

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the probability over time, with a line for each purchase.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; a new figure if not given.

        Returns
        -------
        matplotlib Axes
        """
        table = enter(self.points)
        date = times(table, "date").wall
        return marked_curve(
            ax,
            date,
            numbers(table, "probability_alive"),
            date[np.asarray(table["purchase"].to_numpy(), dtype=bool)],
            mark_label="purchase",
            title=f"Customer {self.customer}",
            y_title="probability of being alive",
        )


def alive_history(
    model: PurchaseModel,
    transactions: IntoFrame,
    customer: Any,
    *,
    every: str = "1W",
    grain: Grain = "D",
    until: Instant | None = None,
    tz: str | None = None,
) -> AliveHistory:
    """Follow the probability that one customer is alive, from the first purchase on.

    Parameters
    ----------
    model : PurchaseModel
        Fitted to summaries of the same `grain`.
    transactions : frame
        As `summarize` takes them, of this customer or of all.
    customer : object
        The customer's identifier.
    every : str
        How often it is computed, counted from the first purchase, such as "1D" or "1W". Periods of a purchase and
        those before them come on top, so that every rise is seen.
    grain : {"h", "D", "W", "M", "Y"}
        The period within which purchases count as one occasion, as in the summary that the model was fitted to.
    until : date or time, optional
        The end, inclusive; the last line of the transactions if not given.
    tz : str, optional
        The time zone whose days are meant; it must be that of the timestamps.

    Returns
    -------
    AliveHistory
        At each point the customer is as `summarize` with `until` at that point gives them. A model without a unit
        of time counts in periods of the grain.

    Raises
    ------
    CustvalError
        If `model` is no model of purchases, or its unit is shorter than the grain.
    ColumnError, DataError
        If a column is missing, or the customer has no purchase up to `until`.
    NotFittedError
        If the model is not fitted.

    Examples
    --------
    >>> import custval as cv
    >>> model = cv.clv.BetaGeoModel.from_params(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="W")
    >>> purchases = cv.datasets.load_cdnow(sample=True)
    >>> history = cv.clv.alive_history(model, purchases, 4, every="26W")
    >>> history.to_frame()[["date", "frequency", "probability_alive"]].round({"probability_alive": 3})
            date  frequency  probability_alive
    0 1997-01-01          0              1.000
    1 1997-01-17          0              1.000
    2 1997-01-18          1              0.754
    3 1997-07-02          1              0.324
    4 1997-08-01          1              0.289
    5 1997-08-02          2              0.812
    6 1997-12-11          2              0.622
    7 1997-12-12          3              0.848
    8 1997-12-31          3              0.826
    9 1998-06-30          3              0.583
    """
    require_model(model)
    grain_, unit = grain_and_unit(grain, model.unit_ or grain)
    cut = span(every, "every")
    lines = read(enter(transactions, "transactions"), grain_, tz)
    lines, final = _up_to(lines, until)
    bought = _occasions(lines, customer)
    point = _points(bought, cut, grain_, final)
    before = np.searchsorted(bought, point, side="right")  # occasions up to each point
    factor = units_per_period(grain_, unit)
    x = (before - 1).astype(np.float64)
    t_x, T = ((moments - bought[0]) * factor for moments in (bought[before - 1], point))
    model._whole(T, "T")
    points = new_frame(
        {
            "date": period_start(point, grain_),
            "frequency": before - 1,
            "recency": t_x,
            "T": T,
            "probability_alive": model._alive(x, t_x, T),
            "purchase": np.isin(point, bought),
        }
    )
    return AliveHistory(points, customer)


def _up_to(lines: Lines, until: Instant | None) -> tuple[Lines, int]:
    """The lines up to the end, and the period of the end."""
    if until is None:
        return lines, int(lines.period.max()) if len(lines.period) else 0
    end = moment(until, "until", lines.zone)
    refuse_before(lines, end, "until")
    return lines.where(not_after(lines.wall, end.stamp, whole_day=end.whole_day)), end.period(lines.grain)


def _occasions(lines: Lines, customer: Any) -> IntArray:
    """The periods in which a customer bought."""
    code = next((code for code, known in enumerate(lines.customers.to_list()) if known == customer), -1)
    own = lines.where(lines.code == code)
    amount = own.amount
    bought = kernel.occasions(np.zeros(len(own.code), dtype=np.int64), 1, own.period, amount).period
    if not len(bought):
        raise DataError(
            f"customer {customer!r} has no purchase in these transactions"
            + ("" if code >= 0 else ", nor any other line: the identifier is not among them"),
            column="customer_id",
            count=0,
            code="no_purchase",
        )
    return bought


def _points(bought: IntArray, cut: SpanOf, grain: str, final: int) -> IntArray:
    """The periods at which the customer is looked at, from the first purchase to the final one."""
    start = period_start(bought[:1], grain)
    step: list[NDArray[np.int64]] = [bought[:1]]
    while step[-1][0] < final:
        step.append(period_number(shift(start, len(step) * cut.count, cut.unit), grain))
        if step[-1][0] <= step[-2][0]:
            raise CustvalError(
                f"every={str(cut)!r} is shorter than the grain, {grain!r}", suggestion=f"every='1{grain}'"
            )
    points = np.concatenate([*step[:-1], bought, bought[1:] - 1, [final]])
    return np.unique(points[points <= final]).astype(np.int64)
