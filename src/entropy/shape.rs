//! An activation made ready for the functional: its smooth pieces, found and compiled once for all inputs.

use super::{Entropy, Functional};
use crate::error::Result;
use crate::expr::{Expr, Node, Op, Piece, Tape, constant, pieces};
use crate::input::Input;
use std::sync::OnceLock;

/// An activation whose pieces are kept, for use under several inputs.
#[derive(Debug)]
pub struct Shape {
    activation: Expr,
    /// The pieces on the whole line; none where they cannot be listed, as for relu(sin(x)).
    whole: OnceLock<Option<Vec<Section>>>,
}

/// A smooth piece and its tape.
#[derive(Debug, Clone)]
pub(super) struct Section {
    pub from: f64,
    pub to: f64,
    pub form: Expr,
    pub tape: Tape,
    /// Whether the form shows that f is strictly monotone and finite, so that no critical point need be looked for.
    pub monotone: bool,
}

impl Shape {
    /// An activation without parameters.
    pub fn new(activation: &Expr) -> Shape {
        Shape { activation: activation.clone(), whole: OnceLock::new() }
    }

    /// The entropy of f(U), U distributed as `input`.
    ///
    /// # Errors
    /// [`crate::Error::OutsideDomain`] where the input has mass and f no real value.
    pub fn entropy(&self, input: &Input) -> Result<Entropy> {
        Ok(Functional::of(self, input)?.entropy())
    }

    /// The activation itself.
    pub fn activation(&self) -> &Expr {
        &self.activation
    }

    /// The pieces between two points.
    pub(super) fn sections(&self, from: f64, to: f64) -> Result<Vec<Section>> {
        let whole = self.whole.get_or_init(|| compiled(&self.activation, f64::NEG_INFINITY, f64::INFINITY).ok());
        let Some(whole) = whole else { return compiled(&self.activation, from, to) };
        let clipped = whole.iter().map(|s| Section { from: s.from.max(from), to: s.to.min(to), ..s.clone() });
        Ok(clipped.filter(|s| s.from < s.to).collect())
    }
}

fn compiled(f: &Expr, from: f64, to: f64) -> Result<Vec<Section>> {
    let section = |p: Piece| {
        let (from, to) = (p.from.value, p.to.value);
        let monotone = direction(&p.form).is_some() || hyperbolic(&p.form, from, to);
        Ok(Section { from, to, tape: Tape::new(&p.form)?, monotone, form: p.form })
    };
    pieces(f, from, to)?.into_iter().map(section).collect()
}

/// 1 or -1 where a form is built from x by strictly monotone functions that are finite on the whole line, rising or falling;
/// none where this does not show.
fn direction(e: &Expr) -> Option<f64> {
    let Node::Call(op, args) = e.node() else { return e.has_x().then_some(1.0) };
    let of = |i: usize| args.get(i).and_then(direction);
    let number = |i: usize| args.get(i).filter(|a| !a.has_x()).and_then(|a| constant(a).ok()).filter(|c| c.is_finite());
    let factor = |i: usize| number(i).filter(|c| *c != 0.0).map(f64::signum);
    match op {
        Op::Add if number(0).is_some() => of(1),
        Op::Add if number(1).is_some() => of(0),
        Op::Add => of(0).filter(|d| of(1) == Some(*d)),
        Op::Sub if number(0).is_some() => of(1).map(|d| -d),
        Op::Sub if number(1).is_some() => of(0),
        Op::Sub => of(0).filter(|d| of(1) == Some(-d)),
        Op::Mul => of(1).zip(factor(0)).or_else(|| of(0).zip(factor(1))).map(|(d, c)| d * c),
        Op::Div => of(0).zip(factor(1)).map(|(d, c)| d * c),
        op => Some(monotone(*op)? * of(0)?),
    }
}

/// 1 or -1 where a function of one argument is strictly monotone and finite on the whole line, rising or falling.
pub(super) fn monotone(op: Op) -> Option<f64> {
    match op {
        Op::Exp
        | Op::Expm1
        | Op::Sinh
        | Op::Tanh
        | Op::Atan
        | Op::Asinh
        | Op::Erf
        | Op::NormalCdf
        | Op::Sigmoid
        | Op::LogSigmoid
        | Op::Softplus => Some(1.0),
        Op::Neg | Op::Erfc => Some(-1.0),
        _ => None,
    }
}

/// Whether a form is a quotient of linear functions, no constant, without a pole in [from, to]; softsign has such pieces.
fn hyperbolic(e: &Expr, from: f64, to: f64) -> bool {
    let (Node::Call(Op::Div, _), [above, below]) = (e.node(), e.args()) else { return false };
    let (Some([a, b]), Some([c, d])) = (linear(above), linear(below)) else { return false };
    let pole = -d / c;
    a * d != b * c && c != 0.0 && (pole < from || to < pole)
}

/// a and b where a form is a x + b.
pub(super) fn linear(e: &Expr) -> Option<[f64; 2]> {
    if !e.has_x() {
        return constant(e).ok().filter(|c| c.is_finite()).map(|c| [0.0, c]);
    }
    let both = || Some((linear(e.args().first()?)?, linear(e.args().get(1)?)?));
    match e.node() {
        Node::X => Some([1.0, 0.0]),
        Node::Call(Op::Neg, args) => linear(&args[0]).map(|[a, b]| [-a, -b]),
        Node::Call(Op::Add, _) => both().map(|([a, b], [c, d])| [a + c, b + d]),
        Node::Call(Op::Sub, _) => both().map(|([a, b], [c, d])| [a - c, b - d]),
        Node::Call(Op::Mul, _) => both().and_then(|(f, g)| match (f, g) {
            ([0.0, k], [a, b]) | ([a, b], [0.0, k]) => Some([k * a, k * b]),
            _ => None,
        }),
        Node::Call(Op::Div, _) => both().and_then(|([a, b], [c, d])| (c == 0.0 && d != 0.0).then_some([a / d, b / d])),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_form_shows() {
        let of = |text: &str| direction(&Expr::parse(text).expect("parses"));
        for (text, want) in [
            ("x", Some(1.0)),
            ("3", None),
            ("tanh(2*x) + x/3 - 1", Some(1.0)),
            ("1 - softplus(x)*2", Some(-1.0)),
            ("-exp(-x)", Some(1.0)),
            ("exp(x) - x", None),
            ("0*x", None),
            ("x*sigmoid(x)", None),
            ("exp(-x^2)", None),
            ("1/x", None),
        ] {
            assert_eq!(of(text), want, "{text}");
        }
        let between = |text: &str, from, to| hyperbolic(&Expr::parse(text).expect("parses"), from, to);
        assert!(between("x/(1 - x)", f64::NEG_INFINITY, 0.0) && between("(2*x + 1)/(3 - x)", 4.0, 5.0));
        assert!(!between("x/(1 - x)", 0.0, 2.0) && !between("x/(1 - x)", 0.0, 1.0) && !between("x/(2*x)", 1.0, 2.0));
    }
}
