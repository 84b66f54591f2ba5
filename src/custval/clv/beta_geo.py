"""The BG/NBD model of purchases."""

from __future__ import annotations

from typing import Any, ClassVar

from custval._frame import nw
from custval._kernels import bg_nbd
from custval.clv._purchase import PurchaseModel

__all__ = ["BetaGeoModel"]


class BetaGeoModel(PurchaseModel):
    """BG/NBD: purchases at a Gamma-distributed rate; after each repeat purchase a customer may leave for good.

    While alive, a customer buys at a rate λ ~ Gamma(r, α) (mean r/α per unit of time); after every repeat purchase
    the customer leaves with a probability p ~ Beta(a, b).

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

    Notes
    -----
    A customer who has bought once can leave only after a repeat purchase, so the probability that such a customer
    is alive is 1, however long ago the purchase was. Where one-time buyers decide, that misleads.

    References
    ----------
    Fader, Hardie & Lee (2005). "Counting Your Customers" the Easy Way: An Alternative to the Pareto/NBD Model.
    Marketing Science 24(2), 275-284: likelihood eq. (6), E[X(t)] eq. (9), conditional expectation eq. (10).

    Examples
    --------
    >>> import custval as cv
    >>> model = cv.clv.BetaGeoModel.from_params(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="W")
    >>> customer = {"frequency": [2], "recency": [30.43], "T": [38.86]}
    >>> round(model.expected_purchases(customer, "39W")["expected_purchases"][0], 3)
    1.226
    """

    _kernel: ClassVar[Any] = bg_nbd
    _parameters: ClassVar[tuple[str, ...]] = ("r", "alpha", "a", "b")

    def _alive_expression(self, x: nw.Expr, t_x: nw.Expr, T: nw.Expr) -> nw.Expr:
        r, alpha, a, b = self._theta()
        repeats = nw.when(x > 0).then(x).otherwise(nw.lit(1.0))  # of those without, no logarithm is taken
        log_odds = ((T - t_x) / (t_x + alpha) + 1).log() * (repeats + r) - ((repeats + (b - 1)) / a).log()
        return nw.when(x > 0).then(1 / (log_odds.exp() + 1)).otherwise(nw.lit(1.0))
