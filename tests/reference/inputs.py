"""Log densities and tail masses by mpmath at 50 digits: python3 inputs.py > inputs.csv"""
from mpmath import (mp, mpf, log, exp, pi, sqrt, erfc, atan, cosh, tanh, gamma, loggamma, gammainc, betainc, quad, inf,
                    log1p, npdf, ncdf, expm1, cosh, nstr)
mp.dps = 50

def Phi(z):
    return erfc(-z / sqrt(2)) / 2

def phi(z):
    return exp(-z * z / 2) / sqrt(2 * pi)

def student(nu):
    nu = mpf(nu)
    c = gamma((nu + 1) / 2) / (sqrt(nu * pi) * gamma(nu / 2))
    def tail(x):
        return betainc(nu / 2, mpf(1) / 2, 0, nu / (nu + x * x), regularized=True) / 2
    return (lambda x: log(c) - (nu + 1) / 2 * log(1 + x * x / nu),
            lambda x: tail(x) if x < 0 else 1 - tail(x), lambda x: tail(x) if x > 0 else 1 - tail(x))

def skew(a):
    p = lambda x: 2 * phi(x) * Phi(a * x)
    # quad stops at an absolute error, so the tails are integrated relative to their ends.
    def tail(x, sign):
        return p(x) * quad(lambda t: p(t) / p(x), [x + sign * mpf(k) / 8 for k in range(0, 321)])
    lower = lambda x: -tail(x, -1) if x < 0 else 1 - tail(x, 1)
    upper = lambda x: tail(x, 1) if x > 0 else 1 + tail(x, -1)
    return (lambda x: log(p(x)), lower, upper)

def gennorm(b):
    b = mpf(b)
    c = log(b / (2 * gamma(1 / b)))
    tail = lambda z: gammainc(1 / b, abs(z) ** b, inf, regularized=True) / 2
    return (lambda x: c - abs(x) ** b, lambda x: tail(x) if x < 0 else 1 - tail(x), lambda x: tail(x) if x > 0 else 1 - tail(x))

third, half = mpf(3) / 10, mpf(1) / 2
mix_p = lambda x: third * 2 * phi((x + 1) * 2) + (1 - third) * phi(x - 1)
CASES = [
    ("normal(0,1)", (lambda x: -x * x / 2 - log(2 * pi) / 2, Phi, lambda x: Phi(-x)), [-37, -30, -8, 0.5, 8, 30, 37, 1e10]),
    ("normal(-1,0.5)", (lambda x: -2 * (x + 1) ** 2 - log(pi / 2) / 2, lambda x: Phi(2 * x + 2), lambda x: Phi(-2 * x - 2)), [-15, 0, 14]),
    ("logistic(0,1)", (lambda x: -x - 2 * log1p(exp(-x)), lambda x: 1 / (1 + exp(-x)), lambda x: 1 / (1 + exp(x))), [-700, -30, 1, 30, 700, 1e5]),
    ("laplace(0,1)", (lambda x: -abs(x) - log(2), lambda x: exp(x) / 2 if x < 0 else 1 - exp(-x) / 2, lambda x: exp(-x) / 2 if x > 0 else 1 - exp(x) / 2), [-700, -30, 1, 30, 700]),
    ("cauchy(0,1)", (lambda x: -log(pi * (1 + x * x)), lambda x: half + atan(x) / pi, lambda x: half - atan(x) / pi), [-1e12, -3, 0.1, 5, 1e12]),
    ("sech(1)", (lambda x: -log(2 * cosh(pi * x / 2)), lambda x: 2 / pi * atan(exp(pi * x / 2)), lambda x: 2 / pi * atan(exp(-pi * x / 2))), [-400, -30, 0.3, 30, 400, 1e5]),
    ("gumbel(0,1)", (lambda x: -x - exp(-x), lambda x: exp(-exp(-x)), lambda x: -expm1(-exp(-x))), [-6, -3, 0, 30, 700]),
    ("half_normal(1)", (lambda x: log(2) - x * x / 2 - log(2 * pi) / 2, lambda x: 1 - 2 * Phi(-x), lambda x: 2 * Phi(-x)), [1e-10, 1, 30]),
    ("exponential(1)", (lambda x: -x, lambda x: -expm1(-x), lambda x: exp(-x)), [1e-12, 1, 700]),
    ("gamma(5/2,1)", (lambda x: 3 * log(x) / 2 - x - loggamma(mpf(5) / 2), lambda x: gammainc(mpf(5) / 2, 0, x, regularized=True), lambda x: gammainc(mpf(5) / 2, x, inf, regularized=True)), [1e-8, 0.5, 4, 60, 500]),
    ("gamma(150,1)", (lambda x: 149 * log(x) - x - loggamma(150), lambda x: gammainc(150, 0, x, regularized=True), lambda x: gammainc(150, x, inf, regularized=True)), [20, 140, 160, 400]),
    ("beta(2,3)", (lambda x: log(12 * x * (1 - x) ** 2), lambda x: betainc(2, 3, 0, x, regularized=True), lambda x: betainc(2, 3, x, 1, regularized=True)), [1e-10, 0.25, 0.75]),
    ("lognormal(0,1)", (lambda x: -log(x) ** 2 / 2 - log(x) - log(2 * pi) / 2, lambda x: Phi(log(x)), lambda x: Phi(-log(x))), [1e-12, 1, 1e12]),
    ("softsign(0,1)", (lambda x: -log(2) - 2 * log1p(abs(x)), lambda x: half + x / (1 + abs(x)) / 2, lambda x: half - x / (1 + abs(x)) / 2), [-1e12, -1, 0.5, 1e12]),
    ("student_t(5)", student(5), [-1e8, -30, -1, 0.01, 30, 1e8]),
    ("student_t(5/2)", student(2.5), [-1e8, -30, 0.5, 30]),
    ("student_t(1000)", student(1000), [-30, -1, 0.5, 30]),
    ("skew_normal(0,1,3)", skew(3), [-12, -3, 0.5, 4, 30]),
    ("generalized_normal(0,1,1.5)", gennorm(1.5), [-60, -3, 0.01, 2, 60]),
    ("generalized_normal(0,1,0.7)", gennorm("0.7"), [-1e3, -3, 0.01, 2, 1e3]),
    ("generalized_normal(0,1,8)", gennorm(8), [-2, -0.9, 0.01, 1.1, 2]),
    ("mixture(0.3*normal(-1,0.5)+0.7*normal(1,1))", (lambda x: log(mix_p(x)), lambda x: third * Phi(2 * x + 2) + (1 - third) * Phi(x - 1), lambda x: third * Phi(-2 * x - 2) + (1 - third) * Phi(1 - x)), [-30, -1, 0, 30]),
    ("truncate(normal(0,1),8,inf)", (lambda x: -x * x / 2 - log(2 * pi) / 2 - log(Phi(mpf(-8))), lambda x: 1 - Phi(-x) / Phi(mpf(-8)), lambda x: Phi(-x) / Phi(mpf(-8))), [8.5, 30]),
]
print("input;x;log_pdf;cdf;survival")
for name, (lp, cdf, sf), xs in CASES:
    for x in xs:
        X = mpf(x)
        print(";".join([name, repr(float(x))] + [nstr(f(X), 20) for f in (lp, cdf, sf)]))
