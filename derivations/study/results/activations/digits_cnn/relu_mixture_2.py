# activation: f(x) = max(0,x) + eps*(-205*phi(5*(x + 4)/11)*(x + 4)/5324 - 190*phi(10*(x - 6.3)/33)*(x - 6.3)/35937 - 50*phi(5*(x - 0.91)/11)*(x - 0.91)/1331)/(-0.0106425); eps=0.01
# From an expression.
# Written by eafo 0.1.0. Use, change and share it freely (MIT-0).
# Parameter eps = 0.01: learnable.
# In float32, each step rounded, against the formula in double precision on [-20, 20]: value to 409 ulp (worst at x = -1.6458), derivative to 817 ulp (worst at x = -0.4652).
import jax
import jax.numpy as jnp
from jax.scipy import special  # noqa: F401


@jax.custom_jvp
def _activation(x, eps):
    t2 = jnp.maximum(0.0, x)
    t7 = x + 4.0
    t8 = 5.0 * t7
    t10 = t8 / 11.0
    t11 = 0.3989422804014327 * jnp.exp(-0.5 * t10 * t10)
    t12 = 205.0 * t11
    t13 = jnp.clip(t7, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t14 = t12 * t13
    t16 = t14 / 5324.0
    t17 = -t16
    t21 = x - 6.3
    t22 = 10.0 * t21
    t24 = t22 / 33.0
    t25 = 0.3989422804014327 * jnp.exp(-0.5 * t24 * t24)
    t26 = 190.0 * t25
    t27 = jnp.clip(t21, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t28 = t26 * t27
    t30 = t28 / 35937.0
    t31 = t17 - t30
    t34 = x - 0.91
    t35 = 5.0 * t34
    t36 = t35 / 11.0
    t37 = 0.3989422804014327 * jnp.exp(-0.5 * t36 * t36)
    t38 = 50.0 * t37
    t39 = jnp.clip(t34, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t40 = t38 * t39
    t42 = t40 / 1331.0
    t43 = t31 - t42
    t44 = eps * t43
    t46 = t44 / (-0.0106425)
    t47 = t2 + t46
    return jnp.broadcast_to(jnp.asarray(t47, x.dtype), _shape(x, eps))


def _activation_slopes(x, eps):
    """The derivatives by x and by each parameter."""
    t7 = x + 4.0
    t8 = 5.0 * t7
    t10 = t8 / 11.0
    t11 = 0.3989422804014327 * jnp.exp(-0.5 * t10 * t10)
    t12 = 205.0 * t11
    t13 = jnp.clip(t7, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t14 = t12 * t13
    t16 = t14 / 5324.0
    t17 = -t16
    t21 = x - 6.3
    t22 = 10.0 * t21
    t24 = t22 / 33.0
    t25 = 0.3989422804014327 * jnp.exp(-0.5 * t24 * t24)
    t26 = 190.0 * t25
    t27 = jnp.clip(t21, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t28 = t26 * t27
    t30 = t28 / 35937.0
    t31 = t17 - t30
    t34 = x - 0.91
    t35 = 5.0 * t34
    t36 = t35 / 11.0
    t37 = 0.3989422804014327 * jnp.exp(-0.5 * t36 * t36)
    t38 = 50.0 * t37
    t39 = jnp.clip(t34, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t40 = t38 * t39
    t42 = t40 / 1331.0
    t43 = t31 - t42
    t49 = jnp.where(x > 0.0, 1.0, 0.0)
    t51 = jnp.clip(t10, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t52 = t51 * t11
    t53 = -t52
    t54 = t53 * 0.45454545454545453
    t55 = 205.0 * t54
    t56 = t55 * t13
    t57 = t56 + t12
    t58 = t57 / 5324.0
    t60 = -t58
    t62 = jnp.clip(t24, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t63 = t62 * t25
    t64 = -t63
    t65 = t64 * 0.30303030303030304
    t66 = 190.0 * t65
    t67 = t66 * t27
    t68 = t67 + t26
    t69 = t68 / 35937.0
    t70 = -t69
    t71 = t60 + t70
    t72 = jnp.clip(t36, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t73 = t72 * t37
    t74 = -t73
    t75 = t74 * 0.45454545454545453
    t76 = 50.0 * t75
    t77 = t76 * t39
    t78 = t77 + t38
    t79 = t78 / 1331.0
    t80 = -t79
    t81 = t71 + t80
    t82 = eps * t81
    t83 = t82 / (-0.0106425)
    t84 = t49 + t83
    t85 = t43 / (-0.0106425)
    return (t84, t85,)


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
