"""Strategy: lifecycle × value × satisfaction, and what to do about it."""

from __future__ import annotations

from custval.strategy.matrix import ViewMatrix, view_matrix
from custval.strategy.view import customer_view

__all__ = ["ViewMatrix", "customer_view", "view_matrix"]
