"""Many tests at once: p-values adjusted so that the family of them keeps its promise.

References
----------
Benjamini, Y. & Hochberg, Y. (1995). Controlling the false discovery rate: a practical and powerful approach to multiple
testing. Journal of the Royal Statistical Society B 57(1), 289-300.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from custval.typing import FloatArray

__all__ = ["benjamini_hochberg"]


def benjamini_hochberg(p: Any) -> FloatArray:
    """Adjusted p-values: those of at most q are false discoveries in a share of at most q of them, in expectation.

    With the p-values sorted, p(1) ≤ … ≤ p(m), the adjusted p(i) is the least of p(j) m / j over j ≥ i (Benjamini &
    Hochberg 1995, the procedure (1)). The promise holds for independent tests and for positively dependent ones.

    Parameters
    ----------
    p : array of float, shape (m,)
        NaN is a test that could not be made: it stays NaN and does not count.

    Returns
    -------
    array of float, shape (m,)
    """
    p = np.asarray(p, dtype=np.float64)
    result = np.full(p.shape, np.nan)
    made = np.flatnonzero(~np.isnan(p))
    order = made[np.argsort(p[made], kind="stable")]
    of_rank = p[order] * made.size / np.arange(1, made.size + 1)
    result[order] = np.minimum(np.minimum.accumulate(of_rank[::-1])[::-1], 1.0)
    return result
