//! Formulas in short form: the few simplifications that keep the densities readable.

use super::Constant;
use crate::expr::{Expr, Node, Op};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};

/// e^a
pub(super) fn exp(e: Expr) -> Expr {
    e.apply(Op::Exp)
}

/// log(a), 0 for 1.
pub(super) fn log(e: Expr) -> Expr {
    if e.is_one() { Expr::int(0) } else { e.apply(Op::Log) }
}

/// The square root, exact where the argument is the square of a rational.
pub(super) fn sqrt(e: Expr) -> Expr {
    if let Some(n) = e.as_num().filter(|n| !n.is_negative()) {
        let (p, q) = (n.numer().sqrt(), n.denom().sqrt());
        if &p * &p == *n.numer() && &q * &q == *n.denom() {
            return Expr::num(BigRational::new(p, q));
        }
    }
    e.apply(Op::Sqrt)
}

/// |a|
pub(super) fn abs(e: Expr) -> Expr {
    e.apply(Op::Abs)
}

/// a^2, exact for rationals and their square roots.
pub(super) fn squared(e: &Expr) -> Expr {
    match (e.node(), e.args()) {
        (Node::Num(n), _) => Expr::num(n * n),
        (Node::Call(Op::Sqrt, _), [a]) => a.clone(),
        (Node::Call(Op::Neg, _), [a]) => squared(a),
        (Node::Call(Op::Mul, _), [a, b]) => squared(a) * squared(b),
        (Node::Call(Op::Div, _), [a, b]) => over(squared(a), &squared(b)),
        _ => e.clone().powi(2),
    }
}

/// e/c with all rational factors gathered: 2 phi(x)/2 is phi(x), and a fraction p/q below becomes q e/p.
pub(super) fn over(e: Expr, c: &Expr) -> Expr {
    match c.as_num() {
        Some(n) if !n.is_zero() => {
            let (k, rest) = coefficient(&e);
            product(&(k / n), rest)
        }
        _ => e / c.clone(),
    }
}

/// w e, with all rational factors gathered.
pub(super) fn scaled(w: &Expr, e: Expr) -> Expr {
    match w.as_num() {
        Some(n) => {
            let (k, rest) = coefficient(&e);
            product(&(k * n), rest)
        }
        None => w.clone() * e,
    }
}

/// e = k r with k rational.
fn coefficient(e: &Expr) -> (BigRational, Expr) {
    match (e.node(), e.args()) {
        (Node::Num(n), _) => (n.clone(), Expr::int(1)),
        (Node::Call(Op::Neg, _), [a]) => {
            let (k, rest) = coefficient(a);
            (-k, rest)
        }
        (Node::Call(Op::Mul, _), [a, b]) if a.as_num().is_some() || b.as_num().is_some() => {
            let ((k, p), (l, q)) = (coefficient(a), coefficient(b));
            (k * l, p * q)
        }
        (Node::Call(Op::Div, _), [a, b]) if a.as_num().is_some() || b.as_num().is_some_and(|n| !n.is_zero()) => {
            let ((k, p), (l, q)) = (coefficient(a), coefficient(b));
            if l.is_zero() { (BigRational::one(), e.clone()) } else { (k / l, p / q) }
        }
        _ => (BigRational::one(), e.clone()),
    }
}

/// k r
fn product(k: &BigRational, r: Expr) -> Expr {
    if k.is_negative() {
        return -product(&-k, r);
    }
    if r.is_one() {
        return Expr::num(k.clone());
    }
    let (p, q) = (whole(k.numer()), whole(k.denom()));
    match (r.node(), r.args()) {
        (Node::Call(Op::Div, _), [one, d]) if one.is_one() => p / (q * d.clone()),
        _ => p * r / q,
    }
}

/// 1/(c e)
pub(super) fn inverse(c: &Expr, e: Expr) -> Expr {
    match c.as_num() {
        Some(n) => whole(n.denom()) / (whole(n.numer()) * e),
        None => Expr::int(1) / (c.clone() * e),
    }
}

/// a/c, in lowest terms for rational `a` and `c`.
pub(super) fn fraction(a: &BigRational, e: Expr) -> Expr {
    whole(a.numer()) / (whole(a.denom()) * e)
}

fn whole(n: &BigInt) -> Expr {
    Expr::num(BigRational::from_integer(n.clone()))
}

/// x - mu
pub(super) fn centred(mu: &Constant) -> Expr {
    Expr::x() - mu.exact.clone()
}

/// (x - mu)/s
pub(super) fn standardised(mu: &Constant, s: &Constant) -> Expr {
    over(centred(mu), &s.exact)
}

/// `e` with `x` replaced, the trivial operations on the way removed.
pub(super) fn at(e: &Expr, x: &Expr) -> Expr {
    e.rewrite(&mut |e| match (e.node(), e.args()) {
        (Node::X, _) => Some(x.clone()),
        (Node::Call(op, _), [a]) => at_origin(*op, a),
        (Node::Call(Op::Add, _), [a, b]) => Some(a.clone() + b.clone()),
        (Node::Call(Op::Sub, _), [a, b]) if a == b => Some(Expr::int(0)),
        (Node::Call(Op::Sub, _), [a, b]) => Some(a.clone() - b.clone()),
        (Node::Call(Op::Mul, _), [a, b]) => Some(a.clone() * b.clone()),
        (Node::Call(Op::Div, _), [a, b]) => Some(over(a.clone(), b)),
        (Node::Call(Op::Pow, _), [a, b]) if *b == Expr::int(2) && a.as_num().is_some() => Some(squared(a)),
        (Node::Call(Op::Where(cmp), _), [a, b, then, other]) => match (a.as_num(), b.as_num()) {
            (Some(p), Some(q)) => {
                let holds = cmp.holds(p.cmp(q) as i8 as f64, 0.0);
                Some(if holds { then.clone() } else { other.clone() })
            }
            _ => None,
        },
        _ => None,
    })
}

/// The value of a function at 0, and -(-a).
fn at_origin(op: Op, a: &Expr) -> Option<Expr> {
    match op {
        Op::Neg => Some(-a.clone()),
        Op::Abs => a.as_num().map(|n| Expr::num(n.abs())),
        Op::Sqrt => Some(sqrt(a.clone())),
        _ if !a.is_zero() => None,
        Op::NormalCdf | Op::Sigmoid => Some(Expr::ratio(1, 2)),
        Op::Exp | Op::Cosh | Op::Cos | Op::Erfc => Some(Expr::int(1)),
        Op::Erf | Op::Expm1 | Op::Log1p | Op::Atan | Op::Asin | Op::Sinh | Op::Tanh | Op::Sin | Op::Softsign => {
            Some(Expr::int(0))
        }
        _ => None,
    }
}

/// n!, as a rational.
pub(super) fn factorial(n: i64) -> BigRational {
    (2..=n).fold(BigRational::one(), |p, k| p * BigRational::from_integer(BigInt::from(k)))
}

/// The integer in a rational literal, if it lies between 0 and `most`.
pub(super) fn small_integer(e: &Expr, most: i64) -> Option<i64> {
    let n = e.as_num().filter(|n| n.is_integer())?;
    i64::try_from(n.numer().clone()).ok().filter(|k| (0..=most).contains(k))
}

/// gamma(k): a factorial for small integers, a rational multiple of sqrt(pi) halfway between them.
pub(super) fn gamma(k: &Expr) -> Expr {
    if let Some(k) = small_integer(k, 30).filter(|k| *k > 0) {
        return Expr::num(factorial(k - 1));
    }
    match k
        .as_num()
        .map(|n| n - BigRational::new(1.into(), 2.into()))
        .map(Expr::num)
        .and_then(|n| small_integer(&n, 20))
    {
        Some(n) => {
            let quarter = BigRational::from_integer(BigInt::from(4).pow(n as u32));
            product(&(factorial(2 * n) / (quarter * factorial(n))), sqrt(Expr::pi()))
        }
        None => k.clone().apply(Op::Gamma),
    }
}
