"""Lifecycle schemes as data: which stage a customer is in, by conditions over the purchase history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from custval._check import span, whole
from custval._model import envelope, open_envelope
from custval.errors import CustvalError
from custval.lifecycle._conditions import condition_of

__all__ = ["StageScheme", "days_of"]


@dataclass(frozen=True, slots=True)
class StageScheme:
    """A lifecycle as data: stages with their conditions, the first that holds decides.

    Parameters
    ----------
    conditions : sequence of (stage, condition)
        In order of precedence; each condition is text in the expression language over the features below.
    otherwise : str
        The stage of customers for whom no condition holds, so that everyone is in exactly one stage.
    window : span
        Length of the windows that `recent_occasions` and `earlier_occasions` count in, such as "90D" or "12W".

    Attributes
    ----------
    stages : tuple of str
        All stages, in the order given.

    Notes
    -----
    An occasion is a day with at least one line of positive amount (with any line where there is no amount). The
    features of a customer at the end of a day, times in days:

    ==================== ======================================================================
    `occasions`          days bought on so far
    `frequency`          repeat ones: `occasions` − 1 (0 for those who have not bought)
    `age`                days since the first occasion
    `time_since_last`    days since the last one
    `mean_gap`           mean days between successive occasions, null before the second
    `last_gap`           days between the last two, null before the second
    `recent_occasions`   occasions on the last `window` days
    `earlier_occasions`  occasions on the `window` days before those
    ==================== ======================================================================

    Those who have not bought have no times: these are null, and a comparison with null does not hold.

    Examples
    --------
    >>> from custval.lifecycle import StageScheme
    >>> scheme = StageScheme(
    ...     [("prospect", "occasions == 0"), ("overdue", "time_since_last > 3 * mean_gap")], otherwise="active"
    ... )
    >>> scheme.stages
    ('prospect', 'overdue', 'active')
    >>> dict(StageScheme.classic(churn_after="52W").conditions)["churned"]
    'time_since_last >= 364'
    """

    conditions: Sequence[tuple[str, str]]
    otherwise: str
    window: str = "90D"

    def __post_init__(self) -> None:
        pairs = _pairs(self.conditions)
        names = [stage for stage, _ in pairs] + [self.otherwise]
        for name in names:
            if not isinstance(name, str) or not name:
                raise CustvalError(f"a stage must have a name; got {name!r}")
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise CustvalError(
                f"the stage {twice[0]!r} stands twice in the scheme",
                suggestion="write its conditions as one, joined by 'or'",
            )
        days_of(self.window, "window")
        for stage, text in pairs:
            condition_of(stage, text)
        object.__setattr__(self, "conditions", pairs)

    @classmethod
    def classic(cls, *, mature_from: int = 5, decline_after: str = "90D", churn_after: str = "180D") -> Self:
        """The classic lifecycle: prospect, new, growth, mature, decline, churned, reactivated.

        Parameters
        ----------
        mature_from : int
            Occasions from which on a customer is mature.
        decline_after, churn_after : span
            Time without a purchase after which a customer declines, and is taken to be lost; days or weeks.

        Returns
        -------
        StageScheme
            In order of precedence: **prospect** has not bought; **churned**, no purchase for `churn_after`;
            **decline**, none for `decline_after`; **reactivated**, the last purchase ended a churn, and no other has
            followed; **new** has bought on one day; **growth** on fewer than `mature_from`; **mature** otherwise.
        """
        mature = whole(mature_from, "mature_from", at_least=2)
        decline, churn = days_of(decline_after, "decline_after"), days_of(churn_after, "churn_after")
        if decline >= churn:
            raise CustvalError(
                f"decline_after must be shorter than churn_after; got {decline_after!r} and {churn_after!r}",
                suggestion=f"churn_after='{2 * decline}D'",
            )
        conditions = (
            ("prospect", "occasions == 0"),
            ("churned", f"time_since_last >= {churn}"),
            ("decline", f"time_since_last >= {decline}"),
            ("reactivated", f"last_gap > {churn}"),
            ("new", "occasions == 1"),
            ("growth", f"occasions < {mature}"),
        )
        return cls(conditions, otherwise="mature")

    @property
    def stages(self) -> tuple[str, ...]:
        """All stages, in the order given; the one that is left over stands last."""
        return (*(stage for stage, _ in self.conditions), self.otherwise)

    def to_dict(self) -> dict[str, Any]:
        """The scheme as JSON-safe data; `custval.load` reads it."""
        content = {"conditions": [list(pair) for pair in self.conditions], "otherwise": self.otherwise}
        return envelope(self, {**content, "window": self.window})

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The scheme that `to_dict` wrote."""
        content = open_envelope(data, cls)
        try:
            return cls(content["conditions"], content["otherwise"], content["window"])
        except KeyError as error:
            raise CustvalError(
                f"these data are no complete {cls.__name__}: {error} is missing", code="envelope"
            ) from None


def days_of(value: Any, name: str) -> int:
    """A span as whole days; calendar months have none."""
    length = span(value, name)
    if length.unit not in {"D", "W"}:
        raise CustvalError(
            f"{name} must be in days or weeks; got {value!r}", suggestion=f"{name}='{max(1, round(length.days))}D'"
        )
    return length.count * (7 if length.unit == "W" else 1)


def _pairs(conditions: Any) -> tuple[tuple[str, str], ...]:
    try:
        pairs = tuple((stage, text) for stage, text in map(tuple, conditions))
    except (TypeError, ValueError):
        raise CustvalError(
            f"conditions must be pairs of a stage and its condition, in order; got {conditions!r}",
            suggestion='[("prospect", "occasions == 0"), ("lost", "time_since_last > 365")]',
        ) from None
    return pairs
