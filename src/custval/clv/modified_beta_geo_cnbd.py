"""The MBG/CNBD-k model of purchases."""

from __future__ import annotations

from typing import Any, ClassVar

from custval._kernels import mbg_cnbd
from custval.clv._regular import RegularPurchaseModel

__all__ = ["ModifiedBetaGeoCNBDModel"]


class ModifiedBetaGeoCNBDModel(RegularPurchaseModel):
    """MBG/CNBD-k: regular purchases, and dropout after each of them, the first one included.

    As BG/CNBD-k, but a customer who has bought once may have left already. With k = 1 it is MBG/NBD.

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
    A fit needs the column `sum_log_intervals`, from `custval.summarize(transactions, regularity=True)`; predictions
    do without. `aic_` and `bic_` count four parameters, without k.

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
    >>> model = cv.clv.ModifiedBetaGeoCNBDModel.from_params(k=2, r=0.58, alpha=2.288, a=1.135, b=1.585, unit="W")
    >>> customer = {"frequency": [2, 0], "recency": [30.43, 0.0], "T": [38.86, 38.86]}
    >>> [round(value, 3) for value in model.probability_alive(customer)["probability_alive"]]
    [0.682, 0.288]
    """

    _kernel: ClassVar[Any] = mbg_cnbd
    _first: ClassVar[bool] = True
