//! gamma(k, theta): p(x) = x^(k-1) exp(-x/theta)/(Gamma(k) theta^k) on [0, infinity).

use super::law::{Law, Moment, Value, f, function, n};
use crate::error::Result;
use crate::expr::{Expr, Op};
use statrs::function::gamma::{digamma, gamma_lr, gamma_ur};

/// The law of gamma(k, theta).
pub fn law(args: &[Value]) -> Result<Law> {
    let [k, theta] = args else { return Err(super::registry::arguments("gamma")) };
    let shape = k.expr.clone() - n(1);
    let decay = -(Expr::x() / theta.expr.clone());
    let kernel = power(Expr::x(), shape.clone()) * f(Op::Exp, decay.clone());
    let (a, t) = (k.value, theta.value);
    let below = libm::lgamma(a) + a * t.ln();
    let normaliser = match a <= 100.0 {
        true => n(1) / (constant_gamma(k) * power(theta.expr.clone(), k.expr.clone())),
        false => Expr::float((-below).exp()),
    };
    let log = shape * f(Op::Log, Expr::x()) + decay - Expr::float(below);
    Ok(Law {
        lower: function(move |x| if x <= 0.0 { 0.0 } else { gamma_lr(a, x / t) }),
        upper: function(move |x| if x <= 0.0 { 1.0 } else { gamma_ur(a, x / t) }),
        support: (0.0, f64::INFINITY),
        modes: vec![((a - 1.0) * t).max(0.0)],
        mean: Moment::Known(a * t),
        variance: Moment::Known(a * t * t),
        entropy: Some(a + t.ln() + libm::lgamma(a) + (1.0 - a) * digamma(a)),
        ..Law::new(normaliser, kernel, log)
    })
}

/// Gamma of a constant, as a factorial where it is whole.
pub fn constant_gamma(k: &Value) -> Expr {
    match k.expr.as_num() {
        Some(q) if q.is_integer() && k.value <= 30.0 => {
            Expr::num((1..k.value as i64).map(num_bigint::BigInt::from).product::<num_bigint::BigInt>().into())
        }
        _ => f(Op::Gamma, k.expr.clone()),
    }
}

/// base^exponent without the trivial cases.
pub fn power(base: Expr, exponent: Expr) -> Expr {
    match exponent.as_num() {
        Some(_) if base.is_one() => base,
        Some(q) if q.numer() == &num_bigint::BigInt::ZERO => n(1),
        Some(q) if q == &num_rational::BigRational::from_integer(1.into()) => base,
        _ => Expr::call(Op::Pow, [base, exponent]),
    }
}
