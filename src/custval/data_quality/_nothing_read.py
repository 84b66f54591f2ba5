"""A word about columns that hold something, and of which nothing could be read."""

from __future__ import annotations

import warnings
from collections import Counter

import numpy as np

from custval.data_quality._changes import ColumnChanges
from custval.errors import CustvalWarning

__all__ = ["warn_if_nothing_was_read"]


def warn_if_nothing_was_read(change: ColumnChanges, *, stacklevel: int) -> None:
    """Warn where each value of a column is unread or missing, and some are unread."""
    if not any(change.problems) or any(after is not None for after in change.after):
        return
    code = change.texts.code
    rows = np.bincount(code[code >= 0], minlength=len(change.problems)).tolist()
    reasons = Counter[str]()
    for problem, count in zip(change.problems, rows, strict=True):
        if problem:
            reasons[problem] += count
    reason, count = reasons.most_common(1)[0]
    way = "" if "say " in reason else f"; if it holds no {change.kind}s, leave it out of columns"
    warnings.warn(
        f"column {change.column!r}: not one of {reasons.total():,} values could be read as a {change.kind}; "
        f"{count:,} times: {reason}{way}; .unparsed lists them",
        CustvalWarning,
        stacklevel=stacklevel,
    )
