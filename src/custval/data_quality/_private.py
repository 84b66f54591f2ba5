"""Results about persons: their frames are for the caller, and not for whoever reads a log."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

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
        values = {name: getattr(self, name) for name in shown}
        return sections_of({name: value for name, value in values.items() if not _is_nothing(value)})


def _is_nothing(value: Any) -> bool:
    return value is None or (isinstance(value, (Mapping, tuple, list)) and not value)
