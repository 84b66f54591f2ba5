"""Check characters of identity numbers: ISO 7064 MOD 11-2, and the modulus 31 of GB 32100-2015."""

from __future__ import annotations

__all__ = ["CREDIT_CODE_CHARACTERS", "mod_11_2", "mod_31"]

CREDIT_CODE_CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""The 31 characters of a unified social credit code: no I, O, S, V, Z; the place is the value."""

_VALUES = {character: value for value, character in enumerate(CREDIT_CODE_CHARACTERS)}


def mod_11_2(digits: str) -> str:
    """The check character of some digits by ISO/IEC 7064, MOD 11-2: "0" to "9" or "X".

    The pure system with radix 2: each digit is weighted by a power of 2 and all, check character included, are
    congruent to 1 modulo 11. GB 11643-1999 takes it for the 18th character of a resident identity number.

    Examples
    --------
    >>> from custval._kernels.check_characters import mod_11_2
    >>> mod_11_2("11010519491231002")
    'X'
    """
    remainder = 0
    for digit in digits:
        remainder = 2 * (remainder + int(digit)) % 11
    value = (12 - remainder) % 11
    return "X" if value == 10 else str(value)


def mod_31(characters: str) -> str:
    """The check character of the first 17 characters of a unified social credit code (GB 32100-2015).

    The weight of character i is 3^(i−1) modulo 31, and C18 = 31 − Σ C_i W_i modulo 31, with 31 written as 0.

    Examples
    --------
    >>> from custval._kernels.check_characters import mod_31
    >>> mod_31("91350100M000100Y4")
    '3'
    """
    total = sum(_VALUES[character] * pow(3, place, 31) for place, character in enumerate(characters))
    return CREDIT_CODE_CHARACTERS[-total % 31]
