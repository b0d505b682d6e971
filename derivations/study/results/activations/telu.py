# activation: f(x) = x*tanh(exp(x))
# From Fernandez and Mali 2024, TeLU activation function, arXiv 2412.20269.
# Written by eafo 0.1.0. Use, change and share it freely (MIT-0).
import jax
import jax.numpy as jnp
from jax.scipy import special  # noqa: F401


@jax.custom_jvp
def _activation(x):
    t1 = jnp.exp(x)
    t2 = jnp.tanh(t1)
    t3 = x * t2
    return jnp.broadcast_to(jnp.asarray(t3, x.dtype), _shape(x))


def _activation_slopes(x):
    """The derivatives by x and by each parameter."""
    t1 = jnp.exp(x)
    t2 = jnp.tanh(t1)
    t7 = 2.0 * t1
    t8 = -t7
    t9 = jnp.where(t7 >= 0, 1.0, jnp.exp(-jnp.abs(t7))) / (1.0 + jnp.exp(-jnp.abs(t7)))
    t10 = jnp.where(t8 >= 0, 1.0, jnp.exp(-jnp.abs(t8))) / (1.0 + jnp.exp(-jnp.abs(t8)))
    t11 = t9 * t10
    t12 = 4.0 * t11
    t13 = t12 * t1
    t15 = jnp.abs(t12)
    t16 = jnp.where(t15 <= 0.0, 0.0, t13)
    t17 = x * t16
    t18 = t2 + t17
    return (t18,)


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
