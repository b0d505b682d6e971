# activation: f(x) = x*tanh(softplus(x))
# From Misra 2019, arXiv 1908.08681.
# Written by eafo 0.1.0. Use, change and share it freely (MIT-0).
import jax
import jax.numpy as jnp
from jax.scipy import special  # noqa: F401


@jax.custom_jvp
def _activation(x):
    t1 = jnp.maximum(x, 0.0) + jnp.log1p(jnp.exp(-jnp.abs(x)))
    t2 = jnp.tanh(t1)
    t3 = x * t2
    return jnp.broadcast_to(jnp.asarray(t3, x.dtype), _shape(x))


def _activation_slopes(x):
    """The derivatives by x and by each parameter."""
    t1 = jnp.maximum(x, 0.0) + jnp.log1p(jnp.exp(-jnp.abs(x)))
    t2 = jnp.tanh(t1)
    t5 = jnp.where(x >= 0, 1.0, jnp.exp(-jnp.abs(x))) / (1.0 + jnp.exp(-jnp.abs(x)))
    t8 = 2.0 * t1
    t9 = -t8
    t10 = jnp.where(t8 >= 0, 1.0, jnp.exp(-jnp.abs(t8))) / (1.0 + jnp.exp(-jnp.abs(t8)))
    t11 = jnp.where(t9 >= 0, 1.0, jnp.exp(-jnp.abs(t9))) / (1.0 + jnp.exp(-jnp.abs(t9)))
    t12 = t10 * t11
    t13 = 4.0 * t12
    t14 = t13 * t5
    t16 = jnp.abs(t13)
    t17 = jnp.where(t16 <= 0.0, 0.0, t14)
    t18 = x * t17
    t19 = t2 + t18
    return (t19,)


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
