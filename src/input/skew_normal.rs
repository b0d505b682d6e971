//! The skew-normal distribution (Azzalini 1985): density 2 phi(z) Phi(alpha z)/omega.

use super::distribution::Distribution;
use super::form::{centred, exp, inverse, log, over, scaled, sqrt, squared, standardised};
use super::registry::{Boxed, Constant, Entry, Parameter, boxed, take};
use crate::error::Result;
use crate::expr::{Expr, Op};
use crate::numeric::{bracketed, special};
use std::f64::consts::{FRAC_2_PI, PI};

pub(super) const ENTRY: Entry = Entry {
    name: "skew_normal",
    description: "normal with location xi and scale omega, slanted by alpha",
    aliases: &["skewnormal"],
    symbol: r"\operatorname{SkewNormal}",
    parameters: &[Parameter::real("xi"), Parameter::positive("omega"), Parameter::real("alpha")],
    build,
};

fn build(arguments: &[Constant]) -> Result<Boxed> {
    let [xi, omega, alpha] = take(&ENTRY, arguments)?;
    boxed(SkewNormal { xi, omega, alpha })
}

/// Location xi, scale omega, slant alpha.
struct SkewNormal {
    xi: Constant,
    omega: Constant,
    alpha: Constant,
}

impl SkewNormal {
    fn z(&self) -> Expr {
        standardised(&self.xi, &self.omega)
    }

    fn slant(&self) -> Expr {
        scaled(&self.alpha.exact, self.z()).apply(Op::NormalCdf)
    }

    /// z^2/2
    fn bell(&self) -> Expr {
        over(centred(&self.xi).powi(2), &(Expr::int(2) * squared(&self.omega.exact)))
    }

    fn z_at(&self, x: f64) -> f64 {
        (x - self.xi.value) / self.omega.value
    }

    /// The correlation alpha/sqrt(1 + alpha^2).
    fn delta(&self) -> f64 {
        self.alpha.value / 1f64.hypot(self.alpha.value)
    }
}

impl Distribution for SkewNormal {
    fn normaliser(&self) -> Expr {
        over(inverse(&self.omega.exact, sqrt(Expr::int(2) * Expr::pi())), &Expr::ratio(1, 2))
    }

    fn kernel(&self) -> Expr {
        exp(-self.bell()) * self.slant()
    }

    fn density(&self) -> Expr {
        over(Expr::int(2) * self.z().apply(Op::NormalPdf) * self.slant(), &self.omega.exact)
    }

    fn log_density(&self) -> Expr {
        let circle = over(Expr::pi() * squared(&self.omega.exact), &Expr::int(2));
        log(self.slant()) - self.bell() - log(circle) / Expr::int(2)
    }

    fn log_pdf_at(&self, x: f64) -> Option<f64> {
        let z = self.z_at(x);
        let scale = (PI / 2.0).ln() / 2.0 + self.omega.value.ln();
        Some(special::log_normal_cdf(self.alpha.value * z) - 0.5 * z * z - scale)
    }

    fn cdf(&self) -> Option<Expr> {
        (self.alpha.value == 0.0).then(|| self.z().apply(Op::NormalCdf))
    }

    fn survival(&self) -> Option<Expr> {
        (self.alpha.value == 0.0).then(|| (-self.z()).apply(Op::NormalCdf))
    }

    fn landmarks(&self) -> Option<Vec<f64>> {
        let at = |z: f64| self.xi.value + self.omega.value * z;
        Some([-3.0, -1.0, 0.0, 1.0, 3.0].map(at).to_vec())
    }

    fn mean(&self) -> Option<f64> {
        Some(self.xi.value + self.omega.value * self.delta() * FRAC_2_PI.sqrt())
    }

    fn variance(&self) -> Option<f64> {
        Some(self.omega.value.powi(2) * (1.0 - FRAC_2_PI * self.delta().powi(2)))
    }

    /// The one root of alpha phi(alpha z)/Phi(alpha z) = z; it lies between 0 and sqrt(2/pi) delta.
    fn modes(&self) -> Vec<f64> {
        let a = self.alpha.value;
        let slope = |z: f64| a * (special::phi(a * z).ln() - special::log_normal_cdf(a * z)).exp() - z;
        let z = bracketed(slope, 0.0, a.signum()).unwrap_or(0.0);
        vec![self.xi.value + self.omega.value * z]
    }
}
