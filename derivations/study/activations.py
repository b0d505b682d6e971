"""Activations of the study, every one of them a file that `eafo export --to jax` wrote: the catalogue's by name, the
derived ones from the distribution measured in each layer of a ReLU or ELU net."""

import importlib.util
import inspect
import json
import os
import subprocess
from pathlib import Path

import numpy as np
from sklearn.mixture import GaussianMixture

from train import Activation

ROOT = Path(__file__).resolve().parents[2]


def eafo(*args: str) -> str:
    """The output of the program: `target/release/eafo`, or the one that the variable EAFO names."""
    binary = os.environ.get("EAFO", str(ROOT / "target/release/eafo"))
    done = subprocess.run([binary, *args], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"eafo {' '.join(args)}: {done.stderr}")
    return done.stdout


def load(file: Path) -> Activation:
    """The exported function, as one of x and of a parameter, ignored where it has none."""
    spec = importlib.util.spec_from_file_location(f"study_{file.stem}", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    f = module.activation
    return f if len(inspect.signature(f).parameters) == 2 else lambda x, p: f(x)


def export(text: str, file: Path) -> Path:
    """Writes the activation to `file` unless it is there."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        eafo("export", text, "--to", "jax", "--name", "activation", "-o", str(file))
    return file


def normal(samples: np.ndarray) -> str:
    """A normal distribution with the samples' moments, in eafo's grammar."""
    return f"normal({samples.mean():.3g},{samples.std():.3g})"


def mixture(samples: np.ndarray, most: int = 3) -> str:
    """A mixture of up to `most` normals, their number by BIC, in eafo's grammar."""
    column = samples.reshape(-1, 1).astype(float)
    fits = [GaussianMixture(k, random_state=0, n_init=2).fit(column) for k in range(1, most + 1)]
    best = min(fits, key=lambda fit: fit.bic(column))
    if best.n_components == 1:
        return normal(samples)
    weights = np.round(best.weights_, 3)
    weights[weights.argmax()] += 1 - weights.sum()
    parts = zip(weights, best.means_.ravel(), np.sqrt(best.covariances_.ravel()), strict=True)
    return "mixture(" + "+".join(f"{w:.3f}*normal({m:.3g},{s:.3g})" for w, m, s in parts) + ")"


FITS = {"normal": normal, "mixture": mixture}


def derived(base: str, distribution: str) -> tuple[str, dict]:
    """What eafo derives from `base` under `distribution`, brought to CRReLU's scale and sign, and what was derived.

    The program leaves the unit of eps open: it collects whatever constant makes the formula short. Here the direction g
    is divided by max |g'|, 1 for CRReLU, and turned so that eps < 0 lowers the entropy, as for CRReLU; so 0.01 and Adam's
    rate mean the same for all. The maximum is over the bulk, +-4 deviations, off the kink."""
    candidate = json.loads(eafo("derive", base, "--input", distribution, "--json"))
    direction = candidate["improved"]["orders"][0]["text"]
    parameter = candidate["improved"]["parameter"]
    sign = {"negative": 1.0, "positive": -1.0}[parameter["lowers_entropy"]]
    largest = _steepest(direction, distribution)
    text = f"{candidate['activation']['text']} + eps*({direction})/({sign * largest:.6g}); eps=0.01"
    record = {
        "base": base,
        "input": distribution,
        "direction": direction,
        "lowers_entropy": parameter["lowers_entropy"],
        "steepest": largest,
        "text": text,
        "kinks": candidate["kinks"],
    }
    return text, record


def _steepest(direction: str, distribution: str) -> float:
    """max |g'| over the bulk of the distribution."""
    moments = json.loads(eafo("entropy", "identity", "--input", distribution, "--json"))["results"][0]
    mean, deviation = moments["mean"]["value"], moments["variance"]["value"] ** 0.5
    points = mean + deviation * np.linspace(-4, 4, 801) + 1e-7
    at = ",".join(f"{x:.9g}" for x in points)
    values = json.loads(eafo("eval", direction, f"--at={at}", "--derivative", "1", "--json"))["values"]
    return max(abs(float(v)) for v in values)
