"""The training study by one command: `python3 derivations/study/run.py --full`, or `--reduced` for a minute's worth.

Resumable: every cell (task and activation) is a file of one JSON line a seed under `results/`, and a cell that is there is
not trained again. Derived activations are files too, written by `eafo` when missing. Then tables and pictures are redrawn."""

import argparse
import importlib.metadata
import json
import os
import platform
import subprocess
import threading
import time
from pathlib import Path

# Set before JAX is imported. One thread: the machine is shared, and timings should mean something. Without the expensive
# passes the epochs take as long and compiling takes less.
FLAGS = (
    "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1 --xla_llvm_disable_expensive_passes=true"
)
os.environ.setdefault("XLA_FLAGS", FLAGS)

import numpy as np

import activations
import grid
from data import LOADERS, Split
from layer_entropy import measure
from train import History, Trainer

HERE = Path(__file__).resolve().parent

Plan = list[tuple[grid.Task, list[grid.Row]]]


class Study:
    """A run: its tasks with their rows, and where the cells lie."""

    def __init__(self, out: Path, plan: Plan):
        self.out, self.plan = out, plan

    def run(self) -> None:
        """Derives and trains what is not there. The program may have to wait for its turn on the machine, and the nets that
        need no derivation are trained meanwhile. Mixtures come last: a derivation under three normals takes up to a minute."""
        plain = [(task, [row for row in rows if "mixture" not in row.family]) for task, rows in self.plan]
        for stage in (plain, self.plan):
            deriving = threading.Thread(target=self.derive, args=self.questions(stage))
            deriving.start()
            for task, rows in stage:
                self.complete(task, rows)
            deriving.join()
            for task, rows in stage:
                self.complete(task, rows)

    def complete(self, task: grid.Task, rows: list[grid.Row]) -> None:
        """Trains the cells of a task that are not there."""
        missing = [row for row in rows if not cell_file(self.out, task.name, row.name).exists()]
        usable = [row for row in missing if all(file.exists() for file in self.files(task, row.family))]
        if usable:
            self.train(task, usable)

    def train(self, task: grid.Task, rows: list[grid.Row]) -> None:
        """All cells of a task; the functions are compiled with the first of them."""
        families = list(dict.fromkeys(row.family for row in rows))
        choices = [[activations.load(file) for file in self.files(task, family)] for family in families]
        trainer, seeds = Trainer(task.net, choices, task.budget), list(range(task.seeds))
        splits = self.splits(task, seeds)
        for row in rows:
            clock, wall = time.process_time(), time.time()
            history = trainer.run(families.index(row.family), splits, seeds, row.start)
            cost = {"cpu_seconds": round(time.process_time() - clock, 1), "wall_seconds": round(time.time() - wall, 1)}
            lines = [json.dumps(record(task, row, history, seed) | cost) for seed in seeds]
            file = cell_file(self.out, task.name, row.name)
            file.parent.mkdir(parents=True, exist_ok=True)
            partial = file.with_suffix(".partial")
            partial.write_text("\n".join(lines) + "\n")
            partial.replace(file)
            print(f"{task.name} / {row.name}: accuracy {history.accuracy[:, -1].mean():.4f}, {cost}", flush=True)

    def files(self, task: grid.Task, family: str) -> list[Path]:
        """Where the exported activation of each layer lies."""
        folder = self.out / "activations"
        if "@" not in family:
            return [activations.export(family, folder / f"{family}.py")] * task.net.layers
        return [folder / task.name / f"{family.replace('@', '_')}_{i}.py" for i in range(task.net.layers)]

    def questions(self, stage: Plan) -> tuple[list[tuple[str, str]], list[Path]]:
        """What is to be derived for the layers that lack it, from what was measured in them, and where it is to go."""
        questions, files = [], []
        for task, rows in stage:
            for family in dict.fromkeys(row.family for row in rows if "@" in row.family):
                base, fit = family.split("@")
                for i, file in enumerate(self.files(task, family)):
                    if not file.exists():
                        questions.append((base, activations.FITS[fit](self.pilot(task, base)[i])))
                        files.append(file)
        return questions, files

    @staticmethod
    def derive(questions: list[tuple[str, str]], files: list[Path]) -> None:
        """Derives in one process, since there may be but one on a machine that does algebra, and exports."""
        answers = activations.derived(questions) if questions else []
        for file, (text, record) in zip(files, answers, strict=True):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.with_suffix(".json").write_text(json.dumps(record, indent=1) + "\n")
            if text:
                activations.export(text, file)

    def pilot(self, task: grid.Task, base: str) -> list[np.ndarray]:
        """Pre-activations of each layer over the training of two nets with the base activation, on seeds of their own."""
        file = self.out / "pilot" / f"{task.name}_{base}.npz"
        if not file.exists():
            self.pilots(task, file.parent)
        with np.load(file) as arrays:
            return [arrays[name] for name in sorted(arrays.files)]

    def pilots(self, task: grid.Task, folder: Path) -> None:
        """Trains the nets for `pilot` and writes 4096 values a layer, drawn from all epochs."""
        seeds = [grid.PILOT_SEED, grid.PILOT_SEED + 1]
        choices = [[activations.load(file) for file in self.files(task, base)] for base in grid.BASES]
        trainer, splits = Trainer(task.net, choices, task.budget), self.splits(task, seeds)
        folder.mkdir(parents=True, exist_ok=True)
        for which, base in enumerate(grid.BASES):
            taps = trainer.run(which, splits, seeds, 0.0).taps
            rng = np.random.default_rng(grid.PILOT_SEED)
            drawn = {f"layer{i}": rng.choice(layer[:, 1:].ravel(), 4096) for i, layer in enumerate(taps)}
            np.savez_compressed(folder / f"{task.name}_{base}.npz", **drawn)
        print(f"{task.name}: pilots", flush=True)

    @staticmethod
    def splits(task: grid.Task, seeds: list[int]) -> list[Split]:
        """The data of each seed."""
        return [LOADERS[task.data](seed, task.train) for seed in seeds]


def cell_file(out: Path, task: str, row: str) -> Path:
    """Where a cell lies."""
    return out / "cells" / task / f"{row.replace(' ', '_')}.jsonl"


def record(task: grid.Task, row: grid.Row, history: History, seed: int) -> dict:
    """What is kept of one seed: lists over epochs, within lists over layers where there are layers."""
    entering = [[measure(epoch) for epoch in layer[seed]] for layer in history.taps]
    leaving = [[measure(epoch) for epoch in layer[seed]] for layer in history.outputs]
    return {
        "task": task.name,
        "activation": row.name,
        "seed": seed,
        "accuracy": short(history.accuracy[seed]),
        "test_loss": short(history.test_loss[seed]),
        "train_loss": short(history.train_loss[seed]),
        "parameter": [short(layer) for layer in history.parameters[seed].T],
        "input_mean": [short(layer[seed].mean(axis=-1)) for layer in history.taps],
        "input_deviation": [short(layer[seed].std(axis=-1)) for layer in history.taps],
        "input_negentropy": [short([e.negentropy for e in layer]) for layer in entering],
        "entropy": [short([e.entropy for e in layer]) for layer in leaving],
        "atoms": [short([e.atoms for e in layer]) for layer in leaving],
        "negentropy": [short([e.negentropy for e in layer]) for layer in leaving],
        "negentropy_off_atoms": [short([e.negentropy_off_atoms for e in layer]) for layer in leaving],
    }


def short(values: object) -> list[float | None]:
    """Six digits; what is not finite is null."""
    return [float(f"{v:.6g}") if np.isfinite(v) else None for v in np.asarray(values, dtype=float)]


def environment(arguments: list[str]) -> dict:
    """The machine and the versions."""
    names = ["jax", "jaxlib", "numpy", "optax", "scikit-learn", "scipy"]
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=HERE, capture_output=True, text=True).stdout.strip()
    return {
        "command": " ".join(["derivations/study/run.py", *arguments]),
        "commit": commit,
        "python": platform.python_version(),
        "packages": {name: importlib.metadata.version(name) for name in names},
        "machine": platform.machine(),
        "processor": processor(),
        "threads": 1,
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
    }


def processor() -> str:
    """The processor's name where Linux tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "unknown")


def plan(reduced: bool) -> Plan:
    """The cells in the order they are trained."""
    if reduced:
        rows = [row for row in grid.ROWS if row.name in grid.REDUCED_ROWS]
        return [(grid.reduced(task), rows) for task in grid.TASKS if task.name in grid.REDUCED_TASKS]
    cells = []
    for task in grid.TASKS:
        cells.append((task, grid.ROWS))
        if task.name == grid.CATALOGUE_TASK:
            cells.append((task, grid.CATALOGUE))
    return cells


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    size = parser.add_mutually_exclusive_group(required=True)
    size.add_argument("--full", action="store_true", help="every cell")
    size.add_argument("--reduced", action="store_true", help="two tasks, four activations, one epoch")
    size.add_argument("--report", action="store_true", help="no training: tables and pictures from what is there")
    parser.add_argument("--out", type=Path, default=None, help="results folder (default: results, or results-reduced)")
    options = parser.parse_args()
    out = options.out or HERE / ("results-reduced" if options.reduced else "results")
    out.mkdir(parents=True, exist_ok=True)
    if not options.report:
        arguments = ["--reduced" if options.reduced else "--full"]
        (out / "environment.json").write_text(json.dumps(environment(arguments), indent=1) + "\n")
        Study(out, plan(options.reduced)).run()
    import report

    report.write(out)


if __name__ == "__main__":
    main()
