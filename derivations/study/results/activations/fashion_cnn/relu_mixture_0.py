# activation: f(x) = max(0,x) + eps*(-8125*phi(25*(x - 0.32)/11)*(x - 0.32)/1331 - 5781250*phi(250*(x - 0.05)/9)*(x - 0.05)/729 - 110*phi(10*(x - 1.9)/7)*(x - 1.9)/343)/(-3158.46); eps=0.01
# From an expression.
# Written by eafo 0.1.0. Use, change and share it freely (MIT-0).
# Parameter eps = 0.01: learnable.
# In float32, each step rounded, against the formula in double precision on [-20, 20]: value to 83 ulp (worst at x = -6.4432), derivative to 86 ulp (worst at x = -6.4432).
import jax
import jax.numpy as jnp
from jax.scipy import special  # noqa: F401


@jax.custom_jvp
def _activation(x, eps):
    t2 = jnp.maximum(0.0, x)
    t7 = x - 0.32
    t8 = 25.0 * t7
    t10 = t8 / 11.0
    t11 = 0.3989422804014327 * jnp.exp(-0.5 * t10 * t10)
    t12 = 8125.0 * t11
    t13 = jnp.clip(t7, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t14 = t12 * t13
    t16 = t14 / 1331.0
    t17 = -t16
    t21 = x - 0.05
    t22 = 250.0 * t21
    t24 = t22 / 9.0
    t25 = 0.3989422804014327 * jnp.exp(-0.5 * t24 * t24)
    t26 = 5781250.0 * t25
    t27 = jnp.clip(t21, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t28 = t26 * t27
    t30 = t28 / 729.0
    t31 = t17 - t30
    t35 = x - 1.9
    t36 = 10.0 * t35
    t38 = t36 / 7.0
    t39 = 0.3989422804014327 * jnp.exp(-0.5 * t38 * t38)
    t40 = 110.0 * t39
    t41 = jnp.clip(t35, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t42 = t40 * t41
    t44 = t42 / 343.0
    t45 = t31 - t44
    t46 = eps * t45
    t48 = t46 / (-3158.46)
    t49 = t2 + t48
    return jnp.broadcast_to(jnp.asarray(t49, x.dtype), _shape(x, eps))


def _activation_slopes(x, eps):
    """The derivatives by x and by each parameter."""
    t7 = x - 0.32
    t8 = 25.0 * t7
    t10 = t8 / 11.0
    t11 = 0.3989422804014327 * jnp.exp(-0.5 * t10 * t10)
    t12 = 8125.0 * t11
    t13 = jnp.clip(t7, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t14 = t12 * t13
    t16 = t14 / 1331.0
    t17 = -t16
    t21 = x - 0.05
    t22 = 250.0 * t21
    t24 = t22 / 9.0
    t25 = 0.3989422804014327 * jnp.exp(-0.5 * t24 * t24)
    t26 = 5781250.0 * t25
    t27 = jnp.clip(t21, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t28 = t26 * t27
    t30 = t28 / 729.0
    t31 = t17 - t30
    t35 = x - 1.9
    t36 = 10.0 * t35
    t38 = t36 / 7.0
    t39 = 0.3989422804014327 * jnp.exp(-0.5 * t38 * t38)
    t40 = 110.0 * t39
    t41 = jnp.clip(t35, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t42 = t40 * t41
    t44 = t42 / 343.0
    t45 = t31 - t44
    t51 = jnp.where(x > 0.0, 1.0, 0.0)
    t53 = jnp.clip(t10, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t54 = t53 * t11
    t55 = -t54
    t56 = t55 * 2.272727272727273
    t57 = 8125.0 * t56
    t58 = t57 * t13
    t59 = t58 + t12
    t60 = t59 / 1331.0
    t62 = -t60
    t64 = jnp.clip(t24, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t65 = t64 * t25
    t66 = -t65
    t67 = t66 * 27.77777777777778
    t68 = 5781250.0 * t67
    t69 = t68 * t27
    t70 = t69 + t26
    t71 = t70 / 729.0
    t72 = -t71
    t73 = t62 + t72
    t75 = jnp.clip(t38, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t76 = t75 * t39
    t77 = -t76
    t78 = t77 * 1.4285714285714286
    t79 = 110.0 * t78
    t80 = t79 * t41
    t81 = t80 + t40
    t82 = t81 / 343.0
    t83 = -t82
    t84 = t73 + t83
    t85 = eps * t84
    t86 = t85 / (-3158.46)
    t87 = t51 + t86
    t88 = t45 / (-3158.46)
    return (t87, t88,)


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
