"""What became of one text that was read."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

__all__ = ["Outcome", "QuickReader", "Reader"]


class Outcome(NamedTuple):
    """A text as it should stand, what was done to it, and what is wrong with it.

    `problem` is empty where the text was understood; else `value` is the text as it came.
    """

    value: str | None
    rule: str = ""
    problem: str = ""


Reader = Callable[[str], Outcome]
"""Reads a text that is cleaned and not empty."""

QuickReader = Callable[[str], "tuple[str, str] | None"]
"""Reads a text as it came, if it is of a usual form: what it is now, and by which rule; else None."""
