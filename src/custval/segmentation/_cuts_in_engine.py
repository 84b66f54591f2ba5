"""The cuts between RFM scores, learned of lazy frames: exact quantiles, of which nothing but numbers crosses.

An engine interpolates quantiles in its own way, and a rounding error would move the customers who stand exactly at a
cut. So the engine's quantile only shows where to look: a second aggregate asks for the values on both sides of it and
how many lie below, and the cut is put together of these, to the last digit as of a frame in memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from custval._frame import LazyTable, Table, count_where, nw
from custval._kernels.quantile_scores import quantile_cuts_within
from custval.segmentation._scores_in_engine import bin_of, bin_within, values_of
from custval.typing import FloatArray, IntArray

__all__ = ["learn_in_engine"]


def learn_in_engine(table: LazyTable, n_bins: int, method: str, weight: str | None) -> dict[str, FloatArray]:
    """The cuts of "quantile" and "nested" of a summary with at least one customer."""
    columns = values_of(table)
    if weight is not None:
        columns["weight"] = nw.col(weight).cast(nw.Float64)
    frame = table.frame.select(**columns).with_columns(group=nw.lit(0).cast(nw.Int64))

    def within(names: Sequence[str], frame: nw.LazyFrame[Any], n_groups: int) -> list[FloatArray]:
        if weight is None:
            return _cuts(table, frame, names, n_bins, n_groups)
        return [_weighted_cuts(table, frame, name, n_bins, n_groups) for name in names]

    names = ("recency", "frequency", "monetary")
    whole_base = dict(zip(names, (cuts[0] for cuts in within(names, frame, 1)), strict=True))
    if method == "quantile":
        return whole_base
    constants = [nw.lit(float(cut)) for cut in whole_base["recency"]]
    frame = frame.with_columns(group=(nw.lit(n_bins - 1) - bin_of("recency", constants)).cast(nw.Int64))
    frequency, monetary = within(("frequency", "monetary"), frame, n_bins)
    # scores that no customer has take the cuts of the larger group that they are a part of
    frequency = np.where(np.isnan(frequency), whole_base["frequency"], frequency)
    parents = np.where(np.isnan(monetary), whole_base["monetary"], monetary)
    frame = bin_within(table, frame, "frequency", frequency, "group")
    frame = frame.with_columns(group=nw.col("group") * n_bins + nw.col("frequency_bin"))
    (monetary,) = within(("monetary",), frame, n_bins**2)
    monetary = np.where(np.isnan(monetary), np.repeat(parents, n_bins, axis=0), monetary)
    shape = (n_bins, n_bins, n_bins - 1)
    return {"recency": whole_base["recency"], "frequency": frequency, "monetary": monetary.reshape(shape)}


def _cuts(
    table: LazyTable, frame: nw.LazyFrame[Any], names: Sequence[str], n_bins: int, n_groups: int
) -> list[FloatArray]:
    """The cuts of each column within each group, shape (n_groups, n_bins − 1); NaN in groups without a customer."""
    cuts = [(name, k) for name in names for k in range(1, n_bins)]
    asked = {f"at_{name}_{k}": nw.col(name).quantile(k / n_bins, "linear") for name, k in cuts}
    there = table.fetch(frame.group_by("group").agg(n=nw.len(), **asked))
    group, n = (there[name].to_numpy().astype(np.int64) for name in ("group", "n"))
    guess = np.stack([_as_floats(there, name) for name in asked], axis=1)
    # as quantile_cuts computes it: places in whole numbers, and the product before the division
    place, rest = np.divmod((n[:, None] - 1) * np.array([k for _, k in cuts]), n_bins)
    groups = _Groups(table, frame, [name for name, _ in cuts], group)
    low, high = groups.order_statistics([place, place + (rest > 0)], guess)
    result = np.full((n_groups, len(cuts)), np.nan)
    result[group] = low + (high - low) * rest / n_bins
    return np.split(result, len(names), axis=1)


@dataclass(frozen=True, slots=True)
class _Groups:
    """Columns of a lazy frame, as often as something is asked about them, and the numbers of its groups."""

    table: LazyTable
    frame: nw.LazyFrame[Any]
    columns: list[str]
    group: IntArray

    def order_statistics(self, places: list[IntArray], guess: FloatArray) -> list[FloatArray]:
        """The values at places in the order of each group, looked for from a guess on; all (n_groups, n_columns)."""
        found = [np.full(guess.shape, np.nan) for _ in places]
        still = np.ones(guess.shape, dtype=bool)
        while still.any():
            lower, upper, below, upto = self._beside(guess, np.flatnonzero(still.any(axis=0)))
            step = np.zeros(guess.shape, dtype=np.int64)
            for values, place in zip(found, places, strict=True):
                at_guess = (below <= place) & (place < upto)
                for here, value in ((at_guess, guess), (place == below - 1, lower), (place == upto, upper)):
                    values[here & still] = value[here & still]
                step[still & (place < below - 1)] = -1
                step[still & (place > upto)] = 1
            still = step != 0
            guess = np.where(step < 0, lower, np.where(step > 0, upper, guess))
        return found

    def _beside(self, at: FloatArray, asked: IntArray) -> FloatArray:
        """The next value below and above `at`, how many lie below it, and up to it; NaN where it is not asked."""
        alone = len(self.group) == 1  # no need to carry the numbers up, then
        columns: dict[str, nw.Expr] = {}
        for k in asked:
            value, cut = nw.col(self.columns[k]), nw.lit(float(at[0, k])) if alone else nw.col(f"at_{k}")
            columns[f"lower_{k}"] = nw.when(value < cut).then(value).max()
            columns[f"upper_{k}"] = nw.when(value > cut).then(value).min()
            columns[f"below_{k}"] = count_where(value < cut)
            columns[f"upto_{k}"] = count_where(value <= cut)
        frame = self.frame
        if not alone:
            small = {"group": self.group, **{f"at_{k}": np.ascontiguousarray(at[:, k]) for k in asked}}
            frame = self.table.attach(frame, small, on=["group"])
        there = self.table.fetch(frame.group_by("group").agg(**columns))
        found = np.full((4, *at.shape), np.nan)
        # the engine returns the groups in its own order
        row = np.searchsorted(self.group, there["group"].to_numpy().astype(np.int64), sorter=np.argsort(self.group))
        row = np.argsort(self.group)[row]
        for part, name in enumerate(("lower", "upper", "below", "upto")):
            for k in asked:
                found[part, row, k] = _as_floats(there, f"{name}_{k}")
        return found


def _as_floats(table: Table, column: str) -> FloatArray:
    return np.asarray(table[column].cast(nw.Float64).to_numpy(), dtype=np.float64)


def _weighted_cuts(table: LazyTable, frame: nw.LazyFrame[Any], name: str, n_bins: int, n_groups: int) -> FloatArray:
    """The same of weighted rows; what crosses are the distinct values with the sums of their weights."""
    pairs = frame.filter(nw.col("weight") > 0.0).group_by("group", name).agg(total=nw.col("weight").sum())
    there = table.fetch(pairs)
    group = there["group"].to_numpy().astype(np.int64)
    value, total = (_as_floats(there, column) for column in (name, "total"))
    return quantile_cuts_within(value, n_bins, group, np.full((n_groups, n_bins - 1), np.nan), total)
