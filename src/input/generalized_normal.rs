//! The generalized normal distribution, or exponential power distribution (Subbotin 1923): density
//! beta/(2 alpha gamma(1/beta)) exp(-(|x - mu|/alpha)^beta). beta = 1 is Laplace, 2 normal, and large beta nearly uniform.

use super::distribution::Distribution;
use super::form::{self, abs, exp, inverse, log, over, scaled, small_integer, sqrt, standardised};
use super::incomplete;
use super::registry::{Boxed, Constant, Entry, Parameter, boxed, out_of_range, take};
use crate::error::Result;
use crate::expr::{Cmp, Expr, Op};
use libm::lgamma;

pub(super) const ENTRY: Entry = Entry {
    name: "generalized_normal",
    description: "mean mu, scale alpha, shape beta: tails exp(-|x|^beta)",
    aliases: &["generalised_normal", "gennorm", "exponential_power"],
    symbol: r"\operatorname{GenNormal}",
    parameters: &[Parameter::real("mu"), Parameter::positive("alpha"), Parameter::positive("beta")],
    build,
};

/// Below this gamma(1/beta) leaves the range of a double.
const LEAST_SHAPE: f64 = 0.01;
/// Even powers up to this are smooth at mu in the eyes of the grammar too.
const LARGEST_EVEN: i64 = 100;

fn build(arguments: &[Constant]) -> Result<Boxed> {
    let [mu, alpha, beta] = take(&ENTRY, arguments)?;
    if beta.value < LEAST_SHAPE {
        return Err(out_of_range(ENTRY.name, "beta", beta.exact.to_string(), "it must be at least 1/100"));
    }
    boxed(GeneralizedNormal { mu, alpha, beta })
}

/// Mean mu, scale alpha, shape beta.
struct GeneralizedNormal {
    mu: Constant,
    alpha: Constant,
    beta: Constant,
}

impl GeneralizedNormal {
    fn z(&self) -> Expr {
        standardised(&self.mu, &self.alpha)
    }

    /// Whether |z|^beta is a polynomial.
    fn even(&self) -> bool {
        small_integer(&self.beta.exact, LARGEST_EVEN).is_some_and(|n| n % 2 == 0)
    }

    /// |z|^beta
    fn power(&self) -> Expr {
        let base = if self.even() { self.z() } else { abs(self.z()) };
        if self.beta.exact.is_one() {
            return base;
        }
        Expr::call(Op::Pow, [base, self.beta.exact.clone()])
    }

    /// 2 alpha gamma(1/beta)/beta
    fn divisor(&self) -> Expr {
        let gamma = form::gamma(&over(Expr::int(1), &self.beta.exact));
        over(scaled(&(Expr::int(2) * self.alpha.exact.clone()), gamma), &self.beta.exact)
    }

    /// (P(|Z| <= |z|), P(|Z| > |z|)) with z = (x - mu)/alpha: |Z|^beta has the gamma distribution of shape 1/beta.
    fn masses(&self, x: f64) -> (f64, f64) {
        let z = ((x - self.mu.value) / self.alpha.value).abs();
        incomplete::gamma_of_power(self.beta.value, z)
    }

    /// `left` below mu, `right` from there on.
    fn pieces(&self, left: Expr, right: Expr) -> Option<Expr> {
        Some(Expr::call(Op::Where(Cmp::Lt), [Expr::x(), self.mu.exact.clone(), left, right]))
    }

    /// P(U <= x) with z = (x - mu)/alpha, which is a word of the grammar for beta = 1 and 2 alone; the survival function has
    /// -z for z.
    fn below(&self, z: Expr, falling: bool) -> Option<Expr> {
        match small_integer(&self.beta.exact, 2) {
            Some(1) => {
                let half = |e: Expr| exp(e) / Expr::int(2);
                let (near, far) = (half(z.clone()), Expr::int(1) - half(-z));
                if falling { self.pieces(far, near) } else { self.pieces(near, far) }
            }
            Some(2) => Some((sqrt(Expr::int(2)) * z).apply(Op::NormalCdf)),
            _ => None,
        }
    }
}

impl Distribution for GeneralizedNormal {
    fn breakpoints(&self) -> Vec<f64> {
        if self.even() { Vec::new() } else { vec![self.mu.value] }
    }

    fn normaliser(&self) -> Expr {
        inverse(&Expr::int(1), self.divisor())
    }

    fn kernel(&self) -> Expr {
        exp(-self.power())
    }

    fn density(&self) -> Expr {
        over(self.kernel(), &self.divisor())
    }

    fn log_density(&self) -> Expr {
        -self.power() - log(self.divisor())
    }

    fn cdf(&self) -> Option<Expr> {
        self.below(self.z(), false)
    }

    fn survival(&self) -> Option<Expr> {
        self.below(-self.z(), true)
    }

    fn cdf_at(&self, x: f64) -> Option<f64> {
        let (inner, outer) = self.masses(x);
        Some(if x < self.mu.value { 0.5 * outer } else { 0.5 + 0.5 * inner })
    }

    fn survival_at(&self, x: f64) -> Option<f64> {
        let (inner, outer) = self.masses(x);
        Some(if x > self.mu.value { 0.5 * outer } else { 0.5 + 0.5 * inner })
    }

    fn mean(&self) -> Option<f64> {
        Some(self.mu.value)
    }

    fn variance(&self) -> Option<f64> {
        let inverse = 1.0 / self.beta.value;
        Some(self.alpha.value.powi(2) * (lgamma(3.0 * inverse) - lgamma(inverse)).exp())
    }

    fn entropy(&self) -> Option<f64> {
        let inverse = 1.0 / self.beta.value;
        // Gamma(1 + 1/beta) is 1 next to a large beta, where Gamma(1/beta)/beta would be inf * 0.
        Some(inverse + (2.0 * self.alpha.value).ln() + lgamma(1.0 + inverse))
    }

    fn modes(&self) -> Vec<f64> {
        vec![self.mu.value]
    }
}
