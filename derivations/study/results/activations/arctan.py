# activation: f(x) = atan(x)
# From inverse tangent.
# Written by eafo 0.1.0. Use, change and share it freely (MIT-0).
import jax
import jax.numpy as jnp
from jax.scipy import special  # noqa: F401


@jax.custom_jvp
def _activation(x):
    t1 = jnp.arctan(x)
    return jnp.broadcast_to(jnp.asarray(t1, x.dtype), _shape(x))


def _activation_slopes(x):
    """The derivatives by x and by each parameter."""
    t3 = x * x
    t4 = 1.0 + t3
    t5 = 1.0 / t4
    return (t5,)


def _shape(*arguments):
    return jnp.broadcast_shapes(*(a.shape for a in arguments))


@_activation.defjvp
def _activation_jvp(primals, tangents):
    value = _activation(*primals)
    tangent = sum(slope * t for slope, t in zip(_activation_slopes(*primals), tangents))
    return value, jnp.broadcast_to(tangent, value.shape).astype(value.dtype)


def activation(x):
    """The activation, elementwise. Parameters are scalars, or arrays that broadcast against x (one per channel).
    Half precision is computed in float32 and rounded once."""
    x = jnp.asarray(x)
    wide = jnp.promote_types(x.dtype, jnp.float32)
    result = _activation(x.astype(wide))
    return result.astype(x.dtype) if jnp.issubdtype(x.dtype, jnp.floating) else result
