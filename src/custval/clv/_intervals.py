"""Intervals of predictions: of the mean by the delta method, of the outcome by the distribution of counts."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtri

from custval.errors import CustvalError, CustvalWarning
from custval.typing import FloatArray

if TYPE_CHECKING:
    from custval.clv._fitted import MaximumLikelihoodModel

__all__ = ["delta_errors", "known_covariance", "log_bounds", "log_covariance", "log_slopes", "logit_bounds"]

# of a log-parameter: with predictions to 1e-10 or better the slopes have about seven digits
_STEP = 1e-4


def log_slopes(model: Any, quantity: Callable[[Any], FloatArray], names: Iterable[str]) -> FloatArray:
    """How what a model predicts, of shape (n,), changes with log-parameters: central differences, one row for each."""

    def moved(name: str, step: float) -> FloatArray:
        other = copy.copy(model)
        other.params_ = {**model.params_, name: model.params_[name] * float(np.exp(step))}
        return quantity(other)

    return np.array([(moved(name, _STEP) - moved(name, -_STEP)) / (2 * _STEP) for name in names])


def log_covariance(model: MaximumLikelihoodModel) -> FloatArray:
    """The covariance of the logarithms of the parameters of a fitted model; NaN of those that run away."""
    theta = np.array(list(model.params_.values()))
    return np.asarray(model.covariance_ / np.outer(theta, theta))


def known_covariance(model: MaximumLikelihoodModel) -> FloatArray:
    """`log_covariance` for an interval.

    NaN, with a warning, where the fit has ended on a boundary: there the likelihood does not say how far the
    parameters may go.

    Raises
    ------
    CustvalError
        If the model was built from parameters.
    """
    name = type(model).__name__
    if not hasattr(model, "covariance_"):
        raise CustvalError(
            f"interval= needs a fitted model; this {name} was built from parameters, which have no standard errors",
            suggestion=f"{name}().fit(X), or interval=None",
            code="no_covariance",
        )
    spread = log_covariance(model)
    if np.isnan(spread).any():
        warnings.warn(
            f"no intervals: {model.fit_message_}; {name}(method='map') has an interior mode",
            CustvalWarning,
            stacklevel=2,
        )
    return spread


def delta_errors(model: MaximumLikelihoodModel, quantity: Callable[[Any], FloatArray]) -> FloatArray:
    """Standard errors of what a fitted model predicts, by the delta method in log-parameters.

    Parameters
    ----------
    model : fitted model
    quantity : callable
        Takes a model, returns predictions of shape (n,).

    Returns
    -------
    array of shape (n,)
        NaN on a boundary, with a warning: see `known_covariance`.
    """
    spread = known_covariance(model)
    if np.isnan(spread).any():
        return np.full(np.shape(quantity(model)), np.nan)
    slopes = log_slopes(model, quantity, model.params_)
    return np.asarray(np.sqrt(np.maximum(np.einsum("kn,kl,ln->n", slopes, spread, slopes), 0.0)))


def log_bounds(estimate: FloatArray, error: FloatArray, level: float) -> tuple[FloatArray, FloatArray]:
    """A Wald interval of the logarithm of the size of a quantity, which keeps its sign; 0 has none."""
    relative = np.divide(error, np.abs(estimate), out=np.zeros_like(estimate), where=estimate != 0)
    with np.errstate(over="ignore"):
        width = np.exp(ndtri(0.5 + level / 2) * relative)
    ends = estimate / width, estimate * width
    return np.minimum(*ends), np.maximum(*ends)


def logit_bounds(estimate: FloatArray, error: FloatArray, level: float) -> tuple[FloatArray, FloatArray]:
    """A Wald interval of the logit of a probability; 0 and 1 have none."""
    room = estimate * (1 - estimate)
    inside = room > 0
    relative = np.divide(error, room, out=np.zeros_like(estimate), where=inside)
    with np.errstate(over="ignore"):
        width = np.exp(ndtri(0.5 + level / 2) * relative)
    odds = np.divide(estimate, 1 - estimate, out=np.ones_like(estimate), where=inside)
    low, high = odds / width, odds * width
    with np.errstate(invalid="ignore"):
        below, above = low / (1 + low), np.where(np.isinf(high), 1.0, high / (1 + high))
    return np.where(inside, below, estimate), np.where(inside, above, estimate)
