"""Trains a small ReLU network on Fashion-MNIST and collects 2000 pre-activations of each layer into `layers.npz`.

`python3 derivations/real_data/collect.py`: seconds on one core. Needs jax, flax, optax and Debian's `dataset-fashion-mnist`."""

import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "python"), str(HERE.parent / "study")]

from data import fashion  # noqa: E402
from eafo_collect_flax import Collector, taps  # noqa: E402

STEPS, BATCH, SEED = 400, 64, 0


class Network(nnx.Module):
    """Two convolutions and two dense layers in front of the classifier, for images (n, 14, 14)."""

    def __init__(self, rngs: nnx.Rngs):
        self.conv1 = nnx.Conv(1, 8, (3, 3), rngs=rngs)
        self.conv2 = nnx.Conv(8, 16, (3, 3), strides=2, rngs=rngs)
        self.dense1 = nnx.Linear(7 * 7 * 16, 64, rngs=rngs)
        self.dense2 = nnx.Linear(64, 64, rngs=rngs)
        self.head = nnx.Linear(64, 10, rngs=rngs)

    def __call__(self, images: jax.Array) -> jax.Array:
        x = jax.nn.relu(self.conv1(images[..., None]))
        x = jax.nn.relu(self.conv2(x)).reshape(len(images), -1)
        return self.head(jax.nn.relu(self.dense2(jax.nn.relu(self.dense1(x)))))


@nnx.jit
def train_step(model: Network, optimizer: nnx.Optimizer, images: jax.Array, labels: jax.Array):
    """One step; the loss and the pre-activations on the way."""

    def loss(model: Network):
        logits, taken = taps(model, images, pattern="conv|dense")
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean(), taken

    (value, taken), slopes = nnx.value_and_grad(loss, has_aux=True)(model)
    optimizer.update(model, slopes)
    return value, taken


def main() -> None:
    split = fashion(SEED, STEPS * BATCH)
    model = Network(nnx.Rngs(SEED))
    optimizer = nnx.Optimizer(model, optax.adam(1e-3), wrt=nnx.Param)
    collector = Collector(size=2000, seed=SEED)
    for step in range(STEPS):
        batch = slice(step * BATCH, (step + 1) * BATCH)
        images, labels = jnp.asarray(split.train_images[batch]), jnp.asarray(split.train_labels[batch])
        _, taken = train_step(model, optimizer, images, labels)
        collector.add(step, taken)
    right = jax.jit(lambda images: model(images).argmax(-1))(split.test_images) == split.test_labels
    print(f"accuracy on {len(right)} test images after {STEPS} steps: {np.mean(right):.4f}")
    collector.save(HERE / "layers.npz")


if __name__ == "__main__":
    main()
