//! Rust without dependencies: value and derivatives as functions of f64. The error function is the system's.

use super::interpret::Precision;
use super::language::{Language, body};
use super::primitive::{Ends, Primitive};
use super::{Parameter, Unit};
use crate::error::Result;

struct Rust;

impl Language for Rust {
    fn title(&self) -> &'static str {
        "Rust"
    }

    fn line(&self, name: &str, value: &str) -> String {
        format!("    let {name}: f64 = {value};\n")
    }

    fn call(&self, p: Primitive, args: &[String]) -> Option<String> {
        let (a, b) = (args.first()?, args.get(1).map_or("", String::as_str));
        let f = |name: &str| Some(format!("f64::{name}({})", args.join(", ")));
        match p {
            Primitive::Add => Some(format!("{a} + {b}")),
            Primitive::Sub => Some(format!("{a} - {b}")),
            Primitive::Mul => Some(format!("{a} * {b}")),
            Primitive::Div => Some(format!("{a} / {b}")),
            Primitive::Neg => Some(format!("-{a}")),
            Primitive::Pow => f("powf"),
            Primitive::Exp => f("exp"),
            Primitive::Expm1 => f("exp_m1"),
            Primitive::Log => f("ln"),
            Primitive::Log1p => f("ln_1p"),
            Primitive::Sqrt => f("sqrt"),
            Primitive::Sin => f("sin"),
            Primitive::Cos => f("cos"),
            Primitive::Tan => f("tan"),
            Primitive::Sinh => f("sinh"),
            Primitive::Cosh => f("cosh"),
            Primitive::Tanh => f("tanh"),
            Primitive::Asin => f("asin"),
            Primitive::Acos => f("acos"),
            Primitive::Atan => f("atan"),
            Primitive::Asinh => f("asinh"),
            Primitive::Acosh => f("acosh"),
            Primitive::Atanh => f("atanh"),
            Primitive::Erf => Some(format!("erf({a})")),
            Primitive::Erfc => Some(format!("erfc({a})")),
            Primitive::NormalCdf => Some(format!("0.5 * erfc({a} * -std::f64::consts::FRAC_1_SQRT_2)")),
            Primitive::NormalPdf => Some(format!("0.3989422804014327 * f64::exp(-0.5 * {a} * {a})")),
            // exp(-|a|) cannot overflow.
            Primitive::Sigmoid => {
                Some(format!("(if {a} >= 0.0 {{ 1.0 }} else {{ f64::exp({a}) }}) / (1.0 + f64::exp(-f64::abs({a})))"))
            }
            Primitive::Softplus => {
                Some(format!("(if {a} > 0.0 {{ {a} }} else {{ 0.0 }}) + f64::ln_1p(f64::exp(-f64::abs({a})))"))
            }
            Primitive::LogSigmoid => {
                Some(format!("(if {a} < 0.0 {{ {a} }} else {{ 0.0 }}) - f64::ln_1p(f64::exp(-f64::abs({a})))"))
            }
            Primitive::BesselI0e | Primitive::BesselI1e | Primitive::Gamma => None,
            Primitive::Abs => f("abs"),
            Primitive::Sign => Some(format!("if {a} > 0.0 {{ 1.0 }} else if {a} < 0.0 {{ -1.0 }} else {{ {a} }}")),
            Primitive::Max => Some(format!("if {b} > {a} || f64::is_nan({b}) {{ {b} }} else {{ {a} }}")),
            Primitive::Min => Some(format!("if {b} < {a} || f64::is_nan({b}) {{ {b} }} else {{ {a} }}")),
            Primitive::Finite(Ends { low, high }) => {
                let end =
                    |on: bool, finite: &str, infinite: &str| if on { finite.to_owned() } else { infinite.to_owned() };
                let (low, high) = (end(low, "f64::MIN", "f64::NEG_INFINITY"), end(high, "f64::MAX", "f64::INFINITY"));
                Some(format!("f64::clamp({a}, {low}, {high})"))
            }
            Primitive::Far => Some(format!("if f64::is_infinite({a}) {{ f64::signum({a}) * 1e18 }} else {{ {a} }}")),
            Primitive::Bounded => Some(format!("f64::clamp({a}, -1e9, 1e9)")),
            // Only for automatic differentiation.
            Primitive::FiniteExp => None,
            Primitive::Where(cmp) => {
                Some(format!("if {a} {} {b} {{ {} }} else {{ {} }}", cmp.symbol(), args.get(2)?, args.get(3)?))
            }
        }
    }
}

/// Written for machines: what nobody calls and how names are spelled is no concern of lints.
const ALLOW: &str = "#[allow(clippy::all, dead_code, non_snake_case, unused_parens, unused_variables)]";

/// The module.
pub(super) fn file(unit: &Unit) -> Result<String> {
    let name = &unit.name;
    let mut functions = String::new();
    let takes: String = unit.parameters.iter().map(|p| format!(", {}: f64", p.name)).collect();
    let by =
        unit.parameters.iter().map(|p| (format!("_derivative_{}", p.name), format!("The derivative by `{}`", p.name)));
    let first =
        [(String::new(), "The value".to_owned()), ("_derivative".to_owned(), "The derivative by `x`".to_owned())];
    for ((suffix, what), root) in first.into_iter().chain(by).zip(std::iter::once(&unit.value).chain(&unit.slopes)) {
        let (lines, results) = body(unit, &unit.program, &[*root], &Rust)?;
        let result = results.concat();
        functions.push_str(&format!("\n/// {what} at `x`.\n{ALLOW}\n"));
        functions.push_str(&format!("pub fn {name}{suffix}(x: f64{takes}) -> f64 {{\n{lines}    {result}\n}}\n"));
    }
    let mut text = unit.header("//", Precision::Double);
    for p in &unit.parameters {
        let (constant, value, p) = (default(unit, p), p.value, &p.name);
        text.push_str(&format!(
            "\n/// The value of `{p}` to start from.\n#[allow(dead_code)]\npub const {constant}: f64 = {value:?};\n"
        ));
    }
    if functions.contains(" erf") {
        text.push_str("\n// From the system's mathematical library, which the standard library links.\n");
        text.push_str("#[allow(dead_code)]\nunsafe extern \"C\" {\n    safe fn erf(x: f64) -> f64;\n");
        text.push_str("    safe fn erfc(x: f64) -> f64;\n}\n");
    }
    Ok(format!("{text}{functions}"))
}

/// The constant with the value of a parameter.
pub(super) fn default(unit: &Unit, p: &Parameter) -> String {
    format!("{}_default_{}", unit.name, p.name).to_uppercase()
}
