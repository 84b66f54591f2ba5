# ruff: noqa: PLR0917 - parameters, then data, in the order of the papers
"""Draws from the beta-geometric models: whole histories of new customers, and the future of those who are alive.

While alive a customer passes phases in a Poisson process of rate lambda ~ Gamma(r, alpha), buys at the end of every
k-th (k = 1 in BG/NBD and MBG/NBD), and after each purchase leaves with probability p ~ Beta(a, b).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from custval._kernels.event_times import event_times
from custval.typing import FloatArray, IntArray

__all__ = ["draw_future", "draw_with_chances"]

# the largest mean of a Poisson variable whose draws 64 bits hold
_MOST = 9e18


def draw_with_chances(
    r: float, alpha: float, a: float, b: float, T: FloatArray, rng: np.random.Generator, *, first: bool, k: int = 1
) -> tuple[IntArray, FloatArray, dict[str, FloatArray | NDArray[np.bool_]]]:
    """Draw from the model in which the `first` purchase is a chance to leave (MBG), or is not (BG).

    Parameters
    ----------
    r, alpha, a, b, T, rng
        As in `bg_nbd.draw`.
    first : bool
    k : int
        Phases of an interval between purchases.

    Returns
    -------
    customer, time, truth
        As those of `bg_nbd.draw`.
    """
    n = T.size
    rate = rng.standard_gamma(r, n) / alpha
    p = rng.beta(a, b, n)
    would = rng.poisson(rate * T)
    with np.errstate(divide="ignore", over="ignore"):
        # the purchase after which the customer leaves: infinite where p is 0, which geometric() refuses
        last = (0 if first else 1) + np.floor(rng.standard_exponential(n) / -np.log1p(-p))
    last_phase = k * last
    alive = would < last_phase
    count = np.where(alive, would, np.minimum(would, last_phase)).astype(np.int64)
    # given how many there would be in (0, T], the phases end at uniform times; the last-th smallest of them is beta
    end = np.array(T, dtype=np.float64)
    gone = np.flatnonzero(~alive & (last > 0))
    end[gone] *= rng.beta(last_phase[gone], would[gone] - last_phase[gone] + 1)
    customer, time = event_times(count, ends=~alive & (last > 0), rng=rng)
    if k > 1:
        place = np.arange(customer.size) - np.repeat(np.cumsum(count) - count, count)
        buys = place % k == k - 1
        customer, time = customer[buys], time[buys]
    time *= end[customer]
    return customer, time, {"alive": alive, "purchase_rate": rate / k, "dropout_probability": p}


def draw_future(
    s: FloatArray,
    A: FloatArray,
    a: FloatArray,
    b: FloatArray,
    t: float,
    rng: np.random.Generator,
    *,
    k: int = 1,
    behind: IntArray | int = 0,
) -> IntArray:
    """Draw how many purchases customers who are alive make in the next t.

    Parameters
    ----------
    s, A, a, b : array of shape (n, n_draws)
        For each draw lambda ~ Gamma(s, A) and p ~ Beta(a, b).
    t : float
        The horizon.
    rng : numpy.random.Generator
    k : int
        Phases of an interval between purchases.
    behind : array of int, shape (n, n_draws)
        How many of them have passed.

    Returns
    -------
    ndarray of int64, shape (n, n_draws)
    """
    rate = rng.standard_gamma(s)
    p = rng.beta(a, b)
    would = (rng.poisson(np.minimum(rate * (t / A), _MOST)) + behind) // k
    with np.errstate(divide="ignore", over="ignore"):
        last = 1 + np.floor(rng.standard_exponential(p.shape) / -np.log1p(-p))
    return np.where(would < last, would, np.minimum(last, _MOST)).astype(np.int64)
