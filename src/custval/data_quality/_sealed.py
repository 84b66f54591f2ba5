"""Mappings inside frozen dataclasses: read-only, and pickled all the same."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

__all__ = ["reduce_sealed", "seal"]


def seal(instance: Any, *names: str) -> None:
    """Make every mapping among the public fields (or these) a read-only copy; for `__post_init__`."""
    public = [field.name for field in dataclasses.fields(instance) if not field.name.startswith("_")]
    for name in names or public:
        value = getattr(instance, name)
        if isinstance(value, Mapping):
            object.__setattr__(instance, name, MappingProxyType(dict(value)))


def reduce_sealed(instance: Any) -> tuple[Any, ...]:
    """What `__reduce__` answers: a mapping proxy cannot be pickled, and the constructor makes a new one."""
    values = (getattr(instance, field.name) for field in dataclasses.fields(instance))
    return type(instance), tuple(dict(value) if isinstance(value, MappingProxyType) else value for value in values)
