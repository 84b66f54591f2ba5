"""Whether frequency and spend are independent, as models of spend take them to be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from custval._check import fraction
from custval._frame import enter
from custval._kernels import gamma_gamma
from custval._kernels.spend_independence import TOLERANCE, Correlation, elasticity, level_log_spend, pearson, spearman
from custval._kernels.tuples import count_distinct_rows
from custval._model import sample_weights
from custval._result import Account, Result
from custval.clv._spend import account_of, informs, spend_columns
from custval.errors import DataError
from custval.typing import IntoFrame

__all__ = ["SpendIndependence", "spend_independence"]


@dataclass(frozen=True, slots=True)
class SpendIndependence(Result):
    """How frequency and mean spend go together among repeat customers.

    Attributes
    ----------
    correlations : frame
        `measure, correlation, low, high, p_value`. "pearson": of frequency and mean spend, 0 under independence, but
        moved by few large values. "log": of the logarithms, the spend's less what its mean owes to the number of
        amounts; 0 under independence, and steady. "spearman": of the ranks, for comparison; it is above 0 also
        under independence, since the means of few amounts are more skewed.
    correlation : float
        The one of the logarithms, on which the verdict rests.
    effect_of_twice : float
        How much more, as a share, those spend at a time who buy twice as often: 0.1 is 10 %. A strong dependence
        is understated, since the shape p of the amounts is fitted as if there were none.
    independent : bool
        Whether that correlation is weak: within ± `tolerance`.
    tolerance : float
    n : float
        Repeat customers, the sum of the weights.
    verdict : str
        The answer in words.
    account : Account
        Rows set aside: without a repeat occasion, or with a mean spend that is not positive.
    """

    correlations: Any
    correlation: float
    effect_of_twice: float
    independent: bool
    tolerance: float
    n: float
    verdict: str
    account: Account

    def to_frame(self) -> Any:
        """The correlations, in the library of the customers."""
        return self.correlations

    def __str__(self) -> str:
        return self.verdict


def spend_independence(
    X: IntoFrame, *, interval: float = 0.95, tolerance: float = TOLERANCE, sample_weight: Any = None
) -> SpendIndependence:
    """Ask whether customers who buy more often also spend more each time.

    The Gamma-Gamma model, and every value that is expected purchases times expected spend, takes both for
    independent. With many customers any dependence is significant, so the verdict goes by its size.

    Parameters
    ----------
    X : frame
        A summary: `frequency` and `monetary_value`.
    interval : float
        The level of the intervals.
    tolerance : float
        The correlation up to which they count as independent; at 0.2 frequency explains 4 % of the variance of the
        logarithm of spend.
    sample_weight : array of shape (n,) or column name, optional
        How many customers each row stands for.

    Returns
    -------
    SpendIndependence

    Raises
    ------
    ColumnError, DataError
        If a column is missing, or there are fewer than 4 repeat customers with a positive mean spend, or all of
        them have the same frequency or spend.

    References
    ----------
    Fader, Hardie & Lee (2005). RFM and CLV: Using Iso-Value Curves for Customer Base Analysis. Journal of Marketing
    Research 42(4), 415-430: the correlation of 0.11 among the CDNOW customers, which they find small.

    Examples
    --------
    >>> import custval as cv
    >>> purchases = cv.datasets.load_cdnow(sample=True)
    >>> customers = cv.summarize(purchases[purchases["amount"] > 0], unit="W", until="1997-09-30")
    >>> found = cv.clv.spend_independence(customers)
    >>> found.independent, found.to_frame()["correlation"].round(2).tolist()
    (True, [0.11, 0.15, 0.21])
    >>> print(found)
    frequency and spend are nearly independent: the correlation is 0.15 (0.09 to 0.21), within ±0.2, though with so few
    customers the true one may lie outside; those who buy twice as often spend 10 % more each time
    """
    level, limit = fraction(interval, "interval"), fraction(tolerance, "tolerance")
    table = enter(X, "X")
    x, m = spend_columns(table)
    weight = sample_weights(table, sample_weight)
    account, fits = account_of(x, m), informs(x, m)
    (x, m), w = count_distinct_rows((x[fits], m[fits]), None if weight is None else weight[fits])
    x, m, w = x[w > 0], m[w > 0], w[w > 0]
    n = float(w.sum())
    _refuse_too_little(x, m, n)
    p = float(gamma_gamma.fit(x, m, w).parameters[0])
    level_spend = level_log_spend(p, x, m)
    found = {
        "pearson": pearson(x, m, w),
        "log": pearson(np.log(x), level_spend, w),
        "spearman": spearman(x, m, w),
    }
    ends = np.array([one.interval(level) for one in found.values()])
    correlations = table.make(
        {
            "measure": list(found),
            "correlation": [one.value for one in found.values()],
            "low": ends[:, 0],
            "high": ends[:, 1],
            "p_value": [one.p_value for one in found.values()],
        }
    )
    twice = float(np.expm1(np.log(2) * elasticity(np.log(x), level_spend, w)))
    sentence = _sentence(found["log"], level, limit, twice)
    independent = abs(found["log"].value) <= limit
    return SpendIndependence(correlations, found["log"].value, twice, independent, limit, n, sentence, account)


def _refuse_too_little(x: Any, m: Any, n: float) -> None:
    if n < 4:
        raise DataError(
            f"X: a correlation needs at least 4 repeat customers with a positive mean spend; there are {n:g}",
            column="frequency",
            count=int(n),
            code="too_few",
        )
    for column, values in (("frequency", x), ("monetary_value", m)):
        if np.unique(values).size < 2:
            raise DataError(
                f"X: all repeat customers have the same {column}, so nothing can go together with it",
                column=column,
                code="constant",
            )


def _sentence(found: Correlation, level: float, limit: float, twice: float) -> str:
    low, high = found.interval(level)
    within = abs(found.value) <= limit
    verdict = "nearly independent" if within else "not independent"
    there, beyond = ("within", "outside") if within else ("outside", "within")
    crosses = low < -limit < high or low < limit < high
    doubt = f", though with so few customers the true one may lie {beyond}" if crosses else ""
    more = f"{abs(twice):.0%}".replace("%", " %") + (" more" if twice >= 0 else " less")
    return (
        f"frequency and spend are {verdict}: the correlation is {found.value:.2f} ({low:.2f} to {high:.2f}), "
        f"{there} ±{limit:g}{doubt}; those who buy twice as often spend {more} each time"
    )
