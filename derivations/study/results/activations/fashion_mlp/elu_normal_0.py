# activation: f(x) = where(x > 0,x,expm1(x)) + eps*where(x < 0,exp(-15625*(x + 0.102)^2/13448)*(-15625/6724*(x + 0.102)*exp(-15625/13448*(x + 0.102)^2)/exp(-15625*(x + 0.102)^2/13448) - exp(x)/exp(x)),-15625*(x + 0.102)*exp(-15625/13448*(x + 0.102)^2)/6724)/(-2.48598); eps=0.01
# From an expression.
# Written by eafo 0.1.0. Use, change and share it freely (MIT-0).
import jax
import jax.numpy as jnp
from jax.scipy import special  # noqa: F401


@jax.custom_jvp
def _activation(x, eps):
    t2 = jnp.expm1(x)
    t3 = jnp.where(x > 0.0, x, t2)
    t7 = x + 0.102
    t9 = t7 * t7
    t10 = 15625.0 * t9
    t12 = t10 / 13448.0
    t13 = -t12
    t14 = jnp.exp(t13)
    t16 = 2.3237656157049376 * t7
    t18 = 1.1618828078524688 * t9
    t19 = -t18
    t20 = jnp.exp(t19)
    t21 = t16 * t20
    t22 = t21 / t14
    t23 = -t22
    t24 = jnp.exp(x)
    t25 = t24 / t24
    t26 = t23 - t25
    t27 = t14 * t26
    t28 = 15625.0 * t7
    t29 = t28 * t20
    t31 = t29 / 6724.0
    t32 = -t31
    t33 = jnp.where(x < 0.0, t27, t32)
    t34 = eps * t33
    t36 = t34 / (-2.48598)
    t37 = t3 + t36
    return jnp.broadcast_to(jnp.asarray(t37, x.dtype), _shape(x, eps))


def _activation_slopes(x, eps):
    """The derivatives by x and by each parameter."""
    t7 = x + 0.102
    t9 = t7 * t7
    t10 = 15625.0 * t9
    t12 = t10 / 13448.0
    t13 = -t12
    t14 = jnp.exp(t13)
    t16 = 2.3237656157049376 * t7
    t18 = 1.1618828078524688 * t9
    t19 = -t18
    t20 = jnp.exp(t19)
    t21 = t16 * t20
    t22 = t21 / t14
    t23 = -t22
    t24 = jnp.exp(x)
    t25 = t24 / t24
    t26 = t23 - t25
    t27 = t14 * t26
    t28 = 15625.0 * t7
    t29 = t28 * t20
    t31 = t29 / 6724.0
    t32 = -t31
    t33 = jnp.where(x < 0.0, t27, t32)
    t39 = jnp.where(x > 0.0, 1.0, t24)
    t40 = t7 + t7
    t41 = 15625.0 * t40
    t42 = t41 / 13448.0
    t44 = -t42
    t45 = t14 * t44
    t46 = 1.1618828078524688 * t40
    t47 = -t46
    t48 = t20 * t47
    t49 = 2.3237656157049376 * t20
    t50 = t16 * t48
    t51 = t49 + t50
    t52 = t22 * t45
    t53 = -t52
    t54 = t51 + t53
    t55 = t54 / t14
    t56 = -t55
    t57 = t25 * t24
    t58 = -t57
    t59 = t24 + t58
    t60 = t59 / t24
    t61 = -t60
    t62 = t56 + t61
    t63 = t45 * t26
    t64 = t14 * t62
    t65 = t63 + t64
    t66 = 15625.0 * t20
    t67 = t28 * t48
    t68 = t66 + t67
    t69 = t68 / 6724.0
    t70 = -t69
    t71 = jnp.where(x < 0.0, t65, t70)
    t72 = eps * t71
    t73 = t72 / (-2.48598)
    t74 = t39 + t73
    t75 = t33 / (-2.48598)
    return (t74, t75,)


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
