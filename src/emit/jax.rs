//! JAX: a pure function whose derivatives are those of the formula by a rule of its own, so that a branch not taken
//! never turns a gradient into NaN; and modules around it for Flax.

use super::Unit;
use super::language::{Language, body};
use super::primitive::Primitive;
use crate::error::Result;

struct Jax;

impl Language for Jax {
    fn title(&self) -> &'static str {
        "JAX"
    }

    fn line(&self, name: &str, value: &str) -> String {
        format!("    {name} = {value}\n")
    }

    fn call(&self, p: Primitive, args: &[String]) -> Option<String> {
        let (a, b) = (args.first()?, args.get(1).map_or("", String::as_str));
        let f = |name: &str| Some(format!("{name}({})", args.join(", ")));
        match p {
            Primitive::Add => Some(format!("{a} + {b}")),
            Primitive::Sub => Some(format!("{a} - {b}")),
            Primitive::Mul => Some(format!("{a} * {b}")),
            Primitive::Div => Some(format!("{a} / {b}")),
            Primitive::Neg => Some(format!("-{a}")),
            Primitive::Pow => f("jnp.power"),
            Primitive::Exp => f("jnp.exp"),
            Primitive::Expm1 => f("jnp.expm1"),
            Primitive::Log => f("jnp.log"),
            Primitive::Log1p => f("jnp.log1p"),
            Primitive::Sqrt => f("jnp.sqrt"),
            Primitive::Sin => f("jnp.sin"),
            Primitive::Cos => f("jnp.cos"),
            Primitive::Tan => f("jnp.tan"),
            Primitive::Sinh => f("jnp.sinh"),
            Primitive::Cosh => f("jnp.cosh"),
            Primitive::Tanh => f("jnp.tanh"),
            Primitive::Asin => f("jnp.arcsin"),
            Primitive::Acos => f("jnp.arccos"),
            Primitive::Atan => f("jnp.arctan"),
            Primitive::Asinh => f("jnp.arcsinh"),
            Primitive::Acosh => f("jnp.arccosh"),
            Primitive::Atanh => f("jnp.arctanh"),
            Primitive::Erf => f("special.erf"),
            Primitive::Erfc => f("special.erfc"),
            Primitive::NormalCdf => Some(format!("0.5 * special.erfc({a} * -0.7071067811865476)")),
            Primitive::NormalPdf => Some(format!("0.3989422804014327 * jnp.exp(-0.5 * {a} * {a})")),
            // exp(-|a|) cannot overflow.
            Primitive::Sigmoid => {
                Some(format!("jnp.where({a} >= 0, 1.0, jnp.exp(-jnp.abs({a}))) / (1.0 + jnp.exp(-jnp.abs({a})))"))
            }
            Primitive::Softplus => Some(format!("jnp.maximum({a}, 0.0) + jnp.log1p(jnp.exp(-jnp.abs({a})))")),
            Primitive::LogSigmoid => Some(format!("jnp.minimum({a}, 0.0) - jnp.log1p(jnp.exp(-jnp.abs({a})))")),
            Primitive::BesselI0e => f("special.i0e"),
            Primitive::BesselI1e => f("special.i1e"),
            Primitive::Gamma => None,
            Primitive::Abs => f("jnp.abs"),
            Primitive::Sign => f("jnp.sign"),
            Primitive::Max => f("jnp.maximum"),
            Primitive::Min => f("jnp.minimum"),
            Primitive::Where(cmp) => {
                Some(format!("jnp.where({a} {} {b}, {}, {})", cmp.symbol(), args.get(2)?, args.get(3)?))
            }
        }
    }
}

/// The module with the function.
pub(super) fn file(unit: &Unit) -> Result<String> {
    let name = &unit.name;
    let list: String = unit.parameters.iter().map(|(p, _)| format!(", {p}")).collect();
    let defaults: String = unit.parameters.iter().map(|(p, v)| format!(", {p}={v:?}")).collect();
    let wide: String = unit.parameters.iter().map(|(p, _)| format!(", jnp.asarray({p}, wide)")).collect();
    let (value_lines, value) = body(unit, &[unit.value], &Jax)?;
    let (slope_lines, slopes) = body(unit, &unit.slopes, &Jax)?;
    let (value, slopes) = (value.concat(), slopes.join(", "));
    let header = unit.header("#");
    Ok(format!(
        "{header}import jax
import jax.numpy as jnp
from jax.scipy import special  # noqa: F401


@jax.custom_jvp
def _{name}(x{list}):
{value_lines}    return jnp.broadcast_to(jnp.asarray({value}, x.dtype), _shape(x{list}))


def _{name}_slopes(x{list}):
    \"\"\"The derivatives by x and by each parameter.\"\"\"
{slope_lines}    return ({slopes},)


def _shape(*arguments):
    return jnp.broadcast_shapes(*(a.shape for a in arguments))


@_{name}.defjvp
def _{name}_jvp(primals, tangents):
    value = _{name}(*primals)
    tangent = sum(slope * t for slope, t in zip(_{name}_slopes(*primals), tangents))
    return value, jnp.broadcast_to(tangent, value.shape).astype(value.dtype)


def {name}(x{defaults}):
    \"\"\"The activation, elementwise. Parameters are scalars, or arrays that broadcast against x (one per channel).
    Half precision is computed in float32 and rounded once.\"\"\"
    x = jnp.asarray(x)
    wide = jnp.promote_types(x.dtype, jnp.float32)
    result = _{name}(x.astype(wide){wide})
    return result.astype(x.dtype) if jnp.issubdtype(x.dtype, jnp.floating) else result
"
    ))
}

/// The function, and a module of nnx and of linen with its parameters.
pub(super) fn flax_file(unit: &Unit) -> Result<String> {
    let (name, text) = (&unit.name, file(unit)?);
    let class = camel(name);
    let text = text.replacen("import jax\n", "import flax.linen as nn\nimport jax\nfrom flax import nnx\n", 1);
    let each = |f: &dyn Fn(&str, f64) -> String| -> String { unit.parameters.iter().map(|(p, v)| f(p, *v)).collect() };
    let create = each(&|p, v| format!("        self.{p} = nnx.Param(jnp.full((channels,), {v:?}))\n"));
    let pass = each(&|p, _| format!(", self.{p}[...]"));
    let linen = each(&|p, v| format!(", self.param(\"{p}\", nn.initializers.constant({v:?}), (self.channels,))"));
    let create = if create.is_empty() { "        del channels\n".to_owned() } else { create };
    Ok(format!(
        "{text}

class {class}(nnx.Module):
    \"\"\"For nnx. One set of parameters for all channels, or one for each of `channels` on the last axis.\"\"\"

    def __init__(self, channels=1):
{create}
    def __call__(self, x):
        return {name}(x{pass})


class {class}Linen(nn.Module):
    \"\"\"For linen. One set of parameters for all channels, or one for each of `channels` on the last axis.\"\"\"

    channels: int = 1

    @nn.compact
    def __call__(self, x):
        return {name}(x{linen})
"
    ))
}

fn camel(name: &str) -> String {
    let capital = |word: &str| match word.split_at_checked(1) {
        Some((first, rest)) => format!("{}{rest}", first.to_uppercase()),
        None => String::new(),
    };
    name.split('_').map(capital).collect()
}
