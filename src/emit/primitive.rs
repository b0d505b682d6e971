//! What an export target has to know: the operators that have no definition in simpler ones.

use crate::expr::{Cmp, Op};

/// An operator without a definition in simpler ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Primitive {
    Add,
    Sub,
    Mul,
    Div,
    Pow,
    Neg,
    Exp,
    Expm1,
    Log,
    Log1p,
    Sqrt,
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
    Max,
    Min,
    Where(Cmp),
    /// The argument with infinities replaced by the largest finite numbers, at the low end, the high end or both: what
    /// makes an infinity times 0 a 0. Only [`super::mend`] uses it.
    Finite(Ends),
    /// The argument with infinities replaced by ±1e18, whose square is finite in single precision too: what makes a quotient of infinities
    /// the limit of the quotient. Only [`super::mend`] uses it.
    Far,
    /// The argument held within ±1e9, beyond which 1 + a^2 is a^2; its derivative is that of the argument.
    Bounded,
    /// The exponential, the largest finite number instead of an infinity. Only [`super::branch`] uses it.
    FiniteExp,
}

/// Which infinities [`Primitive::Finite`] replaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Ends {
    pub low: bool,
    pub high: bool,
}

impl Primitive {
    /// The primitive of an operator; none for what [`Op::definition`] resolves.
    pub(super) fn of(op: Op) -> Option<Primitive> {
        Some(match op {
            Op::Add => Primitive::Add,
            Op::Sub => Primitive::Sub,
            Op::Mul => Primitive::Mul,
            Op::Div => Primitive::Div,
            Op::Pow => Primitive::Pow,
            Op::Neg => Primitive::Neg,
            Op::Exp => Primitive::Exp,
            Op::Expm1 => Primitive::Expm1,
            Op::Log => Primitive::Log,
            Op::Log1p => Primitive::Log1p,
            Op::Sqrt => Primitive::Sqrt,
            Op::Sin => Primitive::Sin,
            Op::Cos => Primitive::Cos,
            Op::Tan => Primitive::Tan,
            Op::Sinh => Primitive::Sinh,
            Op::Cosh => Primitive::Cosh,
            Op::Tanh => Primitive::Tanh,
            Op::Asin => Primitive::Asin,
            Op::Acos => Primitive::Acos,
            Op::Atan => Primitive::Atan,
            Op::Asinh => Primitive::Asinh,
            Op::Acosh => Primitive::Acosh,
            Op::Atanh => Primitive::Atanh,
            Op::Erf => Primitive::Erf,
            Op::Erfc => Primitive::Erfc,
            Op::NormalCdf => Primitive::NormalCdf,
            Op::NormalPdf => Primitive::NormalPdf,
            Op::Sigmoid => Primitive::Sigmoid,
            Op::LogSigmoid => Primitive::LogSigmoid,
            Op::Softplus => Primitive::Softplus,
            Op::BesselI0e => Primitive::BesselI0e,
            Op::BesselI1e => Primitive::BesselI1e,
            Op::Gamma => Primitive::Gamma,
            Op::Abs => Primitive::Abs,
            Op::Sign => Primitive::Sign,
            Op::Max => Primitive::Max,
            Op::Min => Primitive::Min,
            Op::Where(cmp) => Primitive::Where(cmp),
            Op::SumN
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
