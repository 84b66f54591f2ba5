"""Chinese identity numbers: of residents (GB 11643-1999) and of organizations (GB 32100-2015)."""

from __future__ import annotations

import datetime as dt

from custval._kernels.identity_numbers import read_cn_resident_id, read_unified_social_credit_code
from custval.data_quality._outcome import Outcome

__all__ = ["birth_date_of", "gender_of", "read_credit_code", "read_resident_id"]

_PROBLEMS = {
    "characters": "neither 18 characters nor 15 digits",
    "region": "no region has its first digits",
    "birth_date": "its date of birth does not exist, or nobody living can have it",
    "check": "its check character is wrong",
}


def read_resident_id(text: str, as_of: dt.date | None = None) -> Outcome:
    """A resident identity number with its 18 characters; those of 15 digits (before 1999) are completed."""
    found = read_cn_resident_id(text, as_of)
    if found.problem:
        return Outcome(text, problem=f"no identity number: {_PROBLEMS[found.problem]}")
    if found.completed:
        return Outcome(found.number, "identity number of 15 digits completed to 18")
    return Outcome(found.number, "identity number in capitals, without separators" if found.number != text else "")


def read_credit_code(text: str) -> Outcome:
    """A unified social credit code of 18 characters."""
    found = read_unified_social_credit_code(text)
    if found.problem:
        why = _PROBLEMS["check"] if found.problem == "check" else "not 18 of its characters"
        return Outcome(text, problem=f"no credit code: {why}")
    return Outcome(found.number, "credit code in capitals, without separators" if found.number != text else "")


def birth_date_of(full: str) -> dt.date:
    """The date of birth in a right number of 18 characters: the seventh to the fourteenth."""
    return dt.date(int(full[6:10]), int(full[10:12]), int(full[12:14]))


def gender_of(full: str) -> str:
    """The gender in a number of 18 characters: the seventeenth is odd for men."""
    return "male" if int(full[16]) % 2 else "female"
