//! JAX: a pure function whose derivatives are those of the formula by a rule of its own, so that a branch not taken
//! never turns a gradient into NaN; and modules around it for Flax.

use super::Unit;
use super::interpret::Precision;
use super::language::{Language, body, class_name};
use super::primitive::Primitive;
use super::unit::Parameter;
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
            // Faster than jnp.nan_to_num; NaN comes through.
            Primitive::Finite(ends) => {
                let end = |on: bool, finite: &str| {
                    if on { format!("jnp.finfo(x.dtype).{finite}") } else { "None".to_owned() }
                };
                Some(format!("jnp.clip({a}, {}, {})", end(ends.low, "min"), end(ends.high, "max")))
            }
            Primitive::Far => Some(format!("jnp.nan_to_num({a}, nan=jnp.nan, posinf=1e18, neginf=-1e18)")),
            Primitive::Bounded => Some(format!("jnp.clip({a}, -1e9, 1e9)")),
            // The derivative is the formula's own, so that nothing has to be kept finite for it.
            Primitive::FiniteExp => None,
            Primitive::Where(cmp) => {
                Some(format!("jnp.where({a} {} {b}, {}, {})", cmp.symbol(), args.get(2)?, args.get(3)?))
            }
        }
    }
}

/// The module with the function.
pub(super) fn file(unit: &Unit) -> Result<String> {
    let name = &unit.name;
    let list: String = unit.parameters.iter().map(|p| format!(", {}", p.name)).collect();
    let defaults: String = unit.parameters.iter().map(|p| format!(", {}={:?}", p.name, p.value)).collect();
    let wide: String = unit.parameters.iter().map(|p| format!(", jnp.asarray({}, wide)", p.name)).collect();
    let (value_lines, value) = body(unit, &unit.program, &[unit.value], &Jax)?;
    let (slope_lines, slopes) = body(unit, &unit.program, &unit.slopes, &Jax)?;
    let (value, slopes) = (value.concat(), slopes.join(", "));
    let mut header = unit.header("#", Precision::Single);
    if unit.branches_on_fused_sums() {
        header.push_str(
            "# A branch hangs on a sum of products. Under jit XLA may compute it in one rounding, and at the kink itself give the\n\
             # slope of the other side.\n",
        );
    }
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
    let class = class_name(name);
    let text = text.replacen("import jax\n", "import flax.linen as nn\nimport jax\nfrom flax import nnx\n", 1);
    let create = unit.each(|p| match p.learnable {
        true => format!("        self.{} = nnx.Param(jnp.full((channels,), {:?}))\n", p.stored(), p.raw()),
        false => format!("        self.{} = nnx.Variable(jnp.full((channels,), {:?}))\n", p.name, p.value),
    });
    let pass = unit.each(|p| format!(", {}", positive(p, &format!("self.{}[...]", p.stored()))));
    let linen = unit.each(|p| match p.learnable {
        true => {
            let start = format!("nn.initializers.constant({:?})", p.raw());
            let learned = format!("self.param(\"{}\", {start}, (self.channels,))", p.stored());
            format!(", {}", positive(p, &learned))
        }
        false => format!(", {:?}", p.value),
    });
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

/// The parameter from what is learned.
fn positive(p: &Parameter, learned: &str) -> String {
    if p.reparametrised() { format!("jax.nn.softplus({learned})") } else { learned.to_owned() }
}
