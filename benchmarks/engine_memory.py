"""Memory while the number of customers grows: summary, fits and scorecard on DuckDB, with its own memory limited.

DuckDB works in the process of Python, so that the peak of the process is the sum of both. Python's share is shown by
what crossed to it (the rows that each step's query brought, 8 bytes for each value) and by the peak of its own
allocations, arrays included, as `tracemalloc` counts them. These are to follow the number of distinct tuples, not that
of the customers.
"""

from __future__ import annotations

import tempfile
import time
import tracemalloc
from pathlib import Path

import narwhals.stable.v2 as nw

import custval as cv
from benchmarks.engines import RATE, connect, write_lines
from benchmarks.harness import in_fresh_process, peak, start_of_peak

SIZE = 10_000_000  # customers, the most of them
PARTS = (0.1, 0.3, 1.0)
LINES_PER_CUSTOMER = 3
MEMORY_LIMIT = "4GB"
GRAIN = "W"
WARM_UP = 5_000
STEPS = ("check", "tuples", "bins", "pairs")
MEGABYTE = 1e6


class Fetched:
    """What queries bring to Python while this is open."""

    def __init__(self):
        self.rows = self.nbytes = 0

    def __enter__(self):
        self._collect = collect = nw.LazyFrame.collect

        def counted(frame, *arguments, **options):
            found = collect(frame, *arguments, **options)
            rows, columns = found.shape
            self.rows += rows
            self.nbytes += rows * columns * 8
            return found

        nw.LazyFrame.collect = counted
        return self

    def __exit__(self, *_):
        nw.LazyFrame.collect = self._collect


def pipeline(path, folder):
    """The way from lines to a scorecard in a file; how many customers, and what crossed in each step."""
    connection = connect(memory_limit=MEMORY_LIMIT, temp_directory=folder)
    file = connection.read_parquet(path)
    lines = cv.transactions(file, customer="customer", timestamp="bought_at", amount="price")
    with Fetched() as check:
        cv.summarize(lines, grain=GRAIN).create("summary")
    summary = connection.table("summary")
    with Fetched() as tuples:
        model = cv.clv.BetaGeoModel().fit(summary)
    with Fetched() as bins:
        spend = cv.clv.GammaGammaModel().fit(summary)
    with Fetched() as pairs:
        card = cv.clv.lifetime_value(model, spend, summary, horizon="12M", annual_discount_rate=RATE)
        card.write_parquet(str(Path(folder) / "scorecard.parquet"))
    return model.n_customers_, dict(zip(STEPS, (check, tuples, bins, pairs), strict=True))


def measure(path, warm_up, folder):
    """One run in the process that calls this."""
    pipeline(warm_up, folder)
    tracemalloc.start()
    before, start = start_of_peak(), time.perf_counter()
    customers, fetched = pipeline(path, folder)
    return {
        "seconds": time.perf_counter() - start,
        "peak": max(peak() - before, 0),
        "python": tracemalloc.get_traced_memory()[1],
        "customers": customers,
        "rows": {step: each.rows for step, each in fetched.items()},
        "crossed": sum(each.nbytes for each in fetched.values()),
    }


def run(*, size, repeat):
    """Print a row for each number of customers; of several runs the one with the highest peak."""
    print(f"summary ({GRAIN}), fits and scorecard on DuckDB with memory_limit {MEMORY_LIMIT}, in MB:")
    print(
        f"{'customers':>12}{'input':>8}{'seconds':>9}{'peak above the start':>22}{'own peak of Python':>20}"
        f"{'crossed':>9}{'tuples':>12}{'bins of spend':>15}{'pairs':>9}"
    )
    with tempfile.TemporaryDirectory() as folder:
        for part in PARTS:
            paths = [Path(folder) / name for name in ("lines.parquet", "few_lines.parquet")]
            for path, customers in zip(paths, (int(size * part), WARM_UP), strict=True):
                in_fresh_process(write_lines, str(path), customers * LINES_PER_CUSTOMER, LINES_PER_CUSTOMER, folder)
            runs = [in_fresh_process(measure, *map(str, paths), folder) for _ in range(repeat)]
            most = max(runs, key=lambda found: found["peak"])
            above, python, crossed = (most[name] / MEGABYTE for name in ("peak", "python", "crossed"))
            rows = most["rows"]
            print(
                f"{most['customers']:>12,}{paths[0].stat().st_size / MEGABYTE:>8,.0f}{most['seconds']:>9.1f}"
                f"{above:>22,.0f}{python:>20,.1f}{crossed:>9,.1f}"
                f"{rows['tuples']:>12,}{rows['bins']:>15,}{rows['pairs']:>9,}",
                flush=True,
            )
