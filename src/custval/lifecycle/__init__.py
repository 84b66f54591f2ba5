"""Lifecycle: where on the way are they."""

from __future__ import annotations

from custval.lifecycle.schemes import StageScheme
from custval.lifecycle.stages import stages

__all__ = ["StageScheme", "stages"]
