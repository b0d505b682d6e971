//! exponential(rate): p(x) = rate exp(-rate x) on [0, infinity).

use super::law::{Law, Moment, Value, f, function, n};
use crate::error::Result;
use crate::expr::{Expr, Op};

/// The law of exponential(rate).
pub fn law(args: &[Value]) -> Result<Law> {
    let [rate] = args else { return Err(super::registry::arguments("exponential")) };
    let exponent = -(rate.expr.clone() * Expr::x());
    let r = rate.value;
    Ok(Law {
        cdf: Some(n(1) - f(Op::Exp, exponent.clone())),
        lower: function(move |x| -(-r * x).exp_m1()),
        upper: function(move |x| (-r * x).exp()),
        quantile: function(move |p| -(-p).ln_1p() / r),
        support: (0.0, f64::INFINITY),
        modes: vec![0.0],
        mean: Moment::Known(1.0 / r),
        variance: Moment::Known(1.0 / (r * r)),
        entropy: Some(1.0 - r.ln()),
        ..Law::new(rate.expr.clone(), f(Op::Exp, exponent.clone()), f(Op::Log, rate.expr.clone()) + exponent)
    })
}
