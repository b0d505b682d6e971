//! An activation beside a point at which its slope is infinite: log(1 - x) at 1 as a function of the distance from there.

use super::far;
use crate::expr::{Expr, Node, Op, Tape};
use num_rational::BigRational;

/// An activation as a function of the distance from a point at which its slope is infinite.
#[derive(Debug, Clone)]
pub(super) struct Singular {
    pub at: f64,
    form: Expr,
    tape: Tape,
}

/// A distance far below the rounding of the point.
const CLOSE: f64 = 1e-30;

impl Singular {
    /// `exact` is the point; none where the slope is finite, or where the form cannot be written so that it keeps distances.
    pub fn new(form: &Expr, tape: &Tape, at: f64, exact: &BigRational) -> Option<Singular> {
        if tape.derivative(at, 1).is_finite() {
            return None;
        }
        let form = form.shifted(exact);
        // Where distances are still added to numbers, the roundings of those must not matter.
        let rounding = Expr::int(1) + Expr::float(2f64.powi(-46));
        let blurred = form.rewrite(&mut |e| match (e.node(), e.args()) {
            (Node::Call(op @ (Op::Add | Op::Sub), _), [a, b]) if a.has_x() && !b.has_x() => {
                Some(Expr::call(*op, [a.clone(), b.clone() * rounding.clone()]))
            }
            (Node::Call(op @ (Op::Add | Op::Sub), _), [a, b]) if b.has_x() && !a.has_x() => {
                Some(Expr::call(*op, [a.clone() * rounding.clone(), b.clone()]))
            }
            _ => None,
        });
        let [own, blurred] = [form, blurred].map(|form| Some(Singular { at, tape: Tape::new(&form).ok()?, form }));
        let (own, blurred) = (own?, blurred?);
        let keeps = |d: f64| (own.value_and_log_slope(d).1 - blurred.value_and_log_slope(d).1).abs() < 1e-9;
        (keeps(CLOSE) || keeps(-CLOSE)).then_some(own)
    }

    /// f and log|f'| at a distance from the point.
    pub fn value_and_log_slope(&self, distance: f64) -> (f64, f64) {
        far::value_and_log_slope(&self.form, &self.tape, distance)
    }
}
