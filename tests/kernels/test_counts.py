"""Quantiles of counts beside scipy's."""

import numpy as np
import pytest
from scipy.stats import nbinom

from custval._kernels.counts import count_quantiles
from custval.errors import CustvalError


def test_negative_binomials():
    rng = np.random.default_rng(1)
    shape, p = 10 ** rng.uniform(-2, 2, 200), rng.uniform(0.02, 0.98, 200)

    def pmf(rows, n_max):
        n = np.arange(n_max + 1)
        found = nbinom.pmf(n, shape[rows, None], p[rows, None])
        return np.column_stack([found, nbinom.sf(n_max, shape[rows], p[rows])])

    q = np.array([0.05, 0.5, 0.95])
    found = count_quantiles(pmf, q, 200)
    np.testing.assert_array_equal(found, nbinom.ppf(q, shape[:, None], p[:, None]))


def test_more_than_can_be_counted():
    with pytest.raises(CustvalError, match="one by one"):
        count_quantiles(lambda _, n_max: np.eye(1, n_max + 2, n_max + 1), np.array([0.5]), 1)
