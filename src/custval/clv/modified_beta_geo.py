"""The MBG/NBD model of purchases."""

from __future__ import annotations

from typing import Any, ClassVar

from custval._frame import nw
from custval._kernels import mbg_nbd
from custval.clv._purchase import PurchaseModel

__all__ = ["ModifiedBetaGeoModel"]


class ModifiedBetaGeoModel(PurchaseModel):
    """MBG/NBD: Poisson purchases at a gamma-distributed rate, dropout after each purchase, the first one included.

    As BG/NBD, but a customer who has bought once may have left already, so that the probability of being alive falls
    for one-time buyers too, the longer they stay away.

    Parameters
    ----------
    method : {"mle", "map"}
        Maximum likelihood, or the mode of the posterior under weak priors, which exists where the likelihood has no
        maximum.
    unit : {"h", "D", "W", "M", "Y"}, optional
        The unit of time, if the data do not carry it in a column `unit`.

    Attributes
    ----------
    params_ : dict
        `r`, `alpha`, `a`, `b`.
    fit_status_ : {"converged", "boundary"}

    References
    ----------
    Batislam, Denizel & Filiztekin (2007). Empirical Validation and Comparison of Models for Customer Base Analysis.
    International Journal of Research in Marketing 24(3), 201-209.

    Examples
    --------
    >>> import custval as cv
    >>> model = cv.clv.ModifiedBetaGeoModel.from_params(r=0.525, alpha=6.183, a=0.891, b=1.614, unit="W")
    >>> customer = {"frequency": [2, 0], "recency": [30.43, 0.0], "T": [38.86, 38.86]}
    >>> [round(value, 3) for value in model.probability_alive(customer)["probability_alive"]]
    [0.706, 0.39]
    """

    _kernel: ClassVar[Any] = mbg_nbd
    _parameters: ClassVar[tuple[str, ...]] = ("r", "alpha", "a", "b")

    def _alive_expression(self, x: nw.Expr, t_x: nw.Expr, T: nw.Expr) -> nw.Expr:
        r, alpha, a, b = self._theta()
        log_odds = ((T - t_x) / (t_x + alpha) + 1).log() * (x + r) - ((x + b) / a).log()
        return 1 / (log_odds.exp() + 1)
