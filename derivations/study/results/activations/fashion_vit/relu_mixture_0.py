# activation: f(x) = max(0,x) + eps*(-500000*phi(100*(x + 0.83)/71)*(x + 0.83)/357911 - 62500*phi(50*(x - 0.61)/37)*(x - 0.61)/50653)/(-0.355236); eps=0.01
# From an expression.
# Written by eafo 0.1.0. Use, change and share it freely (MIT-0).
# Parameter eps = 0.01: learnable.
# In float32, each step rounded, against the formula in double precision on [-20, 20]: value to 335 ulp (worst at x = -0.4204), derivative to 180 ulp (worst at x = -0.0700).
import jax
import jax.numpy as jnp
from jax.scipy import special  # noqa: F401


@jax.custom_jvp
def _activation(x, eps):
    t2 = jnp.maximum(0.0, x)
    t7 = x + 0.83
    t8 = 100.0 * t7
    t10 = t8 / 71.0
    t11 = 0.3989422804014327 * jnp.exp(-0.5 * t10 * t10)
    t12 = 500000.0 * t11
    t13 = jnp.clip(t7, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t14 = t12 * t13
    t16 = t14 / 357911.0
    t17 = -t16
    t21 = x - 0.61
    t22 = 50.0 * t21
    t24 = t22 / 37.0
    t25 = 0.3989422804014327 * jnp.exp(-0.5 * t24 * t24)
    t26 = 62500.0 * t25
    t27 = jnp.clip(t21, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t28 = t26 * t27
    t30 = t28 / 50653.0
    t31 = t17 - t30
    t32 = eps * t31
    t34 = t32 / (-0.355236)
    t35 = t2 + t34
    return jnp.broadcast_to(jnp.asarray(t35, x.dtype), _shape(x, eps))


def _activation_slopes(x, eps):
    """The derivatives by x and by each parameter."""
    t7 = x + 0.83
    t8 = 100.0 * t7
    t10 = t8 / 71.0
    t11 = 0.3989422804014327 * jnp.exp(-0.5 * t10 * t10)
    t12 = 500000.0 * t11
    t13 = jnp.clip(t7, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t14 = t12 * t13
    t16 = t14 / 357911.0
    t17 = -t16
    t21 = x - 0.61
    t22 = 50.0 * t21
    t24 = t22 / 37.0
    t25 = 0.3989422804014327 * jnp.exp(-0.5 * t24 * t24)
    t26 = 62500.0 * t25
    t27 = jnp.clip(t21, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t28 = t26 * t27
    t30 = t28 / 50653.0
    t31 = t17 - t30
    t37 = jnp.where(x > 0.0, 1.0, 0.0)
    t39 = jnp.clip(t10, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t40 = t39 * t11
    t41 = -t40
    t42 = t41 * 1.408450704225352
    t43 = 500000.0 * t42
    t44 = t43 * t13
    t45 = t44 + t12
    t46 = t45 / 357911.0
    t48 = -t46
    t50 = jnp.clip(t24, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t51 = t50 * t25
    t52 = -t51
    t53 = t52 * 1.3513513513513513
    t54 = 62500.0 * t53
    t55 = t54 * t27
    t56 = t55 + t26
    t57 = t56 / 50653.0
    t58 = -t57
    t59 = t48 + t58
    t60 = eps * t59
    t61 = t60 / (-0.355236)
    t62 = t37 + t61
    t63 = t31 / (-0.355236)
    return (t62, t63,)


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
