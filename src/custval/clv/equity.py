"""Customer equity: what all customers together are still worth, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from custval._check import choice, fraction, number
from custval._frame import enter
from custval._kernels.gamma_gamma import log_mean_slopes
from custval._kernels.tuples import distinct_rows
from custval._result import Result
from custval.clv._intervals import delta_errors, known_covariance, log_bounds
from custval.clv._purchase import PurchaseModel, require_model
from custval.clv._spend import seen, spend_columns
from custval.clv._valuation import Schedule, spend_of
from custval.clv.gamma_gamma import GammaGammaModel
from custval.typing import FloatArray, IntoFrame, Span

__all__ = ["CustomerEquity", "customer_equity"]


@dataclass(frozen=True, slots=True)
class CustomerEquity(Result):
    """The lifetime values of all customers, summed.

    Attributes
    ----------
    total : float
        In the money of the data.
    low, high : float or None
        The interval of the total for what the fits do not know of the parameters; None where none was asked for.
    standard_error : float or None
    interval : float or None
        Its level.
    n_customers : int
    expected_purchases : float
        Of all customers in the horizon, not discounted.
    """

    total: float
    low: float | None
    high: float | None
    standard_error: float | None
    interval: float | None
    n_customers: int
    expected_purchases: float


def customer_equity(
    model: PurchaseModel,
    spend: GammaGammaModel | str | float,
    X: IntoFrame,
    *,
    horizon: Span = "12M",
    annual_discount_rate: float,
    margin: float = 1.0,
    discount_timing: str = "end",
    interval: float | None = None,
) -> CustomerEquity:
    """Value of the future purchases of all customers together.

    The sum of `lifetime_value`; the errors of the customers are not independent, since all rest on the same parameters,
    so that the interval of the sum does not follow from theirs.

    Parameters
    ----------
    model, spend, X, horizon, annual_discount_rate, margin, discount_timing
        As in `lifetime_value`; X is not lazy.
    interval : float, optional
        The level of an interval of the total (delta method, on the scale of logarithms; the parameters of `model` and
        of `spend` are taken as independent, as they are fitted to different columns).

    Returns
    -------
    CustomerEquity

    Raises
    ------
    CustvalError
        As in `lifetime_value`.

    Examples
    --------
    >>> import custval as cv
    >>> purchases = cv.clv.BetaGeoModel.from_params(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="W")
    >>> customers = {"frequency": [2, 0], "recency": [30.43, 0.0], "T": [38.86, 38.86]}
    >>> equity = cv.clv.customer_equity(purchases, 35.0, customers, horizon="12M", annual_discount_rate=0.1)
    >>> round(equity.total, 2)
    60.57
    """
    require_model(model)
    rate = number(annual_discount_rate, "annual_discount_rate", above=-1.0)
    margin = number(margin, "margin")
    level = None if interval is None else fraction(interval, "interval")
    schedule = Schedule.of(model, horizon, rate, choice(discount_timing, "discount_timing", ("end", "mid")))
    table = enter(X, "X")
    table.require("frequency", "recency", "T")
    rows, place = distinct_rows(model._read(table))
    per_purchase = spend_of(spend, table)
    # customers with the same history share all but their spend
    worth = margin * np.bincount(place, weights=per_purchase, minlength=len(rows[0]))

    def total(found: Mapping[str, FloatArray]) -> FloatArray:
        return np.array([np.add.reduce(worth * found["alive"] * found["discounted"])])

    found = schedule.on_rows(model, *rows)
    value = total(found)
    error = low = high = None
    if level is not None:
        each = margin * per_purchase * (found["alive"] * found["discounted"])[place]
        of_purchases = delta_errors(model, lambda some: total(schedule.on_rows(some, *rows)))
        errors = np.hypot(of_purchases, np.sqrt(_spend_variance(spend, table, each)))
        error, low, high = (float(part[0]) for part in (errors, *log_bounds(value, errors, level)))
    counts = np.bincount(place, minlength=len(rows[0]))
    return CustomerEquity(
        total=float(value[0]),
        low=low,
        high=high,
        standard_error=error,
        interval=level,
        n_customers=len(table),
        expected_purchases=float(np.add.reduce(counts * found["alive"] * found["purchases"])),
    )


def _spend_variance(spend: Any, table: Any, value: FloatArray) -> float:
    """The variance of the total of `value` that comes from the parameters of the spend model."""
    if not isinstance(spend, GammaGammaModel):
        return 0.0
    slopes = log_mean_slopes(*spend._theta(), *seen(*spend_columns(table)))
    slope = np.array([np.add.reduce(value * part) for part in slopes])
    return float(np.maximum(np.einsum("i,ij,j->", slope, known_covariance(spend), slope), 0.0))
