"""Adjusted p-values against their definitions written out, against scipy, and by what they promise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from custval._kernels.multiple_testing import benjamini_hochberg

P = st.lists(st.floats(0.0, 1.0), min_size=1, max_size=12)


def rejected_step_up(p, q):
    """The procedure as the paper states it: reject the k smallest, k the largest with p(k) ≤ k q / m."""
    ranked = sorted(p)
    k = max((i + 1 for i in range(len(p)) if ranked[i] <= (i + 1) * q / len(p)), default=0)
    return {i for i in range(len(p)) if k and p[i] <= ranked[k - 1]}


@given(P)
def test_benjamini_hochberg_is_that_of_scipy(p):
    assert benjamini_hochberg(p) == pytest.approx(false_discovery_control(p), abs=1e-15)


@given(st.lists(st.integers(0, 64).map(lambda n: n / 64), min_size=1, max_size=8), st.integers(1, 15))
def test_benjamini_hochberg_rejects_what_the_paper_rejects(p, sixteenths):
    q = sixteenths / 16
    # q of sixteenths and p of sixty-fourths: equalities are exact up to the last bit
    assert set(np.flatnonzero(benjamini_hochberg(p) <= q + 1e-12)) == rejected_step_up(p, q + 1e-12)


def test_tests_that_were_not_made_do_not_count():
    adjusted = benjamini_hochberg([0.01, np.nan, 0.04])
    assert np.isnan(adjusted[1])
    assert adjusted[[0, 2]].tolist() == benjamini_hochberg([0.01, 0.04]).tolist()
    assert benjamini_hochberg([]).size == 0
    assert np.isnan(benjamini_hochberg([np.nan])).all()


def test_its_promise_by_simulation():
    rng = np.random.default_rng(0)
    found_falsely, rounds = 0.0, 2000
    for _ in range(rounds):
        true = rng.uniform(size=30)
        p = np.concatenate([true, rng.uniform(size=10) ** 8])
        chosen = benjamini_hochberg(p) <= 0.1
        found_falsely += chosen[:30].sum() / max(chosen.sum(), 1)
    # the share of false discoveries is q m0 / m exactly for independent tests: 0.075
    assert found_falsely / rounds == pytest.approx(0.075, abs=0.01)
