"""Does an entropy objective predict accuracy? Spearman's coefficient over the catalogue, on one task."""

import json
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import grid
from activations import eafo
from comparison import spearman

OBJECTIVES = ["negentropy", "entropy", "deficit"]
INPUT = "normal(0,1)"
LEAST = 5


def write(out: Path, cells: dict[str, dict[str, list[dict]]]) -> dict:
    """The coefficients, and `correlation.svg`. Empty where the catalogue was not trained."""
    trained = cells.get(grid.CATALOGUE_TASK, {})
    names = [name for name in trained if name in {row.name for row in grid.CATALOGUE} | CATALOGUE_ROWS.keys()]
    if len(names) < LEAST + len(CATALOGUE_ROWS):
        return {}
    accuracy = {name: float(np.mean([r["accuracy"][-1] for r in trained[name]])) for name in names}
    entropies = objectives(out, [CATALOGUE_ROWS.get(name, name) for name in names])
    points = {
        by: [(name, entropies[CATALOGUE_ROWS.get(name, name)][by], accuracy[name]) for name in names] for by in OBJECTIVES
    }
    points["measured negentropy, before training"] = [(n, measured(trained[n]), accuracy[n]) for n in names]
    points = {by: [p for p in triples if p[1] is not None] for by, triples in points.items()}
    results = {by: coefficient(triples) for by, triples in points.items()}
    draw(points, results, out / "correlation.svg")
    return {"task": grid.CATALOGUE_TASK, "input": INPUT, "accuracy": accuracy, "spearman": results}


# Rows of the study that are in the catalogue; CRReLU as the catalogue has it, with eps = 0.01.
CATALOGUE_ROWS = {name: name for name in ["relu", "gelu", "silu", "prelu", "elu", "mish"]} | {"crrelu +0.01": "crrelu"}


def objectives(out: Path, names: list[str]) -> dict[str, dict[str, float | None]]:
    """What `eafo entropy` says under the paper's input, kept in `entropies.json`. An objective that is not defined for an
    activation is None: negentropy and deficit where the output has atoms, the deficit where the range is unbounded."""
    file = out / "entropies.json"
    if not file.exists():
        results = json.loads(eafo("entropy", *names, "--input", INPUT, "--json"))["results"]
        kept = {r["activation"]: {by: r[by]["value"] for by in OBJECTIVES} | {"kind": r["kind"]} for r in results}
        file.write_text(json.dumps(kept, indent=1) + "\n")
    found = json.loads(file.read_text())
    return {n: {by: v if isinstance(v, float | int) else None for by, v in found[n].items()} for n in names}


def measured(records: list[dict]) -> float | None:
    """The negentropy of the outputs before training, off the atoms, mean over seeds and layers."""
    values = [layer[0] for record in records for layer in record["negentropy_off_atoms"]]
    return None if any(v is None for v in values) else float(np.mean(values))


def coefficient(triples: list[tuple[str, float, float]]) -> dict:
    """Spearman's with its interval; none for fewer than LEAST activations."""
    if len(triples) < LEAST:
        return {"activations": len(triples), "rho": None, "interval": None}
    rho, low, high = spearman([t[1] for t in triples], [t[2] for t in triples], seed=0)
    return {"activations": len(triples), "rho": round(rho, 3), "interval": [round(low, 3), round(high, 3)]}


def draw(points: dict, results: dict, file: Path) -> None:
    """One panel an objective."""
    figure, axes = plt.subplots(1, len(points), figsize=(4 * len(points), 3.6), squeeze=False)
    for axis, (by, triples) in zip(axes[0], points.items(), strict=True):
        axis.plot([t[1] for t in triples], [100 * t[2] for t in triples], "o", ms=3)
        for name, x, y in triples:
            axis.annotate(name, (x, 100 * y), fontsize=5, xytext=(2, 2), textcoords="offset points")
        result = results[by]
        axis.set_title(f"rho = {result['rho']}, 95 %: {result['interval']}, n = {result['activations']}", fontsize=8)
        axis.set_xlabel(f"{by}, nats")
        axis.set_ylabel(f"accuracy on {grid.CATALOGUE_TASK}, %")
    figure.savefig(file, metadata={"Date": None}, bbox_inches="tight")
    plt.close(figure)


def table(result: dict) -> str:
    """Markdown."""
    if not result:
        return ""
    lines = [f"### Entropy and accuracy: {result['task']}, activations under {result['input']}\n"]
    lines += ["| objective | activations | Spearman's rho | 95 % interval |", "| --- | --- | --- | --- |"]
    for by, entry in result["spearman"].items():
        lines.append(f"| {by} | {entry['activations']} | {entry['rho']} | {entry['interval']} |")
    return "\n".join(lines) + "\n"
