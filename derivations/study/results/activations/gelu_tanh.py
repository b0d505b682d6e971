# activation: f(x) = gelu_tanh(x)
# From Hendrycks and Gimpel 2016, arXiv 1606.08415, the tanh approximation.
# Written by eafo 0.1.0. Use, change and share it freely (MIT-0).
import jax
import jax.numpy as jnp
from jax.scipy import special  # noqa: F401


@jax.custom_jvp
def _activation(x):
    t5 = jnp.power(x, 3.0)
    t6 = 0.044715 * t5
    t7 = x + t6
    t8 = 0.7978845608028654 * t7
    t9 = 2.0 * t8
    t10 = jnp.where(t9 >= 0, 1.0, jnp.exp(-jnp.abs(t9))) / (1.0 + jnp.exp(-jnp.abs(t9)))
    t11 = x * t10
    return jnp.broadcast_to(jnp.asarray(t11, x.dtype), _shape(x))


def _activation_slopes(x):
    """The derivatives by x and by each parameter."""
    t5 = jnp.power(x, 3.0)
    t6 = 0.044715 * t5
    t7 = x + t6
    t8 = 0.7978845608028654 * t7
    t9 = 2.0 * t8
    t10 = jnp.where(t9 >= 0, 1.0, jnp.exp(-jnp.abs(t9))) / (1.0 + jnp.exp(-jnp.abs(t9)))
    t13 = x * x
    t14 = 3.0 * t13
    t15 = 0.044715 * t14
    t16 = 1.0 + t15
    t17 = 0.7978845608028654 * t16
    t18 = 2.0 * t17
    t19 = -t9
    t20 = jnp.where(t19 >= 0, 1.0, jnp.exp(-jnp.abs(t19))) / (1.0 + jnp.exp(-jnp.abs(t19)))
    t21 = t10 * t20
    t22 = t21 * t18
    t24 = jnp.abs(t21)
    t25 = jnp.where(t24 <= 0.0, 0.0, t22)
    t26 = x * t25
    t27 = t10 + t26
    return (t27,)


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
