//! The normal distribution.

use super::distribution::Distribution;
use super::form::{centred, exp, inverse, log, over, sqrt, squared, standardised};
use super::registry::{Boxed, Constant, Entry, Parameter, boxed, take};
use crate::error::Result;
use crate::expr::{Expr, Op};
use crate::numeric::special;
use std::f64::consts::{E, PI};

pub(super) const ENTRY: Entry = Entry {
    name: "normal",
    description: "mean mu, standard deviation sigma",
    aliases: &["gaussian"],
    symbol: r"\mathcal{N}",
    parameters: &[Parameter::real("mu").or(0), Parameter::positive("sigma").or(1)],
    build,
};

fn build(arguments: &[Constant]) -> Result<Boxed> {
    let [mu, sigma] = take(&ENTRY, arguments)?;
    boxed(Normal { mu, sigma })
}

/// Mean mu, standard deviation sigma.
struct Normal {
    mu: Constant,
    sigma: Constant,
}

impl Normal {
    fn z(&self) -> Expr {
        standardised(&self.mu, &self.sigma)
    }

    /// 2 pi sigma^2
    fn circle(&self) -> Expr {
        Expr::int(2) * squared(&self.sigma.exact) * Expr::pi()
    }
}

impl Distribution for Normal {
    fn normaliser(&self) -> Expr {
        match self.sigma.exact.as_num() {
            Some(_) => inverse(&self.sigma.exact, sqrt(Expr::int(2) * Expr::pi())),
            None => Expr::int(1) / sqrt(self.circle()),
        }
    }

    fn kernel(&self) -> Expr {
        exp(-over(centred(&self.mu).powi(2), &(Expr::int(2) * squared(&self.sigma.exact))))
    }

    fn density(&self) -> Expr {
        over(self.z().apply(Op::NormalPdf), &self.sigma.exact)
    }

    fn log_density(&self) -> Expr {
        let bell = over(centred(&self.mu).powi(2), &(Expr::int(2) * squared(&self.sigma.exact)));
        -bell - log(self.circle()) / Expr::int(2)
    }

    fn cdf(&self) -> Option<Expr> {
        Some(self.z().apply(Op::NormalCdf))
    }

    fn survival(&self) -> Option<Expr> {
        Some((-self.z()).apply(Op::NormalCdf))
    }

    fn quantile_at(&self, p: f64) -> Option<f64> {
        Some(self.mu.value + self.sigma.value * special::normal_quantile(p))
    }

    fn mean(&self) -> Option<f64> {
        Some(self.mu.value)
    }

    fn variance(&self) -> Option<f64> {
        Some(self.sigma.value * self.sigma.value)
    }

    fn entropy(&self) -> Option<f64> {
        Some(self.sigma.value.ln() + (2.0 * PI * E).ln() / 2.0)
    }

    fn modes(&self) -> Vec<f64> {
        vec![self.mu.value]
    }
}
