"""Results about persons: their frames are for the caller, and not for whoever reads a log."""

from __future__ import annotations

import dataclasses
import html

from custval._result import Result, _html

__all__ = ["PrivateResult"]


class PrivateResult(Result):
    """A result whose frames of rows are neither in its text nor in its HTML.

    Fields with `repr=False` are left out of both; `to_dict()` and `to_frame()` give what they are asked for.
    """

    __slots__ = ()

    def _repr_html_(self) -> str:
        parts = [f"<div><strong>{html.escape(type(self).__name__)}</strong>"]
        for field in dataclasses.fields(self):  # type: ignore[arg-type]
            if field.repr and not field.name.startswith("_"):
                name, value = html.escape(field.name), _html(getattr(self, field.name))
                parts.append(f"<details open><summary>{name}</summary>{value}</details>")
        return "".join([*parts, "</div>"])
