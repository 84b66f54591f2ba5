"""What can be said of the next purchases without a model: baselines that a model has to beat."""

from __future__ import annotations

import numpy as np

from custval._kernels.occasions import Occasions
from custval.typing import FloatArray

__all__ = ["AS_LAST", "BASE_MEAN", "IF_LATELY", "OWN_RATE", "as_in_last_window", "from_summary", "seen"]

BASE_MEAN = "mean of the base"
OWN_RATE = "own rate so far"
IF_LATELY = "own rate if bought lately"
AS_LAST = "as many as in the last window"

# of a span: times are multiples of the grain in units, such as sevenths of a week, and so are rounded
_ROUNDING = 1e-9


def from_summary(x: FloatArray, t_x: FloatArray, T: FloatArray, t: FloatArray) -> dict[str, FloatArray]:
    """Purchases in (T, T + t] by rules that need the summary only.

    Parameters
    ----------
    x, t_x, T : array of shape (n,)
        Frequency, recency, length of the observation.
    t : array of shape (n,)
        Horizons.

    Returns
    -------
    dict of str to array of shape (n,)
        "mean of the base": everyone buys at the rate Σx / ΣT of all; "own rate so far": each at x / T (0 where T
        is 0); "own rate if bought lately": so, if the last purchase lies at most t back, and else not at all.
    """
    observed = float(T.sum())
    rate = float(x.sum()) / observed if observed > 0 else 0.0
    own = t * np.divide(x, T, out=np.zeros_like(T), where=T > 0)
    lately = T - t_x <= t * (1 + _ROUNDING)
    return {BASE_MEAN: rate * t, OWN_RATE: own, IF_LATELY: np.where(lately, own, 0.0)}


def as_in_last_window(bought: Occasions, split: int, length: int, first: int) -> FloatArray:
    """As many purchases as in the last window of the same length.

    Parameters
    ----------
    bought : Occasions
        Up to the period `split`; every customer has one.
    split, length : int
        The period with which calibration ends; the number of periods of the horizon.
    first : int
        The period with which the data begin.

    Returns
    -------
    array of shape (n,)
        Occasions in the `length` periods up to and with `split`. The first purchase of a customer repeats nothing,
        and is not counted. Where the data begin later than that window, what they hold is scaled up to its length.
    """
    inside = bought.period > split - length
    inside[bought.start[:-1]] = False
    counted = np.add.reduceat(inside, bought.start[:-1]).astype(np.float64)
    return counted * (length / seen(split, length, first))


def seen(split: int, length: int, first: int) -> int:
    """How many of the last `length` periods up to and with `split` the data hold, which begin with `first`."""
    return min(length, split - first + 1)
