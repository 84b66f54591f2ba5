"""Text before it is understood: one form for each character, plain spaces, and the spellings of "missing"."""

from __future__ import annotations

import functools
import re
import unicodedata

__all__ = [
    "LONGEST_MISSING",
    "MISSING",
    "WRONG_ENCODING",
    "clean",
    "clean_as",
    "clean_header",
    "folded",
    "is_garbled",
    "unclear",
    "words",
]

# zero width space, word joiner, BOM, soft hyphen, and the marks of writing direction
_INVISIBLE = dict.fromkeys([0x00AD, 0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF, 0x061C, *range(0x202A, 0x202F)])
_INVISIBLE.update(dict.fromkeys(range(0x2066, 0x206A)))
_CONTROL = {code: None for code in [*range(0x20), *range(0x7F, 0xA0)] if not chr(code).isspace()}
# joiners are invisible too, but Persian, the scripts of India and emoji need them
_JOINERS = re.compile("[\u200c\u200d]")
_NEEDS_JOINERS = re.compile("[^\u0000-\u024f\u2e80-\u9fff\u200c\u200d]")

# what the bytes 80 to 9F are in Windows' Western encoding, by their number
_WESTERN = {ord(char): byte for byte in range(0x80, 0xA0) if len(char := bytes([byte]).decode("cp1252", "ignore")) == 1}
_REST = "[\u0080-\u00bf" + "".join(map(chr, _WESTERN)) + "]"
_SEQUENCE = re.compile(f"[\u00c2-\u00df]{_REST}|[\u00e0-\u00ef]{_REST}{{2}}|[\u00f0-\u00f4]{_REST}{{3}}")
# what begins accented letters, punctuation and full-width signs, and ends no words of capitals
_SURE_LEADS = frozenset("\u00c2\u00c3\u00c4\u00c5\u00e2\u00ef")
WRONG_ENCODING = "wrong encoding: UTF-8 read as another one, or lost signs; read the file anew with its own encoding"
"""Why a garbled text is left as it is."""

_CODES = frozenset({"email", "phone", "postcode", "id_number", "credit_code", "id", "date", "number"})
_CONTROLS = frozenset(map(chr, _CONTROL))
_LINE_BREAK = re.compile("[\t-\r\x1c-\x1f\x85\u2028\u2029]")

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

    A text in a wrong encoding is left as it is: cleaned, it could not be repaired any more.

    Examples
    --------
    >>> from custval.data_quality._clean_text import clean
    >>> clean("\ufeff １３８\u30000013　8000 ")
    '138 0013 8000'
    """
    if text.isascii():
        return " ".join((text if text.isprintable() else text.translate(_CONTROL)).split())
    if is_garbled(text):
        return text
    text = unicodedata.normalize("NFKC", text.translate(_INVISIBLE).translate(_CONTROL))
    if _JOINERS.search(text) and not _NEEDS_JOINERS.search(text):
        text = unicodedata.normalize("NFKC", _JOINERS.sub("", text))
    return " ".join(text.split())


def is_garbled(text: str) -> bool:
    r"""Whether a text is UTF-8 that was read as Latin-1 or Windows-1252, or holds the mark of lost characters.

    Examples
    --------
    >>> from custval.data_quality._clean_text import is_garbled
    >>> is_garbled("M\u00c3\u00bcller"), is_garbled("Ren\ufffd"), is_garbled("M\u00fcller")
    (True, True, False)
    """
    if "\N{REPLACEMENT CHARACTER}" in text:
        return True
    found = _SEQUENCE.search(text)
    if not found:
        return False
    try:
        text.translate(_WESTERN).encode("latin-1").decode("utf-8")
    except UnicodeError:
        return False
    # "JOS\u00c9\u2019S" has the bytes of a letter by chance: one capital and signs behind it are no proof
    return (
        found[0][0] in _SURE_LEADS
        or len(_SEQUENCE.findall(text)) > 1
        or any(char.isalpha() or "\x80" <= char < "\xa0" for char in found[0][1:])
    )


@functools.cache
def _small_signs() -> frozenset[str]:
    """Signs that Unicode holds for raised, lowered, circled or broken others."""
    forms = ("<super>", "<sub>", "<circle>", "<fraction>")
    return frozenset(
        char for char in map(chr, range(0x80, 0x20000)) if unicodedata.decomposition(char).startswith(forms)
    )


def unclear(text: str, kind: str) -> str:
    """Why cleaning would make another value of a text as it came; empty if it would not.

    A footnote's mark is no digit, and what stands on both sides of a control character, or for numbers of a line's
    end, does not belong together.
    """
    if text.isascii() and text.isprintable():
        return ""
    if is_garbled(text):
        return WRONG_ENCODING
    if kind not in _CODES:
        return ""
    bare = text.strip().strip("".join(_CONTROLS)).strip()
    if not _CONTROLS.isdisjoint(bare):
        return "a control character within"
    if not bare.isascii() and not _small_signs().isdisjoint(bare):
        return "a raised, lowered or circled sign, such as a footnote's"
    return "more than one line, or cell" if kind == "number" and _LINE_BREAK.search(bare) else ""


def clean_as(text: str, kind: str) -> str:
    """A text cleaned, or as it came if that is unclear."""
    return text if unclear(text, kind) else clean(text)


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
