"""Whole numbers in Chinese numerals, also as they are spoken: 一万二 is 12,000."""

from __future__ import annotations

__all__ = ["chinese_numeral"]

_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")}
_DIGITS |= {"〇": 0, "两": 2, "壹": 1, "贰": 2, "叁": 3, "肆": 4, "伍": 5, "陆": 6, "柒": 7, "捌": 8, "玖": 9}
_UNITS = (("亿", 10**8), ("万", 10**4), ("千", 1_000), ("百", 100), ("十", 10))
_PLAIN = str.maketrans("億萬仟佰拾〇", "亿万千百十零")
_LONGEST = 60


def chinese_numeral(text: str) -> int | None:
    """A whole number in Chinese numerals, also those of documents (壹贰叁); None if it is none.

    A digit alone behind a unit counts the next smaller one, as in speech: 一百二 is 120, and 一百零二 is 102.

    Examples
    --------
    >>> from custval.data_quality._chinese_numerals import chinese_numeral
    >>> chinese_numeral("一百二十三万四千"), chinese_numeral("三千五"), chinese_numeral("二〇二〇")
    (1234000, 3500, 2020)
    >>> chinese_numeral("万"), chinese_numeral("十百")
    (None, None)
    """
    if not text or len(text) > _LONGEST:
        return None
    if all(char in _DIGITS for char in text):
        # what begins with a zero is an identifier
        zeros = len(text) > 1 and _DIGITS[text[0]] == 0
        return None if zeros else int("".join(str(_DIGITS[char]) for char in text))
    return _value(text.translate(_PLAIN))


def _value(text: str) -> int | None:
    """The value of a text with units; None if it is no number."""
    for sign, unit in _UNITS:
        if sign in text:
            # of 亿 the last one counts (一亿亿), of the others there is one
            before, _, behind = text.rpartition(sign)
            count, rest = _count(before, sign), _rest(behind, unit)
            return None if count is None or rest is None else count * unit + rest
    return _DIGITS.get(text)


def _count(before: str, sign: str) -> int | None:
    """How many of a unit: a digit; of 万 and 亿 any number below; nothing before 十 is a one."""
    if not before:
        return 1 if sign == "十" else None
    found = _value(before)
    if found is None or found == 0:
        return None
    if sign == "亿":
        return found
    return found if found < (10_000 if sign == "万" else 10) else None


def _rest(behind: str, unit: int) -> int | None:
    """What follows a unit, which is less than it."""
    if not behind:
        return 0
    if behind in _DIGITS:
        return _DIGITS[behind] * (unit // 10) or None
    found = _value(behind.removeprefix("零"))
    return found if found is not None and 0 < found < unit else None
