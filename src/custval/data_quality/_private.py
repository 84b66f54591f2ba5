"""Results about persons: their frames are for the caller, and not for whoever reads a log."""

from __future__ import annotations

import dataclasses

from custval._page import sections_of
from custval._result import Result

__all__ = ["PrivateResult"]


class PrivateResult(Result):
    """A result whose frames of rows are neither in its text nor in its HTML.

    Fields with `repr=False` are left out of both; `to_dict()` and `to_frame()` give what they are asked for. The HTML
    leaves out what there is nothing of, and shows four digits of fractions.
    """

    __slots__ = ()

    def _html_sections(self) -> list[str]:
        shown = [f.name for f in dataclasses.fields(self) if f.repr and not f.name.startswith("_")]  # type: ignore[arg-type]
        return sections_of({name: getattr(self, name) for name in shown})
