//! PyTorch: a function whose derivatives are those of the formula (an `autograd.Function`, which keeps only its arguments
//! for the way back), and a module around it. TorchScript knows no such functions and differentiates the steps
//! themselves, so branches are laid out safe for that.

use super::Unit;
use super::branch::guarded;
use super::interpret::Precision;
use super::language::{Language, body, class_name};
use super::mend::mended;
use super::primitive::{Ends, Primitive};
use super::unit::Parameter;
use crate::error::Result;

struct Torch;

/// A number where only a tensor will do.
fn tensor(text: &str) -> String {
    let number = text.trim_matches(['(', ')']).parse::<f64>().is_ok();
    if number { format!("_scalar({}, x)", text.trim_matches(['(', ')'])) } else { text.to_owned() }
}

/// The condition for the second of two; a number is never NaN.
fn second(a: &str, cmp: &str, b: &str) -> String {
    match tensor(b) == b {
        true => format!("({b} {cmp} {a}) | ({b} != {b})"),
        false => format!("{a} {} {b}", if cmp == ">" { "<" } else { ">" }),
    }
}

impl Language for Torch {
    fn title(&self) -> &'static str {
        "PyTorch"
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
            Primitive::Pow => f("torch.pow"),
            Primitive::Exp => f("torch.exp"),
            Primitive::Expm1 => f("torch.expm1"),
            Primitive::Log => f("torch.log"),
            Primitive::Log1p => f("torch.log1p"),
            Primitive::Sqrt => f("torch.sqrt"),
            Primitive::Sin => f("torch.sin"),
            Primitive::Cos => f("torch.cos"),
            Primitive::Tan => f("torch.tan"),
            Primitive::Sinh => f("torch.sinh"),
            Primitive::Cosh => f("torch.cosh"),
            Primitive::Tanh => f("torch.tanh"),
            Primitive::Asin => f("torch.asin"),
            Primitive::Acos => f("torch.acos"),
            Primitive::Atan => f("torch.atan"),
            Primitive::Asinh => f("torch.asinh"),
            Primitive::Acosh => f("torch.acosh"),
            Primitive::Atanh => f("torch.atanh"),
            Primitive::Erf => f("torch.erf"),
            Primitive::Erfc => f("torch.erfc"),
            Primitive::NormalCdf => Some(format!("0.5 * torch.erfc({a} * -0.7071067811865476)")),
            Primitive::NormalPdf => Some(format!("0.3989422804014327 * torch.exp(-0.5 * {a} * {a})")),
            Primitive::Sigmoid => f("torch.sigmoid"),
            // nn.functional.softplus is linear from 20 on, which is not enough digits in double precision.
            Primitive::Softplus => Some(format!("-nn.functional.logsigmoid(-{a})")),
            Primitive::LogSigmoid => f("nn.functional.logsigmoid"),
            Primitive::BesselI0e => f("torch.special.i0e"),
            Primitive::BesselI1e => f("torch.special.i1e"),
            Primitive::Gamma => None,
            Primitive::Abs => f("torch.abs"),
            // torch.sign makes a 0 of NaN.
            Primitive::Sign => Some(format!("torch.where({a} == {a}, torch.sign({a}), {a})")),
            // A tie takes the first and its slope, which torch.maximum would share out.
            Primitive::Max if matches!(a.as_str(), "0.0" | "(-0.0)") => Some(format!("torch.relu({b})")),
            Primitive::Max => Some(format!("torch.where({}, {}, {})", second(a, ">", b), tensor(b), tensor(a))),
            Primitive::Min => Some(format!("torch.where({}, {}, {})", second(a, "<", b), tensor(b), tensor(a))),
            Primitive::Where(cmp) => {
                if args.get(2).map(String::as_str) == Some("1.0") && args.get(3).map(String::as_str) == Some("0.0") {
                    return Some(format!("({a} {} {b}).to(x.dtype)", cmp.symbol()));
                }
                let (then, other) = (tensor(args.get(2)?), tensor(args.get(3)?));
                Some(format!("torch.where({a} {} {b}, {then}, {other})", cmp.symbol()))
            }
            // Faster than torch.nan_to_num; NaN comes through.
            Primitive::Finite(Ends { low: true, high: true }) => {
                Some(format!("torch.clamp({a}, -_largest({a}), _largest({a}))"))
            }
            Primitive::Finite(Ends { low: true, high: false }) => Some(format!("torch.clamp({a}, min=-_largest({a}))")),
            Primitive::Finite(_) => Some(format!("torch.clamp({a}, max=_largest({a}))")),
            Primitive::Far => Some(format!("torch.nan_to_num({a}, nan=float(\"nan\"), posinf=1e18, neginf=-1e18)")),
            Primitive::Bounded => Some(format!("torch.clamp({a}, -1e9, 1e9)")),
            Primitive::FiniteExp => {
                Some(format!("torch.exp(torch.clamp({a}, max=709.0 if {a}.dtype == torch.float64 else 88.0))"))
            }
        }
    }
}

/// The module with the function and the layer.
pub(super) fn file(unit: &Unit) -> Result<String> {
    let (program, value) = guarded(&unit.plain.0, unit.plain.1, &unit.values);
    let (program, value) = match unit.mended() {
        true => {
            let (program, places) = mended(&program, &[value], &unit.values);
            (program, places[0])
        }
        false => (program, value),
    };
    let (value_lines, value) = body(unit, &program, &[value], &Torch)?;
    let (slope_lines, slopes) = body(unit, &unit.program, &unit.slopes, &Torch)?;
    let value = tensor(&value.concat());
    let slopes: Vec<String> = slopes.iter().map(|s| tensor(s)).collect();
    let mut text = unit.header("#", Precision::Single);
    text.push_str("from typing import Optional, Tuple  # noqa: F401\n\nimport torch\nfrom torch import Tensor, nn\n\n");
    if !unit.parameters.is_empty() {
        let values: Vec<String> = unit.parameters.iter().map(|p| format!("\"{}\": {:?}", p.name, p.value)).collect();
        text.push_str(&format!("# Where training starts.\nDEFAULTS = {{{}}}\n\n", values.join(", ")));
    }
    text.push_str(SCALAR);
    text.push_str(&steps(unit, &value_lines, &value, &slope_lines, &slopes));
    text.push_str(&rule(unit));
    text.push_str(&function(unit));
    text.push_str(&layer(unit));
    text.push_str(&groups(unit));
    text.push_str(&registration(unit));
    Ok(text)
}

const SCALAR: &str = "
def _scalar(value: float, x: Tensor) -> Tensor:
    return torch.scalar_tensor(value, dtype=x.dtype, device=x.device)


def _largest(x: Tensor) -> float:
    return 1.7976931348623157e308 if x.dtype == torch.float64 else 3.4028234663852886e38

";

/// The functions of steps: value and slopes.
fn steps(unit: &Unit, value_lines: &str, value: &str, slope_lines: &str, slopes: &[String]) -> String {
    let name = &unit.name;
    let takes = unit.each(|p| format!(", {}: Tensor", p.name));
    let types = vec!["Tensor"; slopes.len()].join(", ");
    let slopes = slopes.join(", ");
    format!(
        "
def _{name}_value(x: Tensor{takes}) -> Tensor:
{value_lines}    return {value}


def _{name}_slopes(x: Tensor{takes}) -> Tuple[{types}]:
    \"\"\"The derivatives by x and by each parameter.\"\"\"
{slope_lines}    return ({slopes},)

"
    )
}

/// The differentiation rule.
fn rule(unit: &Unit) -> String {
    let (name, class) = (&unit.name, class_name(&unit.name));
    let count = unit.parameters.len() + 1;
    format!(
        "
class _{class}Rule(torch.autograd.Function):
    \"\"\"Differentiates the formula, and keeps only the arguments for it. Works twice, and under vmap.\"\"\"

    generate_vmap_rule = True

    @staticmethod
    def forward(*inputs):
        # Torch before 2.0 passes the context first; later versions call setup_context.
        if len(inputs) > {count}:
            inputs[0].save_for_backward(*inputs[1:])
            inputs = inputs[1:]
        return _{name}_value(*inputs).expand_as(inputs[0])

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, upstream):
        slopes = _{name}_slopes(*ctx.saved_tensors)
        return tuple(upstream * slope if wanted else None for slope, wanted in zip(slopes, ctx.needs_input_grad))

"
    )
}

/// The functional form.
fn function(unit: &Unit) -> String {
    let name = &unit.name;
    let class = class_name(name);
    let takes = unit.each(|p| format!(", {}: Optional[Tensor] = None", p.name));
    let passes = unit.each(|p| format!(", {}", p.name));
    let defaults = unit.each(|p| {
        let (name, value) = (&p.name, p.value);
        let absent = format!("    if {name} is None:\n        {name} = _scalar({value:?}, wide)\n");
        format!("{absent}    {name} = {name}.to(wide.dtype).expand_as(wide)\n")
    });
    let about = match unit.parameters.is_empty() {
        true => "",
        false => "\n    Parameters are tensors that broadcast against x; the defaults are the values above.",
    };
    format!(
        "
def {name}(x: Tensor{takes}) -> Tensor:
    \"\"\"The activation, elementwise. Half precision is computed in float32, under autocast too, and rounded once.{about}\"\"\"
    wide = x if x.dtype == torch.float64 else x.float()
{defaults}    if torch.jit.is_scripting():
        result = _{name}_value(wide{passes}).expand_as(wide)
    else:
        result = _{class}Rule.apply(wide{passes})
    return result.to(x.dtype) if x.is_floating_point() else result

"
    )
}

/// What a layer makes of its parameters.
fn layer(unit: &Unit) -> String {
    let (name, class, formula) = (&unit.name, class_name(&unit.name), unit.formula.replace('\\', "\\\\"));
    if unit.parameters.is_empty() {
        return format!(
            "
class {class}(nn.Module):
    \"\"\"f(x) = {formula}\"\"\"

    def forward(self, x: Tensor) -> Tensor:
        return {name}(x)
"
        );
    }
    let full = |p: &Parameter| format!("torch.full((num_parameters,), {:?}, device=device, dtype=dtype)", p.raw());
    let create = unit.each(|p| match (p.learnable, p.reparametrised()) {
        (true, true) => format!(
            "        # softplus(raw) = {:?}\n        self.raw_{} = nn.Parameter({})\n",
            p.value,
            p.name,
            full(p)
        ),
        (true, false) => format!("        self.{} = nn.Parameter({})\n", p.name, full(p)),
        (false, _) => format!(
            "        self.register_buffer(\"{}\", torch.full((num_parameters,), {:?}, device=device, dtype=dtype))\n",
            p.name, p.value
        ),
    });
    let value = |p: &Parameter| match p.reparametrised() {
        true => format!("nn.functional.softplus(self.raw_{})", p.name),
        false => format!("self.{}", p.name),
    };
    let passes = unit.each(|p| format!(", self._spread({}, x)", value(p)));
    let shown: Vec<String> = unit
        .parameters
        .iter()
        .map(|p| format!("{}={{{}.detach().float().mean().item():.6g}}", p.name, value(p)))
        .collect();
    let shown = shown.join(", ");
    format!(
        "
class {class}(nn.Module):
    \"\"\"f(x) = {formula}

    num_parameters: 1 for one set of parameters, or the number of channels for one set each.
    channel_dim: the dimension of x that counts channels, 1 as in nn.PReLU; -1 for the last.
    \"\"\"

    def __init__(self, num_parameters: int = 1, channel_dim: int = 1, device=None, dtype=None) -> None:
        super().__init__()
        self.num_parameters = num_parameters
        self.channel_dim = channel_dim
{create}
    def _spread(self, parameter: Tensor, x: Tensor) -> Tensor:
        shape = [1] * x.dim()
        if self.num_parameters > 1:
            shape[self.channel_dim] = self.num_parameters
        return parameter.reshape(shape)

    def forward(self, x: Tensor) -> Tensor:
        return {name}(x{passes})

    def extra_repr(self) -> str:
        return f\"num_parameters={{self.num_parameters}}, {shown}\"
"
    )
}

/// The optimiser's groups.
fn groups(unit: &Unit) -> String {
    if !unit.parameters.iter().any(|p| p.learnable) {
        return String::new();
    }
    let class = class_name(&unit.name);
    format!(
        "

def parameter_groups(model: nn.Module, weight_decay: float) -> list:
    \"\"\"The parameters of a model in two groups for an optimiser: those of this activation without weight decay.\"\"\"
    layers = [m for m in model.modules() if isinstance(m, {class})]
    own = {{id(p) for layer in layers for p in layer.parameters()}}
    rest = [p for p in model.parameters() if id(p) not in own]
    free = [p for p in model.parameters() if id(p) in own]
    return [{{\"params\": rest, \"weight_decay\": weight_decay}}, {{\"params\": free, \"weight_decay\": 0.0}}]
"
    )
}

/// The names under which configurations find it.
fn registration(unit: &Unit) -> String {
    let (name, class) = (&unit.name, class_name(&unit.name));
    format!(
        "

def register(name: str = \"{name}\") -> None:
    \"\"\"Makes the layer known by name to Hugging Face transformers (`ACT2FN`) and timm, where they are installed.\"\"\"
    try:
        from transformers.activations import ACT2FN

        ACT2FN[name] = {class}
    except ImportError:
        pass
    try:
        from timm.layers import create_act

        create_act._ACT_FN_DEFAULT[name] = {name}
        create_act._ACT_LAYER_DEFAULT[name] = {class}
    except ImportError:
        pass
"
    )
}
