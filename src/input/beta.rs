//! beta(a, b): p(x) = x^(a-1) (1-x)^(b-1) Gamma(a+b)/(Gamma(a) Gamma(b)) on [0, 1].

use super::gamma::{constant_gamma, power};
use super::law::{Law, Moment, Value, f, function, n};
use crate::error::Result;
use crate::expr::{Expr, Op};
use statrs::function::{beta::beta_reg, gamma::digamma};

/// The law of beta(a, b).
pub fn law(args: &[Value]) -> Result<Law> {
    let [a, b] = args else { return Err(super::registry::arguments("beta")) };
    let (left, right) = (a.expr.clone() - n(1), b.expr.clone() - n(1));
    let kernel = power(Expr::x(), left.clone()) * power(n(1) - Expr::x(), right.clone());
    let (p, q) = (a.value, b.value);
    let log_beta = libm::lgamma(p) + libm::lgamma(q) - libm::lgamma(p + q);
    let sum = Value { expr: a.expr.clone() + b.expr.clone(), value: p + q };
    let normaliser = match p + q <= 100.0 {
        true => constant_gamma(&sum) / (constant_gamma(a) * constant_gamma(b)),
        false => Expr::float((-log_beta).exp()),
    };
    let log = left * f(Op::Log, Expr::x()) + right * f(Op::Log1p, -Expr::x()) - Expr::float(log_beta);
    let clamp = |x: f64| x.clamp(0.0, 1.0);
    Ok(Law {
        lower: function(move |x| beta_reg(p, q, clamp(x))),
        upper: function(move |x| beta_reg(q, p, 1.0 - clamp(x))),
        support: (0.0, 1.0),
        modes: if p > 1.0 && q > 1.0 { vec![(p - 1.0) / (p + q - 2.0)] } else { vec![] },
        mean: Moment::Known(p / (p + q)),
        variance: Moment::Known(p * q / ((p + q).powi(2) * (p + q + 1.0))),
        entropy: Some(log_beta - (p - 1.0) * digamma(p) - (q - 1.0) * digamma(q) + (p + q - 2.0) * digamma(p + q)),
        ..Law::new(normaliser, kernel, log)
    })
}
