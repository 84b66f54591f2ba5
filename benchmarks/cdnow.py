"""CDNOW, the base that the literature fits: what a fit takes once custval is imported, and a score of one customer."""

from __future__ import annotations

import statistics
import time

import custval as cv
from benchmarks.harness import in_fresh_process

SIZE = 2_000  # calls of score_one
_FITS = 9
_MODELS = ("BetaGeoModel", "ModifiedBetaGeoModel", "NBDModel", "ParetoNBDModel", "GammaGammaModel")


def _seconds(work, times):
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return taken


def measured(name, calls):
    """Seconds of the first fit of a process, of later ones, and of calls of `score_one`."""
    lines = cv.transactions(cv.datasets.load_cdnow(sample=True))
    # the calibration period of the literature: the first 39 weeks
    summary = cv.summarize(lines, until="1997-09-30", grain="D", unit="W")
    make = getattr(cv.clv, name)
    model = make()
    first = _seconds(lambda: model.fit(summary), 1)[0]
    fits = _seconds(lambda: make().fit(summary), _FITS)
    if name == "GammaGammaModel":
        return first, fits, _seconds(lambda: model.spend_of_one(2, 22.35), calls)
    return first, fits, _seconds(lambda: model.score_one(2, 30.43, 38.86, horizon="39W"), calls)


def run(*, size, repeat):
    """Print milliseconds by model, in a fresh process for each round."""
    print(f"CDNOW, 2,357 customers, milliseconds (median, min to max over {repeat} processes)")
    print(f"  {'':<22}{'first fit':>26}{'later fits':>26}{'score of one customer':>28}")
    for name in _MODELS:
        rounds = [in_fresh_process(measured, name, size) for _ in range(repeat)]
        firsts = [first for first, _, _ in rounds]
        fits, calls = ([statistics.median(one[i]) for one in rounds] for i in (1, 2))
        print(
            f"  {name:<22}{_spread(firsts, '.1f'):>26}{_spread(fits, '.1f'):>26}{_spread(calls, '.3f'):>28}", flush=True
        )


def _spread(seconds, digits):
    low, middle, high = (1e3 * value for value in (min(seconds), statistics.median(seconds), max(seconds)))
    return f"{middle:{digits}} ({low:{digits}} to {high:{digits}})"
