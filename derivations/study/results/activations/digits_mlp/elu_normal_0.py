# activation: f(x) = where(x > 0,x,expm1(x)) + eps*where(x < 0,exp(-5000*(x - 0.15)^2/4761)*(10000*x + 3261),-500*exp(-5000*(x - 0.15)^2/4761)*(3 - 20*x))/10770.2; eps=0.01
# From an expression.
# Written by eafo 0.1.0. Use, change and share it freely (MIT-0).
import jax
import jax.numpy as jnp
from jax.scipy import special  # noqa: F401


@jax.custom_jvp
def _activation(x, eps):
    t2 = jnp.expm1(x)
    t3 = jnp.where(x > 0.0, x, t2)
    t7 = x - 0.15
    t9 = t7 * t7
    t10 = 5000.0 * t9
    t12 = t10 / 4761.0
    t13 = -t12
    t14 = jnp.exp(t13)
    t16 = 10000.0 * x
    t18 = t16 + 3261.0
    t19 = t14 * t18
    t21 = 500.0 * t14
    t24 = 20.0 * x
    t25 = 3.0 - t24
    t26 = t21 * t25
    t27 = -t26
    t28 = jnp.where(x < 0.0, t19, t27)
    t29 = eps * t28
    t31 = t29 / 10770.2
    t32 = t3 + t31
    return jnp.broadcast_to(jnp.asarray(t32, x.dtype), _shape(x, eps))


def _activation_slopes(x, eps):
    """The derivatives by x and by each parameter."""
    t7 = x - 0.15
    t9 = t7 * t7
    t10 = 5000.0 * t9
    t12 = t10 / 4761.0
    t13 = -t12
    t14 = jnp.exp(t13)
    t16 = 10000.0 * x
    t18 = t16 + 3261.0
    t19 = t14 * t18
    t21 = 500.0 * t14
    t24 = 20.0 * x
    t25 = 3.0 - t24
    t26 = t21 * t25
    t27 = -t26
    t28 = jnp.where(x < 0.0, t19, t27)
    t34 = jnp.exp(x)
    t35 = jnp.where(x > 0.0, 1.0, t34)
    t36 = t7 + t7
    t37 = 5000.0 * t36
    t38 = t37 / 4761.0
    t40 = -t38
    t41 = t14 * t40
    t42 = t41 * t18
    t43 = t14 * 10000.0
    t44 = t42 + t43
    t45 = 500.0 * t41
    t47 = t45 * t25
    t48 = t21 * (-20.0)
    t49 = t47 + t48
    t50 = -t49
    t51 = jnp.where(x < 0.0, t44, t50)
    t52 = eps * t51
    t53 = t52 / 10770.2
    t54 = t35 + t53
    t55 = t28 / 10770.2
    return (t54, t55,)


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
