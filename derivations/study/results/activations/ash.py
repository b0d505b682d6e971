# activation: f(x) = x*sigmoid(2*a*(x - 0.5)); a=1
# From Lee et al. 2022, Stochastic adaptive activation function, arXiv 2210.11672.
# Written by eafo 0.1.0. Use, change and share it freely (MIT-0).
import jax
import jax.numpy as jnp
from jax.scipy import special  # noqa: F401


@jax.custom_jvp
def _activation(x, a):
    t3 = 2.0 * a
    t5 = x - 0.5
    t6 = t3 * t5
    t7 = jnp.where(t6 >= 0, 1.0, jnp.exp(-jnp.abs(t6))) / (1.0 + jnp.exp(-jnp.abs(t6)))
    t8 = x * t7
    return jnp.broadcast_to(jnp.asarray(t8, x.dtype), _shape(x, a))


def _activation_slopes(x, a):
    """The derivatives by x and by each parameter."""
    t3 = 2.0 * a
    t5 = x - 0.5
    t6 = t3 * t5
    t7 = jnp.where(t6 >= 0, 1.0, jnp.exp(-jnp.abs(t6))) / (1.0 + jnp.exp(-jnp.abs(t6)))
    t10 = -t6
    t11 = jnp.where(t10 >= 0, 1.0, jnp.exp(-jnp.abs(t10))) / (1.0 + jnp.exp(-jnp.abs(t10)))
    t12 = t7 * t11
    t13 = t12 * t3
    t15 = jnp.abs(t12)
    t16 = jnp.where(t15 <= 0.0, 0.0, t13)
    t17 = x * t16
    t18 = t7 + t17
    t19 = 2.0 * t5
    t20 = t12 * t19
    t21 = jnp.where(t15 <= 0.0, 0.0, t20)
    t22 = x * t21
    return (t18, t22,)


def _shape(*arguments):
    return jnp.broadcast_shapes(*(a.shape for a in arguments))


@_activation.defjvp
def _activation_jvp(primals, tangents):
    value = _activation(*primals)
    tangent = sum(slope * t for slope, t in zip(_activation_slopes(*primals), tangents))
    return value, jnp.broadcast_to(tangent, value.shape).astype(value.dtype)


def activation(x, a=1.0):
    """The activation, elementwise. Parameters are scalars, or arrays that broadcast against x (one per channel).
    Half precision is computed in float32 and rounded once."""
    x = jnp.asarray(x)
    wide = jnp.promote_types(x.dtype, jnp.float32)
    result = _activation(x.astype(wide), jnp.asarray(a, wide))
    return result.astype(x.dtype) if jnp.issubdtype(x.dtype, jnp.floating) else result
