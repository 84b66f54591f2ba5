"""The arithmetic that all questions to a purchase model rest on: arrays in, arrays out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from custval._check import in_unit
from custval._frame import Table, constant, nw
from custval._kernels.crossing import crossing_times
from custval._kernels.tuples import distinct_rows
from custval._model import check_fitted, refuse_other_unit
from custval.clv._demands import HOW
from custval.clv._fitted import MaximumLikelihoodModel
from custval.clv._summary import summary_columns
from custval.errors import CustvalError
from custval.typing import FloatArray, IntArray, Span

__all__ = ["CustomerBase"]

# horizons of a long curve that are held in memory together
_TIMES_AT_ONCE = 64
# probabilities of counts that are held together
_PMF_BLOCK = 1 << 22


class CustomerBase(MaximumLikelihoodModel):
    """A kernel, its parameters, and what it says of customers given as arrays.

    Predictions factor into the probability of being alive, which depends on (frequency, recency, T), and what someone
    who is alive does next, which depends on the columns in `_state`; both are computed on distinct rows.
    """

    _kernel: ClassVar[Any]
    # the columns on which rests what a customer who is alive does next
    _state: ClassVar[tuple[str, ...]] = ("frequency", "T")
    # whether time is counted in opportunities to buy
    _discrete: ClassVar[bool] = False
    # further columns of the summary of which a fit needs the sum over all customers
    _sums: ClassVar[tuple[str, ...]] = ()
    # how the summary gets those
    _sums_hint: ClassVar[str] = HOW

    def _theta(self) -> tuple[float, ...]:
        """What the functions of the kernel take first."""
        return tuple(self.params_[name] for name in self._parameters)

    def _state_of(self, x: FloatArray, t_x: FloatArray, T: FloatArray) -> tuple[FloatArray, ...]:
        """The columns on which rests what a customer who is alive does next."""
        columns = {"frequency": x, "recency": t_x, "T": T}
        return tuple(columns[name] for name in self._state)

    def _alive(self, x: FloatArray, t_x: FloatArray, T: FloatArray) -> FloatArray:
        """Probability of being alive now, shape (n,)."""
        alive: FloatArray = self._kernel.probability_alive(*self._theta(), x, t_x, T)
        return alive

    def _expected_sums(self, state: tuple[FloatArray, ...], times: FloatArray, weight: FloatArray) -> FloatArray:
        """Expected purchases if alive, summed over the times by the columns of `weight` (len(times), m): (n, m)."""
        distinct, place = distinct_rows(state)
        total = np.zeros((len(distinct[0]), weight.shape[1]))
        for some in range(0, len(times), _TIMES_AT_ONCE):
            rows = slice(some, some + _TIMES_AT_ONCE)
            total += self._kernel.expected_purchases_alive(*self._theta(), *distinct, times[rows]) @ weight[rows]
        # column by column, so that what is done with each of them runs through its memory in order
        return np.take(np.ascontiguousarray(total.T), place, axis=1).T

    def _horizon(self, horizon: Span) -> float:
        check_fitted(self, "params_")
        t = in_unit(horizon, "horizon", self.unit_)
        self._whole(np.array(t), "horizon")
        return t

    def _whole(self, times: FloatArray, name: str) -> None:
        """In discrete time raise if a time is no whole number of opportunities."""
        if self._discrete and np.any(times != np.round(times)):
            raise CustvalError(
                f"{type(self).__name__} counts time in opportunities to buy: {name} must be a whole number of them; "
                f"got {times[times != np.round(times)].ravel()[0]:g} in units of {self.unit_ or 'an opportunity'}",
                suggestion=f"a whole number, such as {name}=1",
                code="not_whole",
            )

    def _alive_expression(self, x: nw.Expr, t_x: nw.Expr, T: nw.Expr) -> nw.Expr | None:  # noqa: ARG002
        """The probability of being alive where it has a closed form; else it is computed for distinct rows."""
        return None

    def _read(self, table: Table) -> tuple[FloatArray, FloatArray, FloatArray]:
        why = f"this {type(self).__name__} was fitted in {self.unit_!r}"
        refuse_other_unit(constant(table, "unit"), self.unit_, why)
        return summary_columns(table, discrete=self._discrete)

    def _on_state(
        self, if_alive: Callable[..., FloatArray], x: FloatArray, t_x: FloatArray, T: FloatArray
    ) -> FloatArray:
        """What holds of customers who are alive, computed once for each distinct state."""
        state, place = distinct_rows(self._state_of(x, t_x, T))
        return if_alive(self, *state)[place] if place.size else np.zeros(0)

    def _expected(self, x: FloatArray, t_x: FloatArray, T: FloatArray, t: float) -> FloatArray:
        """Expected purchases in (T, T + t], shape (n,)."""

        def if_alive(model: Any, *state: FloatArray) -> FloatArray:
            return np.asarray(model._kernel.expected_purchases_alive(*model._theta(), *state, t))

        return self._alive(x, t_x, T) * self._on_state(if_alive, x, t_x, T)

    def _pmf(self, x: FloatArray, t_x: FloatArray, T: FloatArray, t: float, n_max: int) -> FloatArray:
        """Probabilities of 0, …, n_max and of more purchases in (T, T + t], shape (n, n_max + 2)."""
        state, place = distinct_rows(self._state_of(x, t_x, T))
        if not place.size:
            return np.zeros((0, n_max + 2))
        theta, blocks = self._theta(), max(1, state[0].size * (n_max + 2) // _PMF_BLOCK)
        parts = zip(*(np.array_split(column, blocks) for column in state), strict=True)
        if_alive = np.concatenate([self._kernel.purchase_pmf_alive(*theta, *part, t, n_max) for part in parts])
        alive = self._alive(x, t_x, T)[:, None]
        pmf: FloatArray = alive * if_alive[place]
        pmf[:, :1] += 1 - alive
        # sums that round to a little more than 1
        return np.minimum(pmf, 1.0, out=pmf)

    def _pmf_new(self, t: float, n_max: int) -> FloatArray:
        """Probabilities of 0, …, n_max and of more repeat purchases of a new customer in (0, t], shape (n_max + 2,)."""
        nothing = np.zeros(1)
        return self._pmf(nothing, nothing, nothing, t, n_max)[0]

    def _waiting(self, x: FloatArray, t_x: FloatArray, T: FloatArray, ever: FloatArray, q: float) -> FloatArray:
        """By when the probability of a purchase is q; NaN where it never is."""
        result = np.full(x.size, np.nan)
        found = np.flatnonzero(ever > q)
        state = self._state_of(x[found], t_x[found], T[found])
        level = q / self._alive(x[found], t_x[found], T[found])

        def active(rows: IntArray, t: FloatArray) -> FloatArray:
            mine = (column[rows] for column in state)
            return np.asarray(self._kernel.probability_active_alive(*self._theta(), *mine, t[:, None])[:, 0])

        result[found] = crossing_times(active, level)
        if self._discrete:
            result[found] = np.maximum(np.ceil(result[found] - 1e-9), 1.0)
        return result
