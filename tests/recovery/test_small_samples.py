"""Small samples end as what they are: the fast version of `python -m benchmarks boundary`."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

sys.path.insert(0, str(Path(__file__).parents[2]))
from benchmarks import boundary
from benchmarks.study_cases import CASES, case
from benchmarks.study_checks import check

NAMES = [each.name for each in CASES]


@pytest.fixture(autouse=True)
def one_thread():
    # L-BFGS-B calls LAPACK for matrices of 20 x 20, whose threads take 60 times as long on a busy machine
    with threadpool_limits(limits=1):
        yield


def assert_as_they_are(name, n, seeds):
    outcomes = [boundary.outcome(case(name), n, seed) for seed in seeds]
    assert not [found for found in outcomes if found.fault]
    assert {found.status for found in outcomes} <= {"converged", "boundary", "no repeat purchase"}
    assert {found.map_status for found in outcomes if found.status != "no repeat purchase"} <= {"converged"}


@pytest.mark.parametrize("name", [name for name in NAMES if name != "Pareto/NBD"])
def test_a_few_small_samples(name):
    assert_as_they_are(name, 50, range(2_000, 2_004))


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_some_dozen_small_samples(name):
    assert_as_they_are(name, 50, range(3_000, 3_024))
    assert_as_they_are(name, 100, range(3_000, 3_012))


@pytest.mark.slow
def test_the_higher_of_two_maxima():
    # both are interior maxima, of which the lower is closer to the start
    assert_as_they_are("MBG/CNBD-2", 500, [2])
    assert_as_they_are("MBG/NBD", 500, [11])
    # the first maximum is a boundary, the higher one is inside
    assert_as_they_are("MBG/CNBD-2", 50, [85])
    assert_as_they_are("MBG/CNBD-2", 100, [25])
    assert_as_they_are("BG/BB", 100, [26])
    assert_as_they_are("BG/BB", 50, [422])
    assert_as_they_are("Pareto/NBD", 50, [106])


def claim(name, n, seed, move=0.0, status=None):
    """What the check says of a fit whose log-parameters are moved, or whose status is another."""
    each = case(name)
    columns, rng = boundary.sample(each, n, seed)
    model = each.new().fit(columns)
    params = {key: value * np.exp(move) for key, value in model.params_.items()}
    here = each.log_likelihood(columns)(np.array([list(params.values())]))[0]
    claimed = SimpleNamespace(params_=params, log_likelihood_=float(here), fit_status_=status or str(model.fit_status_))
    return check(each, columns, claimed, rng), model


def test_a_point_that_is_no_maximum_is_found_out():
    verdict, model = claim("NBD", 100, 0)
    assert (verdict.fault, model.fit_status_) == ("", "converged")
    for status in ("converged", "boundary"):
        verdict, _ = claim("NBD", 100, 0, move=0.1, status=status)
        assert "higher inside" in verdict.fault


def test_a_likelihood_that_is_not_the_kernels_is_found_out():
    each = case("NBD")
    columns, rng = boundary.sample(each, 100, 0)
    model = each.new().fit(columns)
    model.log_likelihood_ += 1e-3
    assert "log_likelihood_ is" in check(each, columns, model, rng).fault


def test_the_end_of_a_ridge_is_no_maximum():
    seed = next(seed for seed in range(100) if boundary.outcome(case("BG/NBD"), 50, seed).status == "boundary")
    verdict, model = claim("BG/NBD", 50, seed, status="converged")
    assert model.fit_status_ == "boundary"
    assert verdict.fault


def test_the_study_prints_a_row_for_each_model_and_size(capsys, monkeypatch):
    monkeypatch.setattr(boundary, "CASES", (case("NBD"), case("Gamma-Gamma")))
    boundary.run(size=4, repeat=1)
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith(("| NBD", "| Gamma"))]
    assert [row.split("|")[2].strip() for row in rows] == ["50", "100", "500"] * 2
