"""What binning the mean spends does to a fit: it falls with the square of the width, and is as small as is stated."""

import numpy as np
import pytest

from custval._frame import enter_any
from custval._kernels import gamma_gamma
from custval._kernels.maximize import covariance
from custval.clv._spend_in_engine import WIDTH, collect_bins

pl = pytest.importorskip("polars")


@pytest.mark.parametrize(
    ("p", "q", "gamma", "most"), [(6.25, 3.74, 15.44, 4), (0.8, 1.5, 30.0, 2), (30.0, 20.0, 5.0, 20)]
)
def test_the_shift_of_the_parameters(p, q, gamma, most):
    n = 100_000
    rng = np.random.default_rng(0)
    x = rng.geometric(0.25, n)
    spend, _ = gamma_gamma.draw(p, q, gamma, x, rng)
    m = np.add.reduceat(spend, np.cumsum(x) - x) / x
    exact = gamma_gamma.fit(x, m)
    error = np.sqrt(np.diag(covariance(exact)))
    frame = pl.LazyFrame({"frequency": x, "monetary_value": m})

    def shift(width):
        bins = collect_bins(enter_any(frame), None, width)
        assert bins.n_fitted == n
        found = gamma_gamma.fit(bins.x, bins.m, bins.weight).parameters
        return float(np.abs((found - exact.parameters) / error).max())

    wide, half = shift(0.05), shift(0.025)
    assert 3 < wide / half < 5
    # what the width in use does to ten million customers
    constant = half / (np.sqrt(n) * 0.025**2 / 24)
    assert constant < most
    assert constant * np.sqrt(1e7) * WIDTH**2 / 24 < 0.01
    assert shift(WIDTH) < 0.001
