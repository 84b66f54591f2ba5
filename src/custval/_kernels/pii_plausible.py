"""Whether a value can be of the kind of personal data that the header of its column names."""

from __future__ import annotations

import re
from collections.abc import Callable

from custval._kernels.dates_in_text import year_in
from custval._kernels.pii import LONGEST, half_width, is_ip_address

__all__ = ["is_plausible"]


def is_plausible(kind: str, text: str) -> bool:
    """Whether a text can be of a kind that the header of its column names, even if written badly."""
    plain = half_width(text).strip()
    return 0 < len(plain) <= LONGEST and plain.casefold() not in _FLAGS and _PLAUSIBLE[kind](plain)


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
    "ip_address": is_ip_address,
    "address": lambda text: any(map(str.isalnum, text)) and "@" not in text,
    "postcode": _plausible_postcode,
    "birth_date": lambda text: year_in(text) is not None or re.fullmatch(r"(?:18|19|20)\d{2}", text) is not None,
}
