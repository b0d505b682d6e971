# activation: f(x) = max(0,x) + eps*(-140000*phi(100*(x - 0.62)/81)*(x - 0.62)/177147 - 310*phi(10*(x - 2.3)/11)*(x - 2.3)/1331 - 54000*phi(100*(x + 1.8)/73)*(5*x + 9)/389017)/(-0.268981); eps=0.01
# From an expression.
# Written by eafo 0.1.0. Use, change and share it freely (MIT-0).
# Parameter eps = 0.01: learnable.
# In float32, each step rounded, against the formula in double precision on [-20, 20]: value to 110 ulp (worst at x = -0.7904), derivative to 119 ulp (worst at x = -0.0020).
import jax
import jax.numpy as jnp
from jax.scipy import special  # noqa: F401


@jax.custom_jvp
def _activation(x, eps):
    t2 = jnp.maximum(0.0, x)
    t7 = x - 0.62
    t8 = 100.0 * t7
    t10 = t8 / 81.0
    t11 = 0.3989422804014327 * jnp.exp(-0.5 * t10 * t10)
    t12 = 140000.0 * t11
    t13 = jnp.clip(t7, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t14 = t12 * t13
    t16 = t14 / 177147.0
    t17 = -t16
    t21 = x - 2.3
    t22 = 10.0 * t21
    t24 = t22 / 11.0
    t25 = 0.3989422804014327 * jnp.exp(-0.5 * t24 * t24)
    t26 = 310.0 * t25
    t27 = jnp.clip(t21, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t28 = t26 * t27
    t30 = t28 / 1331.0
    t31 = t17 - t30
    t34 = x + 1.8
    t35 = 100.0 * t34
    t37 = t35 / 73.0
    t38 = 0.3989422804014327 * jnp.exp(-0.5 * t37 * t37)
    t39 = 54000.0 * t38
    t41 = 5.0 * x
    t43 = t41 + 9.0
    t44 = jnp.clip(t43, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t45 = t39 * t44
    t47 = t45 / 389017.0
    t48 = t31 - t47
    t49 = eps * t48
    t51 = t49 / (-0.268981)
    t52 = t2 + t51
    return jnp.broadcast_to(jnp.asarray(t52, x.dtype), _shape(x, eps))


def _activation_slopes(x, eps):
    """The derivatives by x and by each parameter."""
    t7 = x - 0.62
    t8 = 100.0 * t7
    t10 = t8 / 81.0
    t11 = 0.3989422804014327 * jnp.exp(-0.5 * t10 * t10)
    t12 = 140000.0 * t11
    t13 = jnp.clip(t7, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t14 = t12 * t13
    t16 = t14 / 177147.0
    t17 = -t16
    t21 = x - 2.3
    t22 = 10.0 * t21
    t24 = t22 / 11.0
    t25 = 0.3989422804014327 * jnp.exp(-0.5 * t24 * t24)
    t26 = 310.0 * t25
    t27 = jnp.clip(t21, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t28 = t26 * t27
    t30 = t28 / 1331.0
    t31 = t17 - t30
    t34 = x + 1.8
    t35 = 100.0 * t34
    t37 = t35 / 73.0
    t38 = 0.3989422804014327 * jnp.exp(-0.5 * t37 * t37)
    t39 = 54000.0 * t38
    t41 = 5.0 * x
    t43 = t41 + 9.0
    t44 = jnp.clip(t43, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t45 = t39 * t44
    t47 = t45 / 389017.0
    t48 = t31 - t47
    t54 = jnp.where(x > 0.0, 1.0, 0.0)
    t56 = jnp.clip(t10, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t57 = t56 * t11
    t58 = -t57
    t59 = t58 * 1.2345679012345678
    t60 = 140000.0 * t59
    t61 = t60 * t13
    t62 = t61 + t12
    t63 = t62 / 177147.0
    t65 = -t63
    t67 = jnp.clip(t24, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t68 = t67 * t25
    t69 = -t68
    t70 = t69 * 0.9090909090909091
    t71 = 310.0 * t70
    t72 = t71 * t27
    t73 = t72 + t26
    t74 = t73 / 1331.0
    t75 = -t74
    t76 = t65 + t75
    t78 = jnp.clip(t37, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t79 = t78 * t38
    t80 = -t79
    t81 = t80 * 1.36986301369863
    t82 = 54000.0 * t81
    t83 = t82 * t44
    t84 = t39 * 5.0
    t85 = t83 + t84
    t86 = t85 / 389017.0
    t87 = -t86
    t88 = t76 + t87
    t89 = eps * t88
    t90 = t89 / (-0.268981)
    t91 = t54 + t90
    t92 = t48 / (-0.268981)
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
