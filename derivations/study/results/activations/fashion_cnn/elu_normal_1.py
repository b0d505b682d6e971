# activation: f(x) = where(x > 0,x,expm1(x)) + eps*where(x < 0,exp(-2*(x - 0.065)^2/9)*(200*x + 437),-exp(-2*(x - 0.065)^2/9)*(13 - 200*x))/266.233; eps=0.01
# From an expression.
# Written by eafo 0.1.0. Use, change and share it freely (MIT-0).
import jax
import jax.numpy as jnp
from jax.scipy import special  # noqa: F401


@jax.custom_jvp
def _activation(x, eps):
    t2 = jnp.expm1(x)
    t3 = jnp.where(x > 0.0, x, t2)
    t7 = x - 0.065
    t8 = t7 * t7
    t9 = 2.0 * t8
    t11 = t9 / 9.0
    t12 = -t11
    t13 = jnp.exp(t12)
    t15 = 200.0 * x
    t17 = t15 + 437.0
    t18 = t13 * t17
    t20 = 13.0 - t15
    t21 = t13 * t20
    t22 = -t21
    t23 = jnp.where(x < 0.0, t18, t22)
    t24 = eps * t23
    t26 = t24 / 266.233
    t27 = t3 + t26
    return jnp.broadcast_to(jnp.asarray(t27, x.dtype), _shape(x, eps))


def _activation_slopes(x, eps):
    """The derivatives by x and by each parameter."""
    t7 = x - 0.065
    t8 = t7 * t7
    t9 = 2.0 * t8
    t11 = t9 / 9.0
    t12 = -t11
    t13 = jnp.exp(t12)
    t15 = 200.0 * x
    t17 = t15 + 437.0
    t18 = t13 * t17
    t20 = 13.0 - t15
    t21 = t13 * t20
    t22 = -t21
    t23 = jnp.where(x < 0.0, t18, t22)
    t29 = jnp.exp(x)
    t30 = jnp.where(x > 0.0, 1.0, t29)
    t31 = t7 + t7
    t32 = 2.0 * t31
    t33 = t32 / 9.0
    t35 = -t33
    t36 = t13 * t35
    t37 = t36 * t17
    t38 = t13 * 200.0
    t39 = t37 + t38
    t41 = t36 * t20
    t42 = t13 * (-200.0)
    t43 = t41 + t42
    t44 = -t43
    t45 = jnp.where(x < 0.0, t39, t44)
    t46 = eps * t45
    t47 = t46 / 266.233
    t48 = t30 + t47
    t49 = t23 / 266.233
    return (t48, t49,)


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
