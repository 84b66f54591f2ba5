"""Fitting BG/CNBD-k and MBG/CNBD-k: for a given k, and the best k."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln

from custval._kernels.bg_nbd_fit import prior as bg_nbd_prior
from custval._kernels.bg_nbd_fit import with_another
from custval._kernels.cnbd_objective import RegularObjective
from custval._kernels.maximize import Maximum
from custval._kernels.priors import Prior, maximize_posterior
from custval._kernels.purchase_tuples import PurchaseTuples

__all__ = ["MOST_PHASES", "fit_every_k", "fit_with_chances", "prior"]

MOST_PHASES = 12
"""The largest k that is tried: intervals that vary by 1 / sqrt(12) = 29 % of their mean."""


def prior(rate: float, k: int = 1) -> Prior:
    """What is believed of r, alpha, a, b before any customer is seen.

    Parameters
    ----------
    rate : float
        Repeat purchases per customer in a mean T.
    k : int
        Phases of an interval between purchases: of those there are k times as many.

    Returns
    -------
    Prior
        That of BG/NBD, for the purchases.
    """
    return bg_nbd_prior(k * rate)


def fit_with_chances(
    k: int,
    x: ArrayLike,
    t_x: ArrayLike,
    T: ArrayLike,
    w: ArrayLike | None = None,
    *,
    log_intervals: float = 0.0,
    first: bool,
    prior: bool = False,
) -> Maximum:
    """Fit the model in which the `first` purchase is a chance to leave (MBG/CNBD), or is not (BG/CNBD).

    Parameters
    ----------
    k : int
        Phases of an interval between purchases.
    x, t_x, T : array of shape (n,)
        Repeat purchases (whole numbers), time of the last one, length of the observation.
    w : array of shape (n,), optional
        How many customers each row stands for.
    log_intervals : float
        The sum of the logarithms of all intervals between purchases of all customers. It changes the likelihood of one
        k beside another, not the estimates.
    first : bool
    prior : bool
        Whether to find the mode of likelihood times prior instead.

    Returns
    -------
    Maximum
        Of the parameters r, alpha, a, b, in this order.

    Raises
    ------
    FitError
        Where the data hold NaN, infinities or negative values, or no repeat purchases.
    """
    x, t_x, T, w = (
        np.asarray(part, dtype=np.float64).ravel() for part in np.broadcast_arrays(x, t_x, T, 1.0 if w is None else w)
    )
    base = PurchaseTuples.of(x, t_x, T, w, zeros=True)
    belief = bg_nbd_prior(k * base.purchases / base.customers) if prior else None
    start = np.log([0.5, 0.5 * base.customers / (k * base.purchases), 0.5, 2.0])
    maximum = maximize_posterior(RegularObjective(base, k, first=first), belief, with_another(start))
    unit = np.log(base.scale)
    constant = (k - 1) * log_intervals - base.purchases * float(gammaln(k) + k * unit)
    return replace(
        maximum,
        log_parameters=maximum.log_parameters + np.array([0.0, unit, 0.0, 0.0]),
        log_likelihood=maximum.log_likelihood + constant,
    )


def fit_every_k(
    x: ArrayLike,
    t_x: ArrayLike,
    T: ArrayLike,
    w: ArrayLike | None = None,
    *,
    log_intervals: float,
    first: bool,
    prior: bool = False,
) -> dict[int, Maximum]:
    """Fit k = 1, 2, ... until the log-likelihood falls, or k is `MOST_PHASES`.

    Parameters
    ----------
    x, t_x, T, w, log_intervals, first, prior
        As in `fit_with_chances`.

    Returns
    -------
    dict of int to Maximum
        By k. The best is the last or the last but one.
    """
    found: dict[int, Maximum] = {}
    for k in range(1, MOST_PHASES + 1):
        found[k] = fit_with_chances(k, x, t_x, T, w, log_intervals=log_intervals, first=first, prior=prior)
        if k > 1 and found[k].log_likelihood < found[k - 1].log_likelihood:
            break
    return found
