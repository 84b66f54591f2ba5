"""Where a condition fails, by numpy on plain arrays: beside what the expression for any engine says."""

from __future__ import annotations

import math

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custval._expression import from_data, parse_condition
from custval._frame import enter

COLUMNS = {"double": "float64", "single": "float32", "whole": "int64", "tiny": "int8", "natural": "uint32"}
COMPARE = ("==", "!=", "<", "<=", ">", ">=")

constants = st.sampled_from([0, 1, 3, -2, 0.0, 0.1, 1.5, 1e300, 2**53, 2**53 + 1, 2**62])
leaves = st.sampled_from([{"column": name} for name in COLUMNS]) | constants
numbers = st.recursive(
    leaves, lambda inner: st.tuples(st.sampled_from(["+", "-", "*"]), inner, inner).map(list), max_leaves=4
)
simple = st.tuples(st.sampled_from(COMPARE), numbers, numbers).map(list) | numbers.map(lambda n: ["is_null", n])
conditions = st.recursive(
    simple,
    lambda inner: (
        st.tuples(st.sampled_from(["and", "or"]), inner, inner, inner).map(list) | inner.map(lambda one: ["not", one])
    ),
    max_leaves=5,
)
floats = st.sampled_from([0.0, -0.0, 0.1, 1.0, 1.5, -2.0, 1e300, -1e300, math.inf, -math.inf, math.nan])
rows = st.fixed_dictionaries(
    {
        "double": floats,
        "single": floats.map(lambda x: float(np.clip(x, -1e38, 1e38))),
        "whole": st.sampled_from([0, 1, -2, 3, 2**53, 2**53 + 1, 2**62, -(2**63)]),
        "tiny": st.integers(-128, 127),
        "natural": st.integers(0, 2**32 - 1),
    }
)


@given(conditions, st.lists(rows, min_size=1, max_size=8))
def test_it_says_what_the_expression_says(data, records):
    condition = from_data(data)
    frame = pd.DataFrame({name: np.array([row[name] for row in records], kind) for name, kind in COLUMNS.items()})
    found = condition.fails_on_arrays(enter(frame))
    if not condition.columns:
        assert found is None
        return
    there = nw.from_native(frame)
    wanted = there.select(fails=condition.fails(there))["fails"].to_numpy()
    assert found.tolist() == wanted.tolist()


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 200_000])
def test_blocks_join_without_a_seam(size):
    rng = np.random.default_rng(size)
    frame = pd.DataFrame({"amount": rng.normal(size=size), "quantity": rng.integers(-3, 3, size)})
    found = parse_condition("amount <= 2 * quantity").fails_on_arrays(enter(frame))
    assert np.array_equal(found, frame["amount"].to_numpy() > 2 * frame["quantity"].to_numpy())


@pytest.mark.parametrize(
    "condition", ["a / 2 > 1", "b", "b and a > 0", "abs(a) > 0", "a in (1, 2)", "t < date('2020-01-01')"]
)
def test_it_leaves_alone_what_it_does_not_know(condition):
    frame = pd.DataFrame({"a": [1.0], "b": [True], "t": pd.to_datetime(["2024-01-01"])})
    assert parse_condition(condition).fails_on_arrays(enter(frame)) is None


@pytest.mark.parametrize("kind", ["uint64", "Int64", "object", "str"])
def test_other_columns_are_left_to_the_engine(kind):
    frame = pd.DataFrame({"a": pd.Series([1, 2]).astype(kind)})
    assert parse_condition("a > 1").fails_on_arrays(enter(frame)) is None
