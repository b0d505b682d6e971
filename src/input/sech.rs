//! sech(sigma), the hyperbolic secant distribution: p(x) = sech(pi x/(2 sigma))/(2 sigma), standard deviation sigma.

use super::law::{Law, Moment, Value, f, function, n};
use crate::error::Result;
use crate::expr::{Expr, Op};
use std::f64::consts::PI;

/// The law of sech(sigma).
pub fn law(args: &[Value]) -> Result<Law> {
    let [sigma] = args else { return Err(super::registry::arguments("sech")) };
    let w = Expr::pi() * Expr::x() / (n(2) * sigma.expr.clone());
    let size = f(Op::Abs, w.clone());
    // log(2 cosh w) = |w| + log(1 + exp(-2|w|))
    let log = -f(Op::Log, sigma.expr.clone()) - size.clone() - f(Op::Log1p, f(Op::Exp, -(n(2) * size)));
    let s = sigma.value;
    let tail = move |x: f64| 2.0 / PI * (PI * x / (2.0 * s)).exp().atan();
    let cosh = f(Op::Cosh, w.clone());
    Ok(Law {
        density: n(1) / (n(2) * sigma.expr.clone() * cosh.clone()),
        cdf: Some(n(2) / Expr::pi() * f(Op::Atan, f(Op::Exp, w))),
        lower: function(tail),
        upper: function(move |x| tail(-x)),
        quantile: function(move |p| 2.0 * s / PI * (0.5 * PI * p).tan().ln()),
        modes: vec![0.0],
        mean: Moment::Known(0.0),
        variance: Moment::Known(s * s),
        entropy: Some((4.0 * s).ln()),
        ..Law::new(n(1) / (n(2) * sigma.expr.clone()), n(1) / cosh, log)
    })
}
