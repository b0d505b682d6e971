"""From a network's layers to activations: `python3 derivations/real_data/run.py`.

For each array of `layers.npz` (written by `collect.py`): how far from Gaussian it is; the best distribution that `eafo fit`
finds; what `eafo derive` makes of ReLU under it, and under the normal of the same moments. Writes `layers.json`, `table.md`,
a picture a layer (`NAME.svg`) and one of the fits (`fits.svg`). The program is `target/release/eafo`, or what EAFO names."""

import json
import os
import re
import subprocess
from pathlib import Path

import numpy as np
from scipy import stats

HERE = Path(__file__).resolve().parent
LAYERS = HERE / "layers.npz"
BASE = "relu"


def eafo(*args: str) -> str:
    """The output of the program."""
    binary = os.environ.get("EAFO", str(HERE.parents[1] / "target/release/eafo"))
    done = subprocess.run([binary, *args], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"eafo {' '.join(args)}: {done.stderr}")
    return done.stdout


def normality(samples: np.ndarray) -> dict[str, float]:
    """How far samples (n,) are from a normal: moments, Shapiro-Wilk, Anderson-Darling, and the negentropy in nats with the
    standard error of a bootstrap. 0 is a normal; Laplace has 0.072, uniform 0.176."""
    rng = np.random.default_rng(0)
    shapiro = stats.shapiro(samples)
    drawn = [negentropy(rng.choice(samples, len(samples) // 2, replace=False)) for _ in range(50)]
    return {
        "mean": float(samples.mean()),
        "deviation": float(samples.std()),
        "skewness": float(stats.skew(samples)),
        "excess_kurtosis": float(stats.kurtosis(samples)),
        "shapiro_w": float(shapiro.statistic),
        "shapiro_p": float(shapiro.pvalue),
        "anderson_darling": anderson_darling(samples),
        "negentropy": negentropy(samples),
        # Half the samples drawn without replacement vary as all of them do.
        "negentropy_error": float(np.std(drawn)),
    }


def negentropy(samples: np.ndarray) -> float:
    """1/2 log(2 pi e Var) - H, H by spacings."""
    entropy = stats.differential_entropy(samples.astype(float), method="ebrahimi")
    return float(0.5 * np.log(2 * np.pi * np.e * samples.var()) - entropy)


def anderson_darling(samples: np.ndarray) -> float:
    """A^2 against the normal of the samples' moments, with Stephens' factor for these being estimated; above 1.035 the
    normal is refused at 1 %."""
    z = np.sort((samples - samples.mean()) / samples.std(ddof=1))
    n, i = len(z), np.arange(1, len(z) + 1)
    a = -n - np.mean((2 * i - 1) * (stats.norm.logcdf(z) + stats.norm.logsf(z[::-1])))
    return float(a * (1 + 0.75 / n + 2.25 / n**2))


def derive(name: str, fitted: str, picture: bool) -> dict:
    """The candidate under a distribution, drawn to NAME.svg if wanted. One process each, so that others on the machine get
    their turn: four normals take eafo 0.1.0 a minute."""
    arguments = ["--plot", str(HERE / f"{name}.svg")] if picture else []
    return json.loads(eafo("derive", BASE, "--input", fitted, "--name", name, "--json", *arguments))


def rounded(fitted: str) -> str:
    """The distribution with two significant digits, the weights of a mixture still summing to 1. The fit knows no more (its
    errors say so), and of longer numbers eafo 0.1.0 makes formulas with exp(-a)/exp(-a) in them, 0/0 in the tails."""
    text = re.sub(r"-?\d+\.?\d*", lambda number: f"{float(number[0]):.2g}", fitted)
    weights = [float(w) for w in re.findall(r"([\d.]+)\*", text)]
    if weights:
        largest = weights.index(max(weights))
        weights[largest] += 1 - sum(weights)
        left = iter(f"{w:.4g}*" for w in weights)
        text = re.sub(r"[\d.]+\*", lambda _: next(left), text)
    return text


def record(name: str, samples: np.ndarray, fitted: str, under_fit: dict, under_normal: dict) -> dict:
    """One layer's row."""
    kept = ("correction", "improved", "entropy_slope")
    return {
        "layer": name,
        "normality": normality(samples),
        "best": fitted,
        "input": rounded(fitted),
        "derived": {key: under_fit[key] for key in kept},
        "derived_under_normal": {key: under_normal[key] for key in kept},
        "input_under_normal": under_normal["input"]["text"],
    }


def table(rows: list[dict]) -> str:
    """Markdown."""
    lines = ["| layer | skewness | excess kurtosis | Shapiro-Wilk W (p) | Anderson-Darling | negentropy, nats | best fit |"]
    lines.append("| --- | --- | --- | --- | --- | --- | --- |")
    for row in rows:
        n = row["normality"]
        shapiro = f"{n['shapiro_w']:.4f} ({n['shapiro_p']:.1e})"
        negentropy = f"{n['negentropy']:.4f} ± {n['negentropy_error']:.4f}"
        moments = f"{n['skewness']:.2f} | {n['excess_kurtosis']:.2f}"
        lines.append(
            f"| {row['layer']} | {moments} | {shapiro} | {n['anderson_darling']:.1f} | {negentropy} | `{row['best']}` |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    with np.load(LAYERS) as arrays:
        layers = {name: arrays[name] for name in arrays.files if ":" not in name}
    best = eafo("fit", str(LAYERS), "--best", "--plot", str(HERE / "fits.svg")).splitlines()
    normal = [f"normal({x.mean():.2g},{x.std():.2g})" for x in layers.values()]
    rows = []
    for (name, samples), fitted, plain in zip(layers.items(), best, normal, strict=True):
        under_fit = derive(name, rounded(fitted), picture=True)
        rows.append(record(name, samples, fitted, under_fit, derive(f"{name}_normal", plain, picture=False)))
    (HERE / "layers.json").write_text(json.dumps(rows, indent=1) + "\n")
    (HERE / "table.md").write_text(table(rows))
    print(table(rows))


if __name__ == "__main__":
    main()
