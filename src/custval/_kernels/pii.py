"""Personal data in texts: what a value is, what a header says, and where in free text it stands.

Three questions, each answered for one text at a time:

- `kinds_of(text)`: which kinds of personal data the whole text is, by its form and its check digits;
- `is_plausible(kind, text)`: whether a value can be of a kind that the header has named already;
- `find_spans(text)`: which parts of a longer text are personal data.

Nothing is looked up anywhere, and no text is kept.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Callable
from typing import NamedTuple

from custval._kernels.dates_in_text import year_in
from custval._kernels.identity_numbers import (
    cn_resident_id_is_valid,
    gb_national_insurance_is_valid,
    iban_is_valid,
    luhn_is_valid,
    us_social_security_is_valid,
)
from custval._kernels.person_names import chinese_name, western_name

__all__ = ["KINDS", "Span", "find_spans", "half_width", "is_plausible", "kinds_of"]

KINDS = (
    "email",
    "phone",
    "name",
    "national_id",
    "card_number",
    "bank_account",
    "ip_address",
    "address",
    "postcode",
    "birth_date",
)
"""The kinds of personal data that are told apart."""

_LONGEST = 200  # no value of a kind is longer; texts beyond it can only contain one

_EMAIL = re.compile(r"[^\s@,;:<>()\[\]\"]{1,64}@(?:[^\s@.,;:<>()\[\]\"/]+\.)+[^\W\d_]{2,}")
_EMAIL_INSIDE = re.compile(
    r"(?<![\w.+%-])[A-Za-z0-9_](?:[A-Za-z0-9_.+%'-]{0,62}[A-Za-z0-9_])?@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,24}(?![\w-])",
    re.ASCII,
)
_SEPARATORS = r"[ ./-]"
# +44 20 7946 0123 · (212) 555-0101 · 212-555-0101 · 310/246-1501 · 0171 1234567 · 010-12345678
_PHONE_FORMS = (
    r"(?:\+|00)[1-9](?:[ ./()-]{0,2}\d){6,14}",
    rf"(?:\+?1{_SEPARATORS})?(?:\([2-9]\d{{2}}\) ?|[2-9]\d{{2}}{_SEPARATORS}+)\d{{3}}{_SEPARATORS}+\d{{4}}",
    r"(?:\(0\d{1,4}\)|0\d{1,4})[ /-]\d{2,4}(?:[ -]?\d{2,4}){1,3}",
    r"0[1-9]\d{8,9}",
    r"(?:\+?86[ -]?)?1[3-9]\d{1}(?:[ -]?\d{4}){2}",
)
_EXTENSION = r"(?: ?(?:x|ext\.?|转|分机) ?\d{1,6})?"
_PHONE = re.compile(rf"(?:{'|'.join(_PHONE_FORMS)}){_EXTENSION}", re.ASCII | re.IGNORECASE)
_PHONE_INSIDE = re.compile(rf"(?<![\w.+/-])(?:{'|'.join(_PHONE_FORMS)})(?![\w/-]|\.\d)", re.ASCII)
_CARD = re.compile(r"[2-6]\d{3}(?:[ -]?\d{4}){2}(?:[ -]?\d{1,7})|3[47]\d{2}[ -]?\d{6}[ -]?\d{5}", re.ASCII)
_CARD_INSIDE = re.compile(rf"(?<![\w.-])(?:{_CARD.pattern})(?![\w-]|\.\d)", re.ASCII)
_RESIDENT_INSIDE = re.compile(r"(?<!\d)[1-9]\d{16}[\dXx](?!\w)", re.ASCII)
_SSN_INSIDE = re.compile(r"(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])", re.ASCII)
_IBAN_INSIDE = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])")
_IP4 = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}", re.ASCII)
_IP4_INSIDE = re.compile(rf"(?<![\w.])(?:{_IP4.pattern})(?![\w.])", re.ASCII)
_POSTCODE = re.compile(
    r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[ABCEGHJ-NPRSTVXY]\d[A-Z][ -]?\d[A-Z]\d|\d{5}-\d{4}|[1-9]\d{3} ?[A-Z]{2}",
    re.ASCII | re.IGNORECASE,
)

_STREETS = tuple(
    """
    street st road rd avenue ave lane ln drive dr court crt ct place pl close crescent cres boulevard blvd
    parade pde terrace tce highway hwy circuit square sq grove gardens gdns way parkway pkwy mews esplanade
    alley trail loop plaza rise quay
    """.split()  # noqa: SIM905
)
_AMBIGUOUS = frozenset(
    [
        "st",
        "dr",
        "way",
        "place",
        "pl",
        "close",
        "square",
        "gardens",
        "court",
        "rise",
        "loop",
        "plaza",
        "trail",
        "lane",
        "ct",
        "grove",
    ]
)
_STREET_WORD = re.compile(rf"\b(?:{'|'.join(_STREETS)})\b\.?", re.IGNORECASE)
_EUROPEAN_STREET = re.compile(
    r"\w+(?:str(?:aße|asse|\.)|weg|gasse|allee|platz|straat|laan|gatan)\s+\d{1,4} ?[a-z]?\b"
    r"|\b(?:rue|avenue|boulevard|place|via|piazza|calle|plaza|avenida|rua|viale|corso)\s+(?:d\w+ |\w+ ){0,3}\w+",
    re.IGNORECASE,
)
_BOX = re.compile(r"\b(?:p\.? ?o\.? ?box|postfach|邮政信箱)\s*\d+", re.IGNORECASE)
_CHINESE_ADDRESS = re.compile(
    r"[\u4e00-\u9fff]{1,12}(?:路|街|巷|道|弄|胡同|大街|大道)[\u4e00-\u9fff\d\s]{0,8}?\d{1,5}\s*[号弄栋幢室]"
    r"|[\u4e00-\u9fff]{2,8}[省市][\u4e00-\u9fff]{1,8}[市区县州旗][\u4e00-\u9fff\d]{1,30}"
    r"|[\u4e00-\u9fff]{2,14}(?:小区|花园|大厦|公寓|新村|家园)[\u4e00-\u9fff]{0,4}\d{1,4}\s*[号栋幢座室单]"
)
_ADDRESS_INSIDE = re.compile(
    rf"(?<![\w$€£¥.-])\d{{1,5}}[A-Za-z]? (?:[A-Z][\w'.-]*\s){{1,3}}(?:{'|'.join(word.title() for word in _STREETS)})\b"
)

_LETTERS = re.compile(r"[^\W\d_](?:[^\W\d_]|[ .'’·,-])*")
_NAME_INSIDE = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Miss|Dr|Prof)\.? |\b[Mm]y name is |\b[Cc]ontact(?: person)?: ?)"
    r"(?P<western>[A-Z][\w'’-]+(?: [A-Z][\w'’-]+){0,2})"
    r"|(?:我叫|我是|姓名|联系人|收件人|收货人|客户)[:：]?\s?(?P<chinese>[\u4e00-\u9fff]{2,3})"
    r"|(?P<title>[\u4e00-\u9fff]{1,3})(?=先生|女士|小姐)"
)


class Span(NamedTuple):
    """A part of a text that is personal data: `text[start:stop]` is of `kind`."""

    start: int
    stop: int
    kind: str


def half_width(text: str) -> str:
    """Full-width letters, digits and signs as plain ones, character by character."""
    return text if text.isascii() else text.translate(_HALF_WIDTH)


_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}


def kinds_of(text: str) -> tuple[str, ...]:
    """The kinds of personal data that a whole text can be by its own form; mostly none, seldom more than one.

    Birth dates are not among them: any date can be one, and only all dates of a column tell.

    Examples
    --------
    >>> kinds_of("ann@example.com"), kinds_of("138 1234 5678"), kinds_of("order 17")
    (('email',), ('phone',), ())
    """
    plain = half_width(text).strip()
    if not 1 <= len(plain) <= _LONGEST:
        return ()
    if _EMAIL.fullmatch(plain) is not None:
        return ("email",)
    if not any(map(str.isdigit, plain)):
        return _of_letters(plain)
    return tuple(kind for kind, is_kind in _NUMBERED.items() if is_kind(plain))


def _of_letters(text: str) -> tuple[str, ...]:
    if is_address(text):
        return ("address",)
    return ("name",) if _is_a_name(text) else ()


def _is_a_name(text: str) -> bool:
    if len(text) > 60 or _LETTERS.fullmatch(text) is None:
        return False
    return chinese_name(text) or western_name(text)


def is_address(text: str) -> bool:
    """Whether a text is written like a postal address: a street by its word, a house number, or a post office box."""
    if _BOX.search(text) or _EUROPEAN_STREET.search(text) or _CHINESE_ADDRESS.search(text):
        return True
    found = _STREET_WORD.search(text)
    if found is None:
        return False
    words = text.split()
    number = words[0][:1].isdigit() and len(words) >= 3
    # without a house number the word of the street must stand last and mean nothing else
    last = words[-1].rstrip(".").casefold()
    return number or (2 <= len(words) <= 5 and last in _STREETS and last not in _AMBIGUOUS)


def _is_phone(text: str) -> bool:
    if _PHONE.fullmatch(text) is None or _IP4.fullmatch(text) is not None:
        return False
    return 7 <= sum(map(str.isdigit, text)) <= 18


def _is_ip(text: str) -> bool:
    if _IP4.fullmatch(text) is None and text.count(":") < 2:
        return False
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_national_id(text: str) -> bool:
    if cn_resident_id_is_valid(text) or gb_national_insurance_is_valid(text):
        return True
    return _SSN_INSIDE.fullmatch(text) is not None and us_social_security_is_valid(text)


def _is_card(text: str) -> bool:
    return _CARD.fullmatch(text) is not None and luhn_is_valid(text) and 13 <= sum(map(str.isdigit, text)) <= 19


def _is_postcode(text: str) -> bool:
    return _POSTCODE.fullmatch(text) is not None


_NUMBERED: dict[str, Callable[[str], bool]] = {
    "phone": _is_phone,
    "national_id": _is_national_id,
    "card_number": _is_card,
    "bank_account": iban_is_valid,
    "ip_address": _is_ip,
    "address": is_address,
    "postcode": _is_postcode,
}


def is_plausible(kind: str, text: str) -> bool:
    """Whether a text can be of a kind that the header of its column names, even if written badly."""
    plain = half_width(text).strip()
    return 0 < len(plain) <= _LONGEST and plain.casefold() not in _FLAGS and _PLAUSIBLE[kind](plain)


_FLAGS = frozenset(["0", "1", "y", "n", "yes", "no", "true", "false", "t", "f", "none", "null", "是", "否", "有", "无"])


def _digits(text: str) -> int:
    return sum(map(str.isdigit, text))


def _plausible_phone(text: str) -> bool:
    letters = sum(map(str.isalpha, text))
    return 5 <= _digits(text) + text.count("*") <= 18 and letters <= 4


def _plausible_id(text: str) -> bool:
    return 5 <= len(text) <= 25 and _digits(text) + text.count("*") >= 4 and not any(char in text for char in ":/@")


def _plausible_name(text: str) -> bool:
    return len(text) <= 80 and any(map(str.isalpha, text)) and not _digits(text) and "@" not in text


def _plausible_postcode(text: str) -> bool:
    return 3 <= len(text) <= 10 and re.fullmatch(r"[A-Za-z0-9]+(?:[ -][A-Za-z0-9]+)?", text) is not None


_PLAUSIBLE: dict[str, Callable[[str], bool]] = {
    "email": lambda text: "@" in text,
    "phone": _plausible_phone,
    "name": _plausible_name,
    "national_id": _plausible_id,
    "card_number": lambda text: 12 <= _digits(text) + text.count("*") <= 19,
    "bank_account": lambda text: 6 <= _digits(text) + text.count("*") <= 32 and len(text) <= 42,
    "ip_address": _is_ip,
    "address": lambda text: any(map(str.isalnum, text)) and "@" not in text,
    "postcode": _plausible_postcode,
    "birth_date": lambda text: year_in(text) is not None or re.fullmatch(r"(?:18|19|20)\d{2}", text) is not None,
}


def find_spans(text: str) -> list[Span]:
    """The parts of a longer text that are personal data, in order and without overlaps.

    Only what its form gives away is found: of names those behind a title or an introduction.

    Examples
    --------
    >>> find_spans("Call 212-555-0101 or write to ann@example.com.")
    [Span(start=5, stop=17, kind='phone'), Span(start=30, stop=45, kind='email')]
    """
    plain = half_width(text)
    found: list[Span] = []
    for kind, pattern, is_kind in _INSIDE:
        if kind in _NEED_DIGITS and not any(map(str.isdigit, plain)):
            continue
        for match in pattern.finditer(plain):
            group = match.lastgroup or 0
            span = Span(*match.span(group), kind)
            free = all(span.stop <= other.start or other.stop <= span.start for other in found)
            if free and is_kind(match.group(group)):
                found.append(span)
    return sorted(found)


def _anything(_: str) -> bool:
    return True


def _is_introduced(text: str) -> bool:
    return chinese_name(text) or not unicodedata.name(text[0], "").startswith("CJK")


_NEED_DIGITS = frozenset({"national_id", "card_number", "bank_account", "ip_address", "phone", "address"})
# those that prove themselves go first, and what they take is no longer free for the others
_INSIDE: tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...] = (
    ("email", _EMAIL_INSIDE, _anything),
    ("national_id", _RESIDENT_INSIDE, cn_resident_id_is_valid),
    ("bank_account", _IBAN_INSIDE, iban_is_valid),
    ("card_number", _CARD_INSIDE, _is_card),
    ("ip_address", _IP4_INSIDE, _is_ip),
    ("national_id", _SSN_INSIDE, us_social_security_is_valid),
    ("phone", _PHONE_INSIDE, _is_phone),
    ("address", _ADDRESS_INSIDE, _anything),
    ("address", _CHINESE_ADDRESS, _anything),
    ("name", _NAME_INSIDE, _is_introduced),
)
