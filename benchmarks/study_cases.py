"""The models that the studies simulate: how each is made, drawn and fitted, and truths from the literature.

Times are weeks, money is dollars. The parameters are those that each model has on CDNOW, on a grocer's customers, and
BG/BB on the donations of Fader, Hardie and Shang (2010); "frequent" and "uneven" are made up, to be different.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar

import numpy as np

import custval as cv
from custval._kernels import gamma_gamma

Columns = Mapping[str, Any]


@dataclass(frozen=True, eq=False)  # so that a case can be a key
class Case:
    """A model and what a study needs to know of it.

    Attributes
    ----------
    name : str
    model : type
    truths : dict of str to dict
        Parameters by where they come from; times in weeks.
    in_units : tuple of bool
        Whether each parameter is measured in the unit of the data (time, or money).
    options : dict
        What the model is made with, such as a given k.
    """

    name: str
    model: type
    truths: Mapping[str, Mapping[str, float]]
    in_units: tuple[bool, ...]
    options: Mapping[str, Any] = field(default_factory=dict)

    # how long customers are observed, in weeks: of large bases, and of samples that are small in this too
    long: ClassVar[tuple[float, float]] = (26.0, 104.0)
    short: ClassVar[tuple[float, float]] = (4.0, 52.0)

    def new(self, method: str = "mle") -> Any:
        """An unfitted model."""
        return self.model(method=method, **self._unit, **self.options)

    def truth(self, params: Mapping[str, float]) -> Any:
        """The model that has these parameters."""
        return self.model.from_params(**params, **self._unit, **self.options)

    @property
    def _unit(self) -> Mapping[str, str]:
        return {"unit": "W"}

    def draw(self, params: Mapping[str, float], n: int, rng: np.random.Generator, *, short: bool = False) -> Columns:
        """A summary of n customers whose observations are of different lengths; times are not rounded."""
        frame = self.truth(params).sample(n, self._observed(n, rng, *(self.short if short else self.long)), rng)
        names = ["frequency", "recency", "T", *(name for name in ("sum_log_intervals",) if name in frame)]
        return {name: frame[name].to_numpy() for name in names}

    def _observed(self, n: int, rng: np.random.Generator, low: float, high: float) -> Any:
        return rng.uniform(low, high, n)

    def log_likelihood(self, columns: Columns) -> Callable[[Any], Any]:
        """The log-likelihood of a base as the kernel prints it: takes parameters (m, k), returns (m,)."""
        names = [name for name in ("frequency", "recency", "T", "sum_log_intervals") if name in columns]
        rows = np.column_stack([np.asarray(columns[name], dtype=np.float64) for name in names])
        return _total(rows, partial(self.model._kernel.log_likelihood, *self.options.values()))  # noqa: SLF001

    def scale(self, columns: Columns) -> float:
        """The unit in which parameters are of the order of 1."""
        return float(np.mean(columns["T"]))


class OpportunityCase(Case):
    """BG/BB: T is a number of opportunities."""

    long: ClassVar[tuple[float, float]] = (6.0, 12.0)
    short: ClassVar[tuple[float, float]] = (2.0, 6.0)

    def _observed(self, n: int, rng: np.random.Generator, low: float, high: float) -> Any:
        return rng.integers(int(low), int(high), n, endpoint=True).astype(np.float64)


class SpendCase(Case):
    """Gamma-Gamma: customers with 1 to some 10 repeat purchases, and the mean of their amounts."""

    @property
    def _unit(self) -> Mapping[str, str]:
        return {}

    def draw(self, params: Mapping[str, float], n: int, rng: np.random.Generator, *, short: bool = False) -> Columns:
        """A summary of n customers; with `short` of fewer purchases."""
        count = rng.geometric(0.7 if short else 0.4, n)
        spend, _ = self.truth(params).sample_spend(count, rng)
        return {"frequency": count, "monetary_value": np.add.reduceat(spend, np.cumsum(count) - count) / count}

    def log_likelihood(self, columns: Columns) -> Callable[[Any], Any]:
        """The log-likelihood of a base as the kernel prints it: takes parameters (m, k), returns (m,)."""
        return _total(np.column_stack([columns["frequency"], columns["monetary_value"]]), gamma_gamma.log_likelihood)

    def scale(self, columns: Columns) -> float:
        """The unit in which parameters are of the order of 1."""
        return float(np.mean(columns["monetary_value"]))


def _total(rows: Any, log_likelihood: Callable[..., Any]) -> Callable[[Any], Any]:
    """The sum over rows, for many sets of parameters at once."""
    distinct, weight = np.unique(rows, axis=0, return_counts=True)

    def total(theta: Any) -> Any:
        sets = len(theta)
        columns = np.tile(distinct, (sets, 1)).T
        values = log_likelihood(*np.repeat(theta, len(distinct), axis=0).T, *columns)
        return np.reshape(values, (sets, len(distinct))) @ weight

    return total


def _four(*values: float, names: str = "r alpha a b") -> dict[str, float]:
    return dict(zip(names.split(), values, strict=True))


_LIFETIMES = (False, True, False, False)
_PARETO = "r alpha s beta"
_BETAS = "alpha beta gamma delta"

CASES: tuple[Case, ...] = (
    Case(
        "NBD",
        cv.clv.NBDModel,
        {"CDNOW": {"r": 0.385, "alpha": 12.07}, "frequent": {"r": 1.2, "alpha": 8.0}},
        (False, True),
    ),
    Case(
        "BG/NBD",
        cv.clv.BetaGeoModel,
        {"CDNOW": _four(0.2426, 4.4136, 0.7929, 2.4259), "grocery": _four(0.3486, 2.5817, 0.5038, 3.6444)},
        _LIFETIMES,
    ),
    Case(
        "MBG/NBD",
        cv.clv.ModifiedBetaGeoModel,
        {"CDNOW": _four(0.5248, 6.1831, 0.8914, 1.614), "grocery": _four(1.2569, 6.0391, 0.3683, 0.7158)},
        _LIFETIMES,
    ),
    Case(
        "Pareto/NBD",
        cv.clv.ParetoNBDModel,
        {
            "CDNOW": _four(0.5533, 10.5777, 0.6062, 11.6687, names=_PARETO),
            "grocery": _four(0.7864, 5.679, 0.3862, 5.7178, names=_PARETO),
        },
        (False, True, False, True),
    ),
    Case(
        "BG/CNBD-2",
        cv.clv.BetaGeoCNBDModel,
        {"CDNOW": _four(0.2269, 1.4629, 0.944, 2.0743)},
        _LIFETIMES,
        {"k": 2},
    ),
    Case(
        "MBG/CNBD-2",
        cv.clv.ModifiedBetaGeoCNBDModel,
        {"CDNOW": _four(0.5799, 2.2881, 1.1345, 1.585)},
        _LIFETIMES,
        {"k": 2},
    ),
    SpendCase(
        "Gamma-Gamma",
        cv.clv.GammaGammaModel,
        {"CDNOW": {"p": 6.25, "q": 3.74, "gamma": 15.44}, "uneven": {"p": 1.5, "q": 2.5, "gamma": 30.0}},
        (False, False, True),
    ),
)
if hasattr(cv.clv, "BetaGeoBetaBinomModel"):
    CASES += (
        OpportunityCase(
            "BG/BB",
            cv.clv.BetaGeoBetaBinomModel,
            {"donations": _four(1.204, 0.75, 0.657, 2.783, names=_BETAS)},
            (False, False, False, False),
        ),
    )


def case(name: str) -> Case:
    """The case of this name."""
    return next(each for each in CASES if each.name == name)
