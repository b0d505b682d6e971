//! Naive forms and their numerically stable equals, applied when a tape is compiled.

use super::{Expr, Node, Op};

/// The stable equal of an operator applied to these arguments, where one is known.
pub(crate) fn stable(op: Op, args: &[Expr]) -> Option<Expr> {
    match (op, args) {
        (Op::Sub, [a, b]) if a.is_one() => one_minus(b),
        (Op::Sub, [a, b]) if b.is_one() => match unary(a)? {
            (Op::Exp, u) => Some(u.apply(Op::Expm1)),
            _ => one_minus(a).map(|e| -e),
        },
        (Op::Add, [a, b]) if a.is_one() => one_plus(b),
        (Op::Add, [a, b]) if b.is_one() => one_plus(a),
        (Op::Log, [a]) => logarithm(a),
        (Op::Log1p, [a]) => match unary(a)? {
            (Op::Exp, u) => Some(u.apply(Op::Softplus)),
            _ => None,
        },
        (Op::Div, [a, b]) => quotient_of_exponentials(a, b).or_else(|| over_one_plus_exp(a, b)),
        _ => None,
    }
}

/// 1 - a
fn one_minus(a: &Expr) -> Option<Expr> {
    if let Some(u) = squared_tanh(a) {
        let twice = Expr::int(2) * u;
        return Some(Expr::int(4) * twice.clone().apply(Op::Sigmoid) * (-twice).apply(Op::Sigmoid));
    }
    let (op, u) = unary(a)?;
    match op {
        Op::Sigmoid | Op::NormalCdf => Some((-u).apply(op)),
        Op::Erf => Some(u.apply(Op::Erfc)),
        Op::Erfc => Some(u.apply(Op::Erf)),
        Op::Exp => Some(-u.apply(Op::Expm1)),
        Op::Tanh => Some(Expr::int(2) * (Expr::int(-2) * u).apply(Op::Sigmoid)),
        _ => None,
    }
}

/// 1 + a
fn one_plus(a: &Expr) -> Option<Expr> {
    match unary(a)? {
        (Op::Erf, u) => Some((-u).apply(Op::Erfc)),
        (Op::Tanh, u) => Some(Expr::int(2) * (Expr::int(2) * u).apply(Op::Sigmoid)),
        (Op::Neg, u) => one_minus(&u),
        _ => None,
    }
}

/// log(a)
fn logarithm(a: &Expr) -> Option<Expr> {
    // 1 - Phi(u) is Phi(-u) first, and only what is left of 1 + b is log1p(b).
    if let Node::Call(op @ (Op::Add | Op::Sub), args) = a.node()
        && let Some(e) = stable(*op, args)
    {
        return Some(e.apply(Op::Log));
    }
    if let Some(b) = minus_one(a) {
        return Some(b.apply(Op::Log1p));
    }
    match unary(a)? {
        (Op::Sigmoid, u) => Some(u.apply(Op::LogSigmoid)),
        (Op::Exp, u) => Some(u),
        (Op::NormalPdf, u) => {
            let norm = (Expr::int(2) * Expr::pi()).apply(Op::Log) / Expr::int(2);
            Some(-(u.powi(2) / Expr::int(2)) - norm)
        }
        _ => None,
    }
}

/// a/b where b = 1 + exp(u) or a power of it. A factor exp(u) of the numerator is taken into the sigmoid, so that
/// neither overflows alone: x exp(x)/(1 + exp(x)) is x sigmoid(x).
fn over_one_plus_exp(a: &Expr, b: &Expr) -> Option<Expr> {
    let (base, n) = match (b.node(), b.args()) {
        (Node::Call(Op::Pow, _), [base, n]) => (base, n.as_num()?.clone()),
        (Node::Call(Op::Square, _), [base]) => (base, Expr::int(2).as_num()?.clone()),
        _ => (b, Expr::int(1).as_num()?.clone()),
    };
    let power = minus_one(base)?;
    let (Op::Exp, u) = unary(&power)? else { return None };
    let factor = |n| match Expr::num(n) {
        n if n.is_zero() => Expr::int(1),
        n if n.is_one() => (-u.clone()).apply(Op::Sigmoid),
        n => Expr::call(Op::Pow, [(-u.clone()).apply(Op::Sigmoid), n]),
    };
    let one = Expr::int(1).as_num()?.clone();
    if n == one && one_less(&power, a) {
        return Some((u / Expr::int(2)).apply(Op::Tanh));
    }
    if n == one && one_less_from(&power, a) {
        return Some((-u / Expr::int(2)).apply(Op::Tanh));
    }
    match with_factor(a, &power, &u.clone().apply(Op::Sigmoid)) {
        Some(numerator) => Some(numerator * factor(n - one)),
        None => Some(a.clone() * factor(n)),
    }
}

/// Whether a is power - 1, where the power is exp(u).
fn one_less(power: &Expr, a: &Expr) -> bool {
    match (a.node(), a.args()) {
        (Node::Call(Op::Sub, _), [p, one]) => p == power && one.is_one(),
        (Node::Call(Op::Expm1, _), [u]) => unary(power).is_some_and(|(_, exponent)| exponent == *u),
        _ => false,
    }
}

/// Whether a is 1 - power.
fn one_less_from(power: &Expr, a: &Expr) -> bool {
    matches!((a.node(), a.args()), (Node::Call(Op::Sub, _), [one, p]) if one.is_one() && p == power)
}

/// a with one factor replaced, where a is a product or its negative that has this factor.
fn with_factor(a: &Expr, factor: &Expr, by: &Expr) -> Option<Expr> {
    if a == factor {
        return Some(by.clone());
    }
    match (a.node(), a.args()) {
        (Node::Call(Op::Neg, _), [p]) => Some(-with_factor(p, factor, by)?),
        (Node::Call(Op::Mul, _), [p, q]) => match with_factor(p, factor, by) {
            Some(p) => Some(p * q.clone()),
            None => Some(p.clone() * with_factor(q, factor, by)?),
        },
        _ => None,
    }
}

/// a/b where a = exp(u) - exp(-u) and b = exp(u) + exp(-u)
fn quotient_of_exponentials(a: &Expr, b: &Expr) -> Option<Expr> {
    let ((Node::Call(Op::Sub, _), [p, q]), (Node::Call(Op::Add, _), [r, s])) =
        ((a.node(), a.args()), (b.node(), b.args()))
    else {
        return None;
    };
    let ((Op::Exp, u), (Op::Exp, v)) = (unary(p)?, unary(q)?) else { return None };
    let same = (p == r && q == s) || (p == s && q == r);
    (same && (v == -u.clone() || u == -v)).then(|| u.apply(Op::Tanh))
}

/// The operator and argument of a function of one argument; e^u is exp(u).
fn unary(e: &Expr) -> Option<(Op, Expr)> {
    match (e.node(), e.args()) {
        (Node::Call(Op::Pow, _), [base, u]) if matches!(base.node(), Node::E) => Some((Op::Exp, u.clone())),
        (Node::Call(op, _), [u]) => Some((*op, u.clone())),
        _ => None,
    }
}

/// a where e = 1 + a
fn minus_one(e: &Expr) -> Option<Expr> {
    match (e.node(), e.args()) {
        (Node::Call(Op::Add, _), [a, b]) if a.is_one() => Some(b.clone()),
        (Node::Call(Op::Add, _), [a, b]) if b.is_one() => Some(a.clone()),
        (Node::Call(Op::Sub, _), [a, b]) if a.is_one() => Some(-b.clone()),
        _ => None,
    }
}

/// u where e = tanh(u)^2
fn squared_tanh(e: &Expr) -> Option<Expr> {
    let base = match (e.node(), e.args()) {
        (Node::Call(Op::Pow, _), [base, n]) if *n == Expr::int(2) => base,
        (Node::Call(Op::Square, _), [base]) => base,
        (Node::Call(Op::Mul, _), [a, b]) if a == b => a,
        _ => return None,
    };
    match unary(base)? {
        (Op::Tanh, u) => Some(u),
        _ => None,
    }
}
