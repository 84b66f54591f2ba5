"""Two tables of the same columns: which columns have drifted, how far, and whether it is more than chance."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from custval import _plots
from custval._check import fraction, whole
from custval._frame import Table, enter, nw
from custval._kernels.drift import smoothed_shares
from custval._kernels.multiple_testing import benjamini_hochberg
from custval._result import Result
from custval.data_quality._columns_named import columns_named
from custval.data_quality._drift_page import drift_page
from custval.data_quality._drifted_column import DRIFTED, NEW, ColumnDrift, compare_column
from custval.data_quality._sealed import reduce_sealed, seal
from custval.data_quality._shares import percent
from custval.errors import ColumnError, CustvalError
from custval.typing import IntoFrame

__all__ = ["Drift", "drift"]

_MODERATE, _LARGE = 0.1, 0.25  # of the index: Siddiqi's reading
_LONGEST_NAME = 20  # of a category, in a reason
_NULLS_MODERATE, _NULLS_LARGE = 0.05, 0.2  # of the share of nulls


@dataclasses.dataclass(frozen=True, slots=True)
class Drift(Result):
    """What `drift` gives back.

    Attributes
    ----------
    rows : tuple of two int
        Of the reference and of the current table.
    columns : mapping of str to ColumnDrift
    drifted : tuple of str
        Columns whose verdict is "moderate", "large" or "other type".
    level : float
        The share of false discoveries that is allowed.
    """

    rows: tuple[int, int]
    columns: Mapping[str, ColumnDrift] = dataclasses.field(hash=False)
    drifted: tuple[str, ...]
    level: float
    _frame: Any = dataclasses.field(repr=False, compare=False)

    def __post_init__(self) -> None:
        seal(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return reduce_sealed(self)

    def to_frame(self) -> Any:
        """One row per column, in the library of the reference.

        Columns: `column, kind, verdict, psi, p_value, p_adjusted, ks_statistic, ks_p_value, chi_square,
        null_share_reference, null_share_current, null_p_value, null_p_adjusted, new_categories, new_share,
        vanished_categories, vanished_share, reason`.
        """
        return self._frame

    def plot(self, column: str, ax: Any = None) -> Any:
        """The shares of one column in both tables, over the bins or categories of the reference.

        Raises
        ------
        CustvalError
            If the column was not compared, or matplotlib is not installed.
        """
        found = self.columns.get(column)
        if found is None or not found.bins:
            raise CustvalError(
                f"{column!r} was not compared", suggestion=f"one of {', '.join(c for c in self.columns) or 'none'}"
            )
        shares = [100.0 * np.array(side) / max(sum(side), 1) for side in (found.counts_reference, found.counts_current)]
        ax = _plots.paired_bars(
            ax,
            [name if len(name) <= 16 else f"{name[:15]}…" for name in found.bins],
            (shares[0], shares[1]),
            ("reference", "current"),
            title=f"{column}: {found.verdict}, PSI {found.psi:.3f}",
            x_title="",
            y_title="share of known values, %",
        )
        ax.tick_params(axis="x", labelrotation=30)
        return ax

    def _repr_html_(self) -> str:
        return drift_page(self.rows, list(self.columns.values()), self.level)


def drift(
    reference: IntoFrame,
    current: IntoFrame,
    columns: str | Sequence[str] | None = None,
    bins: int = 10,
    *,
    level: float = 0.05,
) -> Drift:
    """Compare two tables column by column: how far the distributions and the shares of nulls are apart.

    Parameters
    ----------
    reference, current : frame
        For example the table a model was fitted on, and the one it is to predict on.
    columns : str or sequence of str, optional
        By default all columns that both have. Then of those that only name things (identifiers, nearly unique texts),
        and of times, which go on from one delivery to the next, no more than type and nulls are compared.
    bins : int
        Of numbers and times: bins of equally many values of the reference. A value that fills such a bin by itself has
        one of its own, and where there are no more distinct values than bins, each has.
    level : float
        What adjusted p-values are compared with.

    Returns
    -------
    Drift
        `.to_frame()` has one row per column; `.columns[name]` all about one; `.plot(name)`.

    Raises
    ------
    ColumnError
        If a named column is missing on one side, or there is none that both have.
    DataError
        If a frame is lazy.

    Notes
    -----
    - **Size** decides, since in large tables any difference is significant. The population stability index is
      Σ (q − p) ln(q / p) over the bins, with the shares p and q smoothed as (n_i + 1/2) / (n + k/2): under 0.1
      "stable", up to 0.25 "moderate", from there on "large". A share of nulls that moves by 5 points is moderate, by
      20 large.
    - **Chance** is ruled out beside it: a size counts only where its test is significant, otherwise the verdict is
      "uncertain". Of numbers and times it is the index itself that is tested: without drift it is about (1/n + 1/m)
      times a χ² variable with a degree of freedom less than there are bins, n and m being the known values of the two
      tables. The Kolmogorov-Smirnov distance is given for information; it is weak where the spread changes and the
      middle does not. Categories have Pearson's χ² (rare ones pooled until five are expected), nulls χ² or, of small
      counts, Fisher's exact test. The p-values of all tests of the table are adjusted together by Benjamini and
      Hochberg; a test that cannot be made, such as that of nulls where there are none, does not count among them.
    - **Type**: a column that holds one kind of values in one table and another in the other is "other type", and
      counts as drifted.
    - Without drift, in simulations of tables of four columns, 50 to 1,000 rows each, no more than 5 % of the tables
      have a column that is called drifted.
    - Categories of the index are the 50 most frequent of the reference, all others, and all that are new. Those that
      are rare, expected less than five times in the smaller table, are among the others whether they are new or not:
      a second sample always holds some that the first has not seen. Their share is about that of the values which
      stand once in the reference (Good, 1953). What is beyond that, and beyond twice its standard deviation, counts as
      new, and is tested too (Esty, 1983): the p-value is then twice the smaller of the two. Where no category is
      frequent, nothing is compared. The share of a new category is one of the current known values, that of a vanished
      one of the reference's.

    References
    ----------
    Siddiqi, N. (2006). Credit Risk Scorecards. Wiley.
    Yurdakul, B. & Naranjo, J. (2020). Statistical properties of the population stability index. Journal of Risk Model
    Validation 14(4), 89-100.
    Good, I. J. (1953). The population frequencies of species and the estimation of population parameters. Biometrika
    40(3-4), 237-264.
    Esty, W. W. (1983). A normal limit law for a nonparametric estimator of the coverage of a random sample. Annals of
    Statistics 11(3), 905-912.
    Benjamini, Y. & Hochberg, Y. (1995). Controlling the false discovery rate. Journal of the Royal Statistical Society
    B 57(1), 289-300.

    Examples
    --------
    >>> import pandas as pd
    >>> from custval.data_quality import drift
    >>> may = pd.DataFrame({"amount": range(200), "channel": ["web", "shop"] * 100})
    >>> june = pd.DataFrame({"amount": range(2, 202), "channel": ["web", "app"] * 100})
    >>> found = drift(may, june, columns=["amount", "channel"])
    >>> found.to_frame()[["column", "verdict", "psi"]].round(3)
        column verdict    psi
    0   amount  stable  0.002
    1  channel   large  5.264
    >>> dict(found.columns["channel"].new_categories)
    {'app': 0.5}
    """
    whole(bins, "bins", at_least=2)
    fraction(level, "level")
    one, two = enter(reference, "the reference"), enter(current, "the current table")
    named = [] if columns is None else columns_named(one, columns)
    two.require(*named)
    names = named or [name for name in one.columns if name in two]
    if not names:
        raise ColumnError(
            "the reference and the current table have no column in common",
            suggestion="schema_difference(reference, current) looks for renamed columns",
        )
    found = [compare_column(one, two, name, bins, is_named=bool(named)) for name in names]
    judged = {column.column: column for column in _judged(found, level)}
    return Drift(
        rows=(len(one), len(two)),
        columns=judged,
        drifted=tuple(name for name, column in judged.items() if column.verdict in DRIFTED),
        level=level,
        _frame=_as_frame(one, list(judged.values())),
    )


def _judged(columns: list[ColumnDrift], level: float) -> list[ColumnDrift]:
    """With the adjusted p-values of all tests, and the verdicts that follow."""
    p = np.array([[c.p_value, c.null_p_value] for c in columns], dtype=np.float64)
    adjusted = [(float(own), float(gone)) for own, gone in benjamini_hochberg(p.ravel()).reshape(p.shape)]
    judged = []
    for column, (own, gone) in zip(columns, adjusted, strict=True):
        verdict, reason = _verdict(column, own, gone, level)
        judged.append(
            dataclasses.replace(
                column,
                verdict=verdict,
                reason=reason,
                p_adjusted=None if np.isnan(own) else own,
                null_p_adjusted=None if np.isnan(gone) else gone,
            )
        )
    return judged


def _verdict(column: ColumnDrift, p: float, p_nulls: float, level: float) -> tuple[str, str]:
    if column.null_share_reference is None or column.null_share_current is None:  # one has no rows
        return column.verdict, column.reason
    moved = column.null_share_current - column.null_share_reference
    size = _size(column.psi or 0.0, _MODERATE, _LARGE)
    sizes: list[tuple[int, bool, str]] = [
        (size, p <= level, _index_in_words(column, p if p <= level and not size else None)),
        (_size(abs(moved), _NULLS_MODERATE, _NULLS_LARGE), p_nulls <= level, f"nulls {100 * moved:+.1f} points"),
    ]
    sure = [(size, said) for size, significant, said in sizes if size and significant]
    why = ", ".join([said for _, said in sure] + ([column.reason] if column.reason else []))
    if column.verdict == "other type":
        return column.verdict, why
    if sure:
        return ("moderate", "large")[max(size for size, _ in sure) - 1], why
    chance = [said for size, _, said in sizes if size]
    if chance:
        return "uncertain", f"{', '.join(chance)}, which may be chance"
    if column.verdict == "not compared":
        return column.verdict, why
    return "stable", sizes[0][2] if column.psi is not None else column.reason


def _index_in_words(column: ColumnDrift, p: float | None) -> str:
    """The index, what moved most, how many values are new, and the p-value of a small index that is significant."""
    said = f"PSI {column.psi or 0.0:.3f}"
    if p is not None:
        said += f" and significant: p {p:.0e}"
    before, after = (np.array(side, dtype=np.int64) for side in (column.counts_reference, column.counts_current))
    if _size(column.psi or 0.0, _MODERATE, _LARGE) and before.size:
        shares = smoothed_shares(before), smoothed_shares(after)
        place = int(np.argmax((shares[1] - shares[0]) * np.log(shares[1] / shares[0])))
        if column.bins[place] != NEW:
            one, two = before[place] / before.sum(), after[place] / after.sum()
            said += f", {_short(column.bins[place])}: {_percent(one)} → {_percent(two)}"
    return said + (f", {_percent(column.new_share)} are new values" if column.new_share else "")


def _percent(share: float) -> str:
    return "0 %" if share == 0 else percent(share, 1)


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def _size(value: float, moderate: float, large: float) -> int:
    return int(value >= moderate) + int(value >= large)


def _as_frame(table: Table, columns: Sequence[ColumnDrift]) -> Any:
    def read(names: Sequence[str], dtype: Any) -> dict[str, Any]:
        return {name: table.series(name, [getattr(c, name) for c in columns], dtype) for name in names}

    def listed(name: str) -> dict[str, Any]:
        texts = [", ".join(getattr(column, f"{name}_categories")) or None for column in columns]
        return {
            f"{name}_categories": table.series(f"{name}_categories", texts, nw.String),
            **read([f"{name}_share"], nw.Float64),
        }

    numbers = ["psi", "p_value", "p_adjusted", "ks_statistic", "ks_p_value", "chi_square", "null_share_reference"]
    return table.make(
        {
            **read(["column", "kind", "verdict"], nw.String),
            **read([*numbers, "null_share_current", "null_p_value", "null_p_adjusted"], nw.Float64),
            **listed("new"),
            **listed("vanished"),
            **read(["reason"], nw.String),
        }
    )
