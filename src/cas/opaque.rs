//! Subterms that algebra should keep as they are: constants such as sqrt(2/pi) and 0.044715, which would be multiplied
//! out, and logarithms of sigmoids, which would be taken apart. They stand as parameters while a form is sought. Functions
//! that are identically zero have been told apart before, so nothing is lost by forgetting their relations.

use crate::expr::{Expr, Node, Op};
use num_bigint::BigInt;

/// Decimals with a greater denominator are kept as they are written.
const LONG: u64 = 10_000;

/// An expression with its opaque subterms replaced, and what they stand for.
pub(super) fn hidden(e: &Expr) -> (Expr, Vec<Expr>) {
    let mut table: Vec<Expr> = Vec::new();
    e.visit(&mut |part| {
        if is_opaque(part) && !table.contains(part) {
            table.push(part.clone());
        }
    });
    // The smallest decimal first: the others may be multiples of it.
    table.sort();
    let mut kept: Vec<Expr> = Vec::new();
    for term in table {
        if multiple(&term, &kept).is_none() {
            kept.push(term);
        }
    }
    (replace(e, &kept), kept)
}

/// The subterms put back.
pub(super) fn put_back(e: &Expr, table: &[Expr]) -> Expr {
    table.iter().enumerate().fold(e.clone(), |e, (i, term)| e.with_parameter(&name(i), term))
}

fn replace(e: &Expr, table: &[Expr]) -> Expr {
    if let Some(stand_in) = multiple(e, table) {
        return stand_in;
    }
    match e.node() {
        Node::Call(op, args) => Expr::call(*op, args.iter().map(|a| replace(a, table)).collect::<Vec<_>>()),
        _ => e.clone(),
    }
}

/// A term through one of the table: itself, a small multiple of a decimal, or pi through sqrt(q/pi).
fn multiple(e: &Expr, table: &[Expr]) -> Option<Expr> {
    table.iter().enumerate().find_map(|(i, known)| {
        let stand_in = || Expr::param(&name(i));
        match (e.node(), known.node()) {
            _ if e == known => Some(stand_in()),
            (Node::Num(n), Node::Num(m)) if is_opaque(e) => {
                let ratio = n / m;
                let small = |k: &BigInt| k.bits() <= 10;
                (small(ratio.numer()) && small(ratio.denom())).then(|| Expr::num(ratio) * stand_in())
            }
            (Node::Pi, Node::Call(Op::Sqrt, root)) => match root[0].args() {
                [q, pi] if *pi == Expr::pi() && q.as_num().is_some() => Some(q.clone() / stand_in().powi(2)),
                _ => None,
            },
            _ => None,
        }
    })
}

/// No name of the grammar has a space.
fn name(i: usize) -> String {
    format!("opaque {i}")
}

fn is_opaque(e: &Expr) -> bool {
    match (e.node(), e.args()) {
        (Node::Num(n), _) => n.denom() > &LONG.into(),
        (Node::Call(Op::Sqrt, _), [a]) => !a.has_x() && matches!(a.node(), Node::Call(Op::Div, _)),
        (Node::Call(Op::Log | Op::Log1p, _), [a]) => {
            let mut found = false;
            a.visit(&mut |e| found |= matches!(e.node(), Node::Call(Op::Sigmoid | Op::Tanh, _)) && e.has_x());
            found
        }
        _ => false,
    }
}
