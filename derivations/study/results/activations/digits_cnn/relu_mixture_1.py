# activation: f(x) = max(0,x) + eps*(-590*phi(10*(x - 0.82)/13)*(x - 0.82)/2197 - 20*phi(10*(x + 2)/21)*(x + 2)/1029 - 10*phi(10*(x - 4.3)/23)*(x - 4.3)/529)/(-0.101513); eps=0.01
# From an expression.
# Written by eafo 0.1.0. Use, change and share it freely (MIT-0).
# Parameter eps = 0.01: learnable.
# In float32, each step rounded, against the formula in double precision on [-20, 20]: value to 50 ulp (worst at x = -19.6398), derivative to 112 ulp (worst at x = -0.4852).
import jax
import jax.numpy as jnp
from jax.scipy import special  # noqa: F401


@jax.custom_jvp
def _activation(x, eps):
    t2 = jnp.maximum(0.0, x)
    t7 = x - 0.82
    t8 = 10.0 * t7
    t10 = t8 / 13.0
    t11 = 0.3989422804014327 * jnp.exp(-0.5 * t10 * t10)
    t12 = 590.0 * t11
    t13 = jnp.clip(t7, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t14 = t12 * t13
    t16 = t14 / 2197.0
    t17 = -t16
    t20 = x + 2.0
    t21 = 10.0 * t20
    t23 = t21 / 21.0
    t24 = 0.3989422804014327 * jnp.exp(-0.5 * t23 * t23)
    t25 = 20.0 * t24
    t26 = jnp.clip(t20, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t27 = t25 * t26
    t29 = t27 / 1029.0
    t30 = t17 - t29
    t32 = x - 4.3
    t33 = 10.0 * t32
    t35 = t33 / 23.0
    t36 = 0.3989422804014327 * jnp.exp(-0.5 * t35 * t35)
    t37 = 10.0 * t36
    t38 = jnp.clip(t32, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t39 = t37 * t38
    t41 = t39 / 529.0
    t42 = t30 - t41
    t43 = eps * t42
    t45 = t43 / (-0.101513)
    t46 = t2 + t45
    return jnp.broadcast_to(jnp.asarray(t46, x.dtype), _shape(x, eps))


def _activation_slopes(x, eps):
    """The derivatives by x and by each parameter."""
    t7 = x - 0.82
    t8 = 10.0 * t7
    t10 = t8 / 13.0
    t11 = 0.3989422804014327 * jnp.exp(-0.5 * t10 * t10)
    t12 = 590.0 * t11
    t13 = jnp.clip(t7, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t14 = t12 * t13
    t16 = t14 / 2197.0
    t17 = -t16
    t20 = x + 2.0
    t21 = 10.0 * t20
    t23 = t21 / 21.0
    t24 = 0.3989422804014327 * jnp.exp(-0.5 * t23 * t23)
    t25 = 20.0 * t24
    t26 = jnp.clip(t20, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t27 = t25 * t26
    t29 = t27 / 1029.0
    t30 = t17 - t29
    t32 = x - 4.3
    t33 = 10.0 * t32
    t35 = t33 / 23.0
    t36 = 0.3989422804014327 * jnp.exp(-0.5 * t35 * t35)
    t37 = 10.0 * t36
    t38 = jnp.clip(t32, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t39 = t37 * t38
    t41 = t39 / 529.0
    t42 = t30 - t41
    t48 = jnp.where(x > 0.0, 1.0, 0.0)
    t50 = jnp.clip(t10, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t51 = t50 * t11
    t52 = -t51
    t53 = t52 * 0.7692307692307693
    t54 = 590.0 * t53
    t55 = t54 * t13
    t56 = t55 + t12
    t57 = t56 / 2197.0
    t59 = -t57
    t61 = jnp.clip(t23, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t62 = t61 * t24
    t63 = -t62
    t64 = t63 * 0.47619047619047616
    t65 = 20.0 * t64
    t66 = t65 * t26
    t67 = t66 + t25
    t68 = t67 / 1029.0
    t69 = -t68
    t70 = t59 + t69
    t72 = jnp.clip(t35, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t73 = t72 * t36
    t74 = -t73
    t75 = t74 * 0.43478260869565216
    t76 = 10.0 * t75
    t77 = t76 * t38
    t78 = t77 + t37
    t79 = t78 / 529.0
    t80 = -t79
    t81 = t70 + t80
    t82 = eps * t81
    t83 = t82 / (-0.101513)
    t84 = t48 + t83
    t85 = t42 / (-0.101513)
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
