"""Forward and backward of the exported CRReLU beside the formula as one would write it and the framework's GELU, in one run, one
thread, float32, 2^20 numbers. Each figure is the least of several runs, in ms; every function is checked against the others first.

    cargo build --release && python3 benches/side_by_side_export.py jax      # in a Python with jax
    cargo build --release && /usr/bin/python3 benches/side_by_side_export.py torch
"""

import importlib
import os
import pathlib
import subprocess
import sys
import tempfile
import time

EAFO = pathlib.Path(__file__).resolve().parent.parent / "target/release/eafo"
SIZE = 1 << 20
REPEATS = 30


def exported(target):
    """The module that `eafo export crrelu` writes."""
    folder = tempfile.mkdtemp()
    path = os.path.join(folder, f"crrelu_{target}.py")
    subprocess.run([EAFO, "export", "crrelu", "--to", target, "-o", path], check=True)
    sys.path.insert(0, folder)
    return importlib.import_module(f"crrelu_{target}").crrelu


def least(run):
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return 1e3 * min(times)


def torch_rows():
    import torch

    torch.set_num_threads(1)
    crrelu = exported("pytorch")
    x = torch.randn(SIZE, generator=torch.Generator().manual_seed(0)).requires_grad_()
    eps = torch.tensor([0.01], requires_grad=True)
    naive = lambda x: torch.clamp(x, min=0) + eps * x * torch.exp(-(x**2) / 2)
    ours = lambda x: crrelu(x, eps)
    gradient = lambda f: torch.autograd.grad(f(x).sum(), [x, eps], allow_unused=True)
    for a, b in zip(gradient(ours), gradient(naive)):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)
    rows = [("exported", ours), ("naive", naive), ("GELU", torch.nn.functional.gelu)]

    def forward(f):
        with torch.no_grad():
            f(x)

    print(f"torch {torch.__version__}, {SIZE} numbers, one thread, ms")
    for name, f in rows:
        both, alone = least(lambda: gradient(f)), least(lambda: forward(f))
        print(f"{name:10} forward {alone:7.2f}   forward and backward {both:7.2f}")


def jax_rows():
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    import jax
    import jax.numpy as jnp
    import numpy as np

    crrelu = exported("jax")
    x = jax.random.normal(jax.random.key(0), (SIZE,))
    naive = lambda x, eps: jnp.maximum(x, 0) + eps * x * jnp.exp(-(x**2) / 2)
    gelu = lambda x, eps: jax.nn.gelu(x, approximate=False)
    rows = [("exported", crrelu), ("naive", naive), ("GELU", gelu)]
    gradient = lambda f: jax.jit(jax.grad(lambda x, eps: f(x, eps).sum(), argnums=(0, 1)))
    for a, b in zip(gradient(crrelu)(x, 0.01), gradient(naive)(x, 0.01)):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)
    print(f"jax {jax.__version__}, {SIZE} numbers, one thread, jit, ms")
    for name, f in rows:
        both, alone = gradient(f), jax.jit(f)
        jax.block_until_ready((both(x, 0.01), alone(x, 0.01)))
        both = least(run(both, x))
        print(f"{name:10} forward {least(run(alone, x)):7.2f}   forward and backward {both:7.2f}")


def run(f, x):
    import jax

    return lambda: jax.block_until_ready(f(x, 0.01))


{"torch": torch_rows, "jax": jax_rows}[sys.argv[1]]()
