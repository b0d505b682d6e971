//! The logistic distribution: density sigmoid(z) (1 - sigmoid(z))/s.

use super::distribution::Distribution;
use super::form::{inverse, log, over, standardised};
use super::registry::{Boxed, Constant, Entry, Parameter, boxed, take};
use crate::error::Result;
use crate::expr::{Expr, Op};
use std::f64::consts::PI;

pub(super) const ENTRY: Entry = Entry {
    name: "logistic",
    description: "mean mu, scale s; its CDF is the sigmoid",
    aliases: &[],
    symbol: r"\operatorname{Logistic}",
    parameters: &[Parameter::real("mu").or(0), Parameter::positive("s").or(1)],
    build,
};

fn build(arguments: &[Constant]) -> Result<Boxed> {
    let [mu, s] = take(&ENTRY, arguments)?;
    boxed(Logistic { mu, s })
}

/// Location mu, scale s.
struct Logistic {
    mu: Constant,
    s: Constant,
}

impl Logistic {
    fn z(&self) -> Expr {
        standardised(&self.mu, &self.s)
    }
}

impl Distribution for Logistic {
    fn normaliser(&self) -> Expr {
        inverse(&self.s.exact, Expr::int(1))
    }

    fn kernel(&self) -> Expr {
        // A tape turns 1 - sigmoid(z) into sigmoid(-z), so that this keeps its digits in both tails.
        let rise = self.z().apply(Op::Sigmoid);
        rise.clone() * (Expr::int(1) - rise)
    }

    fn density(&self) -> Expr {
        over(self.kernel(), &self.s.exact)
    }

    fn log_density(&self) -> Expr {
        // log sigmoid(-z) = log sigmoid(z) - z
        Expr::int(2) * self.z().apply(Op::LogSigmoid) - self.z() - log(self.s.exact.clone())
    }

    fn cdf(&self) -> Option<Expr> {
        Some(self.z().apply(Op::Sigmoid))
    }

    fn survival(&self) -> Option<Expr> {
        Some((-self.z()).apply(Op::Sigmoid))
    }

    fn quantile_at(&self, p: f64) -> Option<f64> {
        Some(self.mu.value + self.s.value * (p.ln() - (-p).ln_1p()))
    }

    fn mean(&self) -> Option<f64> {
        Some(self.mu.value)
    }

    fn variance(&self) -> Option<f64> {
        Some((PI * self.s.value).powi(2) / 3.0)
    }

    fn entropy(&self) -> Option<f64> {
        Some(self.s.value.ln() + 2.0)
    }

    fn modes(&self) -> Vec<f64> {
        vec![self.mu.value]
    }
}
