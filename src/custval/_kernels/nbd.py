# ruff: noqa: PLR0917 - parameters, then data, in the order of the papers
"""NBD: purchases at a gamma-distributed rate, and nobody ever leaves.

Every customer buys in a Poisson process of rate lambda ~ Gamma(r, alpha), for good. x is the number of repeat
purchases, t_x the time of the last one, T the length of the observation. When they were says nothing more about lambda,
so t_x is taken for the sake of a common interface and not looked at. After (x, T), lambda ~ Gamma(r + x, alpha + T),
and the number of purchases in a time t is negative binomial.

References
----------
[1] A. S. C. Ehrenberg (1959), The pattern of consumer purchases, Applied Statistics 8, 26-41.
[2] P. S. Fader, B. G. S. Hardie and K. L. Lee (2005), "Counting your customers" the easy way: an alternative to the
Pareto/NBD model, Marketing Science 24, 275-284: the likelihood is eq. (6) for customers who cannot leave.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc, betaincc, gammaln

from custval._kernels.event_times import event_times
from custval._kernels.horizons import as_rows, horizons, per_horizon
from custval._kernels.maximize import Maximum
from custval._kernels.priors import Prior, maximize_posterior
from custval._kernels.purchase_tuples import PurchaseTuples
from custval._kernels.tuples import count_distinct_rows
from custval.typing import FloatArray, IntArray

__all__ = [
    "Objective",
    "draw",
    "draw_future_alive",
    "expected_purchases_alive",
    "expected_purchases_new",
    "fit",
    "log_likelihood",
    "prior",
    "probability_active_alive",
    "probability_alive",
    "probability_ever_alive",
    "purchase_pmf_alive",
]

# the largest mean of a Poisson variable that an int64 holds safely
_LARGEST_MEAN = 9e18


def log_likelihood(
    r: ArrayLike,
    alpha: ArrayLike,
    x: ArrayLike,
    t_x: ArrayLike,
    T: ArrayLike,
) -> FloatArray:
    """The log-likelihood of each customer's purchase times: those of x purchases, in logarithms.

    Parameters
    ----------
    r, alpha : float or array
        The parameters; alpha in the unit of time of `T`.
    x, t_x, T : array of shape (n,)
        Repeat purchases, time of the last one (which plays no part), length of the observation.

    Returns
    -------
    ndarray of shape (n,)
        Gamma(r + x) / Gamma(r) alpha**r (alpha + T)**-(r + x), the likelihood of [2] eq. (6) without dropout.

    Examples
    --------
    >>> log_likelihood(0.385, 12.07, [2, 0], [30.43, 0.0], 38.86).round(4)
    array([-9.044 , -0.5543])
    """
    r, alpha, x, T = as_rows(r, alpha, x, T)
    return gammaln(r + x) - gammaln(r) - x * np.log(alpha) - (r + x) * np.log1p(T / alpha) + 0.0 * np.asarray(t_x)


def prior(rate: float) -> Prior:
    """A weakly informative prior on log r and log alpha.

    Parameters
    ----------
    rate : float
        Repeat purchases per customer and unit of time, which is that of alpha.

    Returns
    -------
    Prior
        The mean rate r / alpha is around that of the data, for nobody leaves; r is around 1.
    """
    return Prior(normals=(((1.0, -1.0), float(np.log(rate)), 1.0), ((1.0, 0.0), 0.0, 1.5)))


def fit(x: ArrayLike, t_x: ArrayLike, T: ArrayLike, w: ArrayLike | None = None, *, prior: bool = False) -> Maximum:
    """Fit by maximum likelihood, or find the posterior mode.

    Parameters
    ----------
    x, t_x, T : array of shape (n,)
        Repeat purchases (whole numbers), time of the last one (which plays no part), length of the observation.
    w : array of shape (n,), optional
        How many customers each row stands for.
    prior : bool, default False
        Whether the likelihood is multiplied by the prior of this module, times in units of the mean T.

    Returns
    -------
    Maximum
        Of the parameters r, alpha, in this order. Where purchases scatter no more than those of customers who are all
        alike, both run to infinity and their ratio, the rate of all, is what is known.

    Raises
    ------
    FitError
        Where the data hold NaN, infinities or negative values, or no repeat purchases.

    Examples
    --------
    >>> customer, time, truth = draw(0.5, 5.0, np.full(5000, 52.0), np.random.default_rng(1))
    >>> maximum = fit(np.bincount(customer, minlength=5000), np.zeros(5000), np.full(5000, 52.0))
    >>> maximum.status, maximum.parameters.round(2).tolist()
    ('converged', [0.48, 4.76])
    """
    base = _base(x, t_x, T, w)
    rate = base.purchases / base.customers
    belief = _prior(rate) if prior else None
    maximum = maximize_posterior(Objective(base), belief, np.log([0.5, 0.5 / rate]))
    return replace(
        maximum,
        log_parameters=maximum.log_parameters + np.array([0.0, np.log(base.scale)]),
        log_likelihood=maximum.log_likelihood - base.purchases * float(np.log(base.scale)),
    )


# within `fit` the name is that of its argument
_prior = prior


def _base(x: ArrayLike, t_x: ArrayLike, T: ArrayLike, w: ArrayLike | None) -> PurchaseTuples:
    x, t_x, T, w = as_rows(x, t_x, T, 1.0 if w is None else w)
    if all(np.isfinite(part).all() for part in (x, T, w)):
        (x, T), w = count_distinct_rows((x, T), w)
        t_x = np.zeros(x.size)
    return PurchaseTuples.of(x, t_x, T, w)


class Objective:
    """The log-likelihood of a customer base with its first and second derivatives, for `maximize`.

    But for the factor alpha**-x that carries the unit of time it is ::

        sum_{j<x} log((r + j) / alpha) - (r + x) log(1 + T / alpha)

    in which nothing cancels. The first sum needs the number of customers with more than j purchases, the second those
    of customers and purchases by T.

    Parameters
    ----------
    base : PurchaseTuples
        The data; alpha is measured in `base.scale`.
    """

    def __init__(self, base: PurchaseTuples) -> None:
        self.base = base
        self._j = np.arange(base.more_than.size, dtype=np.float64)

    def __call__(self, log_parameters: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """The log-likelihood, its gradient (2,) and its Hessian (2, 2) in log-parameters."""
        r, alpha = np.exp(log_parameters)
        base, j = self.base, self._j
        log_T, from_T, to_T = np.log1p(base.T / alpha), base.T / (alpha + base.T), alpha / (alpha + base.T)
        by_T = r * base.customers_by_T
        buys = base.more_than * (r / (r + j))
        waited, moved = _sum(by_T * log_T), _sum(by_T * from_T)
        value = _sum(base.more_than * np.log((r + j) / alpha)) - waited - _sum(base.purchases_by_T * log_T)
        gradient = np.array([_sum(buys) - waited, moved - _sum(base.purchases_by_T * to_T)])
        curve = -_sum((by_T + base.purchases_by_T) * from_T * to_T)
        hessian = np.array([[_sum(buys * (j / (r + j))) - waited, moved], [moved, curve]])
        return value, gradient, hessian


def probability_alive(
    r: ArrayLike,
    alpha: ArrayLike,
    x: ArrayLike,
    t_x: ArrayLike,
    T: ArrayLike,
    after: ArrayLike = 0.0,
) -> FloatArray:
    """The probability that a customer is alive at time T + after: 1.

    Parameters
    ----------
    r, alpha : float or array of shape (n,)
        The parameters.
    x, t_x, T : array of shape (n,)
        Repeat purchases, time of the last one, length of the observation.
    after : float or array of shape (h,)
        Times from T on.

    Returns
    -------
    ndarray of shape (n,), or (n, h) where `after` is an array
    """
    n = np.broadcast(*(np.asarray(part) for part in (r, alpha, x, t_x, T))).size
    return np.ones((n, *np.shape(after)))


def expected_purchases_alive(r: ArrayLike, alpha: ArrayLike, x: ArrayLike, T: ArrayLike, t: ArrayLike) -> FloatArray:
    """The expected number of purchases in (T, T + t]: the posterior mean of lambda, times t.

    Parameters
    ----------
    r, alpha : float or array of shape (n,)
        The parameters.
    x, T : array of shape (n,)
        Repeat purchases, length of the observation.
    t : float or array of shape (h,)
        Horizons.

    Returns
    -------
    ndarray of shape (n,), or (n, h) where `t` is an array
        (r + x) / (alpha + T) t.

    Examples
    --------
    >>> expected_purchases_alive(0.385, 12.07, [2, 0], 38.86, 39.0).round(4)
    array([1.8263, 0.2948])
    """
    s, span = _shape_and_span(r, alpha, x, T)
    return per_horizon((s / span)[:, None] * horizons(t), t)


def probability_active_alive(r: ArrayLike, alpha: ArrayLike, x: ArrayLike, T: ArrayLike, t: ArrayLike) -> FloatArray:
    """The probability of at least one purchase in (T, T + t].

    Parameters
    ----------
    r, alpha : float or array of shape (n,)
        The parameters.
    x, T : array of shape (n,)
        Repeat purchases, length of the observation.
    t : float or array of shape (h,), or (n, h)
        Horizons, of all or of each.

    Returns
    -------
    ndarray of shape (n,), or (n, h) where `t` is an array
        1 - (1 + t / (alpha + T))**-(r + x).
    """
    s, span = _shape_and_span(r, alpha, x, T)
    times = horizons(t)
    active: FloatArray = -np.expm1(-s[:, None] * np.log1p(times / span[:, None]))
    return per_horizon(active, t)


def probability_ever_alive(r: ArrayLike, alpha: ArrayLike, x: ArrayLike, T: ArrayLike) -> FloatArray:
    """The probability of ever buying again: 1, for nobody leaves.

    Parameters
    ----------
    r, alpha : float or array of shape (n,)
        The parameters.
    x, T : array of shape (n,)
        Repeat purchases, length of the observation.

    Returns
    -------
    ndarray of shape (n,)
    """
    return np.ones(_shape_and_span(r, alpha, x, T)[0].size)


def purchase_pmf_alive(r: ArrayLike, alpha: ArrayLike, x: ArrayLike, T: ArrayLike, t: float, n_max: int) -> FloatArray:
    """The distribution of the number of purchases in (T, T + t], which is negative binomial.

    Parameters
    ----------
    r, alpha : float or array of shape (n,)
        The parameters.
    x, T : array of shape (n,)
        Repeat purchases, length of the observation.
    t : float
        The horizon.
    n_max : int
        The largest number of purchases with a probability of its own.

    Returns
    -------
    ndarray of shape (n, n_max + 2)
        The probabilities of 0, …, n_max purchases, and last that of more.

    Notes
    -----
    With s = r + x and tau = t / (alpha + T), that of k is
    prod_{j<k} ((s + j) / (j + 1)) (tau / (1 + tau))**k (1 + tau)**-s. That of more than n_max is the distribution
    function of Beta(n_max + 1, s) at tau / (1 + tau).

    Examples
    --------
    >>> purchase_pmf_alive(0.385, 12.07, [2], 38.86, 39.0, 2).round(4)
    array([[0.2577, 0.2665, 0.1956, 0.2802]])
    """
    s, span = _shape_and_span(r, alpha, x, T)
    share, rest = t / (span + t), span / (span + t)
    result = np.empty((s.size, n_max + 2))
    j = np.arange(n_max)
    result[:, 0] = 0.0
    with np.errstate(divide="ignore"):
        # at t = 0 all but the first are log(0)
        np.cumsum(np.log((s[:, None] + j) / (j + 1) * share[:, None]), axis=1, out=result[:, 1:-1])
    result[:, :-1] -= (s * np.log1p(t / span))[:, None]
    np.exp(result[:, :-1], out=result[:, :-1])
    # at long horizons the little that is missing from 1 decides
    result[:, -1] = np.where(share < 0.5, betainc(n_max + 1.0, s, share), betaincc(s, n_max + 1.0, rest))
    return result


def draw_future_alive(
    r: ArrayLike,
    alpha: ArrayLike,
    x: ArrayLike,
    T: ArrayLike,
    t: float,
    n_draws: int,
    rng: np.random.Generator,
) -> IntArray:
    """Draws of the number of purchases in (T, T + t], lambda drawn anew from its posterior for each.

    Parameters
    ----------
    r, alpha : float or array of shape (n,)
        The parameters.
    x, T : array of shape (n,)
        Repeat purchases, length of the observation.
    t : float
        The horizon.
    n_draws : int
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of int64, shape (n, n_draws)
    """
    s, span = _shape_and_span(r, alpha, x, T)
    mean = rng.standard_gamma(s[:, None], (s.size, n_draws)) * (t / span)[:, None]
    return rng.poisson(np.minimum(mean, _LARGEST_MEAN)).astype(np.int64, copy=False)


def expected_purchases_new(r: ArrayLike, alpha: ArrayLike, t: ArrayLike) -> FloatArray:
    """The expected number of repeat purchases of a new customer in (0, t].

    Parameters
    ----------
    r, alpha : float
        The parameters.
    t : float or array
        Horizons.

    Returns
    -------
    ndarray of the shape of `t`
        r t / alpha.

    Examples
    --------
    >>> expected_purchases_new(0.385, 12.07, [39.0, 78.0]).round(4)
    array([1.244, 2.488])
    """
    r, alpha = np.asarray(r, dtype=np.float64), np.asarray(alpha, dtype=np.float64)
    return np.asarray(r / alpha * np.asarray(t, dtype=np.float64))


def draw(
    r: float, alpha: float, T: FloatArray, rng: np.random.Generator
) -> tuple[IntArray, FloatArray, dict[str, FloatArray | NDArray[np.bool_]]]:
    """Draw customers, each observed from the first purchase, at time 0, to T.

    Parameters
    ----------
    r, alpha : float
        The parameters.
    T : array of shape (n,)
        How long each customer is observed.
    rng : numpy.random.Generator

    Returns
    -------
    customer : ndarray of int, shape (m,)
        Whose each repeat purchase is: 0 to n - 1, ascending.
    time : ndarray of shape (m,)
        When it is, in (0, T]; ascending within a customer.
    truth : dict
        `alive` (always) and `purchase_rate` (lambda), each of shape (n,).

    Examples
    --------
    >>> customer, time, truth = draw(0.5, 5.0, np.array([52.0, 52.0, 52.0]), np.random.default_rng(3))
    >>> len(customer) == len(time), truth["alive"].tolist()
    (True, [True, True, True])
    """
    n = T.size
    rate = rng.standard_gamma(r, n) / alpha
    count = rng.poisson(rate * T).astype(np.int64, copy=False)
    customer, time = event_times(count, ends=np.zeros(n, dtype=bool), rng=rng)
    time *= T[customer]
    return customer, time, {"alive": np.ones(n, dtype=bool), "purchase_rate": rate}


def _shape_and_span(r: ArrayLike, alpha: ArrayLike, x: ArrayLike, T: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """The posterior of lambda: Gamma(r + x, alpha + T)."""
    r, alpha, x, T = as_rows(r, alpha, x, T)
    return r + x, alpha + T


def _sum(values: FloatArray) -> float:
    return float(np.add.reduce(values))
