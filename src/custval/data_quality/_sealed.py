"""Mappings inside frozen dataclasses: read-only, and pickled all the same."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

__all__ = ["reduce_sealed", "seal"]


def seal(instance: Any, *frames: str) -> None:
    """Make every mapping among the public fields a read-only copy, but for `frames`; for `__post_init__`."""
    for field in dataclasses.fields(instance):
        value = getattr(instance, field.name)
        if isinstance(value, Mapping) and not field.name.startswith("_") and field.name not in frames:
            object.__setattr__(instance, field.name, MappingProxyType(dict(value)))


def reduce_sealed(instance: Any) -> tuple[Any, ...]:
    """What `__reduce__` answers: a mapping proxy cannot be pickled, and the constructor makes a new one."""
    values = (getattr(instance, field.name) for field in dataclasses.fields(instance))
    return type(instance), tuple(dict(value) if isinstance(value, MappingProxyType) else value for value in values)
