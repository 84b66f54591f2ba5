"""How far persons hide in a crowd: k-anonymity, l-diversity and t-closeness of equivalence classes.

Rows that agree in all quasi-identifiers form a class. With the counts n_cv of sensitive value v in class c,
p_cv = n_cv / n_c and q_v = n_v / n:

    k            = min_c n_c                                                 (Sweeney 2002, definition 3)
    distinct l   = min_c #{v: n_cv > 0}                                      (Machanavajjhala et al. 2007, section 4)
    entropy l    = min_c exp(−Σ_v p_cv log p_cv)                             (definition 4.1)
    t, equal     = max_c ½ Σ_v |p_cv − q_v|                                  (Li et al. 2007, section 5.2)
    t, ordered   = max_c 1/(m − 1) Σ_i |Σ_{j≤i} (p_cj − q_j)|                (section 5.1)

Only pairs of class and value that occur are held in memory, so a table may have as many classes and values as rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from custval.typing import FloatArray, IntArray

__all__ = [
    "Pairs",
    "class_sizes",
    "combine",
    "distinct_diversity",
    "entropy_diversity",
    "equal_distance",
    "occurring_pairs",
    "ordered_distance",
]


@dataclass(frozen=True, slots=True)
class Pairs:
    """The pairs of class and sensitive value that occur, sorted by class and then by value.

    Attributes
    ----------
    first : array of int64, shape (classes,)
        Where the pairs of each class begin.
    value, count : arrays of int64, shape (pairs,)
    class_size : array of int64, shape (classes,)
    value_size : array of int64, shape (values,)
        Rows of each value in the whole table.
    """

    first: IntArray
    value: IntArray
    count: IntArray
    class_size: IntArray
    value_size: IntArray


def combine(columns: list[IntArray], n: int) -> IntArray:
    """Number the combinations of several columns of codes, 0 … classes − 1, in sorted order.

    Parameters
    ----------
    columns : list of arrays of int64, shape (n,)
        Codes that are not negative. Without columns all rows are of one class.
    n : int
        Rows.
    """
    result = np.zeros(n, dtype=np.int64)
    for column in columns:
        # dense after every column, so that products stay below n × (codes of one column)
        width = int(column.max(initial=0)) + 1
        result = _dense(result * width + column)
    return result


def _dense(code: IntArray) -> IntArray:
    highest = int(code.max(initial=-1)) + 1
    if highest > 4 * len(code) + 1_000:
        return np.unique(code, return_inverse=True)[1].astype(np.int64).reshape(-1)
    there = np.zeros(highest, dtype=np.int64)
    there[code] = 1
    number: IntArray = (np.cumsum(there) - 1)[code]
    return number


def class_sizes(code: IntArray) -> IntArray:
    """How many rows each class has; the smallest is k.

    Examples
    --------
    >>> import numpy as np
    >>> class_sizes(np.array([0, 1, 1, 2, 2, 2]))
    array([1, 2, 3])
    """
    return np.bincount(code).astype(np.int64)


def occurring_pairs(code: IntArray, value: IntArray) -> Pairs:
    """Count the pairs of class and sensitive value.

    Parameters
    ----------
    code : array of int64, shape (n,)
        Classes 0 … classes − 1, each of which occurs.
    value : array of int64, shape (n,)
        Values 0 … values − 1, each of which occurs; for the ordered distance in their order.
    """
    width = int(value.max(initial=0)) + 1
    pair, count = np.unique(code * width + value, return_counts=True)
    owner = pair // width
    return Pairs(
        first=np.flatnonzero(np.diff(owner, prepend=-1)),
        value=pair % width,
        count=count.astype(np.int64),
        class_size=class_sizes(code),
        value_size=np.bincount(value).astype(np.int64),
    )


def _of_class(pairs: Pairs) -> IntArray:
    """For each pair the number of its class."""
    lengths = np.diff(pairs.first, append=len(pairs.value))
    return np.repeat(np.arange(len(lengths)), lengths)


def distinct_diversity(pairs: Pairs) -> IntArray:
    """Number of different sensitive values in each class."""
    result: IntArray = np.diff(pairs.first, append=len(pairs.value))
    return result


def entropy_diversity(pairs: Pairs) -> FloatArray:
    """Exponential of the entropy of the sensitive value in each class: as many values as if all were equally common.

    Examples
    --------
    >>> import numpy as np
    >>> pairs = occurring_pairs(np.array([0, 0, 0, 0, 1, 1]), np.array([0, 0, 1, 1, 2, 2]))
    >>> entropy_diversity(pairs)
    array([2., 1.])
    """
    share = pairs.count / pairs.class_size[_of_class(pairs)]
    result: FloatArray = np.exp(-np.add.reduceat(share * np.log(share), pairs.first)) if share.size else share
    return result


def equal_distance(pairs: Pairs) -> FloatArray:
    """Distance of each class from the whole table where all values are equally far apart (total variation)."""
    if not len(pairs.value):
        return np.zeros(0)
    n = int(pairs.value_size.sum())
    share = pairs.count / pairs.class_size[_of_class(pairs)]
    # positive and negative differences add up to the same, and the positive ones are where the class has the value
    above = np.maximum(share - pairs.value_size[pairs.value] / n, 0.0)
    result: FloatArray = np.add.reduceat(above, pairs.first)
    return result


def ordered_distance(pairs: Pairs) -> FloatArray:
    """Distance of each class from the whole table where values are ranks: the earth mover's, steps of 1/(m − 1).

    Between two neighboring values of a class its distribution function is flat while that of the table climbs, so the
    sum over the ranks between them is two differences of prefix sums, parted where the table's function crosses.

    References
    ----------
    Li, N., Li, T. & Venkatasubramanian, S. (2007). t-Closeness: privacy beyond k-anonymity and l-diversity. ICDE,
    106-115, section 5.1.

    Examples
    --------
    Salaries of 3, 4, …, 11 thousand, and the first class of the paper's example, {3, 4, 5}:

    >>> import numpy as np
    >>> code = np.array([0, 0, 0, 1, 1, 2, 1, 2, 2])
    >>> float(ordered_distance(occurring_pairs(code, np.arange(9)))[0])
    0.375
    """
    m = len(pairs.value_size)
    if m < 2:
        return np.zeros(len(pairs.class_size))
    n = int(pairs.value_size.sum())
    reached = np.cumsum(pairs.value_size)  # rows up to and with each rank
    prefix = np.concatenate([[0], np.cumsum(reached)])
    owner = _of_class(pairs)
    size = pairs.class_size[owner]
    seen = np.cumsum(pairs.count)
    seen = seen - (seen[pairs.first] - pairs.count[pairs.first])[owner]  # rows of the class up to and with the value
    end = np.append(pairs.value[1:], m)
    end[np.append(pairs.first[1:], len(owner)) - 1] = m
    total = _gap(seen, size, pairs.value, end, prefix)
    lead = pairs.first  # before the first value of a class its distribution function is zero
    before = prefix[pairs.value[lead]] / n
    result: FloatArray = (np.add.reduceat(total, pairs.first) + before) / (m - 1)
    return result


def _gap(seen: IntArray, size: IntArray, begin: IntArray, end: IntArray, prefix: IntArray) -> FloatArray:
    """Σ |seen / size − reached_i / n| over the ranks begin ≤ i < end."""
    reached = np.diff(prefix)
    n = int(reached[-1])
    level = seen / size
    part = np.clip(np.searchsorted(reached, seen * n // size, side="right"), begin, end)
    below = level * (part - begin) - (prefix[part] - prefix[begin]) / n
    above = (prefix[end] - prefix[part]) / n - level * (end - part)
    gap: FloatArray = np.maximum(below, 0.0) + np.maximum(above, 0.0)
    return gap
