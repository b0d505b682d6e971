"""Training one cell: one net on one data set with one activation, all seeds at once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from data import Split
from nets import Layer, Net, Weights

# One parameter vector (layers,) to one activation for each layer; without parameters the vector is ignored.
Family = Callable[[jax.Array], list[Layer]]


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
    """The compiled functions of a net with a family of activations; initial parameters are an argument, so that
    activations that differ in these alone share the compilation."""

    def __init__(self, net: Net, family: Family, budget: Budget):
        self.net, self.family, self.budget = net, family, budget
        self.optimizer = optax.adam(budget.rate)
        self.epoch = jax.jit(jax.vmap(self._epoch))
        self.measure = jax.jit(jax.vmap(self._measure))

    def run(self, splits: list[Split], seeds: list[int], initial: float) -> History:
        """Trains one net for each seed on the split of the same index."""
        train_x, train_y, test_x, test_y = (
            jnp.stack([getattr(s, field) for s in splits])
            for field in ("train_images", "train_labels", "test_images", "test_labels")
        )
        rngs = [np.random.default_rng(seed) for seed in seeds]
        weights = jax.tree.map(lambda *w: jnp.stack(w), *(self.net.init(rng, train_x.shape[2]) for rng in rngs))
        weights["activation"] = jnp.full((len(seeds), self.net.layers), initial, jnp.float32)
        state = weights, jax.vmap(self.optimizer.init)(weights)
        probe = train_x[:, : self.budget.probe]
        records = [(np.full(len(seeds), np.nan), *jax.device_get(self.measure(state[0], test_x, test_y, probe)))]
        for _ in range(self.budget.epochs):
            order = jnp.stack([rng.permutation(train_x.shape[1]) for rng in rngs])
            state, loss = self.epoch(state, order, train_x, train_y)
            records.append((np.asarray(loss), *jax.device_get(self.measure(state[0], test_x, test_y, probe))))
        return _history(records)

    def _forward(self, weights: Weights, images: jax.Array) -> tuple[jax.Array, list[jax.Array]]:
        return self.net.apply(weights, images, self.family(weights["activation"]))

    def _loss(self, weights: Weights, images: jax.Array, labels: jax.Array) -> jax.Array:
        logits, _ = self._forward(weights, images)
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()

    def _epoch(self, state: Any, order: jax.Array, images: jax.Array, labels: jax.Array) -> tuple[Any, jax.Array]:
        """One pass over the images in `order`, an incomplete last batch left out; the mean loss on the way."""
        batch = self.budget.batch
        steps = len(order) // batch

        def step(state: Any, chosen: jax.Array) -> tuple[Any, jax.Array]:
            weights, moments = state
            loss, slopes = jax.value_and_grad(self._loss)(weights, images[chosen], labels[chosen])
            change, moments = self.optimizer.update(slopes, moments)
            return (optax.apply_updates(weights, change), moments), loss

        state, losses = jax.lax.scan(step, state, order[: steps * batch].reshape(steps, batch))
        return state, losses.mean()

    def _measure(self, weights: Weights, images: jax.Array, labels: jax.Array, probe: jax.Array) -> Any:
        """Accuracy and loss over the test images, parameters, and what enters and leaves each activation for the images of
        the probe, thinned evenly to SAMPLES values a layer."""
        chunks = _chunks(len(images))

        def part(args: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
            logits, _ = self._forward(weights, args[0])
            loss = optax.softmax_cross_entropy_with_integer_labels(logits, args[1])
            return (logits.argmax(-1) == args[1]).mean(), loss.mean()

        split = jax.tree.map(lambda a: a.reshape(chunks, -1, *a.shape[1:]), (images, labels))
        accuracy, loss = jax.lax.map(part, split)
        taps = [_thinned(t) for t in self._forward(weights, probe)[1]]
        outputs = [layer(t) for layer, t in zip(self.family(weights["activation"]), taps, strict=True)]
        return accuracy.mean(), loss.mean(), weights["activation"], taps, outputs


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
