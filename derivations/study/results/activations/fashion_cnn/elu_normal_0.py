# activation: f(x) = where(x > 0,x,expm1(x)) + eps*where(x < 0,exp(-1250*(x - 0.22)^2/961)*(2500*x + 411),-50*exp(-1250*(x - 0.22)^2/961)*(11 - 50*x))/2562.46; eps=0.01
# From an expression.
# Written by eafo 0.1.0. Use, change and share it freely (MIT-0).
import jax
import jax.numpy as jnp
from jax.scipy import special  # noqa: F401


@jax.custom_jvp
def _activation(x, eps):
    t2 = jnp.expm1(x)
    t3 = jnp.where(x > 0.0, x, t2)
    t7 = x - 0.22
    t9 = t7 * t7
    t10 = 1250.0 * t9
    t12 = t10 / 961.0
    t13 = -t12
    t14 = jnp.exp(t13)
    t16 = 2500.0 * x
    t18 = t16 + 411.0
    t19 = t14 * t18
    t21 = 50.0 * t14
    t23 = 50.0 * x
    t24 = 11.0 - t23
    t25 = t21 * t24
    t26 = -t25
    t27 = jnp.where(x < 0.0, t19, t26)
    t28 = eps * t27
    t30 = t28 / 2562.46
    t31 = t3 + t30
    return jnp.broadcast_to(jnp.asarray(t31, x.dtype), _shape(x, eps))


def _activation_slopes(x, eps):
    """The derivatives by x and by each parameter."""
    t7 = x - 0.22
    t9 = t7 * t7
    t10 = 1250.0 * t9
    t12 = t10 / 961.0
    t13 = -t12
    t14 = jnp.exp(t13)
    t16 = 2500.0 * x
    t18 = t16 + 411.0
    t19 = t14 * t18
    t21 = 50.0 * t14
    t23 = 50.0 * x
    t24 = 11.0 - t23
    t25 = t21 * t24
    t26 = -t25
    t27 = jnp.where(x < 0.0, t19, t26)
    t33 = jnp.exp(x)
    t34 = jnp.where(x > 0.0, 1.0, t33)
    t35 = t7 + t7
    t36 = 1250.0 * t35
    t37 = t36 / 961.0
    t39 = -t37
    t40 = t14 * t39
    t41 = t40 * t18
    t42 = t14 * 2500.0
    t43 = t41 + t42
    t44 = 50.0 * t40
    t46 = t44 * t24
    t47 = t21 * (-50.0)
    t48 = t46 + t47
    t49 = -t48
    t50 = jnp.where(x < 0.0, t43, t49)
    t51 = eps * t50
    t52 = t51 / 2562.46
    t53 = t34 + t52
    t54 = t27 / 2562.46
    return (t53, t54,)


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
