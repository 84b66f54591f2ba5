"""How long rows may be kept: those whose period is over are set aside."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal

import numpy as np

from custval._check import choice, moment, span
from custval._frame import enter, times
from custval._kernels.calendar import shift
from custval._result import Account
from custval.data_quality._ledger import Ledger, refuse_taken_names
from custval.data_quality._money import amounts_if_any, exact_sum
from custval.data_quality._private import PrivateResult
from custval.errors import DataError
from custval.typing import Instant, IntoFrame

__all__ = ["Retained", "retention"]


@dataclasses.dataclass(frozen=True, slots=True)
class Retained(PrivateResult):
    """What `retention` gives back.

    Attributes
    ----------
    frame : frame
        The rows that may be kept.
    removed : frame
        The rows whose period is over, or that have no time, with all columns, `row` (the number from 0: `.iloc`) and
        `reason`.
    limit : str
        The oldest moment that may be kept, on the wall clock of the data.
    account : Account
        Rows in, rows out, and rows set aside: "older than <keep>", "no time". Where `amount` holds numbers, the money
        likewise.
    """

    frame: Any = dataclasses.field(repr=False)
    removed: Any = dataclasses.field(repr=False)
    limit: str
    account: Account

    def to_frame(self) -> Any:
        """The rows that may be kept."""
        return self.frame


def retention(
    frame: IntoFrame,
    time: str,
    keep: str,
    *,
    as_of: Instant,
    missing_time: Literal["raise", "keep", "drop"] = "raise",
) -> Retained:
    """Set aside the rows whose retention period is over.

    Parameters
    ----------
    frame : frame
    time : str
        Column of dates or times from which the period counts.
    keep : str
        The period, such as "3Y", "18M" or "90D"; months and years are calendar ones.
    as_of : date, datetime, datetime64 or ISO text
        The moment at which it is asked; never the clock of the machine. A bare date means the end of that day.
    missing_time : {"raise", "keep", "drop"}
        What happens to rows without a time.

    Returns
    -------
    Retained
        `.frame`, `.removed`, `.account`.

    Raises
    ------
    ColumnError
        If the column is missing or holds no dates or times; if there is a column `row` or `reason` already.
    DataError
        If times are null and `missing_time` is "raise"; if the frame is lazy.

    Notes
    -----
    A row stays up to the end of its period: with `keep="3Y"` and as_of 2024-12-31 the rows since 2021-12-31 (of a day
    that the month lacks: since its last day) stay. With a bare date as `as_of` whole days are compared.

    Examples
    --------
    >>> import pandas as pd
    >>> from custval.data_quality import retention
    >>> lines = pd.DataFrame(
    ...     {"timestamp": pd.to_datetime(["2020-05-01", "2021-12-31", "2024-03-01"]), "amount": [5, 6, 7]}
    ... )
    >>> kept = retention(lines, "timestamp", "3Y", as_of="2024-12-31")
    >>> kept.frame
       timestamp  amount
    0 2021-12-31       6
    1 2024-03-01       7
    >>> kept.removed
       timestamp  amount  row         reason
    0 2020-05-01       5    0  older than 3Y
    >>> print(kept.account)
    rows in                                      3               18.00
      − older than 3Y                            1                5.00
    rows out                                     2               13.00
    """
    table = enter(frame)
    table.require(time)
    refuse_taken_names(table, ("row", "reason"), "retention")
    period = span(keep, "keep")
    policy = choice(missing_time, "missing_time", ("raise", "keep", "drop"))
    column = times(table, time)
    limit = shift(np.asarray(moment(as_of, "as_of", column.zone).stamp), -period.count, period.unit)
    wall = column.wall.astype("M8[us]")
    gone = np.isnat(wall)
    if policy == "raise" and gone.any():
        raise DataError(
            f"{table.what}: column {time!r} is missing in {int(gone.sum()):,} of {len(gone):,} rows",
            column=time,
            count=int(gone.sum()),
            suggestion="missing_time='drop' or missing_time='keep'",
            code="missing_values",
            examples=np.flatnonzero(gone)[:5].tolist(),
        )
    old = ~gone & (wall < limit)
    ledger = Ledger(table, amounts_if_any(table))
    ledger.remove("retention", f"older than {period}", old)
    ledger.remove("retention", "no time", gone & (policy == "drop"))
    return Retained(
        frame=table.leave(table.rows(ledger.staying)),
        removed=ledger.removed(),
        limit=str(np.datetime_as_string(limit, unit="s")),
        account=ledger.account(None if ledger.amounts is None else exact_sum(ledger.amounts, ledger.staying)),
    )
