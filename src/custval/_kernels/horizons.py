"""Customers are rows and horizons columns: how the kernels of purchase models take parameters, histories and times."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from custval.typing import FloatArray

__all__ = ["as_rows", "horizons", "per_horizon", "times_horizons"]


def as_rows(*parts: ArrayLike) -> tuple[FloatArray, ...]:
    """Numbers and arrays as float arrays of one length, shape (n,) each.

    Examples
    --------
    >>> [part.tolist() for part in as_rows(0.5, [1, 2])]
    [[0.5, 0.5], [1.0, 2.0]]
    """
    # for one row this takes a tenth of the time of np.broadcast_arrays
    arrays = [np.asarray(part, dtype=np.float64) for part in parts]
    shape = np.broadcast(*arrays).shape or (1,)
    columns = np.empty((len(arrays), *shape))
    for column, part in zip(columns, arrays, strict=True):
        column[...] = part
    return tuple(columns.reshape(len(arrays), -1))


def horizons(t: ArrayLike) -> FloatArray:
    """Times as columns: shape (h,) of horizons that all rows share, or (n, h) of those of each row.

    Examples
    --------
    >>> horizons(3.0).shape, horizons([1.0, 2.0]).shape, horizons([[1.0], [2.0]]).shape
    ((1,), (2,), (2, 1))
    """
    times = np.asarray(t, dtype=np.float64)
    return times if times.ndim == 2 else times.ravel()


def per_horizon(values: FloatArray, t: ArrayLike) -> FloatArray:
    """What was computed for `horizons(t)`, shape (n, h); of a single number t the one column, shape (n,)."""
    return values if np.ndim(t) else values[:, 0]


def times_horizons(of_rows: FloatArray, values: FloatArray) -> FloatArray:
    """What belongs to each row, shape (n,), times what belongs to rows, (n,), or to rows and horizons, (n, h).

    Examples
    --------
    >>> times_horizons(np.array([1.0, 2.0]), np.ones((2, 3))).tolist()
    [[1.0, 1.0, 1.0], [2.0, 2.0, 2.0]]
    """
    return of_rows.reshape(of_rows.shape + (1,) * (values.ndim - 1)) * values
