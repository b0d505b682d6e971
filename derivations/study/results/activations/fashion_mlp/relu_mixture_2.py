# activation: f(x) = max(0,x) + eps*(8*phi(2*(x - 1.4)/3)*(7 - 5*x)/375 - 640*phi(10*(x + 0.65)/13)*(x + 0.65)/2197)/(-0.10257); eps=0.01
# From an expression.
# Written by eafo 0.1.0. Use, change and share it freely (MIT-0).
# Parameter eps = 0.01: learnable.
# In float32, each step rounded, against the formula in double precision on [-20, 20]: value to 131 ulp (worst at x = -0.3152), derivative to 73 ulp (worst at x = -11.2106).
import jax
import jax.numpy as jnp
from jax.scipy import special  # noqa: F401


@jax.custom_jvp
def _activation(x, eps):
    t2 = jnp.maximum(0.0, x)
    t7 = x - 1.4
    t8 = 2.0 * t7
    t10 = t8 / 3.0
    t11 = 0.3989422804014327 * jnp.exp(-0.5 * t10 * t10)
    t12 = 8.0 * t11
    t15 = 5.0 * x
    t16 = 7.0 - t15
    t17 = jnp.clip(t16, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t18 = t12 * t17
    t20 = t18 / 375.0
    t24 = x + 0.65
    t25 = 10.0 * t24
    t27 = t25 / 13.0
    t28 = 0.3989422804014327 * jnp.exp(-0.5 * t27 * t27)
    t29 = 640.0 * t28
    t30 = jnp.clip(t24, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t31 = t29 * t30
    t33 = t31 / 2197.0
    t34 = t20 - t33
    t35 = eps * t34
    t37 = t35 / (-0.10257)
    t38 = t2 + t37
    return jnp.broadcast_to(jnp.asarray(t38, x.dtype), _shape(x, eps))


def _activation_slopes(x, eps):
    """The derivatives by x and by each parameter."""
    t7 = x - 1.4
    t8 = 2.0 * t7
    t10 = t8 / 3.0
    t11 = 0.3989422804014327 * jnp.exp(-0.5 * t10 * t10)
    t12 = 8.0 * t11
    t15 = 5.0 * x
    t16 = 7.0 - t15
    t17 = jnp.clip(t16, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t18 = t12 * t17
    t20 = t18 / 375.0
    t24 = x + 0.65
    t25 = 10.0 * t24
    t27 = t25 / 13.0
    t28 = 0.3989422804014327 * jnp.exp(-0.5 * t27 * t27)
    t29 = 640.0 * t28
    t30 = jnp.clip(t24, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t31 = t29 * t30
    t33 = t31 / 2197.0
    t34 = t20 - t33
    t40 = jnp.where(x > 0.0, 1.0, 0.0)
    t42 = jnp.clip(t10, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t43 = t42 * t11
    t44 = -t43
    t45 = t44 * 0.6666666666666666
    t46 = 8.0 * t45
    t48 = t46 * t17
    t49 = t12 * (-5.0)
    t50 = t48 + t49
    t51 = t50 / 375.0
    t53 = jnp.clip(t27, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t54 = t53 * t28
    t55 = -t54
    t56 = t55 * 0.7692307692307693
    t57 = 640.0 * t56
    t58 = t57 * t30
    t59 = t58 + t29
    t60 = t59 / 2197.0
    t61 = -t60
    t62 = t51 + t61
    t63 = eps * t62
    t64 = t63 / (-0.10257)
    t65 = t40 + t64
    t66 = t34 / (-0.10257)
    return (t65, t66,)


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
