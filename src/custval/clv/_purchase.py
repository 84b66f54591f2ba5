"""What every model of purchases shares: read a summary, fit on distinct rows, predict on distinct rows."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from numbers import Real
from typing import Any, ClassVar, Self

import numpy as np

from custval._check import choice, flag, in_unit, random_generator, whole
from custval._frame import LazyTable, Table, constant, enter_any, examples, new_frame, numbers, nw
from custval._kernels.calendar import GRAINS
from custval._kernels.tuples import count_distinct_rows, distinct_rows
from custval._model import check_fitted, refuse_other_unit, sample_weights
from custval.clv._demands import HOW
from custval.clv._fitted import MaximumLikelihoodModel
from custval.clv._purchase_in_engine import alive_times, collect_tuples
from custval.errors import CustvalError, DataError, FitError
from custval.typing import FloatArray, IntArray, IntoFrame, RngLike, Span

__all__ = ["PurchaseModel", "enter_summary", "refuse_broken_frequency"]

# horizons of a long curve that are held in memory together
_TIMES_AT_ONCE = 64


class PurchaseModel(MaximumLikelihoodModel):
    """A model of a customer base in which each customer buys for a while and then leaves unseen.

    Its predictions factor into the probability of being alive, which depends on (frequency, recency, T), and what
    a customer who is alive does next, which depends on (frequency, T).

    A model of your own is a subclass with two class attributes: `_parameters`, the names, and `_kernel`, a module
    (or any object) with the functions `fit, probability_alive, expected_purchases_alive, probability_active_alive,
    expected_purchases_new, draw` of `custval._kernels.bg_nbd`, parameters first. `custval.testing.check_model` tests
    it.

    Parameters
    ----------
    unit : {"h", "D", "W", "M", "Y"}, optional
        The unit of time, if the data do not carry it in a column `unit`.
    """

    _kernel: ClassVar[Any]

    def __init__(self, unit: str | None = None) -> None:
        self.unit = unit

    def _own_unit(self) -> str | None:
        return None if self.unit is None else choice(self.unit, "unit", GRAINS)

    @classmethod
    def from_params(cls, *, unit: str | None = None, **params: float) -> Self:
        """Build a model from known parameters.

        Parameters
        ----------
        unit : {"h", "D", "W", "M", "Y"}, optional
            The unit of time that the parameters are in.
        **params : float
            Every parameter of the model by name, all above 0.

        Returns
        -------
        The model, ready to predict; it has no standard errors.
        """
        model = cls(unit=unit)
        return cls._with_params(model, params, model._own_unit())

    # -- fitting

    def fit(self, X: IntoFrame, sample_weight: Any = None) -> Self:
        """Fit by maximum likelihood.

        Parameters
        ----------
        X : frame
            A summary: `frequency` (repeat occasions), `recency` and `T`, and `unit` if it is known.
            Of a lazy frame the distinct rows are collected, with their number; nothing else leaves its engine.
        sample_weight : array of shape (n,) or column name, optional
            How many customers each row stands for; for a lazy frame the name of a column.

        Returns
        -------
        self

        Raises
        ------
        ColumnError, DataError
            If a column is missing or holds values that no customer can have (see the message).
        FitError
            If there are no customers.

        Notes
        -----
        Look at `fit_status_`: on small samples the likelihood often has no interior maximum. Parameters then run
        to a limit, the fit ends as "boundary", and `fit_message_` says which; predictions stay usable.
        """
        entered = enter_summary(X)
        weight: FloatArray | None
        if isinstance(entered, LazyTable):
            table, weight, rows = collect_tuples(entered, sample_weight)
            x, t_x, T = _summary_columns(table, rows)
        else:
            table, (x, t_x, T) = entered, _summary_columns(entered)
            weight = sample_weights(table, sample_weight)
        if not len(x):
            raise FitError(f"{type(self).__name__} needs customers to fit; the table has none", code="empty", count=0)
        unit = self._unit_of(table)
        (x, t_x, T), weight = count_distinct_rows((x, t_x, T), weight)
        maximum = self._kernel.fit(x, t_x, T, weight)
        # nothing is learned from a fit that fails
        self._learn(maximum, float(weight.sum()))
        self.unit_ = unit
        return self

    def _unit_of(self, table: Table) -> str | None:
        own, there = self._own_unit(), constant(table, "unit")
        if there is not None:
            choice(there, "the column unit", GRAINS)
        refuse_other_unit(there, own, f"this {type(self).__name__} was made with unit={own!r}")
        return own or there

    # -- predicting

    def expected_purchases(self, X: IntoFrame, horizon: Span, *, check: bool = True) -> Any:
        """Expected number of purchases of each customer in the next `horizon`.

        Parameters
        ----------
        X : frame
            A summary: `frequency`, `recency`, `T`.
        horizon : str or float
            A span such as "12M", or a number of units of `unit_`.
        check : bool
            For lazy frames: whether one query now looks for rows that no customer can have.

        Returns
        -------
        frame of the library that came in
            `customer_id` (if X has it), `expected_purchases`.
        """
        t, check = self._horizon(horizon), flag(check, "check")
        table = enter_summary(X)

        def if_alive(x: FloatArray, T: FloatArray) -> FloatArray:
            return self._expected_sums(x, T, np.array([t]), np.ones((1, 1)))[:, 0]

        if isinstance(table, LazyTable):
            return self._answer_lazily(table, "expected_purchases", if_alive, check=check)
        x, t_x, T = self._read(table)
        return self._answer(table, "expected_purchases", self._alive(x, t_x, T) * if_alive(x, T))

    def probability_alive(self, X: IntoFrame, after: Span = 0, *, check: bool = True) -> Any:
        """Probability that each customer is still a customer, `after` a span from the end of observation.

        Parameters
        ----------
        X : frame
            A summary: `frequency`, `recency`, `T`.
        after : str or float
            A span such as "3M", or a number of units of `unit_`; 0 means now, at the end of T.
        check : bool
            For lazy frames: whether one query now looks for rows that no customer can have.

        Returns
        -------
        frame of the library that came in
            `customer_id` (if X has it), `probability_alive`.
        """
        check_fitted(self, "params_")
        t, check = in_unit(after, "after", self.unit_, zero=True), flag(check, "check")
        table = enter_summary(X)

        def stays(x: FloatArray, T: FloatArray) -> FloatArray:
            # whether someone who is alive at T stays is independent of the last purchase: put it at T
            later: FloatArray = self._kernel.probability_alive(*self._theta(), x, T, T, after=t) / self._alive(x, T, T)
            return later

        if isinstance(table, LazyTable):
            return self._answer_lazily(table, "probability_alive", stays if t else None, check=check)
        x, t_x, T = self._read(table)
        (x, t_x, T), place = distinct_rows((x, t_x, T))
        alive = self._kernel.probability_alive(*self._theta(), x, t_x, T, after=t)
        return self._answer(table, "probability_alive", alive[place])

    def probability_active(self, X: IntoFrame, horizon: Span, *, check: bool = True) -> Any:
        """Probability that each customer buys at least once in the next `horizon`.

        Parameters
        ----------
        X : frame
            A summary: `frequency`, `recency`, `T`.
        horizon : str or float
            A span such as "3M", or a number of units of `unit_`.
        check : bool
            For lazy frames: whether one query now looks for rows that no customer can have.

        Returns
        -------
        frame of the library that came in
            `customer_id` (if X has it), `probability_active`.
        """
        t, check = self._horizon(horizon), flag(check, "check")
        table = enter_summary(X)
        if isinstance(table, LazyTable):
            active_alive = functools.partial(self._active_alive, t)
            return self._answer_lazily(table, "probability_active", active_alive, check=check)
        x, t_x, T = self._read(table)
        (dx, dT), place = distinct_rows((x, T))
        active = self._active_alive(t, dx, dT)[place]
        return self._answer(table, "probability_active", self._alive(x, t_x, T) * active)

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
            return float(self._kernel.expected_purchases_new(*self._theta(), t))
        times = _finite_times(horizon, "horizon")
        return self._kernel.expected_purchases_new(*self._theta(), times) if times.size else times

    # -- simulating

    def sample(self, n: int, T: Any, rng: RngLike = None) -> Any:
        """Draw a base of new customers from the model and observe it.

        Parameters
        ----------
        n : int
            Number of customers.
        T : float or array of shape (n,)
            For how long each is observed after the first purchase, in units of `unit_`.
        rng : seed or numpy Generator

        Returns
        -------
        pandas.DataFrame
            A summary (`customer_id, frequency, recency, T`, and `unit` if it is known), and the truth behind it:
            `alive` at the end of T, and the columns of the model's latent traits.
        """
        times, customer, event, truth = self._draw(n, T, rng)
        order = np.arange(len(times))
        frequency = np.bincount(customer, minlength=len(times))
        recency = np.zeros(len(times))
        np.maximum.at(recency, customer, event)
        columns: dict[str, Any] = {"customer_id": order, "frequency": frequency, "recency": recency, "T": times}
        if self.unit_ is not None:
            columns["unit"] = [self.unit_] * len(times)
        return new_frame({**columns, **truth})

    def sample_purchases(self, n: int, T: Any, rng: RngLike = None) -> tuple[IntArray, FloatArray]:
        """Draw a base of new customers and all of their purchases.

        Parameters
        ----------
        n, T, rng
            As in `sample`.

        Returns
        -------
        customer : array of int64, shape (m,)
            0 to n − 1, in increasing order.
        time : array of float64, shape (m,)
            Time since the customer's first purchase, which is included at time 0, in units of `unit_`; it increases
            within a customer.
        """
        times, customer, event, _ = self._draw(n, T, rng)
        everyone = np.concatenate([np.arange(len(times)), customer])
        moment = np.concatenate([np.zeros(len(times)), event])
        order = np.lexsort((moment, everyone))
        return everyone[order], moment[order]

    def _draw(self, n: int, T: Any, rng: RngLike) -> tuple[FloatArray, IntArray, FloatArray, Mapping[str, Any]]:
        check_fitted(self, "params_")
        n = whole(n, "n", at_least=1)
        times = _finite_times(T, "T")
        if times.shape not in {(), (n,)}:
            raise CustvalError(f"T must be one number, or one for each of the {n} customers; got shape {times.shape}")
        times = np.array(np.broadcast_to(times, (n,)))
        customer, event, truth = self._kernel.draw(*self._theta(), times, random_generator(rng))
        return times, customer, event, truth

    # -- the arithmetic that lifetime values share

    def _theta(self) -> tuple[float, ...]:
        return tuple(self.params_[name] for name in self._parameters)

    def _alive(self, x: FloatArray, t_x: FloatArray, T: FloatArray) -> FloatArray:
        """Probability of being alive now, shape (n,)."""
        alive: FloatArray = self._kernel.probability_alive(*self._theta(), x, t_x, T)
        return alive

    def _expected_sums(self, x: FloatArray, T: FloatArray, times: FloatArray, weight: FloatArray) -> FloatArray:
        """Expected purchases if alive, summed over the times by the columns of `weight` (len(times), m): (n, m)."""
        (dx, dT), place = distinct_rows((x, T))
        total = np.zeros((len(dx), weight.shape[1]))
        for some in range(0, len(times), _TIMES_AT_ONCE):
            rows = slice(some, some + _TIMES_AT_ONCE)
            total += self._kernel.expected_purchases_alive(*self._theta(), dx, dT, times[rows]) @ weight[rows]
        return total[place]

    def _horizon(self, horizon: Span) -> float:
        check_fitted(self, "params_")
        return in_unit(horizon, "horizon", self.unit_)

    def _active_alive(self, t: float, x: FloatArray, T: FloatArray) -> FloatArray:
        active: FloatArray = self._kernel.probability_active_alive(*self._theta(), x, T, t)
        return active

    def _alive_expression(self, x: nw.Expr, t_x: nw.Expr, T: nw.Expr) -> nw.Expr | None:  # noqa: ARG002
        """The probability of being alive where it has a closed form; else it is computed for distinct rows."""
        return None

    def _answer_lazily(
        self,
        table: LazyTable,
        name: str,
        if_alive: Callable[[FloatArray, FloatArray], FloatArray] | None,
        *,
        check: bool,
    ) -> Any:
        """The probability of being alive, times what holds of those who are (of frequency and T), in the engine."""
        if if_alive is None:
            customers = alive_times(self, table, None, check=check)
            return customers.answer({name: customers.alive})
        customers = alive_times(self, table, lambda x, T: {"if_alive": if_alive(x, T)}, check=check)
        return customers.answer({name: customers.alive * customers.factor("if_alive")})

    def _read(self, table: Table) -> tuple[FloatArray, FloatArray, FloatArray]:
        why = f"this {type(self).__name__} was fitted in {self.unit_!r}"
        refuse_other_unit(constant(table, "unit"), self.unit_, why)
        return _summary_columns(table)

    @staticmethod
    def _answer(table: Table, name: str, values: FloatArray) -> Any:
        ids = {"customer_id": table["customer_id"]} if "customer_id" in table else {}
        return table.make({**ids, name: values})


def _finite_times(values: Any, name: str) -> FloatArray:
    try:
        times = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise CustvalError(f"{name} must hold numbers of the model's unit of time; got {values!r}") from None
    if not (np.isfinite(times) & (times >= 0)).all():
        raise CustvalError(f"{name} must be finite and at least 0; got {values!r}")
    return times


def enter_summary(X: IntoFrame) -> Table | LazyTable:
    """A frame with the columns that purchase models read."""
    table = enter_any(X, "X")
    table.require("frequency", "recency", "T", hint=HOW)
    return table


def refuse_broken_frequency(x: FloatArray, rows: FloatArray | None = None) -> None:
    """Raise if a frequency is no count; `rows` says how many customers stand behind each."""
    _refuse((x < 0) | (x != np.floor(x)), "frequency", "a frequency is a whole number of at least 0", rows)


def _summary_columns(table: Table, rows: FloatArray | None = None) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Frequency, recency and T, checked for what no customer can have; `rows` as in `refuse_broken_frequency`."""
    x, t_x, T = (numbers(table, name) for name in ("frequency", "recency", "T"))
    refuse_broken_frequency(x, rows)
    impossible = {
        "recency": ((t_x < 0) | (t_x > T), "a recency lies between 0 and T"),
        "T": (T < 0, "T is at least 0"),
    }
    for name, (bad, law) in impossible.items():
        _refuse(bad, name, law, rows)
    _refuse((x == 0) != (t_x == 0), "recency", "recency is 0 exactly for customers with frequency 0", rows)
    return x, t_x, T


def _refuse(bad: Any, column: str, law: str, rows: FloatArray | None) -> None:
    count = int(np.count_nonzero(bad) if rows is None else rows[bad].sum())
    if count:
        found = examples(bad) if rows is None else None
        shown = f" (rows {', '.join(map(str, found))}{' …' if count > 5 else ''})" if found else ""
        raise DataError(
            f"X: {law}; {count:,} rows are not so{shown}",
            column=column,
            count=count,
            suggestion=HOW,
            code="impossible",
            examples=found or (),
        )
