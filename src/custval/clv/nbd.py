"""The NBD model of purchases."""

from __future__ import annotations

from typing import Any, ClassVar

from custval._frame import nw
from custval._kernels import nbd
from custval.clv._purchase import PurchaseModel

__all__ = ["NBDModel"]


class NBDModel(PurchaseModel):
    """NBD: Poisson purchases at a gamma-distributed rate, by customers who never leave.

    The yardstick for models with dropout: what those gain over NBD is what there is to learn about leaving. Where
    customers do leave, it promises too much of those who have been away for long.

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
        `r`, `alpha`.
    fit_status_ : {"converged", "boundary"}

    Notes
    -----
    `recency` is not used: when the purchases were says nothing about their rate. The probability of being alive is 1.

    References
    ----------
    Ehrenberg (1959). The Pattern of Consumer Purchases. Applied Statistics 8(1), 26-41.

    Examples
    --------
    >>> import custval as cv
    >>> model = cv.clv.NBDModel.from_params(r=0.385, alpha=12.07, unit="W")
    >>> customer = {"frequency": [2], "recency": [30.43], "T": [38.86]}
    >>> round(model.expected_purchases(customer, "39W")["expected_purchases"][0], 3)
    1.826
    """

    _kernel: ClassVar[Any] = nbd
    _parameters: ClassVar[tuple[str, ...]] = ("r", "alpha")

    def _alive_expression(self, x: nw.Expr, t_x: nw.Expr, T: nw.Expr) -> nw.Expr:  # noqa: ARG002
        return x * 0 + 1.0
