"""The log-likelihood of BG/NBD and MBG/NBD for a whole customer base, with derivatives, made to be maximized."""

from __future__ import annotations

import numpy as np

from custval._kernels.purchase_tuples import Block, PurchaseTuples
from custval.typing import FloatArray

__all__ = ["Objective"]


class Objective:
    """The log-likelihood of a customer base with its first and second derivatives, for `maximize`.

    With L(t) = log(1 + t / alpha), equation (6) is, but for the factor alpha**-x that carries the unit of time, ::

        sum_{j<x} log((r + j) / alpha) - sum_{j<c} log(1 + a / (b + j)) - (r + x) L(T) + log(1 + exp u)
        u = log(a / (b + c - 1)) + (r + x) (L(T) - L(t_x)), and no last term where c = 0

    in which nothing cancels, however large or small the parameters are; exp(u) are the odds of having left. c is the
    number of chances to leave: x in the BG/NBD model, x + 1 in the MBG/NBD, where the first purchase is one too.

    Parameters
    ----------
    base : PurchaseTuples
        The data; alpha is measured in `base.scale`. With `first`, its blocks hold the rows with x = 0 as well.
    first : bool
        Whether the first purchase is a chance to leave.
    k : int
        Phases of an interval between purchases: 1 here, more in `cnbd_objective`.
    """

    def __init__(self, base: PurchaseTuples, *, first: bool = False, k: int = 1) -> None:
        self.base = base
        # how many customers passed more than j phases, of which an interval has k
        self._more_phases = np.repeat(base.more_than, k)
        self._phases_by_T = k * base.purchases_by_T
        self._j = np.arange(self._more_phases.size, dtype=np.float64)
        # how many customers had more than j chances to leave
        self._chances = np.append(base.customers, base.more_than) if first else base.more_than
        self._i = np.arange(self._chances.size, dtype=np.float64)
        self._before = base.x - (0 if first else 1)  # chances before the last

    def __call__(self, log_parameters: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """The log-likelihood, its gradient (4,) and its Hessian (4, 4) in log-parameters."""
        theta = np.exp(log_parameters)
        value, gradient, upper = self._margins(*theta)
        more_value, more_gradient, more_upper = self._odds(*theta)
        upper += more_upper
        return value + more_value, gradient + more_gradient, upper + np.triu(upper, 1).T

    def _margins(self, r: float, alpha: float, a: float, b: float) -> tuple[float, FloatArray, FloatArray]:
        """The terms in x or T alone."""
        base, j, more_than = self.base, self._j, self._more_phases
        log_T, from_T = np.log1p(base.T / alpha), base.T / (alpha + base.T)
        to_T = alpha / (alpha + base.T)
        by_T = r * base.customers_by_T
        chances, i = self._chances, self._i
        value = _sum(more_than, np.log((r + j) / alpha)) - _sum(chances, np.log1p(a / (b + i)))
        value -= _sum(by_T + self._phases_by_T, log_T)
        buys, leaves = r / (r + j), a / (a + b + i)
        stays = leaves * (b / (b + i))
        gradient = [
            _sum(more_than, buys) - _sum(by_T, log_T),
            _sum(by_T, from_T) - _sum(self._phases_by_T, to_T),
            -_sum(chances, leaves),
            _sum(chances, stays),
        ]
        upper = np.zeros((4, 4))
        upper[0, 0] = _sum(more_than, buys * (j / (r + j))) - _sum(by_T, log_T)
        upper[0, 1] = _sum(by_T, from_T)
        upper[1, 1] = -_sum(by_T + self._phases_by_T, from_T * to_T)
        upper[2, 2] = -_sum(chances, leaves * ((b + i) / (a + b + i)))
        upper[2, 3] = _sum(chances, leaves * (b / (a + b + i)))
        upper[3, 3] = _sum(chances, stays * (1 - b / (b + i) - b / (a + b + i)))
        return value, np.array(gradient), upper

    def _odds(self, r: float, alpha: float, a: float, b: float) -> tuple[float, FloatArray, FloatArray]:
        """The terms log(1 + exp u), summed first over the customers with the same x."""
        base = self.base
        s, past = r + base.x, b + self._before
        by_x = (s, np.log(a / past))
        by_T = (np.log1p(base.T / alpha), base.T / (alpha + base.T))
        by_t = (np.log1p(base.t_x / alpha), base.t_x / (alpha + base.t_x))
        value, sums = 0.0, np.zeros((10, base.x.size))
        for block in base.blocks:
            more, terms = _block_odds(block, by_x, by_T, by_t)
            value += more
            for total, term in zip(sums, terms, strict=True):
                total[block.distinct] += np.add.reduceat(term, block.runs)
        g, g_d, g_e, g_f, h, h_d, h_e, h_dd, h_de, h_ee = sums
        # the derivatives of u in the logarithms of r, alpha, a, b are r d, s e, 1 and c
        c = -b / past
        gradient = np.array([r * g_d.sum(), _sum(s, g_e), g.sum(), _sum(c, g)])
        upper = np.zeros((4, 4))
        upper[0] = [r * r * h_dd.sum() + gradient[0], r * (_sum(s, h_de) + g_e.sum()), r * h_d.sum(), r * _sum(c, h_d)]
        upper[1, 1:] = [_sum(s * s, h_ee) + _sum(s, g_f), _sum(s, h_e), _sum(s * c, h_e)]
        upper[2, 2:] = [h.sum(), _sum(c, h)]
        upper[3, 3] = _sum(c * c, h) + _sum(c * self._before / past, g)
        return value, gradient, upper


def _block_odds(
    block: Block,
    by_x: tuple[FloatArray, FloatArray],
    by_T: tuple[FloatArray, FloatArray],
    by_t: tuple[FloatArray, FloatArray],
) -> tuple[float, tuple[FloatArray, ...]]:
    """Sum of w log(1 + exp u), and what its derivatives need of each row.

    d = L(T) - L(t_x), and e and f are its first and second derivatives in log(alpha).
    """
    from_T, from_t = by_T[1].take(block.T), by_t[1].take(block.t_x)
    d = by_T[0].take(block.T)
    d -= by_t[0].take(block.t_x)
    e = from_t - from_T
    f = from_t * from_t
    f -= from_T * from_T
    f -= e  # (g_T - g_T**2) - (g_t - g_t**2)
    u = by_x[0].take(block.x)
    u *= d
    u += by_x[1].take(block.x)
    small = np.exp(-np.abs(u))
    value = _sum(block.w, np.maximum(u, 0.0)) + _sum(block.w, np.log1p(small))
    most = 1 / (1 + small)
    gone = np.where(u >= 0, most, small * most)
    gone *= block.w
    both = most
    both *= most
    both *= small
    both *= block.w
    both_d, both_e = both * d, both * e
    return value, (gone, gone * d, gone * e, gone * f, both, both_d, both_e, both_d * d, both_d * e, both_e * e)


def _sum(weight: FloatArray, values: FloatArray) -> float:
    # not np.dot, whose threads cost more than they bring
    return float(np.einsum("i,i->", weight, values))
