"""What every model of purchases shares: read a summary, fit on distinct rows, predict on distinct rows."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from custval._check import choice, number
from custval._frame import LazyTable, Table, constant, numbers
from custval._kernels.calendar import GRAINS
from custval._kernels.maximize import Maximum
from custval._kernels.tuples import count_distinct_rows
from custval._model import check_fitted, refuse_other_unit, sample_weights
from custval.clv._predictions import Predictions
from custval.clv._purchase_in_engine import collect_tuples
from custval.clv._sampling import Sampling
from custval.clv._summary import customer_laws, enter_summary, summary_columns
from custval.clv.gamma_gamma import GammaGammaModel
from custval.errors import CustvalError, FitError
from custval.typing import FloatArray, IntoFrame, Span

__all__ = ["PurchaseModel", "require_model"]


class PurchaseModel(Predictions, Sampling):
    """A model of a customer base in which each customer buys for a while and then leaves unseen.

    Its predictions factor into the probability of being alive, which depends on (frequency, recency, T), and what
    a customer who is alive does next, which depends on `_state`: on (frequency, T) in most models.

    A model of your own is a subclass with two class attributes: `_parameters`, the names, and `_kernel`, a module
    (or any object) with the functions `fit, probability_alive, expected_purchases_alive, probability_active_alive,
    probability_ever_alive, purchase_pmf_alive, draw_future_alive, expected_purchases_new, draw` of
    `custval._kernels.bg_nbd`, parameters first. `custval.testing.check_model` tests it.

    Parameters
    ----------
    method : {"mle", "map"}
        Maximum likelihood, or the mode of the posterior under weak priors, which exists where the likelihood has no
        maximum.
    unit : {"h", "D", "W", "M", "Y"}, optional
        The unit of time, if the data do not carry it in a column `unit`.
    """

    def __init__(self, method: str = "mle", unit: str | None = None) -> None:
        self.method = method
        self.unit = unit

    def _own_unit(self) -> str | None:
        return None if self.unit is None else choice(self.unit, "unit", GRAINS)

    @classmethod
    def from_params(cls, *, unit: str | None = None, **params: float) -> Self:
        """Build a model from known parameters.

        Parameters
        ----------
        unit : {"h", "D", "W", "M", "Y"}, optional
            The unit of time that the parameters are in.
        **params : float
            Every parameter of the model by name, all above 0.

        Returns
        -------
        The model, ready to predict; it has no standard errors.
        """
        model = cls(unit=unit)
        return cls._with_params(model, params, model._own_unit())

    def fit(self, X: IntoFrame, sample_weight: Any = None) -> Self:
        """Fit by maximum likelihood, or to the mode of the posterior with `method="map"`.

        Parameters
        ----------
        X : frame
            A summary: `frequency` (repeat occasions), `recency` and `T`, and `unit` if it is known.
            Of a lazy frame the distinct rows are collected, with their number; nothing else leaves its engine.
        sample_weight : array of shape (n,) or column name, optional
            How many customers each row stands for; for a lazy frame the name of a column.

        Returns
        -------
        self

        Raises
        ------
        ColumnError, DataError
            If a column is missing or holds values that no customer can have (see the message).
        FitError
            If there are no customers.

        Notes
        -----
        Look at `fit_status_`: on small samples the likelihood often has no interior maximum. Parameters then run
        to a limit, the fit ends as "boundary", and `fit_message_` says which; predictions stay usable.

        `method="map"` adds weak priors on scales that no unit of time changes: the logarithm of the purchase rate
        relative to that of the data is normal (.5, 1), of a shape (0, 1.5), of a dropout rate times the mean T (0,
        1.5); of a beta distribution the logit of the mean is normal (−1, 1.5) and the logarithm of a + b (1, 1.5). Its
        standard errors are those of the posterior's curvature, `log_likelihood_`, AIC and BIC those of the data at the
        mode.
        """
        prior = choice(self.method, "method", ("mle", "map")) == "map"
        entered = enter_summary(X, self._sums, self._sums_hint)
        weight: FloatArray | None
        if isinstance(entered, LazyTable):
            table, weight, rows = collect_tuples(entered, sample_weight, self._sums)
            x, t_x, T = summary_columns(table, rows, discrete=self._discrete)
            sums = {name: float(numbers(table, name).sum()) for name in self._sums}
        else:
            table, (x, t_x, T) = entered, summary_columns(entered, discrete=self._discrete)
            weight = sample_weights(table, sample_weight)
            each = 1.0 if weight is None else weight
            sums = {name: float((numbers(table, name) * each).sum()) for name in self._sums}
        if not len(x):
            raise FitError(f"{type(self).__name__} needs customers to fit; the table has none", code="empty", count=0)
        unit = self._unit_of(table)
        (x, t_x, T), weight = count_distinct_rows((x, t_x, T), weight)
        maximum = self._maximize(x, t_x, T, weight, prior=prior, **sums)
        # nothing is learned from a fit that fails
        self._learn(maximum, float(weight.sum()))
        self.unit_ = unit
        return self

    def _maximize(self, x: FloatArray, t_x: FloatArray, T: FloatArray, w: FloatArray, *, prior: bool) -> Maximum:
        """Fit to distinct rows; the sums over columns that `_sums` names come as keywords."""
        maximum: Maximum = self._kernel.fit(x, t_x, T, w, prior=prior)
        return maximum

    def _unit_of(self, table: Table) -> str | None:
        own, there = self._own_unit(), constant(table, "unit")
        if there is not None:
            choice(there, "the column unit", GRAINS)
        refuse_other_unit(there, own, f"this {type(self).__name__} was made with unit={own!r}")
        return own or there

    def score_one(
        self,
        frequency: float,
        recency: float,
        T: float,
        *,
        horizon: Span,
        monetary_value: float | None = None,
        spend: Any = None,
        unit: str | None = None,
    ) -> dict[str, float]:
        """Score one customer from plain numbers: for services, without a frame.

        Parameters
        ----------
        frequency, recency, T : float
            As in a summary, times in units of `unit_`.
        horizon : str or float
            A span such as "12M", or a number of units of `unit_`.
        monetary_value : float, optional
            Mean amount per repeat occasion; for someone without one it is 0, or left out.
        spend : GammaGammaModel, optional
            A fitted model of spend; without it `monetary_value` is taken for the expected spend.
        unit : {"h", "D", "W", "M", "Y"}, optional
            The unit of `recency` and `T`, to be sure that it is the model's: numbers do not carry theirs.

        Returns
        -------
        dict
            `probability_alive` now, `expected_purchases` and `probability_active` in the horizon; with
            `monetary_value` or `spend` also `expected_spend` per purchase and `expected_revenue` in the horizon, not
            discounted. (A discounted value with its interval: `lifetime_value` of a mapping with one row.)

        Raises
        ------
        CustvalError
            If the numbers are no customer's, or a repeat customer has a `spend` model and no `monetary_value`.
        DataError
            If `unit` is another than the model's.

        Examples
        --------
        >>> import custval as cv
        >>> model = cv.clv.BetaGeoModel.from_params(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="W")
        >>> score = model.score_one(2, 30.43, 38.86, horizon="39W", monetary_value=22.35)
        >>> {name: round(value, 3) for name, value in score.items()}  # doctest: +NORMALIZE_WHITESPACE
        {'probability_alive': 0.727, 'expected_purchases': 1.226, 'probability_active': 0.555, 'expected_spend': 22.35,
         'expected_revenue': 27.402}
        """
        t = self._horizon(horizon)
        if unit is not None:
            why = f"this {type(self).__name__} was fitted in {self.unit_!r}"
            refuse_other_unit(choice(unit, "unit", GRAINS), self.unit_, why)
        x, t_x, end = (number(v, name) for v, name in ((frequency, "frequency"), (recency, "recency"), (T, "T")))
        for law in customer_laws(x, t_x, end, discrete=self._discrete):
            if law.broken:
                raise CustvalError(
                    f"no customer has frequency={frequency!r}, recency={recency!r}, T={T!r}: {law.text}",
                    column=law.column,
                    code="impossible",
                )
        one = tuple(np.array([value]) for value in (x, t_x, end))
        theta, state = self._theta(), self._state_of(*one)
        alive = float(self._alive(*one)[0])
        score = {
            "probability_alive": alive,
            "expected_purchases": alive * float(self._kernel.expected_purchases_alive(*theta, *state, t)[0]),
            "probability_active": alive * float(self._kernel.probability_active_alive(*theta, *state, t)[0]),
        }
        if spend is not None and not isinstance(spend, GammaGammaModel):
            raise CustvalError(f"spend must be a GammaGammaModel; got {spend!r}", suggestion="spend=None")
        if spend is not None and monetary_value is None and x > 0:
            raise CustvalError(
                f"a model of spend needs monetary_value, the mean amount of the {x:.0f} repeat occasions",
                suggestion="monetary_value=…",
            )
        if monetary_value is not None or spend is not None:
            amount = number(monetary_value or 0.0, "monetary_value")
            mean = amount if spend is None else spend.spend_of_one(frequency, amount)
            score |= {"expected_spend": mean, "expected_revenue": mean * score["expected_purchases"]}
        return score


def require_model(model: Any) -> None:
    """Raise if this is no fitted model of purchases."""
    if not isinstance(model, PurchaseModel):
        raise CustvalError(f"model must be a model of purchases, such as BetaGeoModel; got {type(model).__name__}")
    check_fitted(model, "params_")
