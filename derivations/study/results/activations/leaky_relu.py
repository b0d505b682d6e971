# activation: f(x) = where(x > 0,x,0.01*x)
# From Maas, Hannun and Ng 2013, Rectifier nonlinearities improve neural network acoustic models.
# Written by eafo 0.1.0. Use, change and share it freely (MIT-0).
import jax
import jax.numpy as jnp
from jax.scipy import special  # noqa: F401


@jax.custom_jvp
def _activation(x):
    t3 = 0.01 * x
    t4 = jnp.where(x > 0.0, x, t3)
    return jnp.broadcast_to(jnp.asarray(t4, x.dtype), _shape(x))


def _activation_slopes(x):
    """The derivatives by x and by each parameter."""
    t6 = jnp.where(x > 0.0, 1.0, 0.01)
    return (t6,)


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
