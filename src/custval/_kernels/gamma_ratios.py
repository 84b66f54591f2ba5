"""Ratios of gamma and beta functions in logarithms, to their last digits where the functions themselves are huge."""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln

from custval.typing import FloatArray

__all__ = ["log_beta_ratio", "log_rising"]

# from here on two terms of Stirling's series are exact to the last digit
_LARGE = 1000.0


def log_rising(a: FloatArray, k: FloatArray) -> FloatArray:
    """The logarithm of Gamma(a + k) / Gamma(a), with an error of the order of its own rounding.

    Parameters
    ----------
    a, k : array
        Of shapes that broadcast; a > 0, k >= 0, not necessarily whole.

    Returns
    -------
    ndarray

    Examples
    --------
    >>> log_rising(np.array([3.0, 1e12]), np.array([2.0, 1.0])).round(6)
    array([ 2.484907, 27.631021])
    """
    a, k = np.broadcast_arrays(np.asarray(a, dtype=np.float64), np.asarray(k, dtype=np.float64))
    result = np.empty(a.shape)
    small = a < _LARGE
    result[small] = gammaln(a[small] + k[small]) - gammaln(a[small])
    a, k = a[~small], k[~small]
    one, other = 1 / (a + k), 1 / a
    series = (one - other) / 12 - (one**3 - other**3) / 360
    result[~small] = (a - 0.5) * np.log1p(k / a) + k * (np.log(a + k) - 1) + series
    return result


def log_beta_ratio(a: FloatArray, b: FloatArray, k: FloatArray) -> FloatArray:
    """The logarithm of B(a + k, b) / B(a, b), which is the mean of p**k for p ~ Beta(a, b).

    Parameters
    ----------
    a, b, k : array
        Of shapes that broadcast; a, b > 0, k >= 0.

    Returns
    -------
    ndarray

    Examples
    --------
    >>> np.exp(log_beta_ratio(np.array([2.0]), np.array([3.0]), np.array([1.0]))).round(6)
    array([0.4])
    """
    # symmetric in b and k: what is subtracted is small where the smaller of them is
    less, more = np.minimum(b, k), np.maximum(b, k)
    return log_rising(a, less) - log_rising(a + more, less)
