"""Training one cell: one net on one data set with one activation, all seeds at once.

Compiling takes longer than training nets of this size, so all activations of a task are compiled at once, and which one
is used is an argument.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from data import Split
from nets import Layer, Net, Weights

# An activation and its parameter, which it may ignore.
Activation = Callable[[jax.Array, jax.Array], jax.Array]


@dataclass(frozen=True)
class Budget:
    """What every activation gets: the same for all."""

    epochs: int
    batch: int
    rate: float
    probe: int


@dataclass(frozen=True)
class History:
    """After each epoch (first axis: seeds, second: epochs, epoch 0 before training). `taps` and `outputs` hold, for each
    layer, what goes into the activation and what comes out, (seeds, epochs, samples), for the first `probe` training
    images; `parameters` is (seeds, epochs, layers)."""

    accuracy: np.ndarray
    test_loss: np.ndarray
    train_loss: np.ndarray
    parameters: np.ndarray
    taps: list[np.ndarray]
    outputs: list[np.ndarray]


SAMPLES = 2048


class Trainer:
    """The compiled functions of a net. `choices[k]` is the k-th activation that it may be trained with, one function for
    each of its layers."""

    def __init__(self, net: Net, choices: list[list[Activation]], budget: Budget):
        self.net, self.budget = net, budget
        self.layers = [switched([choice[i] for choice in choices]) for i in range(net.layers)]
        self.optimizer = optax.adam(budget.rate)
        self.epoch = jax.jit(jax.vmap(self._epoch, in_axes=(None, 0, 0, 0, 0)))
        self.measure = jax.jit(jax.vmap(self._measure, in_axes=(None, 0, 0, 0, 0)))

    def run(self, which: int, splits: list[Split], seeds: list[int], initial: float) -> History:
        """Trains one net for each seed on the split of the same index, with the activation `choices[which]`."""
        train_x, train_y, test_x, test_y = (
            jnp.stack([getattr(s, field) for s in splits])
            for field in ("train_images", "train_labels", "test_images", "test_labels")
        )
        rngs = [np.random.default_rng(seed) for seed in seeds]
        weights = jax.tree.map(lambda *w: jnp.stack(w), *(self.net.init(rng, train_x.shape[2]) for rng in rngs))
        weights["activation"] = jnp.full((len(seeds), self.net.layers), initial, jnp.float32)
        state = weights, jax.vmap(self.optimizer.init)(weights)
        probe = train_x[:, : self.budget.probe]
        records = [(np.full(len(seeds), np.nan), *jax.device_get(self.measure(which, state[0], test_x, test_y, probe)))]
        for _ in range(self.budget.epochs):
            order = jnp.stack([rng.permutation(train_x.shape[1]) for rng in rngs])
            state, loss = self.epoch(which, state, order, train_x, train_y)
            records.append((np.asarray(loss), *jax.device_get(self.measure(which, state[0], test_x, test_y, probe))))
        return _history(records)

    def _chosen(self, which: jax.Array, weights: Weights) -> list[Layer]:
        """The activation of each layer, with the weights' parameters."""
        return [partial(layer, which, p) for layer, p in zip(self.layers, weights["activation"], strict=True)]

    def _forward(self, which: jax.Array, weights: Weights, images: jax.Array) -> tuple[jax.Array, list[jax.Array]]:
        return self.net.apply(weights, images, self._chosen(which, weights))

    def _loss(self, weights: Weights, which: jax.Array, images: jax.Array, labels: jax.Array) -> jax.Array:
        logits, _ = self._forward(which, weights, images)
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()

    def _epoch(
        self, which: jax.Array, state: Any, order: jax.Array, images: jax.Array, labels: jax.Array
    ) -> tuple[Any, jax.Array]:
        """One pass over the images in `order`, an incomplete last batch left out; the mean loss on the way."""
        batch = self.budget.batch
        steps = len(order) // batch

        def step(state: Any, chosen: jax.Array) -> tuple[Any, jax.Array]:
            weights, moments = state
            loss, slopes = jax.value_and_grad(self._loss)(weights, which, images[chosen], labels[chosen])
            change, moments = self.optimizer.update(slopes, moments)
            return (optax.apply_updates(weights, change), moments), loss

        state, losses = jax.lax.scan(step, state, order[: steps * batch].reshape(steps, batch))
        return state, losses.mean()

    def _measure(
        self, which: jax.Array, weights: Weights, images: jax.Array, labels: jax.Array, probe: jax.Array
    ) -> Any:
        """Accuracy and loss over the test images, parameters, and what enters and leaves each activation for the images of
        the probe, thinned evenly to SAMPLES values a layer."""
        chunks = _chunks(len(images))

        def part(args: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
            logits, _ = self._forward(which, weights, args[0])
            loss = optax.softmax_cross_entropy_with_integer_labels(logits, args[1])
            return (logits.argmax(-1) == args[1]).mean(), loss.mean()

        split = jax.tree.map(lambda a: a.reshape(chunks, -1, *a.shape[1:]), (images, labels))
        accuracy, loss = jax.lax.map(part, split)
        taps = [_thinned(t) for t in self._forward(which, weights, probe)[1]]
        outputs = [layer(tap) for layer, tap in zip(self._chosen(which, weights), taps, strict=True)]
        return accuracy.mean(), loss.mean(), weights["activation"], taps, outputs


def switched(choices: list[Activation]) -> Callable[[jax.Array, jax.Array, jax.Array], jax.Array]:
    """A function of (which, parameter, x): choices[which](x, parameter). What it keeps for the gradient is its two slopes,
    where differentiating `switch` itself would keep what any of the choices needs."""

    def with_slopes(f: Activation, p: jax.Array, x: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        value, by_x = jax.jvp(lambda x: f(x, p), (x,), (jnp.ones_like(x),))
        _, by_p = jax.jvp(lambda p: f(x, p), (p,), (jnp.ones_like(p),))
        return value, by_x, by_p

    values = [lambda p, x, f=f: f(x, p) for f in choices]
    slopes = [partial(with_slopes, f) for f in choices]

    @jax.custom_jvp
    def layer(which: jax.Array, p: jax.Array, x: jax.Array) -> jax.Array:
        return jax.lax.switch(which, values, p, x)

    @layer.defjvp
    def rule(primals: tuple, tangents: tuple) -> tuple[jax.Array, jax.Array]:
        value, by_x, by_p = jax.lax.switch(primals[0], slopes, *primals[1:])
        return value, by_x * tangents[2] + by_p * tangents[1]

    return layer


def _chunks(images: int) -> int:
    """The least number of equal parts of at most 1000 images."""
    return next(c for c in range(1, images + 1) if images % c == 0 and images // c <= 1000)


def _thinned(tap: jax.Array) -> jax.Array:
    """SAMPLES values spread evenly over a layer's pre-activations, all of them where there are fewer."""
    flat = tap.reshape(-1)
    return flat[np.linspace(0, flat.size - 1, min(SAMPLES, flat.size)).astype(int)]


def _history(records: list[Any]) -> History:
    loss, accuracy, test_loss, parameters, taps, outputs = zip(*records, strict=True)
    return History(
        accuracy=np.stack(accuracy, 1),
        test_loss=np.stack(test_loss, 1),
        train_loss=np.stack(loss, 1),
        parameters=np.stack(parameters, 1),
        taps=[np.stack(layer, 1) for layer in zip(*taps, strict=True)],
        outputs=[np.stack(layer, 1) for layer in zip(*outputs, strict=True)],
    )
