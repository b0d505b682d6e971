//! half_normal(sigma): p(x) = sqrt(2/pi)/sigma exp(-x^2/(2 sigma^2)) on [0, infinity).

use super::law::{Law, Moment, Value, f, function, n};
use super::normal::square;
use crate::error::Result;
use crate::expr::{Expr, Op};
use crate::numeric::special;
use std::f64::consts::PI;

/// The law of half_normal(sigma).
pub fn law(args: &[Value]) -> Result<Law> {
    let [sigma] = args else { return Err(super::registry::arguments("half_normal")) };
    let s = sigma.expr.clone();
    let z = Expr::x() / s.clone();
    let normaliser = f(Op::Sqrt, n(2)) / (s.clone() * f(Op::Sqrt, Expr::pi()));
    let exponent = -(Expr::x().powi(2) / (n(2) * square(&s)));
    let log = f(Op::Log, normaliser.clone()) + exponent.clone();
    let d = sigma.value;
    Ok(Law {
        density: n(2) * f(Op::NormalPdf, z.clone()) / s,
        cdf: Some(f(Op::Erf, z / f(Op::Sqrt, n(2)))),
        lower: function(move |x| libm::erf(x / d / 2f64.sqrt())),
        upper: function(move |x| libm::erfc(x / d / 2f64.sqrt())),
        quantile: function(move |p| -d * special::normal_quantile(0.5 - 0.5 * p)),
        support: (0.0, f64::INFINITY),
        modes: vec![0.0],
        mean: Moment::Known(d * (2.0 / PI).sqrt()),
        variance: Moment::Known(d * d * (1.0 - 2.0 / PI)),
        entropy: Some(0.5 * (0.5 * PI * d * d).ln() + 0.5),
        ..Law::new(normaliser, f(Op::Exp, exponent), log)
    })
}
