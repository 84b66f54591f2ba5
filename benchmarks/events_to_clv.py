"""From transactions to lifetime values: summary, fits and scorecard, beside what a careful person writes in numpy.

By hand the fits and the expected purchases are those of custval's kernels, so that what is compared is all the rest:
names, checks, the summary with all of its columns, and a frame as the answer.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

import custval as cv
from benchmarks.customers import BETA_GEO, SPEND
from benchmarks.harness import compare
from custval._kernels import bg_nbd, gamma_gamma

SIZE = 1_000_000
RATE = 0.1
_DAYS, _START = 730, np.datetime64("2022-01-01", "us")
_MICROSECONDS = 86_400_000_000


def make(size):
    """The purchases of so many customers, in the order of time."""
    rng = np.random.default_rng(5)
    T = rng.uniform(30, _DAYS, size)
    customer, since = cv.clv.BetaGeoModel.from_params(**BETA_GEO, unit="D").sample_purchases(size, T, rng)
    spend, _ = cv.clv.GammaGammaModel.from_params(**SPEND).sample_spend(np.bincount(customer, minlength=size), rng)
    time = _DAYS - T[customer] + since
    order = np.argsort(time)
    stamp = _START + (time[order] * _MICROSECONDS).astype("m8[us]")
    return pd.DataFrame({"customer": customer[order] * 7 + 1_000, "bought_at": stamp, "price": spend[order]})


def pipeline(lines):
    summary = cv.summarize(cv.transactions(lines, customer="customer", timestamp="bought_at", amount="price"))
    model = cv.clv.BetaGeoModel().fit(summary)
    spend = cv.clv.GammaGammaModel().fit(summary)
    return cv.clv.lifetime_value(model, spend, summary, horizon="12M", annual_discount_rate=RATE)


def by_hand(lines):
    customer, x, t_x, T, m = _summary(lines)
    _, one, count = np.unique((x * _DAYS + t_x) * _DAYS + T, return_index=True, return_counts=True)
    theta = bg_nbd.fit(x[one], t_x[one], T[one], count).parameters
    again = x > 0
    p, q, scale = gamma_gamma.fit(x[again], m[again]).parameters
    _, one, place = np.unique(x * _DAYS + T, return_index=True, return_inverse=True)
    months = np.arange(1, 13)
    expected = bg_nbd.expected_purchases_alive(*theta, x[one], T[one], months * 30.436875)
    discounted = np.diff(expected, axis=1, prepend=0.0) @ (1 + RATE) ** (-months / 12)
    alive = bg_nbd.probability_alive(*theta, x, t_x, T)
    expected_spend = p * (scale + m * x) / (p * x + q - 1)
    return {
        "customer_id": customer,
        "expected_purchases": alive * expected[place, -1],
        "probability_alive": alive,
        "expected_spend": expected_spend,
        "clv": expected_spend * alive * discounted[place],
    }


def _summary(lines):
    """The customers, and their frequency, recency, T and mean spend of the repeat purchases."""
    customer, code = np.unique(lines["customer"].to_numpy(), return_inverse=True)
    day = lines["bought_at"].to_numpy().astype("M8[D]").astype(np.int64)
    day -= day.min()
    key = code * _DAYS + day
    order = np.argsort(key)
    key = key[order]
    first = np.flatnonzero(np.diff(key, prepend=-1))
    money = np.add.reduceat(lines["price"].to_numpy()[order], first)
    code, bought = np.divmod(key[first], _DAYS)
    first = np.flatnonzero(np.diff(code, prepend=-1))
    x = np.diff(np.append(first, code.size)) - 1
    start = bought[first]
    mean = (np.add.reduceat(money, first) - money[first]) / np.maximum(x, 1)
    return customer, x, bought[first + x] - start, day.max() - start, np.where(x > 0, mean, 0.0)


def total(card):
    return float(np.sum(card["clv"]))


def run(*, size, repeat):
    lines = len(make(size))
    compare(
        f"transactions to lifetime values, {size:,} customers with {lines:,} purchases",
        pipeline,
        by_hand,
        setup=make,
        size=size,
        repeat=repeat,
        peer_name="numpy by hand",
        answer=total,
    )
