"""What is trained: tasks, activations, budgets. Fixed before the first full run; nothing here was tuned on a result."""

from dataclasses import dataclass, replace

from nets import Net, cnn, mlp, vit
from train import Budget


@dataclass(frozen=True)
class Task:
    """A net on a data set with a budget that is the same for every activation."""

    name: str
    data: str
    train: int
    net: Net
    seeds: int
    budget: Budget


@dataclass(frozen=True)
class Row:
    """An activation of the study. `family` names the formula: a name of eafo's catalogue, or BASE@FIT, what `eafo derive
    BASE` answers for the layer's FIT. `start` is the initial parameter."""

    name: str
    family: str
    start: float = 0.0


TASKS = [
    Task("digits_mlp", "digits", 1400, mlp(64), 10, Budget(epochs=30, batch=50, rate=3e-3, probe=128)),
    Task("fashion_mlp", "fashion", 10000, mlp(128), 5, Budget(epochs=6, batch=100, rate=3e-3, probe=128)),
    Task("digits_vit", "digits", 1400, vit(2, 16, 2, 2), 5, Budget(epochs=12, batch=50, rate=3e-3, probe=128)),
    Task("digits_cnn", "digits", 1400, cnn(8, 32), 10, Budget(epochs=15, batch=50, rate=3e-3, probe=128)),
    Task("fashion_cnn", "fashion", 5000, cnn(8, 32), 5, Budget(epochs=5, batch=100, rate=3e-3, probe=128)),
    Task("fashion_vit", "fashion", 5000, vit(3, 16, 2, 2), 5, Budget(epochs=5, batch=100, rate=3e-3, probe=128)),
]

ROWS = [
    Row("relu", "relu"),
    Row("gelu", "gelu"),
    Row("silu", "silu"),
    Row("prelu", "prelu", 0.25),
    Row("elu", "elu"),
    Row("mish", "mish"),
    Row("crrelu +0.01", "crrelu", 0.01),
    Row("crrelu -0.01", "crrelu", -0.01),
    Row("relu@normal +0.01", "relu@normal", 0.01),
    Row("relu@normal -0.01", "relu@normal", -0.01),
    Row("relu@mixture +0.01", "relu@mixture", 0.01),
    Row("relu@mixture -0.01", "relu@mixture", -0.01),
    Row("elu@normal -0.01", "elu@normal", -0.01),
]

# The remaining names of the catalogue, trained on CATALOGUE_TASK only, for the correlation.
CATALOGUE_TASK = "digits_mlp"
CATALOGUE = [
    *(Row(name, name) for name in "identity leaky_relu selu celu gelu_tanh telu softplus sigmoid log_sigmoid".split()),
    *(Row(name, name) for name in "hard_sigmoid hard_tanh hard_swish tanh arctan erf asinh softsign isru".split()),
    *(Row(name, name) for name in "exp elish logish".split()),
    Row("ash", "ash", 1.0),
]

BASELINES = ["relu", "gelu"]
# What is derived from, and so what the nets are trained with whose layers are measured.
BASES = ["relu", "elu"]
PILOT_SEED = 1000


def reduced(task: Task) -> Task:
    """A task of seconds, for CI."""
    budget = replace(task.budget, epochs=1)
    return replace(task, seeds=2, train=min(task.train, 400), budget=budget)


REDUCED_TASKS = ["digits_mlp", "digits_cnn"]
REDUCED_ROWS = ["relu", "gelu", "crrelu -0.01", "relu@normal -0.01"]
