//! The distribution whose CDF is softsign: density 1/(2 s (1 + |z|)^2), with a kink at mu. No mean, no variance.

use super::distribution::Distribution;
use super::form::{abs, centred, inverse, log, over, standardised};
use super::registry::{Boxed, Constant, Entry, Parameter, boxed, take};
use crate::error::Result;
use crate::expr::{Expr, Op};

pub(super) const ENTRY: Entry = Entry {
    name: "softsign",
    description: "centre mu, scale s; its CDF is the softsign; no mean, no variance",
    aliases: &[],
    symbol: r"\operatorname{Softsign}",
    parameters: &[Parameter::real("mu").or(0), Parameter::positive("s").or(1)],
    build,
};

fn build(arguments: &[Constant]) -> Result<Boxed> {
    let [mu, s] = take(&ENTRY, arguments)?;
    boxed(Softsign { mu, s })
}

/// Location mu, scale s.
struct Softsign {
    mu: Constant,
    s: Constant,
}

impl Softsign {
    fn distance(&self) -> Expr {
        over(abs(centred(&self.mu)), &self.s.exact)
    }

    /// The mass beyond a point on the far side of mu.
    fn tail(&self, z: f64) -> f64 {
        if z > 0.0 { 0.5 / (1.0 + z) } else { 1.0 - 0.5 / (1.0 - z) }
    }
}

impl Distribution for Softsign {
    fn breakpoints(&self) -> Vec<f64> {
        vec![self.mu.value]
    }

    fn normaliser(&self) -> Expr {
        inverse(&(Expr::int(2) * self.s.exact.clone()), Expr::int(1))
    }

    fn kernel(&self) -> Expr {
        Expr::int(1) / (Expr::int(1) + self.distance()).powi(2)
    }

    fn density(&self) -> Expr {
        inverse(&(Expr::int(2) * self.s.exact.clone()), (Expr::int(1) + self.distance()).powi(2))
    }

    fn log_density(&self) -> Expr {
        Expr::int(-2) * self.distance().apply(Op::Log1p) - log(Expr::int(2) * self.s.exact.clone())
    }

    fn cdf(&self) -> Option<Expr> {
        Some(Expr::ratio(1, 2) + standardised(&self.mu, &self.s).apply(Op::Softsign) / Expr::int(2))
    }

    fn survival(&self) -> Option<Expr> {
        Some(Expr::ratio(1, 2) - standardised(&self.mu, &self.s).apply(Op::Softsign) / Expr::int(2))
    }

    fn cdf_at(&self, x: f64) -> Option<f64> {
        Some(self.tail((self.mu.value - x) / self.s.value))
    }

    fn survival_at(&self, x: f64) -> Option<f64> {
        Some(self.tail((x - self.mu.value) / self.s.value))
    }

    fn quantile_at(&self, p: f64) -> Option<f64> {
        let z = if p < 0.5 { 1.0 - 0.5 / p } else { 0.5 / (1.0 - p) - 1.0 };
        Some(self.mu.value + self.s.value * z)
    }

    fn mean(&self) -> Option<f64> {
        None
    }

    fn variance(&self) -> Option<f64> {
        None
    }

    /// log(2 s) + 2 E log(1 + |z|), where log(1 + |z|) is exponential.
    fn entropy(&self) -> Option<f64> {
        Some((2.0 * self.s.value).ln() + 2.0)
    }

    fn modes(&self) -> Vec<f64> {
        vec![self.mu.value]
    }

    fn tail_index(&self) -> f64 {
        1.0
    }
}
