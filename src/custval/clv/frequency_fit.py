"""How many customers bought how often, and how many should have, by the model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import chdtrc

from custval._check import affordable, whole
from custval._frame import enter, numbers
from custval._model import sample_weights
from custval._plots import paired_bars
from custval._result import Result
from custval.clv._groups import in_groups, misplaced
from custval.clv._purchase import PurchaseModel, require_model
from custval.errors import DataError
from custval.typing import IntoFrame

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["FrequencyFit", "frequency_fit"]

# distinct lengths of observation that are computed one by one
_MOST_TIMES = 1000


@dataclass(frozen=True, slots=True)
class FrequencyFit(Result):
    """Customers by their number of repeat purchases, actual and expected.

    Attributes
    ----------
    cells : frame
        `n` (repeat purchases), `actual` and `expected` (customers); the last row counts those with more than `n_max`,
        and has n = `n_max` + 1.
    n_customers : float
        The sum of either column.
    misplaced : float
        The share of the customers that would have to be in another row for both to be the same, 0 to 1: a measure of
        the misfit that does not grow with the number of customers.
    chi_square : float
        Σ (actual − expected)² / expected.
    degrees_of_freedom : int
        Rows less 1 less the number of parameters; at least 1.
    p_value : float
        Of `chi_square`, were the parameters fitted to these counts; since they are fitted to more, it is a guide.
        With many customers it is small for every model.
    """

    cells: Any
    n_customers: float
    misplaced: float
    chi_square: float
    degrees_of_freedom: int
    p_value: float

    def to_frame(self) -> Any:
        """The counts, in the library of the customers."""
        return self.cells

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the actual and the expected number of customers side by side.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; a new figure if not given.

        Returns
        -------
        matplotlib Axes
        """
        table = enter(self.cells)
        n = [f"{value:.0f}" for value in numbers(table, "n")]
        return paired_bars(
            ax,
            [*n[:-1], f"{n[-1]}+"],
            (numbers(table, "actual"), numbers(table, "expected")),
            ("actual", "expected"),
            title=f"Repeat purchases of {self.n_customers:,.0f} customers",
            x_title="repeat purchases in the observation",
            y_title="customers",
        )


def frequency_fit(model: PurchaseModel, X: IntoFrame, n_max: int = 7, *, sample_weight: Any = None) -> FrequencyFit:
    """Compare how many customers bought 0, 1, 2, … times again with what the model expects.

    Parameters
    ----------
    model : PurchaseModel
        Fitted, most often to the same customers.
    X : frame
        A summary: `frequency`, `recency`, `T`.
    n_max : int
        The largest number of repeat purchases with a row of its own.
    sample_weight : array of shape (n,) or column name, optional
        How many customers each row stands for.

    Returns
    -------
    FrequencyFit

    Raises
    ------
    CustvalError
        If `model` is no model of purchases.
    ColumnError, DataError
        If a column is missing, holds values that no customer can have, or there are no customers.
    NotFittedError
        If the model is not fitted.

    Notes
    -----
    Expected is the sum over customers of the probability that a new one buys n times again in as long a time as this
    one was observed, T. Of more than 1,000 different T, customers are taken in 1,000 groups of neighbors, at their
    mean T.

    References
    ----------
    Fader, Hardie & Lee (2005). "Counting Your Customers" the Easy Way. Marketing Science 24(2), Figure 2.

    Examples
    --------
    >>> import custval as cv
    >>> purchases = cv.datasets.load_cdnow(sample=True).drop(columns="amount")
    >>> customers = cv.summarize(purchases, unit="W", until="1997-09-30")
    >>> fit = cv.clv.frequency_fit(cv.clv.BetaGeoModel().fit(customers), customers, n_max=3)
    >>> fit.to_frame().round(1)
       n  actual  expected
    0  0  1411.0    1407.7
    1  1   439.0     460.3
    2  2   214.0     192.5
    3  3   100.0     101.2
    4  4   193.0     195.4
    >>> round(fit.misplaced, 3)
    0.011
    """
    require_model(model)
    n_max = whole(n_max, "n_max", at_least=1)
    table = enter(X, "X")
    table.require("frequency", "recency", "T", hint="custval.summarize(transactions) makes such a table")
    x, _, T = model._read(table)
    given = sample_weights(table, sample_weight)
    weight = np.ones(len(x)) if given is None else given
    if not len(x):
        raise DataError("X has no customers to compare with", count=0, code="empty")
    affordable(min(len(x), _MOST_TIMES) * (n_max + 2), "probabilities", "a smaller n_max")
    place = np.minimum(x, n_max + 1).astype(np.int64)
    actual = np.bincount(place, weights=weight, minlength=n_max + 2).astype(np.float64)
    # opportunities are whole numbers, of which there are few
    times, customers = in_groups(T, weight, len(T) if model._discrete else _MOST_TIMES)
    pmf = np.array([model._pmf_new(float(time), n_max) for time in times])
    expected = customers @ pmf
    chi_square = float((np.square(actual - expected) / np.maximum(expected, np.finfo(float).tiny)).sum())
    freedom = max(n_max + 1 - len(model.params_), 1)
    cells = table.make({"n": np.arange(n_max + 2), "actual": actual, "expected": expected})
    return FrequencyFit(
        cells,
        float(weight.sum()),
        misplaced(actual, expected),
        chi_square,
        freedom,
        float(chdtrc(freedom, chi_square)),
    )
