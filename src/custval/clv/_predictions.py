"""What purchase models predict: alive now and later, how many purchases, whether any, when the next one."""

from __future__ import annotations

import functools
from collections.abc import Callable
from numbers import Real
from typing import Any, TypeAlias

import numpy as np

from custval._check import affordable, choice, flag, fraction, in_unit, number, whole
from custval._frame import LazyTable, Table, enter
from custval._kernels.calendar import DAYS_PER
from custval._kernels.counts import count_quantiles
from custval._kernels.discounting import continuous_rule, discrete_rule
from custval._kernels.tuples import distinct_rows
from custval._model import check_fitted
from custval.clv._answers import answer, float_column, identifiers_of
from custval.clv._customer_base import CustomerBase
from custval.clv._intervals import delta_errors, log_bounds, logit_bounds
from custval.clv._purchase_in_engine import alive_times, answer_rows
from custval.clv._sampling import finite_times
from custval.clv._summary import enter_summary
from custval.errors import CustvalError
from custval.typing import FloatArray, IntArray, IntoFrame, Span

__all__ = ["Predictions"]

Quantity: TypeAlias = "Callable[[Any], FloatArray]"
Bounds: TypeAlias = Callable[[FloatArray, FloatArray, float], tuple[FloatArray, FloatArray]]


class Predictions(CustomerBase):
    """The questions that a fitted purchase model answers, for each customer of a summary."""

    def expected_purchases(
        self,
        X: IntoFrame,
        horizon: Span,
        *,
        interval: float | None = None,
        interval_of: str = "mean",
        check: bool = True,
    ) -> Any:
        """Expected number of purchases of each customer in the next `horizon`.

        Parameters
        ----------
        X : frame
            A summary: `frequency`, `recency`, `T`.
        horizon : str or float
            A span such as "12M", or a number of units of `unit_`.
        interval : float, optional
            The level of an interval, such as 0.9.
        interval_of : {"mean", "outcome"}
            Of the expectation, for what the fit does not know of the parameters (delta method, on the scale of
            logarithms); or of the number of purchases itself: the central interval of its distribution, which holds
            it with at least this probability, the parameters taken as known.
        check : bool
            For lazy frames: whether one query now looks for rows that no customer can have.

        Returns
        -------
        frame of the library that came in
            `customer_id` (if X has it), `expected_purchases`, and with an interval `expected_purchases_low` and
            `expected_purchases_high`.

        Raises
        ------
        CustvalError
            If an interval of the mean is asked of a model that was not fitted. On a boundary the bounds are null, with
            a warning.
        """
        t, check = self._horizon(horizon), flag(check, "check")
        level = None if interval is None else fraction(interval, "interval")
        choice(interval_of, "interval_of", ("mean", "outcome"))
        if level is not None and interval_of == "outcome":
            return self._with_outcomes(X, t, level, check=check)

        def if_alive(model: Any, *state: FloatArray) -> FloatArray:
            expected: FloatArray = model._kernel.expected_purchases_alive(*model._theta(), *state, t)
            return expected

        return self._predict(X, "expected_purchases", if_alive, level, log_bounds, check=check)

    def probability_alive(
        self, X: IntoFrame, after: Span = 0, *, interval: float | None = None, check: bool = True
    ) -> Any:
        """Probability that each customer is still a customer, `after` a span from the end of observation.

        Parameters
        ----------
        X : frame
            A summary: `frequency`, `recency`, `T`.
        after : str or float
            A span such as "3M", or a number of units of `unit_`; 0 means now, at the end of T.
        interval : float, optional
            The level of an interval for what the fit does not know of the parameters (delta method, on the scale of
            logits).
        check : bool
            For lazy frames: whether one query now looks for rows that no customer can have.

        Returns
        -------
        frame of the library that came in
            `customer_id` (if X has it), `probability_alive`, and with an interval `probability_alive_low` and
            `probability_alive_high`.
        """
        check_fitted(self, "params_")
        t, check = in_unit(after, "after", self.unit_, zero=True), flag(check, "check")
        self._whole(np.array(t), "after")
        level = None if interval is None else fraction(interval, "interval")
        stays = functools.partial(_stays, t=t) if t else None
        return self._predict(X, "probability_alive", stays, level, logit_bounds, check=check)

    def probability_active(
        self, X: IntoFrame, horizon: Span, *, interval: float | None = None, check: bool = True
    ) -> Any:
        """Probability that each customer buys at least once in the next `horizon`.

        Parameters
        ----------
        X : frame
            A summary: `frequency`, `recency`, `T`.
        horizon : str or float
            A span such as "3M", or a number of units of `unit_`.
        interval : float, optional
            The level of an interval for what the fit does not know of the parameters (delta method, on the scale of
            logits).
        check : bool
            For lazy frames: whether one query now looks for rows that no customer can have.

        Returns
        -------
        frame of the library that came in
            `customer_id` (if X has it), `probability_active`, and with an interval `probability_active_low` and
            `probability_active_high`.
        """
        t, check = self._horizon(horizon), flag(check, "check")
        level = None if interval is None else fraction(interval, "interval")

        def active(model: Any, *state: FloatArray) -> FloatArray:
            return np.asarray(model._kernel.probability_active_alive(*model._theta(), *state, t))

        return self._predict(X, "probability_active", active, level, logit_bounds, check=check)

    def purchase_pmf(self, X: IntoFrame, horizon: Span, n_max: int = 10) -> Any:
        """Probability of each number of purchases of each customer in the next `horizon`.

        Parameters
        ----------
        X : frame
            A summary: `frequency`, `recency`, `T`; not lazy.
        horizon : str or float
            A span such as "3M", or a number of units of `unit_`.
        n_max : int
            The largest number that has a row of its own.

        Returns
        -------
        frame of the library that came in
            `customer_id` (if X has it), `n`, `probability`: for each customer rows for n = 0, …, `n_max`, and a last
            one, n = `n_max` + 1, with the probability of more than `n_max`. They sum to 1.

        Examples
        --------
        >>> import custval as cv
        >>> model = cv.clv.BetaGeoModel.from_params(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="W")
        >>> pmf = model.purchase_pmf({"frequency": [2], "recency": [30.43], "T": [38.86]}, "39W", n_max=2)
        >>> [round(probability, 3) for probability in pmf["probability"]]
        [0.445, 0.239, 0.144, 0.171]
        """
        t, n_max = self._horizon(horizon), whole(n_max, "n_max")
        table = enter(X, "X")
        table.require("frequency", "recency", "T")
        x, t_x, T = self._read(table)
        affordable(len(x) * (n_max + 2), "rows", "a smaller n_max, or fewer customers at a time")
        rows = np.repeat(np.arange(len(x)), n_max + 2)
        n = np.tile(np.arange(n_max + 2), len(x))
        return table.make(
            {**identifiers_of(table, rows), "n": n, "probability": self._pmf(x, t_x, T, t, n_max).ravel()}
        )

    def next_purchase_quantiles(self, X: IntoFrame, q: Any = 0.5) -> Any:
        """By when each customer has bought again with probability `q`.

        Parameters
        ----------
        X : frame
            A summary: `frequency`, `recency`, `T`; not lazy.
        q : float or sequence of float
            Probabilities between 0 and 1.

        Returns
        -------
        frame of the library that came in
            `customer_id` (if X has it), `q`, `next_purchase_quantiles` (units of `unit_` from the end of T; null
            where the probability of ever buying again is no more than `q`), `probability_ever`: a row for each
            customer and each `q`. In discrete time it is the first opportunity by which the probability is reached.

        Examples
        --------
        >>> import custval as cv
        >>> model = cv.clv.BetaGeoModel.from_params(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="W")
        >>> customer = {"frequency": [2], "recency": [30.43], "T": [38.86]}
        >>> found = model.next_purchase_quantiles(customer, [0.25, 0.5, 0.9])
        >>> [None if weeks is None else round(weeks, 1) for weeks in found["next_purchase_quantiles"]]
        [9.0, 29.5, None]
        """
        check_fitted(self, "params_")
        levels = [fraction(level, "q") for level in (q if isinstance(q, (list, tuple)) or np.ndim(q) else [q])]
        if not levels:
            raise CustvalError("q must hold at least one probability; got none", suggestion="q=0.5")
        table = enter(X, "X")
        table.require("frequency", "recency", "T")
        (x, t_x, T), place = distinct_rows(self._read(table))
        ever = self._alive(x, t_x, T) * self._on_state(_ever, x, t_x, T)
        times = np.stack([self._waiting(x, t_x, T, ever, level) for level in levels], axis=1)
        rows = np.repeat(np.arange(len(place)), len(levels))
        found = float_column(table, times[place].ravel())
        return table.make(
            {
                **identifiers_of(table, rows),
                "q": np.tile(levels, len(place)),
                "next_purchase_quantiles": found,
                "probability_ever": ever[place][rows],
            }
        )

    def expected_purchases_new(self, horizon: Span | FloatArray) -> Any:
        """Expected number of repeat purchases of a new customer within `horizon` of the first purchase.

        Parameters
        ----------
        horizon : str, float, or array of floats
            A span such as "12M", or numbers of units of `unit_`.

        Returns
        -------
        float, or array of the shape of `horizon`
        """
        check_fitted(self, "params_")
        if isinstance(horizon, (str, Real)):
            t = in_unit(horizon, "horizon", self.unit_, zero=True)
            self._whole(np.array(t), "horizon")
            return float(self._kernel.expected_purchases_new(*self._theta(), t))
        times = finite_times(horizon, "horizon")
        self._whole(times, "horizon")
        return self._kernel.expected_purchases_new(*self._theta(), times) if times.size else times

    def discounted_expected_purchases(
        self,
        X: IntoFrame,
        annual_discount_rate: float,
        compounding: str = "discrete",
        *,
        interval: float | None = None,
        check: bool = True,
    ) -> Any:
        """Expected purchases of each customer over all future time, each discounted to today.

        Parameters
        ----------
        X : frame
            A summary: `frequency`, `recency`, `T`.
        annual_discount_rate : float
            Effective rate per year (365.2425 days), above 0: without a discount the sum need not be finite.
        compounding : {"discrete", "continuous"}
            Purchases count at the end of the unit of time in which they fall, or at the moment itself, with
            δ = ln(1 + annual rate) per year. A model in discrete time has no moments: both are the same.
        interval : float, optional
            The level of an interval for what the fit does not know of the parameters (delta method, on the scale of
            logarithms).
        check : bool
            For lazy frames: whether one query now looks for rows that no customer can have.

        Returns
        -------
        frame of the library that came in
            `customer_id` (if X has it), `discounted_expected_purchases`, and with an interval its `_low` and `_high`.

        References
        ----------
        Fader, Hardie & Lee (2005). RFM and CLV: Using Iso-Value Curves for Customer Base Analysis. Journal of
        Marketing Research 42(4), 415-430: discounted expected residual transactions, eq. (2).

        Examples
        --------
        >>> import custval as cv
        >>> model = cv.clv.BetaGeoModel.from_params(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="W")
        >>> customer = {"frequency": [2], "recency": [30.43], "T": [38.86]}
        >>> value = model.discounted_expected_purchases(customer, 0.15)
        >>> round(value["discounted_expected_purchases"][0], 3)
        5.172
        """
        check_fitted(self, "params_")
        rate = number(annual_discount_rate, "annual_discount_rate", above=0.0)
        choice(compounding, "compounding", ("discrete", "continuous"))
        check = flag(check, "check")
        level = None if interval is None else fraction(interval, "interval")
        if self.unit_ is None:
            raise CustvalError(
                "an annual discount rate needs the unit of time, which this model does not know",
                suggestion=f'name it when fitting, as in {type(self).__name__}(unit="W")',
                code="unit",
            )
        delta = float(np.log1p(rate)) * DAYS_PER[self.unit_] / DAYS_PER["Y"]
        rule = continuous_rule if compounding == "continuous" and not self._discrete else discrete_rule
        times, weight = rule(delta)

        def discounted(model: Any, *state: FloatArray) -> FloatArray:
            total: FloatArray = model._expected_sums(state, times, weight[:, None])[:, 0]
            return total

        return self._predict(X, "discounted_expected_purchases", discounted, level, log_bounds, check=check)

    # -- how an answer is made

    def _predict(
        self,
        X: IntoFrame,
        name: str,
        if_alive: Callable[..., FloatArray] | None,
        level: float | None,
        bounds: Bounds,
        *,
        check: bool,
    ) -> Any:
        """The probability of being alive, times what holds of those who are; with an interval if a level is given."""
        table = enter_summary(X)

        def quantity(model: Any, x: FloatArray, t_x: FloatArray, T: FloatArray) -> FloatArray:
            alive: FloatArray = model._alive(x, t_x, T)
            return alive if if_alive is None else alive * model._on_state(if_alive, x, t_x, T)

        def with_bounds(x: FloatArray, t_x: FloatArray, T: FloatArray) -> dict[str, FloatArray]:
            estimate = quantity(self, x, t_x, T)
            error = delta_errors(self, lambda model: quantity(model, x, t_x, T))
            low, high = bounds(estimate, error, level or 0.0)
            return {name: estimate, f"{name}_low": low, f"{name}_high": high}

        if level is None and isinstance(table, LazyTable):
            factors = None if if_alive is None else lambda *state: {"if_alive": if_alive(self, *state)}
            customers = alive_times(self, table, factors, check=check)
            column = customers.alive if if_alive is None else customers.alive * customers.factor("if_alive")
            return customers.answer({name: column})
        if level is None and isinstance(table, Table):
            return answer(table, {name: quantity(self, *self._read(table))})
        return self._answer_on_rows(table, with_bounds, check=check)

    def _with_outcomes(self, X: IntoFrame, t: float, level: float, *, check: bool) -> Any:
        """Expected purchases, and the central interval of their number."""

        def with_bounds(x: FloatArray, t_x: FloatArray, T: FloatArray) -> dict[str, FloatArray]:
            def pmf(rows: IntArray, n_max: int) -> FloatArray:
                return self._pmf(x[rows], t_x[rows], T[rows], t, n_max)

            tails = np.array([0.5 - level / 2, 0.5 + level / 2])
            low, high = count_quantiles(pmf, tails, x.size).T
            name = "expected_purchases"
            return {name: self._expected(x, t_x, T, t), f"{name}_low": low, f"{name}_high": high}

        return self._answer_on_rows(enter_summary(X), with_bounds, check=check)

    def _answer_on_rows(
        self,
        table: Table | LazyTable,
        compute: Callable[[FloatArray, FloatArray, FloatArray], dict[str, FloatArray]],
        *,
        check: bool,
    ) -> Any:
        """What is computed for the distinct (frequency, recency, T), for all customers."""
        if isinstance(table, LazyTable):
            return answer_rows(self, table, compute, check=check)
        rows, place = distinct_rows(self._read(table))
        return answer(table, {name: values[place] for name, values in compute(*rows).items()})


def _stays(model: Any, *state: FloatArray, t: float) -> FloatArray:
    """Whether someone who is alive at T is so at T + t."""
    known = dict(zip(model._state, state, strict=True))
    x, T = known["frequency"], known["T"]
    # where it does not depend on the last purchase, that is put at T
    t_x = known.get("recency", T)
    later, now = (model._kernel.probability_alive(*model._theta(), x, t_x, T, after=after) for after in (t, 0.0))
    # who is surely gone stays so: there the factor is of no account
    return np.minimum(np.divide(later, now, out=np.zeros(now.shape), where=now > 0), 1.0)


def _ever(model: Any, *state: FloatArray) -> FloatArray:
    return np.asarray(model._kernel.probability_ever_alive(*model._theta(), *state))
