"""Recency, frequency and monetary scores, and the segments over them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.metadata_routing import UNUSED

from custval._check import choice, flag, whole
from custval._frame import LazyTable, Table, constant, enter_any, labels, refuse_nulls
from custval._model import check_fitted, envelope, open_envelope, refuse_other_unit
from custval._result import as_data
from custval.errors import CustvalError
from custval.segmentation import _scores_in_engine as in_engine
from custval.segmentation._cuts_in_engine import learn_in_engine
from custval.segmentation._grid import SCORES, SegmentGrid
from custval.segmentation._scores import COLUMNS, cells_of, fixed_cuts, learned_cuts, no_customers, values_of, weight_of
from custval.typing import FloatArray, IntoFrame

__all__ = ["RFMScorer"]

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

    # no metadata that a meta-estimator could route, and so no set_transform_request
    __metadata_request__transform: ClassVar[dict[str, Any]] = {"check": UNUSED}

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
            Of a lazy frame nothing but numbers comes to Python: a few counts, and the exact quantiles.
        sample_weight : array of shape (n,) or str, optional
            How many customers each row stands for, or the column that says so. Of a lazy frame it must be a column,
            and then the distinct values come to Python, with the sums of their weights.

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
        CustvalError
            If a lazy frame comes with an array of weights.
        """
        n_bins, method = self._checked()
        grid = SegmentGrid.build(self.segments, n_bins)
        table = _summary(X)
        if isinstance(table, LazyTable):
            learned = _learn_in_engine(table, n_bins, method, self.cuts, sample_weight)
        else:
            learned = _learn(table, n_bins, method, self.cuts, sample_weight)
        self.segments_ = grid
        self.cuts_, self.unit_, self.n_customers_ = learned
        return self

    def transform(self, X: IntoFrame, *, check: bool = True) -> Any:
        """Scores and segment of each customer.

        Parameters
        ----------
        X : frame
            One row per customer, with `time_since_last`, `orders` and `total_amount`.
        check : bool
            For lazy frames: whether one small aggregate is run now, to refuse missing and infinite values and another
            unit. Without it they are not looked for, and who has a missing value has no scores.

        Returns
        -------
        frame of the library that came in, row by row; a lazy frame in its engine, in any order
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
        check = flag(check, "check")
        table = _summary(X)
        n_bins, learned = len(self.segments_.number), f"the cuts were learned in {self.unit_!r}"
        if isinstance(table, LazyTable):
            in_engine.refuse_odd_columns(table)
            if check:
                refuse_other_unit(in_engine.look_at(table, n_bins, customers=True).unit, self.unit_, learned)
            return in_engine.scored(table, self.cuts_, self.segments_)
        refuse_other_unit(constant(table, "unit"), self.unit_, learned)
        cell = cells_of(values_of(table), self.cuts_, n_bins)
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
            cuts = {name: np.array(content["cuts"][name], dtype=np.float64) for name in COLUMNS}
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


def _summary(X: IntoFrame) -> Table | LazyTable:
    table = enter_any(X, "X")
    table.require(*COLUMNS.values(), hint=_HINT)
    return table


_Learned = tuple[dict[str, FloatArray], str | None, float]


def _learn(table: Table, n_bins: int, method: str, cuts: Any, sample_weight: Any) -> _Learned:
    """The cuts, the unit, and how many customers there are."""
    values = values_of(table)
    weight = weight_of(table, sample_weight, n_bins)
    found = fixed_cuts(cuts, n_bins) if method == "fixed" else learned_cuts(values, n_bins, method, weight)
    return found, constant(table, "unit"), float(len(table) if weight is None else weight.sum())


def _learn_in_engine(table: LazyTable, n_bins: int, method: str, cuts: Any, sample_weight: Any) -> _Learned:
    in_engine.refuse_odd_columns(table, sample_weight)
    found = in_engine.look_at(table, n_bins, weight=sample_weight)
    if method == "fixed":
        return fixed_cuts(cuts, n_bins), found.unit, found.n_customers
    if not found.rows:
        raise no_customers()
    return learn_in_engine(table, n_bins, method, sample_weight), found.unit, found.n_customers
