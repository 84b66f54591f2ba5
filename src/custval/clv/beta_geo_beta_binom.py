"""The BG/BB model of purchases."""

from __future__ import annotations

from typing import Any, ClassVar

from custval._kernels import bg_bb
from custval.clv._purchase import PurchaseModel

__all__ = ["BetaGeoBetaBinomModel"]


class BetaGeoBetaBinomModel(PurchaseModel):
    """BG/BB: at each of a row of opportunities a customer buys or does not, and may leave unseen before it.

    For purchases that can only be at certain times (a yearly gift, an event, a box each month), or are counted that
    way. Before each opportunity a customer leaves with a probability that is beta-distributed among customers; one who
    is still there buys with another.

    Parameters
    ----------
    method : {"mle", "map"}
        Maximum likelihood, or the mode of the posterior under weak priors, which exists where the likelihood has no
        maximum.
    unit : {"h", "D", "W", "M", "Y"}, optional
        The unit of time, if the data do not carry it in a column `unit`: one opportunity.

    Attributes
    ----------
    params_ : dict
        `alpha`, `beta` of the probability of buying, `gamma`, `delta` of that of leaving.
    fit_status_ : {"converged", "boundary"}

    Notes
    -----
    `T` is the number of opportunities after the first purchase, `recency` the index of the last one that was used (0:
    none), `frequency` how many were; horizons are numbers of opportunities. All are whole.

    References
    ----------
    Fader, Hardie & Shang (2010). Customer-Base Analysis in a Discrete-Time Noncontractual Setting. Marketing Science
    29(6), 1086-1108: conditional expectation eq. (13), probability of being alive eq. (A10).

    Examples
    --------
    >>> import custval as cv
    >>> donations = cv.datasets.load_donations()
    >>> model = cv.clv.BetaGeoBetaBinomModel().fit(donations, sample_weight="weight")
    >>> {name: round(value, 2) for name, value in model.params_.items()}
    {'alpha': 1.2, 'beta': 0.75, 'gamma': 0.66, 'delta': 2.78}
    >>> customer = {"frequency": [2], "recency": [4], "T": [6]}
    >>> round(model.probability_alive(customer, after=1)["probability_alive"][0], 2)
    0.59
    """

    _kernel: ClassVar[Any] = bg_bb
    _parameters: ClassVar[tuple[str, ...]] = ("alpha", "beta", "gamma", "delta")
    _discrete: ClassVar[bool] = True
