"""What BG/CNBD-k and MBG/CNBD-k have beside other purchase models: k, and the intervals that speak for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np

from custval._check import whole
from custval._frame import nw
from custval._kernels.cnbd_fit import MOST_PHASES
from custval._kernels.maximize import Maximum
from custval.clv._purchase import PurchaseModel
from custval.errors import CustvalError, DataError
from custval.typing import FloatArray, IntArray

__all__ = ["RegularPurchaseModel"]


class RegularPurchaseModel(PurchaseModel):
    """A purchase model with Erlang(k, λ) intervals, in which a customer may leave after a purchase.

    Parameters
    ----------
    k : int or "auto"
        How regular purchases are; "auto" finds the k with the largest likelihood.
    method : {"mle", "map"}
        Maximum likelihood, or the mode of the posterior under weak priors.
    unit : {"h", "D", "W", "M", "Y"}, optional
        The unit of time, if the data do not carry it in a column `unit`.
    """

    _parameters: ClassVar[tuple[str, ...]] = ("r", "alpha", "a", "b")
    _state: ClassVar[tuple[str, ...]] = ("frequency", "recency", "T")
    _sums: ClassVar[tuple[str, ...]] = ("sum_log_intervals",)
    _sums_hint: ClassVar[str] = "regularity=True in custval.summarize or calibration_holdout adds it; only fit needs it"
    # whether the first purchase is a chance to leave
    _first: ClassVar[bool]

    def __init__(self, k: int | str = "auto", method: str = "mle", unit: str | None = None) -> None:
        super().__init__(method, unit)
        self.k = k

    @classmethod
    def from_params(cls, *, unit: str | None = None, k: float | None = None, **params: float) -> Self:
        """Build a model from known parameters.

        Parameters
        ----------
        unit : {"h", "D", "W", "M", "Y"}, optional
            The unit of time that the parameters are in.
        k : int
            How regular purchases are, 1 to 12.
        **params : float
            The parameters r, alpha, a, b, all above 0.

        Returns
        -------
        The model, ready to predict; it has no standard errors.
        """
        if k is None:
            raise CustvalError(
                f"{cls.__name__} has the parameters k, {', '.join(cls._parameters)}; k is missing",
                suggestion=f"{cls.__name__}.from_params(k=2, {', '.join(f'{name}=…' for name in cls._parameters)})",
            )
        phases = _phases(k)
        model = cls(k=phases, unit=unit)
        model = cls._with_params(model, params, model._own_unit())
        model.k_ = phases
        return model

    def _maximize(
        self,
        x: FloatArray,
        t_x: FloatArray,
        T: FloatArray,
        w: FloatArray,
        *,
        prior: bool,
        sum_log_intervals: float = 0.0,
    ) -> Maximum:
        if not np.isfinite(sum_log_intervals):
            raise DataError(
                f"the sum of sum_log_intervals over all customers is {sum_log_intervals}: an interval of length 0 or a "
                "missing one",
                column="sum_log_intervals",
                suggestion="custval.summarize(transactions, regularity=True) has intervals of at least one grain",
                code="not_finite",
            )
        found: dict[int, Maximum]
        if self.k == "auto":
            found = self._kernel.fit_every_k(x, t_x, T, w, log_intervals=sum_log_intervals, prior=prior)
        else:
            phases = _phases(self.k)
            found = {phases: self._kernel.fit(phases, x, t_x, T, w, log_intervals=sum_log_intervals, prior=prior)}
        self.log_likelihood_by_k_ = {phases: float(fit.log_likelihood) for phases, fit in found.items()}
        self.k_ = max(found, key=lambda phases: found[phases].log_likelihood)
        return found[self.k_]

    def _theta(self) -> tuple[float, ...]:
        return self.k_, *super()._theta()

    def _more_of_a_sample(self, n: int, customer: IntArray, time: FloatArray) -> Mapping[str, Any]:
        begins = np.diff(customer, prepend=-1) > 0
        interval = np.where(begins, time, np.diff(time, prepend=0.0))
        logs = np.log(np.maximum(interval, np.finfo(np.float64).tiny))
        return {"sum_log_intervals": np.bincount(customer, logs, n)}

    def _alive_expression(self, x: nw.Expr, t_x: nw.Expr, T: nw.Expr) -> nw.Expr:
        k, r, alpha, a, b = self._theta()
        s, u = x * k + r, (T - t_x) / (T + alpha)
        behind: Any = 1.0
        for j in reversed(range(self.k_ - 1)):
            behind = u * (s + j) * (behind / (j + 1)) + 1.0
        # of those without a chance to leave no logarithm is taken
        before = x if self._first else nw.when(x > 0).then(x - 1).otherwise(nw.lit(0.0))
        log_odds = ((T - t_x) / (t_x + alpha) + 1).log() * s - ((before + b) / a).log()
        alive = 1 / (log_odds.exp() / behind + 1)
        return alive if self._first else nw.when(x > 0).then(alive).otherwise(nw.lit(1.0))

    def to_dict(self) -> dict[str, Any]:
        """The fitted model as JSON-safe data, without any customer's; `custval.load` reads it."""
        by_k = {str(k): value for k, value in getattr(self, "log_likelihood_by_k_", {}).items()}
        return {**super().to_dict(), "k": self.k_, "log_likelihood_by_k": by_k}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The model that `to_dict` wrote."""
        model = super().from_dict(data)
        try:
            model.k_ = _phases(data["k"])
            by_k = {int(k): float(value) for k, value in data["log_likelihood_by_k"].items()}
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise CustvalError(f"these data are no complete {cls.__name__}: {error}", code="envelope") from None
        if by_k:
            model.log_likelihood_by_k_ = by_k
        return model


def _phases(k: Any) -> int:
    phases = whole(k, "k", at_least=1)
    if phases > MOST_PHASES:
        raise CustvalError(f"k must be a whole number from 1 to {MOST_PHASES}, or 'auto' in a fit; got {k!r}")
    return phases
