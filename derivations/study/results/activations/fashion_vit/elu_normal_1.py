# activation: f(x) = where(x > 0,x,expm1(x)) + eps*where(x < 0,exp(-50*(x - 0.0037)^2/121)*(10000*x + 12063),-exp(-50*(x - 0.0037)^2/121)*(37 - 10000*x))/11877.3; eps=0.01
# From an expression.
# Written by eafo 0.1.0. Use, change and share it freely (MIT-0).
import jax
import jax.numpy as jnp
from jax.scipy import special  # noqa: F401


@jax.custom_jvp
def _activation(x, eps):
    t2 = jnp.expm1(x)
    t3 = jnp.where(x > 0.0, x, t2)
    t7 = x - 0.0037
    t9 = t7 * t7
    t10 = 50.0 * t9
    t12 = t10 / 121.0
    t13 = -t12
    t14 = jnp.exp(t13)
    t16 = 10000.0 * x
    t18 = t16 + 12063.0
    t19 = t14 * t18
    t21 = 37.0 - t16
    t22 = t14 * t21
    t23 = -t22
    t24 = jnp.where(x < 0.0, t19, t23)
    t25 = eps * t24
    t27 = t25 / 11877.3
    t28 = t3 + t27
    return jnp.broadcast_to(jnp.asarray(t28, x.dtype), _shape(x, eps))


def _activation_slopes(x, eps):
    """The derivatives by x and by each parameter."""
    t7 = x - 0.0037
    t9 = t7 * t7
    t10 = 50.0 * t9
    t12 = t10 / 121.0
    t13 = -t12
    t14 = jnp.exp(t13)
    t16 = 10000.0 * x
    t18 = t16 + 12063.0
    t19 = t14 * t18
    t21 = 37.0 - t16
    t22 = t14 * t21
    t23 = -t22
    t24 = jnp.where(x < 0.0, t19, t23)
    t30 = jnp.exp(x)
    t31 = jnp.where(x > 0.0, 1.0, t30)
    t32 = t7 + t7
    t33 = 50.0 * t32
    t34 = t33 / 121.0
    t36 = -t34
    t37 = t14 * t36
    t38 = t37 * t18
    t39 = t14 * 10000.0
    t40 = t38 + t39
    t42 = t37 * t21
    t43 = t14 * (-10000.0)
    t44 = t42 + t43
    t45 = -t44
    t46 = jnp.where(x < 0.0, t40, t45)
    t47 = eps * t46
    t48 = t47 / 11877.3
    t49 = t31 + t48
    t50 = t24 / 11877.3
    return (t49, t50,)


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
