"""What a researcher writes today: CRReLU, GELU and SiLU with their first derivatives over 10^7 doubles in NumPy and SciPy, written
with care (out-of-place expressions, shared subexpressions computed once). Prints nanoseconds per point, the best of five runs.
usage: batch_numpy.py [points]      (needs: numpy, scipy)
"""
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
import sys
import time

import numpy as np
from scipy.special import expit, ndtr

C = 0.3989422804014327


def crrelu(x, eps=0.01):
    g = np.exp(-0.5 * x * x)
    return np.maximum(x, 0.0) + eps * x * g, np.where(x > 0, 1.0, 0.0) + eps * (1.0 - x * x) * g


def gelu(x):
    cdf = ndtr(x)
    return x * cdf, cdf + x * (C * np.exp(-0.5 * x * x))


def silu(x):
    s = expit(x)
    return x * s, s * (1.0 + x * (1.0 - s))


if __name__ == "__main__":
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 10**7
    x = np.linspace(-6.0, 6.0, n)
    for f in (crrelu, gelu, silu):
        times = []
        for _ in range(5):
            start = time.perf_counter()
            f(x)
            times.append(time.perf_counter() - start)
        print(f.__name__, min(times) / n * 1e9)
