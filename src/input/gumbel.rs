//! gumbel(mu, beta): p(x) = exp(-z - exp(-z))/beta, z = (x - mu)/beta.

use super::law::{EULER, Law, Moment, Value, f, function, n, standardised};
use crate::error::Result;
use crate::expr::Op;

/// The law of gumbel(mu, beta).
pub fn law(args: &[Value]) -> Result<Law> {
    let [mu, beta] = args else { return Err(super::registry::arguments("gumbel")) };
    let z = standardised(mu, beta);
    let exponent = -z.clone() - f(Op::Exp, -z.clone());
    let (m, d) = (mu.value, beta.value);
    Ok(Law {
        density: f(Op::Exp, exponent.clone()) / beta.expr.clone(),
        cdf: Some(f(Op::Exp, -f(Op::Exp, -z))),
        lower: function(move |x| (-(-(x - m) / d).exp()).exp()),
        upper: function(move |x| -(-(-(x - m) / d).exp()).exp_m1()),
        quantile: function(move |p| m - d * (-p.ln()).ln()),
        modes: vec![m],
        mean: Moment::Known(m + EULER * d),
        variance: Moment::Known(std::f64::consts::PI.powi(2) * d * d / 6.0),
        entropy: Some(d.ln() + EULER + 1.0),
        ..Law::new(n(1) / beta.expr.clone(), f(Op::Exp, exponent.clone()), exponent - f(Op::Log, beta.expr.clone()))
    })
}
