"""Where a rule fails in a lazy frame, as columns to be made in its engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from custval._frame import nw
from custval.data_quality._rule import Rule

__all__ = ["Flag"]


@dataclass(frozen=True, slots=True)
class Flag:
    """Where a rule fails, as columns to be made.

    Attributes
    ----------
    column : str
        The column that is 1 where the rule fails, and else 0.
    fails : Expr
    problem : str or None
        Why all rows fail, if the rule could not be read.
    ties : str or None
        A column that is 1 where it is open which of equal rows is the first.
    tied : Expr or None
    working : mapping of str to Expr
        Columns that must be there before.
    lookup : tuple of str, array and str, or None
        Values to be joined on one of the working columns, and the column that is 1 where one was found.
    windows : mapping of str to Expr
        Columns that are made of the working ones, by windows.
    stages : sequence of mapping of str to Expr
        The same, one after the other where windows are about what windows have made.
    """

    rule: Rule
    column: str
    fails: nw.Expr
    problem: str | None = None
    ties: str | None = None
    tied: nw.Expr | None = None
    working: Mapping[str, nw.Expr] = field(default_factory=dict)
    lookup: tuple[str, Sequence[Any], str] | None = None
    windows: Mapping[str, nw.Expr] = field(default_factory=dict)
    stages: Sequence[Mapping[str, nw.Expr]] = ()
