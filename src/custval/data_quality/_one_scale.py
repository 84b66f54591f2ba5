"""Numbers of a column that may be compared and added: in one currency, and on one scale."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from custval.data_quality._number_text import NumberText

__all__ = ["in_one_currency", "on_one_scale"]

# a sign of several currencies means the one of them that the column names elsewhere
_AMBIGUOUS = {"$": frozenset({"USD", "CAD", "AUD", "HKD", "TWD"}), "¥": frozenset({"CNY", "JPY"})}


def in_one_currency(scanned: Sequence[NumberText], rows: Sequence[int]) -> list[NumberText]:
    """Amounts of another currency than most get a problem; all do where no currency has the most rows."""
    named = {number.currency for number in scanned if not number.problem}
    clear = [_named(number, named) for number in scanned]
    counts = _counts([number.currency for number in clear], clear, rows)
    if len(counts) < 2:
        return clear
    most = _most(counts)
    if most is None:
        beside = ", ".join(sorted(counts))
        return [_refused(n, f"several currencies, none in most rows: {beside}") if n.currency else n for n in clear]
    return [
        number
        if number.currency in {"", most}
        else _refused(number, f"another currency than most of the column: {number.currency} beside {most}")
        for number in clear
    ]


def _named(number: NumberText, named: set[str]) -> NumberText:
    """A number whose currency is said, if others of the column say it."""
    meant = _AMBIGUOUS.get(number.currency, frozenset()) & named
    if len(meant) != 1:
        return number
    (currency,) = meant
    rules = tuple(f"currency {currency}" if rule.startswith("currency ") else rule for rule in number.rules)
    return number._replace(currency=currency, rules=rules)


def on_one_scale(scanned: Sequence[NumberText], rows: Sequence[int]) -> list[NumberText]:
    """Of percentages beside plain numbers the fewer get a problem, or all where there are as many; 0 is both."""
    scales = ["" if set(number.body) <= set("0.,") else "%" if number.percent else "1" for number in scanned]
    counts = _counts(scales, scanned, rows)
    if len(counts) < 2:
        return list(scanned)
    most = _most(counts)
    return [
        number
        if scale in {"", most}
        else _refused(
            number,
            f"{'a percentage beside plain numbers' if scale == '%' else 'a plain number beside percentages'}: two "
            "scales in one column; if all mean per cent, say percent='number'",
        )
        for number, scale in zip(scanned, scales, strict=True)
    ]


def _counts(labels: Sequence[str], scanned: Sequence[NumberText], rows: Sequence[int]) -> Counter[str]:
    """Rows of each label, of the numbers that could be read."""
    counts = Counter[str]()
    for label, number, count in zip(labels, scanned, rows, strict=True):
        if label and not number.problem:
            counts[label] += count
    return counts


def _most(counts: Counter[str]) -> str | None:
    """What most rows have; None where two have as many."""
    (first, most), (_, second) = counts.most_common(2)
    return first if most > second else None


def _refused(number: NumberText, problem: str) -> NumberText:
    return number if number.problem else number._replace(problem=problem)
