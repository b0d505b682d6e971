"""Images and labels of the study: scikit-learn's digits, and Fashion-MNIST from Debian's package."""

import gzip
from dataclasses import dataclass
from pathlib import Path

import numpy as np

FASHION = Path("/usr/share/datasets/fashion-mnist")


@dataclass(frozen=True)
class Split:
    """Images (n, side, side) in [0, 1] and labels (n,), for training and for the test."""

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray


def digits(seed: int, train: int) -> Split:
    """8 x 8 digits, split anew for every seed: `train` images to train on, the rest to test."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    order = np.random.default_rng(seed).permutation(len(bunch.target))
    images = (bunch.images / 16.0).astype(np.float32)[order]
    labels = bunch.target.astype(np.int32)[order]
    return Split(images[:train], labels[:train], images[train:], labels[train:])


def fashion(seed: int, train: int) -> Split:
    """Fashion-MNIST averaged to 14 x 14: `train` of the 60000 training images, drawn anew for every seed,
    and the first 5000 of the test images."""
    order = np.random.default_rng(seed).permutation(60000)[:train]
    return Split(
        _halved(_idx("train-images-idx3-ubyte.gz")[order]),
        _idx("train-labels-idx1-ubyte.gz").astype(np.int32)[order],
        _halved(_idx("t10k-images-idx3-ubyte.gz")[:5000]),
        _idx("t10k-labels-idx1-ubyte.gz")[:5000].astype(np.int32),
    )


LOADERS = {"digits": digits, "fashion": fashion}


def _idx(name: str) -> np.ndarray:
    """An IDX file of unsigned bytes, in the shape that its header states."""
    raw = gzip.decompress((FASHION / name).read_bytes())
    if raw[:3] != b"\0\0\x08":
        raise ValueError(f"{name}: not an IDX file of unsigned bytes")
    axes = raw[3]
    shape = np.frombuffer(raw, ">u4", axes, 4)
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * axes).reshape(shape.astype(int))


def _halved(images: np.ndarray) -> np.ndarray:
    """Means of 2 x 2 blocks: (n, 28, 28) bytes to (n, 14, 14) in [0, 1]."""
    n, side, _ = images.shape
    blocks = images.reshape(n, side // 2, 2, side // 2, 2)
    return (blocks.mean(axis=(2, 4), dtype=np.float32) / 255.0).astype(np.float32)
