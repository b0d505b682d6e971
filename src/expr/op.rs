//! The operator table: one row per operator of the grammar, read by the parser, the printers, the evaluators, the
//! algebra bridge and every export target. Each of them is an exhaustive `match`, so a new operator does not compile
//! until everyone knows it.

use super::Expr;

/// A comparison in `where(a < b, then, else)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cmp {
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
}

impl Cmp {
    /// Whether `a cmp b` holds.
    pub fn holds(self, a: f64, b: f64) -> bool {
        match self {
            Cmp::Lt => a < b,
            Cmp::Le => a <= b,
            Cmp::Gt => a > b,
            Cmp::Ge => a >= b,
        }
    }

    /// The symbol in the grammar.
    pub fn symbol(self) -> &'static str {
        match self {
            Cmp::Lt => "<",
            Cmp::Le => "<=",
            Cmp::Gt => ">",
            Cmp::Ge => ">=",
        }
    }
}

macro_rules! operators {
    ($($(#[$doc:meta])* $variant:ident $name:literal [$($alias:literal),*] $min:literal ..= $max:tt,)*) => {
        /// An operator or function of the grammar.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Op {
            $($(#[$doc])* $variant,)*
            /// `where(a cmp b, then, else)`: four arguments a, b, then, else.
            Where(Cmp),
        }

        impl Op {
            /// Every operator but `where`.
            pub const ALL: &'static [Op] = &[$(Op::$variant),*];

            /// The canonical spelling.
            pub fn name(self) -> &'static str {
                match self { $(Op::$variant => $name,)* Op::Where(_) => "where" }
            }

            /// Other accepted spellings.
            pub fn aliases(self) -> &'static [&'static str] {
                match self { $(Op::$variant => &[$($alias),*],)* Op::Where(_) => &[] }
            }

            /// The least and the greatest number of arguments.
            pub fn arity(self) -> (usize, usize) {
                match self { $(Op::$variant => ($min, $max),)* Op::Where(_) => (4, 4) }
            }
        }
    };
}

/// No bound on the number of arguments.
const MANY: usize = usize::MAX;

operators! {
    // --- arithmetic; the first six print infix
    /// a + b
    Add "add" [] 2..=2,
    /// a - b
    Sub "sub" [] 2..=2,
    /// a b
    Mul "mul" [] 2..=2,
    /// a / b
    Div "div" [] 2..=2,
    /// a^b
    Pow "pow" [] 2..=2,
    /// -a
    Neg "negative" ["neg"] 1..=1,
    /// The sum of all arguments.
    SumN "sum_n" [] 1..=MANY,
    /// The product of all arguments.
    ProdN "prod_n" [] 1..=MANY,
    // --- smooth elementary functions
    /// e^a
    Exp "exp" [] 1..=1,
    /// e^a - 1
    Expm1 "expm1" [] 1..=1,
    /// Natural logarithm.
    Log "log" ["ln"] 1..=1,
    /// log(1 + a)
    Log1p "log1p" [] 1..=1,
    /// Square root.
    Sqrt "sqrt" [] 1..=1,
    /// a^2
    Square "square" [] 1..=1,
    /// 1/a
    Reciprocal "reciprocal" [] 1..=1,
    /// Sine.
    Sin "sin" [] 1..=1,
    /// Cosine.
    Cos "cos" [] 1..=1,
    /// Tangent.
    Tan "tan" [] 1..=1,
    /// Hyperbolic sine.
    Sinh "sinh" [] 1..=1,
    /// Hyperbolic cosine.
    Cosh "cosh" [] 1..=1,
    /// Hyperbolic tangent.
    Tanh "tanh" [] 1..=1,
    /// Inverse sine.
    Asin "asin" ["arcsin"] 1..=1,
    /// Inverse cosine.
    Acos "acos" ["arccos"] 1..=1,
    /// Inverse tangent.
    Atan "atan" ["arctan"] 1..=1,
    /// Inverse hyperbolic sine.
    Asinh "asinh" ["arcsinh"] 1..=1,
    /// Inverse hyperbolic cosine.
    Acosh "acosh" ["arccosh"] 1..=1,
    /// Inverse hyperbolic tangent.
    Atanh "atanh" ["arctanh"] 1..=1,
    /// Error function.
    Erf "erf" [] 1..=1,
    /// Complementary error function.
    Erfc "erfc" [] 1..=1,
    /// Standard normal distribution function.
    NormalCdf "Phi" [] 1..=1,
    /// Standard normal density.
    NormalPdf "phi" [] 1..=1,
    /// Logistic function 1/(1 + e^-a).
    Sigmoid "sigmoid" [] 1..=1,
    /// log(sigmoid(a))
    LogSigmoid "log_sigmoid" ["logsigmoid"] 1..=1,
    /// log(1 + e^a)
    Softplus "softplus" [] 1..=1,
    /// e^-|a| I0(a), the scaled modified Bessel function.
    BesselI0e "bessel_i0e" [] 1..=1,
    /// e^-|a| I1(a), the scaled modified Bessel function.
    BesselI1e "bessel_i1e" [] 1..=1,
    /// Gamma function of a constant (normalising constants; not of x).
    Gamma "gamma" [] 1..=1,
    // --- functions with kinks
    /// |a|
    Abs "abs" [] 1..=1,
    /// -1, 0 or 1
    Sign "sign" [] 1..=1,
    /// The larger of two.
    Max "max" [] 2..=2,
    /// The smaller of two.
    Min "min" [] 2..=2,
    /// The largest of all arguments.
    MaxN "max_n" [] 1..=MANY,
    /// The smallest of all arguments.
    MinN "min_n" [] 1..=MANY,
    // --- named activations, each with its definition in the operators above
    /// a
    Identity "identity" [] 1..=1,
    /// 0 whatever a is.
    Zero "zero" [] 1..=1,
    /// 1 whatever a is.
    One "one" [] 1..=1,
    /// max(0, a)
    Relu "relu" [] 1..=1,
    /// a for a > 0, slope s (0.01) times a below.
    LeakyRelu "leaky_relu" ["leakyrelu"] 1..=2,
    /// a for a > 0, alpha (1) times expm1(a) below.
    Elu "elu" [] 1..=2,
    /// Self-normalising ELU.
    Selu "selu" [] 1..=1,
    /// a for a > 0, alpha (1) times expm1(a/alpha) below.
    Celu "celu" [] 1..=2,
    /// a Phi(a)
    Gelu "gelu" [] 1..=1,
    /// The tanh approximation of GELU.
    GeluTanh "gelu_tanh" [] 1..=1,
    /// a sigmoid(beta a), beta = 1 unless given.
    Silu "silu" ["swish"] 1..=2,
    /// a tanh(softplus(a))
    Mish "mish" [] 1..=1,
    /// a tanh(e^a)
    Telu "telu" [] 1..=1,
    /// a/(1 + |a|)
    Softsign "softsign" [] 1..=1,
    /// max(0, min(1, a/6 + 1/2))
    HardSigmoid "hard_sigmoid" [] 1..=1,
    /// max(-1, min(1, a))
    HardTanh "hard_tanh" [] 1..=1,
    /// a hard_sigmoid(a)
    HardSwish "hard_swish" [] 1..=1,
    /// a sigmoid(a) for a >= 0, expm1(a) sigmoid(a) below.
    Elish "elish" [] 1..=1,
    /// a/sqrt(1 + alpha a^2), alpha = 1 unless given.
    Isru "isru" [] 1..=2,
}

impl Op {
    /// The operator of a spelling.
    pub fn from_name(name: &str) -> Option<Op> {
        Op::ALL.iter().copied().find(|op| op.name() == name || op.aliases().contains(&name))
    }

    /// The definition of a named activation in more elementary operators; `None` where the operator is elementary.
    pub fn definition(self, args: &[Expr]) -> Option<Expr> {
        let a = || args[0].clone();
        let second = |default: Expr| args.get(1).cloned().unwrap_or(default);
        let f = |op, e| Expr::call(op, [e]);
        let pick = |cmp, left: Expr, right: Expr, then: Expr, other: Expr| {
            Expr::call(Op::Where(cmp), [left, right, then, other])
        };
        let clip = |e: Expr, low: i64, high: i64| {
            Expr::call(Op::Max, [Expr::int(low), Expr::call(Op::Min, [Expr::int(high), e])])
        };
        Some(match self {
            Op::Identity => a(),
            Op::Zero => Expr::int(0),
            Op::One => Expr::int(1),
            Op::Relu => Expr::call(Op::Max, [Expr::int(0), a()]),
            Op::LeakyRelu => pick(Cmp::Gt, a(), Expr::int(0), a(), second(Expr::ratio(1, 100)) * a()),
            Op::Elu => pick(Cmp::Gt, a(), Expr::int(0), a(), second(Expr::int(1)) * f(Op::Expm1, a())),
            Op::Selu => {
                // Klambauer et al. 2017: the scale, and scale times alpha, to the digits of a double.
                let (scale, below) = (Expr::decimal("1.0507009873554805"), Expr::decimal("1.7580993408473768"));
                pick(Cmp::Gt, a(), Expr::int(0), scale * a(), below * f(Op::Expm1, a()))
            }
            Op::Celu => {
                let alpha = second(Expr::int(1));
                pick(Cmp::Gt, a(), Expr::int(0), a(), alpha.clone() * f(Op::Expm1, a() / alpha))
            }
            Op::Gelu => a() * f(Op::NormalCdf, a()),
            Op::GeluTanh => {
                // a/2 (1 + tanh z) = a sigmoid(2 z), which keeps its digits in the left tail.
                let z = f(Op::Sqrt, Expr::int(2) / Expr::pi()) * (a() + Expr::decimal("0.044715") * a().powi(3));
                a() * f(Op::Sigmoid, Expr::int(2) * z)
            }
            Op::Silu => a() * f(Op::Sigmoid, second(Expr::int(1)) * a()),
            Op::Mish => a() * f(Op::Tanh, f(Op::Softplus, a())),
            Op::Telu => a() * f(Op::Tanh, f(Op::Exp, a())),
            Op::Softsign => a() / (Expr::int(1) + f(Op::Abs, a())),
            Op::HardSigmoid => clip(a() / Expr::int(6) + Expr::ratio(1, 2), 0, 1),
            Op::HardTanh => clip(a(), -1, 1),
            Op::HardSwish => a() * clip(a() / Expr::int(6) + Expr::ratio(1, 2), 0, 1),
            Op::Elish => {
                let s = f(Op::Sigmoid, a());
                pick(Cmp::Lt, a(), Expr::int(0), f(Op::Expm1, a()) * s.clone(), a() * s)
            }
            Op::Isru => a() / f(Op::Sqrt, Expr::int(1) + second(Expr::int(1)) * a().powi(2)),
            Op::SumN => args.iter().cloned().reduce(|s, e| Expr::call(Op::Add, [s, e]))?,
            Op::ProdN => args.iter().cloned().reduce(|s, e| Expr::call(Op::Mul, [s, e]))?,
            Op::MaxN => args.iter().cloned().reduce(|s, e| Expr::call(Op::Max, [s, e]))?,
            Op::MinN => args.iter().cloned().reduce(|s, e| Expr::call(Op::Min, [s, e]))?,
            Op::Square => Expr::call(Op::Pow, [a(), Expr::int(2)]),
            Op::Reciprocal => Expr::call(Op::Div, [Expr::int(1), a()]),
            Op::Add
            | Op::Sub
            | Op::Mul
            | Op::Div
            | Op::Pow
            | Op::Neg
            | Op::Exp
            | Op::Expm1
            | Op::Log
            | Op::Log1p
            | Op::Sqrt
            | Op::Sin
            | Op::Cos
            | Op::Tan
            | Op::Sinh
            | Op::Cosh
            | Op::Tanh
            | Op::Asin
            | Op::Acos
            | Op::Atan
            | Op::Asinh
            | Op::Acosh
            | Op::Atanh
            | Op::Erf
            | Op::Erfc
            | Op::NormalCdf
            | Op::NormalPdf
            | Op::Sigmoid
            | Op::LogSigmoid
            | Op::Softplus
            | Op::BesselI0e
            | Op::BesselI1e
            | Op::Gamma
            | Op::Abs
            | Op::Sign
            | Op::Max
            | Op::Min
            | Op::Where(_) => return None,
        })
    }
}
