"""Numbers that prove themselves: check digits of cards, bank accounts, and Chinese identity and credit codes.

The functions take a text and say whether it is such a number: length, characters and check digits. Spaces and
hyphens between the digits are allowed where people write them, and full-width digits count as digits. That a number is
valid does not mean that it was ever given out.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from typing import NamedTuple

from custval._kernels.check_characters import CREDIT_CODE_CHARACTERS, mod_11_2, mod_31

__all__ = [
    "RESIDENT_REGIONS",
    "Proven",
    "cn_resident_id_is_valid",
    "gb_national_insurance_is_valid",
    "iban_is_valid",
    "luhn_is_valid",
    "read_cn_resident_id",
    "read_unified_social_credit_code",
    "unified_social_credit_code_is_valid",
    "us_social_security_is_valid",
]

_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)  # twice a digit, digits added up

_RESIDENT = re.compile(r"\d{17}[\dX]", re.ASCII)
_OLD_RESIDENT = re.compile(r"\d{15}", re.ASCII)
RESIDENT_REGIONS = frozenset(
    map(
        str,
        [
            *range(11, 16),
            *range(21, 24),
            *range(31, 38),
            *range(41, 47),
            *range(50, 55),
            *range(61, 66),
            71,
            81,
            82,
            83,
        ],
    )
)
"""The first two digits: provinces, Taiwan, Hong Kong, Macao (and 83, residence permits of Taiwan)."""
_FOREIGN = "9"  # the first digit of foreigners with permanent residence
# The numbers are given out since 1984, and nobody is known to have lived for more than 122 years.
_FIRST_BIRTH = dt.date(1862, 1, 1)
# What no number can say yet: a date that does not move, so that an answer stays the same. `as_of` says it exactly.
_LAST_BIRTH = dt.date(2035, 12, 31)

_CREDIT = re.compile(rf"[{CREDIT_CODE_CHARACTERS}]{{2}}\d{{6}}[{CREDIT_CODE_CHARACTERS}]{{10}}", re.ASCII)
_SEPARATORS = re.compile(r"[ \-_.']")

_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", re.ASCII)
# how long the account numbers of a country are, from the register of ISO 13616
_IBAN_LENGTHS = {
    country: length
    for length, countries in {
        15: "NO",
        16: "BE",
        18: "DK FI FO GL NL SD",
        19: "MK SI",
        20: "AT BA EE KZ LT LU MN XK",
        21: "CH HR LI LV",
        22: "BG BH CR DE GB GE IE ME RS VA",
        23: "AE GI IL IQ OM SO TL",
        24: "AD CZ ES MD PK RO SA SE SK TN VG",
        25: "LY PT ST",
        26: "IS TR",
        27: "BI DJ FR GR IT MC MR SM",
        28: "AL AZ BY CY DO GT HU LB NI PL SV",
        29: "BR EG PS QA UA",
        30: "JO KW MU",
        31: "MT SC",
        32: "LC",
        33: "RU",
    }.items()
    for country in countries.split()
}

_SSN = re.compile(r"(?!000|666|9)\d{3}([- ]?)(?!00)\d{2}\1(?!0000)\d{4}", re.ASCII)
_NINO = re.compile(r"(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]", re.ASCII)


def luhn_is_valid(text: str) -> bool:
    """Whether the digits of a text end in the check digit of Luhn, as card numbers do.

    Parameters
    ----------
    text : str
        At least two digits; single spaces or hyphens between them are allowed.

    Returns
    -------
    bool

    References
    ----------
    ISO/IEC 7812-1, annex B (the formula of H. P. Luhn, US patent 2,950,048).

    Examples
    --------
    >>> luhn_is_valid("4111 1111 1111 1111"), luhn_is_valid("4111 1111 1111 1112")
    (True, False)
    """
    digits = _without_gaps(text)
    if len(digits) < 2 or not (digits.isascii() and digits.isdigit()):
        return False
    numbers = [ord(digit) - 48 for digit in reversed(digits)]
    return (sum(numbers[::2]) + sum(_DOUBLED[number] for number in numbers[1::2])) % 10 == 0


def iban_is_valid(text: str) -> bool:
    """Whether a text is an international bank account number: country, length, and rest 1 modulo 97.

    Parameters
    ----------
    text : str
        Letters of either case; single spaces or hyphens between the groups are allowed.

    Returns
    -------
    bool

    References
    ----------
    ISO 13616-1, and ISO/IEC 7064, MOD 97-10, for the check digits.

    Examples
    --------
    >>> iban_is_valid("GB82 WEST 1234 5698 7654 32"), iban_is_valid("GB82 WEST 1234 5698 7654 33")
    (True, False)
    """
    account = _without_gaps(text).upper()
    if _IBAN.fullmatch(account) is None or len(account) != _IBAN_LENGTHS.get(account[:2]):
        return False
    return int("".join(str(int(char, 36)) for char in account[4:] + account[:4])) % 97 == 1


class Proven(NamedTuple):
    """A number as it is written in full, or why it is none: "characters", "region", "birth_date" or "check"."""

    number: str = ""
    problem: str = ""
    completed: bool = False


def read_cn_resident_id(text: str, as_of: dt.date | None = None) -> Proven:
    """The number of a Chinese resident: region, a birth date there is, and the check character.

    Parameters
    ----------
    text : str
        18 characters, the last a digit or X of either case, or the 15 digits that were given out before 1999: these
        are completed by the century and the check character. Spaces and ``-_.'`` are left out.
    as_of : date, optional
        Nobody is born after it. By default the end of 2035, whatever the day is. Nobody is born before 1862.

    Returns
    -------
    Proven
        With the 18 characters, or the first problem.

    Notes
    -----
    Foreigners with permanent residence have a 9 in front, and what follows is not looked up.

    References
    ----------
    GB 11643-1999, and ISO/IEC 7064, MOD 11-2, for the check digit.

    Examples
    --------
    >>> read_cn_resident_id("110105 491231 002").number, read_cn_resident_id("110105194912310021").problem
    ('11010519491231002X', 'check')
    """
    bare = _bare(text)
    old = _OLD_RESIDENT.fullmatch(bare) is not None
    if not old and _RESIDENT.fullmatch(bare) is None:
        return Proven(problem="characters")
    stem = bare[:6] + "19" + bare[6:] if old else bare[:17]
    if stem[:2] not in RESIDENT_REGIONS and stem[0] != _FOREIGN:
        return Proven(problem="region")
    if not _is_a_birth_date(stem[6:14], as_of or _LAST_BIRTH):
        return Proven(problem="birth_date")
    full = stem + mod_11_2(stem)
    return Proven(full, completed=old) if old or full == bare else Proven(problem="check")


def cn_resident_id_is_valid(text: str) -> bool:
    """Whether a text is the number of a Chinese resident, and proves it: those of 15 digits have no check character.

    Examples
    --------
    >>> cn_resident_id_is_valid("11010519491231002X"), cn_resident_id_is_valid("110105194912310021")
    (True, False)
    """
    found = read_cn_resident_id(text)
    return not found.problem and not found.completed


def read_unified_social_credit_code(text: str) -> Proven:
    """The code of a Chinese organization (统一社会信用代码): characters and check character.

    Parameters
    ----------
    text : str
        18 characters, letters of either case. Spaces and ``-_.'`` are left out.

    Returns
    -------
    Proven
        With the 18 characters, or the first problem.

    References
    ----------
    GB 32100-2015: the check character is 31 − Σ c_i 3^(i−1) mod 31.

    Examples
    --------
    >>> read_unified_social_credit_code("91350100m000100y43").number
    '91350100M000100Y43'
    >>> read_unified_social_credit_code("91350100M000100Y44").problem
    'check'
    """
    code = _bare(text)
    if _CREDIT.fullmatch(code) is None:
        return Proven(problem="characters")
    return Proven(code) if mod_31(code[:17]) == code[17] else Proven(problem="check")


def unified_social_credit_code_is_valid(text: str) -> bool:
    """Whether a text is the code of a Chinese organization.

    Examples
    --------
    >>> unified_social_credit_code_is_valid("91350100M000100Y43")
    True
    """
    return not read_unified_social_credit_code(text).problem


def us_social_security_is_valid(text: str) -> bool:
    """Whether a text can be a US social security number: no area 000, 666 or 9xx, no group 00, no serial 0000.

    There is no check digit, so any nine digits nearly always pass: the form with hyphens says more.

    Examples
    --------
    >>> us_social_security_is_valid("536-90-4399"), us_social_security_is_valid("666-12-3456")
    (True, False)
    """
    return _SSN.fullmatch(_half_width(text).strip()) is not None


def gb_national_insurance_is_valid(text: str) -> bool:
    """Whether a text can be a British national insurance number: prefix, six digits, suffix A to D.

    Examples
    --------
    >>> gb_national_insurance_is_valid("AB 12 34 56 C"), gb_national_insurance_is_valid("QQ 12 34 56 C")
    (True, False)
    """
    return _NINO.fullmatch(_without_gaps(text).upper()) is not None


def _half_width(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


def _without_gaps(text: str) -> str:
    return re.sub(r"(?<=\w)[ -](?=\w)", "", _half_width(text).strip())


def _bare(text: str) -> str:
    return _SEPARATORS.sub("", _half_width(text).strip()).upper()


def _is_a_birth_date(digits: str, last: dt.date) -> bool:
    try:
        day = dt.date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return _FIRST_BIRTH <= day <= last
