"""The fast version of the study of recovery: `python -m benchmarks recovery` is the long one."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

sys.path.insert(0, str(Path(__file__).parents[2]))
from benchmarks import recovery
from benchmarks.study_cases import CASES, case

REPLICATIONS = 200
# BG/NBD and Gamma-Gamma are in test_intervals
QUICK = [each.name for each in CASES if each.name not in {"BG/NBD", "Gamma-Gamma", "Pareto/NBD"}]


@pytest.fixture(autouse=True)
def one_thread():
    # the matrices are small, and the threads of BLAS cost more than they bring
    with threadpool_limits(limits=1):
        yield


@pytest.mark.parametrize("name", [*QUICK, pytest.param("Pareto/NBD", marks=pytest.mark.slow)])
def test_parameters_come_back_and_their_intervals_hold_them(name):
    each = case(name)
    found, _ = recovery.recover(each, next(iter(each.truths)), 2_000, REPLICATIONS)
    assert found.n_boundary == 0
    assert len(found.low) == REPLICATIONS
    assert found.passed.all(), found.covered
    logs = np.log(found.estimate / found.truth)
    # the estimates are consistent, not unbiased: at 2,000 customers they are off by less than a third of their error
    noise = 3.3 * logs.std(axis=0) / np.sqrt(REPLICATIONS)
    assert (np.abs(logs.mean(axis=0)) < noise + logs.std(axis=0) / 3).all()
    # and their errors are as large as they say
    np.testing.assert_allclose(np.median(found.error, axis=0), logs.std(axis=0), rtol=0.2)


@pytest.mark.parametrize("name", ["NBD", pytest.param("BG/NBD", marks=pytest.mark.slow)])
def test_the_interval_of_a_total_holds_it(name):
    _, total = recovery.recover(case(name), "CDNOW", 1_000, REPLICATIONS, predict=True)
    assert total.passed.all(), total.covered
    assert abs(np.log(total.estimate / total.truth).mean()) < 0.02


def test_an_interval_that_is_too_short_is_found_out():
    found, _ = recovery.recover(case("NBD"), "CDNOW", 500, REPLICATIONS)
    low, high = found.estimate / np.exp(found.error), found.estimate * np.exp(found.error)  # 68 %
    short = recovery.Recovery(
        found.truth, found.estimate, found.error, low, high, found.names, 0, found.purchases, found.seconds
    )
    assert found.passed.all()
    assert not short.passed.any()
