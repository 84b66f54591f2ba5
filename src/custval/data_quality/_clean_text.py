"""Text before it is understood: one form for each character, plain spaces, and the spellings of "missing"."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["LONGEST_MISSING", "MISSING", "clean", "clean_header", "folded", "words"]

# zero width space, word joiner, BOM, soft hyphen, and the marks of writing direction
_INVISIBLE = dict.fromkeys([0x00AD, 0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF, 0x061C, *range(0x202A, 0x202F)])
_INVISIBLE.update(dict.fromkeys(range(0x2066, 0x206A)))
_CONTROL = {code: None for code in [*range(0x20), *range(0x7F, 0xA0)] if not chr(code).isspace()}
# joiners are invisible too, but Persian, the scripts of India and emoji need them
_JOINERS = re.compile("[\u200c\u200d]")
_NEEDS_JOINERS = re.compile("[^\u0000-\u024f\u2e80-\u9fff\u200c\u200d]")

MISSING = frozenset(
    {
        "", "?", "??", "-", "--", "---", "—", "——", "–", ".", "na", "n/a", "n.a.", "#n/a", "#n/a n/a", "#na", "nan",
        "-nan", "nat", "null", "(null)", "<null>", "[null]", "none", "nil", "<na>", "\\n", "missing", "unknown",
        "not available", "not applicable", "#value!", "#ref!", "#div/0!", "#name?", "undefined",
        "无", "暂无", "空", "未知", "不详", "不明", "未填", "未填写", "缺失", "没有",
    }
)  # fmt: skip
"""Spellings of "missing", folded (`folded`)."""

LONGEST_MISSING = max(map(len, MISSING))


def clean(text: str) -> str:
    r"""A text in Unicode's form NFKC (full-width letters and digits become plain ones), single spaces, none around.

    Examples
    --------
    >>> from custval.data_quality._clean_text import clean
    >>> clean("\ufeff １３８\u30000013　8000 ")
    '138 0013 8000'
    """
    if text.isascii():
        return " ".join((text if text.isprintable() else text.translate(_CONTROL)).split())
    text = unicodedata.normalize("NFKC", text.translate(_INVISIBLE).translate(_CONTROL))
    if _JOINERS.search(text) and not _NEEDS_JOINERS.search(text):
        text = unicodedata.normalize("NFKC", _JOINERS.sub("", text))
    return " ".join(text.split())


def clean_header(name: str) -> str:
    """The name of a column without what files leave on it: byte order marks, also wrongly decoded ones, and blanks."""
    for debris in ("ï»¿", "ÿþ", "þÿ"):
        name = name.removeprefix(debris)
    cleaned = clean(name)
    if len(cleaned) > 2 and cleaned[0] == cleaned[-1] and cleaned[0] in "\"'`":
        cleaned = cleaned[1:-1].strip()
    return cleaned


def folded(text: str) -> str:
    """A cleaned text without case."""
    return text.casefold()


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())
