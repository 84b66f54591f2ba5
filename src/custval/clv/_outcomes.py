"""How the value of each customer may turn out: purchases and spend drawn from what is known of the customer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from custval._frame import Table
from custval._kernels.gamma_gamma import draw_totals
from custval.clv._purchase import PurchaseModel
from custval.clv._sampling import drawing_order
from custval.clv._spend import seen, spend_columns
from custval.clv.gamma_gamma import GammaGammaModel
from custval.typing import FloatArray

__all__ = ["outcome_bounds"]

_DRAWS = 1_000
# draws held at once
_CELLS = 1 << 21


def outcome_bounds(
    model: PurchaseModel,
    spend: Any,
    table: Table,
    found: Mapping[str, FloatArray],
    *,
    horizon: float,
    level: float,
    rng: np.random.Generator,
) -> tuple[FloatArray, FloatArray]:
    """The central interval of the discounted spend of each customer, each shape (n,).

    Parameters
    ----------
    model, spend, table
        As in `lifetime_value`.
    found : mapping of arrays of shape (n,)
        Per customer: `frequency`, `recency`, `T`, the expected `spend` of a purchase, and the `discount` of a purchase,
        the mean over the horizon.
    horizon : float
        In units of the model.
    level : float
    rng : numpy.random.Generator
    """
    order, n = drawing_order(table), len(table)
    x, m = seen(*spend_columns(table)) if isinstance(spend, GammaGammaModel) else np.zeros((2, n))
    low, high = np.empty(n), np.empty(n)
    tails = [0.5 - level / 2, 0.5 + level / 2]
    for some in np.array_split(order, max(1, n * _DRAWS // _CELLS)):
        rows = found["frequency"][some], found["recency"][some], found["T"][some]
        count = model._draw_future(rows, horizon, _DRAWS, rng)
        if isinstance(spend, GammaGammaModel):
            total = draw_totals(spend._theta(), x[some], m[some], count, rng)
        else:
            total = count * found["spend"][some, None]
        # a quantile of a count of purchases is one that can be
        ends = np.quantile(total, tails, axis=1, method="inverted_cdf") * found["discount"][some]
        low[some], high[some] = ends
    return low, high
