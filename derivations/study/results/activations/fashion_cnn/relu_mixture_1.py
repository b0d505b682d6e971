# activation: f(x) = max(0,x) + eps*(-760000*phi(100*(x - 0.34)/87)*(x - 0.34)/658503 + 16*phi(10*(x - 2.2)/21)*(11 - 5*x)/3087)/(-0.461912); eps=0.01
# From an expression.
# Written by eafo 0.1.0. Use, change and share it freely (MIT-0).
# Parameter eps = 0.01: learnable.
# In float32, each step rounded, against the formula in double precision on [-20, 20]: value to 91 ulp (worst at x = -14.7074), derivative to 90 ulp (worst at x = -14.8874).
import jax
import jax.numpy as jnp
from jax.scipy import special  # noqa: F401


@jax.custom_jvp
def _activation(x, eps):
    t2 = jnp.maximum(0.0, x)
    t7 = x - 0.34
    t8 = 100.0 * t7
    t10 = t8 / 87.0
    t11 = 0.3989422804014327 * jnp.exp(-0.5 * t10 * t10)
    t12 = 760000.0 * t11
    t13 = jnp.clip(t7, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t14 = t12 * t13
    t16 = t14 / 658503.0
    t17 = -t16
    t21 = x - 2.2
    t22 = 10.0 * t21
    t24 = t22 / 21.0
    t25 = 0.3989422804014327 * jnp.exp(-0.5 * t24 * t24)
    t26 = 16.0 * t25
    t29 = 5.0 * x
    t30 = 11.0 - t29
    t31 = jnp.clip(t30, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t32 = t26 * t31
    t34 = t32 / 3087.0
    t35 = t17 + t34
    t36 = eps * t35
    t38 = t36 / (-0.461912)
    t39 = t2 + t38
    return jnp.broadcast_to(jnp.asarray(t39, x.dtype), _shape(x, eps))


def _activation_slopes(x, eps):
    """The derivatives by x and by each parameter."""
    t7 = x - 0.34
    t8 = 100.0 * t7
    t10 = t8 / 87.0
    t11 = 0.3989422804014327 * jnp.exp(-0.5 * t10 * t10)
    t12 = 760000.0 * t11
    t13 = jnp.clip(t7, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t14 = t12 * t13
    t16 = t14 / 658503.0
    t17 = -t16
    t21 = x - 2.2
    t22 = 10.0 * t21
    t24 = t22 / 21.0
    t25 = 0.3989422804014327 * jnp.exp(-0.5 * t24 * t24)
    t26 = 16.0 * t25
    t29 = 5.0 * x
    t30 = 11.0 - t29
    t31 = jnp.clip(t30, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t32 = t26 * t31
    t34 = t32 / 3087.0
    t35 = t17 + t34
    t41 = jnp.where(x > 0.0, 1.0, 0.0)
    t43 = jnp.clip(t10, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t44 = t43 * t11
    t45 = -t44
    t46 = t45 * 1.1494252873563218
    t47 = 760000.0 * t46
    t48 = t47 * t13
    t49 = t48 + t12
    t50 = t49 / 658503.0
    t52 = -t50
    t54 = jnp.clip(t24, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t55 = t54 * t25
    t56 = -t55
    t57 = t56 * 0.47619047619047616
    t58 = 16.0 * t57
    t60 = t58 * t31
    t61 = t26 * (-5.0)
    t62 = t60 + t61
    t63 = t62 / 3087.0
    t64 = t52 + t63
    t65 = eps * t64
    t66 = t65 / (-0.461912)
    t67 = t41 + t66
    t68 = t35 / (-0.461912)
    return (t67, t68,)


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
