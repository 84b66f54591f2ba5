"""Numbers as people write them: separators, currencies, percent, brackets, 万 and 亿."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from custval.data_quality._chinese_numerals import chinese_numeral

__all__ = ["Number", "NumberText", "decimal_evidence", "looks_like_a_number", "resolve_number", "scan_number"]


class NumberText(NamedTuple):
    """What stands in a text; or why it is no number.

    `says` is the decimal sign by the text itself: "." or ","; "1" where there is none, "?" where the text does not say
    whether it has one, "" where its signs make no number.
    """

    sign: int = 1
    body: str = ""
    says: str = "1"
    exponent: int = 0
    scale: int = 1
    percent: bool = False
    currency: str = ""
    rules: tuple[str, ...] = ()
    problem: str = ""


class Number(NamedTuple):
    """A number that was read, whether it is a whole one, and what was done; or the problem.

    `counted` is true where all digits were written out, so that none may be lost.
    """

    value: Decimal | int = 0
    whole: bool = False
    rule: str = ""
    problem: str = ""
    counted: bool = False


_PLAIN = re.compile(r"[+-]?(?:0|[1-9]\d*)", re.ASCII)
_FRACTION = re.compile(r"[+-]?(?:0|[1-9]\d*)\.(?:\d\d?|\d{4,})", re.ASCII)
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+\.\d+", re.ASCII)
_CURRENCIES = {
    "us$": "USD", "$": "$", "usd": "USD", "€": "EUR", "eur": "EUR", "euro": "EUR", "£": "GBP", "gbp": "GBP",
    "¥": "¥", "cny": "CNY", "rmb": "CNY", "人民币": "CNY", "元": "CNY", "圆": "CNY", "块": "CNY", "块钱": "CNY",
    "jpy": "JPY", "円": "JPY", "日元": "JPY", "₹": "INR", "inr": "INR", "rs.": "INR", "chf": "CHF", "fr.": "CHF",
    "hk$": "HKD", "hkd": "HKD", "港币": "HKD", "港元": "HKD", "a$": "AUD", "aud": "AUD", "c$": "CAD", "cad": "CAD",
    "美元": "USD", "欧元": "EUR", "英镑": "GBP", "₩": "KRW", "krw": "KRW", "₽": "RUB", "rub": "RUB", "kr": "kr",
    "nt$": "TWD", "r$": "BRL",
}  # fmt: skip
_MONEY = "|".join(re.escape(sign) for sign in sorted(_CURRENCIES, key=len, reverse=True))
_SHAPE = re.compile(
    rf"(?P<sign1>[+-])? ?(?P<money1>{_MONEY})? ?(?P<sign2>[+-])? ?"
    r"(?P<body>\d(?:[\d.,' ’_]*\d)?\.?|\.\d+)"
    rf"(?P<exponent>[eE][+-]?\d{{1,3}})? ?(?P<unit>百万|千万|万亿|[百千万亿]|(?-i:[kKM]|bn))? ?(?P<percent>%|‰)? ?"
    rf"(?P<money2>{_MONEY})?(?P<sign3>-)?",
    re.IGNORECASE | re.ASCII,
)
_UNITS = {"百": 100, "千": 1_000, "万": 10_000, "百万": 10**6, "千万": 10**7, "亿": 10**8, "万亿": 10**12}
# no "m", which is a metre, or a thousand, as well
_LETTERS = {"k": 1_000, "K": 1_000, "M": 10**6, "bn": 10**9}

_MINUS = str.maketrans({"−": "-", "–": "-", "﹣": "-", "‒": "-"})
_GROUPS = re.compile(r"[1-9]\d{0,2}(?:S\d{3})+|[1-9]\d?(?:S\d\d)+S\d{3}", re.ASCII)


_LONGEST = 400


def scan_number(text: str, *, chinese_numerals: bool = False) -> NumberText:
    """Read a cleaned text, its separators apart."""
    if len(text) > _LONGEST:
        return NumberText(problem="no number: too long")
    if _PLAIN.fullmatch(text):
        return NumberText(-1 if text[0] == "-" else 1, text.lstrip("+-"))
    # what most columns hold, without the long way
    if _FRACTION.fullmatch(text) or _GROUPED.fullmatch(text):
        return NumberText(-1 if text[0] == "-" else 1, text.lstrip("+-"), ".")
    bare, rules = text.translate(_MINUS), []
    rules += ["minus sign"] if bare != text else []
    sign = 1
    if bare[:1] == "(" and bare[-1:] == ")":
        bare, sign = bare[1:-1].strip(), -1
        rules.append("brackets as minus")
    found = _SHAPE.fullmatch(bare)
    if not found:
        value = chinese_numeral(bare.removesuffix("元")) if chinese_numerals else None
        if value is not None:
            return NumberText(sign, str(value), rules=(*rules, "Chinese numeral"))
        return NumberText(problem="no number")
    signs = [mark for mark in (found["sign1"], found["sign2"], found["sign3"]) if mark]
    twice = (found["money1"] and found["money2"]) or (found["unit"] and (found["percent"] or found["exponent"]))
    if len(signs) > 1 or (signs and sign < 0) or twice:
        return NumberText(problem="no number: more than one sign")
    sign = -1 if signs == ["-"] else sign
    money = _CURRENCIES.get((found["money1"] or found["money2"] or "").casefold(), "")
    rules += [f"currency {money}"] if money else []
    rules += ["percent"] if found["percent"] == "%" else []
    if found["percent"] == "‰":
        return NumberText(problem="per mille is not read")
    rules += ["minus behind"] if found["sign3"] else []
    rules += [found["unit"]] if found["unit"] else []
    body = found["body"]
    says = "1" if body.isdecimal() else _says(body)
    if not says:
        return NumberText(problem="no number: its separators do not fit")
    return NumberText(
        sign,
        body,
        says,
        int((found["exponent"] or "e0")[1:]),
        (_UNITS | _LETTERS)[found["unit"]] if found["unit"] else 1,
        percent=found["percent"] is not None,
        currency=money,
        rules=tuple(rules),
    )


def looks_like_a_number(text: str) -> bool:
    """Whether a cleaned text is a number, and not perhaps a size, such as 2M."""
    scanned = scan_number(text)
    return not scanned.problem and _LETTERS.keys().isdisjoint(scanned.rules)


_THIN = str.maketrans(dict.fromkeys(" '’", "_"))


def _marks(body: str) -> tuple[str, str]:
    """The body with blanks and apostrophes taken for separators of thousands, and its points and commas."""
    return body.translate(_THIN), ("." if "." in body else "") + ("," if "," in body else "")


def _says(body: str) -> str:
    """Which sign is the decimal one by the text itself; see `NumberText`."""
    written, marks = _marks(body)
    if not marks:
        return "1" if "_" not in written or _is_grouped(written, "_") else ""
    last = max(marks, key=written.rindex)
    whole, _, rest = written.rpartition(last)
    if len(marks) == 2 or "_" in written:
        other = "_" if "_" in written else ("," if last == "." else ".")
        if len(marks) == 2 and "_" in written:
            return ""
        return last if rest.isdecimal() and _is_grouped(whole, other) else ""
    if written.count(last) > 1:
        return ("," if last == "." else ".") if _is_grouped(written, last) else ""
    if len(rest) == 3 and 1 <= len(whole) <= 3 and whole[0] != "0":
        return "?"
    return last if rest.isdecimal() or not rest else ""


def _is_grouped(written: str, mark: str) -> bool:
    return _GROUPS.fullmatch(written.replace(mark, "S")) is not None


def decimal_evidence(found: Iterable[NumberText]) -> str:
    """The decimal signs that the texts of a column show: "", ".", "," or both."""
    says = {number.says for number in found if not number.problem}
    return "".join(sorted(says & {".", ","}))


def resolve_number(number: NumberText, decimal: str | None, evidence: str, *, percent: str) -> Number:
    """A number by the text, and where that does not say it by the decimal sign given, or that of its column."""
    if number.problem:
        return Number(problem=number.problem)
    rules, why, body = list(number.rules), list[str](), number.body
    says = number.says
    if decimal is not None and says in {".", ","} and says != decimal:
        return Number(problem=f"its decimal sign is not {decimal!r}")
    if says == "?":
        says, rule = _decide(body, decimal, evidence)
        if not says:
            return Number(problem=f"a thousand or a fraction? say decimal='.' or decimal=','; {rule}")
        why = [rule] if rule else []
    whole, fraction, grouped = _split(body, says)
    if len(whole) > 1 and whole[0] == "0":
        return Number(problem="leading zeros: an identifier, it seems, and no number")
    rules += ["thousands"] if grouped else []
    rules += ["decimal comma"] if says == "," and fraction else []
    value, is_whole = _value(number, whole, fraction, percent)
    counted = not number.exponent and not number.percent and value == int(value)
    return Number(value, is_whole, "; ".join([*rules, *why]), counted=counted)


def _value(number: NumberText, whole: str, fraction: str, percent: str) -> tuple[Decimal | int, bool]:
    """The exact value, and whether it was written as a whole number."""
    places = len(fraction)
    digits = number.sign * int((whole + fraction) or "0") * number.scale
    shift = number.exponent - places - (2 if number.percent and percent == "fraction" else 0)
    if shift == 0 and not number.percent and not number.exponent:
        return digits, True
    if number.scale > 1 and not number.percent and not number.exponent and digits % 10**places == 0:
        return digits // 10**places, True
    # made from its parts, a decimal is exact whatever its length
    sign = 0 if digits >= 0 else 1
    return Decimal((sign, tuple(map(int, str(abs(digits)))), shift)), False


def _decide(body: str, decimal: str | None, evidence: str) -> tuple[str, str]:
    """The decimal sign of a text such as 1,234 or 1.234, and what says so; empty if nothing does."""
    mark = "," if "," in body else "."
    sign = decimal or (evidence if len(evidence) == 1 else "")
    if sign:
        return sign, "" if decimal or sign == mark == "." else "as other values of the column show"
    if mark == "." and not evidence:
        return ".", ""  # what programs write
    return "", "other values of the column show both" if evidence else "no other value of the column shows it"


def _split(body: str, says: str) -> tuple[str, str, bool]:
    """The digits before and behind the decimal sign, and whether there were separators among those before."""
    whole, fraction = body, ""
    if says in {".", ","} and says in body:
        whole, _, fraction = body.rpartition(says)
    digits = whole if whole.isdecimal() else re.sub(r"\D", "", whole)
    return digits, fraction, len(digits) != len(whole)
