"""Predictions of a model beside what came, as numbers: errors, variances, rivals, and a test of the mix."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from custval._kernels.holdout_metrics import Errors, errors, proportional, rank_groups
from custval.clv._baselines import from_summary
from custval.clv._predictive import Base, Predictive, group_totals, parameter_covariance, predictive
from custval.clv._purchase import PurchaseModel
from custval.typing import FloatArray, IntArray

__all__ = ["THIRDS", "Judged", "best_baseline", "judge"]

THIRDS = 3
# an expected sum below this is no ground for a test with a normal approximation
_FEW = 5.0
_SIGNIFICANT = 0.01


@dataclass(frozen=True, slots=True)
class Judged:
    """Everything that `evaluate` finds, as numbers and arrays.

    Attributes
    ----------
    level : float
    prediction : Predictive
    errors : Errors
    baselines : mapping of str to Errors
    log_score, coverage : float
    third : array of int64, shape (n,)
        By acquisition: 0 came first.
    covariance : array of shape (3, 3)
        Of actual less predicted, by third, if the model is true.
    parameter_variance : float
        The part of its sum that comes from the parameters; NaN if they were given.
    p_value : float
    """

    level: float
    prediction: Predictive
    errors: Errors
    baselines: Mapping[str, Errors]
    log_score: float
    coverage: float
    third: IntArray
    covariance: FloatArray
    parameter_variance: float
    p_value: float

    @property
    def mix_changes(self) -> bool:
        """Whether thirds deviate in different proportions."""
        return self.p_value < _SIGNIFICANT

    @property
    def width(self) -> float:
        """Half of an interval, in standard deviations."""
        return float(ndtri(0.5 + self.level / 2))

    @property
    def total_error(self) -> float:
        """The standard deviation of the total."""
        return float(np.sqrt(self.covariance.sum()))


def judge(model: PurchaseModel, base: Base, actual: FloatArray, level: float) -> Judged:
    """Compare predictions with the counts that came, arrays in and numbers out."""
    prediction = predictive(model, base, actual, level)
    third = rank_groups(-base.T, THIRDS)
    from_parameters = parameter_covariance(model, base, third, THIRDS)
    covariance = np.diag(group_totals(third, THIRDS, prediction.variance))
    if from_parameters is not None:
        covariance = covariance + from_parameters
    came, hoped = (group_totals(third, THIRDS, values) for values in (actual, prediction.mean))
    large = hoped >= _FEW
    _, _, p_value = proportional(came[large], hoped[large], covariance[np.ix_(large, large)])
    inside = (actual >= prediction.low) & (actual <= prediction.high)
    with np.errstate(divide="ignore"):
        log_score = float(np.log(prediction.probability).mean())
    return Judged(
        level=level,
        prediction=prediction,
        errors=errors(actual, prediction.mean),
        baselines={name: errors(actual, rule) for name, rule in from_summary(base.x, base.t_x, base.T, base.t).items()},
        log_score=log_score,
        coverage=float(inside.mean()),
        third=third,
        covariance=covariance,
        parameter_variance=np.nan if from_parameters is None else float(from_parameters.sum()),
        p_value=p_value,
    )


def best_baseline(baselines: Mapping[str, Errors]) -> str:
    """The baseline with the smallest RMSE."""
    return min(baselines, key=lambda name: baselines[name].rmse)
