# activation: f(x) = max(0,x) + eps*(-7500*phi(25*(x + 0.92)/19)*(x + 0.92)/6859 - 8125*phi(25*(x - 0.55)/18)*(x - 0.55)/5832)/(-0.374663); eps=0.01
# From an expression.
# Written by eafo 0.1.0. Use, change and share it freely (MIT-0).
# Parameter eps = 0.01: learnable.
# In float32, each step rounded, against the formula in double precision on [-20, 20]: value to 57 ulp (worst at x = -8.0740), derivative to 1065 ulp (worst at x = -0.3402).
import jax
import jax.numpy as jnp
from jax.scipy import special  # noqa: F401


@jax.custom_jvp
def _activation(x, eps):
    t2 = jnp.maximum(0.0, x)
    t7 = x + 0.92
    t8 = 25.0 * t7
    t10 = t8 / 19.0
    t11 = 0.3989422804014327 * jnp.exp(-0.5 * t10 * t10)
    t12 = 7500.0 * t11
    t13 = jnp.clip(t7, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t14 = t12 * t13
    t16 = t14 / 6859.0
    t17 = -t16
    t20 = x - 0.55
    t21 = 25.0 * t20
    t23 = t21 / 18.0
    t24 = 0.3989422804014327 * jnp.exp(-0.5 * t23 * t23)
    t25 = 8125.0 * t24
    t26 = jnp.clip(t20, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t27 = t25 * t26
    t29 = t27 / 5832.0
    t30 = t17 - t29
    t31 = eps * t30
    t33 = t31 / (-0.374663)
    t34 = t2 + t33
    return jnp.broadcast_to(jnp.asarray(t34, x.dtype), _shape(x, eps))


def _activation_slopes(x, eps):
    """The derivatives by x and by each parameter."""
    t7 = x + 0.92
    t8 = 25.0 * t7
    t10 = t8 / 19.0
    t11 = 0.3989422804014327 * jnp.exp(-0.5 * t10 * t10)
    t12 = 7500.0 * t11
    t13 = jnp.clip(t7, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t14 = t12 * t13
    t16 = t14 / 6859.0
    t17 = -t16
    t20 = x - 0.55
    t21 = 25.0 * t20
    t23 = t21 / 18.0
    t24 = 0.3989422804014327 * jnp.exp(-0.5 * t23 * t23)
    t25 = 8125.0 * t24
    t26 = jnp.clip(t20, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t27 = t25 * t26
    t29 = t27 / 5832.0
    t30 = t17 - t29
    t36 = jnp.where(x > 0.0, 1.0, 0.0)
    t38 = jnp.clip(t10, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t39 = t38 * t11
    t40 = -t39
    t41 = t40 * 1.3157894736842106
    t42 = 7500.0 * t41
    t43 = t42 * t13
    t44 = t43 + t12
    t45 = t44 / 6859.0
    t47 = -t45
    t49 = jnp.clip(t23, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t50 = t49 * t24
    t51 = -t50
    t52 = t51 * 1.3888888888888888
    t53 = 8125.0 * t52
    t54 = t53 * t26
    t55 = t54 + t25
    t56 = t55 / 5832.0
    t57 = -t56
    t58 = t47 + t57
    t59 = eps * t58
    t60 = t59 / (-0.374663)
    t61 = t36 + t60
    t62 = t30 / (-0.374663)
    return (t61, t62,)


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
