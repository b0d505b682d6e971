//! The elementary functions of one argument that a tape knows.

use super::Op;
use crate::numeric::special as sf;

/// An elementary function of one argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Function {
    Exp,
    Expm1,
    Log,
    Log1p,
    Sin,
    Cos,
    Tan,
    Sinh,
    Cosh,
    Tanh,
    Asin,
    Acos,
    Atan,
    Asinh,
    Acosh,
    Atanh,
    Erf,
    Erfc,
    NormalCdf,
    NormalPdf,
    Sigmoid,
    LogSigmoid,
    Softplus,
    BesselI0e,
    BesselI1e,
    Gamma,
    Abs,
    Sign,
    /// u/sqrt(1 + u^2), which the compiler recognises: as a quotient its derivatives cancel far out.
    InverseRoot,
}

impl Function {
    /// The value at a point.
    pub(super) fn value(self, a: f64) -> f64 {
        match self {
            Function::Exp => a.exp(),
            Function::Expm1 => a.exp_m1(),
            Function::Log => a.ln(),
            Function::Log1p => a.ln_1p(),
            Function::Sin => a.sin(),
            Function::Cos => a.cos(),
            Function::Tan => a.tan(),
            Function::Sinh => a.sinh(),
            Function::Cosh => a.cosh(),
            Function::Tanh => a.tanh(),
            Function::Asin => a.asin(),
            Function::Acos => a.acos(),
            Function::Atan => a.atan(),
            Function::Asinh => a.asinh(),
            Function::Acosh => a.acosh(),
            Function::Atanh => a.atanh(),
            Function::Erf => libm::erf(a),
            Function::Erfc => libm::erfc(a),
            Function::NormalCdf => sf::normal_cdf(a),
            Function::NormalPdf => sf::phi(a),
            Function::Sigmoid => sf::sigmoid(a),
            Function::LogSigmoid => sf::log_sigmoid(a),
            Function::Softplus => sf::softplus(a),
            Function::BesselI0e => sf::bessel_i0e(a),
            Function::BesselI1e => sf::bessel_i1e(a),
            Function::Gamma => sf::gamma_fn(a),
            Function::Abs => a.abs(),
            Function::Sign => sign(a),
            Function::InverseRoot if a.abs() > 1e100 => sign(a),
            Function::InverseRoot => a / (1.0 + a * a).sqrt(),
        }
    }

    /// The function of an elementary operator of one argument.
    pub(super) fn of(op: Op) -> Option<Function> {
        Some(match op {
            Op::Exp => Function::Exp,
            Op::Expm1 => Function::Expm1,
            Op::Log => Function::Log,
            Op::Log1p => Function::Log1p,
            Op::Sin => Function::Sin,
            Op::Cos => Function::Cos,
            Op::Tan => Function::Tan,
            Op::Sinh => Function::Sinh,
            Op::Cosh => Function::Cosh,
            Op::Tanh => Function::Tanh,
            Op::Asin => Function::Asin,
            Op::Acos => Function::Acos,
            Op::Atan => Function::Atan,
            Op::Asinh => Function::Asinh,
            Op::Acosh => Function::Acosh,
            Op::Atanh => Function::Atanh,
            Op::Erf => Function::Erf,
            Op::Erfc => Function::Erfc,
            Op::NormalCdf => Function::NormalCdf,
            Op::NormalPdf => Function::NormalPdf,
            Op::Sigmoid => Function::Sigmoid,
            Op::LogSigmoid => Function::LogSigmoid,
            Op::Softplus => Function::Softplus,
            Op::BesselI0e => Function::BesselI0e,
            Op::BesselI1e => Function::BesselI1e,
            Op::Gamma => Function::Gamma,
            Op::Abs => Function::Abs,
            Op::Sign => Function::Sign,
            Op::Add
            | Op::Sub
            | Op::Mul
            | Op::Div
            | Op::Pow
            | Op::Neg
            | Op::Sqrt
            | Op::Max
            | Op::Min
            | Op::Where(_)
            | Op::SumN
            | Op::ProdN
            | Op::Square
            | Op::Reciprocal
            | Op::MaxN
            | Op::MinN
            | Op::Identity
            | Op::Zero
            | Op::One
            | Op::Relu
            | Op::LeakyRelu
            | Op::Elu
            | Op::Selu
            | Op::Celu
            | Op::Gelu
            | Op::GeluTanh
            | Op::Silu
            | Op::Mish
            | Op::Telu
            | Op::Softsign
            | Op::HardSigmoid
            | Op::HardTanh
            | Op::HardSwish
            | Op::Elish
            | Op::Isru => return None,
        })
    }
}

/// -1, 0 or 1; NaN of NaN.
pub(super) fn sign(a: f64) -> f64 {
    if a == 0.0 || a.is_nan() { a } else { a.signum() }
}
