"""Weakly informative priors on log-parameters, and the posterior mode in place of the maximum of a likelihood.

A prior is a product of normal densities, each of a linear combination of log-parameters (a log shape, the logarithm of
a rate relative to that of the data, the logit of a mean) or of the logarithm of a sum of two parameters. Combinations
in which every unit cancels make the prior the same in days and in weeks.

References
----------
A. Gelman, A. Jakulin, M. G. Pittau and Y.-S. Su (2008), A weakly informative default prior distribution for logistic
and other regression models, Annals of Applied Statistics 2, 1360-1383: the idea of priors on a standardized scale.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from custval._kernels.maximize import Limits, Maximum, Objective, maximize
from custval.typing import FloatArray

__all__ = ["Prior", "maximize_posterior"]


@dataclass(frozen=True, slots=True)
class Prior:
    """The logarithm of a prior density, but for a constant, with its derivatives.

    Attributes
    ----------
    normals : tuple of (coefficients, location, spread)
        ``coefficients @ log_parameters`` is normal.
    log_sums : tuple of (i, j, location, spread)
        The logarithm of parameter i plus parameter j is normal.

    Examples
    --------
    A prior on one log-parameter:

    >>> value, gradient, hessian = Prior(normals=(((1.0,), 0.0, 2.0),))(np.array([1.0]))
    >>> float(value), gradient.tolist(), hessian.tolist()
    (-0.125, [-0.25], [[-0.25]])
    """

    normals: tuple[tuple[tuple[float, ...], float, float], ...] = ()
    log_sums: tuple[tuple[int, int, float, float], ...] = ()

    def __call__(self, log_parameters: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """The log-density, its gradient (k,) and its Hessian (k, k)."""
        k = log_parameters.size
        value, gradient, hessian = 0.0, np.zeros(k), np.zeros((k, k))
        for coefficients, location, spread in self.normals:
            slope = np.asarray(coefficients, dtype=np.float64)
            z = (float(slope @ log_parameters) - location) / spread
            value -= z * z / 2
            gradient -= z / spread * slope
            hessian -= np.outer(slope, slope) / spread**2
        for i, j, location, spread in self.log_sums:
            z = (float(np.logaddexp(log_parameters[i], log_parameters[j])) - location) / spread
            share = 1 / (1 + np.exp(log_parameters[j] - log_parameters[i]))
            slope, curve = np.zeros(k), np.zeros((k, k))
            slope[i], slope[j] = share, 1 - share
            curve[i, i] = curve[j, j] = share * (1 - share)
            curve[i, j] = curve[j, i] = -share * (1 - share)
            value -= z * z / 2
            gradient -= z / spread * slope
            hessian -= np.outer(slope, slope) / spread**2 + z / spread * curve
        return value, gradient, hessian


def maximize_posterior(
    objective: Objective,
    prior: Prior | None,
    start: FloatArray,
    *,
    reach: float = 14.0,
    rough: Objective | None = None,
    limits: Limits | None = None,
) -> Maximum:
    """The mode of likelihood times prior; without a prior the maximum of the likelihood.

    Parameters
    ----------
    objective : callable
        The log-likelihood with its derivatives, as `maximize` takes it; with a prior it must have its own Hessian.
    prior : Prior, optional
    start : ndarray of shape (k,), or (m, k)
    reach : float, default 14
    rough : callable, optional
        As in `maximize`.
    limits : callable, optional
        As in `maximize`; of the likelihood, not looked at with a prior.

    Returns
    -------
    Maximum
        Its log-likelihood is that of the data alone; its Hessian is that of the posterior.
    """
    if prior is None:
        return maximize(objective, start, reach=reach, rough=rough, limits=limits)

    def times_prior(likelihood: Objective) -> Objective:
        def posterior(log_parameters: FloatArray) -> tuple[float, FloatArray, FloatArray]:
            value, gradient, hessian = (np.asarray(part) for part in likelihood(log_parameters))
            belief, slope, curve = prior(log_parameters)
            return float(value) + belief, gradient + slope, hessian + curve

        return posterior

    sketch = None if rough is None else times_prior(rough)
    mode = maximize(times_prior(objective), start, reach=reach, rough=sketch)
    return replace(mode, log_likelihood=mode.log_likelihood - prior(mode.log_parameters)[0])
