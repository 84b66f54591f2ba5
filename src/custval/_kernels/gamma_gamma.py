"""Gamma-Gamma: the amounts of a customer's purchases scatter around a mean that differs between customers.

Each amount is Gamma(p, nu) (shape, rate), and nu ~ Gamma(q, gamma) across customers, independent of how often they
buy. x is the number of amounts, m their mean.

References
----------
P. S. Fader and B. G. S. Hardie (2013), The Gamma-Gamma model of monetary value, brucehardie.com/notes/025. Equation
numbers are of this note.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln, polygamma, psi

from custval._kernels.maximize import Maximum, maximize
from custval._kernels.priors import Prior, maximize_posterior
from custval.errors import FitError
from custval.typing import FloatArray, IntArray

__all__ = [
    "Objective",
    "draw",
    "draw_totals",
    "expected_spend",
    "fit",
    "log_likelihood",
    "log_mean_slopes",
    "mean_exists",
    "prior",
]

# rows from which it pays to fit a sample first
_MANY = 50_000
# rows per block: the work arrays of it stay in the cache
_BLOCK = 1 << 13


def log_likelihood(p: ArrayLike, q: ArrayLike, gamma: ArrayLike, x: ArrayLike, m: ArrayLike) -> FloatArray:
    """The log-density of each customer's mean amount, as the note prints it (eq. 1a), in logarithms.

    Parameters
    ----------
    p, q, gamma : float or array
        The parameters; gamma in the unit of money of `m`.
    x, m : array of shape (n,)
        Number of amounts, at least 1, and their mean, above 0.

    Returns
    -------
    ndarray of shape (n,)

    Examples
    --------
    >>> log_likelihood(6.25, 3.74, 15.44, [2, 1], [22.35, 11.77]).round(4)
    array([-3.5513, -3.7377])
    """
    p, q, gamma, x, m = (np.asarray(part, dtype=np.float64) for part in (p, q, gamma, x, m))
    shape = p * x
    result: FloatArray = (
        gammaln(shape + q)
        - gammaln(shape)
        - gammaln(q)
        + q * np.log(gamma)
        + (shape - 1) * np.log(m)
        + shape * np.log(x)
        - (shape + q) * np.log(gamma + m * x)
    )
    return result


class Objective:
    """The log-likelihood of a customer base with its first and second derivatives, for `maximize`.

    With y = m x, equation (1a) is, but for -log(m), ::

        -log B(p x, q) - q log(1 + y / gamma) - p x log(1 + gamma / y)

    in which nothing cancels where q and gamma, or p and 1 / gamma, grow together.

    Parameters
    ----------
    x, m, w : array of shape (n,)
        Number of amounts, their mean (in a unit in which it is of the order of 1), weight of the row.
    """

    def __init__(self, x: FloatArray, m: FloatArray, w: FloatArray) -> None:
        self._y, self._w, self._wx = x * m, w, w * x
        self._x, code = np.unique(x, return_inverse=True)
        self._by_x = np.bincount(code, weights=w).astype(np.float64)

    def __call__(self, log_parameters: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """The log-likelihood, its gradient (3,) and its Hessian (3, 3) in log-parameters."""
        p, q, gamma = np.exp(log_parameters)
        above, below, share, x_rest, spread, x_spread = self._sums(gamma)
        shape, by_x = p * self._x, self._by_x
        both = polygamma(1, shape + q)
        value = -by_x @ _log_beta(shape, q) - q * above - p * below
        gradient = np.array(
            [
                (by_x * shape) @ (psi(shape + q) - psi(shape)) - p * below,
                q * (by_x @ (psi(shape + q) - psi(q))) - q * above,
                q * share - p * x_rest,
            ]
        )
        hessian = np.array(
            [
                [gradient[0] + (by_x * shape**2) @ (both - polygamma(1, shape)), 0.0, 0.0],
                [q * ((by_x * shape) @ both), gradient[1] + q * q * (by_x @ (both - polygamma(1, q))), 0.0],
                [-p * x_rest, q * share, -p * x_spread - q * spread],
            ]
        )
        return float(value), gradient, hessian + np.tril(hessian, -1).T

    def _sums(self, gamma: float) -> FloatArray:
        """Sums over rows: log(1 + y / gamma), x log(1 + gamma / y), s, x (1 - s), s (1 - s), x s (1 - s)."""
        sums = np.zeros(6)
        for start in range(0, self._y.size, _BLOCK):
            rows = slice(start, start + _BLOCK)
            y, w, wx = self._y[rows], self._w[rows], self._wx[rows]
            whole = 1 / (gamma + y)
            share, rest = y * whole, gamma * whole
            both = share * rest
            terms = ((w, np.log1p(y / gamma)), (wx, np.log1p(gamma / y)), (w, share), (wx, rest), (w, both), (wx, both))
            # not np.dot, whose threads cost more than they bring
            sums += [np.einsum("i,i->", weight, term) for weight, term in terms]
        return sums


def prior() -> Prior:
    """Weak priors that no currency changes, for amounts in units of their mean.

    Returns
    -------
    Prior
        Of the log-parameters of p, q and gamma: log p ~ N(1, 1.5), log q ~ N(1, 1.5), and the logarithm of
        p gamma / q, the mean of customers near the center, ~ N(0, 1).
    """
    return Prior(
        normals=(((1.0, 0.0, 0.0), 1.0, 1.5), ((0.0, 1.0, 0.0), 1.0, 1.5), ((1.0, -1.0, 1.0), 0.0, 1.0)),
    )


def fit(x: ArrayLike, m: ArrayLike, w: ArrayLike | None = None, *, penalized: bool = False) -> Maximum:
    """Fit by maximum likelihood, or to the mode of the posterior.

    Parameters
    ----------
    x, m : array of shape (n,)
        Number of amounts, at least 1, and their mean, above 0.
    w : array of shape (n,), optional
        How many customers each row stands for.
    penalized : bool
        Whether the density of `prior` is taken in.

    Returns
    -------
    Maximum
        Of the parameters p, q, gamma, in this order.

    Raises
    ------
    FitError
        Where the data hold values that the model cannot have, or all customers have the same mean.

    Examples
    --------
    >>> x = np.repeat([1, 2, 3, 4, 5], 800)
    >>> spend, _ = draw(6.0, 4.0, 15.0, x, np.random.default_rng(1))
    >>> m = np.add.reduceat(spend, np.cumsum(x) - x) / x
    >>> maximum = fit(x, m)
    >>> maximum.status, maximum.parameters.round(2).tolist()
    ('converged', [7.51, 3.79, 11.34])
    """
    x, m = np.array(x, dtype=np.float64), np.array(m, dtype=np.float64)
    w = np.ones(x.size) if w is None else np.array(w, dtype=np.float64)
    _refuse_unusable(x, m, w)
    scale = float(np.average(m, weights=w))
    start = np.log([2.0, 3.0, 1.0])
    if x.size >= _MANY:
        some = maximize(Objective(x[::16], m[::16] / scale, 16 * w[::16]), start)
        start = some.log_parameters if some.status == "converged" else start
    maximum = maximize_posterior(Objective(x, m / scale, w), prior() if penalized else None, start)
    return replace(
        maximum,
        log_parameters=maximum.log_parameters + np.array([0.0, 0.0, np.log(scale)]),
        log_likelihood=maximum.log_likelihood - float(np.einsum("i,i->", w, np.log(m))),
    )


def mean_exists(p: ArrayLike, q: ArrayLike, x: ArrayLike) -> NDArray[np.bool_]:
    """Whether a customer's expected amount is finite: p x + q > 1.

    Parameters
    ----------
    p, q : float
        The parameters.
    x : array of shape (n,)
        Number of amounts seen.

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    exists: NDArray[np.bool_] = np.asarray(np.multiply(p, x) + np.asarray(q) > 1)
    return exists


def expected_spend(p: ArrayLike, q: ArrayLike, gamma: ArrayLike, x: ArrayLike, m: ArrayLike) -> FloatArray:
    """The expected amount of a customer's next purchase (eq. 5).

    Parameters
    ----------
    p, q, gamma : float
        The parameters.
    x, m : array of shape (n,)
        Number of amounts seen and their mean; `m` is not looked at where `x` is 0.

    Returns
    -------
    ndarray of shape (n,)
        p (gamma + m x) / (p x + q - 1); infinite where p x + q <= 1 (see `mean_exists`).

    Examples
    --------
    >>> expected_spend(6.25, 3.74, 15.44, [2, 0], [22.35, 0.0]).round(2)
    array([24.66, 35.22])
    """
    p, q, gamma, x, m = (np.asarray(part, dtype=np.float64) for part in (p, q, gamma, x, m))
    total = p * (gamma + np.where(x > 0, m, 0.0) * x)
    weight = p * x + q - 1
    if np.all(weight > 0):
        return np.asarray(total / weight)
    spend: FloatArray = np.full(np.broadcast_shapes(total.shape, weight.shape), np.inf)
    np.divide(total, weight, out=spend, where=weight > 0)
    return spend


def log_mean_slopes(p: float, q: float, gamma: float, x: Any, m: Any) -> tuple[Any, Any, Any]:
    """How the logarithm of the expected amount changes with the logarithms of p, q and gamma.

    Parameters
    ----------
    p, q, gamma : float
        The parameters.
    x, m : array of shape (n,), or anything that can be calculated with
        Number of amounts seen and their mean; both 0 where none is.

    Returns
    -------
    tuple of three of the same kind

    Examples
    --------
    >>> [round(slope, 3) for slope in log_mean_slopes(6.25, 3.74, 15.44, 2.0, 22.35)]
    [0.18, -0.245, 0.257]
    """
    weight = x * p + (q - 1)
    return 1 - x * p / weight, -q / weight, gamma / (x * m + gamma)


def draw(p: float, q: float, gamma: float, x: IntArray, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Draw the amounts of customers.

    Parameters
    ----------
    p, q, gamma : float
        The parameters.
    x : array of int, shape (n,)
        How many amounts each customer has.
    rng : numpy.random.Generator

    Returns
    -------
    amount : ndarray of shape (sum of x,)
        Customer after customer.
    mean : ndarray of shape (n,)
        Each customer's true mean, p / nu.
    """
    mean = p * gamma / rng.standard_gamma(q, x.size)
    return rng.standard_gamma(p, int(x.sum())) * np.repeat(mean / p, x), mean


def draw_totals(
    theta: tuple[float, float, float], x: FloatArray, m: FloatArray, count: IntArray, rng: np.random.Generator
) -> FloatArray:
    """Draw what customers spend in some more purchases, given what they have spent.

    Someone with x amounts of mean m has nu ~ Gamma(p x + q, gamma + m x), and the sum of k amounts is Gamma(p k, nu).

    Parameters
    ----------
    theta : tuple of three floats
        The parameters p, q, gamma.
    x, m : array of shape (n,)
        Number of amounts seen and their mean; both 0 where none is.
    count : array of int, shape (n, d)
        How many purchases there are in each draw.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of shape (n, d)

    Examples
    --------
    >>> count = np.full((1, 100_000), 3)
    >>> theta, x, m = (6.25, 3.74, 15.44), np.array([2.0]), np.array([22.35])
    >>> float(draw_totals(theta, x, m, count, np.random.default_rng(1)).mean().round(1))
    74.1
    >>> 3 * expected_spend(*theta, x, m).round(2)
    array([73.98])
    """
    p, q, gamma = theta
    nu = rng.standard_gamma((p * x + q)[:, None], count.shape) / (gamma + m * x)[:, None]
    return np.asarray(rng.standard_gamma(p * count) / nu)


def _log_beta(a: FloatArray, b: float) -> FloatArray:
    """The logarithm of B(a, b) by Stirling's formula, so that nothing cancels where a or b is large."""
    result: FloatArray = (
        -(a - 0.5) * np.log1p(b / a)
        - b * np.log1p(a / b)
        + 0.5 * np.log(2 * np.pi / b)
        + _stirling_rest(a)
        + _stirling_rest(np.asarray(b))
        - _stirling_rest(a + b)
    )
    return result


def _stirling_rest(z: FloatArray) -> FloatArray:
    """The logarithm of Gamma(z) less Stirling's (z - 1/2) log z - z + log(2 pi) / 2."""
    large = np.maximum(z, 12.0)
    coefficients = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360]
    series = np.polynomial.polynomial.polyval(1 / large**2, coefficients)
    direct = gammaln(z) - ((z - 0.5) * np.log(z) - z + 0.5 * np.log(2 * np.pi))
    return np.where(z < 12.0, direct, series / large)


def _refuse_unusable(x: FloatArray, m: FloatArray, w: FloatArray) -> None:
    usable = np.isfinite(x) & (x >= 1) & np.isfinite(m) & (m > 0) & np.isfinite(w) & (w >= 0)
    bad = int(np.count_nonzero(~usable))
    if bad:
        raise FitError(
            f"{bad:,} of {x.size:,} rows cannot be used: wanted are x of at least 1, m above 0 and w of at least 0, "
            "all finite; leave the others out",
            count=bad,
            code="not_finite",
        )
    if np.unique(m[w > 0]).size < 2:
        raise FitError(
            "all customers have the same mean spend, so that its scatter, within and between customers, cannot be "
            "estimated; fit on more customers, or take the one mean as it is",
            code="no_spread",
        )
