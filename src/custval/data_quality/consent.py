"""What persons have agreed to: tables narrowed to what a purpose may see."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from custval._check import choice, moment, nearest, zone_named
from custval._frame import Table, enter, nulls, nw, refuse_other_libraries, shared_codes, times
from custval._result import Account
from custval.data_quality._ledger import Ledger
from custval.data_quality._money import amounts_if_any, exact_sum
from custval.data_quality._private import PrivateResult
from custval.errors import ColumnError, CustvalError, DataError
from custval.typing import Instant, IntArray, IntoFrame

__all__ = ["Consented", "respect_consent"]

_REASONS: tuple[str, ...] = ("unknown", "no consent", "withdrawn", "expired", "not yet")
_OF_COLUMNS: tuple[str, ...] = ("unknown", "no consent")
_GENERAL: tuple[str, ...] = ("unknown", "no general consent")
_UNKNOWN, _REFUSED, _WITHDRAWN, _EXPIRED, _NOT_YET = range(len(_REASONS))
_DAY = 86_400_000_000
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclasses.dataclass(frozen=True, slots=True)
class Consented(PrivateResult):
    """What `respect_consent` gives back.

    Attributes
    ----------
    frame : frame
        The rows of customers who agreed, with the columns that the purpose may see.
    purpose : str
    basis : str
        What says who agreed: "the consents", "column 'consent_email'", or "column 'consent', which names no purpose".
    account : Account
        Rows in, rows out, and rows left out: "no consent", "withdrawn", "expired", "not yet", "unknown"; where a column
        was taken that names no purpose, "no general consent". Where `amount` holds numbers, the money likewise.
    columns_removed : tuple of str
        The columns that the purpose may not see.
    """

    frame: Any = dataclasses.field(repr=False)
    purpose: str
    basis: str
    account: Account
    columns_removed: tuple[str, ...]

    def to_frame(self) -> Any:
        """The rows and columns that the purpose may see."""
        return self.frame


def respect_consent(
    frame: IntoFrame,
    purpose: str,
    *,
    consents: IntoFrame | None = None,
    consent: str | None = None,
    purposes: Mapping[str, Sequence[str]] | None = None,
    as_of: Instant | None = None,
) -> Consented:
    """Narrow a table to the customers who agreed to a purpose and to the columns that the purpose may see.

    Parameters
    ----------
    frame : frame
        Any table; with `consents` it has `customer_id`.
    purpose : str
        Such as "marketing". One that nobody was asked for raises, and the error names the nearest that there is: a
        slip of the pen is no consent.
    consents : frame, optional
        Who agreed to what: `customer_id, purpose, granted` (boolean), and where there are such columns `from` and
        `until` (dates or times; null: always, and without end). Of several records of a customer for the purpose the
        latest `from` up to `as_of` counts (null is the earliest); of equally late ones a refusal.
    consent : str, optional
        Without `consents`: the boolean column that says who agreed. Default: the column `consent_<purpose>`, else
        `<purpose>`. A general column `consent` is taken only if it is named here, since it says nothing of the
        purpose; `.basis` and the account say so.
    purposes : mapping of str to sequence of str, optional
        Per purpose the columns that it may see. `customer_id` always stays. A purpose that is not in it raises; one
        that is in it may be one that nobody has been asked for yet.
    as_of : date, datetime, datetime64 or ISO text, optional
        When consent must hold, needed if there is a column `from` or `until`; a date means the end of the day.
        `until` is the last moment on which consent holds, or the last day: midnight, and a date, mean the whole day.
        What has a zone is compared as instants; `as_of` without one is read on the clock of each column.

    Returns
    -------
    Consented
        `.frame`, `.basis`, `.account`, `.columns_removed`.

    Raises
    ------
    ColumnError
        If a column is missing or of the wrong type; if no column says who agreed to the purpose.
    DataError
        If a frame is lazy, or customers or purposes are null.
    CustvalError
        If the purpose is not among `purposes`, or in no record of `consents`, or `as_of` is missing.

    Notes
    -----
    Silence is no consent: customers of whom nothing is known ("unknown": null, or no record) are left out. "withdrawn"
    are those who agreed before and then refused; "expired" those whose consent has ended; "not yet" those whose only
    records begin after `as_of`.

    Examples
    --------
    >>> import pandas as pd
    >>> from custval.data_quality import respect_consent
    >>> people = pd.DataFrame(
    ...     {"customer_id": [1, 2, 3, 4], "email": ["a@x.org", "b@x.org", "c@x.org", "d@x.org"], "income": [3, 4, 5, 6]}
    ... )
    >>> consents = pd.DataFrame(
    ...     {
    ...         "customer_id": [1, 2, 2, 3],
    ...         "purpose": ["marketing", "marketing", "marketing", "research"],
    ...         "granted": [True, True, False, True],
    ...         "from": pd.to_datetime(["2023-01-01", "2023-01-01", "2024-02-01", "2023-01-01"]),
    ...     }
    ... )
    >>> allowed = respect_consent(
    ...     people, "marketing", consents=consents, purposes={"marketing": ["email"]}, as_of="2024-06-30"
    ... )
    >>> allowed.frame
       customer_id    email
    0            1  a@x.org
    >>> print(allowed.account)
    rows in                                      4
      − unknown                                  2
      − withdrawn                                1
    rows out                                     1
    >>> allowed.columns_removed
    ('income',)
    """
    table = enter(frame)
    if not isinstance(purpose, str) or not purpose:
        raise CustvalError(f"purpose must be text, such as 'marketing'; got {purpose!r}")
    kept = _columns(table, purpose, purposes)
    if consents is not None:
        if consent is not None:
            raise CustvalError("give consents (a table) or consent (a column), not both")
        state = _of_table(table, enter(consents, "the consents"), purpose, as_of, asked_for=purposes is not None)
        basis, reasons = "the consents", _REASONS
    else:
        name = _consent_column(table, purpose, consent)
        state = _of_column(table, name)
        basis, reasons = f"column {name!r}", _OF_COLUMNS
        if f"_{purpose}_".casefold() not in f"_{name}_".casefold():
            basis, reasons = f"{basis}, which names no purpose", _GENERAL
    removed = tuple(name for name in table.columns if name not in kept)
    ledger = Ledger(table, amounts_if_any(table))
    for place, reason in enumerate(reasons):
        ledger.remove("consent", reason, state == place)
    rows = table.rows(ledger.staying)
    return Consented(
        frame=table.leave(rows.select(*kept) if removed else rows),
        purpose=purpose,
        basis=basis,
        account=ledger.account(None if ledger.amounts is None else exact_sum(ledger.amounts, ledger.staying)),
        columns_removed=removed,
    )


def _columns(table: Table, purpose: str, purposes: Any) -> list[str]:
    """The columns that a purpose may see, in the order of the table."""
    if purposes is None:
        return table.columns
    if not isinstance(purposes, Mapping):
        raise CustvalError("purposes must map purposes to the columns that they may see")
    choice(purpose, "purpose", purposes)
    allowed = purposes[purpose]
    several = isinstance(allowed, Iterable) and not isinstance(allowed, str)
    if not several or not all(isinstance(name, str) for name in allowed):
        raise CustvalError(
            f"purposes[{purpose!r}] must be a sequence of column names",
            suggestion=f"purposes={{{purpose!r}: [{table.columns[0] if table.columns else 'column'!r}]}}",
        )
    seen = {*allowed, "customer_id"}
    kept = [name for name in table.columns if name in seen]
    if not kept:
        raise ColumnError(f"{table.what} has none of the columns that {purpose!r} may see: {', '.join(allowed)}")
    return kept


def _consent_column(table: Table, purpose: str, given: str | None) -> str:
    if given is not None:
        table.require(given)
        return given
    names = (f"consent_{purpose}", purpose)
    found = next((name for name in names if name in table), None)
    if found is None:
        known = [name.removeprefix("consent_") for name in table.columns if name.startswith("consent_")]
        close = nearest(purpose, known)
        hint = f"; did you mean {close!r}?" if close else ""
        general = " (its column 'consent' names no purpose, and is taken if you say so)" if "consent" in table else ""
        column = "consent" if general else "…"
        raise ColumnError(
            f"{table.what} says nowhere who agreed to {purpose!r}: it has no column "
            f"{' or '.join(map(repr, names))}{general}{hint}",
            column=names[0],
            suggestion=f"purpose={close!r}" if close else f"name the column, consent={column!r}, or give consents=",
        )
    return found


def _booleans(table: Table, name: str) -> IntArray:
    """1 for true, 0 for false, −1 for null."""
    series = table[name]
    unknown = nulls(series)
    values = np.full(len(series), -1, dtype=np.int64)
    known = series[np.flatnonzero(~unknown)]
    if series.dtype != nw.Boolean and not (
        series.dtype == nw.Object and all(isinstance(value, (bool, np.bool_)) for value in known.to_list())
    ):
        if unknown.all():
            return values
        raise ColumnError(
            f"{table.what}: column {name!r} must hold true and false; it holds {series.dtype}",
            column=name,
            suggestion="turn it into booleans first",
        )
    values[~unknown] = np.array(known.to_list(), dtype=np.int64)
    return values


def _of_column(table: Table, name: str) -> IntArray:
    """For each row −1 if it may be seen, else the number of the reason why not."""
    return np.array([_UNKNOWN, _REFUSED, -1])[_booleans(table, name) + 1]


def _of_table(table: Table, consents: Table, purpose: str, as_of: Instant | None, *, asked_for: bool) -> IntArray:
    table.require("customer_id", door="customers")
    consents.require("customer_id", "purpose", "granted")
    refuse_other_libraries([table, consents])
    recorded = _recorded(consents)
    if recorded and purpose not in recorded and not asked_for:
        choice(purpose, "purpose", sorted(set(recorded)))
    own_rows = np.array([text == purpose for text in recorded], dtype=bool)
    relevant = dataclasses.replace(consents, frame=consents.rows(own_rows))
    own, theirs, n_customers = _shared(table, relevant)
    granted = _booleans(relevant, "granted")
    begin, started, over = _validity(relevant, as_of)
    state = np.full(n_customers, _UNKNOWN, dtype=np.int64)
    state[theirs[~started]] = _NOT_YET
    # the latest record last, and of equally late ones a refusal; an unknown answer is one
    rows = np.flatnonzero(started)
    rows = rows[np.lexsort((rows, -granted[rows], begin[rows], theirs[rows]))]
    ever = np.zeros(n_customers, dtype=bool)
    ever[theirs[rows[granted[rows] == 1]]] = True
    last = rows[np.flatnonzero(np.diff(theirs[rows], append=-1))] if rows.size else rows
    code = theirs[last]
    refused = np.where(ever[code], _WITHDRAWN, _REFUSED)
    agreed = np.where(over[last], _EXPIRED, -1)
    state[code] = np.where(granted[last] == 1, agreed, np.where(granted[last] == 0, refused, _UNKNOWN))
    found: IntArray = state[own]
    return found


def _recorded(consents: Table) -> list[Any]:
    """The purpose of each record."""
    unknown = nulls(consents["purpose"])
    if unknown.any():
        raise DataError(
            f"{consents.what}: column 'purpose' is missing in {int(unknown.sum()):,} of {len(unknown):,} rows",
            column="purpose",
            count=int(unknown.sum()),
            suggestion="say what was agreed to, or take these records out first",
            code="missing_values",
            examples=np.flatnonzero(unknown)[:5].tolist(),
        )
    return list(map(str, consents["purpose"].to_list()))


def _shared(table: Table, consents: Table) -> tuple[IntArray, IntArray, int]:
    """The customers of both tables numbered alike."""
    (own, theirs), customers = shared_codes([table, consents])
    return own, theirs, len(customers)


def _validity(consents: Table, as_of: Instant | None) -> tuple[IntArray, NDArray[np.bool_], NDArray[np.bool_]]:
    """The instant at which each record begins, in microseconds, and whether it has begun and is over by `as_of`."""
    begin = np.full(len(consents), np.iinfo(np.int64).min + 1)
    begun, over = np.ones(len(consents), dtype=bool), np.zeros(len(consents), dtype=bool)
    bounds = [name for name in ("from", "until") if name in consents]
    if bounds and as_of is None:
        raise CustvalError(
            f"as_of is needed, since consents begin or end ({', '.join(map(repr, bounds))})",
            suggestion="as_of='2024-12-31'",
        )
    for name in bounds:
        column = times(consents, name)
        now = _instant_of(as_of, column.zone)
        known = ~np.isnat(column.wall)
        instant = column.instant[known].astype("M8[us]").astype(np.int64)
        if name == "from":
            begin[known] = instant
            begun[known] = instant <= now
        else:
            wall = column.wall[known].astype("M8[us]").astype(np.int64)
            over[known] = _with_ends_of_days(instant, wall, column.zone) < now
    return begin, begun, over


def _instant_of(as_of: Any, zone: str | None) -> int:
    """The moment asked for; what says no zone itself is read on the clock of the column."""
    asked = moment(as_of, "as_of", zone)
    given = dt.datetime.fromisoformat(as_of.strip()) if isinstance(as_of, str) else as_of
    if getattr(given, "tzinfo", None) is not None:  # the clock on the wall shows the repeated hour of autumn twice
        return int(moment(as_of, "as_of", "UTC").last.astype(np.int64))
    return _last_instant(int(asked.last.astype(np.int64)), zone)


def _with_ends_of_days(instant: IntArray, wall: IntArray, zone: str | None) -> IntArray:
    """The instants, those of midnight moved to the end of the day that they name; each by itself."""
    day = np.flatnonzero(wall % _DAY == 0)
    midnights, which = np.unique(wall[day], return_inverse=True)
    ends = np.array([_last_instant(midnight + _DAY - 1, zone) for midnight in midnights.tolist()], dtype=np.int64)
    moved = instant.copy()
    moved[day] = ends[which]
    return moved


def _last_instant(wall: int, zone: str | None) -> int:
    """The last instant at which a clock shows this, in microseconds."""
    if zone is None:
        return wall
    stamp = np.datetime64(wall, "us").item()
    if not isinstance(stamp, dt.datetime):  # years that no calendar of zones knows
        return wall
    return (stamp.replace(tzinfo=zone_named(zone), fold=1) - _EPOCH) // dt.timedelta(microseconds=1)
