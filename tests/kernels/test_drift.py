"""Distances of two samples against scipy, against slow versions, and their false alarms by simulation."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from custval._kernels.drift import (
    bin_counts,
    chi_square,
    kolmogorov_smirnov,
    pooled,
    quantile_cuts,
    same_share,
    stability_index,
    stability_p_value,
    unseen,
)

SAMPLE = hnp.arrays(np.float64, st.integers(1, 40), elements=st.sampled_from([-1e9, -2.0, 0.0, 0.5, 1.0, 3.0, 1e9]))
COUNTS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=2, max_size=8)


@given(SAMPLE, SAMPLE)
def test_the_distance_of_two_distributions_is_the_slow_one(one, two):
    at = [*one, *two]
    slow = max(abs(sum(one <= v) / one.size - sum(two <= v) / two.size) for v in at)
    assert kolmogorov_smirnov(one, two)[0] == pytest.approx(slow, abs=1e-12)


@pytest.mark.parametrize(("n", "m", "shift"), [(300, 500, 0.0), (300, 500, 0.15), (4000, 90, 0.4), (20_000, 9000, 0.0)])
def test_its_p_value_is_that_of_scipy(n, m, shift):
    rng = np.random.default_rng(n + m)
    one, two = rng.normal(size=n), rng.normal(shift, size=m)
    found, by_scipy = kolmogorov_smirnov(one, two), stats.ks_2samp(one, two, method="asymp")
    assert found[0] == pytest.approx(by_scipy.statistic, abs=1e-12)
    assert found[1] == pytest.approx(by_scipy.pvalue, rel=1e-9)
    assert found[1] == pytest.approx(stats.ks_2samp(one, two, method="exact").pvalue, rel=0.1, abs=0.02)


def slow_psi(reference, current):
    k, n, m = len(reference), sum(reference), sum(current)
    total = 0.0
    for r, c in zip(reference, current, strict=True):
        p, q = (r + 0.5) / (n + 0.5 * k), (c + 0.5) / (m + 0.5 * k)
        total += (q - p) * math.log(q / p)
    return total


@given(COUNTS)
def test_stability_index(counts):
    one, two = np.array(counts).T
    found = stability_index(one, two)
    if one.sum() and two.sum():
        assert found == pytest.approx(slow_psi(one.tolist(), two.tolist()), rel=1e-12, abs=1e-15)
        assert found >= 0
        assert found == pytest.approx(stability_index(two, one))
    else:
        assert math.isnan(found)


@given(SAMPLE, st.integers(2, 12))
def test_bins_hold_every_value_once(values, bins):
    cuts = quantile_cuts(values, bins)
    counts = bin_counts(values, cuts)
    edges = [-math.inf, *cuts, math.inf]
    assert counts.tolist() == [sum(low < v <= high for v in values) for low, high in pairwise(edges)]
    for value in set(values.tolist()):
        alone = values.tolist().count(value)
        if alone > 1 and alone / values.size > 1 / bins:
            # it has a bin of its own, and what lies beside it does not fall into it
            assert bin_counts(np.nextafter(value, [-np.inf, np.inf]), cuts)[np.searchsorted(cuts, value)] == 0


def test_bins_of_few_and_of_heavy_values():
    assert quantile_cuts(np.array([1.0, 2.0, 4.0]), 5).tolist() == [1.0, 2.0]
    flags = np.repeat([0.0, 1.0], [95, 5])
    assert bin_counts(flags, quantile_cuts(flags, 10)).tolist() == [0, 95, 5]
    assert bin_counts(np.array([-1.0, 0.5]), quantile_cuts(flags, 10)).tolist() == [1, 0, 1]
    same = quantile_cuts(np.full(9, 5.0), 10)
    assert bin_counts(np.array([4.9, 5.0, 5.1]), same).tolist() == [1, 1, 1]
    fives = quantile_cuts(np.repeat([1.0, 2.0, 3.0, 4.0, 5.0], [2, 2, 2, 2, 92]), 10)
    assert bin_counts(np.array([1.0, 2.0, 3.0, 4.0, 4.5, 5.0, 6.0]), fives).tolist() == [1, 1, 1, 1, 1, 1, 1]


@given(COUNTS)
def test_pooling_keeps_all_counts_and_leaves_none_too_small(counts):
    one, two = np.array(counts).T
    table = pooled(one, two)
    assert table.sum(axis=1).tolist() == [one.sum(), two.sum()]
    if table.shape[1] > 1 and one.sum() and two.sum():
        expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
        assert expected.min() >= 5 - 1e-9


@given(COUNTS)
def test_chi_square_is_that_of_scipy(counts):
    one, two = np.array(counts).T
    found = chi_square(one, two)
    table = pooled(one, two)
    if table.shape[1] < 2 or not (one.sum() and two.sum()):
        assert math.isnan(found.p_value)
        return
    expected = stats.chi2_contingency(table, correction=False)
    assert found.statistic == pytest.approx(expected.statistic, abs=1e-10)
    assert found.degrees_of_freedom == expected.dof
    assert found.p_value == pytest.approx(expected.pvalue, abs=1e-12)


def test_the_same_share_twice():
    table = [[30, 60], [970, 940]]
    assert same_share((30, 60), (1000, 1000)) == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue)
    assert same_share((0, 4), (20, 20)) == pytest.approx(stats.fisher_exact([[0, 4], [20, 16]]).pvalue)
    assert same_share((0, 0), (10, 10)) == 1.0
    assert same_share((10, 10), (10, 10)) == 1.0
    assert math.isnan(same_share((0, 0), (0, 10)))


def test_nothing_on_one_side():
    none = np.empty(0)
    assert all(map(math.isnan, kolmogorov_smirnov(none, np.ones(3))))
    assert quantile_cuts(none, 10).size == 0
    assert all(map(math.isnan, (stability_p_value(0.0, 1, 10, 10), stability_p_value(0.1, 5, 0, 10))))


def test_false_alarms_by_simulation():
    rng = np.random.default_rng(3)
    rounds, n, m, k = 2000, 400, 600, 10
    beyond, ks, chi = 0, 0, 0
    cuts = stats.gamma.ppf(np.arange(1, k) / k, 2.0)
    for _ in range(rounds):
        one, two = rng.gamma(2.0, size=n), rng.gamma(2.0, size=m)
        counts = bin_counts(one, cuts), bin_counts(two, cuts)
        beyond += stability_p_value(stability_index(*counts), k, n, m) < 0.05
        chi += chi_square(*counts).p_value < 0.05
        ks += kolmogorov_smirnov(one, two)[1] < 0.05
    # the standard error of each share is 0.005
    assert beyond / rounds == pytest.approx(0.05, abs=0.02)
    assert chi / rounds == pytest.approx(0.05, abs=0.02)
    assert ks / rounds == pytest.approx(0.05, abs=0.02)


@pytest.mark.parametrize(("k", "n", "m"), [(2, 150, 150), (4, 100, 2000), (10, 400, 400), (20, 3000, 700)])
@pytest.mark.parametrize("uneven", [False, True])
def test_the_index_by_chance_is_chi_square(k, n, m, uneven):
    rng, rounds = np.random.default_rng(k + n), 20_000
    weight = np.linspace(1, 3, k) if uneven else np.ones(k)
    counts = [rng.multinomial(size, weight / weight.sum(), rounds) for size in (n, m)]
    shares = [(count + 0.5) / (count.sum(axis=1, keepdims=True) + 0.5 * k) for count in counts]
    index = np.sum((shares[1] - shares[0]) * np.log(shares[1] / shares[0]), axis=1)
    assert index[0] == pytest.approx(stability_index(counts[0][0], counts[1][0]))
    p = np.array([stability_p_value(value, k, n, m) for value in index])
    for level in (0.2, 0.05, 0.01):
        # counts are whole numbers, and few bins of few values jump over a level
        assert np.mean(p < level) == pytest.approx(level, abs=0.1 * level + 4 * np.sqrt(level / rounds))
    assert index.mean() == pytest.approx((k - 1) * (1 / n + 1 / m), rel=0.04)


DRAWS = {
    "normal": lambda rng, n: rng.normal(size=n),
    "rating": lambda rng, n: rng.choice(5, n, p=[0.02, 0.02, 0.02, 0.02, 0.92]),
    "flag": lambda rng, n: rng.random(n) < 0.05,
    "count": lambda rng, n: rng.geometric(0.05, n),
    "price": lambda rng, n: np.where(rng.random(n) < 0.3, 9.99, rng.gamma(2.0, 10.0, n).round(1)),
}


@pytest.mark.parametrize("draw", DRAWS)
@pytest.mark.parametrize(("n", "m"), [(30, 30), (250, 250), (1000, 50), (50, 1000)])
def test_false_alarms_of_the_index_over_bins_of_the_reference(draw, n, m):
    rng = np.random.default_rng([n, m])
    rounds, alarms = 500, 0
    for _ in range(rounds):
        one, two = (DRAWS[draw](rng, size).astype(float) for size in (n, m))
        cuts = quantile_cuts(one, 10)
        counts = np.stack([bin_counts(one, cuts), bin_counts(two, cuts)])
        before, after = counts[:, counts.any(axis=0)]
        alarms += stability_p_value(stability_index(before, after), before.size, n, m) <= 0.05
    # three standard errors above the level; of small samples the p-value is too large
    assert alarms / rounds <= 0.05 + 3 * 0.0098


def test_unseen_values_by_simulation():
    rng = np.random.default_rng(4)
    rounds, alarms, excess = 400, 0, []
    for _ in range(rounds):
        one, two = (np.bincount(rng.geometric(0.01, size), minlength=4_000) for size in (600, 900))
        beyond, p = unseen(one[one > 0], two[(one == 0) & (two > 0)], int(two.sum()))
        alarms += p <= 0.05
        excess.append(beyond)
    assert alarms / rounds <= 0.05 + 3 * 0.0109
    assert np.mean(excess) < 2.0


def test_unseen_values_written_out():
    # four of six stand once, and one twice
    beyond, p = unseen(np.array([1, 1, 1, 2, 1]), np.array([4, 4]), 10)
    deviation = np.sqrt((16 + 16) / 100 + (4 * (1 - 4 / 6) + 2) / 36)
    assert beyond == pytest.approx(max(0.0, 10 * (0.8 - 4 / 6 - 2 * deviation)))
    assert p == pytest.approx(stats.norm.sf((0.8 - 4 / 6) / deviation))
    assert unseen(np.array([60, 40]), np.array([1] * 30), 100)[0] == pytest.approx(100 * (0.3 - 2 * np.sqrt(0.003)))
    assert np.isnan(unseen(np.array([60, 40]), np.array([], dtype=np.int64), 100)[1])
