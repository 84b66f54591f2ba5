# ruff: noqa: PLR0917 - parameters, then data, in the order of the papers
"""MBG/NBD: as BG/NBD, but the first purchase is a chance to leave for good as well.

While alive a customer buys in a Poisson process of rate lambda ~ Gamma(r, alpha). After every purchase, the first one
at time 0 included, the customer leaves with probability p ~ Beta(a, b). So who has bought once may have left, which in
BG/NBD nobody has. x is the number of repeat purchases, t_x the time of the last one, T the length of the observation.

A customer who is alive after x repeat purchases has stayed x + 1 times, so that p ~ Beta(a, b + x + 1): what such a
customer does next is what BG/NBD says with b + 1 for b.

References
----------
[1] E. P. Batislam, M. Denizel and A. Filiztekin (2007), Empirical validation and comparison of models for customer base
analysis, International Journal of Research in Marketing 24, 201-209. Equation numbers are of this paper.
[2] D. Hoppe and U. Wagner (2007), Customer base analysis: the case for a central variant of the betageometric/NBD
model, Marketing JRM 29, 75-90: the same model, found independently.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaln, expit, gammaln

from custval._kernels import bg_nbd_alive
from custval._kernels.beta_geometric_draws import draw_with_chances
from custval._kernels.bg_nbd_fit import fit_with_chances, prior
from custval._kernels.horizons import as_rows, times_horizons
from custval._kernels.maximize import Maximum
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


def log_likelihood(
    r: ArrayLike, alpha: ArrayLike, a: ArrayLike, b: ArrayLike, x: ArrayLike, t_x: ArrayLike, T: ArrayLike
) -> FloatArray:
    """The log-likelihood of each customer's history, as it is printed [1], in logarithms.

    Parameters
    ----------
    r, alpha, a, b : float or array
        The parameters; alpha in the unit of time of `t_x` and `T`.
    x, t_x, T : array of shape (n,)
        Repeat purchases, time of the last one, length of the observation.

    Returns
    -------
    ndarray of shape (n,)

    Examples
    --------
    >>> log_likelihood(0.525, 6.183, 0.891, 1.614, [2, 0], [30.43, 0.0], 38.86).round(4)
    array([-9.4856, -0.5398])
    """
    r, alpha, a, b, x, t_x, T = np.broadcast_arrays(
        *(np.asarray(part, dtype=np.float64) for part in (r, alpha, a, b, x, t_x, T))
    )
    common = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    alive = betaln(a, b + x + 1) - betaln(a, b) - (r + x) * np.log(alpha + T)
    gone = betaln(a + 1, b + x) - betaln(a, b) - (r + x) * np.log(alpha + t_x)
    result: FloatArray = common + np.logaddexp(alive, gone)
    return result


def fit(x: ArrayLike, t_x: ArrayLike, T: ArrayLike, w: ArrayLike | None = None, *, prior: bool = False) -> Maximum:
    """Fit by maximum likelihood, or by the mode of the posterior.

    Parameters
    ----------
    x, t_x, T : array of shape (n,)
        Repeat purchases (whole numbers), time of the last one, length of the observation.
    w : array of shape (n,), optional
        How many customers each row stands for.
    prior : bool
        Whether to find the mode of likelihood times prior instead, which exists for every customer base.

    Returns
    -------
    Maximum
        Of the parameters r, alpha, a, b, in this order.

    Raises
    ------
    FitError
        Where the data hold NaN, infinities or negative values, or no repeat purchases.

    Examples
    --------
    >>> customer, time, truth = draw(0.8, 5.0, 1.0, 3.0, np.full(5000, 52.0), np.random.default_rng(1))
    >>> t_x = np.zeros(5000)
    >>> np.maximum.at(t_x, customer, time)
    >>> maximum = fit(np.bincount(customer, minlength=5000), t_x, np.full(5000, 52.0))
    >>> maximum.status
    'converged'
    """
    return fit_with_chances(x, t_x, T, w, first=True, prior=prior)


def probability_alive(
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
    r, alpha, a, b : float or array of shape (n,)
        The parameters.
    x, t_x, T : array of shape (n,)
        Repeat purchases, time of the last one, length of the observation.
    after : float or array of shape (h,)
        Times from T on.

    Returns
    -------
    ndarray of shape (n,), or (n, h) where `after` is an array
        Now: 1 / (1 + a / (b + x) ((alpha + T) / (alpha + t_x))**(r + x)).

    Examples
    --------
    >>> probability_alive(0.525, 6.183, 0.891, 1.614, [2, 0], [30.43, 0], 38.86).round(4)
    array([0.7062, 0.3897])
    """
    r, alpha, a, b, x, t_x, T = as_rows(r, alpha, a, b, x, t_x, T)
    alive = expit(-(np.log(a / (b + x)) + (r + x) * np.log1p((T - t_x) / (alpha + t_x))))
    if not np.any(after):
        return np.asarray(np.multiply.outer(alive, np.ones(np.shape(after))))
    stays = bg_nbd_alive.probability_stays_alive(r, alpha, a, b + 1, x, T, after)
    return times_horizons(alive, stays)


def expected_purchases_alive(
    r: ArrayLike, alpha: ArrayLike, a: ArrayLike, b: ArrayLike, x: ArrayLike, T: ArrayLike, t: ArrayLike
) -> FloatArray:
    """The expected number of purchases in (T, T + t] of a customer who is alive at T.

    Parameters
    ----------
    r, alpha, a, b : float or array of shape (n,)
        The parameters.
    x, T : array of shape (n,)
        Repeat purchases, length of the observation.
    t : float or array of shape (h,)
        Horizons.

    Returns
    -------
    ndarray of shape (n,), or (n, h) where `t` is an array
    """
    return bg_nbd_alive.expected_purchases_alive(r, alpha, a, np.asarray(b) + 1, x, T, t)


def probability_active_alive(
    r: ArrayLike, alpha: ArrayLike, a: ArrayLike, b: ArrayLike, x: ArrayLike, T: ArrayLike, t: ArrayLike
) -> FloatArray:
    """The probability of at least one purchase in (T, T + t] by a customer who is alive at T.

    Parameters
    ----------
    r, alpha, a, b : float or array of shape (n,)
        The parameters.
    x, T : array of shape (n,)
        Repeat purchases, length of the observation.
    t : float or array of shape (h,), or (n, h)
        Horizons, of all or of each.

    Returns
    -------
    ndarray of shape (n,), or (n, h) where `t` is an array
        1 - (1 + t / (alpha + T))**-(r + x): nobody leaves without a purchase.
    """
    return bg_nbd_alive.probability_active_alive(r, alpha, a, b, x, T, t)


def probability_ever_alive(
    r: ArrayLike, alpha: ArrayLike, a: ArrayLike, b: ArrayLike, x: ArrayLike, T: ArrayLike
) -> FloatArray:
    """The probability that a customer who is alive at T ever buys again: 1, as nobody leaves without a purchase.

    Parameters
    ----------
    r, alpha, a, b : float or array of shape (n,)
        The parameters.
    x, T : array of shape (n,)
        Repeat purchases, length of the observation.

    Returns
    -------
    ndarray of shape (n,)
    """
    return bg_nbd_alive.probability_ever_alive(r, alpha, a, b, x, T)


def purchase_pmf_alive(
    r: ArrayLike, alpha: ArrayLike, a: ArrayLike, b: ArrayLike, x: ArrayLike, T: ArrayLike, t: float, n_max: int
) -> FloatArray:
    """The probabilities of 0, 1, ..., n_max purchases in (T, T + t], and of more, by a customer who is alive at T.

    Parameters
    ----------
    r, alpha, a, b : float or array of shape (n,)
        The parameters.
    x, T : array of shape (n,)
        Repeat purchases, length of the observation.
    t : float
        The horizon.
    n_max : int
        The largest number with a probability of its own.

    Returns
    -------
    ndarray of shape (n, n_max + 2)
        P(X = 0), ..., P(X = n_max), and last P(X > n_max).
    """
    return bg_nbd_alive.purchase_pmf_alive(r, alpha, a, np.asarray(b) + 1, x, T, t, n_max)


def draw_future_alive(
    r: ArrayLike,
    alpha: ArrayLike,
    a: ArrayLike,
    b: ArrayLike,
    x: ArrayLike,
    T: ArrayLike,
    t: float,
    n_draws: int,
    rng: np.random.Generator,
) -> IntArray:
    """Draw the number of purchases in (T, T + t] of customers who are alive at T.

    Parameters
    ----------
    r, alpha, a, b : float or array of shape (n,)
        The parameters.
    x, T : array of shape (n,)
        Repeat purchases, length of the observation.
    t : float
        The horizon.
    n_draws : int
        How many draws to make for each customer.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of int64, shape (n, n_draws)
    """
    return bg_nbd_alive.draw_future_alive(r, alpha, a, np.asarray(b) + 1, x, T, t, n_draws, rng)


def expected_purchases_new(r: ArrayLike, alpha: ArrayLike, a: ArrayLike, b: ArrayLike, t: ArrayLike) -> FloatArray:
    """The expected number of repeat purchases of a new customer in (0, t].

    Parameters
    ----------
    r, alpha, a, b : float
        The parameters.
    t : float or array
        Horizons.

    Returns
    -------
    ndarray of the shape of `t`
        b / (a + b), the probability of staying after the first purchase, times what BG/NBD with b + 1 expects.

    Examples
    --------
    >>> expected_purchases_new(0.525, 6.183, 0.891, 1.614, [39.0, 78.0]).round(4)
    array([1.183 , 1.8048])
    """
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    expected = bg_nbd_alive.expected_purchases_alive(r, alpha, a, b + 1, 0.0, 0.0, np.ravel(t))
    return np.asarray(b / (a + b) * expected.reshape(np.shape(t)))


def draw(
    r: float, alpha: float, a: float, b: float, T: FloatArray, rng: np.random.Generator
) -> tuple[IntArray, FloatArray, dict[str, FloatArray | NDArray[np.bool_]]]:
    """Draw customers, each observed from the first purchase, at time 0, to T.

    Parameters
    ----------
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
        `alive` at T, `purchase_rate` (lambda) and `dropout_probability` (p), each of shape (n,).

    Examples
    --------
    >>> customer, time, truth = draw(0.8, 5.0, 1.0, 3.0, np.full(4, 52.0), np.random.default_rng(3))
    >>> len(customer) == len(time), truth["alive"].dtype.name
    (True, 'bool')
    """
    return draw_with_chances(r, alpha, a, b, T, rng, first=True)
