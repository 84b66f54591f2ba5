"""Texts as personal data are looked for in them: plain characters for wide ones, and nothing that cannot be seen."""

from __future__ import annotations

import re

__all__ = ["half_width", "plain_text", "visible"]

_FULL_WIDTH = re.compile(r"[\uff01-\uff5e\u3000]")
_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
# soft hyphens, characters without width, marks of the direction of writing, and selectors of variants
_INVISIBLE = re.compile(
    r"[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff]"
)


def half_width(text: str) -> str:
    """Full-width letters, digits and signs as plain ones, character by character."""
    return text if text.isascii() or _FULL_WIDTH.search(text) is None else text.translate(_HALF_WIDTH)


def plain_text(text: str) -> str:
    r"""A value in plain characters, without what cannot be seen and without blanks around it.

    Examples
    --------
    >>> plain_text(" １３８\u200b１２３４１２３４")
    '13812341234'
    """
    plain = half_width(text)
    return (plain if plain.isascii() else _INVISIBLE.sub("", plain)).strip()


def visible(text: str) -> list[int] | None:
    r"""The places of the characters that can be seen; None if they all can.

    Examples
    --------
    >>> visible("13\u200b8"), visible("138")
    ([0, 1, 3], None)
    """
    if text.isascii():
        return None
    hidden = {found.start() for found in _INVISIBLE.finditer(text)}
    return [place for place in range(len(text)) if place not in hidden] if hidden else None
