//! Expressions as text of the grammar, with as few brackets as the parser allows: parsing the text gives the same tree.

use super::{Expr, Node, Op};
use num_rational::BigRational;
use num_traits::{One, Signed};
use std::fmt::{Display, Formatter, Result};

/// How tightly a text binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Binding {
    Sum,
    Sign,
    Product,
    Power,
    Atom,
}

/// The binding of a tree's text.
pub(super) fn binding(e: &Expr) -> Binding {
    match e.node() {
        Node::Num(n) if n.is_negative() => Binding::Sign,
        Node::Num(n) if decimal(n).is_none() => Binding::Product,
        Node::Call(Op::Add | Op::Sub, _) => Binding::Sum,
        Node::Call(Op::Neg, _) => Binding::Sign,
        Node::Call(Op::Mul | Op::Div, _) => Binding::Product,
        Node::Call(Op::Pow, _) => Binding::Power,
        _ => Binding::Atom,
    }
}

/// A non-negative rational as an integer or a short decimal; none where only a fraction is exact and short.
pub(super) fn decimal(n: &BigRational) -> Option<String> {
    if n.denom().is_one() {
        return Some(n.numer().to_string());
    }
    for places in 1..=30u32 {
        let scaled = n * BigRational::from_integer(num_bigint::BigInt::from(10).pow(places));
        if scaled.is_integer() {
            let digits = format!("{:0>width$}", scaled.numer().to_string(), width = places as usize + 1);
            let point = digits.len() - places as usize;
            return Some(format!("{}.{}", &digits[..point], &digits[point..]));
        }
    }
    None
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self.node() {
            Node::Num(n) => match decimal(&n.abs()) {
                Some(text) if n.is_negative() => write!(f, "-{text}"),
                Some(text) => f.write_str(&text),
                None => write!(f, "{}/{}", n.numer(), n.denom()),
            },
            Node::Pi => f.write_str("pi"),
            Node::E => f.write_str("e"),
            Node::X => f.write_str("x"),
            Node::Param(name) => f.write_str(name),
            Node::Call(op, args) => call(*op, args, f),
        }
    }
}

fn call(op: Op, args: &[Expr], f: &mut Formatter<'_>) -> Result {
    match (op, args) {
        (Op::Add, [a, b]) => infix(a, " + ", b, Binding::Sum, Binding::Product, f),
        (Op::Sub, [a, b]) => infix(a, " - ", b, Binding::Sum, Binding::Product, f),
        (Op::Mul, [a, b]) => infix(a, "*", b, Binding::Product, Binding::Power, f),
        (Op::Div, [a, b]) => infix(a, "/", b, Binding::Product, Binding::Power, f),
        (Op::Pow, [a, b]) => infix(a, "^", b, Binding::Atom, Binding::Power, f),
        (Op::Neg, [a]) => {
            f.write_str("-")?;
            operand(a, Binding::Product, f)
        }
        (Op::Where(cmp), [a, b, then, other]) => write!(f, "where({a} {} {b},{then},{other})", cmp.symbol()),
        _ => {
            write!(f, "{}(", op.name())?;
            for (i, a) in args.iter().enumerate() {
                write!(f, "{}{a}", if i == 0 { "" } else { "," })?;
            }
            f.write_str(")")
        }
    }
}

/// `a op b` with brackets around what binds more loosely than its side demands.
fn infix(a: &Expr, op: &str, b: &Expr, left: Binding, right: Binding, f: &mut Formatter<'_>) -> Result {
    // A quotient of two literals would be read as one literal, and so would a fraction's numerator: 2/3*x is fine.
    let folds = op == "/" && ends_in_literal(a) && matches!(b.node(), Node::Num(_));
    if folds {
        write!(f, "({a})")?;
    } else {
        operand(a, left, f)?;
    }
    f.write_str(op)?;
    operand(b, right, f)
}

/// Whether a text before `/` would fold with a literal after it.
fn ends_in_literal(a: &Expr) -> bool {
    matches!(a.node(), Node::Num(_))
}

fn operand(e: &Expr, least: Binding, f: &mut Formatter<'_>) -> Result {
    if binding(e) < least { write!(f, "({e})") } else { write!(f, "{e}") }
}
