# activation: f(x) = where(x > 0,x,expm1(x)) + eps*where(x < 0,exp(-50*(x + 0.31)^2/361)*(25*x + 98),exp(-50*(x + 0.31)^2/361)*(100*x + 31)/4)/37.5126; eps=0.01
# From an expression.
# Written by eafo 0.1.0. Use, change and share it freely (MIT-0).
import jax
import jax.numpy as jnp
from jax.scipy import special  # noqa: F401


@jax.custom_jvp
def _activation(x, eps):
    t2 = jnp.expm1(x)
    t3 = jnp.where(x > 0.0, x, t2)
    t7 = x + 0.31
    t9 = t7 * t7
    t10 = 50.0 * t9
    t12 = t10 / 361.0
    t13 = -t12
    t14 = jnp.exp(t13)
    t16 = 25.0 * x
    t18 = t16 + 98.0
    t19 = t14 * t18
    t21 = 100.0 * x
    t23 = t21 + 31.0
    t24 = t14 * t23
    t26 = t24 / 4.0
    t27 = jnp.where(x < 0.0, t19, t26)
    t28 = eps * t27
    t30 = t28 / 37.5126
    t31 = t3 + t30
    return jnp.broadcast_to(jnp.asarray(t31, x.dtype), _shape(x, eps))


def _activation_slopes(x, eps):
    """The derivatives by x and by each parameter."""
    t7 = x + 0.31
    t9 = t7 * t7
    t10 = 50.0 * t9
    t12 = t10 / 361.0
    t13 = -t12
    t14 = jnp.exp(t13)
    t16 = 25.0 * x
    t18 = t16 + 98.0
    t19 = t14 * t18
    t21 = 100.0 * x
    t23 = t21 + 31.0
    t24 = t14 * t23
    t26 = t24 / 4.0
    t27 = jnp.where(x < 0.0, t19, t26)
    t33 = jnp.exp(x)
    t34 = jnp.where(x > 0.0, 1.0, t33)
    t35 = t7 + t7
    t36 = 50.0 * t35
    t37 = t36 / 361.0
    t39 = -t37
    t40 = t14 * t39
    t41 = t40 * t18
    t42 = t14 * 25.0
    t43 = t41 + t42
    t44 = t40 * t23
    t45 = t14 * 100.0
    t46 = t44 + t45
    t47 = t46 / 4.0
    t48 = jnp.where(x < 0.0, t43, t47)
    t49 = eps * t48
    t50 = t49 / 37.5126
    t51 = t34 + t50
    t52 = t27 / 37.5126
    return (t51, t52,)


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
