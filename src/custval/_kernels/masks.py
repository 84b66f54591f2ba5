"""Personal data with their middle covered: enough is left to recognize one's own, too little to use another's.

Every mask keeps the form of the value, and a masked value is its own mask. Asterisks in a number count as digits.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from custval._kernels.person_names import compound_family_name
from custval._kernels.pii import find_spans, half_width

__all__ = ["mask_inside", "mask_value"]

_WORD = re.compile(r"[^\s,·-]+")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff*]+")
_REGION = re.compile(r".*?[省市区县州旗](?=.)")
_YEAR = re.compile(r"(?<!\d)(?:18|19|20)\d{2}(?=\D|\d{4}(?!\d)|$)")


def mask_value(kind: str, text: str) -> str:
    """A value of a kind with its middle covered; of an unknown kind only the first character is left.

    Examples
    --------
    >>> mask_value("email", "jane.doe@example.com"), mask_value("phone", "13812341234")
    ('j***@example.com', '138****1234')
    >>> mask_value("card_number", "4111 1111 1111 1111"), mask_value("name", "王小明")
    ('**** **** **** 1111', '王**')
    >>> mask_value("birth_date", "1990-05-17"), mask_value("ip_address", "192.168.10.7")
    ('1990-**-**', '192.168.**.*')
    """
    plain = half_width(text).strip()
    return _MASKS.get(kind, _anything)(plain) if plain else plain


def mask_inside(text: str) -> str:
    """A longer text with the personal data in it masked, each part by its kind; everything else as it was.

    Examples
    --------
    >>> mask_inside("Call 212-555-0101 or write to ann@example.com.")
    'Call ***-***-0101 or write to a***@example.com.'
    """
    result, end = [], 0
    for start, stop, kind in find_spans(text):
        result += [text[end:start], mask_value(kind, text[start:stop])]
        end = stop
    return "".join([*result, text[end:]])


def _cover(text: str, first: int, last: int, *, letters: bool = False) -> str:
    """Digits (and letters) as asterisks, but for the first and the last few of them; everything else stays."""
    places = [at for at, char in enumerate(text) if char == "*" or char.isdigit() or (letters and char.isalpha())]
    hidden = set(places[first : len(places) - last])
    return "".join("*" if at in hidden else char for at, char in enumerate(text))


def _anything(text: str) -> str:
    return f"{text[0]}***" if len(text) > 1 else "*"


def _email(text: str) -> str:
    local, at, host = text.rpartition("@")
    if not at or not host:
        return _anything(text)
    return f"{local[:1] if len(local) > 1 else '*'}***@{host}" if local != "****" else text


def _phone(text: str) -> str:
    digits = sum(char == "*" or char.isdigit() for char in text)
    # letters, as in "ask Ann", are covered too
    covered = "".join("*" if char.isalpha() else char for char in text)
    if digits < 7:
        return _cover(covered, 0, 0)
    return _cover(covered, 3 if digits >= 11 else 0, 4 if digits >= 8 else 2)


def _name(text: str) -> str:
    return _WORD.sub(lambda found: _word_of_name(found.group()), text)


def _word_of_name(word: str) -> str:
    if _HAN.fullmatch(word) is None:
        return f"{word[0]}***" if len(word) > 1 else word
    kept = compound_family_name(word) or 1
    return word[:kept] + "*" * (len(word) - kept) if len(word) > 1 else "*"


def _address(text: str) -> str:
    region = _REGION.match(text)
    if region is not None:
        return region.group() + "***"
    return _WORD.sub(lambda found: _word_of_address(found.group()), text)


def _word_of_address(word: str) -> str:
    if any(map(str.isdigit, word)) or len(word) == 1 or word[0] == "*":
        return "*" * len(word)
    return f"{word[0]}***"


def _birth_date(text: str) -> str:
    found = _YEAR.search(text)
    keep = range(*found.span()) if found is not None else range(0)
    hidden = (char.isdigit() or char.isalpha() for char in text)
    return "".join(
        "*" if hide and at not in keep and char not in "年月日" else char
        for at, (char, hide) in enumerate(zip(text, hidden, strict=True))
    )


def _ip_address(text: str) -> str:
    sign = ":" if ":" in text else "."
    parts = text.split(sign)
    return sign.join([*parts[:2], *("*" * len(part) for part in parts[2:])])


_MASKS: dict[str, Callable[[str], str]] = {
    "email": _email,
    "phone": _phone,
    "name": _name,
    "national_id": lambda text: _cover(text, 3 if len(text) >= 15 else 0, 2, letters=True),
    "card_number": lambda text: _cover(text, 0, 4),
    "bank_account": lambda text: _cover(text, 4 if text[:1].isalpha() else 0, 4, letters=True),
    "ip_address": _ip_address,
    "address": _address,
    "postcode": lambda text: _cover(text, 2, 0, letters=True),
    "birth_date": _birth_date,
}
