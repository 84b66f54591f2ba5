"""Exact sums: beside `math.fsum` of the values themselves."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from custval._kernels.exact_sums import exact_parts


@given(arrays(float, st.integers(0, 60), elements=st.floats(-1e306, 1e306, allow_subnormal=True)))
def test_the_parts_add_up_to_the_values(values):
    assert math.fsum(exact_parts(values)) == math.fsum(values)


@pytest.mark.parametrize("size", [1, 16_383, 16_384, 16_385, 40_000])
@pytest.mark.parametrize(("least", "most"), [(-2, 5), (-300, 290), (-323, -290), (270, 303)])
def test_long_arrays_of_any_size_of_numbers(size, least, most):
    rng = np.random.default_rng(size)
    values = rng.normal(size=size) * 10.0 ** rng.integers(least, most, size)
    assert math.fsum(exact_parts(values)) == math.fsum(values)
    values[::3] = np.nan
    assert math.fsum(exact_parts(values)) == math.fsum(values[~np.isnan(values)])


@pytest.mark.parametrize("power", range(990, 1012))
def test_equal_numbers_near_the_largest(power):
    values = np.full(16_384, 2.0**power)
    values[1::2] *= -1.0
    values[:5] = 0.1
    assert math.fsum(exact_parts(values)) == math.fsum(values)


def test_what_is_taken_off_leaves_what_the_others_add_up_to():
    rng = np.random.default_rng(3)
    values = rng.gamma(2.0, 20.0, 50_000).round(2)
    some = rng.random(values.size) < 0.3
    less = math.fsum([*exact_parts(values), *(-part for part in exact_parts(values[some]))])
    assert less == math.fsum(values[~some])


def test_money_needs_few_parts():
    values = np.random.default_rng(4).gamma(2.0, 20.0, 100_000).round(2)
    assert len(exact_parts(values)) <= 3 * 7
    assert exact_parts(np.full(5, np.nan)) == exact_parts(np.zeros(5)) == []
