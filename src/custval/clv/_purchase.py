"""What every model of purchases shares: read a summary, fit on distinct rows, predict on distinct rows."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import Any, ClassVar, Self

import numpy as np

from custval._check import choice, in_unit, random_generator, whole
from custval._frame import Table, constant, enter, examples, new_frame, numbers
from custval._kernels.calendar import GRAINS
from custval._kernels.tuples import count_distinct_rows, distinct_rows
from custval._model import check_fitted, refuse_other_unit, sample_weights
from custval.clv._fitted import MaximumLikelihoodModel
from custval.errors import CustvalError, DataError, FitError
from custval.typing import FloatArray, IntArray, IntoFrame, RngLike, Span

__all__ = ["PurchaseModel", "refuse_broken_frequency"]

# horizons of a long curve that are held in memory together
_TIMES_AT_ONCE = 64
_HOW = "custval.summarize(transactions) makes such a table"


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
        sample_weight : array of shape (n,) or column name, optional
            How many customers each row stands for.

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
        table = _enter(X)
        x, t_x, T = _summary_columns(table)
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

    def expected_purchases(self, X: IntoFrame, horizon: Span) -> Any:
        """Expected number of purchases of each customer in the next `horizon`.

        Parameters
        ----------
        X : frame
            A summary: `frequency`, `recency`, `T`.
        horizon : str or float
            A span such as "12M", or a number of units of `unit_`.

        Returns
        -------
        frame of the library that came in
            `customer_id` (if X has it), `expected_purchases`.
        """
        t = self._horizon(horizon)
        table, x, t_x, T = self._read(X)
        expected = self._expected_sums(x, T, np.array([t]), np.ones((1, 1)))[:, 0]
        return self._answer(table, "expected_purchases", self._alive(x, t_x, T) * expected)

    def probability_alive(self, X: IntoFrame, after: Span = 0) -> Any:
        """Probability that each customer is still a customer, `after` a span from the end of observation.

        Parameters
        ----------
        X : frame
            A summary: `frequency`, `recency`, `T`.
        after : str or float
            A span such as "3M", or a number of units of `unit_`; 0 means now, at the end of T.

        Returns
        -------
        frame of the library that came in
            `customer_id` (if X has it), `probability_alive`.
        """
        check_fitted(self, "params_")
        t = in_unit(after, "after", self.unit_, zero=True)
        table, x, t_x, T = self._read(X)
        (x, t_x, T), place = distinct_rows((x, t_x, T))
        alive = self._kernel.probability_alive(*self._theta(), x, t_x, T, after=t)
        return self._answer(table, "probability_alive", alive[place])

    def probability_active(self, X: IntoFrame, horizon: Span) -> Any:
        """Probability that each customer buys at least once in the next `horizon`.

        Parameters
        ----------
        X : frame
            A summary: `frequency`, `recency`, `T`.
        horizon : str or float
            A span such as "3M", or a number of units of `unit_`.

        Returns
        -------
        frame of the library that came in
            `customer_id` (if X has it), `probability_active`.
        """
        t = self._horizon(horizon)
        table, x, t_x, T = self._read(X)
        (dx, dT), place = distinct_rows((x, T))
        active = self._kernel.probability_active_alive(*self._theta(), dx, dT, t)[place]
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

    def _read(self, X: IntoFrame) -> tuple[Table, FloatArray, FloatArray, FloatArray]:
        check_fitted(self, "params_")
        table = _enter(X)
        why = f"this {type(self).__name__} was fitted in {self.unit_!r}"
        refuse_other_unit(constant(table, "unit"), self.unit_, why)
        return (table, *_summary_columns(table))

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


def _enter(X: IntoFrame) -> Table:
    table = enter(X, "X")
    table.require("frequency", "recency", "T", hint=_HOW)
    return table


def refuse_broken_frequency(x: FloatArray) -> None:
    """Raise if a frequency is no count."""
    _refuse((x < 0) | (x != np.floor(x)), "frequency", "a frequency is a whole number of at least 0")


def _summary_columns(table: Table) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Frequency, recency and T, checked for what no customer can have."""
    x, t_x, T = (numbers(table, name) for name in ("frequency", "recency", "T"))
    refuse_broken_frequency(x)
    impossible = {
        "recency": ((t_x < 0) | (t_x > T), "a recency lies between 0 and T"),
        "T": (T < 0, "T is at least 0"),
    }
    for name, (bad, law) in impossible.items():
        _refuse(bad, name, law)
    _refuse((x == 0) != (t_x == 0), "recency", "recency is 0 exactly for customers with frequency 0")
    return x, t_x, T


def _refuse(bad: Any, column: str, law: str) -> None:
    count = int(np.count_nonzero(bad))
    if count:
        rows = examples(bad)
        raise DataError(
            f"X: {law}; {count:,} rows are not so (rows {', '.join(map(str, rows))}{' …' if count > 5 else ''})",
            column=column,
            count=count,
            suggestion=_HOW,
            code="impossible",
            examples=rows,
        )
