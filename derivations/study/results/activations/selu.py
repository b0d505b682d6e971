# activation: f(x) = selu(x)
# From Klambauer et al. 2017, Self-normalizing neural networks, arXiv 1706.02515.
# Written by eafo 0.1.0. Use, change and share it freely (MIT-0).
import jax
import jax.numpy as jnp
from jax.scipy import special  # noqa: F401


@jax.custom_jvp
def _activation(x):
    t3 = 1.0507009873554805 * x
    t5 = jnp.expm1(x)
    t6 = 1.7580993408473768 * t5
    t7 = jnp.where(x > 0.0, t3, t6)
    return jnp.broadcast_to(jnp.asarray(t7, x.dtype), _shape(x))


def _activation_slopes(x):
    """The derivatives by x and by each parameter."""
    t9 = jnp.exp(x)
    t10 = 1.7580993408473768 * t9
    t11 = jnp.where(x > 0.0, 1.0507009873554805, t10)
    return (t11,)


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
