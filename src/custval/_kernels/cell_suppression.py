"""Complementary suppression: which further cells of a table of counts to hide so that totals give no small one back.

Known are the totals of all lines, and that hidden cells are not zero, for zeros are never hidden. Hidden cells x
satisfy A x = b and x ≥ 1, a row of A per line and ones at its hidden cells. Cell j follows if x_j is the same for all
solutions. Cells that are 1 in all of them are found by a linear program; beside these, cell j follows exactly if e_j is
in the row space of A, which is to say that the projection of any vector onto the null space of A is zero at j.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import lsmr

from custval.typing import FloatArray, IntArray

__all__ = ["determined", "suppress"]

_DENSE = 600
_ZERO = 1e-6  # where solving was not exact, rather one cell too many than one too few


def suppress(value: IntArray, lines: list[IntArray], minimum: int) -> tuple[IntArray, list[NDArray[np.bool_]]]:
    """Hide small cells and what else it takes.

    Parameters
    ----------
    value : array of int64, shape (n,)
        Counts, not negative.
    lines : list of arrays of int64, shape (n,)
        For each dimension the number of the line that each cell belongs to; the totals of all lines are known.
    minimum : int
        Counts from 1 to `minimum` − 1 are small.

    Returns
    -------
    state : array of int64, shape (n,)
        −1 shown, 0 hidden because it is small, 1 hidden for the sake of others.
    withheld : list of arrays of bool
        For each dimension the lines that cannot protect their cells, since all else in them is hidden or zero: their
        totals would give these back, or nearly, and are taken not to be known, nor any total that includes them.

    References
    ----------
    Hundepool, A. et al. (2012). Statistical Disclosure Control. Wiley, section 4.4.
    """
    state = np.where((value > 0) & (value < minimum), 0, -1).astype(np.int64)
    withheld = [np.zeros(int(line.max(initial=-1)) + 1, dtype=bool) for line in lines]
    while True:
        before = np.count_nonzero(state >= 0)
        for place in range(len(lines)):
            withheld[place] |= _fill(value, lines, place, state, minimum)
        if np.count_nonzero(state >= 0) == before and not _break_open(value, lines, state, withheld):
            return state, withheld


def _short(value: IntArray, line: IntArray, state: IntArray, minimum: int) -> NDArray[np.bool_]:
    """Which lines have hidden cells that their sum tells too much about."""
    size = int(line.max(initial=-1)) + 1
    hidden = state >= 0
    count = np.bincount(line[hidden], minlength=size)
    total = np.rint(np.bincount(line[hidden], weights=value[hidden].astype(np.float64), minlength=size))
    # as many as the sum says are 1 each
    short: NDArray[np.bool_] = (count > 0) & ((count < 2) | (total < minimum) | (total == count))
    return short


def _fill(value: IntArray, lines: list[IntArray], place: int, state: IntArray, minimum: int) -> NDArray[np.bool_]:
    """Hide a cell of each short line of a dimension, until none is short; the lines that stay so."""
    line = lines[place]
    others = [other for at, other in enumerate(lines) if at != place]
    counts = [np.bincount(other[state >= 0], minlength=int(other.max(initial=-1)) + 1) for other in others]
    while True:
        short = _short(value, line, state, minimum)
        # a zero protects nothing by its size, and often it is known to be one
        free = np.flatnonzero(short[line] & (state < 0) & (value > 0))
        if not free.size:
            return short
        free = free[np.argsort(line[free], kind="stable")]
        for cells in np.split(free, np.flatnonzero(np.diff(line[free])) + 1):
            # one after the other: cells in other lines with hidden ones close rings, instead of opening lines anew
            fresh = np.zeros(len(cells), dtype=np.int64)
            for count, other in zip(counts, others, strict=True):
                fresh += count[other[cells]] == 0
            cell = cells[np.lexsort((cells, value[cells], fresh))[0]]
            state[cell] = 1
            for count, other in zip(counts, others, strict=True):
                count[other[cell]] += 1


def _break_open(value: IntArray, lines: list[IntArray], state: IntArray, withheld: list[NDArray[np.bool_]]) -> bool:
    """Hide one more cell beside each small cell that follows from the totals; whether there was one to hide."""
    hidden = np.flatnonzero(state >= 0)
    if not hidden.size or not lines:
        return False
    known = [np.where(out[line[hidden]], -1, line[hidden]) for line, out in zip(lines, withheld, strict=True)]
    follows = hidden[determined(known, value[hidden])]
    opened = np.zeros(len(value), dtype=bool)
    any_hidden = False
    for cell in follows[state[follows] == 0].tolist():
        if opened[cell]:
            continue  # what was hidden for another one may do for this one too
        beside = np.logical_or.reduce([line == line[cell] for line in lines])
        free = np.flatnonzero(beside & (state < 0) & (value > 0))
        if free.size:
            state[free[np.lexsort((free, value[free]))[0]]] = 1
            opened |= beside
            any_hidden = True
        else:
            for line, out in zip(lines, withheld, strict=True):
                out[line[cell]] = True
    return any_hidden


def determined(lines: list[IntArray], value: IntArray) -> NDArray[np.bool_]:
    """Which hidden cells follow from the totals of their lines and from being at least 1.

    Parameters
    ----------
    lines : list of arrays of int64, shape (n,)
        For each dimension the line of each hidden cell; −1: a line whose total is not known.
    value : array of int64, shape (n,)
        Their counts, at least 1.

    Notes
    -----
    Counts are taken as real numbers. In tables of two dimensions whole numbers say no more: their constraints are
    totally unimodular. In more dimensions that is not so, but takes rare coincidences.

    Examples
    --------
    Two rings of four cells each that share no line, and one cell between them: it alone follows.

    >>> import numpy as np
    >>> rows = np.array([0, 0, 1, 1, 2, 2, 3, 3, 0])
    >>> columns = np.array([0, 1, 0, 1, 2, 3, 2, 3, 2])
    >>> determined([rows, columns], np.full(9, 5)).tolist()
    [False, False, False, False, False, False, False, False, True]
    """
    n = len(value)
    matrix = _incidence(lines, n)
    line, cell = matrix.nonzero()
    m = matrix.shape[0]
    graph = sparse.csr_matrix((np.ones(len(line)), (line, m + cell)), shape=(m + n, m + n))
    part = connected_components(graph, directed=False)[1][m:]
    result = np.zeros(n, dtype=bool)
    order = np.argsort(part, kind="stable")
    for own in np.split(order, np.flatnonzero(np.diff(part[order])) + 1):
        block = matrix[:, own]
        block = block[np.flatnonzero(block.getnnz(axis=1))]
        fixed = _always_one(block, value[own] == 1)
        fixed[~fixed] = _is_fixed(block[:, np.flatnonzero(~fixed)])
        result[own] = fixed
    return result


def _always_one(matrix: sparse.csr_matrix, is_one: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which cells that are 1 can be no more: where no move d with A d = 0 that takes no such cell down takes it up.

    Maximized is the sum of t with t ≤ d, t ≤ 1 at these cells. Since moves add up and can be any size, in the solution
    t is 1 wherever a move goes up at all, and else 0.
    """
    ones = np.flatnonzero(is_one)
    if not ones.size or not matrix.shape[0]:
        return np.zeros(len(is_one), dtype=bool)
    n, k = matrix.shape[1], len(ones)
    pick = sparse.csr_matrix((np.ones(k), (np.arange(k), ones)), shape=(k, n))
    sums = LinearConstraint(sparse.hstack([matrix, sparse.csr_matrix((matrix.shape[0], k))], format="csr"), 0.0, 0.0)
    within = LinearConstraint(sparse.hstack([-pick, sparse.identity(k)], format="csr"), -np.inf, 0.0)
    low = np.concatenate([np.where(is_one, 0.0, -np.inf), np.zeros(k)])
    high = np.concatenate([np.full(n, np.inf), np.ones(k)])
    aim = np.concatenate([np.zeros(n), -np.ones(k)])
    solution = milp(aim, constraints=[sums, within], bounds=Bounds(low, high))
    result = is_one.copy()
    if solution.x is not None:  # else rather all of them than one too few
        result[ones] = solution.x[n:] < 0.5
    return result


def _incidence(lines: list[IntArray], n: int) -> sparse.csr_matrix:
    rows, columns, begin = [], [], 0
    for line in lines:
        known = np.flatnonzero(line >= 0)
        rows.append(line[known] + begin)
        columns.append(known)
        begin += int(line.max(initial=-1)) + 1
    row, column = np.concatenate(rows), np.concatenate(columns)
    return sparse.csr_matrix((np.ones(len(row)), (row, column)), shape=(max(begin, 1), n))


def _is_fixed(matrix: sparse.csr_matrix) -> NDArray[np.bool_]:
    """Where the projection of a random vector onto the null space is zero: almost surely where all of them are."""
    n = matrix.shape[1]
    vector: FloatArray = np.random.default_rng(0).normal(size=n)
    if matrix.shape[0] == 0:
        return np.zeros(n, dtype=bool)
    if n <= _DENSE:
        solution = np.linalg.lstsq(matrix.toarray(), matrix @ vector)[0]
    else:
        solution = lsmr(matrix, matrix @ vector, atol=1e-13, btol=1e-13, maxiter=20 * n)[0]
    fixed: NDArray[np.bool_] = np.abs(vector - solution) < _ZERO
    return fixed
