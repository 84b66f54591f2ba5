"""Customer value analytics on data frames.

Name your columns once, at the door (`transactions`, `contracts`, `customers`, `events`, `responses`); from there
on every function takes a frame and returns a frame of the same library, or a small frozen result.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from custval._model import load
from custval.errors import ColumnError, CustvalError, CustvalWarning, DataError, FitError
from custval.summary import calibration_holdout, summarize, summarize_contracts
from custval.tables import contracts, customers, customers_from, events, responses, transactions

if TYPE_CHECKING:
    from custval import clv, data_quality, datasets, lifecycle, segmentation, strategy, testing
    from custval.errors import NotFittedError

__version__ = "0.1.0"

__all__ = [
    "ColumnError",
    "CustvalError",
    "CustvalWarning",
    "DataError",
    "FitError",
    "NotFittedError",
    "__version__",
    "calibration_holdout",
    "clv",
    "contracts",
    "customers",
    "customers_from",
    "data_quality",
    "datasets",
    "events",
    "lifecycle",
    "load",
    "responses",
    "segmentation",
    "strategy",
    "summarize",
    "summarize_contracts",
    "testing",
    "transactions",
]

_ON_DEMAND = frozenset({"clv", "data_quality", "datasets", "lifecycle", "segmentation", "strategy", "testing"})


def __getattr__(name: str) -> Any:
    if name in _ON_DEMAND:
        return importlib.import_module(f"{__name__}.{name}")
    if name == "NotFittedError":
        return importlib.import_module("custval.errors").NotFittedError
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
