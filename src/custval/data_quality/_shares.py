"""Shares in percent: what is not all never reads 100 %, what is not nothing never 0 %."""

from __future__ import annotations

__all__ = ["percent"]


def percent(share: float, digits: int = 0, most: int | None = None) -> str:
    """A share in percent with `digits` behind the point, up to `most` where fewer would say none or all.

    Examples
    --------
    >>> from custval.data_quality._shares import percent
    >>> [percent(share) for share in (0.0, 0.0004, 0.5, 0.9996, 1.0)]
    ['0 %', '<1 %', '50 %', '>99 %', '100 %']
    >>> [percent(share, 1, 3) for share in (0.0000001, 0.25, 0.9996, 0.9999999)]
    ['<0.001 %', '25.0 %', '99.96 %', '>99.999 %']
    """
    last = digits if most is None else most
    for places in range(digits, last + 1):
        text = f"{100 * share:.{places}f}"
        if share in {0.0, 1.0} or 0.0 < float(text) < 100.0:
            return f"{text} %"
    if share < 0.5:
        return f"<{10.0**-last:.{last}f} %"
    return f">{100.0 - 10.0**-last:.{last}f} %"
