//! cauchy(x0, g): p(x) = 1/(pi g (1 + z^2)), z = (x - x0)/g.

use super::law::{Law, Moment, Value, f, function, n, standardised};
use crate::error::Result;
use crate::expr::{Expr, Op};
use std::f64::consts::PI;

/// The law of cauchy(x0, g).
pub fn law(args: &[Value]) -> Result<Law> {
    let [x0, g] = args else { return Err(super::registry::arguments("cauchy")) };
    let z = standardised(x0, g);
    let normaliser = n(1) / (Expr::pi() * g.expr.clone());
    let below = n(1) + z.clone().powi(2);
    let log = -f(Op::Log, Expr::pi() * g.expr.clone()) - f(Op::Log1p, z.clone().powi(2));
    let (m, d) = (x0.value, g.value);
    let tail = |z: f64| if z < -1.0 { (-1.0 / z).atan() / PI } else { 0.5 + z.atan() / PI };
    Ok(Law {
        density: n(1) / (Expr::pi() * g.expr.clone() * below.clone()),
        cdf: Some(Expr::ratio(1, 2) + f(Op::Atan, z) / Expr::pi()),
        lower: function(move |x| tail((x - m) / d)),
        upper: function(move |x| tail((m - x) / d)),
        quantile: function(move |p| if p < 0.5 { m - d / (PI * p).tan() } else { m + d / (PI * (1.0 - p)).tan() }),
        modes: vec![m],
        mean: Moment::Undefined,
        variance: Moment::Undefined,
        entropy: Some((4.0 * PI * d).ln()),
        ..Law::new(normaliser, n(1) / below, log)
    })
}
