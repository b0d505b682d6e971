# activation: f(x) = max(0,x) + eps*(-4687500*phi(250*(x - 0.066)/23)*(x - 0.066)/12167 + 37*phi(5*(x - 1.2)/6)*(6 - 5*x)/864 - 330000*phi(100*(x - 0.51)/61)*(x - 0.51)/226981)/(-153.541); eps=0.01
# From an expression.
# Written by eafo 0.1.0. Use, change and share it freely (MIT-0).
# Parameter eps = 0.01: learnable.
# In float32, each step rounded, against the formula in double precision on [-20, 20]: value to 66 ulp (worst at x = -9.5698), derivative to 65 ulp (worst at x = -11.9210).
import jax
import jax.numpy as jnp
from jax.scipy import special  # noqa: F401


@jax.custom_jvp
def _activation(x, eps):
    t2 = jnp.maximum(0.0, x)
    t7 = x - 0.066
    t8 = 250.0 * t7
    t10 = t8 / 23.0
    t11 = 0.3989422804014327 * jnp.exp(-0.5 * t10 * t10)
    t12 = 4687500.0 * t11
    t13 = jnp.clip(t7, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t14 = t12 * t13
    t16 = t14 / 12167.0
    t17 = -t16
    t21 = x - 1.2
    t22 = 5.0 * t21
    t24 = t22 / 6.0
    t25 = 0.3989422804014327 * jnp.exp(-0.5 * t24 * t24)
    t26 = 37.0 * t25
    t27 = 5.0 * x
    t28 = 6.0 - t27
    t29 = jnp.clip(t28, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t30 = t26 * t29
    t32 = t30 / 864.0
    t33 = t17 + t32
    t37 = x - 0.51
    t38 = 100.0 * t37
    t40 = t38 / 61.0
    t41 = 0.3989422804014327 * jnp.exp(-0.5 * t40 * t40)
    t42 = 330000.0 * t41
    t43 = jnp.clip(t37, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t44 = t42 * t43
    t46 = t44 / 226981.0
    t47 = t33 - t46
    t48 = eps * t47
    t50 = t48 / (-153.541)
    t51 = t2 + t50
    return jnp.broadcast_to(jnp.asarray(t51, x.dtype), _shape(x, eps))


def _activation_slopes(x, eps):
    """The derivatives by x and by each parameter."""
    t7 = x - 0.066
    t8 = 250.0 * t7
    t10 = t8 / 23.0
    t11 = 0.3989422804014327 * jnp.exp(-0.5 * t10 * t10)
    t12 = 4687500.0 * t11
    t13 = jnp.clip(t7, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t14 = t12 * t13
    t16 = t14 / 12167.0
    t17 = -t16
    t21 = x - 1.2
    t22 = 5.0 * t21
    t24 = t22 / 6.0
    t25 = 0.3989422804014327 * jnp.exp(-0.5 * t24 * t24)
    t26 = 37.0 * t25
    t27 = 5.0 * x
    t28 = 6.0 - t27
    t29 = jnp.clip(t28, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t30 = t26 * t29
    t32 = t30 / 864.0
    t33 = t17 + t32
    t37 = x - 0.51
    t38 = 100.0 * t37
    t40 = t38 / 61.0
    t41 = 0.3989422804014327 * jnp.exp(-0.5 * t40 * t40)
    t42 = 330000.0 * t41
    t43 = jnp.clip(t37, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t44 = t42 * t43
    t46 = t44 / 226981.0
    t47 = t33 - t46
    t53 = jnp.where(x > 0.0, 1.0, 0.0)
    t55 = jnp.clip(t10, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t56 = t55 * t11
    t57 = -t56
    t58 = t57 * 10.869565217391305
    t59 = 4687500.0 * t58
    t60 = t59 * t13
    t61 = t60 + t12
    t62 = t61 / 12167.0
    t64 = -t62
    t66 = jnp.clip(t24, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t67 = t66 * t25
    t68 = -t67
    t69 = t68 * 0.8333333333333334
    t70 = 37.0 * t69
    t72 = t70 * t29
    t73 = t26 * (-5.0)
    t74 = t72 + t73
    t75 = t74 / 864.0
    t76 = t64 + t75
    t78 = jnp.clip(t40, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t79 = t78 * t41
    t80 = -t79
    t81 = t80 * 1.639344262295082
    t82 = 330000.0 * t81
    t83 = t82 * t43
    t84 = t83 + t42
    t85 = t84 / 226981.0
    t86 = -t85
    t87 = t76 + t86
    t88 = eps * t87
    t89 = t88 / (-153.541)
    t90 = t53 + t89
    t91 = t47 / (-153.541)
    return (t90, t91,)


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
