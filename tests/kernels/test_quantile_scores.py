"""Cuts and bins against exact fractions, numpy, and repeated values."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custval._kernels.quantile_scores import bins, bins_within, quantile_cuts, quantile_cuts_within

WHOLE = st.lists(st.integers(-5, 20).map(float), min_size=1, max_size=40)
REAL = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40)
BINS = st.integers(2, 9)


def exact_cuts(values, n_bins):
    ordered = sorted(map(Fraction, values))
    cuts = []
    for k in range(1, n_bins):
        place = Fraction((len(ordered) - 1) * k, n_bins)
        low = ordered[int(place)]
        high = ordered[min(int(place) + 1, len(ordered) - 1)]
        cuts.append(low + (place - int(place)) * (high - low))
    return cuts


@given(values=REAL, n_bins=BINS)
def test_cuts_are_quantiles_of_type_7(values, n_bins):
    x = np.array(values)
    expected = np.quantile(x, np.arange(1, n_bins) / n_bins, method="linear")
    np.testing.assert_allclose(quantile_cuts(x, n_bins), expected, rtol=1e-12, atol=1e-9)


@given(values=WHOLE, n_bins=BINS)
def test_whole_numbers_stand_on_the_side_of_a_cut_where_exact_arithmetic_puts_them(values, n_bins):
    cuts = exact_cuts(values, n_bins)
    found = bins(np.array(values), quantile_cuts(np.array(values), n_bins))
    assert found.tolist() == [sum(Fraction(value) > cut for cut in cuts) for value in values]


@given(rows=st.lists(st.tuples(st.integers(0, 9).map(float), st.integers(0, 4)), min_size=1, max_size=30), n_bins=BINS)
def test_whole_weights_are_repetitions(rows, n_bins):
    values, weights = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    if weights.any():
        expected = quantile_cuts(np.repeat(values, weights.astype(int)), n_bins)
        assert quantile_cuts(values, n_bins, weights).tolist() == expected.tolist()


@given(rows=st.lists(st.tuples(st.integers(0, 9).map(float), st.integers(0, 4)), min_size=1, max_size=30), n_bins=BINS)
def test_weights_that_are_nearly_whole_give_nearly_what_repetitions_give(rows, n_bins):
    values, weights = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    if weights.any():
        expected = quantile_cuts(np.repeat(values, weights.astype(int)), n_bins)
        cuts = quantile_cuts(values, n_bins, np.where(weights > 0, weights + 1e-10, 0))
        np.testing.assert_allclose(cuts, expected, rtol=1e-7, atol=1e-6)


def test_fractional_weights_are_means_over_a_window_of_one():
    # 1 stands up to 1.5, 4 up to 3, 10 up to 4.5; the window of the median goes from 1.75 to 2.75, within 4
    assert quantile_cuts(np.array([4.0, 10.0, 1.0]), 2, np.array([1.5, 1.5, 1.5])).tolist() == [4.0]
    # 1 up to 1.6, 4 up to 2.6: the window from .8 to 1.8 holds .8 of the 1 and .2 of the 4
    cuts = quantile_cuts(np.array([4.0, 1.0]), 2, np.array([1.0, 1.6]))
    assert cuts == pytest.approx([0.8 * 1 + 0.2 * 4])


@given(values=REAL, n_bins=BINS)
def test_cuts_do_not_fall_and_lie_within_the_values(values, n_bins):
    cuts = quantile_cuts(np.array(values), n_bins)
    assert (np.diff(cuts) >= 0).all()
    assert min(values) <= cuts[0]
    assert cuts[-1] <= max(values)


def test_one_value_throughout_falls_into_the_lowest_bin():
    x = np.full(7, 0.1)
    assert quantile_cuts(x, 5).tolist() == [0.1] * 4
    assert bins(x, quantile_cuts(x, 5)).tolist() == [0] * 7


def test_many_values_are_compared_in_blocks():
    x = np.arange(200_000.0)
    assert np.bincount(bins(x, quantile_cuts(x, 5))).tolist() == [40_000] * 5


@given(
    rows=st.lists(
        st.tuples(st.integers(0, 9).map(float), st.sampled_from([0, 2, 3]), st.integers(0, 3).map(float)),
        min_size=1,
        max_size=30,
    ),
    weighted=st.booleans(),
)
def test_within_groups_each_group_has_its_own_cuts(rows, weighted):
    values, group, weight = (np.array(column) for column in zip(*rows, strict=True))
    parents = np.arange(8.0).reshape(4, 2)
    cuts = quantile_cuts_within(values, 3, group, parents, weight if weighted else None)
    found = bins_within(values, cuts, group)
    for number in range(4):
        inside = group == number
        counted = inside & (weight > 0) if weighted else inside
        expected = parents[number]
        if counted.any():
            expected = quantile_cuts(values[counted], 3, weight[counted] if weighted else None)
        assert cuts[number].tolist() == expected.tolist()
        assert found[inside].tolist() == bins(values[inside], expected).tolist()
