"""Segmentation: who is alike, and who matters."""

from __future__ import annotations

from custval.segmentation.rfm import RFMScorer

__all__ = ["RFMScorer"]
