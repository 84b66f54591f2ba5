"""Make bg_nbd.csv: BG/NBD predictions to 20 digits, for parameters from ordinary to absurd.

    python make_bg_nbd.py > bg_nbd.csv

Everything follows from two integrals over p ~ Beta(a, b + x), computed here in v = logit(p) by Gauss-Legendre
panels that are narrow around the peaks of the integrand; where the parameters are moderate, the closed forms with a
2F1 have to agree to 18 digits, or the script stops.
"""

from __future__ import annotations

import csv
import sys
from itertools import pairwise

import mpmath as mp
import numpy as np

mp.mp.dps = 30
COLUMNS = ("r", "alpha", "a", "b", "x", "t_x", "T", "t", "alive", "alive_after", "active", "expected")


def mixture(a, b, f, s, tau):
    """E[f(p)] for p ~ Beta(a, b), where f has features no finer than those of (1 + tau p)**-s."""
    steep = 1 + a + b + (s + 1) * tau
    low, high = -75 - mp.log(steep), 75 + mp.log(1 + a + b + s)
    points = {low, high, *(low + (high - low) * i / 60 for i in range(60))}
    for power in (0, s):
        # where p**a (1 - p)**b exp(-power tau p) has its peak, and how wide that is
        center = mp.log(a / (b + power * tau))
        width = 1 / mp.sqrt(min(a, b + power * tau))
        points |= {center + sign * width * 2**i for i in range(-2, 12) for sign in (-1, 0, 1)}
    points = sorted(point for point in points if low <= point <= high)

    def total(g):
        def integrand(v):
            return mp.exp(a * v - (a + b) * mp.log1p(mp.exp(v)) - top) * g(p_of(v))

        # scaled by its largest value, for quad's tolerance is absolute
        top = max(a * v - (a + b) * mp.log1p(mp.exp(v)) + mp.log(g(p_of(v))) for v in points)
        panels = pairwise(points)
        inner = sum(mp.quad(integrand, panel, method="gauss-legendre") for panel in panels)
        return top, inner + integrand(low) / a + integrand(high) / b

    (top_f, sum_f), (top_1, sum_1) = total(f), total(lambda _: mp.mpf(1))
    return mp.exp(top_f - top_1) * sum_f / sum_1


def p_of(v):
    return 1 / (1 + mp.exp(-v))


def predictions(*case):
    r, alpha, a, b, x, t_x, T, t = map(mp.mpf, case)
    s, tau = r + x, t / (alpha + T)
    odds = a / (b + x - 1) * ((alpha + T) / (alpha + t_x)) ** s if x > 0 else mp.mpf(0)
    alive = 1 / (1 + odds)
    stays = mixture(a, b + x, lambda p: mp.exp(-s * mp.log1p(tau * p)), s, tau)
    buys = mixture(a, b + x, lambda p: -mp.expm1(-s * mp.log1p(tau * p)) / p, s, tau)
    if max(a, b + x, s, tau) < 300:
        with mp.workdps(130):
            near = a + mp.mpf("1e-45")  # beside the removable singularities at a = 1 and a + b + x = 1
            closed = (near + b + x - 1) / (near - 1) * (1 - mp.hyp2f1(s, near - 1, near + b + x - 1, -tau))
            if abs(closed / buys - 1) > 1e-18 or abs(mp.hyp2f1(s, a, a + b + x, -tau) / stays - 1) > 1e-18:
                raise ArithmeticError(f"closed form and integral differ at {case}")
    return alive, alive * stays, -alive * mp.expm1(-s * mp.log1p(tau)), alive * buys


def cases(rng):
    """Ordinary parameters, wide ones, and the corners."""
    for span, n in ((1, 60), (3, 100), (6, 60)):
        for _ in range(n):
            r, alpha, a, b = 10 ** rng.uniform(-span, span, 4)
            x = int(rng.choice([0, 1, 2, rng.integers(3, 30), 10 ** rng.uniform(1, 3.7)]))
            T = float(10 ** rng.uniform(0, 3))
            t_x = 0.0 if x == 0 else T * float(rng.choice([rng.random(), 1.0]))
            yield (
                r,
                alpha,
                a,
                b,
                x,
                t_x,
                T,
                T * float(10 ** rng.uniform(-6, 6) if span == 6 else 10 ** rng.uniform(-2, 2)),
            )
    for a, b in (
        (1, 2.5),
        (1, 1),
        (0.3, 0.4),
        (0.3, 0.7),
        (1e-8, 2),
        (1e-8, 1e-8),
        (2, 1e-8),
        (1e6, 3e6),
        (0.5, 1e6),
        (1e6, 0.5),
    ):
        for r, alpha, x, t_x, T in (
            (0.25, 4.5, 0, 0, 39),
            (0.25, 4.5, 1, 39, 39),
            (1e6, 1e7, 3, 20, 39),
            (0.5, 4, 5000, 200, 200),
        ):
            for t in (T * 1e-6, T, T * 1e6):
                yield float(r), float(alpha), float(a), float(b), x, float(t_x), float(T), float(t)


def main():
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(COLUMNS)
    for numbers in cases(np.random.default_rng(20240229)):
        written = [f"{number:.6g}" for number in numbers]
        out.writerow([*written, *(mp.nstr(value, 20) for value in predictions(*map(float, written)))])


if __name__ == "__main__":
    main()
