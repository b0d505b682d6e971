"""Activations of the study, every one of them a file that `eafo export --to jax` wrote: the catalogue's by name, the
derived ones from the distribution measured in each layer of a ReLU or ELU net."""

import importlib.util
import inspect
import json
import os
import subprocess
import tempfile
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
    """A normal distribution with the samples' moments, in eafo's grammar. Two digits, because of more eafo 0.1.0 may print
    corrections with exp(-a)/exp(-a) in them, 0/0 in the tails."""
    return f"normal({samples.mean():.2g},{samples.std():.2g})"


def mixture(samples: np.ndarray, most: int = 3) -> str:
    """A mixture of up to `most` normals, their number by BIC, in eafo's grammar, with two digits as `normal`."""
    column = samples.reshape(-1, 1).astype(float)
    fits = [GaussianMixture(k, random_state=0, n_init=2).fit(column) for k in range(1, most + 1)]
    best = min(fits, key=lambda fit: fit.bic(column))
    if best.n_components == 1:
        return normal(samples)
    weights = np.round(best.weights_, 2)
    weights[weights.argmax()] += 1 - weights.sum()
    parts = zip(weights, best.means_.ravel(), np.sqrt(best.covariances_.ravel()), strict=True)
    return "mixture(" + "+".join(f"{w:.2f}*normal({m:.2g},{s:.2g})" for w, m, s in parts) + ")"


FITS = {"normal": normal, "mixture": mixture}


def derived(questions: list[tuple[str, str]]) -> list[tuple[str, dict]]:
    """For each base activation and distribution what eafo derives: the text of the new activation, empty where it has
    places without a finite slope, and a record of it."""
    with tempfile.TemporaryDirectory() as folder:
        scripts = [Path(folder) / f"{i}.toml" for i in range(len(questions))]
        for script, (base, distribution) in zip(scripts, questions, strict=True):
            script.write_text(f'[derive]\nactivation = "{base}"\ninput = "{distribution}"\n')
        document = json.loads(eafo("run", *map(str, scripts), "--json"))
    return [_scaled(*both) for both in zip(questions, document["candidates"], strict=True)]


def _scaled(question: tuple[str, str], candidate: dict) -> tuple[str, dict]:
    """The new activation brought to CRReLU's scale and sign.

    The program leaves the unit of eps open: it collects whatever constant makes the formula short. Here the direction g
    is divided by max |g'|, 1 for CRReLU, and turned so that eps < 0 lowers the entropy, as for CRReLU, where one sign does; so 0.01
    and Adam's rate mean the same for all. The maximum is over the bulk, +-4 deviations, off the kink."""
    base, distribution = question
    direction = candidate["improved"]["orders"][0]["text"]
    lowers = candidate["improved"]["parameter"]["lowers_entropy"]
    largest = _steepest(direction, distribution)
    scale = -largest if lowers == "positive" else largest
    text = f"{candidate['activation']['text']} + eps*({direction})/({scale:.6g}); eps=0.01" if np.isfinite(largest) else ""
    record = {
        "base": base,
        "input": distribution,
        "direction": direction,
        "lowers_entropy": lowers,
        "steepest": largest if np.isfinite(largest) else None,
        "text": text,
    }
    return text, record


def _steepest(direction: str, distribution: str) -> float:
    """max |g'| over the bulk of the distribution; NaN where g' is none there or in the tails."""
    moments = json.loads(eafo("entropy", "identity", "--input", distribution, "--json"))["results"][0]
    mean, deviation = moments["mean"]["value"], moments["variance"]["value"] ** 0.5
    points = mean + deviation * np.concatenate([np.linspace(-4, 4, 801) + 1e-7, [-50, -12, 12, 50]])
    at = ",".join(f"{x:.9g}" for x in points)
    values = json.loads(eafo("eval", direction, f"--at={at}", "--derivative", "1", "--json"))["values"]
    return float(np.max(np.abs(np.array(values, dtype=float))))
