"""Postal addresses as they are written in English, some languages of Europe, and Chinese."""

from __future__ import annotations

import re

__all__ = ["ADDRESS_INSIDE", "CHINESE_ADDRESS", "is_address"]

_STREETS = tuple(
    """
    street st road rd avenue ave lane ln drive dr court crt ct place pl close crescent cres boulevard blvd
    parade pde terrace tce highway hwy circuit square sq grove gardens gdns way parkway pkwy mews esplanade
    alley trail loop plaza rise quay
    """.split()  # noqa: SIM905
)
_AMBIGUOUS = frozenset(
    "st dr way place pl close square gardens court rise loop plaza trail lane ct grove".split()  # noqa: SIM905
)
_STREET_WORD = re.compile(rf"\b(?:{'|'.join(_STREETS)})\b\.?", re.IGNORECASE)
_EUROPEAN_STREET = re.compile(
    r"\w+(?:str(?:aße|asse|\.)|weg|gasse|allee|platz|straat|laan|gatan)\s+\d{1,4} ?[a-z]?\b"
    r"|\b(?:rue|avenue|boulevard|place|via|piazza|calle|plaza|avenida|rua|viale|corso)\s+(?:d\w+ |\w+ ){0,3}\w+",
    re.IGNORECASE,
)
_BOX = re.compile(r"\b(?:p\.? ?o\.? ?box|postfach|邮政信箱)\s*\d+", re.IGNORECASE)
CHINESE_ADDRESS = re.compile(
    r"[\u4e00-\u9fff]{1,12}(?:路|街|巷|道|弄|胡同|大街|大道)[\u4e00-\u9fff\d\s]{0,8}?\d{1,5}\s*[号弄栋幢室]"
    r"|[\u4e00-\u9fff]{2,8}[省市][\u4e00-\u9fff]{1,8}[市区县州旗][\u4e00-\u9fff\d]{1,30}"
    r"|[\u4e00-\u9fff]{2,14}(?:小区|花园|大厦|公寓|新村|家园)[\u4e00-\u9fff]{0,4}\d{1,4}\s*[号栋幢座室单]"
)
ADDRESS_INSIDE = re.compile(
    rf"(?<![\w$€£¥.-])\d{{1,5}}[A-Za-z]? (?:[A-Z][\w'.-]*\s){{1,3}}(?:{'|'.join(word.title() for word in _STREETS)})\b"
)

# what a text must hold to be an address at all, in lower case: words, and parts of words
_ADDRESS_WORDS = frozenset(_STREETS) | frozenset(
    "rue avenue boulevard place via piazza calle plaza avenida rua viale corso".split()  # noqa: SIM905
)
_ADDRESS_PARTS = re.compile(r"box|postfach|str(?:asse|\.)|weg\s|gasse\s|allee\s|platz\s|straat\s|laan\s|gatan\s")
_WORD = re.compile(r"\w+")


def is_address(text: str) -> bool:
    """Whether a text is written like a postal address: a street by its word, a house number, or a post office box."""
    if text.isascii() and not _may_be_address(text.lower()):
        return False
    if _BOX.search(text) or _EUROPEAN_STREET.search(text) or CHINESE_ADDRESS.search(text):
        return True
    found = _STREET_WORD.search(text)
    if found is None:
        return False
    words = text.split()
    number = words[0][:1].isdigit() and len(words) >= 3
    # without a house number the word of the street must stand last and mean nothing else
    last = words[-1].rstrip(".").casefold()
    return number or (2 <= len(words) <= 5 and last in _STREETS and last not in _AMBIGUOUS)


def _may_be_address(lower: str) -> bool:
    """Whether a text of ASCII has a word of an address anywhere: faster than by its patterns."""
    return not _ADDRESS_WORDS.isdisjoint(_WORD.findall(lower)) or _ADDRESS_PARTS.search(lower) is not None
