# activation: f(x) = where(x > 0,x,expm1(x)) + eps*where(x < 0,exp(-5000*(x + 0.076)^2/9801)*(10000*x + 10561),40*exp(-5000*(x + 0.076)^2/9801)*(250*x + 19))/11540; eps=0.01
# From an expression.
# Written by eafo 0.1.0. Use, change and share it freely (MIT-0).
import jax
import jax.numpy as jnp
from jax.scipy import special  # noqa: F401


@jax.custom_jvp
def _activation(x, eps):
    t2 = jnp.expm1(x)
    t3 = jnp.where(x > 0.0, x, t2)
    t7 = x + 0.076
    t9 = t7 * t7
    t10 = 5000.0 * t9
    t12 = t10 / 9801.0
    t13 = -t12
    t14 = jnp.exp(t13)
    t16 = 10000.0 * x
    t18 = t16 + 10561.0
    t19 = t14 * t18
    t21 = 40.0 * t14
    t23 = 250.0 * x
    t25 = t23 + 19.0
    t26 = t21 * t25
    t27 = jnp.where(x < 0.0, t19, t26)
    t28 = eps * t27
    t30 = t28 / 11540.0
    t31 = t3 + t30
    return jnp.broadcast_to(jnp.asarray(t31, x.dtype), _shape(x, eps))


def _activation_slopes(x, eps):
    """The derivatives by x and by each parameter."""
    t7 = x + 0.076
    t9 = t7 * t7
    t10 = 5000.0 * t9
    t12 = t10 / 9801.0
    t13 = -t12
    t14 = jnp.exp(t13)
    t16 = 10000.0 * x
    t18 = t16 + 10561.0
    t19 = t14 * t18
    t21 = 40.0 * t14
    t23 = 250.0 * x
    t25 = t23 + 19.0
    t26 = t21 * t25
    t27 = jnp.where(x < 0.0, t19, t26)
    t33 = jnp.exp(x)
    t34 = jnp.where(x > 0.0, 1.0, t33)
    t35 = t7 + t7
    t36 = 5000.0 * t35
    t37 = t36 / 9801.0
    t39 = -t37
    t40 = t14 * t39
    t41 = t40 * t18
    t42 = t14 * 10000.0
    t43 = t41 + t42
    t44 = 40.0 * t40
    t45 = t44 * t25
    t46 = t21 * 250.0
    t47 = t45 + t46
    t48 = jnp.where(x < 0.0, t43, t47)
    t49 = eps * t48
    t50 = t49 / 11540.0
    t51 = t34 + t50
    t52 = t27 / 11540.0
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
