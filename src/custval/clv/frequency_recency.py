"""What a model says of every frequency and recency that a customer could have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from custval._check import affordable, choice, in_unit, span, whole
from custval._frame import enter, new_frame, numbers
from custval._plots import heat_map
from custval._result import Result
from custval.clv._purchase import PurchaseModel, require_model
from custval.errors import CustvalError
from custval.typing import FloatArray, Span

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["FrequencyRecencyMatrix", "frequency_recency_matrix"]

_UNITS = {"s": "seconds", "min": "minutes", "h": "hours", "D": "days", "W": "weeks", "M": "months", "Y": "years"}
_ONE = {"units of time": "unit of time"}


@dataclass(frozen=True, slots=True)
class FrequencyRecencyMatrix(Result):
    """A quantity over the grid of frequency × recency.

    Attributes
    ----------
    cells : pandas.DataFrame
        `frequency`, `recency` and the quantity under its own name; null where no customer can be: recency is 0
        exactly for those without a repeat purchase.
    quantity : {"expected_purchases", "probability_alive"}
    T : float
        How long each of them was observed.
    horizon : float or None
        Of the expected purchases, in the same unit.
    unit : str or None
    asked : tuple of str
        T and the horizon as they were asked for, in words: "12 months"; the latter is empty if there is none.
    """

    cells: Any
    quantity: str
    T: float
    horizon: float | None
    unit: str | None
    asked: tuple[str, str]

    def to_frame(self) -> Any:
        """The cells, one row each."""
        return self.cells

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the grid as colors: frequency to the right, recency upward.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; a new figure if not given.

        Returns
        -------
        matplotlib Axes
        """
        table = enter(self.cells)
        x, y = (np.unique(numbers(table, name)) for name in ("frequency", "recency"))
        values = numbers(table, self.quantity, missing=True).reshape(len(x), len(y)).T
        units = _UNITS.get(self.unit or "", "units of time")
        alive = self.quantity == "probability_alive"
        observed, ahead = self.asked
        what = "Probability of being alive" if alive else f"Expected purchases in the next {ahead}"
        return heat_map(
            ax,
            values,
            x,
            y,
            title=f"{what},\n{observed} after the first purchase",
            x_title="repeat purchases",
            y_title=f"{units} from first to last purchase",
            color_title=self.quantity.replace("_", " "),
            top=1.0 if alive else None,
        )


def frequency_recency_matrix(
    model: PurchaseModel,
    *,
    horizon: Span | None = None,
    T: Span = "12M",
    max_frequency: int = 15,
    quantity: str = "expected_purchases",
    steps: int = 40,
) -> FrequencyRecencyMatrix:
    """Compute expected purchases, or the probability of being alive, for every frequency and recency.

    Parameters
    ----------
    model : PurchaseModel
        Fitted.
    horizon : str or float, optional
        A span such as "3M", or a number of units of the model; needed for expected purchases.
    T : str or float
        How long the customers were observed, as a span or a number of units; not a parameter of the model, which keeps
        no data.
    max_frequency : int
        The largest number of repeat purchases.
    quantity : {"expected_purchases", "probability_alive"}
    steps : int
        Into how many steps recency, from 0 to T, is cut. A model in discrete time has one for each opportunity.

    Returns
    -------
    FrequencyRecencyMatrix

    Raises
    ------
    CustvalError
        If `model` is no model of purchases, or the horizon is missing.
    NotFittedError
        If the model is not fitted.

    Examples
    --------
    >>> import custval as cv
    >>> model = cv.clv.BetaGeoModel.from_params(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="W")
    >>> matrix = cv.clv.frequency_recency_matrix(model, horizon="12W", T="52W", max_frequency=2, steps=2)
    >>> matrix.to_frame().round(3)
       frequency  recency  expected_purchases
    0          0      0.0               0.050
    1          0     26.0                 NaN
    2          0     52.0                 NaN
    3          1      0.0                 NaN
    4          1     26.0               0.149
    5          1     52.0               0.191
    6          2      0.0                 NaN
    7          2     26.0               0.236
    8          2     52.0               0.369
    """
    require_model(model)
    choice(quantity, "quantity", ("expected_purchases", "probability_alive"))
    end = in_unit(T, "T", model.unit_)
    model._whole(np.array(end), "T")
    t = None if horizon is None else model._horizon(horizon)
    if t is None and quantity == "expected_purchases":
        raise CustvalError("expected purchases need a horizon", suggestion='horizon="3M"')
    most, cuts = whole(max_frequency, "max_frequency", at_least=1), whole(steps, "steps", at_least=1)
    cuts = int(end) if model._discrete else cuts
    affordable((most + 1) * (cuts + 1), "cells", "a smaller max_frequency, or fewer steps")
    grid = np.linspace(0.0, end, cuts + 1)
    x, t_x = (part.ravel() for part in np.meshgrid(np.arange(most + 1.0), grid, indexing="ij"))
    possible = (x == 0) == (t_x == 0)
    if model._discrete:
        possible &= x <= t_x
    values = np.full(x.size, np.nan)
    values[possible] = _values(model, x[possible], t_x[possible], end, t if quantity == "expected_purchases" else None)
    cells = new_frame({"frequency": x.astype(np.int64), "recency": t_x, quantity: values})
    t = t if quantity == "expected_purchases" else None
    asked = (_in_words(T, model.unit_), "" if t is None or horizon is None else _in_words(horizon, model.unit_))
    return FrequencyRecencyMatrix(cells, quantity, end, t, model.unit_, asked)


def _in_words(length: Span, unit: str | None) -> str:
    """A span as it was asked for: "12M" is 12 months, and not 52.1775 weeks."""
    count: float
    if isinstance(length, str):
        given = span(length, "length", zero=True)
        count, unit = given.count, given.unit
    else:
        count = float(length)
    units = _UNITS.get(unit or "", "units of time")
    return f"{count:g} {units}" if count != 1 else f"1 {_ONE.get(units, units[:-1])}"


def _values(model: PurchaseModel, x: FloatArray, t_x: FloatArray, end: float, t: float | None) -> FloatArray:
    T = np.full(x.size, end)
    return model._alive(x, t_x, T) if t is None else model._expected(x, t_x, T, t)
