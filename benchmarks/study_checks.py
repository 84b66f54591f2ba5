"""Whether a fit ended as what it is, found out by other means: plain likelihoods, differences, other optimizers.

Nothing of `custval._kernels.maximize` or of the kernels' derivatives is used here. A likelihood is climbed by L-BFGS-B
with forward differences and by Nelder and Mead's simplex; a limit is sought by walking one log-parameter out to ±12
with the others fitted again at every step, as a profile likelihood is computed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from scipy.optimize import minimize

from benchmarks.study_cases import Case, Columns

# takes log-parameters (m, k) in units in which they are of the order of 0, returns log-likelihoods (m,)
Surface: TypeAlias = Callable[[Any], Any]

# in units of log-likelihood: what is higher by this is higher
TOLERANCE = 1e-6
FAR, INSIDE = 12.0, 10.0
_STEPS = (3.0, 6.0, 9.0, FAR)
# a limit lower than the fit by more than this is not looked at twice
_NEAR = 2.0
# random points from which the highest point inside is sought
_STARTS = 4
_ROUGH, _FINE = 1e-8, 1e-13
_FORWARD, _CENTRAL = 1e-5, 1e-3


@dataclass(frozen=True)
class Verdict:
    """What the other means say of a fit.

    Attributes
    ----------
    fault : str
        What is wrong with its status; empty if nothing is.
    margin : float
        By how much its log-likelihood is above the highest that was found elsewhere: at the limits of a converged fit,
        inside for a fit on a boundary.
    """

    fault: str
    margin: float


def surface(each: Case, columns: Columns) -> tuple[Surface, Any]:
    """The log-likelihood of a base in log-parameters of its own units, and what these add to log-parameters."""
    total = each.log_likelihood(columns)
    shift = np.where(each.in_units, np.log(each.scale(columns)), 0.0)

    def by_logs(u: Any) -> Any:
        return total(np.exp(np.asarray(u) + shift))

    return by_logs, shift


def check(each: Case, columns: Columns, model: Any, rng: np.random.Generator) -> Verdict:
    """Compare the status of a fitted model with what can be found by other means."""
    f, shift = surface(each, columns)
    here = np.log(list(model.params_.values())) - shift
    value = float(f(here[None])[0])
    starts = [here.clip(-3, 3), *rng.normal(0.0, 2.0, (_STARTS, here.size))]
    if abs(value - model.log_likelihood_) > 1e-8 * (1 + abs(value)) + (model.fit_status_ == "boundary") * TOLERANCE:
        return Verdict(f"log_likelihood_ is {model.log_likelihood_!r}, the kernel's is {value!r}", np.nan)
    inside = highest_inside(f, starts)
    if inside > model.log_likelihood_ + TOLERANCE:
        return Verdict(f"{inside - value:.2e} higher inside", value - inside)
    if model.fit_status_ == "boundary":
        return Verdict("", model.log_likelihood_ - inside)
    if not is_stationary(f, here):
        return Verdict("the slope is not 0, or the surface not concave", np.nan)
    limit, way = highest_limit(f, here, starts[1])
    if max(limit, way) > value + TOLERANCE:
        return Verdict(f"{max(limit, way) - value:.2e} higher at a limit, or on the way to it", value - limit)
    return Verdict("", value - limit)


def climb(f: Surface, start: Any, held: Sequence[int] = (), reach: float = FAR, to: float = _FINE) -> tuple[Any, float]:
    """Where L-BFGS-B gets to from a point, some log-parameters held."""
    start = np.asarray(start, dtype=np.float64).clip(-reach, reach)
    free = np.setdiff1d(np.arange(start.size), held)
    steps = _FORWARD * np.eye(start.size)[free]

    def full(part: Any) -> Any:
        u = start.copy()
        u[free] = part
        return u

    def negative(part: Any) -> tuple[float, Any]:
        values = f(full(part) + np.vstack([np.zeros(start.size), steps]))
        return -float(values[0]), (values[0] - values[1:]) / _FORWARD

    options = {"maxiter": 200, "ftol": to, "gtol": 1e-7}
    bounds = [(-reach, reach)] * free.size
    found = minimize(negative, start[free], jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    return full(found.x), -float(found.fun)


def highest_inside(f: Surface, starts: Sequence[Any]) -> float:
    """The highest log-likelihood that two optimizers find within |log parameter| <= 10."""
    ends = [climb(f, start, reach=INSIDE) for start in starts]
    simplex = minimize(
        lambda u: -float(f(u.clip(-INSIDE, INSIDE)[None])[0]),
        starts[-1],
        method="Nelder-Mead",
        options={"maxiter": 150 * len(starts[-1]), "xatol": 1e-6, "fatol": 1e-9},
    )
    return max(-float(simplex.fun), *(value for _, value in ends))


def highest_limit(f: Surface, here: Any, other: Any) -> tuple[float, float]:
    """The highest log-likelihood far out in one log-parameter, the others fitted, and the highest on the way there."""
    way, found, near = [], [], float(f(here[None])[0]) - _NEAR
    for k in range(here.size):
        for side in (-1.0, 1.0):
            u, value = here.copy(), -np.inf
            for distance in _STEPS:
                if side * u[k] < distance:
                    u[k] = side * distance
                    u, value = climb(f, u, [k], to=_ROUGH)
                    way.append(value)
            found.append(value)
            if value > near:
                elsewhere = np.array(other)
                elsewhere[k] = side * FAR
                found += [climb(f, u, [k])[1], climb(f, elsewhere, [k])[1]]
    return max(found), max(way, default=-np.inf)


def is_stationary(f: Surface, here: Any) -> bool:
    """Whether a Newton step from central differences gains nothing, and no direction curves upward."""
    k, h = here.size, _CENTRAL * np.eye(here.size)
    pairs = [(i, j) for i in range(k) for j in range(i + 1)]
    ends = np.array([here + si * h[i] + sj * h[j] for i, j in pairs for si in (1, -1) for sj in (1, -1)])
    corners = f(ends).reshape(len(pairs), 4)
    hessian = np.zeros((k, k))
    for (i, j), (both, first, second, neither) in zip(pairs, corners, strict=True):
        hessian[i, j] = hessian[j, i] = (both - first - second + neither) / (4 * _CENTRAL**2)
    gradient = (f(here + h) - f(here - h)) / (2 * _CENTRAL)
    curvature, directions = np.linalg.eigh(-hessian)
    # what differences of rounded sums can tell
    noise = 1e-14 * (1 + abs(float(f(here[None])[0]))) / _CENTRAL**2 + 1e-5 * float(curvature.max())
    along = directions.T @ gradient
    gain = float(np.sum(along**2 / np.maximum(curvature, noise))) / 2
    return bool(curvature.min() > -noise) and gain < TOLERANCE
