"""Customers in groups for a picture: few of them, whatever the number of customers."""

from __future__ import annotations

import numpy as np

from custval.typing import FloatArray

__all__ = ["in_groups", "misplaced"]


def in_groups(values: FloatArray, weight: FloatArray, most: int) -> tuple[FloatArray, FloatArray]:
    """Distinct values and their weight; of more than `most` of them, as many groups of neighbors at their means."""
    if not values.size:
        return values, weight
    distinct, place = np.unique(values, return_inverse=True)
    total = np.bincount(place, weights=weight).astype(np.float64)
    distinct, total = distinct[total > 0], total[total > 0]
    if distinct.size <= most:
        return distinct, total
    group = np.minimum((np.cumsum(total) - total / 2) / total.sum() * most, most - 1).astype(np.int64)
    _, group = np.unique(group, return_inverse=True)
    held = np.bincount(group, weights=total)
    return np.bincount(group, weights=total * distinct) / held, held.astype(np.float64)


def misplaced(actual: FloatArray, expected: FloatArray) -> float:
    """The share of the customers that would have to move to another cell for both to be the same."""
    return float(np.abs(actual - expected).sum() / (2 * actual.sum()))
