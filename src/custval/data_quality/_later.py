"""Rows of a table that are taken when they are asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from custval._frame import Table

__all__ = ["Later", "made_when_read"]

_Class = TypeVar("_Class", bound=type)


@dataclass(frozen=True, slots=True)
class Later:
    """Some rows of a table, by a mask."""

    table: Table
    which: NDArray[np.bool_]

    def frame(self) -> Any:
        """These rows as a frame of the library that came in."""
        return self.table.leave(self.table.rows(self.which), fresh=True)


def made_when_read(field: str) -> Callable[[_Class], _Class]:
    """Let a field of a slotted dataclass hold rows for `Later`: it is a frame from when it is first read."""

    def changed(cls: _Class) -> _Class:
        setattr(cls, field, _Field(cls.__dict__[field]))
        return cls

    return changed


class _Field:
    """What stands in the way to the slot of a field."""

    def __init__(self, slot: Any) -> None:
        self._slot = slot

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self
        value = self._slot.__get__(instance, owner)
        if isinstance(value, Later):
            value = value.frame()
            self._slot.__set__(instance, value)
        return value

    def __set__(self, instance: Any, value: Any) -> None:
        self._slot.__set__(instance, value)
