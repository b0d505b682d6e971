//! Keras 3: a function with its own derivatives and a serialisable layer, for every backend.

use super::Unit;
use super::interpret::Precision;
use super::language::{Language, body, class_name};
use super::primitive::Primitive;
use crate::error::Result;

struct Keras;

impl Language for Keras {
    fn title(&self) -> &'static str {
        "Keras"
    }

    fn line(&self, name: &str, value: &str) -> String {
        format!("    {name} = {value}\n")
    }

    fn call(&self, p: Primitive, args: &[String]) -> Option<String> {
        let (a, b) = (args.first()?, args.get(1).map_or("", String::as_str));
        let f = |name: &str| Some(format!("{name}({})", args.join(", ")));
        // keras.ops computes these of doubles in single precision (3.15).
        let native = |name: &str| Some(format!("_native(\"{name}\", {a})"));
        match p {
            Primitive::Add => Some(format!("{a} + {b}")),
            Primitive::Sub => Some(format!("{a} - {b}")),
            Primitive::Mul => Some(format!("{a} * {b}")),
            Primitive::Div => Some(format!("{a} / {b}")),
            Primitive::Neg => Some(format!("-{a}")),
            Primitive::Pow => f("ops.power"),
            Primitive::Exp => f("ops.exp"),
            Primitive::Expm1 => f("ops.expm1"),
            Primitive::Log => f("ops.log"),
            Primitive::Log1p => f("ops.log1p"),
            Primitive::Sqrt => f("ops.sqrt"),
            Primitive::Sin => native("sin"),
            Primitive::Cos => native("cos"),
            Primitive::Tan => native("tan"),
            Primitive::Sinh => native("sinh"),
            Primitive::Cosh => native("cosh"),
            Primitive::Tanh => native("tanh"),
            Primitive::Asin => native("arcsin"),
            Primitive::Acos => native("arccos"),
            Primitive::Atan => native("arctan"),
            Primitive::Asinh => native("arcsinh"),
            Primitive::Acosh => native("arccosh"),
            Primitive::Atanh => native("arctanh"),
            Primitive::Erf => f("ops.erf"),
            Primitive::Erfc => Some(format!("_special(\"erfc\", {a})")),
            Primitive::NormalCdf => Some(format!("0.5 * _special(\"erfc\", {a} * -0.7071067811865476)")),
            Primitive::NormalPdf => Some(format!("0.3989422804014327 * ops.exp(-0.5 * {a} * {a})")),
            // exp(-|a|) cannot overflow.
            Primitive::Sigmoid => {
                Some(format!("ops.where({a} >= 0, 1.0, ops.exp(-ops.abs({a}))) / (1.0 + ops.exp(-ops.abs({a})))"))
            }
            Primitive::Softplus => Some(format!("ops.maximum({a}, 0.0) + ops.log1p(ops.exp(-ops.abs({a})))")),
            Primitive::LogSigmoid => Some(format!("ops.minimum({a}, 0.0) - ops.log1p(ops.exp(-ops.abs({a})))")),
            Primitive::BesselI0e => Some(format!("_special(\"i0e\", {a})")),
            Primitive::BesselI1e => Some(format!("_special(\"i1e\", {a})")),
            Primitive::Gamma => None,
            Primitive::Abs => f("ops.abs"),
            Primitive::Sign => f("ops.sign"),
            Primitive::Max => f("ops.maximum"),
            Primitive::Min => f("ops.minimum"),
            Primitive::Finite(ends) => {
                let keep = |on: bool, name: &str, value: &str| {
                    if on { String::new() } else { format!(", {name}=float(\"{value}\")") }
                };
                let (low, high) = (keep(ends.low, "neginf", "-inf"), keep(ends.high, "posinf", "inf"));
                Some(format!("ops.nan_to_num({a}, nan=float(\"nan\"){high}{low})"))
            }
            Primitive::Far => Some(format!("ops.nan_to_num({a}, nan=float(\"nan\"), posinf=1e18, neginf=-1e18)")),
            Primitive::Bounded => Some(format!("ops.clip({a}, -1e9, 1e9)")),
            // The derivative is the formula's own, so that nothing has to be kept finite for it.
            Primitive::FiniteExp => None,
            Primitive::Where(cmp) => {
                Some(format!("ops.where({a} {} {b}, {}, {})", cmp.symbol(), args.get(2)?, args.get(3)?))
            }
        }
    }
}

/// Functions that Keras computes in single precision.
const NATIVE: &str = "
def _native(name, a):
    \"\"\"The backend's own function: keras.ops computes these of doubles in single precision.\"\"\"
    backend = keras.backend.backend()
    if backend == \"jax\":
        import jax.numpy as library
    elif backend == \"torch\":
        import torch as library
    elif backend == \"tensorflow\":
        from tensorflow import math as library

        name = name.replace(\"arc\", \"a\")
    else:
        import numpy as library
    return getattr(library, name)(a)

";

/// Functions that Keras lacks and every backend has.
const SPECIAL: &str = "
def _special(name, a):
    \"\"\"A function that keras.ops lacks, from the library of the backend.\"\"\"
    backend = keras.backend.backend()
    if backend == \"jax\":
        from jax.scipy import special
    elif backend == \"torch\":
        from torch import special
    elif backend == \"tensorflow\":
        from tensorflow import math

        return getattr(math, name if name == \"erfc\" else f\"bessel_{name}\")(a)
    else:
        from scipy import special
    return getattr(special, name)(a)

";

/// The module with the function and the layer.
pub(super) fn file(unit: &Unit) -> Result<String> {
    let name = &unit.name;
    let (value_lines, value) = body(unit, &unit.program, &[unit.value], &Keras)?;
    let (slope_lines, slopes) = body(unit, &unit.program, &unit.slopes, &Keras)?;
    let (value, count) = (value.concat(), slopes.len());
    let slopes = slopes.join(", ");
    let list = unit.each(|p| format!(", {}", p.name));
    let defaults = unit.each(|p| format!(", {}={:?}", p.name, p.value));
    let cast = unit.each(|p| format!(", ops.broadcast_to(ops.cast({}, wide), ops.shape(x))", p.name));
    let mut text = unit.header("#", Precision::Single);
    text.push_str("import keras\nfrom keras import ops\n\n");
    if value_lines.contains("_special(") || slope_lines.contains("_special(") {
        text.push_str(SPECIAL);
    }
    if value_lines.contains("_native(") || slope_lines.contains("_native(") {
        text.push_str(NATIVE);
    }
    let gradients = if count == 1 { "gradients[0]" } else { "gradients" };
    text.push_str(&format!(
        "
def _{name}_value(x{list}):
{value_lines}    return ops.broadcast_to(ops.cast({value}, x.dtype), ops.shape(x))


def _{name}_slopes(x{list}):
    \"\"\"The derivatives by x and by each parameter.\"\"\"
{slope_lines}    return ({slopes},)


@ops.custom_gradient
def _{name}(x{list}):
    def gradient(*upstreams, upstream=None):
        upstream = upstreams[0] if upstream is None else upstream
        gradients = tuple(upstream * ops.cast(slope, x.dtype) for slope in _{name}_slopes(x{list}))
        return {gradients}

    return _{name}_value(x{list}), gradient


def {name}(x{defaults}):
    \"\"\"The activation, elementwise. Parameters are numbers, or tensors that broadcast against x. Half precision is computed in
    float32 and rounded once.\"\"\"
    x = ops.convert_to_tensor(x)
    narrow = keras.backend.standardize_dtype(x.dtype)
    wide = \"float64\" if narrow == \"float64\" else \"float32\"
    result = _{name}(ops.cast(x, wide){cast})
    return ops.cast(result, narrow) if \"float\" in narrow else result

{}",
        layer(unit)
    ));
    Ok(text)
}

fn layer(unit: &Unit) -> String {
    let (name, class, formula) = (&unit.name, class_name(&unit.name), unit.formula.replace('\\', "\\\\"));
    let weights = unit.each(|p| {
        let trainable = if p.learnable { "True" } else { "False" };
        let start = if p.reparametrised() { p.raw() } else { p.value };
        format!(
            "        self.{0} = self.add_weight(\n            name=\"{0}\", shape=shape, initializer=keras.initializers.Constant({start:?}), trainable={trainable}\n        )\n",
            p.stored()
        )
    });
    let passes = unit.each(|p| match p.reparametrised() {
        true => format!(", self._spread(ops.softplus(self.raw_{}), x)", p.name),
        false => format!(", self._spread(self.{}, x)", p.name),
    });
    let head = format!(
        "
@keras.saving.register_keras_serializable(package=\"eafo\")
class {class}(keras.layers.Layer):
    \"\"\"f(x) = {formula}"
    );
    if unit.parameters.is_empty() {
        return format!(
            "{head}\"\"\"

    def __init__(self, **kwargs):
        super().__init__(autocast=False, **kwargs)
        self.supports_masking = True

    def call(self, x):
        return {name}(x)

    def compute_output_shape(self, input_shape):
        return input_shape
"
        );
    }
    let learned: Vec<String> =
        unit.parameters.iter().filter(|p| p.learnable).map(|p| format!("\"{}\"", p.stored())).collect();
    let decay = match learned.as_slice() {
        [] => String::new(),
        names => format!(
            "\n\n    Without weight decay: optimizer.exclude_from_weight_decay(var_names=[{}]).",
            names.join(", ")
        ),
    };
    format!(
        "{head}

    per_channel: one set of parameters for each channel instead of one for all.
    channel_axis: the axis that counts channels.{decay}
    \"\"\"

    def __init__(self, per_channel=False, channel_axis=-1, **kwargs):
        # The function chooses its precision itself.
        super().__init__(autocast=False, **kwargs)
        self.supports_masking = True
        self.per_channel = per_channel
        self.channel_axis = channel_axis

    def build(self, input_shape):
        shape = (input_shape[self.channel_axis] if self.per_channel else 1,)
{weights}
    def _spread(self, parameter, x):
        shape = [1] * len(x.shape)
        if self.per_channel:
            shape[self.channel_axis] = -1
        return ops.reshape(parameter, shape)

    def call(self, x):
        return {name}(x{passes})

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {{**super().get_config(), \"per_channel\": self.per_channel, \"channel_axis\": self.channel_axis}}
"
    )
}
