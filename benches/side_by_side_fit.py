"""Fits by eafo and by SciPy side by side, in one run.

usage: python3 benches/side_by_side_fit.py [RUNS] [VALUES]     (needs: numpy, scipy, and a `cargo build --release`)
Draws VALUES (1e6 unless said otherwise) numbers of a Student t distribution with 5 degrees of freedom into an .npy file, runs
`eafo fit` with the families normal, logistic and student_t as a whole process (start, reading, sorting, hash, entropies of the
values and the table included) and peers/fit_scipy.py alternately, of which only the fits count, and prints the medians, the
ratio and by how much the log-likelihoods differ.
"""
import json, pathlib, statistics, subprocess, sys, tempfile, time
import numpy as np

here = pathlib.Path(__file__).resolve().parent
runs = int(sys.argv[1]) if len(sys.argv) > 1 else 3
count = int(float(sys.argv[2])) if len(sys.argv) > 2 else 10**6

with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder) / "values.npy"
    np.save(path, 0.3 + 0.8 * np.random.default_rng(1).standard_t(5, count))
    ours, theirs, each = [], [], {}
    for _ in range(runs):
        command = [here.parent / "target/release/eafo", "fit", path, "--family", "normal,logistic,student_t",
                   "--bootstrap", "0", "--keep", str(count), "--json"]
        start = time.perf_counter()
        text = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        ours.append(time.perf_counter() - start)
        command = [sys.executable, here / "peers" / "fit_scipy.py", path]
        lines = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.split("\n")
        found = {name: (float(s), float(l)) for name, s, l in (line.split() for line in lines if line)}
        theirs.append(sum(seconds for seconds, _ in found.values()))
        for name, (seconds, _) in found.items():
            each.setdefault(name, []).append(seconds)
a, b = statistics.median(ours), statistics.median(theirs)
parts = ", ".join(f"{name} {statistics.median(times):.3f}" for name, times in each.items())
print(f"{count} values: eafo {a:.3f} s as a whole process, SciPy's three fits {b:.3f} s ({parts}), ratio {b / a:.0f}")
for candidate in json.loads(text)["candidates"]:
    name, value = candidate["family"], candidate["log_likelihood"]
    print(f"{name}: log-likelihood {value:.6f}, SciPy {found[name][1]:.6f}, relative difference "
          f"{(value - found[name][1]) / abs(value):.1e}")
