"""Since when the stage of today has held, as a query.

Within a stretch of days between two events of a customer only the growing features change, and it is known on which
days that may turn a comparison. So the stage is asked for on these days only: on the first of each stretch, and where
a comparison may turn. Between two of them it stands still.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from custval._frame import LazyTable, nw
from custval._kernels.purchase_history import GROWING
from custval.lifecycle._conditions import MOST_DAYS, Conditions, Turn

__all__ = ["stages_of_occasions"]

_CUSTOMER = "customer_id"
_BASE = {"age": "first", "time_since_last": "last"}
_WINDOWED = ("recent_occasions", "earlier_occasions")


def stages_of_occasions(
    table: LazyTable, occasions: nw.LazyFrame[Any], conditions: Conditions, window: int, today: int
) -> nw.LazyFrame[Any]:
    """The stage of each customer at the end of a day, and the first day from which on it has held without a break.

    Parameters
    ----------
    table : LazyTable
        The engine.
    occasions : lazy frame
        `customer_id, day`, without repetition, up to `today`.
    conditions : Conditions
        Those that time turns at most once.
    window : int
        Length of the windows in days.
    today : int

    Returns
    -------
    lazy frame
        `customer_id`; `code`, the position of the first condition that holds, or their number if none does; `since`.
    """
    windowed = not conditions.features.isdisjoint(_WINDOWED)
    stretches = _ends(_events(occasions, window, today) if windowed else _plain_events(occasions), today)
    # `upto` stands for those schemes that read no such feature: a step must have a column
    stretches = stretches.with_columns(nw.col("upto"), **_steady(conditions.features))
    asked = _asked(table, stretches, _days(stretches, conditions.turns))
    growing = {name: (nw.col("at") - nw.col(_BASE[name])).cast(nw.Float64) for name in GROWING & conditions.features}
    asked = asked.with_columns(nw.col("at"), **growing)
    asked = asked.select(_CUSTOMER, "at", code=_first(asked, conditions))
    before = nw.col("code").shift(1).over(_CUSTOMER, order_by="at")
    changes = asked.with_columns(code_before=before)
    changes = changes.filter(nw.col("code_before").is_null() | (nw.col("code") != nw.col("code_before")))
    # the latest change says both, so they travel in one number
    n_codes = len(conditions.expressions) + 1
    both = (nw.col("at") + MOST_DAYS) * n_codes + nw.col("code")
    latest = changes.group_by(_CUSTOMER).agg(both=both.max()).with_columns(at=nw.col("both") // n_codes)
    code = nw.col("both") - nw.col("at") * n_codes
    return latest.select(_CUSTOMER, code=code.cast(nw.Int64), since=(nw.col("at") - MOST_DAYS).cast(nw.Int64))


def _plain_events(occasions: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """What is known from each occasion on: how many there have been, the first, the last, and the one before it."""
    made = occasions.with_columns(made=nw.lit(1))
    return made.with_columns(
        n=nw.col("made").cum_sum().over(_CUSTOMER, order_by="day").cast(nw.Int64),
        first=nw.col("day").min().over(_CUSTOMER),
        last=nw.col("day"),
        before=nw.col("day").shift(1).over(_CUSTOMER, order_by="day"),
    ).drop("made")


def _events(occasions: nw.LazyFrame[Any], window: int, today: int) -> nw.LazyFrame[Any]:
    """The same from each event on, an occasion leaving a window being one as well."""
    bought = occasions.with_columns(before=nw.col("day").shift(1).over(_CUSTOMER, order_by="day"))
    shifted = []
    for place in range(3):
        flags = {f"made_{k}": nw.lit(int(k == place)) for k in range(3)}
        moved = bought.with_columns(day=nw.col("day") + place * window, **flags)
        shifted.append(moved.filter(nw.col("day") <= today))
    here = nw.col("made_0") == 1
    # both only rise, so that the highest so far is the latest; a running maximum stays null where its column is
    events = nw.concat(shifted).with_columns(
        last=nw.when(here).then(nw.col("day")).otherwise(nw.lit(-MOST_DAYS)),
        before=nw.when(here & ~nw.col("before").is_null()).then(nw.col("before")).otherwise(nw.lit(-MOST_DAYS)),
    )
    asked = {name: nw.col(name).sum() for name in ("made_0", "made_1", "made_2")}
    days = events.group_by(_CUSTOMER, "day").agg(**asked, last=nw.col("last").max(), before=nw.col("before").max())

    def so_far(name: str) -> nw.Expr:
        return nw.col(name).cum_sum().over(_CUSTOMER, order_by="day").cast(nw.Int64)

    days = days.with_columns(
        n=so_far("made_0"),
        n_left=so_far("made_1"),
        n_gone=so_far("made_2"),
        first=nw.col("day").min().over(_CUSTOMER),
        last=nw.col("last").cum_max().over(_CUSTOMER, order_by="day"),
        before=nw.col("before").cum_max().over(_CUSTOMER, order_by="day"),
    )
    return days.select(
        _CUSTOMER,
        "day",
        "n",
        "first",
        "last",
        "before",
        recent=nw.col("n") - nw.col("n_left"),
        earlier=nw.col("n_left") - nw.col("n_gone"),
    )


def _ends(events: nw.LazyFrame[Any], today: int) -> nw.LazyFrame[Any]:
    """The last day of the stretch that each event begins."""
    events = events.with_columns(after=nw.col("day").shift(-1).over(_CUSTOMER, order_by="day"))
    upto = nw.when(nw.col("after").is_null()).then(nw.lit(today)).otherwise(nw.col("after") - 1)
    return events.with_columns(upto=upto.cast(nw.Int64)).drop("after")


def _steady(names: frozenset[str]) -> dict[str, nw.Expr]:
    """The features that stand still within a stretch, as far as conditions read them."""
    n, first, last = nw.col("n"), nw.col("first"), nw.col("last")
    # null and not zero: some engines raise where they divide by zero
    gaps = nw.when(n > 1).then(n - 1)
    features = {
        "occasions": n,
        "frequency": n - 1,
        "mean_gap": (last - first).cast(nw.Float64) / gaps.cast(nw.Float64),
        "last_gap": nw.when(n > 1).then(last - nw.col("before")),
        "recent_occasions": nw.col("recent"),
        "earlier_occasions": nw.col("earlier"),
    }
    return {name: features[name].cast(nw.Float64) for name in features if name in names}


def _days(stretches: nw.LazyFrame[Any], turns: tuple[Turn, ...]) -> list[nw.Expr]:
    """The days on which comparisons may turn, should the stretch go on so long; null where they cannot."""
    days: dict[Any, nw.Expr] = {}
    for turn in turns:
        base = nw.col(_BASE[turn.feature])
        if turn.threshold is None:
            days |= {(turn.feature, value): base + value for value in turn.values}
            continue
        threshold = turn.threshold.to_narwhals(stretches)
        # not every engine turns large numbers into whole ones
        small = nw.when(threshold.abs() < float(MOST_DAYS)).then(threshold)
        nearest = small.round(0).cast(nw.Int64)
        days |= {(turn, step): base + nearest + step for step in (0, 1)}
    return list(days.values())


def _asked(table: LazyTable, stretches: nw.LazyFrame[Any], days: list[nw.Expr]) -> nw.LazyFrame[Any]:
    """The stretches once for each day `at` on which the stage may change: their first day, and `days`."""
    if not days:
        return stretches.with_columns(at=nw.col("day"))
    columns = {f"at_{k}": day.cast(nw.Int64) for k, day in enumerate(days, start=1)}
    frame = stretches.with_columns(every=nw.lit(1).cast(nw.Int64), **columns)
    # repeated by a join, since copies beside each other would have the engine number the occasions for each of them
    places = np.arange(len(days) + 1)
    frame = table.attach(frame, {"every": np.ones_like(places), "place": places}, on=["every"])
    place, at = nw.col("place"), nw.col("day")
    for k, name in enumerate(columns, start=1):
        at = nw.when(place == k).then(nw.col(name)).otherwise(at)
    frame = frame.with_columns(at=at)
    within = (nw.col("at") > nw.col("day")) & (nw.col("at") <= nw.col("upto"))
    return frame.filter((place == 0) | within)


def _first(frame: nw.LazyFrame[Any], conditions: Conditions) -> nw.Expr:
    """The position of the first condition that holds, or their number if none does."""
    code: nw.Expr = nw.lit(len(conditions.expressions))
    for place in range(len(conditions.expressions) - 1, -1, -1):
        code = nw.when(conditions.expressions[place].holds(frame)).then(nw.lit(place)).otherwise(code)
    return code.cast(nw.Int64)
