"""Maximum likelihood over positive parameters, in their logarithms, with an honest account of ridges.

The likelihoods of purchase models often rise for ever along a ridge: a parameter runs to 0 or to infinity, the
gradient vanishes on the way, and an optimizer that watches the gradient reports a maximum where there is none.
What tells the two apart is the Newton step in log-parameters: at an interior maximum it is zero, on an asymptotic
ridge (c - k exp(-u)) it stays near 1. So a fit counts as converged only where the Newton step vanishes, the
Hessian is negative definite, and no limit of a poorly determined parameter does as well.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from custval.errors import FitError
from custval.typing import FloatArray

BoolArray: TypeAlias = NDArray[np.bool_]

__all__ = ["Maximum", "covariance", "maximize", "standard_errors"]

Objective: TypeAlias = "Callable[[FloatArray], tuple[FloatArray | float, ...]]"
Limits: TypeAlias = "Callable[[FloatArray, int, float], tuple[int, FloatArray] | None]"

# In log-parameters: a Newton step below this is none.
_STEP_TOLERANCE = 1e-6
_CLOSE = 1e-3  # a Newton step this short in log-parameters squares with the next
# A log-parameter whose standard deviation is above this is compared with its limits. Below it, a likelihood that is
# near quadratic in the parameter or in its inverse has fallen by 1 / (2 * 0.3**2) = 5 when that comes to 0.
_VAGUE = 0.3
# Where Newton's step is this short, the rough objective's maximum is as good as found.
_ARRIVED = 3e-4
# Where Newton's step ends this close to a known maximum, in log-parameters, and within a standard deviation of it, it
# leads there.
_SAME = 0.2
# How far from a vague maximum, in one log-parameter, another one is looked for.
_FAR_ASIDE = 4.0
# In units of log-likelihood: a limit that comes this close to an interior point is as good.
_TIE = 1e-8
# and one that is this much worse by a rough objective is worse
_CLEAR = 1.0
# Where Newton's step is this short, what it promises says to an order of magnitude what there is to gain.
_NEARBY = 0.5
_MAX_STEPS = 300


@dataclass(frozen=True, slots=True)
class Maximum:
    """Where a likelihood is largest, or the end of the ridge along which it rises.

    Attributes
    ----------
    log_parameters : ndarray of shape (k,)
        The logarithms of the parameters; on a boundary those of the held parameters are their stand-ins for
        0 or infinity.
    log_likelihood : float
        The log-likelihood there.
    hessian : ndarray of shape (k, k)
        The second derivatives of the log-likelihood in log-parameters.
    status : {"converged", "boundary"}
        "converged": an interior maximum. "boundary": there is none; the parameters in `runaway` go to a limit and
        the others are at their maximum given those.
    runaway : tuple of int
        The indices of the parameters that run to a limit, or that nothing determines once the others are there.
    direction : tuple of int
        For each of them +1 (to infinity), -1 (to 0) or 0 (not determined).
    held : tuple of int
        The part of `runaway` that is held fixed: one for each ridge. A parameter that runs away in proportion to
        a held one (a and b with a / b fixed) is not held, and its covariance is that of the proportion.
    n_evaluations : int
        How often the objective was evaluated, the rough one included.
    """

    log_parameters: FloatArray
    log_likelihood: float
    hessian: FloatArray
    status: Literal["converged", "boundary"]
    runaway: tuple[int, ...]
    direction: tuple[int, ...]
    held: tuple[int, ...]
    n_evaluations: int

    @property
    def parameters(self) -> FloatArray:
        """The parameters on their natural scale."""
        parameters: FloatArray = np.exp(self.log_parameters)
        return parameters


@dataclass(frozen=True, slots=True)
class _Point:
    theta: FloatArray
    value: float
    gradient: FloatArray
    hessian: FloatArray
    # at a maximum: the parameters that are at a bound, with the likelihood rising beyond it or by decree
    held: BoolArray | None = None

    def outward(self, reach: float) -> BoolArray:
        """Whether each parameter is at its bound, with the likelihood rising (or level) beyond it."""
        beyond = np.where(np.abs(self.theta) >= reach, self.gradient * np.sign(self.theta), -1.0)
        return beyond >= 0


class _Surface:
    """The objective: counted, checked, and with second derivatives whether or not it has its own."""

    def __init__(self, objective: Objective, reach: float) -> None:
        self.objective = objective
        self.reach = reach
        self.n_evaluations = 0
        self._last: tuple[FloatArray, tuple[FloatArray | float, ...]] | None = None

    def evaluate(self, theta: FloatArray) -> tuple[FloatArray | float, ...]:
        if self._last is not None and np.array_equal(self._last[0], theta):
            return self._last[1]
        self.n_evaluations += 1
        result = self.objective(theta)
        if not all(np.all(np.isfinite(part)) for part in result):
            at = ", ".join(f"{value:.6g}" for value in np.exp(theta))
            raise FitError(
                f"the log-likelihood or a derivative of it is not finite at the parameters ({at}): the data hold "
                "values that the model cannot have, such as NaN, infinity or a negative time",
                code="not_finite",
            )
        self._last = theta.copy(), result
        return result

    def point(self, theta: FloatArray) -> _Point:
        value, gradient, *rest = self.evaluate(theta)
        hessian = np.asarray(rest[0]) if rest else self._differences(theta)
        return _Point(theta, float(value), np.asarray(gradient), hessian)

    def _differences(self, theta: FloatArray, step: float = 1e-4) -> FloatArray:
        """The Hessian from central differences of the gradient."""

        def gradient(at: FloatArray) -> FloatArray:
            return np.asarray(self.evaluate(at)[1])

        columns = [(gradient(theta + s) - gradient(theta - s)) / (2 * step) for s in step * np.eye(theta.size)]
        hessian: FloatArray = np.array(columns)
        return hessian / 2 + hessian.T / 2

    def clip(self, theta: FloatArray) -> FloatArray:
        return np.minimum(np.maximum(theta, -self.reach), self.reach)


def maximize(
    objective: Objective,
    start: FloatArray,
    *,
    reach: float = 14.0,
    rough: Objective | None = None,
    limits: Limits | None = None,
) -> Maximum:
    """Maximize a log-likelihood over positive parameters.

    Parameters
    ----------
    objective : callable
        Takes the log-parameters, of shape (k,), and returns the log-likelihood, its gradient of shape (k,) and, if
        it can, its Hessian of shape (k, k), all in log-parameters. Measure parameters that have a unit in a unit
        of the data, so that all are of the order of 1.
    start : ndarray of shape (k,), or (m, k)
        Log-parameters to start from; the second and further ones are tried where the maximum is vague.
    reach : float, default 14
        The search is over ``|log parameter| <= reach``; a parameter at exp(-reach) stands for 0, at exp(reach) for
        infinity.
    rough : callable, optional
        The objective with its Hessian at less cost, to well below 1 of log-likelihood: it leads to the neighborhood of
        the maximum, and says which limits are so much worse that they need not be looked at.
    limits : callable, optional
        Takes log-parameters, the index of one of them and its bound, -reach or reach; returns which parameter the
        rough objective is to be maximized with held, and the point to start from, so that this includes the limit that
        the index and the bound name; or None if it knows none. Several limits may be included in the same. The others
        may go to twice the reach there.

    Returns
    -------
    Maximum

    Raises
    ------
    FitError
        Where the objective is not finite, or no maximum can be found.

    Examples
    --------
    The rate of a Poisson process, 6 events in 3 units of time:

    >>> import numpy as np
    >>> def objective(theta):
    ...     rate = np.exp(theta[0])
    ...     return 6 * theta[0] - 3 * rate, np.array([6 - 3 * rate]), np.array([[-3 * rate]])
    >>> maximum = maximize(objective, np.zeros(1))
    >>> maximum.status, maximum.parameters.round(6).tolist()
    ('converged', [2.0])

    Without events the maximum is at rate 0:

    >>> maximum = maximize(lambda theta: (-3 * np.exp(theta[0]), -3 * np.exp(theta)), np.zeros(1))
    >>> maximum.status, maximum.runaway, maximum.direction
    ('boundary', (0,), (-1,))
    """
    surface = _Surface(objective, reach)
    starts = np.atleast_2d(np.array(start, dtype=np.float64))
    theta = surface.clip(starts[0])
    sketch = None if rough is None else _Surface(rough, reach)
    if sketch is not None:
        theta = _ascend(sketch, theta, tolerance=_ARRIVED).theta
    first = surface.evaluate(theta)
    if len(first) == 2:
        theta = _descend(surface, theta, scale=1.0 + abs(float(first[0])))
    best = _ascend(surface, theta)
    if _doubtful(best):
        best = _best_of_several(surface, sketch, best, starts[1:])
    if _doubtful(best) and not (sketch is not None and _stands_out(sketch, best, limits)):
        best = _challenge(surface, best)
    if sketch is not None:
        surface.n_evaluations += sketch.n_evaluations
    if best.held is None:
        raise FitError(
            f"no maximum of the likelihood found in {surface.n_evaluations} evaluations; the best log-likelihood was "
            f"{best.value:.6g}",
            code="no_maximum",
        )
    return _describe(best, best.held, surface)


def covariance(maximum: Maximum, *, log: bool = False) -> FloatArray:
    """The covariance of the estimates: the inverse of the observed information, by the delta method.

    Parameters
    ----------
    maximum : Maximum
        The fit.
    log : bool, default False
        Of the log-parameters, instead of the parameters.

    Returns
    -------
    ndarray of shape (k, k)
        On a boundary: given the held parameters, whose rows and columns are zero.
    """
    k = maximum.log_parameters.size
    free = np.setdiff1d(np.arange(k), maximum.held)
    result = np.zeros((k, k))
    result[np.ix_(free, free)] = np.linalg.inv(-maximum.hessian[np.ix_(free, free)])
    return result if log else result * np.outer(maximum.parameters, maximum.parameters)


def standard_errors(maximum: Maximum) -> FloatArray:
    """The standard errors of the parameters on their natural scale; NaN for those that run away.

    Parameters
    ----------
    maximum : Maximum
        The fit.

    Returns
    -------
    ndarray of shape (k,)
    """
    result = np.sqrt(np.diag(covariance(maximum)))
    result[list(maximum.runaway)] = np.nan
    return result


def _descend(surface: _Surface, theta: FloatArray, scale: float) -> FloatArray:
    """The neighborhood of a maximum by gradients alone: cheap where each Hessian costs 2k gradients."""

    def negative(at: FloatArray) -> tuple[float, FloatArray]:
        value, gradient, *_ = surface.evaluate(at)
        return -float(value) / scale, -np.asarray(gradient) / scale

    bounds = [(-surface.reach, surface.reach)] * theta.size
    found = minimize(negative, theta, jac=True, method="L-BFGS-B", bounds=bounds, options={"gtol": 1e-7})
    return np.asarray(found.x, dtype=np.float64)


def _ascend(
    surface: _Surface,
    theta: FloatArray,
    hold: int | None = None,
    *,
    enough: float = -np.inf,
    known: _Point | None = None,
    tolerance: float = _STEP_TOLERANCE,
) -> _Point:
    """Newton's method within the bounds, uphill everywhere, with a radius of trust for each eigendirection.

    It may stop close to a maximum that will stay clearly below `enough`, and gives a maximum that is `known` where it
    is on the way there.
    """
    decreed = np.arange(theta.size) == hold
    here, radius = surface.point(theta), 1.0
    for _ in range(_MAX_STEPS):
        held = decreed | here.outward(surface.reach)
        basis, along, concave = _newton(here, ~held)
        longest = np.max(np.abs(basis @ along), initial=0.0)
        if concave and known is not None and _is_same(known, here.theta + basis @ along):
            return known
        if concave and longest < tolerance:
            # the last step needs no evaluation: what it leaves out is of third order in a step of 1e-6
            last = surface.clip(here.theta + basis @ along)
            gain = here.gradient @ (last - here.theta) / 2
            return replace(here, theta=last, value=here.value + float(gain), held=held)
        if concave and longest < _NEARBY and here.value + 10 * float(here.gradient @ (basis @ along)) < enough:
            break
        target = surface.clip(here.theta + basis @ np.clip(along, -radius, radius))
        step = target - here.theta
        there = surface.point(target)
        gained = there.value - here.value
        promised = here.gradient @ step + step @ here.hessian @ step / 2
        noise = 1e-13 * (1.0 + abs(here.value))
        # close to a maximum gains drown in the rounding of sums that cancel; steps that get shorter do not
        arriving = concave and longest < _CLOSE and _is_closer(there, ~held, longest)
        if gained < 0.1 * promised - noise and not arriving:
            radius = min(radius, float(np.max(np.abs(step)))) / 4
        else:
            radius = min(4.0, 2 * radius) if gained > 0.5 * promised - noise else radius
            here = there
        if radius < 1e-10 or not step.any():
            break
    return here


def _is_same(known: _Point, theta: FloatArray) -> bool:
    """Whether a point is on top of a known maximum."""
    gap = theta - known.theta
    return bool(np.max(np.abs(gap)) < _SAME and -gap @ known.hessian @ gap < 1)


def _is_closer(there: _Point, free: BoolArray, longest: float) -> bool:
    """Whether the Newton step of a point is much shorter than the one that has led to it."""
    basis, along, concave = _newton(there, free)
    return concave and float(np.max(np.abs(basis @ along), initial=0.0)) < longest / 4


def _newton(here: _Point, free: BoolArray) -> tuple[FloatArray, FloatArray, bool]:
    """Eigendirections of the free parameters, the Newton step uphill along each, and whether all are concave."""
    k = here.theta.size
    curvature, directions = np.linalg.eigh(-here.hessian[np.ix_(free, free)])
    basis = np.zeros((k, curvature.size))
    basis[free] = directions
    size = np.maximum(np.abs(curvature), 1e-300)
    along = np.clip(basis.T @ here.gradient, -1e3 * size, 1e3 * size) / size
    return basis, along, bool(np.all(curvature > 0))


def _doubtful(point: _Point) -> bool:
    return point.held is None or bool(point.held.any()) or bool(np.any(_spread(point.hessian) > _VAGUE))


def _spread(hessian: FloatArray) -> FloatArray:
    """The standard deviations of the log-parameters; infinite where the likelihood is not concave."""
    curvature, directions = np.linalg.eigh(-hessian)
    if curvature.min(initial=1.0) < 1e-12:
        return np.full(curvature.size, np.inf)
    spread: FloatArray = np.sqrt(np.einsum("ij,ij,j->i", directions, directions, 1.0 / curvature))
    return spread


def _best_of_several(surface: _Surface, sketch: _Surface | None, best: _Point, starts: FloatArray) -> _Point:
    """The best of a vague point, of what other starts lead to, and of the maxima on either side of it.

    A flat likelihood may have a second maximum. In MBG/NBD one-time buyers are either slow, or gone at once: the first
    makes r small, the second b.
    """
    rivals = [best]
    interior = best.held is not None and not best.held.any()
    known = best if interior and sketch is not None else None
    for start in (*starts, *_sides(best)):
        end = _ascend(sketch or surface, surface.clip(start), known=known)
        if np.max(np.abs(end.theta - best.theta)) > _CLOSE:
            rivals.append(end if sketch is None else _ascend(surface, end.theta))
    return _highest(rivals) or best


def _sides(best: _Point) -> tuple[FloatArray, ...]:
    """Two points two standard deviations from an interior maximum, in the direction in which it is most vague."""
    if best.held is None or best.held.any():
        return ()
    curvature, directions = np.linalg.eigh(-best.hessian)
    vague = directions[:, 0]
    aside = vague * min(2.0 / np.sqrt(max(float(curvature[0]), 1e-12)), _FAR_ASIDE / float(np.max(np.abs(vague))))
    return best.theta - aside, best.theta + aside


def _challenge(surface: _Surface, best: _Point) -> _Point:
    """The best of a doubtful point and the limits of its vague parameters."""
    rivals = [best]
    for k, bound in _limits(best, surface.reach):
        limit = _ascend(surface, _pushed(surface, best, k, bound), k)
        if limit.value >= best.value - _TIE:
            rivals += [limit, _ascend(surface, limit.theta)]
        elif best.held is None:
            rivals.append(_ascend(surface, limit.theta))
    return _highest(rivals) or best


def _highest(rivals: list[_Point]) -> _Point | None:
    """The highest of the points that are maxima; of equals the one with most parameters at a limit.

    For an interior maximum has to be better than every limit.
    """
    settled = [(int(rival.held.sum()), rival.value, rival) for rival in rivals if rival.held is not None]
    highest = max((value for _, value, _ in settled), default=0.0)
    equals = [rival for rival in settled if rival[1] >= highest - _TIE]
    return max(equals, key=lambda rival: rival[:2])[2] if equals else None


def _limits(best: _Point, reach: float) -> list[tuple[int, float]]:
    """The limits of each vague parameter: its index and its bound."""
    return [(int(k), bound) for k in np.flatnonzero(_spread(best.hessian) > _VAGUE) for bound in (-reach, reach)]


def _stands_out(sketch: _Surface, best: _Point, limits: Limits | None) -> bool:
    """Whether a point is an interior maximum, and a rough objective puts every limit clearly below it."""
    if best.held is None or best.held.any():
        return False
    ways: dict[tuple[int, float], FloatArray] = {}
    for k, bound in _limits(best, sketch.reach):
        includes = None if limits is None else limits(best.theta, k, bound)
        hold, start = includes or (k, _pushed(sketch, best, k, bound))
        ways.setdefault((hold, float(start[hold])), start)
    wide, enough = _Surface(sketch.objective, 2 * sketch.reach), best.value - _CLEAR
    clear = all(_ascend(wide, start, hold, enough=enough).value < enough for (hold, _), start in ways.items())
    sketch.n_evaluations += wide.n_evaluations
    return clear


def _pushed(surface: _Surface, point: _Point, k: int, bound: float) -> FloatArray:
    """The point with parameter k at a bound, and the others where a quadratic likelihood would have them then."""
    others = np.arange(point.theta.size) != k
    curvature = point.hessian[np.ix_(others, others)]
    theta = point.theta.copy()
    theta[k] = bound
    if np.linalg.eigvalsh(curvature).max(initial=-1.0) < 0:
        theta[others] += _slopes(curvature, point.hessian[others, k]) * (bound - point.theta[k])
    return surface.clip(theta)


def _slopes(hessian: FloatArray, mixed: FloatArray) -> FloatArray:
    """How the other parameters' maximum moves with one, from their Hessian and the mixed derivatives."""
    slopes: FloatArray = -np.linalg.pinv(hessian, rcond=1e-14, hermitian=True) @ mixed
    return slopes


def _describe(best: _Point, held: BoolArray, surface: _Surface) -> Maximum:
    direction = np.where(held, np.sign(best.theta), 0.0)
    held = _with_undetermined(best, held, surface.reach)
    runaway, free = held.copy(), np.flatnonzero(~held)
    for k in np.flatnonzero(held):
        # a free parameter that moves in step with a held one runs away with it
        slopes = _slopes(best.hessian[np.ix_(free, free)], best.hessian[free, k])
        along = free[np.abs(slopes) > 0.5]
        direction[along] = direction[k] * np.sign(slopes[np.abs(slopes) > 0.5])
        runaway[along] = True
    indices = np.flatnonzero(runaway)
    return Maximum(
        log_parameters=best.theta,
        log_likelihood=best.value,
        hessian=best.hessian,
        status="boundary" if runaway.any() else "converged",
        runaway=tuple(int(k) for k in indices),
        direction=tuple(int(direction[k]) for k in indices),
        held=tuple(int(k) for k in np.flatnonzero(held)),
        n_evaluations=surface.n_evaluations,
    )


def _with_undetermined(point: _Point, held: BoolArray, reach: float) -> BoolArray:
    """The held parameters, and those about which the likelihood says nothing more once they are held."""
    held = held.copy()
    while held.any() and not held.all():
        free = np.flatnonzero(~held)
        spread = _spread(point.hessian[np.ix_(free, free)])
        if spread.max() <= reach:
            break
        held[free[np.argmax(spread)]] = True
    return held
