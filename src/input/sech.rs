//! The hyperbolic secant distribution: density 1/(2 sigma cosh(z)), z = pi x/(2 sigma); sigma is the standard
//! deviation.

use super::distribution::Distribution;
use super::form::{exp, inverse, log, over};
use super::registry::{Boxed, Constant, Entry, Parameter, boxed, take};
use crate::error::Result;
use crate::expr::{Expr, Op};
use std::f64::consts::{FRAC_2_PI, FRAC_PI_2};

pub(super) const ENTRY: Entry = Entry {
    name: "sech",
    description: "hyperbolic secant, mean 0, standard deviation sigma",
    aliases: &["hyperbolic_secant", "hypsecant"],
    symbol: r"\operatorname{Sech}",
    parameters: &[Parameter::positive("sigma").or(1)],
    build,
};

fn build(arguments: &[Constant]) -> Result<Boxed> {
    let [sigma] = take(&ENTRY, arguments)?;
    boxed(Sech { sigma })
}

/// Mean 0, standard deviation sigma.
struct Sech {
    sigma: Constant,
}

impl Sech {
    fn z(&self) -> Expr {
        over(Expr::pi() * Expr::x(), &(Expr::int(2) * self.sigma.exact.clone()))
    }

    fn arc(&self, z: Expr) -> Option<Expr> {
        Some(Expr::int(2) * exp(z).apply(Op::Atan) / Expr::pi())
    }
}

impl Distribution for Sech {
    fn normaliser(&self) -> Expr {
        inverse(&(Expr::int(2) * self.sigma.exact.clone()), Expr::int(1))
    }

    fn kernel(&self) -> Expr {
        Expr::int(1) / self.z().apply(Op::Cosh)
    }

    fn density(&self) -> Expr {
        inverse(&(Expr::int(2) * self.sigma.exact.clone()), self.z().apply(Op::Cosh))
    }

    /// log(1/(2 cosh z)) = z - softplus(2 z), smooth and right in both tails.
    fn log_density(&self) -> Expr {
        self.z() - over(Expr::pi() * Expr::x(), &self.sigma.exact).apply(Op::Softplus) - log(self.sigma.exact.clone())
    }

    fn cdf(&self) -> Option<Expr> {
        self.arc(self.z())
    }

    fn survival(&self) -> Option<Expr> {
        self.arc(-self.z())
    }

    fn quantile_at(&self, p: f64) -> Option<f64> {
        let z = if p < 0.5 { (FRAC_PI_2 * p).tan().ln() } else { -(FRAC_PI_2 * (1.0 - p)).tan().ln() };
        Some(FRAC_2_PI * self.sigma.value * z)
    }

    fn mean(&self) -> Option<f64> {
        Some(0.0)
    }

    fn variance(&self) -> Option<f64> {
        Some(self.sigma.value * self.sigma.value)
    }

    /// log(2 sigma) + E log cosh z, where the expectation is log 2.
    fn entropy(&self) -> Option<f64> {
        Some((4.0 * self.sigma.value).ln())
    }

    fn modes(&self) -> Vec<f64> {
        vec![0.0]
    }
}
