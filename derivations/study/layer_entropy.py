"""Entropy and negentropy of samples, in nats, in the conventions of `eafo entropy`: where values repeat (ReLU's zeros),
the continuous part's -INT q log q, and the atoms apart."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import differential_entropy


@dataclass(frozen=True)
class LayerEntropy:
    """Of one layer: `entropy` of the continuous part (unconditional), the mass of the atoms, the negentropy
    1/2 log(2 pi e Var) - H where there are no atoms (NaN otherwise), and that of the values off the atoms."""

    entropy: float
    atoms: float
    negentropy: float
    negentropy_off_atoms: float


def measure(samples: np.ndarray) -> LayerEntropy:
    """Samples (n,). The estimate is Ebrahimi's of spacings over m = sqrt(n) neighbours; a value that occurs more than m
    times counts as an atom, since no spacing could tell it from one."""
    x = np.asarray(samples, dtype=np.float64)
    if not np.isfinite(x).all():
        return LayerEntropy(np.nan, np.nan, np.nan, np.nan)
    values, counts = np.unique(x, return_counts=True)
    atoms = values[counts > np.sqrt(len(x))]
    rest = x[~np.isin(x, atoms)]
    mass = 1.0 - len(rest) / len(x)
    if len(rest) < 100:
        return LayerEntropy(np.nan, mass, np.nan, np.nan)
    window = int(np.sqrt(len(rest)))
    given = differential_entropy(rest, window_length=window, method="ebrahimi")
    off = 0.5 * np.log(2 * np.pi * np.e * rest.var()) - given
    entropy = (1 - mass) * (given - np.log(1 - mass))
    return LayerEntropy(entropy, mass, np.nan if len(atoms) else off, off)
