# activation: f(x) = x*log(1 + sigmoid(x))
# From Zhu et al. 2021, Logish: a new nonlinear nonmonotonic activation function, Neurocomputing 458.
# Written by eafo 0.1.0. Use, change and share it freely (MIT-0).
import jax
import jax.numpy as jnp
from jax.scipy import special  # noqa: F401


@jax.custom_jvp
def _activation(x):
    t1 = jnp.where(x >= 0, 1.0, jnp.exp(-jnp.abs(x))) / (1.0 + jnp.exp(-jnp.abs(x)))
    t2 = jnp.log1p(t1)
    t3 = x * t2
    return jnp.broadcast_to(jnp.asarray(t3, x.dtype), _shape(x))


def _activation_slopes(x):
    """The derivatives by x and by each parameter."""
    t1 = jnp.where(x >= 0, 1.0, jnp.exp(-jnp.abs(x))) / (1.0 + jnp.exp(-jnp.abs(x)))
    t2 = jnp.log1p(t1)
    t5 = -x
    t6 = jnp.where(t5 >= 0, 1.0, jnp.exp(-jnp.abs(t5))) / (1.0 + jnp.exp(-jnp.abs(t5)))
    t7 = t1 * t6
    t8 = 1.0 + t1
    t9 = 1.0 / t8
    t10 = t9 * t7
    t11 = x * t10
    t12 = t2 + t11
    return (t12,)


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
