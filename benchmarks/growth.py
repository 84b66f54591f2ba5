"""How time and memory grow with the number of customers: fits and scorecard from a summary on daily grain."""

from __future__ import annotations

import statistics

import custval as cv
from benchmarks.customers import beta_geo
from benchmarks.harness import measure

SIZE = 10_000_000
_STEPS = (1000, 100, 10, 1)


def fit_and_score(base):
    model = cv.clv.BetaGeoModel().fit(base)
    spend = cv.clv.GammaGammaModel().fit(base)
    return cv.clv.lifetime_value(model, spend, base, horizon="12M", annual_discount_rate=0.1)


def run(*, size, repeat):
    """Print seconds, peak above the input and growth for four sizes, each ten times the one before."""
    print("fits of BG/NBD and Gamma-Gamma, and scorecard with CLV over 12 months, customers on daily grain")
    print(f"  {'customers':>12}{'seconds':>10}{'of the processor':>18}{'times the one before':>22}{'peak':>26}")
    before = None
    for part in _STEPS:
        n = max(size // part, 1)
        runs = [measure(fit_and_score, setup=beta_geo, size=n) for _ in range(min(repeat, 3))]
        seconds, busy, above = (
            statistics.median(getattr(one, name) for one in runs) for name in ("seconds", "busy", "peak")
        )
        # of the processor's time, which other work on the machine moves less
        times = "" if before is None else f"{busy / before:.1f}"
        memory = f"{above / 1e6:,.0f} MB = {above / runs[0].size:.1f} × input"
        print(f"  {n:>12,}{seconds:>10.3g}{busy:>18.3g}{times:>22}{memory:>26}", flush=True)
        before = busy
