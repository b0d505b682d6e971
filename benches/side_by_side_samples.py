#!/usr/bin/env python3
"""Reading 10^8 float32 samples against a plain sequential read of the same file, in one run, alternately.

    cargo build --release --example read_samples && python3 benches/side_by_side_samples.py [--count 100000000] [--rounds 3]

The plain read is Python's readinto with a buffer of 1 MiB. Both are timed from the page cache, and from the disk after the
file was dropped from the cache (posix_fadvise). Ours reads, hashes (SHA-256), takes moments up to the fourth order and
keeps a uniform sample of 10^6; the peak of its resident memory is its own VmHWM. Needs no packages.
"""

import argparse
import array
import os
import random
import statistics
import subprocess
import tempfile
import time

BUFFER = 1 << 20


def generate(path, count):
    """A .npy file of float32 numbers, a million normal ones over and over."""
    rng = random.Random(1)
    block = array.array("f", (rng.gauss(0, 1) for _ in range(min(count, 1_000_000)))).tobytes()
    text = "{'descr': '<f4', 'fortran_order': False, 'shape': (%d,), }" % count
    text += " " * (-(len(text) + 11) % 64) + "\n"
    with open(path, "wb") as f:
        f.write(b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode())
        left = 4 * count
        while left > 0:
            f.write(block[:left])
            left -= len(block)
        f.flush()
        os.fsync(f.fileno())


def plain(path):
    buffer = bytearray(BUFFER)
    start = time.perf_counter()
    with open(path, "rb", buffering=0) as f:
        while f.readinto(buffer):
            pass
    return time.perf_counter() - start


def ours(program, path):
    out = subprocess.run([program, path], capture_output=True, text=True, check=True).stdout.split()
    return float(out[0]), float(out[1]), int(out[2])


def drop(path):
    fd = os.open(path, os.O_RDONLY)
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(fd)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=100_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--program", default="target/release/examples/read_samples")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "samples.npy")
        small = os.path.join(folder, "small.npy")
        generate(path, args.count)
        generate(small, args.count // 10)
        plain(path)
        for where in ("page cache", "disk"):
            times = {"plain": [], "ours": [], "ours, CPU": []}
            for _ in range(args.rounds):
                if where == "disk":
                    drop(path)
                times["plain"].append(plain(path))
                if where == "disk":
                    drop(path)
                wall, cpu, peak = ours(args.program, path)
                times["ours"].append(wall)
                times["ours, CPU"].append(cpu)
            medians = {name: statistics.median(t) for name, t in times.items()}
            ratio = medians["ours"] / medians["plain"]
            print(f"{where}: " + ", ".join(f"{n} {t:.3f} s" for n, t in medians.items()) + f": {ratio:.2f} times")
        print(f"peak memory: {peak} kB for {args.count} samples, {ours(args.program, small)[2]} kB for a tenth of them")


if __name__ == "__main__":
    main()
