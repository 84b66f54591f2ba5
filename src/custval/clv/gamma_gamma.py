"""The Gamma-Gamma model of spend."""

from __future__ import annotations

import warnings
from typing import Any, ClassVar, Self

import numpy as np

from custval._check import choice, flag, fraction, number, random_generator
from custval._frame import LazyTable, Table, count_where, enter, enter_any, examples, numbers, nw
from custval._kernels import gamma_gamma
from custval._kernels.spend_independence import TOLERANCE, level_log_spend, pearson
from custval._kernels.tuples import count_distinct_rows
from custval._model import check_fitted, sample_weights
from custval._result import Account
from custval.clv import _spend_in_engine as in_engine
from custval.clv._answers import answer
from custval.clv._demands import Demand
from custval.clv._fitted import MaximumLikelihoodModel
from custval.clv._intervals import delta_errors, log_bounds
from custval.clv._spend import SPEND_HOW, account_of, account_of_counts, informs, seen, spend_columns
from custval.clv._spend_in_engine import collect_bins
from custval.clv._summary import refuse_broken_frequency
from custval.errors import CustvalError, CustvalWarning, DataError, FitError
from custval.typing import FloatArray, IntArray, IntoFrame, RngLike

__all__ = ["GammaGammaModel"]


class GammaGammaModel(MaximumLikelihoodModel):
    """Gamma-Gamma: the mean spend of each customer, shrunk toward that of the base.

    The spend of an occasion is Gamma(p, ν) with ν ~ Gamma(q, γ) across customers, independent of how often they
    buy. The fewer occasions a customer has, the more the estimate leans on the base.

    Parameters
    ----------
    method : {"mle", "map"}
        Maximum likelihood, or the mode of the posterior under weak priors that no currency changes, which exists where
        the likelihood has no maximum.
    nonpositive : {"raise", "exclude"}
        What to do with repeat customers whose mean spend is zero or negative, which the model cannot hold: raise a
        `DataError`, or leave them out of the fit, count them in `account_`, and predict the mean of the base.

    Attributes
    ----------
    params_ : dict
        `p`, `q`, `gamma`.
    account_ : Account
        Rows that came in, rows fitted on, and rows set aside: without a repeat occasion, or not positive. It belongs to
        the fit, and is not kept by `to_dict`.

    References
    ----------
    Fader & Hardie (2013). The Gamma-Gamma Model of Monetary Value, brucehardie.com/notes/025:
    likelihood eq. (1a), conditional expectation eq. (5).

    Examples
    --------
    >>> import custval as cv
    >>> model = cv.clv.GammaGammaModel.from_params(p=6.25, q=3.74, gamma=15.44)
    >>> spend = model.expected_spend({"frequency": [2, 0], "monetary_value": [22.35, 0.0]})
    >>> [round(value, 2) for value in spend["expected_spend"]]
    [24.66, 35.22]
    """

    _parameters: ClassVar[tuple[str, ...]] = ("p", "q", "gamma")

    def __init__(self, method: str = "mle", nonpositive: str = "raise") -> None:
        self.method = method
        self.nonpositive = nonpositive

    @classmethod
    def from_params(cls, **params: float) -> Self:
        """Build a model from known parameters.

        Parameters
        ----------
        **params : float
            Every parameter of the model by name, all above 0.

        Returns
        -------
        The model, ready to predict; it has no standard errors.
        """
        return cls._with_params(cls(), params)

    def fit(self, X: IntoFrame, sample_weight: Any = None) -> Self:
        """Fit on the rows with `frequency` > 0, by maximum likelihood or to the mode of the posterior.

        Parameters
        ----------
        X : frame
            A summary: `frequency` and `monetary_value` (mean amount per repeat occasion). Of a lazy frame the customers
            of one frequency are collected in bins of a thousandth of the logarithm of their mean spend, each at its
            geometric mean; for ten million customers and q up to 20 that moves no parameter by a hundredth of its
            standard error.
        sample_weight : array of shape (n,) or column name, optional
            How many customers each row stands for; for a lazy frame the name of a column.

        Returns
        -------
        self

        Raises
        ------
        ColumnError, DataError
            If a column is missing, or repeat customers have a mean spend that is not positive.
        FitError
            If no row has a repeat occasion with a positive mean spend.

        Warns
        -----
        CustvalWarning
            If frequency and spend surely (99 %) go together by more than a correlation of .2; `spend_independence`
            says more.
        """
        choice(self.nonpositive, "nonpositive", ("raise", "exclude"))
        choice(self.method, "method", ("mle", "map"))
        table = enter_any(X, "X")
        if isinstance(table, LazyTable):
            return self._fit_lazily(table, sample_weight)
        x, m = self._columns(table)
        weight = sample_weights(table, sample_weight)
        account, fits = account_of(x, m), informs(x, m)
        (x, m), w = count_distinct_rows((x[fits], m[fits]), None if weight is None else weight[fits])
        return self._fit_distinct(x, m, w, account)

    def _fit_lazily(self, table: LazyTable, sample_weight: Any) -> Self:
        table.require("frequency", "monetary_value", hint=SPEND_HOW)
        bins = collect_bins(table, sample_weight)
        if self.nonpositive != "exclude" and bins.n_not_positive:
            raise _nonpositive(bins.n_not_positive)
        account = account_of_counts(bins.n_fitted, bins.n_without_repeat, bins.n_not_positive)
        return self._fit_distinct(bins.x, bins.m, bins.weight, account)

    def _fit_distinct(self, x: FloatArray, m: FloatArray, w: FloatArray, account: Account) -> Self:
        if not x.size:
            raise FitError(
                "GammaGammaModel needs customers with a repeat occasion of positive spend; the table has none",
                code="empty",
                count=0,
            )
        maximum = gamma_gamma.fit(x, m, w, penalized=self.method == "map")
        self._learn(maximum, float(w.sum()))
        self.unit_, self.account_ = None, account
        _warn_of_dependence(self.params_["p"], x, m, w)
        return self

    def expected_spend(self, X: IntoFrame, *, interval: float | None = None, check: bool = True) -> Any:
        """Expected spend per future occasion of each customer.

        Parameters
        ----------
        X : frame
            A summary: `frequency` and `monetary_value`; not lazy where an interval is asked for.
        interval : float, optional
            The level of an interval for what the fit does not know of the parameters (delta method, on the scale of
            logarithms).
        check : bool
            For lazy frames: whether one query now looks for rows that no customer can have, and infinite means.

        Returns
        -------
        frame of the library that came in
            `customer_id` (if X has it), `expected_spend` in the money of the data, and with an interval
            `expected_spend_low` and `expected_spend_high`.

        Raises
        ------
        CustvalError
            If the mean is infinite: p · frequency + q ≤ 1, so for customers without a repeat occasion if q ≤ 1.
        """
        check_fitted(self, "params_")
        check = flag(check, "check")
        if interval is not None:
            return self._with_interval(enter(X, "X"), fraction(interval, "interval"))
        table = enter_any(X, "X")
        if isinstance(table, LazyTable):
            demand = self._demand(table)
            if check:
                demand.judge(table.fetch(table.frame.select(**demand.asked)))
            names = ["customer_id"] if "customer_id" in table else []
            return table.leave(table.frame.select(*names, expected_spend=self._expression()))
        return answer(table, {"expected_spend": self._expected(table)})

    def _with_interval(self, table: Table, level: float) -> Any:
        x, m = self._columns(table)
        spend = self._mean(x, m)
        error = delta_errors(self, lambda model: model._mean(x, m))
        low, high = log_bounds(spend, error, level)
        return answer(table, {"expected_spend": spend, "expected_spend_low": low, "expected_spend_high": high})

    def spend_of_one(self, frequency: float, monetary_value: float) -> float:
        """Expected spend per future occasion of one customer, from plain numbers.

        Parameters
        ----------
        frequency, monetary_value : float
            As in a summary.

        Returns
        -------
        float

        Examples
        --------
        >>> import custval as cv
        >>> model = cv.clv.GammaGammaModel.from_params(p=6.25, q=3.74, gamma=15.44)
        >>> round(model.spend_of_one(2, 22.35), 2)
        24.66
        """
        check_fitted(self, "params_")
        row = {"frequency": number(frequency, "frequency"), "monetary_value": number(monetary_value, "monetary_value")}
        x, m = (np.array([value]) for value in row.values())
        refuse_broken_frequency(x)
        return float(self._mean(*self._checked(x, m))[0])

    def _expected(self, table: Table) -> FloatArray:
        return self._mean(*self._columns(table))

    def _mean(self, x: FloatArray, m: FloatArray) -> FloatArray:
        p, q, gamma = self._theta()
        x, m = seen(x, m)
        infinite = ~gamma_gamma.mean_exists(p, q, x)
        if infinite.any():
            raise self._infinite(int(infinite.sum()), int(x[infinite].max()))
        return gamma_gamma.expected_spend(p, q, gamma, x, m)

    def _theta(self) -> tuple[float, float, float]:
        return self.params_["p"], self.params_["q"], self.params_["gamma"]

    # -- in the engine of a lazy frame

    def _expression(self) -> nw.Expr:
        return in_engine.expected_spend(*self._theta())

    def _demand(self, table: LazyTable) -> Demand:
        """What a prediction demands of the rows, besides lawful ones: means that exist."""
        table.require("frequency", "monetary_value", hint=SPEND_HOW)
        lawful = in_engine.demand_of_spend(table)
        p, q, _ = self._theta()
        x = nw.col("frequency").cast(nw.Float64)
        counted = nw.when(in_engine.informs()).then(x).otherwise(nw.lit(0.0))
        infinite = counted * p + q <= 1
        facts = {
            "_custval_infinite": count_where(infinite),
            "_custval_most": nw.when(infinite).then(counted).max(),
            "_custval_nonpositive": count_where((x > 0) & ~in_engine.informs()),
        }

        def judge(found: Table) -> None:
            lawful.judge(found)
            n_nonpositive, n_infinite = (
                int(np.nansum(numbers(found, name, missing=True)))
                for name in ("_custval_nonpositive", "_custval_infinite")
            )
            if self.nonpositive != "exclude" and n_nonpositive:
                raise _nonpositive(n_nonpositive)
            if n_infinite:
                raise self._infinite(n_infinite, int(np.nanmax(numbers(found, "_custval_most", missing=True))))

        return Demand({**lawful.asked, **facts}, judge)

    def _infinite(self, count: int, most: int) -> CustvalError:
        p, q = self.params_["p"], self.params_["q"]
        return CustvalError(
            f"the expected spend is infinite where p · frequency + q ≤ 1; with p = {p:.4g} and q = {q:.4g} that "
            f"is so for {count:,} {'customer' if count == 1 else 'customers'} (frequency up to {most})",
            count=count,
            suggestion="predict for customers with more occasions, or give spend as a column or a number",
            code="infinite_mean",
        )

    def sample_spend(self, frequency: IntArray, rng: RngLike = None) -> tuple[FloatArray, FloatArray]:
        """Draw the spend of occasions from the model.

        Parameters
        ----------
        frequency : array of integers, shape (n,)
            How many occasions each customer has.
        rng : seed or numpy Generator

        Returns
        -------
        spend : array of shape (sum of frequency,)
            The spend of each occasion, customer after customer.
        mean_spend : array of shape (n,)
            Each customer's true mean.
        """
        check_fitted(self, "params_")
        count = np.asarray(frequency, dtype=np.float64)
        refuse_broken_frequency(count)
        p, q, gamma = self._theta()
        return gamma_gamma.draw(p, q, gamma, count.astype(np.int64), random_generator(rng))

    def _columns(self, table: Table) -> tuple[FloatArray, FloatArray]:
        return self._checked(*spend_columns(table))

    def _checked(self, x: FloatArray, m: FloatArray) -> tuple[FloatArray, FloatArray]:
        bad = (x > 0) & (m <= 0)
        if self.nonpositive != "exclude" and bad.any():
            raise _nonpositive(int(bad.sum()), examples(bad))
        return x, m


def _warn_of_dependence(p: float, x: FloatArray, m: FloatArray, w: FloatArray) -> None:
    """Warn if frequency and spend surely go together by more than the model can bear; see `spend_independence`."""
    used = w > 0
    x, m, w = x[used], m[used], w[used]
    if w.sum() < 30 or np.ptp(x) == 0 or np.ptp(m) == 0:
        return
    found = pearson(np.log(x), level_log_spend(p, x, m), w)
    low, high = found.interval(0.99)
    if low > TOLERANCE or high < -TOLERANCE:
        warnings.warn(
            f"frequency and spend are not independent, as this model takes them to be: their correlation is "
            f"{found.value:.2f} ({low:.2f} to {high:.2f}), so that values of frequent customers are too "
            f"{'low' if found.value > 0 else 'high'}; see custval.clv.spend_independence",
            CustvalWarning,
            stacklevel=4,
        )


def _nonpositive(count: int, rows: list[int] | None = None) -> DataError:
    return DataError(
        f"X: {count:,} repeat customers have a mean spend that is not positive, which the Gamma-Gamma model cannot "
        "hold",
        column="monetary_value",
        count=count,
        suggestion='GammaGammaModel(nonpositive="exclude") leaves them out and counts them',
        code="nonpositive",
        examples=rows or (),
    )
