# activation: f(x) = max(0,x) + eps*(-4000*phi(20*(x + 0.14)/11)*(x + 0.14)/1331 - 2625*phi(25*(x + 1.6)/23)*(5*x + 8)/48668 - 145*phi(5*(x - 0.51)/4)*(x - 0.51)/256)/(-1.21327); eps=0.01
# From an expression.
# Written by eafo 0.1.0. Use, change and share it freely (MIT-0).
# Parameter eps = 0.01: learnable.
# In float32, each step rounded, against the formula in double precision on [-20, 20]: value to 74 ulp (worst at x = -10.0150), derivative to 66 ulp (worst at x = -9.6748).
import jax
import jax.numpy as jnp
from jax.scipy import special  # noqa: F401


@jax.custom_jvp
def _activation(x, eps):
    t2 = jnp.maximum(0.0, x)
    t7 = x + 0.14
    t8 = 20.0 * t7
    t10 = t8 / 11.0
    t11 = 0.3989422804014327 * jnp.exp(-0.5 * t10 * t10)
    t12 = 4000.0 * t11
    t13 = jnp.clip(t7, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t14 = t12 * t13
    t16 = t14 / 1331.0
    t17 = -t16
    t21 = x + 1.6
    t22 = 25.0 * t21
    t24 = t22 / 23.0
    t25 = 0.3989422804014327 * jnp.exp(-0.5 * t24 * t24)
    t26 = 2625.0 * t25
    t28 = 5.0 * x
    t30 = t28 + 8.0
    t31 = jnp.clip(t30, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t32 = t26 * t31
    t34 = t32 / 48668.0
    t35 = t17 - t34
    t38 = x - 0.51
    t39 = 5.0 * t38
    t41 = t39 / 4.0
    t42 = 0.3989422804014327 * jnp.exp(-0.5 * t41 * t41)
    t43 = 145.0 * t42
    t44 = jnp.clip(t38, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t45 = t43 * t44
    t47 = t45 / 256.0
    t48 = t35 - t47
    t49 = eps * t48
    t51 = t49 / (-1.21327)
    t52 = t2 + t51
    return jnp.broadcast_to(jnp.asarray(t52, x.dtype), _shape(x, eps))


def _activation_slopes(x, eps):
    """The derivatives by x and by each parameter."""
    t7 = x + 0.14
    t8 = 20.0 * t7
    t10 = t8 / 11.0
    t11 = 0.3989422804014327 * jnp.exp(-0.5 * t10 * t10)
    t12 = 4000.0 * t11
    t13 = jnp.clip(t7, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t14 = t12 * t13
    t16 = t14 / 1331.0
    t17 = -t16
    t21 = x + 1.6
    t22 = 25.0 * t21
    t24 = t22 / 23.0
    t25 = 0.3989422804014327 * jnp.exp(-0.5 * t24 * t24)
    t26 = 2625.0 * t25
    t28 = 5.0 * x
    t30 = t28 + 8.0
    t31 = jnp.clip(t30, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t32 = t26 * t31
    t34 = t32 / 48668.0
    t35 = t17 - t34
    t38 = x - 0.51
    t39 = 5.0 * t38
    t41 = t39 / 4.0
    t42 = 0.3989422804014327 * jnp.exp(-0.5 * t41 * t41)
    t43 = 145.0 * t42
    t44 = jnp.clip(t38, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t45 = t43 * t44
    t47 = t45 / 256.0
    t48 = t35 - t47
    t54 = jnp.where(x > 0.0, 1.0, 0.0)
    t56 = jnp.clip(t10, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t57 = t56 * t11
    t58 = -t57
    t59 = t58 * 1.8181818181818181
    t60 = 4000.0 * t59
    t61 = t60 * t13
    t62 = t61 + t12
    t63 = t62 / 1331.0
    t65 = -t63
    t67 = jnp.clip(t24, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t68 = t67 * t25
    t69 = -t68
    t70 = t69 * 1.0869565217391304
    t71 = 2625.0 * t70
    t72 = t71 * t31
    t73 = t26 * 5.0
    t74 = t72 + t73
    t75 = t74 / 48668.0
    t76 = -t75
    t77 = t65 + t76
    t79 = jnp.clip(t41, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t80 = t79 * t42
    t81 = -t80
    t82 = t81 * 1.25
    t83 = 145.0 * t82
    t84 = t83 * t44
    t85 = t84 + t43
    t86 = t85 / 256.0
    t87 = -t86
    t88 = t77 + t87
    t89 = eps * t88
    t90 = t89 / (-1.21327)
    t91 = t54 + t90
    t92 = t48 / (-1.21327)
    return (t91, t92,)


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
