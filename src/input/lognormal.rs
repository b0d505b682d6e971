//! The log-normal distribution: exp(N(mu, sigma)).

use super::distribution::{Distribution, End};
use super::form::{exp, log, over, sqrt, squared};
use super::registry::{Boxed, Constant, Entry, Parameter, boxed, take};
use crate::error::Result;
use crate::expr::{Expr, Op};
use crate::numeric::special;
use std::f64::consts::{E, PI};

pub(super) const ENTRY: Entry = Entry {
    name: "lognormal",
    description: "the exponential of a normal with mean mu and deviation sigma",
    aliases: &["log_normal"],
    symbol: r"\operatorname{Lognormal}",
    parameters: &[Parameter::real("mu").or(0), Parameter::positive("sigma").or(1)],
    build,
};

fn build(arguments: &[Constant]) -> Result<Boxed> {
    let [mu, sigma] = take(&ENTRY, arguments)?;
    boxed(Lognormal { mu, sigma })
}

/// Mean mu and standard deviation sigma of the logarithm.
struct Lognormal {
    mu: Constant,
    sigma: Constant,
}

impl Lognormal {
    fn centred(&self) -> Expr {
        log(Expr::x()) - self.mu.exact.clone()
    }

    fn z(&self) -> Expr {
        over(self.centred(), &self.sigma.exact)
    }

    /// (log(x) - mu)^2/(2 sigma^2)
    fn bell(&self) -> Expr {
        over(self.centred().powi(2), &(Expr::int(2) * squared(&self.sigma.exact)))
    }

    /// 2 pi sigma^2
    fn circle(&self) -> Expr {
        Expr::int(2) * squared(&self.sigma.exact) * Expr::pi()
    }
}

impl Distribution for Lognormal {
    fn ends(&self) -> (End, End) {
        (End::zero(), End::ABOVE)
    }

    fn normaliser(&self) -> Expr {
        Expr::int(1) / sqrt(self.circle())
    }

    fn kernel(&self) -> Expr {
        exp(-self.bell()) / Expr::x()
    }

    fn density(&self) -> Expr {
        self.z().apply(Op::NormalPdf) / (self.sigma.exact.clone() * Expr::x())
    }

    fn log_density(&self) -> Expr {
        -self.bell() - log(Expr::x()) - log(self.circle()) / Expr::int(2)
    }

    fn cdf(&self) -> Option<Expr> {
        Some(self.z().apply(Op::NormalCdf))
    }

    fn survival(&self) -> Option<Expr> {
        Some((-self.z()).apply(Op::NormalCdf))
    }

    fn quantile_at(&self, p: f64) -> Option<f64> {
        Some((self.mu.value + self.sigma.value * special::normal_quantile(p)).exp())
    }

    fn mean(&self) -> Option<f64> {
        Some((self.mu.value + self.sigma.value.powi(2) / 2.0).exp())
    }

    fn variance(&self) -> Option<f64> {
        let square = self.sigma.value.powi(2);
        Some(square.exp_m1() * (2.0 * self.mu.value + square).exp())
    }

    fn entropy(&self) -> Option<f64> {
        Some(self.mu.value + self.sigma.value.ln() + (2.0 * PI * E).ln() / 2.0)
    }

    fn modes(&self) -> Vec<f64> {
        vec![(self.mu.value - self.sigma.value.powi(2)).exp()]
    }
}
