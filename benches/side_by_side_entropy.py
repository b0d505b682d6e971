"""Entropies by eafo and by SciPy's QUADPACK side by side, in one run, each timed inside its own process.

usage: python3 benches/side_by_side_entropy.py [RUNS]      (needs: scipy, cargo)
Runs `cargo bench --bench entropy` and peers/entropy_scipy.py alternately, the latter with `monotone` and with `all`, and
prints the median milliseconds per pair of each, the ratios, the largest deviation between the two, and our time for all
pairs of tests/reference/entropy.json. The peer reports one mean per run: its non-monotone pairs are what `all` takes more
than the monotone pairs.
"""
import pathlib, statistics, subprocess, sys

here = pathlib.Path(__file__).resolve().parent
runs = int(sys.argv[1]) if len(sys.argv) > 1 else 3

def lines(command):
    text = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=here.parent).stdout
    return [line.split() for line in text.splitlines() if line.strip()]

def peer(mode):
    """The entropies by pair and the total milliseconds."""
    found = lines([sys.executable, here / "peers" / "entropy_scipy.py", mode])
    values = {(a, d): float(v) for a, d, v in (words for words in found if len(words) == 3)}
    return values, float(found[-1][1]) * len(values)

def ours():
    """(kind, activation, input) -> (entropy, milliseconds), and the milliseconds of the whole table."""
    found = lines(["cargo", "bench", "--quiet", "--bench", "entropy"])
    pairs = {tuple(w[:3]): (float(w[3]), float(w[4]) / 1e3) for w in found if len(w) == 5}
    table = next(float(w[2]) for w in found if w[0] == "table")
    return pairs, table

monotone, non_monotone, tables = ([], []), ([], []), []
for _ in range(runs):
    pairs, table = ours()
    tables.append(table)
    values, all_ms = peer("all")
    fewer, monotone_ms = peer("monotone")
    for kind, sink, theirs, count in (
        ("monotone", monotone, monotone_ms, len(fewer)),
        ("non_monotone", non_monotone, all_ms - monotone_ms, len(values) - len(fewer)),
    ):
        times = [ms for (k, _, _), (_, ms) in pairs.items() if k == kind]
        assert len(times) == count, (kind, len(times), count)
        sink[0].append(sum(times) / count)
        sink[1].append(theirs / count)

for name, (mine, theirs) in (("monotone", monotone), ("non-monotone", non_monotone)):
    a, b = statistics.median(mine), statistics.median(theirs)
    print(f"{name} pair: eafo {a:.4f} ms, SciPy {b:.4f} ms, ratio {b / a:.0f}")
for kind in ("monotone", "non_monotone"):
    worst, a, d = max((abs(value - values[a, d]), a, d) for (k, a, d), (value, _) in pairs.items() if k == kind)
    print(f"largest deviation, {kind.replace('_', '-')}: {worst:.1e} ({a} under {d})")
print(f"all pairs of tests/reference/entropy.json, one thread, one process: {statistics.median(tables):.1f} ms")
