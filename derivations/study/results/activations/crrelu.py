# activation: f(x) = max(0,x) + eps*x*exp(-x^2/2); eps=0.01
# From Sun et al. 2024, A method on searching better activation functions, arXiv 2405.12954.
# Written by eafo 0.1.0. Use, change and share it freely (MIT-0).
import jax
import jax.numpy as jnp
from jax.scipy import special  # noqa: F401


@jax.custom_jvp
def _activation(x, eps):
    t2 = jnp.maximum(0.0, x)
    t4 = eps * x
    t6 = x * x
    t7 = t6 / 2.0
    t8 = -t7
    t9 = jnp.exp(t8)
    t10 = t4 * t9
    t11 = t2 + t10
    return jnp.broadcast_to(jnp.asarray(t11, x.dtype), _shape(x, eps))


def _activation_slopes(x, eps):
    """The derivatives by x and by each parameter."""
    t4 = eps * x
    t6 = x * x
    t7 = t6 / 2.0
    t8 = -t7
    t9 = jnp.exp(t8)
    t13 = jnp.where(x > 0.0, 1.0, 0.0)
    t14 = x + x
    t15 = t14 / 2.0
    t17 = -t15
    t18 = t9 * t17
    t19 = eps * t9
    t20 = t4 * t18
    t21 = t19 + t20
    t22 = t13 + t21
    t23 = x * t9
    return (t22, t23,)


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
