"""Collects pre-activations of a PyTorch network while it trains, for `eafo fit`.

    with Collector(model, types=(nn.ReLU, nn.GELU)) as collector:
        for images, labels in loader:
            loss(model(images), labels).backward()
            ...
            collector.step()
    collector.save("layers.npz")
"""

import numpy as np
import torch
from torch import nn

from eafo_reservoir import Reservoirs, chosen


class Collector(Reservoirs):
    """Hooks the modules of the given types whose name matches `pattern`, and keeps `size` values of each, drawn uniformly
    from all that passed in training mode at every `every`-th step.

    Taken is what enters the module; with `output=True` what leaves it, for activations that are functions and not modules:
    hook the Linear or Conv before them. A module called twice a step, as with shared ones, is one layer."""

    def __init__(
        self,
        model: nn.Module,
        *,
        types: tuple[type, ...] = (),
        pattern: str | None = None,
        output: bool = False,
        size: int = 2000,
        seed: int = 0,
        every: int = 1,
    ):
        super().__init__(size, seed)
        self.every, self.steps_done = every, 0
        modules = {n: m for n, m in model.named_modules() if n and chosen(n, m, types, pattern)}
        if not modules or not (types or pattern):
            raise ValueError(f"no module chosen by types {types} and pattern {pattern!r}; there are {_names(model)}")
        self._hooks = [self._hook(name, module, output) for name, module in modules.items()]

    def step(self) -> None:
        """To be called after each training step."""
        self.steps_done += 1

    def close(self) -> None:
        """Takes the hooks off."""
        for hook in self._hooks:
            hook.remove()

    def __enter__(self) -> "Collector":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _hook(self, name: str, module: nn.Module, output: bool) -> torch.utils.hooks.RemovableHandle:
        def see(module: nn.Module, values: torch.Tensor) -> None:
            if module.training and self.steps_done % self.every == 0:
                flat = values.detach().reshape(-1)
                self.offer(name, flat.numel(), lambda places: _taken(flat, places), self.steps_done)

        if output:
            return module.register_forward_hook(lambda module, _, result: see(module, result))
        return module.register_forward_pre_hook(lambda module, args: see(module, args[0]))


def _taken(flat: torch.Tensor, places: np.ndarray) -> np.ndarray:
    """The values at some places; only these are copied from the device."""
    return flat[torch.from_numpy(places).to(flat.device)].float().cpu().numpy()


def _names(model: nn.Module) -> str:
    return ", ".join(f"{name} ({type(module).__name__})" for name, module in model.named_modules() if name)
