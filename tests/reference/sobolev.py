"""Prints tests/reference/sobolev.json: first variations of the entropy and Sobolev gradients, by mpmath.

The variation is computed over the values x = f(u), as -INT (m - g(u*)) q'(x) dx with q m = SUM p g/|f'| over the preimages and
q' from derivatives of p and f in closed form. (The program integrates log q against d/du [p (g - g(u*))/f'] over u instead and
never differentiates q.) One variation is found once more as the derivative of the entropy itself, by differences.

Activations with one minimum at u* and, as u -> -inf, a limit or infinity; to the right of u* they rise without bound.
"""
import json
import sys
from mpmath import mp, mpf, exp, log, sqrt, pi, quad, findroot, inf, npdf, ncdf, log1p

mp.dps = 50


class Activation:
    def __init__(self, name, f, f1, f2, start, left_limit):
        self.name = name
        self.f, self.f1, self.f2, self.left_limit = f, f1, f2, left_limit
        self.turn = findroot(f1, start)

    def right(self, u):
        """The point right of the turn with the value that f has at u, left of it."""
        y, d = self.f(u), self.turn - u
        if d < mpf(10) ** -16:
            return self.turn + d
        if d < mpf(10) ** -6:
            v = self.turn + d
        else:
            low, high = self.turn, (mpf(0) if self.left_limit == 0 else 2 * self.turn - u + 1)
            while self.f(high) < y:
                high = high + (high - low)
            for _ in range(25):
                middle = (low + high) / 2
                if self.f(middle) < y:
                    low = middle
                else:
                    high = middle
            v = (low + high) / 2
        for _ in range(8):
            v -= (self.f(v) - y) / self.f1(v)
        return v


def sigmoid(u):
    return 1 / (1 + exp(-u))


def mish_parts(u):
    s = sigmoid(u)
    e = exp(u)
    w = e * (e + 2) / (e * (e + 2) + 2)
    w1 = (1 - w * w) * s
    return w, w1, -2 * w * w1 * s + (1 - w * w) * s * (1 - s)


def silu1(u):
    s = sigmoid(u)
    return s + u * s * (1 - s)


def silu2(u):
    s = sigmoid(u)
    return s * (1 - s) * (2 + u * (1 - 2 * s))


def mish1(u):
    w, w1, _ = mish_parts(u)
    return w + u * w1


def mish2(u):
    _, w1, w2 = mish_parts(u)
    return 2 * w1 + u * w2


ACTIVATIONS = {
    "x^2": Activation("x^2", lambda u: u * u, lambda u: 2 * u, lambda u: mpf(2), mpf("0.1"), inf),
    "gelu": Activation("gelu", lambda u: u * ncdf(u), lambda u: ncdf(u) + u * npdf(u), lambda u: npdf(u) * (2 - u * u), mpf("-0.75"), 0),
    "silu": Activation("silu", lambda u: u * sigmoid(u), silu1, silu2, mpf("-1.27"), 0),
    "mish": Activation("mish", lambda u: u * mish_parts(u)[0], mish1, mish2, mpf("-1.19"), 0),
}


def variation(a, mean, g, breaks):
    """dH[g] of an activation under normal(mean, 1)."""
    p = lambda u: npdf(u - mean)
    score = lambda u: -(u - mean)
    star = g(a.turn)
    density = lambda u: p(u) / abs(a.f1(u))
    # d/dx of p/|f'| along a branch.
    slope = lambda u: density(u) * (score(u) - a.f2(u) / a.f1(u)) / a.f1(u)

    def both(u):
        if a.turn - u < mpf(10) ** -30:
            return mpf(0)
        v = a.right(u)
        own, steep = density(u), slope(u) * abs(a.f1(u))
        if a.name == "gelu" and u < -mpf(10) ** 10:
            # The terms of f' and p'/p - f''/f' cancel there; p/|f'| = 1/|u| + 1/|u|^3 + ...
            own, steep = -1 / u, -1 / (u * u)
        flux = own * (g(u) - star) + density(v) * (g(v) - star)
        return -flux * (steep + slope(v) * abs(a.f1(u))) / (own + density(v))

    def alone(u):
        return -(g(u) - star) * slope(u) * a.f1(u)

    cuts = [a.turn - mpf(10) ** k for k in (-3, -2, -1)] + [b for b in breaks if b < a.turn]
    # Points right of the turn at which g is not smooth, seen from the left.
    for b in breaks:
        if a.turn < b and (a.left_limit != 0 or b < 0):
            cuts.append(findroot(lambda u: a.f(u) - a.f(b), (a.turn - (b - a.turn), a.turn - (b - a.turn) - mpf("0.01"))))
    # Far left: GELU's branch dies out as 1/|u| only.
    cuts += [a.turn - 1, a.turn - 4, a.turn - 10, a.turn - 40]
    points = sorted(set(c for c in cuts if c < a.turn))
    total = quad(both, [-inf] + points + [a.turn])
    if a.left_limit == 0:
        total += quad(alone, sorted(set([mpf(0), mpf(1), mpf(4), mpf(12)] + [b for b in breaks if b > 0])) + [inf])
    return total


def kernel(order, length):
    """The reproducing kernel K_u(v) of the Sobolev space: (1 - l^2 d2/du2)^order K = delta."""
    if order == 1:
        return lambda u, v: exp(-abs(u - v) / length) / (2 * length)
    return lambda u, v: (1 + abs(u - v) / length) * exp(-abs(u - v) / length) / (4 * length)


def by_differences():
    """dH for f = x^2, p = N(0.4,1), g = exp(-(u-0.3)^2), from the entropy of x^2 + eps g itself."""
    p = lambda u: npdf(u - mpf("0.4"))
    g = lambda u: exp(-((u - mpf("0.3")) ** 2))
    g1 = lambda u: -2 * (u - mpf("0.3")) * g(u)

    def h(eps):
        f = lambda u: u * u + eps * g(u)
        f1 = lambda u: 2 * u + eps * g1(u)
        turn = findroot(f1, mpf(0))

        def right(u):
            y, v = f(u), 2 * turn - u
            if turn - u < mpf(10) ** -16:
                return v
            for _ in range(60):
                step = (f(v) - y) / f1(v)
                v -= step
                if abs(step) < mpf(10) ** -30 * abs(v - turn):
                    break
            return v

        def integrand(u):
            if turn - u < mpf(10) ** -30:
                return mpf(0)
            v = right(u)
            q = p(u) / abs(f1(u)) + p(v) / abs(f1(v))
            return -q * log(q) * abs(f1(u))

        # u = turn - s^2 takes the root out of the singularity.
        return quad(lambda s: integrand(turn - s * s) * 2 * s, [0, mpf("0.1"), mpf("0.5"), 1, 2, 3, mpf("3.6")])

    quotient = lambda e: (h(e) - h(-e)) / (2 * e)
    e = mpf("0.01")
    rows = [quotient(e), quotient(e / 2), quotient(e / 4), quotient(e / 8)]
    k = 1
    while len(rows) > 1:
        k *= 4
        rows = [(k * b - a) / (k - 1) for a, b in zip(rows, rows[1:])]
    return rows[0]


def main():
    g = lambda u: exp(-((u - mpf("0.3")) ** 2))
    text = lambda v: mp.nstr(v, 18)
    out = {"generated_by": "tests/reference/sobolev.py", "variations": [], "gradients": []}
    square = ACTIVATIONS["x^2"]
    value = variation(square, mpf("0.4"), g, [])
    again = by_differences()
    print("x^2", value, again, file=sys.stderr)
    assert abs(value - again) < mpf(10) ** -10
    out["variations"].append({"activation": "x^2", "input": "normal(0.4,1)", "direction": "exp(-(x-0.3)^2)", "value": text(value)})
    for name in ("gelu", "silu", "mish"):
        value = variation(ACTIVATIONS[name], mpf(0), g, [])
        print(name, value, file=sys.stderr)
        out["variations"].append({"activation": name, "input": "normal(0,1)", "direction": "exp(-(x-0.3)^2)", "value": text(value)})
    for length in ("1", "0.5"):
        k = kernel(1, mpf(length))
        at = ["-6", "-3.1", "-1.2", "-0.3", "0", "0.45", "1.7", "4.5", "9"]
        # INT K(u, v) p'(v) dv
        points = lambda u: sorted({mpf(0), mpf(-3), mpf(3), mpf(-8), mpf(8), mpf(u)})
        values = [quad(lambda v: k(mpf(u), v) * -v * npdf(v), [-inf] + points(u) + [inf]) for u in at]
        row = {"activation": "identity", "input": "normal(0,1)", "order": 1, "length": length, "at": at}
        out["gradients"].append(row | {"values": [text(v) for v in values]})
    for name in ("gelu", "silu", "mish"):
        a, k = ACTIVATIONS[name], kernel(2, mpf(1))
        at = ["-4", "-1.5", "-0.5", "0", "0.7", "3", "8"]
        values = []
        for u in at:
            values.append(-variation(a, mpf(0), lambda v: k(mpf(u), v), [mpf(u)]))
            print(name, u, values[-1], file=sys.stderr)
        row = {"activation": name, "input": "normal(0,1)", "order": 2, "length": "1", "at": at}
        out["gradients"].append(row | {"values": [text(v) for v in values]})
    print(json.dumps(out, indent=1))


main()
