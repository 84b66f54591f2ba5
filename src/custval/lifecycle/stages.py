"""The lifecycle stage of every customer on a day, and since when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from custval._check import Moment, flag, moment
from custval._frame import (
    LazyTable,
    Table,
    enter_any,
    identifiers,
    labels,
    numbers,
    nw,
    refuse_duplicates,
    refuse_nulls,
    refuse_other_libraries,
    refuse_other_zone,
    shared_codes,
    stamps,
    times,
)
from custval._kernels.calendar import not_after, period_number
from custval._kernels.occasions import Occasions, occasions
from custval._kernels.purchase_history import PurchaseHistory, before_first_purchase
from custval.errors import CustvalError, DataError
from custval.lifecycle._conditions import Conditions
from custval.lifecycle._since import stages_on
from custval.lifecycle._stages_in_engine import stages_in_engine
from custval.lifecycle.schemes import StageScheme, days_of
from custval.typing import FloatArray, Instant, IntArray, IntoFrame

__all__ = ["stages"]


def stages(
    transactions: IntoFrame,
    customers: IntoFrame | None = None,
    scheme: StageScheme | None = None,
    as_of: Instant | None = None,
    *,
    tz: str | None = None,
    check: bool = True,
) -> Any:
    """The lifecycle stage of every customer, and since when it has held without a break.

    Parameters
    ----------
    transactions : frame
        With `customer_id` and `timestamp`, and `amount` where there is money. A customer buys on a day with at least
        one line of positive amount (with any line where there is no `amount`).
    customers : frame, optional
        With `customer_id`, one row per customer, and `acquired_at` where it is known: these have a row as well if
        they have never bought, save those acquired after `as_of`.
    scheme : StageScheme, optional
        `StageScheme.classic()` if not given.
    as_of : date or time, optional
        The end of observation, inclusive; a bare date means the whole day. The last line of the data if not given.
    tz : str, optional
        The time zone whose days are meant, such as "Europe/Berlin"; it must be that of the timestamps. Needed on
        engines where the zone of the session decides (DuckDB, Spark, Ibis), for timestamps with a zone.
    check : bool
        For lazy frames: whether one small aggregate of each table is run now, to refuse missing values and customers
        who stand twice, and to find the end of the data. Without it they are not looked for, and `as_of` is needed.

    Returns
    -------
    frame of the library of `transactions`, sorted by `customer_id`; a lazy frame in its engine, in any order
        `customer_id`; `stage`; `stage_since`, the first day from which on the stage has held at the end of every day
        up to `as_of`, without a time zone (days are days of the timestamps' own zone). It is not before the first
        purchase, and for those who have never bought it is the day of `acquired_at`, null if that is unknown.

    Raises
    ------
    ColumnError
        If a column is missing or of a type that cannot serve, or `customer_id` is text in one table and a number in
        the other.
    DataError
        If customers, times or amounts are missing, a customer stands twice in `customers`, or all lines lie after
        `as_of` and there are no `customers`; if `tz` is not the zone of the days.
    CustvalError
        If the tables are of different libraries, or one of them is lazy and the other is not; if a scheme has to be
        followed day by day (see Notes), and the frames are lazy.

    Notes
    -----
    With the classic scheme a stage begins with a purchase (new, growth, mature, reactivated), or `decline_after` or
    `churn_after` after the last one (decline, churned). With any scheme `stage_since` is what calling this function
    for every day before would show. Conditions in which a growing feature (`age`, `time_since_last`) stands once, in
    a comparison by < <= > >= with what stands still, are followed from change to change; others day by day, which
    takes time in proportion to the days, and which lazy frames cannot do.

    Examples
    --------
    >>> import custval as cv
    >>> from custval.lifecycle import stages
    >>> tx = cv.transactions(
    ...     {
    ...         "customer_id": ["a", "a", "b", "c"],
    ...         "timestamp": ["2024-01-01", "2024-03-01", "2024-03-10", "2023-06-01"],
    ...     }
    ... )
    >>> found = stages(tx, customers={"customer_id": ["b", "d"]}, as_of="2024-03-31")
    >>> found["customer_id"], found["stage"]
    (['a', 'b', 'c', 'd'], ['growth', 'new', 'churned', 'prospect'])
    >>> [str(day)[:10] for day in found["stage_since"]]
    ['2024-03-01', '2024-03-10', '2023-11-28', 'None']
    """
    scheme = StageScheme.classic() if scheme is None else scheme
    if not isinstance(scheme, StageScheme):
        raise CustvalError(f"scheme must be a StageScheme; got {scheme!r}", suggestion="scheme=StageScheme.classic()")
    check = flag(check, "check")
    table = enter_any(transactions, "transactions")
    known = None if customers is None else enter_any(customers, "customers")
    if isinstance(table, LazyTable) or isinstance(known, LazyTable):
        return stages_in_engine(table, known, scheme, as_of, tz, check=check)
    lines = _read(table, tz)
    end = _end(lines, as_of, needed=known is not None)
    if known is None:
        code, everyone = identifiers(table, "customer_id", "transactions")
        prospects = _Prospects(np.zeros(0, dtype=np.int64), np.zeros(0, dtype="M8[D]"))
    else:
        code, everyone, prospects = _with_prospects(table, known, end)
    bought = _bought(lines, code, len(everyone), end)
    buyers = np.flatnonzero(bought.count)
    if not buyers.size and known is None and len(table):
        _refuse_nobody(lines, end)
    prospects = prospects.without(buyers)
    return _packed(table, everyone, _stages(bought.of(buyers), buyers, prospects, scheme, end))


@dataclass(frozen=True, slots=True)
class _Lines:
    """Transaction lines as arrays."""

    wall: NDArray[Any]
    zone: str | None
    amount: FloatArray | None


def _read(table: Table, tz: str | None) -> _Lines:
    table.require("customer_id", "timestamp", door="transactions")
    refuse_nulls(table["timestamp"], table.what, "drop these rows first: df = df[df['timestamp'].notna()]")
    stamp = times(table, "timestamp", "transactions")
    refuse_other_zone(stamp.zone, tz, table.what)
    return _Lines(stamp.wall, stamp.zone, numbers(table, "amount") if "amount" in table else None)


def _end(lines: _Lines, as_of: Instant | None, *, needed: bool) -> Moment:
    if as_of is not None:
        return moment(as_of, "as_of", lines.zone)
    if not lines.wall.size:
        if needed:
            raise DataError(
                "there are no transactions, and so no last day for as_of",
                suggestion="as_of='2024-12-31'",
                code="window",
            )
        return Moment(np.datetime64(0, "us"), whole_day=True)
    return Moment(lines.wall.max(), whole_day=False)


def _refuse_nobody(lines: _Lines, end: Moment) -> None:
    if not not_after(lines.wall, end.stamp, whole_day=end.whole_day).any():
        raise DataError(
            f"as_of={end} lies before all lines of the data, which go from {lines.wall.min().astype('M8[D]')} to "
            f"{lines.wall.max().astype('M8[D]')}",
            suggestion="choose a later as_of",
            code="window",
        )


def _bought(lines: _Lines, code: IntArray, n: int, end: Moment) -> Occasions:
    counts = not_after(lines.wall, end.stamp, whole_day=end.whole_day)
    if lines.amount is not None:
        counts &= lines.amount > 0
    if not counts.all():
        lines, code = _Lines(lines.wall[counts], lines.zone, None), code[counts]
    return occasions(code, n, period_number(lines.wall, "D"), None)


@dataclass(frozen=True, slots=True)
class _Prospects:
    """Customers known by `as_of`, numbered, and the day on which they were acquired (NaT: unknown)."""

    number: IntArray
    acquired: NDArray[Any]

    def without(self, buyers: IntArray) -> _Prospects:
        rest = ~np.isin(self.number, buyers)
        return _Prospects(self.number[rest], self.acquired[rest])


def _with_prospects(table: Table, known: Table, end: Moment) -> tuple[IntArray, nw.Series[Any], _Prospects]:
    known.require("customer_id", door="customers")
    refuse_other_libraries([table, known])
    (code, number), everyone = shared_codes([table, known])
    refuse_duplicates(known, number)
    if "acquired_at" not in known:
        return code, everyone, _Prospects(number, np.full(len(number), np.datetime64("NaT", "D")))
    wall = times(known, "acquired_at", "customers").wall
    there = np.isnat(wall) | not_after(wall, end.stamp, whole_day=end.whole_day)
    return code, everyone, _Prospects(number[there], wall[there].astype("M8[D]"))


@dataclass(frozen=True, slots=True)
class _Stages:
    """Customers, numbered, with the position of their stage and the day since which it has held."""

    number: IntArray
    code: IntArray
    since: NDArray[Any]
    names: tuple[str, ...]


def _stages(bought: Occasions, buyers: IntArray, prospects: _Prospects, scheme: StageScheme, end: Moment) -> _Stages:
    today = int(period_number(np.array([end.stamp]), "D")[0])
    conditions = Conditions.of(scheme.conditions)
    history = PurchaseHistory.of(bought, days_of(scheme.window, "window"), conditions.features)
    code, since = stages_on(history, conditions, today)
    n_prospects = len(prospects.number)
    waiting = conditions.first(before_first_purchase(n_prospects, conditions.features), n_prospects)
    number = np.concatenate([buyers, prospects.number])
    order = np.argsort(number, kind="stable")
    return _Stages(
        number[order],
        np.concatenate([code, waiting])[order],
        np.concatenate([since.astype("M8[D]"), prospects.acquired])[order],
        scheme.stages,
    )


def _packed(table: Table, everyone: nw.Series[Any], found: _Stages) -> Any:
    ids = everyone if len(found.number) == len(everyone) else everyone[found.number]
    return table.make(
        {
            "customer_id": ids,
            "stage": labels(table, "stage", found.code, found.names),
            "stage_since": stamps("stage_since", found.since, None, table.frame.implementation),
        }
    )
