"""Prints `value slope parameter-slopes ; value32 slope32` of exported Flax files, point by point, having checked that nnx and
linen modules, jit, vmap and half precision work, and that slopes under jit, vmap and grad are the same. Usage:
flax_values.py POINTS NAME..."""

import importlib
import inspect
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
    starts = {n: p.default for n, p in list(inspect.signature(f).parameters.items())[1:]}
    values = f(points)
    each = tuple(range(len(starts) + 1))
    given = [jnp.full_like(points, v) for v in starts.values()]
    slopes = jax.vmap(jax.grad(f, argnums=each))(points, *given)
    # XLA fuses products and sums under jit, so that the last digit may differ.
    np.testing.assert_allclose(jax.jit(f)(points), values, rtol=1e-12, atol=1e-15)
    for compiled, slope in zip(jax.jit(jax.vmap(jax.grad(f, argnums=each)))(points, *given), slopes):
        np.testing.assert_allclose(compiled, slope, rtol=1e-12, atol=1e-15, err_msg=name)
    one_by_one = jnp.stack([jax.grad(f)(p) for p in points[::5]])
    np.testing.assert_array_equal(one_by_one, slopes[0][::5], err_msg=name)
    narrow = points.astype(jnp.bfloat16)
    half = f(narrow)
    assert half.dtype == jnp.bfloat16, name
    # As doubles: of bfloat16, NumPy does not know that NaN is NaN.
    rounded = f(narrow.astype(jnp.float32)).astype(jnp.bfloat16)
    np.testing.assert_array_equal(half.astype(float), rounded.astype(float), err_msg=name)
    layer = getattr(module, camel)()
    np.testing.assert_allclose(layer(points.astype(jnp.float32)), f(points.astype(jnp.float32)), rtol=1e-6)
    linen = getattr(module, camel + "Linen")(channels=3)
    batch = jnp.ones((2, 3), jnp.float32)
    variables = linen.init(jax.random.key(0), batch)
    np.testing.assert_allclose(linen.apply(variables, batch), f(batch), rtol=1e-6)
    gradients = jax.grad(lambda v: linen.apply(v, batch).sum())(variables)
    for leaf in jax.tree.leaves(gradients):
        assert leaf.shape == (3,) and bool(jnp.isfinite(leaf).all()), name
    single = points.astype(jnp.float32)
    row = [f(single), jax.vmap(jax.grad(f))(single)]
    for i in range(len(points)):
        wide = [values[i]] + [s[i] for s in slopes]
        print(*(repr(float(v)) for v in wide), ";", *(repr(float(v[i])) for v in row))
