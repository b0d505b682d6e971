//! laplace(mu, b): p(x) = exp(-|x - mu|/b)/(2 b).

use super::law::{Law, Moment, Value, f, function, n, standardised};
use crate::error::Result;
use crate::expr::{Cmp, Expr, Op};

/// The law of laplace(mu, b).
pub fn law(args: &[Value]) -> Result<Law> {
    let [mu, b] = args else { return Err(super::registry::arguments("laplace")) };
    let z = standardised(mu, b);
    let kernel = f(Op::Exp, -f(Op::Abs, z.clone()));
    let below = f(Op::Exp, z.clone()) / n(2);
    let above = n(1) - f(Op::Exp, -z.clone()) / n(2);
    let (m, d) = (mu.value, b.value);
    let tail = |t: f64| if t < 0.0 { 0.5 * t.exp() } else { 1.0 - 0.5 * (-t).exp() };
    Ok(Law {
        cdf: Some(Expr::call(Op::Where(Cmp::Lt), [Expr::x(), mu.expr.clone(), below, above])),
        lower: function(move |x| tail((x - m) / d)),
        upper: function(move |x| tail((m - x) / d)),
        quantile: function(move |p| if p < 0.5 { m + d * (2.0 * p).ln() } else { m - d * (2.0 - 2.0 * p).ln() }),
        breakpoints: vec![m],
        modes: vec![m],
        mean: Moment::Known(m),
        variance: Moment::Known(2.0 * d * d),
        entropy: Some(1.0 + (2.0 * d).ln()),
        density: kernel.clone() / (n(2) * b.expr.clone()),
        ..Law::new(n(1) / (n(2) * b.expr.clone()), kernel, -f(Op::Abs, z) - f(Op::Log, n(2) * b.expr.clone()))
    })
}
