# activation: f(x) = hard_swish(x)
# From Howard et al. 2019, Searching for MobileNetV3, arXiv 1905.02244.
# Written by eafo 0.1.0. Use, change and share it freely (MIT-0).
import jax
import jax.numpy as jnp
from jax.scipy import special  # noqa: F401


@jax.custom_jvp
def _activation(x):
    t4 = x / 6.0
    t6 = t4 + 0.5
    t7 = jnp.minimum(1.0, t6)
    t8 = jnp.maximum(0.0, t7)
    t9 = x * t8
    return jnp.broadcast_to(jnp.asarray(t9, x.dtype), _shape(x))


def _activation_slopes(x):
    """The derivatives by x and by each parameter."""
    t4 = x / 6.0
    t6 = t4 + 0.5
    t7 = jnp.minimum(1.0, t6)
    t8 = jnp.maximum(0.0, t7)
    t10 = 1.0 / 6.0
    t11 = jnp.where(t6 < 1.0, t10, 0.0)
    t12 = jnp.where(t7 > 0.0, t11, 0.0)
    t13 = x * t12
    t14 = t8 + t13
    return (t14,)


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
