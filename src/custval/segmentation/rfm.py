"""Recency, frequency and monetary scores, and the segments over them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator

from custval._check import choice, number, whole
from custval._frame import Table, constant, enter, labels, numbers, refuse_nulls
from custval._kernels.quantile_scores import bins, bins_within, quantile_cuts, quantile_cuts_within
from custval._model import check_fitted, envelope, open_envelope, refuse_other_unit, sample_weights
from custval._result import as_data
from custval.errors import CustvalError, DataError, FitError
from custval.segmentation._grid import SCORES, SegmentGrid
from custval.typing import FloatArray, IntArray, IntoFrame

__all__ = ["RFMScorer"]

_COLUMNS = {"recency": "time_since_last", "frequency": "orders", "monetary": "total_amount"}
_METHODS = ("quantile", "fixed", "nested")
_MOST_BINS = 99
_HINT = (
    "RFM scores read one row per customer, as cv.summarize(transactions) makes it (with total_amount where the "
    "transactions have an amount)"
)


class RFMScorer(BaseEstimator):
    """Scores for recency, frequency and monetary value, and a segment for every combination of them.

    Each score runs from 1 to `n_bins`, and the highest is the best: the most recent buyers, the most orders, the
    most money. The cuts between the scores are learned by `fit` and kept, so that later customers, or the same ones
    a month on, are scored on the same scale, one by one and in any order.

    Parameters
    ----------
    n_bins : int
        Number of scores, 2 to 99.
    method : {"quantile", "fixed", "nested"}
        "quantile": about as many customers in each score; quantiles of type 7 (numpy's and R's default). "nested":
        frequency by quantiles within each recency score, monetary within each pair of both, so that all `n_bins`³
        scores are about equally full. "fixed": at `cuts`.
    segments : "standard" or mapping of str to str
        "standard", or the name of each segment with its condition over `recency_score`, `frequency_score` and
        `monetary_score`. Every score must be in exactly one segment; `fit` names an example where it is not.
    cuts : mapping of str to sequence of float, optional
        For "fixed": under "recency", "frequency" and "monetary" the `n_bins` − 1 cuts, increasing.

    Attributes
    ----------
    cuts_ : dict of str to array of float64
        "recency", "frequency" and "monetary", each of shape (n_bins − 1,). With "nested" "frequency" has one row per
        recency score, shape (n_bins, n_bins − 1), and "monetary" one per pair, shape (n_bins, n_bins, n_bins − 1); a
        score that no customer had takes the cuts of all customers, or of its recency score.
    segments_ : SegmentGrid
        The `names` of the segments, and the `number` of the segment of each score.
    unit_ : str or None
        The unit of time of the data, where they have a column `unit`.
    n_customers_ : float
        Customers that `fit` has read: rows, or the sum of their weights.

    Notes
    -----
    A value equal to a cut takes the lower bin of the quantity itself: the lower score for orders and money, and for
    the time since the last purchase the shorter time, which is the higher score. A column that holds one value
    throughout falls into its lowest bin: score 1 for orders and money, `n_bins` for recency. Equal values always
    have equal scores, so bins may differ in size, and some may be empty, where many customers are equal.

    The standard segments read recency against frequency and money together (the sum of both scores): Champions,
    Loyal, Potential loyalists, New customers, Promising, Need attention, About to sleep, At risk, Cannot lose them,
    Hibernating, Lost. They are stated for five scores; for another `n_bins` each score is first moved onto 1 to 5
    in proportion, 1 to 1 and `n_bins` to 5, to the nearest (halves towards 3).

    References
    ----------
    Hughes (1994). Strategic Database Marketing: scores by quantiles, nested and independent. Hyndman & Fan (1996).
    Sample Quantiles in Statistical Packages. The American Statistician 50(4), definition 7.

    Examples
    --------
    >>> from custval.segmentation import RFMScorer
    >>> summary = {
    ...     "customer_id": ["a", "b", "c", "d"],
    ...     "time_since_last": [3, 40, 10, 200],
    ...     "orders": [9, 2, 1, 1],
    ...     "total_amount": [900.0, 80.0, 60.0, 15.0],
    ... }
    >>> scored = RFMScorer(n_bins=3).fit_transform(summary)
    >>> scored["rfm_score"], scored["rfm_segment"]
    ([333, 222, 311, 111], ['Champions', 'Need attention', 'New customers', 'Lost'])
    >>> two = {"best": "recency_score == 3 and monetary_score >= 2", "rest": "recency_score < 3 or monetary_score < 2"}
    >>> RFMScorer(n_bins=3, segments=two).fit_transform(summary)["rfm_segment"]
    ['best', 'rest', 'rest', 'rest']
    """

    def __init__(
        self,
        n_bins: int = 5,
        method: str = "quantile",
        segments: str | Mapping[str, str] = "standard",
        *,
        cuts: Mapping[str, Any] | None = None,
    ) -> None:
        self.n_bins = n_bins
        self.method = method
        self.segments = segments
        self.cuts = cuts

    def fit(self, X: IntoFrame, sample_weight: Any = None) -> Self:
        """Learn the cuts from a summary.

        Parameters
        ----------
        X : frame
            One row per customer, with `time_since_last`, `orders` and `total_amount`, as `custval.summarize` makes it.
        sample_weight : array of shape (n,) or str, optional
            How many customers each row stands for, or the column that says so.

        Returns
        -------
        RFMScorer
            Itself.

        Raises
        ------
        ColumnError
            If a column is missing or does not hold numbers.
        DataError
            If values are missing or infinite, or weights are negative or do not count customers.
        FitError
            If there is no customer to learn from.
        """
        n_bins, method = self._checked()
        grid = SegmentGrid.build(self.segments, n_bins)
        table = _summary(X)
        values = _values(table)
        weight = _weight(sample_weight, table, n_bins)
        if method == "fixed":
            cuts = _fixed(self.cuts, n_bins)
        elif not len(table):
            raise FitError("RFM cuts need at least one customer, and the table has no rows", code="empty")
        else:
            learn = _quantile if method == "quantile" else _nested
            cuts = learn(values, n_bins, weight)
        self.segments_ = grid
        self.cuts_ = cuts
        self.unit_ = constant(table, "unit")
        self.n_customers_ = float(len(table) if weight is None else weight.sum())
        return self

    def transform(self, X: IntoFrame) -> Any:
        """Scores and segment of each customer.

        Parameters
        ----------
        X : frame
            One row per customer, with `time_since_last`, `orders` and `total_amount`.

        Returns
        -------
        frame of the library that came in, row by row
            `customer_id` (where X has it); `recency_score, frequency_score, monetary_score`, each 1 to `n_bins`;
            `rfm_score`, their digits side by side (two digits each from ten bins on); `rfm_segment`.

        Raises
        ------
        NotFittedError
            If `fit` has not been called.
        ColumnError, DataError
            As in `fit`.
        CustvalError
            If X has another `unit` than the data of `fit`.
        """
        check_fitted(self, "cuts_")
        table = _summary(X)
        refuse_other_unit(constant(table, "unit"), self.unit_, f"the cuts were learned in {self.unit_!r}")
        values = _values(table)
        n_bins = len(self.segments_.number)
        cell = _cells(values, self.cuts_, n_bins)
        r, f, m = np.indices((n_bins,) * 3).reshape(3, -1) + 1
        base = 10 if n_bins < 10 else 100
        columns: dict[str, Any] = {}
        if "customer_id" in table:
            refuse_nulls(table["customer_id"], table.what, "drop these rows first")
            columns["customer_id"] = table["customer_id"]
        # the answers depend on the cell of the grid only, so they are looked up
        for name, answer in zip((*SCORES, "rfm_score"), (r, f, m, (r * base + f) * base + m), strict=True):
            columns[name] = answer[cell]
        columns["rfm_segment"] = labels(table, "rfm_segment", self.segments_.number.ravel()[cell], self.segments_.names)
        return table.make(columns)

    def fit_transform(self, X: IntoFrame, sample_weight: Any = None) -> Any:
        """`fit` and then `transform` the same customers."""
        return self.fit(X, sample_weight).transform(X)

    def to_dict(self) -> dict[str, Any]:
        """The fitted scorer as JSON-safe data, without any customer's; `custval.load` reads it."""
        check_fitted(self, "cuts_")
        content = {
            "init": self.get_params(),
            "cuts": self.cuts_,
            "unit": self.unit_,
            "n_customers": self.n_customers_,
        }
        return envelope(self, as_data(content))

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The fitted scorer that `to_dict` has written.

        Raises
        ------
        CustvalError
            If the data hold something else, or their cuts do not fit their parameters.
        """
        content = open_envelope(data, cls)
        try:
            scorer = cls(**content["init"])
            cuts = {name: np.array(content["cuts"][name], dtype=np.float64) for name in _COLUMNS}
            unit, n_customers = content["unit"], content["n_customers"]
        except (KeyError, TypeError, ValueError) as error:
            raise CustvalError(f"these data are no complete {cls.__name__}: {error}", code="envelope") from None
        n_bins, method = scorer._checked()
        leading = {"recency": 0, "frequency": int(method == "nested"), "monetary": 2 * int(method == "nested")}
        for name, at in cuts.items():
            if at.shape != (n_bins,) * leading[name] + (n_bins - 1,):
                raise CustvalError(f"the {name} cuts do not fit n_bins={n_bins}: shape {at.shape}", code="envelope")
            if np.isnan(at).any() or (np.diff(at, axis=-1) < 0).any():
                raise CustvalError(f"the {name} cuts must be numbers in increasing order", code="envelope")
        scorer.segments_ = SegmentGrid.build(scorer.segments, n_bins)
        scorer.cuts_, scorer.unit_, scorer.n_customers_ = cuts, unit, n_customers
        return scorer

    def _checked(self) -> tuple[int, str]:
        n_bins, method = whole(self.n_bins, "n_bins", at_least=2), choice(self.method, "method", _METHODS)
        if n_bins > _MOST_BINS:
            raise CustvalError(f"n_bins must be at most {_MOST_BINS}; got {n_bins}")
        if self.cuts is not None and method != "fixed":
            raise CustvalError(
                f"cuts are for method='fixed'; with method={method!r} they are learned", suggestion="method='fixed'"
            )
        return n_bins, method


def _summary(X: IntoFrame) -> Table:
    table = enter(X, "X")
    table.require(*_COLUMNS.values(), hint=_HINT)
    return table


def _values(table: Table) -> dict[str, FloatArray]:
    return {name: numbers(table, column) for name, column in _COLUMNS.items()}


def _weight(sample_weight: Any, table: Table, n_bins: int) -> FloatArray | None:
    weight = sample_weights(table, sample_weight)
    if weight is None:
        return None
    if len(table) and weight.sum() < n_bins:
        raise DataError(
            f"sample_weight says how many customers each row stands for, and all stand for {weight.sum():g} together, "
            f"fewer than the {n_bins} bins",
            suggestion="sample_weight = sample_weight * len(X) / sample_weight.sum()",
            code="weight",
        )
    return weight


def _fixed(cuts: Any, n_bins: int) -> dict[str, FloatArray]:
    if not isinstance(cuts, Mapping) or set(cuts) != set(_COLUMNS):
        raise CustvalError(
            f"method='fixed' takes cuts under 'recency', 'frequency' and 'monetary'; got {cuts!r}",
            suggestion='cuts={"recency": [30, 90], "frequency": [1, 3], "monetary": [50, 200]} with n_bins=3',
        )
    result = {}
    for name in _COLUMNS:
        try:
            at = np.array([number(cut, f"cuts[{name!r}]") for cut in cuts[name]], dtype=np.float64)
        except TypeError:
            raise CustvalError(f"cuts[{name!r}] must be a sequence of numbers; got {cuts[name]!r}") from None
        if at.size != n_bins - 1 or (np.diff(at) <= 0).any():
            raise CustvalError(
                f"cuts[{name!r}] must be {n_bins - 1} increasing numbers for n_bins={n_bins}; got {cuts[name]!r}",
                suggestion=f"n_bins={at.size + 1}" if at.size != n_bins - 1 else None,
            )
        result[name] = at
    return result


def _quantile(values: Mapping[str, FloatArray], n_bins: int, weight: FloatArray | None) -> dict[str, FloatArray]:
    return {name: quantile_cuts(x, n_bins, weight) for name, x in values.items()}


def _nested(values: Mapping[str, FloatArray], n_bins: int, weight: FloatArray | None) -> dict[str, FloatArray]:
    shape = (n_bins, n_bins - 1)
    whole_base = _quantile(values, n_bins, weight)
    recency = n_bins - 1 - bins(values["recency"], whole_base["recency"]).astype(np.int64)

    def within(name: str, group: Any, parents: FloatArray) -> FloatArray:
        return quantile_cuts_within(values[name], n_bins, group, parents, weight)

    frequency_cuts = within("frequency", recency, np.broadcast_to(whole_base["frequency"], shape))
    pair = recency * n_bins + bins_within(values["frequency"], frequency_cuts, recency)
    monetary_of_recency = within("monetary", recency, np.broadcast_to(whole_base["monetary"], shape))
    monetary_cuts = within("monetary", pair, np.repeat(monetary_of_recency, n_bins, axis=0))
    return {
        "recency": whole_base["recency"],
        "frequency": frequency_cuts,
        "monetary": monetary_cuts.reshape(n_bins, *shape),
    }


def _cells(values: Mapping[str, FloatArray], cuts: Mapping[str, FloatArray], n_bins: int) -> IntArray:
    """Each customer's place in the grid of scores, row by row from (1, 1, 1)."""
    recency = n_bins - 1 - bins(values["recency"], cuts["recency"]).astype(np.int64)
    if cuts["frequency"].ndim == 1:
        pair = recency * n_bins + bins(values["frequency"], cuts["frequency"])
        return pair * n_bins + bins(values["monetary"], cuts["monetary"])
    pair = recency * n_bins + bins_within(values["frequency"], cuts["frequency"], recency)
    return pair * n_bins + bins_within(values["monetary"], cuts["monetary"].reshape(-1, n_bins - 1), pair)
