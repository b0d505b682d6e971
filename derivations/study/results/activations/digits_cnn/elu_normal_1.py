# activation: f(x) = where(x > 0,x,expm1(x)) + eps*where(x < 0,exp(-50*(x - 0.43)^2/289)*(50*x + 123),-exp(-50*(x - 0.43)^2/289)*(43 - 100*x)/2)/70.654; eps=0.01
# From an expression.
# Written by eafo 0.1.0. Use, change and share it freely (MIT-0).
import jax
import jax.numpy as jnp
from jax.scipy import special  # noqa: F401


@jax.custom_jvp
def _activation(x, eps):
    t2 = jnp.expm1(x)
    t3 = jnp.where(x > 0.0, x, t2)
    t7 = x - 0.43
    t9 = t7 * t7
    t10 = 50.0 * t9
    t12 = t10 / 289.0
    t13 = -t12
    t14 = jnp.exp(t13)
    t15 = 50.0 * x
    t17 = t15 + 123.0
    t18 = t14 * t17
    t21 = 100.0 * x
    t22 = 43.0 - t21
    t23 = t14 * t22
    t24 = t23 / 2.0
    t25 = -t24
    t26 = jnp.where(x < 0.0, t18, t25)
    t27 = eps * t26
    t29 = t27 / 70.654
    t30 = t3 + t29
    return jnp.broadcast_to(jnp.asarray(t30, x.dtype), _shape(x, eps))


def _activation_slopes(x, eps):
    """The derivatives by x and by each parameter."""
    t7 = x - 0.43
    t9 = t7 * t7
    t10 = 50.0 * t9
    t12 = t10 / 289.0
    t13 = -t12
    t14 = jnp.exp(t13)
    t15 = 50.0 * x
    t17 = t15 + 123.0
    t18 = t14 * t17
    t21 = 100.0 * x
    t22 = 43.0 - t21
    t23 = t14 * t22
    t24 = t23 / 2.0
    t25 = -t24
    t26 = jnp.where(x < 0.0, t18, t25)
    t32 = jnp.exp(x)
    t33 = jnp.where(x > 0.0, 1.0, t32)
    t34 = t7 + t7
    t35 = 50.0 * t34
    t36 = t35 / 289.0
    t38 = -t36
    t39 = t14 * t38
    t40 = t39 * t17
    t41 = t14 * 50.0
    t42 = t40 + t41
    t44 = t39 * t22
    t45 = t14 * (-100.0)
    t46 = t44 + t45
    t47 = t46 / 2.0
    t48 = -t47
    t49 = jnp.where(x < 0.0, t42, t48)
    t50 = eps * t49
    t51 = t50 / 70.654
    t52 = t33 + t51
    t53 = t26 / 70.654
    return (t52, t53,)


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
