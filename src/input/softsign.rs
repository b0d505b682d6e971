//! softsign(mu, s): p(x) = 1/(2 s (1 + |z|)^2), z = (x - mu)/s, the input for which softsign is the worst activation.

use super::law::{Law, Moment, Value, f, function, n, standardised};
use crate::error::Result;
use crate::expr::{Expr, Op};

/// The law of softsign(mu, s).
pub fn law(args: &[Value]) -> Result<Law> {
    let [mu, s] = args else { return Err(super::registry::arguments("softsign")) };
    let z = standardised(mu, s);
    let size = f(Op::Abs, z.clone());
    let kernel = n(1) / (n(1) + size.clone()).powi(2);
    let (m, d) = (mu.value, s.value);
    let tail = |z: f64| if z < 0.0 { 0.5 / (1.0 - z) } else { 1.0 - 0.5 / (1.0 + z) };
    let log = -f(Op::Log, n(2) * s.expr.clone()) - n(2) * f(Op::Log1p, size.clone());
    Ok(Law {
        density: n(1) / (n(2) * s.expr.clone() * (n(1) + size).powi(2)),
        cdf: Some(Expr::ratio(1, 2) + f(Op::Softsign, z) / n(2)),
        lower: function(move |x| tail((x - m) / d)),
        upper: function(move |x| tail((m - x) / d)),
        quantile: function(move |p| if p < 0.5 { m + d * (1.0 - 0.5 / p) } else { m + d * (0.5 / (1.0 - p) - 1.0) }),
        breakpoints: vec![m],
        modes: vec![m],
        mean: Moment::Undefined,
        variance: Moment::Undefined,
        entropy: Some((2.0 * d).ln() + 2.0),
        ..Law::new(n(1) / (n(2) * s.expr.clone()), kernel, log)
    })
}
