"""Drawing from a purchase model: new customers, and the future of those who are there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from custval._check import affordable, random_generator, whole
from custval._frame import Table, codes, enter, new_frame
from custval._model import check_fitted
from custval.clv._answers import identifiers_of
from custval.clv._customer_base import CustomerBase
from custval.errors import CustvalError
from custval.typing import FloatArray, IntArray, IntoFrame, RngLike, Span

__all__ = ["Sampling", "drawing_order", "finite_times"]


class Sampling(CustomerBase):
    """What of a purchase model is drawn at random."""

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
        columns.update(self._more_of_a_sample(len(times), customer, event))
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

    def sample_future(self, X: IntoFrame, horizon: Span, n_draws: int = 100, rng: RngLike = None) -> Any:
        """Draw how often each customer buys in the next `horizon`, given the history.

        Each draw takes the customer's own traits from what the history says of them; the parameters of the model are
        taken as known.

        Parameters
        ----------
        X : frame
            A summary: `frequency`, `recency`, `T`; not lazy.
        horizon : str or float
            A span such as "12M", or a number of units of `unit_`.
        n_draws : int
            Draws for each customer.
        rng : seed or numpy Generator
            The same seed draws the same for a customer whatever the order of the rows, where X has `customer_id`.

        Returns
        -------
        frame of the library that came in
            `customer_id` (if X has it), `draw` (0 to n_draws − 1) and `purchases`: `n_draws` rows for each customer,
            one customer after the other.

        Examples
        --------
        >>> import custval as cv
        >>> model = cv.clv.BetaGeoModel.from_params(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="W")
        >>> draws = model.sample_future({"frequency": [9], "recency": [38.0], "T": [38.86]}, "39W", n_draws=4, rng=1)
        >>> draws["draw"]
        [0, 1, 2, 3]
        """
        t, n_draws = self._horizon(horizon), whole(n_draws, "n_draws", at_least=1)
        table = enter(X, "X")
        table.require("frequency", "recency", "T")
        x, t_x, T = self._read(table)
        affordable(len(x) * n_draws, "draws", "a smaller n_draws, or fewer customers at a time")
        order = drawing_order(table)
        purchases = np.empty((len(x), n_draws), dtype=np.int64)
        purchases[order] = self._draw_future((x[order], t_x[order], T[order]), t, n_draws, random_generator(rng))
        rows = np.repeat(np.arange(len(x)), n_draws)
        return table.make(
            {**identifiers_of(table, rows), "draw": np.tile(np.arange(n_draws), len(x)), "purchases": purchases.ravel()}
        )

    def _draw_future(
        self, rows: tuple[FloatArray, FloatArray, FloatArray], t: float, n_draws: int, rng: np.random.Generator
    ) -> IntArray:
        """Draws of the number of purchases in (T, T + t], shape (n, n_draws), of customers (x, t_x, T)."""
        x, t_x, T = rows
        drawn = self._kernel.draw_future_alive(*self._theta(), *self._state_of(x, t_x, T), t, n_draws, rng)
        stays: IntArray = drawn * (rng.random((len(x), n_draws)) < self._alive(x, t_x, T)[:, None])
        return stays

    def _draw(self, n: int, T: Any, rng: RngLike) -> tuple[FloatArray, IntArray, FloatArray, Mapping[str, Any]]:
        check_fitted(self, "params_")
        n = whole(n, "n", at_least=1)
        times = finite_times(T, "T")
        if times.shape not in {(), (n,)}:
            raise CustvalError(f"T must be one number, or one for each of the {n} customers; got shape {times.shape}")
        times = np.array(np.broadcast_to(times, (n,)))
        self._whole(times, "T")
        # the mean is concave in time, so that of the mean time bounds the mean
        longest = np.ceil(times.mean())
        many = n * float(self._kernel.expected_purchases_new(*self._theta(), longest))
        affordable(many, "purchases", "a smaller n, or a shorter T")
        customer, event, truth = self._kernel.draw(*self._theta(), times, random_generator(rng))
        return times, customer, event, truth

    def _more_of_a_sample(self, n: int, customer: IntArray, time: FloatArray) -> Mapping[str, Any]:  # noqa: ARG002
        """Further columns of a drawn summary, from whose purchases are when."""
        return {}


def drawing_order(table: Table) -> IntArray:
    """The order in which customers are drawn, so that the order of their rows does not matter: that of their ids."""
    if "customer_id" not in table:
        return np.arange(len(table))
    return np.argsort(codes(table["customer_id"])[0], kind="stable")


def finite_times(values: Any, name: str) -> FloatArray:
    """Numbers of a unit of time: finite and at least 0."""
    try:
        given = np.asarray(values)
        # numpy would take the real part of a complex number, and the ticks of a time
        times = given.astype(np.float64) if given.dtype.kind in "iufO" else None
    except (OverflowError, TypeError, ValueError):
        times = None
    if times is None:
        raise CustvalError(f"{name} must hold numbers of the model's unit of time; got {values!r}")
    if not (np.isfinite(times) & (times >= 0)).all():
        raise CustvalError(f"{name} must be finite and at least 0; got {values!r}")
    return times
