"""Sample files in every format that `eafo` reads, with what NumPy and SciPy say about them.

Writes tests/fixtures/samples/* and tests/reference/samples.json:

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install numpy scipy safetensors
    /tmp/venv/bin/python tests/reference/samples.py

Moments are taken in extended precision. The values of the formats in half precision are decoded by NumPy (float16) or by
hand (bfloat16, which NumPy does not have).
"""

import hashlib
import json
import pathlib

import numpy as np
import safetensors
import scipy
from scipy import special, stats

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDER = ROOT / "fixtures" / "samples"
FOLDER.mkdir(parents=True, exist_ok=True)
rng = np.random.default_rng(20240507)
reference = {
    "generator": f"tests/reference/samples.py, NumPy {np.__version__}, SciPy {scipy.__version__}",
    "arrays": [],
    "entropies": [],
    "kernels": [],
}


def vasicek(x, m):
    """Vasicek's estimate with the bias correction of Wieczorkowski and Grzegorzewski (1999)."""
    n = len(x)
    raw = stats.differential_entropy(x, window_length=m, method="vasicek")
    bias = np.log(2 * m / n) - (1 - 2 * m / n) * special.digamma(2 * m) + special.digamma(n + 1)
    bias -= 2 / n * special.digamma(np.arange(m, 2 * m)).sum()
    return raw + bias


def nearest(x):
    """Kozachenko and Leonenko's estimate from distances found one by one."""
    x = np.sort(x)
    left = np.diff(x, prepend=-np.inf)
    right = np.diff(x, append=np.inf)
    rho = np.minimum(left, right)
    return special.digamma(len(x)) - special.digamma(1) + np.log(2) + np.log(rho).mean()


def sheather_jones(x):
    """Sheather and Jones 1991 (solve the equation), by sums over all pairs without bins."""
    n = len(x)
    d = (x[:, None] - x[None, :])[np.triu_indices(n, 1)]
    scale = min(x.std(ddof=1), np.subtract(*np.percentile(x, [75, 25])) / 1.349)

    def s(h):
        z = (d / h) ** 2
        total = (np.exp(-z / 2) * (z * z - 6 * z + 3)).sum()
        return (2 * total + n * 3) / (n * (n - 1) * h**5 * np.sqrt(2 * np.pi))

    def t(h):
        z = (d / h) ** 2
        total = (np.exp(-z / 2) * (z**3 - 15 * z * z + 45 * z - 15)).sum()
        return (2 * total - 15 * n) / (n * (n - 1) * h**7 * np.sqrt(2 * np.pi))

    iqr = scale * 1.349
    a, b = 1.24 * scale * n ** (-1 / 7), 1.23 * scale * n ** (-1 / 9)
    ratio = 1.357 * abs(s(a) / t(b)) ** (1 / 7)

    def gap(h):
        return (1 / (2 * np.sqrt(np.pi) * n * s(ratio * h ** (5 / 7)))) ** 0.2 - h

    from scipy.optimize import brentq

    top = 1.144 * scale * n ** (-0.2)
    return brentq(gap, top / 10, top * 3, xtol=1e-14)


def record(file, name, values, dtype):
    x = np.asarray(values).ravel()
    x = x.astype(np.longdouble)
    finite = x[np.isfinite(x)]
    d = finite - finite.mean()
    m2, m3, m4 = (d**2).mean(), (d**3).mean(), (d**4).mean()
    reference["arrays"].append(
        {
            "file": file,
            "name": name,
            "dtype": dtype,
            "count": len(finite),
            "nan": int(np.isnan(x).sum()),
            "infinite": int(np.isinf(x).sum()),
            "mean": float(finite.mean()),
            "variance": float(m2),
            "skewness": float(m3 / m2**1.5),
            "kurtosis": float(m4 / m2**2),
            "min": float(finite.min()),
            "max": float(finite.max()),
            "quantiles": [float(np.quantile(finite.astype(float), q)) for q in (0.05, 0.5, 0.9)],
            "sha256": hashlib.sha256((FOLDER / file).read_bytes()).hexdigest(),
        }
    )


# --- .npy, in every shape that NumPy writes
normal = rng.normal(0.3, 1.7, 3000).astype("<f4")
np.save(FOLDER / "normal.npy", normal)
record("normal.npy", "normal", normal, "float32")
big = rng.laplace(-2, 0.5, 501).astype(">f8")
np.save(FOLDER / "big_endian.npy", big)
record("big_endian.npy", "big_endian", big, "float64")
square = np.asfortranarray(rng.gumbel(0, 1, (31, 17)).astype("<f2"))
np.save(FOLDER / "fortran.npy", square)
record("fortran.npy", "fortran", square, "float16")
counts = rng.poisson(9, 400).astype("<i2")
np.save(FOLDER / "counts.npy", counts)
record("counts.npy", "counts", counts, "int16")
holes = rng.normal(size=200)
holes[[3, 77]] = np.nan
holes[[5, 6, 199]] = [np.inf, -np.inf, np.inf]
np.save(FOLDER / "holes.npy", holes)
record("holes.npy", "holes", holes, "float64")
np.save(FOLDER / "scalar.npy", np.float64(2.5))
np.save(FOLDER / "empty.npy", np.zeros((0, 3)))
np.save(FOLDER / "pickled.npy", np.array([{"a": 1}, None], dtype=object), allow_pickle=True)
np.save(FOLDER / "complex.npy", np.ones(4, dtype=complex))
np.save(FOLDER / "bool.npy", np.ones(4, dtype=bool))
np.save(FOLDER / "string.npy", np.array(["one", "two"]))
np.save(FOLDER / "structured.npy", np.zeros(3, dtype=[("a", "f4"), ("b", "i8")]))

# --- .npz, compressed and not
layers = {
    "conv1": rng.normal(0, 1, (20, 40)).astype("<f4"),
    "conv2": rng.logistic(0.5, 0.3, 700),
    "steps": np.arange(12),
    "names": np.array(["conv1", "conv2"]),
}
np.savez_compressed(FOLDER / "layers.npz", **layers)
np.savez(FOLDER / "stored.npz", **layers)
for file in ("layers.npz", "stored.npz"):
    record(file, "conv1", layers["conv1"], "float32")
    record(file, "conv2", layers["conv2"], "float64")
record("layers.npz", "steps", layers["steps"], "int64")

# --- .safetensors
single = rng.normal(1, 2, (10, 30)).astype("<f4")
half = rng.normal(0, 1, 250).astype("<f2")
double = rng.standard_t(5, 300)
bits = rng.normal(0, 3, 260).astype("<f4").view("<u4") >> 16
brain = (bits.astype("<u4") << 16).view("<f4")
parts = {
    "single": ("float32", single),
    "half": ("float16", half),
    "double": ("float64", double),
    "brain": ("bfloat16", bits.astype("<u2")),
    "mask": ("bool", np.array([True, False, True])),
}
tensors = {
    name: safetensors.TensorSpec(dtype=dtype, shape=a.shape, data_ptr=a.ctypes.data, data_len=a.nbytes)
    for name, (dtype, a) in parts.items()
}
(FOLDER / "tensors.safetensors").write_bytes(bytes(safetensors.serialize(tensors, metadata={"step": "40"})))
record("tensors.safetensors", "single", single, "float32")
record("tensors.safetensors", "half", half, "float16")
record("tensors.safetensors", "double", double, "float64")
record("tensors.safetensors", "brain", brain, "bfloat16")

# --- .csv
table = np.round(rng.normal(0, 1, (300, 2)), 6)
lines = ["pre,post"] + [f"{a!r},{b!r}" for a, b in table.tolist()]
(FOLDER / "table.csv").write_text("\n".join(lines) + "\n")
record("table.csv", "pre", table[:, 0], "float64")
record("table.csv", "post", table[:, 1], "float64")
np.savetxt(FOLDER / "column.csv", table[:, 0], header="one column, NumPy's own way")
record("column.csv", "column", np.loadtxt(FOLDER / "column.csv"), "float64")

# --- entropies and kernel densities of the same values
for file, values in (("normal.npy", normal), ("big_endian.npy", big), ("table.csv", table[:, 0])):
    x = np.sort(values.astype(float))
    m = int(round(len(x) ** (1 / 3)))
    distinct = len(np.unique(x)) == len(x)
    row = {"file": file, "window": m, "vasicek": float(vasicek(x, m))}
    row["nearest"] = float(nearest(x)) if distinct else None
    reference["entropies"].append(row)
    h = float(sheather_jones(x))
    kde = stats.gaussian_kde(x, bw_method=h / x.std(ddof=1))
    points = [float(np.quantile(x, q)) for q in (0.2, 0.35, 0.5, 0.65, 0.8)]
    reference["kernels"].append(
        {"file": file, "sheather_jones": h, "points": points, "density": kde(points).tolist()}
    )

(ROOT / "reference" / "samples.json").write_text(json.dumps(reference, indent=1) + "\n")
