//! The half-normal distribution, |N(0, sigma)|.

use super::distribution::{Distribution, End};
use super::form::{exp, log, over, sqrt, squared};
use super::registry::{Boxed, Constant, Entry, Parameter, boxed, take};
use crate::error::Result;
use crate::expr::{Expr, Op};
use std::f64::consts::{FRAC_2_PI, PI};

pub(super) const ENTRY: Entry = Entry {
    name: "half_normal",
    description: "the absolute value of a normal with mean 0 and deviation sigma",
    aliases: &["halfnormal"],
    symbol: r"\left|\mathcal{N}\right|",
    parameters: &[Parameter::positive("sigma").or(1)],
    build,
};

fn build(arguments: &[Constant]) -> Result<Boxed> {
    let [sigma] = take(&ENTRY, arguments)?;
    boxed(HalfNormal { sigma })
}

/// sigma is the standard deviation of the normal distribution, not of this one.
struct HalfNormal {
    sigma: Constant,
}

impl HalfNormal {
    fn z(&self) -> Expr {
        over(Expr::x(), &self.sigma.exact)
    }

    /// x^2/(2 sigma^2)
    fn bell(&self) -> Expr {
        over(Expr::x().powi(2), &(Expr::int(2) * squared(&self.sigma.exact)))
    }
}

impl Distribution for HalfNormal {
    fn ends(&self) -> (End, End) {
        (End::zero(), End::ABOVE)
    }

    fn normaliser(&self) -> Expr {
        over(sqrt(Expr::int(2) / Expr::pi()), &self.sigma.exact)
    }

    fn kernel(&self) -> Expr {
        exp(-self.bell())
    }

    fn density(&self) -> Expr {
        over(Expr::int(2) * self.z().apply(Op::NormalPdf), &self.sigma.exact)
    }

    fn log_density(&self) -> Expr {
        -self.bell() - log(over(squared(&self.sigma.exact) * Expr::pi(), &Expr::int(2))) / Expr::int(2)
    }

    fn cdf(&self) -> Option<Expr> {
        Some(over(self.z(), &sqrt(Expr::int(2))).apply(Op::Erf))
    }

    fn survival(&self) -> Option<Expr> {
        Some(Expr::int(2) * (-self.z()).apply(Op::NormalCdf))
    }

    fn mean(&self) -> Option<f64> {
        Some(self.sigma.value * FRAC_2_PI.sqrt())
    }

    fn variance(&self) -> Option<f64> {
        Some(self.sigma.value.powi(2) * (1.0 - FRAC_2_PI))
    }

    fn entropy(&self) -> Option<f64> {
        Some(self.sigma.value.ln() + (PI / 2.0).ln() / 2.0 + 0.5)
    }

    fn modes(&self) -> Vec<f64> {
        vec![0.0]
    }
}
