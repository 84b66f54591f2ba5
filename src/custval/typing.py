"""Public aliases and protocols."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "CustomerBaseModel",
    "FloatArray",
    "Grain",
    "Instant",
    "IntArray",
    "IntoFrame",
    "PurchaseSampler",
    "RngLike",
    "Span",
]

IntoFrame: TypeAlias = Any
"""A pandas, polars or pyarrow table, a mapping of column names to sequences, or a lazy frame of an engine."""

Grain: TypeAlias = Literal["h", "D", "W", "M", "Y"]
"""The calendar period within which purchases count as one occasion."""

Span: TypeAlias = "str | float"
"""A length of time: `"12M"`, `"26W"`, `"30D"`, `"30min"`; for a model's horizon also a number of its unit."""

Instant: TypeAlias = "str | dt.date | dt.datetime | np.datetime64"
"""A moment; a bare date means the whole day."""

RngLike: TypeAlias = "int | Sequence[int] | np.random.Generator | np.random.SeedSequence | None"
"""What `numpy.random.default_rng` takes (SPEC 7)."""

FloatArray: TypeAlias = "NDArray[np.float64]"
IntArray: TypeAlias = "NDArray[np.int64]"


@runtime_checkable
class CustomerBaseModel(Protocol):
    """What a model of a customer base offers to those who use it."""

    params_: Mapping[str, float]
    unit_: str | None

    def fit(self, X: IntoFrame, sample_weight: Any = None) -> CustomerBaseModel:
        """Fit on a summary: one row per customer."""
        ...

    def expected_purchases(self, X: IntoFrame, horizon: Span) -> Any:
        """The expected number of purchases of each customer in the horizon."""
        ...

    def probability_alive(self, X: IntoFrame, after: Span = 0) -> Any:
        """The probability that each customer is still a customer, now or later."""
        ...


@runtime_checkable
class PurchaseSampler(Protocol):
    """A model that can draw when the customers of a new base buy; what `datasets.simulate_transactions` asks for."""

    unit_: str | None

    def sample_purchases(self, n: int, T: Any, rng: np.random.Generator) -> tuple[IntArray, FloatArray]:
        """Draw the purchases of `n` new customers.

        Parameters
        ----------
        n : int
            Number of customers.
        T : float or array of float, shape (n,)
            How long each is observed after the first purchase, in units of time.
        rng : numpy.random.Generator

        Returns
        -------
        customer : array of int64, shape (m,)
            Whose purchase it is, 0 to n − 1.
        time : array of float64, shape (m,)
            Units since the customer's first purchase, which is among them with time 0; none after `T`.
        """
        ...
