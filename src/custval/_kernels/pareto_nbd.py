# ruff: noqa: PLR0917 - parameters, then data, in the order of the papers
"""Pareto/NBD: purchases at a gamma-distributed rate, until the customer leaves unseen, at a gamma-distributed rate too.

While alive a customer buys in a Poisson process of rate lambda ~ Gamma(r, alpha), for a lifetime that is exponential
of rate mu ~ Gamma(s, beta). x is the number of repeat purchases, t_x the time of the last one, T the length of the
observation. Someone who is alive at T has lambda ~ Gamma(r + x, alpha + T) and mu ~ Gamma(s, beta + T), independent.

The papers write likelihood and probabilities with differences of hypergeometric functions, which lose their digits
long before x is large. Here they are sums of integrals of positive functions.

References
----------
[1] D. C. Schmittlein, D. G. Morrison and R. Colombo (1987), Counting your customers: who are they and what will they
do next?, Management Science 33, 1-24.
[2] P. S. Fader and B. G. S. Hardie (2005), A note on deriving the Pareto/NBD model and related expressions,
brucehardie.com/notes/009.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln

from custval._kernels.event_times import event_times
from custval._kernels.horizons import as_rows, times_horizons
from custval._kernels.maximize import Maximum, maximize
from custval._kernels.pareto_integral import COARSE, log_integral_of_pairs
from custval._kernels.pareto_nbd_alive import (
    draw_future_alive,
    draw_lifetimes,
    expected_purchases_alive,
    probability_active_alive,
    probability_ever_alive,
    probability_stays_alive,
    purchase_pmf_alive,
)
from custval._kernels.pareto_nbd_objective import Objective
from custval._kernels.priors import Prior, maximize_posterior
from custval._kernels.purchase_tuples import PurchaseTuples
from custval.typing import FloatArray, IntArray

__all__ = [
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

# rows of repeat buyers from which it pays to fit a sample first
_MANY = 50_000


def log_likelihood(
    r: ArrayLike, alpha: ArrayLike, s: ArrayLike, beta: ArrayLike, x: ArrayLike, t_x: ArrayLike, T: ArrayLike
) -> FloatArray:
    """The log-likelihood of each customer's history, that of [2].

    Parameters
    ----------
    r, alpha, s, beta : float or array of shape (n,)
        The parameters; alpha and beta in the unit of time of `t_x` and `T`.
    x, t_x, T : array of shape (n,)
        Repeat purchases, time of the last one, length of the observation.

    Returns
    -------
    ndarray of shape (n,)

    Examples
    --------
    >>> log_likelihood(0.5533, 10.5777, 0.6062, 11.6687, [2, 0], [30.43, 0.0], 38.86).round(4)
    array([-9.5543, -0.5212])
    """
    r, alpha, s, beta, x, t_x, T = as_rows(r, alpha, s, beta, x, t_x, T)
    to_T = -x * np.log(alpha + T) - r * np.log1p(T / alpha) - s * np.log1p(T / beta)
    return gammaln(r + x) - gammaln(r) + to_T + _log_inverse_alive(r, alpha, s, beta, x, t_x, T)


def fit(x: ArrayLike, t_x: ArrayLike, T: ArrayLike, w: ArrayLike | None = None, *, prior: bool = False) -> Maximum:
    """Fit by maximum likelihood, or by the posterior mode.

    Parameters
    ----------
    x, t_x, T : array of shape (n,)
        Repeat purchases (whole numbers), time of the last one, length of the observation.
    w : array of shape (n,), optional
        How many customers each row stands for.
    prior : bool, default False
        Whether the likelihood is multiplied by the density of this module's `prior`.

    Returns
    -------
    Maximum
        Of the parameters r, alpha, s, beta, in this order.

    Raises
    ------
    FitError
        Where the data hold NaN, infinities or negative values, or no repeat purchases.

    Examples
    --------
    >>> customer, time, truth = draw(0.5, 5.0, 0.7, 10.0, np.full(5000, 52.0), np.random.default_rng(1))
    >>> t_x = np.zeros(5000)
    >>> np.maximum.at(t_x, customer, time)
    >>> maximum = fit(np.bincount(customer, minlength=5000), t_x, np.full(5000, 52.0))
    >>> maximum.status, maximum.parameters.round(2).tolist()
    ('converged', [0.51, 5.01, 0.66, 9.53])
    """
    x, t_x, T, w = as_rows(x, t_x, T, 1.0 if w is None else w)
    base = PurchaseTuples.of(x, t_x, T, w, zeros=True)
    belief = _belief(base.purchases / base.customers) if prior else None
    objective = Objective(base)
    start = _start(x, t_x, T, w, base)
    # and where customers are of two kinds: many leave at once, others stay
    another = _plain(base, 0.3, 0.02)
    starts, rough = np.array([start, another]), objective.with_step(COARSE)
    maximum = maximize_posterior(objective, belief, starts, rough=rough, limits=_limit)
    unit = float(np.log(base.scale))
    return replace(
        maximum,
        log_parameters=maximum.log_parameters + np.array([0.0, unit, 0.0, unit]),
        log_likelihood=maximum.log_likelihood - base.purchases * unit,
    )


def _start(x: FloatArray, t_x: FloatArray, T: FloatArray, w: FloatArray, base: PurchaseTuples) -> FloatArray:
    """Log-parameters to start from: plain values, or with many rows the fit to every 16th of the repeat buyers'."""
    plain = _plain(base, 0.5, 0.5)
    if np.count_nonzero(x) < _MANY:
        return plain
    some = (x == 0) | (np.arange(x.size) % 16 == 0)
    x, t_x, T, w = x[some], t_x[some], T[some], np.where(x > 0, 16.0, 1.0)[some] * w[some]
    sample = PurchaseTuples.of(x, t_x, T, w, zeros=True)
    maximum = maximize(Objective(sample, step=COARSE), plain)
    unit = float(np.log(sample.scale / base.scale))
    return plain if maximum.status == "boundary" else maximum.log_parameters + np.array([0.0, unit, 0.0, unit])


def _plain(base: PurchaseTuples, s: float, beta: float) -> FloatArray:
    """Log-parameters with which as many purchases are expected until the mean T as there are."""
    expected = float(expected_purchases_new(0.5, 1.0, s, beta, 1.0))
    return np.log([0.5, expected * base.customers / base.purchases, s, beta])


def _limit(log_parameters: FloatArray, k: int, bound: float) -> tuple[int, FloatArray] | None:
    """The model that includes a limit of s or beta, at parameters with which as many are alive at the mean T.

    With beta -> infinity lifetimes are exponential with one rate for everybody, s / beta. That includes s -> infinity,
    where it is the same, and s -> 0, where nobody leaves. With beta -> 0 some leave at once and the others never.
    """
    r, alpha, s, beta = log_parameters
    if k < 2:
        return None
    far = -abs(bound) if k == 3 and bound < 0 else abs(bound)
    shape = s + np.log(np.log1p(np.exp(-beta)) / np.log1p(np.exp(-far)))
    return 3, np.array([r, alpha, shape, far])


def prior(rate: float) -> Prior:
    """A weakly informative prior on the log-parameters, times being measured in the mean T of the data.

    Parameters
    ----------
    rate : float
        Repeat purchases per customer in the data.

    Returns
    -------
    Prior
        The rate of purchases r / alpha is of the order of the data's, that of leaving s / beta of the order of 1 per
        mean T, and the shapes r and s are of the order of 1.

    Examples
    --------
    >>> value, gradient, hessian = prior(2.0)(np.log([1.0, 0.5, 1.0, 1.0]))
    >>> round(value, 3)
    -0.125
    """
    return _belief(rate)


def _belief(rate: float) -> Prior:
    return Prior(
        normals=(
            ((1.0, -1.0, 0.0, 0.0), 0.5 + float(np.log(rate)), 1.0),
            ((1.0, 0.0, 0.0, 0.0), 0.0, 1.5),
            ((0.0, 0.0, 1.0, -1.0), 0.0, 1.5),
            ((0.0, 0.0, 1.0, 0.0), 0.0, 1.5),
        )
    )


def probability_alive(
    r: ArrayLike,
    alpha: ArrayLike,
    s: ArrayLike,
    beta: ArrayLike,
    x: ArrayLike,
    t_x: ArrayLike,
    T: ArrayLike,
    after: ArrayLike = 0.0,
) -> FloatArray:
    """The probability that a customer is alive at time T + after.

    Parameters
    ----------
    r, alpha, s, beta : float or array of shape (n,)
        The parameters.
    x, t_x, T : array of shape (n,)
        Repeat purchases, time of the last one, length of the observation.
    after : float or array of shape (h,)
        Times from T on.

    Returns
    -------
    ndarray of shape (n,), or (n, h) where `after` is an array
        To a relative error below 1e-10, also where it is tiny. Someone alive at T stays for another t with probability
        (1 + t / (beta + T))**-s.

    Examples
    --------
    >>> probability_alive(0.5533, 10.5777, 0.6062, 11.6687, [2, 0], [30.43, 0], 38.86, after=[0.0, 52.0]).round(4)
    array([[0.8691, 0.566 ],
           [0.2951, 0.1922]])
    """
    r, alpha, s, beta, x, t_x, T = as_rows(r, alpha, s, beta, x, t_x, T)
    alive = np.exp(-_log_inverse_alive(r, alpha, s, beta, x, t_x, T))
    stays = probability_stays_alive(s, beta, T, after)
    return times_horizons(np.minimum(alive, 1.0), stays)


def expected_purchases_new(r: ArrayLike, alpha: ArrayLike, s: ArrayLike, beta: ArrayLike, t: ArrayLike) -> FloatArray:
    """The expected number of repeat purchases of a new customer in (0, t].

    Parameters
    ----------
    r, alpha, s, beta : float
        The parameters.
    t : float or array
        Horizons.

    Returns
    -------
    ndarray of the shape of `t`

    Examples
    --------
    >>> expected_purchases_new(0.5533, 10.5777, 0.6062, 11.6687, [39.0, 78.0]).round(4)
    array([1.2135, 1.91  ])
    """
    expected = expected_purchases_alive(r, alpha, s, beta, 0.0, 0.0, np.ravel(t))
    return expected.reshape(np.shape(t))


def draw(
    r: float, alpha: float, s: float, beta: float, T: FloatArray, rng: np.random.Generator
) -> tuple[IntArray, FloatArray, dict[str, FloatArray | NDArray[np.bool_]]]:
    """Draw customers, each observed from the first purchase, at time 0, to T.

    Parameters
    ----------
    r, alpha, s, beta : float
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
        `alive` at T, `purchase_rate` (lambda) and `dropout_rate` (mu), each of shape (n,).

    Examples
    --------
    >>> customer, time, truth = draw(0.5, 5.0, 0.7, 10.0, np.array([52.0, 52.0, 52.0]), np.random.default_rng(3))
    >>> customer.tolist(), time.round(1).tolist(), truth["alive"].tolist()
    ([1, 1, 1], [4.0, 4.2, 12.9], [False, False, False])
    """
    rate = rng.standard_gamma(r, T.size) / alpha
    leaving = rng.standard_gamma(s, T.size) / beta
    lifetime = draw_lifetimes(leaving, rng)
    end = np.minimum(lifetime, T)
    # given how many purchases there are before the end, their times are uniform
    count = rng.poisson(rate * end).astype(np.int64, copy=False)
    customer, time = event_times(count, ends=np.zeros(T.size, dtype=bool), rng=rng)
    time *= end[customer]
    return customer, time, {"alive": lifetime > T, "purchase_rate": rate, "dropout_rate": leaving}


def _log_inverse_alive(
    r: FloatArray, alpha: FloatArray, s: FloatArray, beta: FloatArray, x: FloatArray, t_x: FloatArray, T: FloatArray
) -> FloatArray:
    """-log P(alive at T): the likelihood over its part of those who are alive, both as in `Objective`."""
    buys = log_integral_of_pairs(r, alpha, s, beta, x, T, leaving=False)
    left = log_integral_of_pairs(r, alpha, s, beta, x, t_x, leaving=True)
    longer = T - t_x
    left += (r + x) * np.log1p(longer / (alpha + t_x)) + s * np.log1p(longer / (beta + t_x))
    return np.logaddexp(buys, left, out=left)
