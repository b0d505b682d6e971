//! student_t(nu): p(x) = c (1 + x^2/nu)^(-(nu + 1)/2), c = Gamma((nu + 1)/2)/(sqrt(nu pi) Gamma(nu/2)).

use super::law::{Law, Moment, Value, f, function, n};
use crate::error::Result;
use crate::expr::{Expr, Op};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::ToPrimitive;
use statrs::function::{beta::beta_reg, gamma::digamma};

/// The law of student_t(nu).
pub fn law(args: &[Value]) -> Result<Law> {
    let [nu] = args else { return Err(super::registry::arguments("student_t")) };
    let (v, e) = (nu.value, nu.expr.clone());
    let ratio = Expr::x().powi(2) / e.clone();
    let power = (e.clone() + n(1)) / n(2);
    let normaliser = normaliser(nu);
    let log = f(Op::Log, normaliser.clone()) - power.clone() * f(Op::Log1p, ratio.clone());
    let kernel = match (v == 1.0, v == 3.0) {
        (true, _) => n(1) / (n(1) + ratio),
        (_, true) => n(1) / (n(1) + ratio).powi(2),
        _ => Expr::call(Op::Pow, [n(1) + ratio, -power]),
    };
    let tail = move |x: f64| {
        let t = 0.5 * beta_reg(0.5 * v, 0.5, v / (v + x * x));
        if x < 0.0 { t } else { 1.0 - t }
    };
    let half = 0.5 * (v + 1.0);
    let log_beta = libm::lgamma(0.5 * v) + libm::lgamma(0.5) - libm::lgamma(half);
    Ok(Law {
        density: joined(&normaliser, &kernel),
        cdf: closed_cdf(v),
        lower: function(tail),
        upper: function(move |x| tail(-x)),
        modes: vec![0.0],
        mean: if v > 1.0 { Moment::Known(0.0) } else { Moment::Undefined },
        variance: match v {
            _ if v > 2.0 => Moment::Known(v / (v - 2.0)),
            _ if v > 1.0 => Moment::Known(f64::INFINITY),
            _ => Moment::Undefined,
        },
        entropy: Some(half * (digamma(half) - digamma(0.5 * v)) + 0.5 * v.ln() + log_beta),
        ..Law::new(normaliser, kernel, log)
    })
}

/// constant * kernel with one fraction bar: 8/(3*sqrt(5)*pi) * k = 8*k/(3*sqrt(5)*pi).
fn joined(constant: &Expr, kernel: &Expr) -> Expr {
    constant.clone() * kernel.clone()
}

/// The constant: exact for whole nu, through the gamma function otherwise.
fn normaliser(nu: &Value) -> Expr {
    let whole = nu.expr.as_num().filter(|q| q.is_integer()).and_then(|q| q.to_integer().to_i64()).filter(|k| *k <= 60);
    let root = f(Op::Sqrt, nu.expr.clone());
    match whole {
        Some(k) if k % 2 == 1 => {
            let above = factorial((k - 1) / 2) * BigInt::from(2).pow(((k - 1) / 2) as u32);
            let q = BigRational::new(above, odd_factorial(k - 2));
            Expr::num(q.numer().clone().into()) / (Expr::num(q.denom().clone().into()) * root * Expr::pi())
        }
        Some(k) => {
            let below = factorial(k / 2 - 1) * BigInt::from(2).pow((k / 2) as u32);
            let q = BigRational::new(odd_factorial(k - 1), below);
            Expr::num(q.numer().clone().into()) / (Expr::num(q.denom().clone().into()) * root)
        }
        None if nu.value > 300.0 => {
            let log = libm::lgamma(0.5 * (nu.value + 1.0)) - libm::lgamma(0.5 * nu.value);
            Expr::float(log.exp() / (nu.value * std::f64::consts::PI).sqrt())
        }
        None => {
            let gamma = |e: Expr| f(Op::Gamma, e);
            gamma((nu.expr.clone() + n(1)) / n(2)) / (f(Op::Sqrt, nu.expr.clone() * Expr::pi()) * gamma(nu.expr.clone() / n(2)))
        }
    }
}

fn factorial(k: i64) -> BigInt {
    (1..=k).map(BigInt::from).product()
}

/// k (k - 2) (k - 4) ... 1
fn odd_factorial(k: i64) -> BigInt {
    (1..=k).rev().step_by(2).map(BigInt::from).product()
}

fn closed_cdf(v: f64) -> Option<Expr> {
    let x = Expr::x;
    if v == 1.0 {
        Some(Expr::ratio(1, 2) + f(Op::Atan, x()) / Expr::pi())
    } else if v == 2.0 {
        Some(Expr::ratio(1, 2) + x() / (n(2) * f(Op::Sqrt, n(2) + x().powi(2))))
    } else {
        None
    }
}
