//! Programs run as the emitted code runs them, each operation rounded to single or double precision.

use super::primitive::Primitive;
use super::program::{Instruction, Program, Register};
use crate::numeric::special as sf;

/// The numbers a target computes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Precision {
    Single,
    Double,
}

impl Precision {
    pub fn round(self, value: f64) -> f64 {
        match self {
            Precision::Single => f64::from(value as f32),
            Precision::Double => value,
        }
    }

    /// The largest finite number.
    pub fn largest(self) -> f64 {
        match self {
            Precision::Single => f64::from(f32::MAX),
            Precision::Double => f64::MAX,
        }
    }
}

/// The values of every instruction at `x`, in order.
pub(super) fn run(program: &Program, x: f64, parameters: &[(String, f64)], precision: Precision) -> Vec<f64> {
    let mut values = Vec::with_capacity(program.instructions.len());
    for instruction in &program.instructions {
        let value = step(instruction, &values, x, parameters, precision);
        values.push(value);
    }
    values
}

/// The value of one instruction, those before it known.
pub(super) fn step(
    instruction: &Instruction,
    before: &[f64],
    x: f64,
    parameters: &[(String, f64)],
    precision: Precision,
) -> f64 {
    match instruction {
        Instruction::X => precision.round(x),
        Instruction::Parameter(name) => {
            let known = parameters.iter().find(|(known, _)| known == name);
            precision.round(known.map_or(f64::NAN, |(_, value)| *value))
        }
        Instruction::Number(bits) => precision.round(f64::from_bits(*bits)),
        Instruction::Call(p, args) => {
            let args: Vec<f64> = args.iter().map(|a: &Register| before[*a]).collect();
            apply(*p, &args, precision)
        }
    }
}

/// A primitive as targets compute it: a library function to within its last digit, what is written out step by step.
pub(super) fn apply(p: Primitive, args: &[f64], precision: Precision) -> f64 {
    use Primitive as P;
    let r = |v: f64| precision.round(v);
    let at = |i: usize| args.get(i).copied().unwrap_or(f64::NAN);
    let (a, b) = (at(0), at(1));
    match p {
        P::Add => r(a + b),
        P::Sub => r(a - b),
        P::Mul => r(a * b),
        P::Div => r(a / b),
        P::Neg => -a,
        P::Pow => r(a.powf(b)),
        P::Exp => r(a.exp()),
        P::FiniteExp => r(a.exp()).min(precision.largest()),
        P::Expm1 => r(a.exp_m1()),
        P::Log => r(a.ln()),
        P::Log1p => r(a.ln_1p()),
        P::Sqrt => r(a.sqrt()),
        P::Sin => r(a.sin()),
        P::Cos => r(a.cos()),
        P::Tan => r(a.tan()),
        P::Sinh => r(a.sinh()),
        P::Cosh => r(a.cosh()),
        P::Tanh => r(a.tanh()),
        P::Asin => r(a.asin()),
        P::Acos => r(a.acos()),
        P::Atan => r(a.atan()),
        P::Asinh => r(a.asinh()),
        P::Acosh => r(a.acosh()),
        P::Atanh => r(a.atanh()),
        P::Erf => r(libm::erf(a)),
        P::Erfc => r(libm::erfc(a)),
        P::NormalCdf => r(0.5 * r(libm::erfc(r(a * r(-std::f64::consts::FRAC_1_SQRT_2))))),
        P::NormalPdf => r(r(0.398_942_280_401_432_7) * r(r(r(-0.5 * a) * a).exp())),
        P::Sigmoid => {
            let e = r((-a.abs()).exp());
            r(if a >= 0.0 { 1.0 } else { e } / r(1.0 + e))
        }
        P::Softplus => r(if a > 0.0 { a } else { 0.0 } + r(r((-a.abs()).exp()).ln_1p())),
        P::LogSigmoid => r(if a < 0.0 { a } else { 0.0 } - r(r((-a.abs()).exp()).ln_1p())),
        P::BesselI0e => r(sf::bessel_i0e(a)),
        P::BesselI1e => r(sf::bessel_i1e(a)),
        P::Gamma => r(sf::gamma_fn(a)),
        P::Abs => a.abs(),
        P::Sign if a == 0.0 || a.is_nan() => a,
        P::Sign => a.signum(),
        P::Max => {
            if b > a || b.is_nan() {
                b
            } else {
                a
            }
        }
        P::Min => {
            if b < a || b.is_nan() {
                b
            } else {
                a
            }
        }
        P::Where(cmp) => {
            if cmp.holds(a, b) {
                at(2)
            } else {
                at(3)
            }
        }
        P::Finite(ends) if a == f64::INFINITY && ends.high => precision.largest(),
        P::Finite(ends) if a == f64::NEG_INFINITY && ends.low => -precision.largest(),
        P::Finite(_) => a,
        P::Far if a.is_infinite() => a.signum() * 1e18,
        P::Far => a,
        P::Bounded => a.clamp(-1e9, 1e9),
    }
}
