# activation: f(x) = elish(x)
# From Basirat and Roth 2018, The quest for the golden activation function, arXiv 1808.00783.
# Written by eafo 0.1.0. Use, change and share it freely (MIT-0).
import jax
import jax.numpy as jnp
from jax.scipy import special  # noqa: F401


@jax.custom_jvp
def _activation(x):
    t2 = jnp.expm1(x)
    t3 = jnp.where(x >= 0, 1.0, jnp.exp(-jnp.abs(x))) / (1.0 + jnp.exp(-jnp.abs(x)))
    t4 = t2 * t3
    t5 = x * t3
    t6 = jnp.where(x < 0.0, t4, t5)
    return jnp.broadcast_to(jnp.asarray(t6, x.dtype), _shape(x))


def _activation_slopes(x):
    """The derivatives by x and by each parameter."""
    t2 = jnp.expm1(x)
    t3 = jnp.where(x >= 0, 1.0, jnp.exp(-jnp.abs(x))) / (1.0 + jnp.exp(-jnp.abs(x)))
    t8 = jnp.exp(x)
    t9 = -x
    t10 = jnp.where(t9 >= 0, 1.0, jnp.exp(-jnp.abs(t9))) / (1.0 + jnp.exp(-jnp.abs(t9)))
    t11 = t3 * t10
    t12 = t8 * t3
    t13 = t2 * t11
    t14 = t12 + t13
    t15 = x * t11
    t16 = t3 + t15
    t17 = jnp.where(x < 0.0, t14, t16)
    return (t17,)


def _shape(*arguments):
    return jnp.broadcast_shapes(*(a.shape for a in arguments))


@_activation.defjvp
def _activation_jvp(primals, tangents):
    value = _activation(*primals)
    tangent = sum(slope * t for slope, t in zip(_activation_slopes(*primals), tangents))
    return value, jnp.broadcast_to(tangent, value.shape).astype(value.dtype)


def activation(x):
    """The activation, elementwise. Parameters are scalars, or arrays that broadcast against x (one per channel).
    Half precision is computed in float32 and rounded once."""
    x = jnp.asarray(x)
    wide = jnp.promote_types(x.dtype, jnp.float32)
    result = _activation(x.astype(wide))
    return result.astype(x.dtype) if jnp.issubdtype(x.dtype, jnp.floating) else result
