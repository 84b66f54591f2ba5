"""Simulate, fit, come back: how far the estimates are off, and how often the intervals hold the truth.

For every model, customers are drawn from known parameters, observed for 26 to 104 weeks, and the model is fitted to
them, again and again. `python -m benchmarks recovery` prints three tables: parameters at 2,000 customers and at 500,
and the total of a prediction. `--size` is the number of replications; a study needs no rounds, so `--repeat` is not
looked at.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from scipy.stats import binom
from threadpoolctl import threadpool_limits

import custval as cv
from benchmarks.study_cases import CASES, Case

SIZE = 2_000
SEED = 20
LEVEL = 0.9
CUSTOMERS = (2_000, 500)
# a share of covering intervals outside this band has a chance of 0.1 % if the level is true
BAND = (0.0005, 0.9995)
PREDICTED = ("BG/NBD, CDNOW", "Pareto/NBD, CDNOW")
BASE = 200
HORIZON, RATE, SPEND = "1Y", 0.1, 30.0

_HEAD = (
    "| model, parameters | parameter | truth | bias of log | standard deviation of log | mean standard error of log "
    "| coverage | band | verdict |"
)
_TOTALS = (
    "| model, parameters | customers | truth | mean of log ratio | standard deviation | coverage | band | verdict |"
)
_FITS = "| model, parameters | customers | repeat purchases per customer | replications | boundary | seconds |"


@dataclass(frozen=True)
class Recovery:
    """What the fits of a study found.

    Attributes
    ----------
    truth : array of shape (k,)
    estimate, error, low, high : array of shape (m, k)
        Of the fits that converged; the errors are those of the logarithms.
    names : tuple of str
    n_boundary : int
    purchases : float
        Repeat purchases per customer.
    seconds : float
    """

    truth: Any
    estimate: Any
    error: Any
    low: Any
    high: Any
    names: tuple[str, ...]
    n_boundary: int
    purchases: float
    seconds: float

    @property
    def covered(self) -> Any:
        """How many intervals of each parameter hold its true value."""
        return np.sum((self.low <= self.truth) & (self.truth <= self.high), axis=0)

    @property
    def passed(self) -> Any:
        """Whether each of these numbers lies in the band."""
        low, high = band(len(self.low))
        return (low <= self.covered) & (self.covered <= high)


def band(n: int) -> tuple[float, float]:
    """Between which two numbers of n intervals hold the truth in 99.9 % of all studies, if each does at the level."""
    low, high = binom.ppf(BAND, n, LEVEL)
    return float(low), float(high)


def recover(
    each: Case, source: str, customers: int, replications: int, *, predict: bool = False
) -> tuple[Recovery, Recovery | None]:
    """Draw and fit again and again; the second result is that of the total of a prediction."""
    params, start = each.truths[source], time.perf_counter()
    base = _base(each, params) if predict else None
    tables, totals, purchases, boundary = [], [], 0.0, 0
    for replication in range(replications):
        rng = np.random.default_rng([SEED, zlib.crc32(f"{each.name}, {source}".encode()), customers, replication])
        columns = each.draw(params, customers, rng)
        purchases += float(np.mean(columns["frequency"])) / replications
        model = each.new().fit(columns)
        if model.fit_status_ == "boundary":
            boundary += 1
            continue
        table = model.parameter_table(LEVEL)
        tables.append([table[name].to_numpy() for name in ("estimate", "standard_error", "low", "high")])
        if base is not None:
            totals.append(_total(model, base))
    seconds = time.perf_counter() - start
    estimate, error, low, high = np.moveaxis(np.array(tables), 1, 0)
    truth = np.array(list(params.values()))
    found = Recovery(truth, estimate, error / estimate, low, high, tuple(params), boundary, purchases, seconds)
    if base is None:
        return found, None
    estimate, error, low, high = (np.array(totals)[:, [part]] for part in range(4))
    true = np.array(_total(each.truth(params), base, None)[:1])
    return found, Recovery(true, estimate, error / estimate, low, high, ("total",), boundary, purchases, seconds)


def _base(each: Case, params: Any) -> Any:
    """Customers whose future is predicted by every fit; they are not those that it is fitted to."""
    return each.draw(params, BASE, np.random.default_rng([SEED, BASE]))


def _total(model: Any, base: Any, interval: float | None = LEVEL) -> tuple[Any, ...]:
    found = cv.clv.customer_equity(model, SPEND, base, horizon=HORIZON, annual_discount_rate=RATE, interval=interval)
    return found.total, found.standard_error, found.low, found.high


def parameter_rows(label: str, found: Recovery, *, judged: bool = True) -> list[str]:
    """The rows of a table, one for each parameter."""
    logs = np.log(found.estimate / found.truth)
    bias, spread, error = logs.mean(axis=0), logs.std(axis=0, ddof=1), found.error.mean(axis=0)
    shares, limits = _coverage(found)
    ends = [f" {limits} | {_verdict(passed)} |" if judged else "" for passed in found.passed]
    return [
        f"| {label if not i else ''} | {name} | {found.truth[i]:g} | {bias[i]:+.3f} ± {_noise(spread[i], logs):.3f} "
        f"| {spread[i]:.3f} | {error[i]:.3f} | {shares[i]} |{ends[i]}"
        for i, name in enumerate(found.names)
    ]


def total_row(label: str, customers: int, found: Recovery) -> str:
    """The row of a predicted total."""
    logs = np.log(found.estimate / found.truth)[:, 0]
    shares, limits = _coverage(found)
    return (
        f"| {label} | {customers:,} | {found.truth[0]:,.0f} | {logs.mean():+.4f} ± {_noise(logs.std(), logs):.4f} "
        f"| {logs.std(ddof=1):.3f} | {shares[0]} | {limits} | {_verdict(found.passed[0])} |"
    )


def fit_row(label: str, customers: int, found: Recovery) -> str:
    """The row that counts the fits."""
    n = len(found.low) + found.n_boundary
    return f"| {label} | {customers:,} | {found.purchases:.2f} | {n:,} | {found.n_boundary} | {found.seconds:,.0f} |"


def _coverage(found: Recovery) -> tuple[list[str], str]:
    n = len(found.low)
    low, high = band(n)
    return [f"{count / n:.1%}" for count in found.covered], f"{low / n:.1%} to {high / n:.1%}"


def _noise(spread: float, values: Any) -> float:
    """The standard error of a mean over the replications."""
    return float(spread) / np.sqrt(len(values))


def _verdict(passed: Any) -> str:
    return "pass" if passed else "**outside**"


def _table(title: str, head: str, rows: list[str], *, judged: bool = True) -> None:
    head = head if judged else head.removesuffix(" band | verdict |")
    print(f"\n### {title}\n\n{head}\n|{'---|' * (head.count('|') - 1)}", *rows, sep="\n", flush=True)


def report(found: Mapping[tuple[str, int], tuple[Recovery, Recovery | None]], size: int) -> None:
    """Print the tables: parameters by number of customers, predicted totals, and the fits behind them."""
    for customers in CUSTOMERS:
        judged = customers == CUSTOMERS[0]
        rows = [
            row
            for (label, n), (parameters, _) in found.items()
            if n == customers
            for row in parameter_rows(label, parameters, judged=judged)
        ]
        _table(f"Parameters, {customers:,} customers, {size:,} replications", _HEAD, rows, judged=judged)
    totals = [total_row(label, n, total) for (label, n), (_, total) in found.items() if total is not None]
    _table(f"Total value of the next year of {BASE} other customers", _TOTALS, totals)
    fits = [fit_row(label, n, parameters) for (label, n), (parameters, _) in found.items()]
    _table("The fits behind these tables", _FITS, fits)


def run(*, size: int, repeat: int) -> None:  # noqa: ARG001
    """Do the study and print its tables."""
    found = {}
    with threadpool_limits(limits=1):
        for each, customers in product(CASES, CUSTOMERS):
            for source in each.truths:
                label = f"{each.name}, {source}"
                found[label, customers] = recover(each, source, customers, size, predict=label in PREDICTED)
    report(found, size)
