# activation: f(x) = max(0,x) + eps*(exp(-2*(x - 0.82)^2/49)*(41 - 50*x))/(-50); eps=0.01
# From an expression.
# Written by eafo 0.1.0. Use, change and share it freely (MIT-0).
import jax
import jax.numpy as jnp
from jax.scipy import special  # noqa: F401


@jax.custom_jvp
def _activation(x, eps):
    t2 = jnp.maximum(0.0, x)
    t6 = x - 0.82
    t7 = t6 * t6
    t8 = 2.0 * t7
    t10 = t8 / 49.0
    t11 = -t10
    t12 = jnp.exp(t11)
    t15 = 50.0 * x
    t16 = 41.0 - t15
    t17 = t12 * t16
    t18 = eps * t17
    t20 = t18 / (-50.0)
    t21 = t2 + t20
    return jnp.broadcast_to(jnp.asarray(t21, x.dtype), _shape(x, eps))


def _activation_slopes(x, eps):
    """The derivatives by x and by each parameter."""
    t6 = x - 0.82
    t7 = t6 * t6
    t8 = 2.0 * t7
    t10 = t8 / 49.0
    t11 = -t10
    t12 = jnp.exp(t11)
    t15 = 50.0 * x
    t16 = 41.0 - t15
    t17 = t12 * t16
    t23 = jnp.where(x > 0.0, 1.0, 0.0)
    t24 = t6 + t6
    t25 = 2.0 * t24
    t26 = t25 / 49.0
    t28 = -t26
    t29 = t12 * t28
    t30 = t29 * t16
    t31 = t12 * (-50.0)
    t32 = t30 + t31
    t33 = eps * t32
    t34 = t33 / (-50.0)
    t35 = t23 + t34
    t36 = t17 / (-50.0)
    return (t35, t36,)


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
