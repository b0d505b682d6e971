"""eafo and SymPy side by side, as whole processes, alternately, in one run.

usage: python3 benches/side_by_side.py [RUNS]      (needs: sympy; target/release/eafo built)
Prints the median seconds of each, and the ratio, for one activation and for the seven of peers/derive_sympy.py.
"""
import pathlib, statistics, subprocess, sys, time

here = pathlib.Path(__file__).resolve().parent
runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
eafo = here.parent / "target" / "release" / "eafo"

def seconds(command):
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start

for names in (["relu"], ["relu", "sigmoid", "tanh", "softplus", "silu", "gelu", "mish"]):
    ours, theirs = [], []
    for _ in range(runs):
        ours.append(seconds([eafo, "derive", *names, "--input", "normal(0,1)", "--json"]))
        theirs.append(seconds([sys.executable, here / "peers" / "derive_sympy.py", *names]))
    a, b = statistics.median(ours), statistics.median(theirs)
    print(f"{len(names)} activation(s): eafo {a:.4f} s (checks included), SymPy {b:.4f} s, ratio {b / a:.0f}")
