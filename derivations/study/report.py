"""Tables and pictures from the cells: `tables.md`, `summary.json` and SVG files in the results folder."""

import json
from dataclasses import dataclass
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

import correlation
import grid
from comparison import holm, mean_interval, paired_p

# Pictures are the same bytes from the same numbers.
plt.rcParams.update({"svg.hashsalt": "eafo", "svg.fonttype": "none", "font.size": 9})
QUIET = {"metadata": {"Date": None}, "bbox_inches": "tight"}

Cells = dict[str, dict[str, list[dict]]]
LEVEL = 0.05


@dataclass(frozen=True)
class Difference:
    """Accuracy of an activation less that of a baseline, paired by seed: mean, half-width of its interval, p."""

    mean: float
    half: float
    p: float
    adjusted: float


def write(out: Path) -> None:
    """Everything that is drawn from what is in `out`."""
    cells = load(out)
    summary = {task: summarise(rows) for task, rows in cells.items()}
    ranking = correlation.write(out, cells)
    (out / "summary.json").write_text(json.dumps({"tasks": summary, "correlation": ranking}, indent=1) + "\n")
    (out / "tables.md").write_text(verdict(summary, cells) + tables(summary) + correlation.table(ranking))
    accuracy_picture(summary, out / "accuracy.svg")
    for task, rows in cells.items():
        training_picture(task, rows, out / f"training_{task}.svg")


def load(out: Path) -> Cells:
    """All cells there are, in the order of the grid: task, activation, one record a seed."""
    cells: Cells = {}
    for task in grid.TASKS:
        for row in [*grid.ROWS, *grid.CATALOGUE]:
            file = out / "cells" / task.name / f"{row.name.replace(' ', '_')}.jsonl"
            if file.exists():
                lines = [json.loads(line) for line in file.read_text().splitlines()]
                cells.setdefault(task.name, {})[row.name] = lines
    return cells


def final(records: list[dict], field: str = "accuracy") -> list[float]:
    """The value after the last epoch, seed by seed; no epoch is picked by its result. A loss that left the floats is
    infinite."""
    return [np.inf if record[field][-1] is None else record[field][-1] for record in records]


def summarise(rows: dict[str, list[dict]]) -> dict[str, dict]:
    """Of each activation of the study: accuracy, loss, and differences from the baselines. Holm's correction is over all
    comparisons with one baseline in the task."""
    rows = {row.name: rows[row.name] for row in grid.ROWS if row.name in rows}
    summary = {}
    for name, records in rows.items():
        accuracy, half = mean_interval(final(records))
        summary[name] = {
            "seeds": len(records),
            "accuracy": accuracy,
            "accuracy_half_width": half,
            "test_loss": float(np.mean(final(records, "test_loss"))),
            "parameter": [float(np.mean([r["parameter"][i][-1] for r in records])) for i in _layers(records)],
            "cpu_seconds": records[0]["cpu_seconds"],
        }
    for baseline in grid.BASELINES:
        if baseline in rows:
            for name, difference in differences(rows, baseline).items():
                summary[name][f"less_{baseline}"] = vars(difference)
    return summary


def differences(rows: dict[str, list[dict]], baseline: str) -> dict[str, Difference]:
    """Every other activation of a task less the baseline."""
    base = final(rows[baseline])
    names = [name for name in rows if name != baseline]
    p = [paired_p(final(rows[name]), base) for name in names]
    found = {}
    for name, raw, adjusted in zip(names, p, holm(p), strict=True):
        mean, half = mean_interval(np.subtract(final(rows[name]), base))
        found[name] = Difference(mean, half, raw, adjusted)
    return found


def _layers(records: list[dict]) -> range:
    return range(len(records[0]["parameter"]))


def tables(summary: dict[str, dict]) -> str:
    """Markdown."""
    text = []
    for task, rows in summary.items():
        seeds = next(iter(rows.values()))["seeds"]
        text.append(f"### {task}, {seeds} seeds\n")
        text.append("| activation | accuracy % | less ReLU | p (Holm) | less GELU | p (Holm) | test loss | parameter, by layer |")
        text.append("| --- | --- | --- | --- | --- | --- | --- | --- |")
        for name, row in rows.items():
            compared = [_difference(row.get(f"less_{b}")) for b in grid.BASELINES]
            accuracy = f"{100 * row['accuracy']:.2f} ± {100 * row['accuracy_half_width']:.2f}"
            parameters = ", ".join(f"{p:.3g}" for p in row["parameter"]) if has_parameter(name) else "-"
            columns = [name, accuracy, *compared, f"{row['test_loss']:.4f}", parameters]
            text.append("| " + " | ".join(columns) + " |")
        text.append("")
    return "\n".join(text) + "\n"


def verdict(summary: dict[str, dict], cells: Cells) -> str:
    """What the tables come to, in words, from the numbers alone."""
    lines = [f"Trained: {', '.join(f'{task} ({len(rows)} activations)' for task, rows in summary.items())}.\n"]
    for baseline in grid.BASELINES:
        compared = [
            (task, name, row[f"less_{baseline}"])
            for task, rows in summary.items()
            for name, row in rows.items()
            if f"less_{baseline}" in row
        ]
        if compared:
            told = [entry for entry in compared if entry[2]["adjusted"] < LEVEL]
            text = "; ".join(f"{name} on {task} {_difference(d).split(' |')[0]} points" for task, name, d in told) or "none"
            lines.append(
                f"- Against {baseline}: {len(told)} of {len(compared)} differences stand at {100 * LEVEL:.0f} % after Holm's "
                f"correction: {text}."
            )
            halves = [100 * d["half"] for _, _, d in compared]
            lines.append(f"  Half-widths of the intervals are {min(halves):.2f} to {max(halves):.2f} points, median {np.median(halves):.2f}.")
    return "\n".join([*lines, *signs(cells)]) + "\n\n"


def signs(cells: Cells) -> list[str]:
    """Where the learned eps ended, by the sign it started with."""
    lines = []
    for row in grid.ROWS:
        if "crrelu" not in row.family and "@" not in row.family:
            continue
        ends = [layer[-1] for rows in cells.values() for record in rows.get(row.name, []) for layer in record["parameter"]]
        ends = [end for end in ends if end is not None]
        if ends:
            kept = sum(np.sign(end) == np.sign(row.start) for end in ends)
            lines.append(
                f"- {row.name}: eps kept the sign it started with in {kept} of {len(ends)} layers of trained nets; "
                f"median at the end {np.median(ends):+.3g}, 80 % between {np.percentile(ends, 10):+.3g} and {np.percentile(ends, 90):+.3g}."
            )
    return lines


def has_parameter(name: str) -> bool:
    """Whether the activation learns one."""
    return "crrelu" in name or "prelu" in name or "@" in name


def _difference(entry: dict | None) -> str:
    if entry is None:
        return "- | -"
    return f"{100 * entry['mean']:+.2f} ± {100 * entry['half']:.2f} | {entry['adjusted']:.2g}"


def accuracy_picture(summary: dict[str, dict], file: Path) -> None:
    """Differences from ReLU with their intervals, one panel a task."""
    shown = {task: rows for task, rows in summary.items() if "relu" in rows and len(rows) > 1}
    figure, axes = plt.subplots(1, len(shown), figsize=(2.4 * len(shown) + 1.6, 3.6), sharey=True, squeeze=False)
    for axis, (task, rows) in zip(axes[0], shown.items(), strict=True):
        names = [name for name in rows if name != "relu"]
        entries = [rows[name]["less_relu"] for name in names]
        axis.errorbar(
            [100 * e["mean"] for e in entries], names, xerr=[100 * e["half"] for e in entries], fmt="o", ms=3, capsize=2
        )
        axis.axvline(0, color="grey", lw=0.8)
        axis.set_title(task)
        axis.set_xlabel("accuracy less ReLU's, %")
    axes[0][0].invert_yaxis()
    figure.savefig(file, **QUIET)
    plt.close(figure)


def training_picture(task: str, rows: dict[str, list[dict]], file: Path) -> None:
    """Over the epochs, means over seeds: accuracy, the learned eps, entropy and negentropy of the outputs off the atoms."""
    rows = {row.name: rows[row.name] for row in grid.ROWS if row.name in rows}
    panels = ["accuracy", "eps", "entropy of the output, nats", "negentropy of the output off its atoms, nats"]
    figure, axes = plt.subplots(1, 4, figsize=(15, 3.4))
    for i, (name, records) in enumerate(rows.items()):
        style = {"color": f"C{i % 10}", "ls": "-" if i < 10 else "--", "lw": 1, "label": name}
        axes[0].plot(curve(records, "accuracy"), **style)
        if has_parameter(name) and name != "prelu":
            axes[1].plot(layer_curve(records, "parameter"), **style)
        axes[2].plot(layer_curve(records, "entropy"), **style)
        axes[3].plot(layer_curve(records, "negentropy_off_atoms"), **style)
    for axis, title in zip(axes, panels, strict=True):
        axis.set_title(title)
        axis.set_xlabel("epoch")
    axes[0].set_ylim(bottom=max(0.0, axes[0].get_ylim()[1] - 0.4))
    axes[3].legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize=7)
    figure.suptitle(f"{task}: means over seeds and layers", y=1.04)
    figure.savefig(file, **QUIET)
    plt.close(figure)


def curve(records: list[dict], field: str) -> np.ndarray:
    """(epochs,): the mean over seeds."""
    return np.array([record[field] for record in records], dtype=float).mean(axis=0)


def layer_curve(records: list[dict], field: str) -> np.ndarray:
    """(epochs,): the mean over seeds and layers."""
    return np.array([record[field] for record in records], dtype=float).mean(axis=(0, 1))
