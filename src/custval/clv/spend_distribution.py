"""How the mean spend of customers is distributed, and how it should be by the Gamma-Gamma model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from custval._check import whole
from custval._frame import enter, new_frame, numbers
from custval._kernels.spend_mixture import mean_spend_between, mean_spend_density
from custval._model import check_fitted, sample_weights
from custval._plots import histogram_and_curve
from custval._result import Account, Result
from custval.clv._groups import in_groups, misplaced
from custval.clv._spend import account_of, informs, spend_columns
from custval.clv.gamma_gamma import GammaGammaModel
from custval.errors import CustvalError, DataError
from custval.typing import IntoFrame

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["SpendDistribution", "spend_distribution"]

# points of the curve, and numbers of occasions that are computed one by one
_POINTS, _MOST_COUNTS = 240, 500
# the share of the customers that the bins of equal width cover
_SHOWN = 0.98


@dataclass(frozen=True, slots=True)
class SpendDistribution(Result):
    """Repeat customers by their mean spend, actual and expected.

    Attributes
    ----------
    bins : frame
        `low`, `high` (from `low` on, below `high`), `actual` and `expected` (customers); the last row counts those
        from `low` on, and its `high` is null.
    curve : frame
        `spend` and `density`: the expected density at points over the bins.
    n_customers : float
        Repeat customers with a positive mean spend: the sum of `actual`, and of `expected`.
    misplaced : float
        The share of the customers that would have to be in another bin for both to be the same, 0 to 1.
    account : Account
        Rows set aside: without a repeat occasion, or with a mean spend that is not positive.
    """

    bins: Any
    curve: Any
    n_customers: float
    misplaced: float
    account: Account

    def to_frame(self) -> Any:
        """The bins, one row each, in the library of the customers."""
        return self.bins

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the histogram of the mean spend, and the model's density over it.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; a new figure if not given.

        Returns
        -------
        matplotlib Axes
        """
        bins, curve = enter(self.bins), enter(self.curve)
        edges, actual = numbers(bins, "low"), numbers(bins, "actual")
        beyond = actual[-1] / self.n_customers
        return histogram_and_curve(
            ax,
            edges,
            actual[:-1] / self.n_customers / np.diff(edges),
            (numbers(curve, "spend"), numbers(curve, "density")),
            ("actual", "expected"),
            title=f"Mean spend of {self.n_customers:,.0f} repeat customers",
            x_title=f"mean spend per repeat occasion ({beyond:.1%} lie beyond)",
            y_title="density",
        )


def spend_distribution(
    model: GammaGammaModel, X: IntoFrame, bins: int = 30, *, sample_weight: Any = None
) -> SpendDistribution:
    """Compare the mean spend of the customers with its distribution under a Gamma-Gamma model.

    Parameters
    ----------
    model : GammaGammaModel
        Fitted, most often to the same customers.
    X : frame
        A summary: `frequency` and `monetary_value`.
    bins : int
        Bins of equal width, which hold 98 % of the customers; one more takes those above.
    sample_weight : array of shape (n,) or column name, optional
        How many customers each row stands for.

    Returns
    -------
    SpendDistribution

    Raises
    ------
    CustvalError
        If `model` is no GammaGammaModel.
    ColumnError, DataError
        If a column is missing, or no repeat customer has a positive mean spend.
    NotFittedError
        If the model is not fitted.

    Notes
    -----
    The mean of few amounts scatters more than that of many, so what is expected is the mixture over the frequencies
    that there are (of more than 500 different ones over 500 groups of neighbors).

    References
    ----------
    Fader & Hardie (2013). The Gamma-Gamma Model of Monetary Value, brucehardie.com/notes/025: eq. (1a).

    Examples
    --------
    >>> import custval as cv
    >>> purchases = cv.datasets.load_cdnow(sample=True)
    >>> customers = cv.summarize(purchases[purchases["amount"] > 0], unit="W", until="1997-09-30")
    >>> spend = cv.clv.spend_distribution(cv.clv.GammaGammaModel().fit(customers), customers, bins=4)
    >>> spend.to_frame().round(1)
         low   high  actual  expected
    0    0.0   31.4   562.0     556.5
    1   31.4   62.8   285.0     288.6
    2   62.8   94.3    60.0      65.4
    3   94.3  125.7    20.0      20.0
    4  125.7    NaN    19.0      15.6
    """
    if not isinstance(model, GammaGammaModel):
        raise CustvalError(f"model must be a GammaGammaModel; got {type(model).__name__}")
    check_fitted(model, "params_")
    count = whole(bins, "bins", at_least=1)
    table = enter(X, "X")
    x, m = spend_columns(table)
    given = sample_weights(table, sample_weight)
    weight = np.ones(len(x)) if given is None else given
    account, fits = account_of(x, m), informs(x, m)
    x, m, weight = x[fits], m[fits], weight[fits]
    if not weight.any():
        raise DataError("X has no repeat customers with a positive mean spend", count=0, code="empty")
    theta = model._theta()
    order = np.argsort(m, kind="stable")
    top = m[order][np.searchsorted(np.cumsum(weight[order]), _SHOWN * weight.sum())]
    edges = np.linspace(0.0, float(top), count + 1)
    frequency, customers = in_groups(x, weight, _MOST_COUNTS)
    place = np.searchsorted(edges, m, side="right") - 1
    actual = np.bincount(place, weights=weight, minlength=count + 1).astype(np.float64)
    expected = mean_spend_between(*theta, frequency, customers, np.append(edges, np.inf))
    spend = (np.arange(_POINTS) + 0.5) / _POINTS * float(top)
    high = table.series("high", [*edges[1:].tolist(), None])
    return SpendDistribution(
        table.make({"low": edges, "high": high, "actual": actual, "expected": expected}),
        new_frame({"spend": spend, "density": mean_spend_density(*theta, frequency, customers, spend)}),
        float(weight.sum()),
        misplaced(actual, expected),
        account,
    )
