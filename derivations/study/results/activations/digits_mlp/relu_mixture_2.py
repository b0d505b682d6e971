# activation: f(x) = max(0,x) + eps*(7*phi(5*(x - 4.6)/12)*(23 - 5*x)/1728 - 215*phi(5*(x - 1.1)/8)*(x - 1.1)/2048 - 58*phi(10*(x + 3.2)/17)*(5*x + 16)/4913)/(-0.0339619); eps=0.01
# From an expression.
# Written by eafo 0.1.0. Use, change and share it freely (MIT-0).
# Parameter eps = 0.01: learnable.
# In float32, each step rounded, against the formula in double precision on [-20, 20]: value to 215 ulp (worst at x = -2.8214), derivative to 363 ulp (worst at x = -0.1051).
import jax
import jax.numpy as jnp
from jax.scipy import special  # noqa: F401


@jax.custom_jvp
def _activation(x, eps):
    t2 = jnp.maximum(0.0, x)
    t7 = x - 4.6
    t8 = 5.0 * t7
    t10 = t8 / 12.0
    t11 = 0.3989422804014327 * jnp.exp(-0.5 * t10 * t10)
    t12 = 7.0 * t11
    t14 = 5.0 * x
    t15 = 23.0 - t14
    t16 = jnp.clip(t15, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t17 = t12 * t16
    t19 = t17 / 1728.0
    t22 = x - 1.1
    t23 = 5.0 * t22
    t25 = t23 / 8.0
    t26 = 0.3989422804014327 * jnp.exp(-0.5 * t25 * t25)
    t27 = 215.0 * t26
    t28 = jnp.clip(t22, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t29 = t27 * t28
    t31 = t29 / 2048.0
    t32 = t19 - t31
    t36 = x + 3.2
    t37 = 10.0 * t36
    t39 = t37 / 17.0
    t40 = 0.3989422804014327 * jnp.exp(-0.5 * t39 * t39)
    t41 = 58.0 * t40
    t43 = t14 + 16.0
    t44 = jnp.clip(t43, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t45 = t41 * t44
    t47 = t45 / 4913.0
    t48 = t32 - t47
    t49 = eps * t48
    t51 = t49 / (-0.0339619)
    t52 = t2 + t51
    return jnp.broadcast_to(jnp.asarray(t52, x.dtype), _shape(x, eps))


def _activation_slopes(x, eps):
    """The derivatives by x and by each parameter."""
    t7 = x - 4.6
    t8 = 5.0 * t7
    t10 = t8 / 12.0
    t11 = 0.3989422804014327 * jnp.exp(-0.5 * t10 * t10)
    t12 = 7.0 * t11
    t14 = 5.0 * x
    t15 = 23.0 - t14
    t16 = jnp.clip(t15, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t17 = t12 * t16
    t19 = t17 / 1728.0
    t22 = x - 1.1
    t23 = 5.0 * t22
    t25 = t23 / 8.0
    t26 = 0.3989422804014327 * jnp.exp(-0.5 * t25 * t25)
    t27 = 215.0 * t26
    t28 = jnp.clip(t22, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t29 = t27 * t28
    t31 = t29 / 2048.0
    t32 = t19 - t31
    t36 = x + 3.2
    t37 = 10.0 * t36
    t39 = t37 / 17.0
    t40 = 0.3989422804014327 * jnp.exp(-0.5 * t39 * t39)
    t41 = 58.0 * t40
    t43 = t14 + 16.0
    t44 = jnp.clip(t43, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t45 = t41 * t44
    t47 = t45 / 4913.0
    t48 = t32 - t47
    t54 = jnp.where(x > 0.0, 1.0, 0.0)
    t56 = jnp.clip(t10, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t57 = t56 * t11
    t58 = -t57
    t59 = t58 * 0.4166666666666667
    t60 = 7.0 * t59
    t62 = t60 * t16
    t63 = t12 * (-5.0)
    t64 = t62 + t63
    t65 = t64 / 1728.0
    t67 = jnp.clip(t25, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t68 = t67 * t26
    t69 = -t68
    t70 = t69 * 0.625
    t71 = 215.0 * t70
    t72 = t71 * t28
    t73 = t72 + t27
    t74 = t73 / 2048.0
    t75 = -t74
    t76 = t65 + t75
    t78 = jnp.clip(t39, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t79 = t78 * t40
    t80 = -t79
    t81 = t80 * 0.5882352941176471
    t82 = 58.0 * t81
    t83 = t82 * t44
    t84 = t41 * 5.0
    t85 = t83 + t84
    t86 = t85 / 4913.0
    t87 = -t86
    t88 = t76 + t87
    t89 = eps * t88
    t90 = t89 / (-0.0339619)
    t91 = t54 + t90
    t92 = t48 / (-0.0339619)
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
