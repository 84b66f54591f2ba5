"""The BG/CNBD-k model of purchases."""

from __future__ import annotations

from typing import Any, ClassVar

from custval._kernels import bg_cnbd
from custval.clv._regular import RegularPurchaseModel

__all__ = ["BetaGeoCNBDModel"]


class BetaGeoCNBDModel(RegularPurchaseModel):
    """BG/CNBD-k: BG/NBD for customers who buy more regularly than at random.

    While alive, a customer buys at intervals that are Erlang(k, λ), λ ~ Gamma(r, α): their standard deviation is
    1/√k of their mean. After every repeat purchase the customer leaves with a probability p ~ Beta(a, b). The larger k,
    the more a pause says: who has been away for twice the usual interval has hardly a chance to be alive. With k = 1
    it is BG/NBD.

    Parameters
    ----------
    k : int or "auto"
        1 to 12. "auto" fits k = 1, 2, … until the likelihood falls, at most 12, and keeps the best.
    method : {"mle", "map"}
        Maximum likelihood, or the mode of the posterior under weak priors.
    unit : {"h", "D", "W", "M", "Y"}, optional
        The unit of time, if the data do not carry it in a column `unit`.

    Attributes
    ----------
    params_ : dict
        `r`, `alpha`, `a`, `b`; r / (k alpha) is the mean rate of purchases.
    k_ : int
    log_likelihood_by_k_ : dict of int to float
        Of every k that was fitted.
    fit_status_ : {"converged", "boundary"}

    Notes
    -----
    A fit needs the column `sum_log_intervals`, from `custval.summarize(transactions, regularity=True)`: the regularity
    is in the intervals. Predictions do without. The chance to be alive of one-time buyers is 1, as in BG/NBD. `aic_`
    and `bic_` count four parameters, without k.

    Where the customers of a base differ in how regular they are, one k for all is too sure of those who pause: on data
    of a grocery, of the customers whom it gave a chance below 1 % some bought again. Take its order and its sums
    rather than the smallest of its probabilities, and compare the log score with that of k = 1 (`compare`).

    References
    ----------
    Platzer & Reutterer (2016). Ticking Away the Moments: Timing Regularity Helps to Better Predict Customer Activity.
    Marketing Science 35(5), 779-799.

    Reutterer, Platzer & Schröder (2021). Leveraging purchase regularity for predicting customer behavior the easy way.
    International Journal of Research in Marketing 38(1), 194-215.

    Examples
    --------
    >>> import custval as cv
    >>> model = cv.clv.BetaGeoCNBDModel.from_params(k=2, r=0.227, alpha=1.463, a=0.944, b=2.074, unit="W")
    >>> customer = {"frequency": [2], "recency": [30.43], "T": [38.86]}
    >>> round(model.expected_purchases(customer, "39W")["expected_purchases"][0], 3)
    1.293
    """

    _kernel: ClassVar[Any] = bg_cnbd
    _first: ClassVar[bool] = False
