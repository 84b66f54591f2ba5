# ruff: noqa: PLR0917 - parameters, then data, in the order of the paper
"""How the mean amounts of a whole customer base are distributed under the Gamma-Gamma model.

The sum of a customer's x amounts is Gamma(p x, nu) and nu ~ Gamma(q, gamma), so that sum / (gamma + sum) ~
Beta(p x, q). Over customers with different x the distribution of the mean is the mixture of those.

References
----------
P. S. Fader and B. G. S. Hardie (2013), The Gamma-Gamma model of monetary value, brucehardie.com/notes/025, eq. (1a).
"""

from __future__ import annotations

import numpy as np
from scipy.special import betainc, betaincc

from custval._kernels.gamma_gamma import log_likelihood
from custval.typing import FloatArray

__all__ = ["mean_spend_between", "mean_spend_density"]


def mean_spend_density(p: float, q: float, gamma: float, x: FloatArray, w: FloatArray, m: FloatArray) -> FloatArray:
    """The density of the mean amount of a customer drawn from a base.

    Parameters
    ----------
    p, q, gamma : float
        The parameters.
    x, w : array of shape (k,)
        Numbers of amounts, and how many customers have each.
    m : array of shape (h,)
        Mean amounts, above 0.

    Returns
    -------
    ndarray of shape (h,)

    Examples
    --------
    >>> mean_spend_density(6.25, 3.74, 15.44, np.array([1.0, 2.0]), np.array([3.0, 1.0]), np.array([20.0])).round(4)
    array([0.0281])
    """
    density: FloatArray = (w / w.sum()) @ np.exp(log_likelihood(p, q, gamma, x[:, None], m))
    return density


def mean_spend_between(p: float, q: float, gamma: float, x: FloatArray, w: FloatArray, edges: FloatArray) -> FloatArray:
    """The expected number of customers whose mean amount lies between each two edges.

    Parameters
    ----------
    p, q, gamma : float
        The parameters.
    x, w : array of shape (k,)
        Numbers of amounts, and how many customers have each.
    edges : array of shape (h,)
        Increasing, from 0 on; may end at infinity.

    Returns
    -------
    ndarray of shape (h - 1,)

    Examples
    --------
    >>> mean_spend_between(6.25, 3.74, 15.44, np.ones(1), np.full(1, 100.0), np.array([0, 20, 40, np.inf])).round()
    array([33., 39., 28.])
    """
    with np.errstate(divide="ignore"):
        z = 1 / (1 + gamma / (edges * x[:, None]))
    shape = p * x[:, None]
    below, above = betainc(shape, q, z), betaincc(shape, q, z)
    # from the side whose tail is small, so that no difference of two numbers near 1 is taken
    between = np.where(below[:, 1:] < 0.5, np.diff(below, axis=1), -np.diff(above, axis=1))
    expected: FloatArray = w @ between
    return expected
