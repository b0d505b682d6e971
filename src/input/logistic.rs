//! logistic(mu, s): p(x) = sigmoid(z) sigmoid(-z)/s, z = (x - mu)/s.

use super::law::{Law, Moment, Value, f, function, n, standardised};
use crate::error::Result;
use crate::expr::Op;
use crate::numeric::special;

/// The law of logistic(mu, s).
pub fn law(args: &[Value]) -> Result<Law> {
    let [mu, s] = args else { return Err(super::registry::arguments("logistic")) };
    let z = standardised(mu, s);
    let kernel = f(Op::Sigmoid, z.clone()) * f(Op::Sigmoid, -z.clone());
    let log = f(Op::LogSigmoid, z.clone()) + f(Op::LogSigmoid, -z.clone()) - f(Op::Log, s.expr.clone());
    let (m, d) = (mu.value, s.value);
    Ok(Law {
        density: kernel.clone() / s.expr.clone(),
        cdf: Some(f(Op::Sigmoid, z)),
        lower: function(move |x| special::sigmoid((x - m) / d)),
        upper: function(move |x| special::sigmoid((m - x) / d)),
        quantile: function(move |p| m + d * (p / (1.0 - p)).ln()),
        modes: vec![m],
        mean: Moment::Known(m),
        variance: Moment::Known(d * d * std::f64::consts::PI.powi(2) / 3.0),
        entropy: Some(d.ln() + 2.0),
        ..Law::new(n(1) / s.expr.clone(), kernel, log)
    })
}
