//! skew_normal(xi, omega, alpha): p(x) = 2/omega phi(z) Phi(alpha z), z = (x - xi)/omega (Azzalini 1985).

use super::law::{Law, Moment, Value, f, n, standardised};
use super::normal::square;
use crate::error::Result;
use crate::expr::{Expr, Op};
use std::f64::consts::PI;

/// The law of skew_normal(xi, omega, alpha).
pub fn law(args: &[Value]) -> Result<Law> {
    let [xi, omega, alpha] = args else { return Err(super::registry::arguments("skew_normal")) };
    let (z, w) = (standardised(xi, omega), omega.expr.clone());
    let tilt = f(Op::NormalCdf, alpha.expr.clone() * z.clone());
    let normaliser = f(Op::Sqrt, n(2)) / (w.clone() * f(Op::Sqrt, Expr::pi()));
    let centred = Expr::x() - xi.expr.clone();
    let bell = -(centred.powi(2) / (n(2) * square(&w)));
    let log = f(Op::Log, normaliser.clone()) + bell.clone() + f(Op::Log, tilt.clone());
    let delta = alpha.value / (1.0 + alpha.value * alpha.value).sqrt();
    let shift = delta * (2.0 / PI).sqrt();
    Ok(Law {
        density: n(2) * f(Op::NormalPdf, z) * tilt.clone() / w,
        mean: Moment::Known(xi.value + omega.value * shift),
        variance: Moment::Known(omega.value.powi(2) * (1.0 - shift * shift)),
        modes: vec![],
        ..Law::new(normaliser, f(Op::Exp, bell) * tilt, log)
    })
}
