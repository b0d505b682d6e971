"""Prints value and derivative of exported Flax files in double precision, having checked that nnx and linen modules, jit,
vmap, half precision and gradients by parameters work. Usage: flax_values.py POINTS NAME..."""

import importlib
import sys

import jax

jax.config.update("jax_enable_x64", True)
import jax.numpy as jnp
import numpy as np

points = jnp.array([float(p) for p in sys.argv[1].split(",")])
for name in sys.argv[2:]:
    module = importlib.import_module(name)
    f = getattr(module, name)
    camel = "".join(w[:1].upper() + w[1:] for w in name.split("_"))
    # Step by step: compiled as a whole, XLA fuses x/6 + 1/2 into one rounding, and a zero becomes 3e-17.
    values = f(points)
    slopes = jax.vmap(jax.grad(f))(points)
    np.testing.assert_allclose(jax.jit(f)(points), values, rtol=1e-12, atol=1e-15)
    jax.jit(jax.vmap(jax.grad(f)))(points)
    narrow = points.astype(jnp.bfloat16)
    half = f(narrow)
    assert half.dtype == jnp.bfloat16, name
    np.testing.assert_array_equal(half, f(narrow.astype(jnp.float32)).astype(jnp.bfloat16))
    layer = getattr(module, camel)()
    np.testing.assert_allclose(layer(points.astype(jnp.float32)), f(points.astype(jnp.float32)), rtol=1e-6)
    linen = getattr(module, camel + "Linen")(channels=3)
    batch = jnp.ones((2, 3), jnp.float32)
    variables = linen.init(jax.random.key(0), batch)
    np.testing.assert_allclose(linen.apply(variables, batch), f(batch), rtol=1e-6)
    gradients = jax.grad(lambda v: linen.apply(v, batch).sum())(variables)
    for leaf in jax.tree.leaves(gradients):
        assert leaf.shape == (3,) and bool(jnp.isfinite(leaf).all()), name
    for x, value, slope in zip(points, values, slopes):
        print(repr(float(value)), repr(float(slope)))
