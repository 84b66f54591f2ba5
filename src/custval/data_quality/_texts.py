"""Distinct texts looked at: their shapes, which are of no use, and which are variants of others.

Millions of distinct texts are normal (numbers of orders), so what can be done on all of them at once is: joined into
one text, in chunks, which Python then folds and translates some ten times as fast as one by one.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from custval.typing import IntArray

__all__ = ["misspelled", "not_usable", "patterns"]

_TOP_PATTERNS = 3
_SHAPE_LENGTH = 40
_CHUNK = 200_000
_FEW_COUNTS = 30


class _Shape(dict[int, str]):
    """A table for `str.translate` that learns each character when it is first met."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        self[code] = "9" if char.isdecimal() else "A" if char.isupper() else "a" if char.isalpha() else char
        return self[code]


def _chunks(texts: Sequence[str]) -> Iterator[tuple[slice, Sequence[str]]]:
    for start in range(0, len(texts), _CHUNK):
        part = slice(start, start + _CHUNK)
        yield part, texts[part]


def patterns(texts: Sequence[str], counts: IntArray) -> dict[str, float]:
    """The most frequent shapes and their shares: "A" upper case, "a" other letters, "9" digits, all else as it is."""
    shape, found = _Shape(), Counter[str]()
    for part, chunk in _chunks(texts):
        cut = chunk
        if max(map(len, chunk)) > _SHAPE_LENGTH:
            cut = [text[:_SHAPE_LENGTH] + ("…" if len(text) > _SHAPE_LENGTH else "") for text in chunk]
        shapes = "\n".join(cut).translate(shape).split("\n")
        if len(shapes) != len(chunk):  # a text has lines
            shapes = [text.translate(shape) for text in cut]
        _count(found, shapes, counts[part])
    total = found.total()
    most = sorted(found.items(), key=lambda item: (-item[1], item[0]))[:_TOP_PATTERNS]
    return {pattern: count / total for pattern, count in most}


def _count(found: Counter[str], shapes: Sequence[str], counts: IntArray) -> None:
    different = np.unique(counts).tolist()
    if len(different) > _FEW_COUNTS:
        for text, count in zip(shapes, counts.tolist(), strict=True):
            found[text] += count
        return
    for count in different:
        for text, times in Counter(compress(shapes, (counts == count).tolist())).items():
            found[text] += times * count


def not_usable(texts: Sequence[str]) -> NDArray[np.bool_]:
    """Which texts have characters that are none: control characters, and what replaces broken ones."""
    bad = np.zeros(len(texts), dtype=bool)
    for part, chunk in _chunks(texts):
        whole = "".join(chunk)
        if whole.isprintable() and "\N{REPLACEMENT CHARACTER}" not in whole:
            continue
        bad[part] = [not _is_usable(text) for text in chunk]
    return bad


def _is_usable(text: str) -> bool:
    if "\N{REPLACEMENT CHARACTER}" in text:
        return False
    return text.isprintable() or not any(unicodedata.category(char) == "Cc" and char not in "\t\n\r" for char in text)


def misspelled(texts: Sequence[str], counts: IntArray) -> NDArray[np.bool_]:
    """Which texts are not written as most of those that differ from them in case, spaces and width only.

    Of spellings that are equally frequent the first counts as the right one.
    """
    forms = [form for _, chunk in _chunks(texts) for form in _forms(chunk)]
    if len(set(forms)) == len(forms):
        return np.zeros(len(texts), dtype=bool)
    most: dict[str, tuple[int, int]] = {}
    for place, (form, count) in enumerate(zip(forms, counts.tolist(), strict=True)):
        most[form] = max(most.get(form, (0, 0)), (count, -place))
    variant = np.ones(len(texts), dtype=bool)
    variant[[-place for _, place in most.values()]] = False
    return variant


def _forms(chunk: Sequence[str]) -> list[str]:
    """Texts without case, width and blanks at their ends or in a row."""
    whole = "\n".join(chunk)
    forms = whole.casefold().split() if whole.isascii() else []
    if len(forms) == len(chunk) and whole.count("\n") == len(chunk) - 1:
        return forms  # no blanks anywhere
    return [
        " ".join((text if text.isascii() else unicodedata.normalize("NFKC", text)).casefold().split()) for text in chunk
    ]
