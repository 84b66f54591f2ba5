"""Defects of customer records: what goes wrong when people type, and when they register twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from custval.datasets.defects import CUSTOMER_KINDS, Ledger, draw_rows
from custval.typing import IntArray

__all__ = ["TESTER_NAMES", "Records", "plant_in_records"]

Records = dict[str, NDArray[Any]]
"""Customer records as arrays; text as objects, None where it is missing."""

TESTER_NAMES = (("Test", "User"), ("QA", "Account"), ("Demo", "Customer"), ("测试", "账号"))

_GAPS = ("email", "phone", "city", "birth_date")
_BAD_EMAILS: tuple[Callable[[str], str], ...] = (
    lambda email: email.replace("@", "."),
    lambda email: email.replace("@", "@@"),
    lambda email: email.partition("@")[0] + "@",
    lambda email: email.replace(".", " ", 1),
    lambda email: email.rpartition(".")[0],
)
_BAD_PHONES = ("12345", "unknown", "000-000", "n/a", "phone on file")


def plant_in_records(
    clean: Records,
    rates: Mapping[str, float],
    days: tuple[np.datetime64, np.datetime64],
    n_testers: int,
    rng: np.random.Generator,
) -> tuple[Records, Ledger]:
    """A dirty copy of the records, with new ones at the end, and the list of what was done to it.

    `days` are the first and the last of the data.
    """
    drawn = draw_rows(np.ones(len(clean["email"]), dtype=bool), {**rates, "test_account": 0.0}, CUSTOMER_KINDS, rng)
    ledger = Ledger("customers")
    records = {name: column.copy() for name, column in clean.items()}
    for column, kind, spoil in (("email", "malformed_email", _bad_email), ("phone", "malformed_phone", _bad_phone)):
        rows = drawn[kind]
        records[column][rows] = [spoil(value, rng) for value in clean[column][rows]]
        ledger.changed(kind, column, rows, clean[column][rows].tolist())
    _leave_gaps(records, drawn["missing_value"], ledger, rng)
    _age(records, drawn["absurd_birth_date"], ledger, rng)
    twins, testers = _twins(clean, drawn["duplicate_person"], days[1], rng), _testers(clean, n_testers, days[0])
    n = len(clean["email"])
    ledger.added("duplicate_person", n + np.arange(len(twins["email"])), drawn["duplicate_person"])
    ledger.added("test_account", n + len(twins["email"]) + np.arange(n_testers))
    return {name: np.concatenate([records[name], twins[name], testers[name]]) for name in clean}, ledger


def _bad_email(email: str, rng: np.random.Generator) -> str:
    return _BAD_EMAILS[rng.integers(len(_BAD_EMAILS))](email)


def _bad_phone(_: str, rng: np.random.Generator) -> str:
    return _BAD_PHONES[rng.integers(len(_BAD_PHONES))]


def _leave_gaps(records: Records, rows: IntArray, ledger: Ledger, rng: np.random.Generator) -> None:
    which = rng.integers(0, len(_GAPS), len(rows))
    for place, column in enumerate(_GAPS):
        gaps = rows[which == place]
        ledger.changed("missing_value", column, gaps, [str(value) for value in records[column][gaps]])
        records[column][gaps] = np.datetime64("NaT", "D") if column == "birth_date" else None


def _age(records: Records, rows: IntArray, ledger: Ledger, rng: np.random.Generator) -> None:
    ledger.changed("absurd_birth_date", "birth_date", rows, [str(day) for day in records["birth_date"][rows]])
    records["birth_date"][rows] = np.datetime64("1893-01-01") + rng.integers(0, 365, len(rows)).astype("m8[D]")


def _twins(clean: Records, rows: IntArray, last_day: np.datetime64, rng: np.random.Generator) -> Records:
    """The same persons registered again, later: the name with a slip, and another mail address, phone or city."""
    twins = {name: column[rows] for name, column in clean.items()}
    for row in range(len(rows)):
        given, family = twins["given_name"][row], twins["family_name"][row]
        twins["given_name"][row], twins["family_name"][row] = _slip(given, family, rng)
        _other_contact(twins, row, rng)
    days = (last_day - twins["acquired_at"]).astype(np.int64)
    twins["acquired_at"] = twins["acquired_at"] + rng.integers(0, days + 1).astype("m8[D]")
    return twins


def _slip(given: str, family: str, rng: np.random.Generator) -> tuple[str, str]:
    if not family.isascii() or len(family) < 4:
        return (family, given)
    kind = rng.integers(5)
    at = int(rng.integers(1, len(family) - 1))
    if kind == 0:
        return given, family[:at] + family[at + 1 :]
    if kind == 1:
        return given, family[:at] + family[at] + family[at:]
    if kind == 2 and family[at] != family[at + 1]:
        return given, family[:at] + family[at + 1] + family[at] + family[at + 2 :]
    return (f"{given[0]}.", family) if kind == 3 else (given.upper(), family.upper())


def _other_contact(twins: Records, row: int, rng: np.random.Generator) -> None:
    kind = rng.integers(4)
    email, phone = twins["email"][row], twins["phone"][row]
    if kind == 0:
        twins["email"][row] = email.partition("@")[0].replace(".", "_") + "@example.com"
    elif kind == 1:
        twins["email"][row] = None
    elif kind == 2:
        twins["phone"][row] = f"{phone[:3]} {phone[3:6]}-{phone[6:]}"
    else:
        twins["city"][row] = twins["city"][row].upper() + " "


def _testers(clean: Records, count: int, first_day: np.datetime64) -> Records:
    """Accounts of the staff."""
    names = np.array(TESTER_NAMES, dtype=object)[np.arange(count) % len(TESTER_NAMES)].reshape(count, 2)
    return {name: np.empty(count, dtype=column.dtype) for name, column in clean.items()} | {
        "given_name": names[:, 0],
        "family_name": names[:, 1],
        "email": np.array([f"test{number}@example.com" for number in range(1, count + 1)], dtype=object),
        "phone": np.full(count, "+15555550100", dtype=object),
        "city": np.full(count, "Test City", dtype=object),
        "country": np.full(count, 0, dtype=clean["country"].dtype),
        "birth_date": np.full(count, np.datetime64("1990-01-01")),
        "acquired_at": np.full(count, first_day),
        "channel": np.zeros(count, dtype=clean["channel"].dtype),
        "cost": np.zeros(count, dtype=clean["cost"].dtype),
        "consent": np.zeros(count, dtype=bool),
    }
