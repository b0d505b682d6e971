"""A uniform sample of what passes through each layer, of fixed size, however long training takes.

Used by `eafo_collect_torch.py` and `eafo_collect_flax.py`; copy it along with either. What `save` writes, `eafo fit FILE` reads:
one float32 array a layer under the layer's name, beside it two of integers, which `eafo fit` passes over: `NAME:steps`, the
training step that each value is from, and `NAME:seen`, how many values went by.
"""

import math
import random
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np


class Reservoir:
    """Li's algorithm L (ACM TOMS 20, 1994): it draws random numbers for the values that it takes, about
    size * log(seen/size) in all, and none for those that it passes over."""

    def __init__(self, size: int, seed: str):
        if size < 1:
            raise ValueError(f"size: {size}, but a reservoir holds at least one value")
        self.size, self.seen = size, 0
        self.values = np.empty(size, np.float32)
        self.steps = np.empty(size, np.int64)
        self._random = random.Random(seed)
        self._weight, self._next = 1.0, size - 1
        self._skip()

    def offer(self, count: int, take: Callable[[np.ndarray], np.ndarray], step: int) -> None:
        """Passes `count` values by; `take` returns those at the positions it is given, so that no more leave the device."""
        fill = range(self.seen, min(self.size, self.seen + count))
        slots, places = list(fill), [i - self.seen for i in fill]
        while self._next < self.seen + count:
            slots.append(self._random.randrange(self.size))
            places.append(self._next - self.seen)
            self._skip()
        self.seen += count
        if places:
            # Of a slot taken twice NumPy keeps the last, as it should.
            self.values[slots] = take(np.asarray(places))
            self.steps[slots] = step

    def _skip(self) -> None:
        self._weight *= math.exp(math.log(1.0 - self._random.random()) / self.size)
        self._next += 1 + math.floor(math.log(1.0 - self._random.random()) / math.log1p(-self._weight))


class Reservoirs:
    """One reservoir a layer, seeded by `seed` and the layer's name."""

    def __init__(self, size: int = 2000, seed: int = 0):
        self.size, self.seed = size, seed
        self.layers: dict[str, Reservoir] = {}

    def offer(self, name: str, count: int, take: Callable[[np.ndarray], np.ndarray], step: int) -> None:
        """Passes `count` values of a layer by, see `Reservoir.offer`."""
        if name not in self.layers:
            self.layers[name] = Reservoir(self.size, f"{self.seed}:{name}")
        self.layers[name].offer(count, take, step)

    def save(self, path: str | Path) -> None:
        """Writes an .npz file."""
        arrays = {}
        for name, layer in self.layers.items():
            kept = min(layer.seen, layer.size)
            arrays[name] = layer.values[:kept]
            arrays[f"{name}:steps"] = layer.steps[:kept]
            arrays[f"{name}:seen"] = np.int64(layer.seen)
        with open(path, "wb") as file:
            np.savez_compressed(file, **arrays)


def chosen(name: str, module: object, types: tuple[type, ...], pattern: str | None) -> bool:
    """Whether a module is wanted: one of the types, where any is given, and its name matches the pattern, if given."""
    return (not types or isinstance(module, types)) and (pattern is None or re.search(pattern, name) is not None)
