"""Do those who buy more often spend more each time? What the Gamma-Gamma model takes for granted is that they do not.

x is the number of amounts of a customer, m their mean. Under the model m has the same mean whatever x, but not the same
distribution: means of more amounts scatter less. So Pearson's correlation of x and m is 0 under independence, while
ranks and plain logarithms, which also see the shape, are positively correlated: 0.24 for the ranks of customers who
are independent, where p = 0.4. The logarithm has a mean that is known, E[log m] = psi(p x) - log(p x) + E[log(p / nu)],
and less psi(p x) - log(p x) it has the same one whatever x.

References
----------
[1] P. S. Fader and B. G. S. Hardie (2013), The Gamma-Gamma model of monetary value, brucehardie.com/notes/025: given
nu, the mean of x amounts is Gamma(p x, nu x), whence the expected logarithm.
[2] D. G. Bonett and T. A. Wright (2000), Sample size requirements for estimating Pearson, Kendall and Spearman
correlations, Psychometrika 65, 23-28: the variance of Spearman's correlation after Fisher's transformation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri, psi

from custval.typing import FloatArray

__all__ = ["TOLERANCE", "Correlation", "elasticity", "level_log_spend", "pearson", "spearman"]


TOLERANCE = 0.2
"""The correlation up to which frequency and spend count as independent: it explains 4 % of a variance."""


@dataclass(frozen=True, slots=True)
class Correlation:
    """A correlation, and the standard error of its Fisher transform."""

    value: float
    error: float

    def interval(self, level: float) -> tuple[float, float]:
        """The interval of a level, from normal Fisher transforms."""
        center, width = np.arctanh(self.value), float(ndtri(0.5 + level / 2)) * self.error
        return float(np.tanh(center - width)), float(np.tanh(center + width))

    @property
    def p_value(self) -> float:
        """Of the hypothesis that there is no correlation, two-sided."""
        return float(2 * ndtr(-abs(np.arctanh(self.value)) / self.error))


def level_log_spend(p: float, x: FloatArray, m: FloatArray) -> FloatArray:
    """The logarithm of the mean spend, less what its mean owes to the number of amounts.

    Parameters
    ----------
    p : float
        The shape of a customer's amounts.
    x, m : array of shape (n,)
        Number of amounts, at least 1, and their mean, above 0.

    Returns
    -------
    ndarray of shape (n,)
        log m - psi(p x) + log(p x), whose mean does not depend on x where spend is independent of it.

    Examples
    --------
    >>> level_log_spend(1.0, np.array([1.0, 4.0]), np.array([20.0, 20.0])).round(4)
    array([3.5729, 3.1259])
    """
    # many customers have few different numbers
    counts, place = (
        (x, slice(None)) if x.max(initial=0.0) > x.size else (np.arange(x.max(initial=0.0) + 1), x.astype(int))
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        owed = psi(p * counts) - np.log(p * counts)
    level: FloatArray = np.log(m) - owed[place]
    return level


def pearson(u: FloatArray, v: FloatArray, w: FloatArray) -> Correlation:
    """Pearson's correlation, with the standard error that its influence function gives, whatever the distribution.

    Parameters
    ----------
    u, v : array of shape (n,)
        Neither constant.
    w : array of shape (n,)
        How many customers each row stands for.

    Returns
    -------
    Correlation

    Examples
    --------
    >>> round(pearson(np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 3.0, 2.0, 4.0]), np.ones(4)).value, 3)
    0.8
    """
    a, b = _standard(u, w), _standard(v, w)
    value = _clipped(float(np.average(a * b, weights=w)))
    influence = a * b - value / 2 * (a * a + b * b)
    error = np.sqrt(np.average(influence**2, weights=w) / w.sum())
    return Correlation(value, float(error / (1 - value**2)))


def spearman(u: FloatArray, v: FloatArray, w: FloatArray) -> Correlation:
    """Spearman's correlation, of the ranks, with the standard error of reference [2].

    Parameters
    ----------
    u, v : array of shape (n,)
        Neither constant; equal values share the middle of their ranks.
    w : array of shape (n,)
        How many customers each row stands for; more than 3 together.

    Returns
    -------
    Correlation
    """
    a, b = _standard(_ranks(u, w), w), _standard(_ranks(v, w), w)
    value = _clipped(float(np.average(a * b, weights=w)))
    return Correlation(value, float(np.sqrt((1 + value**2 / 2) / (w.sum() - 3))))


def elasticity(log_x: FloatArray, log_m: FloatArray, w: FloatArray) -> float:
    """The slope of the regression of a logarithm on another: by how many per cent m rises where x is 1 % larger."""
    center = log_x - np.average(log_x, weights=w)
    return float(np.average(center * log_m, weights=w) / np.average(center**2, weights=w))


def _clipped(value: float) -> float:
    # at 1 Fisher's transform is infinite
    return float(np.clip(value, -1 + 1e-12, 1 - 1e-12))


def _standard(u: FloatArray, w: FloatArray) -> FloatArray:
    center = u - np.average(u, weights=w)
    scaled: FloatArray = center / np.sqrt(np.average(center**2, weights=w))
    return scaled


def _ranks(u: FloatArray, w: FloatArray) -> FloatArray:
    """The middle of the ranks of each value, from half of its own weight on."""
    _, place = np.unique(u, return_inverse=True)
    weight = np.bincount(place, weights=w)
    middle: FloatArray = np.cumsum(weight) - weight / 2
    return middle[place]
