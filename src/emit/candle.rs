//! candle: the functions of the Rust target, an operation on tensors that differentiates by them, and a layer around it.

use super::language::class_name;
use super::rust::{self, default};
use super::unit::{Parameter, Unit};
use crate::error::Result;

/// The module.
pub(super) fn file(unit: &Unit) -> Result<String> {
    let class = class_name(&unit.name);
    let text = rust::file(unit)?;
    Ok(match unit.parameters.iter().any(|p| p.learnable) {
        true => format!("{text}{}{}", layer(unit, &class), operation(unit, &class)),
        false => format!("{text}{}", fixed(unit, &class)),
    })
}

/// Value and derivative of a formula without learnable parameters, as an operation and a layer.
fn fixed(unit: &Unit, class: &str) -> String {
    let (name, formula) = (&unit.name, &unit.formula);
    let pass = unit.each(|p| format!(", {}", default(unit, p)));
    format!(
        "
use candle_core::{{backend::BackendStorage, CpuStorage, CustomOp1, Device, Layout, Module, Result, Shape, Tensor, WithDType, bail}};

/// `{formula}`
///
/// {ABOUT}
#[derive(Clone, Copy, Debug, Default)]
pub struct {class};

impl Module for {class} {{
    fn forward(&self, x: &Tensor) -> Result<Tensor> {{
        x.to_device(&Device::Cpu)?.contiguous()?.apply_op1(Elementwise::VALUE)?.to_device(x.device())
    }}
}}

/// A function of every element, differentiated as the value.
struct Elementwise(fn(f64) -> f64);

#[allow(clippy::all)]
impl Elementwise {{
    const VALUE: Elementwise = Elementwise(|x| {name}(x{pass}));
    const DERIVATIVE: Elementwise = Elementwise(|x| {name}_derivative(x{pass}));
{MAP}}}

impl CustomOp1 for Elementwise {{
    fn name(&self) -> &'static str {{
        \"{name}\"
    }}

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {{
        Ok((Self::map(x, layout, |_, x| (self.0)(x))?, layout.shape().clone()))
    }}

    fn bwd(&self, x: &Tensor, _: &Tensor, upstream: &Tensor) -> Result<Option<Tensor>> {{
        Ok(Some((x.apply_op1_no_bwd(&Elementwise::DERIVATIVE)? * upstream)?))
    }}
}}
"
    )
}

/// The layer with its parameters.
fn layer(unit: &Unit, class: &str) -> String {
    let formula = &unit.formula;
    let learned: Vec<&Parameter> = unit.parameters.iter().filter(|p| p.learnable).collect();
    let each = |f: &dyn Fn(&Parameter) -> String| -> String { learned.iter().map(|p| f(p)).collect() };
    let fields = each(&|p| format!("    pub {}: Tensor,\n", p.stored()));
    let create = each(&|p| {
        let about = if p.positive { format!("            // softplus(raw) = {:?}\n", p.value) } else { String::new() };
        format!(
            "{about}            {0}: vb.get_with_hints(channels, \"{0}\", Init::Const({1:?}))?,\n",
            p.stored(),
            p.raw()
        )
    });
    let names: Vec<String> = learned.iter().map(|p| format!("&self.{}", p.stored())).collect();
    let names = names.join(", ");
    format!(
        "
use candle_core::{{
    backend::BackendStorage, CpuStorage, CustomOp2, DType, Device, Layout, Module, Result, Shape, Tensor, WithDType, bail,
}};
use candle_nn::{{Init, VarBuilder}};

/// `{formula}`
///
/// {ABOUT}
/// Leave the parameters out of weight decay.
#[derive(Clone, Debug)]
#[allow(non_snake_case)]
pub struct {class} {{
{fields}}}

impl {class} {{
    /// With parameters of shape (channels,): one set for everything, or one for each channel, which is axis 1 of the input.
    pub fn new(channels: usize, vb: VarBuilder) -> Result<{class}> {{
        Ok({class} {{
{create}        }})
    }}
}}

impl Module for {class} {{
    fn forward(&self, x: &Tensor) -> Result<Tensor> {{
        let parameters = Tensor::stack(&[{names}], 0)?.to_dtype(DType::F64)?.to_device(&Device::Cpu)?;
        let inner = match parameters.dim(1)? {{
            1 => 1,
            channels if x.rank() > 1 && x.dim(1)? == channels => x.dims()[2..].iter().product(),
            channels => bail!(\"a layer with {{channels}} channels expects as many on axis 1, not {{:?}}\", x.shape()),
        }};
        let there = x.to_device(&Device::Cpu)?.contiguous()?;
        there.apply_op2(&parameters, Elementwise {{ f: Elementwise::VALUE, inner }})?.to_device(x.device())
    }}
}}
"
    )
}

/// The operation on elements and parameters.
fn operation(unit: &Unit, class: &str) -> String {
    let name = &unit.name;
    let learned: Vec<&Parameter> = unit.parameters.iter().filter(|p| p.learnable).collect();
    let count = learned.len();
    let argument = |p: &Parameter| match learned.iter().position(|l| l.name == p.name) {
        Some(i) if p.positive => format!("Self::softplus(p[{i}])"),
        Some(i) => format!("p[{i}]"),
        None => default(unit, p),
    };
    let pass = unit.each(|p| format!(", {}", argument(p)));
    let slopes: String = learned
        .iter()
        .enumerate()
        .map(|(i, p)| {
            let inner = if p.positive { format!(" * Self::sigmoid(p[{i}])") } else { String::new() };
            format!("        |x, p| {name}_derivative_{}(x{pass}){inner},\n", p.name)
        })
        .collect();
    let softplus = if learned.iter().any(|p| p.positive) { SOFTPLUS } else { "" };
    format!(
        "
/// A function of an element and the parameters.
type Scalar = fn(f64, [f64; {count}]) -> f64;

/// A function of every element and the parameters of its channel, a row for each parameter and a column for each channel;
/// `inner` elements of a channel stand side by side. Differentiated as the value.
struct Elementwise {{
    f: Scalar,
    inner: usize,
}}

#[allow(clippy::all)]
impl Elementwise {{
    const VALUE: Scalar = |x, p| {name}(x{pass});
    const DERIVATIVE: Scalar = |x, p| {name}_derivative(x{pass});
    /// The derivatives by what [`{class}`] learns.
    const BY_PARAMETER: [Scalar; {count}] = [
{slopes}    ];
{softplus}{MAP}}}

#[allow(clippy::all)]
impl CustomOp2 for Elementwise {{
    fn name(&self) -> &'static str {{
        \"{name}\"
    }}

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout, p: &CpuStorage, rows: &Layout) -> Result<(CpuStorage, Shape)> {{
        let Some((from, to)) = rows.contiguous_offsets() else {{ bail!(\"parameters with gaps\") }};
        let p = &f64::cpu_storage_as_slice(p)?[from..to];
        let channels = p.len() / {count};
        let at = |channel: usize| std::array::from_fn(|i| p[i * channels + channel]);
        let out = Self::map(x, layout, |i, x| (self.f)(x, at(i / self.inner % channels)))?;
        Ok((out, layout.shape().clone()))
    }}

    fn bwd(&self, x: &Tensor, p: &Tensor, _: &Tensor, upstream: &Tensor) -> Result<(Option<Tensor>, Option<Tensor>)> {{
        let by = |x: &Tensor, f: Scalar| x.apply_op2_no_bwd(p, &Elementwise {{ f, inner: self.inner }});
        // Sums over all elements of a channel, in double precision.
        let (wide, given, channels) = (x.to_dtype(DType::F64)?, upstream.to_dtype(DType::F64)?, p.dim(1)?);
        let outer = x.elem_count() / (channels * self.inner).max(1);
        let sums = Self::BY_PARAMETER.map(|f| (by(&wide, f)? * &given)?.reshape((outer, channels, self.inner))?.sum((0, 2)));
        let sums = sums.into_iter().collect::<Result<Vec<_>>>()?;
        Ok((Some((by(x, Self::DERIVATIVE)? * upstream)?), Some(Tensor::stack(&sums, 0)?)))
    }}
}}
"
    )
}

const ABOUT: &str = "Elementwise, of floating-point numbers of 16, 32 or 64 bits, computed in double precision and rounded once. It runs on the CPU:\n\
                     /// tensors of other devices are brought there and back.";

const SOFTPLUS: &str = "
    /// What keeps a parameter positive, and its derivative.
    fn softplus(raw: f64) -> f64 {
        f64::max(raw, 0.0) + f64::ln_1p(f64::exp(-f64::abs(raw)))
    }

    fn sigmoid(raw: f64) -> f64 {
        1.0 / (1.0 + f64::exp(-raw))
    }
";

const MAP: &str = "
    /// `f` of the place and the value of every element.
    fn map(x: &CpuStorage, layout: &Layout, f: impl Fn(usize, f64) -> f64) -> Result<CpuStorage> {
        fn all<T: WithDType>(x: &[T], f: impl Fn(usize, f64) -> f64) -> Vec<T> {
            x.iter().enumerate().map(|(i, x)| T::from_f64(f(i, x.to_f64()))).collect()
        }
        let Some((from, to)) = layout.contiguous_offsets() else { bail!(\"a tensor with gaps\") };
        Ok(match x {
            CpuStorage::BF16(x) => CpuStorage::BF16(all(&x[from..to], f)),
            CpuStorage::F16(x) => CpuStorage::F16(all(&x[from..to], f)),
            CpuStorage::F32(x) => CpuStorage::F32(all(&x[from..to], f)),
            CpuStorage::F64(x) => CpuStorage::F64(all(&x[from..to], f)),
            _ => bail!(\"expected floating-point numbers of 16, 32 or 64 bits, not {:?}\", x.dtype()),
        })
    }
";
