"""What collecting costs, in per cent of a training step: `python3 measure_overhead.py torch|flax`.

A perceptron 784-512-512-10 with a batch of 128, SGD; medians over 300 steps, with and without, taken alternately in blocks of 20
so that other work on the machine strikes both."""

import statistics
import sys
import time
from collections.abc import Callable

STEPS, BLOCK = 300, 20


def torch_steps(every: int) -> tuple[Callable[[], None], Callable[[], None]]:
    """A training step without and with the collector."""
    import torch
    from torch import nn

    from eafo_collect_torch import Collector

    torch.set_num_threads(1)
    x, y = torch.randn(128, 784), torch.randint(0, 10, (128,))

    def trainer(collected: bool) -> Callable[[], None]:
        model = nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10))
        optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
        collector = Collector(model, types=(nn.ReLU,), every=every) if collected else None

        def step() -> None:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x), y).backward()
            optimizer.step()
            if collector:
                collector.step()

        return step

    return trainer(False), trainer(True)


def flax_steps(every: int) -> tuple[Callable[[], None], Callable[[], None]]:
    """A compiled training step without and with the collector; `every` has a second compiled step pass the rest by."""
    import jax
    import jax.numpy as jnp
    import optax
    from flax import nnx

    from eafo_collect_flax import Collector, taps

    x, y = jax.random.normal(jax.random.key(0), (128, 784)), jnp.arange(128) % 10

    class Network(nnx.Module):
        def __init__(self):
            rngs = nnx.Rngs(0)
            self.hidden = nnx.List([nnx.Linear(784, 512, rngs=rngs), nnx.Linear(512, 512, rngs=rngs)])
            self.head = nnx.Linear(512, 10, rngs=rngs)

        def __call__(self, x):
            for layer in self.hidden:
                x = jax.nn.relu(layer(x))
            return self.head(x)

    def compiled(call: Callable) -> Callable:
        @nnx.jit
        def step(model, optimizer):
            def loss(model):
                logits, taken = call(model)
                return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean(), taken

            (value, taken), slopes = nnx.value_and_grad(loss, has_aux=True)(model)
            optimizer.update(model, slopes)
            return value, taken

        return step

    plain, tapped = compiled(lambda model: (model(x), {})), compiled(lambda model: taps(model, x, pattern="hidden"))

    def trainer(collected: bool) -> Callable[[], None]:
        model, collector, done = Network(), Collector(), [0]
        optimizer = nnx.Optimizer(model, optax.sgd(1e-3), wrt=nnx.Param)

        def step() -> None:
            taking = collected and done[0] % every == 0
            value, taken = (tapped if taking else plain)(model, optimizer)
            collector.add(done[0], taken)
            value.block_until_ready()
            done[0] += 1

        return step

    return trainer(False), trainer(True)


def main() -> None:
    maker = {"torch": torch_steps, "flax": flax_steps}[sys.argv[1]]
    for every in (1, 10):
        times: tuple[list[float], list[float]] = ([], [])
        steps = maker(every)
        for step in steps:
            for _ in range(BLOCK):
                step()
        for block in range(2 * STEPS // BLOCK):
            for _ in range(BLOCK):
                start = time.thread_time()
                steps[block % 2]()
                times[block % 2].append(time.thread_time() - start)
        without, collected = (sum(t) / len(t) for t in times)
        median = [statistics.median(t) * 1e3 for t in times]
        print(
            f"{sys.argv[1]}, every {every}: {without * 1e3:.2f} ms a step, {collected * 1e3:.2f} ms with the collector: "
            f"{100 * (collected / without - 1):+.1f} % (medians {median[0]:.2f}, {median[1]:.2f})"
        )


if __name__ == "__main__":
    main()
