# ruff: noqa: PLR0917 - parameters, then data, in the order of the papers
"""BG/NBD: purchases at a gamma-distributed rate, and after each repeat purchase a chance to leave for good.

While alive a customer buys in a Poisson process of rate lambda ~ Gamma(r, alpha). After every repeat purchase the
customer leaves with probability p ~ Beta(a, b); the first purchase, at time 0, is no occasion to leave, so that
everyone with x = 0 is alive. x is the number of repeat purchases, t_x the time of the last one, T the length of the
observation.

References
----------
[1] P. S. Fader, B. G. S. Hardie and K. L. Lee (2005), "Counting your customers" the easy way: an alternative to the
Pareto/NBD model, Marketing Science 24, 275-284. Equation numbers are of this paper.
[2] P. S. Fader, B. G. S. Hardie and K. L. Lee (2008), Computing P(alive) using the BG/NBD model,
brucehardie.com/notes/021.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaln, gammaln

from custval._kernels.beta_geometric_draws import draw_with_chances
from custval._kernels.bg_nbd_alive import (
    draw_future_alive,
    expected_purchases_alive,
    probability_active_alive,
    probability_ever_alive,
    probability_stays_alive,
    purchase_pmf_alive,
)
from custval._kernels.bg_nbd_fit import fit_with_chances, prior
from custval._kernels.horizons import as_rows, times_horizons
from custval._kernels.maximize import Maximum
from custval.typing import FloatArray, IntArray

__all__ = [
    "draw",
    "draw_future_alive",
    "expected_purchases",
    "expected_purchases_alive",
    "expected_purchases_new",
    "fit",
    "log_likelihood",
    "prior",
    "probability_active",
    "probability_active_alive",
    "probability_alive",
    "probability_ever_alive",
    "purchase_pmf_alive",
]


def log_likelihood(
    r: ArrayLike, alpha: ArrayLike, a: ArrayLike, b: ArrayLike, x: ArrayLike, t_x: ArrayLike, T: ArrayLike
) -> FloatArray:
    """The log-likelihood of each customer's history, as the paper prints it (eq. 6), in logarithms.

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
    >>> log_likelihood(0.243, 4.414, 0.793, 2.426, [2, 0], [30.43, 0.0], 38.86).round(4)
    array([-9.4586, -0.5547])
    """
    r, alpha, a, b, x, t_x, T = as_rows(r, alpha, a, b, x, t_x, T)
    again = np.maximum(x, 1.0)
    common = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    alive = betaln(a, b + x) - betaln(a, b) - (r + x) * np.log(alpha + T)
    gone = betaln(a + 1, b + (again - 1)) - betaln(a, b) - (r + x) * np.log(alpha + t_x)
    return common + np.where(x > 0, np.logaddexp(alive, gone), alive)


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
    >>> customer, time, truth = draw(0.5, 5.0, 1.0, 3.0, np.full(5000, 52.0), np.random.default_rng(1))
    >>> t_x = np.zeros(5000)
    >>> np.maximum.at(t_x, customer, time)
    >>> maximum = fit(np.bincount(customer, minlength=5000), t_x, np.full(5000, 52.0))
    >>> maximum.status, maximum.parameters.round(2).tolist()
    ('converged', [0.49, 4.87, 1.16, 3.61])
    """
    return fit_with_chances(x, t_x, T, w, first=False, prior=prior)


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
        To a relative error below 1e-10.

    References
    ----------
    Reference [2], page 2, for after = 0.

    Examples
    --------
    >>> probability_alive(0.243, 4.414, 0.793, 2.426, [2, 0], [30.43, 0], 38.86, after=[0.0, 52.0]).round(4)
    array([[0.7266, 0.5316],
           [1.    , 0.9439]])
    """
    r, alpha, a, b, x, t_x, T = (np.asarray(part, dtype=np.float64).ravel() for part in (r, alpha, a, b, x, t_x, T))
    log_odds = np.log(a / (b + np.maximum(x - 1, 0.0))) + (r + x) * np.log1p((T - t_x) / (alpha + t_x))
    with np.errstate(over="ignore"):  # the odds of having left; where they are infinite the probability is 0
        alive = np.where(x > 0, 1.0 / (1.0 + np.exp(log_odds)), 1.0)
    if not np.any(after):
        return np.multiply.outer(alive, np.ones(np.shape(after)))

    stays = probability_stays_alive(r, alpha, a, b, x, T, after)
    return times_horizons(alive, stays)


def expected_purchases(
    r: ArrayLike,
    alpha: ArrayLike,
    a: ArrayLike,
    b: ArrayLike,
    x: ArrayLike,
    t_x: ArrayLike,
    T: ArrayLike,
    t: ArrayLike,
) -> FloatArray:
    """The expected number of purchases in (T, T + t], given a customer's history (eq. 10).

    Parameters
    ----------
    r, alpha, a, b : float or array of shape (n,)
        The parameters.
    x, t_x, T : array of shape (n,)
        Repeat purchases, time of the last one, length of the observation.
    t : float or array of shape (h,)
        Horizons.

    Returns
    -------
    ndarray of shape (n,), or (n, h) where `t` is an array
        To a relative error below 1e-10, for all positive parameters.

    Examples
    --------
    >>> expected_purchases(0.2425945, 4.4136019, 0.7929199, 2.4258881, [2], [30.43], [38.86], 39.0).round(3)
    array([1.226])
    """
    alive = probability_alive(r, alpha, a, b, x, t_x, T)
    expected = expected_purchases_alive(r, alpha, a, b, x, T, t)
    return times_horizons(alive, expected)


def probability_active(
    r: ArrayLike,
    alpha: ArrayLike,
    a: ArrayLike,
    b: ArrayLike,
    x: ArrayLike,
    t_x: ArrayLike,
    T: ArrayLike,
    t: ArrayLike,
) -> FloatArray:
    """The probability of at least one purchase in (T, T + t].

    Parameters
    ----------
    r, alpha, a, b : float or array of shape (n,)
        The parameters.
    x, t_x, T : array of shape (n,)
        Repeat purchases, time of the last one, length of the observation.
    t : float or array of shape (h,)
        Horizons.

    Returns
    -------
    ndarray of shape (n,), or (n, h) where `t` is an array
    """
    alive = probability_alive(r, alpha, a, b, x, t_x, T)
    return times_horizons(alive, probability_active_alive(r, alpha, a, b, x, T, t))


def expected_purchases_new(r: ArrayLike, alpha: ArrayLike, a: ArrayLike, b: ArrayLike, t: ArrayLike) -> FloatArray:
    """The expected number of repeat purchases of a new customer in (0, t] (eq. 9).

    Parameters
    ----------
    r, alpha, a, b : float
        The parameters.
    t : float or array
        Horizons.

    Returns
    -------
    ndarray of the shape of `t`

    Examples
    --------
    >>> expected_purchases_new(0.243, 4.414, 0.793, 2.426, [39.0, 78.0]).round(4)
    array([1.1967, 1.8605])
    """
    expected = expected_purchases_alive(r, alpha, a, b, 0.0, 0.0, np.ravel(t))
    return expected.reshape(np.shape(t))


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
    >>> customer, time, truth = draw(0.5, 5.0, 1.0, 3.0, np.array([52.0, 52.0, 52.0]), np.random.default_rng(3))
    >>> customer.tolist(), time.round(1).tolist(), truth["alive"].tolist()
    ([0, 1, 1, 1, 1, 1], [40.2, 1.6, 4.7, 19.5, 34.3, 36.8], [True, True, True])
    """
    return draw_with_chances(r, alpha, a, b, T, rng, first=False)
