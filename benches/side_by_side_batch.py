"""Values and slopes of CRReLU, GELU and SiLU over 10^7 doubles, ours beside NumPy's, alternately in one run, on one thread.
usage: python3 benches/side_by_side_batch.py      (needs: cargo, numpy, scipy)
"""
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ["cargo", "bench", "--bench", "batch", "--no-run", "--message-format=short"]


def lines(command):
    text = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return {w[0]: float(w[1]) for w in (line.split() for line in text.splitlines()) if len(w) == 2}


def main():
    report = subprocess.run(BUILD, cwd=ROOT, capture_output=True, text=True, check=True).stderr
    ours = report.split("(")[-1].split(")")[0]
    rounds = [(lines([ours]), lines([sys.executable, "benches/peers/batch_numpy.py"])) for _ in range(3)]
    best = lambda side, name: min(r[side][name] for r in rounds)
    memory = best(0, "memory")
    print(f"{'':8}{'eafo':>10}{'NumPy':>10}{'ratio':>8}   ns per point; {memory:.2f} for a copy of the same slices")
    for name in ("crrelu", "gelu", "silu"):
        a, b = best(0, name), best(1, name)
        print(f"{name:8}{a:10.2f}{b:10.2f}{b / a:8.1f}   {100 * memory / a:.0f} % of memory bandwidth")


if __name__ == "__main__":
    main()
