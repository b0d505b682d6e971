//! The closed-form language: expressions in one variable `x` with named parameters, exact rational constants, and the
//! functions of the operator table.

#[cfg(test)]
mod agreement;
mod batch;
mod bessel;
mod compile;
mod formula;
mod function;
mod latex;
mod local;
mod op;
mod parse;
mod pieces;
mod print;
#[cfg(test)]
mod reference;
mod shift;
mod stable;
mod tape;
mod taylor;
mod wide;
mod zeros;

pub use batch::Batch;
pub use formula::Formula;
pub(crate) use local::Local;
pub use op::{Cmp, Op};
pub(crate) use parse::{LONGEST, parse_within, spans, trimmed};
pub use pieces::{Bound, Piece, pieces, piecewise};
pub(crate) use stable::stable;
pub use tape::{Tape, constant};
pub(crate) use wide::Wide;
pub(crate) use zeros::singular_candidates;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The deepest tree the program accepts; every recursion over a tree relies on it.
pub const MAX_DEPTH: u32 = 1000;

/// A closed-form expression. Cheap to clone; equality is equality of trees.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Expr(Arc<Node>);

/// One node of an [`Expr`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Node {
    /// An exact rational constant.
    Num(BigRational),
    /// The circle constant.
    Pi,
    /// Euler's number.
    E,
    /// The variable, `x` in the grammar.
    X,
    /// A named parameter.
    Param(Arc<str>),
    /// An operator and its arguments.
    Call(Op, Box<[Expr]>),
}

impl std::fmt::Debug for Expr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

impl Expr {
    /// The node at the root.
    pub fn node(&self) -> &Node {
        &self.0
    }

    /// An exact rational constant.
    pub fn num(value: BigRational) -> Expr {
        Expr(Arc::new(Node::Num(value)))
    }

    /// An integer.
    pub fn int(value: i64) -> Expr {
        Expr::num(BigRational::from_integer(BigInt::from(value)))
    }

    /// The fraction `p/q`, `q` not 0.
    pub fn ratio(p: i64, q: i64) -> Expr {
        Expr::num(BigRational::new(BigInt::from(p), BigInt::from(q)))
    }

    /// A decimal literal of this crate's own source, read exactly.
    pub(crate) fn decimal(text: &str) -> Expr {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits: BigInt = format!("{whole}{fraction}").parse().unwrap_or_default();
        Expr::num(BigRational::new(digits, BigInt::from(10).pow(fraction.len() as u32)))
    }

    /// The shortest decimal that reads back as this finite double, as an exact rational.
    pub fn float(value: f64) -> Expr {
        let text = format!("{value:e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let scale = num_traits::pow::Pow::pow(
            BigRational::from_integer(BigInt::from(10)),
            exponent.parse::<i32>().unwrap_or(0),
        );
        match (mantissa.strip_prefix('-'), Expr::decimal(mantissa.trim_start_matches('-')).node()) {
            (Some(_), Node::Num(m)) => Expr::num(-(m * scale)),
            (None, Node::Num(m)) => Expr::num(m * scale),
            _ => Expr::int(0),
        }
    }

    /// The variable.
    pub fn x() -> Expr {
        Expr(Arc::new(Node::X))
    }

    /// The circle constant.
    pub fn pi() -> Expr {
        Expr(Arc::new(Node::Pi))
    }

    /// Euler's number.
    pub fn e() -> Expr {
        Expr(Arc::new(Node::E))
    }

    /// A named parameter.
    pub fn param(name: &str) -> Expr {
        Expr(Arc::new(Node::Param(name.into())))
    }

    /// An operator applied to arguments, as it stands, save that signs and quotients of literals are literals
    /// (`-(3)` is the number -3, `1/3` the number 1/3), so that printing and parsing are inverse to each other.
    pub fn call(op: Op, args: impl Into<Vec<Expr>>) -> Expr {
        let args: Vec<Expr> = args.into();
        match (op, args.as_slice()) {
            (Op::Neg, [a]) => {
                if let Node::Num(n) = a.node() {
                    return Expr::num(-n);
                }
            }
            (Op::Div, [a, b]) => {
                if let (Node::Num(p), Node::Num(q)) = (a.node(), b.node())
                    && !q.is_zero()
                    && let Some(quotient) = short(p / q)
                {
                    return Expr::num(quotient);
                }
            }
            _ => {}
        }
        Expr(Arc::new(Node::Call(op, args.into_boxed_slice())))
    }

    /// A function of one argument.
    pub fn apply(self, op: Op) -> Expr {
        Expr::call(op, [self])
    }

    /// An integer power.
    pub fn powi(self, n: i64) -> Expr {
        match n {
            0 => Expr::int(1),
            1 => self,
            _ => Expr::call(Op::Pow, [self, Expr::int(n)]),
        }
    }

    /// The rational value of a literal.
    pub fn as_num(&self) -> Option<&BigRational> {
        match self.node() {
            Node::Num(n) => Some(n),
            _ => None,
        }
    }

    /// Whether this is the literal 0.
    pub fn is_zero(&self) -> bool {
        self.as_num().is_some_and(Zero::is_zero)
    }

    /// Whether this is the literal 1.
    pub fn is_one(&self) -> bool {
        self.as_num().is_some_and(One::is_one)
    }

    /// The arguments of the root, empty for a leaf.
    pub fn args(&self) -> &[Expr] {
        match self.node() {
            Node::Call(_, args) => args,
            _ => &[],
        }
    }

    /// Whether the variable occurs.
    pub fn has_x(&self) -> bool {
        match self.node() {
            Node::X => true,
            _ => self.args().iter().any(Expr::has_x),
        }
    }

    /// The names of all parameters, in alphabetical order.
    pub fn parameters(&self) -> BTreeSet<Arc<str>> {
        let mut names = BTreeSet::new();
        self.visit(&mut |e| {
            if let Node::Param(name) = e.node() {
                names.insert(name.clone());
            }
        });
        names
    }

    /// Calls `f` on every node, parents first.
    pub fn visit(&self, f: &mut impl FnMut(&Expr)) {
        f(self);
        for a in self.args() {
            a.visit(f);
        }
    }

    /// The number of nodes.
    pub fn size(&self) -> usize {
        1 + self.args().iter().map(Expr::size).sum::<usize>()
    }

    /// Rebuilds the tree from its leaves upward, `f` replacing a rebuilt node where it returns one.
    pub fn rewrite(&self, f: &mut impl FnMut(&Expr) -> Option<Expr>) -> Expr {
        let rebuilt = match self.node() {
            Node::Call(op, args) => Expr::call(*op, args.iter().map(|a| a.rewrite(f)).collect::<Vec<_>>()),
            _ => self.clone(),
        };
        f(&rebuilt).unwrap_or(rebuilt)
    }

    /// This expression with the variable replaced.
    pub fn at(&self, argument: &Expr) -> Expr {
        self.rewrite(&mut |e| matches!(e.node(), Node::X).then(|| argument.clone()))
    }

    /// This expression with a parameter replaced.
    pub fn with_parameter(&self, name: &str, value: &Expr) -> Expr {
        self.rewrite(&mut |e| match e.node() {
            Node::Param(p) if &**p == name => Some(value.clone()),
            _ => None,
        })
    }

    /// Products with 0 and 1 and sums with 0 removed, and literals folded, as values put into a formula leave them.
    /// Products of 0 with a function stay, for its domain's sake: 0*log(x) is not 0 at -1.
    pub(crate) fn tidy(&self) -> Expr {
        self.rewrite(&mut |e| match (e.node(), e.args()) {
            (Node::Call(Op::Add, _), [a, b]) => Some(a.clone() + b.clone()),
            (Node::Call(Op::Sub, _), [a, b]) => Some(a.clone() - b.clone()),
            (Node::Call(Op::Mul, _), [a, b])
                if !a.is_zero() && !b.is_zero() || a.is_polynomial() && b.is_polynomial() =>
            {
                Some(a.clone() * b.clone())
            }
            (Node::Call(Op::Div, _), [a, b]) if b.is_one() => Some(a.clone()),
            _ => None,
        })
    }

    /// Whether only sums and products of leaves occur, which are finite everywhere.
    fn is_polynomial(&self) -> bool {
        match self.node() {
            Node::Call(Op::Add | Op::Sub | Op::Mul | Op::Neg, args) => args.iter().all(Expr::is_polynomial),
            node => !matches!(node, Node::Call(..)),
        }
    }

    /// How many nodes [`Expr::lowered`] would have, counted without building it: nesting multiplies (gelu(gelu(x)) has
    /// 10, thirty of them three billion).
    pub(crate) fn lowered_size(&self) -> u64 {
        let Node::Call(op, args) = self.node() else { return 1 };
        let sizes: Vec<u64> = args.iter().map(Expr::lowered_size).collect();
        let sum = || sizes.iter().fold(args.len() as u64, |sum, size| sum.saturating_add(*size));
        if matches!(op, Op::SumN | Op::ProdN | Op::MaxN | Op::MinN) {
            return sum();
        }
        // The definition with the arguments stood for by parameters, each weighing what its argument does.
        let slots: Vec<Expr> = (0..args.len()).map(|i| Expr::param(&i.to_string())).collect();
        let Some(definition) = op.definition(&slots) else { return sum() };
        let mut total: u64 = 0;
        definition.lowered().visit(&mut |e| {
            let slot = slots.iter().position(|slot| slot == e);
            total = total.saturating_add(slot.map_or(1, |i| sizes[i]));
        });
        total
    }

    /// This expression in elementary operators only: every named activation replaced by its definition.
    pub fn lowered(&self) -> Expr {
        match self.node() {
            Node::Call(op, args) => {
                let args: Vec<Expr> = args.iter().map(Expr::lowered).collect();
                match op.definition(&args) {
                    Some(definition) => definition.lowered(),
                    None => Expr::call(*op, args),
                }
            }
            _ => self.clone(),
        }
    }
}

/// Literals are folded only as long as the result can be read back: the parser takes numbers of a thousand digits.
const FOLDED_BITS: u64 = 1024;

/// A folded literal, where it is short enough to be printed.
fn short(n: BigRational) -> Option<BigRational> {
    (n.numer().bits() <= FOLDED_BITS && n.denom().bits() <= FOLDED_BITS).then_some(n)
}

/// Two literals folded to one, where both are literals and the result is short.
fn folded(a: &Expr, b: &Expr, f: impl Fn(&BigRational, &BigRational) -> BigRational) -> Option<Expr> {
    short(f(a.as_num()?, b.as_num()?)).map(Expr::num)
}

/// The double nearest to a rational.
pub fn to_f64(n: &BigRational) -> f64 {
    // Integers up to 2^53 are doubles, and their quotient is rounded once.
    let exact = |n: &BigInt| n.to_i64().filter(|n| n.unsigned_abs() <= 1 << 53).map(|n| n as f64);
    match (exact(n.numer()), exact(n.denom())) {
        (Some(p), Some(q)) => p / q,
        _ => n.to_f64().unwrap_or(f64::NAN),
    }
}

// The operators of Rust build trees with the trivial cases removed (0 + a, 1 a, a/1, 0 a, a - a is kept), so that
// formulas written in this crate's source read like formulas and print without noise.
impl std::ops::Add for Expr {
    type Output = Expr;
    fn add(self, b: Expr) -> Expr {
        if let Some(literal) = folded(&self, &b, |p, q| p + q) {
            return literal;
        }
        match (self.as_num(), b.as_num()) {
            (Some(p), None) if p.is_zero() => b,
            (None, Some(q)) if q.is_zero() => self,
            (None, Some(q)) if q.is_negative() => Expr::call(Op::Sub, [self, Expr::num(-q)]),
            _ => match b.node() {
                Node::Call(Op::Neg, a) => Expr::call(Op::Sub, [self, a[0].clone()]),
                _ => Expr::call(Op::Add, [self, b]),
            },
        }
    }
}

impl std::ops::Sub for Expr {
    type Output = Expr;
    fn sub(self, b: Expr) -> Expr {
        if let Some(literal) = folded(&self, &b, |p, q| p - q) {
            return literal;
        }
        match (self.as_num(), b.as_num()) {
            (Some(p), None) if p.is_zero() => -b,
            (None, Some(q)) if q.is_zero() => self,
            (None, Some(q)) if q.is_negative() => Expr::call(Op::Add, [self, Expr::num(-q)]),
            _ => match b.node() {
                Node::Call(Op::Neg, a) => Expr::call(Op::Add, [self, a[0].clone()]),
                _ => Expr::call(Op::Sub, [self, b]),
            },
        }
    }
}

impl std::ops::Mul for Expr {
    type Output = Expr;
    fn mul(self, b: Expr) -> Expr {
        if let Some(literal) = folded(&self, &b, |p, q| p * q) {
            return literal;
        }
        match (self.as_num(), b.as_num()) {
            (Some(p), _) if p.is_zero() => self,
            (_, Some(q)) if q.is_zero() => b,
            (Some(p), _) if p.is_one() => b,
            (_, Some(q)) if q.is_one() => self,
            (Some(p), None) if p.is_negative() => -(Expr::num(-p) * b),
            (None, Some(_)) => b * self,
            _ => match (self.node(), b.node()) {
                (Node::Call(Op::Neg, a), _) => -(a[0].clone() * b),
                (_, Node::Call(Op::Neg, a)) => -(self.clone() * a[0].clone()),
                _ => Expr::call(Op::Mul, [self, b]),
            },
        }
    }
}

impl std::ops::Div for Expr {
    type Output = Expr;
    fn div(self, b: Expr) -> Expr {
        match (self.node(), b.as_num()) {
            (_, Some(q)) if q.is_one() => self,
            (_, Some(q)) if q.is_negative() => -(self / Expr::num(-q)),
            (Node::Num(p), None) if p.is_zero() => self,
            (Node::Num(p), None) if p.is_negative() => -(Expr::num(-p) / b),
            (Node::Call(Op::Neg, a), _) => -(a[0].clone() / b),
            _ => Expr::call(Op::Div, [self, b]),
        }
    }
}

impl std::ops::Neg for Expr {
    type Output = Expr;
    fn neg(self) -> Expr {
        match self.node() {
            Node::Call(Op::Neg, a) => a[0].clone(),
            _ => Expr::call(Op::Neg, [self]),
        }
    }
}
