//! lognormal(mu, sigma): log X is normal(mu, sigma).

use super::law::{Law, Moment, Value, f, function, n};
use super::normal::square;
use crate::error::Result;
use crate::expr::{Expr, Op};
use crate::numeric::special;

/// The law of lognormal(mu, sigma).
pub fn law(args: &[Value]) -> Result<Law> {
    let [mu, sigma] = args else { return Err(super::registry::arguments("lognormal")) };
    let s = sigma.expr.clone();
    let centred = f(Op::Log, Expr::x()) - mu.expr.clone();
    let z = centred.clone() / s.clone();
    let root = f(Op::Sqrt, n(2) * Expr::pi());
    let kernel = f(Op::Exp, -(centred.powi(2) / (n(2) * square(&s)))) / Expr::x();
    let log = -(z.clone().powi(2) / n(2)) - f(Op::Log, Expr::x()) - f(Op::Log, s.clone() * root.clone());
    let (m, d) = (mu.value, sigma.value);
    let z_at = move |x: f64| (x.max(0.0).ln() - m) / d;
    Ok(Law {
        density: f(Op::NormalPdf, z.clone()) / (s.clone() * Expr::x()),
        cdf: Some(f(Op::NormalCdf, z)),
        lower: function(move |x| special::normal_cdf(z_at(x))),
        upper: function(move |x| special::normal_cdf(-z_at(x))),
        quantile: function(move |p| (m + d * special::normal_quantile(p)).exp()),
        support: (0.0, f64::INFINITY),
        modes: vec![(m - d * d).exp()],
        mean: Moment::Known((m + 0.5 * d * d).exp()),
        variance: Moment::Known((d * d).exp_m1() * (2.0 * m + d * d).exp()),
        entropy: Some(m + 0.5 + 0.5 * (2.0 * std::f64::consts::PI).ln() + d.ln()),
        ..Law::new(n(1) / (s * root), kernel, log)
    })
}
