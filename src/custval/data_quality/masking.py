"""Personal data covered in place: tables that can be looked at, and no longer used to reach anybody."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from custval._check import choice, number
from custval._frame import Table, enter, nw
from custval._kernels.masks import mask_inside, mask_value
from custval._kernels.pii import KINDS, kinds_of
from custval.data_quality._cells import cells
from custval.data_quality._columns_named import columns_named
from custval.data_quality._findings import findings_in
from custval.data_quality._private import PrivateResult
from custval.typing import IntoFrame

__all__ = ["Masked", "mask"]

_FREE_TEXT = "free_text"
_OTHER = "other"
_SAMPLE = 2_000


@dataclasses.dataclass(frozen=True, slots=True)
class Masked(PrivateResult):
    """What `mask` gives back.

    Attributes
    ----------
    frame : frame
        All rows and columns, masked columns as text.
    log : frame
        Per masked column: `column, kind, cells` (how many differ from before). It holds no value of any cell.
    """

    frame: Any = dataclasses.field(repr=False)
    log: Any

    def to_frame(self) -> Any:
        """The masked table."""
        return self.frame


def mask(
    frame: IntoFrame,
    columns: str | Sequence[str] | Mapping[str, str] | None = None,
    *,
    minimum_confidence: float = 0.5,
) -> Masked:
    """Cover the middle of personal data, in the form of the value: j***@example.com, 138****1234, 王**.

    Parameters
    ----------
    frame : frame
    columns : str, sequence of str, or mapping of str to str, optional
        What to mask. None: every column, and every part of free text, in which `find_pii` finds something. Names:
        these columns, by the kind that is found in them. A mapping: column → kind, one of those of `find_pii`,
        `"free_text"` (only the personal data inside) or `"other"` (all but the first character).
    minimum_confidence : float
        With `columns=None`: findings below it are not masked.

    Returns
    -------
    Masked
        `.frame` and `.log`. The frame has all rows in their order, numbered from 0 whatever the index was: take the
        whole frame, or `.to_numpy()` of a column (see Examples).

    Raises
    ------
    ColumnError
        If a column to mask is missing, or holds nested values or bytes: decode them to text first.
    DataError
        If the frame is lazy.
    CustvalError
        If a kind is none of the options.

    Notes
    -----
    What stays: of e-mail addresses the first letter and the host; of phones the first three and the last four digits
    (fewer of short ones); the last four digits of cards, country and last four of bank accounts; the first three and
    last two of long identity numbers; the first letter of each word of names, and Chinese family names; the year of
    birth dates; the first half of IP addresses; the region of Chinese addresses and the first letters of others.
    Of numbers and codes at least half is hidden, and all if they have fewer than four characters; only phones of 11 to
    13 digits show seven, as is usual. Characters without width do not hide a value, and are left out of its mask.
    Digits of a form that is kept stay where they are: spaces, brackets and hyphens remain. Masking a second time
    changes nothing. A mask hides, it does not make anonymous: the host, the year and the rest of the row remain; see
    `pseudonymize`, `generalize` and `anonymity`.

    **Names in running text are not masked** but for those behind a title ("Mrs Doe") or an introduction ("my name
    is"), nor dates without a word such as "born": no rule can find the others (see `find_pii`). Drop such a column,
    or mask it whole, `columns={"note": "other"}`, before it is passed on.

    Examples
    --------
    >>> import pandas as pd
    >>> from custval.data_quality import mask
    >>> people = pd.DataFrame(
    ...     {
    ...         "name": ["Jane Doe", "王小明"],
    ...         "email": ["jane.doe@example.com", "wxm@example.cn"],
    ...         "note": ["call +44 20 7946 0123", "prefers tea"],
    ...     }
    ... )
    >>> masked = mask(people)
    >>> masked.frame
            name              email                   note
    0  J*** D***  j***@example.com  call +44 2* **** 0123
    1        王**    w***@example.cn            prefers tea
    >>> masked.log
      column       kind  cells
    0   name       name      2
    1  email      email      2
    2   note  free_text      1

    Of a pandas frame that was filtered or sorted, the rows that come back are numbered from 0, and pandas puts a
    column into a frame by the numbers of the rows. Take the whole frame, or the values alone:

    >>> late = people[people["note"] == "prefers tea"]  # its only row is number 1
    >>> mask(late).frame["name"].tolist(), late.assign(name=mask(late).frame["name"])["name"].isna().tolist()
    (['王**'], [True])
    >>> late.assign(name=mask(late).frame["name"].to_numpy())["name"].tolist()
    ['王**']
    """
    table = enter(frame)
    least = number(minimum_confidence, "minimum_confidence", at_least=0.0, at_most=1.0)
    kinds = _kinds(table, columns, least)
    replaced: dict[str, Any] = {}
    changed: list[int] = []
    for name, kind in kinds.items():
        column = cells(table, name)
        masks = [_masked(kind, text) for text in column.texts]
        replaced[name] = column.spread(table, name, masks)
        differs = np.array([new != old for new, old in zip(masks, column.texts, strict=True)], dtype=bool)
        changed.append(int(column.counts[differs].sum()))
    log = {
        "column": table.series("column", list(kinds), nw.String),
        "kind": table.series("kind", list(kinds.values()), nw.String),
        "cells": table.series("cells", changed, nw.Int64),
    }
    return Masked(table.extend(replaced) if replaced else table.leave(table.frame), table.make(log))


def _kinds(table: Table, columns: Any, least: float) -> dict[str, str]:
    """What to mask, and as what."""
    if columns is None:
        return {name: kind for name in table.columns if (kind := _found(table, name, least)) is not None}
    if isinstance(columns, Mapping):
        names = columns_named(table, list(columns))
        return {name: choice(columns[name], f"columns[{name!r}]", (*KINDS, _FREE_TEXT, _OTHER)) for name in names}
    return {name: _found(table, name, 0.0) or _OTHER for name in columns_named(table, columns)}


def _found(table: Table, name: str, least: float) -> str | None:
    """The kind to mask a column as: by a sample where that says it, else by every text, so that none is missed."""
    decided = _decided(table, name, least, _SAMPLE)
    if decided is not None or table[name].dtype.is_numeric():
        return decided
    return _decided(table, name, least, None)


def _decided(table: Table, name: str, least: float, most: int | None) -> str | None:
    found = [finding for finding in findings_in(table, name, most) if finding.confidence >= least and finding.rows]
    best = next((finding for finding in found if finding.where == "value"), None)
    if best is None:
        return _FREE_TEXT if found else None
    return best.kind


def _masked(kind: str, text: str) -> str:
    # an address in the column of phones shows its host, not its digits
    if "@" in text and "email" in kinds_of(text):
        return mask_value("email", text)
    return mask_inside(text) if kind == _FREE_TEXT else mask_value(kind, text)
