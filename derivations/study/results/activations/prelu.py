# activation: f(x) = where(x > 0,x,a*x); a=0.25
# From He et al. 2015, Delving deep into rectifiers, arXiv 1502.01852.
# Written by eafo 0.1.0. Use, change and share it freely (MIT-0).
import jax
import jax.numpy as jnp
from jax.scipy import special  # noqa: F401


@jax.custom_jvp
def _activation(x, a):
    t3 = a * x
    t4 = jnp.where(x > 0.0, x, t3)
    return jnp.broadcast_to(jnp.asarray(t4, x.dtype), _shape(x, a))


def _activation_slopes(x, a):
    """The derivatives by x and by each parameter."""
    t6 = jnp.where(x > 0.0, 1.0, a)
    t7 = jnp.where(x > 0.0, 0.0, x)
    return (t6, t7,)


def _shape(*arguments):
    return jnp.broadcast_shapes(*(a.shape for a in arguments))


@_activation.defjvp
def _activation_jvp(primals, tangents):
    value = _activation(*primals)
    tangent = sum(slope * t for slope, t in zip(_activation_slopes(*primals), tangents))
    return value, jnp.broadcast_to(tangent, value.shape).astype(value.dtype)


def activation(x, a=0.25):
    """The activation, elementwise. Parameters are scalars, or arrays that broadcast against x (one per channel).
    Half precision is computed in float32 and rounded once."""
    x = jnp.asarray(x)
    wide = jnp.promote_types(x.dtype, jnp.float32)
    result = _activation(x.astype(wide), jnp.asarray(a, wide))
    return result.astype(x.dtype) if jnp.issubdtype(x.dtype, jnp.floating) else result
