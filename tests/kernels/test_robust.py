"""Robust scales by group against numpy group by group, and the share flagged under normality by simulation."""

from __future__ import annotations

import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from custval._kernels.robust import group_means, group_quantiles, modified_z, normal_flag_rate, spread

VALUES = hnp.arrays(np.float64, st.integers(1, 30), elements=st.floats(-1e6, 1e6))


@given(VALUES, st.sampled_from([0.0, 0.25, 0.5, 0.75, 0.9, 1.0]), st.integers(0, 3))
def test_quantiles_of_each_group(values, q, seed):
    group = np.random.default_rng(seed).integers(0, 4, values.size)
    found = group_quantiles(values, group, 5, q)
    means = group_means(values, group, 5)
    for g in range(5):
        own = values[group == g]
        assert found[g] == pytest.approx(np.quantile(own, q) if own.size else np.nan, nan_ok=True, rel=1e-12, abs=1e-9)
        assert means[g] == pytest.approx(own.mean() if own.size else np.nan, nan_ok=True, rel=1e-9, abs=1e-6)


def test_the_modified_z_of_a_list_by_hand():
    values = [2.1, 2.6, 2.4, 2.5, 2.3, 2.1, 2.3, 2.6, 8.2, 8.3]
    found = spread(np.array(values), np.zeros(10, dtype=int), 1)
    median = statistics.median(values)
    mad = statistics.median(abs(v - median) for v in values)
    z = modified_z(np.array(values), found.median[[0] * 10], found.scale[[0] * 10])
    assert z == pytest.approx([0.6744897501960817 * (v - median) / mad for v in values])
    assert (found.n.tolist(), found.fallback.tolist()) == ([10], [False])


def test_where_the_mad_is_zero():
    values = np.array([0.0] * 8 + [4.0, -4.0])
    found = spread(values, np.zeros(10, dtype=int), 1)
    assert found.fallback[0]
    assert found.scale[0] == pytest.approx(0.8 * np.sqrt(np.pi / 2))
    same = spread(np.full(4, 7.0), np.zeros(4, dtype=int), 1)
    assert same.scale[0] == 0
    assert modified_z(np.array([7.0, 9.0]), np.array([7.0, 7.0]), np.zeros(2)).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("n", [5, 6, 7, 10, 25, 100, 400])
@pytest.mark.parametrize(("method", "threshold"), [("robust_z", 3.5), ("robust_z", 2.5), ("iqr", 1.5)])
def test_the_share_of_few_values_by_simulation(method, threshold, n):
    x = np.random.default_rng(n).normal(size=(400_000 // n, n))
    if method == "robust_z":
        away = np.abs(x - np.median(x, axis=1, keepdims=True))
        flagged = 0.6744897501960817 * away > threshold * np.median(away, axis=1, keepdims=True)
    else:
        low, high = np.quantile(x, [0.25, 0.75], axis=1, keepdims=True)
        flagged = (x < low - threshold * (high - low)) | (x > high + threshold * (high - low))
    share = flagged.mean(axis=1)
    rate = normal_flag_rate(method, threshold, n)
    assert rate == pytest.approx(share.mean(), abs=4 * share.std() / np.sqrt(share.size) + 0.06 * rate)


@pytest.mark.parametrize(("method", "threshold"), [("robust_z", 3.5), ("robust_z", 2.0), ("iqr", 1.5), ("iqr", 1.0)])
def test_the_share_flagged_under_normality(method, threshold):
    x = np.random.default_rng(1).normal(10.0, 3.0, 2_000_000)
    if method == "robust_z":
        mad = np.median(abs(x - np.median(x)))
        share = (abs(0.6745 * (x - np.median(x)) / mad) > threshold).mean()
    else:
        low, high = np.quantile(x, [0.25, 0.75])
        share = ((x < low - threshold * (high - low)) | (x > high + threshold * (high - low))).mean()
    rate = normal_flag_rate(method, threshold)
    assert share == pytest.approx(rate, abs=4 * np.sqrt(rate / x.size) + 0.01 * rate)
    assert normal_flag_rate("iqr", 1.5) == pytest.approx(0.00698, abs=5e-6)
