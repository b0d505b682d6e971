# activation: f(x) = max(0,x) + eps*(exp(-50*(x + 0.12)^2/121)*(x + 0.12))/1; eps=0.01
# From an expression.
# Written by eafo 0.1.0. Use, change and share it freely (MIT-0).
# Parameter eps = 0.01: learnable.
# In float32, each step rounded, against the formula in double precision on [-20, 20]: value to 33 ulp (worst at x = -13.0765), derivative to 44 ulp (worst at x = -1.2256).
import jax
import jax.numpy as jnp
from jax.scipy import special  # noqa: F401


@jax.custom_jvp
def _activation(x, eps):
    t2 = jnp.maximum(0.0, x)
    t6 = x + 0.12
    t8 = t6 * t6
    t9 = 50.0 * t8
    t11 = t9 / 121.0
    t12 = -t11
    t13 = jnp.exp(t12)
    t14 = jnp.clip(t6, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t15 = t13 * t14
    t16 = eps * t15
    t18 = t16 / 1.0
    t19 = t2 + t18
    return jnp.broadcast_to(jnp.asarray(t19, x.dtype), _shape(x, eps))


def _activation_slopes(x, eps):
    """The derivatives by x and by each parameter."""
    t6 = x + 0.12
    t8 = t6 * t6
    t9 = 50.0 * t8
    t11 = t9 / 121.0
    t12 = -t11
    t13 = jnp.exp(t12)
    t14 = jnp.clip(t6, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t15 = t13 * t14
    t20 = jnp.where(x > 0.0, 1.0, 0.0)
    t23 = 100.0 * t6
    t24 = t23 / 121.0
    t26 = -t24
    t27 = jnp.clip(t26, jnp.finfo(x.dtype).min, jnp.finfo(x.dtype).max)
    t28 = t13 * t27
    t29 = t28 * t14
    t30 = t29 + t13
    t31 = eps * t30
    t32 = t31 / 1.0
    t33 = t20 + t32
    t34 = t15 / 1.0
    return (t33, t34,)


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
