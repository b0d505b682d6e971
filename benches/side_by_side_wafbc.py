"""The worst activation under N(0,1) on 10000 cells: `eafo wafbc --numeric 10000` as a whole process, algebra, checks and
convergence table included, beside benches/peers/wafbc_scipy.py, whose seconds are those inside its process.

usage: python3 benches/side_by_side_wafbc.py [CELLS]      (after cargo build --release; the peer needs numpy and scipy)
"""
import json, os, subprocess, sys, time

root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
cells = sys.argv[1] if len(sys.argv) > 1 else "10000"

def ours(n):
    command = [os.path.join(root, "target/release/eafo"), "wafbc", "--input", "normal(0,1)", "--numeric", str(n), "--json"]
    started = time.perf_counter()
    out = subprocess.run(command, capture_output=True, check=True).stdout
    return time.perf_counter() - started, json.loads(out)["numeric"]

peer = subprocess.run([sys.executable, os.path.join(root, "benches/peers/wafbc_scipy.py"), cells], capture_output=True, text=True, check=True)
words = peer.stdout.split()
theirs = dict(zip(words[0::2], map(float, words[1::2])))
seconds, numeric = min((ours(cells) for _ in range(3)), key=lambda run: run[0])
print(f"SciPy  {theirs['seconds']:.3f} s, deviation {theirs['deviation']:.1e}, {theirs['iterations']:.0f} iterations")
print(f"eafo   {seconds:.3f} s, deviation {numeric['max_abs_deviation']:.1e}, {numeric['iterations']} iterations")
print(f"{theirs['seconds'] / seconds:.0f} times faster")
small, large = ours(10**5)[0], ours(10**6)[0]
print(f"10^5 cells {small:.2f} s, 10^6 cells {large:.2f} s: {large / small:.1f} times")
