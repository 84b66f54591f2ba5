"""What a fit leaves on a model, the same for every model of the room."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator

from custval._check import choice, fraction, number
from custval._frame import new_frame
from custval._kernels.calendar import GRAINS
from custval._kernels.maximize import Maximum, covariance
from custval._model import check_fitted, envelope, open_envelope
from custval._result import as_data
from custval.clv._intervals import log_bounds
from custval.errors import CustvalError

__all__ = ["MaximumLikelihoodModel"]

# of a parameter: beyond it no data could tell it from infinity
_LARGEST = 1e10


class MaximumLikelihoodModel(BaseEstimator):
    """Parameters with their standard errors, from a fit, from plain numbers, or from data.

    Attributes
    ----------
    params_ : dict of str to float
    covariance_ : ndarray of shape (k, k)
        Of the parameters, in the order of `params_`; on a boundary given the parameters that run away, whose rows
        and columns are NaN.
    log_likelihood_, aic_, bic_ : float
    n_customers_ : float or int
        The sum of the weights.
    unit_ : str or None
        The unit of time of the data.
    fit_status_ : {"converged", "boundary"}
        "boundary" if the likelihood has no interior maximum.
    fit_message_ : str
        On a boundary which parameters run away, and what is still identified.
    """

    _parameters: ClassVar[tuple[str, ...]]

    @classmethod
    def _with_params(cls, model: Self, params: Mapping[str, float], unit: str | None = None) -> Self:
        wrong = sorted(set(params) ^ set(cls._parameters))
        if wrong:
            raise CustvalError(
                f"{cls.__name__} has the parameters {', '.join(cls._parameters)}; got {', '.join(params) or 'none'}",
                suggestion=f"{cls.__name__}.from_params({', '.join(f'{name}=…' for name in cls._parameters)})",
            )
        model.params_ = {name: number(params[name], name, above=0.0, at_most=_LARGEST) for name in cls._parameters}
        model.unit_ = unit
        return model

    def _learn(self, maximum: Maximum, n_customers: float) -> None:
        self.params_ = dict(zip(self._parameters, map(float, maximum.parameters), strict=True))
        spread = covariance(maximum)
        for gone in maximum.runaway:
            spread[gone, :] = spread[:, gone] = np.nan
        self.covariance_ = spread
        self.log_likelihood_ = float(maximum.log_likelihood)
        self.n_customers_ = int(n_customers) if float(n_customers).is_integer() else float(n_customers)
        self._score()
        self.fit_status_ = maximum.status
        self.fit_message_ = self._explain(maximum)

    def _explain(self, maximum: Maximum) -> str:
        posterior = getattr(self, "method", "mle") == "map"
        if maximum.status == "converged":
            return f"the {'posterior' if posterior else 'likelihood'} has an interior maximum"
        where = {1: "runs to infinity", -1: "runs to 0", 0: "is not determined"}
        runs = ", ".join(
            f"{self._parameters[i]} {where[way]}" for i, way in zip(maximum.runaway, maximum.direction, strict=True)
        )
        still = [name for i, name in enumerate(self._parameters) if i not in maximum.runaway]
        rest = f"{', '.join(still)} still identified" if still else "only predictions are identified"
        return f"the likelihood has no interior maximum: {runs}; {rest}"

    def parameter_table(self, interval: float = 0.95) -> Any:
        """Parameters with standard errors and intervals.

        Parameters
        ----------
        interval : float
            The level of the intervals, which are Wald intervals of the logarithm of each parameter.

        Returns
        -------
        pandas.DataFrame
            `parameter, estimate, standard_error, low, high`; the last three are null for a parameter that runs
            away (see `fit_message_`) and for parameters that were given and not fitted.
        """
        check_fitted(self, "params_")
        level = fraction(interval, "interval")
        estimate = np.array(list(self.params_.values()))
        spread = getattr(self, "covariance_", np.full((len(estimate), len(estimate)), np.nan))
        error = np.sqrt(np.diag(spread))
        low, high = log_bounds(estimate, error, level)
        return new_frame(
            {
                "parameter": list(self.params_),
                "estimate": estimate,
                "standard_error": error,
                "low": low,
                "high": high,
            }
        )

    def to_dict(self) -> dict[str, Any]:
        """The fitted model as JSON-safe data, without any customer's; `custval.load` reads it."""
        check_fitted(self, "params_")
        fit = None
        if hasattr(self, "covariance_"):
            fit = {
                "covariance": as_data(self.covariance_),
                "log_likelihood": self.log_likelihood_,
                "n_customers": self.n_customers_,
                "status": self.fit_status_,
                "message": self.fit_message_,
            }
        content = {"init": self.get_params(), "params": dict(self.params_), "unit": self.unit_, "fit": fit}
        return envelope(self, content)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The model that `to_dict` wrote."""
        content = open_envelope(data, cls)
        try:
            model = cls(**content["init"])
            params, fit = dict(content["params"]), content["fit"]
            model.params_ = {name: number(params[name], name, above=0.0, at_most=_LARGEST) for name in cls._parameters}
            model.unit_ = None if content["unit"] is None else choice(content["unit"], "unit", GRAINS)
            if fit is not None:
                model._restore(fit)
        except CustvalError:
            raise
        except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
            raise CustvalError(f"these data are no complete {cls.__name__}: {error}", code="envelope") from None
        return model

    def _restore(self, fit: Mapping[str, Any]) -> None:
        k = len(self._parameters)
        self.covariance_ = np.array(fit["covariance"], dtype=np.float64).reshape(k, k)
        self.log_likelihood_ = float(fit["log_likelihood"])
        number(fit["n_customers"], "n_customers", above=0.0)
        self.n_customers_ = fit["n_customers"]
        self.fit_status_, self.fit_message_ = fit["status"], fit["message"]
        self._score()

    def _score(self) -> None:
        k = len(self._parameters)
        self.aic_ = 2 * k - 2 * self.log_likelihood_
        self.bic_ = k * float(np.log(self.n_customers_)) - 2 * self.log_likelihood_
