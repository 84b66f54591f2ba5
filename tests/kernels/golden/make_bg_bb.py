"""Make bg_bb.csv: BG/BB quantities to 20 digits, for parameters from ordinary to absurd.

    python make_bg_bb.py > bg_bb.csv

The printed formulas of Fader, Hardie and Shang (2010), as they stand, with so many digits that nothing can cancel.
What is not printed, the probability of ever buying again, is an integral over theta, whose inner expectation over p is
a 2F1.
"""

from __future__ import annotations

import csv
import sys
from itertools import pairwise

import mpmath as mp
import numpy as np

mp.mp.dps = 80
COLUMNS = ("alpha", "beta", "gamma", "delta", "x", "t_x", "n", "m")
ANSWERS = ("log_likelihood", "alive", "alive_after", "expected", "active", "ever", "none", "two", "more_than_two")


def ratio(a, b, c, d):
    """B(c, d) / B(a, b), by logarithms of gamma functions."""
    parts = mp.loggamma(c) + mp.loggamma(d) - mp.loggamma(c + d) + mp.loggamma(a + b) - mp.loggamma(a) - mp.loggamma(b)
    return mp.exp(parts)


def likelihood(alpha, beta, gamma, delta, x, t_x, n):
    """The part of those who are alive at n, and the whole."""
    alive = ratio(alpha, beta, alpha + x, beta + n - x) * ratio(gamma, delta, gamma, delta + n)
    gone = mp.mpf(0)
    if t_x < n:
        buys = ratio(alpha, beta, alpha + x, beta + t_x - x)
        leaves = ratio(gamma, delta, gamma + 1, delta + t_x)
        for k in range(t_x, n):
            gone += buys * leaves
            buys *= (beta + k - x) / (alpha + beta + k)
            leaves *= (delta + k) / (gamma + 1 + delta + k)
    return alive, alive + gone


def counts(a, b, c, d, m, x):
    """P(X = x) at m opportunities, for p ~ Beta(a, b) and theta ~ Beta(c, d): a sum over the length of life (eq. 7)."""
    if x > m:
        return mp.mpf(0)
    total, buys, stays = mp.mpf(0), ratio(a, b, a + x, b), ratio(c, d, c, d + x)
    for i in range(x, m + 1):
        total += buys * stays * (c / (c + d + i) if i < m else 1)
        buys *= mp.mpf(i + 1) / (i + 1 - x) * (b + i - x) / (a + b + i)
        stays *= (d + i) / (c + d + i)
    return total


def opportunities(c, d, m):
    """The closed form in eq. (13), beside its singularity at gamma = 1, with digits to spare."""
    c += mp.mpf("1e-40")
    return (d - (d + m) * ratio(c, d, c, d + m)) / (c - 1)


def series(b, c, z):
    """2F1(1, b; c; z) as it is defined, of positive terms; for large c that of mpmath fails."""
    total, term, i = mp.mpf(0), mp.mpf(1), 0
    while term > mp.mpf("1e-28") * total:
        total += term
        term *= (b + i) / (c + i) * z
        i += 1
    return total


def ever(a, b, c, d):
    """E[p (1 - theta) / (p + theta - p theta)]."""
    low, high, center = -90 / c - 20, 90 / d + 20, mp.log(c / d)
    points = {center + sign * mp.mpf(2) ** k / 4 for k in range(-6, 22) for sign in (-1, 1)} | {center}
    points = sorted({low, high} | {point for point in points if low < point < high})
    top = c * center - (c + d) * mp.log1p(mp.exp(center))
    a += mp.mpf("1e-40")

    def density(v):
        return mp.exp(c * v - (c + d) * mp.log1p(mp.exp(v)) - top)

    def buys(v):
        theta, stays = 1 / (1 + mp.exp(-v)), 1 / (1 + mp.exp(v))
        if a > max(100, b / 20):
            return stays * a / (a + b) * series(b, a + b + 1, stays)
        # for a > 1 the 2F1 is smooth at 1
        if a > 1 or v > -14 - mp.log(1 + a + b):
            return stays * a / (a + b) * mp.hyp2f1(1, b, a + b + 1, stays)
        # else in powers of theta, which may be below the last digit of 1 - theta
        last = theta**a * stays ** (-a - b) * mp.gammaprod([a + b, -a, a + 1], [b, a])
        return stays * (mp.hyp2f1(1, b, 1 - a, theta) + last)

    def integral(function):
        return sum(mp.quad(function, panel, method="gauss-legendre") for panel in pairwise(points))

    with mp.workdps(25):
        under = integral(density)
        with mp.workdps(30):
            return integral(lambda v: density(v) * buys(v)) / under


def answers(alpha, beta, gamma, delta, x, t_x, n, m):
    x, t_x, n, m = map(int, (x, t_x, n, m))
    alpha, beta, gamma, delta = map(mp.mpf, (alpha, beta, gamma, delta))
    here, whole = likelihood(alpha, beta, gamma, delta, x, t_x, n)
    a, b, c, d = alpha + x, beta + n - x, gamma, delta + n
    few = [counts(a, b, c, d, m, k) for k in range(3)]
    later = ratio(c, d, c, d + m)
    return (
        mp.log(whole),
        here / whole,
        here / whole * later,
        a / (a + b) * opportunities(c, d, m),
        1 - few[0],
        ever(a, b, c, d),
        few[0],
        few[2],
        1 - sum(few) if m > 2 else mp.mpf(0),
    )


def cases(rng):
    """Ordinary parameters, wide ones, and the corners."""
    for span, number in ((1, 16), (3, 28)):
        for _ in range(number):
            n = int(rng.choice([1, 6, 52, 300, 5000]))
            x = int(rng.choice([0, 1, rng.integers(0, n + 1), n]))
            t_x = 0 if x == 0 else int(rng.integers(x, n + 1))
            yield (*10 ** rng.uniform(-span, span, 4), x, t_x, n, int(rng.choice([1, 3, 12, 100, 3000])))
    for theta in ((1.2, 0.75, 1.0, 2.8), (1e-3, 1e-3, 1e-3, 1e-3), (1e3, 1e3, 1e3, 1e3), (1e-3, 1e3, 1e3, 1e-3)):
        for *history, m in ((0, 0, 0, 2049), (0, 0, 6, 2), (5000, 5000, 5000, 2049), (3, 4, 300, 3)):
            yield (*theta, *history, m)


def main():
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(COLUMNS + ANSWERS)
    for numbers in cases(np.random.default_rng(20240229)):
        written = [f"{number:.6g}" for number in numbers]
        out.writerow([*written, *(mp.nstr(value, 20) for value in answers(*map(float, written)))])


if __name__ == "__main__":
    main()
