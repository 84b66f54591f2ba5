"""Discounted sums and integrals over all time of a smooth curve that grows at most like a power.

References
----------
L. N. Trefethen and J. A. C. Weideman (2014), The exponentially convergent trapezoidal rule, SIAM Review 56, 385-458:
the integral. W. Gautschi (2004), Orthogonal Polynomials: Computation and Approximation, Oxford, section 1.5.2: the
recurrence of the discrete Chebyshev (Gram) polynomials, whose Gauss rule sums a smooth function over whole numbers.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import eigh_tridiagonal

from custval.typing import FloatArray

__all__ = ["continuous_rule", "discrete_rule"]

# what is left after exp(-36) = 2e-16 of the weight is nothing
_FAR = 36.0
_NODES = 10


def continuous_rule(delta: float) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights for the integral over t > 0 of f'(t) exp(-delta t) dt, for f(0) = 0, from values of f.

    By parts it is the integral of f(t) delta exp(-delta t) dt, a mean over an exponential time.

    Parameters
    ----------
    delta : float
        The rate of discount per unit of time, above 0.

    Returns
    -------
    t, weight : ndarray of shape (k,)

    Examples
    --------
    A perpetuity of 1 per unit of time, discounted at 5 %, is worth 20:

    >>> t, weight = continuous_rule(0.05)
    >>> float((t @ weight).round(9))
    20.0
    """
    step = 0.25
    log_time = np.arange(-28.0, np.log(_FAR + 4), step)
    u = np.exp(log_time)
    return u / delta, step * u * np.exp(-u)


def discrete_rule(delta: float) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights for the sum over j > 0 of (f(j) - f(j - 1)) exp(-delta j), for f(0) = 0, from values of f.

    By parts it is the sum of f(j) exp(-delta j), times 1 - exp(-delta). The first whole numbers are taken one by one,
    blocks of the later ones by a Gauss rule for whole numbers, so that a sum of a million terms takes some hundred.

    Parameters
    ----------
    delta : float
        The rate of discount per unit of time, above 0.

    Returns
    -------
    t, weight : ndarray of shape (k,)

    Examples
    --------
    1 at the end of each of infinitely many years, discounted at 5 % a year, is worth 20:

    >>> t, weight = discrete_rule(np.log(1.05))
    >>> float((t @ weight).round(9))
    20.0
    """
    times, counts = [np.arange(1.0, 2 * _NODES)], [np.ones(2 * _NODES - 1)]
    start, most = 2 * _NODES, max(_NODES, int(4 / delta))
    while start * delta < _FAR + 4:
        size = min(start, most)
        node, weight = _block(size)
        times.append(start + node)
        counts.append(weight)
        start += size
    t = np.concatenate(times)
    return t, -np.expm1(-delta) * np.concatenate(counts) * np.exp(-delta * t)


def _block(size: int) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights for the sum over 0, 1, …, size - 1 of a smooth function."""
    if size <= _NODES:
        return np.arange(float(size)), np.ones(size)
    k = np.arange(1.0, _NODES)
    ratio = k / size
    # beta_k = k^2 (N^2 - k^2) / (4 (4 k^2 - 1)), on a scale on which the numbers lie in [-1/2, 1/2]
    off = 0.5 * np.sqrt((1 - ratio**2) / (4 - 1 / k**2))
    node, vectors = (np.asarray(part, dtype=np.float64) for part in eigh_tridiagonal(np.zeros(_NODES), off))
    return (size - 1) / 2 + size * node, size * vectors[0] ** 2
