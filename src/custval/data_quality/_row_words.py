"""Texts by which a row may be none of the data: a column's own name, and words for a total."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

__all__ = ["row_words"]

_WORDS = (
    "total|totals|grand total|sub total|subtotal|sum|sum total|overall|summe|gesamt|gesamtsumme|insgesamt|"
    "zwischensumme|somme|total general|total général|suma|totale|totaal|合计|总计|总和|小计|共计|汇总|合計|總計"
)
_SPELLINGS = sorted(
    {
        f"{spelled}{end}"
        for w in _WORDS.split("|")
        for spelled in (w, w.capitalize(), w.title(), w.upper())
        for end in ("", ":", "\N{FULLWIDTH COLON}")
    }
)


def row_words(name: str, texts: Sequence[str]) -> tuple[str | None, tuple[str, ...]]:
    """Of a text column's sorted distinct values: the one that is its own name, and those that mean a total."""
    own = next((text for text in (name, name.strip()) if _has(texts, text)), None)
    return own, tuple(word for word in _SPELLINGS if _has(texts, word))


def _has(texts: Sequence[str], text: str) -> bool:
    place = bisect_left(texts, text)
    return place < len(texts) and texts[place] == text
