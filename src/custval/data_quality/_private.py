"""Results about persons: their frames are for the caller, and not for whoever reads a log."""

from __future__ import annotations

import dataclasses
import html
from collections.abc import Mapping
from typing import Any

from custval._frame import enter, nw
from custval._result import Account, Result, _html, _is_frame

__all__ = ["PrivateResult"]

_DIGITS = 4


class PrivateResult(Result):
    """A result whose frames of rows are neither in its text nor in its HTML.

    Fields with `repr=False` are left out of both; `to_dict()` and `to_frame()` give what they are asked for. The HTML
    leaves out what there is nothing of, and shows four digits of fractions.
    """

    __slots__ = ()

    def _repr_html_(self) -> str:
        parts = [f"<div><strong>{html.escape(type(self).__name__)}</strong>"]
        for field in dataclasses.fields(self):  # type: ignore[arg-type]
            value = getattr(self, field.name)
            if not field.repr or field.name.startswith("_") or value is None or (_is_list(value) and not value):
                continue
            name = html.escape(field.name)
            parts.append(f"<details open><summary>{name}</summary>{_shown(value)}</details>")
        return "".join([*parts, "</div>"])


def _is_list(value: Any) -> bool:
    return isinstance(value, (Mapping, tuple, list))


def _shown(value: Any) -> str:
    return f"<pre>{html.escape(str(value))}</pre>" if isinstance(value, Account) else _html(_rounded(value))


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, _DIGITS)
    if isinstance(value, Mapping):
        return {name: _rounded(item) for name, item in value.items()}
    if isinstance(value, list):
        return list(map(_rounded, value))
    if _is_frame(value):
        table = enter(value)
        fractions = [name for name in table.columns if table[name].dtype == nw.Float64]
        return table.leave(table.frame.with_columns(nw.col(*fractions).round(_DIGITS))) if fractions else value
    return value
