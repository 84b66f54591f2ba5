"""Lifetime value: purchases × spend × margin, discounted to today."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from scipy.special import ndtri

from custval._check import choice, flag, fraction, number, random_generator
from custval._frame import LazyTable, enter, nw
from custval._kernels.tuples import distinct_rows
from custval._model import check_fitted
from custval.clv import _spend_in_engine as in_engine
from custval.clv._answers import answer, nulls_for_nan_lazily
from custval.clv._demands import Demand, all_of, finite
from custval.clv._intervals import log_bounds
from custval.clv._outcomes import outcome_bounds
from custval.clv._purchase import PurchaseModel, require_model
from custval.clv._purchase_in_engine import alive_times, beside_rows
from custval.clv._spend import seen, spend_columns
from custval.clv._summary import enter_summary
from custval.clv._valuation import Schedule, relative_spend_variance, spend_of
from custval.clv.gamma_gamma import GammaGammaModel
from custval.errors import CustvalError
from custval.typing import FloatArray, IntoFrame, RngLike, Span

__all__ = ["lifetime_value"]


def lifetime_value(
    model: PurchaseModel,
    spend: GammaGammaModel | str | float,
    X: IntoFrame,
    *,
    horizon: Span = "12M",
    annual_discount_rate: float,
    margin: float = 1.0,
    discount_timing: str = "end",
    interval: float | None = None,
    interval_of: str = "mean",
    rng: RngLike = None,
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
    interval : float, optional
        The level of an interval of each value, such as 0.9.
    interval_of : {"mean", "outcome"}
        Of the expected value, for what the fits do not know of the parameters of `model` and of a `spend` model (delta
        method, on the scale of logarithms): how the customer's own purchases will scatter around it is not in it, so
        that with many customers it is narrow. Or of what the customer will bring, the parameters taken as known: the
        central interval of 1,000 draws of purchases and spend, each purchase discounted by the mean of the horizon;
        far wider, and what one customer's value is to be compared with.
    rng : seed or numpy Generator
        Of the draws; the same seed gives the same for a customer whatever the order of the rows, where X has
        `customer_id`.
    check : bool
        For lazy frames: whether rows that no customer can have are looked for, in the one query that is run now.

    Returns
    -------
    frame of the library that came in
        `customer_id` (if X has it), `expected_purchases` in the whole horizon, `probability_alive` now,
        `expected_spend` per purchase, `clv` in the money of the data, and with an interval `clv_low` and `clv_high`.
        The sum over customers, with an interval of its own, is `customer_equity`.

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
    require_model(model)
    rate = number(annual_discount_rate, "annual_discount_rate", above=-1.0)
    margin = number(margin, "margin")
    check = flag(check, "check")
    timing = choice(discount_timing, "discount_timing", ("end", "mid"))
    level = None if interval is None else fraction(interval, "interval")
    choice(interval_of, "interval_of", ("mean", "outcome"))
    schedule = Schedule.of(model, horizon, rate, timing)
    by_draws = level is not None and interval_of == "outcome"
    table = enter(X, "X") if by_draws else enter_summary(X)
    if isinstance(table, LazyTable):
        return _lazily(model, spend, table, schedule, margin=margin, level=level, check=check)
    table.require("frequency", "recency", "T")
    rows = model._read(table)
    per_purchase = spend_of(spend, table)
    found = schedule.on_rows(model, *rows)
    value = margin * per_purchase * found["alive"] * found["discounted"]
    columns = {
        "expected_purchases": found["alive"] * found["purchases"],
        "probability_alive": found["alive"],
        "expected_spend": per_purchase,
        "clv": value,
    }
    if level is not None and by_draws:
        purchases = np.maximum(found["purchases"], np.finfo(np.float64).tiny)
        known = dict(zip(("frequency", "recency", "T"), rows, strict=True))
        known |= {"spend": per_purchase, "discount": found["discounted"] / purchases}
        last, generator = float(schedule.times[-1]), random_generator(rng)
        ends = outcome_bounds(model, spend, table, known, horizon=last, level=level, rng=generator)
        columns["clv_low"], columns["clv_high"] = np.sort(margin * np.stack(ends), axis=0)
    elif level is not None:
        distinct, place = distinct_rows(rows)
        x, m = seen(*spend_columns(table)) if isinstance(spend, GammaGammaModel) else np.zeros((2, len(table)))
        variance = schedule.relative_variance(model, *distinct)[place] + relative_spend_variance(spend, x, m)
        error = np.abs(value) * np.sqrt(np.maximum(variance, 0.0))
        columns["clv_low"], columns["clv_high"] = log_bounds(value, error, level)
    return answer(table, columns)


def _lazily(
    model: PurchaseModel,
    spend: GammaGammaModel | str | float,
    table: LazyTable,
    schedule: Schedule,
    *,
    margin: float,
    level: float | None,
    check: bool,
) -> Any:
    per_purchase, demands = _spend_lazily(spend, table)
    also = (spend,) if isinstance(spend, str) else ("monetary_value",)
    if level is None:
        factors = functools.partial(schedule.if_alive, model)
        customers = alive_times(model, table, factors, check=check, demands=demands, also=also)
    else:

        def with_variance(*rows: FloatArray) -> dict[str, FloatArray]:
            return {**schedule.on_rows(model, *rows), "variance": schedule.relative_variance(model, *rows)}

        customers = beside_rows(model, table, with_variance, check=check, demands=demands, also=also)
    alive = customers.alive
    value = per_purchase * alive * customers.factor("discounted") * margin
    columns = {
        "expected_purchases": alive * customers.factor("purchases"),
        "probability_alive": alive,
        "expected_spend": per_purchase,
        "clv": value,
    }
    if level is not None:
        x, m = in_engine.seen() if isinstance(spend, GammaGammaModel) else (nw.lit(0.0), nw.lit(0.0))
        variance = customers.factor("variance") + relative_spend_variance(spend, x, m)
        width = (variance.sqrt() * float(ndtri(0.5 + level / 2))).exp()
        low, high = (value / width, value * width)
        bounds = {"clv_low": nw.min_horizontal(low, high), "clv_high": nw.max_horizontal(low, high)}
        columns |= {name: nulls_for_nan_lazily(column) for name, column in bounds.items()}
    return customers.answer(columns)


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
