//! Expressions as text of the grammar, with as few brackets as the parser allows: parsing the text gives the same tree.

use super::parse::EXPONENT;
use super::{Expr, Node, Op};
use num_bigint::BigInt;
use num_integer::Integer;
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

/// A non-negative rational as an integer or a decimal, with an exponent where that is shorter to read; none where only
/// a fraction is exact and short. The text reads back as the same number.
pub(super) fn decimal(n: &BigRational) -> Option<String> {
    let (digits, places) = digits(n)?;
    let significant = digits.trim_end_matches('0');
    let zeros = digits.len() - significant.len();
    // The decimal exponent of the first digit.
    let leading = digits.len() as i64 - places as i64 - 1;
    let exponent_reads_better = leading < -5 || (places == 0 && zeros > 6 && digits.len() > 12);
    let text = if exponent_reads_better && leading.abs() <= EXPONENT {
        let (first, rest) = significant.split_at(significant.len().min(1));
        let point = if rest.is_empty() { "" } else { "." };
        format!("{first}{point}{rest}e{leading}")
    } else if places == 0 {
        digits.clone()
    } else {
        let padded = format!("{digits:0>width$}", width = places + 1);
        let (whole, fraction) = padded.split_at(padded.len() - places);
        format!("{whole}.{fraction}")
    };
    let fraction_is_shorter =
        digits.len() > 17 && n.numer().to_string().len() + n.denom().to_string().len() < text.len();
    (places == 0 || !fraction_is_shorter).then_some(text)
}

/// The digits of a rational that terminates, and how many of them stand after the point.
fn digits(n: &BigRational) -> Option<(String, usize)> {
    let twos = n.denom().trailing_zeros().unwrap_or(0);
    let (mut rest, mut fives) = (n.denom() >> twos, 0);
    while rest.is_multiple_of(&BigInt::from(5)) {
        rest /= 5;
        fives += 1;
    }
    let places = twos.max(fives);
    let scaled = || n.numer() * (BigInt::from(10).pow(places as u32) / n.denom());
    rest.is_one().then(|| (scaled().to_string(), places as usize))
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
    // A quotient of two literals would be read as one literal.
    let folds = op == "/" && a.as_num().is_some() && b.as_num().is_some();
    if folds {
        write!(f, "({a})")?;
    } else {
        operand(a, left, f)?;
    }
    f.write_str(op)?;
    operand(b, right, f)
}

fn operand(e: &Expr, least: Binding, f: &mut Formatter<'_>) -> Result {
    if binding(e) < least { write!(f, "({e})") } else { write!(f, "{e}") }
}
