"""Make pareto_nbd.csv: Pareto/NBD likelihoods and predictions to 18 digits, for parameters from ordinary to absurd.

    python make_pareto_nbd.py > pareto_nbd.csv

Everything is a closed form with 2F1, differences and alternating sums included, as the papers have it. What cancels is
made up for by working digits: the same with half as many more has to agree to 20 digits, or the script stops.
"""

from __future__ import annotations

import csv
import sys
from multiprocessing import Pool

import mpmath as mp
import numpy as np

GIVEN = ("r", "alpha", "s", "beta", "x", "t_x", "T", "t", "n")
FOUND = ("log_likelihood", "alive", "alive_after", "expected", "active", "ever", "exactly_n", "more_than_n")


def both(m, n, A, B):
    """The integral of (A + v)**-m (B + v)**-n over v from 0 to infinity."""
    if A < B:
        m, n, A, B = n, m, B, A
    return mp.hyp2f1(m + n - 1, n, m + n, (A - B) / A) / ((m + n - 1) * A ** (m + n - 1))


def bought(n, m, s, A, B, t):
    """Probability of n purchases in t by someone whose rates are Gamma(m, A) and Gamma(s, B)."""
    ratio = mp.gamma(m + n) / mp.gamma(m) / mp.factorial(n) * A**m * B**s
    stays = ratio * t**n * (A + t) ** -(m + n) * (B + t) ** -s
    # v**n = ((A + v) - A)**n, term by term, from 0 to t
    left = mp.mpf(0)
    for k in range(n + 1):
        until = both(m + k, s + 1, A, B) - both(m + k, s + 1, A + t, B + t)
        left += mp.binomial(n, k) * (-A) ** k * until
    return stays + ratio * s * left


def answers(case):
    r, alpha, s, beta, x, t_x, T, t = map(mp.mpf, case[:-1])
    n = int(case[-1])
    m, A, B = r + x, alpha + T, beta + T
    common = mp.loggamma(m) - mp.loggamma(r) + r * mp.log(alpha) + s * mp.log(beta)
    here = A**-m * B**-s
    gone = s * (both(m, s + 1, alpha + t_x, beta + t_x) - both(m, s + 1, A, B))
    alive = here / (here + gone)
    lived = mp.log1p(t / B) * B if s == 1 else B / (s - 1) * (1 - (1 + t / B) ** (1 - s))
    pmf = [bought(k, m, s, A, B, t) for k in range(n + 1)]
    return (
        common + mp.log(here + gone),
        alive,
        alive * (1 + t / B) ** -s,
        m / A * lived,
        1 - pmf[0],
        1 - s * A**m * B**s * both(m, s + 1, A, B),
        pmf[n],
        1 - mp.fsum(pmf),
    )


def sure_answers(case):
    for digits in (100, 300, 900):
        with mp.workdps(digits):
            some = answers(case)
        with mp.workdps(3 * digits // 2):
            more = answers(case)
        # the first is a logarithm, which may be 0
        error = [abs(a - b) / (abs(b) + (k == 0)) for k, (a, b) in enumerate(zip(some, more, strict=True))]
        if max(error) < mp.mpf("1e-20"):
            return [mp.nstr(value, 18) for value in more]
    raise ArithmeticError(f"not sure of {case}")


def cases(rng):
    """Ordinary parameters, wide ones, and the corners."""
    for span, count in ((1, 60), (3, 80)):
        for _ in range(count):
            theta = 10 ** rng.uniform(-span, span, 4)
            x = int(rng.choice([0, 1, 2, rng.integers(3, 30), 10 ** rng.uniform(1, 3.7)]))
            T = float(10 ** rng.uniform(-1, 3))
            t_x = 0.0 if x == 0 else T * float(rng.choice([rng.random(), 1.0]))
            yield (*theta, x, t_x, T, T * float(10 ** rng.uniform(-span, span)), int(rng.integers(0, 9)))
    for r, alpha, s, beta in (
        (0.55, 10.6, 1, 11.7),  # s = 1
        (0.55, 11.7, 0.61, 11.7),  # alpha = beta
        (1, 1, 1, 1),
        (1e-3, 1e-3, 1e-3, 1e-3),
        (1e3, 1e3, 1e3, 1e3),
        (1e-2, 1e2, 1e2, 1e-2),
        (1e6, 2e6, 0.6, 12),  # everyone buys at the same rate
        (0.55, 10.6, 1e4, 2e5),  # everyone leaves at the same rate
    ):
        for x, t_x, T in ((0, 0, 0), (0, 0, 31), (1, 31, 31), (26, 30.86, 31), (5000, 100, 200), (2, 1, 1e6)):
            for t in (1e-3, 52, 1e6) if T == 31 else (52,):
                yield float(r), float(alpha), float(s), float(beta), x, float(t_x), float(T), float(t), 3


def main():
    rows = [[f"{number:.6g}" for number in case] for case in cases(np.random.default_rng(20240301))]
    with Pool(2) as pool:
        found = pool.map(sure_answers, [tuple(map(float, row)) for row in rows], chunksize=1)
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(GIVEN + FOUND)
    out.writerows([*row, *values] for row, values in zip(rows, found, strict=True))


if __name__ == "__main__":
    main()
