"""Intervals of predictions: of the mean by the delta method, of the outcome by the distribution of counts."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import ndtri

from custval._frame import nw
from custval.clv._fitted import MaximumLikelihoodModel
from custval.errors import CustvalError, CustvalWarning
from custval.typing import FloatArray

__all__ = ["delta_errors", "log_bounds", "logit_bounds", "nulls_for_nan", "nulls_for_nan_lazily", "shifted"]

# of a log-parameter: with predictions to 1e-10 or better the slopes have about seven digits
_STEP = 1e-4


def shifted(model: Any, name: str, step: float) -> Any:
    """The model with one log-parameter moved by a step."""
    moved = copy.copy(model)
    moved.params_ = {**model.params_, name: model.params_[name] * float(np.exp(step))}
    return moved


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
        NaN, with a warning, where the fit has ended on a boundary: there the likelihood does not say how far the
        parameters may go.
    """
    if not hasattr(model, "covariance_"):
        raise CustvalError(
            f"interval= needs a fitted model; this {type(model).__name__} was built from parameters, which have no "
            "standard errors",
            suggestion="fit(X), or interval=None",
            code="no_covariance",
        )
    theta = np.array(list(model.params_.values()))
    spread = model.covariance_ / np.outer(theta, theta)
    if np.isnan(spread).any():
        warnings.warn(
            f"no intervals: {model.fit_message_}; {type(model).__name__}(method='map') has an interior mode",
            CustvalWarning,
            stacklevel=2,
        )
        return np.full(np.shape(quantity(model)), np.nan)
    slopes = np.array(
        [
            (quantity(shifted(model, name, _STEP)) - quantity(shifted(model, name, -_STEP))) / (2 * _STEP)
            for name in model.params_
        ]
    )
    return np.asarray(np.sqrt(np.maximum(np.einsum("kn,kl,ln->n", slopes, spread, slopes), 0.0)))


def log_bounds(estimate: FloatArray, error: FloatArray, level: float) -> tuple[FloatArray, FloatArray]:
    """A Wald interval of the logarithm of a positive quantity; 0 has none."""
    relative = np.divide(error, estimate, out=np.zeros_like(estimate), where=estimate > 0)
    with np.errstate(over="ignore"):
        width = np.exp(ndtri(0.5 + level / 2) * relative)
    return estimate / width, estimate * width


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


def nulls_for_nan(series: nw.Series[Any]) -> nw.Series[Any]:
    """The same column, missing where there is no number."""
    return series.fill_nan(None) if series.dtype.is_float() and len(series) else series


def nulls_for_nan_lazily(column: nw.Expr) -> nw.Expr:
    """The same column of a lazy frame, missing where there is no number."""
    return nw.when(~column.is_nan()).then(column)
