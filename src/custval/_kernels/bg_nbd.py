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

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaln, expit, gammaln

from custval._kernels.beta_mixture import Integrand, beta_expectation
from custval._kernels.bg_nbd_objective import Objective
from custval._kernels.event_times import event_times
from custval._kernels.maximize import Maximum, maximize
from custval._kernels.purchase_tuples import PurchaseTuples
from custval.typing import FloatArray, IntArray

__all__ = [
    "draw",
    "draw_with_chances",
    "expected_purchases",
    "expected_purchases_alive",
    "expected_purchases_new",
    "fit",
    "fit_with_chances",
    "log_likelihood",
    "probability_active",
    "probability_active_alive",
    "probability_alive",
]

# rows of repeat buyers from which it pays to fit a sample first
_MANY = 50_000


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
    r, alpha, a, b, x, t_x, T = _floats(r, alpha, a, b, x, t_x, T)
    again = np.maximum(x, 1.0)
    common = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    alive = betaln(a, b + x) - betaln(a, b) - (r + x) * np.log(alpha + T)
    gone = betaln(a + 1, b + (again - 1)) - betaln(a, b) - (r + x) * np.log(alpha + t_x)
    return common + np.where(x > 0, np.logaddexp(alive, gone), alive)


def fit(x: ArrayLike, t_x: ArrayLike, T: ArrayLike, w: ArrayLike | None = None) -> Maximum:
    """Fit by maximum likelihood.

    Parameters
    ----------
    x, t_x, T : array of shape (n,)
        Repeat purchases (whole numbers), time of the last one, length of the observation.
    w : array of shape (n,), optional
        How many customers each row stands for.

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
    return fit_with_chances(x, t_x, T, w, first=False)


def fit_with_chances(x: ArrayLike, t_x: ArrayLike, T: ArrayLike, w: ArrayLike | None = None, *, first: bool) -> Maximum:
    """Fit the model in which the `first` purchase is a chance to leave (MBG/NBD), or is not (BG/NBD).

    Parameters
    ----------
    x, t_x, T, w
        As in `fit`.
    first : bool

    Returns
    -------
    Maximum
        Of the parameters r, alpha, a, b, in this order.
    """
    x, t_x, T, w = (part.ravel() for part in _floats(x, t_x, T, 1.0 if w is None else w))
    base = PurchaseTuples.of(x, t_x, T, w, zeros=first)
    maximum = maximize(Objective(base, first=first), _start(x, t_x, T, w, base, first=first))
    return replace(
        maximum,
        log_parameters=maximum.log_parameters + np.array([0.0, np.log(base.scale), 0.0, 0.0]),
        log_likelihood=maximum.log_likelihood - base.purchases * float(np.log(base.scale)),
    )


def _start(
    x: FloatArray, t_x: FloatArray, T: FloatArray, w: FloatArray, base: PurchaseTuples, *, first: bool
) -> FloatArray:
    """Log-parameters to start from: plain values, or with many rows the fit to every 16th of the repeat buyers'."""
    plain: FloatArray = np.log([0.5, 0.5 * base.customers / base.purchases, 0.5, 2.0])
    if np.count_nonzero(x) < _MANY:
        return plain
    some = (x == 0) | (np.arange(x.size) % 16 == 0)
    x, t_x, T, w = x[some], t_x[some], T[some], np.where(x > 0, 16.0, 1.0)[some] * w[some]
    sample = PurchaseTuples.of(x, t_x, T, w, zeros=first)
    maximum = maximize(Objective(sample, first=first), plain)
    same_unit = np.array([0.0, np.log(sample.scale / base.scale), 0.0, 0.0])
    return plain if maximum.status == "boundary" else maximum.log_parameters + same_unit


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
    Reference [2], page 2, for after = 0. Someone alive at T has lambda ~ Gamma(r + x, alpha + T) and
    p ~ Beta(a, b + x), and leaves at rate lambda p, whence E[(1 + p t / (alpha + T))**-(r + x)].

    Examples
    --------
    >>> probability_alive(0.243, 4.414, 0.793, 2.426, [2, 0], [30.43, 0], 38.86, after=[0.0, 52.0]).round(4)
    array([[0.7266, 0.5316],
           [1.    , 0.9439]])
    """
    r, alpha, a, b, x, t_x, T = (part.ravel() for part in _floats(r, alpha, a, b, x, t_x, T))
    log_odds = np.log(a / (b + np.maximum(x - 1, 0.0))) + (r + x) * np.log1p((T - t_x) / (alpha + t_x))
    alive = np.where(x > 0, expit(-log_odds), 1.0)
    if not np.any(after):
        return np.multiply.outer(alive, np.ones(np.shape(after)))

    s = (r + x)[:, None, None]
    tau = _relative(alpha, T, after)

    def stays(rows: IntArray, p: FloatArray) -> FloatArray:
        left = np.log1p(tau[rows, :, None] * p[:, None, :])
        left *= -s[rows]
        return np.exp(left, out=left)

    return _per_horizon(alive[:, None] * np.minimum(_mixed(stays, r + x, a, b + x, tau), 1.0), after)


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
    return alive.reshape(alive.shape + (1,) * np.ndim(t)) * expected


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

    Notes
    -----
    Given lambda and p, (1 - exp(-lambda p t)) / p are expected; with lambda ~ Gamma(r + x, alpha + T), this is
    E[(1 - (1 + p t / (alpha + T))**-(r + x)) / p] over p ~ Beta(a, b + x). The closed form, eq. (10) without its
    denominator, is a 2F1 with removable singularities at a = 1 and at a + b + x = 1, -1, -2, ...; the expectation of
    a positive function has none.
    """
    r, alpha, a, b, x, T = (part.ravel() for part in _floats(r, alpha, a, b, x, T))
    s = (r + x)[:, None, None]
    tau = _relative(alpha, T, t)

    def buys(rows: IntArray, p: FloatArray) -> FloatArray:
        bought = np.log1p(tau[rows, :, None] * p[:, None, :])
        bought *= -s[rows]
        np.expm1(bought, out=bought)
        bought /= -p[:, None, :]
        return bought

    return _per_horizon(_mixed(buys, r + x, a, b + x, tau), t)


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
    return alive.reshape(alive.shape + (1,) * np.ndim(t)) * probability_active_alive(r, alpha, a, b, x, T, t)


def probability_active_alive(
    r: ArrayLike, alpha: ArrayLike, a: ArrayLike, b: ArrayLike, x: ArrayLike, T: ArrayLike, t: ArrayLike
) -> FloatArray:
    """The probability of at least one purchase in (T, T + t] by a customer who is alive at T.

    Nobody leaves without a purchase, so p plays no part: 1 - (1 + t / (alpha + T))**-(r + x).

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
    r, alpha, a, b, x, T = (part.ravel() for part in _floats(r, alpha, a, b, x, T))
    return _per_horizon(-np.expm1(-(r + x)[:, None] * np.log1p(_relative(alpha, T, t))), t)


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


def draw_with_chances(
    r: float, alpha: float, a: float, b: float, T: FloatArray, rng: np.random.Generator, *, first: bool
) -> tuple[IntArray, FloatArray, dict[str, FloatArray | NDArray[np.bool_]]]:
    """Draw from the model in which the `first` purchase is a chance to leave (MBG/NBD), or is not (BG/NBD).

    Parameters
    ----------
    r, alpha, a, b, T, rng
        As in `draw`.
    first : bool

    Returns
    -------
    customer, time, truth
        As those of `draw`.
    """
    n = T.size
    rate = rng.standard_gamma(r, n) / alpha
    p = rng.beta(a, b, n)
    would = rng.poisson(rate * T)
    with np.errstate(divide="ignore"):
        # the purchase after which the customer leaves: infinite where p is 0, which geometric() refuses
        last = (0 if first else 1) + np.floor(rng.standard_exponential(n) / -np.log1p(-p))
    alive = would < last
    count = np.where(alive, would, np.minimum(would, last)).astype(np.int64)
    # given how many there would be in (0, T], their times are uniform; the last-th smallest of them is beta
    end = np.array(T, dtype=np.float64)
    gone = np.flatnonzero(~alive & (last > 0))
    end[gone] *= rng.beta(last[gone], would[gone] - last[gone] + 1)
    customer, time = event_times(count, ends=~alive & (last > 0), rng=rng)
    time *= end[customer]
    return customer, time, {"alive": alive, "purchase_rate": rate, "dropout_probability": p}


def _floats(*parts: ArrayLike) -> tuple[FloatArray, ...]:
    return tuple(np.broadcast_arrays(*(np.asarray(part, dtype=np.float64) for part in parts)))


def _relative(alpha: FloatArray, T: FloatArray, t: ArrayLike) -> FloatArray:
    """The horizons in units of alpha + T, shape (n, h)."""
    return np.ravel(np.asarray(t, dtype=np.float64)) / (alpha + T)[:, None]


def _mixed(integrand: Integrand, s: FloatArray, a: FloatArray, b: FloatArray, tau: FloatArray) -> FloatArray:
    """The mean over p ~ Beta(a, b) of a function that changes with s and tau as (1 + tau p)**-s does."""
    most = tau.max(axis=1, initial=0.0)
    steep = {"at_zero": (s + 1) * most, "at_one": (s + 1) * most / (1 + most)}
    return beta_expectation(integrand, a, b, **steep, width=tau.shape[1])


def _per_horizon(values: FloatArray, t: ArrayLike) -> FloatArray:
    return values if np.ndim(t) else values[:, 0]
