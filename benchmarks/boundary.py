"""Small samples: whether every fit ends as what it is.

From every model a thousand small samples are drawn, of 50, 100 and 500 customers observed for 4 to 52 weeks, each from
other parameters; and every fit is checked by other means (`study_checks`). `python -m benchmarks boundary` prints the
table. `--size` is the number of samples of each model; a study needs no rounds, so `--repeat` is not looked at.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.study_cases import CASES, Case, Columns
from benchmarks.study_checks import TOLERANCE, check
from custval.errors import FitError

SIZE = 1_000
SEED = 21
# of the samples of a model
SHARES = {50: 0.5, 100: 0.3, 500: 0.2}
# standard deviation of the log-parameters of the samples around those of the literature
_SPREAD = 0.7

_HEAD = (
    "| model | customers | samples | converged | boundary | no repeat purchase | crash | false converged "
    "| false boundary | flat | MAP converged | MAP other | seconds |"
)


@dataclass(frozen=True)
class Outcome:
    """How one sample ended.

    Attributes
    ----------
    status : str
        "converged", "boundary", "no repeat purchase" or "crash".
    fault : str
        What the check says against the status, or the error of a crash.
    margin : float
        By how much the fit is above the best that was found elsewhere.
    map_status : str
    seed : int
        Draws the sample again.
    """

    status: str
    fault: str
    margin: float
    map_status: str
    seed: int


def sample(each: Case, n: int, seed: int) -> tuple[Columns, np.random.Generator]:
    """A small sample, and the generator that drew it."""
    rng = np.random.default_rng([SEED, zlib.crc32(each.name.encode()), n, seed])
    sources = list(each.truths.values())
    params = sources[seed % len(sources)]
    moved = {name: value * float(np.exp(rng.normal(0.0, _SPREAD))) for name, value in params.items()}
    return each.draw(moved, n, rng, short=True), rng


def outcome(each: Case, n: int, seed: int) -> Outcome:
    """Fit a small sample by both methods and check how it ended."""
    columns, rng = sample(each, n, seed)
    model, error = _fitted(each, columns, "mle")
    posterior, map_error = _fitted(each, columns, "map")
    map_status = map_error if posterior is None else str(posterior.fit_status_)
    if model is not None:
        verdict = check(each, columns, model, rng)
        return Outcome(str(model.fit_status_), verdict.fault, verdict.margin, map_status, seed)
    if error.startswith("FitError") and not np.any(columns["frequency"]):
        return Outcome("no repeat purchase", "", np.nan, map_status, seed)
    return Outcome("crash", error, np.nan, map_status, seed)


def _fitted(each: Case, columns: Columns, method: str) -> tuple[Any, str]:
    try:
        return each.new(method).fit(columns), ""
    except FitError as error:
        return None, f"FitError: {error}"
    except Exception as error:  # noqa: BLE001 - a crash is what is looked for
        return None, f"{type(error).__name__}: {error}"


def row(each: Case, n: int, outcomes: Iterable[Outcome], seconds: float) -> str:
    """The row of a model and a size."""
    outcomes = list(outcomes)
    statuses = [found.status for found in outcomes]
    counts = [statuses.count(name) for name in ("converged", "boundary", "no repeat purchase", "crash")]
    false = [
        sum(found.status == name and bool(found.fault) for found in outcomes) for name in ("converged", "boundary")
    ]
    flat = sum(found.status == "converged" and found.margin < TOLERANCE for found in outcomes)
    # with both methods a sample without a repeat purchase has nothing to fit
    methods = [found.map_status for found in outcomes if found.status != "no repeat purchase"]
    settled = methods.count("converged")
    cells = (each.name, n, len(outcomes), *counts, *false, flat, settled, len(methods) - settled, f"{seconds:,.0f}")
    return "| " + " | ".join(map(str, cells)) + " |"


def report(found: Mapping[tuple[Case, int], tuple[list[Outcome], float]]) -> None:
    """Print the table, and every fault."""
    lines = [row(each, n, outcomes, seconds) for (each, n), (outcomes, seconds) in found.items()]
    print(f"{_HEAD}\n|{'---|' * (_HEAD.count('|') - 1)}", *lines, sep="\n")
    for (each, n), (outcomes, _) in found.items():
        for one in outcomes:
            if one.fault:
                print(f"- {each.name}, {n} customers, sample {one.seed}: {one.status}, but {one.fault}")


def run(*, size: int, repeat: int) -> None:  # noqa: ARG001
    """Do the study and print its table."""
    found = {}
    with threadpool_limits(limits=1):
        for each in CASES:
            for n, share in SHARES.items():
                start = time.perf_counter()
                outcomes = [outcome(each, n, seed) for seed in range(round(share * size))]
                found[each, n] = outcomes, time.perf_counter() - start
    report(found)
