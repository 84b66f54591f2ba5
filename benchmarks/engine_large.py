"""A hundred million transactions on a small machine: seconds and memory of each step, on DuckDB and on polars.

The file is made by DuckDB; nothing of it is ever held by Python. Each engine has a process of its own and keeps the
summary in a Parquet file, as does the scorecard. All of it is to stay within 20 GiB; DuckDB is told to stay within
12 GB and may use a temporary folder, polars works in batches (its streaming engine, the default from 2.0 on).
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import custval as cv
from benchmarks.engines import RATE, connect, write_lines
from benchmarks.harness import in_fresh_process, peak, start_of_peak

SIZE = 100_000_000
ENGINES = ("duckdb", "polars")
LINES_PER_CUSTOMER = 10
MEMORY_LIMIT = "12GB"
MOST = 20 * 2**30
GRAIN = "W"
WARM_UP = 50_000
MEGABYTE = 1e6


class Steps:
    """The seconds of each step, and the peak of the memory in it."""

    def __init__(self, *, silent=False):
        self.silent = silent
        self.seconds = 0.0
        self.peak = 0
        self._begin()

    def _begin(self):
        start_of_peak()
        self._start = time.perf_counter()

    def done(self, name, said=""):
        """A step has ended, and the next one begins."""
        seconds, highest = time.perf_counter() - self._start, peak()
        self.seconds += seconds
        self.peak = max(self.peak, highest)
        if not self.silent:
            print(f"  {name:<34}{seconds:>9.1f} s{highest / MEGABYTE:>10,.0f} MB  {said}", flush=True)
        self._begin()


class OnDuckDB:
    """DuckDB within its limit: Parquet in, Parquet out."""

    def __init__(self, folder):
        self.connection = connect(memory_limit=MEMORY_LIMIT, temp_directory=folder)

    def read(self, path):
        """A lazy frame over a file."""
        return self.connection.read_parquet(path)

    @staticmethod
    def write(relation, path):
        """Run a lazy frame into a file."""
        relation.write_parquet(path)


class OnPolars:
    """Polars in batches: Parquet in, Parquet out."""

    def __init__(self, folder):
        del folder

    @staticmethod
    def read(path):
        """A lazy frame over a file."""
        import polars as pl

        return pl.scan_parquet(path)

    @staticmethod
    def write(frame, path):
        """Run a lazy frame into a file."""
        frame.sink_parquet(path)


_ENGINES = {"duckdb": OnDuckDB, "polars": OnPolars}


def pipeline(engine_name, path, folder, steps):
    engine = _ENGINES[engine_name](folder)
    summary_path, card_path = (str(Path(folder) / f"{name}_{engine_name}.parquet") for name in ("summary", "scorecard"))
    lines = cv.transactions(engine.read(path), customer="customer", timestamp="bought_at", amount="price")
    summary = cv.summarize(lines, grain=GRAIN)
    steps.done("checks and end of the data")
    engine.write(summary, summary_path)
    summary = engine.read(summary_path)
    steps.done("summary")
    model = cv.clv.BetaGeoModel().fit(summary)
    steps.done("fit of purchases", f"{model.n_customers_:,} customers, {model.fit_status_}")
    spend = cv.clv.GammaGammaModel().fit(summary)
    steps.done("fit of spend", spend.fit_status_)
    card = cv.clv.lifetime_value(model, spend, summary, horizon="12M", annual_discount_rate=RATE)
    steps.done("checks and factors of the scorecard")
    engine.write(card, card_path)
    steps.done("scorecard")


def measure(engine, path, warm_up, folder):
    """The steps in the process that calls this: seconds and the highest peak of all."""
    pipeline(engine, warm_up, folder, Steps(silent=True))
    steps = Steps()
    print(
        f"{engine}: {Path(path).stat().st_size / MEGABYTE:,.0f} MB of Parquet, {peak() / MEGABYTE:,.0f} MB at the start"
    )
    pipeline(engine, path, folder, steps)
    return steps.seconds, steps.peak


def value(path):
    """The sum of all values in a scorecard."""
    return connect().read_parquet(path).sum("clv").fetchall()[0][0]


def run(*, size, repeat, engines=ENGINES):
    """Once only, however many rounds are asked for: a run takes minutes, and no peer's time is compared."""
    del repeat
    with tempfile.TemporaryDirectory() as folder:
        path, warm_up = (str(Path(folder) / name) for name in ("lines.parquet", "few_lines.parquet"))
        start = time.perf_counter()
        in_fresh_process(write_lines, warm_up, WARM_UP, LINES_PER_CUSTOMER, folder)
        in_fresh_process(write_lines, path, size, LINES_PER_CUSTOMER, folder)
        print(f"about {size:,} lines written in {time.perf_counter() - start:.0f} s", flush=True)
        for engine in engines:
            seconds, highest = in_fresh_process(measure, engine, path, warm_up, folder)
            answer = in_fresh_process(value, str(Path(folder) / f"scorecard_{engine}.parquet"))
            print(f"  in all {seconds:.1f} s, {highest / 2**30:.2f} GiB; sum of all values {answer:,.2f}", flush=True)
            if highest > MOST:
                raise RuntimeError(f"{engine} took {highest:,} bytes; {MOST:,} were to be enough")
