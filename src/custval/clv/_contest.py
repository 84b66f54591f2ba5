"""Scores of models and rules at each cutoff, and who stands where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from sklearn.base import clone

from custval._kernels.holdout_metrics import Errors, errors
from custval.clv._baselines import IF_LATELY, OWN_RATE
from custval.clv._judge import judge
from custval.clv._origins import Origin
from custval.clv._purchase import PurchaseModel
from custval.errors import CustvalError
from custval.typing import FloatArray, IntArray

__all__ = ["MODEL", "RULE", "Score", "Standing", "hold", "likelihood_noise", "noise", "standings"]

MODEL, RULE = "model", "baseline"
# a probability of being alive from which on nobody leaves
_CERTAIN = 0.9999
_TWINS = (OWN_RATE, IF_LATELY)


@dataclass(frozen=True, slots=True)
class Score:
    """One contestant at one cutoff.

    Attributes
    ----------
    name, kind, cutoff : str
    status : str
        "converged", "boundary", "failed", or "" for a rule.
    reason : str
        Why a fit failed or ended on a boundary, or what there is to say of a rule.
    errors : Errors or None
        None if the fit failed.
    log_score, coverage, aic, bic : float
        NaN where there is no model.
    mix_changes : bool
    all_alive : bool
        Whether every one-time buyer is taken to be alive for certain.
    nobody_leaves : bool
        Whether everybody in the base is taken to be alive, all but for certain.
    one_time : float
        The share of the customers who have bought once.
    customer, squared, log_probability : arrays of shape (n,)
        The customers, their squared errors, and how probable the model found what they did; the last is empty for a
        rule.
    """

    name: str
    kind: str
    cutoff: str
    n: int
    status: str = ""
    reason: str = ""
    errors: Errors | None = None
    log_score: float = np.nan
    coverage: float = np.nan
    aic: float = np.nan
    bic: float = np.nan
    mix_changes: bool = False
    all_alive: bool = False
    nobody_leaves: bool = False
    one_time: float = np.nan
    customer: IntArray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    squared: FloatArray = field(default_factory=lambda: np.zeros(0))
    log_probability: FloatArray = field(default_factory=lambda: np.zeros(0))

    @property
    def relative_bias(self) -> float:
        """The predicted total over the actual one, less 1; NaN if nothing came."""
        return self.value("bias") / self.value("actual") if self.value("actual") > 0 else np.nan

    def value(self, name: str) -> float:
        """A number of it by name; NaN if there is none."""
        if name in Errors.__slots__:
            return np.nan if self.errors is None else float(getattr(self.errors, name))
        return float(getattr(self, name))


@dataclass(frozen=True, slots=True)
class Standing:
    """One contestant over all cutoffs: its scores in their order."""

    name: str
    kind: str
    scores: tuple[Score, ...]

    def mean(self, name: str) -> float:
        """The mean of a number over the cutoffs at which it exists."""
        values = [score.value(name) for score in self.scores]
        known = [value for value in values if not np.isnan(value)]
        return float(np.mean(known)) if known else np.nan

    def count(self, status: str) -> int:
        """At how many cutoffs a fit ended so."""
        return sum(score.status == status for score in self.scores)

    @property
    def relative_bias(self) -> float:
        """The predicted total of all cutoffs over the actual one, less 1; NaN if nothing came."""
        known = [score for score in self.scores if score.errors is not None]
        came = sum(score.value("actual") for score in known)
        return sum(score.value("bias") for score in known) / came if came > 0 else np.nan

    @property
    def n_mix_changes(self) -> int:
        """At how many cutoffs customers who came early and late deviate differently."""
        return sum(score.mix_changes for score in self.scores)

    @property
    def n_cutoffs(self) -> int:
        """At how many cutoffs there is a prediction."""
        return sum(score.errors is not None for score in self.scores)


def hold(models: Mapping[str, PurchaseModel], origins: Iterable[Origin], level: float) -> list[Score]:
    """Fit every model at every origin, and score it and the rules."""
    scores = []
    for origin in origins:
        scores += [_of_model(name, model, origin, level) for name, model in models.items()]
        scores += [_of_rule(name, predicted, origin) for name, predicted in origin.rules.items()]
    return _without_a_double(scores)


def _without_a_double(scores: list[Score]) -> list[Score]:
    """Leave out "own rate if bought lately" where at every cutoff everybody has bought so lately."""
    own, lately = ([score for score in scores if score.name == name and score.kind == RULE] for name in _TWINS)
    if any(not _alike(a, b) for a, b in zip(own, lately, strict=True)):
        return scores
    note = f"the same as '{IF_LATELY}': everybody has bought within the last horizon"
    told = {id(score): replace(score, reason=note) for score in own}
    return [told.get(id(score), score) for score in scores if all(score is not twin for twin in lately)]


def _alike(one: Score, other: Score) -> bool:
    return np.array_equal(one.squared, other.squared) and one.value("predicted") == other.value("predicted")


def _of_model(name: str, model: PurchaseModel, origin: Origin, level: float) -> Score:
    where: dict[str, Any] = {"name": name, "kind": MODEL, "cutoff": str(origin.cutoff), "n": len(origin.base)}
    try:
        fitted = clone(model).fit(origin.table.leave(origin.table.frame))
        found = judge(fitted, origin.base, origin.actual, level)
    except (CustvalError, ArithmeticError, np.linalg.LinAlgError) as error:
        return Score(**where, status="failed", reason=str(error))
    return Score(
        **where,
        status=fitted.fit_status_,
        reason="" if fitted.fit_status_ == "converged" else fitted.fit_message_,
        errors=found.errors,
        log_score=found.log_score,
        coverage=found.coverage,
        aic=getattr(fitted, "aic_", np.nan),
        bic=getattr(fitted, "bic_", np.nan),
        mix_changes=found.mix_changes,
        all_alive=_all_alive(fitted, origin),
        nobody_leaves=bool(fitted._alive(origin.base.x, origin.base.t_x, origin.base.T).min() > _CERTAIN),
        one_time=float((origin.base.x == 0).mean()),
        customer=origin.customer,
        squared=np.square(found.prediction.mean - origin.actual),
        # what a model holds for impossible counts as the smallest number there is, so that differences exist
        log_probability=np.log(np.maximum(found.prediction.probability, np.finfo(float).tiny)),
    )


def _all_alive(model: PurchaseModel, origin: Origin) -> bool:
    longest = origin.base.T.max(keepdims=True)
    nothing = np.zeros(1)
    return bool(model._alive(nothing, nothing, longest)[0] >= 1.0)


def _of_rule(name: str, predicted: FloatArray, origin: Origin) -> Score:
    return Score(
        name=name,
        kind=RULE,
        cutoff=str(origin.cutoff),
        n=len(origin.base),
        reason=origin.notes.get(name, ""),
        errors=errors(origin.actual, predicted),
        customer=origin.customer,
        squared=np.square(predicted - origin.actual),
    )


def standings(scores: Iterable[Score]) -> list[Standing]:
    """Everyone by the mean of the RMSE; those that failed at a cutoff stand behind those that did not."""
    by_name: dict[tuple[str, str], list[Score]] = {}
    for score in scores:
        by_name.setdefault((score.kind, score.name), []).append(score)
    all_of_them = [Standing(name, kind, tuple(own)) for (kind, name), own in by_name.items()]
    # models that are one and the same, such as BG/NBD and BG/CNBD-1, stay in the order in which they were given
    return sorted(all_of_them, key=lambda one: (-one.n_cutoffs, round(np.nan_to_num(one.mean("rmse"), nan=np.inf), 9)))


def noise(one: Standing, other: Standing) -> float:
    """How many standard errors lie between the squared errors of two contestants, customer by customer.

    The differences of a customer at several cutoffs are summed first, so that they need not be independent.
    """
    return _standard_errors([(mine, yours.squared - mine.squared) for mine, yours in _pairs(one, other)])


def likelihood_noise(one: Standing, other: Standing) -> float:
    """How many standard errors the log-probabilities of one model lie above those of another, in the same way."""
    return _standard_errors(
        [(mine, mine.log_probability - yours.log_probability) for mine, yours in _pairs(one, other)]
    )


def _pairs(one: Standing, other: Standing) -> list[tuple[Score, Score]]:
    both = zip(one.scores, other.scores, strict=True)
    return [(mine, yours) for mine, yours in both if mine.errors is not None and yours.errors is not None]


def _standard_errors(differences: Iterable[tuple[Score, FloatArray]]) -> float:
    total = np.zeros(1)
    for score, difference in differences:
        size = max(total.size, int(score.customer.max()) + 1)
        total = np.pad(total, (0, size - total.size))
        total += np.bincount(score.customer, difference, size)
    spread = float(np.sqrt(np.square(total - total.mean()).sum()))
    return float(total.sum()) / spread if spread > 0 else 0.0
