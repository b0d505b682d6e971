//! Derivative rules of the smooth functions of the operator table, in the words of the table itself. They are what
//! symbolica is told when our functions are registered with it.

use crate::expr::{Expr, Op};

/// d/dx op(x) as an expression in x; `None` for arithmetic (symbolica's own), for functions with kinks (which pieces
/// remove beforehand), for functions of constants and for named activations (which are lowered beforehand).
pub(crate) fn derivative(op: Op) -> Option<Expr> {
    let x = Expr::x;
    let one = || Expr::int(1);
    let f = |op| x().apply(op);
    Some(match op {
        // symbolica's own exp and log rewrite exp(c log(x)^2) wrongly: ours have nothing but their derivative.
        Op::Exp | Op::Expm1 => f(Op::Exp),
        Op::Log => one() / x(),
        Op::Log1p => one() / (one() + x()),
        Op::Sin => f(Op::Cos),
        Op::Cos => -f(Op::Sin),
        Op::Tan => one() + f(Op::Tan).powi(2),
        Op::Sinh => f(Op::Cosh),
        Op::Cosh => f(Op::Sinh),
        Op::Tanh => one() - f(Op::Tanh).powi(2),
        Op::Asin => one() / (one() - x().powi(2)).apply(Op::Sqrt),
        Op::Acos => -(one() / (one() - x().powi(2)).apply(Op::Sqrt)),
        Op::Atan => one() / (one() + x().powi(2)),
        Op::Asinh => one() / (one() + x().powi(2)).apply(Op::Sqrt),
        Op::Acosh => one() / ((x() - one()).apply(Op::Sqrt) * (x() + one()).apply(Op::Sqrt)),
        Op::Atanh => one() / (one() - x().powi(2)),
        Op::Erf => Expr::int(2) * (-x().powi(2)).apply(Op::Exp) / Expr::pi().apply(Op::Sqrt),
        Op::Erfc => -(Expr::int(2) * (-x().powi(2)).apply(Op::Exp) / Expr::pi().apply(Op::Sqrt)),
        Op::NormalCdf => f(Op::NormalPdf),
        Op::NormalPdf => -(x() * f(Op::NormalPdf)),
        Op::Sigmoid => f(Op::Sigmoid) * (one() - f(Op::Sigmoid)),
        Op::LogSigmoid => (-x()).apply(Op::Sigmoid),
        Op::Softplus => f(Op::Sigmoid),
        // Pieces make the argument of the scaled Bessel functions positive, where |x| = x.
        Op::BesselI0e => f(Op::BesselI1e) - f(Op::BesselI0e),
        Op::BesselI1e => f(Op::BesselI0e) - f(Op::BesselI1e) - f(Op::BesselI1e) / x(),
        Op::Add
        | Op::Sub
        | Op::Mul
        | Op::Div
        | Op::Pow
        | Op::Neg
        | Op::SumN
        | Op::ProdN
        | Op::Sqrt
        | Op::Square
        | Op::Reciprocal
        | Op::Gamma
        | Op::Abs
        | Op::Sign
        | Op::Max
        | Op::Min
        | Op::MaxN
        | Op::MinN
        | Op::Where(_)
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
