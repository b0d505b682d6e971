//! The Laplace distribution: density exp(-|x - mu|/b)/(2 b), with a kink at mu.

use super::distribution::Distribution;
use super::form::{abs, centred, exp, inverse, log, over, standardised};
use super::registry::{Boxed, Constant, Entry, Parameter, boxed, take};
use crate::error::Result;
use crate::expr::{Cmp, Expr, Op};

pub(super) const ENTRY: Entry = Entry {
    name: "laplace",
    description: "mean mu, scale b; exponential tails on both sides",
    aliases: &["double_exponential"],
    symbol: r"\operatorname{Laplace}",
    parameters: &[Parameter::real("mu").or(0), Parameter::positive("b").or(1)],
    build,
};

fn build(arguments: &[Constant]) -> Result<Boxed> {
    let [mu, b] = take(&ENTRY, arguments)?;
    boxed(Laplace { mu, b })
}

/// Location mu, scale b.
struct Laplace {
    mu: Constant,
    b: Constant,
}

impl Laplace {
    fn z(&self) -> Expr {
        standardised(&self.mu, &self.b)
    }

    fn distance(&self) -> Expr {
        over(abs(centred(&self.mu)), &self.b.exact)
    }

    /// `left` below mu, `right` from there on.
    fn pieces(&self, left: Expr, right: Expr) -> Option<Expr> {
        Some(Expr::call(Op::Where(Cmp::Lt), [Expr::x(), self.mu.exact.clone(), left, right]))
    }
}

impl Distribution for Laplace {
    fn breakpoints(&self) -> Vec<f64> {
        vec![self.mu.value]
    }

    fn normaliser(&self) -> Expr {
        inverse(&(Expr::int(2) * self.b.exact.clone()), Expr::int(1))
    }

    fn kernel(&self) -> Expr {
        exp(-self.distance())
    }

    fn density(&self) -> Expr {
        over(self.kernel(), &(Expr::int(2) * self.b.exact.clone()))
    }

    fn log_density(&self) -> Expr {
        -self.distance() - log(Expr::int(2) * self.b.exact.clone())
    }

    fn cdf(&self) -> Option<Expr> {
        let half = |e: Expr| exp(e) / Expr::int(2);
        self.pieces(half(self.z()), Expr::int(1) - half(-self.z()))
    }

    fn survival(&self) -> Option<Expr> {
        let half = |e: Expr| exp(e) / Expr::int(2);
        self.pieces(Expr::int(1) - half(self.z()), half(-self.z()))
    }

    fn quantile_at(&self, p: f64) -> Option<f64> {
        let z = if p < 0.5 { (2.0 * p).ln() } else { -(2.0 * (1.0 - p)).ln() };
        Some(self.mu.value + self.b.value * z)
    }

    fn mean(&self) -> Option<f64> {
        Some(self.mu.value)
    }

    fn variance(&self) -> Option<f64> {
        Some(2.0 * self.b.value * self.b.value)
    }

    fn entropy(&self) -> Option<f64> {
        Some(1.0 + (2.0 * self.b.value).ln())
    }

    fn modes(&self) -> Vec<f64> {
        vec![self.mu.value]
    }
}
