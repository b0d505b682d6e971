//! normal(mu, sigma): p(x) = exp(-(x - mu)^2/(2 sigma^2))/(sigma sqrt(2 pi)).

use super::law::{Law, Moment, Value, f, function, n, standardised};
use crate::error::Result;
use crate::expr::{Expr, Op};
use crate::numeric::special;

/// The law of normal(mu, sigma).
pub fn law(args: &[Value]) -> Result<Law> {
    let [mu, sigma] = args else { return Err(super::registry::arguments("normal")) };
    let (z, s) = (standardised(mu, sigma), sigma.expr.clone());
    let centred = Expr::x() - mu.expr.clone();
    let root = f(Op::Sqrt, n(2) * Expr::pi());
    let kernel = f(Op::Exp, -(centred.powi(2) / (n(2) * square(&s))));
    let log_density = -(z.clone().powi(2) / n(2)) - f(Op::Log, s.clone() * root.clone());
    let (m, d) = (mu.value, sigma.value);
    Ok(Law {
        density: f(Op::NormalPdf, z.clone()) / s.clone(),
        cdf: Some(f(Op::NormalCdf, z)),
        lower: function(move |x| special::normal_cdf((x - m) / d)),
        upper: function(move |x| special::normal_cdf((m - x) / d)),
        quantile: function(move |p| m + d * special::normal_quantile(p)),
        modes: vec![m],
        mean: Moment::Known(m),
        variance: Moment::Known(d * d),
        entropy: Some(0.5 * (2.0 * std::f64::consts::PI * std::f64::consts::E).ln() + d.ln()),
        ..Law::new(n(1) / (s * root), kernel, log_density)
    })
}

/// s^2, multiplied out where s is a number.
pub fn square(s: &Expr) -> Expr {
    match s.as_num() {
        Some(q) => Expr::num(q * q),
        None => s.clone().powi(2),
    }
}
