"""Sums of money are those of `math.fsum`."""

from __future__ import annotations

import json
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from custval.data_quality import clean_transactions, rules, validate
from custval.data_quality._money import exact_sum

_FLOATS = st.floats(-1e300, 1e300, allow_subnormal=True)


@given(arrays(float, st.integers(0, 50), elements=_FLOATS))
def test_a_sum_is_rounded_once(values):
    assert exact_sum(values) == math.fsum(values)


def test_many_chunks_add_up_to_the_last_bit():
    rng = np.random.default_rng(1)
    values = rng.normal(size=600_000) * 10.0 ** rng.integers(-12, 12, 600_000)
    where = rng.random(values.size) < 0.7
    values[::7] = np.nan
    assert exact_sum(values, where) == math.fsum(values[where & ~np.isnan(values)])


def test_the_least_and_the_greatest_floats_count():
    values = np.array([5e-324, 1.7e308, -1.7e308, 5e-324, 1e-310])
    assert exact_sum(values) == math.fsum(values) > 0


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_sums_beyond_the_greatest_float_are_infinite(sign):
    huge = sign * 1.7e308
    assert exact_sum(np.array([huge, huge])) == sign * math.inf
    assert exact_sum(np.array([huge, huge, -huge, 1.0])) == float(Fraction(huge) + 1)
    lines = {"customer_id": [1, 2], "amount": [huge, huge]}
    assert validate(lines, rules.not_null("amount")).account.amount_in == sign * math.inf
    assert validate(lines, rules.statistic("amount", "sum", low=0)).passed == (sign > 0)
    cleaned = clean_transactions(lines, refunds="keep")
    assert cleaned.account.amount_in == cleaned.account.amount_out == sign * math.inf
    json.dumps(cleaned.to_dict())


def test_infinite_amounts_are_infinite():
    assert exact_sum(np.array([1.0, np.inf, np.nan])) == math.inf
