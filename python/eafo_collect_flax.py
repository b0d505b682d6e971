"""Collects pre-activations of a Flax network, nnx or linen, while it trains, for `eafo fit`.

Activations in Flax are functions, so what is taken is what leaves the layers before them: Linear, Conv, or whatever
`types` and `pattern` choose. In nnx:

    @nnx.jit
    def train_step(model, optimizer, images, labels):
        def loss(model):
            logits, taken = taps(model, images, types=(nnx.Linear,), pattern="hidden")
            return cross_entropy(logits, labels).mean(), taken
        (value, taken), slopes = nnx.value_and_grad(loss, has_aux=True)(model)
        optimizer.update(model, slopes)
        return value, taken

    collector = Collector(size=2000, seed=0)
    for step, (images, labels) in enumerate(loader):
        value, taken = train_step(model, optimizer, images, labels)
        collector.add(step, taken)
    collector.save("layers.npz")

In linen, `logits, taken = linen_taps(model, variables, images, types=(nn.Dense,))`. What is not chosen is never computed
twice nor copied: under `jit`, XLA drops it.
"""

from typing import Any

import jax
import numpy as np
from flax import linen as nn
from flax import nnx
from flax.traverse_util import flatten_dict

from eafo_reservoir import Reservoirs, chosen

Taken = dict[str, tuple[jax.Array, ...]]


def taps(
    model: nnx.Module, *args: Any, types: tuple[type, ...] = (), pattern: str | None = None, **kwargs: Any
) -> tuple[Any, Taken]:
    """Calls an nnx model: its result, and what left each chosen module, call by call, by its path."""
    names = {".".join(map(str, path)): module for path, module in nnx.iter_modules(model) if path}
    wanted = {name for name, module in names.items() if chosen(name, module, types, pattern)}
    if not wanted:
        raise ValueError(f"no module chosen by types {types} and pattern {pattern!r}; there are {_listed(names)}")
    result, state = nnx.capture(model, nnx.Intermediate, method_outputs=nnx.Intermediate)(*args, **kwargs)
    seen = {".".join(map(str, path)): value.get_value() for path, value in nnx.to_flat_state(state)}
    return result, {name: seen[f"{name}.__call__"] for name in sorted(wanted) if f"{name}.__call__" in seen}


def linen_taps(
    model: nn.Module,
    variables: Any,
    *args: Any,
    types: tuple[type, ...] = (),
    pattern: str | None = None,
    **kwargs: Any,
) -> tuple[Any, Taken]:
    """Applies a linen model: its result, and what left each chosen module, call by call, by its path."""

    def wanted(module: nn.Module, method: str) -> bool:
        return method == "__call__" and bool(module.path) and chosen(".".join(module.path), module, types, pattern)

    result, state = model.apply(variables, *args, capture_intermediates=wanted, mutable=["intermediates"], **kwargs)
    flat = flatten_dict(state.get("intermediates", {}))
    taken = {".".join(path[:-1]): calls for path, calls in flat.items()}
    if not taken:
        raise ValueError(f"no module chosen by types {types} and pattern {pattern!r}")
    return result, taken


class Collector(Reservoirs):
    """Keeps `size` values of each layer, drawn uniformly from all that were added."""

    def add(self, step: int, taken: Taken) -> None:
        """Adds what `taps` took at a training step."""
        for name, calls in taken.items():
            for values in calls:
                flat = np.asarray(values).reshape(-1)
                self.offer(name, flat.size, flat.__getitem__, step)


def _listed(names: dict[str, Any]) -> str:
    return ", ".join(f"{name} ({type(module).__name__})" for name, module in names.items())
