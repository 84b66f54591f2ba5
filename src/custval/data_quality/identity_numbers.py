"""What Chinese identity numbers say: whether they are right, and a resident's date of birth and gender.

A date of birth that nobody living can have is not right: before 1862 (the numbers are given out since 1984, and nobody
is known to have lived for more than 122 years), or after `as_of`. Without `as_of` that is the end of 2035, whatever the
day is, so that an answer does not change from one day to the next.
"""

from __future__ import annotations

import datetime as dt

from custval._check import moment
from custval.data_quality._clean_text import clean
from custval.data_quality._identity import birth_date_of, gender_of, read_credit_code, read_resident_id
from custval.errors import CustvalError
from custval.typing import Instant

__all__ = ["birth_date", "complete", "gender", "is_credit_code", "is_resident_id"]


def complete(number: str, as_of: Instant | None = None) -> str | None:
    """A resident identity number (GB 11643-1999) with its 18 characters; None if it is not right.

    Numbers of 15 digits, given out before 1999, are completed by the century and the check character
    (ISO 7064 MOD 11-2).

    Parameters
    ----------
    number : str
    as_of : date, datetime, datetime64 or ISO text, optional
        Nobody is born after that day.

    Returns
    -------
    str or None

    Raises
    ------
    CustvalError
        If the number is no text.

    Examples
    --------
    >>> from custval.data_quality import identity_numbers
    >>> identity_numbers.complete("110105 491231 002"), identity_numbers.complete("110105194912310021")
    ('11010519491231002X', None)
    """
    day = None if as_of is None else moment(as_of, "as_of").stamp.astype("M8[D]").item()
    outcome = read_resident_id(clean(_text(number)), day)
    return None if outcome.problem else outcome.value


def is_resident_id(number: str, as_of: Instant | None = None) -> bool:
    """Whether a resident identity number is right: region, date of birth and check character.

    Examples
    --------
    >>> from custval.data_quality import identity_numbers
    >>> identity_numbers.is_resident_id("11010519491231002x")
    True
    >>> identity_numbers.is_resident_id("11010519491231002x", as_of="1949-12-30")
    False
    """
    return complete(number, as_of) is not None


def birth_date(number: str, as_of: Instant | None = None) -> dt.date | None:
    """The date of birth in a resident identity number; None if the number is not right.

    Examples
    --------
    >>> from custval.data_quality import identity_numbers
    >>> identity_numbers.birth_date("11010519491231002X")
    datetime.date(1949, 12, 31)
    """
    full = complete(number, as_of)
    return None if full is None else birth_date_of(full)


def gender(number: str, as_of: Instant | None = None) -> str | None:
    """The gender in a resident identity number, "male" or "female"; None if the number is not right.

    Examples
    --------
    >>> from custval.data_quality import identity_numbers
    >>> identity_numbers.gender("11010519491231002X")
    'female'
    """
    full = complete(number, as_of)
    return None if full is None else gender_of(full)


def is_credit_code(code: str) -> bool:
    """Whether a unified social credit code (GB 32100-2015) is right: its characters, and the last one.

    Examples
    --------
    >>> from custval.data_quality import identity_numbers
    >>> identity_numbers.is_credit_code("91350100M000100Y43"), identity_numbers.is_credit_code("91350100M000100Y44")
    (True, False)
    """
    return not read_credit_code(clean(_text(code))).problem


def _text(number: str) -> str:
    if not isinstance(number, str):
        raise CustvalError(f"an identity number must be text, since numbers lose digits; got {type(number).__name__}")
    return number
