//! triangular(a, c, b): density rising linearly from a to its mode c and falling to b.

use super::law::{Law, Moment, Value, f, function, n};
use crate::error::Result;
use crate::expr::{Cmp, Expr, Op};

/// The law of triangular(a, c, b).
pub fn law(args: &[Value]) -> Result<Law> {
    let [a, c, b] = args else { return Err(super::registry::arguments("triangular")) };
    super::registry::ordered("triangular", &[("a", a), ("c", c), ("b", b)])?;
    let x = Expr::x;
    let (length, up, down) =
        (b.expr.clone() - a.expr.clone(), c.expr.clone() - a.expr.clone(), b.expr.clone() - c.expr.clone());
    let choose = |left: Expr, right: Expr| Expr::call(Op::Where(Cmp::Lt), [x(), c.expr.clone(), left, right]);
    let kernel = choose((x() - a.expr.clone()) / up.clone(), (b.expr.clone() - x()) / down.clone());
    let left = (x() - a.expr.clone()).powi(2) / (length.clone() * up.clone());
    let right = n(1) - (b.expr.clone() - x()).powi(2) / (length.clone() * down.clone());
    let (p, m, q) = (a.value, c.value, b.value);
    let lower = move |x: f64| match x < m {
        true => (x - p).max(0.0).powi(2) / ((q - p) * (m - p)),
        false => 1.0 - (q - x).max(0.0).powi(2) / ((q - p) * (q - m)),
    };
    let upper = move |x: f64| match x < m {
        true => 1.0 - (x - p).max(0.0).powi(2) / ((q - p) * (m - p)),
        false => (q - x).max(0.0).powi(2) / ((q - p) * (q - m)),
    };
    Ok(Law {
        cdf: Some(choose(left, right)),
        lower: function(lower),
        upper: function(upper),
        support: (p, q),
        breakpoints: vec![m],
        modes: vec![m],
        mean: Moment::Known((p + m + q) / 3.0),
        variance: Moment::Known((p * p + m * m + q * q - p * m - p * q - m * q) / 18.0),
        entropy: Some(0.5 + (0.5 * (q - p)).ln()),
        ..Law::new(n(2) / length.clone(), kernel.clone(), f(Op::Log, n(2) / length) + f(Op::Log, kernel))
    })
}
