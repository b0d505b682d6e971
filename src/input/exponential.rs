//! The exponential distribution: density rate exp(-rate x) for x >= 0.

use super::distribution::{Distribution, End};
use super::form::{exp, log};
use super::registry::{Boxed, Constant, Entry, Parameter, boxed, take};
use crate::error::Result;
use crate::expr::{Expr, Op};

pub(super) const ENTRY: Entry = Entry {
    name: "exponential",
    description: "waiting time from 0 on, mean 1/rate",
    aliases: &["expon"],
    symbol: r"\operatorname{Exp}",
    parameters: &[Parameter::positive("rate").or(1)],
    build,
};

fn build(arguments: &[Constant]) -> Result<Boxed> {
    let [rate] = take(&ENTRY, arguments)?;
    boxed(Exponential { rate })
}

/// Mean 1/rate.
struct Exponential {
    rate: Constant,
}

impl Exponential {
    fn exponent(&self) -> Expr {
        -(self.rate.exact.clone() * Expr::x())
    }
}

impl Distribution for Exponential {
    fn ends(&self) -> (End, End) {
        (End::zero(), End::ABOVE)
    }

    fn normaliser(&self) -> Expr {
        self.rate.exact.clone()
    }

    fn kernel(&self) -> Expr {
        exp(self.exponent())
    }

    fn log_density(&self) -> Expr {
        self.exponent() + log(self.rate.exact.clone())
    }

    fn cdf(&self) -> Option<Expr> {
        Some(-self.exponent().apply(Op::Expm1))
    }

    fn survival(&self) -> Option<Expr> {
        Some(exp(self.exponent()))
    }

    fn quantile_at(&self, p: f64) -> Option<f64> {
        Some(-(-p).ln_1p() / self.rate.value)
    }

    fn mean(&self) -> Option<f64> {
        Some(1.0 / self.rate.value)
    }

    fn variance(&self) -> Option<f64> {
        Some(1.0 / (self.rate.value * self.rate.value))
    }

    fn entropy(&self) -> Option<f64> {
        Some(1.0 - self.rate.value.ln())
    }

    fn modes(&self) -> Vec<f64> {
        vec![0.0]
    }
}
