#!/usr/bin/env python3
"""Fit the polynomials of include/eigengrad/kernels/math/ and print them as C++ constants.

Every fit minimises the largest weighted error (Remez exchange on a grid, in 60 digits); rational
ones repeat the linear fit with the last denominator in the weight (Loeb 1957). Needs mpmath.
Run: python3 fit_polynomials.py [name ...]
"""

import struct
import sys

from mpmath import (cos, erf, erfc, exp, expm1, log, lu_solve, matrix, mp, mpf, nstr, pi, sin,
                    sqrt)

mp.dps = 60


def chebyshev_grid(low, high, count):
    """Points of [low, high], denser towards both ends, never the ends themselves."""
    middle, half = (mpf(low) + high) / 2, (mpf(high) - low) / 2
    return [middle - half * cos(pi * (i + mpf(1) / 2) / count) for i in range(count)]


def remez(basis, f, weight, grid):
    """Coefficients c of sum c_i basis_i(x) with the least max |weight(x) (f(x) - sum)|, and it."""
    n = len(basis)
    rows = [[phi(x) for phi in basis] for x in grid]
    targets = [f(x) for x in grid]
    weights = [weight(x) for x in grid]
    chosen = [round(i * (len(grid) - 1) / n) for i in range(n + 1)]
    for _ in range(60):
        a, b = matrix(n + 1, n + 1), matrix(n + 1, 1)
        for r, k in enumerate(chosen):
            for i in range(n):
                a[r, i] = rows[k][i]
            a[r, n] = (-1) ** r / weights[k]
            b[r] = targets[k]
        solution = lu_solve(a, b)
        c, level = list(solution)[:n], abs(solution[n])
        errors = [w * (t - sum(ci * p for ci, p in zip(c, row)))
                  for w, t, row in zip(weights, targets, rows)]
        # One extremum from every run of equal sign; then drop the weakest end until n + 1 are left.
        extrema = []
        for k, e in enumerate(errors):
            if extrema and (errors[extrema[-1]] > 0) == (e > 0):
                if abs(e) > abs(errors[extrema[-1]]):
                    extrema[-1] = k
            else:
                extrema.append(k)
        while len(extrema) > n + 1:
            extrema.pop(0 if abs(errors[extrema[0]]) < abs(errors[extrema[-1]]) else -1)
        worst = max(abs(e) for e in errors)
        if len(extrema) < n + 1 or worst < level * (1 + mpf("1e-3")):
            break
        chosen = extrema
    return c, worst


def polynomial(f, weight, low, high, degree):
    """Minimax polynomial of the degree."""
    basis = [lambda x, i=i: x ** i for i in range(degree + 1)]
    return remez(basis, f, weight, chebyshev_grid(low, high, 800))


def to_float(c):
    return mpf(struct.unpack("f", struct.pack("f", float(c)))[0])


def polynomial_of_floats(f, weight, low, high, degree):
    """The same with coefficients that are floats: each is rounded in turn, the next ones make up for it."""
    grid = chebyshev_grid(low, high, 800)
    targets, weights = {x: f(x) for x in grid}, {x: weight(x) for x in grid}
    c = []

    def rest(x):
        return targets[x] - sum(ci * x ** i for i, ci in enumerate(c))

    while len(c) <= degree:
        basis = [lambda x, i=i: x ** i for i in range(len(c), degree + 1)]
        c.append(to_float(remez(basis, rest, lambda x: weights[x], grid)[0][0]))
    return c, max(abs(weights[x] * rest(x)) for x in grid)


def rational(f, weight, low, high, top, bottom, at_zero=None):
    """Minimax P / Q with Q(0) = 1, P(0) = at_zero if given: the coefficients and the error."""
    free = 0 if at_zero is None else 1
    first = [] if at_zero is None else [mpf(at_zero)]
    grid = chebyshev_grid(low, high, 300)
    targets = {x: f(x) for x in grid}
    weights = {x: weight(x) for x in grid}
    q = [mpf(1)] + [mpf(0)] * bottom

    def value(c, x):
        return sum(ci * x ** i for i, ci in enumerate(c))

    for _ in range(14):
        basis = ([lambda x, i=i: x ** i for i in range(free, top + 1)] +
                 [lambda x, j=j: -targets[x] * x ** j for j in range(1, bottom + 1)])
        last = list(q)
        c, _ = remez(basis, lambda x: targets[x] - sum(first),
                     lambda x: weights[x] / abs(value(last, x)), grid)
        p, q = first + c[:top + 1 - free], [mpf(1)] + c[top + 1 - free:]
    worst = max(abs(weights[x] * (targets[x] - value(p, x) / value(q, x))) for x in grid)
    return p, q, worst


def show(name, coefficients, error, digits):
    print(f"{name}: largest relative error 2^{nstr(log(error, 2), 4)}")
    print("  " + ", ".join(nstr(c, digits, min_fixed=0, max_fixed=0) for c in coefficients))


def show_rational(name, top, bottom, error, digits):
    show(name + " P", top, error, digits)
    show(name + " Q", bottom, error, digits)


FLOAT, DOUBLE = 9, 18  # decimal digits


def fit_expm1():
    """(e^r - 1 - r) / r^2 for |r| <= ln(2) / 2; the weight makes r + r^2 q relative to expm1(r)."""
    for kind, degree, digits in (("float", 4, FLOAT), ("double", 9, DOUBLE)):
        c, e = polynomial(lambda r: (expm1(r) - r) / r ** 2, lambda r: r ** 2 / abs(expm1(r)),
                          -log(2) / 2 * mpf("1.001"), log(2) / 2 * mpf("1.001"), degree)
        show(f"expm1 {kind}", c, e, digits)


def fit_exp2m1():
    """(2^f - 1) / f for |f| <= 1/2, relative."""
    c, e = polynomial(lambda f: expm1(f * log(2)) / f, lambda f: f / expm1(f * log(2)),
                      mpf("-0.5005"), mpf("0.5005"), 5)
    show("exp2m1 float", c, e, FLOAT)


def fit_short_exp2():
    """q, with 2^g = 1 + g q, for |g| <= 1/16 in three terms: the odd part of 2^g - 1 is its Taylor series,
    the even one, h^2 / 2 + h^4 / 24 with h = g ln(2), is minimax: c h^2."""
    h2 = (log(2) / 16) ** 2
    c = mpf(1) / 2 + h2 * (sqrt(mpf(2)) - 1) / 12
    q = [log(2), c * log(2) ** 2, log(2) ** 3 / 6]
    error = max(abs((1 + g * sum(ci * g ** i for i, ci in enumerate(q))) / mpf(2) ** g - 1)
                for g in chebyshev_grid(-1 / mpf(16), 1 / mpf(16), 800))
    show("short exp2 float", q, error, FLOAT)


def fit_log():
    """L(z), z = s^2, s = f / (2 + f): log(1 + f) = 2 s + s z L(z), for sqrt(1/2) <= 1 + f < sqrt(2)."""
    high = ((sqrt(mpf(2)) - 1) / (sqrt(mpf(2)) + 1)) ** 2 * mpf("1.001")

    def whole(z):
        return log((1 + sqrt(z)) / (1 - sqrt(z)))

    for kind, degree, digits in (("float", 2, FLOAT), ("double", 6, DOUBLE)):
        c, e = polynomial(lambda z: (whole(z) / sqrt(z) - 2) / z, lambda z: z ** 1.5 / whole(z),
                          mpf("1e-12"), high, degree)
        show(f"log {kind}", c, e, digits)


def fit_trigonometric():
    """(sin r - r) / r^3 and (cos r - 1 + r^2 / 2) / r^4 in z = r^2, for |r| <= pi / 4."""
    high = (pi / 4) ** 2 * mpf("1.001")
    c, e = polynomial(lambda z: (sin(sqrt(z)) - sqrt(z)) / z ** 1.5,
                      lambda z: z ** 1.5 / sin(sqrt(z)), mpf("1e-12"), high, 2)
    show("sin float", c, e, FLOAT)
    c, e = polynomial(lambda z: (cos(sqrt(z)) - 1 + z / 2) / z ** 2,
                      lambda z: z ** 2 / cos(sqrt(z)), mpf("1e-12"), high, 2)
    show("cos float", c, e, FLOAT)


def fit_erf():
    """u(a) / a on [0, 3.925] with erf(a) = u - u^2 / 4, so u = 2 - 2 sqrt(erfc(a)), so that erf is
    relatively accurate; from there on it is 1. The error is that of rounding the first coefficient."""
    c, e = polynomial_of_floats(
        lambda a: 2 * (1 - sqrt(erfc(a))) / a, lambda a: a * sqrt(erfc(a)) / erf(a),
        mpf(0), mpf("3.925"), 11)
    show("erf float", c, e, FLOAT)


def fit_gelu():
    """M(a) = Phi(-a) 2^(k a^2) on [0, 13.3] as D / (b a D + P), with k = log2(e) / 2 and b floats.

    1 / M is b a and a small rest, so that rounding errors of D cancel. D(0) = 1, P(0) = 2. The
    error is relative while Phi(-a) > 2^-12, then absolute, and relative again at 2^-10 of that
    weight: such values hardly count beside x.
    """
    k = mpf(0x1715476) / 2 ** 25  # 0x1.715476p-1
    b = mpf(0x1411340) / 2 ** 23  # 2.5084, where the error is least
    degree = 3
    grid = chebyshev_grid(0, mpf("13.3"), 300)
    phi = {a: erfc(a / sqrt(mpf(2))) / 2 for a in grid}
    m = {a: phi[a] * 2 ** (k * a ** 2) for a in grid}
    weight = {a: max(min(1, phi[a] * 2 ** 12), mpf(2) ** -10) for a in grid}
    basis = ([lambda a, j=j: a ** j * (1 - m[a] * b * a) for j in range(1, degree + 1)] +
             [lambda a, i=i: -m[a] * a ** i for i in range(1, degree + 1)])
    d, p = [mpf(1)], [mpf(2)]

    def bottom(a):
        return (b * a * sum(c * a ** j for j, c in enumerate(d)) +
                sum(c * a ** i for i, c in enumerate(p)))

    for _ in range(14):
        last = {a: bottom(a) for a in grid}
        c, _ = remez(basis, lambda a: m[a] * (b * a + 2) - 1,
                     lambda a: weight[a] / m[a] / abs(last[a]), grid)
        d, p = [mpf(1)] + c[:degree], [mpf(2)] + c[degree:]
    worst = max(weight[a] * abs(sum(c * a ** j for j, c in enumerate(d)) / bottom(a) / m[a] - 1)
                for a in grid)
    show("gelu float D", d, worst, FLOAT)
    show("gelu float P", p, worst, FLOAT)


def fit_erfc():
    """erfc(a) e^(a^2) on [0, 10.1] as P / Q, relative."""
    show_rational("erfc float", *rational(
        lambda a: erfc(a) * exp(a ** 2), lambda a: 1 / (erfc(a) * exp(a ** 2)),
        0, mpf("10.1"), 4, 5), FLOAT)


def main():
    fits = {name[4:]: f for name, f in globals().items() if name.startswith("fit_")}
    for name in sys.argv[1:] or fits:
        fits[name]()


if __name__ == "__main__":
    main()
