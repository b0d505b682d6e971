# activation: f(x) = max(0,x) + eps*(-220000*phi(100*(x + 0.85)/53)*(x + 0.85)/148877 - 19375*phi(25*(x - 1.3)/13)*(x - 1.3)/8788 + 29375*phi(50*(x - 0.25)/21)*(1 - 4*x)/18522)/(-1.95195); eps=0.01
# From an expression.
# Written by eafo 0.1.0. Use, change and share it freely (MIT-0).
# Parameter eps = 0.01: learnable.
# In float32, each step rounded, against the formula in double precision on [-20, 20]: value to 51 ulp (worst at x = -6.9485), derivative to 110 ulp (worst at x = -0.8104).
import jax
import jax.numpy as jnp
from jax.scipy import special  # noqa: F401


@jax.custom_jvp
def _activation(x, eps):
    t2 = jnp.maximum(0.0, x)
    t7 = x + 0.85
    t8 = 100.0 * t7
    t10 = t8 / 53.0
    t11 = 0.3989422804014327 * jnp.exp(-0.5 * t10 * t10)
    t12 = 220000.0 * t11
    t13 = jnp.clip(t7, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t14 = t12 * t13
    t16 = t14 / 148877.0
    t17 = -t16
    t21 = x - 1.3
    t22 = 25.0 * t21
    t24 = t22 / 13.0
    t25 = 0.3989422804014327 * jnp.exp(-0.5 * t24 * t24)
    t26 = 19375.0 * t25
    t27 = jnp.clip(t21, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t28 = t26 * t27
    t30 = t28 / 8788.0
    t31 = t17 - t30
    t35 = x - 0.25
    t36 = 50.0 * t35
    t38 = t36 / 21.0
    t39 = 0.3989422804014327 * jnp.exp(-0.5 * t38 * t38)
    t40 = 29375.0 * t39
    t43 = 4.0 * x
    t44 = 1.0 - t43
    t45 = jnp.clip(t44, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t46 = t40 * t45
    t48 = t46 / 18522.0
    t49 = t31 + t48
    t50 = eps * t49
    t52 = t50 / (-1.95195)
    t53 = t2 + t52
    return jnp.broadcast_to(jnp.asarray(t53, x.dtype), _shape(x, eps))


def _activation_slopes(x, eps):
    """The derivatives by x and by each parameter."""
    t7 = x + 0.85
    t8 = 100.0 * t7
    t10 = t8 / 53.0
    t11 = 0.3989422804014327 * jnp.exp(-0.5 * t10 * t10)
    t12 = 220000.0 * t11
    t13 = jnp.clip(t7, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t14 = t12 * t13
    t16 = t14 / 148877.0
    t17 = -t16
    t21 = x - 1.3
    t22 = 25.0 * t21
    t24 = t22 / 13.0
    t25 = 0.3989422804014327 * jnp.exp(-0.5 * t24 * t24)
    t26 = 19375.0 * t25
    t27 = jnp.clip(t21, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t28 = t26 * t27
    t30 = t28 / 8788.0
    t31 = t17 - t30
    t35 = x - 0.25
    t36 = 50.0 * t35
    t38 = t36 / 21.0
    t39 = 0.3989422804014327 * jnp.exp(-0.5 * t38 * t38)
    t40 = 29375.0 * t39
    t43 = 4.0 * x
    t44 = 1.0 - t43
    t45 = jnp.clip(t44, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t46 = t40 * t45
    t48 = t46 / 18522.0
    t49 = t31 + t48
    t54 = jnp.where(x > 0.0, 1.0, 0.0)
    t56 = jnp.clip(t10, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t57 = t56 * t11
    t58 = -t57
    t59 = t58 * 1.8867924528301887
    t60 = 220000.0 * t59
    t61 = t60 * t13
    t62 = t61 + t12
    t63 = t62 / 148877.0
    t65 = -t63
    t67 = jnp.clip(t24, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t68 = t67 * t25
    t69 = -t68
    t70 = t69 * 1.9230769230769231
    t71 = 19375.0 * t70
    t72 = t71 * t27
    t73 = t72 + t26
    t74 = t73 / 8788.0
    t75 = -t74
    t76 = t65 + t75
    t78 = jnp.clip(t38, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t79 = t78 * t39
    t80 = -t79
    t81 = t80 * 2.380952380952381
    t82 = 29375.0 * t81
    t84 = t82 * t45
    t85 = t40 * (-4.0)
    t86 = t84 + t85
    t87 = t86 / 18522.0
    t88 = t76 + t87
    t89 = eps * t88
    t90 = t89 / (-1.95195)
    t91 = t54 + t90
    t92 = t49 / (-1.95195)
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
