//! The Cauchy distribution: density 1/(pi g (1 + z^2)). No mean, no variance.

use super::distribution::Distribution;
use super::form::{inverse, log, standardised};
use super::registry::{Boxed, Constant, Entry, Parameter, boxed, take};
use crate::error::Result;
use crate::expr::{Expr, Op};
use std::f64::consts::PI;

pub(super) const ENTRY: Entry = Entry {
    name: "cauchy",
    description: "centre x0, half width g; no mean, no variance",
    aliases: &["lorentz"],
    symbol: r"\operatorname{Cauchy}",
    parameters: &[Parameter::real("x0").or(0), Parameter::positive("g").or(1)],
    build,
};

fn build(arguments: &[Constant]) -> Result<Boxed> {
    let [x0, g] = take(&ENTRY, arguments)?;
    boxed(Cauchy { x0, g })
}

/// Location x0, half width g at half height.
struct Cauchy {
    x0: Constant,
    g: Constant,
}

impl Cauchy {
    fn z(&self) -> Expr {
        standardised(&self.x0, &self.g)
    }

    fn z_at(&self, x: f64) -> f64 {
        (x - self.x0.value) / self.g.value
    }
}

impl Distribution for Cauchy {
    fn normaliser(&self) -> Expr {
        inverse(&self.g.exact, Expr::pi())
    }

    fn kernel(&self) -> Expr {
        Expr::int(1) / (Expr::int(1) + self.z().powi(2))
    }

    fn density(&self) -> Expr {
        inverse(&self.g.exact, Expr::pi() * (Expr::int(1) + self.z().powi(2)))
    }

    fn log_density(&self) -> Expr {
        -self.z().powi(2).apply(Op::Log1p) - log(self.g.exact.clone() * Expr::pi())
    }

    /// Where z^2 leaves the range of a double.
    fn log_pdf_at(&self, x: f64) -> Option<f64> {
        let z = self.z_at(x).abs();
        (z > 1e150).then(|| -2.0 * z.ln() - (PI * self.g.value).ln())
    }

    fn cdf(&self) -> Option<Expr> {
        Some(Expr::ratio(1, 2) + self.z().apply(Op::Atan) / Expr::pi())
    }

    fn survival(&self) -> Option<Expr> {
        Some(Expr::ratio(1, 2) - self.z().apply(Op::Atan) / Expr::pi())
    }

    fn cdf_at(&self, x: f64) -> Option<f64> {
        Some(1f64.atan2(-self.z_at(x)) / PI)
    }

    fn survival_at(&self, x: f64) -> Option<f64> {
        Some(1f64.atan2(self.z_at(x)) / PI)
    }

    fn quantile_at(&self, p: f64) -> Option<f64> {
        let q = if p < 0.25 {
            -1.0 / (PI * p).tan()
        } else if p > 0.75 {
            1.0 / (PI * (1.0 - p)).tan()
        } else {
            (PI * (p - 0.5)).tan()
        };
        Some(self.x0.value + self.g.value * q)
    }

    fn mean(&self) -> Option<f64> {
        None
    }

    fn variance(&self) -> Option<f64> {
        None
    }

    fn entropy(&self) -> Option<f64> {
        Some((4.0 * PI * self.g.value).ln())
    }

    fn modes(&self) -> Vec<f64> {
        vec![self.x0.value]
    }

    fn tail_index(&self) -> f64 {
        1.0
    }
}
