"""The Flax collector, nnx and linen, under jit and gradients."""

import numpy as np
import pytest

pytest.importorskip("flax")
import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
from flax import linen as nn  # noqa: E402
from flax import nnx  # noqa: E402

from eafo_collect_flax import Collector, linen_taps, taps  # noqa: E402


class Network(nnx.Module):
    def __init__(self):
        rngs = nnx.Rngs(0)
        self.first, self.second = nnx.Linear(6, 8, rngs=rngs), nnx.Linear(8, 2, rngs=rngs)

    def __call__(self, x):
        return self.second(jax.nn.relu(self.first(x)))


class LinenNetwork(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(2, name="second")(nn.relu(nn.Dense(8, name="first")(x)))


X = jnp.linspace(-1, 1, 24).reshape(4, 6)


def test_nnx_inside_a_compiled_gradient():
    model = Network()

    @nnx.jit
    def slopes(model, x):
        def loss(model):
            result, taken = taps(model, x, pattern="first")
            return (result**2).sum(), taken

        return nnx.grad(loss, has_aux=True)(model)

    slopes(model, 2 * X)
    _, taken = slopes(model, X)
    assert list(taken) == ["first"]
    (values,) = taken["first"]
    np.testing.assert_allclose(values, model.first(X), rtol=1e-6)
    np.testing.assert_allclose(taps(model, X, types=(nnx.Linear,))[0], model(X), rtol=1e-6)


def test_linen_inside_a_compiled_gradient():
    model = LinenNetwork()
    variables = model.init(jax.random.key(0), X)

    @jax.jit
    def slopes(params, x):
        def loss(params):
            result, taken = linen_taps(model, {"params": params}, x, types=(nn.Dense,), pattern="first")
            return (result**2).sum(), taken

        return jax.grad(loss, has_aux=True)(params)

    _, taken = slopes(variables["params"], X)
    assert list(taken) == ["first"]
    layer = variables["params"]["first"]
    np.testing.assert_allclose(taken["first"][0], X @ layer["kernel"] + layer["bias"], rtol=1e-5)


def test_samples_over_steps(tmp_path):
    collector = Collector(size=60, seed=2)
    for step in range(10):
        collector.add(step, {"layer": (jnp.full((4, 5), float(step)), jnp.full((3,), float(step)))})
    collector.save(tmp_path / "layers.npz")
    with np.load(tmp_path / "layers.npz") as arrays:
        assert arrays["layer:seen"] == 230
        assert len(arrays["layer"]) == 60
        assert (arrays["layer"] == arrays["layer:steps"]).all()
        assert len(set(arrays["layer:steps"].tolist())) > 5


def test_nothing_chosen_is_refused_with_the_names():
    with pytest.raises(ValueError, match=r"first \(Linear\)"):
        taps(Network(), X, types=(nnx.Conv,))
    model = LinenNetwork()
    with pytest.raises(ValueError, match="no module chosen"):
        linen_taps(model, model.init(jax.random.key(0), X), X, types=(nn.Conv,))
