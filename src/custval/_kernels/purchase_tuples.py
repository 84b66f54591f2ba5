"""The (x, t_x, T) of a customer base, coded, so that a likelihood computes each term once per distinct value.

Most terms of a purchase model's likelihood depend on one of x, t_x and T only. Those are computed for its distinct
values and looked up; terms in x alone need no gamma function, since sums over customers of sums over j < x are sums
over j, weighted by the number of customers with x > j.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from custval.errors import FitError
from custval.typing import FloatArray, IntArray

__all__ = ["Block", "PurchaseTuples"]

# rows per block: a dozen work arrays of it stay in the cache
_BLOCK = 1 << 13


@dataclass(frozen=True, slots=True)
class Block:
    """Some of the rows, in ascending order of x.

    Attributes
    ----------
    x, t_x, T : array of int, shape (m,)
        Places in `PurchaseTuples.x`, `.t_x` and `.T`.
    w : array of shape (m,)
    runs : array of int
        The rows where a new x begins.
    distinct : slice
        The places in `PurchaseTuples.x` of those x.
    """

    x: IntArray
    t_x: IntArray
    T: IntArray
    w: FloatArray
    runs: IntArray
    distinct: slice


@dataclass(frozen=True, slots=True)
class PurchaseTuples:
    """A customer base, its times in units of `scale`.

    Attributes
    ----------
    scale : float
        The weighted mean of T, in the data's unit of time.
    customers, purchases : float
        How many customers there are, and how many repeat purchases they made.
    more_than : array
        How many customers made more than j = 0, 1, … repeat purchases.
    x, t_x, T : array
        The distinct values; x and t_x of the rows in `blocks` only.
    customers_by_T, purchases_by_T : array, shape of T
        The number of customers with this T, and of their repeat purchases.
    blocks : tuple of Block
        The rows with x > 0, or all of them.
    """

    scale: float
    customers: float
    purchases: float
    more_than: FloatArray
    x: FloatArray
    t_x: FloatArray
    T: FloatArray
    customers_by_T: FloatArray  # noqa: N815
    purchases_by_T: FloatArray  # noqa: N815
    blocks: tuple[Block, ...]

    @classmethod
    def of(cls, x: FloatArray, t_x: FloatArray, T: FloatArray, w: FloatArray, *, zeros: bool = False) -> PurchaseTuples:
        """Code the rows of a base.

        Parameters
        ----------
        x, t_x, T : array of shape (n,)
            Repeat purchases (whole numbers), time of the last one, length of the observation.
        w : array of shape (n,)
            How many customers each row stands for.
        zeros : bool
            Whether the rows with x = 0 stand in `blocks` as well.

        Returns
        -------
        PurchaseTuples

        Raises
        ------
        FitError
            Where values are not finite, or nobody bought again.

        Examples
        --------
        >>> base = PurchaseTuples.of(*np.array([[0, 1, 2], [0, 1, 3], [4, 4, 4], [5, 1, 2]], dtype=float))
        >>> base.customers, base.purchases, base.more_than.tolist()
        (8.0, 5.0, [3.0, 2.0])
        """
        _refuse_unusable(x, t_x, T, w)
        customers, purchases = float(np.add.reduce(w)), float(np.einsum("i,i->", w, x))
        scale = float(np.einsum("i,i->", w, T)) / customers
        counts = _totals(x.astype(np.int64), w)
        T_values, T_code = np.unique(T, return_inverse=True)
        rows = np.flatnonzero(((x > 0) | zeros) & (w > 0))
        rows = rows[np.argsort(x[rows], kind="stable")]
        x_values, x_code = np.unique(x[rows], return_inverse=True)
        t_values, t_code = np.unique(t_x[rows], return_inverse=True)
        return cls(
            scale=scale,
            customers=customers,
            purchases=purchases,
            more_than=np.cumsum(counts[::-1])[::-1][1:],
            x=x_values,
            t_x=t_values / scale,
            T=T_values / scale,
            customers_by_T=_totals(T_code, w),
            purchases_by_T=_totals(T_code, w * x),
            blocks=tuple(_blocks(x_code, t_code, T_code[rows], w[rows])),
        )


def _blocks(x: IntArray, t_x: IntArray, T: IntArray, w: FloatArray) -> list[Block]:
    blocks = []
    for start in range(0, x.size, _BLOCK):
        rows = slice(start, start + _BLOCK)
        runs = np.flatnonzero(np.diff(x[rows], prepend=-1))
        distinct = slice(int(x[rows][0]), int(x[rows][-1]) + 1)
        blocks.append(Block(x[rows], t_x[rows], T[rows], w[rows], runs, distinct))
    return blocks


def _totals(code: IntArray, weight: FloatArray) -> FloatArray:
    return np.bincount(code, weights=weight).astype(np.float64, copy=False)


def _refuse_unusable(x: FloatArray, t_x: FloatArray, T: FloatArray, w: FloatArray) -> None:
    for name, values in (("x", x), ("t_x", t_x), ("T", T), ("w", w)):
        bad = int(np.count_nonzero(~(np.isfinite(values) & (values >= 0))))
        if bad:
            raise FitError(
                f"{name} is negative, NaN or infinite in {bad:,} of {values.size:,} rows; wanted are finite numbers of "
                "at least 0: correct these rows or take them out",
                count=bad,
                code="not_finite",
            )
    if not np.any(x * w > 0):
        raise FitError(
            f"no customer in the {x.size:,} rows bought again, so that nothing can be learned about how often they "
            "buy; fit on more customers or a longer observation",
            code="no_repeat_purchases",
        )
