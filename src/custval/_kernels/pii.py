"""Personal data in texts: what a value is, and where in free text it stands.

Two questions, each answered for one text at a time:

- `kinds_of(text)`: which kinds of personal data the whole text is, by its form and its check digits;
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
from custval._kernels.postal_addresses import ADDRESS_INSIDE, CHINESE_ADDRESS, is_address

__all__ = ["KINDS", "Span", "find_spans", "half_width", "kinds_of"]

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

LONGEST = 200  # no value of a kind is longer; texts beyond it can only contain one

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
_DECIMAL = re.compile(r"\+?\d+\.\d{1,2}", re.ASCII)  # an id that was a float once, or an amount
_POSTCODE = re.compile(
    r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[ABCEGHJ-NPRSTVXY]\d[A-Z][ -]?\d[A-Z]\d|\d{5}-\d{4}|[1-9]\d{3} ?[A-Z]{2}",
    re.ASCII | re.IGNORECASE,
)

_LETTERS = re.compile(r"[^\W\d_](?:[^\W\d_]|[ .'’·,-])*")
_TITLE = "Mr|Mrs|Ms|Miss|Dr|Prof|Herrn?|Frau|Mme|Mlle|Madame|Monsieur|Sra?|Srta|Señora?|Señorita|Signora?"
_CAPITAL = "[A-ZÀ-ÖØ-Þ]"
_NAME_INSIDE = re.compile(
    rf"(?:\b(?:{_TITLE})\.? (?:(?:Dr|Prof)\.? )*|\b[Mm]y name is |\b[Cc]ontact(?: person)?: ?)"
    rf"(?P<western>(?!(?:{_TITLE})\b){_CAPITAL}[\w'’-]+(?: {_CAPITAL}[\w'’-]+){{0,2}})"
    r"|(?:我叫|我是|姓名|联系人|收件人|收货人|客户)[:：]?\s?(?P<chinese>[\u4e00-\u9fff]{2,3})"
    r"|(?P<title>[\u4e00-\u9fff]{1,3})(?=先生|女士|小姐)"
)
_DATE = (
    r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{4} ?年 ?\d{1,2} ?月 ?\d{1,2} ?[日号]?|"
    r"\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2})|\d{8}|"
    r"\d{1,2}[ -][A-Za-z]{3,9}\.?,?[ -]\d{4}|[A-Za-z]{3,9}\.? \d{1,2},? \d{4})(?![\w/-])"
)
_BIRTH_INSIDE = re.compile(
    r"(?:\b(?:born(?: on)?|d\.?o\.?b\.?|date of birth|birth ?da(?:y|te)|geb\.?(?: am)?|geboren(?: am)?|"
    r"geburts(?:datum|tag)|n[éÉ]e?(?: le)?|nacid[oa](?: el)?|nat[oa] il)|出生(?:日期|年月日|于)?|生日|生于)"
    rf"(?: is| ist|是|为)?[:：]? ?(?P<date>{_DATE})"
    r"|(?<!\d)(?P<chinese>\d{4} ?年 ?\d{1,2} ?月 ?\d{1,2} ?[日号]?)(?=出生)",
    re.ASCII | re.IGNORECASE,
)


class Span(NamedTuple):
    """A part of a text that is personal data: `text[start:stop]` is of `kind`."""

    start: int
    stop: int
    kind: str


def half_width(text: str) -> str:
    """Full-width letters, digits and signs as plain ones, character by character."""
    return text if text.isascii() or _FULL_WIDTH.search(text) is None else text.translate(_HALF_WIDTH)


_FULL_WIDTH = re.compile(r"[\uff01-\uff5e\u3000]")
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
    if not 1 <= len(plain) <= LONGEST:
        return ()
    if _EMAIL.fullmatch(plain) is not None:
        return ("email",)
    if not _has_digit(plain):
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


def _is_phone(text: str) -> bool:
    if _PHONE.fullmatch(text) is None or _IP4.fullmatch(text) is not None or _DECIMAL.fullmatch(text) is not None:
        return False
    return 7 <= sum(map(str.isdigit, text)) <= 18


def is_ip_address(text: str) -> bool:
    """Whether a text is an address of the internet protocol, version 4 or 6."""
    if _IP4.fullmatch(text) is None and text.count(":") < 2:
        return False
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_national_id(text: str) -> bool:
    # nine characters and the gaps between them at most
    if cn_resident_id_is_valid(text) or (len(text) <= 17 and gb_national_insurance_is_valid(text)):
        return True
    return _SSN_INSIDE.fullmatch(text) is not None and us_social_security_is_valid(text)


def _is_account(text: str) -> bool:
    return text[:1].isalpha() and iban_is_valid(text)


def _is_card(text: str) -> bool:
    return _CARD.fullmatch(text) is not None and luhn_is_valid(text) and 13 <= sum(map(str.isdigit, text)) <= 19


def _is_postcode(text: str) -> bool:
    return _POSTCODE.fullmatch(text) is not None


_NUMBERED: dict[str, Callable[[str], bool]] = {
    "phone": _is_phone,
    "national_id": _is_national_id,
    "card_number": _is_card,
    "bank_account": _is_account,
    "ip_address": is_ip_address,
    "address": is_address,
    "postcode": _is_postcode,
}


def find_spans(text: str) -> list[Span]:
    """The parts of a longer text that are personal data, in order and without overlaps.

    Only what its form gives away is found: of names those behind a title or an introduction, of dates those behind
    a word such as "born".

    Examples
    --------
    >>> find_spans("Call 212-555-0101 or write to ann@example.com.")
    [Span(start=5, stop=17, kind='phone'), Span(start=30, stop=45, kind='email')]
    """
    plain = half_width(text)
    found: list[Span] = []
    seen: dict[_Cue, bool] = {}
    for kind, cue, pattern, is_kind in _INSIDE:
        if cue not in seen:
            seen[cue] = cue(plain)
        if not seen[cue]:
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


_SHORT_YEAR = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2\d{2}", re.ASCII)


def _is_birth_date(text: str) -> bool:
    short = _SHORT_YEAR.fullmatch(text)
    if short is None:
        return year_in(text) is not None
    one, other = sorted((int(short[1]), int(short[3])))
    return 1 <= one <= 12 and other <= 31


# Most texts hold nothing. What a pattern cannot do without is looked for first: by patterns that begin with plain
# characters, which the search skips to, where a look behind is tried at every character.
_DIGIT = re.compile(r"\d")
_CLOSE_DIGITS = re.compile(r"\d(?:[ ./()-]*\d){6}", re.ASCII)
_ACCOUNT_BEGINS = re.compile(r"[A-Z]{2}\d{2}")
_HOUSE_AND_STREET = re.compile(r"\d[A-Za-z]? [A-Z]")
_CHINESE_STREET = re.compile("[路街巷道弄胡省市小花大公新家]")
_INTRODUCTION = re.compile(
    r"M[rsilmao]|Dr|Prof|Herr|Frau|S[re]|Signor|y name is |ontact|"
    r"我叫|我是|姓名|联系人|收件人|收货人|客户|先生|女士|小姐"
)
_BIRTH = re.compile("[bB][oOiI]|[dD][.oOaA]|[gG][eE][bB]|[nN][éÉaA]|[出生]")


def _has_digit(text: str) -> bool:
    return _DIGIT.search(text) is not None if text.isascii() else any(map(str.isdigit, text))


def _has_at(text: str) -> bool:
    return "@" in text


def _has_close_digits(text: str) -> bool:
    return _CLOSE_DIGITS.search(text) is not None


def _has_account(text: str) -> bool:
    return _ACCOUNT_BEGINS.search(text) is not None


def _has_dots(text: str) -> bool:
    return text.count(".") >= 3 and _DIGIT.search(text) is not None


def _has_house(text: str) -> bool:
    return _HOUSE_AND_STREET.search(text) is not None


def _has_chinese_street(text: str) -> bool:
    return not text.isascii() and _CHINESE_STREET.search(text) is not None and _has_digit(text)


def _has_introduction(text: str) -> bool:
    return _INTRODUCTION.search(text) is not None


def _has_birth(text: str) -> bool:
    return _BIRTH.search(text) is not None and _has_digit(text)


_Cue = Callable[[str], bool]
# those that prove themselves go first, and what they take is no longer free for the others
_INSIDE: tuple[tuple[str, _Cue, re.Pattern[str], Callable[[str], bool]], ...] = (
    ("email", _has_at, _EMAIL_INSIDE, _anything),
    ("national_id", _has_close_digits, _RESIDENT_INSIDE, cn_resident_id_is_valid),
    ("bank_account", _has_account, _IBAN_INSIDE, iban_is_valid),
    ("card_number", _has_close_digits, _CARD_INSIDE, _is_card),
    ("ip_address", _has_dots, _IP4_INSIDE, is_ip_address),
    ("national_id", _has_close_digits, _SSN_INSIDE, us_social_security_is_valid),
    ("birth_date", _has_birth, _BIRTH_INSIDE, _is_birth_date),
    ("phone", _has_close_digits, _PHONE_INSIDE, _is_phone),
    ("address", _has_house, ADDRESS_INSIDE, _anything),
    ("address", _has_chinese_street, CHINESE_ADDRESS, _anything),
    ("name", _has_introduction, _NAME_INSIDE, _is_introduced),
)
