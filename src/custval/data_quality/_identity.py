"""Chinese identity numbers: of residents (GB 11643-1999) and of organizations (GB 32100-2015)."""

from __future__ import annotations

import datetime as dt
import re

from custval._kernels.check_characters import CREDIT_CODE_CHARACTERS, mod_11_2, mod_31
from custval.data_quality._chinese_places import PROVINCES
from custval.data_quality._outcome import Outcome

__all__ = ["birth_date_of", "gender_of", "read_credit_code", "read_resident_id"]

_RESIDENT = re.compile(r"\d{17}[\dX]")
_OLD_RESIDENT = re.compile(r"\d{15}")
# residents of Hong Kong, Macao and Taiwan have 81 to 83, foreigners with permanent residence a 9
_REGIONS = frozenset({province.code for province in PROVINCES} | {"83"})
_CREDIT_CODE = re.compile(f"[{CREDIT_CODE_CHARACTERS}]{{2}}[0-9]{{6}}[{CREDIT_CODE_CHARACTERS}]{{10}}")
_SEPARATORS = re.compile(r"[ \-_.']")


def read_resident_id(text: str) -> Outcome:
    """A resident identity number with its 18 characters; those of 15 digits (before 1999) are completed."""
    bare = _SEPARATORS.sub("", text).upper()
    old = _OLD_RESIDENT.fullmatch(bare) is not None
    if not old and not _RESIDENT.fullmatch(bare):
        return Outcome(text, problem="no identity number: neither 18 characters nor 15 digits")
    full = bare[:6] + "19" + bare[6:] if old else bare
    if full[:2] not in _REGIONS and full[0] != "9":
        return Outcome(text, problem="no identity number: no region has its first digits")
    if _date(full) is None:
        return Outcome(text, problem="no identity number: its date of birth does not exist")
    if old:
        return Outcome(full + mod_11_2(full), "identity number of 15 digits completed to 18")
    if mod_11_2(full[:17]) != full[17]:
        return Outcome(text, problem="no identity number: its check character is wrong")
    return Outcome(full, "identity number in capitals, without separators" if full != text else "")


def read_credit_code(text: str) -> Outcome:
    """A unified social credit code of 18 characters."""
    bare = _SEPARATORS.sub("", text).upper()
    if not _CREDIT_CODE.fullmatch(bare):
        return Outcome(text, problem="no credit code: not 18 of its characters")
    if mod_31(bare[:17]) != bare[17]:
        return Outcome(text, problem="no credit code: its check character is wrong")
    return Outcome(bare, "credit code in capitals, without separators" if bare != text else "")


def _date(full: str) -> dt.date | None:
    try:
        return dt.date(int(full[6:10]), int(full[10:12]), int(full[12:14]))
    except ValueError:
        return None


def birth_date_of(full: str) -> dt.date | None:
    """The date of birth in a number of 18 characters: the seventh to the fourteenth."""
    return _date(full)


def gender_of(full: str) -> str:
    """The gender in a number of 18 characters: the seventeenth is odd for men."""
    return "male" if int(full[16]) % 2 else "female"
