"""The three networks, as pure functions, so that seeds can be mapped over by `vmap`.

A net is `init(rng, side) -> weights` and `apply(weights, images, layers) -> (logits, pre-activations)`, where `layers` is
one activation for each layer that has one, a function of the pre-activation alone. Initial weights depend on the seed and
not on the activation: cells with the same seed start from the same numbers. They are NumPy's, since XLA compiles its own
random numbers for longer than a net here trains.
"""

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

Weights = dict[str, jax.Array | np.ndarray]
Layer = Callable[[jax.Array], jax.Array]
Output = tuple[jax.Array, list[jax.Array]]

CLASSES = 10


@dataclass(frozen=True)
class Net:
    """A network: its name, how many layers have an activation, and its two functions."""

    name: str
    layers: int
    init: Callable[[np.random.Generator, int], Weights]
    apply: Callable[[Weights, jax.Array, list[Layer]], Output]


def _dense(rng: np.random.Generator, rows: int, columns: int, gain: float = 2.0) -> np.ndarray:
    """Normal weights (rows, columns) of variance gain/rows: 2 is He's."""
    return (rng.standard_normal((rows, columns)) * np.sqrt(gain / rows)).astype(np.float32)


def _zeros(size: int) -> np.ndarray:
    return np.zeros(size, np.float32)


def _ones(size: int) -> np.ndarray:
    return np.ones(size, np.float32)


def mlp(width: int) -> Net:
    """Three hidden layers of `width`."""

    def init(rng: np.random.Generator, side: int) -> Weights:
        sizes = [side * side, width, width, width]
        weights = {f"w{i}": _dense(rng, sizes[i], width) for i in range(3)}
        weights |= {f"b{i}": _zeros(width) for i in range(3)}
        return weights | {"w3": _dense(rng, width, CLASSES, 1.0), "b3": _zeros(CLASSES)}

    def apply(w: Weights, images: jax.Array, layers: list[Layer]) -> Output:
        x, taps = images.reshape(len(images), -1), []
        for i, layer in enumerate(layers):
            u = x @ w[f"w{i}"] + w[f"b{i}"]
            taps.append(u)
            x = layer(u)
        return x @ w["w3"] + w["b3"], taps

    return Net("mlp", 3, init, apply)


def cnn(channels: int, width: int) -> Net:
    """Convolution, pooling, convolution with twice the channels, pooling, one hidden dense layer of `width`."""

    def init(rng: np.random.Generator, side: int) -> Weights:
        flat = (side // 4) ** 2 * 2 * channels
        return {
            "w0": _dense(rng, 9, channels),
            "b0": _zeros(channels),
            "w1": _dense(rng, 9 * channels, 2 * channels),
            "b1": _zeros(2 * channels),
            "w2": _dense(rng, flat, width),
            "b2": _zeros(width),
            "w3": _dense(rng, width, CLASSES, 1.0),
            "b3": _zeros(CLASSES),
        }

    def apply(w: Weights, images: jax.Array, layers: list[Layer]) -> Output:
        u0 = conv(images[..., None], w["w0"]) + w["b0"]
        u1 = conv(_pooled(layers[0](u0)), w["w1"]) + w["b1"]
        x = _pooled(layers[1](u1))
        u2 = x.reshape(len(x), -1) @ w["w2"] + w["b2"]
        return layers[2](u2) @ w["w3"] + w["b3"], [u0, u1, u2]

    return Net("cnn", 3, init, apply)


def conv(x: jax.Array, w: jax.Array) -> jax.Array:
    """A 3 x 3 convolution with zero padding: x (n, h, h, c), w (9 c, d). As one product with the shifted images, because
    XLA's own convolution is slow on a CPU once it is mapped over seeds."""
    h = x.shape[1]
    padded = jnp.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    shifted = [padded[:, i : i + h, j : j + h] for i in range(3) for j in range(3)]
    return jnp.concatenate(shifted, axis=-1) @ w


def _pooled(x: jax.Array) -> jax.Array:
    """Means of 2 x 2 blocks, an odd last row and column dropped: (n, h, h, c) to (n, h // 2, h // 2, c)."""
    n, h, _, c = x.shape
    half = h // 2
    return x[:, : 2 * half, : 2 * half].reshape(n, half, 2, half, 2, c).mean(axis=(2, 4))


def vit(patch: int, width: int, heads: int, blocks: int) -> Net:
    """A vision transformer with the layer norm first; the activation sits in the two-layer perceptron of each block, as
    in the paper. Tokens are averaged for the classifier."""

    def init(rng: np.random.Generator, side: int) -> Weights:
        tokens = (side // patch) ** 2
        weights = {
            "embed": _dense(rng, patch * patch, width, 1.0),
            "place": 0.02 * rng.standard_normal((tokens, width)).astype(np.float32),
            "head": _dense(rng, width, CLASSES, 1.0),
            "b_head": _zeros(CLASSES),
            "norm": _ones(width),
        }
        for i in range(blocks):
            weights |= {
                f"qkv{i}": _dense(rng, width, 3 * width, 1.0),
                f"out{i}": _dense(rng, width, width, 1.0),
                f"up{i}": _dense(rng, width, 2 * width, 1.0),
                f"down{i}": _dense(rng, 2 * width, width, 1.0),
                f"b_up{i}": _zeros(2 * width),
                f"b_down{i}": _zeros(width),
                f"norm_a{i}": _ones(width),
                f"norm_b{i}": _ones(width),
            }
        return weights

    def apply(w: Weights, images: jax.Array, layers: list[Layer]) -> Output:
        x, taps = _patches(images, patch) @ w["embed"] + w["place"], []
        for i, layer in enumerate(layers):
            x = x + _attention(_normed(x, w[f"norm_a{i}"]) @ w[f"qkv{i}"], heads) @ w[f"out{i}"]
            u = _normed(x, w[f"norm_b{i}"]) @ w[f"up{i}"] + w[f"b_up{i}"]
            taps.append(u)
            x = x + layer(u) @ w[f"down{i}"] + w[f"b_down{i}"]
        return _normed(x, w["norm"]).mean(axis=1) @ w["head"] + w["b_head"], taps

    return Net("vit", blocks, init, apply)


def _patches(images: jax.Array, patch: int) -> jax.Array:
    """(n, h, h) to (n, tokens, patch^2)."""
    n, h, _ = images.shape
    count = h // patch
    blocks = images[:, : count * patch, : count * patch].reshape(n, count, patch, count, patch)
    return blocks.transpose(0, 1, 3, 2, 4).reshape(n, count * count, patch * patch)


def _normed(x: jax.Array, gain: jax.Array) -> jax.Array:
    centred = x - x.mean(axis=-1, keepdims=True)
    return gain * centred * jax.lax.rsqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-6)


def _attention(qkv: jax.Array, heads: int) -> jax.Array:
    """(n, tokens, 3 width) to (n, tokens, width)."""
    n, tokens, triple = qkv.shape
    q, k, v = qkv.reshape(n, tokens, 3, heads, triple // (3 * heads)).transpose(2, 0, 3, 1, 4)
    scores = jax.nn.softmax(q @ k.swapaxes(-1, -2) / jnp.sqrt(q.shape[-1]), axis=-1)
    return (scores @ v).swapaxes(1, 2).reshape(n, tokens, -1)
