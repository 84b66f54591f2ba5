"""Fitting BG/NBD and MBG/NBD: the maximum of the likelihood, or of likelihood times prior."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from custval._kernels.bg_nbd_objective import Objective
from custval._kernels.maximize import Maximum, maximize
from custval._kernels.priors import Prior, maximize_posterior
from custval._kernels.purchase_tuples import PurchaseTuples
from custval.typing import FloatArray

__all__ = ["fit_with_chances", "prior", "with_another"]

# rows of repeat buyers from which it pays to fit a sample first
_MANY = 50_000


def prior(rate: float) -> Prior:
    """What is believed of r, alpha, a, b before any customer is seen.

    Parameters
    ----------
    rate : float
        Repeat purchases per customer in a mean T.

    Returns
    -------
    Prior
        On the log-parameters, alpha in units of the mean T. While alive customers buy more often than all do, by a
        factor of exp(0.5) or so; one chance in four to leave, give or take; both vary between customers.

    Examples
    --------
    >>> value, gradient, hessian = prior(2.0)(np.log([1.0, 0.3, 0.5, 2.0]))
    >>> round(float(value), 4)
    -0.0348
    """
    return Prior(
        normals=(
            ((1.0, -1.0, 0.0, 0.0), float(np.log(rate)) + 0.5, 1.0),
            ((1.0, 0.0, 0.0, 0.0), 0.0, 1.5),
            ((0.0, 0.0, 1.0, -1.0), -1.0, 1.5),
        ),
        log_sums=((2, 3, 1.0, 1.5),),
    )


def fit_with_chances(
    x: ArrayLike, t_x: ArrayLike, T: ArrayLike, w: ArrayLike | None = None, *, first: bool, prior: bool = False
) -> Maximum:
    """Fit the model in which the `first` purchase is a chance to leave (MBG/NBD), or is not (BG/NBD).

    Parameters
    ----------
    x, t_x, T : array of shape (n,)
        Repeat purchases (whole numbers), time of the last one, length of the observation.
    w : array of shape (n,), optional
        How many customers each row stands for.
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
    base = PurchaseTuples.of(x, t_x, T, w, zeros=first)
    belief = _prior(base.purchases / base.customers) if prior else None
    start = with_another(_start(x, t_x, T, w, base, first=first))
    maximum = maximize_posterior(Objective(base, first=first), belief, start)
    return replace(
        maximum,
        log_parameters=maximum.log_parameters + np.array([0.0, np.log(base.scale), 0.0, 0.0]),
        log_likelihood=maximum.log_likelihood - base.purchases * float(np.log(base.scale)),
    )


def with_another(start: FloatArray) -> FloatArray:
    """A place to start from, and two others: many leave at once and others stay, or hardly anyone leaves but at once.

    A likelihood may have one maximum where customers are much alike in their chance to leave, or a limit where all are
    the same, and another, or another limit, where they are of two kinds.

    Parameters
    ----------
    start : array of shape (4,)
        Log-parameters, of which the last two are those of the distribution of that chance.

    Returns
    -------
    ndarray of shape (3, 4)
    """
    kinds = (start, [*start[:2], np.log(0.5), np.log(0.3)], [*start[:2], np.log(1e-3), np.log(0.02)])
    return np.array(kinds)


def _start(
    x: FloatArray, t_x: FloatArray, T: FloatArray, w: FloatArray, base: PurchaseTuples, *, first: bool
) -> FloatArray:
    """Log-parameters to start from: plain values, or with many rows the fit to every 16th of the repeat buyers'."""
    plain: FloatArray = np.log([0.5, 0.5 * base.customers / base.purchases, 0.5, 2.0])
    if np.count_nonzero(x) < _MANY:
        return plain
    some = (x == 0) | (np.arange(x.size) % 16 == 0)
    x, t_x, T, w = x[some], t_x[some], T[some], np.where(x > 0, 16.0, 1.0)[some] * w[some]
    sample = PurchaseTuples.of(x, t_x, T, w, zeros=first)
    maximum = maximize(Objective(sample, first=first), plain)
    same_unit = np.array([0.0, np.log(sample.scale / base.scale), 0.0, 0.0])
    return plain if maximum.status == "boundary" else maximum.log_parameters + same_unit


# `prior` is also the name of an argument
_prior = prior
