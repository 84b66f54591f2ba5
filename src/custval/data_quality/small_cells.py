"""Counts of few persons taken out of a table, and as many others as it takes that sums do not give them back."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from custval._check import whole
from custval._frame import Table, enter, labels, nw, refuse_nulls
from custval._kernels.anonymity import combine
from custval._kernels.cell_suppression import suppress
from custval.data_quality._cells import cells, quiet_numbers
from custval.data_quality._columns_named import columns_named
from custval.data_quality._ledger import refuse_taken_names
from custval.data_quality._private import PrivateResult
from custval.errors import CustvalError, DataError
from custval.typing import IntArray, IntoFrame

__all__ = ["SuppressedCells", "suppress_small_cells"]


@dataclasses.dataclass(frozen=True, slots=True)
class SuppressedCells(PrivateResult):
    """What `suppress_small_cells` gives back.

    Attributes
    ----------
    frame : frame
        All rows; the count (and the columns of `also`) null where it is suppressed, and `suppressed`: "suppressed" or
        null. It does not say which of these cells are small, for that would tell bounds of each of them.
    small, complementary : int
        Cells suppressed because they are small, and so that sums do not give those back.
    unprotected : int
        Cells that sums give back, or nearly, although everything beside them is suppressed: publish no totals of
        their lines.
    lines_without_total : frame
        The totals not to publish: of the lines of the unprotected cells, and all larger ones that include them. One
        column per dimension, null where the total goes over it.
    """

    frame: Any = dataclasses.field(repr=False)
    small: int
    complementary: int
    unprotected: int
    lines_without_total: Any
    _is_small: NDArray[np.bool_] = dataclasses.field(repr=False, compare=False)
    """By row, for the owner of the table."""

    def to_frame(self) -> Any:
        """The table without small cells."""
        return self.frame


def suppress_small_cells(
    frame: IntoFrame,
    counts: str,
    minimum: int = 10,
    *,
    by: str | Sequence[str] | None = None,
    also: str | Sequence[str] | None = None,
) -> SuppressedCells:
    """Take small counts out of a table of counts, so that they cannot be computed from its totals either.

    Parameters
    ----------
    frame : frame
        One row per cell of a table of counts.
    counts : str
        Column of whole numbers, not negative.
    minimum : int
        Counts above 0 and below it are small. Zeros stay.
    by : str or sequence of str, optional
        The dimensions: columns that say which cell a row is. Default: all but `counts` and `also`.
    also : str or sequence of str, optional
        Columns that are suppressed along with the count, such as shares or means, which would tell it.

    Returns
    -------
    SuppressedCells
        `.frame`, `.small`, `.complementary`, `.unprotected`.

    Raises
    ------
    ColumnError
        If a column is missing or of the wrong type, or there is a column `suppressed`.
    DataError
        If a cell stands in two rows, or counts are null, negative or no whole numbers.

    Notes
    -----
    Readers are taken to know all totals over one dimension (and with them every total), `minimum`, and that zeros are
    never suppressed. A line is the cells that one such total sums; the total minus the counts that are shown is the
    sum of those that are not. So in every line with a small cell at least two cells are suppressed, and their sum is
    at least `minimum`; beyond that no suppressed small cell follows from all totals together and from each suppressed
    cell being at least 1. Cells go first whose other lines have hidden ones already, and of these the smallest; that
    need not be the smallest possible number of them.

    What remains is how narrow the range of a cell is: only that a value does not follow exactly is promised. In tables
    of more than two dimensions it is promised for counts as real numbers; whole ones may tell more, rarely.

    Where a line has no further cell to suppress, its total would tell; then `unprotected` is not 0, and the promise
    holds if the totals of `lines_without_total` stay unpublished, the sum of the whole table among them.

    References
    ----------
    Hundepool, A., Domingo-Ferrer, J., Franconi, L., Giessing, S., Nordholt, E. S., Spicer, K. & de Wolf, P.-P. (2012).
    Statistical Disclosure Control. Wiley, chapter 4.

    Examples
    --------
    >>> import pandas as pd
    >>> from custval.data_quality import suppress_small_cells
    >>> table = pd.DataFrame(
    ...     {
    ...         "region": ["n", "n", "n", "s", "s", "s"],
    ...         "segment": ["a", "b", "c", "a", "b", "c"],
    ...         "customers": [3, 40, 25, 60, 70, 30],
    ...     }
    ... )
    >>> found = suppress_small_cells(table, "customers")
    >>> found.frame["customers"].fillna(-1).astype(int).tolist()
    [-1, 40, -1, -1, 70, -1]
    >>> found.small, found.complementary, found.unprotected
    (1, 3, 0)
    """
    table = enter(frame)
    table.require(counts)
    least = whole(minimum, "minimum", at_least=1)
    more = [] if also is None else columns_named(table, also, "also")
    rest = [name for name in table.columns if name != counts and name not in more]
    dimensions = columns_named(table, rest if by is None else by, "by") if rest or by is not None else []
    if counts in dimensions or counts in more or set(more) & set(dimensions):
        raise CustvalError("counts, by and also must be different columns")
    refuse_taken_names(table, ("suppressed",), "suppress_small_cells")
    value = _whole_counts(table, counts)
    codes = [cells(table, name).code + 1 for name in dimensions]
    _refuse_repeats(table, combine(codes, len(table)), dimensions)
    lines = [combine([*codes[:place], *codes[place + 1 :]], len(table)) for place in range(len(codes))]
    state, withheld = suppress(value, lines, least)
    hidden = state >= 0
    exposed = np.zeros((len(lines), len(table)), dtype=bool)
    for place, (line, out) in enumerate(zip(lines, withheld, strict=True)):
        exposed[place] = out[line] & hidden
    replaced = {name: _without(table, name, hidden) for name in more}
    replaced[counts] = _without(table, counts, hidden)
    replaced["suppressed"] = labels(table, "suppressed", np.where(hidden, 0, -1), ("suppressed",))
    return SuppressedCells(
        frame=table.extend(replaced),
        small=int((state == 0).sum()),
        complementary=int((state == 1).sum()),
        unprotected=int(exposed.any(axis=0).sum()),
        lines_without_total=_lines(table, dimensions, exposed),
        _is_small=state == 0,
    )


def _whole_counts(table: Table, name: str) -> IntArray:
    refuse_nulls(table[name], table.what, "drop or fill these rows first")
    values = quiet_numbers(table, name)
    wrong = (values < 0) | (values != np.rint(values))
    if wrong.any():
        raise DataError(
            f"{table.what}: column {name!r} must hold whole numbers of at least 0; {int(wrong.sum()):,} rows do not",
            column=name,
            count=int(wrong.sum()),
            code="counts",
            examples=np.flatnonzero(wrong)[:5].tolist(),
        )
    return values.astype(np.int64)


def _refuse_repeats(table: Table, cell: IntArray, dimensions: list[str]) -> None:
    twice = np.bincount(cell)[cell] > 1 if cell.size else np.zeros(0, dtype=bool)
    if twice.any():
        raise DataError(
            f"{table.what}: {int(twice.sum()):,} rows share their cell ({', '.join(dimensions) or 'no dimensions'}) "
            "with another row; there must be one row per cell",
            count=int(twice.sum()),
            suggestion="sum the counts by the dimensions first, or name all dimensions in by",
            code="repeated_cells",
            examples=np.flatnonzero(twice)[:5].tolist(),
        )


def _without(table: Table, name: str, hidden: NDArray[np.bool_]) -> Any:
    """A column with nulls at the hidden cells, of its own type as far as that has nulls."""
    series = table[name]
    mark = table.series("hidden", hidden)
    frame = series.alias("value").to_frame().with_columns(mark.alias("hidden"))
    return frame.select(nw.when(~nw.col("hidden")).then(nw.col("value")).alias(name))[name]


def _lines(table: Table, dimensions: list[str], exposed: NDArray[np.bool_]) -> Any:
    """The totals that must not be published: of lines that give cells back, and every total that includes one."""
    if not dimensions:
        return table.make({"lines": table.series("lines", [], nw.String)})
    columns = [cells(table, name) for name in dimensions]
    found: dict[tuple[str | None, ...], None] = {}
    for place in range(len(dimensions)):
        rest = [other for other in range(len(dimensions)) if other != place]
        rows = np.flatnonzero(exposed[place])
        for size in range(len(rest), -1, -1):
            for kept in itertools.combinations(rest, size):
                codes = np.column_stack([np.full(len(rows), -1), *(columns[other].code[rows] for other in kept)])
                for distinct in np.unique(codes, axis=0)[:, 1:].tolist():
                    key: list[str | None] = [None] * len(dimensions)
                    for other, code in zip(kept, distinct, strict=True):
                        key[other] = None if code < 0 else columns[other].texts[code]
                    found[tuple(key)] = None
    # totals over few dimensions first
    keys = sorted(found, key=lambda key: key.count(None))
    return table.make(
        {name: table.series(name, [key[i] for key in keys], nw.String) for i, name in enumerate(dimensions)}
    )
