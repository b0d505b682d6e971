# activation: f(x) = max(0,x) + eps*((x - 0.382)*exp(-500000/431649*(x - 0.382)^2))/1; eps=0.01
# From an expression.
# Written by eafo 0.1.0. Use, change and share it freely (MIT-0).
import jax
import jax.numpy as jnp
from jax.scipy import special  # noqa: F401


@jax.custom_jvp
def _activation(x, eps):
    t2 = jnp.maximum(0.0, x)
    t5 = x - 0.382
    t8 = t5 * t5
    t9 = 1.1583485656169712 * t8
    t10 = -t9
    t11 = jnp.exp(t10)
    t12 = t5 * t11
    t13 = eps * t12
    t15 = t13 / 1.0
    t16 = t2 + t15
    return jnp.broadcast_to(jnp.asarray(t16, x.dtype), _shape(x, eps))


def _activation_slopes(x, eps):
    """The derivatives by x and by each parameter."""
    t5 = x - 0.382
    t8 = t5 * t5
    t9 = 1.1583485656169712 * t8
    t10 = -t9
    t11 = jnp.exp(t10)
    t12 = t5 * t11
    t17 = jnp.where(x > 0.0, 1.0, 0.0)
    t18 = t5 + t5
    t19 = 1.1583485656169712 * t18
    t21 = -t19
    t22 = t11 * t21
    t23 = t5 * t22
    t24 = t11 + t23
    t25 = eps * t24
    t26 = t25 / 1.0
    t27 = t17 + t26
    t28 = t12 / 1.0
    return (t27, t28,)


def _shape(*arguments):
    return jnp.broadcast_shapes(*(a.shape for a in arguments))


@_activation.defjvp
def _activation_jvp(primals, tangents):
    value = _activation(*primals)
    tangent = sum(slope * t for slope, t in zip(_activation_slopes(*primals), tangents))
    return value, jnp.broadcast_to(tangent, value.shape).astype(value.dtype)


def activation(x, eps=0.01):
    """The activation, elementwise. Parameters are scalars, or arrays that broadcast against x (one per channel).
    Half precision is computed in float32 and rounded once."""
    x = jnp.asarray(x)
    wide = jnp.promote_types(x.dtype, jnp.float32)
    result = _activation(x.astype(wide), jnp.asarray(eps, wide))
    return result.astype(x.dtype) if jnp.issubdtype(x.dtype, jnp.floating) else result
