"""Purchase occasions: customer × period, from transaction lines, as one sparse matrix.

An occasion is a customer × period with at least one line of positive amount; other lines lower the money of
their own period's occasion. Everything that depends on who bought when is read off the matrix.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from custval.typing import FloatArray, IntArray

__all__ = ["Occasions", "count_distinct", "extremes", "occasions", "sums"]


@dataclass(frozen=True, slots=True)
class Occasions:
    """Occasions of all customers, row by row.

    Attributes
    ----------
    start : array of int64, shape (n_customers + 1,)
        The occasions of customer i are those from `start[i]` to `start[i + 1]`.
    period : array of int64, shape (n_occasions,)
        Period numbers, increasing within a customer.
    money : array of float64, shape (n_occasions,), or None
        The sum of the amounts of the lines of each occasion.
    """

    start: IntArray
    period: IntArray
    money: FloatArray | None

    @property
    def count(self) -> IntArray:
        """Occasions per customer, shape (n_customers,)."""
        return np.diff(self.start)

    def first(self) -> IntArray:
        """Period of the first occasion; every customer must have one."""
        return self.period[self.start[:-1]]

    def last(self) -> IntArray:
        """Period of the last occasion; every customer must have one."""
        return self.period[self.start[1:] - 1]

    def of(self, customers: IntArray) -> Occasions:
        """The customers listed (increasing); those left out must have no occasion."""
        return Occasions(np.append(self.start[customers], self.start[-1]), self.period, self.money)

    def repeat_money(self) -> FloatArray:
        """Sum of the money of the repeat occasions; every customer must have an occasion."""
        if self.money is None:
            raise ValueError("these occasions carry no money")
        if not self.money.size:
            return np.zeros(0)
        # the first occasion is left out of the sum, never subtracted from it
        money = self.money.copy()
        money[self.start[:-1]] = 0.0
        return np.add.reduceat(money, self.start[:-1])

    def total_money(self) -> FloatArray:
        """Sum of the money of all occasions, 0 for customers without one."""
        if self.money is None:
            raise ValueError("these occasions carry no money")
        customer = np.repeat(np.arange(len(self.count)), self.count)
        return sums(customer, len(self.count), self.money)

    def sum_log_intervals(self, factor: float) -> FloatArray:
        """Sum of the logarithms of the intervals between successive occasions, in units of `factor` per period."""
        if not self.period.size:
            return np.zeros(0)
        log_interval = np.zeros(len(self.period))
        inner = np.ones(len(self.period), dtype=bool)
        inner[self.start[:-1]] = False
        later = np.flatnonzero(inner)
        log_interval[later] = np.log((self.period[later] - self.period[later - 1]) * factor)
        return np.add.reduceat(log_interval, self.start[:-1])


def occasions(code: NDArray[Any], n_customers: int, period: NDArray[Any], amount: FloatArray | None) -> Occasions:
    """Group lines into occasions.

    Parameters
    ----------
    code : array of integers, shape (n,)
        Customer of each line, 0 to `n_customers` − 1.
    period : array of int64, shape (n,)
        Period number of each line.
    amount : array of float64, shape (n,), or None
        Money of each line; without it every line makes an occasion.
    """
    if code.size == 0:
        empty = np.zeros(0, dtype=np.int64)
        return Occasions(np.zeros(n_customers + 1, np.int64), empty, None if amount is None else np.zeros(0))
    base = int(period.min())
    width = int(period.max()) - base + 1
    offset = (period - base).astype(np.int32 if width < 2**31 else np.int64)
    makes = None if amount is None else amount > 0
    if amount is None or makes is None or makes.all():
        grouped = _csr(code, offset, amount, (n_customers, width))
    else:
        grouped = _csr(code[makes], offset[makes], amount[makes], (n_customers, width))
        lowers = amount < 0
        _lower(grouped, code[lowers], offset[lowers], amount[lowers])
    start, inner, money = grouped.indptr.astype(np.int64), grouped.indices.astype(np.int64), grouped.data
    inner += base
    return Occasions(start, inner, None if amount is None else money)


def _csr(row: NDArray[Any], column: NDArray[Any], value: FloatArray | None, shape: tuple[int, int]) -> Any:
    data: NDArray[Any] = np.ones(row.size, dtype=np.int8) if value is None else value
    matrix = csr_array((data, (row, column)), shape=shape)
    matrix.sum_duplicates()
    return matrix


def _lower(grouped: Any, row: NDArray[Any], column: NDArray[Any], amount: FloatArray) -> None:
    """Add negative amounts to the occasions of their own customer and period, where there is one."""
    if not row.size or not grouped.nnz:
        return
    width = grouped.shape[1]
    keys = np.repeat(np.arange(grouped.shape[0], dtype=np.int64), np.diff(grouped.indptr)) * width + grouped.indices
    wanted = row.astype(np.int64) * width + column
    place = np.minimum(np.searchsorted(keys, wanted), keys.size - 1)
    hit = keys[place] == wanted
    np.add.at(grouped.data, place[hit], amount[hit])


def count_distinct(code: NDArray[Any], n_customers: int, value: NDArray[Any]) -> IntArray:
    """Distinct values per customer; a value of −1 (unknown) counts as one of its own each time."""
    known = value >= 0
    unknown = np.bincount(code[~known], minlength=n_customers) if not known.all() else 0
    if not known.any():
        return np.zeros(n_customers, np.int64) + unknown
    row, column = (code, value) if known.all() else (code[known], value[known])
    return np.diff(_csr(row, column, None, (n_customers, int(column.max()) + 1)).indptr).astype(np.int64) + unknown


def extremes(code: NDArray[Any], n_customers: int, instant: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """First and last instant per customer; every customer must have a line."""
    ticks = instant.view(np.int64)
    first = np.full(n_customers, np.iinfo(np.int64).max)
    last = np.full(n_customers, np.iinfo(np.int64).min)
    np.minimum.at(first, code, ticks)
    np.maximum.at(last, code, ticks)
    return first.view(instant.dtype), last.view(instant.dtype)


def sums(code: NDArray[Any], n_customers: int, amount: FloatArray) -> FloatArray:
    """Sum of the amounts of all lines per customer."""
    return np.asarray(np.bincount(code, amount, n_customers), dtype=np.float64)
