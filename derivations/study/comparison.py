"""Intervals and tests: Student's t for means, paired t-tests with Holm's correction, a bootstrapped Spearman."""

from collections.abc import Sequence

import numpy as np
from scipy import stats


def mean_interval(values: Sequence[float], level: float = 0.95) -> tuple[float, float]:
    """The mean and the half-width of its t interval."""
    x = np.asarray(values, dtype=float)
    half = stats.t.ppf((1 + level) / 2, len(x) - 1) * x.std(ddof=1) / np.sqrt(len(x))
    return float(x.mean()), float(half)


def paired_p(a: Sequence[float], b: Sequence[float]) -> float:
    """The two-sided p of a paired t-test; 1 where the two are equal throughout."""
    difference = np.subtract(a, b)
    if not difference.any():
        return 1.0
    if difference.std(ddof=1) == 0:
        return 0.0
    return float(stats.ttest_rel(a, b).pvalue)


def holm(p: Sequence[float]) -> list[float]:
    """Holm's adjusted p-values, in the order given."""
    order = np.argsort(p)
    stepped = np.maximum.accumulate([(len(p) - i) * p[j] for i, j in enumerate(order)])
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted.tolist()


def spearman(x: Sequence[float], y: Sequence[float], seed: int, draws: int = 10000) -> tuple[float, float, float]:
    """Spearman's coefficient and its 95 % percentile interval over resampled pairs."""
    a, b = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    rng = np.random.default_rng(seed)
    found = []
    while len(found) < draws:
        chosen = rng.integers(len(a), size=len(a))
        if np.ptp(a[chosen]) > 0 and np.ptp(b[chosen]) > 0:
            found.append(_rho(a[chosen], b[chosen]))
    low, high = np.percentile(found, [2.5, 97.5])
    return _rho(a, b), float(low), float(high)


def _rho(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(stats.rankdata(a), stats.rankdata(b))[0, 1])
