"""The log-likelihood of BG/CNBD-k and MBG/CNBD-k for a whole customer base, with derivatives, made to be maximized."""

from __future__ import annotations

import numpy as np

from custval._kernels.bg_nbd_objective import Objective
from custval._kernels.purchase_tuples import Block, PurchaseTuples
from custval.typing import FloatArray

__all__ = ["RegularObjective", "phase_terms"]


def phase_terms(k: int, s: FloatArray, u: FloatArray) -> FloatArray:
    """How likely it is, up to a factor, that 0, 1, ..., k - 1 phases of the current interval have passed.

    Parameters
    ----------
    k : int
        Phases of an interval between purchases.
    s : array of shape (n,)
        r + k x.
    u : array of shape (n,)
        (T - t_x) / (alpha + T).

    Returns
    -------
    ndarray of shape (k, n)
        u**j / j! Gamma(s + j) / Gamma(s), j = 0, ..., k - 1.

    Examples
    --------
    >>> phase_terms(3, np.array([2.0]), np.array([0.5])).T.tolist()
    [[1.0, 1.0, 0.75]]
    """
    j = np.arange(k - 1, dtype=np.float64)[:, None]
    terms = np.ones((k, s.size))
    np.cumprod(u * ((s + j) / (j + 1)), axis=0, out=terms[1:])
    return terms


class RegularObjective(Objective):
    """The log-likelihood of a customer base with its first and second derivatives, for `maximize`.

    With s = r + k x and L(t) = log(1 + t / alpha) it is, but for the factor alpha**-(k x) that carries the unit of time
    and what the parameters do not change, ::

        sum_{j<kx} log((r + j) / alpha) - sum_{j<c} log(1 + a / (b + j)) - s L(T) + log(S + exp v)
        S = sum_{j<k} u**j / j! Gamma(s + j) / Gamma(s),    u = (T - t_x) / (alpha + T)
        v = log(a / (b + c - 1)) + s (L(T) - L(t_x)), and no exp v where c = 0

    in which nothing cancels; exp(v) / S are the odds of having left. c is the number of chances to leave: x in the
    BG/CNBD model, x + 1 in the MBG/CNBD.

    Parameters
    ----------
    base : PurchaseTuples
        The data, with the rows of x = 0 in its blocks; alpha is measured in `base.scale`.
    k : int
        Phases of an interval between purchases.
    first : bool
        Whether the first purchase is a chance to leave.
    """

    def __init__(self, base: PurchaseTuples, k: int, *, first: bool) -> None:
        super().__init__(base, first=first, k=k)
        self._k = k

    def _odds(self, r: float, alpha: float, a: float, b: float) -> tuple[float, FloatArray, FloatArray]:
        """The terms log(S + exp v)."""
        value, gradient, upper = 0.0, np.zeros(4), np.zeros((4, 4))
        for block in self.base.blocks:
            more = self._block(block, r, alpha, a, b)
            value, gradient, upper = value + more[0], gradient + more[1], upper + more[2]
        return value, gradient, upper

    def _block(self, block: Block, r: float, alpha: float, a: float, b: float) -> tuple[float, FloatArray, FloatArray]:
        base, w = self.base, block.w
        kx, before = self._k * base.x[block.x], self._before[block.x]
        T, t_x = base.T[block.T], base.t_x[block.t_x]
        log_S, S_slope, S_curve = _log_alive(self._k, r, kx, (T - t_x) / (alpha + T), alpha / (alpha + T))
        v, v_slope, v_curve = _log_gone(r, kx + r, alpha, T, t_x)
        # who had no chance to leave is here
        past = b + np.maximum(before, 0.0)
        v += np.where(before < 0, -np.inf, np.log(a / past))
        u = v - log_S
        small = np.exp(-np.abs(u))
        value = float(np.einsum("i,i->", w, np.maximum(v, log_S) + np.log1p(small)))
        most = 1 / (1 + small)
        gone, here = w * np.where(u >= 0, most, small * most), w * np.where(u >= 0, small * most, most)
        share = b / past
        slope = np.array([*v_slope, np.ones(w.size), -share])
        gradient = np.einsum("ij,j->i", slope, gone)
        gradient[:2] += np.einsum("ij,j->i", S_slope, here)
        # log(S + exp v) bends as each of the two does, and more where they differ in slope
        slope[:2] -= S_slope
        upper = np.triu(np.einsum("ij,kj,j->ik", slope, slope, w * small * most * most))
        curves = np.einsum("ij,j->i", v_curve, gone) + np.einsum("ij,j->i", S_curve, here)
        upper[0, 0] += curves[0]
        upper[0, 1] += curves[1]
        upper[1, 1] += curves[2]
        upper[3, 3] -= float(np.einsum("i,i->", gone, share * (np.maximum(before, 0.0) / past)))
        return value, gradient, upper


def _log_alive(
    k: int, r: float, kx: FloatArray, u: FloatArray, from_alpha: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Log S, its derivatives in log r and log alpha (2, n), and the second ones: r r, r alpha, alpha alpha (3, n).

    S is a sum over j of terms whose logarithms have the slopes r sum_{i<j} 1 / (s + i) and -j alpha / (alpha + T);
    log S has their mean, weighted with the terms, for a slope, and its curve is the mean curve plus the covariance.
    """
    terms = phase_terms(k, kx + r, u)
    S = terms.sum(axis=0)
    terms /= S
    i = np.arange(k - 1, dtype=np.float64)[:, None]
    by_r, bend = np.zeros((k, kx.size)), np.zeros((k, kx.size))
    np.cumsum(r / (kx + r + i), axis=0, out=by_r[1:])
    np.cumsum(r / (kx + r + i) * ((kx + i) / (kx + r + i)), axis=0, out=bend[1:])
    j = np.arange(k, dtype=np.float64)[:, None]
    mean_r, mean_j = (terms * by_r).sum(axis=0), (terms * j).sum(axis=0)
    by_r -= mean_r
    away = j - mean_j
    curve_rr = (terms * (bend + by_r * by_r)).sum(axis=0)
    curve_ra = -from_alpha * (terms * by_r * away).sum(axis=0)
    curve_aa = from_alpha * (from_alpha * (terms * away * away).sum(axis=0) - (1 - from_alpha) * mean_j)
    return np.log(S), np.array([mean_r, -from_alpha * mean_j]), np.array([curve_rr, curve_ra, curve_aa])


def _log_gone(
    r: float, s: FloatArray, alpha: float, T: FloatArray, t_x: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """S (L(T) - L(t_x)) and its derivatives, as those of `_log_alive`."""
    d = np.log1p((T - t_x) / (alpha + t_x))
    # alpha / (alpha + T) - alpha / (alpha + t_x), and its derivative in log alpha
    e = -alpha * (T - t_x) / ((alpha + T) * (alpha + t_x))
    f = e * (t_x / (alpha + t_x) - alpha / (alpha + T))
    return s * d, np.array([r * d, s * e]), np.array([r * d, r * e, s * f])
