# activation: f(x) = where(x > 0,x,expm1(x)) + eps*where(x < 0,exp(-50*(x + 0.2)^2/121)*(100*x + 141),20*exp(-50*(x + 0.2)^2/121)*(5*x + 1))/118.773; eps=0.01
# From an expression.
# Written by eafo 0.1.0. Use, change and share it freely (MIT-0).
import jax
import jax.numpy as jnp
from jax.scipy import special  # noqa: F401


@jax.custom_jvp
def _activation(x, eps):
    t2 = jnp.expm1(x)
    t3 = jnp.where(x > 0.0, x, t2)
    t7 = x + 0.2
    t9 = t7 * t7
    t10 = 50.0 * t9
    t12 = t10 / 121.0
    t13 = -t12
    t14 = jnp.exp(t13)
    t16 = 100.0 * x
    t18 = t16 + 141.0
    t19 = t14 * t18
    t21 = 20.0 * t14
    t23 = 5.0 * x
    t25 = t23 + 1.0
    t26 = t21 * t25
    t27 = jnp.where(x < 0.0, t19, t26)
    t28 = eps * t27
    t30 = t28 / 118.773
    t31 = t3 + t30
    return jnp.broadcast_to(jnp.asarray(t31, x.dtype), _shape(x, eps))


def _activation_slopes(x, eps):
    """The derivatives by x and by each parameter."""
    t7 = x + 0.2
    t9 = t7 * t7
    t10 = 50.0 * t9
    t12 = t10 / 121.0
    t13 = -t12
    t14 = jnp.exp(t13)
    t16 = 100.0 * x
    t18 = t16 + 141.0
    t19 = t14 * t18
    t21 = 20.0 * t14
    t23 = 5.0 * x
    t25 = t23 + 1.0
    t26 = t21 * t25
    t27 = jnp.where(x < 0.0, t19, t26)
    t32 = jnp.exp(x)
    t33 = jnp.where(x > 0.0, 1.0, t32)
    t34 = t7 + t7
    t35 = 50.0 * t34
    t36 = t35 / 121.0
    t38 = -t36
    t39 = t14 * t38
    t40 = t39 * t18
    t41 = t14 * 100.0
    t42 = t40 + t41
    t43 = 20.0 * t39
    t44 = t43 * t25
    t45 = t21 * 5.0
    t46 = t44 + t45
    t47 = jnp.where(x < 0.0, t42, t46)
    t48 = eps * t47
    t49 = t48 / 118.773
    t50 = t33 + t49
    t51 = t27 / 118.773
    return (t50, t51,)


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
