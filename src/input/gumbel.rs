//! The Gumbel distribution of maxima: density exp(-z - exp(-z))/beta.

use super::distribution::Distribution;
use super::form::{exp, inverse, log, over, standardised};
use super::registry::{Boxed, Constant, Entry, Parameter, boxed, take};
use crate::error::Result;
use crate::expr::{Expr, Op};
use std::f64::consts::PI;

/// The constant of Euler and Mascheroni.
const EULER: f64 = 0.577_215_664_901_532_9;

pub(super) const ENTRY: Entry = Entry {
    name: "gumbel",
    description: "maxima: mode mu, scale beta, skewed to the right",
    aliases: &[],
    symbol: r"\operatorname{Gumbel}",
    parameters: &[Parameter::real("mu").or(0), Parameter::positive("beta").or(1)],
    build,
};

fn build(arguments: &[Constant]) -> Result<Boxed> {
    let [mu, beta] = take(&ENTRY, arguments)?;
    boxed(Gumbel { mu, beta })
}

/// Mode mu, scale beta.
struct Gumbel {
    mu: Constant,
    beta: Constant,
}

impl Gumbel {
    fn z(&self) -> Expr {
        standardised(&self.mu, &self.beta)
    }

    fn exponent(&self) -> Expr {
        -self.z() - exp(-self.z())
    }
}

impl Distribution for Gumbel {
    fn normaliser(&self) -> Expr {
        inverse(&self.beta.exact, Expr::int(1))
    }

    fn kernel(&self) -> Expr {
        exp(self.exponent())
    }

    fn density(&self) -> Expr {
        over(self.kernel(), &self.beta.exact)
    }

    fn log_density(&self) -> Expr {
        self.exponent() - log(self.beta.exact.clone())
    }

    fn cdf(&self) -> Option<Expr> {
        Some(exp(-exp(-self.z())))
    }

    fn survival(&self) -> Option<Expr> {
        Some(-(-exp(-self.z())).apply(Op::Expm1))
    }

    fn quantile_at(&self, p: f64) -> Option<f64> {
        Some(self.mu.value - self.beta.value * (-p.ln()).ln())
    }

    fn mean(&self) -> Option<f64> {
        Some(self.mu.value + self.beta.value * EULER)
    }

    fn variance(&self) -> Option<f64> {
        Some((PI * self.beta.value).powi(2) / 6.0)
    }

    fn entropy(&self) -> Option<f64> {
        Some(self.beta.value.ln() + EULER + 1.0)
    }

    fn modes(&self) -> Vec<f64> {
        vec![self.mu.value]
    }
}
