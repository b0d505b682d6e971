"""Prints `value slope parameter-slopes ; value32 slope32` of exported Keras files on the JAX backend, point by point, having checked
that layers train, serialise, and come back from a file the same. Usage: keras_values.py POINTS NAME..."""

import importlib
import inspect
import os
import sys

os.environ["KERAS_BACKEND"] = "jax"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import jax

jax.config.update("jax_enable_x64", True)
import jax.numpy as jnp
import keras
import numpy as np

points = jnp.array([float(p) for p in sys.argv[1].split(",")])


def check(module, name, f, parameters):
    layers = [v for v in vars(module).values() if isinstance(v, type) and issubclass(v, keras.layers.Layer)]
    (layer,) = layers
    config = {"per_channel": True, "channel_axis": 1} if parameters else {}
    built = layer(**config)
    copy = layer.from_config(built.get_config())
    assert {k: v for k, v in copy.get_config().items()} == built.get_config(), name
    batch = np.linspace(-2, 2, 24).reshape(2, 3, 4).astype("float32")
    np.testing.assert_allclose(built(batch), f(batch), rtol=1e-6, atol=1e-7)
    assert [w.shape for w in built.weights] == [(3,)] * len(parameters), name
    narrow = points.astype(jnp.bfloat16)
    assert f(narrow).dtype == jnp.bfloat16, name
    np.testing.assert_array_equal(
        np.asarray(f(narrow), "float64"), np.asarray(f(narrow.astype(jnp.float32)).astype(jnp.bfloat16), "float64")
    )
    mixed = layer(dtype="mixed_bfloat16")
    assert mixed(jnp.ones((2, 3), jnp.bfloat16)).dtype == jnp.bfloat16, name


def check_model(module, name):
    """A model that is trained, saved and loaded."""
    layer = [v for v in vars(module).values() if isinstance(v, type) and issubclass(v, keras.layers.Layer)][0]
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8), layer(), keras.layers.Dense(1)])
    optimizer = keras.optimizers.SGD(0.05)
    model.compile(optimizer=optimizer, loss="mse")
    x = np.random.default_rng(0).normal(size=(64, 4)).astype("float32")
    before = [np.array(w) for w in model.layers[1].trainable_weights]
    losses = model.fit(x, x.sum(1, keepdims=True), epochs=5, verbose=0).history["loss"]
    assert losses[-1] < losses[0], (name, losses)
    after = model.layers[1].trainable_weights
    assert all(not np.array_equal(a, b) for a, b in zip(before, after)), name
    model.save(f"{name}.keras")
    loaded = keras.models.load_model(f"{name}.keras")
    assert type(loaded.layers[1]) is layer, name
    np.testing.assert_array_equal(loaded.predict(x, verbose=0), model.predict(x, verbose=0))


for count, name in enumerate(sys.argv[2:]):
    module = importlib.import_module(name)
    f = getattr(module, name)
    starts = {n: p.default for n, p in list(inspect.signature(f).parameters.items())[1:]}
    check(module, name, f, list(starts))
    if count == 0 or starts:
        check_model(module, name)
    each = tuple(range(len(starts) + 1))
    given = [jnp.full_like(points, v) for v in starts.values()]
    summed = lambda *arguments: f(*arguments).sum()
    slopes = jax.grad(summed, argnums=each)(points, *given)
    single = points.astype(jnp.float32)
    values, row = f(points), [f(single), jax.grad(summed)(single)]
    np.testing.assert_allclose(jax.jit(f)(points), values, rtol=1e-12, atol=1e-15)
    for i in range(len(points)):
        wide = [values[i]] + [s[i] for s in slopes]
        print(*(repr(float(v)) for v in wide), ";", *(repr(float(v[i])) for v in row))
