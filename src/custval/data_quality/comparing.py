"""Two profiles beside each other: what changed in each column and in each dimension of quality."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from custval._frame import Table, enter, nw, to_mapping
from custval._result import Result
from custval.data_quality._column_profile import ColumnProfile
from custval.data_quality._profile_page import comparison_page
from custval.data_quality._sealed import reduce_sealed, seal
from custval.data_quality._text import as_text
from custval.errors import CustvalError

if TYPE_CHECKING:
    from custval.data_quality.profiling import Profile

__all__ = ["ProfileComparison", "compare_profiles"]


@dataclasses.dataclass(frozen=True, slots=True)
class ProfileComparison(Result):
    """What `compare_profiles` gives back.

    Attributes
    ----------
    rows : tuple of two int
        Before and after.
    duplicate_rows : tuple of two int
    added, removed, changed : tuple of str
        Columns that stand on one side only, and those of both that differ in anything.
    quality : mapping of str to (float or None, float or None)
        Each dimension before and after.
    """

    rows: tuple[int, int]
    duplicate_rows: tuple[int, int]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    quality: Mapping[str, tuple[float | None, float | None]] = dataclasses.field(hash=False)
    _frame: Any = dataclasses.field(repr=False, compare=False)

    def __post_init__(self) -> None:
        seal(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return reduce_sealed(self)

    def to_frame(self) -> Any:
        """One row per column, in the library of the first table.

        Columns: `column, status` ("same", "changed", "added", "removed")`, differs` (what differs, as text), and each
        with `_before` and `_after`: `dtype, null_share, distinct, minimum, maximum, mean, top_values`.
        """
        return self._frame

    def _repr_html_(self) -> str:
        return comparison_page(self.rows, self.quality, to_mapping(enter(self._frame)))


def compare_profiles(before: Profile, after: Profile) -> ProfileComparison:
    """Say what changed between two profiles: per column and per dimension of quality.

    Parameters
    ----------
    before, after : Profile
        What `profile` returned, for example of last month's table and of this month's.

    Returns
    -------
    ProfileComparison
        `.to_frame()` has one row per column; `.quality` each dimension before and after.

    Raises
    ------
    CustvalError
        If one of the two is no profile.

    See Also
    --------
    custval.data_quality.drift : whether the differences are more than chance, and large enough to matter.
    custval.data_quality.schema_difference : columns that were renamed, and changes of unit.

    Examples
    --------
    >>> import pandas as pd
    >>> from custval.data_quality import compare_profiles, profile
    >>> may = profile(pd.DataFrame({"city": ["Rome", "Ulm", "Ulm"], "age": [30, 41, 52]}))
    >>> june = profile(pd.DataFrame({"city": ["Rome", None, "Rome"], "age": [30, 41, 52]}))
    >>> found = compare_profiles(may, june)
    >>> found.to_frame()["status"].tolist(), found.to_frame()["differs"][0]
    (['changed', 'same'], 'nulls, distinct, range, top values')
    >>> found.quality["completeness"]
    (1.0, 0.8333333333333334)
    """
    from custval.data_quality.profiling import Profile

    for name, value in (("before", before), ("after", after)):
        if not isinstance(value, Profile):
            raise CustvalError(
                f"{name} must be a profile; got {type(value).__name__}", suggestion=f"{name}=profile(frame)"
            )
    names = list(dict.fromkeys([*before.columns, *after.columns]))
    pairs = {name: (before.columns.get(name), after.columns.get(name)) for name in names}
    differs = {name: _differences(one, two) for name, (one, two) in pairs.items() if one and two}
    return ProfileComparison(
        rows=(before.rows, after.rows),
        duplicate_rows=(before.duplicate_rows, after.duplicate_rows),
        added=tuple(name for name, (one, _) in pairs.items() if one is None),
        removed=tuple(name for name, (_, two) in pairs.items() if two is None),
        changed=tuple(name for name, what in differs.items() if what),
        quality={name: (before.quality[name], after.quality[name]) for name in before.quality.keys()},  # noqa: SIM118
        _frame=_as_frame(enter(before.to_frame()), pairs, differs),
    )


_ASPECTS: Mapping[str, Callable[[ColumnProfile], Any]] = {
    "dtype": lambda column: column.dtype,
    "nulls": lambda column: column.null_share,
    "distinct": lambda column: column.distinct,
    "range": lambda column: (column.minimum, column.maximum),
    "mean": lambda column: column.mean,
    "top values": lambda column: list(column.top_values),
}


def _differences(one: ColumnProfile, two: ColumnProfile) -> list[str]:
    return [name for name, aspect in _ASPECTS.items() if aspect(one) != aspect(two)]


def _status(name: str, pair: tuple[Any, Any], differs: Mapping[str, list[str]]) -> str:
    if pair[0] is None or pair[1] is None:
        return "added" if pair[0] is None else "removed"
    return "changed" if differs[name] else "same"


def _as_frame(table: Table, pairs: Mapping[str, tuple[Any, Any]], differs: Mapping[str, list[str]]) -> Any:
    def both(name: str, read: Callable[[ColumnProfile], Any], dtype: Any) -> dict[str, Any]:
        return {
            f"{name}_{when}": table.series(
                f"{name}_{when}", [None if pair[side] is None else read(pair[side]) for pair in pairs.values()], dtype
            )
            for side, when in enumerate(("before", "after"))
        }

    status = [_status(name, pair, differs) for name, pair in pairs.items()]
    return table.make(
        {
            "column": table.series("column", list(pairs), nw.String),
            "status": table.series("status", status, nw.String),
            "differs": table.series("differs", [", ".join(differs.get(name, [])) or None for name in pairs], nw.String),
            **both("dtype", lambda c: c.dtype, nw.String),
            **both("null_share", lambda c: c.null_share, nw.Float64),
            **both("distinct", lambda c: c.distinct, nw.Float64),
            **both("minimum", lambda c: None if c.minimum is None else as_text(c.minimum), nw.String),
            **both("maximum", lambda c: None if c.maximum is None else as_text(c.maximum), nw.String),
            **both("mean", lambda c: c.mean, nw.Float64),
            **both("top_values", _top, nw.String),
        }
    )


def _top(column: ColumnProfile) -> str | None:
    return ", ".join(f"{value} ({count:,})" for value, count in column.top_values.items()) or None
