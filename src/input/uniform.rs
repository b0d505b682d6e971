//! uniform(a, b): p(x) = 1/(b - a) on [a, b].

use super::law::{Law, Moment, Value, f, function, n};
use crate::error::Result;
use crate::expr::{Expr, Op};

/// The law of uniform(a, b).
pub fn law(args: &[Value]) -> Result<Law> {
    let [a, b] = args else { return Err(super::registry::arguments("uniform")) };
    super::registry::ordered("uniform", &[("a", a), ("b", b)])?;
    let length = b.expr.clone() - a.expr.clone();
    let (low, high) = (a.value, b.value);
    let width = high - low;
    Ok(Law {
        cdf: Some((Expr::x() - a.expr.clone()) / length.clone()),
        lower: function(move |x| (x - low) / width),
        upper: function(move |x| (high - x) / width),
        quantile: function(move |p| low + p * width),
        support: (low, high),
        modes: vec![0.5 * (low + high)],
        mean: Moment::Known(0.5 * (low + high)),
        variance: Moment::Known(width * width / 12.0),
        entropy: Some(width.ln()),
        ..Law::new(n(1) / length.clone(), n(1), -f(Op::Log, length))
    })
}
