"""Closed vocabularies in English and Chinese: genders, and yes or no."""

from __future__ import annotations

from collections.abc import Sequence

from custval.data_quality._clean_text import folded, words
from custval.data_quality._outcome import Outcome, Reader

__all__ = ["FALSE", "TRUE", "gender_reader", "read_boolean"]

_MALE = words("m male man men boy mr mr. 男 男性 男士 男生 先生 男人 masculin herr männlich hombre")
_FEMALE = words("f female woman women girl w mrs mrs. ms ms. miss 女 女性 女士 女生 小姐 女人 frau weiblich mujer")
_OTHER = words("other others non-binary nonbinary nb x d diverse divers 其他 其它") | {"non binary"}
_UNSAID = words("u 保密 未说明 未知 不详 不明") | {
    "not stated",
    "prefer not to say",
    "未知的性别",
    "未说明的性别",
}
# ISO/IEC 5218 and GB/T 2261.1: 0 unknown, 1 male, 2 female, 9 not stated or not applicable
_CODES = {"0": None, "1": "male", "2": "female", "9": None}

TRUE = words("yes y true t 1 on 是 有 对 真 √ ✓ ✔ 是的 已 同意 ja oui si sí")
FALSE = words("no n false f 0 off 否 无 错 假 × ✗ ✘ 不是 没有 未 不同意 不 nein non")


def gender_reader(texts: Sequence[str]) -> Reader:
    """A reader into "male", "female", "other"; digits are read where the column holds a 2 and no other digits."""
    digits = {text for text in texts if text.isdecimal()}
    by_code = "2" in digits and digits <= set(_CODES)

    def read(text: str) -> Outcome:
        key = folded(text)
        for word, spellings in (("male", _MALE), ("female", _FEMALE), ("other", _OTHER)):
            if key in spellings:
                return Outcome(word, "gender" if word != text else "")
        if key in _UNSAID:
            return Outcome(None, "gender not stated")
        if by_code and key in _CODES:
            return Outcome(_CODES[key], "gender by its code (ISO/IEC 5218, GB/T 2261.1)")
        if key in {"0", "1"}:
            return Outcome(text, problem="0 and 1 have no agreed meaning as genders")
        return Outcome(text, problem="no word for a gender")

    return read


def read_boolean(text: str) -> Outcome:
    """A yes or no as "true" or "false"."""
    key = folded(text)
    for word, spellings in (("true", TRUE), ("false", FALSE)):
        if key in spellings:
            return Outcome(word, "yes or no" if word != text else "")
    return Outcome(text, problem="neither yes nor no")
