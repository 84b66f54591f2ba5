"""Standardizing phones and e-mails, profiling, and k, l, t of a table: seconds and peak, no peer beside."""

from __future__ import annotations

import statistics

import numpy as np
import pandas as pd

from benchmarks.harness import measure
from benchmarks.quality_rules import make
from custval.data_quality import anonymity, profile, standardize

SIZE = 1_000_000
TIMES_PROFILED = 10
_MEGABYTE = 1e6


def make_contacts(size):
    """Phones of China and North America in many spellings and mail addresses in all letters; a fifth stands twice."""
    rng = np.random.default_rng(1)
    people = rng.integers(0, max(int(0.8 * size), 1), size)
    spelled = rng.integers(0, 6, size)
    forms = (
        "138{:08}",
        "+86 139 {:08}",
        "0086-137-{:08}",
        "+1 (212) 6{:06}",
        "+1-415-7{:06}",
        "136 {:08} 转 8",
    )
    digits = np.where(np.isin(spelled, (3, 4)), people % 1_000_000, people % 100_000_000)
    hosts = ("Example.COM", "example.org", "mail.example.net", "EXAMPLE.cn")
    phone = [forms[form].format(number) for form, number in zip(spelled, digits, strict=True)]
    email = [f"User.{person}@{hosts[form % 4]}" for form, person in zip(spelled, people, strict=True)]
    return pd.DataFrame({"phone": phone, "email": email})


def contacts(data):
    return standardize(data, {"phone": "phone", "email": "email"}, region="CN")


def make_persons(size):
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "age": rng.integers(18, 95, size),
            "gender": rng.choice(["f", "m"], size),
            "postcode": rng.integers(10_000, 99_999, size).astype(str),
            "income": rng.gamma(2.0, 20_000.0, size).round(-3),
        }
    )


def risk(data):
    return anonymity(data, ["age", "gender", "postcode"], "income")


def run(*, size, repeat):
    _print(f"standardize, {size:,} rows of a phone and an e-mail", contacts, make_contacts, size, repeat)
    _print(f"k, l and t, {size:,} rows, three quasi-identifiers", risk, make_persons, size, repeat)
    many = TIMES_PROFILED * size
    _print(f"profile, {many:,} rows of seven columns", profile, make, many, repeat)


def _print(name, work, setup, size, repeat):
    runs = [measure(work, setup=setup, size=size) for _ in range(repeat)]
    seconds = [run.seconds for run in runs]
    busy = statistics.median(run.busy for run in runs)
    above = statistics.median(run.peak for run in runs) / _MEGABYTE
    spread = f"{statistics.median(seconds):.3g} s ({min(seconds):.3g} to {max(seconds):.3g})"
    print(f"{name}, pandas {pd.__version__}: {spread}, {busy:.3g} of the processor", flush=True)
    print(f"  peak {above:,.0f} MB above an input of {runs[0].size / _MEGABYTE:,.0f} MB", flush=True)
