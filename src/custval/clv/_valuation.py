"""What lifetime values are made of: a schedule of discounted periods, purchases, spend, and how sure each is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from custval._check import number, span
from custval._frame import Table, numbers
from custval._kernels.calendar import DAYS_PER
from custval._kernels.gamma_gamma import log_mean_slopes
from custval._model import check_fitted
from custval.clv._customer_base import CustomerBase
from custval.clv._intervals import delta_errors, known_covariance
from custval.clv.gamma_gamma import GammaGammaModel
from custval.errors import CustvalError
from custval.typing import FloatArray, Span

__all__ = ["Schedule", "relative_spend_variance", "spend_of"]

_MOST_PERIODS = 100_000


@dataclass(frozen=True, slots=True)
class Schedule:
    """When purchases are counted, and what one is worth today.

    Attributes
    ----------
    times : array of shape (h,)
        The ends of the periods, in units of the model.
    weight : array of shape (h, 2)
        What turns the curve of expected purchases at these times into the discounted purchases, and into all of them.
    """

    times: FloatArray
    weight: FloatArray

    @classmethod
    def of(cls, model: CustomerBase, horizon: Span, rate: float, timing: str) -> Schedule:
        """The schedule of a horizon, each period discounted from its end or its middle."""
        times, discount = _schedule(model, horizon, rate, timing)
        model._whole(times, "the end of each period of the horizon")
        # Σ d_j (E_j − E_{j−1}) = Σ E_j (d_j − d_{j+1}): one weighted sum of the curve, and its last point
        weight = np.zeros((len(times), 2))
        weight[:, 0] = np.append(discount[:-1] - discount[1:], discount[-1])
        weight[-1, 1] = 1.0
        return cls(times, weight)

    def if_alive(self, model: CustomerBase, *state: FloatArray) -> dict[str, FloatArray]:
        """Purchases of customers who are alive: discounted, and all of them."""
        sums = model._expected_sums(state, self.times, self.weight).T
        return dict(zip(("discounted", "purchases"), sums, strict=True))

    def on_rows(self, model: CustomerBase, x: FloatArray, t_x: FloatArray, T: FloatArray) -> dict[str, FloatArray]:
        """`if_alive`, and the probability `alive`."""
        return {"alive": model._alive(x, t_x, T), **self.if_alive(model, *model._state_of(x, t_x, T))}

    def relative_variance(self, model: CustomerBase, x: FloatArray, t_x: FloatArray, T: FloatArray) -> FloatArray:
        """The squared standard error of the expected discounted purchases over their square."""

        def discounted(some: CustomerBase) -> FloatArray:
            rows = self.on_rows(some, x, t_x, T)
            return rows["alive"] * rows["discounted"]

        estimate, error = discounted(model), delta_errors(model, discounted)
        relative = np.divide(error, estimate, out=np.zeros_like(estimate), where=estimate > 0)
        return relative * relative


def relative_spend_variance(spend: GammaGammaModel | str | float, x: Any, m: Any) -> Any:
    """The squared standard error of the expected spend over its square; 0 for spend that is given.

    x and m, arrays or expressions, are 0 where there is no repeat spend.
    """
    if not isinstance(spend, GammaGammaModel):
        return x * 0.0
    spread = known_covariance(spend)
    slopes = log_mean_slopes(*spend._theta(), x, m)
    return sum(slopes[i] * slopes[j] * float(spread[i, j]) for i in range(3) for j in range(3))


def _schedule(model: CustomerBase, horizon: Span, rate: float, timing: str) -> tuple[FloatArray, FloatArray]:
    """The ends of the periods in the model's units, and the discount factor of each."""
    if isinstance(horizon, str):
        parts = span(horizon, "horizon")
        own = parts.unit
        count = float(parts.count)
        length = model._horizon(horizon) / count
    else:
        own = model.unit_ or ""
        count, length = number(horizon, "horizon", above=0.0), 1.0
    if not own and rate != 0:
        raise CustvalError(
            f"annual_discount_rate={rate} needs the unit of time, which this model does not know",
            suggestion='name the unit when fitting, as in BetaGeoModel(unit="W"), or discount at 0',
        )
    if count > _MOST_PERIODS:
        raise CustvalError(
            f"horizon={horizon!r} has {count:,.0f} periods to discount one by one; at most {_MOST_PERIODS:,} are taken",
            suggestion="count the horizon in longer periods, such as months: horizon='36M'",
        )
    ends = np.append(np.arange(1.0, math.ceil(count)), count)
    starts = np.append(0.0, ends[:-1])
    paid = ends if timing == "end" else (starts + ends) / 2
    years = paid * (DAYS_PER[own] / DAYS_PER["Y"]) if own else paid * 0.0
    return ends * length, np.power(1.0 + rate, -years)


def spend_of(spend: GammaGammaModel | str | float, table: Table) -> FloatArray:
    """The expected spend per purchase of each row."""
    if isinstance(spend, GammaGammaModel):
        check_fitted(spend, "params_")
        return spend._expected(table)
    if isinstance(spend, str):
        table.require(spend)
        return numbers(table, spend)
    return np.full(len(table), number(spend, "spend"))
