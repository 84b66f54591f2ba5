"""Lifetime value: purchases × spend × margin, discounted to today."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from custval._check import choice, flag, number, span
from custval._frame import LazyTable, Table, numbers, nw
from custval._kernels.calendar import DAYS_PER
from custval._model import check_fitted
from custval.clv._demands import Demand, all_of, finite
from custval.clv._purchase import PurchaseModel
from custval.clv._purchase_in_engine import Factors, alive_times
from custval.clv._summary import enter_summary
from custval.clv.gamma_gamma import GammaGammaModel
from custval.errors import CustvalError
from custval.typing import FloatArray, IntoFrame, Span

__all__ = ["lifetime_value"]

_MOST_PERIODS = 100_000


def lifetime_value(
    model: PurchaseModel,
    spend: GammaGammaModel | str | float,
    X: IntoFrame,
    *,
    horizon: Span = "12M",
    annual_discount_rate: float,
    margin: float = 1.0,
    discount_timing: str = "end",
    check: bool = True,
) -> Any:
    """Value of the future purchases of each customer.

    The sum over the periods j = 1 … H of the horizon of

        margin · E[spend] · (E[X(j)] − E[X(j − 1)]) · (1 + annual_discount_rate)^(−years(j))

    Parameters
    ----------
    model : fitted model of purchases, such as BetaGeoModel
    spend : GammaGammaModel, str or float
        A fitted spend model, a column of X with each customer's spend per purchase, or one number for all.
    X : frame
        A summary: `frequency`, `recency`, `T`, and what `spend` needs.
    horizon : str or float
        "12M" counts 12 months of 30.436875 days, a number counts periods of the model's `unit_`; a last broken
        period counts for its part.
    annual_discount_rate : float
        Effective rate per year (365.2425 days), above −1.
    margin : float
        The share of the spend that is margin.
    discount_timing : {"end", "mid"}
        Whether the purchases of a period are discounted from its end or its middle.
    check : bool
        For lazy frames: whether rows that no customer can have are looked for, in the one query that is run now.

    Returns
    -------
    frame of the library that came in
        `customer_id` (if X has it), `expected_purchases` in the whole horizon, `probability_alive` now,
        `expected_spend` per purchase, `clv` in the money of the data.

    Raises
    ------
    CustvalError
        If the horizon is a number, there is a discount rate, and the model does not know its unit of time; or if
        the expected spend is infinite (see `GammaGammaModel.expected_spend`).

    References
    ----------
    Fader, Hardie & Lee (2005). RFM and CLV: Using Iso-Value Curves for Customer Base Analysis. Journal of Marketing
    Research 42(4): value as discounted expected transactions times expected spend.

    Examples
    --------
    >>> import custval as cv
    >>> purchases = cv.clv.BetaGeoModel.from_params(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="W")
    >>> spend = cv.clv.GammaGammaModel.from_params(p=6.25, q=3.74, gamma=15.44)
    >>> customer = {"frequency": [2], "recency": [30.43], "T": [38.86], "monetary_value": [22.35]}
    >>> value = cv.clv.lifetime_value(purchases, spend, customer, horizon="12M", annual_discount_rate=0.1)
    >>> round(value["clv"][0], 2)
    36.75
    """
    if not isinstance(model, PurchaseModel):
        raise CustvalError(f"model must be a model of purchases, such as BetaGeoModel; got {type(model).__name__}")
    check_fitted(model, "params_")
    rate = number(annual_discount_rate, "annual_discount_rate", above=-1.0)
    margin = number(margin, "margin")
    check = flag(check, "check")
    timing = choice(discount_timing, "discount_timing", ("end", "mid"))
    times, discount = _schedule(model, horizon, rate, timing)
    # Σ d_j (E_j − E_{j−1}) = Σ E_j (d_j − d_{j+1}): one weighted sum of the curve, and its last point
    weight = np.zeros((len(times), 2))
    weight[:, 0] = np.append(discount[:-1] - discount[1:], discount[-1])
    weight[-1, 1] = 1.0

    def sums(*state: FloatArray) -> dict[str, FloatArray]:
        """Purchases of a customer who is alive: discounted, and all of them."""
        return dict(zip(("discounted", "purchases"), model._expected_sums(state, times, weight).T, strict=True))

    table = enter_summary(X)
    if isinstance(table, LazyTable):
        return _lazily(model, spend, table, sums, margin, check=check)
    x, t_x, T = model._read(table)
    per_purchase, alive, if_alive = _spend(spend, table), model._alive(x, t_x, T), sums(*model._state_of(x, t_x, T))
    ids = {"customer_id": table["customer_id"]} if "customer_id" in table else {}
    return table.make(
        {
            **ids,
            "expected_purchases": alive * if_alive["purchases"],
            "probability_alive": alive,
            "expected_spend": per_purchase,
            "clv": margin * per_purchase * alive * if_alive["discounted"],
        }
    )


def _lazily(
    model: PurchaseModel,
    spend: GammaGammaModel | str | float,
    table: LazyTable,
    factors: Factors,
    margin: float,
    *,
    check: bool,
) -> Any:
    per_purchase, demands = _spend_lazily(spend, table)
    also = (spend,) if isinstance(spend, str) else ("monetary_value",)
    customers = alive_times(model, table, factors, check=check, demands=demands, also=also)
    alive = customers.alive
    return customers.answer(
        {
            "expected_purchases": alive * customers.factor("purchases"),
            "probability_alive": alive,
            "expected_spend": per_purchase,
            "clv": per_purchase * alive * customers.factor("discounted") * margin,
        }
    )


def _spend_lazily(spend: GammaGammaModel | str | float, table: LazyTable) -> tuple[nw.Expr, tuple[Demand, ...]]:
    """The spend per purchase, and what it demands of the rows."""
    if isinstance(spend, GammaGammaModel):
        check_fitted(spend, "params_")
        return spend._expression(), (spend._demand(table),)
    if isinstance(spend, str):
        table.require(spend)
        if spend.casefold().startswith("_custval_"):
            raise CustvalError(f"columns that begin with _custval_ are ours; got spend={spend!r}", column=spend)
        return nw.col(spend).cast(nw.Float64), (all_of((finite(table, spend),), "spend"),)
    return nw.lit(number(spend, "spend")), ()


def _schedule(model: PurchaseModel, horizon: Span, rate: float, timing: str) -> tuple[FloatArray, FloatArray]:
    """The ends of the periods in the model's units, and the discount factor of each."""
    if isinstance(horizon, str):
        parts = span(horizon, "horizon")
        own = parts.unit
        count = float(parts.count)
        length = model._horizon(f"1{own}")
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


def _spend(spend: GammaGammaModel | str | float, table: Table) -> FloatArray:
    if isinstance(spend, GammaGammaModel):
        check_fitted(spend, "params_")
        return spend._expected(table)
    if isinstance(spend, str):
        table.require(spend)
        return numbers(table, spend)
    return np.full(len(table), number(spend, "spend"))
