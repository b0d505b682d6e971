//! C99: a header with two scalar functions, value and derivative, in double, and their single-precision companions.

use super::Unit;
use super::interpret::Precision;
use super::language::{Language, body};
use super::primitive::{Ends, Primitive};
use crate::error::Result;

struct C;

impl Language for C {
    fn title(&self) -> &'static str {
        "C"
    }

    fn line(&self, name: &str, value: &str) -> String {
        format!("    const double {name} = {value};\n")
    }

    fn call(&self, p: Primitive, args: &[String]) -> Option<String> {
        let f = |name: &str| Some(format!("{name}({})", args.join(", ")));
        let (a, b) = (args.first()?, args.get(1).map_or("", String::as_str));
        match p {
            Primitive::Add => Some(format!("{a} + {b}")),
            Primitive::Sub => Some(format!("{a} - {b}")),
            Primitive::Mul => Some(format!("{a} * {b}")),
            Primitive::Div => Some(format!("{a} / {b}")),
            Primitive::Neg => Some(format!("-{a}")),
            Primitive::Pow => f("pow"),
            Primitive::Exp => f("exp"),
            Primitive::Expm1 => f("expm1"),
            Primitive::Log => f("log"),
            Primitive::Log1p => f("log1p"),
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
            Primitive::Erf => f("erf"),
            Primitive::Erfc => f("erfc"),
            Primitive::NormalCdf => Some(format!("0.5 * erfc({a} * -0.7071067811865476)")),
            Primitive::NormalPdf => Some(format!("0.3989422804014327 * exp(-0.5 * {a} * {a})")),
            // exp(-|a|) cannot overflow.
            Primitive::Sigmoid => Some(format!("({a} >= 0 ? 1.0 : exp({a})) / (1.0 + exp(-fabs({a})))")),
            Primitive::Softplus => Some(format!("({a} > 0 ? {a} : 0.0) + log1p(exp(-fabs({a})))")),
            Primitive::LogSigmoid => Some(format!("({a} < 0 ? {a} : 0.0) - log1p(exp(-fabs({a})))")),
            Primitive::BesselI0e | Primitive::BesselI1e => None,
            Primitive::Gamma => f("tgamma"),
            Primitive::Abs => f("fabs"),
            Primitive::Sign => Some(format!("{a} > 0 ? 1.0 : {a} < 0 ? -1.0 : {a}")),
            Primitive::Max => Some(format!("{b} > {a} || {b} != {b} ? {b} : {a}")),
            Primitive::Min => Some(format!("{b} < {a} || {b} != {b} ? {b} : {a}")),
            Primitive::Finite(Ends { low: true, high: true }) => {
                Some(format!("{a} > DBL_MAX ? DBL_MAX : {a} < -DBL_MAX ? -DBL_MAX : {a}"))
            }
            Primitive::Finite(Ends { low: true, high: false }) => Some(format!("{a} < -DBL_MAX ? -DBL_MAX : {a}")),
            Primitive::Finite(_) => Some(format!("{a} > DBL_MAX ? DBL_MAX : {a}")),
            Primitive::Far => Some(format!("{a} > DBL_MAX ? 1e18 : {a} < -DBL_MAX ? -1e18 : {a}")),
            Primitive::Bounded => Some(format!("{a} > 1e9 ? 1e9 : {a} < -1e9 ? -1e9 : {a}")),
            // Only for automatic differentiation.
            Primitive::FiniteExp => None,
            Primitive::Where(cmp) => Some(format!("{a} {} {b} ? {} : {}", cmp.symbol(), args.get(2)?, args.get(3)?)),
        }
    }
}

/// The header file.
pub(super) fn file(unit: &Unit) -> Result<String> {
    let name = &unit.name;
    let guard = format!("EAFO_{}_H", name.to_uppercase());
    let mut text = unit.header("//", Precision::Double);
    text.push_str("// The float functions compute in double precision and round once. Link with -lm.\n");
    text.push_str(&format!("#ifndef {guard}\n#define {guard}\n\n#include <float.h>\n#include <math.h>\n\n"));
    for p in &unit.parameters {
        text.push_str(&format!("static const double {name}_default_{} = {:?};\n", p.name, p.value));
    }
    let takes = |kind: &str| -> String { unit.parameters.iter().map(|p| format!(", {kind} {}", p.name)).collect() };
    let passes: String = unit.parameters.iter().map(|p| format!(", {}", p.name)).collect();
    let by = unit.parameters.iter().map(|p| format!("_derivative_{}", p.name));
    let suffixes = ["".to_owned(), "_derivative".to_owned()].into_iter().chain(by);
    for (suffix, root) in suffixes.zip(std::iter::once(&unit.value).chain(&unit.slopes)) {
        let (lines, results) = body(unit, &unit.program, &[*root], &C)?;
        let unused: String = ["x"]
            .into_iter()
            .chain(unit.parameters.iter().map(|p| p.name.as_str()))
            .map(|p| format!("    (void){p};\n"))
            .collect();
        let (wide, narrow) = (takes("double"), takes("float"));
        text.push_str(&format!("\nstatic inline double {name}{suffix}(double x{wide}) {{\n{unused}{lines}"));
        text.push_str(&format!("    return {};\n}}\n", results.concat()));
        text.push_str(&format!("\nstatic inline float {name}{suffix}_float(float x{narrow}) {{\n"));
        text.push_str(&format!("    return (float){name}{suffix}(x{passes});\n}}\n"));
    }
    text.push_str(&format!("\n#endif // {guard}\n"));
    Ok(text)
}
