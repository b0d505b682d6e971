# activation: f(x) = max(0,x) + eps*(exp(-50*(x - 0.37)^2/1521)*(37 - 100*x))/(-100); eps=0.01
# From an expression.
# Written by eafo 0.1.0. Use, change and share it freely (MIT-0).
import jax
import jax.numpy as jnp
from jax.scipy import special  # noqa: F401


@jax.custom_jvp
def _activation(x, eps):
    t2 = jnp.maximum(0.0, x)
    t6 = x - 0.37
    t8 = t6 * t6
    t9 = 50.0 * t8
    t11 = t9 / 1521.0
    t12 = -t11
    t13 = jnp.exp(t12)
    t16 = 100.0 * x
    t17 = 37.0 - t16
    t18 = t13 * t17
    t19 = eps * t18
    t21 = t19 / (-100.0)
    t22 = t2 + t21
    return jnp.broadcast_to(jnp.asarray(t22, x.dtype), _shape(x, eps))


def _activation_slopes(x, eps):
    """The derivatives by x and by each parameter."""
    t6 = x - 0.37
    t8 = t6 * t6
    t9 = 50.0 * t8
    t11 = t9 / 1521.0
    t12 = -t11
    t13 = jnp.exp(t12)
    t16 = 100.0 * x
    t17 = 37.0 - t16
    t18 = t13 * t17
    t24 = jnp.where(x > 0.0, 1.0, 0.0)
    t25 = t6 + t6
    t26 = 50.0 * t25
    t27 = t26 / 1521.0
    t29 = -t27
    t30 = t13 * t29
    t31 = t30 * t17
    t32 = t13 * (-100.0)
    t33 = t31 + t32
    t34 = eps * t33
    t35 = t34 / (-100.0)
    t36 = t24 + t35
    t37 = t18 / (-100.0)
    return (t36, t37,)


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
