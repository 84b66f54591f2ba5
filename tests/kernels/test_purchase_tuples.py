import numpy as np
import pytest

from custval._kernels import purchase_tuples
from custval._kernels.purchase_tuples import PurchaseTuples


@pytest.mark.parametrize("block", [1, 7, 1 << 13])
def test_nothing_is_lost(block, monkeypatch):
    monkeypatch.setattr(purchase_tuples, "_BLOCK", block)
    rng = np.random.default_rng(block)
    x, T, w = rng.poisson(1.0, 300).astype(float), rng.integers(1, 20, 300) / 7, rng.integers(0, 4, 300).astype(float)
    t_x = np.where(x > 0, T * rng.integers(1, 4, 300) / 4, 0.0)
    base = PurchaseTuples.of(x, t_x, T, w)
    assert base.customers == w.sum()
    assert base.purchases == pytest.approx(w @ x)
    assert base.scale == pytest.approx(np.average(T, weights=w))
    np.testing.assert_allclose(base.more_than, [w[x > j].sum() for j in range(int(x.max()))])
    for value, customers, purchases in zip(base.T * base.scale, base.customers_by_T, base.purchases_by_T, strict=True):
        rows = np.isclose(T, value)
        assert (customers, purchases) == (w[rows].sum(), w[rows] @ x[rows])
    rebuilt = sorted(
        row
        for part in base.blocks
        for row in zip(
            base.x[part.x], base.t_x[part.t_x] * base.scale, base.T[part.T] * base.scale, part.w, strict=True
        )
    )
    wanted = sorted(row for row in zip(x, t_x, T, w, strict=True) if row[0] > 0 and row[3] > 0)
    np.testing.assert_allclose(rebuilt, wanted)


def test_runs_are_where_x_changes():
    x = np.array([3, 1, 1, 2, 3, 1, 0], dtype=float)
    (block,) = PurchaseTuples.of(x, x, x + 1, np.ones(7)).blocks
    assert block.runs.tolist() == [0, 3, 4]
    assert block.distinct == slice(0, 3)
    assert np.add.reduceat(block.w, block.runs).tolist() == [3, 1, 2]
