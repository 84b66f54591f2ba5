# ruff: noqa: PLR0917 - parameters, then data, in the order of the papers
"""BG/CNBD-k: as BG/NBD, but purchases tick more regularly: every k-th event of a Poisson process is one.

While alive a customer passes phases in a Poisson process of rate lambda ~ Gamma(r, alpha) and buys at the end of every
k-th, so that the intervals between purchases are Erlang(k, lambda). After every repeat purchase the customer leaves
with probability p ~ Beta(a, b); the first purchase, at time 0, is no occasion to leave. x is the number of repeat
purchases, t_x the time of the last one, T the length of the observation. For k = 1 it is BG/NBD.

References
----------
[1] M. Platzer and T. Reutterer (2016), Ticking away the moments: timing regularity helps to better predict customer
activity, Marketing Science 35, 779-799.
[2] T. Reutterer, M. Platzer and N. Schröder (2021), Leveraging purchase regularity for predicting customer behavior
the easy way, International Journal of Research in Marketing 38, 194-215.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from custval._kernels.beta_geometric_draws import draw_with_chances
from custval._kernels.cnbd_alive import (
    draw_future_alive,
    expected_purchases_alive,
    probability_active_alive,
    probability_ever_alive,
    probability_stays_alive,
    purchase_pmf_alive,
)
from custval._kernels.cnbd_fit import fit_every_k as _fit_every_k
from custval._kernels.cnbd_fit import fit_with_chances, prior
from custval._kernels.cnbd_history import log_likelihood_with_chances, probability_alive_with_chances
from custval._kernels.horizons import times_horizons
from custval._kernels.maximize import Maximum
from custval.typing import FloatArray, IntArray

__all__ = [
    "draw",
    "draw_future_alive",
    "expected_purchases_alive",
    "expected_purchases_new",
    "fit",
    "fit_every_k",
    "log_likelihood",
    "prior",
    "probability_active_alive",
    "probability_alive",
    "probability_ever_alive",
    "purchase_pmf_alive",
]


def log_likelihood(
    k: int,
    r: ArrayLike,
    alpha: ArrayLike,
    a: ArrayLike,
    b: ArrayLike,
    x: ArrayLike,
    t_x: ArrayLike,
    T: ArrayLike,
    log_intervals: ArrayLike = 0.0,
) -> FloatArray:
    """The log-likelihood of each customer's history [2].

    Parameters
    ----------
    k : int
        Phases of an interval between purchases.
    r, alpha, a, b : float or array
        The parameters; alpha in the unit of time of `t_x` and `T`.
    x, t_x, T : array of shape (n,)
        Repeat purchases, time of the last one, length of the observation.
    log_intervals : array of shape (n,)
        The sum of the logarithms of the x intervals between purchases.

    Returns
    -------
    ndarray of shape (n,)

    Examples
    --------
    >>> two = np.log(10.0) + np.log(20.43)  # the sum over two intervals
    >>> log_likelihood(2, 0.227, 1.463, 0.944, 2.074, [2, 0], [30.43, 0.0], 38.86, [two, 0.0]).round(4)
    array([-9.1724, -0.555 ])
    """
    return log_likelihood_with_chances(k, (r, alpha, a, b), (x, t_x, T), log_intervals, first=False)


def fit(
    k: int,
    x: ArrayLike,
    t_x: ArrayLike,
    T: ArrayLike,
    w: ArrayLike | None = None,
    *,
    log_intervals: float = 0.0,
    prior: bool = False,
) -> Maximum:
    """Fit by maximum likelihood, or by the mode of the posterior, for a given k.

    Parameters
    ----------
    k, x, t_x, T, w, log_intervals, prior
        As in `cnbd_fit.fit_with_chances`.

    Returns
    -------
    Maximum
        Of the parameters r, alpha, a, b, in this order.
    """
    return fit_with_chances(k, x, t_x, T, w, log_intervals=log_intervals, first=False, prior=prior)


def fit_every_k(
    x: ArrayLike,
    t_x: ArrayLike,
    T: ArrayLike,
    w: ArrayLike | None = None,
    *,
    log_intervals: float,
    prior: bool = False,
) -> dict[int, Maximum]:
    """Fit k = 1, 2, ... until the log-likelihood falls.

    Parameters
    ----------
    x, t_x, T, w, log_intervals, prior
        As in `cnbd_fit.fit_every_k`.

    Returns
    -------
    dict of int to Maximum
        By k. The best is the last or the last but one.
    """
    return _fit_every_k(x, t_x, T, w, log_intervals=log_intervals, first=False, prior=prior)


def probability_alive(
    k: int,
    r: ArrayLike,
    alpha: ArrayLike,
    a: ArrayLike,
    b: ArrayLike,
    x: ArrayLike,
    t_x: ArrayLike,
    T: ArrayLike,
    after: ArrayLike = 0.0,
) -> FloatArray:
    """The probability that a customer is alive at time T + after.

    Parameters
    ----------
    k : int
        Phases of an interval between purchases.
    r, alpha, a, b : float or array of shape (n,)
        The parameters.
    x, t_x, T : array of shape (n,)
        Repeat purchases, time of the last one, length of the observation.
    after : float or array of shape (h,)
        Times from T on.

    Returns
    -------
    ndarray of shape (n,), or (n, h) where `after` is an array

    Examples
    --------
    >>> probability_alive(2, 0.227, 1.463, 0.944, 2.074, [2, 0], [30.43, 0.0], 38.86).round(4)
    array([0.6948, 1.    ])
    """
    alive = probability_alive_with_chances(k, (r, alpha, a, b), (x, t_x, T), first=False)
    if not np.any(after):
        return np.asarray(np.multiply.outer(alive, np.ones(np.shape(after))))
    stays = probability_stays_alive(k, r, alpha, a, b, x, t_x, T, after)
    return times_horizons(alive, stays)


def expected_purchases_new(
    k: int, r: ArrayLike, alpha: ArrayLike, a: ArrayLike, b: ArrayLike, t: ArrayLike
) -> FloatArray:
    """The expected number of repeat purchases of a new customer in (0, t].

    Parameters
    ----------
    k : int
        Phases of an interval between purchases.
    r, alpha, a, b : float
        The parameters.
    t : float or array
        Horizons.

    Returns
    -------
    ndarray of the shape of `t`
    """
    expected = expected_purchases_alive(k, r, alpha, a, b, 0.0, 0.0, 0.0, np.ravel(t))
    return expected.reshape(np.shape(t))


def draw(
    k: int, r: float, alpha: float, a: float, b: float, T: FloatArray, rng: np.random.Generator
) -> tuple[IntArray, FloatArray, dict[str, FloatArray | NDArray[np.bool_]]]:
    """Draw customers, each observed from the first purchase, at time 0, to T.

    Parameters
    ----------
    k : int
        Phases of an interval between purchases.
    r, alpha, a, b : float
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
        `alive` at T, `purchase_rate` (lambda / k) and `dropout_probability` (p), each of shape (n,).
    """
    return draw_with_chances(r, alpha, a, b, T, rng, first=False, k=k)
