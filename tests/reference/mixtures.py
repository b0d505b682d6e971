"""Normal mixtures of five parts by plain EM in NumPy from many random starts, the best of each: fit/heavy.npz has the values,
fit/heavy.json the log-likelihoods. Standard deviations are kept above a thousandth of that of all values, as in `eafo fit`.

    python3 tests/reference/mixtures.py
"""

import json
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).resolve().parent / "fit"
PARTS, STARTS, STEPS = 5, 40, 3000


def em(x, rng, steps, start=None):
    floor = 1e-3 * x.std()
    if start is None:
        cuts = np.sort(rng.choice(np.arange(5, x.size - 5), PARTS - 1, replace=False))
        groups = [g for g in np.split(x, cuts)]
        w = np.array([g.size / x.size for g in groups])
        mu = np.array([g.mean() for g in groups])
        sigma = np.maximum([g.std() for g in groups], floor)
    else:
        w, mu, sigma = start
    before = -np.inf
    for _ in range(steps):
        logs = np.log(w) - np.log(sigma) - 0.5 * np.log(2 * np.pi) - 0.5 * ((x[:, None] - mu) / sigma) ** 2
        top = logs.max(1, keepdims=True)
        r = np.exp(logs - top)
        total = r.sum(1, keepdims=True)
        value = float((np.log(total) + top).sum())
        if value - before < 1e-7:
            break
        before = value
        r /= total
        n = r.sum(0)
        w, mu = n / x.size, r.T @ x / n
        sigma = np.maximum(np.sqrt((r * (x[:, None] - mu) ** 2).sum(0) / n), floor)
    return value, (w, mu, sigma)


def best(x, rng):
    tried = [em(x, rng, 150) for _ in range(STARTS)]
    tried.sort(key=lambda t: -t[0])
    return max(em(x, rng, STEPS, start)[0] for _, start in tried[:4])


def main():
    rng = np.random.default_rng(2405)
    arrays = {f"lognormal{i}": rng.lognormal(0, 1.5, 2000) for i in range(3)}
    arrays |= {f"cauchy{i}": rng.standard_cauchy(2000) for i in range(3)}
    arrays = {name: np.sort(x) for name, x in arrays.items()}
    np.savez_compressed(FOLDER / "heavy.npz", **arrays)
    found = {name: best(x, rng) for name, x in arrays.items()}
    (FOLDER / "heavy.json").write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
