"""The Pareto/NBD model of purchases."""

from __future__ import annotations

from typing import Any, ClassVar

from custval._kernels import pareto_nbd
from custval.clv._purchase import PurchaseModel

__all__ = ["ParetoNBDModel"]


class ParetoNBDModel(PurchaseModel):
    """Pareto/NBD: Poisson purchases at a gamma-distributed rate, for an exponential lifetime of gamma-distributed rate.

    While alive, a customer buys at a rate λ ~ Gamma(r, α) (mean r/α per unit of time); the customer leaves at a rate
    μ ~ Gamma(s, β) (mean s/β per unit of time), at any moment and whatever the purchases, λ and μ being independent.

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
        `r`, `alpha`, `s`, `beta`.
    fit_status_ : {"converged", "boundary"}

    Notes
    -----
    s and β are the parameters that data tell least about: often the likelihood is as high along a ridge on which both
    grow together. The fit then ends as "boundary", or with wide standard errors; predictions stay usable.

    References
    ----------
    Schmittlein, Morrison & Colombo (1987). Counting Your Customers: Who Are They and What Will They Do Next?
    Management Science 33(1), 1-24. Fader & Hardie (2005). A Note on Deriving the Pareto/NBD Model and Related
    Expressions: likelihood eqs. (15) to (18), P(alive) eq. (36), conditional expectation eq. (41).

    Examples
    --------
    >>> import custval as cv
    >>> model = cv.clv.ParetoNBDModel.from_params(r=0.55328, alpha=10.57768, s=0.60624, beta=11.66873, unit="W")
    >>> customer = {"frequency": [26], "recency": [30.86], "T": [31.0]}
    >>> round(model.expected_purchases(customer, "52W")["expected_purchases"][0], 2)
    25.46
    """

    _kernel: ClassVar[Any] = pareto_nbd
    _parameters: ClassVar[tuple[str, ...]] = ("r", "alpha", "s", "beta")
